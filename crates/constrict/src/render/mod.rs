//! Values as text for people.

pub(crate) mod age;
pub(crate) mod comparison;
pub(crate) mod container;
pub(crate) mod failure;
pub(crate) mod finding;
pub(crate) mod lint;
pub(crate) mod sarif;
mod stages;

pub(crate) mod report;
pub(crate) mod size;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod template;
pub(crate) mod vulnerabilities;
