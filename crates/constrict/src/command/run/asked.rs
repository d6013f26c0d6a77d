//! What the flags of `run` ask for.

use std::collections::BTreeMap;
use std::path::PathBuf;

use constrict_build::container::kept::{Asked, signal_number};
use constrict_build::container::{
    Network, PortRange, Request, Tmpfs, Variable, Volume, parse_variables,
};
use constrict_oci::Healthcheck;
use constrict_sandbox::{Capabilities, Capability, CapabilityBase};

use crate::arguments::{Run, RunNetwork};
use crate::command::prune::duration;
use crate::failure::Failure;
use crate::session;

/// What the process gets.
pub(super) fn request(arguments: &Run) -> Result<Request, Failure> {
    let wrong = |error: constrict_build::Error| Failure::usage(error.to_string());
    let here = std::env::current_dir().unwrap_or_default();
    let volumes = arguments
        .volume
        .iter()
        .map(|text| Volume::parse(text, &here))
        .collect::<Result<Vec<_>, _>>()
        .map_err(wrong)?;
    let ports = arguments
        .publish
        .iter()
        .map(|text| PortRange::parse(text))
        .collect::<Result<_, _>>()
        .map_err(wrong)?;
    let tmpfs = arguments
        .tmpfs
        .iter()
        .map(|text| Tmpfs::parse(text))
        .collect::<Result<_, _>>()
        .map_err(wrong)?;
    Ok(Request {
        command: arguments.command.clone(),
        entrypoint: arguments
            .entrypoint
            .as_ref()
            .map(|word| match word.as_str() {
                "" => Vec::new(),
                word => vec![word.to_string()],
            }),
        env: variables(&arguments.env_file, &arguments.env)?,
        user: arguments.user.clone(),
        working_dir: arguments.workdir.clone(),
        hostname: arguments.hostname.clone(),
        network: match arguments.network {
            RunNetwork::Default => Network::Own,
            RunNetwork::None => Network::None,
            RunNetwork::Host => Network::Host,
        },
        ports,
        volumes,
        tmpfs,
        capabilities: capabilities(arguments)?,
        read_only: arguments.read_only,
        terminal: arguments.tty,
        init: arguments.init,
    })
}

/// What the container is.
pub(super) fn of(arguments: &Run) -> Result<Asked, Failure> {
    match arguments.restart.as_deref() {
        None | Some("" | "no") => {}
        Some(policy) => {
            return Err(Failure::usage_with_hint(
                format!(
                    "`--restart {policy}` is not supported: there is no daemon that would start the container again"
                ),
                "a service of the system (systemd: Restart=) that runs constrict in the foreground does that",
            ));
        }
    }
    let mut labels = BTreeMap::new();
    for label in &arguments.label {
        let (name, value) = label.split_once('=').unwrap_or((label, ""));
        labels.insert(name.to_string(), value.to_string());
    }
    let stop_signal = arguments.stop_signal.as_deref().map(signal).transpose()?;
    Ok(Asked {
        name: arguments.name.clone(),
        image: arguments.image.clone(),
        remove: arguments.rm,
        labels,
        stop_signal,
        stop_timeout: arguments.stop_timeout,
        healthcheck: healthcheck(arguments)?,
    })
}

/// A signal by its name or number.
pub(crate) fn signal(text: &str) -> Result<i32, Failure> {
    signal_number(text).ok_or_else(|| {
        Failure::usage(format!(
            "`{text}` is no signal: a name as TERM or SIGTERM, or a number"
        ))
    })
}

/// The members that are not asked for are empty, which is "as the image has it".
fn healthcheck(arguments: &Run) -> Result<Healthcheck, Failure> {
    let time = |text: &Option<String>, flag: &str| match text {
        None => Ok(0),
        Some(text) => duration(text)
            .and_then(|time| i64::try_from(time.as_nanos()).ok())
            .ok_or_else(|| Failure::usage(format!("`--{flag} {text}` is no time: 30s, 1m30s"))),
    };
    let test = match (&arguments.health_cmd, arguments.no_healthcheck) {
        (_, true) => vec!["NONE".into()],
        (Some(command), _) => vec!["CMD-SHELL".into(), command.clone()],
        (None, false) => Vec::new(),
    };
    Ok(Healthcheck {
        test,
        interval: time(&arguments.health_interval, "health-interval")?,
        timeout: time(&arguments.health_timeout, "health-timeout")?,
        start_period: time(&arguments.health_start_period, "health-start-period")?,
        start_interval: time(&arguments.health_start_interval, "health-start-interval")?,
        retries: arguments.health_retries.unwrap_or(0),
        ..Healthcheck::default()
    })
}

/// Those of files first, as with docker.
pub(crate) fn variables(files: &[PathBuf], env: &[String]) -> Result<Vec<Variable>, Failure> {
    let mut variables = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!("cannot read `{}`: {error}", path.display()))
        })?;
        let parsed = parse_variables(&text, &session::variable)
            .map_err(|error| Failure::usage(format!("`{}`: {error}", path.display())))?;
        variables.extend(parsed);
    }
    for text in env {
        let variable = Variable::parse(text, &session::variable)
            .map_err(|error| Failure::usage(error.to_string()))?;
        variables.push(variable);
    }
    Ok(variables)
}

fn capabilities(arguments: &Run) -> Result<Capabilities, Failure> {
    let is_all = |name: &&String| name.eq_ignore_ascii_case("all");
    let parse = |names: &[String]| {
        let named = names.iter().filter(|name| !is_all(name));
        named
            .map(|name| Capability::parse(name))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| Failure::usage(error.to_string()))
    };
    let any_all = |names: &[String]| names.iter().any(|name| is_all(&name));
    let base = match (any_all(&arguments.cap_add), any_all(&arguments.cap_drop)) {
        (true, _) => CapabilityBase::All,
        (false, true) => CapabilityBase::None,
        (false, false) => CapabilityBase::Default,
    };
    Ok(Capabilities {
        base,
        add: parse(&arguments.cap_add)?,
        drop: parse(&arguments.cap_drop)?,
    })
}
