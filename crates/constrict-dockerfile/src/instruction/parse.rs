//! From a node to its instruction: flags checked, arguments counted.
//!
//! Never reads a line: [`node`](crate::node) has done that.

use super::{
    ArgDef, Command, Copy, Heredoc, Kind, MountSpec, Network, Onbuild, Run, Security, SourceArg,
    healthcheck,
};
use crate::dockerfile::From;
use crate::error::{Error, Fact};
use crate::flag::{Takes, Values};
use crate::node::{Args, Node, Word};
use crate::{Span, suggest};

/// Every instruction's keyword.
const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

const ADD_FLAGS: &[(&str, Takes)] = &[
    ("chown", Takes::Text),
    ("chmod", Takes::Text),
    ("link", Takes::Bool),
    ("exclude", Takes::Texts),
    ("checksum", Takes::Text),
    ("keep-git-dir", Takes::Bool),
    ("unpack", Takes::Bool),
];

const COPY_FLAGS: &[(&str, Takes)] = &[
    ("from", Takes::Text),
    ("chown", Takes::Text),
    ("chmod", Takes::Text),
    ("link", Takes::Bool),
    ("parents", Takes::Bool),
    ("exclude", Takes::Texts),
];

const RUN_FLAGS: &[(&str, Takes)] = &[
    ("mount", Takes::Texts),
    ("network", Takes::Text),
    ("security", Takes::Text),
    ("device", Takes::Texts),
];

/// The instruction of a node that is no FROM.
pub(crate) fn kind(node: &Node) -> Result<Kind, Error> {
    let fail = |fact| Error::new(fact, node.line.span);
    let no_flags = || Values::parse(&node.flags, &[]);
    match node.upper.as_str() {
        "ADD" => copy(node, "ADD", ADD_FLAGS).map(Kind::Add),
        "COPY" => copy(node, "COPY", COPY_FLAGS).map(Kind::Copy),
        "RUN" => run(node).map(Kind::Run),
        "HEALTHCHECK" => healthcheck::parse(node).map(Kind::Healthcheck),
        "ONBUILD" => onbuild(node).map(Kind::Onbuild),
        // BuildKit does not look at the flags of these two
        "ARG" => arg(node).map_err(fail).map(Kind::Arg),
        "STOPSIGNAL" => one(node, "STOPSIGNAL").map_err(fail).map(Kind::Stopsignal),
        "CMD" => no_flags().map(|_| Kind::Cmd(command(&node.args))),
        "ENTRYPOINT" => no_flags().map(|_| Kind::Entrypoint(command(&node.args))),
        "ENV" => no_flags()
            .and_then(|_| pairs(node, "ENV").map_err(fail))
            .map(Kind::Env),
        "LABEL" => no_flags()
            .and_then(|_| pairs(node, "LABEL").map_err(fail))
            .map(Kind::Label),
        "EXPOSE" => some_words(node, "EXPOSE")
            .map_err(fail)
            .and_then(|words| no_flags().map(|_| Kind::Expose(words))),
        "VOLUME" => volume(node).map(Kind::Volume),
        "SHELL" => no_flags()
            .and_then(|_| shell(node).map_err(fail))
            .map(Kind::Shell),
        "MAINTAINER" => one(node, "MAINTAINER")
            .map_err(fail)
            .and_then(|name| no_flags().map(|_| Kind::Maintainer(name))),
        "USER" => one(node, "USER")
            .map_err(fail)
            .and_then(|user| no_flags().map(|_| Kind::User(user))),
        "WORKDIR" => one(node, "WORKDIR")
            .map_err(fail)
            .and_then(|path| no_flags().map(|_| Kind::Workdir(path))),
        _ => Err(fail(unknown(node))),
    }
}

fn unknown(node: &Node) -> Fact {
    let nearest = suggest::nearest(&node.upper, &KEYWORDS);
    let is_lower = node.keyword == node.keyword.to_lowercase();
    let suggestion = nearest.map(|word| {
        if is_lower {
            word.to_lowercase()
        } else {
            word.to_owned()
        }
    });
    Fact::UnknownInstruction {
        word: node.keyword.clone(),
        suggestion,
    }
}

/// The FROM of a node.
pub(crate) fn from(node: &Node) -> Result<From, Error> {
    let words = node_words(node);
    let (image, alias) = match words {
        [image] => (image, None),
        [image, word, name] if word.text.eq_ignore_ascii_case("as") => (image, Some(name)),
        _ => return Err(Error::new(Fact::FromArguments, node.line.span)),
    };
    if let Some(name) = alias.filter(|name| !is_stage_name(&name.text)) {
        return Err(Error::new(Fact::StageName(name.text.clone()), name.span));
    }
    let flags = Values::parse(&node.flags, &[("platform", Takes::Text)])?;
    Ok(From {
        image: image.text.clone(),
        platform: flags.text("platform"),
        alias: alias.map(|name| name.text.clone()),
        span: node.span,
        image_span: image.span,
        text: node.line.text.trim().to_owned(),
    })
}

/// A letter, then letters, digits and `-_.`; the case does not matter.
fn is_stage_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let rest =
        |ch: char| ch.is_ascii_lowercase() || ch.is_ascii_digit() || matches!(ch, '-' | '_' | '.');
    name.starts_with(|ch: char| ch.is_ascii_lowercase()) && name.chars().all(rest)
}

fn node_words(node: &Node) -> &[Word] {
    match &node.args {
        Args::Words { words, .. } => words,
        _ => &[],
    }
}

fn some_words(node: &Node, keyword: &'static str) -> Result<Vec<String>, Fact> {
    let words: Vec<String> = node_words(node)
        .iter()
        .map(|word| word.text.clone())
        .collect();
    if words.is_empty() {
        Err(Fact::AtLeastOneArgument(keyword))
    } else {
        Ok(words)
    }
}

/// The whole argument text as one word.
fn one(node: &Node, keyword: &'static str) -> Result<String, Fact> {
    match &node.args {
        Args::Text(text) if !text.is_empty() => Ok(text.clone()),
        _ => Err(Fact::ExactlyOneArgument(keyword)),
    }
}

fn pairs(node: &Node, keyword: &'static str) -> Result<Vec<(String, String)>, Fact> {
    let Args::Pairs(pairs) = &node.args else {
        return Err(Fact::AtLeastOneArgument(keyword));
    };
    if pairs.pairs.is_empty() {
        return Err(Fact::AtLeastOneArgument(keyword));
    }
    if pairs.pairs.iter().any(|(name, _)| name.is_empty()) {
        return Err(Fact::BlankName(keyword));
    }
    Ok(pairs.pairs.clone())
}

fn arg(node: &Node) -> Result<Vec<ArgDef>, Fact> {
    let definition = |word: String| match word.split_once('=') {
        Some(("", _)) => Err(Fact::BlankName("ARG")),
        Some((name, default)) => Ok(ArgDef {
            name: name.to_owned(),
            default: Some(default.to_owned()),
        }),
        None => Ok(ArgDef {
            name: word,
            default: None,
        }),
    };
    some_words(node, "ARG")?
        .into_iter()
        .map(definition)
        .collect()
}

pub(super) fn command(args: &Args) -> Command {
    match args {
        Args::Json(words) => Command::Exec(words.clone()),
        Args::Text(text) => Command::Shell(text.clone()),
        _ => Command::Shell(String::new()),
    }
}

fn shell(node: &Node) -> Result<Vec<String>, Fact> {
    match command(&node.args) {
        Command::Exec(words) if !words.is_empty() => Ok(words),
        Command::Shell(text) if !text.is_empty() => Err(Fact::NotJson("SHELL")),
        _ => Err(Fact::AtLeastOneArgument("SHELL")),
    }
}

fn volume(node: &Node) -> Result<Vec<String>, Error> {
    let fail = |fact| Error::new(fact, node.line.span);
    let words = some_words(node, "VOLUME").map_err(fail)?;
    Values::parse(&node.flags, &[])?;
    let words: Vec<String> = words.iter().map(|word| word.trim().to_owned()).collect();
    if words.iter().any(String::is_empty) {
        Err(fail(Fact::EmptyVolume))
    } else {
        Ok(words)
    }
}

fn copy(
    node: &Node,
    keyword: &'static str,
    known: &[(&'static str, Takes)],
) -> Result<Copy, Error> {
    let Some((dest, sources)) = node_words(node)
        .split_last()
        .filter(|(_, sources)| !sources.is_empty())
    else {
        return Err(Error::new(Fact::NoDestination(keyword), node.line.span));
    };
    let flags = Values::parse(&node.flags, known)?;
    if Heredoc::parse(&dest.text).is_some() {
        return Err(Error::new(Fact::HeredocDestination(keyword), dest.span));
    }
    Ok(Copy {
        sources: sources
            .iter()
            .map(|word| source(&word.text, &node.heredocs))
            .collect(),
        source_spans: sources.iter().map(|word| word.span).collect(),
        dest: dest.text.clone(),
        from: flags.text("from"),
        from_span: flags.span("from"),
        chown: flags.text("chown"),
        chmod: flags.text("chmod"),
        link: flags.boolean("link").unwrap_or_default(),
        parents: flags.boolean("parents").unwrap_or_default(),
        exclude: flags
            .all("exclude")
            .map(|(pattern, _)| pattern.to_owned())
            .collect(),
        checksum: flags.text("checksum"),
        keep_git_dir: flags.boolean("keep-git-dir"),
        unpack: flags.boolean("unpack"),
    })
}

fn source(word: &str, heredocs: &[Heredoc]) -> SourceArg {
    match Heredoc::parse(word) {
        Some(announced) => {
            // of two with one name, both are the second
            let body = heredocs
                .iter()
                .rev()
                .find(|heredoc| heredoc.name == announced.name);
            let content = body
                .map(|heredoc| heredoc.content.clone())
                .unwrap_or_default();
            SourceArg::Heredoc(Heredoc {
                content,
                ..announced
            })
        }
        None => SourceArg::Path(word.to_owned()),
    }
}

fn onbuild(node: &Node) -> Result<Onbuild, Error> {
    let fail = |fact| Err(Error::new(fact, node.line.span));
    let keyword = match &node.args {
        Args::Trigger { keyword, .. } if !keyword.is_empty() => keyword.as_str(),
        _ => return fail(Fact::AtLeastOneArgument("ONBUILD")),
    };
    Values::parse(&node.flags, &[])?;
    match keyword {
        "ONBUILD" => return fail(Fact::OnbuildChain),
        "MAINTAINER" => return fail(Fact::OnbuildTrigger("MAINTAINER")),
        "FROM" => return fail(Fact::OnbuildTrigger("FROM")),
        _ => {}
    }
    let line = node.line.text.trim_start();
    let mut text = line[node.keyword.len()..].trim_start().to_owned();
    for heredoc in &node.heredocs {
        text.push('\n');
        text.push_str(&heredoc.content);
        text.push_str(&heredoc.name);
    }
    Ok(Onbuild { text })
}

fn run(node: &Node) -> Result<Run, Error> {
    let flags = Values::parse(&node.flags, RUN_FLAGS)?;
    let mount = |(text, span): (&str, Span)| {
        MountSpec::parse(text, span).map_err(|error| Error::new(Fact::Mount(error), span))
    };
    let span_of = |flag| flags.span(flag).unwrap_or(node.line.span);
    let network = match flags.text("network").as_deref() {
        None | Some("default") => Network::Default,
        Some("none") => Network::None,
        Some("host") => Network::Host,
        Some(other) => {
            return Err(Error::new(
                Fact::NetworkMode(other.to_owned()),
                span_of("network"),
            ));
        }
    };
    let security = match flags.text("security").as_deref() {
        None | Some("sandbox") => Security::Sandbox,
        Some("insecure") => Security::Insecure,
        Some(other) => {
            return Err(Error::new(
                Fact::SecurityMode(other.to_owned()),
                span_of("security"),
            ));
        }
    };
    Ok(Run {
        command: command(&node.args),
        heredocs: node.heredocs.clone(),
        mounts: flags.all("mount").map(mount).collect::<Result<_, _>>()?,
        network,
        security,
        devices: flags
            .all("device")
            .map(|(device, _)| device.to_owned())
            .collect(),
    })
}
