//! The document around the app, and the app's root.

use leptos::prelude::*;
use protocol::api::pages::Boot;

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

/// The path and query of the page that is asked for.
#[derive(Debug, Clone)]
pub struct Address(pub String);

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
                <title>"zspchat"</title>
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
            <body>
                <App />
            </body>
        </html>
    }
}

/// The root: the same on the server and in the browser.
#[component]
pub fn App() -> impl IntoView {
    let boot = SharedValue::new(|| use_context::<Boot>()).into_inner();
    let _ = use_context::<Address>();
    let name = boot.and_then(|boot| boot.me).map(|me| me.user.name);
    view! { <main>{name}</main> }
}
