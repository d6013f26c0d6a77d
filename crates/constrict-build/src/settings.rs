//! `constrict.toml`: the user's, under `$XDG_CONFIG_HOME/constrict/`, and the project's, beside the Dockerfile.
//! [`reference`](mod@reference) lists the keys.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use constrict_oci::registry::{HostConfig, Mirror};
use serde::Deserialize;

use crate::error::{Error, IoContext, Result};

pub mod reference;

/// What the files say; the project's counts before the user's.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where bases come from, besides registries.
    #[serde(default)]
    pub bases: Option<Bases>,
    /// A PEM bundle of certificate authorities.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// Registries by name.
    #[serde(default)]
    pub registry: BTreeMap<String, Registry>,
    /// Debian's mirrors.
    #[serde(default)]
    pub debian: DebianMirrors,
    /// The check of images.
    #[serde(default)]
    pub check: Check,
    /// Where vulnerabilities are looked up.
    #[serde(default)]
    pub vulnerabilities: Vulnerabilities,
}

/// Where vulnerabilities are looked up.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vulnerabilities {
    /// Directories, files and addresses of OSV records, and `debian-security`.
    #[serde(default)]
    pub sources: Vec<String>,
}

/// How images are checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Rules that are left out.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// Where bases come from, besides registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bases {
    /// Nowhere.
    Registry,
    /// Debian's packages.
    Debian,
}

/// How a registry is reached.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// Hosts that have the same images.
    #[serde(default)]
    pub mirrors: Vec<String>,
    /// Without TLS.
    #[serde(default)]
    pub http: bool,
    /// With any certificate.
    #[serde(default)]
    pub insecure: bool,
}

/// Debian's mirrors, where the host's apt does not say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DebianMirrors {
    /// Of the archive.
    #[serde(default)]
    pub mirror: Option<String>,
    /// Of the security archive.
    #[serde(default)]
    pub security: Option<String>,
    /// The keys that sign their Release files; the host's of Debian if not given.
    #[serde(default)]
    pub keyring: Option<PathBuf>,
    /// Release files may be out of date.
    #[serde(default)]
    pub snapshot: bool,
}

/// The name of the file.
const FILE: &str = "constrict.toml";

impl Settings {
    /// Reads the user's file and the one in `project`; missing ones say nothing.
    pub fn load(
        project: Option<&Path>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let set = |name: &str| {
            environment(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let config =
            set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
        let mut settings = match config {
            Some(config) => Self::read(&config.join("constrict").join(FILE))?,
            None => Settings::default(),
        };
        if let Some(project) = project {
            let own = Self::read(&project.join(FILE))?;
            settings.bases = own.bases.or(settings.bases);
            settings.ca = own.ca.map(|ca| project.join(ca)).or(settings.ca);
            settings.registry.extend(own.registry);
            settings.check.allow.extend(own.check.allow);
            settings.debian.mirror = own.debian.mirror.or(settings.debian.mirror);
            settings.debian.security = own.debian.security.or(settings.debian.security);
            let keyring = own.debian.keyring.map(|path| project.join(path));
            settings.debian.keyring = keyring.or(settings.debian.keyring);
            settings.debian.snapshot |= own.debian.snapshot;
            if !own.vulnerabilities.sources.is_empty() {
                let sources = own.vulnerabilities.sources.into_iter();
                settings.vulnerabilities.sources =
                    sources.map(|source| below(project, source)).collect();
            }
        }
        Ok(settings)
    }

    fn read(path: &Path) -> Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => toml::from_str(&text).map_err(|error| {
                Error::Invalid(format!(
                    "`{}`: {}",
                    path.display(),
                    error.to_string().trim_end().replace('\n', "\n  ")
                ))
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Settings::default()),
            Err(error) => Err(error).at("read", path),
        }
    }

    /// The registries as the client wants them.
    pub fn hosts(&self) -> Result<BTreeMap<String, HostConfig>> {
        let mut hosts = BTreeMap::new();
        for (name, registry) in &self.registry {
            let mirrors = registry
                .mirrors
                .iter()
                .map(|text| Mirror::parse(text))
                .collect::<Result<_, _>>()?;
            hosts.insert(
                name.clone(),
                HostConfig {
                    mirrors,
                    http: registry.http,
                    insecure: registry.insecure,
                },
            );
        }
        Ok(hosts)
    }
}

/// A source that is a path, below the directory of the file that names it.
fn below(project: &Path, source: String) -> String {
    let is_path = source != DEBIAN_SECURITY && !source.contains("://");
    match is_path {
        true => project.join(source).display().to_string(),
        false => source,
    }
}

/// The source that is Debian's security suite.
pub const DEBIAN_SECURITY: &str = "debian-security";

#[cfg(test)]
mod tests;
