//! `# hadolint ignore=DL3008,DL3013` above an instruction, and `# hadolint global ignore=…` anywhere.
//!
//! What follows a second `#` in such a comment is a remark.

use std::collections::{BTreeMap, BTreeSet};

use constrict_dockerfile::{Dockerfile, Span};

use crate::Finding;
use crate::source::Source;

/// What the file does not want to see.
#[derive(Default)]
pub(crate) struct Silence {
    everywhere: BTreeSet<String>,
    /// By the first line of the instruction.
    at: BTreeMap<usize, BTreeSet<String>>,
}

impl Silence {
    /// Reads the comments between instructions.
    pub(crate) fn read(dockerfile: &Dockerfile, source: &Source<'_>) -> Self {
        let of_stages = dockerfile.stages.iter().flat_map(|stage| {
            let instructions = stage
                .instructions
                .iter()
                .map(|instruction| instruction.span);
            std::iter::once(stage.from.span).chain(instructions)
        });
        let spans: Vec<Span> = dockerfile
            .global_args
            .iter()
            .map(|arg| arg.span)
            .chain(of_stages)
            .collect();
        let mut silence = Self::default();
        let mut before = 1;
        for span in spans {
            let (first, last) = source.lines(span);
            for line in before..first {
                silence.comment(&String::from_utf8_lossy(source.text_of(line)), first);
            }
            before = last + 1;
        }
        for line in before..=source.count() {
            silence.comment(&String::from_utf8_lossy(source.text_of(line)), 0);
        }
        silence
    }

    fn comment(&mut self, text: &str, next: usize) {
        let Some(rest) = text.trim().strip_prefix('#').map(str::trim_start) else {
            return;
        };
        let Some(rest) = rest.strip_prefix("hadolint").map(str::trim_start) else {
            return;
        };
        let (rest, is_global) = match rest.strip_prefix("global") {
            Some(rest) => (rest.trim_start(), true),
            None => (rest, false),
        };
        let Some(list) = rest
            .strip_prefix("ignore")
            .and_then(|rest| rest.trim_start().strip_prefix('='))
        else {
            return;
        };
        let list = list.split('#').next().unwrap_or_default();
        let names = list
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty());
        match is_global {
            true => self.everywhere.extend(names),
            false => self.at.entry(next).or_default().extend(names),
        }
    }

    /// Whether a finding is not wanted.
    pub(crate) fn covers(&self, finding: &Finding) -> bool {
        let here = self.at.get(&finding.first_line);
        self.everywhere.contains(finding.rule.name)
            || here.is_some_and(|names| names.contains(finding.rule.name))
    }
}
