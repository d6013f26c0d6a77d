//! COPY and ADD.

use constrict_dockerfile::instruction::{Copy, Heredoc, SourceArg};
use constrict_dockerfile::{Instruction, Span, expand};
use constrict_oci::Digest;

use super::at;
use super::metadata::absolute;
use super::stage::{Lowering, State};
use crate::error::Result;
use crate::graph::{CopyAction, CopySource, Download, FileAction, FilesOp, Op, Unpack, Vertex};
use crate::source::git;

impl Lowering<'_> {
    /// COPY, or ADD if `is_add`.
    pub(super) fn copy(
        &mut self,
        state: &mut State,
        instruction: &Instruction,
        copy: &Copy,
        is_add: bool,
    ) -> Result<()> {
        let span = instruction.span;
        let from = match &copy.from {
            Some(name) => self.from(state, name, span)?,
            None => self.context(),
        };
        let mut shown = vec![if is_add {
            "ADD".to_string()
        } else {
            "COPY".into()
        }];
        let mut sources = Vec::new();
        // files in the Dockerfile come last, wherever they are written
        let (paths, heredocs): (Vec<&SourceArg>, Vec<&SourceArg>) = copy
            .sources
            .iter()
            .partition(|source| matches!(source, SourceArg::Path(_)));
        for source in paths.into_iter().chain(heredocs) {
            let (text, source) = match source {
                SourceArg::Heredoc(heredoc) => (
                    format!("<<{}", heredoc.name),
                    inline(self, state, heredoc, span)?,
                ),
                SourceArg::Path(word) => {
                    let path = state.expand(self, word, span)?;
                    let source = if is_add {
                        self.add_source(copy, &path, state, span)?
                    } else {
                        None
                    };
                    (
                        path.clone(),
                        source.unwrap_or(CopySource::Path { from, path }),
                    )
                }
            };
            shown.push(text);
            sources.push(source);
        }
        let is_remote = |source: &CopySource| {
            matches!(source, CopySource::Download { .. })
                || matches!(source, CopySource::Path { from: f, .. } if *f != from)
        };
        if copy.checksum.is_some() && !sources.iter().all(is_remote) {
            return Err(at(span, "checksum requires HTTP(S) or Git sources"));
        }
        let written = state.expand(self, &copy.dest, span)?;
        let mut destination = absolute(&state.config.config.working_dir, &written);
        let is_directory = written.is_empty()
            || written == "."
            || written.ends_with('/')
            || written.ends_with("/.");
        if is_directory && !destination.ends_with('/') {
            destination.push('/');
        }
        let expand = |word: &Option<String>| {
            word.as_ref()
                .map(|w| state.expand(self, w, span))
                .transpose()
        };
        let (chown, chmod) = (expand(&copy.chown)?, expand(&copy.chmod)?);
        let exclude: Vec<String> = copy
            .exclude
            .iter()
            .map(|word| state.expand(self, word, span))
            .collect::<Result<_>>()?;
        if let Some(mode) = &chmod {
            crate::copy::ModeChange::parse(mode).map_err(|error| at(span, error.to_string()))?;
        }
        let flag =
            |name: &str, value: &Option<String>| value.as_ref().map(|v| format!("--{name}={v}"));
        let flags: Vec<String> = [flag("chown", &chown), flag("chmod", &chmod)]
            .into_iter()
            .flatten()
            .collect();
        shown.splice(1..1, flags);
        shown.push(written);
        let name = self.next_name(state, &instruction.text);
        let unpack = match copy.unpack {
            _ if !is_add => Unpack::Never,
            None => Unpack::Local,
            Some(true) => Unpack::Always,
            Some(false) => Unpack::Never,
        };
        let action = CopyAction {
            sources,
            destination,
            chown,
            chmod,
            exclude,
            parents: copy.parents,
            unpack,
        };
        let op = Op::Files(FilesOp {
            base: state.result,
            actions: vec![FileAction::Copy(action)],
        });
        self.advance(state, op, name, span);
        state.history(format!("{} # buildkit", shown.join(" ")), true);
        Ok(())
    }

    /// A source of ADD that is an address; `None` for a path.
    fn add_source(
        &mut self,
        copy: &Copy,
        source: &str,
        state: &State,
        span: Span,
    ) -> Result<Option<CopySource>> {
        if let Some(mut repository) = git::parse(source) {
            repository.keep_git_dir = copy.keep_git_dir == Some(true);
            repository.checksum = copy
                .checksum
                .as_ref()
                .map(|word| state.expand(self, word, span))
                .transpose()?;
            let op = Op::Git(repository);
            let vertex = Vertex {
                op,
                name: format!("[git] {source}"),
                span: Some(span),
                no_cache: state.no_cache,
            };
            return Ok(Some(CopySource::Path {
                from: Some(self.graph.add(vertex)),
                path: "/".into(),
            }));
        }
        if !source.starts_with("http://") && !source.starts_with("https://") {
            return Ok(None);
        }
        let checksum = match &copy.checksum {
            Some(word) => {
                let text = state.expand(self, word, span)?;
                Some(Digest::parse(&text).map_err(|error| at(span, error.to_string()))?)
            }
            None => None,
        };
        let path = source.split_once("://").map_or(source, |(_, rest)| rest);
        let path = path.split(['?', '#']).next().unwrap_or(path);
        let name = path
            .split_once('/')
            .and_then(|(_, path)| path.rsplit('/').next())
            .unwrap_or("");
        let name = percent_decoded(name);
        let name = if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
            "__unnamed__".to_string()
        } else {
            name
        };
        let op = Op::Download(Download {
            url: source.into(),
            checksum,
            name,
        });
        let vertex = Vertex {
            op,
            name: format!("[download] {source}"),
            span: Some(span),
            no_cache: state.no_cache,
        };
        Ok(Some(CopySource::Download {
            from: self.graph.add(vertex),
        }))
    }
}

fn inline(
    lowering: &Lowering<'_>,
    state: &State,
    heredoc: &Heredoc,
    span: Span,
) -> Result<CopySource> {
    let mut content = heredoc.body();
    if heredoc.expand {
        let lookup = |name: &str| state.variables.get(name).map(Into::into);
        content = expand::expand_heredoc(&content, lookup, lowering.dockerfile.directives.escape)
            .map_err(|error| {
                at(
                    span,
                    format!("cannot expand heredoc `{}`: {error}", heredoc.name),
                )
            })?
            .value;
    }
    Ok(CopySource::Inline {
        name: heredoc.name.clone(),
        content,
    })
}

/// `%20` and the like decoded (RFC 3986, section 2.1).
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text
            .get(at + 1..at + 3)
            .filter(|_| bytes[at] == b'%')
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
