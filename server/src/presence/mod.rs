//! Who is online.

mod in_process;
mod several_nodes;
mod standings;
mod told;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::stream::Presence as Shown;
use protocol::{Millis, UserId};

use crate::bus::{Bus, Message, NodeId, Payload, Topic};
use crate::clock::Clock;
use crate::redis::Redis;
use in_process::InProcess;
use several_nodes::SeveralNodes;

pub use several_nodes::Times;

/// How long somebody without a stream still counts as online: a reload is no coming and going.
const GRACE: Millis = 30_000;

/// Who is online. Clones share it.
///
/// A user is online while some node has a stream of theirs, and for 30 s after the last one, unless
/// they hide. Each coming and going is published once, to the user's presence topic, by the node
/// that saw it. A message may be lost, and a node that dies sends none: what its watchers were told
/// is then put right by [`Presence::look_again`]. What cannot be said is `Unknown`, never a guess.
/// Who may know is not decided here.
#[derive(Clone)]
pub struct Presence {
    form: Form,
    /// Whose topics are subscribed.
    subscribed: Arc<Mutex<HashSet<UserId>>>,
}

#[derive(Clone)]
enum Form {
    InProcess(InProcess),
    SeveralNodes(SeveralNodes),
}

/// Whether somebody has a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streaming {
    /// They have one.
    There,
    /// They have none.
    Away,
    /// Nobody can tell for the moment: Redis is away, or those who have some may not have come back
    /// since the server started.
    Unknown,
}

/// How users are whom a stream has begun to watch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// In the order asked for.
    pub shown: Vec<Shown>,
    /// Those of them who are otherwise than the watchers here were told before.
    pub news: Vec<Shown>,
}

impl Presence {
    /// For one node, in its memory. Nobody is online.
    pub fn new(bus: Arc<dyn Bus>, clock: Clock) -> Self {
        Self::of_form(Form::InProcess(InProcess::new(bus, clock)))
    }

    /// For several nodes, in Redis. Call it within a runtime; its task ends with the last clone.
    pub fn over_redis(redis: Redis, node: NodeId, bus: Arc<dyn Bus>, clock: Clock) -> Self {
        Self::over_redis_with(redis, node, bus, clock, Times::default())
    }

    /// As [`Presence::over_redis`], by other times.
    pub fn over_redis_with(
        redis: Redis,
        node: NodeId,
        bus: Arc<dyn Bus>,
        clock: Clock,
        times: Times,
    ) -> Self {
        let form = SeveralNodes::start(redis, node, bus, clock, times);
        Self::of_form(Form::SeveralNodes(form))
    }

    fn of_form(form: Form) -> Self {
        Self {
            form,
            subscribed: Arc::default(),
        }
    }

    /// A stream of the user opened. Who was not known to be online counts as hidden until
    /// [`Presence::set_invisible`] says otherwise.
    pub fn arrived(&self, user: UserId) {
        match &self.form {
            Form::InProcess(form) => form.arrived(user),
            Form::SeveralNodes(form) => form.arrived(user),
        }
    }

    /// A stream of the user ended.
    pub fn gone(&self, user: UserId) {
        match &self.form {
            Form::InProcess(form) => form.gone(user),
            Form::SeveralNodes(form) => form.gone(user),
        }
    }

    /// The user hides that they are online, or shows it again, on all nodes. Call it once that is
    /// stored.
    pub fn set_invisible(&self, user: UserId, invisible: bool) {
        match &self.form {
            Form::InProcess(form) => form.set_invisible(user, invisible),
            Form::SeveralNodes(form) => form.set_invisible(user, invisible),
        }
    }

    /// Lets those go offline whose grace is over, and renews what others know of this node's
    /// streams. Call it every second.
    pub fn tick(&self) {
        match &self.form {
            Form::InProcess(form) => form.tick(),
            Form::SeveralNodes(form) => form.tick(),
        }
    }

    /// How users are, for those who may know, and have subscribed their topics.
    pub async fn watch(&self, users: &[UserId]) -> Watched {
        self.subscribed().extend(users);
        match &self.form {
            Form::InProcess(form) => Watched {
                shown: users.iter().map(|user| form.of(*user)).collect(),
                news: Vec::new(),
            },
            Form::SeveralNodes(form) => form.watch(users).await,
        }
    }

    /// Whether users have a stream now, on any node, whether or not they hide: nobody's grace is waited
    /// for. In the order asked for.
    pub async fn streaming(&self, users: &[UserId]) -> Vec<Streaming> {
        match &self.form {
            Form::InProcess(form) => form.streaming(users),
            Form::SeveralNodes(form) => form.streaming(users).await,
        }
    }

    /// Takes note of what came by the bus. Tells whether the watchers here are to be told: not what
    /// they know, and not what is older than what they know.
    pub fn heard(&self, shown: Shown) -> bool {
        match &self.form {
            Form::InProcess(_) => true,
            Form::SeveralNodes(form) => form.heard(shown),
        }
    }

    /// Looks how those are who are watched here, when that is due, and gives what their watchers are
    /// to be told. Call it every second.
    pub async fn look_again(&self, watched: &[UserId]) -> Vec<Shown> {
        match &self.form {
            Form::InProcess(_) => Vec::new(),
            Form::SeveralNodes(form) => form.look_again(watched).await,
        }
    }

    /// The topics that were needed to watch users, and are no more.
    pub fn unwatched(&self, watched: impl Fn(&UserId) -> bool) -> Vec<Topic> {
        self.subscribed()
            .extract_if(|user| !watched(user))
            .map(Topic::Presence)
            .collect()
    }

    /// Returns once what happened here is known to all nodes, as far as Redis can be reached.
    pub async fn settle(&self) {
        if let Form::SeveralNodes(form) = &self.form {
            form.settle().await;
        }
    }

    fn subscribed(&self) -> std::sync::MutexGuard<'_, HashSet<UserId>> {
        self.subscribed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn message(shown: Shown) -> Message {
    Message {
        topic: Topic::Presence(shown.user),
        payload: Payload::Presence(shown),
    }
}
