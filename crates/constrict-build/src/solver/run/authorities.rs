//! The certificate authorities of this machine's network, for RUN: without them nothing behind a company's TLS proxy
//! can be downloaded. They leave no trace in layers, configuration or cache keys.
//!
//! A directory with the host's bundle, in place of the image's own, is put between the image's layers and the upper
//! directory. Unlike a bind mount it does not stand in the way of `update-ca-certificates`, which renames a new bundle
//! over the old one; and what a RUN appends to the bundle is found in its layer without the host's part.

use std::path::{Path, PathBuf};

use constrict_oci::layer::{NewEntry, NewKind};
use constrict_sandbox::Mode;

use crate::error::{IoContext, Result};
use crate::view::{View, read_small, resolve_in};

/// A bundle of certificates, in PEM.
#[derive(Clone, Debug)]
pub struct Authorities {
    /// The file's content.
    pub bundle: Vec<u8>,
}

/// Where images keep the bundle that their programs trust.
const BUNDLES: [&str; 5] = [
    "etc/ssl/certs/ca-certificates.crt",
    "etc/ssl/cert.pem",
    "etc/pki/tls/certs/ca-bundle.crt",
    "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "etc/ssl/ca-bundle.pem",
];

/// The name that the variables point at; a file of [`BUNDLES`], so that it exists in images that have one.
const FIRST: &str = BUNDLES[0];

/// The largest bundle of an image that is read.
const LIMIT: u64 = 16 << 20;

impl Authorities {
    /// What pip, uv, poetry, requests, conda, npm, git, curl and OpenSSL read.
    pub(super) const VARIABLES: [&'static str; 8] = [
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "PIP_CERT",
        "CURL_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
        "GIT_SSL_CAINFO",
        "CARGO_HTTP_CAINFO",
        "CONDA_SSL_VERIFY",
    ];

    /// What they say.
    pub(super) const PATH: &'static str = "/etc/ssl/certs/ca-certificates.crt";

    /// Makes the layer in the new directory `layer`.
    pub(super) fn inject(&self, layer: &Path, view: &dyn View, mode: Mode) -> Result<Injected> {
        std::fs::create_dir(layer).at("create", layer)?;
        let mut replaced = Vec::new();
        for bundle in BUNDLES {
            let at = resolve_in(view, bundle.as_bytes(), true)?;
            let exists = view.meta(&at)?.is_some();
            if (!exists && bundle != FIRST) || replaced.iter().any(|(path, _)| *path == at) {
                continue;
            }
            let original = if exists {
                read_small(view, &at, LIMIT)?
            } else {
                None
            };
            replaced.push((at, original));
        }
        let mut entries = Vec::new();
        for (path, _) in &replaced {
            entries.extend(parents(view, path)?);
            let mut entry = NewEntry::new(
                path.clone(),
                NewKind::File {
                    size: self.bundle.len() as u64,
                },
                0o644,
            );
            if let Some(meta) = view.meta(path)? {
                (entry.mode, entry.uid, entry.gid, entry.mtime) =
                    (meta.mode, meta.uid, meta.gid, meta.mtime);
            }
            entries.push(entry);
        }
        crate::snapshot::make_entries(layer, mode, entries, &self.bundle)?;
        Ok(Injected {
            layer: layer.into(),
            replaced,
            bundle: self.bundle.clone(),
        })
    }
}

/// The directories that lead to a path, as they are in the image.
fn parents(view: &dyn View, path: &[u8]) -> Result<Vec<NewEntry>> {
    let mut entries = Vec::new();
    for (at, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
        let mut entry = NewEntry::new(&path[..at], NewKind::Directory, 0o755);
        if let Some(meta) = view.meta(&path[..at])? {
            (entry.mode, entry.uid, entry.gid, entry.mtime) =
                (meta.mode, meta.uid, meta.gid, meta.mtime);
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// A bundle in use.
pub(super) struct Injected {
    /// The directory for the overlay.
    pub(super) layer: PathBuf,
    /// What was replaced: its path, and its content in the image.
    replaced: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    bundle: Vec<u8>,
}

impl Injected {
    /// Takes the host's certificates out of what the RUN changed.
    pub(super) fn withdraw(&self, upper: &Path) -> Result<()> {
        for (path, original) in &self.replaced {
            let file = upper.join(std::ffi::OsStr::new(&*String::from_utf8_lossy(path)));
            let Ok(meta) = file.symlink_metadata() else {
                continue;
            };
            if !meta.is_file() {
                continue;
            }
            let content = std::fs::read(&file).at("read", &file)?;
            let Some(added) = content.strip_prefix(self.bundle.as_slice()) else {
                continue;
            };
            match original {
                None if added.is_empty() => std::fs::remove_file(&file).at("delete", &file)?,
                _ => {
                    let content = [original.as_deref().unwrap_or_default(), added].concat();
                    std::fs::write(&file, content).at("write", &file)?;
                }
            }
        }
        Ok(())
    }
}
