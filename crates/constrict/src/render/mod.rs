//! Values as text for people.

pub(crate) mod age;
pub(crate) mod failure;
pub(crate) mod table;
