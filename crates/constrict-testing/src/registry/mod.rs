//! A registry in the test's process. Never keeps anything after it is dropped.
//!
//! Protocol: OCI distribution specification 1.1, pull, push, mounts, tag lists and referrers; authentication as distribution's
//! `spec/auth` has it.

mod auth;
mod contents;
mod routes;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use constrict_oci::{Descriptor, Digest, ImageConfig, Index, Manifest, MediaType, Platform};

pub use auth::Auth;

use crate::Fault;
use crate::faults::Faults;
use crate::http::{Recorded, Server};
use contents::Contents;

/// A registry that ends when it is dropped.
pub struct Registry {
    server: Server,
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    contents: Mutex<Contents>,
    faults: Faults,
    auth: Auth,
    tokens: Mutex<auth::Tokens>,
    /// Whether it is as before version 1.1 of the specification.
    is_old: AtomicBool,
}

impl Shared {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn knows_referrers(&self) -> bool {
        !self.is_old.load(Ordering::Relaxed)
    }
}

impl Registry {
    /// An empty registry on loopback, open to all, without TLS.
    pub fn start() -> Registry {
        Registry::serve(false, Auth::Open)
    }

    /// The same with TLS; [`authority_pem`](crate::authority_pem) vouches for it.
    pub fn start_tls() -> Registry {
        Registry::serve(true, Auth::Open)
    }

    /// An empty registry that wants to know who asks.
    pub fn start_with(auth: Auth) -> Registry {
        Registry::serve(false, auth)
    }

    /// The same with TLS.
    pub fn start_tls_with(auth: Auth) -> Registry {
        Registry::serve(true, auth)
    }

    fn serve(tls: bool, auth: Auth) -> Registry {
        let shared = Arc::new(Shared {
            contents: Mutex::default(),
            faults: Faults::default(),
            auth,
            tokens: Mutex::default(),
            is_old: AtomicBool::new(false),
        });
        let served = Arc::clone(&shared);
        let server = Server::start(tls, move |request| {
            served
                .faults
                .answer(request, |request| served.answer(request))
        });
        Registry { server, shared }
    }

    /// `127.0.0.1:port`, as references and mirrors name it.
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// `0.0.0.0:port`: the same registry under a name that is not loopback's.
    pub fn distant_host(&self) -> String {
        format!("0.0.0.0:{}", self.server.port())
    }

    /// `http://127.0.0.1:port`
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Does something wrong from now on.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.add(fault);
    }

    /// Does nothing wrong any more.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// Knows nothing of subjects and referrers from now on, as registries before version 1.1.
    pub fn forget_referrers(&self) {
        self.shared.is_old.store(true, Ordering::Relaxed);
    }

    /// Takes back every token that was given out.
    pub fn revoke_tokens(&self) {
        self.shared.revoke_tokens();
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.server.log().clone()
    }

    /// The requests so far as `GET /path 200`, and none of them from now on.
    pub fn take_lines(&self) -> Vec<String> {
        let log = std::mem::take(&mut *self.server.log());
        log.iter().map(Recorded::line).collect()
    }

    /// Puts a blob into a repository.
    pub fn add_blob(&self, repository: &str, content: &[u8]) -> Digest {
        let digest = Digest::of(content);
        self.shared
            .contents()
            .add_blob(repository, digest, content.to_vec());
        digest
    }

    /// A blob of a repository.
    pub fn blob(&self, repository: &str, digest: &Digest) -> Option<Vec<u8>> {
        let contents = self.shared.contents();
        contents
            .blob(repository, digest)
            .map(|blob| blob.as_ref().clone())
    }

    /// Puts a manifest or index into a repository, under a tag if one is given.
    pub fn add_manifest(
        &self,
        repository: &str,
        tag: Option<&str>,
        media_type: &str,
        content: &[u8],
    ) -> Digest {
        let digest = Digest::of(content);
        let manifest = (media_type.to_owned(), content.to_vec());
        self.shared
            .contents()
            .add_manifest(repository, tag, digest, manifest);
        digest
    }

    /// The type and content of a manifest, by tag or digest.
    pub fn manifest(&self, repository: &str, name: &str) -> Option<(String, Vec<u8>)> {
        self.shared
            .contents()
            .manifest(repository, name)
            .map(|(_, manifest)| manifest)
    }

    /// What says something about a manifest: the kind and the content of the one blob of each artifact, sorted; from the
    /// referrers API, or from the tag of that name if the registry does not have it.
    pub fn referrers(&self, repository: &str, subject: &Digest) -> Vec<(String, Vec<u8>)> {
        let contents = self.shared.contents();
        let tag = format!("sha256-{}", subject.hex());
        let entries = match self.shared.knows_referrers() {
            true => contents.referrers(repository, subject),
            false => match contents.manifest(repository, &tag) {
                Some((_, (_, index))) => Index::parse(&index).expect("an index").manifests,
                None => Vec::new(),
            },
        };
        let artifact = |entry: &Descriptor| {
            let (_, (_, manifest)) = contents.manifest(repository, &entry.digest.to_string())?;
            let manifest = Manifest::parse(&manifest).ok()?;
            let kind = entry.extra.get("artifactType")?.as_str()?.to_owned();
            let blob = contents.blob(repository, &manifest.layers.first()?.digest)?;
            // its empty configuration is there as well
            contents.blob(repository, &manifest.config.digest)?;
            Some((kind, blob.as_ref().clone()))
        };
        let mut found: Vec<_> = entries.iter().filter_map(artifact).collect();
        found.sort();
        found
    }

    /// Puts an image of uncompressed layers for this machine's kind (`linux/amd64` unless it is arm64) into a
    /// repository, and gives the digest of its manifest.
    pub fn add_image(&self, repository: &str, tag: &str, layers: &[Vec<u8>]) -> Digest {
        self.add_configured_image(repository, tag, layers, |_| {})
    }

    /// The same with a configuration that the test has changed.
    pub fn add_configured_image(
        &self,
        repository: &str,
        tag: &str,
        layers: &[Vec<u8>],
        configure: impl FnOnce(&mut ImageConfig),
    ) -> Digest {
        let architecture = if cfg!(target_arch = "aarch64") {
            "arm64"
        } else {
            "amd64"
        };
        let platform = Platform::parse(&format!("linux/{architecture}")).expect("a platform");
        let mut config = ImageConfig::new(&platform);
        config.rootfs.diff_ids = layers.iter().map(|layer| Digest::of(layer)).collect();
        configure(&mut config);
        let config = config.to_json();
        self.add_blob(repository, &config);
        let layers = layers.iter().map(|layer| {
            self.add_blob(repository, layer);
            Descriptor::of(MediaType::OciLayer, layer)
        });
        let manifest = Manifest::oci(
            Descriptor::of(MediaType::OciConfig, &config),
            layers.collect(),
        );
        let media_type = manifest.media_type().to_string();
        self.add_manifest(repository, Some(tag), &media_type, &manifest.to_json())
    }
}
