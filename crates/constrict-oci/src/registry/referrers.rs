//! Artifacts that say something about an image, pushed so that registries list them with it. Pushes go to the registry itself.
//!
//! Source: OCI distribution specification 1.1, "pushing manifests with subject" and "referrers tag schema". A registry that
//! knows of subjects answers with `OCI-Subject`; for the others the list is an index under the tag `sha256-<hex>`, which
//! the client keeps. Two clients that add to that index at once may lose one of the entries: the specification has no lock.

use ureq::http::{HeaderMap, HeaderValue, Method};

use super::auth::Access;
use super::client::read_manifest;
use super::document::ACCEPT;
use super::error::Fault;
use super::push::{call, failure};
use super::session::Target;
use super::{Answer, Client, Error, Result};
use crate::{Descriptor, Digest, Index, Manifest, MediaType, Reference};

impl Client {
    /// Pushes the manifest of an artifact by its digest, and sees to it that its subject's list has it. Its blobs are there.
    pub fn push_referrer(&self, repository: &Reference, manifest: &Manifest) -> Result<Digest> {
        let bytes = manifest.to_json();
        let descriptor = Descriptor::of(manifest.media_type(), &bytes);
        let digest = descriptor.digest;
        let by_digest = repository.by_digest(digest);
        let headers = self.put_manifest(&by_digest, &manifest.media_type(), &bytes)?;
        if let Some(subject) = manifest.subject()
            && !headers.contains_key("oci-subject")
        {
            self.list(repository, &subject.digest, manifest, descriptor)?;
        }
        Ok(digest)
    }

    /// Adds an artifact to the index of its subject.
    fn list(
        &self,
        repository: &Reference,
        subject: &Digest,
        manifest: &Manifest,
        mut descriptor: Descriptor,
    ) -> Result<()> {
        let tag = format!("{}-{}", subject.algorithm().name(), &subject.hex()[..64]);
        let name = repository.with_tag(&tag).expect("a digest's hex is a tag");
        let mut index = self.listed(&name, &tag, subject)?;
        let kind = manifest.artifact_type().map(Into::into);
        let kind = kind.map(|kind| ("artifactType".to_owned(), kind));
        descriptor.extra.extend(kind);
        descriptor.annotations = manifest.annotations.clone();
        let is_same = |entry: &Descriptor| entry.digest == descriptor.digest;
        if index.manifests.iter().any(is_same) {
            return Ok(());
        }
        index.manifests.push(descriptor);
        self.put_manifest(&name, &MediaType::OciIndex, &index.to_json())
            .map(drop)
    }

    /// The index as it is; an empty one if there is none.
    fn listed(&self, name: &Reference, tag: &str, subject: &Digest) -> Result<Index> {
        let path = format!("manifests/{tag}");
        let target = Target::Path(&path, &[]);
        let mut get = call(name, Method::GET, target, Access::Push);
        get.headers =
            HeaderMap::from_iter([(ureq::http::header::ACCEPT, HeaderValue::from_static(ACCEPT))]);
        let endpoint = self.registry(name);
        let fail = |fault| failure("look up", name, subject, &endpoint, fault);
        let answered = self.session.repeat(|| {
            let answered = self.session.call(&endpoint, &get)?;
            Ok(read_manifest(answered, None)?)
        });
        match answered {
            Ok((_, bytes)) => Index::parse(&bytes).map_err(|error| -> Error {
                let reason = error.to_string();
                fail(Answer::Manifest { reason }.into())
            }),
            Err(Fault::Remote(Answer::NotFound)) => Ok(Index::oci(Vec::new())),
            Err(fault) => Err(fail(fault)),
        }
    }
}
