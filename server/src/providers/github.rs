//! GitHub, and GitHub Enterprise. Errors come with status 200.

use super::client::Question;
use super::{Attempt, Identified, ProviderError, Site, challenge, optional, text, with_query};

pub(super) const ENDPOINTS: [&str; 4] = [
    "https://github.com/login/oauth/authorize",
    "https://github.com/login/oauth/access_token",
    "",
    "https://api.github.com/user",
];

pub(super) fn authorize(site: &Site, attempt: &Attempt<'_>) -> String {
    let scope = site.scopes.join(" ");
    let challenge = challenge(attempt.verifier);
    with_query(
        &site.authorize_url,
        &[
            ("client_id", &site.client_id),
            ("redirect_uri", attempt.redirect_uri),
            ("scope", &scope),
            ("state", attempt.state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ],
    )
}

pub(super) async fn identify(
    site: &Site,
    attempt: &Attempt<'_>,
    code: &str,
) -> Result<Identified, ProviderError> {
    let form = [
        ("client_id", site.client_id.as_str()),
        ("client_secret", site.secret.reveal()),
        ("code", code),
        ("redirect_uri", attempt.redirect_uri),
        ("code_verifier", attempt.verifier),
    ];
    let token = site.client.ask(Question {
        url: &site.token_url,
        form: Some(&form),
        ..Question::default()
    });
    let token = text(&token.await?, "access_token")?;
    let user = site.client.ask(Question {
        url: &site.user_url,
        authorization: Some(format!("Bearer {token}")),
        accept: Some("application/vnd.github+json"),
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
