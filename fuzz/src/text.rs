//! Text, in which links, code and names are found to be shown.

#[path = "../../app/src/state/text.rs"]
mod shown;

use shown::{Piece, initial, isolated, one_line, pieces};

/// Pieces are parts of the text, in order, and nothing but fences is left out; a link begins with
/// http or https and holds nothing that could end an attribute; previews are short and on one line.
pub fn holds(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    // Who may be called: the first words.
    let called: Vec<String> = text.split_whitespace().take(3).map(str::to_owned).collect();
    let mut rest = &*text;
    let mut shown = 0;
    for piece in pieces(&text, &called) {
        let part = match piece {
            Piece::Text(part) | Piece::Code(part) => part,
            Piece::Link(part) => {
                is_address(part);
                part
            }
            Piece::Mention(part) => {
                assert!(
                    called
                        .iter()
                        .any(|name| part.strip_prefix('@') == Some(name.as_str()))
                );
                part
            }
        };
        let at = rest.find(part).expect("a part of what is left of the text");
        rest = &rest[at + part.len()..];
        shown += part.len();
    }
    assert!(shown <= text.len());
    if !text.contains("```") {
        assert_eq!(shown, text.len());
    }
    let line = one_line(&text);
    assert!(
        !line.contains(['\n', '\r', '\t', '\u{2028}'])
            && line.len() <= 120 * 4 + text.len().min(400)
    );
    assert!(initial(&text).chars().count() <= 3);
    let name = isolated(&text);
    assert!(name == *text || name == format!("\u{2068}{text}\u{2069}"));
}

fn is_address(link: &str) {
    let scheme = link.split("://").next().unwrap_or_default();
    assert!(
        ["http", "https"].contains(&&*scheme.to_ascii_lowercase()),
        "{link}"
    );
    assert!(link.is_ascii());
    assert!(!link.contains(['"', '<', '>', '\\', '`', ' ']), "{link}");
    assert!(!link.chars().any(char::is_control), "{link}");
}
