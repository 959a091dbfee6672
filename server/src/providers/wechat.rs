//! WeChat, by a code that a phone scans. Errors come with status 200, and parameters in the address.

use super::client::Question;
use super::{Attempt, Identified, ProviderError, Site, optional, text, with_query};

pub(super) const ENDPOINTS: [&str; 4] = [
    "https://open.weixin.qq.com/connect/qrconnect",
    "https://api.weixin.qq.com/sns/oauth2/access_token",
    "",
    "https://api.weixin.qq.com/sns/userinfo",
];

pub(super) fn authorize(site: &Site, attempt: &Attempt<'_>) -> String {
    let scope = site.scopes.join(",");
    let address = with_query(
        &site.authorize_url,
        &[
            ("appid", &site.client_id),
            ("redirect_uri", attempt.redirect_uri),
            ("response_type", "code"),
            ("scope", &scope),
            ("state", attempt.state),
        ],
    );
    format!("{address}#wechat_redirect")
}

pub(super) async fn identify(site: &Site, code: &str) -> Result<Identified, ProviderError> {
    let ask = async |url: &str, pairs: &[(&str, &str)]| {
        let url = with_query(url, pairs);
        let question = Question {
            url: &url,
            ..Question::default()
        };
        site.client.ask(question).await
    };
    let token = [
        ("appid", site.client_id.as_str()),
        ("secret", site.secret.reveal()),
        ("code", code),
        ("grant_type", "authorization_code"),
    ];
    let token = ask(&site.token_url, &token).await?;
    let openid = text(&token, "openid")?;
    let access = text(&token, "access_token")?;
    let user = [("access_token", access.as_str()), ("openid", &openid)];
    let user = ask(&site.user_url, &user).await?;
    let name = optional(&user, "nickname").unwrap_or_default();
    Ok(Identified {
        subject: optional(&token, "unionid")
            .or_else(|| optional(&user, "unionid"))
            .unwrap_or(openid),
        login: name.clone(),
        name,
    })
}
