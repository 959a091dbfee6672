//! Unread counts, mentions, preferences, pages.

use protocol::CommandKind;
use protocol::api::conversations::ChangePreferences;
use protocol::api::events::{PageQuery, Pull, PullOne};

use super::scene::{Scene, call, call_all, send};

#[tokio::test]
async fn what_one_writes_one_has_read() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    scene.say(ada, direct, "one").await;
    scene.say(ada, direct, "two").await;
    assert_eq!(scene.mine(ada, direct).await.unread, 0);
    assert_eq!(scene.mine(ben, direct).await.unread, 2);
    scene.say(ben, direct, "three").await;
    let ben = scene.mine(ben, direct).await;
    assert_eq!((ben.unread, ben.read_seq), (0, 4));
    assert_eq!(scene.mine(ada, direct).await.unread, 1);
}

#[tokio::test]
async fn a_read_position_never_moves_back_and_not_past_the_head() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    for text in ["one", "two", "three"] {
        scene.say(ada, direct, text).await;
    }
    let read = async |seq| {
        let mine = scene.reads.read_to(ben, direct, seq).await.unwrap();
        (mine.read_seq, mine.unread)
    };
    assert_eq!(read(3).await, (3, 1));
    assert_eq!(read(2).await, (3, 1));
    assert_eq!(read(99).await, (4, 0));
    scene.say(ada, direct, "four").await;
    assert_eq!(scene.mine(ben, direct).await.unread, 1);
}

#[tokio::test]
async fn events_that_are_no_messages_are_not_unread() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    scene.say(ada, group, "one").await;
    let rename = CommandKind::Rename {
        name: "x".to_owned(),
    };
    scene.act(ada, group, rename).await.unwrap();
    scene
        .act(ada, group, CommandKind::Recall { target: 2 })
        .await
        .unwrap();
    assert_eq!(scene.mine(ben, group).await.unread, 1);
}

#[tokio::test]
async fn the_first_unread_call_is_kept_until_it_is_read() {
    let scene = Scene::new().await;
    let [ada, ben, cyn] = scene.friends().await;
    let group = scene.group(&[ada, ben, cyn]).await;
    scene.say(ada, group, "nobody").await;
    scene.act(ada, group, call("ben", &[ben])).await.unwrap();
    scene
        .act(cyn, group, call("ben again", &[ben]))
        .await
        .unwrap();
    scene.act(ada, group, call_all("all")).await.unwrap();
    let mention = async |user| scene.mine(user, group).await.mention_seq;
    assert_eq!(
        (mention(ada).await, mention(ben).await, mention(cyn).await),
        (0, 3, 5)
    );
    scene.reads.read_to(ben, group, 3).await.unwrap();
    assert_eq!(mention(ben).await, 4);
    scene
        .act(cyn, group, CommandKind::Recall { target: 4 })
        .await
        .unwrap();
    assert_eq!(mention(ben).await, 5);
    scene.say(ben, group, "I am here").await;
    assert_eq!(mention(ben).await, 0);
}

#[tokio::test]
async fn a_call_and_an_answer_in_one_batch_follow_the_log() {
    let scene = Scene::new().await;
    let [ada, ben, cyn] = scene.friends().await;
    let group = scene.group(&[ada, ben, cyn]).await;
    let batch = [
        scene.command(ada, group, call("both", &[ben, cyn])),
        scene.command(ben, group, send("yes?")),
        scene.command(cyn, group, send("yes?")),
        scene.command(ada, group, call("cyn", &[cyn])),
    ];
    scene.writer.batch(&batch).await;
    assert_eq!(scene.mine(ben, group).await.mention_seq, 0);
    assert_eq!(scene.mine(cyn, group).await.mention_seq, 5);
}

#[tokio::test]
async fn preferences_are_changed_one_by_one() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    scene.say(ada, direct, "one").await;
    scene.say(ada, direct, "two").await;
    let change = |change| scene.reads.change(ben, direct, change);
    let before = scene.mine(ben, direct).await;
    let pinned = change(ChangePreferences {
        pinned: Some(true),
        marked_unread: Some(true),
        ..ChangePreferences::default()
    })
    .await
    .unwrap();
    assert!(pinned.pinned && pinned.marked_unread && !pinned.silenced);
    assert!(pinned.version > before.version);
    let cleared = change(ChangePreferences {
        cleared_seq: Some(2),
        ..ChangePreferences::default()
    })
    .await
    .unwrap();
    assert!(cleared.pinned);
    assert_eq!((cleared.cleared_seq, cleared.unread), (2, 1));
    let page = scene.page(ben, direct).await;
    assert_eq!((page.start, page.start_msg_no, page.floor), (3, 1, 3));
    assert!(page.events.iter().map(|event| event.seq).eq([3]));
    let back = change(ChangePreferences {
        cleared_seq: Some(1),
        ..ChangePreferences::default()
    })
    .await
    .unwrap();
    assert_eq!(back.cleared_seq, 2);
    assert_eq!(scene.page(ada, direct).await.events.len(), 3);
}

#[tokio::test]
async fn a_log_is_paged_both_ways() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    for n in 0..9 {
        scene.say(ada, direct, &n.to_string()).await;
    }
    let page = async |after, before, limit| {
        let query = PageQuery {
            after,
            before,
            limit: Some(limit),
        };
        let page = scene.page_by(ben, direct, query).await;
        let seqs: Vec<_> = page.events.iter().map(|event| event.seq).collect();
        (page.from, page.to, seqs)
    };
    assert_eq!(page(None, None, 3).await, (8, 10, vec![8, 9, 10]));
    assert_eq!(page(None, Some(4), 9).await, (1, 3, vec![1, 2, 3]));
    assert_eq!(page(None, Some(4), 2).await, (2, 3, vec![2, 3]));
    assert_eq!(page(Some(4), None, 2).await, (5, 6, vec![5, 6]));
    assert_eq!(page(Some(8), None, 9).await, (9, 10, vec![9, 10]));
    assert_eq!(page(Some(10), None, 9).await, (11, 10, vec![]));
    assert_eq!(page(Some(4), Some(7), 9).await, (5, 6, vec![5, 6]));
    assert_eq!(page(None, Some(0), 9).await, (1, 0, vec![]));
}

#[tokio::test]
async fn a_large_pull_is_cut_and_says_so() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    let [first, second] = [
        scene.group(&[ada, ben]).await,
        scene.group(&[ada, ben]).await,
    ];
    let long = "x".repeat(20 * 1024);
    let batch: Vec<_> = (0..150)
        .map(|_| scene.command(ada, direct, send(&long)))
        .collect();
    scene.writer.batch(&batch).await;
    scene.act(ada, first, send(&long)).await.unwrap();
    let one = |id, after| PullOne {
        id,
        after,
        limit: 500,
    };
    let asked = |after| Pull {
        conversations: vec![one(direct, after), one(first, 1), one(second, 0)],
    };
    let pulled = scene.store.pull(ben, &asked(0)).await.unwrap();
    assert_eq!(pulled.left, [second]);
    let page = &pulled.pages[0];
    assert!(page.to < page.head);
    assert_eq!(page.events.last().unwrap().seq, page.to);
    let pulled = scene.store.pull(ben, &asked(page.to)).await.unwrap();
    assert_eq!(pulled.pages[0].to, 151);
    assert_eq!(pulled.pages[2].to, 1);
    assert!(pulled.left.is_empty());
}

#[tokio::test]
async fn the_list_shows_what_each_conversation_needs() {
    let scene = Scene::new().await;
    let [ada, ben, cyn] = scene.friends().await;
    let direct = scene.direct(ada, ben).await;
    scene.clock.advance(1);
    let group = scene.group(&[ada, ben, cyn]).await;
    scene.clock.advance(1);
    let said = scene.say(ben, direct, "hello").await;
    scene.act(ben, direct, send("oops")).await.unwrap();
    scene
        .act(ben, direct, CommandKind::Recall { target: 3 })
        .await
        .unwrap();
    let list = scene.store.conversations(ada).await.unwrap();
    let ids: Vec<_> = list.conversations.iter().map(|one| one.id).collect();
    assert_eq!(ids, [direct, group]);
    assert_eq!(list.users.len(), 3);
    let [first, second] = &list.conversations[..] else {
        panic!("two conversations");
    };
    assert_eq!(first.peer, Some(ben));
    assert_eq!(first.last.as_ref().map(|last| last.seq), Some(3));
    assert_eq!(first.mine.unread, 2);
    let mut members = [ada, ben, cyn];
    members.sort_unstable();
    assert_eq!(second.first_members, members);
    assert_eq!(second.member_count, 3);
    assert!(said.is_message());
}
