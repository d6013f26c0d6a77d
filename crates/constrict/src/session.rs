//! What every command that touches the store sets up: the sandbox's mode, the store, the registries.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use constrict_build::layers::Layers;
use constrict_build::settings::Settings;
use constrict_build::store::Store;
use constrict_build::{Error, Observer};
use constrict_oci::registry;
use constrict_sandbox::Mode;

use crate::failure::Failure;

/// A variable of our environment, if it is set and text.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Enters the sandbox's namespaces; to be called before any thread exists.
pub(crate) fn enter() -> Result<Mode, Failure> {
    Ok(constrict_sandbox::enter()?.mode)
}

/// Opens the store.
pub(crate) fn store(mode: Mode) -> Result<Store, Failure> {
    let folder = match mode {
        Mode::Root => "root",
        Mode::SubIds => "sub-ids",
        Mode::SingleId => "single-id",
    };
    Ok(Store::open(&Store::default_path(&variable), folder)?)
}

/// The layers of a store, and the registries that they may come from.
pub(crate) fn layers(
    store: Arc<Store>,
    mode: Mode,
    settings: &Settings,
    ca: Option<&Path>,
    observer: Arc<dyn Observer>,
) -> Result<Arc<Layers>, Failure> {
    let mut options = registry::Options::from_environment();
    options.hosts = settings.hosts()?;
    if let Some(ca) = ca {
        options.extra_ca = Some(ca.to_path_buf());
    }
    let registry = registry::Client::new(options).map_err(Error::from)?;
    Ok(Arc::new(Layers {
        store,
        registry,
        mode,
        observer,
    }))
}

/// Where Linux distributions keep the bundle of certificate authorities.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The bundle that RUN is given: the one asked for, else the host's.
pub(crate) fn bundle(asked: Option<&Path>) -> Option<PathBuf> {
    if let Some(asked) = asked {
        return Some(asked.to_path_buf());
    }
    let set = variable("SSL_CERT_FILE")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    set.into_iter()
        .chain(BUNDLES.map(PathBuf::from))
        .find(|path| path.is_file())
}
