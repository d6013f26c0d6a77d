//! Variables that a process starts with, and programs by name. Never reads our own environment.

use std::collections::BTreeMap;

use constrict_oci::RunConfig;

use super::account::{User, Want};
use crate::files::{Files, join};

/// PATH where the image sets none, as docker has it.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Variables and the working directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// By name.
    pub variables: BTreeMap<String, String>,
    /// Relative to the root; the root is empty.
    pub directory: Vec<u8>,
}

impl Environment {
    /// What the run-time gives the first process: the image's variables, HOME from passwd and PATH where they are not set.
    pub fn of(config: &RunConfig, user: &User) -> Environment {
        let mut variables = BTreeMap::new();
        for line in &config.env {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            variables.insert(name.to_string(), value.to_string());
        }
        variables
            .entry("PATH".into())
            .or_insert_with(|| DEFAULT_PATH.into());
        variables
            .entry("HOME".into())
            .or_insert_with(|| user.home.clone());
        Environment {
            variables,
            directory: join(b"", config.working_dir.as_bytes()),
        }
    }

    /// A variable's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The directories of PATH, relative ones resolved.
    pub fn path(&self) -> Vec<Vec<u8>> {
        let path = self.get("PATH").unwrap_or_default();
        path.split(':')
            .map(|part| self.absolute(part.as_bytes()))
            .collect()
    }

    /// A path that a process with this working directory means, relative to the root.
    pub fn absolute(&self, path: &[u8]) -> Vec<u8> {
        match path {
            b"" | b"." => self.directory.clone(),
            path => join(&self.directory, path.strip_prefix(b"./").unwrap_or(path)),
        }
    }

    /// Whether the working directory is below another: a relative path does not pass through that one.
    pub fn is_below(&self, directory: &[u8]) -> bool {
        let rest = self.directory.strip_prefix(directory);
        rest.is_some_and(|rest| rest.starts_with(b"/"))
    }

    /// The program that `name` means: a path if it has a slash, else the first file on PATH that the user may run.
    pub fn which(&self, files: &Files, user: &User, name: &str) -> Option<Vec<u8>> {
        let runs = |path: &Vec<u8>| files.is_file(path) && user.can(files, path, Want::Execute);
        if name.contains('/') {
            return Some(self.absolute(name.as_bytes())).filter(runs);
        }
        self.candidates(name).find(runs)
    }

    /// Where a program without a slash in its name is looked for.
    pub fn candidates(&self, name: &str) -> impl Iterator<Item = Vec<u8>> {
        self.path()
            .into_iter()
            .map(move |directory| join(&directory, name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;
    use crate::sample::Sample;

    fn sample(env: &[&str]) -> Sample {
        Sample::new()
            .file(
                "etc/passwd",
                "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
            )
            .file("usr/bin/tool", "")
            .program("usr/local/bin/tool", "")
            .program("app/run", "")
            .directory("usr/sbin/tool", 0o755)
            .config(|config| {
                config.config.user = "app".into();
                config.config.working_dir = "/app/".into();
                config.config.env = env.iter().map(|line| line.to_string()).collect();
            })
    }

    #[test]
    fn home_and_path_are_set_if_the_image_does_not() {
        let image = sample(&["A=1=2", "A=3"]).image();
        let facts = Facts::new(&image);
        let found = facts.environment();
        assert_eq!(
            (found.get("HOME"), found.get("A")),
            (Some("/home/app"), Some("3"))
        );
        assert_eq!(found.get("PATH"), Some(DEFAULT_PATH));
        assert_eq!(found.directory, b"app");
        let image = sample(&["HOME=/x", "PATH=/y"]).image();
        let facts = Facts::new(&image);
        let found = facts.environment();
        assert_eq!(
            (found.get("HOME"), found.get("PATH")),
            (Some("/x"), Some("/y"))
        );
    }

    #[test]
    fn programs_are_looked_up_as_execvp_does() {
        let image = sample(&["PATH=/usr/sbin:/usr/bin::/usr/local/bin"]).image();
        let facts = Facts::new(&image);
        let which = |name: &str| {
            let found = facts.environment().which(facts.files(), facts.user(), name);
            found.map(|path| crate::files::shown(&path))
        };
        // a directory, and a file that nobody may run, are passed over
        assert_eq!(which("tool").as_deref(), Some("/usr/local/bin/tool"));
        // an empty element is the working directory
        assert_eq!(which("run").as_deref(), Some("/app/run"));
        assert_eq!(which("./run").as_deref(), Some("/app/run"));
        assert_eq!(which("/usr/bin/tool"), None);
        assert_eq!(which("none"), None);
    }
}
