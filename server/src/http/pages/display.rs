//! How the reader wants pages shown: cookies, since the server must know.

use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use protocol::Millis;
use protocol::api::pages::{Display, Language, Theme};

use crate::http::cookie;

/// The cookie of the language.
pub const LANGUAGE: &str = "language";
/// The cookie of the theme.
pub const THEME: &str = "theme";
/// The cookie of the time zone, set by the page's script.
const TIME_ZONE: &str = "time_zone";

/// By the cookies; without them, by the browser's languages.
pub fn of(headers: &HeaderMap, now: Millis) -> Display {
    let zone = cookie::value(headers, TIME_ZONE)
        .map(|name| name.replace("%2F", "/"))
        .and_then(|name| Some((TimeZone::get(&name).ok()?, name)));
    let offset = |zone: &TimeZone| {
        let now = Timestamp::from_millisecond(now).unwrap_or_default();
        zone.to_offset(now).seconds() / 60
    };
    Display {
        language: cookie::value(headers, LANGUAGE)
            .and_then(language)
            .unwrap_or_else(|| accepted(headers)),
        theme: cookie::value(headers, THEME)
            .and_then(theme)
            .unwrap_or_default(),
        utc_offset: zone.as_ref().map_or(0, |(zone, _)| offset(zone)),
        time_zone: zone.map_or_else(|| "UTC".to_owned(), |(_, name)| name),
    }
}

/// The language of that tag, or of the same kind.
pub fn language(tag: &str) -> Option<Language> {
    match tag.trim().split('-').next()?.to_ascii_lowercase().as_str() {
        "zh" => Some(Language::Chinese),
        "en" => Some(Language::English),
        _ => None,
    }
}

/// The theme of that name.
pub fn theme(name: &str) -> Option<Theme> {
    [Theme::System, Theme::Light, Theme::Dark]
        .into_iter()
        .find(|theme| theme.name() == name)
}

/// The first language of `Accept-Language` that there is; English for those who read neither.
fn accepted(headers: &HeaderMap) -> Language {
    let Some(wanted) = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
    else {
        return Language::default();
    };
    wanted
        .split(',')
        .map(|one| one.split(';').next().unwrap_or_default())
        .find_map(language)
        .unwrap_or(Language::English)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of_headers(pairs: &[(header::HeaderName, &'static str)]) -> Display {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect();
        of(&headers, 1_795_437_591_960)
    }

    #[test]
    fn cookies_decide() {
        let display = of_headers(&[
            (
                header::COOKIE,
                "a=b; language=en; theme=dark; time_zone=Asia/Shanghai",
            ),
            (header::ACCEPT_LANGUAGE, "zh-CN"),
        ]);
        assert_eq!(display.language, Language::English);
        assert_eq!(display.theme, Theme::Dark);
        assert_eq!(display.time_zone, "Asia/Shanghai");
        assert_eq!(display.utc_offset, 480);
    }

    #[test]
    fn without_them_the_browser_does() {
        let accepts = |value| of_headers(&[(header::ACCEPT_LANGUAGE, value)]).language;
        assert_eq!(accepts("de, en-GB;q=0.8, zh;q=0.5"), Language::English);
        assert_eq!(accepts("zh-TW,en"), Language::Chinese);
        assert_eq!(accepts("fr"), Language::English);
        assert_eq!(of_headers(&[]).language, Language::Chinese);
    }

    #[test]
    fn nonsense_is_as_nothing() {
        let display = of_headers(&[(
            header::COOKIE,
            "language=xx; theme=<script>; time_zone=../../etc/passwd",
        )]);
        assert_eq!(display.theme, Theme::System);
        assert_eq!(display.time_zone, "UTC");
        assert_eq!(display.utc_offset, 0);
    }
}
