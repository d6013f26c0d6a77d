//! What every command that touches the store sets up: the sandbox's mode, the store, the registries.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use constrict_build::container::{Match, look_up};
use constrict_build::layers::Layers;
use constrict_build::settings::Settings;
use constrict_build::source::image::Images;
use constrict_build::store::Store;
use constrict_build::{Error, Observer};
use constrict_oci::{Platform, registry};
use constrict_sandbox::Mode;

use crate::arguments::ProgressMode;
use crate::failure::Failure;
use crate::{interrupt, progress};

/// A variable of our environment, if it is set and text.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The seconds since 1970 that SOURCE_DATE_EPOCH says.
pub(crate) fn epoch(text: &str) -> Result<i64, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(format!(
            "SOURCE_DATE_EPOCH is `{text}`, which is no number of seconds"
        ))
    })
}

/// Enters the sandbox's namespaces; to be called before any thread exists.
pub(crate) fn enter() -> Result<Mode, Failure> {
    Ok(constrict_sandbox::enter()?.mode)
}

/// Opens the store, and sees to it that an interrupted program leaves nothing in it.
pub(crate) fn store(mode: Mode) -> Result<Arc<Store>, Failure> {
    let folder = constrict_build::store::folder_of(mode);
    let store = Store::open(&Store::default_path(&variable), folder)?;
    interrupt::watch(&store);
    Ok(Arc::new(store))
}

/// The store alone, for commands about containers.
pub(crate) fn own_store() -> Result<Arc<Store>, Failure> {
    store(enter()?)
}

/// The images of the store and of registries, for commands that build nothing. The settings are the user's and those
/// of the current directory.
pub(crate) fn images(
    ca: Option<&Path>,
    progress: ProgressMode,
    quiet: bool,
) -> Result<Images, Failure> {
    let settings = Settings::load(Some(Path::new(".")), &variable)?;
    let mode = enter()?;
    let ca = ca.or(settings.ca.as_deref());
    // a display has a thread, and none may exist before the namespaces are entered
    let observer = progress::observer(progress, quiet);
    let layers = layers(store(mode)?, mode, &settings, ca, observer)?;
    Ok(Images {
        layers,
        pull: false,
        debian: None,
    })
}

/// The image of the store that `text` means; one that is not there is an error.
pub(crate) fn known(store: &Store, text: &str) -> Result<Match, Failure> {
    match look_up(store, text)? {
        Some(found) => Ok(found),
        None => Err(Error::NoSuchImage(text.into()).into()),
    }
}

/// The platform that is asked for, else this machine's.
pub(crate) fn platform(asked: Option<&str>) -> Result<Platform, Failure> {
    match asked {
        Some(text) => Platform::parse(text).map_err(|error| Failure::usage(error.to_string())),
        None => Ok(Platform::host()),
    }
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

/// The proxies of this machine's network, for RUN: name and value, names in both cases.
pub(crate) fn proxies() -> Vec<(String, String)> {
    let names = [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "FTP_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
    ];
    let both = names
        .iter()
        .flat_map(|name| [name.to_string(), name.to_ascii_lowercase()]);
    both.filter_map(|name| {
        variable(&name)
            .filter(|value| !value.is_empty())
            .map(|value| (name, value))
    })
    .collect()
}

/// Writes data to standard output.
pub(crate) fn print(text: &str) {
    use std::io::Write as _;
    // whoever reads may have read enough
    let _ = std::io::stdout().write_all(text.as_bytes());
}
