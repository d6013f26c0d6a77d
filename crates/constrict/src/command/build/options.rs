//! What the command line says of a build, in the build's words.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use constrict_build::frontend::dockerfile::{MainContext, NamedContext, NoCache, Options};
use constrict_build::settings::Bases;
use constrict_build::solver::{self, Agent, Authorities, DEFAULT_EPOCH, Secret};
use constrict_build::source::{context, git};
use constrict_dockerfile::instruction::Network;
use constrict_oci::Platform;

use super::debug_shell;
use crate::arguments::{BasesMode, Build, NetworkMode};
use crate::failure::Failure;
use crate::session;

/// How the front end lowers the Dockerfile.
pub(super) fn options(arguments: &Build, context: MainContext) -> Result<Options, Failure> {
    let build_platform = Platform::host();
    let platform = match arguments
        .platform
        .as_deref()
        .or(session::variable("DOCKER_DEFAULT_PLATFORM").as_deref())
    {
        Some(text) => Platform::parse(text).map_err(|error| Failure::usage(error.to_string()))?,
        None => build_platform.clone(),
    };
    let mut contexts = BTreeMap::new();
    for text in &arguments.build_context {
        let (name, value) = pair(text, "--build-context")?;
        contexts.insert(name.to_lowercase(), named_context(&name, &value)?);
    }
    Ok(Options {
        target: arguments.target.clone(),
        build_args: build_args(&arguments.build_arg),
        labels: arguments.label.iter().map(|text| label(text)).collect(),
        platform,
        build_platform,
        contexts,
        context,
        no_cache: match (arguments.no_cache, arguments.no_cache_filter.as_slice()) {
            (true, _) => NoCache::All,
            (false, []) => NoCache::No,
            (false, names) => {
                NoCache::Stages(names.iter().map(|name| name.to_lowercase()).collect())
            }
        },
        proxies: session::proxies(),
        network: match arguments.network {
            NetworkMode::Default => Network::Default,
            NetworkMode::None => Network::None,
            NetworkMode::Host => Network::Host,
        },
        allow_insecure: arguments
            .allow
            .iter()
            .any(|allowed| allowed == "security.insecure"),
    })
}

fn pair(text: &str, flag: &str) -> Result<(String, String), Failure> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err(Failure::usage(format!("`{flag} {text}` is no NAME=VALUE"))),
    }
}

fn label(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (name.into(), value.into())
}

/// `NAME=VALUE`, or `NAME` with the value of our own environment, if it has one.
fn build_args(arguments: &[String]) -> BTreeMap<String, String> {
    let value = |text: &String| match text.split_once('=') {
        Some((name, value)) => Some((name.to_string(), value.to_string())),
        None => session::variable(text).map(|value| (text.clone(), value)),
    };
    arguments.iter().filter_map(value).collect()
}

fn named_context(name: &str, value: &str) -> Result<NamedContext, Failure> {
    if let Some(image) = value.strip_prefix("docker-image://") {
        return Ok(NamedContext::Image(image.into()));
    }
    let forms = ["oci-layout://", "oci-archive:", "docker-archive:"];
    if forms.iter().any(|form| value.starts_with(form)) {
        return Ok(NamedContext::Image(value.into()));
    }
    Ok(match git::parse(value) {
        Some(repository) => NamedContext::Git(repository),
        None => NamedContext::Directory(context::named(name, Path::new(value))?),
    })
}

/// What the build brings along besides its graph.
pub(super) fn brought(
    arguments: &Build,
    dockerfile: &str,
    ca: Option<PathBuf>,
) -> Result<solver::Settings, Failure> {
    let given = session::variable("SOURCE_DATE_EPOCH")
        .or_else(|| build_args(&arguments.build_arg).remove("SOURCE_DATE_EPOCH"))
        .filter(|text| !text.is_empty());
    let epoch = given.as_deref().map_or(Ok(DEFAULT_EPOCH), session::epoch)?;
    let authorities = match session::bundle(ca.as_deref()) {
        Some(path) => Some(Authorities {
            bundle: std::fs::read(&path).map_err(|source| constrict_build::Error::Io {
                act: "read",
                path: path.clone(),
                source,
            })?,
        }),
        None => None,
    };
    let mut secrets = BTreeMap::new();
    for text in &arguments.secret {
        let (id, secret) = parse_secret(text)?;
        secrets.insert(id, secret);
    }
    let mut agents = BTreeMap::new();
    for text in &arguments.ssh {
        let (id, socket) = text
            .split_once('=')
            .map_or((text.as_str(), None), |(id, path)| {
                (id, Some(path.to_string()))
            });
        let Some(socket) = socket.or_else(|| session::variable("SSH_AUTH_SOCK")) else {
            return Err(Failure::usage(format!(
                "`--ssh {text}`: SSH_AUTH_SOCK is not set"
            )));
        };
        agents.insert(id.to_string(), Agent(socket.into()));
    }
    let mut hosts = Vec::new();
    for text in &arguments.add_host {
        let Some((name, address)) = text.split_once(['=', ':']) else {
            return Err(Failure::usage(format!(
                "`--add-host {text}` is no HOST:ADDRESS"
            )));
        };
        hosts.push((name.to_string(), address.to_string()));
    }
    let here = std::env::current_dir().unwrap_or_default();
    Ok(solver::Settings {
        epoch,
        clamp: given.is_some(),
        explain: arguments.explain,
        dry: false,
        scope: format!("{} {}", here.join(&arguments.context).display(), dockerfile),
        secrets,
        agents,
        authorities,
        hosts,
        ca,
        debug_shell: arguments
            .debug_shell
            .then(|| Box::new(debug_shell::open) as solver::DebugShell),
    })
}

/// `id=NAME,src=FILE`, `id=NAME,env=VARIABLE`, `id=NAME`: a variable of that name, else a file.
fn parse_secret(text: &str) -> Result<(String, Secret), Failure> {
    let (mut id, mut file, mut variable) = (None, None, None);
    for field in text.split(',') {
        match field.split_once('=') {
            Some(("id", value)) => id = Some(value.to_string()),
            Some(("src" | "source", value)) => file = Some(value.to_string()),
            Some(("env", value)) => variable = Some(value.to_string()),
            Some(("type", "file" | "env")) => {}
            _ => {
                return Err(Failure::usage(format!(
                    "`{field}` in `--secret {text}` is not understood"
                )));
            }
        }
    }
    let Some(id) = id.or_else(|| file.clone()) else {
        return Err(Failure::usage(format!("`--secret {text}` has no id")));
    };
    let secret = match (file, variable) {
        (_, Some(variable)) => Secret::Variable(variable),
        (Some(file), None) => Secret::File(file.into()),
        (None, None) if session::variable(&id).is_some() => Secret::Variable(id.clone()),
        (None, None) => Secret::File(PathBuf::from(&id)),
    };
    if let Secret::File(path) = &secret
        && !path.is_file()
    {
        return Err(Failure::usage(format!(
            "secret `{id}`: no file `{}`",
            path.display()
        )));
    }
    Ok((id, secret))
}

/// Whether bases come from Debian's packages: what the command line says counts before the settings.
pub(super) fn wants_debian(asked: Option<BasesMode>, set: Option<Bases>) -> bool {
    match asked {
        Some(mode) => mode == BasesMode::Debian,
        None => set == Some(Bases::Debian),
    }
}
