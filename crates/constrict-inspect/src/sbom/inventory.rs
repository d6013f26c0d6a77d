//! What a document lists, whatever its format: the image, and its components with where they are and what they need.

use std::collections::{BTreeMap, HashSet};

use constrict_oci::Digest;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::license::{self, Licence};
use super::{About, purl, python};
use crate::facts::Facts;
use crate::facts::distribution::normalised;
use crate::files::{Files, Kind as NodeKind, join, parent, shown};
use crate::packages::{Ecosystem, Package, Packages};

/// Bytes of a copyright file that are read.
const COPYRIGHT: usize = 1 << 20;
/// A record without a known digest is hashed up to this size.
const RECORD: usize = 32 << 20;

/// Everything.
pub(super) struct Inventory {
    /// The image itself.
    pub(super) root: Root,
    /// The operating system if it says what it is, packages, interpreters.
    pub(super) components: Vec<Component>,
    /// `2024-05-14T01:28:26Z`.
    pub(super) created: String,
}

/// The image.
pub(super) struct Root {
    pub(super) name: String,
    pub(super) digest: Option<Digest>,
    pub(super) purl: Option<String>,
    /// The digests of its layers, uncompressed, lowest first.
    pub(super) layers: Vec<Digest>,
}

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    System,
    Package(Ecosystem),
    Interpreter,
}

/// A component.
pub(super) struct Component {
    pub(super) kind: Kind,
    /// Unique in the document.
    pub(super) reference: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) purl: Option<String>,
    pub(super) supplier: Option<String>,
    pub(super) homepage: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) licence: Option<Licence>,
    /// The digest of the file that stands for it, and that file.
    pub(super) hash: Option<(Digest, String)>,
    /// The record or executable that tells of it.
    pub(super) location: String,
    /// The layer that has most of its files, else its record.
    pub(super) layer: Option<Digest>,
    /// The source package with its version.
    pub(super) upstream: Option<(String, String)>,
    /// Components, by number.
    pub(super) depends: Vec<usize>,
    /// The component whose files this one's record belongs to.
    pub(super) owner: Option<usize>,
    /// Its files, if they are asked for.
    pub(super) files: Vec<(String, Option<Digest>)>,
}

impl Inventory {
    /// Looks at everything that is installed.
    pub(super) fn take(facts: &Facts<'_>, about: &About) -> Inventory {
        let mut components: Vec<Component> = system(facts).into_iter().collect();
        let first = components.len();
        let packages = facts.packages();
        let needs = Needs::of(packages);
        for (at, package) in packages.all.iter().enumerate() {
            let mut component = described(facts, package, about.files);
            let owner = owner(packages, package);
            component.owner = owner.map(|owner| owner + first);
            component.depends = needs.of_package(packages, at);
            component.depends.iter_mut().for_each(|at| *at += first);
            components.push(component);
        }
        let interpreters = &facts.interpreters().all;
        let unowned = interpreters
            .iter()
            .filter(|found| packages.owner(&found.path).is_none());
        components.extend(unowned.map(|found| {
            let (name, version) = (python::name(found), python::version(facts, found));
            let purl = purl::generic(name, &version);
            let summary = format!("{name} interpreter");
            placed(
                facts,
                Kind::Interpreter,
                name,
                &version,
                Some(purl),
                &found.path,
                Some(summary),
            )
        }));
        make_unique(&mut components);
        Inventory {
            root: root(facts, about),
            components,
            created: created(facts, about),
        }
    }
}

fn root(facts: &Facts<'_>, about: &About) -> Root {
    let config = &facts.image.config;
    let named = about.reference.as_ref().zip(about.digest.as_ref());
    let purl = named.map(|(name, digest)| purl::image(name, digest, &config.architecture));
    Root {
        name: about.name.clone(),
        digest: about.digest,
        purl,
        layers: config.rootfs.diff_ids.clone(),
    }
}

/// When the image was made, as it says.
fn created(facts: &Facts<'_>, about: &About) -> String {
    let told = facts.image.config.created.as_deref();
    let time = told.and_then(|told| OffsetDateTime::parse(told, &Rfc3339).ok());
    let seconds = time.map_or(about.epoch, OffsetDateTime::unix_timestamp);
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    // years before 0 and after 9999 have no such form
    time.format(&Rfc3339)
        .unwrap_or_else(|_| "1970-01-01T00:00:00Z".into())
}

/// The operating system, if os-release names one.
fn system(facts: &Facts<'_>) -> Option<Component> {
    let system = facts.system();
    if system.id().is_empty() {
        return None;
    }
    let paths = ["etc/os-release", "usr/lib/os-release"];
    let (record, _) = paths
        .iter()
        .find_map(|path| facts.files().resolve(path.as_bytes()))?;
    let summary = system.release.get("PRETTY_NAME").cloned();
    let mut found = placed(
        facts,
        Kind::System,
        system.id(),
        system.version(),
        None,
        &record,
        summary,
    );
    found.reference = format!("os:{}@{}", system.id(), system.version());
    found.homepage = system.release.get("HOME_URL").cloned();
    Some(found)
}

/// A component that is one file.
fn placed(
    facts: &Facts<'_>,
    kind: Kind,
    name: &str,
    version: &str,
    purl: Option<String>,
    path: &[u8],
    summary: Option<String>,
) -> Component {
    Component {
        kind,
        reference: purl.clone().unwrap_or_default(),
        name: name.to_string(),
        version: version.to_string(),
        purl,
        supplier: None,
        homepage: None,
        summary,
        licence: None,
        hash: hash(facts.files(), path),
        location: shown(path),
        layer: layer(facts, &[], path),
        upstream: None,
        depends: Vec::new(),
        owner: None,
        files: Vec::new(),
    }
}

fn described(facts: &Facts<'_>, package: &Package, with_files: bool) -> Component {
    let files = facts.files();
    let licence = match package.ecosystem {
        Ecosystem::Debian => {
            let path = format!("usr/share/doc/{}/copyright", package.name);
            let text = files.text(path.as_bytes(), COPYRIGHT);
            text.and_then(|text| license::copyright(&text))
        }
        Ecosystem::Alpine | Ecosystem::Python => package.license.as_deref().and_then(license::read),
    };
    let purl = purl::package(package, facts.system());
    let listed = package.files.iter().filter(|_| with_files);
    let file = |path: &Vec<u8>| {
        // links have no content of their own
        let node = files.node(path).filter(|node| node.is_file())?;
        Some((shown(path), digest(files, path, node)))
    };
    Component {
        kind: Kind::Package(package.ecosystem),
        reference: purl.clone(),
        name: package.name.clone(),
        version: package.version.clone(),
        purl: Some(purl),
        supplier: package.maintainer.clone(),
        homepage: package.homepage.clone(),
        summary: package.summary.clone(),
        licence,
        hash: listing(package).iter().find_map(|path| hash(files, path)),
        location: shown(&package.record),
        layer: layer(facts, &package.files, &package.record),
        upstream: package.source.clone(),
        depends: Vec::new(),
        owner: None,
        files: listed.filter_map(file).collect(),
    }
}

/// The files that stand for a package, best first: the list of its files with their hashes, else a record of its own.
fn listing(package: &Package) -> Vec<Vec<u8>> {
    let record = &package.record;
    match package.ecosystem {
        Ecosystem::Python => {
            let inside = |name: &str| join(record, name.as_bytes());
            vec![
                inside("RECORD"),
                inside("METADATA"),
                inside("PKG-INFO"),
                record.clone(),
            ]
        }
        Ecosystem::Debian if record.ends_with(b"/status") => {
            let architecture = package.architecture.as_deref().unwrap_or_default();
            let name = &package.name;
            let named = [
                format!("var/lib/dpkg/info/{name}.md5sums"),
                format!("var/lib/dpkg/info/{name}:{architecture}.md5sums"),
            ];
            named.map(String::into_bytes).into()
        }
        Ecosystem::Debian => vec![[record.as_slice(), b".md5sums"].concat(), record.clone()],
        // one database for all
        Ecosystem::Alpine => Vec::new(),
    }
}

fn hash(files: &Files, path: &[u8]) -> Option<(Digest, String)> {
    let (path, node) = files.resolve(path)?;
    Some((digest(files, &path, node)?, shown(&path)))
}

fn digest(files: &Files, path: &[u8], node: &crate::files::Node) -> Option<Digest> {
    match &node.kind {
        NodeKind::File {
            digest: Some(digest),
            ..
        } => Some(*digest),
        NodeKind::File { size, .. } if *size <= RECORD as u64 => {
            Some(Digest::of(&files.read(path, RECORD)?))
        }
        _ => None,
    }
}

/// The layer that has most of these files, else the one that has the record.
fn layer(facts: &Facts<'_>, paths: &[Vec<u8>], record: &[u8]) -> Option<Digest> {
    let files = facts.files();
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for node in paths.iter().filter_map(|path| files.node(path)) {
        *counts.entry(node.layer).or_default() += 1;
    }
    let most = counts.values().max().copied();
    let of_files = counts.iter().find(|(_, count)| Some(**count) == most);
    let number = match of_files {
        Some((layer, _)) => *layer,
        None => files.node(record)?.layer,
    };
    facts.image.config.rootfs.diff_ids.get(number).copied()
}

/// The Debian or Alpine package that brought a Python distribution.
fn owner(packages: &Packages, package: &Package) -> Option<usize> {
    let is_python = package.ecosystem == Ecosystem::Python;
    is_python.then(|| packages.brought_by(package)).flatten()
}

/// Packages by name.
struct Needs {
    named: BTreeMap<(Ecosystem, String), Vec<usize>>,
}

/// A name as dependencies spell it.
fn spelled(ecosystem: Ecosystem, name: &str) -> (Ecosystem, String) {
    match ecosystem {
        Ecosystem::Python => (ecosystem, normalised(name)),
        _ => (ecosystem, name.to_string()),
    }
}

impl Needs {
    fn of(packages: &Packages) -> Needs {
        let mut named: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, package) in packages.all.iter().enumerate() {
            let key = spelled(package.ecosystem, &package.name);
            named.entry(key).or_default().push(at);
        }
        Needs { named }
    }

    /// What a package depends on: of several with one name those of its own directory or architecture, where there are any.
    fn of_package(&self, packages: &Packages, at: usize) -> Vec<usize> {
        let package = &packages.all[at];
        let is_near = |other: &usize| {
            let other = &packages.all[*other];
            match package.ecosystem {
                Ecosystem::Python => parent(&other.record) == parent(&package.record),
                _ => other.architecture == package.architecture,
            }
        };
        let mut found = Vec::new();
        for name in &package.depends {
            let all = self.named.get(&spelled(package.ecosystem, name));
            let all = all.map_or(&[] as &[usize], Vec::as_slice);
            let near: Vec<usize> = all.iter().copied().filter(is_near).collect();
            match near.is_empty() {
                true => found.extend(all),
                false => found.extend(near),
            }
        }
        found.retain(|other| *other != at);
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Of components with one reference, all but the first are told apart by their places.
fn make_unique(components: &mut [Component]) {
    let mut seen: HashSet<String> = HashSet::new();
    for component in components {
        let plain = component.reference.clone();
        let mut number = 0;
        while !seen.insert(component.reference.clone()) {
            number += 1;
            component.reference = match number {
                1 => format!("{plain}#{}", component.location),
                number => format!("{plain}#{}#{number}", component.location),
            };
        }
    }
}

/// Whether a home page is an address that both formats take.
pub(super) fn is_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&byte);
    rest.is_some_and(|rest| {
        let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
        is_host(host) && rest.bytes().all(is_allowed)
    })
}

/// A name of at least two labels of letters and digits with single hyphens inside, the last one no number.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        let hyphens = label.starts_with('-') || label.ends_with('-') || label.contains("--");
        !label.is_empty() && label.len() < 64 && label.chars().all(plain) && !hyphens
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_name = last.len() >= 2 && last.chars().all(|letter| letter.is_ascii_alphabetic());
    host.contains('.') && is_name && host.split('.').all(is_label)
}
