//! Scripts as they travel: without what is there for those who read them.

use anyhow::{Result, ensure};

/// The same script without indentation, empty lines, and comments that have lines of their own. All
/// other lines stay lines, so that nothing else may come to mean something new.
///
/// # Errors
/// For a text in backquotes over several lines: what it begins with is not indentation.
pub fn stripped(script: &str) -> Result<String> {
    let mut short = String::with_capacity(script.len());
    let mut in_comment = false;
    for line in script.lines().map(str::trim) {
        if in_comment || line.starts_with("/*") {
            let end = line.find("*/");
            in_comment = end.is_none();
            ensure!(
                end.is_none_or(|end| end + 2 == line.len()),
                "a comment ends within the line {line:?}"
            );
        } else if !line.is_empty() && !line.starts_with("//") {
            ensure!(
                line.matches('`').count() % 2 == 0,
                "a text goes on after the line {line:?}"
            );
            short.push_str(line);
            short.push('\n');
        }
    }
    Ok(short)
}

#[cfg(test)]
mod tests {
    use super::stripped;

    #[test]
    fn what_only_readers_need_is_left_out() {
        let script =
            "// Why.\n\n/**\n * What.\n */\nfunction f() {\n  /* One. */\n  return '// x';\n}\n";
        assert_eq!(
            stripped(script).unwrap(),
            "function f() {\nreturn '// x';\n}\n"
        );
    }

    #[test]
    fn a_text_over_several_lines_is_refused() {
        assert!(stripped("const t = `a\n  b`;\n").is_err());
        assert!(stripped("/* a */ f();\n").is_err());
    }
}
