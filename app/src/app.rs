//! The document around the app, and the app's root.

use leptos::prelude::*;
use protocol::api::pages::Boot;
use protocol::json;

use crate::browser;
use crate::components::icon::Sprite;
use crate::erased::effect;
use crate::routes::Frame;
use crate::state::navigation::{Address, body_view};
use crate::state::{Chat, Place};

/// Where the files of the bundle are, as absolute paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    /// The script that loads the WebAssembly.
    pub js: String,
    /// The WebAssembly.
    pub wasm: String,
    /// The styles.
    pub css: String,
}

/// The whole document, for the server.
///
/// `boot` is all the page may depend on; `None` makes the shell that a service worker keeps, which
/// shows a skeleton at whatever address. `path` is the path and query asked for, `nonce` what the
/// response's Content-Security-Policy allows scripts by. The caller provides the same nonce as
/// [`leptos::nonce::Nonce`] in the context, for the script that carries `boot`.
pub fn shell(
    boot: Option<Boot>,
    path: &str,
    assets: &Assets,
    nonce: &str,
) -> impl IntoView + use<> {
    let display = boot.as_ref().map(|boot| boot.display.clone());
    let language = display.as_ref().map_or("zh-CN", |it| it.language.tag());
    let theme = display.as_ref().map_or("system", |it| it.theme.name());
    let start = format!(
        "import start,{{hydrate}} from '{}';start({{module_or_path:'{}'}}).then(hydrate)",
        assets.js, assets.wasm
    );
    provide_context(Address(path.to_owned()));
    if let Some(boot) = boot {
        provide_context(boot);
    }
    view! {
        <!DOCTYPE html>
        <html lang=language data-theme=theme>
            <head>
                <meta charset="utf-8" />
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, viewport-fit=cover"
                />
                <meta name="color-scheme" content="light dark" />
                <title>"zspchat"</title>
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <link rel="stylesheet" href=assets.css.clone() />
                <link rel="modulepreload" href=assets.js.clone() />
                <link
                    rel="preload"
                    href=assets.wasm.clone()
                    r#as="fetch"
                    r#type="application/wasm"
                    crossorigin="anonymous"
                />
                <script type="module" nonce=nonce.to_owned()>
                    {start}
                </script>
            </head>
            <body data-view=body_view(Place::parse(path))>
                <App />
                <Sprite />
            </body>
        </html>
    }
}

/// The root: the same on the server and in the browser.
#[component]
pub fn App() -> impl IntoView {
    // The page carries it as a text: read by our own reader, its types are compiled only once.
    let given = use_context::<Boot>();
    let text = SharedValue::new_str(|| json::to_string(&given)).into_inner();
    let boot = given.or_else(|| json::from_str(&text).ok()?);
    let came = StoredValue::new(boot.clone());
    let chat = Chat::new(boot);
    provide_context(chat);
    // Effects run in the browser only, once the page has come alive.
    effect(move || {
        chat.live();
        if let Some(actions) = chat.take_actions() {
            let boot = came.try_update_value(Option::take).flatten();
            browser::start(boot, actions, move |update| chat.apply(update));
        }
    });
    view! { <Frame /> }
}
