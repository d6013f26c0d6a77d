//! The stages that the final one copies from, and how new their C library is.

use std::collections::BTreeMap;

use constrict_dockerfile::Kind;

use crate::facts::Facts;
use crate::files::Files;
use crate::image::StageFiles;

/// The stages that files were copied from, with the first line of the last COPY from each, by number.
pub(crate) fn builders<'a>(facts: &Facts<'a>) -> Vec<(usize, &'a StageFiles)> {
    let Some(origin) = &facts.image.origin else {
        return Vec::new();
    };
    let Some(stage) = origin.dockerfile.stages.get(origin.stage) else {
        return Vec::new();
    };
    let mut lines = BTreeMap::new();
    for instruction in &stage.instructions {
        let Kind::Copy(copy) = &instruction.kind else {
            continue;
        };
        let Some(from) = &copy.from else { continue };
        let found = origin.stages.iter().find(|(number, stage)| {
            stage.name.eq_ignore_ascii_case(from) || number.to_string() == *from
        });
        if let Some((number, _)) = found {
            let start = instruction.span.start;
            let line = constrict_dockerfile::line_of(origin.text.as_bytes(), start).line;
            lines.insert(*number, line);
        }
    }
    lines
        .into_iter()
        .filter_map(|(number, line)| Some((line, origin.stages.get(&number)?)))
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
