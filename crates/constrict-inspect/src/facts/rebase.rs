//! Another base for the last stage: that of a stage which has what is missing, with what the old base brought along.
//! Never looks into a registry.

use super::Facts;
use super::natives::builders;
use super::venv::fetched;
use crate::files::file_name;
use crate::image::StageFiles;
use crate::mend::Mend;

/// The stage whose Python is wanted: one that has this file, else one with this X.Y.
pub(crate) fn stage_with<'a>(
    facts: &Facts<'a>,
    file: Option<&[u8]>,
    version: Option<(u8, u8)>,
) -> Option<&'a StageFiles> {
    let copied = builders(facts).into_iter().map(|builder| builder.stage);
    let others = facts.image.origin.iter();
    let others = others.flat_map(|origin| origin.stages.values());
    let stages: Vec<&StageFiles> = copied.chain(others).collect();
    let has_file = |stage: &&&StageFiles| file.is_some_and(|file| stage.files.is_file(file));
    let has_version = |stage: &&&StageFiles| {
        let Some((x, y)) = version else {
            return false;
        };
        ["usr/local/bin", "usr/bin"].iter().any(|bin| {
            let python = format!("{bin}/python{x}.{y}");
            stage.files.is_file(python.as_bytes())
        })
    };
    let exact = stages
        .iter()
        .find(|stage| has_file(stage) && (version.is_none() || has_version(stage)));
    let found = exact.or_else(|| stages.iter().find(has_version));
    found.or_else(|| stages.iter().find(has_file)).copied()
}

/// The image that a stage begins with, without a compiler where there is one without.
pub(crate) fn image_of(facts: &Facts<'_>, stage: &StageFiles) -> String {
    let mut image = stage.base.as_str();
    let stages = facts.image.origin.iter();
    let stages: Vec<&StageFiles> = stages.flat_map(|origin| origin.stages.values()).collect();
    for _ in 0..stages.len() {
        let named = |other: &&&StageFiles| other.name.eq_ignore_ascii_case(image);
        match stages.iter().find(named) {
            Some(other) if other.base != image => image = &other.base,
            _ => break,
        }
    }
    slim(image)
}

/// `python:3.11-slim` of `python:3.11`.
fn slim(image: &str) -> String {
    let official = |name: &str| {
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        name.strip_prefix("library/").unwrap_or(name) == "python"
    };
    let Some((name, tag)) = image.rsplit_once(':').filter(|(name, _)| official(name)) else {
        return image.to_string();
    };
    let (version, rest) = tag.split_once('-').unwrap_or((tag, ""));
    let numbered = version.starts_with(|first: char| first.is_ascii_digit());
    let whole = ["", "bullseye", "bookworm", "trixie", "buster"].contains(&rest);
    match (numbered && whole, rest) {
        (false, _) => image.to_string(),
        (true, "") => format!("{name}:{version}-slim"),
        (true, rest) => format!("{name}:{version}-slim-{rest}"),
    }
}

/// Begins the last stage as another one does, and keeps what CMD relies on.
pub(crate) fn mend(facts: &Facts<'_>, stage: &StageFiles, why: String) -> Mend {
    Mend::Base {
        image: image_of(facts, stage),
        why,
        entrypoint: entrypoint(facts),
    }
}

/// ENTRYPOINT of the old base, if it is a Python that CMD is written for.
pub(crate) fn entrypoint(facts: &Facts<'_>) -> Option<Vec<String>> {
    let origin = facts.image.origin.as_ref()?;
    let mut stage = origin.dockerfile.stages.get(origin.stage)?;
    loop {
        let own = stage.instructions.iter();
        if own
            .map(|instruction| instruction.kind.keyword())
            .any(|word| word == "ENTRYPOINT")
        {
            return None;
        }
        let name = stage.from.image.to_lowercase();
        let above = &origin.dockerfile.stages[..stage.index];
        match above
            .iter()
            .rfind(|parent| parent.name.as_ref() == Some(&name))
        {
            Some(parent) => stage = parent,
            None => break,
        }
    }
    let words = &facts.image.config.config.entrypoint;
    let (program, options) = words.split_first()?;
    let python = file_name(program.as_bytes()).starts_with(b"python");
    if !python || facts.start().eaten.is_some() || fetched(program.as_bytes()).is_some() {
        return None;
    }
    let mut entrypoint = vec!["python3".to_string()];
    entrypoint.extend(options.iter().cloned());
    Some(entrypoint)
}

#[cfg(test)]
mod tests {
    use super::slim;

    #[test]
    fn official_images_have_a_slim_one() {
        for (image, expected) in [
            ("python:3.11", "python:3.11-slim"),
            (
                "docker.io/library/python:3.12.4-bookworm",
                "docker.io/library/python:3.12.4-slim-bookworm",
            ),
            ("python:3.11-slim", "python:3.11-slim"),
            ("python:3.11-alpine", "python:3.11-alpine"),
            ("python:latest", "python:latest"),
            ("corp.example/python:3.11", "corp.example/python:3.11"),
            ("python", "python"),
        ] {
            assert_eq!(slim(image), expected);
        }
    }
}
