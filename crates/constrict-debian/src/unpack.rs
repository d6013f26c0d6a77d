//! Unpacking without dpkg: `.deb` archives → the entries of a tree that `dpkg --configure` finishes.
//!
//! Never writes a file and never runs a script: entries go to a [`Sink`], what has to run in the sandbox is data.

use std::io::Read;

use crate::Result;
use crate::deb::Entry;

/// Takes the entries of the tree, parents before children.
pub trait Sink {
    /// What the sink fails with.
    type Error: From<crate::Error>;

    /// Makes one entry; `content` has a file's bytes. A path given again replaces a file, keeps a directory.
    fn make(&mut self, entry: &Entry, content: &mut dyn Read) -> Result<(), Self::Error>;
}

/// Something to run inside the assembled tree, as root of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Variables beside `PATH`.
    pub environment: Vec<(String, String)>,
}
