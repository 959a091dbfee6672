//! Who is online: what is promised, in each form.

mod several_nodes;

use std::sync::Arc;

use protocol::UserId;
use protocol::stream::{Presence as Shown, PresenceState};
use server::bus::{Bus, InProcess, Message, Payload, Receiver, Topic};
use server::clock::Clock;
use server::presence::Presence;
use services::RedisOptions;

use crate::bus::{last, until_last, user};
use crate::redis::Node;
use PresenceState::{Offline, Online};

const START: i64 = 1_800_000_000_000;
const GRACE: i64 = 30_000;

/// Presence at one node, in some form, by a clock that stands still.
struct Form {
    presence: Presence,
    bus: Arc<dyn Bus>,
    from_bus: Receiver,
    clock: Clock,
    /// Go on for as long as the form is used.
    _server: Option<services::Redis>,
}

async fn in_process() -> Option<Form> {
    let (bus, from_bus) = InProcess::new();
    let bus: Arc<dyn Bus> = Arc::new(bus);
    let clock = Clock::manual(START);
    Some(Form {
        presence: Presence::new(Arc::clone(&bus), clock.clone()),
        bus,
        from_bus,
        clock,
        _server: None,
    })
}

async fn redis() -> Option<Form> {
    let server = crate::redis::start(&RedisOptions::default())?;
    let Node {
        id,
        redis,
        bus,
        from_bus,
    } = Node::start(&server).await;
    let clock = Clock::manual(START);
    bus.subscribe(vec![Topic::Presence(user(1))]).await.unwrap();
    Some(Form {
        presence: Presence::over_redis(redis, id, Arc::clone(&bus), clock.clone()),
        bus,
        from_bus,
        clock,
        _server: Some(server),
    })
}

impl Form {
    /// What the user's watchers are told until now.
    async fn told(&mut self) -> Vec<PresenceState> {
        self.presence.settle().await;
        self.bus.publish(vec![last()]);
        states(until_last(&mut self.from_bus).await)
    }

    fn pass(&self, millis: i64) {
        self.clock.advance(millis);
        self.presence.tick();
    }

    fn open(&self, user: UserId) {
        self.presence.arrived(user);
        self.presence.set_invisible(user, false);
    }

    async fn look(&self, user: UserId) -> Shown {
        self.presence.settle().await;
        self.presence.watch(&[user]).await.shown[0]
    }
}

pub fn states(messages: Vec<Message>) -> Vec<PresenceState> {
    let state = |message: Message| match message.payload {
        Payload::Presence(shown) => Some(shown.state),
        _ => None,
    };
    messages.into_iter().filter_map(state).collect()
}

macro_rules! conformance {
    ($forms:tt => $($property:ident),* $(,)?) => {
        $(conformance!(@forms $forms $property);)*
    };
    (@forms ($($form:ident),*) $property:ident) => {
        mod $property {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $form() {
                    if let Some(form) = super::$form().await {
                        super::$property(form).await;
                    }
                }
            )*
        }
    };
}

conformance!((in_process, redis) =>
    a_reload_is_no_coming_and_going,
    going_is_told_once_after_a_while,
    who_hides_looks_offline_at_once,
    who_is_not_known_is_hidden_until_it_is_known,
    somebody_may_come_back,
);

async fn a_reload_is_no_coming_and_going(mut form: Form) {
    form.open(user(1));
    form.presence.gone(user(1));
    form.pass(GRACE - 1);
    form.open(user(1));
    form.pass(GRACE);
    assert_eq!(form.told().await, [Online]);
    assert_eq!(form.look(user(1)).await.state, Online);
}

async fn going_is_told_once_after_a_while(mut form: Form) {
    form.open(user(1));
    form.open(user(1));
    form.presence.gone(user(1));
    form.pass(2 * GRACE);
    assert_eq!(form.told().await, [Online]);
    form.presence.gone(user(1));
    form.pass(GRACE - 1);
    assert_eq!(form.told().await, []);
    form.pass(1);
    assert_eq!(form.told().await, [Offline]);
    form.pass(GRACE);
    assert_eq!(form.told().await, []);
}

async fn who_hides_looks_offline_at_once(mut form: Form) {
    form.open(user(1));
    assert_eq!(form.told().await, [Online]);
    form.presence.set_invisible(user(1), true);
    assert_eq!(form.told().await, [Offline]);
    form.presence.gone(user(1));
    form.presence.arrived(user(1));
    form.presence.set_invisible(user(1), true);
    form.pass(2 * GRACE);
    assert_eq!(form.told().await, []);
    form.presence.set_invisible(user(1), false);
    assert_eq!(form.told().await, [Online]);
}

async fn who_is_not_known_is_hidden_until_it_is_known(mut form: Form) {
    form.presence.arrived(user(1));
    form.pass(1_000);
    assert_eq!(form.told().await, []);
    form.presence.set_invisible(user(1), false);
    assert_eq!(form.told().await, [Online]);
}

async fn somebody_may_come_back(mut form: Form) {
    for _ in 0..3 {
        form.open(user(1));
        assert_eq!(form.told().await, [Online]);
        let since = form.look(user(1)).await.since;
        assert!(since > 0);
        form.presence.gone(user(1));
        form.pass(GRACE);
        assert_eq!(form.told().await, [Offline]);
    }
}
