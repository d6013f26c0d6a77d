//! Extension modules that an interpreter passes over since their names say another platform:
//! `x.cpython-311-aarch64-linux-gnu.so` under an interpreter for x86-64.
//!
//! Source: PEP 3149; `_imp.extension_suffixes()`, which is the interpreter's own tag, `.abi3.so` and `.so`.

use crate::facts::Facts;
use crate::facts::imports::MissingModule;
use crate::facts::system::Libc;
use crate::files::join;

/// A file that would be a missing module on another platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// The file.
    pub(crate) path: Vec<u8>,
    /// What it is made for.
    pub(crate) made_for: MadeFor,
}

/// What a file that is passed over is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MadeFor {
    /// This C library; the interpreter's is the other one.
    Libc(Libc),
    /// Another processor or operating system, as the name has it: `aarch64-linux-gnu`, `darwin`.
    Platform(String),
}

/// The file that would be the module, if the interpreter were another one of the same X.Y.
pub(crate) fn foreign(facts: &Facts<'_>, missing: &MissingModule) -> Option<Foreign> {
    let dotted = missing.name.replace('.', "/");
    let (above, name) = dotted.rsplit_once('/').unwrap_or(("", &dotted));
    let pythons = &facts.interpreters().all;
    let python = pythons.iter().find(|python| !python.soabi.is_empty())?;
    let (major, minor) = python.version;
    let own = platform(&python.soabi)?;
    let marks = [
        format!("{name}.cpython-{major}{minor}-"),
        format!("{name}.cp{major}{minor}-"),
    ];
    missing.searched.iter().find_map(|directory| {
        let directory = join(directory, above.as_bytes());
        facts
            .files()
            .list(&directory)
            .into_iter()
            .find_map(|(file, _)| {
                let text = String::from_utf8_lossy(file).into_owned();
                let tag = marks
                    .iter()
                    .find_map(|mark| text.strip_prefix(mark.as_str()))?;
                let (tag, _) = tag.split_once('.')?;
                let made_for = made_for(tag, own)?;
                let path = join(&directory, file);
                Some(Foreign { path, made_for })
            })
    })
}

/// `x86_64-linux-gnu` of `cpython-311-x86_64-linux-gnu`.
fn platform(soabi: &str) -> Option<&str> {
    soabi.splitn(3, '-').nth(2)
}

fn made_for(tag: &str, own: &str) -> Option<MadeFor> {
    if tag == own {
        return None;
    }
    let halves = |platform: &str| {
        let (machine, system) = platform.split_once("-linux-")?;
        Some((machine.to_string(), system.to_string()))
    };
    match (halves(tag), halves(own)) {
        (Some((machine, system)), Some((own_machine, own_system))) if machine == own_machine => {
            match (system.starts_with("musl"), own_system.starts_with("musl")) {
                (true, false) => Some(MadeFor::Libc(Libc::Musl)),
                (false, true) => Some(MadeFor::Libc(Libc::Glibc)),
                _ => None,
            }
        }
        _ => Some(MadeFor::Platform(tag.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_platform() {
        let own = "x86_64-linux-gnu";
        let platform = |name: &str| Some(MadeFor::Platform(name.into()));
        assert_eq!(made_for("x86_64-linux-gnu", own), None);
        assert_eq!(
            made_for("x86_64-linux-musl", own),
            Some(MadeFor::Libc(Libc::Musl))
        );
        assert_eq!(
            made_for("x86_64-linux-gnu", "x86_64-linux-musl"),
            Some(MadeFor::Libc(Libc::Glibc))
        );
        assert_eq!(
            made_for("aarch64-linux-gnu", own),
            platform("aarch64-linux-gnu")
        );
        assert_eq!(made_for("darwin", own), platform("darwin"));
        assert_eq!(made_for("win_amd64", own), platform("win_amd64"));
    }
}
