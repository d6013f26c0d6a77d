//! Row 41: files that a layer repeats with another owner or mode and the same content.

use std::collections::HashMap;

use constrict_oci::layer::{Entry, Kind};

use crate::facts::Facts;
use crate::files::shown;
use crate::quantity::{bytes, count};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "doubled-files",
    summary: "a layer repeats files of a lower one",
    severity: Severity::Waste,
    rows: &[41],
    page: include_str!("../../../../docs/rules/doubled-files.md"),
    check,
};

/// What is not worth a line.
const LEAST: u64 = 1_000_000;

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let mut below: HashMap<&[u8], (usize, &Entry)> = HashMap::new();
    for (number, layer) in facts.image.layers.iter().enumerate() {
        let mut doubled: Vec<(usize, &Entry, &Entry)> = Vec::new();
        for entry in layer.entries.iter() {
            if let Kind::File { digest, .. } = &entry.kind {
                if let Some((from, other)) = below.get(entry.path.as_slice())
                    && matches!(&other.kind, Kind::File { digest: same, .. } if same == digest)
                {
                    doubled.push((*from, other, entry));
                }
                below.insert(&entry.path, (number, entry));
            }
        }
        findings.extend(report(facts, number, &doubled));
    }
}

fn report(
    facts: &Facts<'_>,
    number: usize,
    doubled: &[(usize, &Entry, &Entry)],
) -> Option<Finding> {
    let size = |entry: &Entry| match entry.kind {
        Kind::File { size, .. } => size,
        _ => 0,
    };
    let sum: u64 = doubled.iter().map(|(_, entry, _)| size(entry)).sum();
    let (from, before, after) = doubled
        .iter()
        .max_by_key(|(_, entry, _)| size(entry))
        .filter(|_| sum >= LEAST)?;
    let change = if (before.uid, before.gid) != (after.uid, after.gid) {
        format!(
            "owner {}:{}, before {}:{}",
            after.uid, after.gid, before.uid, before.gid
        )
    } else if before.mode != after.mode {
        format!("mode {:o}, before {:o}", after.mode, before.mode)
    } else {
        "no change".into()
    };
    let message = format!(
        "{} with {} are in this image twice",
        count(doubled.len(), "file"),
        bytes(sum)
    );
    let layer = &facts.image.layers[number];
    let line = facts
        .image
        .origin
        .as_ref()
        .and_then(|origin| origin.lines.get(&number))
        .and_then(|line| facts.line(*line));
    let finding = Finding::new(RULE.name, Severity::Waste, message)
        .because(
            "layers",
            format!(
                "{from} and {number}: {}",
                layer.created_by.chars().take(80).collect::<String>()
            ),
        )
        .because("for one", format!("`{}`: {change}", shown(&after.path)))
        .hint("`COPY --chown=… --chmod=…` instead of `RUN chown -R`, `chmod -R`");
    Some(finding.at(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn chown_of_everything_doubles_a_layer() {
        let found = Sample::new()
            .hidden(0, "app/model.bin", vec![7; 1_500_000])
            .hidden(1, "app/model.bin", vec![7; 1_500_000])
            .entry(1, |entry| entry.uid = 1000)
            .findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "1 file with 1.5 MB are in this image twice"
        );
        assert_eq!(
            found[0].evidence[1].text,
            "`/app/model.bin`: owner 1000:0, before 0:0"
        );
    }

    #[test]
    fn other_content_at_the_same_path_is_a_change() {
        let sample = Sample::new()
            .hidden(0, "app/model.bin", vec![7; 1_500_000])
            .hidden(1, "app/model.bin", vec![8; 1_500_000]);
        assert_eq!(sample.findings(RULE.name), []);
        let sample = Sample::new()
            .hidden(0, "app/a.bin", vec![7; 1_500_000])
            .hidden(1, "app/b.bin", vec![7; 1_500_000]);
        assert_eq!(sample.findings(RULE.name), []);
    }
}
