//! The dependency closure of a wanted list, and the order to unpack and configure it. Never fetches.
//!
//! Highest version wins over all suites; the first satisfiable alternative wins, one that is already chosen before
//! it; ties between providers go by name. The same input gives the same answer.

mod order;
mod search;
mod universe;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::Result;
use crate::packages::Package;
use crate::status::Installed;
pub use universe::Universe;

/// Which packages are asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Relations to satisfy, such as `python3.11` or `libfoo (>= 2) | libbar`.
    pub wanted: Vec<String>,
    /// Also every `Essential: yes` package.
    pub essential: bool,
    /// Also what is recommended, where it can be had.
    pub recommends: bool,
    /// Never chosen.
    pub exclude: BTreeSet<String>,
    /// Chosen before the alternatives of a relation that they satisfy: `usrmerge` → `usr-is-merged`.
    pub prefer: BTreeMap<String, String>,
    /// There already (an image's packages): they satisfy relations and are not in the answer.
    pub present: Vec<Installed>,
}

impl Request {
    /// The substitutions that every assembled tree wants: it is laid out with a merged `/usr`, so nothing has to be
    /// moved at installation.
    pub fn usual_preferences() -> BTreeMap<String, String> {
        BTreeMap::from([("usrmerge".to_owned(), "usr-is-merged".to_owned())])
    }
}

/// One package of the answer.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    /// The package.
    pub package: &'a Package,
    /// The root of the archive that has it.
    pub archive: &'a str,
}

impl Choice<'_> {
    /// Where the `.deb` is.
    pub fn url(&self) -> String {
        format!(
            "{}/{}",
            self.archive.trim_end_matches('/'),
            self.package.filename
        )
    }
}

/// A relation that nothing satisfies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsatisfied {
    /// From the wanted package to the one that asks: names.
    pub chain: Vec<String>,
    /// What it asks for.
    pub relation: String,
    /// What there is instead, such as `libfoo is 1.2-3`.
    pub offered: Vec<String>,
}

impl fmt::Display for Unsatisfied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in &self.chain {
            write!(f, "{name} → ")?;
        }
        write!(f, "{}: no candidate", self.relation)?;
        match self.offered.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", self.offered.join(", ")),
        }
    }
}

/// The closure, in the order to unpack and configure: pre-dependencies first, essential before others.
pub fn resolve<'a>(universe: &'a Universe, request: &Request) -> Result<Vec<Choice<'a>>> {
    let mut search = search::Search::new(universe, request);
    search.run()?;
    let chosen: Vec<usize> = search.chosen.iter().map(|chosen| chosen.index).collect();
    let ordered = order::order(universe, &chosen)?;
    let choice = |index| Choice {
        package: universe.package(index),
        archive: universe.archive(index),
    };
    Ok(ordered.into_iter().map(choice).collect())
}
