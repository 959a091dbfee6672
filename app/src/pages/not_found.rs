//! An address where nothing is.

use leptos::prelude::*;

use crate::components::door::Door;
use crate::components::icon::Icon;
use crate::components::page::Page;
use crate::state::{Place, use_chat};

/// Says so, and leads back.
#[component]
pub fn NotFound() -> impl IntoView {
    let t = use_chat().t();
    view! {
        <Page title=t.not_found.to_owned() back=Place::Chats>
            <div class="empty">
                <Icon name="circle-alert" />
                <p>{t.not_found_hint}</p>
                <a class="button" href=Place::Chats.path()>
                    {t.chats}
                </a>
            </div>
        </Page>
    }
    .into_any()
}

/// The same for those who are not logged in.
#[component]
pub fn NotFoundOutside() -> impl IntoView {
    let t = use_chat().t();
    view! {
        <Door title=t.not_found>
            <p class="other">
                <a href="/login">{t.log_in}</a>
            </p>
        </Door>
    }
}
