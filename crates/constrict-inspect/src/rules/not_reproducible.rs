//! Row 31: files that differ from build to build: logs, an identity, caches with times and addresses in them.

use crate::facts::Facts;
use crate::facts::history::first_own_layer;
use crate::files::shown;
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "not-reproducible",
    summary: "files that differ from build to build are in the image",
    severity: Severity::Waste,
    rows: &[31],
    page: include_str!("../../../../docs/rules/not-reproducible.md"),
    check,
};

/// Files, and what varies in them.
const VARYING: &[(&str, &str)] = &[
    ("var/log/apt/history.log", "times"),
    ("var/log/apt/term.log", "times"),
    ("var/log/dpkg.log", "times"),
    ("var/log/alternatives.log", "times"),
    ("var/log/bootstrap.log", "times"),
    ("var/cache/ldconfig/aux-cache", "times and inode numbers"),
    ("etc/machine-id", "a random number"),
    ("var/lib/dbus/machine-id", "a random number"),
    ("var/lib/systemd/random-seed", "a random number"),
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    // what a base brings along is the same in every build
    let Some(own) = first_own_layer(facts.image) else {
        return;
    };
    let found: Vec<_> = VARYING
        .iter()
        .filter(|(path, _)| {
            facts
                .files()
                .node(path.as_bytes())
                .is_some_and(|node| node.layer >= own && node.size() > 0)
        })
        .collect();
    let Some((first, _)) = found.first() else {
        return;
    };
    let mut finding = Finding::new(
        RULE.name,
        Severity::Waste,
        "this image differs each time it is built",
    )
    .at(facts.place_of(first.as_bytes()));
    for (path, varies) in found {
        finding = finding.because("varies", format!("`{}`: {varies}", shown(path.as_bytes())));
    }
    findings.push(finding.hint("delete them in the step that makes them: `rm -rf /var/log/apt /var/log/*.log /var/cache/ldconfig/aux-cache`"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use constrict_oci::History;

    fn sample(layers: &[&str]) -> Sample {
        let step = |text: &&str| History {
            created_by: text.to_string(),
            empty_layer: text.starts_with("CMD"),
            ..History::default()
        };
        Sample::new().config(|config| config.history = layers.iter().map(step).collect())
    }

    #[test]
    fn logs_of_own_layers_are_named() {
        let steps = [
            "# debian.sh",
            "CMD [\"python3\"]",
            "RUN apt-get install -y libpq5",
        ];
        let found = sample(&steps)
            .file("var/log/dpkg.log", "2026")
            .layer("var/log/dpkg.log", 1)
            .findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].evidence[0].text, "`/var/log/dpkg.log`: times");
    }

    #[test]
    fn logs_of_the_base_are_its_business() {
        let steps = ["# debian.sh", "CMD [\"python3\"]", "COPY . /app"];
        assert_eq!(
            sample(&steps)
                .file("var/log/dpkg.log", "2026")
                .findings(RULE.name),
            []
        );
        assert_eq!(
            sample(&[])
                .file("var/log/dpkg.log", "2026")
                .findings(RULE.name),
            []
        );
        assert_eq!(
            sample(&steps)
                .file("var/log/dpkg.log", "")
                .layer("var/log/dpkg.log", 1)
                .findings(RULE.name),
            []
        );
    }
}
