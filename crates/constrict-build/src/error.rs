//! What can go wrong while building, as facts. Rendering belongs to the command line.

use std::path::{Path, PathBuf};

use constrict_dockerfile::Span;
use constrict_oci::{Digest, Reference};

/// Everything that fails in this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An operation on a file of the host failed.
    #[error("cannot {act} `{}`", path.display())]
    Io {
        /// What was tried, as a verb: `read`, `create`.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// A failure at a place of the Dockerfile.
    #[error("{message}")]
    At {
        /// Where in the Dockerfile.
        span: Span,
        /// What cannot be done there.
        message: String,
        /// A command to type or a change to make.
        hint: Option<String>,
        /// Why, when something below failed.
        source: Option<Box<Error>>,
    },
    /// The Dockerfile is not well formed.
    #[error(transparent)]
    Dockerfile(#[from] constrict_dockerfile::Error),
    /// A `--mount` of RUN is not understood.
    #[error(transparent)]
    Mount(#[from] constrict_dockerfile::instruction::MountError),
    /// A file of an image, layer or registry is not well formed, or a registry failed.
    #[error(transparent)]
    Oci(#[from] constrict_oci::Error),
    /// A registry did not give what was asked.
    #[error(transparent)]
    Registry(#[from] constrict_oci::registry::Error),
    /// The sandbox could not be set up.
    #[error(transparent)]
    Sandbox(#[from] constrict_sandbox::Error),
    /// Debian's index or packages are not as they should be.
    #[error(transparent)]
    Debian(#[from] constrict_debian::Error),
    /// No source has the base image.
    #[error("no image `{reference}`")]
    NoSuchBase {
        /// The name as `FROM` gives it.
        reference: String,
        /// Each source that was asked, and its answer.
        asked: Vec<(String, String)>,
        /// The flag that would help.
        hint: Option<String>,
    },
    /// There is no Dockerfile where one is looked for.
    #[error("no Dockerfile at `{}`", path.display())]
    NoDockerfile {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A local image that was asked for is not in the store.
    #[error("no image `{0}` in the store")]
    NoSuchImage(String),
    /// There is no container of this name or id.
    #[error("no container `{0}`")]
    NoSuchContainer(String),
    /// There is neither a container nor an image of this name.
    #[error("no container and no image `{0}`")]
    NoSuchObject(String),
    /// The name that a container was to have is another's.
    #[error("the name `{name}` is taken by container `{id}`")]
    NameTaken {
        /// The name.
        name: String,
        /// The beginning of the other's id.
        id: String,
    },
    /// Something was asked of a container that has ended.
    #[error("container `{0}` is not running")]
    NotRunning(String),
    /// A container that is to be removed runs.
    #[error("container `{0}` is running")]
    ContainerRuns(String),
    /// An image that is to be removed is the image of a container.
    #[error("image `{image}` is used by container `{container}`{}", if *runs { ", which runs" } else { "" })]
    ImageInUse {
        /// The image as it was named.
        image: String,
        /// The container's name.
        container: String,
        /// Whether that one runs.
        runs: bool,
    },
    /// A process of RUN ended badly.
    #[error("{0}")]
    RunFailed(Box<RunFailure>),
    /// A path that COPY or ADD names is not there.
    #[error("`{path}` not found in {place}")]
    NoSuchPath {
        /// The path as it was asked for.
        path: String,
        /// `the build context`, ``stage `builder` ``, ``image `x` ``.
        place: String,
        /// The line of `.dockerignore` that hides it, with its number and file.
        ignored_by: Option<IgnoredBy>,
        /// The most similar path that is there.
        nearest: Option<String>,
    },
    /// COPY cannot put a file where something else is.
    #[error("cannot copy `{path}`: {reason}")]
    Copy {
        /// The destination.
        path: String,
        /// What stands in the way.
        reason: &'static str,
    },
    /// A flag or value that is not understood.
    #[error("{0}")]
    Invalid(String),
    /// A layer unpacked to something else than the image's configuration says.
    #[error("layer `{digest}` unpacks to `{found}`, not to `{expected}`")]
    DiffIdMismatch {
        /// The blob.
        digest: Digest,
        /// What the configuration says.
        expected: Digest,
        /// What it is.
        found: Digest,
    },
    /// A download does not have the checksum that was asked for.
    #[error("`{url}` has digest `{found}`, not `{expected}`")]
    ChecksumMismatch {
        /// Where it came from.
        url: String,
        /// What the Dockerfile says.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A program of the host that is needed failed.
    #[error("`{program}` failed: {message}")]
    Program {
        /// Its name.
        program: &'static str,
        /// The last line that it wrote.
        message: String,
    },
    /// A download failed.
    #[error("cannot download `{url}`: {reason}")]
    Download {
        /// What was asked for.
        url: String,
        /// Why it failed.
        reason: String,
    },
    /// The image is not made for the platform asked for.
    #[error("`{reference}` has no image for {platform}")]
    NoSuchPlatform {
        /// The image.
        reference: Reference,
        /// The platform asked for.
        platform: String,
    },
    /// The store was written by a version of constrict with another layout.
    #[error("the store `{}` has layout {found}; this constrict reads layout {expected}", path.display())]
    StoreVersion {
        /// The store's directory.
        path: PathBuf,
        /// What its `version` file says.
        found: String,
        /// What we read.
        expected: &'static str,
    },
    /// The build was interrupted by the user.
    #[error("interrupted")]
    Interrupted,
}

/// A command of RUN that failed.
#[derive(Debug)]
pub struct RunFailure {
    /// The command as written.
    pub command: String,
    /// How it ended.
    pub exit: constrict_sandbox::Exit,
    /// Its last lines of output.
    pub tail: Vec<String>,
}

impl std::fmt::Display for RunFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.exit {
            constrict_sandbox::Exit::Code(code) => {
                write!(f, "`{}` ended with exit status {code}", self.command)
            }
            constrict_sandbox::Exit::Signal(signal) => {
                write!(f, "`{}` was killed by signal {signal}", self.command)
            }
        }
    }
}

/// The line of an ignore file that hides a path.
#[derive(Debug)]
pub struct IgnoredBy {
    /// The ignore file's name.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The pattern there.
    pub pattern: String,
}

/// This crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Adds the act and the path to an [`std::io::Error`].
pub(crate) trait IoContext<T> {
    /// The error says that `act` on `path` failed.
    fn at(self, act: &'static str, path: impl AsRef<Path>) -> Result<T>;
}

impl<T, E: Into<std::io::Error>> IoContext<T> for std::result::Result<T, E> {
    fn at(self, act: &'static str, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|source| Error::Io {
            act,
            path: path.as_ref().to_path_buf(),
            source: source.into(),
        })
    }
}
