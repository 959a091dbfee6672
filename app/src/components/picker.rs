//! People to tick: contacts for a group, members to be taken out, a new owner.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use protocol::{ConversationId, UserId};

use super::avatar::Avatar;
use super::icon::Icon;
use crate::erased::{Each, listener, live, memo};
use crate::state::{Chat, use_chat};

/// From so many on, there is a field to find somebody by name.
const MANY: usize = 6;

/// Who is chosen, and how they are called where they are chosen.
#[derive(Clone, Copy)]
pub struct Picked {
    /// Who.
    pub users: RwSignal<Vec<UserId>>,
    /// The group whose names for its members count.
    group: Option<ConversationId>,
    /// Whether only one can be.
    single: bool,
}

impl Picked {
    /// Among contacts.
    pub fn contacts(users: impl IntoIterator<Item = UserId>) -> Self {
        Self {
            users: RwSignal::new(users.into_iter().collect()),
            group: None,
            single: false,
        }
    }

    /// Among a group's members: several of them, or one.
    pub fn members(group: ConversationId, single: bool) -> Self {
        Self {
            users: RwSignal::new(Vec::new()),
            group: Some(group),
            single,
        }
    }

    /// Those chosen.
    pub fn list(self) -> Vec<UserId> {
        self.users.get()
    }

    fn has(self, user: UserId) -> bool {
        self.users.with(|users| users.contains(&user))
    }

    fn put(self, user: UserId, on: bool) {
        self.users.update(|users| {
            users.retain(|other| *other != user && !self.single);
            if on {
                users.push(user);
            }
        });
    }

    fn name(self, chat: Chat, user: UserId) -> String {
        let name = match self.group {
            Some(group) => chat.people.name_in(group, user),
            None => chat.people.name(user),
        };
        name.unwrap_or_default()
    }

    fn fits(self, chat: Chat, user: UserId, typed: &str) -> bool {
        let typed = typed.trim().to_lowercase();
        typed.is_empty()
            || self.name(chat, user).to_lowercase().contains(&typed)
            || chat.people.users.with(|users| {
                users.get(&user).is_some_and(|user| {
                    user.name.to_lowercase().contains(&typed) || user.handle.contains(&typed)
                })
            })
    }
}

/// A list of people with a box each, and above it those who are chosen. The boxes are fields of the
/// form around them, all of one name, so that the form works without script.
#[component]
pub fn Picker(
    /// What is chosen here.
    label: &'static str,
    /// The boxes' name in the form.
    name: &'static str,
    /// Whom to choose from, in order.
    #[prop(into)]
    people: Signal<Vec<UserId>>,
    /// Who is chosen.
    picked: Picked,
    /// The id of what describes the list, such as what is wrong with it.
    #[prop(optional, into)]
    described: Signal<Option<String>>,
) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let typed = RwSignal::new(String::new());
    let search = NodeRef::<html::Input>::new();
    let many = memo(move || people.with(|people| people.len() >= MANY));
    let nobody = memo(move || {
        let none = |typed: &String| {
            people.with(|people| !people.iter().any(|user| picked.fits(chat, *user, typed)))
        };
        many.get() && typed.with(none)
    });
    let find = live(move || {
        many.get().then(|| {
            view! {
                <input
                    class="needs-script"
                    type="search"
                    aria-label=t.filter_people
                    placeholder=t.filter_people
                    autocomplete="off"
                    node_ref=search
                    prop:value=move || typed.get()
                    on:input=listener(move |event| typed.set(event_target_value(&event)))
                    on:keydown=listener(move |event: ev::KeyboardEvent| {
                        // Enter finds; it does not send the form.
                        if event.key() == "Enter" {
                            event.prevent_default();
                        }
                    })
                />
            }
        })
    });
    view! {
        <fieldset class="entry" aria-describedby=described>
            <legend>{label}</legend>
            {(!picked.single).then(|| view! { <Chips picked search /> })}
            {find}
            <ul class="picker">
                <Each items=people let:user>
                    <li hidden=move || typed.with(|typed| !picked.fits(chat, user, typed))>
                        <Line user name picked />
                    </li>
                </Each>
            </ul>
            <p class="hint" role="status">
                {move || nobody.get().then_some(t.filter_nobody)}
            </p>
        </fieldset>
    }
    .into_any()
}

/// One of them.
#[component]
fn Line(user: UserId, name: &'static str, picked: Picked) -> impl IntoView {
    let chat = use_chat();
    let called = Signal::derive(move || picked.name(chat, user));
    let input = NodeRef::<html::Input>::new();
    // What was ticked before the page came alive counts; then the box follows.
    Effect::new(move |before: Option<()>| {
        let has = picked.has(user);
        let Some(input) = input.get() else { return };
        if before.is_none() && input.checked() && !has {
            picked.put(user, true);
        } else if input.checked() != has {
            input.set_checked(has);
        }
    });
    let kind = if picked.single { "radio" } else { "checkbox" };
    view! {
        <label>
            <input
                type=kind
                name=name
                value=user.to_string()
                checked=untrack(move || picked.has(user))
                node_ref=input
                on:change=listener(move |event| picked.put(user, event_target_checked(&event)))
            />
            <Avatar seed=user name=called />
            <bdi>{called}</bdi>
        </label>
    }
    .into_any()
}

/// Those who are chosen, each with a way out.
#[component]
fn Chips(picked: Picked, search: NodeRef<html::Input>) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let chip = move |user: UserId| {
        let name = Signal::derive(move || picked.name(chat, user));
        let take_out = move |_| {
            picked.put(user, false);
            // The button goes; the focus must not go with it.
            if let Some(search) = search.get_untracked() {
                let _ = search.focus();
            }
        };
        view! {
            <li>
                <bdi>{name}</bdi>
                <button type="button" aria-label=move || t.take_out(&name.get()) on:click=listener(take_out)>
                    <Icon name="x" />
                </button>
            </li>
        }
    };
    view! {
        <ul class="chips needs-script" aria-label=t.chosen>
            <Each items=picked.users children=chip />
        </ul>
    }
    .into_any()
}
