//! `--filter` of ps: those of one name must hold for one value, those of different names all.

use std::collections::BTreeMap;

use constrict_build::container::kept::Record;
use constrict_build::container::look_up;
use constrict_build::store::Store;
use constrict_oci::Digest;

use crate::failure::Failure;
use crate::render::container::state;
use crate::session;

const KNOWN: &str = "name, id, status, health, exited, ancestor, label";
const STATES: [&str; 3] = ["created", "running", "exited"];
/// docker's other states, in which no container of ours ever is.
const NEVER: [&str; 4] = ["restarting", "removing", "paused", "dead"];

/// What is asked for.
#[derive(Debug, Default)]
pub(super) struct Filter(BTreeMap<String, Vec<String>>);

impl Filter {
    pub(super) fn parse(texts: &[String]) -> Result<Self, Failure> {
        let mut filter = Filter::default();
        for text in texts {
            let wrong = |what: &str| Err(Failure::usage(format!("`--filter {text}`: {what}")));
            let Some((name, value)) = text.split_once('=') else {
                return wrong("it has the form NAME=VALUE");
            };
            match name {
                "status" if !STATES.contains(&value) && !NEVER.contains(&value) => {
                    return wrong("a container is created, running or exited");
                }
                "health" if !["starting", "healthy", "unhealthy", "none"].contains(&value) => {
                    return wrong("health is starting, healthy, unhealthy or none");
                }
                "exited" if value.parse::<i32>().is_err() => {
                    return wrong("an exit status is a number");
                }
                "name" | "id" | "status" | "health" | "exited" | "ancestor" | "label" => {}
                _ => return wrong(&format!("`{name}` is not supported: {KNOWN} are")),
            }
            let values = filter.0.entry(name.into()).or_default();
            values.push(value.into());
        }
        Ok(filter)
    }

    /// Whether others than those that run may be asked for.
    pub(super) fn asks_for_status(&self) -> bool {
        self.0.contains_key("status") || self.0.contains_key("exited")
    }

    /// The image that containers are to be of.
    pub(super) fn ancestor(&self, store: &Store) -> Result<Option<Digest>, Failure> {
        let values = self.0.get("ancestor").map(Vec::as_slice);
        match values {
            None | Some([]) => Ok(None),
            Some([one]) => Ok(Some(*session::known(store, one)?.manifest())),
            Some([one, ..]) => match look_up(store, one)? {
                Some(_) => Err(Failure::usage("`--filter ancestor` is supported once only")),
                None => Err(constrict_build::Error::NoSuchImage(one.clone()).into()),
            },
        }
    }

    pub(super) fn has(&self, record: &Record) -> bool {
        self.0.iter().all(|(name, values)| {
            values
                .iter()
                .any(|value| name == "ancestor" || holds(name, value, record))
        })
    }
}

fn holds(name: &str, value: &str, record: &Record) -> bool {
    use constrict_build::container::kept::Status;
    match name {
        "name" => record.name.contains(value.trim_start_matches('/')),
        "id" => record.id.to_string().starts_with(value),
        "status" => state(record) == value,
        "health" => match &record.health {
            Some(health) => health.status.to_string() == value,
            None => value == "none",
        },
        "exited" => {
            matches!(&record.status, Status::Exited { code, .. } if code.to_string() == value)
        }
        _ => match value.split_once('=') {
            Some((name, value)) => record.labels.get(name).is_some_and(|known| known == value),
            None => record.labels.contains_key(value),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use crate::failure::Failure;

    #[test]
    fn filters_that_are_not_known_are_refused() {
        for (text, expected) in [
            ("name", "`--filter name`: it has the form NAME=VALUE"),
            (
                "network=x",
                "`--filter network=x`: `network` is not supported: name, id, status, health, exited, ancestor, label are",
            ),
            (
                "status=up",
                "`--filter status=up`: a container is created, running or exited",
            ),
            (
                "exited=x",
                "`--filter exited=x`: an exit status is a number",
            ),
        ] {
            match Filter::parse(&[text.into()]) {
                Err(Failure::Usage { message, .. }) => assert_eq!(message, expected),
                other => panic!("{other:?}"),
            }
        }
        assert!(
            Filter::parse(&["status=paused".into()])
                .unwrap()
                .asks_for_status()
        );
    }
}
