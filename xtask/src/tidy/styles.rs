//! Styles that can be overridden in the order of their layers.

use super::sources::{Source, Sources};

pub fn select_by_class(sources: &Sources) -> Vec<String> {
    sources
        .below("style/")
        .filter(|source| source.extension() == "css")
        .flat_map(breaches)
        .collect()
}

fn breaches(source: &Source) -> Vec<String> {
    let text = without_comments(&source.text);
    let mut breaches = Vec::new();
    if text.contains("!important") {
        breaches.push(format!(
            "{} forces with `!important`: use the layers",
            source.path
        ));
    }
    let mut start = 0;
    for (at, character) in text
        .char_indices()
        .filter(|(_, character)| "{};".contains(*character))
    {
        let part = text[start..at].trim();
        if character == '{' && !part.starts_with('@') && selects_by_id(part) {
            breaches.push(format!(
                "{} selects by id: `{part}`; use a class",
                source.path
            ));
        }
        start = at + 1;
    }
    breaches
}

fn selects_by_id(selector: &str) -> bool {
    // What stands in brackets, such as [href="#top"], is no id.
    let mut depth = 0_u32;
    selector.chars().any(|character| {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == '#' && depth == 0
    })
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_force_are_found_and_colours_are_not() {
        let css = "/* #a { } !important */ .row { color: #fff; & a:hover { color: #000 } }\n\
                   @media (width < 10px) { #main, .b { color: red !important; } a[href=\"#x\"] { top: 0 } }";
        let sources = Sources::sample(&[("style/a.css", css), ("docs/b.css", css)]);
        let breaches = select_by_class(&sources);
        assert_eq!(breaches.len(), 2, "{breaches:?}");
        assert!(breaches[1].contains("`#main, .b`"), "{breaches:?}");
    }
}
