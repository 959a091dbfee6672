//! Choosing people for something: to come in, to go, to own the group.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use protocol::command::CommandKind;
use protocol::{Code, ConversationId, UserId};

use crate::components::form::Fault;
use crate::components::picker::{Picked, Picker};
use crate::erased::{effect, listener, live, memo};
use crate::state::{Chat, Place, use_chat};

/// What people are chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Contacts who come in.
    Adding,
    /// Members who are taken out.
    Removing,
    /// The member who owns the group from now on.
    HandingOver,
}

impl Purpose {
    fn command(self, users: Vec<UserId>) -> Option<CommandKind> {
        Some(match self {
            Self::Adding => CommandKind::Invite { users },
            Self::Removing => CommandKind::Remove { users },
            Self::HandingOver => CommandKind::Transfer {
                user: *users.first()?,
            },
        })
    }

    /// Who can be chosen; tracks what that depends on.
    pub fn candidates(self, chat: Chat, id: ConversationId) -> Vec<UserId> {
        let members = chat.people.members_of(id);
        match self {
            Self::Adding => {
                let contacts = chat.people.contact_ids().into_iter();
                contacts.filter(|user| !members.contains(user)).collect()
            }
            Self::Removing => chat.allowed(id, members, |user| CommandKind::Remove {
                users: vec![user],
            }),
            Self::HandingOver => chat.allowed(id, members, |user| CommandKind::Transfer { user }),
        }
    }
}

/// Asks whom, over the page. Gone when it was answered, with the focus where it came from.
#[component]
pub fn Picking(
    /// Of which group.
    id: ConversationId,
    /// What for.
    purpose: Purpose,
    /// Told when it is over.
    on_close: Callback<()>,
) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        if let Some(dialog) = dialog.get()
            && !dialog.open()
        {
            let _ = dialog.show_modal();
        }
    });
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let people = memo(move || purpose.candidates(chat, id));
    let nobody = memo(move || people.with(Vec::is_empty));
    let (title, label, done) = match purpose {
        Purpose::Adding => (t.add_members, t.choose_members, t.add),
        Purpose::Removing => (t.remove_members, t.members, t.remove),
        Purpose::HandingOver => (t.transfer, t.choose_owner, t.transfer),
    };
    let picked = match purpose {
        Purpose::Adding => Picked::contacts([]),
        Purpose::Removing | Purpose::HandingOver => {
            Picked::members(id, purpose == Purpose::HandingOver)
        }
    };
    let refusal = memo(move || {
        let command = purpose
            .command(picked.list())
            .filter(|_| !picked.list().is_empty())?;
        chat.refusal(id, &command, None)
    });
    let why = Signal::derive(move || refusal.get().map(|code| t.problem(code).to_owned()));
    let cannot = move || picked.list().is_empty() || refusal.get().is_some();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if untrack(cannot) {
            return;
        }
        let command = untrack(|| purpose.command(picked.list()));
        close();
        if let Some(command) = command {
            chat.command(id, command);
        }
    };
    let picker = live(move || {
        if nobody.get() {
            view! {
                <p>{t.nobody_to_add} " " <a href=Place::AddContact.path()>{t.add_friend}</a></p>
            }
            .into_any()
        } else {
            view! { <Picker label name="users" people picked /> }.into_any()
        }
    });
    view! {
        <dialog
            class="dialog"
            aria-label=title
            node_ref=dialog
            on:close=listener(move |_| on_close.run(()))
        >
            <form class="form" on:submit=listener(submit)>
                <h2>{title}</h2>
                {(purpose == Purpose::HandingOver).then(|| view! { <p>{t.transfer_text}</p> })}
                {picker}
                <Fault text=why />
                <div class="actions">
                    <button type="button" class="button plain" on:click=listener(move |_| close())>
                        {t.cancel}
                    </button>
                    <button
                        class="button"
                        class:danger=purpose != Purpose::Adding
                        disabled=cannot
                    >
                        {done}
                    </button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}

/// The owner's way to hand the group over.
#[component]
pub fn Handover(id: ConversationId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let picking = RwSignal::new(false);
    // To whom does not matter for whether one may.
    let may = memo(move || {
        let me = chat.my_id()?;
        let transfer = CommandKind::Transfer { user: me };
        let alone = chat.rows.with(id, |it| it.conversation.member_count) == Some(1);
        let owns = chat.refusal(id, &transfer, None) == Some(Code::NothingToChange);
        (owns && !alone).then_some(())
    });
    let button = live(move || {
        may.get().map(|()| {
            view! {
                <button
                    type="button"
                    class="danger needs-script"
                    aria-haspopup="dialog"
                    on:click=listener(move |_| picking.set(true))
                >
                    {t.transfer}
                </button>
            }
        })
    });
    let on_close = Callback::new(move |()| picking.set(false));
    view! {
        {button}
        {move || {
            picking
                .get()
                .then(|| view! { <Picking id purpose=Purpose::HandingOver on_close /> })
        }}
    }
    .into_any()
}
