//! `RUN --mount`: the flag as written, and the mount that it means once its values are expanded.
//!
//! Never expands by itself: BuildKit splits the fields first and expands each value. Format: fields `key=value`
//! separated by commas, with quotes as in CSV.

use super::mount_draft::{Draft, fields};
use crate::Span;

/// A mount of a RUN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mount {
    /// `type=bind`.
    Bind(BindMount),
    /// `type=cache`.
    Cache(CacheMount),
    /// `type=tmpfs`.
    Tmpfs(TmpfsMount),
    /// `type=secret`.
    Secret(SecretMount),
    /// `type=ssh`.
    Ssh(SshMount),
}

/// `type=bind`: a directory or file of the context, a stage or an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindMount {
    /// Where, possibly relative to WORKDIR.
    pub target: String,
    /// What, below the root of `from`; `None` is the root.
    pub source: Option<String>,
    /// Stage, image or named context; `None` is the context.
    pub from: Option<String>,
    /// No writing; otherwise writes are thrown away.
    pub readonly: bool,
}

/// `type=cache`: a directory kept between builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheMount {
    /// Where, possibly relative to WORKDIR.
    pub target: String,
    /// The cache's name; `None` is the target's path.
    pub id: Option<String>,
    /// The first content's place below the root of `from`.
    pub source: Option<String>,
    /// What the cache starts as; `None` is empty.
    pub from: Option<String>,
    /// No writing.
    pub readonly: bool,
    /// How concurrent builds use it.
    pub sharing: Sharing,
    /// Mode of a new cache directory; default 0755.
    pub mode: Option<u32>,
    /// Owner of a new cache directory; default 0.
    pub uid: Option<u32>,
    /// Group of a new cache directory; default 0.
    pub gid: Option<u32>,
}

/// How a cache is shared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Sharing {
    /// Several builds write at once.
    #[default]
    Shared,
    /// Each concurrent build gets one of its own.
    Private,
    /// One build at a time.
    Locked,
}

/// `type=tmpfs`: memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TmpfsMount {
    /// Where, possibly relative to WORKDIR.
    pub target: String,
    /// No writing.
    pub readonly: bool,
    /// Limit in bytes; 0 is none.
    pub size: u64,
}

/// `type=secret`: a file or variable that no layer keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretMount {
    /// The secret's name.
    pub id: String,
    /// Path of the file; `None`: no file is mounted.
    pub target: Option<String>,
    /// Name of the variable; `None`: none is set.
    pub env: Option<String>,
    /// Absence is an error.
    pub required: bool,
    /// Mode of the file; default 0400.
    pub mode: Option<u32>,
    /// Owner; default 0.
    pub uid: Option<u32>,
    /// Group; default 0.
    pub gid: Option<u32>,
}

/// `type=ssh`: an agent's socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshMount {
    /// The agent's name; `None` is `default`.
    pub id: Option<String>,
    /// Path of the socket; `None` is `/run/buildkit/ssh_agent.<n>`.
    pub target: Option<String>,
    /// Absence is an error.
    pub required: bool,
    /// Mode of the socket; default 0600.
    pub mode: Option<u32>,
    /// Owner; default 0.
    pub uid: Option<u32>,
    /// Group; default 0.
    pub gid: Option<u32>,
}

/// A `--mount` flag as written. As in BuildKit, only its form and `from` are checked when the file is parsed: the rest
/// is wrong only in a stage that is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountSpec {
    text: String,
    span: Span,
}

impl MountSpec {
    pub(crate) fn parse(text: &str, span: Span) -> Result<Self, MountError> {
        for field in fields(text)? {
            let (key, value) = field.split_once('=').unwrap_or((&field, ""));
            let variable = value.find('$').is_some_and(|at| at + 1 < value.len());
            if key.eq_ignore_ascii_case("from") && variable {
                return Err(MountError::VariableInFrom);
            }
        }
        Ok(Self {
            text: text.to_owned(),
            span,
        })
    }

    /// The flag's value as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The flag's place.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// The mount, each value passed through `expand`.
    ///
    /// # Errors
    /// A key, value or combination that BuildKit refuses, or what `expand` returned.
    pub fn resolve<E: From<MountError>>(
        &self,
        mut expand: impl FnMut(&str) -> Result<String, E>,
    ) -> Result<Mount, E> {
        let mut draft = Draft::default();
        for field in fields(&self.text)? {
            match field.split_once('=') {
                Some((key, value)) => draft.set(&key.to_lowercase(), &expand(value)?, &field)?,
                None => draft.set_bare(&field)?,
            }
        }
        Ok(draft.finish()?)
    }
}

impl Mount {
    /// Parses a mount whose values are expanded.
    ///
    /// # Errors
    /// As [`MountSpec::resolve`].
    pub fn parse(text: &str) -> Result<Self, MountError> {
        MountSpec {
            text: text.to_owned(),
            span: Span::default(),
        }
        .resolve(|value| Ok(value.to_owned()))
    }
}

/// Why a mount was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MountError {
    /// Quotes that CSV does not know.
    #[error("failed to parse csv mounts: {0}")]
    Csv(&'static str),
    /// `from=$x`.
    #[error("`from` doesn't support variable expansion, define alias stage instead")]
    VariableInFrom,
    /// A word that needs a value.
    #[error("invalid field `{0}` must be a key=value pair")]
    NoValue(String),
    /// A key that no mount has.
    #[error("unexpected key `{key}` in `{field}`{}", hint(*suggestion))]
    UnknownKey {
        /// The key.
        key: String,
        /// The whole field.
        field: String,
        /// The nearest key, if one is near.
        suggestion: Option<&'static str>,
    },
    /// A key that other types of mount have.
    #[error("unexpected key `{key}` for mount type `{mount_type}`")]
    KeyOfOtherType {
        /// The key.
        key: String,
        /// The type.
        mount_type: &'static str,
    },
    /// A type that does not exist.
    #[error("unsupported mount type `{value}`{}", hint(*suggestion))]
    UnknownType {
        /// The value.
        value: String,
        /// The nearest type, if one is near.
        suggestion: Option<&'static str>,
    },
    /// A way of sharing that does not exist.
    #[error("unsupported sharing value `{value}`{}", hint(*suggestion))]
    UnknownSharing {
        /// The value.
        value: String,
        /// The nearest way, if one is near.
        suggestion: Option<&'static str>,
    },
    /// A value that does not fit its key.
    #[error("invalid value for {key}: `{value}`")]
    InvalidValue {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// `sharing` for another type than cache.
    #[error("invalid cache sharing set for {0} mount")]
    SharingOfOtherType(&'static str),
    /// A secret from a stage.
    #[error("secret mount should not have a from")]
    SecretFrom,
    /// A secret with neither name nor place.
    #[error("invalid secret mount: one of source, target required")]
    SecretWithoutName,
    /// A secret named twice.
    #[error("both source and id can't be set")]
    SecretNamedTwice,
}

fn hint(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |word| format!(" (did you mean `{word}`?)"))
}
