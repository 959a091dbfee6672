//! Text as it is shown: links, code and names called are found; everything else stays text.

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// As it stands.
    Text(&'a str),
    /// An address to follow, http or https.
    Link(&'a str),
    /// Somebody is called.
    Mention(&'a str),
    /// Between fences.
    Code(&'a str),
}

/// Takes a message apart. `called` are the names after `@` that count.
pub fn pieces<'a>(text: &'a str, called: &[String]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, code, after)) = fenced(rest) {
        prose(before, called, &mut pieces);
        pieces.push(Piece::Code(code));
        rest = after;
    }
    prose(rest, called, &mut pieces);
    pieces
}

const FENCE: &str = "```";

/// The first block between two fences that each begin a line, with what is before and after.
fn fenced(text: &str) -> Option<(&str, &str, &str)> {
    let open = line_start(text, 0)?;
    // What stands on the fence's own line names the language.
    let body = open + text[open..].find('\n')? + 1;
    let close = line_start(text, body)?;
    let after = &text[close + FENCE.len()..];
    let code = text[body..close].strip_suffix('\n').unwrap_or_default();
    let before = text[..open].strip_suffix('\n').unwrap_or(&text[..open]);
    Some((before, code, after.strip_prefix('\n').unwrap_or(after)))
}

fn line_start(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += text[at..].find(FENCE)?;
        if at == 0 || text.as_bytes()[at - 1] == b'\n' {
            return Some(at);
        }
        at += FENCE.len();
    }
}

fn prose<'a>(text: &'a str, called: &[String], pieces: &mut Vec<Piece<'a>>) {
    let mut plain = 0;
    let mut at = 0;
    while let Some(step) = text[at..].find(['h', 'H', '@']) {
        at += step;
        let here = &text[at..];
        let found = if here.starts_with('@') {
            mention(here, called).map(|len| (len, Piece::Mention(&here[..len])))
        } else {
            let apart = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
            link(here)
                .filter(|_| apart)
                .map(|len| (len, Piece::Link(&here[..len])))
        };
        match found {
            Some((len, piece)) => {
                if plain < at {
                    pieces.push(Piece::Text(&text[plain..at]));
                }
                pieces.push(piece);
                at += len;
                plain = at;
            }
            None => at += 1,
        }
    }
    if plain < text.len() {
        pieces.push(Piece::Text(&text[plain..]));
    }
}

/// How long the name that is called is, with its `@`; the longest that fits.
fn mention(text: &str, called: &[String]) -> Option<usize> {
    let fits = |name: &&String| !name.is_empty() && text[1..].starts_with(name.as_str());
    called.iter().filter(fits).map(|name| name.len() + 1).max()
}

/// How long the address is that the text begins with.
fn link(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let scheme = ["https://", "http://"].into_iter().find(|scheme| {
        bytes
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
    })?;
    let within = |c: char| {
        c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '`' | '\\' | '^' | '{' | '|' | '}')
    };
    let rest = &text[scheme.len()..];
    let end = rest.find(|c: char| !within(c)).unwrap_or(rest.len());
    let mut address = &rest[..end];
    // What ends a sentence does not end an address, nor does a bracket that was not opened in it.
    loop {
        let shorter = address.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']);
        let shorter = match shorter.chars().last() {
            Some(')') if count(shorter, ')') > count(shorter, '(') => &shorter[..shorter.len() - 1],
            Some(']') if count(shorter, ']') > count(shorter, '[') => &shorter[..shorter.len() - 1],
            _ => shorter,
        };
        if shorter.len() == address.len() {
            break;
        }
        address = shorter;
    }
    address
        .starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        .then_some(scheme.len() + address.len())
}

fn count(text: &str, which: char) -> usize {
    text.chars().filter(|c| *c == which).count()
}

/// Keeps the writing direction of a name from spilling into the sentence around it.
pub fn isolated(name: &str) -> String {
    let turns = |c: char| {
        matches!(c, '\u{590}'..='\u{8ff}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    };
    if name.contains(turns) {
        ["\u{2068}", name, "\u{2069}"].concat()
    } else {
        name.to_owned()
    }
}

/// The letter on a picture: the first that is to be seen.
pub fn initial(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .or_else(|| name.chars().find(|c| !c.is_whitespace() && !c.is_control()))
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default()
}

/// Text on one line, short enough for a preview.
pub fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 400 {
            return line.chars().take(120).collect();
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::Piece::{Code, Link, Mention, Text};
    use super::*;

    #[test]
    fn links_end_where_the_address_does() {
        assert_eq!(
            pieces("看 https://a.example/b?c=d#e。好", &[]),
            [Text("看 "), Link("https://a.example/b?c=d#e"), Text("。好")]
        );
        assert_eq!(
            pieces("(see http://x.example/a_(b)).", &[]),
            [Text("(see "), Link("http://x.example/a_(b)"), Text(").")]
        );
        assert_eq!(
            pieces("HTTPS://X.example!", &[]),
            [Link("HTTPS://X.example"), Text("!")]
        );
    }

    #[test]
    fn other_schemes_are_text() {
        for text in [
            "javascript:alert(1)",
            "data:text/html,x",
            "http://",
            "https:// x",
            "xhttp://a.b",
            "http:/a",
            "https://\"onclick=",
        ] {
            assert_eq!(pieces(text, &[]), [Text(text)], "{text}");
        }
    }

    #[test]
    fn code_between_fences_is_kept_whole() {
        assert_eq!(
            pieces("a\n```rs\nlet x = \"http://b.c\";\n\n```\nd", &[]),
            [Text("a"), Code("let x = \"http://b.c\";\n"), Text("d")]
        );
        assert_eq!(pieces("```\nx\n```", &[]), [Code("x")]);
        assert_eq!(pieces("```\n```", &[]), [Code("")]);
    }

    #[test]
    fn fences_that_are_not_closed_are_text() {
        assert_eq!(pieces("```\nx", &[]), [Text("```\nx")]);
        assert_eq!(pieces("a ```\nx\n```", &[]), [Text("a ```\nx\n```")]);
    }

    #[test]
    fn the_longest_name_that_fits_is_called() {
        let called = ["Jon".to_owned(), "Jonas".to_owned()];
        assert_eq!(
            pieces("hi @Jonas, @Jo", &called),
            [Text("hi "), Mention("@Jonas"), Text(", @Jo")]
        );
    }

    #[test]
    fn names_that_turn_the_line_are_isolated() {
        assert_eq!(isolated("小林"), "小林");
        assert_eq!(isolated("שלום"), "\u{2068}שלום\u{2069}");
        assert_eq!(isolated("a\u{202e}b"), "\u{2068}a\u{202e}b\u{2069}");
    }

    #[test]
    fn initials_skip_what_cannot_be_seen() {
        assert_eq!(initial("  marta"), "M");
        assert_eq!(initial("「小林」"), "小");
        assert_eq!(initial("🚗"), "🚗");
        assert_eq!(initial(""), "");
    }
}
