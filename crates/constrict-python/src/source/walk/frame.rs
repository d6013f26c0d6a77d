//! The circumstances around a statement, and what they make of its need.

use super::super::fact::{Attempt, Need};
use super::super::path::FilePath;

/// One circumstance.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Frame {
    /// In the body of a `try`.
    Attempt {
        /// Its index in the facts.
        index: u32,
        /// What its handler says when it gives up after a failed import.
        message: Option<String>,
    },
    /// In a handler of it.
    Handler(u32),
    /// In its `else`.
    Follow(u32),
    /// Under `if TYPE_CHECKING`.
    TypeChecking,
    /// In the body of a function.
    Function,
    /// Under a condition that isn't known.
    Conditional,
    /// Under the condition that nothing is at a path.
    Absent(FilePath),
    /// Under the main guard.
    Main,
}

/// The ways in which a statement fails that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// A module isn't there.
    Import,
    /// A module lacks an attribute.
    Attribute,
    /// A file, program or library isn't there.
    Os,
    /// A file or directory is closed.
    Permission,
    /// A program ends in failure.
    Process,
}

/// Whether the attempt ends this failure.
pub(super) fn swallows(attempt: &Attempt, failure: Failure) -> bool {
    match failure {
        Failure::Import => attempt.swallows.module_not_found,
        Failure::Attribute => attempt.swallows.attribute_error,
        Failure::Os => attempt.swallows.os_error,
        Failure::Permission => attempt.swallows.permission_error,
        Failure::Process => attempt.swallows.process_error,
    }
}

/// The need that the frames make; without a failure, guards don't count.
pub(super) fn classify(frames: &[Frame], attempts: &[Attempt], failure: Option<Failure>) -> Need {
    if frames.contains(&Frame::TypeChecking) {
        return Need::TypeChecking;
    }
    if frames.contains(&Frame::Function) {
        return Need::Deferred;
    }
    let guard = frames
        .iter()
        .rev()
        .find_map(|frame| match (frame, failure) {
            (Frame::Attempt { index, .. }, Some(failure)) => attempts
                .get(*index as usize)
                .is_some_and(|attempt| swallows(attempt, failure))
                .then_some(*index),
            _ => None,
        });
    if let Some(attempt) = guard {
        return Need::Guarded { attempt };
    }
    if frames
        .iter()
        .any(|frame| matches!(frame, Frame::Conditional | Frame::Absent(_)))
    {
        return Need::Conditional;
    }
    let branch = frames.iter().rev().find_map(|frame| match frame {
        Frame::Handler(of) => Some(Need::Fallback { of: *of }),
        Frame::Follow(of) => Some(Need::Follow { of: *of }),
        _ => None,
    });
    match branch {
        Some(need) => need,
        None if frames.contains(&Frame::Main) => Need::Main,
        None => Need::Always,
    }
}
