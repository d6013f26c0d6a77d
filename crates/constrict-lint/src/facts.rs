//! What several rules want to know of a Dockerfile: which stage starts from what, and what its RUNs run.
//!
//! Never judges anything.

use std::collections::BTreeMap;

use constrict_dockerfile::instruction::{Copy, Script as RunScript};
use constrict_dockerfile::{Dockerfile, Instruction, Kind, Span, Stage};

use crate::buildkit::{Base, Globals, bases};
use crate::shell::{self, Command, Script};
use crate::source::Source;

/// The stages of a Dockerfile.
pub(crate) struct Facts<'d> {
    pub(crate) stages: Vec<StageFacts<'d>>,
    by_name: BTreeMap<&'d str, usize>,
}

/// One stage.
pub(crate) struct StageFacts<'d> {
    pub(crate) stage: &'d Stage,
    /// The stage that it starts from.
    pub(crate) parent: Option<usize>,
    /// The image that it starts from, by way of other stages: variables expanded.
    pub(crate) image: String,
    /// Its RUNs.
    pub(crate) runs: Vec<RunFacts<'d>>,
}

/// One RUN.
pub(crate) struct RunFacts<'d> {
    pub(crate) instruction: &'d Instruction,
    /// What the shell is given; the words of the exec form, joined.
    pub(crate) text: String,
    pub(crate) script: Script,
}

impl<'d> Facts<'d> {
    pub(crate) fn new(dockerfile: &'d Dockerfile, source: &Source<'_>) -> Self {
        let globals = Globals::new(dockerfile, source).ok();
        let bases = bases(dockerfile, globals.as_ref());
        let mut stages: Vec<StageFacts<'d>> = Vec::new();
        for (stage, base) in dockerfile.stages.iter().zip(bases) {
            let (parent, image) = match base {
                Base::Stage(index) => (Some(index), stages[index].image.clone()),
                Base::Image(image) => (None, image),
            };
            stages.push(StageFacts {
                stage,
                parent,
                image,
                runs: stage.instructions.iter().filter_map(run).collect(),
            });
        }
        let named = |stage: &'d Stage| Some((stage.name.as_deref()?, stage.index));
        Self {
            stages,
            by_name: dockerfile.stages.iter().filter_map(named).collect(),
        }
    }

    /// The stage that a `--from` names, if it is one that comes before stage `before`.
    pub(crate) fn source_stage(&self, copy: &Copy, before: usize) -> Option<usize> {
        let from = copy.from.as_deref()?;
        let index = match from.parse() {
            Ok(index) => index,
            Err(_) => *self.by_name.get(from.to_lowercase().as_str())?,
        };
        (index < before).then_some(index)
    }

    /// A stage and those that it starts from, lowest first.
    pub(crate) fn chain(&self, index: usize) -> Vec<usize> {
        let mut chain = vec![index];
        while let Some(parent) = self.stages[*chain.last().expect("never empty")].parent {
            chain.push(parent);
        }
        chain.reverse();
        chain
    }

    /// The instructions of a stage and of those that it starts from, in the order that they take effect.
    pub(crate) fn instructions(&self, index: usize) -> impl Iterator<Item = &'d Instruction> {
        self.chain(index)
            .into_iter()
            .flat_map(|index| &self.stages[index].stage.instructions)
    }

    /// The commands that the RUNs of a stage and of those that it starts from run.
    pub(crate) fn commands(&self, index: usize) -> impl Iterator<Item = &Command> {
        self.chain(index)
            .into_iter()
            .flat_map(|index| &self.stages[index].runs)
            .flat_map(|run| &run.script.commands)
    }

    /// The COPYs of a stage and of those that it starts from.
    pub(crate) fn copies(&self, index: usize) -> impl Iterator<Item = (&'d Copy, Span)> {
        self.instructions(index)
            .filter_map(|instruction| match &instruction.kind {
                Kind::Copy(copy) => Some((copy, instruction.span)),
                _ => None,
            })
    }
}

fn run(instruction: &Instruction) -> Option<RunFacts<'_>> {
    let Kind::Run(run) = &instruction.kind else {
        return None;
    };
    let (text, script) = match run.script() {
        RunScript::Shell(text) => {
            let script = shell::parse(&text);
            (text, script)
        }
        RunScript::Exec(words) => {
            let text = words.join(" ");
            let commands = vec![Command { words }];
            (
                text,
                Script {
                    commands,
                    has_pipe: false,
                },
            )
        }
        RunScript::File { content, .. } => (content, Script::default()),
    };
    Some(RunFacts {
        instruction,
        text,
        script,
    })
}
