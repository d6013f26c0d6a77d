//! COPY, ADD and WORKDIR: what they add to a state, as a plan that needs no root file system on disk.
//!
//! The rules are those of BuildKit's file operations, observed.

mod archive;
mod chmod;
mod owner;
mod plan;
mod select;

pub(crate) use archive::ArchiveView;
pub(crate) use chmod::ModeChange;
pub(crate) use owner::{account, account_by, chown_ids, number};
pub(crate) use plan::{Content, Destination, MakeDirectories, Plan};
pub(crate) use select::{
    Options, copy_inline, copy_literal, copy_source, matches, unpack, without_wildcards,
};

#[cfg(test)]
mod tests;
