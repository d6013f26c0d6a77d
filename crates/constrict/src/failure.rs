//! Why a command failed, and the exit status that says so.

use constrict_build::Error;

/// A failure that ends the program.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something that constrict did failed; the Dockerfile, if it is about one.
    Build {
        /// What failed.
        error: Box<Error>,
        /// The Dockerfile's name and text.
        dockerfile: Option<(String, Vec<u8>)>,
    },
    /// The image was built, and cannot do its job: what was found has been said already.
    Broken,
    /// The image was built, and did not live when it was run: what was seen has been said already.
    Died,
    /// An image passes limits that it is held to: a line each.
    Limits(Vec<String>),
    /// A program of ours that was asked to do it failed, and has said why; its exit status.
    Told(u8),
    /// The command line or the configuration is wrong.
    Usage {
        /// What is wrong.
        message: String,
        /// What to type.
        hint: Option<String>,
    },
}

impl Failure {
    /// Wrong use, with nothing better to type.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Failure::Usage {
            message: message.into(),
            hint: None,
        }
    }

    /// Wrong use, and what to type instead.
    pub(crate) fn usage_with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Failure::Usage {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// The exit status that docker gives if a container's program could not be started.
    pub(crate) fn not_started(&self) -> Option<u8> {
        match self {
            Failure::Build { error, .. } => match &**error {
                Error::Sandbox(error) => error
                    .exit_status()
                    .and_then(|status| u8::try_from(status).ok()),
                _ => None,
            },
            Failure::Broken
            | Failure::Died
            | Failure::Limits(_)
            | Failure::Told(_)
            | Failure::Usage { .. } => None,
        }
    }

    /// The exit status: 1 the build failed, 2 wrong use or configuration.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Failure::Build { error, .. } => match **error {
                Error::NoDockerfile { .. } | Error::StoreVersion { .. } => 2,
                _ => 1,
            },
            Failure::Broken | Failure::Died | Failure::Limits(_) => 1,
            Failure::Told(status) => *status,
            Failure::Usage { .. } => 2,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Build {
            error: Box::new(error),
            dockerfile: None,
        }
    }
}

impl From<constrict_sandbox::Error> for Failure {
    fn from(error: constrict_sandbox::Error) -> Self {
        Error::from(error).into()
    }
}
