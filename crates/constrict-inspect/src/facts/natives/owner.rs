//! Which package of the operating system a file belongs to, by the databases that dpkg and apk leave in an image.
//!
//! Format: `/var/lib/dpkg/info/<package>[:<arch>].list`, one path a line; `/lib/apk/db/installed`, paragraphs with `P:`
//! (package), `F:` (directory) and `R:` (file in it).

use crate::files::{Files, file_name, parent};

/// Bytes of a database that are read.
const LIMIT: usize = 32 << 20;

/// The package that has the file at `path`, or whose name for it is another one through a merged `/usr`.
pub(crate) fn owner(files: &Files, path: &[u8]) -> Option<String> {
    let paths = aliases(path);
    debian(files, &paths).or_else(|| alpine(files, &paths))
}

/// The names of one file where `/lib` is `/usr/lib`, without a leading `/`.
fn aliases(path: &[u8]) -> Vec<Vec<u8>> {
    let path = crate::files::join(b"", path);
    let other = match path.strip_prefix(b"usr/") {
        Some(rest) => rest.to_vec(),
        None => [b"usr/", path.as_slice()].concat(),
    };
    vec![path, other]
}

fn debian(files: &Files, paths: &[Vec<u8>]) -> Option<String> {
    let info = b"var/lib/dpkg/info";
    files.list(info).into_iter().find_map(|(name, _)| {
        let package = name.strip_suffix(b".list")?;
        let list = files.read(&crate::files::join(info, name), LIMIT)?;
        let has = |line: &[u8]| {
            let path = line.strip_prefix(b"/").unwrap_or(line);
            paths.iter().any(|wanted| wanted == path)
        };
        list.split(|byte| *byte == b'\n').any(has).then(|| {
            let package = String::from_utf8_lossy(package);
            package.split(':').next().unwrap_or_default().to_string()
        })
    })
}

fn alpine(files: &Files, paths: &[Vec<u8>]) -> Option<String> {
    let installed = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
    let text = installed
        .iter()
        .find_map(|path| files.text(path.as_bytes(), LIMIT))?;
    let (mut package, mut directory) = ("", "");
    for line in text.lines() {
        match line.split_at_checked(2) {
            Some(("P:", name)) => package = name,
            Some(("F:", name)) => directory = name,
            Some(("R:", name)) => {
                let same = |path: &Vec<u8>| {
                    file_name(path) == name.as_bytes() && parent(path) == directory.as_bytes()
                };
                if paths.iter().any(same) {
                    return Some(package.to_string());
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn packages_own_what_their_lists_name() {
        let image = Sample::new()
            .file(
                "var/lib/dpkg/info/libpq5:amd64.list",
                "/.\n/usr\n/usr/lib/x86_64-linux-gnu/libpq.so.5\n",
            )
            .file("var/lib/dpkg/info/libz.list", "/lib/libz.so.1\n")
            .image();
        let owner = |path: &[u8]| owner(&image.files, path);
        assert_eq!(
            owner(b"/usr/lib/x86_64-linux-gnu/libpq.so.5").as_deref(),
            Some("libpq5")
        );
        assert_eq!(
            owner(b"lib/x86_64-linux-gnu/libpq.so.5").as_deref(),
            Some("libpq5")
        );
        assert_eq!(owner(b"usr/lib/libz.so.1").as_deref(), Some("libz"));
        assert_eq!(owner(b"usr/lib/libpq.so.5"), None);
    }

    #[test]
    fn alpine_keeps_files_below_their_directories() {
        let image = Sample::new()
            .file(
                "lib/apk/db/installed",
                "P:musl\nF:lib\nR:ld-musl-x86_64.so.1\n\nP:libpq\nF:usr/lib\nR:libpq.so.5\n",
            )
            .image();
        let owner = |path: &[u8]| owner(&image.files, path);
        assert_eq!(owner(b"usr/lib/libpq.so.5").as_deref(), Some("libpq"));
        assert_eq!(owner(b"lib/ld-musl-x86_64.so.1").as_deref(), Some("musl"));
        assert_eq!(owner(b"usr/local/lib/libpq.so.5"), None);
    }
}
