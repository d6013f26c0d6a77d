//! What is asked of a container, as plain data. It carries nothing out.

use constrict_sandbox::Capabilities;
use serde::{Deserialize, Serialize};

use super::environment::Variable;
use super::port::PortRange;
use super::volume::Volume;
use crate::error::{Error, Result};

/// What `run` is asked for, besides the image. The default is what the image says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Request {
    /// The command in place of the image's, if not empty.
    pub command: Vec<String>,
    /// The entry point in place of the image's; empty for none. With it the image's command does not count.
    pub entrypoint: Option<Vec<String>>,
    /// Variables over those of the image; later ones count.
    pub env: Vec<Variable>,
    /// `user[:group]` in place of the image's.
    pub user: Option<String>,
    /// The working directory in place of the image's; absolute.
    pub working_dir: Option<String>,
    /// The host name inside; a random one if not given.
    pub hostname: Option<String>,
    /// The network.
    pub network: Network,
    /// Published ports.
    pub ports: Vec<PortRange>,
    /// Volumes.
    pub volumes: Vec<Volume>,
    /// Directories in memory.
    pub tmpfs: Vec<Tmpfs>,
    /// What root may do inside.
    pub capabilities: Capabilities,
    /// The root cannot be written to; volumes can.
    pub read_only: bool,
    /// A terminal of its own.
    pub terminal: bool,
    /// A first process of constrict's that starts the command, passes signals on and waits for orphans.
    pub init: bool,
}

/// The network of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// One of its own, with a way out where pasta gives it one.
    #[default]
    Own,
    /// One of its own with an address, without a way out.
    Closed,
    /// One of its own with loopback only.
    None,
    /// The host's.
    Host,
}

/// A directory in memory: `PATH[:size=BYTES][,mode=OCTAL]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tmpfs {
    /// Where; absolute.
    pub target: String,
    /// At most so many bytes.
    pub size: Option<u64>,
    /// Its permissions.
    pub mode: u32,
}

impl Tmpfs {
    /// Parses docker's `--tmpfs`.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |what: &str| Error::Invalid(format!("tmpfs `{text}`: {what}"));
        let (target, options) = text.split_once(':').unwrap_or((text, ""));
        if !target.starts_with('/') {
            return Err(wrong("the path is not absolute"));
        }
        let mut tmpfs = Tmpfs {
            target: target.into(),
            size: None,
            mode: 0o1777,
        };
        for option in options.split(',').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                // what the sandbox always does
                None if ["rw", "nosuid", "nodev"].contains(&option) => {}
                Some(("size", size)) => {
                    tmpfs.size = Some(parse_size(size).ok_or_else(|| wrong("no such size"))?);
                }
                Some(("mode", mode)) => {
                    let bits = u32::from_str_radix(mode, 8).ok();
                    tmpfs.mode = bits
                        .filter(|bits| *bits <= 0o7777)
                        .ok_or_else(|| wrong("no such mode"))?;
                }
                _ => {
                    return Err(wrong(&format!(
                        "option `{option}` is not supported (size, mode, rw, nosuid, nodev are)"
                    )));
                }
            }
        }
        Ok(tmpfs)
    }
}

/// `64m`: bytes, with a unit of 1024s.
fn parse_size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        "g" | "gb" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::Tmpfs;

    #[test]
    fn tmpfs_options_are_understood_or_refused() {
        let tmpfs = |target: &str, size, mode| Tmpfs {
            target: target.into(),
            size,
            mode,
        };
        let parse = |text| Tmpfs::parse(text).unwrap();
        assert_eq!(parse("/run"), tmpfs("/run", None, 0o1777));
        assert_eq!(
            parse("/run:rw,size=64m,mode=0700"),
            tmpfs("/run", Some(64 << 20), 0o700)
        );
        for (text, message) in [
            ("run", "tmpfs `run`: the path is not absolute"),
            ("/run:size=x", "tmpfs `/run:size=x`: no such size"),
            ("/run:mode=9", "tmpfs `/run:mode=9`: no such mode"),
            (
                "/run:exec",
                "tmpfs `/run:exec`: option `exec` is not supported (size, mode, rw, nosuid, nodev are)",
            ),
        ] {
            assert_eq!(Tmpfs::parse(text).unwrap_err().to_string(), message);
        }
    }
}
