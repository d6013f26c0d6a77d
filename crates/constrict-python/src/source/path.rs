//! Paths written out in a source: `Path.home() / ".cache"`, `os.path.join(os.path.dirname(__file__), "data")`.
//!
//! Never looks whether anything is there, and reads no environment: where a path begins is the caller's to resolve.

use serde::{Deserialize, Serialize};

use super::literal::Literal;

/// A path whose end is known, and where it begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilePath {
    /// Where it begins.
    pub base: Base,
    /// What follows, parts joined by `/`, without a leading one; `..` is left as it is.
    pub rest: String,
}

/// Where a path begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Base {
    /// At `/`.
    Root,
    /// In the working directory.
    Working,
    /// In the user's home directory.
    Home,
    /// The source file, or the directory so many levels above it.
    Source {
        /// 0 is the file itself.
        up: u32,
    },
    /// What a variable says.
    Variable {
        /// The variable.
        name: String,
        /// What it is when the variable isn't set; [`None`] if there is no default.
        default: Option<Box<Literal>>,
    },
}

impl FilePath {
    /// The path that a text means.
    pub fn of(text: &str) -> FilePath {
        let base = if text.starts_with('/') {
            Base::Root
        } else {
            Base::Working
        };
        FilePath {
            base,
            rest: text.trim_matches('/').to_owned(),
        }
    }

    /// The path that a literal means; [`None`] if it means none.
    pub fn of_literal(literal: &Literal) -> Option<FilePath> {
        match literal {
            Literal::Str(text) if !text.is_empty() => Some(FilePath::of(text)),
            Literal::Path(path) => Some(path.clone()),
            Literal::Env { name, default } => Some(FilePath {
                base: Base::Variable {
                    name: name.clone(),
                    default: default.clone(),
                },
                rest: String::new(),
            }),
            _ => None,
        }
    }

    /// `self / more`, which is `more` where that begins anew.
    pub(super) fn join(self, more: &Literal) -> Option<FilePath> {
        let more = match more {
            Literal::Str(text) if text.is_empty() => return Some(self),
            // whether a variable holds an absolute path is not known
            Literal::Env { .. } => return None,
            literal => FilePath::of_literal(literal)?,
        };
        match more.base {
            Base::Working => Some(self.below(&more.rest)),
            _ => Some(more),
        }
    }

    /// With a text at its end, as `+` puts it there.
    pub(super) fn plus(self, text: &str) -> Option<FilePath> {
        match (text.starts_with('/'), self.rest.is_empty()) {
            (true, _) => Some(self.below(text.trim_matches('/'))),
            (false, true) => None,
            (false, false) => Some(FilePath {
                rest: self.rest + text,
                ..self
            }),
        }
    }

    /// The directory that it is in.
    pub(super) fn parent(self) -> FilePath {
        let FilePath { base, rest } = self;
        let (base, rest) = match (base, rest.rsplit_once('/')) {
            (Base::Source { up }, None) if rest.is_empty() => (
                Base::Source {
                    up: up.saturating_add(1),
                },
                rest,
            ),
            (base, _) if rest.is_empty() || rest.ends_with("..") => {
                return FilePath { base, rest }.below("..");
            }
            (base, above) => (
                base,
                above.map_or_else(String::new, |(above, _)| above.to_owned()),
            ),
        };
        FilePath { base, rest }
    }

    /// With `~` at its beginning taken for the home directory; [`None`] for another user's.
    pub(super) fn expand_user(self) -> Option<FilePath> {
        if self.base != Base::Working {
            return Some(self);
        }
        let rest = match self.rest.strip_prefix('~') {
            None => return Some(self),
            Some("") => "",
            Some(rest) => rest.strip_prefix('/')?,
        };
        Some(FilePath {
            base: Base::Home,
            rest: rest.to_owned(),
        })
    }

    fn below(self, more: &str) -> FilePath {
        let rest = match (self.rest.is_empty(), more.is_empty()) {
            (true, _) => more.to_owned(),
            (false, true) => self.rest,
            (false, false) => format!("{}/{more}", self.rest),
        };
        FilePath {
            base: self.base,
            rest,
        }
    }
}
