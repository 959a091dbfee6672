//! Tokens and answers that are not believed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::issuer::{Inner, message, shift};
use super::{SECRET, is_refused, with_issuer};

/// Changes claims.
type Twist = fn(&mut Value);

#[tokio::test]
async fn a_token_with_wrong_claims_is_not_believed() {
    let (app, issuer) = with_issuer().await;
    let wrong: [(&str, Twist); 9] = [
        ("nonce of another", |claims| claims["nonce"] = json!("x")),
        ("no nonce", |claims| {
            claims.as_object_mut().unwrap().remove("nonce");
        }),
        ("issuer", |claims| claims["iss"] = json!("https://evil.org")),
        ("audience", |claims| claims["aud"] = json!("somebody")),
        ("one audience too many", |claims| {
            claims["aud"] = json!(["me", "x"]);
        }),
        ("party", |claims| claims["azp"] = json!("somebody")),
        ("over", |claims| shift(claims, "exp", -62)),
        ("to come", |claims| shift(claims, "iat", 62)),
        ("nobody", |claims| claims["sub"] = json!("a\nb")),
    ];
    for (what, twist) in wrong {
        issuer.set().claims = twist;
        let answer = app.anybody().log_in_at(&issuer).await;
        println!("{what}");
        is_refused(&answer, "provider_distrusted");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute() {
    let (app, issuer) = with_issuer().await;
    let slow: Twist = |claims| shift(claims, "exp", -55);
    let fast: Twist = |claims| shift(claims, "iat", 55);
    for twist in [slow, fast] {
        issuer.set().claims = twist;
        let answer = app.anybody().log_in_at(&issuer).await;
        assert_eq!(answer.header("location"), "/register/identity");
    }
}

#[tokio::test]
async fn a_token_that_the_provider_did_not_sign_is_not_believed() {
    let (app, issuer) = with_issuer().await;
    let forged: [fn(&Inner, &Value) -> String; 5] = [
        Inner::sign_with_another,
        |_, claims| format!("{}.", message(&json!({"alg": "none"}), claims)),
        |_, claims| {
            let message = message(&json!({"alg": "HS256"}), claims);
            format!("{message}.{}", by_the_secret(&message))
        },
        |inner, claims| {
            let token = inner.sign(claims);
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let (head, _) = signed.split_once('.').unwrap();
            let mut other = claims.clone();
            other["sub"] = json!("somebody else");
            let payload = URL_SAFE_NO_PAD.encode(other.to_string());
            format!("{head}.{payload}.{signature}")
        },
        |_, _| "nonsense".to_owned(),
    ];
    for signed in forged {
        issuer.set().signed = signed;
        is_refused(
            &app.anybody().log_in_at(&issuer).await,
            "provider_distrusted",
        );
    }
}

/// HMAC-SHA256 with the client's secret, as both sides could make it.
fn by_the_secret(message: &str) -> String {
    let key = |pad: u8| {
        let mut block = [pad; 64];
        for (byte, secret) in block.iter_mut().zip(SECRET.bytes()) {
            *byte ^= secret;
        }
        block
    };
    let inner = Sha256::new()
        .chain_update(key(0x36))
        .chain_update(message)
        .finalize();
    let outer = Sha256::new()
        .chain_update(key(0x5c))
        .chain_update(inner)
        .finalize();
    URL_SAFE_NO_PAD.encode(outer)
}

#[tokio::test]
async fn new_keys_are_asked_for_when_they_are_needed() {
    let (app, issuer) = with_issuer().await;
    for _ in 0..2 {
        let answer = app.anybody().log_in_at(&issuer).await;
        assert_eq!(answer.header("location"), "/register/identity");
    }
    assert_eq!(issuer.set().keys_asked, 1);
    issuer.rotate();
    for _ in 0..2 {
        let answer = app.anybody().log_in_at(&issuer).await;
        assert_eq!(answer.header("location"), "/register/identity");
    }
    assert_eq!(issuer.set().keys_asked, 2);
}

#[tokio::test]
async fn who_sends_a_browser_back_must_be_who_it_was_sent_to() {
    let (app, issuer) = with_issuer().await;
    let come_back = async |iss: Option<&str>| {
        let mut browser = app.anybody();
        let there = browser.set_out("/login/sso").await;
        let [state, code, _] = issuer.agree(&there);
        let mut pairs = vec![("state", &*state.1), ("code", &*code.1)];
        pairs.extend(iss.map(|iss| ("iss", iss)));
        browser.come_back("sso", &pairs).await
    };
    is_refused(
        &come_back(Some("https://evil.org")).await,
        "provider_distrusted",
    );
    // This one promises to name itself.
    is_refused(&come_back(None).await, "provider_distrusted");
    let answer = come_back(Some(&issuer.base)).await;
    assert_eq!(answer.header("location"), "/register/identity");
}

#[tokio::test]
async fn one_that_does_not_promise_to_name_itself_need_not() {
    let (app, issuer) = with_issuer().await;
    issuer.set().metadata = json!({"authorization_response_iss_parameter_supported": false});
    let mut browser = app.anybody();
    let there = browser.set_out("/login/sso").await;
    let [state, code, _] = issuer.agree(&there);
    let answer = browser
        .come_back("sso", &[("state", &*state.1), ("code", &*code.1)])
        .await;
    assert_eq!(answer.header("location"), "/register/identity");
}

#[tokio::test]
async fn one_that_says_it_is_another_is_not_believed() {
    let (app, issuer) = with_issuer().await;
    for metadata in [
        json!({"issuer": "https://accounts.example.org"}),
        json!({"token_endpoint": "http://evil.org/token"}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
    ] {
        issuer.set().metadata = metadata;
        is_refused(
            &app.anybody().get("/login/sso").await,
            "provider_distrusted",
        );
    }
}

#[tokio::test]
async fn a_code_is_of_no_use_without_its_verifier() {
    let (app, issuer) = with_issuer().await;
    let [mut mine, mut theirs] = [app.anybody(), app.anybody()];
    let [to_mine, to_theirs] = [
        mine.set_out("/login/sso").await,
        theirs.set_out("/login/sso").await,
    ];
    let [_, code, _] = issuer.agree(&to_theirs);
    let [state, _, iss] = issuer.agree(&to_mine);
    let pairs = [("state", &*state.1), ("code", &*code.1), ("iss", &*iss.1)];
    is_refused(&mine.come_back("sso", &pairs).await, "provider_unavailable");
}
