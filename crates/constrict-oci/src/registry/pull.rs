//! Blobs from a registry: resumed where a connection broke, verified at the end. Never keeps one.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::thread;

use ureq::http::{HeaderMap, HeaderValue, Method};

use super::auth::Access;
use super::endpoint::Endpoint;
use super::error::Fault;
use super::session::{Answered, Call, Payload, Target};
use super::transport::broken;
use super::{Answer, Client, Error, Result};
use crate::{Descriptor, Digest, Hasher, Reference};

/// One read from a connection.
const CHUNK: usize = 128 << 10;
/// Bytes that an attempt must bring for the attempts to be counted anew.
const GETTING_ON: u64 = 1 << 20;

/// Where a blob goes while it is fetched.
pub trait BlobSink {
    /// Adds bytes at the end.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Drops all that was written: what came was not the blob.
    fn restart(&mut self) -> io::Result<()>;
}

impl BlobSink for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn restart(&mut self) -> io::Result<()> {
        self.set_len(0)?;
        self.seek(SeekFrom::Start(0)).map(drop)
    }
}

impl BlobSink for Vec<u8> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }

    fn restart(&mut self) -> io::Result<()> {
        self.clear();
        Ok(())
    }
}

/// Who wants to know how far a transfer is.
pub trait Progress: Sync {
    /// So many bytes of the blob are there, counted from its beginning; less than before after a restart.
    fn bytes(&self, done: u64);
}

impl Progress for () {
    fn bytes(&self, _: u64) {}
}

/// The beginning of a blob that an earlier attempt left in the sink.
#[derive(Clone, Debug)]
pub struct Partial {
    bytes: u64,
    hasher: Hasher,
}

impl Partial {
    /// Nothing yet.
    pub fn none(digest: &Digest) -> Partial {
        Partial {
            bytes: 0,
            hasher: Hasher::new(digest.algorithm()),
        }
    }

    /// What `reader` has, to its end.
    pub fn read(digest: &Digest, reader: &mut dyn Read) -> io::Result<Partial> {
        let mut partial = Partial::none(digest);
        let mut buffer = vec![0; CHUNK];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(partial),
                Ok(count) => partial.add(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Its length.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn add(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl Client {
    /// Fetches a blob of the repository of a reference into `sink`, which has the bytes of `partial` already.
    ///
    /// A broken connection is taken up where it broke, at the same endpoint or the next. On success the sink has the
    /// blob, its size and digest verified; after a failure, a beginning of it or of something else.
    pub fn fetch_blob(
        &self,
        repository: &Reference,
        descriptor: &Descriptor,
        sink: &mut dyn BlobSink,
        partial: Partial,
        progress: &dyn Progress,
    ) -> Result<()> {
        let what = format!("{}@{}", repository.name(), descriptor.digest);
        let mut fetch = Fetch {
            client: self,
            repository,
            descriptor,
            sink,
            partial,
            progress,
            ranges: true,
        };
        if fetch.partial.bytes > descriptor.size {
            fetch.restart().map_err(|fault| local(fault, descriptor))?;
        }
        progress.bytes(fetch.partial.bytes);
        self.ask_all(repository, &what, |endpoint| fetch.whole(endpoint))?;
        Ok(())
    }
}

fn local(source: io::Error, descriptor: &Descriptor) -> Error {
    Error::Sink {
        digest: descriptor.digest,
        source,
    }
}

struct Fetch<'a> {
    client: &'a Client,
    repository: &'a Reference,
    descriptor: &'a Descriptor,
    sink: &'a mut dyn BlobSink,
    partial: Partial,
    progress: &'a dyn Progress,
    /// Whether the endpoint understands ranges, as far as is known.
    ranges: bool,
}

impl Fetch<'_> {
    /// The whole blob, or what is missing of it. Content that is wrong is fetched once more from its beginning if that
    /// came from an earlier attempt.
    fn whole(&mut self, endpoint: &Endpoint) -> Result<(), Fault> {
        self.ranges = true;
        let inherited = self.partial.bytes > 0;
        match self.complete(endpoint) {
            Err(Fault::Remote(Answer::WrongDigest { .. })) if inherited => self.complete(endpoint),
            done => done,
        }
    }

    fn complete(&mut self, endpoint: &Endpoint) -> Result<(), Fault> {
        let mut attempts = self.client.session.attempts();
        while self.partial.bytes < self.descriptor.size {
            let before = self.partial.bytes;
            let Err(fault) = self.attempt(endpoint) else {
                continue;
            };
            let Fault::Remote(answer) = fault else {
                return Err(fault);
            };
            if self.partial.bytes >= before + GETTING_ON {
                attempts.renew();
            }
            match attempts.next(&answer) {
                Some(pause) => thread::sleep(pause),
                None => return Err(Fault::Remote(answer)),
            }
        }
        let found = self.partial.hasher.clone().finish();
        if found == self.descriptor.digest {
            return Ok(());
        }
        self.restart().map_err(|source| self.local(source))?;
        Err(Fault::Remote(Answer::WrongDigest {
            expected: Box::new(self.descriptor.digest),
            found: Box::new(found),
        }))
    }

    /// One request, and as much of its answer as comes.
    fn attempt(&mut self, endpoint: &Endpoint) -> Result<(), Fault> {
        let start = if self.ranges { self.partial.bytes } else { 0 };
        let answered = match self.request(endpoint, start) {
            Err(Fault::Remote(Answer::Status { status: 416, .. })) if start > 0 => {
                self.ranges = false;
                return Ok(());
            }
            answered => answered?,
        };
        let size = self.descriptor.size;
        let skip = match (answered.head.status().as_u16(), start) {
            (206, 1..) if range_start(answered.head.headers()) == Some(start) => 0,
            (206, 1..) => {
                self.ranges = false;
                return Ok(());
            }
            (200, _) => self.partial.bytes,
            (status, _) => {
                let reason = format!("it answers a blob with HTTP status {status}");
                return Err(Answer::Protocol { reason }.into());
            }
        };
        if answered.head.status() == 200
            && let Some(length) = answered.head.body().content_length()
            && length != size
        {
            let found = Some(length);
            return Err(Answer::WrongSize {
                expected: size,
                found,
            }
            .into());
        }
        self.read(&mut answered.head.into_body().into_reader(), skip)
    }

    fn request(&self, endpoint: &Endpoint, start: u64) -> Result<Answered, Fault> {
        let mut headers = HeaderMap::new();
        if start > 0 {
            let range = HeaderValue::try_from(format!("bytes={start}-"));
            headers.insert("range", range.expect("digits are a valid header"));
        }
        let path = format!("blobs/{}", self.descriptor.digest);
        let call = Call {
            method: Method::GET,
            target: Target::Path(&path, &[]),
            headers,
            payload: Payload::None,
            repository: self.repository.repository(),
            access: Access::Pull,
        };
        self.client.session.call(endpoint, &call)
    }

    /// Reads an answer to its end, leaving out `skip` bytes that are there already.
    fn read(&mut self, body: &mut dyn Read, mut skip: u64) -> Result<(), Fault> {
        let size = self.descriptor.size;
        let mut buffer = vec![0; CHUNK];
        loop {
            let count = match body.read(&mut buffer) {
                Ok(0) if self.partial.bytes < size => {
                    return Err(broken(&io::ErrorKind::UnexpectedEof.into()).into());
                }
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(broken(&error).into()),
            };
            let known = usize::try_from(skip).map_or(count, |skip| skip.min(count));
            skip -= known as u64;
            let bytes = &buffer[known..count];
            if self.partial.bytes + bytes.len() as u64 > size {
                self.restart().map_err(|source| self.local(source))?;
                return Err(Answer::WrongSize {
                    expected: size,
                    found: None,
                }
                .into());
            }
            self.sink
                .write(bytes)
                .map_err(|source| self.local(source))?;
            self.partial.add(bytes);
            self.progress.bytes(self.partial.bytes);
        }
    }

    fn restart(&mut self) -> io::Result<()> {
        self.partial = Partial::none(&self.descriptor.digest);
        self.progress.bytes(0);
        self.sink.restart()
    }

    fn local(&self, source: io::Error) -> Fault {
        Fault::Local(local(source, self.descriptor))
    }
}

/// The first byte of `Content-Range: bytes 5-9/10`.
fn range_start(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get("content-range")?.to_str().ok()?;
    let range = text.trim().strip_prefix("bytes")?.trim_start();
    range.split_once('-')?.0.parse().ok()
}
