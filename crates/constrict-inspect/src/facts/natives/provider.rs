//! Where a library that the image lacks can be had: in another stage of the build, with what it needs itself.

use std::collections::BTreeSet;

use constrict_elf::Object;

use super::owner;
use super::view::{View, relative};
use crate::facts::Facts;
use crate::files::{Files, Kind, file_name, join, parent};
use crate::image::StageFiles;

/// Libraries that one library may bring along; more is no closure that anybody wants copied.
const CLOSURE_LIMIT: usize = 64;
/// Directories that every loader of Debian's and Alpine's searches by itself.
const DEFAULTS: &[&str] = &["lib", "usr/lib", "lib64", "usr/lib64"];

/// A stage that has a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The stage's name or number.
    pub stage: String,
    /// The library there.
    pub path: Vec<u8>,
    /// The package that owns it there.
    pub package: Option<String>,
    /// The library, the libraries that it needs and the image does not have, and the links to them; absolute. Empty
    /// if the stage is another distribution than the image, or another version of it.
    pub closure: Vec<String>,
    /// Whether one of them lies where only the loader's cache makes it found.
    pub ldconfig: bool,
}

/// The first stage that has `soname`, made for what needs it.
pub fn provider(facts: &Facts<'_>, soname: &str, needed_by: &[u8]) -> Option<Provider> {
    let origin = facts.image.origin.as_ref()?;
    let by = facts.files().object(needed_by)?;
    let mut stages: Vec<&StageFiles> = super::builders(facts)
        .into_iter()
        .map(|builder| builder.stage)
        .collect();
    for stage in origin.stages.values() {
        if !stages.iter().any(|known| std::ptr::eq(*known, stage)) {
            stages.push(stage);
        }
    }
    stages.into_iter().find_map(|stage| {
        let view = View::new(&stage.files);
        let path = find(&view, &stage.files, soname.as_bytes(), &by.0)?;
        let same = same_system(&facts.image.files, &stage.files);
        let (closure, ldconfig) = if same {
            closure(facts, &view, &stage.files, &path)
        } else {
            Default::default()
        };
        Some(Provider {
            stage: stage.name.clone(),
            package: owner(&stage.files, &path),
            path,
            closure,
            ldconfig,
        })
    })
}

/// Whether both are the same version of the same distribution.
fn same_system(one: &Files, other: &Files) -> bool {
    let system = crate::facts::system::System::read;
    let (one, other) = (system(one), system(other));
    !one.id().is_empty() && one.id() == other.id() && one.version() == other.version()
}

/// A library of that name that fits `by`; those of the system first, those within Python's packages never.
fn find(view: &View<'_>, files: &Files, name: &[u8], by: &Object) -> Option<Vec<u8>> {
    let fits = |path: &&&[u8]| {
        let private = [b"site-packages".as_slice(), b"dist-packages", b"conda"];
        let inside = crate::files::components(path).any(|part| private.contains(&part));
        let object = files.object(path);
        !inside && object.is_some_and(|it| (it.0.class, it.0.machine) == (by.class, by.machine))
    };
    let mut found: Vec<&&[u8]> = view.libraries(name).iter().filter(fits).collect();
    found.sort_by_key(|path| (!is_default(path), path.len()));
    found.first().map(|path| path.to_vec())
}

/// Whether the loader searches this library's directory without being told.
fn is_default(path: &[u8]) -> bool {
    let directory = String::from_utf8_lossy(parent(path)).into_owned();
    let above = directory.rsplit_once('/');
    DEFAULTS.contains(&directory.as_str())
        || above
            .is_some_and(|(above, last)| DEFAULTS.contains(&above) && last.contains("-linux-gnu"))
}

/// The library at `path` of a stage, what it needs and the image lacks, and the links on the way to each; whether the
/// cache of the loader has to be made for one of them.
fn closure(facts: &Facts<'_>, view: &View<'_>, files: &Files, path: &[u8]) -> (Vec<String>, bool) {
    let here = View::new(facts.files());
    let mut paths: Vec<Vec<u8>> = Vec::new();
    let mut pending = vec![path.to_vec()];
    let mut seen = BTreeSet::new();
    while let Some(path) = pending.pop() {
        if !seen.insert(file_name(&path).to_vec()) || seen.len() > CLOSURE_LIMIT {
            continue;
        }
        let Some(object) = files.object(&path) else {
            continue;
        };
        paths.extend(links(files, &path));
        for soname in &object.0.needed {
            let name = soname.as_bytes();
            let present = here.libraries(name).iter().any(|path| is_default(path));
            if present {
                continue;
            }
            pending.extend(find(view, files, name, &object.0));
        }
    }
    let ldconfig = paths.iter().any(|path| !is_default(path));
    let mut shown: Vec<String> = Vec::new();
    for path in paths {
        let path = crate::files::shown(&path);
        if !shown.contains(&path) {
            shown.push(path);
        }
    }
    (shown, ldconfig)
}

/// The path with its directory's links followed, and whatever it is a link to, to the file.
fn links(files: &Files, path: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut path = path.to_vec();
    for _ in 0..8 {
        let Some((directory, _)) = files.resolve(parent(&path)) else {
            break;
        };
        let real = join(&directory, file_name(&path));
        let Some(node) = files.node(&real) else { break };
        found.push(real);
        match &node.kind {
            Kind::Symlink { target } => path = relative(&join(&directory, target)),
            _ => break,
        }
    }
    found
}
