//! Unpacking without dpkg: `.deb` archives → the entries of a tree that `dpkg --configure` finishes.
//!
//! Never writes a file and never runs a script: entries go to a [`Sink`], what has to run in the sandbox is data.
//!
//! The recipe, measured on bullseye, bookworm and trixie:
//!
//! 1. [`skeleton`]: the links of a merged `/usr`, before anything else; the database's directories.
//! 2. Every package, essential or not, in the order of [`crate::resolve::resolve`]: [`unpack`]. Conffiles go under
//!    their own names (see [`crate::status`]).
//! 3. [`crate::status::database`] with every package `Unpacked`.
//! 4. [`configure`] in the sandbox: the preinst scripts, then `dpkg --configure -a`. A preinst that runs after its
//!    package's files are there finds nothing to do on a first installation, with two exceptions that only have to
//!    run before the postinst scripts: base-passwd's writes `/etc/passwd` and `/etc/group`, and bullseye's bash's
//!    makes `/bin/sh`. Only a preinst that diverts its own files would come too late; [`needs_dpkg`] finds those.
//! 5. [`LEFTOVERS`] are deleted: logs, caches and backups that would differ from one run to the next.

use std::collections::BTreeMap;
use std::io::{self, Read};

use md5::{Digest as _, Md5};

use crate::deb::{Control, Entry, Kind, read_deb};
use crate::status::{self, Record, State};
use crate::{Error, Result};

/// Takes the entries of the tree, parents before children.
pub trait Sink {
    /// What the sink fails with.
    type Error: From<crate::Error>;

    /// Makes one entry below the root; `content` has a file's bytes.
    ///
    /// A directory whose path is there already as a directory, or as a link to one, stays as it is; anything else
    /// replaces what was there. Paths may lead through links made earlier: resolve them inside the root.
    fn make(&mut self, entry: &Entry, content: &mut dyn Read) -> Result<(), Self::Error>;
}

/// Where `/bin`, `/sbin` and `/lib*` are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Links to their namesakes below `/usr`: bookworm and later.
    Merged,
    /// Directories of their own: bullseye as its official images have it.
    Split,
}

/// The directories that a merged `/usr` replaces by links, and whether the link has to be made: the others exist on
/// few architectures, and a package that needs one brings it.
const ALIASED: [&str; 7] = ["bin", "lib", "lib32", "lib64", "libo32", "libx32", "sbin"];

/// What has to be there before the first package: the links of the layout and the database's directories.
pub fn skeleton<S: Sink>(
    layout: Layout,
    architecture: &str,
    mtime: u64,
    sink: &mut S,
) -> Result<(), S::Error> {
    let entry = |path: &str, kind, mode| Entry {
        path: path.to_owned(),
        kind,
        mode,
        uid: 0,
        gid: 0,
        mtime,
        size: 0,
    };
    let mut make = |entry: Entry| sink.make(&entry, &mut io::empty());
    make(entry("", Kind::Directory, 0o755))?;
    if layout == Layout::Merged {
        make(entry("usr", Kind::Directory, 0o755))?;
        let lib64 =
            matches!(architecture, "amd64" | "ppc64el" | "loong64" | "mips64el").then_some("lib64");
        for name in ["bin", "lib", "sbin"].into_iter().chain(lib64) {
            make(entry(&format!("usr/{name}"), Kind::Directory, 0o755))?;
            make(entry(name, Kind::Symlink(format!("usr/{name}")), 0o777))?;
        }
    }
    for path in ["var", "var/lib"].into_iter().chain(status::DIRECTORIES) {
        make(entry(path, Kind::Directory, 0o755))?;
    }
    Ok(())
}

/// Unpacks one package: its entries go to the sink, what the database has to know is returned.
///
/// `keeps` says which paths (as the package spells them, below the root) are written at all, as dpkg's `path-exclude`
/// does; the record has the others too.
pub fn unpack<S: Sink>(
    deb: impl Read,
    layout: Layout,
    keeps: impl Fn(&str) -> bool,
    sink: &mut S,
) -> Result<Record, S::Error> {
    let mut paths = Vec::new();
    let mut conffiles = BTreeMap::new();
    let mut listed: Option<Vec<String>> = None;
    let control = read_deb(deb, |control, entry, content| -> Result<(), S::Error> {
        let listed = listed.get_or_insert_with(|| listed_conffiles(control));
        paths.push(entry.path.clone());
        if !keeps(&entry.path) || is_alias(layout, entry) {
            return Ok(());
        }
        let placed = placed(layout, entry);
        if entry.kind != Kind::File || !listed.contains(&entry.path) {
            return sink.make(&placed, content);
        }
        let mut hashing = Hashing {
            inner: content,
            hash: Md5::new(),
        };
        sink.make(&placed, &mut hashing)?;
        io::copy(&mut hashing, &mut io::sink()).map_err(Error::io("read a conffile"))?;
        let sum = hashing
            .hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        conffiles.insert(entry.path.clone(), sum);
        Ok(())
    })?;
    let record = Record {
        control,
        paths,
        conffiles,
        state: State::Unpacked,
    };
    record.info_name()?;
    Ok(record)
}

/// The paths in `conffiles`, below the root; lines with a flag (`remove-on-upgrade`) name no file of this version.
fn listed_conffiles(control: &Control) -> Vec<String> {
    let text = control
        .files
        .get("conffiles")
        .map(|file| String::from_utf8_lossy(&file.content));
    let text = text.unwrap_or_default();
    text.lines()
        .filter_map(|line| line.trim_end().strip_prefix('/'))
        .map(str::to_owned)
        .collect()
}

/// Whether an entry is a directory (or the link itself) that the layout's links stand for.
fn is_alias(layout: Layout, entry: &Entry) -> bool {
    layout == Layout::Merged
        && ALIASED.contains(&entry.path.as_str())
        && match &entry.kind {
            Kind::Directory => true,
            Kind::Symlink(target) => *target == format!("usr/{}", entry.path),
            _ => false,
        }
}

/// The entry under the path where the layout has it.
fn placed(layout: Layout, entry: &Entry) -> Entry {
    let mut placed = entry.clone();
    if layout == Layout::Merged {
        placed.path = merged(&entry.path);
        if let Kind::Hardlink(target) = &entry.kind {
            placed.kind = Kind::Hardlink(merged(target));
        }
    }
    placed
}

fn merged(path: &str) -> String {
    match path.split_once('/') {
        Some((first, _)) if ALIASED.contains(&first) => format!("usr/{path}"),
        _ => path.to_owned(),
    }
}

struct Hashing<'a> {
    inner: &'a mut dyn Read,
    hash: Md5,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

/// Whether a package has to be unpacked by dpkg itself, inside the sandbox, because its preinst diverts files and
/// moves them, which can't be done once its own files are there.
///
/// Essential packages only mend diversions that older versions or others made; there are none in a new tree.
pub fn needs_dpkg(control: &Control) -> bool {
    let essential = control.paragraph.get("Essential") == Some("yes");
    let exempt = essential || control.paragraph.get("Package") == Some("libc6");
    let Some(file) = control.files.get("preinst").filter(|_| !exempt) else {
        return false;
    };
    let script = String::from_utf8_lossy(&file.content).replace("\\\n", " ");
    let harmless = ["--no-rename", "--truename", "--list", "--remove"];
    let moves = |line: &str| {
        line.contains("dpkg-divert") && !harmless.iter().any(|option| line.contains(option))
    };
    script
        .lines()
        .map(str::trim_start)
        .any(|line| !line.starts_with('#') && moves(line))
}

/// Something to run inside the assembled tree, as root of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Program and arguments.
    pub command: Vec<String>,
    /// The whole environment.
    pub environment: Vec<(String, String)>,
}

/// What finishes the tree: preinst scripts in the records' order (base-passwd's first), `dpkg --unpack` of the
/// archives at `by_dpkg` (paths inside the tree, see [`needs_dpkg`]), then `dpkg --configure -a`.
///
/// Needs `/proc` and a `/dev` with `null`; no network. Prints what dpkg prints.
pub fn configure(records: &[Record], by_dpkg: &[String]) -> Result<Step> {
    let mut script = String::from("set -e\n");
    let mut ordered: Vec<&Record> = records
        .iter()
        .filter(|r| r.control.files.contains_key("preinst"))
        .collect();
    ordered.sort_by_key(|record| match record.name() {
        // makes `/bin/sh` where the tree has none yet
        Ok("bash") => 0,
        Ok("base-passwd") => 1,
        _ => 2,
    });
    for record in ordered {
        let (name, info, architecture) =
            (record.name()?, record.info_name()?, record.architecture()?);
        script.push_str(&format!(
            "DPKG_MAINTSCRIPT_PACKAGE={name} DPKG_MAINTSCRIPT_ARCH={architecture} DPKG_MAINTSCRIPT_NAME=preinst \
             DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 /var/lib/dpkg/info/{info}.preinst install\n"
        ));
    }
    for path in by_dpkg {
        let plain = path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/._+-~:%".contains(&b));
        if !plain || !path.starts_with('/') {
            return Err(Error::value(
                "path of a package",
                path,
                "has characters that a script can't have",
            ));
        }
        script.push_str(&format!("dpkg --force-unsafe-io --unpack {path}\n"));
    }
    script.push_str("dpkg --force-unsafe-io --configure -a\n");
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Ok(Step {
        command: vec!["/bin/bash".to_owned(), "-c".to_owned(), script],
        environment: vec![
            variable(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ),
            variable("HOME", "/root"),
            variable("LC_ALL", "C.UTF-8"),
            variable("DEBIAN_FRONTEND", "noninteractive"),
            variable("DEBCONF_NONINTERACTIVE_SEEN", "true"),
            variable("DPKG_ADMINDIR", "/var/lib/dpkg"),
            variable("DPKG_ROOT", ""),
        ],
    })
}

/// What configuring leaves behind that is nobody's and differs between runs, below the root; a `*` in the last
/// component stands for any characters. Times are left to the caller: in `etc/shadow` see [`with_fixed_dates`].
pub const LEFTOVERS: [&str; 19] = [
    "etc/.pwd.lock",
    "etc/group-",
    "etc/gshadow-",
    "etc/passwd-",
    "etc/shadow-",
    "etc/subgid-",
    "etc/subuid-",
    "run/*",
    "tmp/*",
    "var/cache/apt/*.bin",
    "var/cache/debconf/*-old",
    "var/cache/ldconfig/aux-cache",
    "var/lib/dpkg/*-old",
    "var/lib/dpkg/lock",
    "var/lib/dpkg/lock-frontend",
    "var/lib/dpkg/triggers/Lock",
    "var/log/*.log",
    "var/log/apt/*",
    "var/tmp/*",
];

/// `etc/shadow` with the day of the last password change, which is the day of this run, set to `day` (since 1970).
pub fn with_fixed_dates(shadow: &str, day: u64) -> String {
    let fixed = |line: &str| {
        let mut fields: Vec<String> = line.split(':').map(str::to_owned).collect();
        if let Some(changed) = fields.get_mut(2).filter(|changed| !changed.is_empty()) {
            *changed = day.to_string();
        }
        fields.join(":") + "\n"
    };
    shadow.lines().map(fixed).collect()
}
