//! Stages: which are needed, what each is based on, and its instructions one by one.

use std::collections::BTreeMap;

use constrict_dockerfile::{Dockerfile, Instruction, Kind, Span, Stage, parse_onbuild};
use constrict_oci::{History, ImageConfig, Platform};

use super::args::{self, Variables};
use super::{LoweredStage, MainContext, NamedContext, NoCache, Options, Resolve, at};
use crate::error::{Error, Result};
use crate::graph::{
    CopyAction, CopySource, FileAction, FilesOp, Graph, Op, Unpack, Vertex, VertexId,
};
use crate::source::layout::Place;

/// `PATH` where an image sets none, as BuildKit has it.
pub(crate) const DEFAULT_PATH: &str =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The comment that BuildKit puts to each line of the history.
const COMMENT: &str = "buildkit.dockerfile.v0";

/// A stage that has been lowered.
#[derive(Clone)]
struct Done {
    result: Option<VertexId>,
    base: String,
    config: ImageConfig,
    args: BTreeMap<String, ArgState>,
    arg_order: Vec<String>,
    variables: Variables,
}

/// An ARG of a stage.
#[derive(Clone, Debug, Default)]
pub(super) struct ArgState {
    pub(super) value: Option<String>,
}

/// The work of lowering one file.
pub(super) struct Lowering<'a> {
    pub(super) dockerfile: &'a Dockerfile,
    pub(super) options: &'a Options,
    pub(super) resolve: &'a dyn Resolve,
    pub(super) graph: Graph,
    pub(super) global: Variables,
    pub(super) proxies: Vec<(String, String)>,
    stages: BTreeMap<usize, Box<Done>>,
    sources: BTreeMap<String, Option<VertexId>>,
}

/// A stage while its instructions are gone through.
pub(super) struct State {
    /// The stage's place in the file.
    index: usize,
    /// What people see before `n/m]`.
    label: String,
    step: usize,
    steps: usize,
    pub(super) platform: Platform,
    /// What FROM names in the end: the image below all stages that this one is based on.
    base: String,
    pub(super) result: Option<VertexId>,
    pub(super) config: ImageConfig,
    /// ENV and ARG as the instructions see them.
    pub(super) variables: Variables,
    pub(super) args: BTreeMap<String, ArgState>,
    /// Names of ARGs as they were declared.
    pub(super) arg_order: Vec<String>,
    /// This stage had a CMD of its own.
    pub(super) has_cmd: bool,
    pub(super) no_cache: bool,
}

impl<'a> Lowering<'a> {
    /// Prepares: global arguments are expanded here.
    pub(super) fn new(
        dockerfile: &'a Dockerfile,
        options: &'a Options,
        resolve: &'a dyn Resolve,
    ) -> Result<Self> {
        let last = dockerfile
            .stages
            .last()
            .and_then(|stage| stage.name.clone());
        let target = options
            .target
            .clone()
            .filter(|t| !t.is_empty())
            .or(last)
            .unwrap_or_else(|| "default".into());
        Ok(Lowering {
            dockerfile,
            options,
            resolve,
            graph: Graph::default(),
            global: args::global(dockerfile, options, &target)?,
            proxies: args::proxies(options),
            stages: BTreeMap::new(),
            sources: BTreeMap::new(),
        })
    }

    /// The index of the stage that is asked for.
    pub(super) fn target(&self) -> Result<usize> {
        let last = self.dockerfile.stages.len() - 1;
        let Some(target) = self
            .options
            .target
            .as_deref()
            .filter(|target| !target.is_empty())
        else {
            return Ok(last);
        };
        self.stage_named(target, self.dockerfile.stages.len())
            .ok_or_else(|| Error::Invalid(format!("target stage `{target}` could not be found")))
    }

    /// The last of the first `end` stages that has this name.
    fn stage_named(&self, name: &str, end: usize) -> Option<usize> {
        let name = name.to_lowercase();
        self.dockerfile.stages[..end]
            .iter()
            .rposition(|stage| stage.name.as_deref() == Some(name.as_str()))
    }

    /// Lowers stage `index` if that is still to do.
    pub(super) fn stage(&mut self, index: usize) -> Result<(Option<VertexId>, ImageConfig)> {
        let done = self.lowered(index)?;
        Ok((done.result, done.config))
    }

    /// The stages that were needed.
    pub(super) fn lowered_stages(&self) -> Vec<LoweredStage> {
        let stages = self.stages.iter();
        stages
            .map(|(index, done)| LoweredStage {
                index: *index,
                base: done.base.clone(),
                result: done.result,
                config: done.config.clone(),
            })
            .collect()
    }

    fn lowered(&mut self, index: usize) -> Result<Done> {
        let stage = &self.dockerfile.stages[index];
        if let Some(done) = self.stages.get(&index) {
            return Ok((**done).clone());
        }
        let mut state = self.start(stage)?;
        for trigger in std::mem::take(&mut state.config.config.on_build) {
            let mut instruction = parse_onbuild(&trigger).map_err(|error| {
                at(
                    stage.from.span,
                    format!("invalid ONBUILD trigger `{trigger}` of the base image: {error}"),
                )
            })?;
            // the trigger stands in another file: messages point at the FROM that brings it
            instruction.span = stage.from.span;
            self.instruction(&mut state, &instruction)?;
        }
        for instruction in &stage.instructions {
            self.instruction(&mut state, instruction)?;
        }
        let State {
            base,
            result,
            config,
            args,
            arg_order,
            variables,
            ..
        } = state;
        let done = Done {
            base,
            result,
            config,
            args,
            arg_order,
            variables,
        };
        self.stages.insert(index, Box::new(done.clone()));
        Ok(done)
    }

    /// The state that FROM gives.
    fn start(&mut self, stage: &Stage) -> Result<State> {
        let span = stage.from.span;
        let escape = self.dockerfile.directives.escape;
        let name = self.global.expand(&stage.from.image, escape, span)?;
        if name.is_empty() {
            return Err(at(
                span,
                format!("base name ({}) should not be blank", stage.from.image),
            ));
        }
        let mut platform = self.options.platform.clone();
        if let Some(word) = &stage.from.platform {
            let text = self.global.expand(word, escape, span)?;
            if text.is_empty() {
                return Err(at(
                    span,
                    format!("empty platform value from expression {word}"),
                ));
            }
            platform = Platform::parse(&text).map_err(|error| at(span, error.to_string()))?;
        }
        let parent = self.stage_named(&name, stage.index);
        let label = stage
            .from
            .alias
            .clone()
            .unwrap_or_else(|| format!("stage-{}", stage.index));
        let no_cache = match &self.options.no_cache {
            NoCache::No => false,
            NoCache::All => true,
            NoCache::Stages(names) => stage.name.as_ref().is_some_and(|name| names.contains(name)),
        };
        let mut state = State {
            index: stage.index,
            label,
            step: 1,
            steps: 1 + stage
                .instructions
                .iter()
                .filter(|i| makes_layer(&i.kind))
                .count(),
            config: ImageConfig::new(&platform),
            platform,
            base: name.clone(),
            result: None,
            variables: Variables::default(),
            args: BTreeMap::new(),
            arg_order: Vec::new(),
            has_cmd: false,
            no_cache,
        };
        match parent {
            Some(parent) => {
                let done = self.lowered(parent)?;
                state.base = done.base;
                state.result = done.result;
                state.config = done.config;
                state.args = done.args;
                state.arg_order = done.arg_order;
                state.variables = done.variables;
                state.platform = state.config.platform();
            }
            None => {
                (state.result, state.config) = self.base(&name, &state.platform, span)?;
                state.variables = Variables::from_env(&state.config.config.env);
            }
        }
        Ok(state)
    }

    /// A base that is no stage of this file.
    fn base(
        &mut self,
        name: &str,
        platform: &Platform,
        span: Span,
    ) -> Result<(Option<VertexId>, ImageConfig)> {
        let context = self.options.contexts.get(&name.to_lowercase()).cloned();
        if name == "scratch" && context.is_none() {
            return Ok((None, self.empty_config(platform)));
        }
        let image = match context {
            None if Place::parse(name).is_some() => {
                // whoever wrote the Dockerfile does not choose files of the host
                return Err(Error::At {
                    span,
                    message: format!("`{name}` is no image name"),
                    hint: Some(format!("--build-context base={name}, with `FROM base`")),
                    source: None,
                });
            }
            None => name.to_string(),
            Some(NamedContext::Image(image)) => image,
            Some(NamedContext::Directory(_) | NamedContext::Git(_)) => {
                let from = self.named_context(name, span)?;
                return Ok((
                    Some(self.whole(from, name, span)),
                    self.empty_config(platform),
                ));
            }
        };
        let (image, mut config) =
            self.resolve
                .image(&image, platform)
                .map_err(|source| Error::At {
                    span,
                    message: format!("cannot resolve base image `{name}`"),
                    hint: None,
                    source: Some(Box::new(source)),
                })?;
        config.rootfs.diff_ids.clear();
        let vertex = Vertex {
            name: format!("[{name}] FROM {name}"),
            span: Some(span),
            no_cache: false,
            op: Op::Image(image),
        };
        let key = format!("image {name} {platform}");
        let id = match self.sources.get(&key) {
            Some(id) => *id,
            None => {
                let id = Some(self.graph.add(vertex));
                self.sources.insert(key, id);
                id
            }
        };
        Ok((id, config))
    }

    fn empty_config(&self, platform: &Platform) -> ImageConfig {
        let mut config = ImageConfig::new(platform);
        config.config.working_dir = "/".into();
        config.config.env = vec![format!("PATH={DEFAULT_PATH}")];
        config
    }

    /// A state with all of a directory in it.
    fn whole(&mut self, from: Option<VertexId>, name: &str, span: Span) -> VertexId {
        let copy = CopyAction {
            sources: vec![CopySource::Path {
                from,
                path: "/".into(),
            }],
            destination: "/".into(),
            chown: None,
            chmod: None,
            exclude: Vec::new(),
            parents: false,
            unpack: Unpack::Never,
        };
        let op = Op::Files(FilesOp {
            base: None,
            actions: vec![FileAction::Copy(copy)],
        });
        self.graph.add(Vertex {
            op,
            name: format!("[context {name}] FROM {name}"),
            span: Some(span),
            no_cache: false,
        })
    }

    /// What `--from` of COPY or of a mount means: a stage by name or number, a named context, else an image.
    pub(super) fn from(
        &mut self,
        state: &State,
        name: &str,
        span: Span,
    ) -> Result<Option<VertexId>> {
        check_from(name, state.index, span)?;
        if let Ok(index) = name.parse::<usize>() {
            return Ok(self.stage(index)?.0);
        }
        if let Some(index) = self.stage_named(name, state.index) {
            return Ok(self.stage(index)?.0);
        }
        match self.options.contexts.get(&name.to_lowercase()) {
            Some(NamedContext::Directory(_) | NamedContext::Git(_)) => {
                self.named_context(name, span)
            }
            _ => Ok(self.base(name, &state.platform, span)?.0),
        }
    }

    fn named_context(&mut self, name: &str, span: Span) -> Result<Option<VertexId>> {
        let key = format!("context {}", name.to_lowercase());
        if let Some(id) = self.sources.get(&key) {
            return Ok(*id);
        }
        let op = match self.options.contexts.get(&name.to_lowercase()) {
            Some(NamedContext::Directory(directory)) => Op::Directory(directory.clone()),
            Some(NamedContext::Git(git)) => Op::Git(git.clone()),
            _ => return Ok(None),
        };
        let vertex = Vertex {
            op,
            name: format!("[context {name}]"),
            span: Some(span),
            no_cache: false,
        };
        let id = Some(self.graph.add(vertex));
        self.sources.insert(key, id);
        Ok(id)
    }

    /// The main build context.
    pub(super) fn context(&mut self) -> Option<VertexId> {
        let MainContext::Directory(directory) = &self.options.context else {
            return None;
        };
        if let Some(id) = self.sources.get("context") {
            return *id;
        }
        let op = Op::Directory(directory.clone());
        let vertex = Vertex {
            op,
            name: "[internal] load build context".into(),
            span: None,
            no_cache: false,
        };
        let id = Some(self.graph.add(vertex));
        self.sources.insert("context".into(), id);
        id
    }

    fn instruction(&mut self, state: &mut State, instruction: &Instruction) -> Result<()> {
        let span = instruction.span;
        match &instruction.kind {
            Kind::Add(copy) => self.copy(state, instruction, copy, true),
            Kind::Copy(copy) => self.copy(state, instruction, copy, false),
            Kind::Run(run) => self.run(state, instruction, run),
            Kind::Workdir(word) => self.workdir(state, word, span),
            Kind::Arg(definitions) => self.arg(state, definitions, span),
            _ => self.metadata(state, instruction),
        }
    }

    /// The display name of the next step of a stage.
    pub(super) fn next_name(&self, state: &mut State, text: &str) -> String {
        state.step += 1;
        // ONBUILD triggers of the base come on top of what the file shows
        let steps = state.steps.max(state.step);
        format!("[{} {}/{}] {text}", state.label, state.step, steps)
    }

    /// Adds a vertex that replaces the stage's state.
    pub(super) fn advance(&mut self, state: &mut State, op: Op, name: String, span: Span) {
        let vertex = Vertex {
            op,
            name,
            span: Some(span),
            no_cache: state.no_cache,
        };
        state.result = Some(self.graph.add(vertex));
    }
}

/// Refuses a `--from` that can mean nothing, in stages that are not built as well, as BuildKit does.
pub(super) fn check_from(name: &str, stage: usize, span: Span) -> Result<()> {
    if name.contains('$') {
        let message = format!("variable expansion is not supported for --from, got {name}");
        return Err(at(span, message));
    }
    match name.parse::<usize>() {
        Ok(index) if index >= stage => Err(at(span, format!("invalid stage index {index}"))),
        _ => Ok(()),
    }
}

fn makes_layer(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Run(_) | Kind::Copy(_) | Kind::Add(_) | Kind::Workdir(_)
    )
}

impl State {
    /// Expands a word with the variables of the stage.
    pub(super) fn expand(&self, lowering: &Lowering<'_>, word: &str, span: Span) -> Result<String> {
        self.variables
            .expand(word, lowering.dockerfile.directives.escape, span)
    }

    /// A line of history.
    pub(super) fn history(&mut self, created_by: String, has_layer: bool) {
        self.config.history.push(History {
            created_by,
            comment: COMMENT.into(),
            empty_layer: !has_layer,
            ..History::default()
        });
    }

    /// SHELL, or docker's default.
    pub(super) fn shell(&self) -> Vec<String> {
        let shell = &self.config.config.shell;
        if shell.is_empty() {
            vec!["/bin/sh".into(), "-c".into()]
        } else {
            shell.clone()
        }
    }
}
