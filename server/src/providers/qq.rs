//! QQ. Errors come with status 200, and parameters in the address.

use super::client::Question;
use super::{Attempt, Identified, ProviderError, Site, optional, text, with_query};

pub(super) const ENDPOINTS: [&str; 4] = [
    "https://graph.qq.com/oauth2.0/authorize",
    "https://graph.qq.com/oauth2.0/token",
    "https://graph.qq.com/oauth2.0/me",
    "https://graph.qq.com/user/get_user_info",
];

pub(super) fn authorize(site: &Site, attempt: &Attempt<'_>) -> String {
    let scope = site.scopes.join(",");
    with_query(
        &site.authorize_url,
        &[
            ("response_type", "code"),
            ("client_id", &site.client_id),
            ("redirect_uri", attempt.redirect_uri),
            ("state", attempt.state),
            ("scope", &scope),
        ],
    )
}

pub(super) async fn identify(
    site: &Site,
    attempt: &Attempt<'_>,
    code: &str,
) -> Result<Identified, ProviderError> {
    let ask = async |url: &str, pairs: &[(&str, &str)]| {
        let url = with_query(url, pairs);
        let question = Question {
            url: &url,
            ..Question::default()
        };
        site.client.ask(question).await
    };
    let token = [
        ("grant_type", "authorization_code"),
        ("client_id", &site.client_id),
        ("client_secret", site.secret.reveal()),
        ("code", code),
        ("redirect_uri", attempt.redirect_uri),
        // Without it, the answer is a form.
        ("fmt", "json"),
    ];
    let token = text(&ask(&site.token_url, &token).await?, "access_token")?;
    // Without it, the answer is a script.
    let me = [("access_token", token.as_str()), ("fmt", "json")];
    let me = ask(&site.openid_url, &me).await?;
    if text(&me, "client_id")? != site.client_id {
        let why = "its token was made for another site".to_owned();
        return Err(ProviderError::Distrusted(why));
    }
    let openid = text(&me, "openid")?;
    let user = [
        ("access_token", token.as_str()),
        ("oauth_consumer_key", &site.client_id),
        ("openid", &openid),
    ];
    let user = ask(&site.user_url, &user).await?;
    let name = optional(&user, "nickname").unwrap_or_default();
    Ok(Identified {
        // A unionid is for those with several sites; whoever may not ask for it gets an error.
        subject: openid,
        login: name.clone(),
        name,
    })
}
