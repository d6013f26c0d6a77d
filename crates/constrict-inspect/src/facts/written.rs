//! Files and directories that the application's own modules make or change, as paths of the image, and whether they can be.
//!
//! Never looks at what a variable or directory is at run time other than the image says: where the application changes it
//! first, there is no path.

use constrict_python::source::{Act, Base, FilePath, Literal};

use super::account::{User, Want};
use super::imports::{Closure, OwnModule, Reach};
use super::start::Program;
use crate::files::{Files, Kind, components, join, parent};

/// Bytes of a source that are read.
const LIMIT: usize = 1 << 20;
/// How many variables may lead to one another.
const MOST_VARIABLES: usize = 4;

/// Something that is made or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Relative to the root.
    pub path: Vec<u8>,
    /// What is done.
    pub act: Act,
    /// It begins in the user's home directory.
    pub at_home: bool,
    /// How sure it is that it is done, and that the source fails if it cannot be.
    pub need: Reach,
    /// The source.
    pub source: Vec<u8>,
    /// First line 1.
    pub line: usize,
    /// The imports to the source.
    pub chain: Vec<String>,
}

/// What keeps a file or directory from being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The user may not write to this file or directory, or not pass through it.
    Closed(Vec<u8>),
    /// The directory that a file is to be in is not there.
    NoDirectory(Vec<u8>),
}

/// What paths of one program's modules mean.
pub struct Places<'a> {
    program: &'a Program,
    /// The texts of the application's modules.
    texts: Vec<String>,
    /// Variables may come from a file.
    by_dotenv: bool,
}

impl<'a> Places<'a> {
    /// Reads the application's modules of one program.
    pub fn of(files: &Files, program: &'a Program, closure: &Closure) -> Places<'a> {
        let texts = closure
            .own
            .iter()
            .filter_map(|module| files.text(&module.path, LIMIT));
        Places {
            program,
            texts: texts.collect(),
            by_dotenv: ["dotenv", "environ", "decouple"]
                .iter()
                .any(|name| closure.modules.contains_key(*name)),
        }
    }

    /// Whether a source of the application's has one of these texts.
    pub fn says(&self, any: &[&str]) -> bool {
        self.texts
            .iter()
            .any(|text| any.iter().any(|wanted| text.contains(wanted)))
    }

    /// What a module does to a path, if the image tells which.
    pub fn written(
        &self,
        module: &OwnModule,
        path: &FilePath,
        act: Act,
        need: Reach,
        line: u32,
    ) -> Option<Written> {
        let (found, at_home) = self.resolve(module, path, MOST_VARIABLES)?;
        Some(Written {
            path: normal(&found),
            act,
            at_home,
            need,
            source: module.path.clone(),
            line: usize::try_from(line).unwrap_or(0),
            chain: module.chain.clone(),
        })
    }

    fn resolve(&self, module: &OwnModule, path: &FilePath, left: usize) -> Option<(Vec<u8>, bool)> {
        let rest = path.rest.as_bytes();
        let environment = &self.program.environment;
        Some(match &path.base {
            Base::Root => (rest.to_vec(), false),
            Base::Working => {
                let moved =
                    self.says(&["chdir("])
                        || self.program.argv.iter().any(|word| {
                            word.starts_with("--chdir") || word.starts_with("--workdir")
                        });
                if moved {
                    return None;
                }
                (environment.absolute(rest), false)
            }
            Base::Home => {
                if self.sets("HOME") {
                    return None;
                }
                let home = environment.get("HOME").unwrap_or(&self.program.user.home);
                (below(home.as_bytes(), rest), true)
            }
            Base::Source { up } => {
                let mut base = module.path.clone();
                (0..*up).for_each(|_| base.truncate(parent(&base).len()));
                (below(&base, rest), false)
            }
            Base::Variable { name, default } => {
                let left = left.checked_sub(1)?;
                if self.sets(name) {
                    return None;
                }
                let value = match environment.get(name) {
                    Some(value) => Literal::Str(value.to_string()),
                    None if self.by_dotenv => return None,
                    None => (**default.as_ref()?).clone(),
                };
                let (base, at_home) = self.resolve(module, &FilePath::of_literal(&value)?, left)?;
                (below(&base, rest), at_home || name == "HOME")
            }
        })
    }

    /// Whether a source sets a variable, other than by what it is read with.
    fn sets(&self, variable: &str) -> bool {
        let sets = |text: &str| {
            ['"', '\''].iter().any(|quote| {
                let name = format!("{quote}{variable}{quote}");
                text.match_indices(&name).any(|(at, _)| {
                    let after = text[at + name.len()..].trim_start_matches(']').trim_start();
                    let before = text[..at].trim_end();
                    let item = before.ends_with("environ[")
                        && after.starts_with('=')
                        && !after.starts_with("==");
                    item || before.ends_with("setdefault(") || before.ends_with("putenv(")
                })
            })
        };
        self.texts.iter().any(|text| sets(text))
    }
}

fn below(base: &[u8], rest: &[u8]) -> Vec<u8> {
    match rest.is_empty() {
        true => base.to_vec(),
        false => [base, b"/", rest].concat(),
    }
}

/// Without `.`, `..` and empty parts.
fn normal(path: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in components(path) {
        match part {
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join(&b'/')
}

/// What keeps the user from doing it; `None` if nothing does, or only the run tells.
pub fn refusal(files: &Files, user: &User, path: &[u8], act: Act) -> Option<Refusal> {
    user.uid?;
    let of_kernel = |part: &[u8]| matches!(part, b"dev" | b"proc" | b"sys");
    if path.is_empty() || components(path).next().is_some_and(of_kernel) {
        return None;
    }
    if let Some(closed) = user.blocked(files, path).filter(|_| !user.is_root()) {
        return Some(Refusal::Closed(closed));
    }
    if let Some((found, node)) = files.resolve(path) {
        let file = act == Act::File && node.is_file() && !user.may(node, Want::Write);
        return file.then_some(Refusal::Closed(found));
    }
    let (there, above) = existing(files, path)?;
    let straight = parent(path) == there.as_slice();
    match act {
        Act::Directory { parents: false } if !straight => return None,
        Act::File | Act::Database if !straight => {
            return Some(Refusal::NoDirectory(parent(path).to_vec()));
        }
        _ => {}
    }
    let open = user.may(above, Want::Write) && user.may(above, Want::Execute);
    let (resolved, _) = files.resolve(&there)?;
    (!open).then_some(Refusal::Closed(resolved))
}

/// The lowest directory on the way to a path that is there; `None` if a link leads nowhere or a file is in the way.
fn existing<'f>(files: &'f Files, path: &[u8]) -> Option<(Vec<u8>, &'f crate::files::Node)> {
    let mut at = path;
    loop {
        if files
            .node(at)
            .is_some_and(|node| matches!(node.kind, Kind::Symlink { .. }))
        {
            return None;
        }
        if at.is_empty() {
            return None;
        }
        at = parent(at);
        if let Some((_, node)) = files.resolve(at) {
            return node.is_directory().then(|| (join(b"", at), node));
        }
    }
}
