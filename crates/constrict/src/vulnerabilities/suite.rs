//! Debian's security suite, from the mirror that the host's apt or the configuration names.

use constrict_build::settings::DEBIAN_SECURITY;
use constrict_build::source::debian::{Debian, SecuritySuite};
use constrict_inspect::packages::Ecosystem;
use constrict_inspect::vulnerabilities::security_suite::{self, Outdated};
use constrict_inspect::vulnerabilities::{Outcome, Subjects};

use super::{Access, OFFLINE, told};

/// What the suite has newer; why that is not known.
pub(super) fn look(subjects: &Subjects, access: &Access<'_>) -> Result<Outcome, String> {
    let Some(release) = &subjects.release else {
        return Err(match subjects.system.as_str() {
            "" => "the image does not say which release of Debian it is".into(),
            system => format!("the image is `{system}`, no release of Debian"),
        });
    };
    if subjects.all(Ecosystem::Debian).next().is_none() {
        return Err("the image has no record of Debian's packages".into());
    }
    let architecture = subjects.architecture.as_deref().unwrap_or("amd64");
    if access.offline {
        return Err(OFFLINE.into());
    }
    let debian = Debian::new(&access.settings.debian, access.ca, false);
    let debian = debian.map_err(|error| told(&error))?;
    let suite = debian.security(release, architecture, access.layers);
    let suite = suite.map_err(|error| told(&error))?;
    let (outdated, not_compared) = security_suite::outdated(subjects, &suite.newest());
    let found = outdated.into_iter().map(|outdated| {
        let ids = ids(&suite, &outdated);
        (outdated, ids)
    });
    Ok(security_suite::outcome(
        DEBIAN_SECURITY,
        &suite.name,
        subjects,
        found.collect(),
        not_compared,
        suite.date.clone(),
    ))
}

/// The ids that were fixed since; why they are not known.
fn ids(suite: &SecuritySuite<'_>, outdated: &Outdated) -> Result<Vec<String>, String> {
    if security_suite::is_kernel(&outdated.name) {
        return Err("a kernel's changelog is about more than its headers".into());
    }
    match suite.changelog(&outdated.name, &outdated.newest) {
        Ok(Some(text)) => Ok(security_suite::ids(&text, &outdated.installed)),
        Ok(None) => Err("its packages have no changelog".into()),
        Err(error) => Err(told(&error)),
    }
}
