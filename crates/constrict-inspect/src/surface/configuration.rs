//! What the configuration gives away: who runs, what a shell splits, which ports are told.

use super::{Item, Value};
use crate::facts::Facts;

/// Who the image runs as; the number is 1 for root.
pub(super) fn user(facts: &Facts<'_>) -> Value {
    let user = facts.user();
    let Some(uid) = user.uid else {
        return Value::text(
            format!("{}, who is not in passwd", user.asked),
            0,
            Vec::new(),
        );
    };
    let text = match (&user.name, user.asked.is_empty()) {
        (_, true) => "root (no USER)".to_string(),
        (Some(name), false) => format!("{name} (uid {uid})"),
        (None, false) => format!("uid {uid}"),
    };
    Value::text(text, u64::from(uid == 0), Vec::new())
}

/// ENTRYPOINT, CMD and HEALTHCHECK in shell form.
pub(super) fn shell_form(facts: &Facts<'_>) -> Value {
    let config = &facts.image.config.config;
    let is_shell = |words: &[String]| {
        let Some((_, before)) = words.split_last() else {
            return false;
        };
        let shell = before.first().and_then(|word| word.rsplit('/').next());
        let flag = before.last().is_some_and(|word| {
            word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
        });
        let is_named = matches!(shell, Some("sh" | "bash" | "ash" | "dash" | "zsh"));
        (is_named && before.len() > 1 && flag) || (!before.is_empty() && *before == config.shell)
    };
    let commands = [("ENTRYPOINT", &config.entrypoint), ("CMD", &config.cmd)];
    let mut found: Vec<Item> = commands
        .iter()
        .filter(|(_, words)| is_shell(words))
        .map(|(name, words)| Item {
            name: (*name).to_string(),
            detail: words.last().cloned().unwrap_or_default(),
        })
        .collect();
    if let Some(check) = &config.healthcheck
        && check.test.first().is_some_and(|word| word == "CMD-SHELL")
    {
        found.push(Item {
            name: "HEALTHCHECK".into(),
            detail: check.test[1..].join(" "),
        });
    }
    Value::count(found)
}

/// EXPOSE.
pub(super) fn ports(facts: &Facts<'_>) -> Value {
    let exposed = &facts.image.config.config.exposed_ports;
    let item = |port: &String| {
        let number: Option<u16> = port.split('/').next().and_then(|port| port.parse().ok());
        let is_privileged = number.is_some_and(|number| number < 1024);
        Item {
            name: port.clone(),
            detail: if is_privileged { "privileged" } else { "" }.to_string(),
        }
    };
    Value::count(exposed.iter().map(item).collect())
}
