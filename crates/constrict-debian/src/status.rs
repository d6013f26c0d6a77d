//! The dpkg database, `/var/lib/dpkg`: which files it has for packages that were unpacked without dpkg, and reading
//! an existing one. Never opens a file.

use crate::Result;
use crate::deb::Control;
use crate::relation::Relation;
use crate::version::Version;

/// What the database says of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Files are there, maintainer scripts have not run: `dpkg --configure` finishes it.
    Unpacked,
    /// All done.
    Installed,
}

/// A package to record.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its control member.
    pub control: Control,
    /// The paths it owns below the root, with directories, in archive order, as [`crate::deb::Entry::path`] gives them.
    pub paths: Vec<String>,
    /// Its state.
    pub state: State,
}

/// A file of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseFile {
    /// The path below the root, such as `var/lib/dpkg/status`.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// The database of these packages, files in order of their paths; directories are implied, except the empty
/// `var/lib/dpkg/{updates,triggers,parts,alternatives}`, which the caller makes.
pub fn database(records: &[Record], native_architecture: &str) -> Result<Vec<DatabaseFile>> {
    let _ = (records, native_architecture);
    unimplemented!()
}

/// A package as an existing `status` file lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Its architecture.
    pub architecture: String,
    /// The virtual packages it stands for.
    pub provides: Vec<Relation>,
}

/// The packages that a `status` file says are installed.
pub fn read_installed(status: &[u8]) -> Result<Vec<Installed>> {
    let _ = status;
    unimplemented!()
}
