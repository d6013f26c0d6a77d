//! The differences between two images, as lines for people.
//!
//! Never decides which difference may be ignored: that is [`super::ignored`].

use std::collections::BTreeSet;

use serde_json::Value;

use super::archive::Image;
use super::ignored::Ignored;

/// What two builders' images differ in.
#[derive(Default)]
pub(crate) struct Differences {
    /// Files and configuration: any of them fails a case.
    pub(crate) image: Vec<String>,
    /// History, author, number of layers, hard links: reported only.
    pub(crate) history: Vec<String>,
}

/// The configuration's keys that make an image behave as it does.
const CONFIG: [&str; 12] = [
    "Env",
    "Cmd",
    "Entrypoint",
    "WorkingDir",
    "User",
    "ExposedPorts",
    "Volumes",
    "Labels",
    "StopSignal",
    "Healthcheck",
    "OnBuild",
    "Shell",
];

/// Compares `ours` with `theirs`, docker's.
pub(crate) fn compare(ours: &Image, theirs: &Image, ignored: Ignored) -> Differences {
    let mut differences = Differences::default();
    trees(ours, theirs, ignored, &mut differences.image);
    for key in CONFIG {
        let (our, their) = (&ours.config["config"][key], &theirs.config["config"][key]);
        if !ignored.config(key, our, their) {
            values(&format!("config {key}"), our, their, &mut differences.image);
        }
    }
    for key in ["architecture", "os", "variant"] {
        values(
            key,
            &ours.config[key],
            &theirs.config[key],
            &mut differences.image,
        );
    }
    if ignored == Ignored::Nothing {
        history(ours, theirs, &mut differences.history);
    }
    differences
}

fn trees(ours: &Image, theirs: &Image, ignored: Ignored, lines: &mut Vec<String>) {
    let paths: BTreeSet<&String> = ours
        .tree
        .entries
        .keys()
        .chain(theirs.tree.entries.keys())
        .collect();
    for path in paths {
        let (our, their) = (ours.tree.entries.get(path), theirs.tree.entries.get(path));
        let same = match (our, their) {
            (Some(our), Some(their)) => our.same(their),
            _ => false,
        };
        if same || ignored.path(path, our, their) {
            continue;
        }
        let row = |entry: Option<&super::tree::Entry>| {
            entry.map_or_else(|| "absent".to_owned(), super::tree::Entry::row)
        };
        lines.push(format!(
            "{path}\n      docker    {}\n      constrict {}",
            row(their),
            row(our)
        ));
    }
}

fn history(ours: &Image, theirs: &Image, lines: &mut Vec<String>) {
    values(
        "author",
        &ours.config["author"],
        &theirs.config["author"],
        lines,
    );
    values(
        "config ArgsEscaped",
        &ours.config["config"]["ArgsEscaped"],
        &theirs.config["config"]["ArgsEscaped"],
        lines,
    );
    if ours.layers != theirs.layers {
        lines.push(format!(
            "number of layers: docker {}, constrict {}",
            theirs.layers, ours.layers
        ));
    }
    if ours.tree.hard_links() != theirs.tree.hard_links() {
        lines.push(format!(
            "hard links: docker {:?}, constrict {:?}",
            theirs.tree.hard_links(),
            ours.tree.hard_links()
        ));
    }
    let entries = |image: &Image| -> Vec<(String, bool)> {
        let list = image.config["history"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let text = |entry: &Value| entry["created_by"].as_str().unwrap_or_default().to_owned();
        list.iter()
            .map(|entry| (text(entry), entry["empty_layer"].as_bool().unwrap_or(false)))
            .collect()
    };
    let (our, their) = (entries(ours), entries(theirs));
    for at in 0..our.len().max(their.len()) {
        if our.get(at) != their.get(at) {
            lines.push(format!(
                "history {at}:\n      docker    {:?}\n      constrict {:?}",
                their.get(at),
                our.get(at)
            ));
        }
    }
}

fn values(name: &str, our: &Value, their: &Value, lines: &mut Vec<String>) {
    if !(vacant(our) && vacant(their)) && our != their {
        lines.push(format!(
            "{name}\n      docker    {their}\n      constrict {our}"
        ));
    }
}

/// Absent, null and empty mean the same in an image's configuration.
fn vacant(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(held) => !held,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Number(_) => false,
    }
}
