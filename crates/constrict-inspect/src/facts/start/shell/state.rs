//! What a shell knows while it runs: variables, arguments, functions, the working directory.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::super::walk::{UNKNOWN, UNSET};
use super::syntax::Command;
use crate::facts::environment::Environment;

/// The state of a shell.
#[derive(Clone, Debug)]
pub(crate) struct State {
    variables: BTreeMap<String, String>,
    exported: BTreeSet<String>,
    /// `$0`.
    pub(crate) name: String,
    /// `$1` and so on.
    pub(crate) arguments: Vec<String>,
    pub(crate) functions: BTreeMap<String, Rc<Command>>,
    /// Relative to the root; holds [`UNKNOWN`] if only the run tells.
    pub(crate) directory: Vec<u8>,
    /// `set -e`.
    pub(crate) errexit: bool,
}

impl State {
    pub(crate) fn new(environment: &Environment, name: String, arguments: Vec<String>) -> State {
        State {
            variables: environment.variables.clone(),
            exported: environment.variables.keys().cloned().collect(),
            name,
            arguments,
            functions: BTreeMap::new(),
            directory: environment.directory.clone(),
            errexit: false,
        }
    }

    /// What a program that it starts gets.
    pub(crate) fn environment(&self) -> Environment {
        let exported = |(name, _): &(&String, &String)| self.exported.contains(*name);
        Environment {
            variables: self
                .variables
                .iter()
                .filter(exported)
                .map(|(name, value)| (name.clone(), value.replace(UNSET, "")))
                .collect(),
            directory: self.directory.clone(),
        }
    }

    /// A variable; [`UNSET`] if it is not set.
    pub(crate) fn get(&self, name: &str) -> String {
        let value = self.variables.get(name).cloned();
        match name {
            "PWD" => crate::files::shown(&self.directory),
            _ => value.unwrap_or_else(|| UNSET.to_string()),
        }
    }

    /// A variable or special parameter.
    pub(crate) fn parameter(&self, name: &str) -> String {
        if let Ok(number) = name.parse::<usize>() {
            return match number {
                0 => self.name.clone(),
                // not UNSET: a run without further words is what is looked at
                number => self.arguments.get(number - 1).cloned().unwrap_or_default(),
            };
        }
        match name {
            "@" | "*" => self.arguments.join(" "),
            "#" => self.arguments.len().to_string(),
            "?" | "$" | "!" | "-" | "RANDOM" | "HOSTNAME" | "UID" | "EUID" | "BASH_SOURCE"
            | "SECONDS" => UNKNOWN.to_string(),
            name => self.get(name),
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: String) {
        self.variables.insert(name.to_string(), value);
    }

    pub(crate) fn export(&mut self, name: &str) {
        self.exported.insert(name.to_string());
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.remove(name);
        self.exported.remove(name);
    }

    /// What holds after one of two ways was gone: `self` if `likely` says so, else only what both agree on.
    pub(crate) fn merge(&mut self, other: State, likely: Option<bool>) {
        match likely {
            Some(true) => return,
            Some(false) => {
                *self = other;
                return;
            }
            None => {}
        }
        let names: BTreeSet<String> = self
            .variables
            .keys()
            .chain(other.variables.keys())
            .cloned()
            .collect();
        for name in names {
            if self.variables.get(&name) != other.variables.get(&name) {
                self.set(&name, UNKNOWN.to_string());
            }
        }
        self.exported.extend(other.exported);
        if self.directory != other.directory {
            self.directory = UNKNOWN.to_string().into_bytes();
        }
        if self.arguments != other.arguments {
            self.arguments = vec![UNKNOWN.to_string()];
        }
        self.functions.extend(other.functions);
        self.errexit &= other.errexit;
    }
}
