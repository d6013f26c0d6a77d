//! Front ends: from what users write to a build graph. They run nothing.

pub mod dockerfile;
