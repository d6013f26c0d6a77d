//! Which stage needs which: what each starts from and what it copies or mounts from.
//!
//! Never judges an instruction.

use std::collections::{BTreeMap, BTreeSet};

use constrict_dockerfile::expand::expand;
use constrict_dockerfile::{Dockerfile, Instruction, Kind};

use super::from::Base;
use crate::Broken;
use crate::source::Source;

/// The stages and their needs.
pub(crate) struct Graph {
    /// What each stage starts from.
    pub(crate) bases: Vec<Base>,
    by_name: BTreeMap<String, usize>,
    /// The stages that each copies or mounts from.
    sources: Vec<BTreeSet<usize>>,
}

impl Graph {
    /// Reads the needs of every stage.
    pub(crate) fn new(
        dockerfile: &Dockerfile,
        bases: &[Base],
        source: &Source<'_>,
    ) -> Result<Self, Broken> {
        let named = |stage: &constrict_dockerfile::Stage| Some((stage.name.clone()?, stage.index));
        let mut graph = Self {
            bases: bases.to_vec(),
            by_name: dockerfile.stages.iter().filter_map(named).collect(),
            sources: Vec::new(),
        };
        for stage in &dockerfile.stages {
            let mut needs = BTreeSet::new();
            for instruction in &stage.instructions {
                needs.extend(graph.sources_of(instruction)?);
            }
            graph.sources.push(needs);
        }
        if let Some(stage) = graph.circular() {
            let stage = &dockerfile.stages[stage];
            let name = stage
                .name
                .clone()
                .unwrap_or_else(|| format!("stage-{}", stage.index));
            let message = format!("circular dependency detected on stage: {name}");
            return Err(Broken::at(source, stage.from.span, message));
        }
        Ok(graph)
    }

    /// The stage that COPY's `--from` names, if it is a stage.
    pub(crate) fn stage(&self, from: &str) -> Option<usize> {
        match from.parse() {
            Ok(index) => Some(index),
            Err(_) => self.by_name.get(&from.to_lowercase()).copied(),
        }
    }

    /// The stages that an instruction names.
    pub(crate) fn sources_of(&self, instruction: &Instruction) -> Result<Vec<usize>, Broken> {
        match &instruction.kind {
            Kind::Copy(copy) => {
                let Some(from) = &copy.from else {
                    return Ok(Vec::new());
                };
                self.check_from(from)?;
                Ok(self.stage(from).into_iter().collect())
            }
            Kind::Run(run) => {
                let from = |text: &str| {
                    let fields: Vec<&str> = text.split(',').collect();
                    fields
                        .iter()
                        .find_map(|field| field.strip_prefix("from="))
                        .and_then(|name| self.by_name.get(&name.to_lowercase()).copied())
                };
                Ok(run
                    .mounts
                    .iter()
                    .filter_map(|mount| from(mount.text()))
                    .collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn check_from(&self, from: &str) -> Result<(), Broken> {
        let plain = expand(from, |_| None, '\\');
        if plain.is_ok_and(|plain| plain.value != from) {
            return Err(Broken::nowhere(
                "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround",
            ));
        }
        match from.parse::<i64>() {
            Ok(index) if usize::try_from(index).is_ok_and(|index| index < self.bases.len()) => {
                Ok(())
            }
            Ok(index) => Err(Broken::nowhere(format!("invalid stage index {index}"))),
            Err(_) => Ok(()),
        }
    }

    /// A stage that copies from itself by way of others. Stages are peeled off while nothing remains that they copy from.
    fn circular(&self) -> Option<usize> {
        let mut waits: Vec<usize> = self.sources.iter().map(BTreeSet::len).collect();
        let mut needed_by = vec![Vec::new(); waits.len()];
        for (stage, sources) in self.sources.iter().enumerate() {
            for source in sources {
                needed_by[*source].push(stage);
            }
        }
        let mut free: Vec<usize> = (0..waits.len())
            .filter(|stage| waits[*stage] == 0)
            .collect();
        while let Some(stage) = free.pop() {
            for other in &needed_by[stage] {
                waits[*other] -= 1;
                if waits[*other] == 0 {
                    free.push(*other);
                }
            }
        }
        waits.iter().position(|waits| *waits > 0)
    }

    /// The stages that the last one needs, itself included.
    pub(crate) fn reachable(&self) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open: Vec<usize> = self.bases.len().checked_sub(1).into_iter().collect();
        while let Some(stage) = open.pop() {
            if found.insert(stage) {
                open.extend(&self.sources[stage]);
                if let Base::Stage(base) = self.bases[stage] {
                    open.push(base);
                }
            }
        }
        found
    }
}
