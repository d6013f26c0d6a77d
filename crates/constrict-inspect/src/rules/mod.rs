//! Every rule, one file each. What several rules share is a fact (`facts`), not a function here.

mod ascii_locale;
mod cuda_without_gpu;
mod doubled_files;
mod foreign_venv;
mod missing_setuptools;
mod no_certificates;
mod not_reproducible;
mod package_caches;
mod removed_stdlib_module;
mod secret_in_image;
mod several_locks;
mod user_site;

use crate::rule::Rule;

/// The rules, in the order of the catalogue.
pub const RULES: &[&Rule] = &[
    &user_site::RULE,
    &foreign_venv::RULE,
    &no_certificates::RULE,
    &ascii_locale::RULE,
    &not_reproducible::RULE,
    &secret_in_image::RULE,
    &package_caches::RULE,
    &cuda_without_gpu::RULE,
    &doubled_files::RULE,
    &several_locks::RULE,
    &missing_setuptools::RULE,
    &removed_stdlib_module::RULE,
];

/// The rule with this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}
