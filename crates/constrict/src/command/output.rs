//! `--output`: where a result goes.

use std::path::{Path, PathBuf};

use constrict_oci::layer::Compression;

use crate::failure::Failure;

/// One `--output`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// What is written.
    pub(crate) kind: Kind,
    /// Where; `-` is standard output.
    pub(crate) dest: Option<PathBuf>,
    /// The name in an archive or registry, if it is not that of `--tag`.
    pub(crate) name: Option<String>,
    /// How layers are compressed.
    pub(crate) compression: Compression,
    /// Push it (`type=image,push=true`).
    pub(crate) push: bool,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An OCI archive.
    Oci,
    /// A docker archive.
    Docker,
    /// The merged files as a tar.
    Tar,
    /// The merged files as a directory.
    Local,
    /// An image in a registry.
    Registry,
    /// An image in the store.
    Image,
}

impl Output {
    /// Reads `type=oci,dest=PATH`; a bare path is a directory, `-` a tar on standard output.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let mut output = Output {
            kind: Kind::Local,
            dest: None,
            name: None,
            compression: Compression::GZIP,
            push: false,
        };
        if text == "-" {
            return Ok(Output {
                kind: Kind::Tar,
                dest: Some("-".into()),
                ..output
            });
        }
        if !text.contains('=') {
            return Ok(Output {
                dest: Some(text.into()),
                ..output
            });
        }
        let mut kind = None;
        let mut level = None;
        for field in text.split(',') {
            let Some((key, value)) = field.split_once('=') else {
                return Err(Failure::usage(format!(
                    "`{field}` in `--output {text}` is no key=value"
                )));
            };
            match key {
                "type" => kind = Some(parse_kind(value)?),
                "dest" => output.dest = Some(value.into()),
                "name" => output.name = Some(value.into()),
                "push" => output.push = value == "true",
                "compression" => output.compression = parse_compression(value)?,
                "compression-level" => level = Some(value.to_string()),
                _ => {
                    return Err(Failure::usage(format!(
                        "unknown key `{key}` in `--output {text}`"
                    )));
                }
            }
        }
        if let Some(level) = level {
            output.compression = with_level(output.compression, &level)?;
        }
        output.kind =
            kind.ok_or_else(|| Failure::usage(format!("`--output {text}` has no type")))?;
        match (output.kind, &output.dest) {
            (Kind::Local, None) => Err(Failure::usage(
                "`--output type=local` needs `dest=DIRECTORY`",
            )),
            (Kind::Local, Some(dest)) if dest == Path::new("-") => Err(Failure::usage(
                "`--output type=local` cannot go to standard output",
            )),
            _ => Ok(output),
        }
    }
}

fn parse_kind(value: &str) -> Result<Kind, Failure> {
    Ok(match value {
        "oci" => Kind::Oci,
        "docker" => Kind::Docker,
        "tar" => Kind::Tar,
        "local" => Kind::Local,
        "registry" => Kind::Registry,
        "image" => Kind::Image,
        _ => {
            return Err(Failure::usage(format!(
                "unknown output type `{value}`: oci, docker, tar, local, registry or image"
            )));
        }
    })
}

fn parse_compression(value: &str) -> Result<Compression, Failure> {
    Ok(match value {
        "gzip" => Compression::GZIP,
        "zstd" => Compression::ZSTD,
        "uncompressed" => Compression::None,
        _ => {
            return Err(Failure::usage(format!(
                "unknown compression `{value}`: gzip, zstd or uncompressed"
            )));
        }
    })
}

fn with_level(compression: Compression, text: &str) -> Result<Compression, Failure> {
    let wrong = || Failure::usage(format!("`{text}` is no compression level"));
    Ok(match compression {
        Compression::None => Compression::None,
        Compression::Gzip { .. } => Compression::Gzip {
            level: text
                .parse()
                .ok()
                .filter(|level| *level <= 9)
                .ok_or_else(wrong)?,
        },
        Compression::Zstd { .. } => Compression::Zstd {
            level: text
                .parse()
                .ok()
                .filter(|level| (1..=22).contains(level))
                .ok_or_else(wrong)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, Output};
    use constrict_oci::layer::Compression;

    #[test]
    fn outputs_are_read() {
        let output =
            Output::parse("type=oci,dest=x.tar,compression=zstd,compression-level=9").unwrap();
        assert_eq!(
            (output.kind, output.compression),
            (Kind::Oci, Compression::Zstd { level: 9 })
        );
        assert_eq!(output.dest.unwrap().to_str(), Some("x.tar"));
        assert_eq!(Output::parse("out").unwrap().kind, Kind::Local);
        assert_eq!(Output::parse("-").unwrap().kind, Kind::Tar);
    }

    #[test]
    fn wrong_outputs_are_refused() {
        for text in [
            "type=iso",
            "dest=x",
            "type=local",
            "type=local,dest=-",
            "type=oci,x=y",
            "type=oci,compression=xz",
        ] {
            assert!(Output::parse(text).is_err(), "{text}");
        }
    }
}
