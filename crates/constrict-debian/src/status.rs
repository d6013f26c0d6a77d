//! The dpkg database, `/var/lib/dpkg`: which files it has for packages that were unpacked without dpkg, and reading
//! an existing one. Never opens a file.
//!
//! ```text
//! var/lib/dpkg/status               a paragraph per package, with Status and Conffiles
//! var/lib/dpkg/available            empty
//! var/lib/dpkg/arch                 the native architecture
//! var/lib/dpkg/info/format          `1`: files of `Multi-Arch: same` packages are named `<package>:<arch>.*`
//! var/lib/dpkg/info/<p>.list        owned paths, `/.` first
//! var/lib/dpkg/info/<p>.<file>      what the control member holds beside `control`
//! var/lib/dpkg/triggers/File        `<path> <package>[/noawait]`: interest in paths
//! var/lib/dpkg/triggers/<trigger>   `<package>[/noawait]`: interest in named triggers
//! var/lib/dpkg/triggers/{Lock,Unincorp}  empty
//! ```
//!
//! Conffiles are recorded with the MD5 sum of what was unpacked under their own names. `dpkg --configure` looks for
//! `<name>.dpkg-new`, finds none and leaves file and record alone; so nothing waits for it to be renamed.

use std::collections::BTreeMap;

use crate::deb::Control;
use crate::paragraph::{Paragraph, Paragraphs};
use crate::relation::{Alternatives, Relation, is_architecture, is_package_name};
use crate::version::Version;
use crate::{Error, Result};

/// Where the database is, below the root.
pub const DIRECTORY: &str = "var/lib/dpkg";

/// The directories of the database that have to be there even when empty, parents first.
pub const DIRECTORIES: [&str; 6] = [
    "var/lib/dpkg",
    "var/lib/dpkg/alternatives",
    "var/lib/dpkg/info",
    "var/lib/dpkg/parts",
    "var/lib/dpkg/triggers",
    "var/lib/dpkg/updates",
];

/// What the database says of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Files are there, maintainer scripts have not run: `dpkg --configure` finishes it.
    Unpacked,
    /// All done.
    Installed,
}

/// A package to record.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its control member.
    pub control: Control,
    /// The paths it owns below the root, with directories, in archive order, as [`crate::deb::Entry::path`] gives them.
    pub paths: Vec<String>,
    /// The MD5 sums of its conffiles as unpacked: path below the root, 32 hex digits.
    pub conffiles: BTreeMap<String, String>,
    /// Its state.
    pub state: State,
}

impl Record {
    /// The package's name.
    pub fn name(&self) -> Result<&str> {
        let name = self.control.paragraph.require("control", "Package")?;
        if is_package_name(name) {
            Ok(name)
        } else {
            Err(Error::value("package name", name, "is none"))
        }
    }

    /// What the names of its files in `info/` start with.
    pub fn info_name(&self) -> Result<String> {
        let name = self.name()?;
        let architecture = self.architecture()?;
        match self.control.paragraph.get("Multi-Arch") {
            Some("same") => Ok(format!("{name}:{architecture}")),
            _ => Ok(name.to_owned()),
        }
    }

    /// The package's architecture.
    pub fn architecture(&self) -> Result<&str> {
        let name = self.control.paragraph.require("control", "Architecture")?;
        if is_architecture(name) {
            Ok(name)
        } else {
            Err(Error::value("architecture", name, "is none"))
        }
    }
}

/// A file of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseFile {
    /// The path below the root, such as `var/lib/dpkg/status`.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// The database of these packages, files in order of their paths; [`DIRECTORIES`] have to be there already.
pub fn database(records: &[Record], native_architecture: &str) -> Result<Vec<DatabaseFile>> {
    let mut files: BTreeMap<String, (u32, Vec<u8>)> = BTreeMap::new();
    let mut status: BTreeMap<String, String> = BTreeMap::new();
    let mut interests: BTreeMap<String, String> = BTreeMap::new();
    for record in records {
        let info = record.info_name()?;
        let list = std::iter::once("/.\n".to_owned()).chain(
            record
                .paths
                .iter()
                .filter(|path| !path.is_empty())
                .map(|path| format!("/{path}\n")),
        );
        files.insert(
            format!("info/{info}.list"),
            (0o644, list.collect::<String>().into_bytes()),
        );
        for (name, file) in &record.control.files {
            let mode = if is_script(name) { 0o755 } else { 0o644 };
            files.insert(format!("info/{info}.{name}"), (mode, file.content.clone()));
        }
        if let Some(file) = record.control.files.get("triggers") {
            add_interests(&mut interests, record.name()?, &file.content)?;
        }
        status.insert(info, status_paragraph(record).to_text());
    }
    let empty = [
        "available",
        "triggers/File",
        "triggers/Lock",
        "triggers/Unincorp",
    ];
    files.extend(empty.map(|name| (name.to_owned(), (0o644, Vec::new()))));
    files.insert(
        "arch".to_owned(),
        (0o644, format!("{native_architecture}\n").into_bytes()),
    );
    files.insert("info/format".to_owned(), (0o644, b"1\n".to_vec()));
    files.insert(
        "status".to_owned(),
        (0o644, status.into_values().collect::<String>().into_bytes()),
    );
    files.extend(
        interests
            .into_iter()
            .map(|(name, text)| (format!("triggers/{name}"), (0o644, text.into_bytes()))),
    );
    let file = |(name, (mode, content))| DatabaseFile {
        path: format!("{DIRECTORY}/{name}"),
        mode,
        content,
    };
    Ok(files.into_iter().map(file).collect())
}

fn is_script(name: &str) -> bool {
    ["preinst", "postinst", "prerm", "postrm", "config"].contains(&name)
}

/// The control paragraph with `Status` behind the name, where dpkg writes it, and the conffiles.
fn status_paragraph(record: &Record) -> Paragraph {
    let mut paragraph = Paragraph::default();
    let state = match record.state {
        State::Unpacked => "install ok unpacked",
        State::Installed => "install ok installed",
    };
    for (name, value) in record.control.paragraph.fields() {
        paragraph.set(name, value);
        if name.eq_ignore_ascii_case("Package") {
            paragraph.set("Status", state);
        }
    }
    if !record.conffiles.is_empty() {
        let lines = record
            .conffiles
            .iter()
            .map(|(path, sum)| format!("\n/{path} {sum}"));
        paragraph.set("Conffiles", lines.collect::<String>());
    }
    paragraph
}

/// Reads a `triggers` control file: `interest[-await|-noawait] <path or name>`; `activate` concerns unpacking only.
fn add_interests(
    interests: &mut BTreeMap<String, String>,
    package: &str,
    triggers: &[u8],
) -> Result<()> {
    let text = String::from_utf8_lossy(triggers);
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let (Some(directive), Some(trigger)) = (words.next(), words.next()) else {
            continue;
        };
        let suffix = match directive {
            "interest" | "interest-await" => "",
            "interest-noawait" => "/noawait",
            _ => continue,
        };
        let named = trigger
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-+.:_".contains(&b));
        match trigger.starts_with('/') {
            true => interests
                .entry("File".to_owned())
                .or_default()
                .push_str(&format!("{trigger} {package}{suffix}\n")),
            false if named && !trigger.starts_with('.') => {
                interests
                    .entry(trigger.to_owned())
                    .or_default()
                    .push_str(&format!("{package}{suffix}\n"));
            }
            false => {
                return Err(Error::Line {
                    document: "triggers",
                    line: index as u64 + 1,
                    fact: "not a trigger's name",
                });
            }
        }
    }
    Ok(())
}

/// A package as an existing `status` file lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Its architecture.
    pub architecture: String,
    /// The virtual packages it stands for.
    pub provides: Vec<Relation>,
}

/// The packages that a `status` file (or a paragraph of distroless' `status.d`) says are installed; a paragraph
/// without `Status` counts as installed.
pub fn read_installed(status: &[u8]) -> Result<Vec<Installed>> {
    let mut reader = Paragraphs::new("dpkg status", status);
    let mut list = Vec::new();
    while let Some(paragraph) = reader.next_paragraph()? {
        let state = paragraph.get("Status").unwrap_or("install ok installed");
        if state.split(' ').next_back() != Some("installed") {
            continue;
        }
        let provides = Alternatives::parse_list(paragraph.get("Provides").unwrap_or_default())?;
        list.push(Installed {
            name: paragraph.require("dpkg status", "Package")?.to_owned(),
            version: Version::parse(paragraph.require("dpkg status", "Version")?)?,
            architecture: paragraph.get("Architecture").unwrap_or_default().to_owned(),
            provides: provides.into_iter().flat_map(|item| item.0).collect(),
        });
    }
    Ok(list)
}
