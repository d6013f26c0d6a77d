//! Python's distributions: dist-info and egg-info with their RECORD.
//!
//! Source: PyPA specifications "core metadata" and "recording installed projects".

use std::collections::{BTreeMap, BTreeSet};

use constrict_python::dist_info::headers;

use super::paths::Paths;
use super::{Ecosystem, Package};
use crate::facts::Facts;
use crate::facts::distribution::{self, Distribution, normalised};
use crate::facts::landmarks::is_installed;
use crate::files::Files;

/// The distributions, those of the system's packages too.
pub(super) fn packages(facts: &Facts<'_>, paths: &Paths<'_>) -> Vec<Package> {
    let all = &facts.distributions().all;
    let named: BTreeSet<&str> = all.iter().map(|found| found.name.as_str()).collect();
    let package = |found: &Distribution| package(facts.files(), found, &named, paths);
    let installed = all.iter().filter(|found| !is_of_sources(found, all));
    installed.map(package).collect()
}

/// Whether this is what setuptools leaves beside the sources that it builds, and what was built is installed.
fn is_of_sources(found: &Distribution, all: &[Distribution]) -> bool {
    let is_other = |other: &Distribution| other.name == found.name && is_installed(&other.info);
    found.info.ends_with(b".egg-info") && !is_installed(&found.info) && all.iter().any(is_other)
}

fn package(
    files: &Files,
    found: &Distribution,
    named: &BTreeSet<&str>,
    paths: &Paths<'_>,
) -> Package {
    let documents = found.documents(files);
    let text = distribution::metadata(files, &found.info).unwrap_or_default();
    let fields = Fields::parse(&text);
    let depends: BTreeSet<String> = documents
        .requires
        .iter()
        .map(|requirement| normalised(requirement.name.as_str()))
        .filter(|name| named.contains(name.as_str()))
        .collect();
    let mut owned: Vec<Vec<u8>> = Vec::new();
    for recorded in &documents.record {
        owned.extend(paths.real(&recorded.path));
    }
    owned.extend(metadata(files, &found.info));
    Package {
        ecosystem: Ecosystem::Python,
        name: fields.one("name").unwrap_or_else(|| found.name.clone()),
        version: fields
            .one("version")
            .unwrap_or_else(|| found.version.clone()),
        architecture: None,
        source: None,
        record: found.info.clone(),
        files: owned,
        maintainer: fields.person(),
        homepage: fields.homepage(),
        summary: fields.one("summary"),
        license: fields.license(),
        depends: depends.into_iter().collect(),
    }
}

/// The files of the dist-info itself, listed or not.
fn metadata(files: &Files, info: &[u8]) -> Vec<Vec<u8>> {
    match files.node(info) {
        Some(node) if !node.is_directory() => vec![info.to_vec()],
        _ => files
            .walk(info)
            .filter(|(_, node)| !node.is_directory())
            .map(|(path, _)| path.to_vec())
            .collect(),
    }
}

/// The headers of METADATA.
struct Fields {
    values: BTreeMap<String, Vec<String>>,
}

impl Fields {
    fn parse(text: &str) -> Fields {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in headers(text) {
            let value = value.trim().to_string();
            if !value.is_empty() && value != "UNKNOWN" {
                let known = values.entry(name.to_ascii_lowercase()).or_default();
                known.push(value);
            }
        }
        Fields { values }
    }

    fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    fn one(&self, name: &str) -> Option<String> {
        self.all(name).first().cloned()
    }

    fn person(&self) -> Option<String> {
        let mails = ["maintainer-email", "author-email"];
        let names = ["maintainer", "author"];
        let found = mails.iter().chain(&names).find_map(|name| self.one(name))?;
        Some(found.lines().next().unwrap_or_default().to_string())
    }

    fn homepage(&self) -> Option<String> {
        self.one("home-page").or_else(|| {
            let urls = self.all("project-url");
            let is_home = |label: &str| {
                let label: String = label.chars().filter(|c| c.is_alphanumeric()).collect();
                ["homepage", "home", "source", "repository"]
                    .contains(&label.to_ascii_lowercase().as_str())
            };
            urls.iter().find_map(|entry| {
                let (label, url) = entry.split_once(',')?;
                is_home(label).then(|| url.trim().to_string())
            })
        })
    }

    /// License-Expression (PEP 639), a short License, else the classifiers.
    fn license(&self) -> Option<String> {
        let short = |text: &String| text.lines().count() == 1 && text.len() <= 100;
        let classifiers = || {
            let names: Vec<&str> = self
                .all("classifier")
                .iter()
                .filter(|classifier| classifier.starts_with("License ::"))
                .filter_map(|classifier| classifier.rsplit(" :: ").next())
                .filter(|name| *name != "OSI Approved")
                .collect();
            (!names.is_empty()).then(|| names.join(" AND "))
        };
        self.one("license-expression")
            .or_else(|| self.one("license").filter(short))
            .or_else(classifiers)
    }
}
