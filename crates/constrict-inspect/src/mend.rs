//! What would mend a finding, as facts: which files from where, which package, which words. Never applies anything; the
//! build's front end turns it into edits of the Dockerfile.

pub mod diff;
pub mod edit;

use serde::{Deserialize, Serialize};

/// A change of the last stage, or of what it begins with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do", content = "with")]
pub enum Mend {
    /// Copy files from another stage: shared libraries, console scripts. Each to where it lies there.
    CopyFrom {
        /// The stage's name or number.
        stage: String,
        /// Absolute paths; directories, which end with `/`, with all that is in them.
        paths: Vec<String>,
        /// Whether the loader's cache has to be made anew.
        ldconfig: bool,
    },
    /// Install packages of the distribution that the last stage begins with.
    Install {
        /// Their names.
        packages: Vec<String>,
        /// Whose they are.
        manager: PackageManager,
    },
    /// Write a small file, a console script.
    Write {
        /// Absolute.
        path: String,
        /// Its text.
        text: String,
        /// Permission bits.
        mode: u32,
    },
    /// Replace what a file says: shebangs, `pyvenv.cfg`, line ends. As a command for RUN, in the last stage.
    Run {
        /// The command, in exec form.
        command: Vec<String>,
    },
    /// Set ENTRYPOINT, in exec form; `None` resets it.
    Entrypoint(Option<Vec<String>>),
    /// Set CMD, in exec form.
    Cmd(Vec<String>),
    /// Set variables.
    Env(Vec<(String, String)>),
    /// Begin the last stage with another image.
    Base {
        /// As FROM names it.
        image: String,
        /// Why this one.
        why: String,
        /// ENTRYPOINT to write down, where CMD relies on the one that the old base brings along.
        #[serde(default)]
        entrypoint: Option<Vec<String>>,
    },
    /// Change the mode of files as they are copied (`COPY --chmod`), or of files that are there.
    Chmod {
        /// Absolute.
        path: String,
        /// Permission bits, `755`.
        mode: u32,
    },
    /// Nothing that is safe: this line of a file of the project has to change.
    Edit {
        /// `requirements.txt`.
        file: String,
        /// What to write.
        line: String,
    },
}

/// Who installs packages of the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackageManager {
    /// Debian's and its children's.
    Apt,
    /// Alpine's.
    Apk,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mend_is_kept_as_json() {
        let path = || "/usr/bin/x".to_string();
        let mends = vec![
            Mend::CopyFrom {
                stage: "builder".into(),
                paths: vec![path()],
                ldconfig: true,
            },
            Mend::Install {
                packages: vec!["libpq5".into()],
                manager: PackageManager::Apt,
            },
            Mend::Write {
                path: path(),
                text: "#!/bin/sh\n".into(),
                mode: 0o755,
            },
            Mend::Run {
                command: vec!["true".into()],
            },
            Mend::Entrypoint(None),
            Mend::Entrypoint(Some(vec![path()])),
            Mend::Cmd(vec![path()]),
            Mend::Env(vec![("A".into(), "b".into())]),
            Mend::Base {
                image: "python:3.11-slim".into(),
                why: "glibc".into(),
                entrypoint: None,
            },
            Mend::Chmod {
                path: path(),
                mode: 0o755,
            },
            Mend::Edit {
                file: "requirements.txt".into(),
                line: "Werkzeug<3".into(),
            },
        ];
        let text = serde_json::to_string(&mends).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Mend>>(&text).unwrap(), mends);
    }
}
