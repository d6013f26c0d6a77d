//! `constrict lint`: what a Dockerfile's text alone tells.

mod base_env;

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use constrict_dockerfile::ignore::Ignore;
use constrict_lint::{Family, Finding, Options, Severity};

use crate::arguments::{Lint, LintFormat, LintRules};
use crate::failure::Failure;
use crate::render::lint::{self as render, Linted};
use crate::render::style::Style;
use crate::session;

/// Lints.
pub(crate) fn run(arguments: &Lint) -> Result<ExitCode, Failure> {
    let families: Vec<Family> = arguments.rules.iter().map(family).collect();
    let mut files = Vec::new();
    for word in &arguments.dockerfiles {
        let input = Input::read(word)?;
        let bases = base_env::BaseEnv::new(input.directory(), arguments.offline);
        let options = Options {
            families: &families,
            base_env: &|image| bases.ask(image),
            ignore: input.ignore.as_ref(),
        };
        files.push(Linted {
            report: constrict_lint::lint(&input.text, &options),
            name: input.name,
            text: input.text,
        });
    }
    let shown = match arguments.format {
        LintFormat::Text => render::text(&files, style()),
        LintFormat::Json => render::json(&files),
        LintFormat::Sarif => render::sarif(&files),
    };
    session::print(&shown);
    let warns = |finding: &Finding| finding.rule.severity <= Severity::Warning;
    let is_refused = |file: &Linted| {
        file.report.fails() || (arguments.strict && file.report.findings.iter().any(warns))
    };
    Ok(ExitCode::from(u8::from(files.iter().any(is_refused))))
}

/// In colour where a terminal reads.
fn style() -> Style {
    match std::io::stdout().is_terminal() && crate::progress::colour() {
        true => Style::Colour,
        false => Style::Plain,
    }
}

fn family(rules: &LintRules) -> Family {
    match rules {
        LintRules::Buildkit => Family::Buildkit,
        LintRules::Constrict => Family::Constrict,
        LintRules::Hadolint => Family::Hadolint,
    }
}

/// What is linted.
struct Input {
    /// How messages call it.
    name: String,
    path: Option<PathBuf>,
    text: Vec<u8>,
    ignore: Option<Ignore>,
}

impl Input {
    fn read(word: &str) -> Result<Self, Failure> {
        if word == "-" {
            let mut text = Vec::new();
            let read = std::io::stdin().read_to_end(&mut text);
            read.map_err(|error| Failure::usage(format!("cannot read standard input: {error}")))?;
            return Ok(Self {
                name: "-".into(),
                path: None,
                text,
                ignore: None,
            });
        }
        let path = match Path::new(word) {
            directory if directory.is_dir() => directory.join("Dockerfile"),
            file => file.to_path_buf(),
        };
        let name = path.to_string_lossy();
        let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
        let text = std::fs::read(&path).map_err(|error| {
            let message = match error.kind() {
                std::io::ErrorKind::NotFound => format!("no Dockerfile at `{name}`"),
                _ => format!("cannot read `{name}`: {error}"),
            };
            Failure::usage_with_hint(message, "constrict lint PATH says where the Dockerfile is")
        })?;
        Ok(Self {
            ignore: ignore_of(&path),
            name,
            path: Some(path),
            text,
        })
    }

    /// Where settings of the project are.
    fn directory(&self) -> &Path {
        let parent = self.path.as_deref().and_then(Path::parent);
        match parent {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }
}

/// The ignore file of the Dockerfile, else that of its directory, which is taken for the context. A malformed one hides
/// nothing: a build says so.
fn ignore_of(dockerfile: &Path) -> Option<Ignore> {
    let mut own = dockerfile.as_os_str().to_owned();
    own.push(".dockerignore");
    let beside = dockerfile.with_file_name(".dockerignore");
    let text = std::fs::read(PathBuf::from(own)).or_else(|_| std::fs::read(beside));
    Ignore::parse(&text.ok()?).ok()
}
