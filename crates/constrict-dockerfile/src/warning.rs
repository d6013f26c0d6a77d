//! What the parser noticed and did not refuse, under the names of BuildKit's lint rules.
//!
//! Never decides whether a warning is shown or fails the build: that is the caller's, with [`Checks`](crate::Checks).

use std::collections::BTreeSet;

use crate::dockerfile::Stage;
use crate::instruction::{Command, Kind};
use crate::node::{Args, Node};
use crate::{Instruction, Span};

/// A lint finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The name of BuildKit's rule, such as `JSONArgsRecommended`.
    pub rule: &'static str,
    /// Where.
    pub span: Span,
    /// What, in BuildKit's words.
    pub message: String,
    /// The stage that must be built for the warning to count; `None` if it always does.
    pub stage: Option<usize>,
}

impl Warning {
    pub(crate) fn new(rule: &'static str, span: Span, message: String) -> Self {
        Self {
            rule,
            span,
            message,
            stage: None,
        }
    }
}

/// The warnings about the whole file.
pub(crate) fn of_file(nodes: &[Node], stages: &[Stage]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    of_nodes(nodes, &mut warnings);
    // BuildKit looks at the keywords of stages only
    let first_from = nodes.iter().position(|node| node.upper == "FROM");
    casing(&nodes[first_from.unwrap_or_default()..], &mut warnings);
    let mut names = BTreeSet::new();
    // the stages with a SHELL, their own or that of the stage they start from
    let mut with_shell = BTreeSet::new();
    for stage in stages {
        if let Some(name) = &stage.name {
            of_name(name, stage, &mut names, &mut warnings);
        }
        let has_shell = with_shell.contains(&stage.from.image.to_lowercase());
        let has_shell = of_commands(stage, has_shell, &mut warnings);
        if let Some(name) = &stage.name {
            with_shell.remove(name);
            with_shell.extend(has_shell.then(|| name.clone()));
        }
    }
    warnings
}

/// The warnings that BuildKit gives while it reads instructions.
pub(crate) fn before_error(nodes: &[Node]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    of_nodes(nodes, &mut warnings);
    warnings.retain(|warning| warning.stage.is_none());
    warnings
}

fn of_nodes(nodes: &[Node], warnings: &mut Vec<Warning>) {
    let mut stage = None;
    for node in nodes {
        if node.upper == "FROM" {
            stage = Some(stage.map_or(0, |stage: usize| stage + 1));
        }
        of_node(node, stage, warnings);
    }
}

fn of_node(node: &Node, stage: Option<usize>, warnings: &mut Vec<Warning>) {
    let upper = node.upper.as_str();
    match (&node.args, upper) {
        (Args::Pairs(pairs), _) if pairs.legacy => {
            let word = &node.keyword;
            let message = format!(
                "\"{word} key=value\" should be used instead of legacy \"{word} key value\" format"
            );
            warnings.push(Warning {
                stage,
                ..Warning::new("LegacyKeyValueFormat", node.span, message)
            });
        }
        (_, "MAINTAINER") => {
            let message = "Maintainer instruction is deprecated in favor of using label".to_owned();
            warnings.push(Warning::new("MaintainerDeprecated", node.span, message));
        }
        (Args::Words { words, .. }, "FROM") if words.len() >= 3 => {
            let (word, name) = (words[1].text.as_str(), words[2].text.as_str());
            if words.len() == 3 && name != name.to_lowercase() {
                let message = format!("Stage name '{name}' should be lowercase");
                warnings.push(Warning::new("StageNameCasing", node.span, message));
            }
            // a word without letters has the case of any
            let differs = case(&node.keyword).is_some_and(|from| match from {
                Case::Lower => word != word.to_lowercase(),
                Case::Upper => word != word.to_uppercase(),
            });
            if differs {
                let message = format!(
                    "'{word}' and '{}' keywords' casing do not match",
                    node.keyword
                );
                warnings.push(Warning::new("FromAsCasing", node.span, message));
            }
        }
        _ => {}
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Lower,
    Upper,
}

fn case(word: &str) -> Option<Case> {
    match word {
        _ if word == word.to_lowercase() => Some(Case::Lower),
        _ if word == word.to_uppercase() => Some(Case::Upper),
        _ => None,
    }
}

/// Keywords in another case than most.
fn casing(nodes: &[Node], warnings: &mut Vec<Warning>) {
    let count = |wanted| {
        nodes
            .iter()
            .filter(|node| case(&node.keyword) == Some(wanted))
            .count()
    };
    let (majority, name) = if count(Case::Lower) > count(Case::Upper) {
        (Case::Lower, "lowercase")
    } else {
        (Case::Upper, "uppercase")
    };
    for node in nodes
        .iter()
        .filter(|node| case(&node.keyword) != Some(majority))
    {
        let message = format!(
            "Command '{}' should match the case of the command majority ({name})",
            node.keyword
        );
        warnings.push(Warning::new(
            "ConsistentInstructionCasing",
            node.span,
            message,
        ));
    }
}

fn of_name<'s>(
    name: &'s str,
    stage: &Stage,
    names: &mut BTreeSet<&'s str>,
    warnings: &mut Vec<Warning>,
) {
    if matches!(name, "scratch" | "context") {
        let message =
            format!("Stage name should not use the same name as reserved stage \"{name}\"");
        warnings.push(Warning::new("ReservedStageName", stage.from.span, message));
    }
    if !names.insert(name) {
        let message = format!("Duplicate stage name \"{name}\", stage names should be unique");
        warnings.push(Warning::new("DuplicateStageName", stage.from.span, message));
    }
}

/// The warnings about the commands of a stage; whether it has a SHELL at its end.
fn of_commands(stage: &Stage, mut has_shell: bool, warnings: &mut Vec<Warning>) -> bool {
    let mut last: [Option<&Instruction>; 3] = [None; 3];
    for instruction in &stage.instructions {
        let slot = match &instruction.kind {
            Kind::Cmd(_) => 0,
            Kind::Entrypoint(_) => 1,
            Kind::Healthcheck(_) => 2,
            Kind::Shell(_) => {
                has_shell = true;
                continue;
            }
            _ => continue,
        };
        let keyword = instruction.kind.keyword();
        if let Some(before) = last[slot].replace(instruction) {
            let message = format!(
                "Multiple {keyword} instructions should not be used in the same stage because only the last one will be used"
            );
            warnings.push(in_stage(
                "MultipleInstructionsDisallowed",
                before.span,
                message,
                stage,
            ));
        }
        if let Kind::Cmd(Command::Shell(_)) | Kind::Entrypoint(Command::Shell(_)) =
            &instruction.kind
            && !has_shell
        {
            let message = format!(
                "JSON arguments recommended for {keyword} to prevent unintended behavior related to OS signals"
            );
            warnings.push(in_stage(
                "JSONArgsRecommended",
                instruction.span,
                message,
                stage,
            ));
        }
    }
    has_shell
}

fn in_stage(rule: &'static str, span: Span, message: String, stage: &Stage) -> Warning {
    Warning {
        stage: Some(stage.index),
        ..Warning::new(rule, span, message)
    }
}
