//! Requests other than commands, and the limits they are under.

use protocol::api::accounts::{ChangeMe, ChangePassword, LogIn, Register, is_handle};
use protocol::api::contacts::{AskContact, ChangeContact};
use protocol::api::conversations::CreateGroup;
use protocol::problem::Fault;
use protocol::{FieldError, Limits};

use crate::samples::BEN;

type Faults = Vec<FieldError>;

fn fault(field: &str, fault: Fault) -> Faults {
    vec![FieldError::new(field, fault)]
}

fn register(handle: &str, name: &str, password: &str) -> Result<Register, Faults> {
    Register {
        handle: handle.to_owned(),
        name: name.to_owned(),
        password: password.to_owned(),
    }
    .checked(&Limits::default())
}

#[test]
fn handles() {
    let longest = "a".repeat(32);
    for handle in ["ada", "a_1", "z99", "a__", longest.as_str()] {
        assert!(is_handle(handle), "{handle}");
    }
    let too_long = "a".repeat(33);
    for handle in [
        "",
        "ab",
        "1ab",
        "_ab",
        "Ada",
        "adA",
        "a-b",
        "a b",
        "ada ",
        "阿达达",
        "adä",
        "ada\0",
        too_long.as_str(),
    ] {
        assert!(!is_handle(handle), "{handle:?}");
    }
}

#[test]
fn registering_takes_a_handle_a_name_and_a_password() {
    let read = register("ada", " Ada ", "correct horse").unwrap();
    assert_eq!(read.name, " Ada ");
    for blank in ["", " \u{3000}"] {
        let read = register("ada", blank, "correct horse").unwrap();
        assert_eq!(read.name, "ada");
    }
}

#[test]
fn what_registering_refuses() {
    assert_eq!(
        register("", "", "12345678").unwrap_err(),
        fault("handle", Fault::Missing)
    );
    assert_eq!(
        register("Ada", "", "1234567").unwrap_err(),
        [
            FieldError::new("handle", Fault::Malformed),
            FieldError::new("password", Fault::TooShort { min: 8 })
        ]
    );
    assert_eq!(
        register("ada", &"名".repeat(33), "密码密码密码密码").unwrap_err(),
        fault("name", Fault::TooLong { max: 32 })
    );
    assert!(register("ada", "", &"x".repeat(1_000)).is_ok());
    assert_eq!(
        register("ada", "", &"x".repeat(1_001)).unwrap_err(),
        fault("password", Fault::TooLong { max: 1_000 })
    );
}

#[test]
fn a_new_password_is_as_good_as_one_to_register_with() {
    let change = |current: &str, password: &str| {
        let (current, password) = (current.to_owned(), password.to_owned());
        ChangePassword { current, password }.checked(&Limits::default())
    };
    assert!(change("", "long enough").is_ok());
    let min = Limits::default().password_chars;
    let faults = change(&"x".repeat(1_001), "short").unwrap_err();
    assert_eq!(
        faults,
        [
            FieldError::new("password", Fault::TooShort { min }),
            FieldError::new("current", Fault::TooLong { max: 1_000 }),
        ]
    );
}

#[test]
fn logging_in_takes_both() {
    let log_in = |handle: &str, password: &str| {
        LogIn {
            handle: handle.to_owned(),
            password: password.to_owned(),
            shared: false,
            code: String::new(),
        }
        .checked(&Limits::default())
    };
    assert!(log_in("Not A Handle", "x").is_ok());
    assert_eq!(
        log_in("", "").unwrap_err(),
        [
            FieldError::new("handle", Fault::Missing),
            FieldError::new("password", Fault::Missing)
        ]
    );
    assert_eq!(
        log_in("ada", &"x".repeat(1_001)).unwrap_err(),
        fault("password", Fault::TooLong { max: 1_000 })
    );
}

#[test]
fn a_profile_keeps_a_name() {
    let change = |name: &str, signature: &str| {
        ChangeMe {
            name: Some(name.to_owned()),
            signature: Some(signature.to_owned()),
            invisible: None,
        }
        .checked(&Limits::default())
    };
    assert!(change("Ada", "two\nlines").is_ok());
    assert_eq!(change(" ", "").unwrap_err(), fault("name", Fault::Missing));
    assert_eq!(
        change("a\tb", &"x".repeat(201)).unwrap_err(),
        [
            FieldError::new("name", Fault::Malformed),
            FieldError::new("signature", Fault::TooLong { max: 200 })
        ]
    );
    assert!(ChangeMe::default().checked(&Limits::default()).is_ok());
}

#[test]
fn notes_and_remarks() {
    let ask = |note: &str| {
        AskContact {
            user: BEN,
            note: note.to_owned(),
        }
        .checked(&Limits::default())
    };
    assert!(ask("").is_ok());
    assert!(ask(&"注".repeat(200)).is_ok());
    assert_eq!(
        ask(&"注".repeat(201)).unwrap_err(),
        fault("note", Fault::TooLong { max: 200 })
    );

    let remark = |remark: &str| {
        ChangeContact {
            remark: Some(remark.to_owned()),
            ..ChangeContact::default()
        }
        .checked(&Limits::default())
    };
    assert!(remark("").is_ok());
    assert_eq!(
        remark(&"备".repeat(33)).unwrap_err(),
        fault("remark", Fault::TooLong { max: 32 })
    );
}

#[test]
fn a_group_is_created_with_others() {
    let create = |name: &str, count: usize| {
        CreateGroup {
            name: name.to_owned(),
            members: vec![BEN; count],
        }
        .checked(&Limits::default())
    };
    assert!(create("", 1).is_ok());
    assert!(create("", 500).is_ok());
    assert_eq!(
        create("\n", 0).unwrap_err(),
        [
            FieldError::new("name", Fault::Malformed),
            FieldError::new("members", Fault::Missing)
        ]
    );
    assert_eq!(
        create("", 501).unwrap_err(),
        fault("members", Fault::TooLong { max: 500 })
    );
}
