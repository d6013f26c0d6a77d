//! Why a Dockerfile was refused.
//!
//! Never wraps an I/O error: this crate does none. The words are close to BuildKit's, so that a search finds them.

use crate::instruction::MountError;
use crate::{Span, Warning};

/// A Dockerfile that cannot be parsed: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fact}")]
pub struct Error {
    fact: Fact,
    span: Span,
    noticed: Vec<Warning>,
}

impl Error {
    pub(crate) fn new(fact: Fact, span: Span) -> Self {
        Self {
            fact,
            span,
            noticed: Vec::new(),
        }
    }

    pub(crate) fn after(self, noticed: Vec<Warning>) -> Self {
        Self { noticed, ..self }
    }

    /// Where in the text.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// What is wrong.
    #[must_use]
    pub fn fact(&self) -> &Fact {
        &self.fact
    }

    /// What was noticed before the mistake, as BuildKit's linter does: nothing, if lines are malformed.
    #[must_use]
    pub fn noticed(&self) -> &[Warning] {
        &self.noticed
    }
}

fn hint(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |word| format!(" (did you mean `{word}`?)"))
}

/// What can be wrong with a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fact {
    /// No text at all.
    #[error("the Dockerfile cannot be empty")]
    Empty,
    /// Comments and blank lines only.
    #[error("file with no instructions")]
    NoInstructions,
    /// Only ARG instructions.
    #[error("Dockerfile contains no stages to build")]
    NoStages,
    /// An instruction other than ARG before the first FROM.
    #[error("no build stage in current context: `{0}` comes before the first FROM")]
    BeforeFrom(String),
    /// `# escape=` with something else than a backslash or a backtick.
    #[error("invalid escape token `{0}` does not match ` or \\")]
    EscapeToken(String),
    /// A directive given twice.
    #[error("only one `{0}` parser directive can be used")]
    DuplicateDirective(String),
    /// `# check=` with an unknown option.
    #[error("failed to parse check options: invalid check option `{0}`")]
    CheckOption(String),
    /// `# check=error=` with something else than a boolean.
    #[error("failed to parse check options: `{0}` is no boolean")]
    CheckBoolean(String),
    /// A word that is no instruction.
    #[error("unknown instruction: `{word}`{}", hint(suggestion.as_deref()))]
    UnknownInstruction {
        /// The word as written.
        word: String,
        /// The nearest instruction, if one is near.
        suggestion: Option<String>,
    },
    /// A flag that the instruction does not have.
    #[error("unknown flag: `--{flag}`{}", hint(*suggestion))]
    UnknownFlag {
        /// The flag without dashes.
        flag: String,
        /// The nearest flag, if one is near.
        suggestion: Option<&'static str>,
    },
    /// A flag given twice.
    #[error("duplicate flag specified: `--{0}`")]
    DuplicateFlag(String),
    /// A flag without its value.
    #[error("missing a value on flag: `--{0}`")]
    FlagWithoutValue(String),
    /// A boolean flag with another value.
    #[error("expecting boolean value for flag `--{flag}`, not: `{value}`")]
    FlagNotBoolean {
        /// The flag without dashes.
        flag: String,
        /// Its value.
        value: String,
    },
    /// An instruction without arguments.
    #[error("{0} requires at least one argument")]
    AtLeastOneArgument(&'static str),
    /// An instruction without its argument.
    #[error("{0} requires exactly one argument")]
    ExactlyOneArgument(&'static str),
    /// COPY or ADD with one argument.
    #[error(
        "{0} requires at least two arguments, but only one was provided: the destination could not be determined"
    )]
    NoDestination(&'static str),
    /// `ENV name` without a value.
    #[error("{0} must have two arguments")]
    NoPair(&'static str),
    /// A word without `=` among pairs.
    #[error("syntax error - can't find = in `{0}`: must be of the form name=value")]
    NoEqualsSign(String),
    /// `=value`.
    #[error("{0} names can not be blank")]
    BlankName(&'static str),
    /// A JSON array with something else than strings.
    #[error("when using JSON array syntax, arrays must be comprised of strings only")]
    JsonNotStrings,
    /// SHELL in another form than JSON.
    #[error("{0} requires the arguments to be in JSON form")]
    NotJson(&'static str),
    /// A heredoc as the last argument of COPY or ADD.
    #[error("{0} cannot accept a heredoc as a destination")]
    HeredocDestination(&'static str),
    /// A heredoc whose delimiter never comes.
    #[error("unterminated heredoc `{0}`")]
    UnterminatedHeredoc(String),
    /// FROM with two or more than three words.
    #[error("FROM requires either one or three arguments")]
    FromArguments,
    /// A stage name with other characters, or not starting with a letter.
    #[error(
        "invalid name for build stage: `{0}`, name can't start with a number or contain symbols"
    )]
    StageName(String),
    /// `ONBUILD ONBUILD`.
    #[error("chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")]
    OnbuildChain,
    /// `ONBUILD FROM` and `ONBUILD MAINTAINER`.
    #[error("{0} isn't allowed as an ONBUILD trigger")]
    OnbuildTrigger(&'static str),
    /// A trigger of an image's configuration that holds none or several instructions.
    #[error("an ONBUILD trigger must be a single instruction, found {0}")]
    TriggerCount(usize),
    /// An empty word of VOLUME.
    #[error("VOLUME specified can not be an empty string")]
    EmptyVolume,
    /// `HEALTHCHECK NONE` with more words.
    #[error("HEALTHCHECK NONE takes no arguments")]
    HealthcheckNoneArguments,
    /// `HEALTHCHECK CMD` without a command.
    #[error("missing command after HEALTHCHECK CMD")]
    HealthcheckWithoutCommand,
    /// A first word other than NONE and CMD.
    #[error("unknown type `{0}` in HEALTHCHECK (try CMD)")]
    HealthcheckType(String),
    /// Text that is no duration.
    #[error("invalid duration `{value}` for `--{flag}`: {reason}")]
    Duration {
        /// The flag without dashes.
        flag: &'static str,
        /// Its value.
        value: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A duration below a millisecond.
    #[error("interval `{0}` cannot be less than 1ms")]
    ShortInterval(&'static str),
    /// Text that is no number.
    #[error("invalid number of `--retries`: `{0}`")]
    Retries(String),
    /// A negative number.
    #[error("`--retries` cannot be negative ({0})")]
    NegativeRetries(i32),
    /// `RUN --network` with an unknown value.
    #[error("invalid network mode `{0}`")]
    NetworkMode(String),
    /// `RUN --security` with an unknown value.
    #[error("security `{0}` is not valid")]
    SecurityMode(String),
    /// A `--mount` that is wrong before any expansion.
    #[error("{0}")]
    Mount(MountError),
}
