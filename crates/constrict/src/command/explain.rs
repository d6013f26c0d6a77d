//! `constrict explain`: the pages of the rules.

use std::process::ExitCode;

use constrict_inspect::rules::{self, RULES};

use crate::arguments::Explain;
use crate::failure::Failure;
use crate::session;

/// Prints a page, or the list of rules.
pub(crate) fn run(arguments: &Explain) -> Result<ExitCode, Failure> {
    let text = match &arguments.rule {
        None => RULES
            .iter()
            .map(|rule| format!("{:<26} {}\n", rule.name, rule.summary))
            .collect(),
        Some(name) => match rules::find(name) {
            Some(rule) => rule.page.to_string(),
            None => {
                return Err(Failure::usage_with_hint(
                    format!("no rule `{name}`"),
                    "`constrict explain` lists the rules",
                ));
            }
        },
    };
    session::print(&text);
    Ok(ExitCode::SUCCESS)
}
