//! What a case expects, what was seen of it, and where the two part.
//!
//! Format: `case.toml`, as [`Expected`].

use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    Breaks,
    Risk,
    Waste,
}

/// What a case was written to show.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// The row of the catalogue of failure modes; 0 where none is meant.
    #[serde(default)]
    pub(crate) row: u32,
    /// Whether the image does its job under docker.
    pub(crate) runs: bool,
    /// The rule that must be named; a case that runs may have none.
    pub(crate) rule: Option<String>,
    /// Rules that name the same cause as well as `rule` does.
    #[serde(default, rename = "or")]
    pub(crate) alternatives: Vec<String>,
    /// Rules that a look-alike must not be reported under, however lightly.
    #[serde(default, rename = "not")]
    pub(crate) absent: Vec<String>,
    /// What the finding must contain.
    #[serde(default)]
    pub(crate) names: Vec<String>,
    /// *Breaks* where the image does not run, else *risk*, unless it says otherwise.
    pub(crate) severity: Option<Severity>,
    /// What the container must say, running or failing: that it does so for the reason that the case was written for.
    pub(crate) says: Option<String>,
    /// The image must answer HTTP here, asked from outside of the container; without one, it must exit with status 0.
    pub(crate) port: Option<u16>,
    /// What is asked for at `port`.
    #[serde(default = "root")]
    pub(crate) path: String,
    /// Further flags of `docker run`.
    #[serde(default)]
    pub(crate) flags: Vec<String>,
    /// What follows the image's name on the command line.
    #[serde(default)]
    pub(crate) args: Vec<String>,
}

fn root() -> String {
    "/".to_owned()
}

impl Expected {
    /// Reads a `case.toml`; the error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> std::result::Result<Self, String> {
        let expected: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if expected.rule.is_none() && (!expected.runs || !expected.names.is_empty()) {
            return Err("an image that does not run, or a name, needs its rule".to_owned());
        }
        Ok(expected)
    }

    pub(crate) fn severity(&self) -> Severity {
        self.severity.unwrap_or(if self.runs {
            Severity::Risk
        } else {
            Severity::Breaks
        })
    }

    fn accepts(&self, rule: &str) -> bool {
        self.rule.as_deref() == Some(rule) || self.alternatives.iter().any(|other| other == rule)
    }
}

/// What became of an image under docker.
#[derive(Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) built: bool,
    pub(crate) runs: bool,
    /// Its output, or docker's.
    pub(crate) said: String,
}

impl Seen {
    /// What docker showed before of the same files.
    pub(crate) fn as_meant(expected: &Expected) -> Self {
        Self {
            built: true,
            runs: expected.runs,
            said: expected.says.clone().unwrap_or_default(),
        }
    }
}

/// What constrict said.
pub(crate) struct Ours {
    /// The exit status of the build.
    pub(crate) status: Option<i32>,
    pub(crate) findings: Vec<Found>,
    pub(crate) said: String,
}

/// One finding of constrict's.
pub(crate) struct Found {
    pub(crate) rule: String,
    pub(crate) severity: Option<Severity>,
    /// All that it says.
    pub(crate) text: String,
}

/// Where docker does not do what the case was written to show.
pub(crate) fn unintended(expected: &Expected, seen: &Seen) -> Option<String> {
    let lines = |text: &str| crate::process::last_lines(text, 12);
    if !seen.built {
        return Some(format!(
            "case: docker does not build it:\n{}",
            lines(&seen.said)
        ));
    }
    if expected.runs != seen.runs {
        let (meant, is) = if expected.runs {
            ("run", "does not")
        } else {
            ("not run", "does")
        };
        return Some(format!(
            "case: it should {meant} under docker, but {is}:\n{}",
            lines(&seen.said)
        ));
    }
    let said = expected.says.as_ref()?;
    (!seen.said.contains(said)).then(|| {
        format!(
            "case: docker should say `{said}`, but says\n{}",
            lines(&seen.said)
        )
    })
}

/// Where constrict's verdict is not the case's.
pub(crate) fn disagreements(expected: &Expected, seen: &Seen, ours: &Ours) -> Vec<String> {
    let mut lines = Vec::new();
    let brief = || {
        let rules: Vec<String> = ours
            .findings
            .iter()
            .map(|found| match found.severity {
                Some(Severity::Breaks) => format!("{} (breaks)", found.rule),
                _ => found.rule.clone(),
            })
            .collect();
        rules.join(", ")
    };
    match (seen.runs, ours.status) {
        (true, Some(0)) | (false, Some(1)) => {}
        (true, Some(1)) => lines.push(format!("false alarm: {}\n{}", brief(), ours.said)),
        (false, Some(0)) => lines.push(format!("missed; findings: {}", brief())),
        (_, status) => lines.push(format!("exit status {status:?}\n{}", ours.said)),
    }
    let wrong = ours
        .findings
        .iter()
        .filter(|found| expected.absent.contains(&found.rule));
    lines.extend(wrong.map(|found| format!("`{}` is reported: {}", found.rule, found.text)));
    let Some(rule) = &expected.rule else {
        return lines;
    };
    let named: Vec<&Found> = ours
        .findings
        .iter()
        .filter(|found| expected.accepts(&found.rule))
        .collect();
    if named.is_empty() {
        lines.push(format!("`{rule}` is not among the findings: {}", brief()));
        return lines;
    }
    if !named
        .iter()
        .any(|found| found.severity == Some(expected.severity()))
    {
        lines.push(format!(
            "`{rule}` should be {:?}, but is {:?}",
            expected.severity(),
            named[0].severity
        ));
    }
    let complete = named
        .iter()
        .any(|found| expected.names.iter().all(|name| found.text.contains(name)));
    if !complete {
        lines.push(format!(
            "`{rule}` does not name {:?}:\n{}",
            expected.names, named[0].text
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rule: &str, severity: Severity, text: &str) -> Found {
        Found {
            rule: rule.to_owned(),
            severity: Some(severity),
            text: text.to_owned(),
        }
    }

    fn judged(case: &str, runs: bool, status: i32, findings: Vec<Found>) -> Vec<String> {
        let seen = Seen {
            built: true,
            runs,
            said: "ImportError: libx.so.1".to_owned(),
        };
        let ours = Ours {
            status: Some(status),
            findings,
            said: "…".to_owned(),
        };
        disagreements(&Expected::parse(case).unwrap(), &seen, &ours)
    }

    const TRIP: &str = "runs = false\nrule = \"missing-library\"\nnames = [\"libx.so.1\"]";

    #[test]
    fn a_named_cause_agrees() {
        let finding = found(
            "missing-library",
            Severity::Breaks,
            "`libx.so.1` is not there",
        );
        assert_eq!(judged(TRIP, false, 1, vec![finding]), Vec::<String>::new());
    }

    #[test]
    fn another_cause_is_not_the_cause() {
        let finding = found("missing-module", Severity::Breaks, "x");
        assert_eq!(
            judged(TRIP, false, 1, vec![finding]),
            ["`missing-library` is not among the findings: missing-module (breaks)"]
        );
    }

    #[test]
    fn a_cause_without_its_names_is_half_a_cause() {
        let finding = found("missing-library", Severity::Breaks, "something");
        assert_eq!(
            judged(TRIP, false, 1, vec![finding]),
            ["`missing-library` does not name [\"libx.so.1\"]:\nsomething"]
        );
    }

    #[test]
    fn a_failed_build_of_what_runs_is_a_false_alarm() {
        let finding = found("missing-library", Severity::Breaks, "x");
        assert_eq!(
            judged("runs = true", true, 1, vec![finding]),
            ["false alarm: missing-library (breaks)\n…"]
        );
    }

    #[test]
    fn an_image_that_fails_for_another_reason_is_unintended() {
        let expected = Expected::parse("runs = false\nrule = \"x\"\nsays = \"liby\"").unwrap();
        let seen = Seen {
            built: true,
            runs: false,
            said: "ImportError: libx".to_owned(),
        };
        assert_eq!(
            unintended(&expected, &seen).as_deref(),
            Some("case: docker should say `liby`, but says\nImportError: libx")
        );
    }
}
