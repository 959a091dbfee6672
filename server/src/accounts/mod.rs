//! Who people are, how they prove it, and whom they know.

mod access_tokens;
mod codes;
mod contacts;
mod devices;
mod error;
mod identities;
mod log_ins;
mod newcomers;
mod next_path;
mod passwords;
mod qr;
mod registration;
mod second_factor;
mod sessions;
mod throttle;
mod token;

use protocol::api::accounts::{ChangeMe, LogIn, Me};
use protocol::command::payload_hash;
use protocol::stream::Account;
use protocol::{ClientId, Code, Command, CommandKind, ConversationId, FieldError, Limits, UserId};
use tokio::sync::Semaphore;

pub use access_tokens::ProgramError;
pub use error::AccountError;
use error::noted;
pub use log_ins::{Begun, CameBack, Finished};
pub use next_path::own_path;
pub use passwords::{HashFailed, Passwords};
pub use qr::{Asking, Confirming, QrCode, QrShown, QrStanding};
pub use second_factor::Standing;
pub use sessions::{Lasting, Session, Sessions};
pub use throttle::{Throttle, Throttled};
pub use token::Token;

use crate::bus::{Message, Payload, Topic};
use crate::chat::{Chat, Outcome, Submitted, Wait};
use crate::clock::Clock;
use crate::config;
use crate::providers::Providers;
use crate::random::Random;
use crate::redis::RateLimits;
use crate::store::Store;
use crate::telemetry::audit::{Act, Entry};
use crate::telemetry::metrics::LOG_INS;

/// Over which time log-ins and registrations are counted, in milliseconds.
const THROTTLE_WINDOW: protocol::Millis = 10 * 60 * 1_000;

/// Everything about accounts. Where something changes that another browser shows, it is told.
pub struct Accounts {
    store: Store,
    clock: Clock,
    random: Random,
    passwords: Passwords,
    providers: Providers,
    chat: Chat,
    /// Who is logged in.
    pub sessions: Sessions,
    bounds: Bounds,
    /// Browsers that wait for a device that lets them in.
    qr_held: Semaphore,
}

/// What one may ask for, and how often.
#[derive(Debug)]
pub struct Bounds {
    limits: Limits,
    failures_by_account: Throttle<String>,
    failures_by_address: Throttle<String>,
    registrations: Throttle<String>,
}

impl Bounds {
    /// As configured, counted for all nodes where they share limits.
    pub fn new(config: &config::Config, shared: Option<&RateLimits>) -> Self {
        let throttle = &config.throttle;
        let counted =
            |most, name| Throttle::new(most, THROTTLE_WINDOW).shared(shared.cloned(), name);
        Self {
            limits: config.limits.clone(),
            failures_by_account: counted(throttle.log_ins_per_account, "log_ins_per_account"),
            failures_by_address: counted(throttle.log_ins_per_address, "log_ins_per_address"),
            registrations: counted(
                throttle.registrations_per_address,
                "registrations_per_address",
            ),
        }
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The network address by which it is counted.
    pub address: String,
    /// The browser, by its own account.
    pub agent: String,
}

impl Accounts {
    /// Puts the parts together.
    pub fn new(
        store: Store,
        clock: Clock,
        random: Random,
        (passwords, providers): (Passwords, Providers),
        chat: Chat,
        sessions: Sessions,
        bounds: Bounds,
    ) -> Self {
        Self {
            store,
            clock,
            random,
            passwords,
            providers,
            chat,
            sessions,
            bounds,
            qr_held: Semaphore::new(qr::MOST_HELD),
        }
    }

    /// Logs in.
    ///
    /// # Errors
    /// Handle and password that do not go together, too many failures, the database.
    pub async fn log_in(
        &self,
        log_in: LogIn,
        origin: &Origin,
    ) -> Result<(Me, Token), AccountError> {
        let mut account = None;
        let done = self.log_in_to(&mut account, log_in, origin).await;
        let entry = Entry::new(Act::LogIn).detail("password").on(account);
        match &done {
            Ok((me, _)) => entry.user(me.user.id).done(),
            Err(error) => entry.refused(error.reason()),
        }
        done
    }

    /// The same, and which account it was about, if there is such a one.
    async fn log_in_to(
        &self,
        account: &mut Option<UserId>,
        log_in: LogIn,
        origin: &Origin,
    ) -> Result<(Me, Token), AccountError> {
        let log_in = log_in
            .checked(&self.bounds.limits)
            .map_err(AccountError::Invalid)?;
        let (shared, code) = (log_in.shared, log_in.code);
        let now = self.clock.now();
        // Counted before the password is looked at, so that many at once are not free.
        self.bounds
            .failures_by_address
            .take(&origin.address, 1, now)
            .await?;
        if let Err(throttled) = self
            .bounds
            .failures_by_account
            .take(&log_in.handle, 1, now)
            .await
        {
            self.bounds
                .failures_by_address
                .give_back(&origin.address)
                .await;
            return Err(throttled.into());
        }
        let found = self.store.credentials(&log_in.handle).await?;
        let user = found.as_ref().map(crate::store::Credentials::user);
        *account = user;
        let right = self
            .passwords
            .is(log_in.password, found.map(|found| found.phc))
            .await;
        let user = user.filter(|_| matches!(right, Ok(true)));
        if right.is_ok() && user.is_none() {
            metrics::counter!(LOG_INS, "outcome" => "refused").increment(1);
            return Err(AccountError::Refused(Code::WrongCredentials));
        }
        // It was right, or nobody has looked.
        self.bounds
            .failures_by_address
            .give_back(&origin.address)
            .await;
        self.bounds
            .failures_by_account
            .give_back(&log_in.handle)
            .await;
        right?;
        let user = user.ok_or(AccountError::Refused(Code::WrongCredentials))?;
        metrics::counter!(LOG_INS, "outcome" => "accepted").increment(1);
        self.pass_second_factor(user, &code).await?;
        let token = self.sessions.begin(user, origin, shared).await?;
        let me = self.store.me(user).await?;
        Ok((
            me.ok_or(AccountError::Refused(Code::WrongCredentials))?,
            token,
        ))
    }

    /// Logs out: the session is over at once, and its streams end.
    ///
    /// # Errors
    /// The database's; the session then goes on.
    pub async fn log_out(&self, session: &Session) -> Result<(), AccountError> {
        self.sessions.end(&session.key).await?;
        self.chat.bus.publish(vec![Message {
            topic: Topic::Nodes,
            payload: Payload::SessionsEnded(vec![session.key]),
        }]);
        self.chat.hub.end_session(session.key);
        Entry::new(Act::LogOut).user(session.user).done();
        Ok(())
    }

    /// Changes one's own profile.
    ///
    /// # Errors
    /// Fields at fault, the database.
    pub async fn change(&self, user: UserId, change: ChangeMe) -> Result<Me, AccountError> {
        let change = change
            .checked(&self.bounds.limits)
            .map_err(AccountError::Invalid)?;
        let watchers = self
            .store
            .change_profile(user, &change, self.clock.now())
            .await?;
        if let Some(invisible) = change.invisible {
            self.chat.presence.set_invisible(user, invisible);
        }
        self.chat.bus.publish_account(
            user,
            Account {
                profile: true,
                ..Account::default()
            },
        );
        for watcher in watchers {
            self.chat.bus.publish_account(
                watcher,
                Account {
                    contacts: true,
                    ..Account::default()
                },
            );
        }
        let me = self.store.me(user).await?;
        me.ok_or(AccountError::Refused(Code::NotFound))
    }

    /// Makes the direct conversation of two users if there is none, through the one door.
    ///
    /// # Errors
    /// Why it may not be made, or that it cannot be made now.
    pub async fn open_direct(
        &self,
        user: UserId,
        peer: UserId,
        wait: Wait,
    ) -> Result<(), AccountError> {
        let conversation = ConversationId::direct(user, peer);
        if self.store.conversation(user, conversation).await?.is_some() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut members = vec![user];
        if peer != user {
            members.push(peer);
        }
        let create = Submitted {
            command: Command {
                client_id: ClientId::new(now, self.random.bytes()),
                kind: CommandKind::Create {
                    name: None,
                    members,
                },
            },
            payload_hash: payload_hash(conversation, b"create"),
            after: None,
            accepted_at: now,
            trace: None,
        };
        let outcome = self
            .chat
            .ingest
            .submit(user, conversation, vec![create], wait)
            .await
            .pop();
        match outcome {
            Some(Ok(Outcome::Refused(code))) => {
                // Somebody was faster.
                if self.store.conversation(user, conversation).await?.is_some() {
                    Ok(())
                } else {
                    Err(AccountError::Refused(code))
                }
            }
            Some(Ok(Outcome::Stored(_) | Outcome::StoredExpired(_))) => Ok(()),
            Some(Ok(Outcome::Queued)) => Err(AccountError::Queued),
            Some(Err(_)) | None => Err(AccountError::Unavailable),
        }
    }
}

fn invalid(field: &str, fault: protocol::problem::Fault) -> AccountError {
    AccountError::Invalid(vec![FieldError::new(field, fault)])
}
