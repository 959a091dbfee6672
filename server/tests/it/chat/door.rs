//! P1, P2, P3 where they are kept: the writer.

use protocol::{ClientId, Code, CommandKind, ConversationId, Kind};
use server::chat::{Outcome, Unavailable};

use super::scene::{DAY, MINUTE, Scene, event, send};
use crate::database;

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
    let mut far = command.clone();
    far.submitted.command.client_id = ClientId::new(scene.clock.now() + 7 * DAY, [1; 10]);
    assert_eq!(scene.repeat(&far).await, Err(Code::ClockAhead));
    assert_eq!(scene.raw.send_keys().await, before);
    assert!(scene.repeat(&command).await.is_ok());
}

#[tokio::test]
async fn an_id_that_was_ahead_is_used_up() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let command = scene.command(ada, group, send("too soon"));
    let mut ahead = command.clone();
    ahead.submitted.accepted_at -= 10 * MINUTE + 1;
    assert_eq!(scene.repeat(&ahead).await, Err(Code::ClockAhead));
    // A copy that was accepted by another clock: its sender makes a new id by now.
    assert_eq!(scene.repeat(&command).await, Err(Code::ClockAhead));
}

#[tokio::test]
async fn what_is_to_follow_another_does_not_overtake_it() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let first = scene.command(ada, group, send("one"));
    let mut second = scene.command(ada, group, send("two"));
    second.submitted.after = Some(first.submitted.command.client_id);
    assert_eq!(scene.repeat(&second).await, Err(Code::OutOfOrder));
    let batch = [first.clone(), second.clone()];
    let outcomes = scene.writer.batch(&batch).await;
    assert!(
        matches!(outcomes.as_slice(), [Ok(Outcome::Stored(one)), Ok(Outcome::Stored(two))]
        if one.event.seq < two.event.seq)
    );
    assert!(scene.repeat(&second).await.is_ok(), "a repeat");
}

#[tokio::test]
async fn what_is_to_follow_what_was_refused_or_is_forgotten_may_go() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let refused = scene.command(ada, group, CommandKind::Recall { target: 99 });
    assert!(scene.repeat(&refused).await.is_err());
    let forgotten = ClientId::new(scene.clock.now() - 9 * DAY, [1; 10]);
    for before in [refused.submitted.command.client_id, forgotten] {
        let mut command = scene.command(ada, group, send("next"));
        command.submitted.after = Some(before);
        assert!(scene.repeat(&command).await.is_ok());
    }
    let mut of_another = scene.command(ben, group, send("mine"));
    of_another.submitted.after = Some(refused.submitted.command.client_id);
    assert_eq!(scene.repeat(&of_another).await, Err(Code::OutOfOrder));
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
    lock.release().await;
    assert_eq!(scene.page(ada, group).await.head, 1);
    assert_eq!(scene.repeat(&command).await.map(|event| event.seq), Ok(2));
}

#[tokio::test]
async fn a_clock_that_goes_wrong_changes_no_result() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let mut command = scene.command(ada, group, send("once"));
    let stored = scene.repeat(&command).await.unwrap();
    for now in [scene.clock.now() - DAY, scene.clock.now() + 10 * DAY] {
        scene.clock.set(now);
        command.submitted.accepted_at = now;
        assert_eq!(scene.repeat(&command).await.unwrap().seq, stored.seq);
    }
}

#[tokio::test]
async fn two_writers_at_once_make_one_log() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let others = scene.another_writer();
    let said = |user, from: u32| {
        (from..from + 20)
            .map(|n| scene.command(user, group, send(&n.to_string())))
            .collect::<Vec<_>>()
    };
    let (hers, his) = (said(ada, 0), said(ben, 20));
    let (one, other) = tokio::join!(
        async {
            for command in &hers {
                let stored = scene.writer.batch(std::slice::from_ref(command)).await;
                assert!(matches!(stored[0], Ok(Outcome::Stored(_))));
            }
        },
        async {
            for batch in his.chunks(4) {
                let stored = others.batch(batch).await;
                assert!(stored.iter().all(|it| matches!(it, Ok(Outcome::Stored(_)))));
            }
        }
    );
    let ((), ()) = (one, other);
    let page = scene.page(ben, group).await;
    let seqs: Vec<_> = page.events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=41).collect::<Vec<_>>());
    for (user, commands) in [(ada, &hers), (ben, &his)] {
        let written = page
            .events
            .iter()
            .filter(|it| it.sender == user && it.is_message());
        let ids: Vec<_> = written.map(|event| event.client_id).collect();
        let sent: Vec<_> = commands
            .iter()
            .map(|it| it.submitted.command.client_id)
            .collect();
        assert_eq!(ids, sent);
    }
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
    let (Some(one), None) = number(ada, first).await else {
        panic!("a group has a number");
    };
    let (Some(other), None) = number(ben, second).await else {
        panic!("a group has a number");
    };
    // Several writers give them out on Postgres, each its own stretch.
    assert!(one >= 10_000 && other > one, "{one} {other}");
    assert!(database::is_postgres() || (one, other) == (10_000, 10_001));
    assert_eq!(number(ada, own).await, (None, Some(ada)));
    assert_eq!(number(ada, direct).await, (None, Some(ben)));
    assert_eq!(
        scene.store.group_by_number(other).await.unwrap(),
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
