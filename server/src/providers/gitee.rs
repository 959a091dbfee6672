//! Gitee.

use super::client::Question;
use super::{Attempt, Identified, ProviderError, Site, optional, text, with_query};

pub(super) const ENDPOINTS: [&str; 4] = [
    "https://gitee.com/oauth/authorize",
    "https://gitee.com/oauth/token",
    "",
    "https://gitee.com/api/v5/user",
];

pub(super) fn authorize(site: &Site, attempt: &Attempt<'_>) -> String {
    let scope = site.scopes.join(" ");
    with_query(
        &site.authorize_url,
        &[
            ("client_id", &site.client_id),
            ("redirect_uri", attempt.redirect_uri),
            ("response_type", "code"),
            ("scope", &scope),
            ("state", attempt.state),
        ],
    )
}

pub(super) async fn identify(
    site: &Site,
    attempt: &Attempt<'_>,
    code: &str,
) -> Result<Identified, ProviderError> {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", site.client_id.as_str()),
        ("redirect_uri", attempt.redirect_uri),
        ("client_secret", site.secret.reveal()),
    ];
    let token = site.client.ask(Question {
        url: &site.token_url,
        form: Some(&form),
        ..Question::default()
    });
    let token = text(&token.await?, "access_token")?;
    let url = with_query(&site.user_url, &[("access_token", &token)]);
    let user = site.client.ask(Question {
        url: &url,
        ..Question::default()
    });
    let user = user.await?;
    let login = text(&user, "login")?;
    Ok(Identified {
        subject: text(&user, "id")?,
        name: optional(&user, "name").unwrap_or_else(|| login.clone()),
        login,
    })
}
