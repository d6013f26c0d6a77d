//! `constrict run`.

mod standard_streams;

use std::process::ExitCode;

use constrict_build::Observer;
use constrict_build::container::{
    self, Match, Network, PortRange, Prepared, Request, Tmpfs, Variable, Volume, look_up,
    parse_variables, prepare,
};
use constrict_build::source::image::{Documents, Images};
use constrict_oci::{Platform, Reference};
use constrict_sandbox::net::Protocol;
use constrict_sandbox::{Capabilities, Capability, CapabilityBase, Exit, Options, Stdio, terminal};

use self::standard_streams::Streams;
use crate::arguments::{ProgressMode, Run, RunNetwork};
use crate::failure::Failure;
use crate::{interrupt, progress, session};

/// Runs a container to its end; the exit status is the command's.
pub(crate) fn run(arguments: Run) -> Result<ExitCode, Failure> {
    let request = request(&arguments)?;
    let platform = session::platform(arguments.platform.as_deref())?;
    if arguments.tty && arguments.interactive && !terminal::is_available() {
        return Err(Failure::usage_with_hint(
            "`-it` needs a terminal as standard input and output",
            "leave out `-t`, or `-i` if nothing is typed",
        ));
    }
    let images = session::images(arguments.ca.as_deref(), ProgressMode::Auto, false)?;
    let image = find(&images, &arguments.image, &platform)?;
    warn_of_platform(&image, &*images.layers.observer);
    let prepared = prepare(&images.layers, &image.config, &request)?;
    progress::close();
    print_ports(&arguments, &prepared);
    let exit = execute(&arguments, &prepared)?;
    drop(prepared);
    Ok(ExitCode::from(
        u8::try_from(exit.status()).unwrap_or(u8::MAX),
    ))
}

/// What the flags ask for.
fn request(arguments: &Run) -> Result<Request, Failure> {
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
        env: variables(arguments)?,
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
    })
}

/// Those of files first, as with docker.
fn variables(arguments: &Run) -> Result<Vec<Variable>, Failure> {
    let mut variables = Vec::new();
    for path in &arguments.env_file {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!("cannot read `{}`: {error}", path.display()))
        })?;
        let parsed = parse_variables(&text, &session::variable)
            .map_err(|error| Failure::usage(format!("`{}`: {error}", path.display())))?;
        variables.extend(parsed);
    }
    for text in &arguments.env {
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

/// The image of the store, else of a registry, from where it is pulled.
fn find(images: &Images, name: &str, platform: &Platform) -> Result<Documents, Failure> {
    match look_up(&images.layers.store, name)? {
        Some(found) => {
            let named = match &found {
                Match::Tag(tag) => tag.reference.clone(),
                Match::Digest(digest) => format!("image@{digest}"),
            };
            Ok(images.stored(found.manifest(), platform, &named)?)
        }
        None => {
            let reference = Reference::parse(name)
                .map_err(|error| Failure::usage(error.to_string()))?
                .or_latest();
            Ok(container::pull(images, &reference, platform)?)
        }
    }
}

fn warn_of_platform(image: &Documents, observer: &dyn Observer) {
    let (made_for, here) = (image.config.platform(), Platform::host());
    if here.rank(&made_for).is_none() {
        let message = format!("the image is made for {made_for}, and this machine is {here}");
        observer.notice(&message, None);
    }
}

/// The ports that constrict chose.
fn print_ports(arguments: &Run, prepared: &Prepared) {
    if arguments.publish.is_empty() {
        return;
    }
    for (host, port) in prepared.published() {
        if port.host == 0 {
            let protocol = match port.protocol {
                Protocol::Tcp => "tcp",
                Protocol::Udp => "udp",
            };
            let container = port.container;
            match host.ip().is_unspecified() {
                true => eprintln!(
                    "port {container}/{protocol} is published on port {}",
                    host.port()
                ),
                false => eprintln!("port {container}/{protocol} is published on {host}"),
            }
        }
    }
}

fn execute(arguments: &Run, prepared: &Prepared) -> Result<Exit, Failure> {
    if arguments.tty && arguments.interactive {
        return execute_on_our_terminal(prepared);
    }
    let (streams, stdio) = match arguments.tty {
        true => (Streams::default(), Stdio::default()),
        false => Streams::pipes(arguments.interactive)?,
    };
    let passing_on = interrupt::get_ready();
    let mut child = constrict_sandbox::spawn(prepared.spec(), stdio, &Options::default())?;
    passing_on.start(child.killer());
    let streams = match child.take_terminal() {
        Some(master) => Streams::terminal(master),
        None => streams,
    };
    let outcome = child.wait();
    streams.finish();
    drop(passing_on);
    Ok(outcome?.exit)
}

/// Keys are for the container; a signal to constrict itself ends both.
fn execute_on_our_terminal(prepared: &Prepared) -> Result<Exit, Failure> {
    let stdio = Stdio::default();
    let mut child = constrict_sandbox::spawn(prepared.spec(), stdio, &Options::default())?;
    let session = child.take_terminal().map(terminal::Session::start);
    let session = session.transpose()?;
    let outcome = child.wait();
    if let Some(session) = session {
        session.finish();
    }
    Ok(outcome?.exit)
}
