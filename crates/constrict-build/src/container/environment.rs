//! The environment of a container: docker's defaults, the image's variables, and those that were asked for.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::frontend::dockerfile::DEFAULT_PATH;

/// A variable that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; without one the image's variable of this name is left out.
    pub value: Option<String>,
}

impl Variable {
    /// Parses `NAME=value`, or `NAME` with the value that it has in `environment`.
    pub fn parse(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_string())),
            None => (text, environment(text)),
        };
        if name.is_empty() {
            return Err(Error::Invalid(format!("variable `{text}` has no name")));
        }
        let name = name.to_string();
        Ok(Variable { name, value })
    }
}

/// Parses an `--env-file`: a variable a line, its value taken as it stands; empty lines and lines with `#` are left out.
pub fn parse_variables(
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Variable>> {
    let mut variables = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let name = line.split('=').next().unwrap_or_default();
        if name.contains(char::is_whitespace) {
            return Err(Error::Invalid(format!(
                "the name of variable `{name}` has white space in it"
            )));
        }
        let variable = Variable::parse(line, environment)?;
        // docker leaves out a name in a file that the environment does not have
        if variable.value.is_some() {
            variables.push(variable);
        }
    }
    Ok(variables)
}

/// The image's variables with those that were asked for, as `NAME=value`, without what constrict adds.
pub fn merged_variables(image: &[String], asked: &[Variable]) -> Vec<String> {
    let name = |line: &str| line.split('=').next().unwrap_or_default().to_string();
    let of_image = image
        .iter()
        .filter(|line| !asked.iter().any(|variable| variable.name == name(line)));
    let mut lines: Vec<String> = Vec::new();
    for variable in asked {
        lines.retain(|line| name(line) != variable.name);
        if let Some(value) = &variable.value {
            lines.push(format!("{}={value}", variable.name));
        }
    }
    lines.into_iter().chain(of_image.cloned()).collect()
}

/// Everything that the process sees, as `NAME=value`, in docker's order.
pub(super) fn variables(
    image: &[String],
    asked: &[Variable],
    hostname: &str,
    terminal: bool,
    home: &str,
) -> Vec<String> {
    let mut all: Vec<(String, Option<String>)> = Vec::new();
    let mut set = |name: &str, value: Option<&str>| {
        let value = value.map(Into::into);
        match all.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1 = value,
            None => all.push((name.into(), value)),
        }
    };
    set("PATH", Some(DEFAULT_PATH));
    set("HOSTNAME", Some(hostname));
    if terminal {
        set("TERM", Some("xterm"));
    }
    for variable in asked {
        set(&variable.name, variable.value.as_deref());
    }
    for line in image {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        if !asked.iter().any(|variable| variable.name == name) {
            set(name, Some(value));
        }
    }
    if !all
        .iter()
        .any(|(name, value)| name == "HOME" && value.as_ref().is_some_and(|home| !home.is_empty()))
    {
        all.retain(|(name, _)| name != "HOME");
        all.push(("HOME".into(), Some(home.into())));
    }
    let line = |(name, value): (String, Option<String>)| Some(format!("{name}={}", value?));
    all.into_iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{Variable, parse_variables, variables};

    fn host(name: &str) -> Option<String> {
        (name == "KNOWN").then(|| "from the host".into())
    }

    #[test]
    fn environment_is_in_dockers_order() {
        let parse = |text: &str| Variable::parse(text, &host).unwrap();
        let asked = [parse("A=1"), parse("KNOWN"), parse("GONE"), parse("A=2=3")];
        let image = ["PATH=/bin", "GONE=image", "A=image", "B=image"].map(String::from);
        assert_eq!(
            variables(&image, &asked, "box", true, "/root"),
            [
                "PATH=/bin",
                "HOSTNAME=box",
                "TERM=xterm",
                "A=2=3",
                "KNOWN=from the host",
                "B=image",
                "HOME=/root"
            ]
        );
    }

    #[test]
    fn home_of_the_image_counts_before_that_of_passwd() {
        let image = ["HOME=/srv".to_string()];
        assert_eq!(
            variables(&image, &[], "box", false, "/root")[2..],
            ["HOME=/srv"]
        );
        let asked = [Variable::parse("HOME=", &host).unwrap()];
        assert_eq!(
            variables(&image, &asked, "box", false, "/root")[2..],
            ["HOME=/root"]
        );
    }

    #[test]
    fn variables_of_a_file_are_taken_as_they_stand() {
        let text = "\u{feff}# comment\n\n  A= \"quoted\" # kept\nKNOWN\nUNKNOWN\nEMPTY=\r\n";
        let parsed = parse_variables(text, &host).unwrap();
        let expected = [
            ("A", " \"quoted\" # kept"),
            ("KNOWN", "from the host"),
            ("EMPTY", ""),
        ];
        let expected = expected.map(|(name, value)| Variable {
            name: name.into(),
            value: Some(value.into()),
        });
        assert_eq!(parsed, expected);
        assert_eq!(
            parse_variables("a b=1", &host).unwrap_err().to_string(),
            "the name of variable `a b` has white space in it"
        );
        assert_eq!(
            parse_variables("=1", &host).unwrap_err().to_string(),
            "variable `=1` has no name"
        );
    }
}
