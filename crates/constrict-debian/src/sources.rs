//! The host's apt sources: one-line `sources.list` and deb822 `*.sources` text → which archives it uses.
//!
//! Never opens `/etc/apt`: the caller hands in the text of each file.

use crate::Result;

/// One archive line or paragraph for binary packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The archive's root, such as `http://mirror.example/debian`, without trailing slash.
    pub uri: String,
    /// The suite below `dists/`.
    pub suite: String,
    /// Its components, in order.
    pub components: Vec<String>,
    /// What vouches for it.
    pub signed_by: Option<SignedBy>,
    /// The architectures it is restricted to; empty where it is not.
    pub architectures: Vec<String>,
    /// `trusted=yes`: the host's owner waives the signature.
    pub trusted: bool,
}

/// The `Signed-By` option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedBy {
    /// Keyring files.
    Paths(Vec<String>),
    /// An armored keyring written into the source itself.
    Inline(String),
    /// Fingerprints of keys among those that apt trusts anyway.
    Fingerprints(Vec<String>),
}

/// The mirrors of Debian's two archives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirrors {
    /// Root of the main archive.
    pub main: String,
    /// Root of the security archive.
    pub security: Option<String>,
    /// Keyring of the main archive, where the source names one.
    pub signed_by: Option<SignedBy>,
}

/// Reads a one-line style file (`sources.list`, `*.list`).
pub fn parse_list(text: &str) -> Result<Vec<Source>> {
    let _ = text;
    unimplemented!()
}

/// Reads a deb822 style file (`*.sources`).
pub fn parse_deb822(text: &str) -> Result<Vec<Source>> {
    let _ = text;
    unimplemented!()
}

/// The mirrors that these sources use for Debian itself; none where no source is Debian's main archive.
pub fn debian_mirrors(sources: &[Source]) -> Option<Mirrors> {
    let _ = sources;
    unimplemented!()
}
