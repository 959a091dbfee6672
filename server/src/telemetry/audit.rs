//! Who did what, to whom, from where, and what came of it: for those who look into an incident. Never
//! a secret, and nothing that somebody wrote.
//!
//! On stderr these are log lines like others, of the target `audit`; in Kafka they have a topic of
//! their own, whatever `log.level` says.

use std::net::IpAddr;

use protocol::{ConversationId, UserId};

use super::traces::{Trace, TraceId};

/// The target of its lines.
pub const TARGET: &str = "audit";

/// What somebody did, or tried to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// To log in; `detail`: by what.
    LogIn,
    /// To make an account; `detail`: by what.
    Register,
    /// To log out here.
    LogOut,
    /// To log another device out; `detail`: its session.
    EndSession,
    /// To log all other devices out.
    EndOtherSessions,
    /// To change one's own password.
    ChangePassword,
    /// To have a code asked for at log-ins.
    TurnOnSecondFactor,
    /// To have none asked for any more.
    TurnOffSecondFactor,
    /// To make a token for a program; `detail`: its id.
    MakeToken,
    /// To end one; `detail`: its id.
    EndToken,
    /// To log in with an account elsewhere from now on; `detail`: the provider.
    LinkIdentity,
    /// To do so no more; `detail`: the provider.
    UnlinkIdentity,
    /// To let another device in by a QR code.
    LetIn,
    /// To refuse such a device.
    TurnAway,
    /// A command of a conversation; `detail`: its kind. Done is told of membership only.
    Command,
    /// To be answered what they may not know or do; `detail`: the route.
    Ask,
    /// To become the administrator of a new installation.
    SetUp,
    /// To give an account a new password, beside the server.
    ResetPassword,
    /// To let browsers compare their history, beside the server.
    RenewHistory,
}

impl Act {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogIn => "log_in",
            Self::Register => "register",
            Self::LogOut => "log_out",
            Self::EndSession => "end_session",
            Self::EndOtherSessions => "end_other_sessions",
            Self::ChangePassword => "change_password",
            Self::TurnOnSecondFactor => "turn_on_second_factor",
            Self::TurnOffSecondFactor => "turn_off_second_factor",
            Self::MakeToken => "make_token",
            Self::EndToken => "end_token",
            Self::LinkIdentity => "link_identity",
            Self::UnlinkIdentity => "unlink_identity",
            Self::LetIn => "let_in",
            Self::TurnAway => "turn_away",
            Self::Command => "command",
            Self::Ask => "ask",
            Self::SetUp => "set_up",
            Self::ResetPassword => "reset_password",
            Self::RenewHistory => "renew_history",
        }
    }
}

/// One entry of the audit; [`Entry::done`] or [`Entry::refused`] writes it down.
#[derive(Debug, Clone, Copy)]
#[must_use = "it is written down when it is said what came of it"]
pub struct Entry<'a> {
    act: Act,
    user: Option<UserId>,
    on: Option<UserId>,
    conversation: Option<ConversationId>,
    detail: Option<&'a str>,
    request: Option<TraceId>,
}

impl<'a> Entry<'a> {
    /// Of this act.
    pub fn new(act: Act) -> Self {
        Self {
            act,
            user: None,
            on: None,
            conversation: None,
            detail: None,
            request: None,
        }
    }

    /// Who did it: somebody who has proved who they are.
    pub fn user(self, user: UserId) -> Self {
        Self {
            user: Some(user),
            ..self
        }
    }

    /// On whom: another user, or an account that somebody tries to get into.
    pub fn on(self, user: impl Into<Option<UserId>>) -> Self {
        Self {
            on: user.into(),
            ..self
        }
    }

    /// Where.
    pub fn conversation(self, conversation: ConversationId) -> Self {
        Self {
            conversation: Some(conversation),
            ..self
        }
    }

    /// What more there is to say: nothing that anybody has typed.
    pub fn detail(self, detail: &'a str) -> Self {
        Self {
            detail: Some(detail),
            ..self
        }
    }

    /// With which request, where that was not answered here, if it is known.
    pub fn of(self, trace: Option<Trace>) -> Self {
        Self {
            request: trace.map(|trace| trace.id),
            ..self
        }
    }

    /// It was done.
    pub fn done(self) {
        self.write(None);
    }

    /// It was not, and why.
    pub fn refused(self, reason: &str) {
        self.write(Some(reason));
    }

    fn write(self, reason: Option<&str>) {
        let address = ADDRESS.try_with(|address| *address).ok().flatten();
        tracing::info!(
            target: TARGET,
            act = self.act.name(),
            outcome = if reason.is_some() { "refused" } else { "done" },
            reason,
            request = self.request.map(display),
            user = self.user.map(display),
            on = self.on.map(display),
            conversation = self.conversation.map(display),
            address = address.map(display),
            detail = self.detail,
            "{}",
            self.act.name(),
        );
    }
}

tokio::task_local! {
    static ADDRESS: Option<IpAddr>;
}

/// Does something for whoever asks from an address: entries that are written meanwhile name it.
pub async fn from<F: Future>(address: Option<IpAddr>, doing: F) -> F::Output {
    ADDRESS.scope(address, doing).await
}
