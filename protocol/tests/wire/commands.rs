//! Commands as they are posted, and the limits they are under.

use protocol::command::{block_fault, line_fault, text_fault};
use protocol::event::Role;
use protocol::problem::Fault;
use protocol::{ClientId, Command, CommandKind, Content, FieldError, Limits};

use crate::samples::{self, ADA, BEN, CLIENT};

fn read(rest: &str) -> Result<Command, serde_json::Error> {
    serde_json::from_str(&format!(r#"{{"client_id":"{CLIENT}",{rest}}}"#))
}

#[test]
fn every_kind_as_it_is_posted() {
    let user = format!(r#""user":"{BEN}""#);
    let users = format!(r#""users":["{BEN}"]"#);
    let mentions = format!(r#""mentions":["{BEN}"]"#);
    let posted = [
        format!(
            r#""kind":"send","content":{{"type":"text","text":"你好 👋"}},"reply_to":41,{mentions},"mention_all":true"#
        ),
        r#""kind":"recall","target":41"#.to_owned(),
        r#""kind":"rename","name":"new""#.to_owned(),
        r#""kind":"announce","announcement":"two\nlines""#.to_owned(),
        format!(r#""kind":"invite",{users}"#),
        format!(r#""kind":"remove",{users}"#),
        r#""kind":"leave""#.to_owned(),
        format!(r#""kind":"set_role",{user},"role":"administrator""#),
        format!(r#""kind":"transfer",{user}"#),
        format!(r#""kind":"mute_member",{user},"until":1795437591960"#),
        r#""kind":"mute_all","on":true"#.to_owned(),
        r#""kind":"set_nickname","nickname":"A""#.to_owned(),
    ];
    let kinds = samples::command_kinds();
    assert_eq!(posted.len(), kinds.len());
    for (posted, kind) in posted.iter().zip(kinds) {
        let command = samples::command(kind);
        assert_eq!(read(posted).unwrap(), command);
        assert_eq!(
            serde_json::to_string(&command).unwrap(),
            format!(r#"{{"client_id":"{CLIENT}",{posted}}}"#)
        );
    }
}

#[test]
fn the_order_of_fields_does_not_matter() {
    let command: Command = serde_json::from_str(&format!(
        r#"{{"target":41,"kind":"recall","client_id":"{CLIENT}"}}"#
    ))
    .unwrap();
    assert_eq!(command.kind, CommandKind::Recall { target: 41 });
}

#[test]
fn what_may_be_left_out_of_a_message() {
    let command = read(r#""kind":"send","content":{"type":"text","text":"hi"}"#).unwrap();
    let plain = CommandKind::Send {
        content: samples::text("hi"),
        reply_to: None,
        mentions: Vec::new(),
        mention_all: false,
    };
    assert_eq!(command.kind, plain);
    assert_eq!(
        serde_json::to_string(&command).unwrap(),
        format!(
            r#"{{"client_id":"{CLIENT}","kind":"send","content":{{"type":"text","text":"hi"}}}}"#
        )
    );
}

#[test]
fn a_conversation_is_not_created_by_a_post() {
    let error = read(&format!(
        r#""kind":"create","name":"x","members":["{ADA}"]"#
    ))
    .unwrap_err();
    assert!(error.to_string().contains("create"), "{error}");
    let create = samples::command(CommandKind::Create {
        name: None,
        members: vec![ADA],
    });
    assert!(serde_json::to_string(&create).is_err());
}

#[test]
fn what_cannot_be_read() {
    for rest in [
        r#""content":{"type":"text","text":"hi"}"#,
        r#""kind":"send""#,
        r#""kind":"recall","target":-1"#,
        r#""kind":"recall","target":"41""#,
        r#""kind":"set_role","user":"ada","role":"member""#,
        r#""kind":7"#,
    ] {
        assert!(read(rest).is_err(), "{rest}");
    }
    assert!(serde_json::from_str::<Command>(r#"{"kind":"leave"}"#).is_err());
}

fn faults(kind: CommandKind) -> Vec<FieldError> {
    faults_under(kind, &Limits::default())
}

fn faults_under(kind: CommandKind, limits: &Limits) -> Vec<FieldError> {
    let command = samples::command(kind);
    match command.clone().checked(limits) {
        Ok(checked) => {
            assert_eq!(checked, command, "what is right is not changed");
            Vec::new()
        }
        Err(faults) => faults,
    }
}

fn fault(field: &str, fault: Fault) -> Vec<FieldError> {
    vec![FieldError::new(field, fault)]
}

fn send(text: &str) -> CommandKind {
    CommandKind::Send {
        content: samples::text(text),
        reply_to: None,
        mentions: Vec::new(),
        mention_all: false,
    }
}

#[test]
fn every_sample_is_within_the_limits() {
    for kind in samples::command_kinds() {
        assert_eq!(faults(kind), []);
    }
}

#[test]
fn a_message_has_one_to_5000_characters() {
    assert_eq!(faults(send("")), fault("text", Fault::Missing));
    assert_eq!(faults(send(" ")), []);
    for one in ["a", "你", "👋"] {
        assert_eq!(faults(send(&one.repeat(5_000))), []);
        assert_eq!(
            faults(send(&one.repeat(5_001))),
            fault("text", Fault::TooLong { max: 5_000 })
        );
    }
}

#[test]
fn a_message_has_so_many_bytes_at_most() {
    let limits = Limits {
        text_bytes: 8,
        ..Limits::default()
    };
    assert_eq!(faults_under(send("👋👋"), &limits), []);
    assert_eq!(
        faults_under(send("👋👋a"), &limits),
        fault("text", Fault::TooLong { max: 5_000 })
    );
}

#[test]
fn text_holds_anything_but_the_null_character() {
    let limits = Limits::default();
    for text in [
        "\u{1}", "\u{7f}", "\u{feff}", "\u{202e}", "\r\n", "\u{2028}",
    ] {
        assert_eq!(text_fault(text, &limits), None, "{text:?}");
    }
    for text in ["\0", "a\0", "\0b"] {
        assert_eq!(
            text_fault(text, &limits),
            Some(FieldError::new("text", Fault::Malformed))
        );
    }
}

#[test]
fn a_line_holds_nothing_that_breaks_or_turns_it_and_a_block_no_null() {
    let breaks = [
        "\0", "\n", "\t", "\u{1b}", "\u{7f}", "\u{85}", "\u{2028}", "\u{2029}",
    ];
    // The last one would end an isolation that stands around the name, and then turn the rest.
    let turns = [
        "\u{202a}",
        "\u{202e}",
        "\u{2066}",
        "\u{2069}",
        "a\u{2069}\u{202e}b",
    ];
    for text in breaks.into_iter().chain(turns) {
        assert_eq!(
            line_fault("name", text, 9),
            Some(FieldError::new("name", Fault::Malformed)),
            "{text:?}"
        );
    }
    for text in [
        "名字 👋",
        "שלום\u{200f}!",
        "نمی\u{200c}خواهم",
        "👩\u{200d}🚀",
    ] {
        assert_eq!(line_fault("name", text, 9), None, "{text:?}");
    }
    assert_eq!(block_fault("note", "a\n\tb", 9), None);
    assert_eq!(
        block_fault("note", "\0", 9),
        Some(FieldError::new("note", Fault::Malformed))
    );
}

#[test]
fn names_have_32_characters_at_most() {
    let named = |length: usize| {
        let name = "名".repeat(length);
        [
            ("name", CommandKind::Rename { name: name.clone() }),
            (
                "nickname",
                CommandKind::SetNickname {
                    nickname: name.clone(),
                },
            ),
            (
                "name",
                CommandKind::Create {
                    name: Some(name),
                    members: vec![ADA],
                },
            ),
        ]
    };
    for (_, kind) in named(0).into_iter().chain(named(32)) {
        assert_eq!(faults(kind), []);
    }
    for (field, kind) in named(33) {
        assert_eq!(faults(kind), fault(field, Fault::TooLong { max: 32 }));
    }
    let lines = CommandKind::Rename {
        name: "a\nb".to_owned(),
    };
    assert_eq!(faults(lines), fault("name", Fault::Malformed));
}

#[test]
fn an_announcement_has_2000_characters_at_most() {
    let announce = |text: &str| CommandKind::Announce {
        announcement: text.to_owned(),
    };
    assert_eq!(faults(announce("")), []);
    assert_eq!(faults(announce(&"告".repeat(2_000))), []);
    assert_eq!(
        faults(announce(&"告".repeat(2_001))),
        fault("announcement", Fault::TooLong { max: 2_000 })
    );
    assert_eq!(
        faults(announce("\0")),
        fault("announcement", Fault::Malformed)
    );
}

#[test]
fn a_message_mentions_100_at_most() {
    let mention = |count: usize| CommandKind::Send {
        content: samples::text("hi"),
        reply_to: None,
        mentions: vec![BEN; count],
        mention_all: false,
    };
    assert_eq!(faults(mention(100)), []);
    assert_eq!(
        faults(mention(101)),
        fault("mentions", Fault::TooLong { max: 100 })
    );
}

#[test]
fn users_are_named_and_not_too_many() {
    let named = |count: usize| {
        let users = vec![BEN; count];
        [
            (
                "users",
                CommandKind::Invite {
                    users: users.clone(),
                },
            ),
            (
                "users",
                CommandKind::Remove {
                    users: users.clone(),
                },
            ),
            (
                "members",
                CommandKind::Create {
                    name: None,
                    members: users,
                },
            ),
        ]
    };
    for (field, kind) in named(0) {
        assert_eq!(faults(kind), fault(field, Fault::Missing));
    }
    for (_, kind) in named(500) {
        assert_eq!(faults(kind), []);
    }
    for (field, kind) in named(501) {
        assert_eq!(faults(kind), fault(field, Fault::TooLong { max: 500 }));
    }
}

#[test]
fn nobody_is_made_owner_by_a_role() {
    let set_role = |role| CommandKind::SetRole { user: BEN, role };
    assert_eq!(faults(set_role(Role::Member)), []);
    assert_eq!(
        faults(set_role(Role::Owner)),
        fault("role", Fault::Malformed)
    );
}

#[test]
fn content_that_is_not_known_is_not_accepted() {
    let kind = CommandKind::Send {
        content: Content::Unknown,
        reply_to: None,
        mentions: Vec::new(),
        mention_all: false,
    };
    assert_eq!(faults(kind), fault("content", Fault::Malformed));
}

#[test]
fn every_fault_is_named() {
    let command = Command {
        client_id: ClientId(uuid::Uuid::nil()),
        kind: CommandKind::Send {
            content: samples::text(""),
            reply_to: None,
            mentions: vec![BEN; 101],
            mention_all: false,
        },
    };
    let fields: Vec<String> = command
        .checked(&Limits::default())
        .unwrap_err()
        .into_iter()
        .map(|fault| fault.field)
        .collect();
    assert_eq!(fields, ["client_id", "text", "mentions"]);
}
