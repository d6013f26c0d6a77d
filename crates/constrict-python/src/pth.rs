//! `.pth` files: lines that extend `sys.path` or are run.
//!
//! Format: as `site.addpackage` reads them: UTF-8 with or without a mark, comments and blanks passed over, lines that
//! begin with `import` and a blank or tab are run, any other is a path, relative to the file's directory, that counts
//! if it exists.

use serde::{Deserialize, Serialize};

/// One line that does something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Line {
    /// A path, as written.
    Path(String),
    /// Code that is run at start-up.
    Code(String),
}

/// Reads a `.pth` file; the caller has seen to it that its name ends in `.pth` and doesn't begin with a dot.
pub fn parse(text: &[u8]) -> Vec<Line> {
    let text = String::from_utf8_lossy(text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut lines = Vec::new();
    for line in text.split(['\n', '\r']) {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let line = line.trim_end();
        if line.starts_with("import ") || line.starts_with("import\t") {
            lines.push(Line::Code(line.to_owned()));
        } else {
            lines.push(Line::Path(line.to_owned()));
        }
    }
    lines
}

/// The module that a line of code imports first: `import _virtualenv` → `_virtualenv`.
pub fn imported(code: &str) -> Option<&str> {
    let rest = code.strip_prefix("import")?.trim_start();
    let end = rest.find(|next: char| !(next.is_alphanumeric() || next == '_' || next == '.'));
    let module = &rest[..end.unwrap_or(rest.len())];
    (!module.is_empty()).then_some(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_paths_or_code() {
        let text = "\u{feff}# comment\n\n  \n/app/src  \r\n./rel\nimport _virtualenv\nimport\tx; y()\nimports\n";
        let path = |text: &str| Line::Path(text.to_owned());
        let code = |text: &str| Line::Code(text.to_owned());
        let expected = [
            path("/app/src"),
            path("./rel"),
            code("import _virtualenv"),
            code("import\tx; y()"),
            path("imports"),
        ];
        assert_eq!(parse(text.as_bytes()), expected);
    }

    #[test]
    fn the_first_import_is_found() {
        for (code, expected) in [
            ("import _virtualenv", Some("_virtualenv")),
            (
                "import __editable___x_1_0_finder; __editable___x_1_0_finder.install()",
                Some("__editable___x_1_0_finder"),
            ),
            (
                "import sys, types, os;has_mfs = sys.version_info > (3, 5)",
                Some("sys"),
            ),
            ("import ", None),
        ] {
            assert_eq!(imported(code), expected, "{code}");
        }
    }
}
