//! Base images assembled from signed Debian packages: `debian:<suite>[-slim]` and `python:X.Y[-slim]`.
//!
//! Used where it was asked for (`--bases debian`). Two records in the store make the usual build quick:
//!
//! ```text
//! debian/plans/<key>    what was resolved from these indices for this name  → the packages' digest, who they are
//! debian/images/<key>   what was assembled of these packages                → the manifest's digest
//! ```

mod assemble;
mod fetch;
mod mirror;
mod name;
mod root;
mod security;

use std::path::Path;
use std::sync::OnceLock;
use std::time::SystemTime;

use constrict_debian::official::{BUILD_TOOLS, Flavour};
use constrict_debian::python::{Recipe, recipe};
use constrict_debian::resolve::{Choice, Request, Universe, resolve};
use constrict_debian::suite::{PythonVersion, Suite, pythons};
use constrict_oci::layer::Compression;
use constrict_oci::{Digest, History, ImageConfig, Manifest, Platform, Reference, RunConfig};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::layers::Layers;
use crate::settings::DebianMirrors;
use crate::solver::DEFAULT_EPOCH;
use crate::source::http;
use assemble::{Parts, Python, assemble};
use fetch::{Fetcher, Indices, asked_from, make_folders, place};
use mirror::{Archive, archive, without_secrets};
use name::{PythonName, SuiteName, Wanted};
pub use security::SecuritySuite;

/// Changes whenever the same packages are made into something else.
const RECIPE: u32 = 1;

/// The `PATH` of the official images.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Where a Python is looked for: Debian's releases, and which minor release each had when it came out. What is not
/// released yet changes daily; it has to be asked for by name (`python:3.14-slim-forky`).
const RELEASES: [(Suite, u32); 3] = [
    (Suite::Trixie, 13),
    (Suite::Bookworm, 11),
    (Suite::Bullseye, 9),
];

/// Makes base images.
pub struct Debian {
    settings: DebianMirrors,
    agent: ureq::Agent,
    asked_from: SystemTime,
    archive: OnceLock<Archive>,
}

/// What Debian says to a name.
pub enum Answer {
    /// The image's manifest, in the store.
    Image(Digest),
    /// There is none, and why.
    No(String),
}

/// What was resolved from indices.
#[derive(Serialize, Deserialize)]
struct Plan {
    /// The key of the image; `None` if the suite does not have what was asked for.
    image: Option<Digest>,
    /// Why there is none.
    missing: String,
}

/// What was assembled.
#[derive(Serialize, Deserialize)]
struct Assembled {
    manifest: Digest,
}

/// Whether Debian's packages could stand for the image.
pub fn could_make(reference: &Reference) -> bool {
    name::parse(reference).is_some()
}

/// The packages of an image.
struct Resolved<'a> {
    packages: Vec<Choice<'a>>,
    transplanted: Vec<Choice<'a>>,
    recipe: Option<Recipe>,
}

impl Debian {
    /// Prepares; nothing is read or asked before an image is wanted. `ca` is a bundle of certificate authorities;
    /// with `pull`, the mirror is asked even if it was a minute ago.
    pub fn new(settings: &DebianMirrors, ca: Option<&Path>, pull: bool) -> Result<Debian> {
        Ok(Debian {
            settings: settings.clone(),
            agent: http::agent(ca)?,
            asked_from: asked_from(pull),
            archive: OnceLock::new(),
        })
    }

    /// The image that the name stands for, made if it was not before.
    pub fn image(
        &self,
        reference: &Reference,
        platform: &Platform,
        layers: &Layers,
    ) -> Result<Answer> {
        let Some(wanted) = name::parse(reference) else {
            return Ok(Answer::No("have no such image".into()));
        };
        let host = Platform::host();
        let Some(architecture) = architecture(platform).filter(|_| *platform == host) else {
            return Ok(Answer::No(format!("are assembled for {host} only")));
        };
        let maker = Maker {
            fetcher: self.fetcher(architecture, layers)?,
            layers,
            platform,
            name: reference.familiar(),
        };
        maker.make(&wanted)
    }

    fn fetcher<'a>(&'a self, architecture: &'a str, layers: &'a Layers) -> Result<Fetcher<'a>> {
        make_folders(&layers.store)?;
        let archive = match self.archive.get() {
            Some(archive) => archive,
            None => {
                let found = archive(&self.settings)?;
                self.archive.get_or_init(|| found)
            }
        };
        Ok(Fetcher {
            layers,
            archive,
            agent: &self.agent,
            architecture,
            asked_from: self.asked_from,
        })
    }
}

/// One image on its way.
struct Maker<'a> {
    fetcher: Fetcher<'a>,
    layers: &'a Layers,
    platform: &'a Platform,
    name: String,
}

impl Maker<'_> {
    fn make(&self, wanted: &Wanted) -> Result<Answer> {
        let mut reasons = Vec::new();
        for suite in self.suites(wanted)? {
            let Some(indices) = self.fetcher.indices(suite)? else {
                reasons.push(format!("the mirror has no {suite}"));
                continue;
            };
            if let SuiteName::Point(_, number) = &wanted.suite {
                let found = indices.release.version.as_deref().unwrap_or_default();
                if found != number {
                    reasons.push(format!("the mirror has {suite} {found}"));
                    continue;
                }
            }
            match self.of_suite(wanted, &indices)? {
                Answer::Image(digest) => return Ok(Answer::Image(digest)),
                Answer::No(reason) => reasons.push(reason),
            }
        }
        if reasons.is_empty() {
            reasons.push("have no such suite".into());
        }
        Ok(Answer::No(reasons.join(", ")))
    }

    /// The suites to look at, in this order.
    fn suites(&self, wanted: &Wanted) -> Result<Vec<Suite>> {
        Ok(match &wanted.suite {
            SuiteName::Known(suite) | SuiteName::Point(suite, _) => vec![*suite],
            SuiteName::Moving(name) => self.fetcher.moving(name)?.into_iter().collect(),
            SuiteName::Any => likely_suites(wanted.python.as_ref()),
        })
    }

    fn of_suite(&self, wanted: &Wanted, indices: &Indices) -> Result<Answer> {
        let store = &self.layers.store;
        let key = format!(
            "{RECIPE} {wanted:?} {} {} {:?}",
            self.platform,
            indices.digest(),
            without_secrets(&self.fetcher.archive.mirrors),
        );
        let plan_path = place(store, "plans", &Digest::of(key.as_bytes()).hex());
        let known: Option<Plan> = store.read_json(&plan_path)?;
        match &known {
            Some(Plan {
                image: None,
                missing,
            }) => return Ok(Answer::No(missing.clone())),
            Some(Plan {
                image: Some(image), ..
            }) => {
                if let Some(manifest) = self.assembled(image)? {
                    return Ok(Answer::Image(manifest));
                }
            }
            None => {}
        }
        let universe = self.fetcher.universe(indices)?;
        let resolved = match self.resolve(wanted, indices, &universe)? {
            Ok(resolved) => resolved,
            Err(missing) => {
                let plan = Plan {
                    image: None,
                    missing: missing.clone(),
                };
                store.write_json(&plan_path, &plan)?;
                return Ok(Answer::No(missing));
            }
        };
        let image = self.image_key(wanted, indices, &resolved);
        let plan = Plan {
            image: Some(image),
            missing: String::new(),
        };
        store.write_json(&plan_path, &plan)?;
        let _lock = store.lock(&format!("debian-{}", image.hex()))?;
        // other indices may name the same packages; another process may have been first
        if let Some(manifest) = self.assembled(&image)? {
            return Ok(Answer::Image(manifest));
        }
        let manifest = self.assemble(wanted, indices, &resolved)?;
        store.write_json(
            &place(store, "images", &image.hex()),
            &Assembled { manifest },
        )?;
        Ok(Answer::Image(manifest))
    }

    /// The manifest of what was assembled before, if all of it is still there.
    fn assembled(&self, key: &Digest) -> Result<Option<Digest>> {
        let store = &self.layers.store;
        let record: Option<Assembled> = store.read_json(&place(store, "images", &key.hex()))?;
        let Some(Assembled { manifest }) = record.filter(|known| store.has_blob(&known.manifest))
        else {
            return Ok(None);
        };
        let read = Manifest::parse(&store.read_blob(&manifest)?)?;
        let is_whole = store.has_blob(&read.config.digest)
            && read
                .layers
                .iter()
                .all(|layer| store.has_blob(&layer.digest));
        Ok(is_whole.then_some(manifest))
    }

    /// The packages, or why there are none.
    fn resolve<'u>(
        &self,
        wanted: &Wanted,
        indices: &Indices,
        universe: &'u Universe,
    ) -> Result<Result<Resolved<'u>, String>> {
        let mut request = Request {
            wanted: vec!["apt".into()],
            essential: true,
            prefer: Request::usual_preferences(),
            ..Request::default()
        };
        let required = universe.with_priority("required").into_iter();
        request.wanted.extend(required.map(str::to_owned));
        let mut recipe_of_python = None;
        if let Some(name) = &wanted.python {
            let carried = pythons(universe.packages());
            let version = match choose_python(name, &carried, universe) {
                Ok(version) => version,
                Err(found) => return Ok(Err(format!("{} has {found}", indices.suite))),
            };
            let recipe = recipe(version, self.fetcher.architecture, universe)?;
            request.wanted.extend(recipe.wanted.iter().cloned());
            if wanted.flavour == Flavour::Full {
                request.wanted.extend(BUILD_TOOLS.map(str::to_owned));
            }
            recipe_of_python = Some(recipe);
        }
        let packages = resolve(universe, &request)?;
        let names = recipe_of_python
            .iter()
            .flat_map(|recipe| &recipe.transplanted);
        let transplanted = names
            .map(|name| universe.choice(name).expect("the recipe found it there"))
            .collect();
        Ok(Ok(Resolved {
            packages,
            transplanted,
            recipe: recipe_of_python,
        }))
    }

    /// What decides the image's bytes.
    fn image_key(&self, wanted: &Wanted, indices: &Indices, resolved: &Resolved<'_>) -> Digest {
        let mut lines = Vec::new();
        let listed = [
            (&resolved.packages, "package"),
            (&resolved.transplanted, "python"),
        ];
        for (choices, use_) in listed {
            for Choice { package, .. } in choices {
                let (name, version) = (&package.name, package.version.as_str());
                lines.push(format!("{use_} {name} {version} {}", package.sha256));
            }
        }
        lines.sort();
        let mirrors = without_secrets(&self.fetcher.archive.mirrors);
        let environment = resolved.recipe.as_ref().map(|recipe| &recipe.environment);
        lines.push(format!(
            "{RECIPE} {} {:?} {} {mirrors:?} {environment:?}",
            indices.suite, wanted.flavour, self.platform
        ));
        Digest::of(lines.join("\n").as_bytes())
    }

    fn assemble(
        &self,
        wanted: &Wanted,
        indices: &Indices,
        resolved: &Resolved<'_>,
    ) -> Result<Digest> {
        let count = resolved.packages.len() + resolved.transplanted.len();
        let (suite, date) = (indices.suite, indices.date.date());
        let what = format!("{}: {count} Debian packages ({suite}, {date})", self.name);
        let all: Vec<&Choice<'_>> = resolved
            .packages
            .iter()
            .chain(&resolved.transplanted)
            .collect();
        // shown until the image is there
        let progress = self
            .layers
            .observer
            .download(&what, self.fetcher.missing(&all));
        let mut packages = self.fetcher.packages(&all, &*progress)?;
        let transplanted = packages.split_off(resolved.packages.len());
        let diff_id = assemble(
            self.layers,
            &Parts {
                suite,
                flavour: wanted.flavour,
                architecture: self.fetcher.architecture,
                mirrors: &without_secrets(&self.fetcher.archive.mirrors),
                packages,
                python: resolved.recipe.as_ref().map(|recipe| Python {
                    recipe,
                    packages: transplanted,
                }),
            },
        )?;
        let config = self.config(resolved.recipe.as_ref(), suite, count);
        let image = crate::export::image::assemble(
            self.layers,
            config,
            &[diff_id],
            DEFAULT_EPOCH,
            Compression::GZIP,
        )?;
        Ok(image.descriptor.digest)
    }

    /// The configuration, as the official image has it.
    fn config(&self, recipe: Option<&Recipe>, suite: Suite, count: usize) -> ImageConfig {
        let (environment, command) = match recipe {
            Some(recipe) => (recipe.environment.clone(), recipe.command.clone()),
            None => (vec![("PATH".into(), PATH.into())], vec!["bash".into()]),
        };
        let step = |created_by: String, empty_layer| History {
            created_by,
            empty_layer,
            comment: "constrict".into(),
            ..History::default()
        };
        let history = vec![
            step(format!("{count} Debian packages of {suite}"), false),
            step(format!("CMD {command:?}"), true),
        ];
        ImageConfig {
            architecture: self.platform.architecture.clone(),
            os: self.platform.os.clone(),
            variant: self.platform.variant.clone(),
            config: RunConfig {
                env: environment
                    .into_iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect(),
                cmd: command,
                ..RunConfig::default()
            },
            history,
            ..ImageConfig::default()
        }
    }
}

/// The releases that may carry a Python, the likeliest first.
fn likely_suites(python: Option<&PythonName>) -> Vec<Suite> {
    let mut releases = RELEASES;
    if let Some(PythonName::Minor(version) | PythonName::Full(version, _)) = python {
        releases.sort_by_key(|(_, minor)| minor.abs_diff(version.minor));
    }
    releases.map(|(suite, _)| suite).to_vec()
}

/// The Python of those that a suite carries, or what there is instead.
fn choose_python(
    name: &PythonName,
    carried: &[PythonVersion],
    universe: &Universe,
) -> Result<PythonVersion, String> {
    let listed = || {
        let names: Vec<String> = carried.iter().map(|v| format!("Python {v}")).collect();
        match names.is_empty() {
            true => "no Python 3".into(),
            false => names.join(" and "),
        }
    };
    match name {
        PythonName::Newest => carried.last().copied().ok_or_else(listed),
        PythonName::Minor(version) if carried.contains(version) => Ok(*version),
        PythonName::Full(version, full) if carried.contains(version) => {
            let package = universe.newest(&format!("python{version}"));
            let found = package.map_or("", |package| package.version.upstream());
            let found = found.split('+').next().unwrap_or_default();
            match found == full {
                true => Ok(*version),
                false => Err(format!("Python {found}")),
            }
        }
        _ => Err(listed()),
    }
}

/// Debian's name of a platform's architecture.
fn architecture(platform: &Platform) -> Option<&'static str> {
    if platform.os != "linux" {
        return None;
    }
    Some(
        match (platform.architecture.as_str(), platform.variant.as_str()) {
            ("amd64", "") => "amd64",
            ("arm64", "") => "arm64",
            ("arm", "v7") => "armhf",
            ("arm", "v5") => "armel",
            ("386", "") => "i386",
            ("ppc64le", "") => "ppc64el",
            ("riscv64", "") => "riscv64",
            ("s390x", "") => "s390x",
            _ => return None,
        },
    )
}
