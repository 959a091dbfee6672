//! Headers that say who asks, and how they want pages shown.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::http::cookie;

#[path = "../../server/src/http/pages/display.rs"]
mod display;

/// A moment in 2026.
const NOW: i64 = 1_795_437_591_960;

/// A cookie's value stands in the header as it is, and breaks no line; what pages are shown by is
/// one of the ways that there are, of a zone of this world.
pub fn holds(input: &[u8]) {
    let lines = input
        .split(|byte| *byte == b'\n')
        .map(HeaderValue::from_bytes);
    let mut headers = HeaderMap::new();
    for (at, value) in lines.flatten().take(16).enumerate() {
        let name = if at % 4 == 3 {
            header::ACCEPT_LANGUAGE
        } else {
            header::COOKIE
        };
        headers.append(name, value);
    }
    for name in ["session", "form", "language", ""] {
        let Some(value) = cookie::value(&headers, name) else {
            continue;
        };
        assert!(!value.contains([';', '\r', '\n', '\0']));
        let pair = format!("{name}={value}");
        let mut all = headers.get_all(header::COOKIE).iter();
        assert!(all.any(|line| line.to_str().is_ok_and(|line| line.contains(&pair))));
    }
    let shown = display::of(&headers, NOW);
    assert!((-26 * 60..=26 * 60).contains(&shown.utc_offset));
    assert_eq!(display::theme(shown.theme.name()), Some(shown.theme));
    assert_eq!(
        display::language(shown.language.tag()),
        Some(shown.language)
    );
    assert!(!shown.time_zone.contains(['<', '"', '\n']));
}
