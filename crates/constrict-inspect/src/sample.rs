//! Images for tests, made of a few lines. `Sample::new().file("app/app.py", "import flask").link("usr/bin/python3", "python3.11")`.

use std::collections::BTreeMap;
use std::io;

use constrict_oci::layer::Entry;
use constrict_oci::{ImageConfig, Platform};

use crate::facts::Facts;
use crate::facts::imports::{Absence, Closure, Imports, MissingModule, Module, ModuleKind, Reach};
use crate::files::{Contents, Elf, Files, Kind, Node};
use crate::image::{Image, Layer};
use crate::pack::elf;
use crate::report::{Report, check};
use crate::rule::Finding;

/// An image under construction.
#[derive(Default)]
pub(crate) struct Sample {
    nodes: BTreeMap<Vec<u8>, Node>,
    contents: BTreeMap<Vec<u8>, Vec<u8>>,
    config: Option<ImageConfig>,
    layers: BTreeMap<usize, Vec<Entry>>,
    hidden: BTreeMap<(usize, Vec<u8>), Vec<u8>>,
    steps: BTreeMap<usize, String>,
}

impl Sample {
    pub(crate) fn new() -> Sample {
        Sample::default()
    }

    fn put(mut self, path: &str, kind: Kind, mode: u32) -> Sample {
        let node = Node {
            kind,
            mode,
            uid: 0,
            gid: 0,
            mtime: 315_619_200,
            layer: 0,
        };
        self.nodes.insert(path.as_bytes().to_vec(), node);
        self
    }

    /// A file of root's with mode 644.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Sample {
        self.file_with(path, content, 0o644)
    }

    /// A file of root's with mode 755.
    pub(crate) fn program(self, path: &str, content: impl AsRef<[u8]>) -> Sample {
        self.file_with(path, content, 0o755)
    }

    /// A file of root's.
    pub(crate) fn file_with(mut self, path: &str, content: impl AsRef<[u8]>, mode: u32) -> Sample {
        let content = content.as_ref().to_vec();
        let kind = Kind::File {
            size: content.len() as u64,
            digest: Some(constrict_oci::Digest::of(&content)),
            content: path.as_bytes().to_vec(),
        };
        self.contents.insert(path.as_bytes().to_vec(), content);
        self.put(path, kind, mode)
    }

    /// A symbolic link.
    pub(crate) fn link(self, path: &str, target: &str) -> Sample {
        self.put(
            path,
            Kind::Symlink {
                target: target.as_bytes().to_vec(),
            },
            0o777,
        )
    }

    /// A directory of root's.
    pub(crate) fn directory(self, path: &str, mode: u32) -> Sample {
        self.put(path, Kind::Directory, mode)
    }

    /// Gives a path that is there already to somebody.
    pub(crate) fn owned(mut self, path: &str, uid: u32, gid: u32) -> Sample {
        let node = self
            .nodes
            .get_mut(path.as_bytes())
            .expect("put it there first");
        (node.uid, node.gid) = (uid, gid);
        self
    }

    /// Says which layer a path that is there already is from.
    pub(crate) fn layer(mut self, path: &str, layer: usize) -> Sample {
        let node = self.nodes.get_mut(path.as_bytes());
        node.expect("put it there first").layer = layer;
        self
    }

    /// A file of root's that a layer has and the merged view does not.
    pub(crate) fn hidden(mut self, layer: usize, path: &str, content: impl AsRef<[u8]>) -> Sample {
        let (path, content) = (path.as_bytes().to_vec(), content.as_ref().to_vec());
        let entry = Entry {
            path: path.clone(),
            kind: constrict_oci::layer::Kind::File {
                size: content.len() as u64,
                digest: constrict_oci::Digest::of(&content),
            },
            mode: 0o644,
            uid: 0,
            gid: 0,
            mtime: 315_619_200,
            xattrs: BTreeMap::new(),
        };
        self.layers.entry(layer).or_default().push(entry);
        self.hidden.insert((layer, path), content);
        self
    }

    /// Says what made a layer.
    pub(crate) fn made_by(mut self, layer: usize, step: &str) -> Sample {
        self.layers.entry(layer).or_default();
        self.steps.insert(layer, step.to_string());
        self
    }

    /// Changes the last entry of a layer.
    pub(crate) fn entry(mut self, layer: usize, change: impl FnOnce(&mut Entry)) -> Sample {
        let entries = self.layers.get_mut(&layer).expect("hide a file first");
        change(entries.last_mut().expect("hide a file first"));
        self
    }

    /// Changes the configuration.
    pub(crate) fn config(mut self, change: impl FnOnce(&mut ImageConfig)) -> Sample {
        let mut config = self
            .config
            .take()
            .unwrap_or_else(|| ImageConfig::new(&Platform::parse("linux/amd64").unwrap()));
        change(&mut config);
        self.config = Some(config);
        self
    }

    /// CMD in exec form.
    pub(crate) fn cmd(self, words: &[&str]) -> Sample {
        self.config(|config| {
            config.config.cmd = words.iter().map(|word| word.to_string()).collect()
        })
    }

    pub(crate) fn image(self) -> Image {
        let sample = self.config(|_| ());
        let count = sample.layers.keys().last().map_or(0, |last| last + 1);
        let layer = |number: usize| Layer {
            entries: sample
                .layers
                .get(&number)
                .cloned()
                .unwrap_or_default()
                .into(),
            created_by: sample.steps.get(&number).cloned().unwrap_or_default(),
        };
        let layers = (0..count).map(layer).collect();
        let memory = Memory(sample.contents, sample.hidden);
        Image {
            name: "sample".into(),
            config: sample.config.expect("just set"),
            files: Files::new(sample.nodes, Box::new(memory)),
            layers,
            origin: None,
        }
    }

    /// What one rule finds if a program imports these modules and misses those.
    pub(crate) fn importing(
        self,
        rule: &str,
        modules: Vec<(&str, Module)>,
        missing: Vec<MissingModule>,
    ) -> Vec<Finding> {
        let image = self.image();
        let named = |(name, module): (&str, Module)| (name.to_string(), module);
        let run = Closure {
            program: 0,
            modules: modules.into_iter().map(named).collect(),
            missing,
            ..Closure::default()
        };
        let imports = Imports {
            runs: vec![run],
            ..Imports::default()
        };
        let facts = Facts::new(&image).importing(imports);
        let mut findings = Vec::new();
        let rule = crate::rules::find(rule).expect("a rule of ours");
        (rule.check)(&facts, &mut findings);
        findings
    }

    /// Everything that the rules find.
    pub(crate) fn check(self) -> Report {
        check(&self.image(), &|_| false)
    }

    /// What one rule finds.
    pub(crate) fn findings(self, rule: &str) -> Vec<Finding> {
        let report = self.check();
        report
            .findings
            .into_iter()
            .filter(|finding| finding.rule == rule)
            .collect()
    }
}

/// A module that `app.py` imports in its first line and that is nowhere.
pub(crate) fn missing(name: &str, need: Reach, searched: &[&str]) -> MissingModule {
    MissingModule {
        name: name.into(),
        need,
        chain: vec![format!("app.py:1 import {name}")],
        importer: b"app/app.py".to_vec(),
        line: 1,
        searched: searched
            .iter()
            .map(|path| path.as_bytes().to_vec())
            .collect(),
        why: Absence::NotFound,
    }
}

/// A module that `app.py` imports and that is found.
pub(crate) fn module(path: &str, kind: ModuleKind, need: Reach) -> Module {
    Module {
        path: path.as_bytes().to_vec(),
        kind,
        need,
        chain: vec!["app.py:1".into()],
        distributed: false,
    }
}

/// Contents of the merged view, and of files that only a layer has.
struct Memory(
    BTreeMap<Vec<u8>, Vec<u8>>,
    BTreeMap<(usize, Vec<u8>), Vec<u8>>,
);

impl Contents for Memory {
    fn read(&self, layer: usize, path: &[u8], limit: usize) -> io::Result<Vec<u8>> {
        let hidden = self.1.get(&(layer, path.to_vec()));
        let content = hidden
            .or_else(|| self.0.get(path))
            .ok_or(io::ErrorKind::NotFound)?;
        Ok(content[..content.len().min(limit)].to_vec())
    }

    fn object(&self, layer: usize, path: &[u8]) -> io::Result<Option<Elf>> {
        let content = self.read(layer, path, usize::MAX)?;
        Ok(elf(&content))
    }
}
