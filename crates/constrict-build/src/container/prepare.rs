//! From an image's configuration and a request to the sandbox's specification.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use constrict_oci::ImageConfig;
use constrict_sandbox::net::Namespace;
use constrict_sandbox::{Root, Spec, User};

use super::network::{Connected, connect};
use super::port::Port;
use super::request::{Network, Request};
use super::volume::Image;
use super::{environment, files, mounts, working_directory};
use crate::copy::account;
use crate::error::{Error, IoContext, Result};
use crate::layers::Layers;
use crate::source::StateView;

/// A container that can be started. Dropping it ends its network and, if it is not kept, deletes its root and anonymous
/// volumes.
pub struct Prepared {
    spec: Spec,
    network: Connected,
    _temporary: Option<Temporary>,
}

impl Prepared {
    /// What the sandbox is given.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The container's own network, if it has one with an address.
    pub(super) fn namespace(&self) -> Option<&Namespace> {
        self.network.namespace()
    }

    /// What is published: where on the host, and which port of the container.
    pub fn published(&self) -> Vec<(SocketAddr, Port)> {
        self.network.published().collect()
    }
}

/// Prepares a container of the image that has this configuration. Missing layers are pulled.
pub fn prepare(layers: &Arc<Layers>, config: &ImageConfig, request: &Request) -> Result<Prepared> {
    let path = layers.store.temporary("container");
    std::fs::create_dir(&path).at("create", &path)?;
    let temporary = Temporary(path);
    let mut prepared = prepare_in(layers, config, request, &temporary.0)?;
    prepared._temporary = Some(temporary);
    Ok(prepared)
}

/// The same with its files in `folder`, where they stay: those of an earlier start are found again.
pub(super) fn prepare_in(
    layers: &Arc<Layers>,
    config: &ImageConfig,
    request: &Request,
    folder: &Path,
) -> Result<Prepared> {
    let args = command(config, request)?;
    let cwd = working_dir(config, request)?;
    let diff_ids = &config.rootfs.diff_ids;
    let lower = layers.snapshots(diff_ids)?;
    let tree = layers.tree(diff_ids)?;
    let view = StateView::new(tree, layers.clone(), "the image".into());
    let user = request.user.as_ref().unwrap_or(&config.config.user);
    let account = account(&view, user)?;
    let hostname = hostname(request)?;
    let (upper, work) = (folder.join("upper"), folder.join("work"));
    let is_new = !upper.is_dir();
    if is_new {
        std::fs::create_dir(&upper).at("create", &upper)?;
    }
    // one that was not left in order is refused by the kernel
    constrict_sandbox::remove_tree(&work)?;
    std::fs::create_dir(&work).at("create", &work)?;
    let image = Image {
        layers,
        view: &view,
    };
    let volumes = mounts::mounts(request, config, &image, folder)?;
    if is_new {
        working_directory::make(&cwd, &view, &upper, layers.mode, &volumes)?;
    }
    let network = connect(request, &*layers.observer)?;
    let mut spec = Spec::new(Root::Writable { lower, upper, work }, args);
    spec.mounts = files::mounts(network.names(&hostname), request.read_only);
    spec.mounts.extend(volumes);
    let (asked, terminal) = (&request.env, request.terminal);
    spec.env = environment::variables(
        &config.config.env,
        asked,
        &hostname,
        terminal,
        &account.home,
    );
    spec.cwd = cwd.into();
    // the own group is among the further ones, as docker has it since CVE-2022-36109
    let mut groups = vec![account.gid];
    groups.extend(account.groups.iter().filter(|gid| **gid != account.gid));
    spec.user = User {
        uid: account.uid,
        gid: account.gid,
        groups,
    };
    spec.hostname = hostname;
    spec.network = network.network();
    spec.capabilities = request.capabilities.clone();
    spec.read_only_root = request.read_only;
    spec.terminal = terminal;
    spec.init = request.init;
    Ok(Prepared {
        spec,
        network,
        _temporary: None,
    })
}

/// The entry point and the command, of the request or of the image.
pub(super) fn command(config: &ImageConfig, request: &Request) -> Result<Vec<String>> {
    let config = &config.config;
    let (entrypoint, default) = match &request.entrypoint {
        // the image's command was made for its entry point
        Some(entrypoint) => (entrypoint, &Vec::new()),
        None => (&config.entrypoint, &config.cmd),
    };
    let command = if request.command.is_empty() {
        default
    } else {
        &request.command
    };
    let args: Vec<String> = entrypoint.iter().chain(command).cloned().collect();
    if args.is_empty() {
        return Err(Error::Invalid(
            "the image has no command, and none is given".into(),
        ));
    }
    Ok(args)
}

fn working_dir(config: &ImageConfig, request: &Request) -> Result<String> {
    let asked = request.working_dir.as_deref();
    let path = asked.unwrap_or(&config.config.working_dir);
    match path {
        "" => Ok("/".into()),
        path if path.starts_with('/') => Ok(path.into()),
        path => Err(Error::Invalid(format!(
            "working directory `{path}` is not absolute"
        ))),
    }
}

/// The host name that is asked for, the host's own with its network, else a random one.
fn hostname(request: &Request) -> Result<String> {
    if let Some(name) = &request.hostname {
        return Ok(name.clone());
    }
    if request.network == Network::Host {
        let name = rustix::system::uname();
        return Ok(name.nodename().to_string_lossy().into_owned());
    }
    let mut bytes = [0; 6];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
        .at("read", "/dev/urandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A folder of the store that goes with the container.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // what cannot be deleted now is found by `prune`
        let _ = constrict_sandbox::remove_tree(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use constrict_oci::ImageConfig;

    use super::{Request, command};

    fn joined(entrypoint: &[&str], cmd: &[&str], request: &Request) -> String {
        let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let mut config = ImageConfig::default();
        (config.config.entrypoint, config.config.cmd) = (owned(entrypoint), owned(cmd));
        command(&config, request).map_or_else(|error| error.to_string(), |args| args.join(" "))
    }

    #[test]
    fn entry_point_and_command_are_joined_as_docker_joins_them() {
        let plain = Request::default();
        let command = Request {
            command: vec!["c".into()],
            ..Request::default()
        };
        let entry = |words: &[&str], command: &[&str]| Request {
            entrypoint: Some(words.iter().map(ToString::to_string).collect()),
            command: command.iter().map(ToString::to_string).collect(),
            ..Request::default()
        };
        assert_eq!(joined(&["e"], &["d"], &plain), "e d");
        assert_eq!(joined(&["e"], &["d"], &command), "e c");
        assert_eq!(joined(&[], &["d"], &command), "c");
        assert_eq!(joined(&["e"], &["d"], &entry(&["x"], &[])), "x");
        assert_eq!(joined(&["e"], &["d"], &entry(&["x"], &["c"])), "x c");
        assert_eq!(joined(&["e"], &["d"], &entry(&[], &["c"])), "c");
        let nothing = "the image has no command, and none is given";
        assert_eq!(joined(&["e"], &["d"], &entry(&[], &[])), nothing);
    }
}
