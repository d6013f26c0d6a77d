//! The rules about what else RUN runs.

use std::collections::BTreeSet;

use constrict_dockerfile::{Instruction, Kind};

use super::rules;
use crate::facts::{Facts, RunFacts};
use crate::shell::basename;
use crate::sink::Sink;

/// RUNs with more commands than this are several on purpose.
const FEW_COMMANDS: usize = 2;

pub(super) fn check(run: &RunFacts<'_>, sink: &mut Sink<'_>) {
    let span = run.instruction.span;
    let mut seen = BTreeSet::new();
    for command in &run.script.commands {
        let rule = match command.name() {
            "sudo" => (
                &rules::DL3004,
                "sudo knows no terminal here: USER says who runs",
            ),
            "wget" if prints_progress(command) => (
                &rules::DL3047,
                "wget's progress bar fills the log: `wget -nv`, or `--progress=dot:giga`",
            ),
            "ln" if command.has("/bin/sh") => {
                (&rules::DL4005, "SHELL changes the shell of what follows")
            }
            _ => continue,
        };
        if seen.insert(rule.0.name) {
            sink.add(rule.0, span, rule.1);
        }
    }
    if let [only] = run.script.commands.as_slice()
        && only.name() == "cd"
    {
        sink.add(
            &rules::DL3003,
            span,
            "the next RUN is not there any more: WORKDIR",
        );
    } else if run
        .script
        .commands
        .first()
        .is_some_and(|first| first.name() == "cd")
    {
        sink.add(
            &rules::DL3003,
            span,
            "WORKDIR changes the directory for all that follows",
        );
    }
}

fn prints_progress(command: &crate::shell::Command) -> bool {
    let quiet = [
        ("quiet", Some('q')),
        ("output-file", Some('o')),
        ("append-output", Some('a')),
        ("no-verbose", None),
        ("progress", None),
    ];
    !command.has("-nv")
        && !quiet
            .iter()
            .any(|(long, short)| command.has_flag(long, *short))
}

/// Pipelines where the shell does not stop at a part that fails.
pub(super) fn check_pipes(facts: &Facts<'_>, sink: &mut Sink<'_>) {
    for stage in &facts.stages {
        let mut is_safe = facts
            .chain(stage.stage.index)
            .iter()
            .filter(|index| **index != stage.stage.index)
            .flat_map(|index| &facts.stages[*index].stage.instructions)
            .fold(false, |is_safe, instruction| {
                safe_shell(instruction).unwrap_or(is_safe)
            });
        let mut runs = stage.runs.iter().peekable();
        for instruction in &stage.stage.instructions {
            is_safe = safe_shell(instruction).unwrap_or(is_safe);
            let run = runs.next_if(|run| std::ptr::eq(run.instruction, instruction));
            if let Some(run) = run
                && run.script.has_pipe
                && !is_safe
                && !run.text.contains("pipefail")
            {
                let message = "a pipeline succeeds though its first part failed: SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]";
                sink.add(&rules::DL4006, instruction.span, message);
            }
        }
    }
}

/// Whether a SHELL stops at failing parts of pipelines; `None` of other instructions.
fn safe_shell(instruction: &Instruction) -> Option<bool> {
    let Kind::Shell(words) = &instruction.kind else {
        return None;
    };
    let program = words.first().map_or("", |word| basename(word));
    let is_foreign = ["pwsh", "powershell", "cmd"]
        .iter()
        .any(|shell| program.starts_with(shell));
    let fails = words.iter().any(|word| word.contains("pipefail"));
    Some(is_foreign || fails)
}

/// wget and curl both.
pub(super) fn check_downloads(facts: &Facts<'_>, sink: &mut Sink<'_>) {
    for stage in &facts.stages {
        let runs = |name: &str| {
            stage.runs.iter().find(|run| {
                run.script
                    .commands
                    .iter()
                    .any(|command| command.name() == name)
            })
        };
        if let (Some(wget), Some(curl)) = (runs("wget"), runs("curl")) {
            let later = wget.instruction.span.max(curl.instruction.span);
            sink.add(
                &rules::DL4001,
                later,
                "the stage uses both wget and curl: one is enough",
            );
        }
    }
}

/// RUNs one after the other that are short and have the same flags.
pub(super) fn check_consecutive(facts: &Facts<'_>, sink: &mut Sink<'_>) {
    for stage in &facts.stages {
        let mut before: Option<&RunFacts<'_>> = None;
        let mut runs = stage.runs.iter().peekable();
        for instruction in &stage.stage.instructions {
            let run = runs.next_if(|run| std::ptr::eq(run.instruction, instruction));
            if let (Some(run), Some(before)) = (run, before)
                && flags(run) == flags(before)
                && [run, before]
                    .iter()
                    .all(|run| run.script.commands.len() <= FEW_COMMANDS)
            {
                sink.add(
                    &rules::DL3059,
                    instruction.span,
                    "this RUN and the one before could be one layer",
                );
            }
            before = run;
        }
    }
}

fn flags(run: &RunFacts<'_>) -> Option<(Vec<String>, constrict_dockerfile::instruction::Network)> {
    let Kind::Run(instruction) = &run.instruction.kind else {
        return None;
    };
    let mounts = instruction
        .mounts
        .iter()
        .map(|mount| mount.text().to_owned())
        .collect();
    Some((mounts, instruction.network))
}
