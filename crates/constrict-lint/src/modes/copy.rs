//! COPY that brings something else than it looks like.

use constrict_dockerfile::instruction::{Copy, SourceArg};
use constrict_dockerfile::{Kind, Stage};

use super::rules;
use crate::sink::Sink;

/// The paths that a COPY takes; heredocs are none.
pub(super) fn paths(copy: &Copy) -> Vec<&str> {
    fn path(source: &SourceArg) -> Option<&str> {
        match source {
            SourceArg::Path(path) => Some(path),
            SourceArg::Heredoc(_) => None,
        }
    }
    copy.sources.iter().filter_map(path).collect()
}

pub(super) fn check(stage: &Stage, sink: &mut Sink<'_>) {
    for instruction in &stage.instructions {
        let Kind::Copy(copy) = &instruction.kind else {
            continue;
        };
        // files of one kind lie in `conf.d/*` and the like; sources of a program have packages
        let pours = |path: &&str| {
            path.strip_suffix("/*").is_some_and(|directory| {
                ["src", "app", "source", "backend", "server", "lib"]
                    .contains(&crate::shell::basename(directory))
            })
        };
        let Some(path) = paths(copy).into_iter().find(pours) else {
            continue;
        };
        if copy.from.is_some() || copy.parents {
            continue;
        }
        let directory = path.trim_end_matches('*');
        let message = format!(
            "the directories in `{directory}` are poured out: their files come without the directory's name"
        );
        let hint = format!("COPY {directory} {}", copy.dest);
        sink.add_with_hint(
            &rules::COPY_POURS_DIRECTORIES,
            instruction.span,
            message,
            hint,
        );
    }
}
