//! Where somebody goes on to who has logged in.

/// Longest path that is gone on to.
const LONGEST_PATH: usize = 500;

/// A path of this site, with its query; `None` for whatever a browser may take for another site.
pub fn own_path(path: &str) -> Option<&str> {
    let mut rest = path.strip_prefix('/')?.chars();
    let plain = path.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    (plain && path.len() <= LONGEST_PATH && rest.next() != Some('/')).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn only_paths_of_this_site_are_gone_on_to() {
        for path in [
            "/",
            "/chats",
            "/chats/0192?before=3#x",
            "/a//b",
            "/https://x.org",
        ] {
            assert_eq!(own_path(path), Some(path));
        }
        for path in [
            "",
            "chats",
            "//evil.org",
            "/\\evil.org",
            "\\\\evil.org",
            "/a\\b",
            "https://evil.org",
            "javascript:alert(1)",
            " /chats",
            "/\t/evil.org",
            "/\n/evil.org",
            "/小",
        ] {
            assert_eq!(own_path(path), None, "{path:?}");
        }
        assert_eq!(own_path(&format!("/{}", "x".repeat(500))), None);
    }
}
