//! Why a Python document was refused: one variant per fact, with the text or line it is about.

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A fact that keeps a text from being read as what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A distribution or extra name breaks PEP 508.
    #[error("`{0}` is not the name of a distribution")]
    Name(String),
    /// A version breaks PEP 440.
    #[error("`{0}` is not a version")]
    Version(String),
    /// A list of version clauses breaks PEP 440.
    #[error("`{0}` is not a version specifier")]
    Specifier(String),
    /// An environment marker breaks PEP 508.
    #[error("`{text}` is not an environment marker: {fact}")]
    Marker {
        /// The marker as written.
        text: String,
        /// What is wrong with it.
        fact: &'static str,
    },
    /// A requirement breaks PEP 508.
    #[error("`{text}` is not a requirement: {fact}")]
    Requirement {
        /// The requirement as written.
        text: String,
        /// What is wrong with it.
        fact: &'static str,
    },
    /// A wheel tag or wheel file name has too few parts.
    #[error("`{0}` is not a wheel tag")]
    Tag(String),
    /// A document lacks a field that it has to have.
    #[error("{document}: no field `{field}`")]
    Field {
        /// The kind of document, such as `METADATA`.
        document: &'static str,
        /// The name of the field.
        field: &'static str,
    },
    /// A line of a document breaks its grammar.
    #[error("{document}, line {line}: {fact}")]
    Line {
        /// The kind of document, such as `RECORD`.
        document: &'static str,
        /// Counted from one.
        line: u32,
        /// What is wrong with it.
        fact: &'static str,
    },
    /// A document is too short to carry its header.
    #[error("{document}: {size} bytes are too few")]
    Short {
        /// The kind of document, such as `pyc`.
        document: &'static str,
        /// How many bytes there are.
        size: usize,
    },
    /// A Python source that no interpreter accepts.
    #[error("line {line}: invalid syntax: {fact}")]
    Syntax {
        /// Counted from one.
        line: u32,
        /// The parser's words.
        fact: String,
    },
    /// A Python source with `async` or `await` as a name, for an interpreter before 3.7, which allowed that.
    #[error("line {line}: a name that later became a keyword")]
    LaterKeyword {
        /// Counted from one.
        line: u32,
    },
    /// A Python source in an encoding that this crate can't decode.
    #[error("unknown source encoding `{0}`")]
    Encoding(String),
    /// A Python source that nests deeper than is safe to follow.
    #[error("the source nests too deeply")]
    TooDeep,
    /// A document larger than this crate reads.
    #[error("{document}: {size} bytes are too many")]
    TooLarge {
        /// The kind of document.
        document: &'static str,
        /// How many bytes there are.
        size: usize,
    },
}
