//! `/contacts`: beside the column, until somebody is chosen.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::erased::memo;
use crate::state::{Place, use_chat};

/// Says what to do next.
#[component]
pub fn Home() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let nobody = memo(move || chat.people.contacts.with(litemap::LiteMap::is_empty));
    view! {
        <section class="page">
            <div class="empty">
                <Icon name="contact-round" />
                {move || {
                    if nobody.get() {
                        view! {
                            <h2>{t.no_contacts}</h2>
                            <p>{t.no_contacts_hint}</p>
                            <a class="button" href=Place::AddContact.path()>
                                {t.add_friend}
                            </a>
                        }
                            .into_any()
                    } else {
                        view! { <h2>{t.choose_contact}</h2> }.into_any()
                    }
                }}
            </div>
        </section>
    }
    .into_any()
}
