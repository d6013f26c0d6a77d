//! The environment of a RUN.

use super::Authorities;
use crate::frontend::dockerfile::DEFAULT_PATH;
use crate::graph::RunOp;

/// The Dockerfile's variables, then what a process must have, then what the network needs; earlier ones win.
pub(super) fn variables(op: &RunOp, home: &str, authorities: Option<&Authorities>) -> Vec<String> {
    let mut variables: Vec<(String, String)> = op.env.clone();
    let mut add = |name: &str, value: &str| {
        if !variables.iter().any(|(known, _)| known == name) {
            variables.push((name.into(), value.into()));
        }
    };
    add("PATH", DEFAULT_PATH);
    add("HOME", home);
    for (name, value) in &op.unkeyed_env {
        add(name, value);
    }
    if authorities.is_some() {
        for name in Authorities::VARIABLES {
            add(name, Authorities::PATH);
        }
    }
    variables
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}
