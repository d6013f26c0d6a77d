//! Where a program's imports begin: what the interpreter itself needs, the script, module or code that it runs, and what
//! servers are told to import.

use std::sync::Arc;

use super::chain::Step;
use super::finder::Found;
use super::node::{Absent, Origin, Outcome, top};
use super::sources::parse;
use super::walk::Walk;
use super::{Absence, ModuleKind, Reach};
use crate::facts::start::{Demand, Program, PythonRun, Target};
use crate::files::join;

/// What the interpreter imports before anything else, if its standard library is a directory.
const NEEDED: &[&str] = &["encodings", "encodings.utf_8", "codecs", "io", "abc"];
/// What `site` imports and survives without.
const TRIED: &[&str] = &["sitecustomize", "usercustomize"];
/// The name of what runs.
const MAIN: &str = "__main__";

/// A step that is not shown.
fn silent() -> Step {
    said(String::new())
}

/// A step that is what somebody says.
fn said(text: String) -> Step {
    Step {
        importer: None,
        file: String::new(),
        line: 0,
        text,
        crosses: true,
    }
}

impl Walk<'_, '_> {
    /// What the interpreter imports by itself. `false` if it cannot start.
    pub(super) fn begin(&mut self, program: &Program, site: bool) -> bool {
        let step = said(
            program
                .argv
                .iter()
                .take(2)
                .cloned()
                .collect::<Vec<_>>()
                .join(" "),
        );
        let started = self.import_dotted("encodings", Reach::Sure, &step);
        if started == Outcome::Missing {
            return false;
        }
        // frozen into later versions: no loss if a file is missing
        for name in NEEDED
            .iter()
            .chain(if site { &["os", "site"][..] } else { &[] })
        {
            self.import_dotted(name, Reach::Optional, &silent());
        }
        for name in TRIED.iter().filter(|_| site) {
            self.import_dotted(name, Reach::Optional, &silent());
        }
        for name in self.search.startup.iter().filter(|_| site) {
            self.import_dotted(name, Reach::Optional, &silent());
        }
        if self.search.distutils_hack {
            self.import_dotted("_distutils_hack", Reach::Optional, &silent());
        }
        true
    }

    /// What it is told to run.
    pub(super) fn main(&mut self, run: &PythonRun) {
        match &run.target {
            Target::Path(path) => self.main_path(path),
            Target::Module(name) => self.main_module(name),
            Target::Code(text) => self.main_code("-c", text),
            Target::Console { name, object } => {
                let (module, function) = object.split_once(':').unwrap_or((object, "main"));
                let first = function.split('.').next().unwrap_or(function);
                self.main_code(name, &format!("from {module} import {first}\n"));
            }
            Target::Prompt => {
                self.import_dotted("readline", Reach::Optional, &silent());
            }
            Target::Unknown => {}
        }
    }

    fn main_path(&mut self, path: &[u8]) {
        let files = self.facts.files();
        let Some((path, node)) = files.resolve(path) else {
            return;
        };
        let found = if node.is_directory() || super::is_zip(files, &path) {
            self.finder.find(MAIN, &[path])
        } else {
            Some(Found {
                path,
                kind: ModuleKind::Source,
                portions: None,
                member: None,
            })
        };
        if let Some(found) = found {
            self.add(MAIN, found, None, Reach::Sure, silent(), true);
        }
    }

    fn main_module(&mut self, name: &str) {
        let said = said(format!("python -m {name}"));
        let above = name.rsplit_once('.').map(|(above, _)| above);
        if let Some(above) = above
            && !matches!(
                self.import_dotted(above, Reach::Sure, &said),
                Outcome::Found(_)
            )
        {
            return;
        }
        let path = match above.and_then(|above| self.names.get(above)) {
            Some(above) => self.nodes[*above]
                .portions()
                .map(<[Vec<u8>]>::to_vec)
                .unwrap_or_default(),
            None => self.path.clone(),
        };
        let tail = name.rsplit_once('.').map_or(name, |(_, tail)| tail);
        match self.finder.find(tail, &path) {
            Some(found) if found.portions.is_some() => {
                let Outcome::Found(package) = self.import_dotted(name, Reach::Sure, &said) else {
                    return;
                };
                let portions = self.nodes[package]
                    .portions()
                    .map(<[Vec<u8>]>::to_vec)
                    .unwrap_or_default();
                match self.finder.find(MAIN, &portions) {
                    Some(found) => self.run_as_main(found, name),
                    None => self.absent_main(&format!("{name}.{MAIN}"), said),
                }
            }
            Some(found) => self.run_as_main(found, above.unwrap_or_default()),
            // not there, or in a way that only the run tells: as an import would meet it
            None => {
                self.import_dotted(name, Reach::Sure, &said);
            }
        }
    }

    fn run_as_main(&mut self, found: Found, package: &str) {
        self.add(
            MAIN,
            found,
            Some(package.to_string()),
            Reach::Sure,
            silent(),
            true,
        );
    }

    fn absent_main(&mut self, name: &str, step: Step) {
        let absent = Absent {
            reach: Reach::Sure,
            step,
            why: Absence::NotFound,
        };
        self.absent.insert((name.to_string(), None, 0), absent);
    }

    /// Code without a file, shown under a name.
    fn main_code(&mut self, name: &str, text: &str) {
        let found = Found {
            path: name.as_bytes().to_vec(),
            kind: ModuleKind::Source,
            portions: None,
            member: None,
        };
        let source = parse(text.as_bytes(), self.interpreter.version);
        let id = self.add(MAIN, found, None, Reach::Sure, silent(), true);
        let node = &mut self.nodes[id];
        node.source = source.map(|source| Arc::new((*source).clone()));
        node.parsed = true;
        node.origin = Origin::Own;
    }

    /// What a server is told to import.
    pub(super) fn demand(&mut self, demand: &Demand) {
        let reach = if demand.sure {
            Reach::Sure
        } else {
            Reach::Maybe
        };
        self.own.insert(top(&demand.module).to_string());
        let step = said(demand.why.clone());
        let target = self.import_dotted(&demand.module, reach, &step);
        if let Some(attribute) = &demand.attribute {
            self.demand_attribute(target, attribute, reach, &step);
        }
    }

    /// Searches these directories first from now on.
    pub(super) fn search_first(&mut self, directories: &[Vec<u8>]) {
        let known = std::mem::take(&mut self.path);
        let mut path: Vec<Vec<u8>> = directories
            .iter()
            .map(|directory| join(b"", directory))
            .collect();
        path.extend(
            known
                .into_iter()
                .filter(|element| !directories.contains(element)),
        );
        self.path = path;
    }
}
