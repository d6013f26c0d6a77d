//! What this machine allows, as facts for `constrict doctor`. It changes nothing.

use std::path::Path;

use crate::namespace::Mode;

/// One thing that was tried or looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Short name: `user namespaces`.
    pub name: &'static str,
    /// Whether it is as constrict needs or likes it.
    pub ok: bool,
    /// Whether builds cannot run without it.
    pub required: bool,
    /// What was found.
    pub detail: String,
    /// What to do about it, if it is not ok.
    pub remedy: Option<String>,
}

/// Everything found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The mode that [`enter`](crate::enter) takes on this machine for this user; none if it must fail.
    pub mode: Option<Mode>,
    /// The facts, most important first.
    pub facts: Vec<Fact>,
}

/// Tries what the sandbox needs, in child processes, with scratch files below `scratch` (on the file system of the
/// store). To be called instead of [`enter`](crate::enter), while single-threaded.
#[must_use]
pub fn probe(_scratch: &Path) -> Probe {
    Probe {
        mode: None,
        facts: Vec::new(),
    }
}
