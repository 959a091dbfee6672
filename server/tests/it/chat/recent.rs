//! A writer that goes by what its last batches left decides as one that reads everything.

use protocol::api::contacts::ChangeContact;
use protocol::{Code, CommandKind};

use super::scene::{Scene, event, remove, send};

#[tokio::test]
async fn what_another_writer_stored_comes_first() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let other = scene.another_writer();
    for round in 0..3 {
        let texts = [format!("{round} here"), format!("{round} there")];
        scene.say(ada, group, &texts[0]).await;
        let there = scene.command(ben, group, send(&texts[1]));
        let stored = other.batch(&[there]).await.pop().unwrap().unwrap();
        assert_eq!(event(stored).unwrap().seq, 3 + 2 * round);
    }
    let page = scene.page(ada, group).await;
    assert!(page.events.iter().map(|event| event.seq).eq(1..8));
    assert!(page.events[1..].iter().map(|event| event.msg_no).eq(1..7));
}

#[tokio::test]
async fn who_was_removed_or_muted_by_another_writer_is_refused() {
    let scene = Scene::new().await;
    let [ada, ben, cyd] = scene.friends().await;
    let group = scene.group(&[ada, ben, cyd]).await;
    for sender in [ada, ben, cyd] {
        scene.say(sender, group, "hello").await;
        scene.say(sender, group, "hello again").await;
    }
    let other = scene.another_writer();
    let mute = CommandKind::MuteAll { on: true };
    for kind in [remove(&[ben]), mute] {
        let command = scene.command(ada, group, kind);
        event(other.batch(&[command]).await.pop().unwrap().unwrap()).unwrap();
    }
    let refused = async |sender| scene.act(sender, group, send("still here?")).await;
    assert_eq!(refused(ben).await, Err(Code::NotAMember));
    assert_eq!(refused(cyd).await, Err(Code::AllMuted));
    scene.say(ada, group, "quiet").await;
    // The other way round: who was refused once is let in again.
    let command = scene.command(ada, group, CommandKind::MuteAll { on: false });
    event(other.batch(&[command]).await.pop().unwrap().unwrap()).unwrap();
    scene.say(cyd, group, "thank you").await;
}

#[tokio::test]
async fn a_block_counts_from_the_next_message_on() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    scene.say(ada, direct, "hello").await;
    scene.say(ada, direct, "are you there?").await;
    let blocked = async |blocked: bool| {
        let change = ChangeContact {
            blocked: Some(blocked),
            ..ChangeContact::default()
        };
        let now = scene.clock.now();
        let changed = scene.store.change_contact(ben, ada, &change, now).await;
        assert!(changed.unwrap());
    };
    blocked(true).await;
    let refused = scene.act(ada, direct, send("well?")).await;
    // Nobody is told that they are blocked.
    assert_eq!(refused, Err(Code::NotAContact));
    blocked(false).await;
    scene.say(ada, direct, "there you are").await;
    scene.remove_contact(ben, ada).await;
    let refused = scene.act(ada, direct, send("well?")).await;
    assert_eq!(refused, Err(Code::NotAContact));
    scene.contacts(ben, ada).await;
    scene.say(ada, direct, "again").await;
}

#[tokio::test]
async fn a_repeat_is_found_beside_what_is_new() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let first = scene.command(ada, group, send("first"));
    let stored = scene.repeat(&first).await;
    scene.say(ada, group, "second").await;
    let new = scene.command(ben, group, send("third"));
    let other_body = {
        let mut command = first.clone();
        command.submitted.payload_hash[0] ^= 1;
        command
    };
    let outcomes = scene.writer.batch(&[new, first, other_body]).await;
    let outcomes: Vec<_> = outcomes
        .into_iter()
        .map(|outcome| event(outcome.unwrap()))
        .collect();
    assert_eq!(outcomes[0].as_ref().unwrap().seq, 4);
    assert_eq!(outcomes[1], stored);
    assert_eq!(outcomes[2], Err(Code::PayloadMismatch));
    assert_eq!(scene.page(ada, group).await.head, 4);
}
