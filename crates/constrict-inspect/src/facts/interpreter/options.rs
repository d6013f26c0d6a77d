//! The interpreter's own options and variables, as far as they change where modules are looked for.
//!
//! Source: "Command line and environment" of the Python documentation; `-P` is of 3.11.

use crate::facts::environment::Environment;
use crate::facts::start::PythonRun;

/// What changes the search path of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Variables that begin with `PYTHON` count: no `-E`, no `-I`.
    pub variables: bool,
    /// The script's directory, or the working one, is searched first: no `-I`, no `-P`, no PYTHONSAFEPATH.
    pub script_directory: bool,
    /// The user's site directory counts: no `-s`, no `-I`, no PYTHONNOUSERSITE.
    pub user_site: bool,
    /// `site` is imported: no `-S`.
    pub site: bool,
    /// PYTHONHOME.
    pub home: Option<String>,
    /// PYTHONPATH.
    pub path: Option<String>,
    /// PYTHONUSERBASE.
    pub user_base: Option<String>,
}

/// Options that take what follows as their value.
const WITH_VALUE: &[char] = &['W', 'X', 'Q'];

impl Options {
    /// Of a run, with the variables that it has.
    pub fn read(run: &PythonRun, environment: &Environment, version: (u8, u8)) -> Options {
        let mut flags = String::new();
        let mut words = run.options.iter();
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
                continue;
            };
            match letters.find(WITH_VALUE) {
                Some(at) => {
                    flags.push_str(&letters[..at]);
                    if at + 1 == letters.len() {
                        words.next();
                    }
                }
                None => flags.push_str(letters),
            }
        }
        let isolated = flags.contains('I');
        let variables = !isolated && !flags.contains('E');
        let variable = |name: &str| {
            let value = environment
                .get(name)
                .filter(|value| variables && !value.is_empty());
            value.map(str::to_string)
        };
        let safe =
            version >= (3, 11) && (flags.contains('P') || variable("PYTHONSAFEPATH").is_some());
        Options {
            variables,
            script_directory: !isolated && !safe,
            user_site: !isolated && !flags.contains('s') && variable("PYTHONNOUSERSITE").is_none(),
            site: !flags.contains('S'),
            home: variable("PYTHONHOME"),
            path: variable("PYTHONPATH"),
            user_base: variable("PYTHONUSERBASE"),
        }
    }
}
