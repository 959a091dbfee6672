//! `/chats/new`: a group of contacts.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::api::conversations::CreateGroup;
use protocol::{Problem, UserId};

use crate::components::field::Field;
use crate::components::form::{Fault, FormState, Typed};
use crate::components::hidden_fields::HiddenFields;
use crate::components::icon::Icon;
use crate::components::page::Page;
use crate::components::picker::{Picked, Picker};
use crate::erased::{listener, memo};
use crate::state::port::Action;
use crate::state::{Place, use_chat};

/// A name, and whom to begin with. `?with=` has somebody ticked already.
#[component]
pub fn NewGroup() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let contacts = memo(move || chat.people.contact_ids());
    let nobody = memo(move || contacts.with(Vec::is_empty));
    view! {
        <Page title=t.start_group.to_owned() back=Place::Chats>
            {move || {
                if nobody.get() {
                    view! { <Nobody /> }.into_any()
                } else {
                    view! { <GroupForm contacts /> }.into_any()
                }
            }}
        </Page>
    }
    .into_any()
}

#[component]
fn Nobody() -> impl IntoView {
    let t = use_chat().t();
    view! {
        <div class="empty">
            <Icon name="users" />
            <p>{t.choose_members_hint}</p>
            <a class="button" href=Place::AddContact.path()>
                {t.add_friend}
            </a>
        </div>
    }
    .into_any()
}

#[component]
fn GroupForm(contacts: Memo<Vec<UserId>>) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let form = FormState::new("new-group", "/chats/new");
    let with = chat.navigation.query("with");
    let with = with.and_then(|user| user.parse().ok());
    let picked = Picked::contacts(with.into_iter().chain(form.chosen("members")));
    let fault = form.fault("members");
    let fault_id = "new-group-members-fault";
    let described =
        Signal::derive(move || fault.with(Option::is_some).then(|| fault_id.to_owned()));
    let busy = RwSignal::new(false);
    let create = move |event: SubmitEvent| {
        let Some(typed) = Typed::take(&event).filter(|_| !busy.get_untracked()) else {
            return;
        };
        let group = CreateGroup {
            name: typed.text("name").trim().to_owned(),
            members: typed.chosen("members"),
        };
        let group = match group.checked(&chat.limits()) {
            Ok(group) => group,
            Err(fields) => return form.refuse(Problem::invalid(fields)),
        };
        busy.set(true);
        chat.ask(
            |reply| Action::CreateGroup { group, reply },
            move |answer| {
                busy.set(false);
                if let Some(conversation) = form.took(answer) {
                    chat.navigation.replace(Place::Chat(conversation.id));
                }
            },
        );
    };
    view! {
        <form
            class="form section"
            method="post"
            action="/chats/new"
            aria-busy=move || busy.get().then_some("true")
            on:submit=listener(create)
        >
            <Fault text=form.problem() />
            <HiddenFields />
            <Field form name="name" label=t.group_name hint=t.group_name_hint />
            <Picker label=t.choose_members name="members" people=contacts picked described />
            {move || {
                fault.get().map(|text| view! { <p class="fault" id=fault_id role="alert">{text}</p> })
            }}
            <button class="button" aria-disabled=move || busy.get().then_some("true")>
                {t.create}
            </button>
        </form>
    }
    .into_any()
}
