//! Which variables a base image sets, from its registry: BuildKit's `--check` asks as well.
//!
//! Never fails: what cannot be learned is not known. After the first registry that cannot be reached, none is asked again.

use std::cell::{Cell, OnceCell};
use std::path::{Path, PathBuf};
use std::time::Duration;

use constrict_build::settings::Settings;
use constrict_oci::registry::{Client, Error, Options, Partial, Timeouts};
use constrict_oci::{ImageConfig, Index, Manifest, Platform, Reference};

use crate::session;

/// The largest configuration that is read.
const LARGEST: u64 = 4 << 20;

/// How long a registry may take: a lint runs at every commit.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(3),
    response: Duration::from_secs(5),
    idle: Duration::from_secs(5),
};

/// Asks registries, the first time that somebody wants to know.
pub(super) struct BaseEnv {
    directory: PathBuf,
    client: OnceCell<Option<Client>>,
    is_offline: Cell<bool>,
}

impl BaseEnv {
    /// With the settings of `directory`.
    pub(super) fn new(directory: &Path, is_offline: bool) -> Self {
        Self {
            directory: directory.to_path_buf(),
            client: OnceCell::new(),
            is_offline: Cell::new(is_offline),
        }
    }

    /// The environment of an image.
    pub(super) fn ask(&self, image: &str) -> Option<Vec<String>> {
        if self.is_offline.get() {
            return None;
        }
        let client = self
            .client
            .get_or_init(|| client(&self.directory))
            .as_ref()?;
        let reference = Reference::parse(image).ok()?;
        match config(client, &reference) {
            Ok(config) => config.map(|config| config.config.env),
            Err(Error::NotFound { .. }) => None,
            Err(_) => {
                self.is_offline.set(true);
                None
            }
        }
    }
}

fn client(directory: &Path) -> Option<Client> {
    let settings = Settings::load(Some(directory), &session::variable).ok()?;
    let mut options = Options::from_environment();
    options.hosts = settings.hosts().ok()?;
    if let Some(ca) = &settings.ca {
        options.extra_ca = Some(ca.clone());
    }
    options.retries = 0;
    options.timeouts = TIMEOUTS;
    Client::new(options).ok()
}

fn config(client: &Client, reference: &Reference) -> Result<Option<ImageConfig>, Error> {
    let resolved = client.resolve(reference)?;
    let mut bytes = resolved.bytes;
    if resolved.descriptor.media_type.is_index() {
        let index = Index::parse(&bytes).ok();
        let Some(digest) = index.as_ref().and_then(select) else {
            return Ok(None);
        };
        bytes = client.manifest(reference, &digest)?;
    }
    let Ok(manifest) = Manifest::parse(&bytes) else {
        return Ok(None);
    };
    if manifest.config.size > LARGEST {
        return Ok(None);
    }
    let mut text = Vec::new();
    let none = Partial::none(&manifest.config.digest);
    client.fetch_blob(reference, &manifest.config, &mut text, none, &())?;
    Ok(ImageConfig::parse(&text).ok())
}

/// The manifest for this machine, else the first.
fn select(index: &Index) -> Option<constrict_oci::Digest> {
    let host = Platform::host();
    let ranked = index.manifests.iter().filter_map(|entry| {
        let rank = host.rank(entry.platform.as_ref()?)?;
        Some((rank, entry.digest))
    });
    let best = ranked
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, digest)| digest);
    best.or_else(|| index.manifests.first().map(|entry| entry.digest))
}
