//! How a fault is reached, as one line.

use super::Fault;
use crate::files::{components, file_name, shown};

impl Fault {
    /// ``app.py:1 `import MySQLdb` → MySQLdb/_mysql.cpython-39-x86_64-linux-gnu.so → libmariadb.so.3``: the first import,
    /// those that lead into another package, the objects, and what the last of them asks for.
    pub fn route(&self, wanted: Option<&str>) -> String {
        let mut parts: Vec<String> = Vec::new();
        let module = self.objects.first().map(|path| below_site(path));
        let mut package = module.as_deref().and_then(top);
        // from the module back to the program
        for (index, link) in self.chain.iter().enumerate().rev() {
            let into = top(link);
            if index == 0 || into != package {
                parts.insert(0, quoted(link));
                package = into;
            }
        }
        parts.extend(self.objects.iter().map(|path| below_site(path)));
        parts.extend(wanted.map(str::to_string));
        parts.join(" → ")
    }
}

/// The first component of a path.
fn top(path: &str) -> Option<String> {
    let first = path.trim_start_matches('/').split(['/', ':']).next()?;
    Some(first.to_string())
}

/// ``app.py:1 `import x` `` for `app.py:1 import x`.
fn quoted(link: &str) -> String {
    match link.split_once(' ') {
        Some((place, code)) if place.contains(':') && !code.starts_with('`') => {
            format!("{place} `{code}`")
        }
        _ => link.to_string(),
    }
}

/// A path below the site directory that has it; else a whole one.
pub(crate) fn below_site(path: &[u8]) -> String {
    let parts: Vec<&[u8]> = components(path).collect();
    let site = [b"site-packages".as_slice(), b"dist-packages"];
    match parts.iter().rposition(|part| site.contains(part)) {
        Some(at) => String::from_utf8_lossy(&parts[at + 1..].join(&b'/')).into_owned(),
        None => shown(path),
    }
}

/// The last part of a path, as text.
pub(crate) fn name_of(path: &[u8]) -> String {
    String::from_utf8_lossy(file_name(path)).into_owned()
}
