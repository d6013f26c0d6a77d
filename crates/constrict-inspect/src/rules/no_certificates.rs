//! Row 26: no bundle of certificate authorities where OpenSSL looks, while the application opens TLS connections.
//!
//! Source: `X509_get_default_cert_file`, `SSL_CERT_FILE` and `SSL_CERT_DIR` in openssl-env(7).

use crate::facts::Facts;
use crate::facts::sources::own_sources;
use crate::files::{join, shown};
use crate::quantity::some;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "no-certificates",
    summary: "no certificate authorities are in the image, and TLS is used",
    severity: Severity::Risk,
    rows: &[26],
    page: include_str!("../../../../docs/rules/no-certificates.md"),
    check,
};

/// Where bundles are, by distribution.
const BUNDLES: &[&str] = &[
    "etc/ssl/certs/ca-certificates.crt",
    "etc/ssl/cert.pem",
    "usr/lib/ssl/cert.pem",
    "etc/pki/tls/cert.pem",
    "etc/pki/tls/certs/ca-bundle.crt",
    "etc/ssl/ca-bundle.pem",
    "usr/local/ssl/cert.pem",
];
/// Directories with one file an authority.
const DIRECTORIES: &[&str] = &["etc/ssl/certs", "usr/lib/ssl/certs", "etc/pki/tls/certs"];
/// Modules that make TLS connections with the system's authorities. requests and httpx bring certifi along.
const CLIENTS: &[&str] = &[
    "aiohttp",
    "urllib3",
    "urllib.request",
    "http.client",
    "smtplib",
    "imaplib",
    "ftplib",
    "websockets",
    "aiosmtplib",
    "asyncpg",
];
/// Variables that name a bundle.
const VARIABLES: &[&str] = &["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    if facts.imports().runs.is_empty() {
        return;
    }
    let mut told = false;
    for name in VARIABLES {
        let Some(value) = facts
            .environment()
            .get(name)
            .filter(|value| !value.is_empty())
        else {
            continue;
        };
        let path = join(&facts.environment().directory, value.as_bytes());
        if !facts.files().exists(&path) {
            let message = format!("`{name}` names `{value}`, which is not in this image");
            findings.push(
                Finding::new(RULE.name, Severity::Risk, message)
                    .at(facts.place_of_instruction("ENV"))
                    .hint(hint(facts)),
            );
            told = true;
        }
    }
    if told || has_authorities(facts) {
        return;
    }
    let searched: Vec<_> = BUNDLES.iter().map(|path| shown(path.as_bytes())).collect();
    for source in own_sources(facts, facts.imports()) {
        if let Some((line, module)) = source.imports(CLIENTS) {
            let finding = Finding::new(
                RULE.name,
                Severity::Risk,
                "no certificate authorities are in this image: TLS connections fail to verify",
            )
            .because(
                "needed by",
                format!("{}:{line} imports `{module}`", shown(&source.path)),
            )
            .because("searched", some(&searched, BUNDLES.len()));
            findings.push(finding.hint(hint(facts)));
            return;
        }
    }
}

fn has_authorities(facts: &Facts<'_>) -> bool {
    let files = facts.files();
    let full = |path: &&str| {
        files
            .resolve(path.as_bytes())
            .is_some_and(|(_, node)| node.size() > 0)
    };
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .iter()
        .filter_map(|name| facts.environment().get(name));
    BUNDLES.iter().any(full)
        || DIRECTORIES
            .iter()
            .any(|directory| !files.list(directory.as_bytes()).is_empty())
        || named.into_iter().any(|path| files.exists(path.as_bytes()))
}

fn hint(facts: &Facts<'_>) -> &'static str {
    match facts.system().id() {
        "alpine" => "RUN apk add --no-cache ca-certificates",
        _ if facts.system().is_debian_like() => {
            "RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates"
        }
        _ => "COPY --from=… /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::imports::{ModuleKind, Reach};
    use crate::sample::{Sample, module};

    fn found(sample: Sample, source: &str) -> Vec<String> {
        let app = module("app/app.py", ModuleKind::Source, Reach::Sure);
        let found =
            sample
                .file("app/app.py", source)
                .importing(RULE.name, vec![("app", app)], vec![]);
        found.into_iter().map(|found| found.message).collect()
    }

    #[test]
    fn a_client_without_authorities_is_a_risk() {
        let message =
            "no certificate authorities are in this image: TLS connections fail to verify";
        assert_eq!(
            found(
                Sample::new(),
                "import os\nfrom urllib.request import urlopen\n"
            ),
            [message]
        );
        let set = Sample::new()
            .file("etc/ssl/cert.pem", "x")
            .config(|config| config.config.env = vec!["SSL_CERT_FILE=/gone.pem".into()]);
        assert_eq!(
            found(set, ""),
            ["`SSL_CERT_FILE` names `/gone.pem`, which is not in this image"]
        );
    }

    #[test]
    fn authorities_or_no_client_pass() {
        assert_eq!(
            found(
                Sample::new().file("etc/ssl/certs/ca-certificates.crt", "x"),
                "import aiohttp\n"
            ),
            [""; 0]
        );
        assert_eq!(
            found(
                Sample::new(),
                "import requests\nfrom urllib.parse import quote\n# import aiohttp\nimport aiohttp_x\n"
            ),
            [""; 0]
        );
    }
}
