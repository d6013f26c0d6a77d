//! Instructions, typed: one variant for each of the Dockerfile's, one type for each of their forms.
//!
//! Never holds an expanded value: words are as written, quotes included, until [`expand`](crate::expand) makes them values.

mod healthcheck;
mod heredoc;
mod mount;
mod mount_draft;
mod parse;

pub use heredoc::Heredoc;
pub(crate) use heredoc::announced;
pub use mount::{
    BindMount, CacheMount, Mount, MountError, MountSpec, SecretMount, Sharing, SshMount, TmpfsMount,
};
pub(crate) use parse::{from, kind};

use std::time::Duration;

use crate::{Error, Span, parse_onbuild};

/// One instruction of a stage (every one but FROM).
#[derive(Debug, Clone, PartialEq)]
pub struct Instruction {
    /// What it is.
    pub kind: Kind,
    /// Its bytes in the source, heredoc bodies included.
    pub span: Span,
    /// The source text joined to one logical line, comments and continuations gone; heredoc bodies are not in it.
    pub text: String,
}

/// The instructions.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `ADD`.
    Add(Copy),
    /// `ARG`.
    Arg(Vec<ArgDef>),
    /// `CMD`.
    Cmd(Command),
    /// `COPY`.
    Copy(Copy),
    /// `ENTRYPOINT`.
    Entrypoint(Command),
    /// `ENV`: raw names and values, both to be expanded.
    Env(Vec<(String, String)>),
    /// `EXPOSE`: raw words.
    Expose(Vec<String>),
    /// `HEALTHCHECK`.
    Healthcheck(Healthcheck),
    /// `LABEL`: raw names and values, both to be expanded.
    Label(Vec<(String, String)>),
    /// `MAINTAINER`.
    Maintainer(String),
    /// `ONBUILD`.
    Onbuild(Onbuild),
    /// `RUN`.
    Run(Run),
    /// `SHELL`.
    Shell(Vec<String>),
    /// `STOPSIGNAL`: a raw word.
    Stopsignal(String),
    /// `USER`: a raw word.
    User(String),
    /// `VOLUME`: raw words.
    Volume(Vec<String>),
    /// `WORKDIR`: a raw word.
    Workdir(String),
}

impl Kind {
    /// The instruction's keyword in capitals.
    #[must_use]
    pub const fn keyword(&self) -> &'static str {
        match self {
            Self::Add(_) => "ADD",
            Self::Arg(_) => "ARG",
            Self::Cmd(_) => "CMD",
            Self::Copy(_) => "COPY",
            Self::Entrypoint(_) => "ENTRYPOINT",
            Self::Env(_) => "ENV",
            Self::Expose(_) => "EXPOSE",
            Self::Healthcheck(_) => "HEALTHCHECK",
            Self::Label(_) => "LABEL",
            Self::Maintainer(_) => "MAINTAINER",
            Self::Onbuild(_) => "ONBUILD",
            Self::Run(_) => "RUN",
            Self::Shell(_) => "SHELL",
            Self::Stopsignal(_) => "STOPSIGNAL",
            Self::User(_) => "USER",
            Self::Volume(_) => "VOLUME",
            Self::Workdir(_) => "WORKDIR",
        }
    }
}

/// A command in one of its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `["program", "argument"]`.
    Exec(Vec<String>),
    /// Text for the shell, exactly as it is to be passed on.
    Shell(String),
}

/// One definition of an ARG; both parts are raw words, to be expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgDef {
    /// The name.
    pub name: String,
    /// The default; `Some("")` for `ARG X=`.
    pub default: Option<String>,
}

/// COPY and ADD. Strings are raw: everything but `from` is to be expanded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Copy {
    /// What is copied, in order.
    pub sources: Vec<SourceArg>,
    /// The places of the sources; in JSON form, that of the array for each.
    pub source_spans: Vec<Span>,
    /// Where to.
    pub dest: String,
    /// `--from` (COPY only); never expanded.
    pub from: Option<String>,
    /// The place of `--from`.
    pub from_span: Option<Span>,
    /// `--chown`.
    pub chown: Option<String>,
    /// `--chmod`.
    pub chmod: Option<String>,
    /// `--link`.
    pub link: bool,
    /// `--parents` (COPY only).
    pub parents: bool,
    /// `--exclude`, each.
    pub exclude: Vec<String>,
    /// `--checksum` (ADD only).
    pub checksum: Option<String>,
    /// `--keep-git-dir` (ADD only); `None` if not given.
    pub keep_git_dir: Option<bool>,
    /// `--unpack` (ADD only); `None` if not given.
    pub unpack: Option<bool>,
}

/// A source of COPY or ADD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceArg {
    /// A raw word: a path, a glob, or for ADD also an address.
    Path(String),
    /// A file written in the Dockerfile.
    Heredoc(Heredoc),
}

/// HEALTHCHECK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Healthcheck {
    /// `HEALTHCHECK NONE`.
    None,
    /// `HEALTHCHECK [options] CMD command`.
    Check(Check),
}

/// The options of `HEALTHCHECK CMD`; `None` and zero mean the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `--interval`.
    pub interval: Option<Duration>,
    /// `--timeout`.
    pub timeout: Option<Duration>,
    /// `--start-period`.
    pub start_period: Option<Duration>,
    /// `--start-interval`.
    pub start_interval: Option<Duration>,
    /// `--retries`.
    pub retries: Option<u32>,
    /// The command.
    pub command: Command,
}

/// ONBUILD.
#[derive(Debug, Clone, PartialEq)]
pub struct Onbuild {
    /// The trigger as an image's configuration holds it, heredocs included.
    pub text: String,
}

impl Onbuild {
    /// The trigger, parsed as it will be when it fires: BuildKit accepts an ONBUILD whose trigger cannot.
    ///
    /// # Errors
    /// As [`parse_onbuild`].
    pub fn trigger(&self) -> Result<Instruction, Error> {
        parse_onbuild(&self.text)
    }
}

/// RUN.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The command line; heredoc bodies are not in it. [`Run::script`] is what runs.
    pub command: Command,
    /// The heredocs of the line, in order.
    pub heredocs: Vec<Heredoc>,
    /// `--mount`, each.
    pub mounts: Vec<MountSpec>,
    /// `--network`.
    pub network: Network,
    /// `--security`.
    pub security: Security,
    /// `--device`, each, as written.
    pub devices: Vec<String>,
}

/// What a RUN runs, heredocs taken into account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// Arguments, without a shell.
    Exec(Vec<String>),
    /// Text for the current SHELL.
    Shell(String),
    /// A heredoc with a `#!` line of its own, to be executed as the file `/dev/pipes/<name>`.
    File {
        /// The heredoc's name.
        name: String,
        /// The file's content.
        content: String,
    },
}

impl Run {
    /// What is to be run: a lone heredoc is the script itself, other heredocs are the shell's own.
    #[must_use]
    pub fn script(&self) -> Script {
        let text = match &self.command {
            Command::Exec(args) => return Script::Exec(args.clone()),
            Command::Shell(text) => text,
        };
        match self.heredocs.first() {
            None => Script::Shell(text.clone()),
            Some(_) if Heredoc::parse(text).is_none() => {
                let bodies = self
                    .heredocs
                    .iter()
                    .map(|heredoc| format!("\n{}{}", heredoc.content, heredoc.name));
                Script::Shell(std::iter::once(text.clone()).chain(bodies).collect())
            }
            Some(only) if only.content.starts_with("#!") => Script::File {
                name: only.name.clone(),
                content: only.body(),
            },
            Some(only) => Script::Shell(only.body()),
        }
    }
}

/// `RUN --network`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Network {
    /// The build's own.
    #[default]
    Default,
    /// None but loopback.
    None,
    /// The host's.
    Host,
}

/// `RUN --security`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Security {
    /// The sandbox.
    #[default]
    Sandbox,
    /// None: needs an entitlement.
    Insecure,
}
