//! `pyvenv.cfg`: what makes a directory a virtual environment.
//!
//! Format: lines `key = value`, read as `site.py` and the interpreter's start-up read them: the first `=` parts them,
//! keys are lower-cased and stripped, lines without `=` are passed over, a later line wins.

use serde::{Deserialize, Serialize};

use crate::version::parse_python;

/// The facts of a virtual environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PyvenvCfg {
    /// The directory of the interpreter it was made with: `/usr/local/bin`.
    pub home: Option<String>,
    /// Whether the interpreter's own site-packages are searched too.
    pub system_site_packages: bool,
    /// `version` or `version_info` as written: `3.11.4`, `3.11.4.final.0`.
    pub version: Option<String>,
    /// The interpreter it was made with, links resolved (since 3.11).
    pub executable: Option<String>,
    /// The command that made it (since 3.11).
    pub command: Option<String>,
    /// Which tool made it, if it says so: `uv`, `virtualenv`.
    pub made_by: Option<String>,
}

impl PyvenvCfg {
    /// Reads the file. Nothing is an error: the interpreter takes any text.
    pub fn parse(text: &str) -> PyvenvCfg {
        let mut cfg = PyvenvCfg::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for line in text.lines() {
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let value = value.trim().to_owned();
            match key.trim().to_lowercase().as_str() {
                "home" => cfg.home = Some(value),
                "include-system-site-packages" => {
                    cfg.system_site_packages = value.to_lowercase() == "true"
                }
                "version" => cfg.version = Some(value),
                "version_info" => cfg.version = cfg.version.or(Some(value)),
                "executable" => cfg.executable = Some(value),
                "command" => cfg.command = Some(value),
                "uv" => cfg.made_by = Some("uv".to_owned()),
                "virtualenv" => cfg.made_by = Some("virtualenv".to_owned()),
                _ => {}
            }
        }
        cfg
    }

    /// X and Y of the interpreter it was made with.
    pub fn python(&self) -> Option<(u8, u8)> {
        parse_python(self.version.as_deref()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_venv_virtualenv_and_uv() {
        let venv = PyvenvCfg::parse(
            "home = /usr/local/bin\ninclude-system-site-packages = false\nversion = 3.11.4\n\
             executable = /usr/local/bin/python3.11\ncommand = /usr/local/bin/python -m venv /app/a=b\n",
        );
        let expected = PyvenvCfg {
            home: Some("/usr/local/bin".to_owned()),
            system_site_packages: false,
            version: Some("3.11.4".to_owned()),
            executable: Some("/usr/local/bin/python3.11".to_owned()),
            command: Some("/usr/local/bin/python -m venv /app/a=b".to_owned()),
            made_by: None,
        };
        assert_eq!(venv, expected);
        assert_eq!(venv.python(), Some((3, 11)));
        let uv = PyvenvCfg::parse(
            "home = /x\r\nimplementation = CPython\r\nuv = 0.4\r\nversion_info = 3.12.1\r\nINCLUDE-SYSTEM-SITE-PACKAGES=TRUE\r\n",
        );
        assert_eq!(
            (uv.python(), uv.system_site_packages, uv.made_by.as_deref()),
            (Some((3, 12)), true, Some("uv"))
        );
        assert_eq!(PyvenvCfg::parse("nonsense\n\n=\n"), PyvenvCfg::default());
    }
}
