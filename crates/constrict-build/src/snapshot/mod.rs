//! Layers as directories: unpacked in the form that overlayfs stacks, and read back after a RUN.

mod changes;
mod disk;
mod times;
mod unpack;

pub(crate) use changes::{Change, Owners, changes};
pub(crate) use disk::{dress_directory, make_entries, write_files, write_plan};
pub(crate) use times::reset_times;
pub(crate) use unpack::{unpack_blob, unpack_while};

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
