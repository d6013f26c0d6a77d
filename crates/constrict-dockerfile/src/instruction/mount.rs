//! `RUN --mount`: the flag as written, and the mount that it means once its values are expanded.
//!
//! Never expands by itself: BuildKit splits the fields first and expands each value.

/// A `--mount` flag as written; its keys and fixed values were checked when the file was parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountSpec {
    text: String,
}

impl MountSpec {
    /// The flag's value as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The mount, each value passed through `expand`.
    ///
    /// # Errors
    /// A key, value or combination that BuildKit refuses, or what `expand` returned.
    pub fn resolve<E: From<MountError>>(
        &self,
        mut expand: impl FnMut(&str) -> Result<String, E>,
    ) -> Result<Mount, E> {
        expand(&self.text)?;
        Err(MountError::Unset.into())
    }
}

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

/// Why a mount was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MountError {
    /// No target.
    #[error("no target")]
    Unset,
}
