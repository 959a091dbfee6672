//! What the pages show and the actions they offer.

mod apply;
mod conversation;
mod items;
mod live;
mod log;
pub mod mention;
pub mod navigation;
mod notifications;
mod outbox;
pub mod overlay;
mod people;
pub mod place;
pub mod port;
mod rows;
mod rules;
pub mod text;
mod voice;
mod window;

pub use items::{Item, View, items};
pub use log::{Log, Opened, Target};
pub use navigation::Navigation;
pub use outbox::{Outbox, text_of};
pub use overlay::{Answer, Choice, Overlay};
pub use people::People;
pub use place::Place;
pub use rows::Rows;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::channel::oneshot;
use leptos::prelude::*;
use litemap::LiteMap;
use protocol::api::accounts::Me;
use protocol::api::identities::Provider;
use protocol::api::pages::{Boot, Display, Language, RefusedForm, Theme};
use protocol::command::CommandKind;
use protocol::sync::{Connection, Record};
use protocol::{ClientId, ConversationId, Limits, Millis, Problem, UserId};

use crate::locales::{Clock, Messages, messages};
use port::{Action, Local, Reply, Storage};

/// What a page is told once, and what does not change while it is open.
#[derive(Clone, Default)]
pub struct Site {
    /// Limits in force.
    pub limits: Limits,
    /// The product's version.
    pub version: String,
    /// For forms: repeated in a hidden field.
    pub form_token: String,
    /// A fresh id, for forms without script.
    pub client_id: Option<ClientId>,
    /// A form that was refused.
    pub form: Option<RefusedForm>,
    /// Who was looked for on the page that adds a contact.
    pub found: Option<Option<UserId>>,
    /// Whose accounts one may log in with.
    pub providers: Vec<Provider>,
}

/// Everything the pages show; found in the context.
#[derive(Clone, Copy)]
pub struct Chat {
    /// What does not change.
    pub site: StoredValue<Site>,
    /// Whether there is anything to show yet; without it, a skeleton.
    pub known: RwSignal<bool>,
    /// Whether the disk was read.
    pub ready: RwSignal<bool>,
    /// Who is logged in.
    pub me: RwSignal<Option<Me>>,
    /// Language, theme, time zone.
    pub display: RwSignal<Display>,
    /// Settings of this device.
    pub local: RwSignal<Local>,
    /// The time, as the server has it, to the half minute.
    pub now: RwSignal<Millis>,
    /// Where the reader is.
    pub navigation: Navigation,
    /// Who there is.
    pub people: People,
    /// The list.
    pub rows: Rows,
    /// The open conversation.
    pub log: Log,
    /// What waits to be sent.
    pub outbox: Outbox,
    /// What stands in the composers.
    pub drafts: RwSignal<LiteMap<ConversationId, String>>,
    /// How the connection is.
    pub connection: RwSignal<Connection>,
    /// What the last check of the history put right.
    pub checked: RwSignal<Option<u64>>,
    /// What this device holds, once asked.
    pub storage: RwSignal<Option<Storage>>,
    /// Whether notifications are offered.
    pub offers_notifications: RwSignal<bool>,
    /// What lies over the page.
    pub overlay: Overlay,
    actions: StoredValue<UnboundedSender<Action>>,
    receiver: StoredValue<Option<UnboundedReceiver<Action>>>,
}

/// The state, from the context.
///
/// # Panics
/// Outside of [`App`](crate::App), which provides it.
pub fn use_chat() -> Chat {
    use_context().expect("the app provides its state at the root")
}

impl Chat {
    /// What the server handed over, or nothing yet.
    pub fn new(boot: Option<Boot>) -> Self {
        let (sender, receiver) = unbounded();
        let chat = Self {
            site: StoredValue::new(Site::default()),
            known: RwSignal::new(false),
            ready: RwSignal::new(false),
            me: RwSignal::new(None),
            display: RwSignal::new(Display {
                language: Language::default(),
                theme: Theme::default(),
                time_zone: "UTC".to_owned(),
                utc_offset: 0,
            }),
            local: RwSignal::default(),
            now: RwSignal::new(0),
            navigation: Navigation::new(),
            people: People::new(),
            rows: Rows::new(Vec::new()),
            log: Log::new(),
            outbox: Outbox::new(),
            drafts: RwSignal::default(),
            connection: RwSignal::default(),
            checked: RwSignal::new(None),
            storage: RwSignal::new(None),
            offers_notifications: RwSignal::new(false),
            overlay: Overlay::new(),
            actions: StoredValue::new(sender),
            receiver: StoredValue::new(Some(receiver)),
        };
        if let Some(boot) = boot {
            chat.begin(boot);
        }
        chat
    }

    /// The other end of [`Chat::act`], for whoever carries actions out; once.
    pub fn take_actions(self) -> Option<UnboundedReceiver<Action>> {
        self.receiver.try_update_value(Option::take).flatten()
    }

    /// Takes in what a page starts from.
    pub(super) fn begin(self, boot: Boot) {
        let Boot {
            data, now, display, ..
        } = boot;
        self.now.set(now);
        self.display.set(display);
        self.site.set_value(Site {
            limits: boot.limits,
            version: boot.version,
            form_token: boot.form_token,
            client_id: Some(boot.client_id),
            form: boot.form,
            found: data
                .found
                .as_ref()
                .map(|found| found.as_ref().map(|user| user.id)),
            providers: data.providers,
        });
        self.people.learn(data.users);
        self.people.learn(data.found.flatten());
        self.people.learn(boot.me.iter().map(|me| me.user.clone()));
        self.me.set(boot.me);
        self.people.set_contacts(data.contacts);
        self.people.set_requests(data.requests);
        if let Some((id, members)) = data.members {
            self.people.set_members(id, members);
        }
        let page = data.page.as_ref();
        let record_of = |conversation| rows::record_of(conversation, page);
        let records: Vec<Record> = data.conversations.into_iter().map(record_of).collect();
        self.rows.set_all(records);
        if let Some(page) = data.page {
            self.enter(page.conversation);
            let older = page.from > page.floor.max(page.start);
            self.log.fill(page.events, older);
        }
        self.be_known();
    }

    /// There is something to show from now on. Said once: the pages are made anew each time.
    pub(super) fn be_known(self) {
        self.known
            .maybe_update(|known| !std::mem::replace(known, true));
    }

    /// All sentences, in the reader's language.
    pub fn t(self) -> &'static Messages {
        messages(self.display.with_untracked(|display| display.language))
    }

    /// Who is logged in.
    pub fn my_id(self) -> Option<UserId> {
        self.me.with(|me| me.as_ref().map(|me| me.user.id))
    }

    /// How times are said, now.
    pub fn clock(self) -> Clock {
        let now = self.now.get();
        self.display.with(|display| Clock {
            language: display.language,
            utc_offset: display.utc_offset,
            now,
        })
    }

    /// Limits in force.
    pub fn limits(self) -> Limits {
        self.site.with_value(|site| site.limits.clone())
    }

    /// Wants something done.
    pub fn act(self, action: Action) {
        self.actions.with_value(|actions| {
            // Nobody listens on the server, nor after the page is gone.
            let _ = actions.unbounded_send(action);
        });
    }

    /// Wants something done, and goes on with the answer.
    pub fn ask<T: 'static>(
        self,
        action: impl FnOnce(Reply<T>) -> Action,
        then: impl FnOnce(Result<T, Problem>) + 'static,
    ) {
        let (reply, answer) = oneshot::channel();
        self.act(action(reply));
        self.go_on(answer, Box::new(then));
    }

    fn go_on<T: 'static>(
        self,
        answer: oneshot::Receiver<Result<T, Problem>>,
        then: Box<dyn FnOnce(Result<T, Problem>)>,
    ) {
        leptos::task::spawn_local(async move {
            if let Ok(answer) = answer.await {
                then(answer);
            }
        });
    }

    /// Wants something done, and says so only if it failed.
    pub fn try_to(self, action: impl FnOnce(Reply<()>) -> Action) {
        self.ask(action, move |answer| self.say_failure(&answer));
    }

    /// Says why something was not done.
    pub fn say_failure<T>(self, answer: &Result<T, Problem>) {
        if let Err(problem) = answer {
            self.overlay.say(self.t().says_problem(problem));
        }
    }

    /// Puts a command in the outbox.
    pub fn command(self, conversation: ConversationId, command: CommandKind) {
        self.ask(
            |reply: Reply<()>| Action::Send {
                conversation,
                command,
                reply,
            },
            move |answer| self.say_failure(&answer),
        );
    }

    /// Changes settings of this device.
    pub fn change_local(self, change: impl FnOnce(&mut Local)) {
        self.local.update(change);
        self.act(Action::SetLocal(self.local.get_untracked()));
    }

    /// What stands in a conversation's composer, or is on its way from there to the outbox.
    pub fn draft(self, conversation: ConversationId) -> Option<String> {
        self.drafts
            .with(|drafts| drafts.get(&conversation).cloned())
    }

    /// Keeps what stands in a conversation's composer.
    pub fn set_draft(self, conversation: ConversationId, text: String) {
        let same = self
            .drafts
            .with_untracked(|drafts| drafts.get(&conversation).map_or("", String::as_str) == text);
        if same {
            return;
        }
        self.drafts.update(|drafts| {
            if text.is_empty() {
                drafts.remove(&conversation);
            } else {
                drafts.insert(conversation, text.clone());
            }
        });
        self.act(Action::Draft(conversation, text));
    }
}
