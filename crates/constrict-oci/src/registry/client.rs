//! The client: which endpoint is asked when, and manifests. Never sees a token.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ureq::http::{HeaderMap, HeaderValue, Method};

use super::auth::Access;
use super::document::{ACCEPT, MANIFEST_MAX, identify};
use super::endpoint::Endpoint;
use super::error::Fault;
use super::session::{Answered, Call, Payload, Session, Target, read_answer};
use super::{Answer, Asked, Error, Options, Result};
use crate::{Descriptor, Digest, Hasher, MediaType, Reference};

/// A client for all registries. Cheap to clone; clones share connections and tokens.
#[derive(Clone)]
pub struct Client {
    pub(crate) session: Arc<Session>,
    /// By registry and repository: the endpoint that had the last thing asked for, tried first for the next.
    found_at: Arc<Mutex<BTreeMap<String, Endpoint>>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("options", self.session.transport.options())
            .finish_non_exhaustive()
    }
}

/// A manifest or index, verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// What it is: type, digest and size.
    pub descriptor: Descriptor,
    /// The document.
    pub bytes: Vec<u8>,
    /// Who gave it: host, port and path prefix.
    pub endpoint: String,
}

/// What a registry says that a reference is; nothing has been verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Type, digest and size.
    pub descriptor: Descriptor,
    /// Who says so.
    pub endpoint: String,
}

impl Client {
    /// Makes a client; connects to nothing.
    pub fn new(options: Options) -> Result<Client> {
        Ok(Client {
            session: Arc::new(Session::new(options)?),
            found_at: Arc::default(),
        })
    }

    /// Fetches the manifest or index that a reference names, by its digest if it has one, else by its tag or `latest`.
    pub fn resolve(&self, reference: &Reference) -> Result<Resolved> {
        let reference = reference.clone().or_latest();
        let path = manifest_path(&reference);
        let call = manifest_call(&reference, Method::GET, &path);
        let ((descriptor, bytes), endpoint) =
            self.ask_all(&reference, &reference.to_string(), |endpoint| {
                self.session.repeat(|| {
                    let answered = self.session.call(endpoint, &call)?;
                    Ok(read_manifest(answered, reference.digest())?)
                })
            })?;
        Ok(Resolved {
            descriptor,
            bytes,
            endpoint,
        })
    }

    /// Asks which digest a reference has, without fetching it: registries count no download for it.
    ///
    /// `None` if the registry answers without saying so; [`Client::resolve`] then tells.
    pub fn find(&self, reference: &Reference) -> Result<Option<Found>> {
        let reference = reference.clone().or_latest();
        let path = manifest_path(&reference);
        let call = manifest_call(&reference, Method::HEAD, &path);
        let (descriptor, endpoint) =
            self.ask_all(&reference, &reference.to_string(), |endpoint| {
                self.session.repeat(|| {
                    let answered = self.session.call(endpoint, &call)?;
                    Ok(read_head(answered.head.headers()))
                })
            })?;
        Ok(descriptor.map(|descriptor| Found {
            descriptor,
            endpoint,
        }))
    }

    /// Fetches a manifest by digest from the repository of a reference.
    pub fn manifest(&self, repository: &Reference, digest: &Digest) -> Result<Vec<u8>> {
        Ok(self.resolve(&repository.with_digest(*digest))?.bytes)
    }

    /// Asks the endpoints of a reference in turn until one has it.
    pub(crate) fn ask_all<T>(
        &self,
        reference: &Reference,
        what: &str,
        mut ask: impl FnMut(&Endpoint) -> Result<T, Fault>,
    ) -> Result<(T, String)> {
        let mut asked = Vec::new();
        for endpoint in self.endpoints(reference) {
            match ask(&endpoint) {
                Ok(found) => {
                    let address = endpoint.to_string();
                    let mut found_at = self.found_at.lock().unwrap_or_else(PoisonError::into_inner);
                    found_at.insert(reference.name(), endpoint);
                    return Ok((found, address));
                }
                Err(Fault::Local(error)) => return Err(error),
                Err(Fault::Remote(answer)) => asked.push(Asked {
                    endpoint: endpoint.to_string(),
                    answer,
                }),
            }
        }
        let what = what.to_owned();
        if asked.iter().all(|asked| asked.answer == Answer::NotFound) {
            Err(Error::NotFound { what, asked })
        } else {
            Err(Error::Pull { what, asked })
        }
    }

    fn endpoints(&self, reference: &Reference) -> Vec<Endpoint> {
        let options = self.session.transport.options();
        let mut endpoints = Endpoint::all(reference.registry(), options);
        let found_at = self.found_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = found_at.get(&reference.name()) {
            // stable: the others keep their order
            endpoints.sort_by_key(|endpoint| endpoint != first);
        }
        endpoints
    }

    /// The registry of a reference itself, which is where pushes go.
    pub(crate) fn registry(&self, reference: &Reference) -> Endpoint {
        Endpoint::of_registry(reference.registry(), self.session.transport.options())
    }
}

fn manifest_path(reference: &Reference) -> String {
    let name = match (reference.digest(), reference.tag()) {
        (Some(digest), _) => digest.to_string(),
        (None, tag) => tag.unwrap_or("latest").to_owned(),
    };
    format!("manifests/{name}")
}

fn manifest_call<'a>(reference: &'a Reference, method: Method, path: &'a str) -> Call<'a> {
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static(ACCEPT));
    Call {
        method,
        target: Target::Path(path, &[]),
        headers,
        payload: Payload::None,
        repository: reference.repository(),
        access: Access::Pull,
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

pub(super) fn read_manifest(
    answered: Answered,
    wanted: Option<&Digest>,
) -> Result<(Descriptor, Vec<u8>), Answer> {
    let head = answered.head;
    let content_type = header(head.headers(), "content-type").map(str::to_owned);
    let announced = header(head.headers(), "docker-content-digest");
    let announced = announced.and_then(|text| Digest::parse(text).ok());
    let bytes = read_answer(head, MANIFEST_MAX)?.ok_or_else(|| Answer::Manifest {
        reason: format!("it has more than {MANIFEST_MAX} bytes"),
    })?;
    for expected in [wanted, announced.as_ref()].into_iter().flatten() {
        check_digest(&bytes, expected)?;
    }
    let kind = identify(&bytes, content_type.as_deref())?;
    let digest = wanted.copied().unwrap_or_else(|| Digest::of(&bytes));
    let size = bytes.len() as u64;
    Ok((Descriptor::new(kind, digest, size), bytes))
}

fn check_digest(bytes: &[u8], expected: &Digest) -> Result<(), Answer> {
    let mut hasher = Hasher::new(expected.algorithm());
    hasher.update(bytes);
    let found = hasher.finish();
    if found == *expected {
        Ok(())
    } else {
        Err(Answer::WrongDigest {
            expected: Box::new(*expected),
            found: Box::new(found),
        })
    }
}

fn read_head(headers: &HeaderMap) -> Option<Descriptor> {
    let kind = MediaType::parse(header(headers, "content-type")?);
    let digest = Digest::parse(header(headers, "docker-content-digest")?).ok()?;
    let size = header(headers, "content-length")?.parse().ok()?;
    (kind.is_index() || kind.is_manifest()).then(|| Descriptor::new(kind, digest, size))
}
