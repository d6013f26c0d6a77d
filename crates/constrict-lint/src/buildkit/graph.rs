//! Which stage needs which: what each starts from and what it copies or mounts from.
//!
//! Never judges an instruction.

use std::collections::{BTreeMap, BTreeSet};

use constrict_dockerfile::expand::expand;
use constrict_dockerfile::{Dockerfile, Instruction, Kind};

use super::from::Base;
use super::reference;
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
        graph.check_circles(dockerfile, source)?;
        let all = dockerfile.stages.iter();
        for instruction in all.flat_map(|stage| &stage.instructions) {
            graph
                .check_images(instruction)
                .map_err(|message| Broken::at(source, instruction.span, message))?;
        }
        Ok(graph)
    }

    /// No stage copies from itself by way of others.
    fn check_circles(&self, dockerfile: &Dockerfile, source: &Source<'_>) -> Result<(), Broken> {
        let circular = self.circular();
        let Some(stage) = circular.first() else {
            return Ok(());
        };
        let stage = &dockerfile.stages[*stage];
        let name = stage
            .name
            .clone()
            .unwrap_or_else(|| format!("stage-{}", stage.index));
        let closes = |instruction: &&Instruction| {
            let sources = self.sources_of(instruction).unwrap_or_default();
            sources.iter().any(|source| circular.contains(source))
        };
        let place = stage.instructions.iter().find(closes);
        let span = place.map_or(stage.from.span, |instruction| instruction.span);
        let message = format!("circular dependency detected on stage: {name}");
        Err(Broken::at(source, span, message))
    }

    /// What an instruction copies or mounts from is a stage, or has the name of an image.
    pub(crate) fn check_images(&self, instruction: &Instruction) -> Result<(), String> {
        let is_neither = |from: &&String| self.stage(from).is_none() && !reference::is_valid(from);
        match froms(instruction).iter().find(is_neither) {
            Some(from) => Err(format!(
                "failed to parse stage name `{from}`: invalid reference format"
            )),
            None => Ok(()),
        }
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
                let stage = |name: &str| self.by_name.get(&name.to_lowercase()).copied();
                let mounts = run.mounts.iter();
                Ok(mounts
                    .filter_map(|mount| stage(mounted_from(mount.text())?))
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

    /// The stages that copy from themselves by way of others, or from such. Stages are peeled off while nothing remains that they copy from.
    fn circular(&self) -> Vec<usize> {
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
        (0..waits.len()).filter(|stage| waits[*stage] > 0).collect()
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

/// What an instruction names with `--from` or in mounts: stages and images.
fn froms(instruction: &Instruction) -> Vec<String> {
    match &instruction.kind {
        Kind::Copy(copy) => copy.from.iter().cloned().collect(),
        Kind::Run(run) => {
            let mounts = run.mounts.iter();
            let names = mounts.filter_map(|mount| mounted_from(mount.text()));
            names.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// The value of a mount's `from`, if it has one.
fn mounted_from(text: &str) -> Option<&str> {
    let from = text
        .split(',')
        .find_map(|field| field.strip_prefix("from="));
    from.filter(|from| !from.is_empty())
}
