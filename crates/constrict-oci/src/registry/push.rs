//! Blobs and manifests to a registry. Pushes go to the registry itself, never to a mirror.

use std::io::{self, Read};

use ureq::http::{HeaderMap, HeaderValue, Method};

use super::auth::Access;
use super::endpoint::Endpoint;
use super::error::Fault;
use super::session::{Call, Payload, Target};
use super::url::Url;
use super::{Answer, Asked, Client, Error, Progress, Result};
use crate::{Descriptor, Digest, MediaType, Reference};

/// Opens a blob for reading from its beginning; called once for each attempt.
pub type OpenBlob<'a> = dyn Fn() -> io::Result<Box<dyn Read>> + 'a;

impl Client {
    /// Whether the repository of a reference, in the registry itself, has a blob.
    pub fn has_blob(&self, repository: &Reference, digest: &Digest) -> Result<bool> {
        let path = format!("blobs/{digest}");
        let call = call(
            repository,
            Method::HEAD,
            Target::Path(&path, &[]),
            Access::Push,
        );
        let endpoint = self.registry(repository);
        match self.session.repeat(|| self.session.call(&endpoint, &call)) {
            Ok(_) => Ok(true),
            Err(Fault::Remote(Answer::NotFound)) => Ok(false),
            Err(fault) => Err(failure("look up", repository, digest, &endpoint, fault)),
        }
    }

    /// Makes a blob of the repository `from`, in the same registry, one of this repository too; `false` if the registry
    /// would rather have it pushed.
    pub fn mount_blob(&self, repository: &Reference, digest: &Digest, from: &str) -> Result<bool> {
        let text = digest.to_string();
        let query = [("mount", text.as_str()), ("from", from)];
        let target = Target::Path("blobs/uploads/", &query);
        let access = Access::Mount(from.to_owned());
        let mount = call(repository, Method::POST, target, access.clone());
        let endpoint = self.registry(repository);
        let answered = match self.session.repeat(|| self.session.call(&endpoint, &mount)) {
            // a registry may refuse the other repository; the push then tells whether this one is refused too
            Err(Fault::Remote(
                Answer::Denied { .. } | Answer::Authentication { .. } | Answer::NotFound,
            )) => {
                return Ok(false);
            }
            answered => {
                answered.map_err(|fault| failure("mount", repository, digest, &endpoint, fault))?
            }
        };
        if answered.head.status() == 201 {
            return Ok(true);
        }
        if let Ok(location) = answered.location() {
            // the registry opened an upload; one that cannot be closed expires by itself
            let close = call(repository, Method::DELETE, Target::Url(&location), access);
            drop(self.session.call(&endpoint, &close));
        }
        Ok(false)
    }

    /// Pushes a blob in one piece; after a failure that may pass, again from its beginning.
    pub fn push_blob(
        &self,
        repository: &Reference,
        descriptor: &Descriptor,
        open: &OpenBlob<'_>,
        progress: &dyn Progress,
    ) -> Result<()> {
        let endpoint = self.registry(repository);
        let pushed = self
            .session
            .repeat(|| self.upload(&endpoint, repository, descriptor, open, progress));
        pushed.map_err(|fault| failure("push", repository, &descriptor.digest, &endpoint, fault))
    }

    fn upload(
        &self,
        endpoint: &Endpoint,
        repository: &Reference,
        descriptor: &Descriptor,
        open: &OpenBlob<'_>,
        progress: &dyn Progress,
    ) -> Result<(), Fault> {
        let target = Target::Path("blobs/uploads/", &[]);
        let start = call(repository, Method::POST, target, Access::Push);
        let mut location: Url = self.session.call(endpoint, &start)?.location()?;
        location.add_query("digest", &descriptor.digest.to_string());
        let unreadable = std::cell::Cell::new(None);
        let reader = || {
            let inner =
                open().map_err(|source| Fault::Local(self::unreadable(descriptor, source)))?;
            Ok(Box::new(Outgoing {
                inner,
                sent: 0,
                size: descriptor.size,
                progress,
                failure: &unreadable,
            }) as Box<dyn Read + '_>)
        };
        let mut put = call(
            repository,
            Method::PUT,
            Target::Url(&location),
            Access::Push,
        );
        put.headers.insert(
            "content-type",
            HeaderValue::from_static("application/octet-stream"),
        );
        put.payload = Payload::Stream(&reader, descriptor.size);
        let answered = self.session.call(endpoint, &put);
        match (unreadable.take(), answered) {
            (Some(source), _) => Err(Fault::Local(self::unreadable(descriptor, source))),
            (None, answered) => answered.map(drop),
        }
    }

    /// Pushes a manifest or index under the tag of a reference, or its digest if it has no tag.
    pub fn push_manifest(
        &self,
        reference: &Reference,
        media_type: &MediaType,
        bytes: &[u8],
    ) -> Result<Digest> {
        let digest = reference
            .digest()
            .copied()
            .unwrap_or_else(|| Digest::of(bytes));
        self.put_manifest(reference, media_type, bytes)?;
        Ok(digest)
    }

    /// The same; the headers of the answer.
    pub(super) fn put_manifest(
        &self,
        reference: &Reference,
        media_type: &MediaType,
        bytes: &[u8],
    ) -> Result<HeaderMap> {
        let digest = reference
            .digest()
            .copied()
            .unwrap_or_else(|| Digest::of(bytes));
        let path = match reference.tag() {
            Some(tag) => format!("manifests/{tag}"),
            None => format!("manifests/{digest}"),
        };
        let endpoint = self.registry(reference);
        let fail = |fault| failure("push", reference, &digest, &endpoint, fault);
        let kind = HeaderValue::from_str(media_type.as_str());
        let kind = kind.map_err(|_| fail(Answer::protocol("the media type is not one").into()))?;
        let mut put = call(
            reference,
            Method::PUT,
            Target::Path(&path, &[]),
            Access::Push,
        );
        put.headers.insert("content-type", kind);
        put.payload = Payload::Bytes(bytes);
        let pushed = self.session.repeat(|| {
            let answered = self.session.call(&endpoint, &put)?;
            check_announced(answered.head.headers(), bytes)?;
            Ok(answered.head.headers().clone())
        });
        pushed.map_err(fail)
    }
}

pub(super) fn call<'a>(
    reference: &'a Reference,
    method: Method,
    target: Target<'a>,
    access: Access,
) -> Call<'a> {
    Call {
        method,
        target,
        headers: HeaderMap::new(),
        payload: Payload::None,
        repository: reference.repository(),
        access,
    }
}

/// A registry that names another digest than that of the bytes has stored something else.
fn check_announced(headers: &HeaderMap, bytes: &[u8]) -> Result<(), Answer> {
    let announced = headers.get("docker-content-digest");
    let announced = announced.and_then(|value| Digest::parse(value.to_str().ok()?).ok());
    match announced {
        Some(found) if found.verify(bytes).is_err() => Err(Answer::WrongDigest {
            expected: Box::new(Digest::of(bytes)),
            found: Box::new(found),
        }),
        _ => Ok(()),
    }
}

fn unreadable(descriptor: &Descriptor, source: io::Error) -> Error {
    Error::Source {
        digest: descriptor.digest,
        source,
    }
}

pub(super) fn failure(
    act: &'static str,
    repository: &Reference,
    digest: &Digest,
    endpoint: &Endpoint,
    fault: Fault,
) -> Error {
    match fault {
        Fault::Local(error) => error,
        Fault::Remote(answer) => Error::Push {
            act,
            what: format!("{}@{digest}", repository.name()),
            asked: Box::new(Asked {
                endpoint: endpoint.to_string(),
                answer,
            }),
        },
    }
}

/// A blob on its way out: counted, and its failures kept apart from those of the network.
struct Outgoing<'a> {
    inner: Box<dyn Read>,
    sent: u64,
    size: u64,
    progress: &'a dyn Progress,
    failure: &'a std::cell::Cell<Option<io::Error>>,
}

impl Read for Outgoing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size - self.sent).unwrap_or(usize::MAX);
        let room = left.min(buffer.len());
        let read = match self.inner.read(&mut buffer[..room]) {
            Ok(0) if room > 0 => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "it is shorter than its descriptor says",
            )),
            read => read,
        };
        match read {
            Ok(count) => {
                self.sent += count as u64;
                self.progress.bytes(self.sent);
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failure.set(Some(error));
                Err(kind.into())
            }
        }
    }
}
