//! A few people with something to say, for those who want to look around.
//!
//! They register, become contacts and write through the same functions as everybody, by a clock
//! that begins two days ago.

mod script;

use protocol::api::accounts::{ChangeMe, Register};
use protocol::api::contacts::AskContact;
use protocol::command::payload_hash;
use protocol::{
    ClientId, Code, Command, CommandKind, Content, ConversationId, Millis, Seq, UserId,
};

use crate::accounts::{AccountError, Accounts, Origin, Passwords};
use crate::admin::new_password;
use crate::app_state::put_together;
use crate::chat::{Chat, Outcome, Submitted, Wait};
use crate::clock::Clock;
use crate::config::Config;
use crate::providers::Providers;
use crate::random::Random;
use crate::store::{Store, StoreError};
use script::{PEOPLE, Place, SCRIPT};

const MINUTE: Millis = 60 * 1_000;

/// When the first of them comes, in minutes before now: within what the server keeps.
const BEGINNING: Millis = 47 * 60;

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// An account could not be made.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A command was refused.
    #[error("a command was refused: {}", .0.as_str())]
    Refused(Code),
    /// A command was not accepted.
    #[error("a command was not accepted")]
    Unavailable,
}

/// Fills an empty database and prints who can log in; leaves one with accounts alone.
///
/// # Errors
/// See [`DemoError`].
pub async fn seed(
    config: &Config,
    store: &Store,
    clock: &Clock,
    random: &Random,
    passwords: &Passwords,
) -> Result<(), DemoError> {
    if !store.has_no_users().await? {
        println!("There are accounts already: nothing is added for the demonstration.");
        return Ok(());
    }
    let now = clock.now();
    let then = Clock::manual(now - BEGINNING * MINUTE);
    let proofs = (passwords.clone(), Providers::default());
    let (chat, accounts, _) = put_together(config, None, store, &then, random, proofs, None);
    let password = new_password(random);
    let stage = Stage {
        accounts: &accounts,
        chat: &chat,
        clock: &then,
        random,
        now,
    };
    let played = stage.play(&password).await;
    chat.stop().await;
    played?;
    let handles: Vec<&str> = PEOPLE.iter().map(|person| person.handle).collect();
    println!(
        "For the demonstration, log in as {} with the password {password}",
        handles.join(", ")
    );
    Ok(())
}

struct Stage<'a> {
    accounts: &'a Accounts,
    chat: &'a Chat,
    clock: &'a Clock,
    random: &'a Random,
    now: Millis,
}

impl Stage<'_> {
    async fn play(&self, password: &str) -> Result<(), DemoError> {
        let people = self.introduce(password).await?;
        let group = ConversationId::new(self.clock.now(), self.random.bytes());
        let create = CommandKind::Create {
            name: Some(script::GROUP.to_owned()),
            members: people.clone(),
        };
        self.submit(people[0], group, create).await?;
        let announce = CommandKind::Announce {
            announcement: script::ANNOUNCEMENT.to_owned(),
        };
        self.submit(people[0], group, announce).await?;

        let mut said: Vec<Seq> = Vec::new();
        for line in SCRIPT {
            self.clock.set(self.now - line.minutes_ago * MINUTE);
            let sender = people[line.who];
            let conversation = match line.place {
                Place::Group => group,
                Place::With(other) => ConversationId::direct(sender, people[other]),
            };
            let kind = CommandKind::Send {
                content: Content::Text {
                    text: line.text.to_owned(),
                },
                reply_to: line.reply_to.map(|line| said[line]),
                mentions: line.mentions.iter().map(|who| people[*who]).collect(),
                mention_all: false,
            };
            said.push(self.submit(sender, conversation, kind).await?);
        }
        Ok(())
    }

    /// Makes the accounts, each other's contacts.
    async fn introduce(&self, password: &str) -> Result<Vec<UserId>, DemoError> {
        let mut people: Vec<UserId> = Vec::new();
        for person in PEOPLE {
            self.clock.advance(MINUTE);
            let register = Register {
                handle: person.handle.to_owned(),
                name: person.name.to_owned(),
                password: password.to_owned(),
            };
            let origin = Origin::default();
            // The first of them runs the installation.
            let code = self.accounts.setup_code().await?;
            let (me, _) = match code {
                Some(code) => self.accounts.set_up(&code, register, &origin).await?,
                None => self.accounts.register(register, &origin).await?,
            };
            let id = me.user.id;
            let change = ChangeMe {
                signature: Some(person.signature.to_owned()),
                ..ChangeMe::default()
            };
            self.accounts.change(id, change).await?;
            for other in &people {
                let note = person.note.to_owned();
                let ask = AskContact { user: *other, note };
                let request = self.accounts.ask(id, ask).await?;
                self.clock.advance(MINUTE);
                self.accounts.accept(*other, request.id).await?;
            }
            people.push(id);
        }
        Ok(people)
    }

    async fn submit(
        &self,
        sender: UserId,
        conversation: ConversationId,
        kind: CommandKind,
    ) -> Result<Seq, DemoError> {
        let now = self.clock.now();
        let client_id = ClientId::new(now, self.random.bytes());
        let submitted = Submitted {
            payload_hash: payload_hash(conversation, client_id.0.as_bytes()),
            command: Command { client_id, kind },
            after: None,
            accepted_at: now,
        };
        let outcome = self
            .chat
            .ingest
            .submit(sender, conversation, vec![submitted], Wait::Outcome)
            .await
            .pop();
        match outcome {
            Some(Ok(Outcome::Stored(event))) => Ok(event.event.seq),
            Some(Ok(Outcome::Refused(code))) => Err(DemoError::Refused(code)),
            _ => Err(DemoError::Unavailable),
        }
    }
}
