//! Which part of a log is whose.

use protocol::CommandKind;
use protocol::api::events::{Calibrate, PageQuery, Pull, PullOne, RangeDigest};
use protocol::event::Role;

use super::scene::{Scene, invite, remove, send};

#[tokio::test]
async fn a_newcomer_sees_nothing_from_before() {
    let scene = Scene::new().await;
    let [ada, ben, cyn] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    scene.say(ada, group, "before").await;
    scene.act(ada, group, invite(&[cyn])).await.unwrap();
    scene.say(ben, group, "after").await;
    let page = scene.page(cyn, group).await;
    assert!(page.events.iter().map(|event| event.seq).eq([3, 4]));
    assert_eq!((page.start, page.start_msg_no), (3, 1));
    assert_eq!((page.floor, page.floor_msg_no), (3, 1));
    assert_eq!((page.head, page.head_msg_no), (4, 2));
    let all = PageQuery {
        after: Some(0),
        ..PageQuery::default()
    };
    assert_eq!(scene.page_by(cyn, group, all).await.events, page.events);
    assert_eq!(scene.mine(cyn, group).await.unread, 1);
}

#[tokio::test]
async fn who_was_removed_keeps_their_own_span() {
    let scene = Scene::new().await;
    let [ada, ben, cyn] = scene.friends().await;
    let group = scene.group(&[ada, ben, cyn]).await;
    scene.say(ada, group, "two").await;
    scene.act(ada, group, remove(&[cyn])).await.unwrap();
    scene.say(ada, group, "four").await;
    let page = scene.page(cyn, group).await;
    assert!(page.events.iter().map(|event| event.seq).eq([1, 2, 3]));
    assert_eq!((page.head, page.head_msg_no), (3, 1));
    let mine = scene.mine(cyn, group).await;
    assert!(mine.left);
    assert_eq!(mine.unread, 1);
    assert!(scene.store.members(cyn, group).await.unwrap().is_none());
    let members = scene.store.members(ben, group).await.unwrap().unwrap();
    assert_eq!(members.members.len(), 2);
    assert_eq!(members.users.len(), 2);
    // Of what came after, not even a digest.
    let asked = RangeDigest {
        conversation: group,
        from: 1,
        to: 9,
        digest: protocol::Digest(0),
    };
    let calibrate = Calibrate {
        ranges: vec![asked],
    };
    let told = scene.store.calibrate(cyn, &calibrate).await.unwrap();
    assert_eq!((told.ranges[0].from, told.ranges[0].to), (1, 3));
    let sum = page
        .events
        .iter()
        .fold(protocol::Digest(0), |sum, event| sum ^ event.digest);
    assert_eq!(told.ranges[0].digest, sum);
}

#[tokio::test]
async fn who_comes_back_begins_anew() {
    let scene = Scene::new().await;
    let [ada, ben, cyn] = scene.friends().await;
    let group = scene.group(&[ada, ben, cyn]).await;
    scene.act(cyn, group, CommandKind::Leave).await.unwrap();
    scene.say(ada, group, "without cyn").await;
    scene.act(ben, group, invite(&[cyn])).await.unwrap();
    let page = scene.page(cyn, group).await;
    assert_eq!((page.start, page.floor, page.events.len()), (4, 4, 1));
    let mine = scene.mine(cyn, group).await;
    assert!(!mine.left);
    assert_eq!((mine.unread, mine.read_seq), (0, 4));
}

#[tokio::test]
async fn coming_and_going_in_one_batch_ends_as_the_log_says() {
    let scene = Scene::new().await;
    let [ada, ben, cyn] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    let batch = [
        scene.command(ben, group, send("I shall be back")),
        scene.command(ada, group, invite(&[cyn])),
        scene.command(
            ada,
            group,
            CommandKind::SetRole {
                user: cyn,
                role: Role::Administrator,
            },
        ),
        scene.command(ada, group, remove(&[cyn])),
        scene.command(ada, group, remove(&[ben])),
        scene.command(ada, group, invite(&[ben])),
    ];
    for outcome in scene.writer.batch(&batch).await {
        super::scene::event(outcome.unwrap()).unwrap();
    }
    assert!(scene.mine(cyn, group).await.left);
    assert_eq!(scene.page(cyn, group).await.events.len(), 3);
    let ben = scene.mine(ben, group).await;
    assert_eq!((ben.left, ben.joined_seq), (false, 7));
    assert_eq!((ben.read_seq, ben.unread), (7, 0));
    let found = scene.store.conversation(ada, group).await.unwrap().unwrap();
    assert_eq!(found.member_count, 2);
}

#[tokio::test]
async fn strangers_learn_nothing() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let eve = scene.user("eve").await;
    let direct = scene.direct(ada, ben).await;
    scene.say(ada, direct, "private").await;
    let query = PageQuery::default();
    assert!(
        scene
            .store
            .page(eve, direct, query)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        scene
            .store
            .conversation(eve, direct)
            .await
            .unwrap()
            .is_none()
    );
    assert!(scene.store.members(eve, direct).await.unwrap().is_none());
    assert!(scene.reads.read_to(eve, direct, 1).await.is_err());
    assert!(scene.reads.typing(eve, direct).await.is_err());
    assert!(
        scene
            .store
            .conversations(eve)
            .await
            .unwrap()
            .conversations
            .is_empty()
    );
    let pull = Pull {
        conversations: vec![PullOne {
            id: direct,
            after: 0,
            limit: 10,
        }],
    };
    assert!(scene.store.pull(eve, &pull).await.unwrap().pages.is_empty());
    assert_eq!(scene.store.pull(ben, &pull).await.unwrap().pages.len(), 1);
}

#[tokio::test]
async fn roles_titles_and_muting_last() {
    let scene = Scene::new().await;
    let [ada, ben] = scene.friends().await;
    let group = scene.group(&[ada, ben]).await;
    for kind in [
        CommandKind::Rename {
            name: "climbers".to_owned(),
        },
        CommandKind::Announce {
            announcement: "at nine".to_owned(),
        },
        CommandKind::SetNickname {
            nickname: "A".to_owned(),
        },
        CommandKind::MuteAll { on: true },
        CommandKind::Transfer { user: ben },
    ] {
        scene.act(ada, group, kind).await.unwrap();
    }
    let found = scene.store.conversation(ada, group).await.unwrap().unwrap();
    assert_eq!(found.name.as_deref(), Some("climbers"));
    assert_eq!(found.announcement, "at nine");
    assert!(found.mute_all);
    assert_eq!(found.owner, Some(ben));
    assert_eq!(found.mine.role, Role::Member);
    assert_eq!(found.mine.nickname, "A");
    let members = scene.store.members(ada, group).await.unwrap().unwrap();
    assert_eq!(members.members[0].user, ben);
    assert_eq!(members.members[0].role, Role::Owner);
}
