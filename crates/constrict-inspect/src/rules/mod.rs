//! Every rule, one file each. What several rules share is a fact (`facts`), not a function here.

mod ascii_locale;
mod carriage_return;
mod cpu_baseline;
mod cuda_without_gpu;
mod dangling_python;
mod development_dependencies;
mod doubled_files;
mod drifted_bases;
mod editable_install;
mod entrypoint_eats_command;
mod environment_built_at_start;
mod exec_form_is_no_shell;
mod exec_form_not_json;
mod fetched_python;
mod foreign_venv;
mod glibc_on_musl;
mod glibc_too_old;
mod healthcheck_program;
mod hidden_native_error;
mod incomplete_distribution;
mod installer_in_image;
mod library_opened_by_name;
mod loader_cannot_find;
mod loopback_only;
mod lost_data_files;
mod lost_directory;
mod missing_display_library;
mod missing_interpreter;
mod missing_library;
mod missing_module;
mod missing_openssl;
mod missing_program;
mod missing_runtime_library;
mod missing_script;
mod missing_setuptools;
mod missing_symbol;
mod missing_target;
mod moved_venv;
mod no_certificates;
mod no_time_zones;
mod not_executable;
mod not_reproducible;
mod other_python;
mod package_caches;
mod removed_name;
mod removed_stdlib_module;
mod secret_in_image;
mod several_locks;
mod shadowed_module;
mod shell_swallows_signals;
mod stale_bytecode;
mod stripped_distribution;
mod unknown_user;
mod unwritable_home;
mod user_site;
mod uv_run_at_start;
mod wrong_architecture;

#[cfg(test)]
mod pages;

use crate::rule::Rule;

/// The rules, in the order of the catalogue.
pub const RULES: &[&Rule] = &[
    &moved_venv::RULE,
    &dangling_python::RULE,
    &other_python::RULE,
    &fetched_python::RULE,
    &drifted_bases::RULE,
    &glibc_too_old::RULE,
    &glibc_on_musl::RULE,
    &missing_symbol::RULE,
    &wrong_architecture::RULE,
    &missing_library::RULE,
    &missing_display_library::RULE,
    &missing_runtime_library::RULE,
    &missing_openssl::RULE,
    &library_opened_by_name::RULE,
    &hidden_native_error::RULE,
    &missing_program::RULE,
    &missing_script::RULE,
    &user_site::RULE,
    &editable_install::RULE,
    &lost_data_files::RULE,
    &foreign_venv::RULE,
    &environment_built_at_start::RULE,
    &uv_run_at_start::RULE,
    &no_time_zones::RULE,
    &no_certificates::RULE,
    &ascii_locale::RULE,
    &shell_swallows_signals::RULE,
    &unwritable_home::RULE,
    &stale_bytecode::RULE,
    &not_reproducible::RULE,
    &secret_in_image::RULE,
    &installer_in_image::RULE,
    &development_dependencies::RULE,
    &package_caches::RULE,
    &removed_name::RULE,
    &cpu_baseline::RULE,
    &cuda_without_gpu::RULE,
    &healthcheck_program::RULE,
    &stripped_distribution::RULE,
    &doubled_files::RULE,
    &several_locks::RULE,
    &entrypoint_eats_command::RULE,
    &missing_module::RULE,
    &lost_directory::RULE,
    &missing_setuptools::RULE,
    &removed_stdlib_module::RULE,
    &carriage_return::RULE,
    &missing_interpreter::RULE,
    &not_executable::RULE,
    &loopback_only::RULE,
    &unknown_user::RULE,
    &missing_target::RULE,
    &shadowed_module::RULE,
    &exec_form_is_no_shell::RULE,
    &exec_form_not_json::RULE,
    &loader_cannot_find::RULE,
    &incomplete_distribution::RULE,
];

/// The rule with this name.
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}
