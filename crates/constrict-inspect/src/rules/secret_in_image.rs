//! Row 32: passwords, tokens and private keys in a layer (also where a later one deletes them), in variables or the history.

use std::collections::BTreeSet;

use crate::credential::{self, Credential};
use crate::facts::Facts;
use crate::facts::landmarks::is_installed;
use crate::files::{Kind, file_name, shown};
use crate::quantity::some;
use crate::rule::{Finding, Place, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "secret-in-image",
    summary: "a password, token or private key is in the image",
    severity: Severity::Breaks,
    rows: &[32],
    page: include_str!("../../../../docs/rules/secret-in-image.md"),
    check,
};

/// Bytes of a file that are read.
const LIMIT: usize = 1 << 20;
/// Files that are read at most.
const FILES: usize = 500;

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let config = &facts.image.config;
    let mut seen: BTreeSet<Credential> = BTreeSet::new();
    for line in &config.config.env {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        for found in credential::in_variable(name, value) {
            let finding =
                finding(&found, format!("variable `{name}`")).at(facts.place_of_instruction("ENV"));
            if seen.insert(found) {
                findings.push(finding);
            }
        }
    }
    for step in &config.history {
        let told = credential::find(&step.created_by)
            .into_iter()
            .chain(arguments(&step.created_by));
        for found in told
            .filter(|found| seen.insert(found.clone()))
            .collect::<Vec<_>>()
        {
            let text: String = masked(&step.created_by).chars().take(60).collect();
            findings.push(finding(&found, "the history".into()).because("instruction", text));
        }
    }
    in_layers(facts, findings);
}

/// Build arguments that a RUN of the history lists: `|2 TOKEN=… USER=… /bin/sh -c …`.
fn arguments(step: &str) -> Vec<Credential> {
    let text = step.strip_prefix("RUN ").unwrap_or(step);
    let Some((count, rest)) = text.strip_prefix('|').and_then(|text| text.split_once(' ')) else {
        return Vec::new();
    };
    let pairs = rest
        .split(' ')
        .take(count.parse().unwrap_or(0))
        .filter_map(|word| word.split_once('='));
    pairs
        .flat_map(|(name, value)| credential::in_variable(name, value))
        .collect()
}

/// A step without what stands between `://` and `@`, and without the values of its build arguments.
fn masked(step: &str) -> String {
    let word = |word: &str| match (word.find("://"), word.rfind('@')) {
        (Some(start), Some(end)) if start < end => {
            format!("{}…{}", &word[..start + 3], &word[end..])
        }
        _ if !credential::find(word).is_empty() => "…".into(),
        _ if word
            .split_once('=')
            .is_some_and(|(name, value)| !credential::in_variable(name, value).is_empty()) =>
        {
            format!("{}=…", word.split('=').next().unwrap_or_default())
        }
        _ => word.to_string(),
    };
    step.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn finding(found: &Credential, wherein: String) -> Finding {
    let severity = if found.certain {
        Severity::Breaks
    } else {
        Severity::Risk
    };
    Finding::new(RULE.name, severity, format!("a secret is in this image: `{}` in {wherein}", found.shown))
        .because("what", found.what)
        .hint("change the secret, and give it to the step that needs it with `RUN --mount=type=secret,id=…`")
}

/// What is worth reading for secrets.
enum Worth {
    Settings,
    Key,
}

/// Reads the files of every layer that keep secrets by their name.
fn in_layers(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let mut met = BTreeSet::new();
    for (layer, path, digest) in candidates(facts).into_iter().take(FILES) {
        if digest.is_some() && !met.insert((digest, path.clone())) {
            continue;
        }
        let Some(worth) = worth(&path) else { continue };
        let Some(content) = facts.files().read_in_layer(layer, &path, LIMIT) else {
            continue;
        };
        let text = String::from_utf8_lossy(&content);
        let found = match worth {
            Worth::Key => credential::private_key(&text)
                .into_iter()
                .map(|key| by_place(key, &path))
                .collect(),
            Worth::Settings => {
                credential::in_file(&String::from_utf8_lossy(file_name(&path)), &text)
            }
        };
        let Some(first) = found.iter().max_by_key(|found| found.certain) else {
            continue;
        };
        let here = facts
            .files()
            .node(&path)
            .is_some_and(|node| node.is_file() && node.layer == layer);
        let mut finding = finding(first, format!("`{}`", shown(&path)));
        if found.len() > 1 {
            let all: Vec<_> = found.iter().map(|found| found.shown.clone()).collect();
            finding = finding.because("found", some(&all, 5));
        }
        if !here {
            finding = finding.because("layer", format!("number {layer}; a later one deletes or replaces the file, which does not take it out of the image"));
        }
        findings.push(finding.at(place(facts, layer, &path)));
    }
}

/// A key that programs made for themselves, or that is meant for trying things out, may be known to nobody or to everybody.
fn by_place(key: Credential, path: &[u8]) -> Credential {
    let text = String::from_utf8_lossy(path).to_ascii_lowercase();
    let trial = [
        "snakeoil",
        "localhost",
        "dev",
        "test",
        "example",
        "dummy",
        "fake",
        "sample",
        "self",
        "demo",
        "local",
        "ssh_host_",
    ];
    let certain = key.certain && !trial.iter().any(|word| text.contains(word));
    Credential { certain, ..key }
}

fn place(facts: &Facts<'_>, layer: usize, path: &[u8]) -> Option<Place> {
    let origin = facts.image.origin.as_ref();
    let line = origin
        .and_then(|origin| origin.lines.get(&layer))
        .and_then(|line| facts.line(*line));
    line.or(Some(Place::File {
        path: shown(path),
        line: None,
    }))
}

/// Every file of every layer that may be worth reading; of the merged view where the layers are not known.
fn candidates(facts: &Facts<'_>) -> Vec<(usize, Vec<u8>, Option<constrict_oci::Digest>)> {
    let layers = &facts.image.layers;
    if layers.is_empty() {
        let file = |(path, node): (&[u8], &crate::files::Node)| match &node.kind {
            Kind::File { digest, .. } if worth(path).is_some() => {
                Some((node.layer, path.to_vec(), *digest))
            }
            _ => None,
        };
        return facts.files().walk(b"").filter_map(file).collect();
    }
    let mut found = Vec::new();
    for (number, layer) in layers.iter().enumerate() {
        for entry in layer.entries.iter() {
            if let constrict_oci::layer::Kind::File { digest, .. } = &entry.kind
                && worth(&entry.path).is_some()
            {
                found.push((number, entry.path.clone(), Some(*digest)));
            }
        }
    }
    found
}

/// Whether a file keeps secrets, by its name and place.
fn worth(path: &[u8]) -> Option<Worth> {
    let name = file_name(path);
    let kind = match name {
        b"pip.conf" | b"uv.toml" | b"poetry.toml" | b".pypirc" | b".netrc" | b"_netrc"
        | b".git-credentials" | b".npmrc" | b".env" | b"uv.lock" | b"poetry.lock" | b"Pipfile"
        | b"Pipfile.lock" | b"pdm.lock" | b"pylock.toml" | b"pyproject.toml" | b".condarc" => {
            Worth::Settings
        }
        b"auth.toml" if path.ends_with(b"pypoetry/auth.toml") => Worth::Settings,
        b"config" if path.ends_with(b".git/config") => Worth::Settings,
        b"config.json" if path.ends_with(b".docker/config.json") => Worth::Settings,
        b"credentials" if path.ends_with(b".aws/credentials") => Worth::Settings,
        b"id_rsa" | b"id_dsa" | b"id_ecdsa" | b"id_ed25519" => Worth::Key,
        name if (name.starts_with(b"requirements") || name.starts_with(b"constraints"))
            && (name.ends_with(b".txt") || name.ends_with(b".in")) =>
        {
            Worth::Settings
        }
        name if name.ends_with(b".pem") || name.ends_with(b".key") => Worth::Key,
        _ => return None,
    };
    (!is_installed(path) && !is_sample(path)).then_some(kind)
}

/// Whether a path lies among tests, documentation, or what the distribution installs.
fn is_sample(path: &[u8]) -> bool {
    let sample = |part: &[u8]| {
        matches!(
            part,
            b"test"
                | b"tests"
                | b"testing"
                | b"testdata"
                | b"test_data"
                | b"fixtures"
                | b"example"
                | b"examples"
                | b"docs"
                | b"doc"
                | b"vendor"
                | b"pkgs"
        )
    };
    path.split(|byte| *byte == b'/').any(sample)
        || path.starts_with(b"usr/share/")
        || path.starts_with(b"etc/ssl/certs/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use constrict_oci::History;

    fn found(sample: Sample) -> Vec<(Severity, String)> {
        let findings = sample.findings(RULE.name).into_iter();
        findings
            .map(|finding| (finding.severity, finding.message))
            .collect()
    }

    #[test]
    fn a_password_in_a_file_that_a_later_layer_deletes_is_found() {
        let conf = "[global]\nindex-url = https://ci:s3cr3t-9@pypi.corp.net/simple\n";
        let sample = || {
            Sample::new()
                .hidden(1, "etc/pip.conf", conf)
                .file("app/app.py", "")
        };
        let expected = "a secret is in this image: `https://ci:…@pypi.corp.net` in `/etc/pip.conf`";
        assert_eq!(found(sample()), [(Severity::Breaks, expected.to_string())]);
        let finding = &sample().findings(RULE.name)[0];
        assert_eq!(finding.evidence[1].label, "layer");
        assert_eq!(
            found(Sample::new().file("etc/pip.conf", conf)),
            [(Severity::Breaks, expected.to_string())]
        );
    }

    #[test]
    fn variables_and_history_are_looked_at() {
        let sample = Sample::new().config(|config| {
            config.config.env =
                vec!["PIP_INDEX_URL=https://ci:s3cr3t-9@pypi.corp.net/simple".into()];
            let step = "RUN |1 NPM_SECRET=9ab8c7d6e5f40011 /bin/sh -c npm ci # buildkit";
            config.history = vec![History {
                created_by: step.into(),
                ..History::default()
            }];
        });
        let findings = sample.findings(RULE.name);
        assert_eq!(
            findings[0].message,
            "a secret is in this image: `https://ci:…@pypi.corp.net` in variable `PIP_INDEX_URL`"
        );
        assert_eq!(
            findings[1].message,
            "a secret is in this image: `NPM_SECRET=…` in the history"
        );
        assert_eq!(findings[1].severity, Severity::Risk);
        assert_eq!(
            findings[1].evidence[1].text,
            "RUN |1 NPM_SECRET=… /bin/sh -c npm ci # buildkit"
        );
    }

    #[test]
    fn private_keys_count_where_they_are_meant() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----\n";
        let severity = |path: &str| {
            Sample::new()
                .file(path, key)
                .findings(RULE.name)
                .first()
                .map(|found| found.severity)
        };
        assert_eq!(severity("root/.ssh/id_rsa"), Some(Severity::Breaks));
        assert_eq!(severity("app/certs/server.key"), Some(Severity::Breaks));
        assert_eq!(severity("app/certs/localhost.key"), Some(Severity::Risk));
        assert_eq!(
            severity("usr/lib/python3/dist-packages/twisted/server.pem"),
            None
        );
        assert_eq!(severity("app/tests/server.pem"), None);
    }

    #[test]
    fn what_looks_like_a_secret_is_let_pass() {
        let sample = Sample::new()
            .file("etc/pip.conf", "[global]\nindex-url = https://${USER}:${TOKEN}@pypi.corp.net/simple\n")
            .file("app/requirements.txt", "flask @ git+https://github.com/pallets/flask@3.0\n")
            .file("app/.env", "DATABASE_URL=postgres://postgres:postgres@db:5432/app\nSECRET_KEY=change-me-123456\n")
            .config(|config| {
                config.config.env = vec!["GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568".into(), "PYTHON_VERSION=3.12.1".into()];
            });
        assert_eq!(found(sample), []);
    }
}
