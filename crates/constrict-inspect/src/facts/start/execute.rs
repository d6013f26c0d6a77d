//! execve: from words to the file that the kernel executes, through PATH, permissions, links and `#!` lines.
//!
//! Source: execve(2) (an interpreter has one optional argument, a line counts up to 255 bytes, scripts of scripts up to
//! four levels), exec(3), Go's `exec.LookPath` as runc uses it.

use super::walk::{Caller, Process, Walker, is_known, shown_words};
use super::{ObstacleKind, Program, dispatch};
use crate::facts::account::{User, Want};
use crate::files::{self, join, shown};

/// Bytes of a `#!` line that the kernel looks at.
const LINE: usize = 255;
/// How many scripts may be scripts' interpreters.
const LEVELS: usize = 5;

/// A file that is executed in the end.
pub(crate) struct Image {
    pub(crate) path: Vec<u8>,
    pub(crate) argv: Vec<String>,
    /// It has no `#!` and is no object: a shell reads it.
    pub(crate) fallback: bool,
}

impl Walker<'_, '_> {
    /// Executes words. Whether the program starts; `None` if that is not known.
    pub(crate) fn exec(
        &mut self,
        argv: Vec<String>,
        mut process: Process,
        caller: Caller,
    ) -> Option<bool> {
        let Some(name) = argv.first().cloned() else {
            return Some(true);
        };
        if !self.step() || self.depth >= DEPTH + super::walk::DEEPEST {
            return None;
        }
        if !is_known(&name) {
            self.unknown(format!(
                "only the run tells which program `{}` is",
                shown_words(&argv)
            ));
            return None;
        }
        for decisive in ["PYTHONPATH", "PYTHONHOME", "PATH"] {
            process.sure &= is_known(process.environment.get(decisive).unwrap_or_default());
        }
        let directory = String::from_utf8_lossy(&process.environment.directory).into_owned();
        process.sure &= is_known(&directory);
        let path = match self.look_up(&name, &process, caller) {
            Ok(path) => path,
            Err(None) => return None,
            Err(Some(kind)) => return self.refused(kind, argv, &process),
        };
        match self.image(path, argv.clone(), &mut process, caller) {
            Ok(image) => {
                self.depth += 1;
                self.failed = false;
                self.run(image, process);
                self.depth -= 1;
                Some(!std::mem::take(&mut self.failed))
            }
            Err(kind) => self.refused(kind, argv, &process),
        }
    }

    fn refused(
        &mut self,
        kind: ObstacleKind,
        argv: Vec<String>,
        process: &Process,
    ) -> Option<bool> {
        match self.obstacle(kind, argv, process) || process.asked && !self.changed {
            true => Some(false),
            false => None,
        }
    }

    /// The file that a name means; `Err(None)` if only the run tells.
    fn look_up(
        &self,
        name: &str,
        process: &Process,
        caller: Caller,
    ) -> Result<Vec<u8>, Option<ObstacleKind>> {
        let environment = &process.environment;
        let directory_known = is_known(&String::from_utf8_lossy(&environment.directory));
        if name.contains('/') {
            if !name.starts_with('/') && !directory_known {
                return Err(None);
            }
            return Ok(environment.absolute(name.as_bytes()));
        }
        if name.is_empty() {
            return Err(Some(ObstacleKind::NotOnPath {
                name: String::new(),
            }));
        }
        let files = self.files();
        if let Some(found) = environment.which(files, &process.user, name) {
            return Ok(found);
        }
        if !is_known(environment.get("PATH").unwrap_or_default()) || !directory_known {
            return Err(None);
        }
        // a shell says what is wrong with the first one that is there
        let there = environment
            .candidates(name)
            .find(|path| files.is_file(path));
        match there {
            Some(path) if caller != Caller::Kernel => Ok(path),
            Some(path) => Err(Some(
                self.forbidden(&path, &process.user)
                    .unwrap_or(ObstacleKind::NotOnPath { name: name.into() }),
            )),
            None => match environment.candidates(name).find_map(|path| {
                Some((files.dangling(&path)?, path)).filter(|(_, path)| files.node(path).is_some())
            }) {
                Some((target, path)) => Err(Some(ObstacleKind::DanglingLink { path, target })),
                None => Err(Some(ObstacleKind::NotOnPath { name: name.into() })),
            },
        }
    }

    /// Why a file that is there cannot be executed.
    fn forbidden(&self, path: &[u8], user: &User) -> Option<ObstacleKind> {
        if let Some(directory) = user.blocked(self.files(), path) {
            return Some(ObstacleKind::Closed {
                path: path.to_vec(),
                directory,
            });
        }
        (!user.can(self.files(), path, Want::Execute)).then(|| ObstacleKind::NotExecutable {
            path: path.to_vec(),
        })
    }

    /// What the kernel makes of a path.
    fn image(
        &mut self,
        path: Vec<u8>,
        argv: Vec<String>,
        process: &mut Process,
        caller: Caller,
    ) -> Result<Image, ObstacleKind> {
        let script = path.clone();
        let mut image = Image {
            path,
            argv,
            fallback: false,
        };
        for level in 0..LEVELS {
            self.executable(&image.path, process)
                .map_err(|kind| match (level, kind) {
                    (0, kind) => kind,
                    (
                        _,
                        ObstacleKind::NoSuchFile { path } | ObstacleKind::DanglingLink { path, .. },
                    ) => ObstacleKind::NoInterpreter {
                        script: script.clone(),
                        interpreter: shown(&path),
                    },
                    (_, kind) => kind,
                })?;
            let head = self.files().read(&image.path, LINE + 1).unwrap_or_default();
            let Some(line) = head.strip_prefix(b"#!") else {
                return self.object(image, &head, caller);
            };
            let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let line = String::from_utf8_lossy(line).into_owned();
            let line = line.trim_matches([' ', '\t']);
            let (interpreter, argument) = line.split_once([' ', '\t']).unwrap_or((line, ""));
            if interpreter.is_empty() {
                return Err(ObstacleKind::ExecFormat { path: image.path });
            }
            let to = process.environment.absolute(interpreter.as_bytes());
            if !self.files().is_file(&to) {
                return Err(ObstacleKind::NoInterpreter {
                    script: image.path,
                    interpreter: interpreter.into(),
                });
            }
            process.via.push(format!(
                "{}:1 #!{}",
                shown(&image.path),
                line.replace('\r', "\\r")
            ));
            let argument = argument.trim_matches([' ', '\t']);
            let named = self.name_for_interpreter(&image, process);
            let mut words = vec![interpreter.to_string()];
            words.extend((!argument.is_empty()).then(|| argument.to_string()));
            words.push(named);
            words.extend(image.argv.drain(..).skip(1));
            image = Image {
                path: to,
                argv: words,
                fallback: false,
            };
        }
        Err(ObstacleKind::ExecFormat { path: script })
    }

    /// The name of a script that its interpreter is given: as it was executed.
    fn name_for_interpreter(&self, image: &Image, process: &Process) -> String {
        let relative = image
            .argv
            .first()
            .filter(|name| name.contains('/') && !name.starts_with('/'));
        match relative {
            Some(name) if process.environment.absolute(name.as_bytes()) == image.path => {
                name.clone()
            }
            _ => shown(&image.path),
        }
    }

    fn executable(&self, path: &[u8], process: &Process) -> Result<(), ObstacleKind> {
        let files = self.files();
        // from the working directory on, directories above it do not matter
        let blocked = process
            .user
            .blocked(files, path)
            .filter(|directory| !process.environment.is_below(directory));
        if let Some(directory) = blocked {
            return Err(ObstacleKind::Closed {
                path: path.to_vec(),
                directory,
            });
        }
        let Some((_, node)) = files.resolve(path) else {
            return Err(match (files.node(path).is_some(), files.dangling(path)) {
                (true, Some(target)) => ObstacleKind::DanglingLink {
                    path: path.to_vec(),
                    target,
                },
                _ => ObstacleKind::NoSuchFile {
                    path: path.to_vec(),
                },
            });
        };
        if node.is_directory() {
            return Err(ObstacleKind::IsDirectory {
                path: path.to_vec(),
            });
        }
        match process.user.may(node, Want::Execute) {
            true => Ok(()),
            false => Err(ObstacleKind::NotExecutable {
                path: path.to_vec(),
            }),
        }
    }

    fn object(&self, image: Image, head: &[u8], caller: Caller) -> Result<Image, ObstacleKind> {
        if !head.starts_with(b"\x7fELF") {
            return match caller {
                Caller::Kernel => Err(ObstacleKind::ExecFormat { path: image.path }),
                Caller::Library | Caller::Shell => Ok(Image {
                    fallback: true,
                    ..image
                }),
            };
        }
        let loader = self
            .files()
            .object(&image.path)
            .and_then(|object| object.0.interpreter.clone());
        match loader {
            Some(loader) if !self.files().is_file(loader.as_bytes()) => {
                Err(ObstacleKind::NoLoader {
                    path: image.path,
                    loader,
                })
            }
            _ => Ok(image),
        }
    }

    fn run(&mut self, image: Image, process: Process) {
        let mut program = Program {
            argv: image.argv,
            executable: image.path,
            via: process.via.clone(),
            environment: process.environment.clone(),
            user: process.user.clone(),
            sure: process.sure,
            fatal: process.fatal,
            deaf: process.deaf,
            python: None,
            listens: Vec::new(),
        };
        if image.fallback {
            let script = program.executable.clone();
            let shell = ["bin/sh", "usr/bin/sh"]
                .iter()
                .find(|path| self.files().is_file(path.as_bytes()));
            let Some(shell) = shell else { return };
            program.argv.splice(..1, ["sh".to_string(), shown(&script)]);
            program.executable = shell.as_bytes().to_vec();
        }
        dispatch::follow(self, program, process);
    }

    /// The path that a word means to a process; `None` if only the run tells.
    pub(crate) fn path_of(&self, word: &str, process: &Process) -> Option<Vec<u8>> {
        let path = process.environment.absolute(word.as_bytes());
        (is_known(word) && is_known(&String::from_utf8_lossy(&path))).then_some(path)
    }
}

/// How deep programs start programs.
const DEPTH: usize = 20;

/// The name of the file that a path leads to in the end: `busybox` for a link to it.
pub(crate) fn real_name(files: &files::Files, path: &[u8]) -> String {
    let real = files.resolve(path).map_or(path.to_vec(), |(path, _)| path);
    String::from_utf8_lossy(files::file_name(&real)).into_owned()
}

/// A file name without its directories.
pub(crate) fn base_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// `join` of words.
pub(crate) fn below(directory: &[u8], name: &str) -> Vec<u8> {
    join(directory, name.as_bytes())
}
