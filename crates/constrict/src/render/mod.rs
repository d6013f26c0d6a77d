//! Values as text for people.

pub(crate) mod age;
pub(crate) mod failure;
mod stages;
mod style;
pub(crate) mod table;
