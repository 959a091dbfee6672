//! Handles that look like another one, and names that rearrange the line they stand in.

use protocol::api::accounts::is_handle;
use serde_json::json;

use super::super::app::{PASSWORD, TestApp, fresh_id};
use super::super::log_ins::address;
use super::super::pages::field;

/// What a reader may take for `paypal`.
const LOOK_ALIKES: [&str; 20] = [
    // Cyrillic, alone and mixed in.
    "раураl",
    "p\u{430}ypal",
    "pay\u{440}al",
    // Greek, full width, mathematical, small capitals.
    "ραypal",
    "ｐａｙｐａｌ",
    "𝗽𝗮𝘆𝗽𝗮𝗹",
    "ᴘᴀʏᴘᴀʟ",
    // Combining marks, composed and not.
    "paypa\u{301}l",
    "páypal",
    // Nothing to be seen, or turned around.
    "pay\u{200b}pal",
    "pay\u{200d}pal",
    "pay\u{2060}pal",
    "pay\u{ad}pal",
    "\u{feff}paypal",
    "\u{202e}lapyap",
    "paypal\u{2069}",
    // Space, controls, case.
    "paypal ",
    "paypal\u{a0}",
    "pay\0pal",
    "PayPal",
];

#[tokio::test]
async fn no_handle_looks_like_another_one() {
    let app = TestApp::start().await;
    let ann = app.register("paypal").await;
    let mut visitor = app.anybody();
    let page = visitor.get("/register").await;
    visitor.keep(&page);
    let token = field(&page.text, "token");
    for handle in LOOK_ALIKES {
        assert!(!is_handle(handle), "{handle:?}");
        let body = json!({"handle": handle, "password": PASSWORD});
        let refused = app.anybody().post("/api/v1/accounts", body.clone()).await;
        refused.is_problem(422, "invalid");
        let form = [
            ("token", &*token),
            ("handle", handle),
            ("password", PASSWORD),
        ];
        assert_eq!(visitor.submit("/register", &form).await.status, 422);
        // Nor is it another way to the one that there is.
        let log_in = app.anybody().post("/api/v1/session", body).await;
        log_in.is_problem(401, "wrong_credentials");
        let found = ann
            .get(&address("/api/v1/users", &[("handle", handle)]))
            .await;
        found.is_problem(404, "not_found");
        let page = ann
            .get(&address("/contacts/add", &[("find", handle)]))
            .await;
        assert_eq!(page.status, 200, "{handle:?}");
    }
}

#[tokio::test]
async fn no_name_rearranges_the_line_around_it() {
    let app = TestApp::start().await;
    let [ann, bob] = app.friends().await;
    let group = ann.group(&[&bob]).await;
    let contact = format!("/api/v1/contacts/{}", bob.id);
    for name in [
        "\u{202e}nna",
        "ann\u{202d}a",
        // Ends the isolation that the sentence around a name has for it, and turns the rest.
        "ann\u{2069}\u{202e}",
        "\u{2066}ann",
        "ann\nadministrator",
        "ann\u{2028}administrator",
        "ann\u{2029}administrator",
        "ann\u{7f}",
        "ann\u{85}",
        "\u{9b}31mann",
    ] {
        let commands = [
            json!({"client_id": fresh_id(), "kind": "rename", "name": name}),
            json!({"client_id": fresh_id(), "kind": "set_nickname", "nickname": name}),
        ];
        for command in commands {
            let refused = ann.command(group, command).await;
            refused.is_problem(422, "invalid");
        }
        let refused = ann.patch("/api/v1/me", json!({ "name": name })).await;
        refused.is_problem(422, "invalid");
        let refused = ann.patch(&contact, json!({ "remark": name })).await;
        refused.is_problem(422, "invalid");
        let made = json!({"name": name, "members": [bob.id]});
        let path = format!("/api/v1/conversations/{}", fresh_id());
        ann.put(&path, made).await.is_problem(422, "invalid");
        let register = json!({"handle": "carl", "name": name, "password": PASSWORD});
        let refused = app.anybody().post("/api/v1/accounts", register).await;
        refused.is_problem(422, "invalid");
    }
    // Other writing than Latin is no attack.
    for name in ["سلام", "שלום\u{200f}", "Анна", "नमस्ते", "👩\u{200d}🚀"]
    {
        let me = ann.patch("/api/v1/me", json!({ "name": name })).await;
        assert_eq!(me.json()["user"]["name"], name);
    }
}
