//! The walk over all stages: what each instruction does to variables, and the checks that depend on it.
//!
//! Never checks FROM lines: [`from`](super::from) has done that.

use std::collections::BTreeSet;

use constrict_dockerfile::instruction::{
    ArgDef, Command, Copy, Heredoc, Mount, MountError, Run, SourceArg,
};
use constrict_dockerfile::{Dockerfile, Instruction, Kind, Span};

use super::environment::{Bases, Environment, Failure, Value};
use super::from::{Base, Globals};
use super::graph::Graph;
use super::{checksum, expose, rules, secret, signal};
use crate::sink::Sink;
use crate::source::Source;
use crate::{Broken, Options};

/// Walks over every stage.
pub(crate) fn check(
    dockerfile: &Dockerfile,
    globals: &Globals,
    graph: &Graph,
    source: &Source<'_>,
    options: &Options<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), Broken> {
    let bases = Bases::new(options.base_env);
    // BuildKit reads all triggers before it looks at any stage
    let fired = triggers(dockerfile, graph, source)?;
    let mut walk = Walk {
        escape: dockerfile.directives.escape,
        globals,
        graph,
        source,
        options,
        sink,
    };
    let mut done: Vec<State<'_>> = Vec::new();
    for ((stage, base), triggers) in dockerfile.stages.iter().zip(&graph.bases).zip(&fired) {
        let mut state = match base {
            Base::Stage(index) => done[*index].inherited(stage.index),
            Base::Image(image) => State::new(Environment::of_image(&bases, image), stage.index),
        };
        for trigger in triggers {
            walk.instruction(trigger, stage.from.span, &mut state)?;
        }
        for instruction in &stage.instructions {
            walk.instruction(instruction, instruction.span, &mut state)?;
        }
        done.push(state);
    }
    Ok(())
}

/// The instructions that ONBUILD held back, for each stage that starts from theirs. BuildKit fires them only in stages that
/// the last one needs.
fn triggers(
    dockerfile: &Dockerfile,
    graph: &Graph,
    source: &Source<'_>,
) -> Result<Vec<Vec<Instruction>>, Broken> {
    let reachable = graph.reachable();
    let mut fired = Vec::new();
    for (stage, base) in dockerfile.stages.iter().zip(&graph.bases) {
        let mut triggers = Vec::new();
        let of_base = match base {
            Base::Stage(index) if reachable.contains(&stage.index) => {
                dockerfile.stages[*index].instructions.as_slice()
            }
            _ => &[],
        };
        for instruction in of_base {
            let Kind::Onbuild(onbuild) = &instruction.kind else {
                continue;
            };
            let broken = |message| Broken::at(source, stage.from.span, message);
            let trigger = onbuild
                .trigger()
                .map_err(|error| broken(error.to_string()))?;
            graph.check_images(&trigger).map_err(broken)?;
            triggers.push(trigger);
        }
        fired.push(triggers);
    }
    Ok(fired)
}

/// What a stage is like so far.
struct State<'b> {
    index: usize,
    environment: Environment<'b>,
    has_shell: bool,
    has_workdir: bool,
    /// The working directory; that of the base image is taken for `/`.
    workdir: String,
    cmd: Option<Span>,
    entrypoint: Option<Span>,
    healthcheck: Option<Span>,
}

impl<'b> State<'b> {
    fn new(environment: Environment<'b>, index: usize) -> Self {
        Self {
            index,
            environment,
            has_shell: false,
            has_workdir: false,
            workdir: "/".to_owned(),
            cmd: None,
            entrypoint: None,
            healthcheck: None,
        }
    }

    /// What a stage that starts from this one has: which commands are set twice is each stage's own affair.
    fn inherited(&self, index: usize) -> Self {
        Self {
            has_shell: self.has_shell,
            has_workdir: self.has_workdir,
            workdir: self.workdir.clone(),
            ..Self::new(self.environment.clone(), index)
        }
    }

    /// A path seen from the working directory; one that is absolute stays as it is written.
    fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            return path.to_owned();
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in self.workdir.split('/').chain(path.split('/')) {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                name => parts.push(name),
            }
        }
        format!("/{}", parts.join("/"))
    }
}

struct Walk<'w, 'a> {
    escape: char,
    globals: &'w Globals,
    graph: &'w Graph,
    source: &'w Source<'w>,
    options: &'w Options<'w>,
    sink: &'w mut Sink<'a>,
}

impl Walk<'_, '_> {
    fn instruction(
        &mut self,
        instruction: &Instruction,
        span: Span,
        state: &mut State<'_>,
    ) -> Result<(), Broken> {
        match &instruction.kind {
            Kind::Env(pairs) => self.env(pairs, instruction, span, state)?,
            Kind::Label(pairs) => {
                self.expand_pairs(pairs, span, state)?;
                self.legacy(instruction, span);
            }
            Kind::Arg(definitions) => self.args(definitions, span, state)?,
            Kind::Add(copy) => self.copy(copy, "Add", span, state)?,
            Kind::Copy(copy) => {
                self.copy(copy, "Copy", span, state)?;
                self.check_order(instruction, span, state)?;
            }
            Kind::Run(run) => {
                self.mounts(run, span, state)?;
                self.check_order(instruction, span, state)?;
            }
            Kind::Cmd(command) => {
                once(&mut state.cmd, keyword(instruction), span, self.sink);
                self.command(command, keyword(instruction), span, state);
            }
            Kind::Entrypoint(command) => {
                once(&mut state.entrypoint, keyword(instruction), span, self.sink);
                self.command(command, keyword(instruction), span, state);
            }
            Kind::Healthcheck(_) => {
                once(
                    &mut state.healthcheck,
                    keyword(instruction),
                    span,
                    self.sink,
                );
            }
            Kind::Expose(words) => self.expose(words, span, state)?,
            Kind::Shell(_) => state.has_shell = true,
            Kind::User(word) => {
                self.expand(word, span, state)?;
            }
            Kind::Stopsignal(word) => {
                let value = self.expand(word, span, state)?;
                if !value.is_guess && !signal::is_known(&value.text) {
                    let message = format!("invalid signal: {}", value.text);
                    return Err(Broken::at(self.source, span, message));
                }
            }
            Kind::Volume(words) => {
                for word in words {
                    let value = self.expand(word, span, state)?;
                    if value.text.is_empty() {
                        let message = "VOLUME specified can not be an empty string";
                        return Err(Broken::at(self.source, span, message));
                    }
                }
            }
            Kind::Workdir(word) => self.workdir(word, span, state)?,
            Kind::Maintainer(_) | Kind::Onbuild(_) => {}
        }
        Ok(())
    }

    /// A word's value; names that are not defined are told.
    fn expand(&mut self, word: &str, span: Span, state: &State<'_>) -> Result<Value, Broken> {
        let value = state.environment.expand(word, self.escape);
        self.told(value, span, state)
    }

    fn told(
        &mut self,
        value: Result<Value, Failure>,
        span: Span,
        state: &State<'_>,
    ) -> Result<Value, Broken> {
        let undefined = match &value {
            Ok(value) => &value.undefined,
            Err(failure) => &failure.undefined,
        };
        self.report_undefined(undefined, span, state);
        value.map_err(|failure| Broken::at(self.source, span, failure.message))
    }

    fn report_undefined(&mut self, names: &BTreeSet<String>, span: Span, state: &State<'_>) {
        for name in names {
            let near = state.environment.nearest(name);
            let hint = near.map_or_else(String::new, |near| format!(" (did you mean ${near}?)"));
            let message = format!("Usage of undefined variable '${name}'{hint}");
            self.sink.add(&rules::UNDEFINED_VAR, span, message);
        }
    }

    fn expand_pairs(
        &mut self,
        pairs: &[(String, String)],
        span: Span,
        state: &State<'_>,
    ) -> Result<Vec<(String, String)>, Broken> {
        let mut values = Vec::new();
        for (name, value) in pairs {
            let name = self.expand(name, span, state)?.text;
            values.push((name, self.expand(value, span, state)?.text));
        }
        Ok(values)
    }

    fn env(
        &mut self,
        pairs: &[(String, String)],
        instruction: &Instruction,
        span: Span,
        state: &mut State<'_>,
    ) -> Result<(), Broken> {
        let pairs = self.expand_pairs(pairs, span, state)?;
        self.legacy(instruction, span);
        for (name, value) in &pairs {
            self.secret("ENV", name, span);
            state.environment.set(name, value);
        }
        Ok(())
    }

    fn legacy(&mut self, instruction: &Instruction, span: Span) {
        if !is_legacy(&instruction.text, self.escape) {
            return;
        }
        let keyword = keyword(instruction);
        let message = format!(
            "\"{keyword} key=value\" should be used instead of legacy \"{keyword} key value\" format"
        );
        self.sink
            .add(&rules::LEGACY_KEY_VALUE_FORMAT, span, message);
    }

    fn secret(&mut self, keyword: &str, name: &str, span: Span) {
        if secret::is_secret(name) {
            let message = format!(
                "Do not use ARG or ENV instructions for sensitive data ({keyword} \"{name}\")"
            );
            self.sink
                .add(&rules::SECRETS_USED_IN_ARG_OR_ENV, span, message);
        }
    }

    fn args(
        &mut self,
        definitions: &[ArgDef],
        span: Span,
        state: &mut State<'_>,
    ) -> Result<(), Broken> {
        for ArgDef { name, default } in definitions {
            self.secret("ARG", name, span);
            let value = match default {
                Some(default) => Some(self.expand(default, span, state)?.text),
                None => self.globals.get(name).map(str::to_owned),
            };
            if let Some(value) = value {
                state.environment.set(name, &value);
            }
            state.environment.declare(name);
        }
        Ok(())
    }

    fn copy(
        &mut self,
        copy: &Copy,
        verb: &str,
        span: Span,
        state: &State<'_>,
    ) -> Result<(), Broken> {
        if let Some(word) = &copy.chown {
            self.expand(word, span, state)?;
        }
        if let Some(word) = &copy.chmod {
            let mode = self.expand(word, span, state)?;
            if !mode.is_guess && !is_mode(&mode.text) {
                let message = format!(
                    "invalid chmod parameter: `{}` is no octal number up to 07777",
                    mode.text
                );
                return Err(Broken::at(self.source, span, message));
            }
        }
        let checksum = match &copy.checksum {
            Some(word) => Some(self.expand(word, span, state)?),
            None => None,
        };
        let mut paths = Vec::new();
        for source in &copy.sources {
            if let SourceArg::Path(word) = source {
                paths.push(self.expand(word, span, state)?);
            }
        }
        self.expand(&copy.dest, span, state)?;
        for source in &copy.sources {
            if let SourceArg::Heredoc(heredoc @ Heredoc { expand: true, .. }) = source {
                let value = state.environment.expand_body(&heredoc.body());
                self.told(value, span, state)?;
            }
        }
        if let Some(expected) = checksum.filter(|expected| !expected.is_guess) {
            let only = match (copy.sources.len(), paths.as_slice()) {
                (1, [path]) => Some(path.text.as_str()),
                _ => None,
            };
            if let Some(message) = checksum::mistake(&expected.text, only) {
                return Err(Broken::at(self.source, span, message));
            }
        }
        for path in &paths {
            let is_remote = ["http://", "https://"]
                .iter()
                .any(|scheme| path.text.starts_with(scheme));
            if is_remote && verb == "Copy" {
                let message = "source can't be a URL for COPY";
                return Err(Broken::at(self.source, span, message));
            }
            if !is_remote && copy.from.is_none() && !path.is_guess {
                self.ignored(&path.text, verb, span);
            }
        }
        Ok(())
    }

    fn ignored(&mut self, path: &str, verb: &str, span: Span) {
        if self
            .options
            .ignore
            .is_some_and(|ignore| ignore.matches_as_written(path))
        {
            let message =
                format!("Attempting to {verb} file \"{path}\" that is excluded by .dockerignore");
            self.sink.add(&rules::COPY_IGNORED_FILE, span, message);
        }
    }

    /// Stages that an instruction names must come before its own.
    fn check_order(
        &mut self,
        instruction: &Instruction,
        span: Span,
        state: &State<'_>,
    ) -> Result<(), Broken> {
        let sources = self.graph.sources_of(instruction)?;
        if sources.iter().any(|source| *source >= state.index) {
            let message = "cannot copy from a stage that is defined after the current one";
            return Err(Broken::at(self.source, span, message));
        }
        Ok(())
    }

    fn mounts(&mut self, run: &Run, span: Span, state: &State<'_>) -> Result<(), Broken> {
        let mut mounts = Vec::new();
        for mount in &run.mounts {
            let resolved = mount.resolve(|word| {
                self.expand(word, span, state)
                    .map(|value| value.text)
                    .map_err(|broken| Wrong(broken.message))
            });
            match resolved {
                Ok(mount) => mounts.push(mount),
                Err(Wrong(message)) => return Err(Broken::at(self.source, span, message)),
            }
        }
        let covers_all = |mount: &Mount| target(mount).map(|target| state.absolute(target));
        if mounts.iter().filter_map(covers_all).any(|path| path == "/") {
            let message = "invalid mount target `/`";
            return Err(Broken::at(self.source, span, message));
        }
        Ok(())
    }

    fn command(&mut self, command: &Command, keyword: &str, span: Span, state: &State<'_>) {
        if matches!(command, Command::Shell(_)) && !state.has_shell {
            let message = format!(
                "JSON arguments recommended for {keyword} to prevent unintended behavior related to OS signals"
            );
            self.sink.add(&rules::JSON_ARGS_RECOMMENDED, span, message);
        }
    }

    fn expose(&mut self, words: &[String], span: Span, state: &State<'_>) -> Result<(), Broken> {
        for word in words {
            let (ports, is_guess) = state
                .environment
                .words(word, self.escape)
                .map_err(|failure| Broken::at(self.source, span, failure.message))?;
            for port in ports.iter().filter(|_| !is_guess) {
                let parsed = expose::parse(port);
                if parsed.is_shouted {
                    let message = format!(
                        "Defined protocol '{port}' in EXPOSE instruction should be lowercase"
                    );
                    self.sink.add(&rules::EXPOSE_PROTO_CASING, span, message);
                }
                if parsed.is_mapped {
                    let message = format!(
                        "EXPOSE instruction should not define an IP address or host-port mapping, found '{port}'"
                    );
                    self.sink.add(&rules::EXPOSE_INVALID_FORMAT, span, message);
                }
                if let Some(wrong) = parsed.wrong {
                    return Err(Broken::at(self.source, span, wrong));
                }
            }
        }
        Ok(())
    }

    fn workdir(&mut self, word: &str, span: Span, state: &mut State<'_>) -> Result<(), Broken> {
        let path = self.expand(word, span, state)?.text;
        if !state.has_workdir && !path.starts_with('/') {
            let message = format!(
                "Relative workdir {path:?} can have unexpected results if the base image changes"
            );
            self.sink.add(&rules::WORKDIR_RELATIVE_PATH, span, message);
        }
        state.has_workdir = true;
        state.workdir = state.absolute(&path);
        Ok(())
    }
}

/// An instruction's keyword as it is written, which messages repeat.
fn keyword(instruction: &Instruction) -> &str {
    let mut words = instruction.text.split_whitespace();
    words.next().unwrap_or_default()
}

/// A mode that BuildKit takes: symbolic, or octal up to 07777.
fn is_mode(text: &str) -> bool {
    let looks_octal = text.starts_with(|ch: char| ch.is_ascii_digit());
    !looks_octal || u32::from_str_radix(text, 8).is_ok_and(|mode| mode <= 0o7777)
}

/// Where a mount covers a directory.
fn target(mount: &Mount) -> Option<&str> {
    match mount {
        Mount::Bind(mount) => Some(&mount.target),
        Mount::Cache(mount) => Some(&mount.target),
        Mount::Tmpfs(mount) => Some(&mount.target),
        Mount::Secret(_) | Mount::Ssh(_) => None,
    }
}

/// Why a mount is refused.
struct Wrong(String);

impl From<MountError> for Wrong {
    fn from(error: MountError) -> Self {
        Wrong(error.to_string())
    }
}

/// Tells of an earlier instruction of the same kind: it is the one that is ignored.
fn once(earlier: &mut Option<Span>, keyword: &str, span: Span, sink: &mut Sink<'_>) {
    if let Some(earlier) = earlier.replace(span) {
        let message = format!(
            "Multiple {keyword} instructions should not be used in the same stage because only the last one will be used"
        );
        sink.add(&rules::MULTIPLE_INSTRUCTIONS_DISALLOWED, earlier, message);
    }
}

/// Whether ENV or LABEL is written `name value`: its first word has no equals sign.
fn is_legacy(text: &str, escape: char) -> bool {
    let rest = text.trim_start().split_once(char::is_whitespace);
    let mut quote = None;
    let mut chars = rest.map_or("", |(_, rest)| rest.trim_start()).chars();
    while let Some(ch) = chars.next() {
        match (quote, ch) {
            (_, '=') => return false,
            (None, ch) if ch.is_whitespace() => return true,
            (None, '\'' | '"') => quote = Some(ch),
            (Some(open), ch) if ch == open => quote = None,
            (open, ch) if ch == escape && open != Some('\'') => {
                chars.next();
            }
            _ => {}
        }
    }
    true
}
