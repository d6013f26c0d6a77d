//! The failures of this crate, as facts. Never renders hints: that is the command line's part.
//!
//! The registry client has an enum of its own, `registry::Error`.

use std::io;
use std::path::PathBuf;

/// What can go wrong with digests, references, documents, layers, layouts and archives.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not `algorithm:hex` of a supported algorithm.
    #[error("`{text}` is not a digest: {reason}")]
    Digest {
        /// The text as given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The text is not an image reference.
    #[error("`{text}` is not an image reference: {reason}")]
    Reference {
        /// The text as given.
        text: String,
        /// What is wrong with it, naming the part.
        reason: String,
    },
    /// The text is not `os/architecture[/variant]`.
    #[error("`{text}` is not a platform: {reason}")]
    Platform {
        /// The text as given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A JSON document does not have the form that its kind asks for.
    #[error("the {what} is not valid JSON of its kind")]
    Json {
        /// The kind of document, e.g. `image manifest`.
        what: &'static str,
        /// Where and why.
        source: serde_json::Error,
    },
    /// Bytes that do not have the digest they are known by.
    #[error("expected digest `{expected}` but the content has `{found}`")]
    DigestMismatch {
        /// The digest asked for.
        expected: Box<crate::Digest>,
        /// The digest of what was read.
        found: Box<crate::Digest>,
    },
    /// A blob whose length differs from its descriptor's.
    #[error("`{digest}` has {found} bytes where its descriptor says {expected}")]
    SizeMismatch {
        /// The blob.
        digest: Box<crate::Digest>,
        /// Bytes according to the descriptor.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A path on this machine could not be used.
    #[error("cannot {act} `{}`", path.display())]
    Io {
        /// The act, an infinitive: `read`, `create`.
        act: &'static str,
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A layer is not a tar archive that this program reads.
    #[error("the layer is not a valid tar archive: {reason} at byte {offset}")]
    Tar {
        /// What is wrong.
        reason: &'static str,
        /// Where, in the uncompressed archive.
        offset: u64,
    },
    /// An entry of a layer is refused.
    #[error("the layer's entry `{entry}` {fault}")]
    Entry {
        /// The name as the archive has it, bytes outside UTF-8 replaced.
        entry: String,
        /// Why, as the end of a sentence: `climbs out of the root`.
        fault: &'static str,
    },
    /// The content of a file could not be read, or was not what its header says.
    #[error("cannot read the content of `{entry}`")]
    Content {
        /// The path in the layer.
        entry: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file grew or shrank while it was added to a layer.
    #[error("`{entry}` was to have {expected} bytes but has {}", found.map_or_else(|| "more".to_owned(), |n| n.to_string()))]
    ContentSize {
        /// The path in the layer.
        entry: String,
        /// Bytes announced.
        expected: u64,
        /// Bytes there were; `None` if more than announced.
        found: Option<u64>,
    },
    /// A layer is larger than the caller allows.
    #[error("the layer has more than {limit} {unit}")]
    Limit {
        /// The limit.
        limit: u64,
        /// Of what: `bytes` or `entries`.
        unit: &'static str,
    },
    /// The bytes are not a layer index.
    #[error("the layer index is damaged: {reason}")]
    LayerIndex {
        /// What is wrong.
        reason: &'static str,
    },
    /// A file or directory does not hold images in the form that was expected.
    #[error("`{}` holds no image: {reason}", path.display())]
    NotAnImage {
        /// The layout or archive.
        path: PathBuf,
        /// What is missing or wrong.
        reason: &'static str,
    },
    /// A layout or archive has no image of that name.
    #[error("there is no image `{name}`; there are: {found}")]
    NoSuchImage {
        /// The name asked for.
        name: String,
        /// The names there are.
        found: String,
    },
    /// An image is not there for the platform.
    #[error("there is no image for `{platform}`; there are: {found}")]
    NoPlatform {
        /// The platform asked for.
        platform: Box<crate::Platform>,
        /// The platforms there are.
        found: String,
    },
    /// The manifest and the configuration of an image contradict each other.
    #[error("the image `{digest}` is inconsistent: {reason}")]
    Inconsistent {
        /// The manifest.
        digest: Box<crate::Digest>,
        /// How.
        reason: &'static str,
    },
    /// A blob that a document points at is missing.
    #[error("the blob `{digest}` is missing")]
    BlobMissing {
        /// The blob.
        digest: Box<crate::Digest>,
    },
    /// A document is larger than any real one.
    #[error("the document `{digest}` has {size} bytes, which is more than a document may have")]
    DocumentTooLarge {
        /// The document.
        digest: Box<crate::Digest>,
        /// Its size according to who points at it.
        size: u64,
    },
    /// A blob could not be read.
    #[error("cannot read the blob `{digest}`")]
    Blob {
        /// The blob.
        digest: Box<crate::Digest>,
        /// What the system said.
        source: io::Error,
    },
    /// A stream that has no path could not be read or written.
    #[error("cannot {act}")]
    Stream {
        /// The act, an infinitive with its object: `write the layer`.
        act: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;
