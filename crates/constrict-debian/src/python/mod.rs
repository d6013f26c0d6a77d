//! `python:X.Y[-slim]` on Debian's own Python, as data: which packages, which files go where. Writes and runs nothing.
//!
//! The official images have their Python below `/usr/local` and no other; Debian's is built for `/usr` and patched to
//! install elsewhere (`dist-packages`, `EXTERNALLY-MANAGED`). Here Debian's files are *transplanted*: unpacked below
//! `/usr/local` without being recorded in the dpkg database, a dozen lines of their sources set back to what upstream
//! has. The interpreter finds its prefix by looking for `lib/pythonX.Y/os.py` beside itself, so moving it is enough.
//!
//! What came out, checked with 3.9 (bullseye), 3.11 (bookworm) and 3.13 (trixie): `sys.prefix == sys.base_prefix ==
//! /usr/local`; pip installs to `/usr/local/lib/pythonX.Y/site-packages` and `/usr/local/bin`, with `--user` to
//! `~/.local`; `python -m venv` works; no tool takes the place for a virtual environment, which is what a
//! `pyvenv.cfg` in `/usr/local` would look like (uv refuses `--system` there, `pip install --user` fails).
//! `apt-get install python3` later puts Debian's own Python beside it, unharmed. Headers and `libpythonX.Y.so` are
//! there too, as in the official images, so extensions build once a compiler is installed.
//!
//! Since 3.11 the `site` module is frozen into the interpreter, where no edit reaches it. It still looks for
//! `dist-packages`: a `.pth` file there runs `site_packages.py` (beside this file), which puts `site-packages` in its
//! place. A `sitecustomize` would do it too, but tracing tools bring their own by `PYTHONPATH`, and the first one wins.

use std::collections::BTreeSet;
use std::io::{self, Read};

use crate::deb::{Entry, Kind, read_deb};
use crate::packages::{Field, Package};
use crate::relation::Alternatives;
use crate::resolve::Universe;
use crate::suite::{PythonVersion, triplet};
use crate::unpack::{Sink, Step};
use crate::{Error, Result};

/// Longest source file that is edited, bytes; the longest has 100 KiB.
const EDITED_LIMIT: u64 = 4 << 20;

/// How a `python:X.Y[-slim]` base is made from Debian packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    version: PythonVersion,
    triplet: &'static str,
    /// Relations to install with dpkg beside the slim base.
    pub wanted: Vec<String>,
    /// The packages to hand to [`Recipe::transplant`], newest version of each, not to be recorded.
    pub transplanted: Vec<String>,
    /// Links to make: path below the root and target.
    pub links: Vec<(String, String)>,
    /// Files to write, mode 0644, with their directories: path below the root and content.
    pub files: Vec<(String, String)>,
    /// What to run in the sandbox when all that is there: installs pip (and setuptools before 3.12).
    pub step: Step,
    /// Environment of the image's configuration.
    pub environment: Vec<(String, String)>,
    /// Command of the image's configuration.
    pub command: Vec<String>,
}

/// A line of a source file that Debian changed, and what upstream has there.
struct Edit {
    /// Start of the path below `usr/local/lib/pythonX.Y/`.
    path: &'static str,
    find: String,
    replace: String,
    /// Whether a file without it is an error, rather than one that needs no edit.
    required: bool,
}

/// The recipe for one Python that a suite carries.
pub fn recipe(version: PythonVersion, architecture: &str, universe: &Universe) -> Result<Recipe> {
    let triplet = triplet(architecture)
        .ok_or_else(|| Error::value("architecture", architecture, "is not known"))?;
    let main = format!("python{version}");
    let newest = |name: &str| universe.newest(name);
    let interpreter = newest(&main).ok_or_else(|| {
        Error::value(
            "python version",
            &version.to_string(),
            "is not in the suite",
        )
    })?;
    let names = transplanted_names(version);
    let transplanted: Vec<String> = names
        .into_iter()
        .filter(|name| is_offered(universe, name, version))
        .collect();
    let mut wanted = BTreeSet::from(["ca-certificates", "netbase", "tzdata"].map(str::to_owned));
    for name in &transplanted {
        let package = newest(name)
            .ok_or_else(|| Error::value("package name", name, "is not in the suite"))?;
        for item in needs(package)? {
            wanted.insert(item.to_string());
        }
    }
    let upstream = interpreter
        .version
        .upstream()
        .split('+')
        .next()
        .unwrap_or_default();
    let mut environment = vec![
        (
            "PATH".to_owned(),
            "/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                .to_owned(),
        ),
        ("PYTHON_VERSION".to_owned(), upstream.to_owned()),
    ];
    if version.minor < 13 {
        environment.insert(1, ("LANG".to_owned(), "C.UTF-8".to_owned()));
    }
    Ok(Recipe {
        version,
        triplet,
        wanted: wanted.into_iter().collect(),
        transplanted,
        links: links(version),
        files: files(version),
        step: install_pip(version),
        environment,
        command: vec!["python3".to_owned()],
    })
}

fn transplanted_names(version: PythonVersion) -> Vec<String> {
    let mut list: Vec<String> = [
        "libpython#-minimal",
        "libpython#-stdlib",
        "python#-minimal",
        "python#",
        "python#-venv",
    ]
    .into_iter()
    .chain(["libpython#", "libpython#-dev"])
    .map(|name| name.replace('#', &version.to_string()))
    .collect();
    let modules = ["python3-distutils", "python3-lib2to3"];
    let wheels = [
        "python3-pip-whl",
        "python-pip-whl",
        "python3-setuptools-whl",
    ];
    list.extend(modules.into_iter().chain(wheels).map(str::to_owned));
    list
}

/// Whether the suite has it for this Python: `python3-distutils` is of one minor release; one of two names has pip.
fn is_offered(universe: &Universe, name: &str, version: PythonVersion) -> bool {
    let Some(package) = universe.newest(name) else {
        return false;
    };
    match name {
        "python3-distutils" | "python3-lib2to3" => package
            .version
            .upstream()
            .starts_with(&format!("{version}.")),
        "python-pip-whl" => universe.newest("python3-pip-whl").is_none(),
        _ => true,
    }
}

/// What a transplanted package depends on, Python packages and MIME types (which official images lack) aside.
fn needs(package: &Package) -> Result<Vec<Alternatives>> {
    let ours = |name: &str| {
        name.starts_with("python")
            || name.starts_with("libpython")
            || name == "media-types"
            || name.ends_with("-dev")
    };
    let mut list = package.relations(Field::PreDepends)?;
    list.extend(package.relations(Field::Depends)?);
    list.retain(|item| !item.0.iter().any(|relation| ours(&relation.name)));
    Ok(list)
}

fn links(version: PythonVersion) -> Vec<(String, String)> {
    let link = |name: &str, target: String| (format!("usr/local/bin/{name}"), target);
    vec![
        link("python3", format!("python{version}")),
        link("python", "python3".to_owned()),
        link("pydoc3", format!("pydoc{version}")),
        link("pydoc", "pydoc3".to_owned()),
        link("python3-config", format!("python{version}-config")),
        link("python-config", "python3-config".to_owned()),
    ]
}

fn files(version: PythonVersion) -> Vec<(String, String)> {
    let library = format!("usr/local/lib/python{version}");
    let file = |name: &str, content: &str| (format!("{library}/{name}"), content.to_owned());
    match version.minor {
        // its `site` is read from the disk and edited there
        ..11 => Vec::new(),
        _ => vec![
            file("_site_packages.py", include_str!("site_packages.py")),
            file("dist-packages/site-packages.pth", "import _site_packages\n"),
        ],
    }
}

/// Byte code is left out, as in the official images: it would carry the times of this installation.
fn install_pip(version: PythonVersion) -> Step {
    let script = format!(
        "set -e\n\
         ldconfig\n\
         /usr/local/bin/python{version} -m ensurepip --default-pip\n\
         rm -f /usr/local/bin/easy_install /usr/local/bin/easy_install-*\n\
         find /usr/local -depth -name __pycache__ -exec rm -rf '{{}}' +\n"
    );
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Step {
        command: vec!["/bin/bash".to_owned(), "-c".to_owned(), script],
        environment: vec![
            variable(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ),
            variable("HOME", "/nonexistent"),
            variable("LC_ALL", "C.UTF-8"),
            variable("PYTHONDONTWRITEBYTECODE", "1"),
            variable("PYTHONHASHSEED", "0"),
        ],
    }
}

impl Recipe {
    /// Unpacks one of the transplanted packages: what the official images have of it, below `/usr/local`.
    pub fn transplant<S: Sink>(&self, deb: impl Read, sink: &mut S) -> Result<(), S::Error> {
        let edits = self.edits();
        let mut made = BTreeSet::new();
        read_deb(deb, |_, entry, content| -> Result<(), S::Error> {
            let Some(path) = self.placed(&entry.path) else {
                return Ok(());
            };
            if entry.kind == Kind::Directory {
                return Ok(());
            }
            make_parents(&path, entry.mtime, &mut made, sink)?;
            let mut placed = Entry {
                path,
                ..entry.clone()
            };
            if let Kind::Hardlink(target) = &entry.kind {
                let moved = self.placed(target);
                let fact = "is linked to but not transplanted";
                placed.kind =
                    Kind::Hardlink(moved.ok_or_else(|| Error::value("path", target, fact))?);
            }
            let matching: Vec<&Edit> = edits
                .iter()
                .filter(|edit| self.edits_path(edit, &placed.path))
                .collect();
            if matching.is_empty() || entry.kind != Kind::File {
                return sink.make(&placed, content);
            }
            let edited = apply(&matching, &placed, content)?;
            placed.size = edited.len() as u64;
            sink.make(&placed, &mut &edited[..])
        })
        .map(|_| ())
    }

    /// Where a path of Debian's packages goes; none where the official images have no such thing.
    fn placed(&self, path: &str) -> Option<String> {
        let (version, triplet) = (self.version, self.triplet);
        let library = format!("usr/lib/python{version}/");
        if let Some(rest) = path.strip_prefix(&library) {
            let name = rest.rsplit('/').next().unwrap_or(rest);
            let dropped = [
                "EXTERNALLY-MANAGED",
                "sitecustomize.py",
                "_distutils_system_mod.py",
            ]
            .contains(&rest)
                || (rest.starts_with("config-")
                    && (name.starts_with("libpython") || name == "python.o"));
            return (!dropped).then(|| format!("usr/local/lib/python{version}/{rest}"));
        }
        let multiarch = format!("usr/include/{triplet}/python{version}/pyconfig.h");
        let include = format!("usr/include/python{version}/");
        if path == multiarch {
            return Some(format!("usr/local/include/python{version}/pyconfig.h"));
        }
        if let Some(rest) = path.strip_prefix(&include) {
            // the one of the architecture takes the place of the one that chooses between them
            return (rest != "pyconfig.h")
                .then(|| format!("usr/local/include/python{version}/{rest}"));
        }
        if let Some(name) = path.strip_prefix("usr/share/python-wheels/") {
            return Some(format!(
                "usr/local/lib/python{version}/ensurepip/_bundled/{name}"
            ));
        }
        if let Some(name) = path.strip_prefix(&format!("usr/lib/{triplet}/")) {
            let shared = name.starts_with(&format!("libpython{version}.so"));
            return shared.then(|| format!("usr/local/lib/{name}"));
        }
        let name = path.strip_prefix("usr/bin/")?;
        let config = format!("{triplet}-python{version}-config");
        match name {
            _ if name == config => Some(format!("usr/local/bin/python{version}-config")),
            _ if name == format!("python{version}") || name == format!("pydoc{version}") => {
                Some(format!("usr/local/bin/{name}"))
            }
            _ => None,
        }
    }

    fn edits_path(&self, edit: &Edit, path: &str) -> bool {
        let below = path
            .strip_prefix("usr/local/")
            .map(|rest| rest.replace(&format!("python{}", self.version), "python#"));
        below.is_some_and(|rest| rest.starts_with(edit.path))
    }

    fn edits(&self) -> Vec<Edit> {
        let version = self.version;
        let edit = |path, find: &str, replace: &str, required| Edit {
            path,
            find: find.replace('#', &version.to_string()),
            replace: replace.replace('#', &version.to_string()),
            required,
        };
        let site = "lib/python#/site.py";
        let data = "lib/python#/_sysconfigdata_";
        let install = "lib/python#/distutils/command/install.py";
        let bundled = "/usr/local/lib/python#/ensurepip/_bundled";
        vec![
            edit(
                site,
                "        seen.add(prefix)\n",
                "        seen.add(prefix)\n        sitepackages.append(os.path.join(prefix, \"lib\", \"python#\", \
                 \"site-packages\"))\n        continue\n",
                true,
            ),
            edit(
                "lib/python#/sysconfig.py",
                "prefix_scheme = 'posix_local'",
                "prefix_scheme = 'posix_prefix'",
                version.minor > 9,
            ),
            edit(
                "lib/python#/sysconfig/__init__.py",
                "prefix_scheme = 'posix_local'",
                "prefix_scheme = 'posix_prefix'",
                true,
            ),
            edit(
                "lib/python#/distutils/sysconfig.py",
                "return os.path.join(prefix, \"lib\", \"python3\", \"dist-packages\")",
                "return os.path.join(libpython, \"site-packages\")",
                true,
            ),
            edit(
                install,
                "if os.path.normpath(self.prefix) == '/usr/local':",
                "if False:",
                true,
            ),
            edit(
                install,
                "self.select_scheme(\"unix_local\")",
                "self.select_scheme(\"unix_prefix\")",
                true,
            ),
            edit(
                "lib/python#/ensurepip/__init__.py",
                "    _ensurepip_is_disabled_in_debian_for_system()\n",
                "",
                true,
            ),
            edit(
                "lib/python#/ensurepip/__init__.py",
                "/usr/share/python-wheels",
                bundled,
                false,
            ),
            edit(data, "/usr/share/python-wheels", bundled, false),
            edit(data, "'prefix': '/usr'", "'prefix': '/usr/local'", true),
            edit(
                data,
                "'exec_prefix': '/usr'",
                "'exec_prefix': '/usr/local'",
                true,
            ),
            edit(data, "'/usr/include", "'/usr/local/include", true),
            edit(data, "'/usr/bin'", "'/usr/local/bin'", true),
            edit(data, "/usr/lib/python#", "/usr/local/lib/python#", true),
            edit(
                data,
                &format!("'LIBDIR': '/usr/lib/{}'", self.triplet),
                "'LIBDIR': '/usr/local/lib'",
                false,
            ),
            edit(
                data,
                "'LIBDIR': '/usr/lib'",
                "'LIBDIR': '/usr/local/lib'",
                false,
            ),
            edit(
                "bin/pydoc#",
                "/usr/bin/python",
                "/usr/local/bin/python",
                true,
            ),
            edit(
                "bin/python#-config",
                "/usr/bin/python",
                "/usr/local/bin/python",
                false,
            ),
        ]
    }
}

fn apply(edits: &[&Edit], entry: &Entry, content: &mut dyn Read) -> Result<Vec<u8>> {
    let mut text = String::new();
    let count = content
        .take(EDITED_LIMIT + 1)
        .read_to_string(&mut text)
        .map_err(Error::io("read a source file"))?;
    if count as u64 > EDITED_LIMIT {
        return Err(Error::TooLarge {
            what: "a source file of Python",
            limit: EDITED_LIMIT,
        });
    }
    for edit in edits {
        if edit.required && !text.contains(&edit.find) {
            return Err(Error::value(
                "source file",
                &entry.path,
                "is not the one that the edits were made for",
            ));
        }
        text = text.replace(&edit.find, &edit.replace);
    }
    Ok(text.into_bytes())
}

/// The directories above a path, those that this package's entries have not made yet.
fn make_parents<S: Sink>(
    path: &str,
    mtime: u64,
    made: &mut BTreeSet<String>,
    sink: &mut S,
) -> Result<(), S::Error> {
    let ends = path.match_indices('/').map(|(end, _)| end);
    for parent in ends.map(|end| &path[..end]) {
        if made.insert(parent.to_owned()) {
            let path = parent.to_owned();
            let entry = Entry {
                path,
                kind: Kind::Directory,
                mode: 0o755,
                uid: 0,
                gid: 0,
                mtime,
                size: 0,
            };
            sink.make(&entry, &mut io::empty())?;
        }
    }
    Ok(())
}
