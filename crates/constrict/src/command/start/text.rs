//! What came of `--start`, as text and as JSON.
//!
//! ```text
//! start: answers HTTP 200 on port 8000 after 1.2 s
//!
//! error[start]: the image ends with exit status 1 after 0.3 s
//!   cause: ModuleNotFoundError: No module named 'flask'
//!   output: Traceback (most recent call last):
//! ```

use std::net::SocketAddr;

use constrict_build::container::probe::{Doubt, FailedImport, How, Observation};
use constrict_inspect::{Evidence, Finding, Report, Severity};
use constrict_sandbox::Exit;
use serde_json::{Value, json};

use super::Started;
use super::imports::{Failed, Imports};
use crate::render::finding::findings;
use crate::render::style::Style;

/// The name that findings of a run have in place of a rule's.
const NAME: &str = "start";
/// So many modules of a kind are named.
const MODULES: usize = 6;

/// Lines for people.
pub(in crate::command) fn text(
    started: &Started,
    checked: Option<&Report>,
    style: Style,
) -> String {
    let observation = &started.observation;
    let mut text = match observation.how.lives() {
        true => format!("start: {}\n", how(observation)),
        false => findings([&death(observation)], style),
    };
    if let Some(imports) = started.imports.as_ref().filter(|imports| imports.tried > 0) {
        let failed = imports
            .failed
            .iter()
            .filter(|failed| failed.counts())
            .count();
        let fine = imports.tried - failed;
        text.push_str(&format!(
            "start: {fine} of {} modules can be imported\n",
            imports.tried
        ));
    }
    text.push_str(&findings(&doubts(started), style));
    if let Some(what) = started.disagreement(checked) {
        let unless = match started.lives() {
            true => "",
            false => ", unless it only lacks what it gets where it is used",
        };
        text.push_str(&format!(
            "note: the check from the files and this run disagree: {what}; please report it{unless}\n"
        ));
    }
    text
}

/// The member `start` of a report, as `docs/check.md` describes it.
pub(in crate::command) fn json(started: &Started, checked: Option<&Report>) -> Value {
    let observation = &started.observation;
    json!({
        "verdict": if started.lives() { "lives" } else { "dies" },
        "how": how(observation),
        "seconds": (observation.after.as_secs_f64() * 10.0).round() / 10.0,
        "cause": observation.cause,
        "output": observation.output,
        "doubts": observation.doubts.iter().map(self::doubt).collect::<Vec<_>>(),
        "imports": started.imports.as_ref().map(imports),
        "disagreement": started.disagreement(checked),
    })
}

fn death(observation: &Observation) -> Finding {
    let message = format!("the image {}", how(observation));
    let mut finding = Finding::new(NAME, Severity::Breaks, message);
    let evidence = |label: &'static str, text: &String| Evidence {
        label: label.into(),
        text: text.clone(),
    };
    if let How::NotStarted(why) = &observation.how {
        let causes = why.iter().skip(1).map(|line| evidence("cause", line));
        finding.evidence.extend(causes);
    }
    finding
        .evidence
        .extend(observation.cause.iter().map(|line| evidence("cause", line)));
    finding.evidence.extend(
        observation
            .output
            .iter()
            .map(|line| evidence("output", line)),
    );
    finding
}

fn imports(imports: &Imports) -> Value {
    let failed = imports.failed.iter().map(|failed| {
        let FailedImport { module, error, .. } = &failed.import;
        json!({ "module": module, "error": error, "sure": failed.sure, "counts": failed.counts() })
    });
    json!({ "tried": imports.tried, "failed": failed.collect::<Vec<_>>() })
}

/// What may be wrong; modules that cannot be imported last.
pub(super) fn doubts(started: &Started) -> Vec<Finding> {
    let risk = |doubt: &Doubt| Finding::new(NAME, Severity::Risk, self::doubt(doubt));
    let mut doubts: Vec<Finding> = started.observation.doubts.iter().map(risk).collect();
    let failed = started.imports.iter().flat_map(|imports| &imports.failed);
    let failed: Vec<&Failed> = failed.filter(|failed| failed.counts()).collect();
    let (sure, others): (Vec<&Failed>, Vec<&Failed>) =
        failed.iter().partition(|failed| failed.sure);
    let severity = match started.lacks_modules() {
        true => Severity::Breaks,
        false => Severity::Risk,
    };
    let said = [
        (sure, severity, "imports at each start"),
        (others, Severity::Risk, "may import later"),
    ];
    for (failed, severity, which) in said.into_iter().filter(|(failed, ..)| !failed.is_empty()) {
        let message = format!(
            "of the modules that the image {which}, {} cannot be imported",
            failed.len()
        );
        let mut finding = Finding::new(NAME, severity, message);
        finding.evidence = failed
            .iter()
            .take(MODULES)
            .map(|failed| module(failed))
            .collect();
        doubts.push(finding);
    }
    doubts
}

fn module(failed: &Failed) -> Evidence {
    let FailedImport { module, error, .. } = &failed.import;
    let first = error.lines().next().unwrap_or_default();
    Evidence {
        label: "module".into(),
        text: format!("`{module}`: {first}"),
    }
}

/// What it does, and when that was seen: `exits 0 after 0.3 s`.
pub(super) fn how(observation: &Observation) -> String {
    let after = format!("after {:.1} s", observation.after.as_secs_f64());
    match &observation.how {
        How::Done => format!("exits 0 {after}"),
        How::Http { port, status } => format!("answers HTTP {status} on port {port} {after}"),
        How::Speaks { port } => format!("answers on port {port} {after}, not in HTTP"),
        How::Accepts { port } => {
            format!("takes connections on port {port} {after}, and says nothing")
        }
        How::Runs => format!("still runs {after}"),
        How::NotStarted(why) => {
            let why = why.first().map_or("", String::as_str);
            format!("cannot be started: {why}")
        }
        How::Ended(Exit::Code(code)) => format!("ends with exit status {code} {after}"),
        How::Ended(Exit::Signal(signal)) => format!("is killed by signal {signal} {after}"),
        How::Unreachable(addresses) => format!(
            "listens on {} only, where nothing outside the container reaches it ({after})",
            listed(addresses)
        ),
        How::Ignores { port } => format!("listens on port {port}, and takes no connection {after}"),
        How::Deaf => format!("does not listen on a port that it exposes {after}"),
    }
}

fn doubt(doubt: &Doubt) -> String {
    match doubt {
        Doubt::EndedThoughExposed => "the image exposes ports, and ends".to_string(),
        Doubt::OtherPort(port) => format!("the image listens on port {port}, and exposes others"),
        Doubt::ServerError(status) => {
            format!("the answer is a failure of the server, HTTP {status}")
        }
        Doubt::Exception(line) => format!("the image wrote `{line}`"),
        Doubt::NotListening => "the image is made to listen, and does not so far".to_string(),
        Doubt::LoopbackOnly(addresses) => format!(
            "the image listens on {} only, where nothing outside the container reaches it",
            listed(addresses)
        ),
    }
}

fn listed(addresses: &[SocketAddr]) -> String {
    let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    shown.join(", ")
}
