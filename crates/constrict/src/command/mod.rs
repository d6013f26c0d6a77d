//! The commands, one file each.

pub(crate) mod archive;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod history;
pub(crate) mod images;
pub(crate) mod inspect;
pub(crate) mod lint;
mod output;
pub(crate) mod prune;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod rmi;
pub(crate) mod run;
pub(crate) mod shell;
mod start;
pub(crate) mod system;
pub(crate) mod tag;
