//! `constrict run`.

mod asked;
mod detached;
mod standard_streams;

use std::io::Write as _;
use std::process::ExitCode;

use constrict_build::Observer;
use constrict_build::container::kept::{self, Created, Record, Tee};
use constrict_build::container::{self, Match, look_up};
use constrict_build::source::image::{Documents, Images};
use constrict_oci::{Platform, Reference};
use constrict_sandbox::net::Protocol;
use constrict_sandbox::{Exit, terminal};

pub(super) use self::asked::{signal, variables};
pub(super) use self::detached::{Parent, launch, supervise};
pub(super) use self::standard_streams::Streams;
use crate::arguments::{ProgressMode, Run};
use crate::failure::Failure;
use crate::{interrupt, progress, session};

/// Runs a container: to its end, or in the background.
pub(crate) fn run(arguments: Run) -> Result<ExitCode, Failure> {
    if !arguments.detach {
        let created = create(&arguments)?;
        let exit = execute(&arguments, created)?;
        return Ok(status(exit));
    }
    match Parent::of_supervisor() {
        // this process is the one that stays
        Some(parent) => {
            let created = create(&arguments)?;
            supervise(created, arguments.interactive, parent)
        }
        None => match launch(&detached::own_arguments())? {
            Ok(id) => {
                session::print(&format!("{id}\n"));
                Ok(ExitCode::SUCCESS)
            }
            Err(code) => Ok(ExitCode::from(code)),
        },
    }
}

/// The exit status of a program as ours.
pub(super) fn status(exit: Exit) -> ExitCode {
    ExitCode::from(u8::try_from(exit.status()).unwrap_or(u8::MAX))
}

/// The container that the flags ask for, ready to start.
fn create(arguments: &Run) -> Result<Created, Failure> {
    let request = asked::request(arguments)?;
    let asked = asked::of(arguments)?;
    let platform = session::platform(arguments.platform.as_deref())?;
    if !arguments.detach {
        need_terminal(arguments.tty && arguments.interactive)?;
    }
    let images = session::images(arguments.ca.as_deref(), ProgressMode::Auto, false)?;
    let image = find(&images, &arguments.image, &platform)?;
    warn_of_platform(&image, &*images.layers.observer);
    let created = kept::create(&images.layers, &image, &request, &asked)?;
    progress::close();
    print_ports(created.record());
    // from here on the container holds its layers, and the store is free
    Ok(created)
}

/// `-it` joins our terminal with the container's.
pub(super) fn need_terminal(is_needed: bool) -> Result<(), Failure> {
    if is_needed && !terminal::is_available() {
        return Err(Failure::usage_with_hint(
            "`-it` needs a terminal as standard input and output",
            "leave out `-t`, or `-i` if nothing is typed",
        ));
    }
    Ok(())
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
fn print_ports(record: &Record) {
    for published in &record.ports {
        let (host, port) = (published.host, published.port);
        if port.host == 0 {
            let protocol = match port.protocol {
                Protocol::Tcp => "tcp",
                Protocol::Udp => "udp",
            };
            let container = port.container;
            let place = match host.ip().is_unspecified() {
                true => format!("port {}", host.port()),
                false => host.to_string(),
            };
            // if nobody reads it, `ps` shows it
            let _ = writeln!(
                std::io::stderr(),
                "port {container}/{protocol} is published on {place}"
            );
        }
    }
}

fn execute(arguments: &Run, created: Created) -> Result<Exit, Failure> {
    if arguments.tty && arguments.interactive {
        return execute_on_our_terminal(created);
    }
    let input = match arguments.interactive {
        true => Some(standard_streams::input()?),
        false => None,
    };
    let tee = Tee {
        stdout: Some(Box::new(std::io::stdout())),
        stderr: Some(Box::new(std::io::stderr())),
    };
    let passing_on = interrupt::get_ready();
    let mut running = created.start(input, tee, arguments.tty)?;
    let killer = running.killer();
    passing_on.start(move |signal| killer.kill(signal));
    let lines = running.lines();
    let streams = running
        .take_terminal()
        .map(|master| Streams::terminal(master, Some(lines)));
    let exit = running.wait();
    if let Some(streams) = streams {
        streams.finish();
    }
    drop(passing_on);
    Ok(exit?)
}

/// Keys are for the container; a signal to constrict itself ends both.
fn execute_on_our_terminal(created: Created) -> Result<Exit, Failure> {
    let mut running = created.start(None, Tee::default(), true)?;
    let mut lines = running.lines();
    let session = running
        .take_terminal()
        .map(|master| terminal::Session::start_with(master, move |bytes| lines.take(bytes)));
    let session = session.transpose()?;
    let exit = running.wait();
    if let Some(session) = session {
        session.finish();
    }
    Ok(exit?)
}
