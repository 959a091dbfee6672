//! The second column: ways to more people, and all contacts.

use leptos::prelude::*;
use protocol::UserId;

use crate::components::badge::Badge;
use crate::components::icon::Icon;
use crate::components::user_card::UserCard;
use crate::erased::{Each, live, memo};
use crate::state::{Place, use_chat};

/// Requests, groups, and the contacts: starred first, then by name.
#[component]
pub fn Column() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let me = memo(move || chat.my_id());
    let requests = memo(move || me.get().map_or(0, |me| chat.people.open_requests(me)));
    let contacts = memo(move || chat.people.contact_ids());
    view! {
        <section class="list" aria-label=t.contacts>
            <h1 class="narrow-only">{t.contacts}</h1>
            <ul class="list-links">
                <li>
                    <Entry place=Place::AddContact>
                        <Icon name="plus" />
                        {t.add_friend}
                    </Entry>
                </li>
                <li>
                    <Entry place=Place::Requests>
                        <Icon name="user-plus" />
                        {t.new_friends}
                        <Badge count=requests />
                        {move || {
                            let count = requests.get();
                            (count > 0)
                                .then(|| {
                                    view! { <span class="sr-only">{t.open_requests(count)}</span> }
                                })
                        }}
                    </Entry>
                </li>
                <li>
                    <Entry place=Place::Groups>
                        <Icon name="users" />
                        {t.groups}
                    </Entry>
                </li>
            </ul>
            <ul class="rows" aria-label=t.contacts>
                <Each items=contacts let:user>
                    <li class="contact" data-user=user.to_string()>
                        <Entry place=Place::Card(user)>
                            <UserCard user />
                            <Star user />
                        </Entry>
                    </li>
                </Each>
            </ul>
        </section>
    }
    .into_any()
}

/// A link that knows whether it leads to where the reader is.
#[component]
fn Entry(place: Place, children: Children) -> impl IntoView {
    let navigation = use_chat().navigation;
    let here = memo(move || navigation.place.get() == place);
    view! {
        <a href=place.path() aria-current=move || here.get().then_some("page")>
            {children()}
        </a>
    }
    .into_any()
}

#[component]
fn Star(user: UserId) -> impl IntoView {
    let chat = use_chat();
    let starred = memo(move || {
        let contacts = chat.people.contacts;
        contacts.with(|contacts| contacts.get(&user).is_some_and(|it| it.starred))
    });
    live(move || {
        starred.get().then(|| {
            view! {
                <span class="badge star" role="img" aria-label=chat.t().starred>
                    <Icon name="star" />
                </span>
            }
        })
    })
}
