//! The tests that `docs/security.md` names are there. Never runs them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::error::{Result, io};

const PAGE: &str = "docs/security.md";

/// The tests that the page names and that no file has.
pub(crate) fn broken(top: &Path) -> Result<Vec<String>> {
    let page = top.join(PAGE);
    let text = fs::read_to_string(&page).map_err(io("read", &page))?;
    let mut sources: BTreeMap<&str, String> = BTreeMap::new();
    let mut facts = Vec::new();
    for (file, test) in named(&text) {
        if !sources.contains_key(file) {
            let source = fs::read_to_string(top.join("crates").join(file));
            sources.insert(file, source.unwrap_or_default());
        }
        if !has_test(&sources[file], test) {
            facts.push(format!(
                "`{PAGE}` names `{file}::{test}`, which is not there"
            ));
        }
    }
    Ok(facts)
}

/// Every `file.rs::test` between backticks.
fn named(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter_map(|word| {
        word.split_once("::")
            .filter(|(file, _)| file.ends_with(".rs"))
    })
}

fn has_test(source: &str, test: &str) -> bool {
    let begin = format!("fn {test}(");
    source
        .find(&begin)
        .is_some_and(|at| source[..at].trim_end().ends_with("#[test]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_of_the_page_are_there() {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert_eq!(broken(&top).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn tests_are_told_from_other_functions() {
        let page = "| `a` | `x/y.rs::one`, `b::c` | `x/y.rs::two` |";
        let found: Vec<_> = named(page).collect();
        assert_eq!(found, [("x/y.rs", "one"), ("x/y.rs", "two")]);
        let source = "#[test]\nfn one() {}\nfn two() {}\n";
        assert!(has_test(source, "one"));
        assert!(!has_test(source, "two") && !has_test(source, "three"));
    }
}
