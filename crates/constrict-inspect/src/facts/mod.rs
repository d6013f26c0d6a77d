//! Facts of an image, each found once and only when a rule asks for it.
//!
//! | what | where |
//! |---|---|
//! | variables, PATH, the working directory | `environment` |
//! | users, groups, who may read, enter, write, run what | `account` |
//! | the distribution (os-release) and its C library | `system` |
//! | what ENTRYPOINT and CMD run, through shells, scripts and servers | `start` |
//! | Python interpreters and their search paths | `interpreter` |
//! | the application's own sources | `sources` |
//! | installed distributions | `distribution` |
//! | files that say what lies around them | `landmarks` |
//! | virtual environments, and whose fault a missing Python is | `venv` |
//! | another base for the last stage | `rebase` |
//! | which layers are the image's own | `history` |
//! | what the started programs import | `imports` |
//! | programs that the application runs | `command` |
//! | files and directories that the application makes | `written` |
//! | which shared libraries are loaded, and which are missing | `natives` |

pub mod account;
pub mod command;
pub mod distribution;
pub mod environment;
pub mod history;
pub mod imports;
pub mod interpreter;
pub mod landmarks;
pub mod natives;
pub(crate) mod rebase;
pub mod sources;
pub mod start;
pub mod system;
pub(crate) mod venv;
pub mod written;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::files::Files;
use crate::image::Image;
use crate::rule::Place;

use account::{Accounts, User};
use distribution::Distributions;
use environment::Environment;
use imports::{Imports, Sources};
use interpreter::Interpreters;
use landmarks::Landmarks;
use natives::Natives;
use start::Start;
use system::System;
use venv::Venv;

use crate::packages::Packages;

/// The facts of one image.
pub struct Facts<'a> {
    /// The image.
    pub image: &'a Image,
    accounts: OnceLock<Accounts>,
    user: OnceLock<User>,
    environment: OnceLock<Environment>,
    system: OnceLock<System>,
    start: OnceLock<Start>,
    interpreters: OnceLock<Interpreters>,
    distributions: OnceLock<Distributions>,
    landmarks: OnceLock<Landmarks>,
    venvs: OnceLock<Vec<Venv>>,
    packages: OnceLock<Packages>,
    reached: OnceLock<(Imports, Natives)>,
}

impl<'a> Facts<'a> {
    /// Nothing is looked at yet.
    pub fn new(image: &'a Image) -> Facts<'a> {
        Facts {
            image,
            accounts: OnceLock::new(),
            user: OnceLock::new(),
            environment: OnceLock::new(),
            system: OnceLock::new(),
            start: OnceLock::new(),
            interpreters: OnceLock::new(),
            distributions: OnceLock::new(),
            landmarks: OnceLock::new(),
            venvs: OnceLock::new(),
            packages: OnceLock::new(),
            reached: OnceLock::new(),
        }
    }

    /// With these imports, as if they had been found.
    #[cfg(test)]
    pub(crate) fn importing(mut self, imports: Imports) -> Facts<'a> {
        let natives = Natives::load(&self, &imports);
        self.reached = OnceLock::from((imports, natives));
        self
    }

    /// The merged files.
    pub fn files(&self) -> &'a Files {
        &self.image.files
    }

    /// passwd and group.
    pub fn accounts(&self) -> &Accounts {
        self.accounts.get_or_init(|| Accounts::read(self.files()))
    }

    /// Who the image runs as.
    pub fn user(&self) -> &User {
        self.user
            .get_or_init(|| self.accounts().user(&self.image.config.config.user))
    }

    /// The variables that the first process starts with.
    pub fn environment(&self) -> &Environment {
        self.environment
            .get_or_init(|| Environment::of(&self.image.config.config, self.user()))
    }

    /// The distribution and its C library.
    pub fn system(&self) -> &System {
        self.system.get_or_init(|| System::read(self.files()))
    }

    /// What the image starts.
    pub fn start(&self) -> &Start {
        self.start.get_or_init(|| Start::find(self))
    }

    /// The Python interpreters.
    pub fn interpreters(&self) -> &Interpreters {
        self.interpreters.get_or_init(|| Interpreters::find(self))
    }

    /// Files that say by their name what lies around them.
    pub fn landmarks(&self) -> &Landmarks {
        self.landmarks.get_or_init(|| Landmarks::find(self.files()))
    }

    /// The virtual environments.
    pub(crate) fn venvs(&self) -> &[Venv] {
        self.venvs
            .get_or_init(|| venv::all(self.files(), self.landmarks()))
    }

    /// The installed distributions.
    pub fn distributions(&self) -> &Distributions {
        self.distributions.get_or_init(|| Distributions::find(self))
    }

    /// What is installed, by the databases of package managers.
    pub fn packages(&self) -> &Packages {
        self.packages.get_or_init(|| Packages::find(self))
    }

    /// What the started programs import.
    pub fn imports(&self) -> &Imports {
        &self.reached().0
    }

    /// What the dynamic loader does for the started programs and the extension modules that they import.
    pub fn natives(&self) -> &Natives {
        &self.reached().1
    }

    /// Imports are followed once more where the loader refuses modules: an attempt that fails takes another way.
    fn reached(&self) -> &(Imports, Natives) {
        self.reached.get_or_init(|| {
            let imports = Imports::follow(self, &BTreeSet::new(), Sources::default());
            let natives = Natives::load(self, &imports);
            let broken = natives.broken();
            if broken.is_empty() {
                return (imports, natives);
            }
            let imports = Imports::follow(self, &broken, imports.sources);
            let natives = Natives::load(self, &imports);
            (imports, natives)
        })
    }

    /// Whether the container fails each time it starts if what a program needs in this way is not there.
    pub fn fails(&self, program: usize, need: imports::Reach) -> bool {
        let program = self.start().programs.get(program);
        need == imports::Reach::Sure && program.is_none_or(|program| program.sure && program.fatal)
    }

    /// The line of the Dockerfile that put a file where it is; the file itself if no build knows.
    pub fn place_of(&self, path: &[u8]) -> Option<Place> {
        let file = Place::File {
            path: crate::files::shown(path),
            line: None,
        };
        let line = || {
            let origin = self.image.origin.as_ref()?;
            let node = self.files().node(path)?;
            self.line(*origin.lines.get(&node.layer)?)
        };
        Some(line().unwrap_or(file))
    }

    /// The last line of the last stage that has `instruction` (`CMD`, `USER`), or that member of the configuration.
    pub fn place_of_instruction(&self, instruction: &str) -> Option<Place> {
        let member = Place::Configuration {
            member: instruction.to_string(),
        };
        let line = || {
            let origin = self.image.origin.as_ref()?;
            let stage = origin.dockerfile.stages.get(origin.stage)?;
            let found = stage
                .instructions
                .iter()
                .rfind(|found| found.kind.keyword().eq_ignore_ascii_case(instruction))?;
            self.line(constrict_dockerfile::line_of(origin.text.as_bytes(), found.span.start).line)
        };
        Some(line().unwrap_or(member))
    }

    /// A line of the Dockerfile.
    pub fn line(&self, line: usize) -> Option<Place> {
        let origin = self.image.origin.as_ref()?;
        Some(Place::Dockerfile {
            file: origin.file.clone(),
            line,
            text: origin
                .text
                .lines()
                .nth(line.checked_sub(1)?)?
                .trim_end()
                .to_string(),
        })
    }
}
