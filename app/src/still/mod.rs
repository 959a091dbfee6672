//! Pages that stay as the server renders them, without script and without data of the chat: for what
//! people do rarely, browsers need not download anything. One has a small script of its own.

mod access_tokens;
mod code;
mod identities;
mod newcomer;
mod notifications;
mod qr;
mod second_factor;
mod security;
mod setup;

use leptos::prelude::*;
use protocol::api::identities::Newcomer;
use protocol::api::pages::Boot;

use crate::components::icon::{Icon, Sprite};
use crate::locales::{StillMessages, still_messages};
use crate::pages::log_in::LogIn;
use crate::state::navigation::Address;
use crate::state::{Chat, Place, use_chat};
pub use access_tokens::MadeToken;
pub use code::EnterCode;
pub use notifications::{Notifications, NotificationsDone};
pub use qr::{ConfirmLogIn, QrLogIn};
pub use second_factor::Factor;
pub use security::{Done, Security};
pub use setup::Setup;

/// A page of this kind.
#[derive(Debug, Clone)]
pub enum StillPage {
    /// `/security`
    Security(Security),
    /// `/notifications`
    Notifications(Notifications),
    /// `/login`, once the password was right.
    EnterCode(EnterCode),
    /// `/setup`
    Setup(Setup),
    /// `/register/identity`
    Newcomer(Newcomer),
    /// `/login/qr`
    QrLogIn(QrLogIn),
    /// `/security/qr`
    ConfirmLogIn(ConfirmLogIn),
    /// `/login`, after a log-in at a provider came to nothing: with why.
    LogIn,
}

impl StillPage {
    /// Where the page's own script is, for what browsers let only scripts do.
    pub fn script(&self) -> Option<&'static str> {
        matches!(self, Self::Notifications(_)).then_some("/later/notifications.js")
    }
}

/// The whole document, for the server. `css` is where the styles are.
pub fn still_document(boot: Boot, page: StillPage, css: &str) -> impl IntoView + use<> {
    let language = boot.display.language;
    let theme = boot.display.theme.name();
    let t = still_messages(language);
    let script = page.script();
    provide_context(Address(Place::Settings.path()));
    let chat = Chat::new(Some(boot));
    provide_context(chat);
    let (title, body) = match page {
        StillPage::Security(page) => {
            let title = chat.t().security;
            let body = view! { <Frame title>{security::view(t, page).into_any()}</Frame> };
            (title, body.into_any())
        }
        StillPage::Notifications(page) => {
            let title = chat.t().notifications;
            let body = view! { <Frame title>{notifications::view(t, page).into_any()}</Frame> };
            (title, body.into_any())
        }
        StillPage::EnterCode(page) => (t.enter_code, code::view(t, page).into_any()),
        StillPage::Setup(page) => (t.setup, setup::view(t, page).into_any()),
        StillPage::QrLogIn(page) => (t.qr_title, qr::view(t, page).into_any()),
        StillPage::ConfirmLogIn(page) => {
            let title = t.qr_confirm;
            let body = view! { <Frame title>{qr::confirm_view(t, page).into_any()}</Frame> };
            (title, body.into_any())
        }
        StillPage::LogIn => (chat.t().log_in, view! { <LogIn /> }.into_any()),
        StillPage::Newcomer(newcomer) => {
            (chat.t().register, newcomer::view(t, newcomer).into_any())
        }
    };
    view! {
        <!DOCTYPE html>
        <html lang=language.tag() data-theme=theme>
            <head>
                <meta charset="utf-8" />
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover"
                />
                <meta name="color-scheme" content="light dark" />
                <title>{[title, " · zspchat"].concat()}</title>
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml" />
                <link rel="stylesheet" href=css.to_owned() />
                {script.map(|script| view! { <script type="module" src=script></script> })}
            </head>
            <body data-view="page">
                {body}
                <Sprite />
            </body>
        </html>
    }
}

/// A heading with the way back to the settings, and what the page holds.
#[component]
fn Frame(
    /// The heading.
    title: &'static str,
    children: Children,
) -> impl IntoView {
    let t = use_chat().t();
    view! {
        <main class="still">
            <section class="page" aria-label=title>
                <header>
                    <a class="icon-button" href=Place::Settings.path() aria-label=t.back>
                        <Icon name="chevron-left" />
                    </a>
                    <h1>{title}</h1>
                </header>
                <div class="body">{children()}</div>
            </section>
        </main>
    }
}

/// Shorthand for what the parts of these pages say.
type Says = &'static StillMessages;
