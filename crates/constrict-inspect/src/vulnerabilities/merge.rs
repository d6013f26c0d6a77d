//! One vulnerability under several names is one: records of a package that share a name are put together.
//!
//! An advisory about several (`DSA-…` with three CVEs) is left out where each of them is there by itself, and stays where
//! one is not.

use std::collections::{BTreeMap, BTreeSet};

use super::Known;
use super::order::Version;

/// The names of a record.
fn names(known: &Known) -> BTreeSet<&str> {
    let aliases = known.aliases.iter().map(String::as_str);
    aliases.chain([known.id.as_str()]).collect()
}

/// The CVEs that a record is about.
fn cves(known: &Known) -> BTreeSet<&str> {
    let mut names = names(known);
    names.retain(|name| name.starts_with("CVE-"));
    names
}

/// Each vulnerability of a package once, by package and id.
pub(super) fn merged(all: Vec<Known>) -> Vec<Known> {
    let mut packages: BTreeMap<(String, String, String), Vec<Known>> = BTreeMap::new();
    for known in all {
        let key = (
            known.ecosystem.purl_type().to_string(),
            known.package.clone(),
            known.installed.clone(),
        );
        packages.entry(key).or_default().push(known);
    }
    packages.into_values().flat_map(of_package).collect()
}

fn of_package(mut all: Vec<Known>) -> Vec<Known> {
    all.sort_by(|one, other| one.id.cmp(&other.id));
    let (bundles, single): (Vec<Known>, Vec<Known>) =
        all.into_iter().partition(|known| cves(known).len() > 1);
    let mut groups: Vec<Known> = Vec::new();
    for mut known in single {
        // a record may connect groups that had nothing in common
        while let Some(at) = groups
            .iter()
            .position(|group| !names(group).is_disjoint(&names(&known)))
        {
            known = together(groups.swap_remove(at), known);
        }
        groups.push(known);
    }
    let there: BTreeSet<String> = groups
        .iter()
        .flat_map(|group| names(group).into_iter().map(String::from))
        .collect();
    for bundle in bundles {
        let covered = cves(&bundle).iter().all(|name| there.contains(*name));
        match groups.iter().position(|group| group.id == bundle.id) {
            Some(at) => groups[at] = together(groups[at].clone(), bundle),
            None if !covered => groups.push(bundle),
            None => {}
        }
    }
    groups.sort_by(|one, other| one.id.cmp(&other.id));
    groups
}

/// Two records about one vulnerability: the first name in the alphabet, the later of two fixes.
fn together(one: Known, other: Known) -> Known {
    let (first, second) = match one.id <= other.id {
        true => (one, other),
        false => (other, one),
    };
    let mut aliases: BTreeSet<String> = first.aliases.into_iter().chain(second.aliases).collect();
    aliases.insert(second.id);
    aliases.remove(&first.id);
    let mut binaries: BTreeSet<String> = first.binaries.into_iter().collect();
    binaries.extend(second.binaries);
    let later = |one: String, other: String| {
        let versions = [&one, &other].map(|text| Version::parse(first.ecosystem, text));
        match versions {
            [Ok(left), Ok(right)] if left.order(&right).is_lt() => other,
            _ => one,
        }
    };
    Known {
        id: first.id,
        aliases: aliases.into_iter().collect(),
        ecosystem: first.ecosystem,
        package: first.package,
        installed: first.installed,
        binaries: binaries.into_iter().collect(),
        fixed: match (first.fixed, second.fixed) {
            (Some(one), Some(other)) => Some(later(one, other)),
            (one, other) => one.or(other),
        },
        summary: match first.summary.is_empty() {
            true => second.summary,
            false => first.summary,
        },
        severity: first.severity.or(second.severity),
        source: first.source,
    }
}

#[cfg(test)]
mod tests;
