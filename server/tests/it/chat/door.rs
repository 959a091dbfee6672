//! P1, P2, P3 where they are kept: the writer.

use protocol::{Code, CommandKind, ConversationId, Kind};
use server::chat::{Outcome, Unavailable};

use super::scene::{DAY, MINUTE, Scene, event, send};

#[tokio::test]
async fn a_log_is_numbered_without_gaps() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let batch: Vec<_> = (0..40)
        .map(|n| {
            let sender = if n % 2 == 0 { ada } else { ben };
            scene.command(sender, group, send(&format!("{n}")))
        })
        .collect();
    let outcomes = scene.writer.batch(&batch).await;
    let stored: Vec<_> = outcomes
        .into_iter()
        .map(|outcome| event(outcome.unwrap()).unwrap())
        .collect();
    assert!(stored.iter().map(|event| event.seq).eq(2..42));
    assert!(stored.iter().map(|event| event.msg_no).eq(1..41));
    assert_eq!(scene.page(ben, group).await.events[1..], stored);
}

#[tokio::test]
async fn a_repeat_gets_the_first_result_and_stores_nothing() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let command = scene.command(ada, group, send("once"));
    // In one batch, in the next, and long after.
    let outcomes = scene
        .writer
        .batch(&[command.clone(), command.clone()])
        .await;
    let [first, second] = outcomes.try_into().unwrap();
    let first = event(first.unwrap()).unwrap();
    assert_eq!(event(second.unwrap()).unwrap(), first);
    scene.clock.advance(6 * DAY);
    let mut late = command.clone();
    late.submitted.accepted_at = scene.clock.now();
    assert_eq!(scene.repeat(&late).await, Ok(first));
    assert_eq!(scene.page(ada, group).await.head, 2);
}

#[tokio::test]
async fn the_same_id_with_another_body_is_told_apart() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let mut command = scene.command(ada, group, send("one"));
    scene.repeat(&command).await.unwrap();
    command.submitted.payload_hash[0] ^= 1;
    assert_eq!(scene.repeat(&command).await, Err(Code::PayloadMismatch));
    // Another sender's id is another id.
    let mut other = scene.command(ben, group, send("two"));
    other.submitted.command.client_id = command.submitted.command.client_id;
    assert!(scene.repeat(&other).await.is_ok());
}

#[tokio::test]
async fn what_was_refused_stays_refused() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let eve = scene.user("eve").await;
    let group = scene.group(&[ada, ben]).await;
    let command = scene.command(eve, group, send("let me in"));
    assert_eq!(scene.repeat(&command).await, Err(Code::NotAMember));
    scene.contacts(ada, eve).await;
    scene.remove_contact(eve, ada).await;
    scene
        .act(ada, group, CommandKind::Invite { users: vec![eve] })
        .await
        .unwrap();
    assert_eq!(scene.repeat(&command).await, Err(Code::NotAMember));
    assert!(scene.act(eve, group, send("now")).await.is_ok());
}

#[tokio::test]
async fn ids_from_outside_the_window_are_not_kept() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let before = scene.raw.send_keys().await;
    let command = scene.command(ada, group, send("later"));
    let mut old = command.clone();
    old.submitted.accepted_at += 7 * DAY + 1;
    assert_eq!(scene.repeat(&old).await, Err(Code::Expired));
    let mut ahead = command.clone();
    ahead.submitted.accepted_at -= 10 * MINUTE + 1;
    assert_eq!(scene.repeat(&ahead).await, Err(Code::ClockAhead));
    assert_eq!(scene.raw.send_keys().await, before);
    assert!(scene.repeat(&command).await.is_ok());
}

#[tokio::test]
async fn time_in_a_log_never_runs_back() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let first = scene.say(ada, group, "one").await;
    scene.clock.advance(-MINUTE);
    let second = scene.say(ada, group, "two").await;
    assert_eq!(second.at, first.at);
    assert_eq!(second.sent_at, first.sent_at - MINUTE);
}

#[tokio::test]
async fn a_recall_erases_the_message_also_one_of_the_same_batch() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let before = scene.say(ada, group, "secret one").await;
    let batch = [
        scene.command(ada, group, send("secret two")),
        scene.command(ada, group, CommandKind::Recall { target: 2 }),
        scene.command(ada, group, CommandKind::Recall { target: 3 }),
        scene.command(ada, group, CommandKind::Recall { target: 3 }),
    ];
    let outcomes = scene.writer.batch(&batch).await;
    assert!(matches!(
        outcomes[3],
        Ok(Outcome::Refused(Code::AlreadyRecalled))
    ));
    let page = scene.page(ben, group).await;
    let kinds: Vec<_> = page
        .events
        .iter()
        .map(|event| event.kind.as_str())
        .collect();
    assert_eq!(
        kinds,
        ["created", "recalled", "recalled", "recall", "recall"]
    );
    assert!(
        page.events
            .iter()
            .all(|event| event.digest == event.computed_digest())
    );
    assert_eq!(page.events[1], before.recalled());
    assert_eq!(scene.raw.secrets().await, 0);
    // The repeat of a send whose message was recalled.
    assert_eq!(
        scene.repeat(&batch[0]).await.map(|event| event.kind),
        Ok(Kind::Recalled)
    );
}

#[tokio::test]
async fn a_poison_command_is_refused_for_good_and_holds_nobody_up() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    scene.raw.poison().await;
    let batch = [
        scene.command(ada, group, send("before")),
        scene.command(ben, group, send("poison")),
        scene.command(ada, group, send("after")),
    ];
    let outcomes = scene.writer.batch(&batch).await;
    assert!(matches!(outcomes[0], Ok(Outcome::Stored(_))));
    assert!(matches!(outcomes[1], Ok(Outcome::Refused(Code::Rejected))));
    assert!(matches!(outcomes[2], Ok(Outcome::Stored(_))));
    scene.raw.cure().await;
    assert_eq!(scene.repeat(&batch[1]).await, Err(Code::Rejected));
    assert_eq!(scene.page(ben, group).await.head, 3);
}

#[tokio::test]
async fn while_the_database_is_away_nothing_is_acknowledged() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let command = scene.command(ada, group, send("patience"));
    let lock = scene.raw.lock().await;
    let outcomes = scene
        .writer
        .batch(&[command.clone(), command.clone()])
        .await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Err(Unavailable)))
    );
    lock.rollback().await.unwrap();
    assert_eq!(scene.page(ada, group).await.head, 1);
    assert_eq!(scene.repeat(&command).await.map(|event| event.seq), Ok(2));
}

#[tokio::test]
async fn groups_are_numbered_and_direct_conversations_are_not() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let first = scene.group(&[ada, ben]).await;
    let own = scene.direct(ada, ada).await;
    let direct = scene.direct(ben, ada).await;
    let second = scene.group(&[ben]).await;
    let number = async |user, id: ConversationId| {
        let found = scene.store.conversation(user, id).await.unwrap().unwrap();
        (found.number, found.peer)
    };
    assert_eq!(number(ada, first).await, (Some(10_000), None));
    assert_eq!(number(ada, own).await, (None, Some(ada)));
    assert_eq!(number(ada, direct).await, (None, Some(ben)));
    assert_eq!(number(ben, second).await, (Some(10_001), None));
    assert_eq!(
        scene.store.group_by_number(10_001).await.unwrap(),
        Some(second)
    );
}

#[tokio::test]
async fn text_is_kept_to_the_byte() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    let texts = [
        "  spaces\t and \r\n lines \n",
        r#"quotes " and \ and \u0041"#,
        "\u{202e}right to left\u{2069} 你好 👨‍👩‍👧‍👦",
        "\u{1}\u{7f}\u{feff}\u{fffe}",
        r#"{"mention_all":true}"#,
    ];
    for text in texts {
        let sent = scene.act(ada, direct, send(text)).await.unwrap();
        let page = scene.page(ben, direct).await;
        let last = page.events.last().unwrap();
        assert_eq!(last, &sent);
        assert!(matches!(
            last.body(),
            protocol::Body::Message(message)
                if message.content == protocol::Content::Text { text: text.to_owned() }
        ));
    }
}
