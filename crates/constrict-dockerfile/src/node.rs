//! Nodes: each instruction's keyword, flags and arguments, before anything is known of what they mean.
//!
//! Never checks a flag's name or counts arguments: [`instruction`](crate::instruction) does. Everything that is
//! refused here is refused wherever it stands in the file, even before the file's first other mistake, as in BuildKit.

use crate::error::{Error, Fact};
use crate::instruction::{Heredoc, announced};
use crate::line::{Lines, Logical, Physical, is_comment, join};
use crate::{Directives, Span, Warning, directives, flag, words};

/// An instruction's parts.
pub(crate) struct Node {
    /// The keyword as written.
    pub(crate) keyword: String,
    /// The same in capitals.
    pub(crate) upper: String,
    pub(crate) flags: Vec<(String, Span)>,
    pub(crate) args: Args,
    pub(crate) heredocs: Vec<Heredoc>,
    pub(crate) line: Logical,
    /// The logical line and the bodies of its heredocs.
    pub(crate) span: Span,
}

/// A word and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// One of `name=value name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pairs {
    pub(crate) pairs: Vec<(String, String)>,
    /// `name value`, without an equals sign.
    pub(crate) legacy: bool,
}

/// An instruction's arguments, by the form its kind takes.
pub(crate) enum Args {
    /// Words; `json` if they were an array's.
    Words { words: Vec<Word>, json: bool },
    /// The strings of an array.
    Json(Vec<String>),
    /// The text as it is.
    Text(String),
    /// ENV and LABEL.
    Pairs(Pairs),
    /// HEALTHCHECK: its type, and the rest.
    Typed(String, Box<Args>),
    /// ONBUILD: the trigger's keyword in capitals.
    Trigger { keyword: String, heredocs: bool },
    /// An instruction that does not exist.
    Unknown,
}

/// A file's nodes.
pub(crate) struct Nodes {
    pub(crate) directives: Directives,
    pub(crate) nodes: Vec<Node>,
    pub(crate) warnings: Vec<Warning>,
}

/// Reads every instruction of a text.
pub(crate) fn read(text: &[u8]) -> Result<Nodes, Error> {
    let directives = directives::read(text)?;
    let escape = directives.escape;
    let mut lines = Lines::new(text);
    let (mut nodes, mut warnings) = (Vec::new(), Vec::new());
    while let Some(first) = lines.next() {
        if is_comment(first.body()) || first.body().trim().is_empty() {
            continue;
        }
        let (line, empty) = join(&first, &mut lines, escape);
        warnings.extend(empty.map(|span| {
            Warning::new(
                "NoEmptyContinuation",
                span,
                "Empty continuation line".to_owned(),
            )
        }));
        let mut node = node(line, escape)?;
        if node.args.may_have_heredocs(&node.upper) {
            for heredoc in announced(&node.line.text) {
                let (heredoc, end) = body(heredoc, &mut lines, node.line.span)?;
                node.heredocs.push(heredoc);
                node.span.end = end;
            }
        }
        nodes.push(node);
    }
    Ok(Nodes {
        directives,
        nodes,
        warnings,
    })
}

/// Reads a heredoc's body up to its delimiter's line; the second value is where that ends.
fn body(mut heredoc: Heredoc, lines: &mut Lines<'_>, at: Span) -> Result<(Heredoc, usize), Error> {
    for line in lines {
        let Physical { text, .. } = &line;
        if heredoc.ends_at(line.body()) {
            return Ok((heredoc, line.span().end));
        }
        heredoc.content.push_str(text);
    }
    Err(Error::new(Fact::UnterminatedHeredoc(heredoc.name), at))
}

fn node(line: Logical, escape: char) -> Result<Node, Error> {
    let (keyword, flags, rest) = split(&line.text);
    let upper = keyword.to_uppercase();
    let flags = flags
        .into_iter()
        .map(|flag| (flag.text, line.locate_part(flag.part)))
        .collect();
    let args = args(&upper, rest, escape, &|part| line.locate_part(part))
        .map_err(|fact| Error::new(fact, line.span))?;
    Ok(Node {
        keyword: keyword.to_owned(),
        upper,
        flags,
        args,
        heredocs: Vec::new(),
        span: line.span,
        line,
    })
}

/// A line's keyword, its flags, and its arguments without blanks around them.
fn split(line: &str) -> (&str, Vec<flag::Flag<'_>>, &str) {
    let (keyword, rest) = words::split_first(line.trim());
    let (flags, rest) = flag::take(rest.unwrap_or_default());
    (keyword, flags, rest.trim())
}

fn args(upper: &str, rest: &str, escape: char, place: &dyn Fn(&str) -> Span) -> Result<Args, Fact> {
    Ok(match upper {
        "ADD" | "COPY" | "VOLUME" => match json(rest)? {
            Some(strings) => {
                let whole = place(rest);
                let words = strings
                    .into_iter()
                    .map(|text| Word { text, span: whole })
                    .collect();
                Args::Words { words, json: true }
            }
            None => plain_words(rest, place),
        },
        "EXPOSE" | "FROM" => plain_words(rest, place),
        "ARG" => {
            let whole = place(rest);
            let words = words::split_quoted(rest, escape);
            Args::Words {
                words: words
                    .into_iter()
                    .map(|text| Word { text, span: whole })
                    .collect(),
                json: false,
            }
        }
        "CMD" | "ENTRYPOINT" | "RUN" | "SHELL" => command(rest)?,
        "ENV" => Args::Pairs(pairs("ENV", rest, escape)?),
        "LABEL" => Args::Pairs(pairs("LABEL", rest, escape)?),
        "HEALTHCHECK" => {
            let (kind, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            Args::Typed(kind.to_owned(), Box::new(command(rest.trim_start())?))
        }
        "MAINTAINER" | "STOPSIGNAL" | "USER" | "WORKDIR" => Args::Text(rest.to_owned()),
        "ONBUILD" => trigger(rest, escape)?,
        _ => Args::Unknown,
    })
}

/// ONBUILD's trigger: refused for what is no line at all, not yet for what it means.
fn trigger(rest: &str, escape: char) -> Result<Args, Fact> {
    let (keyword, _, rest) = split(rest);
    let keyword = keyword.to_uppercase();
    // a chain is refused anyway; looking no further keeps this flat
    let heredocs = keyword != "ONBUILD"
        && args(&keyword, rest, escape, &|_| Span::default())?.may_have_heredocs(&keyword);
    Ok(Args::Trigger { keyword, heredocs })
}

impl Args {
    fn may_have_heredocs(&self, upper: &str) -> bool {
        match self {
            Self::Trigger { heredocs, .. } => *heredocs,
            Self::Json(_) | Self::Words { json: true, .. } => false,
            _ => matches!(upper, "ADD" | "COPY" | "RUN"),
        }
    }
}

fn plain_words(rest: &str, place: &dyn Fn(&str) -> Span) -> Args {
    let word = |part: &str| Word {
        text: part.to_owned(),
        span: place(part),
    };
    Args::Words {
        words: words::split(rest).into_iter().map(word).collect(),
        json: false,
    }
}

fn command(rest: &str) -> Result<Args, Fact> {
    Ok(json(rest)?.map_or_else(|| Args::Text(rest.to_owned()), Args::Json))
}

/// The strings of a JSON array; `None` if it is none, an error if it holds anything else.
fn json(text: &str) -> Result<Option<Vec<String>>, Fact> {
    if !text.starts_with('[') {
        return Ok(None);
    }
    let Ok(values) = serde_json::from_str::<Vec<serde_json::Value>>(text) else {
        return Ok(None);
    };
    let string = |value| match value {
        serde_json::Value::String(text) => Ok(text),
        _ => Err(Fact::JsonNotStrings),
    };
    values
        .into_iter()
        .map(string)
        .collect::<Result<_, _>>()
        .map(Some)
}

fn pairs(keyword: &'static str, rest: &str, escape: char) -> Result<Pairs, Fact> {
    let words = words::split_quoted(rest, escape);
    match words.first() {
        None => {
            return Ok(Pairs {
                pairs: Vec::new(),
                legacy: false,
            });
        }
        Some(first) if !first.contains('=') => {
            let (name, Some(value)) = words::split_first(rest) else {
                return Err(Fact::NoPair(keyword));
            };
            return Ok(Pairs {
                pairs: vec![(name.to_owned(), value.to_owned())],
                legacy: true,
            });
        }
        Some(_) => {}
    }
    let pair = |word: String| match word.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(Fact::NoEqualsSign(word)),
    };
    Ok(Pairs {
        pairs: words.into_iter().map(pair).collect::<Result<_, _>>()?,
        legacy: false,
    })
}
