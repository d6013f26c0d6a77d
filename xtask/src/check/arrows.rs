//! Which of our crates may import which: the arrows of `docs/architecture.md`, compared with `cargo metadata`.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::error::{Result, json};
use crate::process;

/// Every crate and the crates of ours that it may depend on. Tests may use `constrict-testing` anywhere.
const ARROWS: [(&str, &[&str]); 12] = [
    (
        "constrict",
        &[
            "constrict-build",
            "constrict-inspect",
            "constrict-oci",
            "constrict-dockerfile",
            "constrict-lint",
            "constrict-sandbox",
        ],
    ),
    (
        "constrict-build",
        &[
            "constrict-dockerfile",
            "constrict-debian",
            "constrict-oci",
            "constrict-sandbox",
        ],
    ),
    ("constrict-dockerfile", &[]),
    ("constrict-lint", &["constrict-dockerfile"]),
    ("constrict-debian", &[]),
    ("constrict-elf", &[]),
    (
        "constrict-inspect",
        &[
            "constrict-debian",
            "constrict-dockerfile",
            "constrict-elf",
            "constrict-oci",
            "constrict-python",
        ],
    ),
    ("constrict-oci", &[]),
    ("constrict-python", &[]),
    ("constrict-sandbox", &[]),
    ("constrict-testing", &["constrict-oci"]),
    ("xtask", &[]),
];

/// The arrows that should not be.
pub(crate) fn broken(top: &Path) -> Result<Vec<String>> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["metadata", "--format-version=1", "--no-deps"])
        .current_dir(top);
    let metadata: Value =
        serde_json::from_str(&process::demand(&mut cargo)?).map_err(json("cargo metadata"))?;
    let mut facts = Vec::new();
    for package in list(&metadata["packages"]) {
        let name = text(&package["name"]);
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            facts.push(format!("crate `{name}` has no row in the table of arrows"));
            continue;
        };
        for dependency in list(&package["dependencies"]) {
            let (target, kind) = (text(&dependency["name"]), text(&dependency["kind"]));
            let ours = ARROWS.iter().any(|(known, _)| *known == target);
            let test_only = kind == "dev" && target == "constrict-testing";
            if ours && !test_only && !allowed.contains(&target) {
                facts.push(format!("crate `{name}` must not depend on `{target}`"));
            }
        }
    }
    Ok(facts)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_of_this_workspace_hold() {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert_eq!(broken(&top).unwrap(), Vec::<String>::new());
    }
}
