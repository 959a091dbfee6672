//! Who is in a conversation.

use leptos::ev;
use leptos::prelude::*;
use protocol::command::CommandKind;
use protocol::event::Role;
use protocol::{Code, ConversationId, UserId};

use super::managing::{choices, managed};
use super::picking::{Picking, Purpose};
use crate::components::avatar::Avatar;
use crate::components::badge::OnlineDot;
use crate::components::gesture::MenuGesture;
use crate::components::icon::Icon;
use crate::erased::{Each, listener, live, memo};
use crate::state::{Place, use_chat};

/// So many are shown at first, since groups may be large.
const AT_FIRST: usize = 40;

/// The other one of a direct conversation, and a way to begin a group with them.
#[component]
pub fn Peer(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let peer = memo(move || chat.rows.with(id, |it| it.conversation.peer).flatten());
    let group = move |user: UserId| {
        let is_contact = chat
            .people
            .contacts
            .with(|contacts| contacts.contains_key(&user));
        let path = [&Place::NewGroup.path(), "?with=", &user.to_string()].concat();
        is_contact.then(|| {
            view! {
                <li>
                    <a href=path>
                        <span class="avatar add">
                            <Icon name="plus" />
                        </span>
                        <span>{t.start_group}</span>
                    </a>
                </li>
            }
        })
    };
    live(move || {
        peer.get().map(|user| {
            let name = Signal::derive(move || chat.people.name(user).unwrap_or_default());
            view! {
                <ul class="members" aria-label=t.members>
                    <li>
                        <a href=Place::Card(user).path()>
                            <Avatar seed=user name>
                                <OnlineDot user />
                            </Avatar>
                            <bdi>{name}</bdi>
                        </a>
                    </li>
                    {group(user)}
                </ul>
            }
            .into_any()
        })
    })
}

/// A group's members, and ways to change who is one.
#[component]
pub fn MemberGrid(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let members = memo(move || {
        chat.people.members.with(|members| {
            let members = members.get(&id)?;
            Some(members.members.iter().map(|it| it.user).collect::<Vec<_>>())
        })
    });
    let count = memo(move || members.with(|it| it.as_ref().map_or(0, Vec::len)));
    let all = RwSignal::new(chat.navigation.query("members").as_deref() == Some("all"));
    let shown = Signal::derive(move || {
        let most = if all.get() { usize::MAX } else { AT_FIRST };
        let members = members.get().unwrap_or_default();
        members.into_iter().take(most).collect::<Vec<UserId>>()
    });
    let managed = memo(move || managed(chat, id));
    let is_member = memo(move || {
        let users = Vec::new();
        let refused = chat.refusal(id, &CommandKind::Invite { users }, None);
        refused != Some(Code::NotAMember)
    });
    let manages = memo(move || managed.with(|managed| !managed.is_empty()));
    let picking: RwSignal<Option<Purpose>> = RwSignal::new(None);
    let on_close = Callback::new(move |()| picking.set(None));
    let more = live(move || {
        let path = [&Place::Details(id).path(), "?members=all"].concat();
        (!all.get() && count.get() > AT_FIRST).then(|| {
            view! {
                <p>
                    <a
                        href=path
                        on:click=listener(move |event: ev::MouseEvent| {
                            event.prevent_default();
                            all.set(true);
                        })
                    >
                        {t.all_members(count.get())}
                    </a>
                </p>
            }
        })
    });
    let loading = live(move || {
        members
            .with(Option::is_none)
            .then(|| view! { <p role="status">{t.loading}</p> })
    });
    view! {
        <ul class="members" aria-label=t.members>
            <Each items=shown let:user>
                <li>
                    <Member id user managed />
                </li>
            </Each>
            {move || {
                is_member
                    .get()
                    .then(|| {
                        view! { <Way purpose=Purpose::Adding picking /> }
                    })
            }}
            {move || {
                manages
                    .get()
                    .then(|| {
                        view! { <Way purpose=Purpose::Removing picking /> }
                    })
            }}
        </ul>
        {loading}
        {more}
        {move || picking.get().map(|purpose| view! { <Picking id purpose on_close /> })}
    }
    .into_any()
}

/// Plus or minus, among the members.
#[component]
fn Way(purpose: Purpose, picking: RwSignal<Option<Purpose>>) -> impl IntoView {
    let t = use_chat().t();
    let (icon, label) = match purpose {
        Purpose::Adding => ("plus", t.add),
        _ => ("minus", t.remove),
    };
    view! {
        <li class="needs-script">
            <button
                type="button"
                aria-haspopup="dialog"
                on:click=listener(move |_| picking.set(Some(purpose)))
            >
                <span class="avatar add">
                    <Icon name=icon />
                </span>
                <span>{label}</span>
            </button>
        </li>
    }
    .into_any()
}

/// A member: leads to their card, or opens a menu for those who have a say.
#[component]
fn Member(
    /// Of which group.
    id: ConversationId,
    /// Who.
    user: UserId,
    /// Whom the reader has a say over.
    managed: Memo<Vec<UserId>>,
) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let member = memo(move || {
        let member = chat.people.member(id, user)?;
        Some((member.role, member.muted_until))
    });
    let name = Signal::derive(move || chat.people.name_in(id, user).unwrap_or_default());
    let standing = live(move || {
        let (role, muted_until) = member.get()?;
        let role = match role {
            Role::Owner => Some(t.owner),
            Role::Administrator => Some(t.administrator),
            Role::Member => None,
        };
        let muted = (muted_until > chat.now.get()).then_some(t.muted);
        role.or(muted).map(|text| view! { <small>{text}</small> })
    });
    let has_menu = memo(move || managed.with(|managed| managed.contains(&user)));
    let gesture = MenuGesture::new(move |at| {
        chat.overlay
            .open_menu(t.member_menu, at, choices(chat, id, user));
    });
    view! {
        <a
            href=Place::Card(user).path()
            aria-haspopup=move || has_menu.get().then_some("menu")
            on:contextmenu=listener(move |event| gesture.context_menu(&event))
            on:keydown=listener(move |event| gesture.key(&event))
            on:pointerdown=listener(move |event| gesture.press(&event))
            on:pointerup=listener(move |_| gesture.release())
            on:pointermove=listener(move |_| gesture.release())
            on:pointercancel=listener(move |_| gesture.release())
            on:click=listener(move |event| {
                gesture.click(&event);
                if has_menu.get_untracked() && !event.default_prevented() {
                    event.prevent_default();
                    gesture.open_below(event.as_ref());
                }
            })
        >
            <Avatar seed=user name>
                <OnlineDot user />
            </Avatar>
            <bdi>{name}</bdi>
            {standing}
        </a>
    }
    .into_any()
}
