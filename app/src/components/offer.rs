//! What is offered to the reader once.

use leptos::prelude::*;

use crate::erased::{listener, live};
use crate::state::port::Action;
use crate::state::use_chat;

/// Notifications, until the reader says whether they want some.
#[component]
pub fn NotificationsOffer() -> impl IntoView {
    let chat = use_chat();
    let t = chat.t();
    let offered = chat.offers_notifications;
    let decline = move |_| {
        offered.set(false);
        chat.act(Action::DeclineNotifications);
    };
    live(move || {
        offered.get().then(|| {
            view! {
                <section class="offer" aria-label=t.notifications>
                    <p>{t.notifications_offer}</p>
                    <div class="actions">
                        <a class="button" href="/notifications">
                            {t.turn_on}
                        </a>
                        <button type="button" class="button plain" on:click=listener(decline)>
                            {t.not_now}
                        </button>
                    </div>
                </section>
            }
        })
    })
}
