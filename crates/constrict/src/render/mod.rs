//! What users read: errors.

pub(crate) mod failure;
