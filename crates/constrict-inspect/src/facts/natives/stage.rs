//! The stages that the final one copies from, and how new their C library is.

use std::collections::BTreeMap;

use constrict_dockerfile::Kind;

use crate::facts::Facts;
use crate::files::{Files, Node, file_name};
use crate::image::StageFiles;

/// A stage that the final one copies files from.
pub(crate) struct Builder<'a> {
    /// What it ended with.
    pub(crate) stage: &'a StageFiles,
    /// The first lines of the instructions that copy from it.
    pub(crate) lines: Vec<usize>,
}

/// The stages that files were copied from, by number.
pub(crate) fn builders<'a>(facts: &Facts<'a>) -> Vec<Builder<'a>> {
    let Some(origin) = &facts.image.origin else {
        return Vec::new();
    };
    let Some(stage) = origin.dockerfile.stages.get(origin.stage) else {
        return Vec::new();
    };
    let mut builders: BTreeMap<usize, Builder<'a>> = BTreeMap::new();
    for instruction in &stage.instructions {
        let Kind::Copy(copy) = &instruction.kind else {
            continue;
        };
        let Some(from) = &copy.from else { continue };
        let found = origin.stages.iter().find(|(number, stage)| {
            stage.name.eq_ignore_ascii_case(from) || number.to_string() == *from
        });
        if let Some((number, stage)) = found {
            let start = instruction.span.start;
            let line = constrict_dockerfile::line_of(origin.text.as_bytes(), start).line;
            let lines = Vec::new();
            let builder = builders.entry(*number).or_insert(Builder { stage, lines });
            builder.lines.push(line);
        }
    }
    builders.into_values().collect()
}

/// The shared libraries and extension modules that a stage's files brought, by path.
pub(crate) fn copied_libraries<'a>(facts: &Facts<'a>, builder: &Builder<'_>) -> Vec<&'a [u8]> {
    let Some(origin) = &facts.image.origin else {
        return Vec::new();
    };
    let layers = origin.lines.iter();
    let layers: Vec<usize> = layers
        .filter(|(_, line)| builder.lines.contains(line))
        .map(|(layer, _)| *layer)
        .collect();
    let files = facts.files();
    let library = |(path, node): &(&[u8], &Node)| {
        layers.contains(&node.layer)
            && node.is_file()
            && file_name(path).windows(3).any(|part| part == b".so")
            && files.object(path).is_some()
    };
    files
        .walk(b"")
        .filter(library)
        .map(|(path, _)| path)
        .collect()
}

/// The newest `GLIBC_2.N` that the C library of these files defines: N.
pub(crate) fn glibc_version(files: &Files) -> Option<u32> {
    let directories = [
        "lib/x86_64-linux-gnu",
        "lib/aarch64-linux-gnu",
        "lib/arm-linux-gnueabihf",
        "lib/powerpc64le-linux-gnu",
        "lib/s390x-linux-gnu",
        "lib/riscv64-linux-gnu",
        "lib/i386-linux-gnu",
        "lib64",
        "lib",
        "usr/lib64",
        "usr/lib",
    ];
    let object = directories
        .iter()
        .find_map(|directory| files.object(format!("{directory}/libc.so.6").as_bytes()))?;
    let definitions = object.0.version_definitions.as_ref()?;
    let minor = |name: &String| {
        name.strip_prefix("GLIBC_2.")?
            .split('.')
            .next()?
            .parse()
            .ok()
    };
    definitions.iter().filter_map(minor).max()
}
