//! What a stage's variables are: the base image's, ENV's and ARG's, as BuildKit sees them while it checks.
//!
//! BuildKit asks registries for the configurations of base images even for `--check`. Here the caller may know them; they are
//! asked for only where a name is not defined otherwise. Where nobody knows, official images have the variables that they
//! are known to set, and for any other image names that bases often set (`LD_LIBRARY_PATH`, `…_HOME`) count as set.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use constrict_dockerfile::expand::{
    ExpandError, Expansion, expand, expand_heredoc, expand_to_words,
};

use super::base_image;

/// The variables that base images set, each image asked for at most once.
pub(crate) struct Bases<'a> {
    ask: &'a dyn Fn(&str) -> Option<Vec<String>>,
    known: RefCell<BTreeMap<String, Option<Variables>>>,
}

type Variables = BTreeMap<String, String>;

/// What a base image says of a name.
pub(crate) enum Answer {
    Value(String),
    /// It is likely set; nobody knows to what.
    Likely,
    Unset,
}

impl<'a> Bases<'a> {
    pub(crate) fn new(ask: &'a dyn Fn(&str) -> Option<Vec<String>>) -> Self {
        Self {
            ask,
            known: RefCell::default(),
        }
    }

    fn look_up(&self, image: &str, name: &str) -> Answer {
        let mut known = self.known.borrow_mut();
        let variables = known.entry(image.to_owned()).or_insert_with(|| {
            let pair = |line: String| {
                let (name, value) = line.split_once('=').unwrap_or((&line, ""));
                (name.to_owned(), value.to_owned())
            };
            (self.ask)(image).map(|lines| lines.into_iter().map(pair).collect())
        });
        match variables {
            Some(variables) => variables
                .get(name)
                .map_or(Answer::Unset, |value| Answer::Value(value.clone())),
            None if base_image::likely_sets(image, name) => Answer::Likely,
            None => Answer::Unset,
        }
    }

    fn names(&self, image: &str) -> Vec<String> {
        match self.known.borrow().get(image) {
            Some(Some(variables)) => variables.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }
}

/// A stage's variables.
#[derive(Clone)]
pub(crate) struct Environment<'b> {
    bases: &'b Bases<'b>,
    /// The base image; `None` for `scratch`.
    image: Option<String>,
    set: Variables,
    /// The names of ARGs, with a value or without: using them is no mistake.
    declared: BTreeSet<String>,
}

/// A word's value.
pub(crate) struct Value {
    pub(crate) text: String,
    /// Names that are not defined.
    pub(crate) undefined: BTreeSet<String>,
    /// A variable took part whose value nobody knows.
    pub(crate) is_guess: bool,
}

impl<'b> Environment<'b> {
    /// Of a stage that starts from an image.
    pub(crate) fn of_image(bases: &'b Bases<'b>, image: &str) -> Self {
        Self {
            bases,
            image: (image != "scratch").then(|| image.to_owned()),
            set: Variables::new(),
            declared: BTreeSet::new(),
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.set.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn declare(&mut self, name: &str) {
        self.declared.insert(name.to_owned());
    }

    /// The value of a name, and whether it is a guess.
    fn get(&self, name: &str) -> Option<(String, bool)> {
        if let Some(value) = self.set.get(name) {
            return Some((value.clone(), false));
        }
        let answer = match &self.image {
            Some(image) if name != "PATH" => self.bases.look_up(image, name),
            _ => Answer::Unset,
        };
        match answer {
            Answer::Value(value) => Some((value, false)),
            // most such variables are paths
            Answer::Likely => Some((format!("/{name}"), true)),
            Answer::Unset if name == "PATH" => Some((DEFAULT_PATH.to_owned(), true)),
            Answer::Unset => None,
        }
    }

    /// Runs an expansion over these variables: what became of it, and the names that were looked up.
    fn run<T>(&self, expand: impl FnOnce(&dyn Fn(&str) -> Option<String>) -> T) -> (T, LookedUp) {
        let is_guess = Cell::new(false);
        let missing = RefCell::new(BTreeSet::new());
        let lookup = |name: &str| match self.get(name) {
            Some((value, guessed)) => {
                is_guess.set(is_guess.get() || guessed);
                Some(value)
            }
            None => {
                missing.borrow_mut().insert(name.to_owned());
                None
            }
        };
        let result = expand(&lookup);
        let looked_up = LookedUp {
            is_guess: is_guess.get(),
            undefined: self.undeclared(missing.take()),
        };
        (result, looked_up)
    }

    /// A word's value; the error is BuildKit's to tell, with the names that were not defined up to there.
    pub(crate) fn expand(&self, word: &str, escape: char) -> Result<Value, Failure> {
        let (result, looked_up) = self.run(|lookup| expand(word, lookup, escape));
        value(result, looked_up, word)
    }

    /// The body of a heredoc.
    pub(crate) fn expand_body(&self, body: &str) -> Result<Value, Failure> {
        let (result, looked_up) = self.run(|lookup| expand_heredoc(body, lookup, '\\'));
        value(result, looked_up, "a heredoc")
    }

    /// The words of EXPOSE, where BuildKit tells no undefined names, and whether they are a guess.
    pub(crate) fn words(&self, word: &str, escape: char) -> Result<(Vec<String>, bool), Failure> {
        let (result, looked_up) = self.run(|lookup| expand_to_words(word, lookup, escape));
        match result {
            Ok(words) => Ok((words.words, looked_up.is_guess)),
            Err(error) => Err(Failure {
                message: format!("failed to process `{word}`: {error}"),
                undefined: BTreeSet::new(),
            }),
        }
    }

    fn undeclared(&self, names: BTreeSet<String>) -> BTreeSet<String> {
        names
            .into_iter()
            .filter(|name| !self.declared.contains(name) && !SCANNER.contains(&name.as_str()))
            .collect()
    }

    /// The defined name nearest to one that is not.
    pub(crate) fn nearest(&self, name: &str) -> Option<String> {
        let of_base = self.image.as_ref().map(|image| self.bases.names(image));
        let mut names = of_base.unwrap_or_default();
        names.extend(self.set.keys().cloned());
        if !names.iter().any(|name| name == "PATH") {
            names.push("PATH".to_owned());
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        constrict_dockerfile::nearest(name, &names).map(str::to_owned)
    }
}

/// What an expansion asked for.
struct LookedUp {
    is_guess: bool,
    undefined: BTreeSet<String>,
}

fn value(
    result: Result<Expansion, ExpandError>,
    looked_up: LookedUp,
    what: &str,
) -> Result<Value, Failure> {
    match result {
        Ok(expansion) => Ok(Value {
            text: expansion.value,
            undefined: looked_up.undefined,
            is_guess: looked_up.is_guess,
        }),
        Err(error) => Err(Failure {
            message: format!("failed to process `{what}`: {error}"),
            undefined: looked_up.undefined,
        }),
    }
}

/// Why a word has no value.
pub(crate) struct Failure {
    pub(crate) message: String,
    /// Names that were not defined up to there.
    pub(crate) undefined: BTreeSet<String>,
}

const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Arguments of BuildKit's own scanner, which never become variables.
const SCANNER: [&str; 2] = ["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"];
