//! One style sheet out of `main.css` and what it imports.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};

/// Inlines every `@import` in its cascade layer, and minifies. Nothing is lowered: browsers that can
/// run the app know the syntax as it is written.
pub fn minified(main: &Path) -> Result<Vec<u8>> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler
        .bundle(main)
        .map_err(|error| anyhow!("{}: {error}", main.display()))?;
    sheet
        .minify(MinifyOptions::default())
        .map_err(|error| anyhow!("{error}"))?;
    let printed = sheet
        .to_css(PrinterOptions {
            minify: true,
            ..PrinterOptions::default()
        })
        .map_err(|error| anyhow!("{error}"))?;
    Ok(printed.code.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn imports_are_inlined_in_their_layer_and_order() {
        let folder = std::env::temp_dir().join(format!("bundler-styles-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(
            folder.join("main.css"),
            "@layer base, components;\n@import \"row.css\" layer(components);\n@import \"base.css\" layer(base);\n",
        )
        .unwrap();
        fs::write(folder.join("row.css"), ".row { color: #ff0000; }\n").unwrap();
        fs::write(folder.join("base.css"), "body { margin: 0px; }\n").unwrap();
        let css = String::from_utf8(minified(&folder.join("main.css")).unwrap()).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(
            css,
            "@layer base{body{margin:0}}@layer components{.row{color:red}}"
        );
    }

    #[test]
    fn a_mistake_names_its_file() {
        let error = minified(Path::new("/no/such/main.css"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("main.css"), "{error}");
    }
}
