//! `/contacts/requests`: who wants to become a contact, and whom the reader asked.

use leptos::html;
use leptos::prelude::*;
use protocol::RequestId;
use protocol::api::contacts::{ContactRequest, RequestState};

use super::answer::AnswerForms;
use crate::components::avatar::Avatar;
use crate::components::icon::Icon;
use crate::components::page::Page;
use crate::erased::{Each, live, memo};
use crate::state::navigation::focus_soon;
use crate::state::{Place, use_chat};

/// All requests: those to the reader with a way to answer, and those of the reader's with how they
/// stand.
#[component]
pub fn Requests() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let of = move |sent: bool| {
        let me = chat.my_id();
        chat.people.requests.with(|requests| {
            let requests = requests
                .iter()
                .filter(|request| (Some(request.sender.id) == me) == sent);
            requests.map(|request| request.id).collect::<Vec<_>>()
        })
    };
    let received = memo(move || of(false));
    let sent = memo(move || of(true));
    view! {
        <Page title=t.new_friends.to_owned() back=Place::Contacts>
            {move || {
                received
                    .with(Vec::is_empty)
                    .then(|| {
                        view! {
                            <div class="empty">
                                <Icon name="user-plus" />
                                <p>{t.no_requests}</p>
                                <a class="button" href=Place::AddContact.path()>
                                    {t.add_friend}
                                </a>
                            </div>
                        }
                    })
            }}
            <ul class="requests">
                <Each items=received let:id>
                    <Received id />
                </Each>
            </ul>
            {move || {
                (!sent.with(Vec::is_empty))
                    .then(|| view! { <h2 class="group-title">{t.sent_requests}</h2> })
            }}
            <ul class="requests">
                <Each items=sent let:id>
                    <Sent id />
                </Each>
            </ul>
        </Page>
    }
    .into_any()
}

/// A request as it stands now.
fn request(id: RequestId) -> Memo<Option<ContactRequest>> {
    let requests = use_chat().people.requests;
    memo(move || {
        requests.with(|requests| requests.iter().find(|request| request.id == id).cloned())
    })
}

#[component]
fn Received(id: RequestId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let request = request(id);
    let who = request.with_untracked(|it| it.as_ref().map(|it| it.sender.id))?;
    let name = Signal::derive(move || chat.people.name(who).unwrap_or_default());
    let note = live(move || request.with(|it| it.as_ref().map(|it| it.note.clone())));
    let state = memo(move || request.with(|it| it.as_ref().map(|it| it.state)));
    let link = NodeRef::<html::A>::new();
    // The buttons go with the answer, and the focus must not go with them.
    let done = Callback::new(move |()| focus_soon(link));
    Some(
        view! {
            <li class="request" data-request=id.to_string()>
                <Avatar seed=who name />
                <div>
                    <a href=Place::Card(who).path() node_ref=link>
                        <bdi class="name">{name}</bdi>
                    </a>
                    <p class="note" dir="auto">
                        {note}
                    </p>
                </div>
                {move || match state.get() {
                    Some(RequestState::Open) => {
                        view! { <AnswerForms request=id on_done=done /> }.into_any()
                    }
                    Some(RequestState::Accepted) => {
                        view! { <span class="state">{t.accepted}</span> }.into_any()
                    }
                    _ => view! { <span class="state">{t.declined}</span> }.into_any(),
                }}
            </li>
        }
        .into_any(),
    )
}

#[component]
fn Sent(id: RequestId) -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let request = request(id);
    let who = request.with_untracked(|it| it.as_ref().map(|it| it.recipient.id))?;
    let name = Signal::derive(move || chat.people.name(who).unwrap_or_default());
    let note = live(move || request.with(|it| it.as_ref().map(|it| it.note.clone())));
    let state = live(move || {
        let state = request.with(|it| it.as_ref().map(|it| it.state));
        if state == Some(RequestState::Accepted) {
            t.accepted
        } else {
            t.pending
        }
    });
    Some(
        view! {
            <li class="request">
                <Avatar seed=who name />
                <div>
                    <a href=Place::Card(who).path()>
                        <bdi class="name">{name}</bdi>
                    </a>
                    <p class="note" dir="auto">
                        {note}
                    </p>
                </div>
                <span class="state">{state}</span>
            </li>
        }
        .into_any(),
    )
}
