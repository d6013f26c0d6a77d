//! The merged files of an image: layers applied one upon the other into a table of paths.
//!
//! Never unpacks anything to disk and knows nothing of builders.
//! Format: the OCI layer change set (tar with `.wh.` whiteouts and `.wh..wh..opq`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    File,
    Directory,
    Link,
    Fifo,
    Character,
    Block,
}

/// One path's facts; times are left out on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) uid: u64,
    pub(crate) gid: u64,
    /// Target of a symbolic link, device number, content hash or nothing, by kind.
    pub(crate) what: String,
    pub(crate) size: u64,
    /// `security.capability` in hexadecimal; empty without one.
    pub(crate) capability: String,
    /// Equal for the names of one file.
    pub(crate) inode: u64,
}

impl Entry {
    /// Whether all but the inode is equal.
    pub(crate) fn same(&self, other: &Self) -> bool {
        Self {
            inode: 0,
            ..self.clone()
        } == Self {
            inode: 0,
            ..other.clone()
        }
    }

    /// Whether kind, mode and owner are equal.
    pub(crate) fn same_but_content(&self, other: &Self) -> bool {
        let facts = |entry: &Self| {
            (
                entry.kind,
                entry.mode,
                entry.uid,
                entry.gid,
                entry.capability.clone(),
            )
        };
        facts(self) == facts(other)
    }

    /// Whether all but the inode and the write bits of group and others is equal.
    pub(crate) fn same_but_umask(&self, other: &Self) -> bool {
        let unmasked = |entry: &Self| Self {
            mode: entry.mode & !0o022,
            ..entry.clone()
        };
        unmasked(self).same(&unmasked(other))
    }

    /// Kind, mode, owner and size, without content.
    pub(crate) fn brief(&self) -> String {
        let Self {
            kind,
            mode,
            uid,
            gid,
            size,
            ..
        } = self;
        format!("{kind:?} {mode:04o} {uid}:{gid} {size}")
    }

    /// The facts that two images must agree on, as a row for people.
    pub(crate) fn row(&self) -> String {
        let Self {
            kind,
            mode,
            uid,
            gid,
            what,
            size,
            capability,
            inode: _,
        } = self;
        let short: String = if *kind == Kind::File {
            what.chars().take(12).collect()
        } else {
            what.clone()
        };
        format!("{kind:?} {mode:04o} {uid}:{gid} {size} {short} {capability}")
            .trim_end()
            .to_owned()
    }
}

/// Path (absolute, bytes that are no UTF-8 written `\xNN`) → entry. The root itself is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tree {
    pub(crate) entries: BTreeMap<String, Entry>,
    inodes: u64,
}

impl Tree {
    /// Lays an uncompressed layer over what is there.
    pub(crate) fn apply(&mut self, layer: impl Read) -> std::io::Result<()> {
        let (found, removals) = self.scan(layer)?;
        for path in &removals.opaque {
            self.remove_below(path);
        }
        for path in &removals.whiteouts {
            self.entries.remove(path);
            self.remove_below(path);
        }
        for (path, item) in found {
            let entry = match item {
                Item::Entry(entry) => entry,
                Item::Hard(target) => self.entries.get(&target).cloned().ok_or_else(|| {
                    std::io::Error::other(format!(
                        "hard link `{path}` to `{target}`, which is not there"
                    ))
                })?,
            };
            if entry.kind != Kind::Directory {
                self.remove_below(&path);
            }
            self.entries.insert(path, entry);
        }
        Ok(())
    }

    /// The groups of names that share one file, two names at least.
    pub(crate) fn hard_links(&self) -> BTreeSet<Vec<&str>> {
        let mut groups: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
        for (path, entry) in &self.entries {
            groups.entry(entry.inode).or_default().push(path);
        }
        groups
            .into_values()
            .filter(|names| names.len() > 1)
            .collect()
    }

    fn scan(&mut self, layer: impl Read) -> std::io::Result<(Vec<(String, Item)>, Removals)> {
        let mut found = Vec::new();
        let mut removals = Removals::default();
        for entry in tar::Archive::new(layer).entries()? {
            let mut entry = entry?;
            let path = absolute(&entry.path_bytes());
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", ""));
            if name == ".wh..wh..opq" {
                removals.opaque.push(parent.to_owned());
            } else if let Some(hidden) = name.strip_prefix(".wh.") {
                removals.whiteouts.push(format!("{parent}/{hidden}"));
            } else if path != "/" {
                self.inodes += 1;
                let item = item(&mut entry, self.inodes)?;
                found.push((path, item));
            }
        }
        Ok((found, removals))
    }

    fn remove_below(&mut self, path: &str) {
        let from = format!("{path}/");
        let below: Vec<String> = self
            .entries
            .range(from.clone()..)
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(&from))
            .cloned()
            .collect();
        for key in below {
            self.entries.remove(&key);
        }
    }
}

#[derive(Default)]
struct Removals {
    opaque: Vec<String>,
    whiteouts: Vec<String>,
}

enum Item {
    Entry(Entry),
    Hard(String),
}

fn item<R: Read>(entry: &mut tar::Entry<'_, R>, inode: u64) -> std::io::Result<Item> {
    use tar::EntryType;
    let capability = capability(entry)?;
    let header = entry.header();
    let (mode, uid, gid) = (header.mode()? & 0o7777, header.uid()?, header.gid()?);
    let link = || entry.link_name_bytes().unwrap_or_default();
    let (kind, what) = match header.entry_type() {
        EntryType::Link => return Ok(Item::Hard(absolute(&link()))),
        EntryType::Symlink => (Kind::Link, shown(&link())),
        EntryType::Directory => (Kind::Directory, String::new()),
        EntryType::Fifo => (Kind::Fifo, String::new()),
        EntryType::Char => (Kind::Character, device(header)?),
        EntryType::Block => (Kind::Block, device(header)?),
        _ => (Kind::File, String::new()),
    };
    let (what, size) = if kind == Kind::File {
        hashed(entry)?
    } else {
        (what, 0)
    };
    Ok(Item::Entry(Entry {
        kind,
        mode,
        uid,
        gid,
        what,
        size,
        capability,
        inode,
    }))
}

fn device(header: &tar::Header) -> std::io::Result<String> {
    Ok(format!(
        "{},{}",
        header.device_major()?.unwrap_or(0),
        header.device_minor()?.unwrap_or(0)
    ))
}

fn hashed(content: &mut impl Read) -> std::io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let count = content.read(&mut buffer)?;
        if count == 0 {
            return Ok((hexadecimal(&hash.finalize()), size));
        }
        hash.update(&buffer[..count]);
        size += count as u64;
    }
}

fn capability<R: Read>(entry: &mut tar::Entry<'_, R>) -> std::io::Result<String> {
    let Some(records) = entry.pax_extensions()? else {
        return Ok(String::new());
    };
    for record in records {
        let record = record?;
        if record.key_bytes() == b"SCHILY.xattr.security.capability" {
            return Ok(hexadecimal(record.value_bytes()));
        }
    }
    Ok(String::new())
}

/// The lower-case hexadecimal of `bytes`.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tar name as a clean absolute path.
fn absolute(name: &[u8]) -> String {
    let text = shown(name);
    let parts: Vec<&str> = text
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    format!("/{}", parts.join("/"))
}

/// Bytes as text without loss.
fn shown(bytes: &[u8]) -> String {
    bytes
        .utf8_chunks()
        .map(|chunk| {
            let odd: String = chunk
                .invalid()
                .iter()
                .map(|byte| format!("\\x{byte:02x}"))
                .collect();
            format!("{}{odd}", chunk.valid())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(entries: &[(&str, tar::EntryType, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            header.set_uid(0);
            header.set_gid(0);
            if matches!(kind, tar::EntryType::Link | tar::EntryType::Symlink) {
                header.set_size(0);
                builder.append_link(&mut header, path, content).unwrap();
            } else {
                header.set_size(content.len() as u64);
                builder
                    .append_data(&mut header, path, content.as_bytes())
                    .unwrap();
            }
        }
        builder.into_inner().unwrap()
    }

    fn merged(layers: &[Vec<u8>]) -> Vec<String> {
        let mut tree = Tree::default();
        for layer in layers {
            tree.apply(layer.as_slice()).unwrap();
        }
        tree.entries
            .into_iter()
            .map(|(path, entry)| format!("{path} {:?} {}", entry.kind, entry.size))
            .collect()
    }

    use tar::EntryType::{Directory, Link, Regular, Symlink};

    #[test]
    fn whiteout_removes_a_lower_tree_but_not_its_own_layers_entry() {
        let lower = layer(&[
            ("d", Directory, ""),
            ("d/a", Regular, "1"),
            ("e", Regular, "22"),
        ]);
        let upper = layer(&[
            ("d", Regular, "333"),
            (".wh.d", Regular, ""),
            (".wh.e", Regular, ""),
        ]);
        assert_eq!(merged(&[lower, upper]), ["/d File 3"]);
    }

    #[test]
    fn opaque_directory_hides_what_was_below_it() {
        let lower = layer(&[
            ("d", Directory, ""),
            ("d/a", Regular, "1"),
            ("d.b", Regular, ""),
        ]);
        let upper = layer(&[
            ("d/", Directory, ""),
            ("d/n", Regular, "22"),
            ("d/.wh..wh..opq", Regular, ""),
        ]);
        assert_eq!(
            merged(&[lower, upper]),
            ["/d Directory 0", "/d.b File 0", "/d/n File 2"]
        );
    }

    #[test]
    fn link_over_a_directory_takes_its_files_away() {
        let lower = layer(&[("d", Directory, ""), ("d/a", Regular, "1")]);
        assert_eq!(
            merged(&[lower, layer(&[("d", Symlink, "x")])]),
            ["/d Link 0"]
        );
    }

    #[test]
    fn hard_link_shares_content_and_is_a_group() {
        let mut tree = Tree::default();
        tree.apply(layer(&[("a", Regular, "12"), ("b", Link, "a")]).as_slice())
            .unwrap();
        assert_eq!(tree.entries["/b"].size, 2);
        assert_eq!(
            tree.hard_links().into_iter().collect::<Vec<_>>(),
            [vec!["/a", "/b"]]
        );
    }
}
