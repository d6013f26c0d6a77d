//! What several suites offer: packages by name, newest first, and who provides what. Never chooses.

use std::collections::HashMap;

use super::Choice;
use crate::Result;
use crate::packages::{Field, MultiArch, Package};
use crate::relation::Relation;
use crate::version::Version;

/// What several suites offer on one architecture.
#[derive(Debug, Default)]
pub struct Universe {
    architecture: String,
    archives: Vec<String>,
    packages: Vec<Package>,
    archive_of: Vec<usize>,
    newest: HashMap<String, usize>,
    /// Virtual name → packages that provide it, whether newest or not.
    providers: HashMap<String, Vec<usize>>,
}

impl Universe {
    /// Nothing yet.
    pub fn new(architecture: &str) -> Universe {
        Universe {
            architecture: architecture.to_owned(),
            ..Universe::default()
        }
    }

    /// Adds what one suite offers. `archive` is the root that the packages' `Filename` is relative to.
    ///
    /// Of equal versions the one added first wins.
    pub fn add(&mut self, archive: &str, packages: Vec<Package>) {
        self.archives.push(archive.to_owned());
        for package in packages {
            let index = self.packages.len();
            let newest = self.newest.entry(package.name.to_string()).or_insert(index);
            if *newest != index && self.packages[*newest].version < package.version {
                *newest = index;
            }
            if let Some(provides) = package.relation_text(Field::Provides) {
                for item in provides.split(',') {
                    let name = item
                        .trim_start()
                        .split([' ', '(', ':'])
                        .next()
                        .unwrap_or_default();
                    let list = self.providers.entry(name.to_owned()).or_default();
                    if list.last() != Some(&index) {
                        list.push(index);
                    }
                }
            }
            self.packages.push(package);
            self.archive_of.push(self.archives.len() - 1);
        }
    }

    /// All packages, older versions included.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter()
    }

    /// The highest version of a package.
    pub fn newest(&self, name: &str) -> Option<&Package> {
        self.newest.get(name).map(|&index| &self.packages[index])
    }

    /// The highest version of a package, with its archive.
    pub fn choice(&self, name: &str) -> Option<Choice<'_>> {
        let index = self.newest_index(name)?;
        Some(Choice {
            package: self.package(index),
            archive: self.archive(index),
        })
    }

    /// The names of all packages whose newest version has a priority; `required` is what official images install
    /// beside the essential ones and apt.
    pub fn with_priority(&self, priority: &str) -> Vec<&str> {
        let chosen = self
            .newest
            .values()
            .map(|&index| &self.packages[index])
            .filter(|found| &*found.priority == priority);
        let mut names: Vec<&str> = chosen.map(|found| &*found.name).collect();
        names.sort_unstable();
        names
    }

    pub(super) fn architecture(&self) -> &str {
        &self.architecture
    }

    pub(super) fn package(&self, index: usize) -> &Package {
        &self.packages[index]
    }

    pub(super) fn archive(&self, index: usize) -> &str {
        &self.archives[self.archive_of[index]]
    }

    pub(super) fn newest_index(&self, name: &str) -> Option<usize> {
        self.newest.get(name).copied()
    }

    /// The newest of every essential package, by name.
    pub(super) fn essential(&self) -> Vec<usize> {
        let mut list: Vec<usize> = self
            .newest
            .values()
            .copied()
            .filter(|&index| self.packages[index].essential)
            .collect();
        list.sort_by(|&a, &b| self.packages[a].name.cmp(&self.packages[b].name));
        list
    }

    /// Those that satisfy a relation: the package of that name, then providers by priority and name.
    pub(super) fn candidates(&self, relation: &Relation) -> Result<Vec<usize>> {
        let mut list = Vec::new();
        if let Some(index) = self.newest_index(&relation.name) {
            let package = &self.packages[index];
            if satisfies(
                relation,
                self.architecture(),
                package,
                &package.name,
                Some(&package.version),
            ) {
                list.push(index);
            }
        }
        let mut providers = Vec::new();
        for &index in self
            .providers
            .get(&relation.name)
            .map_or(&[][..], Vec::as_slice)
        {
            let package = &self.packages[index];
            if self.newest_index(&package.name) == Some(index)
                && self.provides(package, relation)?
            {
                providers.push(index);
            }
        }
        providers.sort_by_key(|&index| {
            (
                priority_rank(&self.packages[index].priority),
                &self.packages[index].name,
            )
        });
        list.extend(
            providers
                .into_iter()
                .filter(|index| !list.contains(index))
                .collect::<Vec<_>>(),
        );
        Ok(list)
    }

    fn provides(&self, package: &Package, relation: &Relation) -> Result<bool> {
        let provided = package.relations(Field::Provides)?;
        Ok(provided.iter().flat_map(|item| &item.0).any(|provided| {
            let version = provided
                .constraint
                .as_ref()
                .map(|constraint| &constraint.version);
            satisfies(
                relation,
                self.architecture(),
                package,
                &provided.name,
                version,
            )
        }))
    }
}

/// Whether a package satisfies a relation under one of its names; an unversioned name satisfies no constraint.
pub(super) fn satisfies(
    relation: &Relation,
    architecture: &str,
    package: &Package,
    name: &str,
    version: Option<&Version>,
) -> bool {
    let qualifier = match relation.qualifier.as_deref() {
        None | Some("native") => true,
        Some("any") => matches!(package.multi_arch, MultiArch::Allowed | MultiArch::Foreign),
        Some(wanted) => wanted == architecture,
    };
    qualifier && satisfies_version(relation, name, version)
}

/// As [`satisfies`], architectures aside.
pub(super) fn satisfies_version(
    relation: &Relation,
    name: &str,
    version: Option<&Version>,
) -> bool {
    relation.name == name
        && match (&relation.constraint, version) {
            (None, _) => true,
            (Some(constraint), Some(version)) => constraint.admits(version),
            (Some(_), None) => false,
        }
}

fn priority_rank(priority: &str) -> usize {
    let known = ["required", "important", "standard", "optional"];
    known
        .iter()
        .position(|name| *name == priority)
        .unwrap_or(known.len())
}
