//! What a registry holds. Never speaks HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;

use constrict_oci::{Descriptor, Digest, MediaType};

type Manifest = (String, Vec<u8>);

#[derive(Default)]
pub(crate) struct Contents {
    repositories: BTreeMap<String, Repository>,
    /// By the number in its location: repository and what has come.
    uploads: BTreeMap<u64, (String, Vec<u8>)>,
    next_upload: u64,
}

#[derive(Default)]
struct Repository {
    blobs: BTreeMap<Digest, Arc<Vec<u8>>>,
    manifests: BTreeMap<Digest, Manifest>,
    tags: BTreeMap<String, Digest>,
}

impl Contents {
    fn repository(&mut self, name: &str) -> &mut Repository {
        self.repositories.entry(name.to_owned()).or_default()
    }

    pub(crate) fn add_blob(&mut self, repository: &str, digest: Digest, content: Vec<u8>) {
        self.repository(repository)
            .blobs
            .insert(digest, Arc::new(content));
    }

    pub(crate) fn blob(&self, repository: &str, digest: &Digest) -> Option<Arc<Vec<u8>>> {
        self.repositories
            .get(repository)?
            .blobs
            .get(digest)
            .cloned()
    }

    /// Whether `from` had the blob.
    pub(crate) fn mount(&mut self, repository: &str, digest: &Digest, from: &str) -> bool {
        let Some(blob) = self.blob(from, digest) else {
            return false;
        };
        self.repository(repository).blobs.insert(*digest, blob);
        true
    }

    pub(crate) fn add_manifest(
        &mut self,
        repository: &str,
        tag: Option<&str>,
        digest: Digest,
        manifest: Manifest,
    ) {
        let repository = self.repository(repository);
        repository.manifests.insert(digest, manifest);
        if let Some(tag) = tag {
            repository.tags.insert(tag.to_owned(), digest);
        }
    }

    pub(crate) fn manifest(&self, repository: &str, name: &str) -> Option<(Digest, Manifest)> {
        let repository = self.repositories.get(repository)?;
        let tagged = repository.tags.get(name).copied();
        let digest = tagged.or_else(|| Digest::parse(name).ok())?;
        let manifest = repository.manifests.get(&digest)?;
        Some((digest, manifest.clone()))
    }

    /// The manifests whose subject has this digest, as descriptors.
    pub(crate) fn referrers(&self, repository: &str, subject: &Digest) -> Vec<Descriptor> {
        let repository = self.repositories.get(repository);
        let manifests = repository.into_iter().flat_map(|found| &found.manifests);
        let referrer = |(_, (media_type, content)): (&Digest, &Manifest)| {
            let manifest = constrict_oci::Manifest::parse(content).ok()?;
            let is_of = manifest.subject()?.digest == *subject;
            let mut descriptor = Descriptor::of(MediaType::parse(media_type), content);
            let kind = manifest.artifact_type()?.into();
            descriptor.extra.insert("artifactType".to_owned(), kind);
            descriptor.annotations = manifest.annotations;
            is_of.then_some(descriptor)
        };
        manifests.filter_map(referrer).collect()
    }

    pub(crate) fn tags(&self, repository: &str) -> Option<Vec<String>> {
        let repository = self.repositories.get(repository)?;
        Some(repository.tags.keys().cloned().collect())
    }

    pub(crate) fn open_upload(&mut self, repository: &str) -> u64 {
        self.next_upload += 1;
        let upload = (repository.to_owned(), Vec::new());
        self.uploads.insert(self.next_upload, upload);
        self.next_upload
    }

    /// Adds to an upload of this repository; the length it then has.
    pub(crate) fn append(&mut self, repository: &str, id: u64, content: &[u8]) -> Option<usize> {
        let (of, so_far) = self.uploads.get_mut(&id)?;
        if of != repository {
            return None;
        }
        so_far.extend_from_slice(content);
        Some(so_far.len())
    }

    pub(crate) fn close_upload(&mut self, id: u64) -> Option<Vec<u8>> {
        self.uploads.remove(&id).map(|(_, content)| content)
    }
}
