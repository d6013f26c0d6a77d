//! Volumes as docker's `-v` writes them: `[SOURCE:]TARGET[:OPTIONS]`, and the directories of named ones.
//!
//! A named volume is `volumes/<mode>/<name>` in the store, and stays there. It is filled from the image when it is made.

use std::path::{Path, PathBuf};

use constrict_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::error::{Error, IoContext, Result};
use crate::layers::Layers;
use crate::tree::join;
use crate::view::{Meta, View, resolve_in};

/// One volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// What is mounted.
    pub source: VolumeSource,
    /// Where; absolute.
    pub target: String,
    /// Whether writing fails.
    pub readonly: bool,
    /// A new named volume stays empty, instead of getting what the image has there.
    pub no_copy: bool,
}

/// What a volume shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolumeSource {
    /// A path of the host.
    Host(PathBuf),
    /// A directory of the store that outlives the container.
    Named(String),
    /// A directory that goes with the container.
    Anonymous,
}

impl Volume {
    /// Parses one `-v`; a path of the host may be relative to `here` if it begins with a dot.
    pub fn parse(text: &str, here: &Path) -> Result<Self> {
        let wrong = |what: &str| Error::Invalid(format!("volume `{text}`: {what}"));
        let parts: Vec<&str> = text.split(':').collect();
        let (source, target, options) = match parts[..] {
            [target] => (None, target, ""),
            [source, target] => (Some(source), target, ""),
            [source, target, options] => (Some(source), target, options),
            _ => return Err(wrong("more than SOURCE:TARGET:OPTIONS")),
        };
        if !target.starts_with('/') {
            return Err(wrong("the path in the container is not absolute"));
        }
        if crate::view::clean(target.as_bytes()).is_empty() {
            return Err(wrong("the path in the container is `/`"));
        }
        let mut volume = Volume {
            source: match source {
                None => VolumeSource::Anonymous,
                Some("") => return Err(wrong("the source is empty")),
                Some(path) if path.starts_with('/') => VolumeSource::Host(path.into()),
                Some(path)
                    if path == "."
                        || path == ".."
                        || path.starts_with("./")
                        || path.starts_with("../") =>
                {
                    VolumeSource::Host(here.join(path))
                }
                Some(name) if is_name(name) => VolumeSource::Named(name.into()),
                Some(name) => {
                    return Err(wrong(&format!(
                        "`{name}` is no name of a volume; a path of the host begins with `/` or `./`"
                    )));
                }
            },
            target: target.into(),
            readonly: false,
            no_copy: false,
        };
        for option in options.split(',').filter(|option| !option.is_empty()) {
            match option {
                "rw" => {}
                "ro" | "readonly" => volume.readonly = true,
                "nocopy" => volume.no_copy = true,
                // of docker on other systems: on Linux files are always the same on both sides
                "consistent" | "cached" | "delegated" => {}
                _ => {
                    return Err(wrong(&format!(
                        "option `{option}` is not supported (ro, rw, nocopy are)"
                    )));
                }
            }
        }
        Ok(volume)
    }
}

/// docker's rule for names of volumes.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

/// The files of the image that a volume may be filled with.
pub(super) struct Image<'a> {
    /// The layers.
    pub(super) layers: &'a Layers,
    /// The merged files.
    pub(super) view: &'a dyn View,
}

impl Image<'_> {
    /// The directory of a named volume, made and filled if it is new.
    pub(super) fn named(&self, name: &str, volume: &Volume) -> Result<PathBuf> {
        let folder = crate::store::folder_of(self.layers.mode);
        let folder = self.layers.store.root().join("volumes").join(folder);
        std::fs::create_dir_all(&folder).at("create", &folder)?;
        let path = folder.join(name);
        let _lock = self.layers.store.lock(&format!("volume-{name}"))?;
        if !path.is_dir() {
            let temporary = self.layers.store.temporary("volume");
            self.fill(&temporary, &volume.target, !volume.no_copy)?;
            std::fs::rename(&temporary, &path).at("rename to", &path)?;
        }
        Ok(path)
    }

    /// Makes the directory `path` with the owner and mode that `target` has in the image, and with its files.
    pub(super) fn fill(&self, path: &Path, target: &str, files: bool) -> Result<()> {
        std::fs::create_dir(path).at("create", path)?;
        let mode = self.layers.mode;
        let at = resolve_in(self.view, target.as_bytes(), true)?;
        let Some(meta) = self.view.meta(&at)?.filter(Meta::is_directory) else {
            return crate::snapshot::dress_directory(path, mode, 0o755, (0, 0));
        };
        if files {
            let source = Below {
                view: self.view,
                at: &at,
            };
            crate::snapshot::write_files(path, mode, self.files(&at)?, &source)?;
        }
        crate::snapshot::dress_directory(path, mode, meta.mode, (meta.uid, meta.gid))
    }

    /// The files below a directory, by their paths in it, parents first.
    fn files(&self, at: &[u8]) -> Result<Vec<(Vec<u8>, Meta)>> {
        let mut files = Vec::new();
        let mut pending = vec![Vec::new()];
        while let Some(directory) = pending.pop() {
            for name in self.view.list(&below(at, &directory))? {
                let path = join(&directory, &name);
                let Some(meta) = self.view.meta(&join(at, &path))? else {
                    continue;
                };
                if meta.is_directory() {
                    pending.push(path.clone());
                }
                files.push((path, meta));
            }
        }
        Ok(files)
    }
}

/// `path` in the directory `at`; the empty path is the directory itself.
fn below(at: &[u8], path: &[u8]) -> Vec<u8> {
    if path.is_empty() {
        return at.to_vec();
    }
    join(at, path)
}

/// A directory of a view as a view.
struct Below<'a> {
    view: &'a dyn View,
    at: &'a [u8],
}

impl View for Below<'_> {
    fn meta(&self, path: &[u8]) -> Result<Option<Meta>> {
        self.view.meta(&below(self.at, path))
    }

    fn list(&self, path: &[u8]) -> Result<Vec<Vec<u8>>> {
        self.view.list(&below(self.at, path))
    }

    fn digest(&self, path: &[u8]) -> Result<Digest> {
        self.view.digest(&join(self.at, path))
    }

    fn open(&self, path: &[u8]) -> Result<Box<dyn std::io::Read + '_>> {
        self.view.open(&join(self.at, path))
    }

    fn name(&self) -> String {
        self.view.name()
    }
}

#[cfg(test)]
mod tests {
    use super::{Volume, VolumeSource};

    fn volume(text: &str) -> String {
        match Volume::parse(text, "/here".as_ref()) {
            Ok(volume) => {
                let source = match volume.source {
                    VolumeSource::Host(path) => path.display().to_string(),
                    VolumeSource::Named(name) => format!("volume {name}"),
                    VolumeSource::Anonymous => "nothing".into(),
                };
                let readonly = if volume.readonly { " ro" } else { "" };
                let no_copy = if volume.no_copy { " nocopy" } else { "" };
                format!("{source} -> {}{readonly}{no_copy}", volume.target)
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn volumes_are_read_as_docker_reads_them() {
        let cases = [
            ("/data", "nothing -> /data"),
            ("/srv:/data:ro", "/srv -> /data ro"),
            ("./srv:/data", "/here/./srv -> /data"),
            (".:/data", "/here/. -> /data"),
            ("db:/data:rw,nocopy", "volume db -> /data nocopy"),
            (
                "db:data",
                "volume `db:data`: the path in the container is not absolute",
            ),
            (
                "db:/x/..",
                "volume `db:/x/..`: the path in the container is `/`",
            ),
            (":/data", "volume `:/data`: the source is empty"),
            (
                "a:/b:ro:c",
                "volume `a:/b:ro:c`: more than SOURCE:TARGET:OPTIONS",
            ),
            (
                "a/b:/data",
                "volume `a/b:/data`: `a/b` is no name of a volume; a path of the host begins with `/` or `./`",
            ),
            (
                "db:/data:rshared",
                "volume `db:/data:rshared`: option `rshared` is not supported (ro, rw, nocopy are)",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(volume(text), expected, "{text}");
        }
    }
}
