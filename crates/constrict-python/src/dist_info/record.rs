//! RECORD: the files of a distribution, with their hashes and sizes.
//!
//! Format: CSV as Python's `csv` module reads it: fields parted by commas, quoted by `"` where needed, `""` for a quote
//! inside. Paths are relative to site-packages; `../../../bin/x` leads to scripts.

/// The most entries that are read: the largest real distributions have some tens of thousands.
const MAX_ENTRIES: usize = 500_000;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As written, `/` between parts.
    pub path: String,
    /// `sha256=…` in URL-safe base64 without padding; [`None`] for RECORD itself and `.pyc` files.
    pub hash: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
}

impl Entry {
    /// Reads RECORD. Rows without a path are passed over.
    pub fn parse_record(text: &str) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
        while !rest.is_empty() && entries.len() < MAX_ENTRIES {
            let (fields, after) = row(rest);
            rest = after;
            let mut fields = fields.into_iter();
            let Some(path) = fields.next().filter(|path| !path.is_empty()) else {
                continue;
            };
            entries.push(Entry {
                path: path.replace('\\', "/"),
                hash: fields.next().filter(|hash| !hash.is_empty()),
                size: fields.next().and_then(|size| size.trim().parse().ok()),
            });
        }
        entries
    }
}

/// The fields of the first row, and what follows it.
fn row(text: &str) -> (Vec<String>, &str) {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let Some(field) = fields.last_mut() else {
            break;
        };
        match character {
            '"' if quoted && characters.peek().is_some_and(|(_, next)| *next == '"') => {
                field.push('"');
                characters.next();
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => fields.push(String::new()),
            '\n' if !quoted => return (fields, &text[at + 1..]),
            '\r' if !quoted => {}
            other => field.push(other),
        }
    }
    (fields, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read() {
        let entry = |path: &str, hash: Option<&str>, size| Entry {
            path: path.to_owned(),
            hash: hash.map(str::to_owned),
            size,
        };
        let text = "../../../bin/flask,sha256=abc,213\r\nflask/__init__.py,sha256=d-_e,2\nFlask-2.0.dist-info/RECORD,,\n\
            \n\"a,\"\"b\"\".py\",sha256=f,3\nlast.py";
        assert_eq!(
            Entry::parse_record(text),
            [
                entry("../../../bin/flask", Some("sha256=abc"), Some(213)),
                entry("flask/__init__.py", Some("sha256=d-_e"), Some(2)),
                entry("Flask-2.0.dist-info/RECORD", None, None),
                entry("a,\"b\".py", Some("sha256=f"), Some(3)),
                entry("last.py", None, None),
            ]
        );
        assert_eq!(
            Entry::parse_record("\"never closed,1,2\nx"),
            [entry("never closed,1,2\nx", None, None)]
        );
    }
}
