//! Values written out in a source: what a call or an assignment is given, as far as the text alone tells.

use serde::{Deserialize, Serialize};

use super::path::FilePath;

/// A value in the source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Literal {
    /// `None`.
    None,
    /// `True`, `False`.
    Bool(bool),
    /// A whole number that fits.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A string without placeholders, implicit concatenation and `+` joined.
    Str(String),
    /// `[…]`, and `{…}` without values.
    List(Vec<Literal>),
    /// `(…)`.
    Tuple(Vec<Literal>),
    /// `{…}` with values, in order.
    Dict(Vec<(Literal, Literal)>),
    /// `os.environ.get("X", default)`, `os.getenv`, `os.environ["X"]`, also inside `int(…)`, `str(…)`, `bool(…)`,
    /// `float(…)` and before `or default`.
    Env {
        /// The variable.
        name: String,
        /// What it is when the variable isn't set; [`None`] if there is no default.
        default: Option<Box<Literal>>,
    },
    /// A path that begins at `/`, in a directory that the run settles, or beside the source.
    Path(FilePath),
    /// A name that isn't a known value, resolved through the imports: `pkg.settings.DEBUG`, `main`.
    Name(String),
    /// Anything else.
    Unknown,
}

impl Literal {
    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Literal::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number of a number.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Literal::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The elements of a list or tuple.
    pub fn items(&self) -> Option<&[Literal]> {
        match self {
            Literal::List(items) | Literal::Tuple(items) => Some(items),
            _ => None,
        }
    }
}
