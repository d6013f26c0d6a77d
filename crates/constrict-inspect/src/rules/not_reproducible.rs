//! Row 31: files that differ from build to build: logs, an identity, caches with times and addresses in them.

use crate::facts::Facts;
use crate::facts::history::first_own_layer;
use crate::files::{file_name, shown};
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
    let own = first_own_layer(facts.image);
    let is_own = |path: &str| {
        let node = facts.files().node(path.as_bytes());
        node.is_some_and(|node| own.is_some_and(|own| node.layer >= own) && node.size() > 0)
    };
    let mut found: Vec<(String, String)> = VARYING
        .iter()
        .filter(|(path, _)| is_own(path))
        .map(|(path, varies)| (shown(path.as_bytes()), varies.to_string()))
        .collect();
    found.extend(dated(facts, own.unwrap_or(0)));
    let Some((first, _)) = found.first() else {
        return;
    };
    let message = "this image differs each time it is built";
    let mut finding =
        Finding::new(RULE.name, Severity::Waste, message).at(facts.place_of(first.as_bytes()));
    for (path, varies) in &found {
        finding = finding.because("varies", format!("`{path}`: {varies}"));
    }
    let hint = match found[0].1.starts_with("the time") {
        true => "write the time of the commit, given as a build argument, or leave it out",
        false => {
            "delete them in the step that makes them: `rm -rf /var/log/apt /var/log/*.log /var/cache/ldconfig/aux-cache`"
        }
    };
    findings.push(finding.hint(hint));
}

/// Files of the image that a RUN of its build writes the time of the build to.
fn dated(facts: &Facts<'_>, own: usize) -> Vec<(String, String)> {
    let mut names: Vec<String> = commands(facts)
        .iter()
        .flat_map(|command| writes_date(command))
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    let dated = |path: &[u8]| names.iter().any(|name| name.as_bytes() == file_name(path));
    let files = facts
        .files()
        .walk(b"")
        .filter(|(path, node)| node.is_file() && node.layer >= own && dated(path));
    files
        .take(5)
        .map(|(path, _)| (shown(path), "the time of the build".to_string()))
        .collect()
}

/// The shell commands of the build: of every stage if the Dockerfile is known, else of the history.
fn commands(facts: &Facts<'_>) -> Vec<String> {
    match &facts.image.origin {
        Some(origin) => {
            let stages = origin
                .dockerfile
                .stages
                .iter()
                .filter(|stage| stage.index <= origin.stage);
            let texts = stages
                .flat_map(|stage| &stage.instructions)
                .map(|found| found.text.clone());
            texts
                .filter(|text| {
                    text.get(..3)
                        .is_some_and(|word| word.eq_ignore_ascii_case("run"))
                })
                .collect()
        }
        None => facts
            .image
            .config
            .history
            .iter()
            .map(|step| step.created_by.clone())
            .collect(),
    }
}

/// The names of files that parts of a shell command write the present time to: `date > x`, `echo "$(date)" >> x`.
fn writes_date(command: &str) -> Vec<String> {
    let parts = command.split("&&").flat_map(|part| part.split([';', '\n']));
    let name = |part: &str| {
        let (before, target) = part.rsplit_once('>')?;
        let before = before.trim_end_matches(['>', '1', '&']);
        let words: Vec<&str> = before
            .split([' ', '(', ')', '`', '"', '$'])
            .filter(|word| !word.is_empty())
            .collect();
        let at = words.iter().position(|word| *word == "date")?;
        let called = at == 0
            || before.contains("$(date")
            || before.contains("`date")
            || words[at - 1].eq_ignore_ascii_case("run")
            // in the history: `RUN /bin/sh -c date …`
            || words[at - 1] == "-c";
        // another time than the present one
        let fixed = words[at..].iter().any(|word| {
            word.starts_with("-d")
                || word.starts_with("-r")
                || word.starts_with("--date")
                || word.contains("SOURCE_DATE_EPOCH")
        });
        let file = target
            .trim()
            .split(' ')
            .next()?
            .trim_matches(['"', '\''])
            .rsplit('/')
            .next()?;
        (called && !fixed && !file.is_empty() && file != "null").then(|| file.to_string())
    };
    parts.filter_map(name).collect()
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

    #[test]
    fn a_file_with_the_time_of_the_build_is_named() {
        let found = |command: &str| {
            let found = sample(&[command])
                .file("app/built.txt", "2026")
                .findings(RULE.name);
            found
                .into_iter()
                .flat_map(|found| found.evidence)
                .map(|line| line.text)
                .collect::<Vec<_>>()
        };
        let expected = ["`/app/built.txt`: the time of the build"];
        assert_eq!(found("RUN date -u +%Y > built.txt"), expected);
        assert_eq!(
            found("RUN /bin/sh -c date -u > built.txt # buildkit"),
            expected
        );
        assert_eq!(
            found("RUN /bin/sh -c echo \"$(date)\" >> /app/built.txt # buildkit"),
            expected
        );
        for command in [
            "RUN date && echo built",
            "RUN date -u -d @0 > built.txt",
            "RUN date > /dev/null",
            "RUN echo date > built.txt",
            "RUN date > other.txt",
        ] {
            assert_eq!(found(command), [""; 0], "{command}");
        }
    }
}
