//! An image counted without constrict: `count.sh` looks at its layers and files, what lies in its documents is read here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::error::{Result, io, json};
use crate::process;

const SCRIPT: &str = include_str!("count.sh");

/// Files of one row that are named when a count differs.
const NAMED: usize = 10;

/// What is known of one image.
pub(super) struct Count {
    /// The manifest's digest.
    digest: String,
    config: Value,
    /// What `count.sh` prints, by row.
    said: BTreeMap<String, u64>,
    /// Bytes and files of each layer, and how large it is in the layout if it is compressed.
    layers: Vec<(u64, u64, Option<u64>)>,
    /// Where `count.sh` keeps its lists.
    work: PathBuf,
}

impl Count {
    /// Counts the one image of an unpacked OCI layout.
    pub(super) fn of(layout: &Path, work: &Path) -> Result<Self> {
        let index = document(&layout.join("index.json"))?;
        let descriptor = &index["manifests"][0];
        let manifest = document(&blob(layout, descriptor))?;
        let config = document(&blob(layout, &manifest["config"]))?;
        let blobs: Vec<&Value> = manifest["layers"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        let script = work.join("count.sh");
        fs::write(&script, SCRIPT).map_err(io("write", &script))?;
        let mut command = Command::new("bash");
        command.arg(&script).arg(work).arg(path(&config));
        command.args(blobs.iter().map(|layer| blob(layout, layer)));
        let text = process::demand(&mut command)?;
        let mut said = BTreeMap::new();
        let mut contents = Vec::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |at: usize| words.get(at).and_then(|word| word.parse().ok());
            match (words[0], number(1), number(2)) {
                ("layer", Some(bytes), Some(files)) => contents.push((bytes, files)),
                (row, Some(count), None) => drop(said.insert(row.to_owned(), count)),
                _ => drop(said.insert(format!("no number: {line}"), 0)),
            }
        }
        let mut layers = Vec::new();
        for (layer, (bytes, files)) in blobs.iter().zip(contents) {
            let path = blob(layout, layer);
            let pushed = path.metadata().map_err(io("look at", &path))?.len();
            let kind = layer["mediaType"].as_str().unwrap_or_default();
            let is_compressed = kind.ends_with("gzip") || kind.ends_with("zstd");
            layers.push((bytes, files, is_compressed.then_some(pushed)));
        }
        Ok(Self {
            digest: descriptor["digest"].as_str().unwrap_or_default().to_owned(),
            config,
            said,
            layers,
            work: work.to_owned(),
        })
    }

    /// sha256 of each layer, lowest first.
    pub(super) fn diff_ids(&self) -> Vec<&str> {
        let listed = self.config["rootfs"]["diff_ids"].as_array();
        listed
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// Every row that can be counted, beside images with these layers, its own among them.
    pub(super) fn numbers(&self, all: &[Vec<&str>]) -> BTreeMap<String, u64> {
        let mut numbers = self.said.clone();
        let unpacked = self.layers.iter().map(|(bytes, _, _)| bytes).sum::<u64>();
        let pushed = self
            .layers
            .iter()
            .map(|(_, _, pushed)| *pushed)
            .sum::<Option<u64>>();
        let shared = self.diff_ids();
        let shared = shared
            .iter()
            .filter(|id| all.iter().all(|other| other.contains(id)));
        let settings = &self.config["config"];
        let ports = settings["ExposedPorts"]
            .as_object()
            .map_or(0, serde_json::Map::len);
        let counted = [
            ("unpacked", unpacked),
            // what a layer has and nobody sees
            ("hidden", unpacked - numbers["visible"]),
            ("layers", self.layers.len() as u64),
            ("shared-layers", shared.count() as u64),
            ("ports", ports as u64),
            ("shell-form", shell_form(settings)),
            ("user", u64::from(self.runs_as_root())),
        ];
        numbers.extend(counted.map(|(row, number)| (row.to_owned(), number)));
        numbers.extend(pushed.map(|pushed| ("compressed".to_owned(), pushed)));
        numbers
    }

    /// Files behind a row that only one side names, if the count has names.
    pub(super) fn differences(&self, row: &str, value: &Value) -> Result<Vec<String>> {
        let path = self.work.join(row);
        // distributions go by their names
        if !path.is_file() || row == "distributions" {
            return Ok(Vec::new());
        }
        let text = fs::read_to_string(&path).map_err(io("read", &path))?;
        let counted: BTreeSet<&str> = text.lines().collect();
        let items = value["items"].as_array().into_iter().flatten();
        let said: BTreeSet<&str> = items.filter_map(|item| item["name"].as_str()).collect();
        let ours = said
            .difference(&counted)
            .map(|path| format!("  only constrict: {path}"));
        let theirs = counted
            .difference(&said)
            .map(|path| format!("  only counted: {path}"));
        Ok(ours.take(NAMED).chain(theirs.take(NAMED)).collect())
    }

    /// What is wrong with the digest and the layers that a comparison tells of this image.
    pub(super) fn layers(&self, image: &Value) -> Vec<String> {
        let mut facts = Vec::new();
        if image["digest"] != self.digest.as_str() {
            facts.push(format!(
                "another image: {}, not {}",
                image["digest"], self.digest
            ));
        }
        let listed: Vec<&Value> = image["layers"].as_array().into_iter().flatten().collect();
        let number = |layer: &Value, key: &str| layer[key].as_u64();
        let said = listed.iter().map(|layer| {
            let bytes = number(layer, "unpacked").unwrap_or(u64::MAX);
            let files = number(layer, "files").unwrap_or(u64::MAX);
            (bytes, files, number(layer, "compressed"))
        });
        let said: Vec<_> = said.collect();
        if said != self.layers {
            facts.push(format!("layers {said:?}, counted {:?}", self.layers));
        }
        let ids: Vec<&str> = listed
            .iter()
            .filter_map(|layer| layer["diff_id"].as_str())
            .collect();
        if ids != self.diff_ids() {
            facts.push(format!(
                "layers {ids:?}, in the image {:?}",
                self.diff_ids()
            ));
        }
        facts
    }

    /// By USER and the image's own passwd.
    fn runs_as_root(&self) -> bool {
        let user = self.config["config"]["User"].as_str().unwrap_or_default();
        let user = user.split(':').next().unwrap_or_default();
        let passwd = fs::read_to_string(self.work.join("root/etc/passwd")).unwrap_or_default();
        let mut lines = passwd
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>());
        let found = lines.find(|fields| fields.first() == Some(&user));
        let id = found
            .and_then(|fields| fields.get(2).copied())
            .unwrap_or(user);
        id.is_empty() || id.parse() == Ok(0)
    }
}

/// Commands that a shell takes apart.
fn shell_form(settings: &Value) -> u64 {
    let is_shell = |key: &&str| {
        let words = settings[*key].as_array().map_or(&[][..], Vec::as_slice);
        words.len() == 3 && words[0] == "/bin/sh" && words[1] == "-c"
    };
    let commands = ["Entrypoint", "Cmd"].iter().filter(|key| is_shell(key));
    let is_checked = settings["Healthcheck"]["Test"][0] == "CMD-SHELL";
    commands.count() as u64 + u64::from(is_checked)
}

/// The image's PATH.
fn path(config: &Value) -> String {
    let variables = config["config"]["Env"].as_array().into_iter().flatten();
    let mut variables = variables.filter_map(Value::as_str);
    variables
        .find_map(|variable| variable.strip_prefix("PATH="))
        .unwrap_or("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .to_owned()
}

fn blob(layout: &Path, descriptor: &Value) -> PathBuf {
    let digest = descriptor["digest"].as_str().unwrap_or_default();
    layout.join("blobs").join(digest.replace(':', "/"))
}

fn document(path: &Path) -> Result<Value> {
    let text = fs::read(path).map_err(io("read", path))?;
    serde_json::from_slice(&text).map_err(json(path.display().to_string()))
}
