//! Virtual environments: where each lies, where it was made, which Python it was made for and whether that is there; and
//! whose fault it is where one fails. Never says how to mend it.
//!
//! | what | where |
//! |---|---|
//! | one environment | here |
//! | interpreters that a tool fetched for itself | `fetched` |
//! | what stands in the way of a start, or hides a module | `blame` |

mod blame;
mod fetched;

use constrict_python::pyvenv_cfg::PyvenvCfg;
use constrict_python::script::Script;

use super::Facts;
use super::landmarks::Landmarks;
use crate::files::{Files, file_name, join, parent, shown};

pub(crate) use blame::{Blame, Wanted, blame, blame_missing};
pub(crate) use fetched::fetched;

/// Bytes of a `pyvenv.cfg`, an `activate` or the head of a script that are read.
const LIMIT: usize = 16 << 10;

/// A virtual environment.
#[derive(Clone, Debug)]
pub(crate) struct Venv {
    /// Its directory, relative to the root.
    pub(crate) directory: Vec<u8>,
    /// What `pyvenv.cfg` says.
    pub(crate) config: PyvenvCfg,
    /// Its directories `lib/pythonX.Y/site-packages`.
    pub(crate) sites: Vec<Vec<u8>>,
    /// The link in `bin/` that should lead to an interpreter, and what is missing.
    pub(crate) dangling: Option<(Vec<u8>, Vec<u8>)>,
    /// Where it was made, if it lies elsewhere now: what `activate` says, or the command that made it.
    pub(crate) made_at: Option<Vec<u8>>,
}

/// A script that names an interpreter which is not in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BrokenScript {
    /// The script.
    pub(crate) path: Vec<u8>,
    /// The interpreter, absolute.
    pub(crate) interpreter: String,
}

/// Every virtual environment of an image.
pub(super) fn all(files: &Files, landmarks: &Landmarks) -> Vec<Venv> {
    landmarks
        .venvs
        .iter()
        .map(|file| Venv::read(files, file))
        .collect()
}

impl Venv {
    fn read(files: &Files, file: &[u8]) -> Venv {
        let directory = parent(file).to_vec();
        let config = PyvenvCfg::parse(&files.text(file, LIMIT).unwrap_or_default());
        let made_at = made_at(files, &directory, &config);
        Venv {
            sites: sites(files, &directory),
            dangling: dangling(files, &directory),
            directory,
            config,
            made_at,
        }
    }

    /// The directory of its programs.
    pub(crate) fn bin(&self) -> Vec<u8> {
        join(&self.directory, b"bin")
    }

    /// X and Y of the Python that it was made for.
    pub(crate) fn version(&self) -> Option<(u8, u8)> {
        let of_site = || self.sites.iter().find_map(|site| site_version(site));
        of_site().or_else(|| self.config.python())
    }

    /// Whether a path lies in it.
    pub(crate) fn contains(&self, path: &[u8]) -> bool {
        path.strip_prefix(self.directory.as_slice())
            .is_some_and(|rest| rest.starts_with(b"/"))
    }

    /// Whether one of its site-packages has a module or package of this name.
    pub(crate) fn provides(&self, files: &Files, module: &str) -> bool {
        self.sites.iter().any(|site| provides(files, site, module))
    }

    /// Its scripts whose interpreter is not in the image.
    pub(crate) fn broken_scripts(&self, files: &Files) -> Vec<BrokenScript> {
        let bin = self.bin();
        let names = files.list(&bin).into_iter();
        let scripts = names.filter(|(_, node)| node.is_file());
        scripts
            .filter_map(|(name, _)| broken_script(files, &join(&bin, name)))
            .collect()
    }
}

/// The script at a path, if the Python that it names is not in the image.
pub(crate) fn broken_script(files: &Files, path: &[u8]) -> Option<BrokenScript> {
    // most are programs
    if files.read(path, 2)? != b"#!" {
        return None;
    }
    let script = Script::parse(&files.read(path, LIMIT)?)?;
    let interpreter = script.interpreter();
    let python = file_name(interpreter.as_bytes()).starts_with(b"python");
    let missing = python && interpreter.starts_with('/') && !files.is_file(interpreter.as_bytes());
    missing.then(|| BrokenScript {
        path: path.to_vec(),
        interpreter: interpreter.to_string(),
    })
}

/// X and Y of `…/lib/python3.11/site-packages`.
pub(crate) fn site_version(site: &[u8]) -> Option<(u8, u8)> {
    let name = std::str::from_utf8(file_name(parent(site))).ok()?;
    let (x, y) = name.strip_prefix("python")?.split_once('.')?;
    Some((x.parse().ok()?, y.trim_end_matches('t').parse().ok()?))
}

/// Whether a directory has a module or package of this dotted name.
pub(crate) fn provides(files: &Files, site: &[u8], module: &str) -> bool {
    let at = join(site, module.replace('.', "/").as_bytes());
    let stem = [file_name(&at), b"."].concat();
    let extension = |name: &[u8]| name.starts_with(&stem) && name.ends_with(b".so");
    files.is_file(&[at.as_slice(), b".py"].concat())
        || files.is_directory(&at)
        || files
            .list(parent(&at))
            .iter()
            .any(|(name, _)| extension(name))
}

/// The `lib/pythonX.Y/site-packages` of an environment.
fn sites(files: &Files, directory: &[u8]) -> Vec<Vec<u8>> {
    let lib = join(directory, b"lib");
    let versions = files.list(&lib).into_iter();
    let sites = versions
        .filter(|(name, _)| name.starts_with(b"python") || name.starts_with(b"pypy"))
        .map(|(name, _)| join(&join(&lib, name), b"site-packages"));
    sites.filter(|site| files.is_directory(site)).collect()
}

/// The first link to an interpreter that leads to nothing.
fn dangling(files: &Files, directory: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    ["python", "python3"].iter().find_map(|name| {
        let link = join(directory, format!("bin/{name}").as_bytes());
        files.node(&link)?;
        let target = files.dangling(&link)?;
        Some((link, target))
    })
}

/// Where it was made, if that is not where it lies.
fn made_at(files: &Files, directory: &[u8], config: &PyvenvCfg) -> Option<Vec<u8>> {
    let text = files.text(&join(directory, b"bin/activate"), LIMIT);
    let activated = text.as_deref().and_then(activates);
    let command = config.command.as_deref();
    let asked = command.and_then(|command| command.split_whitespace().last());
    let path = activated.or_else(|| asked.map(str::to_string))?;
    let path = path.starts_with('/').then(|| join(b"", path.as_bytes()))?;
    let same = files.resolve(&path).map(|(path, _)| path)
        == files.resolve(directory).map(|(path, _)| path);
    (path != directory && !same).then_some(path)
}

/// The directory that an `activate` names.
fn activates(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.trim();
        let value = line
            .strip_prefix("export ")
            .unwrap_or(line)
            .strip_prefix("VIRTUAL_ENV=")?;
        let value = value.trim_matches(['"', '\'']);
        value.starts_with('/').then(|| value.to_string())
    })
}

/// A path through its links: `/venv/bin/python → /usr/local/bin/python3`; the last one is missing.
pub(crate) fn links(files: &Files, path: &[u8]) -> String {
    let mut steps = vec![shown(path)];
    let mut at = path.to_vec();
    while let Some(node) = files.node(&at)
        && let crate::files::Kind::Symlink { target } = &node.kind
        && steps.len() < 10
    {
        at = join(parent(&at), target);
        steps.push(String::from_utf8_lossy(target).into_owned());
    }
    steps.join(" → ")
}

impl Facts<'_> {
    /// The virtual environment that a path lies in.
    pub(crate) fn venv_of(&self, path: &[u8]) -> Option<&Venv> {
        self.venvs().iter().find(|venv| venv.contains(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn sample() -> Sample {
        Sample::new()
            .file(
                "opt/venv/pyvenv.cfg",
                "home = /usr/local/bin\nversion = 3.11.2\ncommand = /usr/local/bin/python -m venv /build/venv\n",
            )
            .link("opt/venv/bin/python", "/usr/local/bin/python3")
            .program("opt/venv/bin/flask", "#!/build/venv/bin/python\n")
            .program(
                "opt/venv/bin/long",
                "#!/bin/sh\n'''exec' /build/venv/bin/python \"$0\" \"$@\"\n' '''\n",
            )
            .program("opt/venv/bin/tool", "#!/bin/sh\nexec python\n")
            .file("opt/venv/lib/python3.11/site-packages/flask/__init__.py", "")
    }

    #[test]
    fn what_an_environment_says_of_itself() {
        let image = sample().image();
        let facts = Facts::new(&image);
        let [venv] = facts.venvs() else {
            panic!("one environment")
        };
        assert_eq!(venv.version(), Some((3, 11)));
        assert_eq!(venv.made_at.as_deref(), Some(b"build/venv".as_slice()));
        let (link, target) = venv.dangling.clone().unwrap();
        assert_eq!(
            (shown(&link).as_str(), shown(&target).as_str()),
            ("/opt/venv/bin/python", "/usr/local/bin/python3")
        );
        assert_eq!(
            links(&image.files, &link),
            "/opt/venv/bin/python → /usr/local/bin/python3"
        );
        let broken: Vec<String> = venv
            .broken_scripts(&image.files)
            .iter()
            .map(|script| shown(&script.path))
            .collect();
        assert_eq!(broken, ["/opt/venv/bin/flask", "/opt/venv/bin/long"]);
        assert!(venv.provides(&image.files, "flask"));
        assert!(!venv.provides(&image.files, "fla"));
    }

    #[test]
    fn an_environment_that_a_link_leads_to_was_not_moved() {
        let image = sample().link("build/venv", "/opt/venv").image();
        let facts = Facts::new(&image);
        assert_eq!(facts.venvs()[0].made_at, None);
        assert_eq!(facts.venvs()[0].broken_scripts(&image.files).len(), 2);
    }

    #[test]
    fn activate_tells_where_an_environment_was_made() {
        for text in [
            "VIRTUAL_ENV=\"/build/venv\"\nexport VIRTUAL_ENV\n",
            "    VIRTUAL_ENV=$(cygpath /build/venv)\n    export VIRTUAL_ENV=/build/venv\n",
            "VIRTUAL_ENV='/build/venv'\n",
        ] {
            assert_eq!(activates(text).as_deref(), Some("/build/venv"), "{text}");
        }
        assert_eq!(activates("VIRTUAL_ENV=$(cd x && pwd)\n"), None);
    }

    #[test]
    fn site_directories_tell_their_version() {
        assert_eq!(
            site_version(b"x/lib/python3.13t/site-packages"),
            Some((3, 13))
        );
        assert_eq!(site_version(b"usr/lib/python3/dist-packages"), None);
    }
}
