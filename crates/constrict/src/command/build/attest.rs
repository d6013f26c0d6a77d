//! `--sbom`, `--provenance` and `--attest`: documents about the image, for the store, for pushes and beside the outputs.
//!
//! The words are docker's. Nothing of docker's generators is run: what is listed is found by `constrict sbom`'s code.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use constrict_build::provenance::{self, Asked, Detail};
use constrict_build::source::git;
use constrict_build::source::image::Images;
use constrict_build::store::Attached;
use constrict_build::{Built, frontend};
use constrict_inspect::{Facts, sbom};
use constrict_oci::Reference;

use super::attempt::{Attempt, Workshop};
use crate::arguments::Build;
use crate::command::output::{Kind, Output};
use crate::failure::Failure;
use crate::inspection;

/// What is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    sboms: BTreeSet<sbom::Format>,
    provenance: Option<Detail>,
}

/// What the command line asks for; a later word counts before an earlier one.
pub(super) fn wanted(arguments: &Build) -> Result<Wanted, Failure> {
    let mut wanted = Wanted::default();
    for text in &arguments.attest {
        attest(text, &mut wanted)?;
    }
    for text in &arguments.sbom {
        sbom(text, &mut wanted)?;
    }
    if let Some(text) = &arguments.provenance {
        wanted.provenance = detail(text)?;
    }
    Ok(wanted)
}

/// `type=sbom`, `type=provenance,mode=max`, `type=sbom,disabled=true`.
fn attest(text: &str, wanted: &mut Wanted) -> Result<(), Failure> {
    let wrong =
        |what: &str| Failure::usage(format!("`{what}` in `--attest {text}` is not understood"));
    let (mut kind, mut rest) = (None, Vec::new());
    let mut disabled = false;
    for field in text.split(',') {
        match field.split_once('=') {
            None if kind.is_none() && rest.is_empty() => kind = Some(field),
            Some(("type", value)) => kind = Some(value),
            Some(("disabled", value)) => {
                disabled = flag(value).ok_or_else(|| wrong(field))?;
            }
            Some(_) => rest.push(field),
            None => return Err(wrong(field)),
        }
    }
    match (kind, disabled) {
        (Some("sbom"), true) => wanted.sboms.clear(),
        (Some("sbom"), false) if rest.is_empty() => sbom("true", wanted)?,
        (Some("sbom"), false) => rest.iter().try_for_each(|field| sbom(field, wanted))?,
        (Some("provenance"), true) => wanted.provenance = None,
        (Some("provenance"), false) if rest.is_empty() => wanted.provenance = Some(Detail::Min),
        (Some("provenance"), false) => wanted.provenance = detail(&rest.join(","))?,
        (Some(other), _) => {
            return Err(Failure::usage_with_hint(
                format!("no attestation `{other}`"),
                "there is type=sbom and type=provenance",
            ));
        }
        (None, _) => return Err(Failure::usage(format!("`--attest {text}` has no type"))),
    }
    Ok(())
}

/// `spdx`, `cyclonedx`, or docker's `true` (SPDX) and `false`.
fn sbom(text: &str, wanted: &mut Wanted) -> Result<(), Failure> {
    for word in text.split(',') {
        match word.strip_prefix("format=").unwrap_or(word) {
            "spdx" => drop(wanted.sboms.insert(sbom::Format::Spdx)),
            "cyclonedx" => drop(wanted.sboms.insert(sbom::Format::CycloneDx)),
            word if word.starts_with("generator=") => {
                return Err(Failure::usage_with_hint(
                    format!("`--sbom {text}`: no generator is run"),
                    "--sbom spdx and --sbom cyclonedx are written by constrict itself",
                ));
            }
            word => match flag(word) {
                Some(true) => drop(wanted.sboms.insert(sbom::Format::Spdx)),
                Some(false) => wanted.sboms.clear(),
                None => {
                    return Err(Failure::usage(format!(
                        "unknown format `{word}` in `--sbom {text}`: spdx or cyclonedx"
                    )));
                }
            },
        }
    }
    Ok(())
}

/// `true`, `false`, `mode=min`, `mode=max`.
fn detail(text: &str) -> Result<Option<Detail>, Failure> {
    let mut found = Some(Detail::Min);
    for word in text.split(',') {
        found = match (word, flag(word)) {
            ("mode=min", _) | (_, Some(true)) => Some(Detail::Min),
            ("mode=max", _) => Some(Detail::Max),
            (_, Some(false)) => None,
            // the only version that is written
            ("version=v1", _) => found,
            _ => {
                return Err(Failure::usage(format!(
                    "`{word}` in `--provenance {text}` is not understood: true, false, mode=min or mode=max"
                )));
            }
        };
    }
    Ok(found)
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Makes the documents, and keeps them with the image.
pub(super) fn attach(
    workshop: &Workshop<'_>,
    attempt: &Attempt,
    wanted: &Wanted,
    tags: &[Reference],
    commit: Option<&str>,
) -> Result<Vec<Attached>, Failure> {
    let (images, built) = (workshop.images, &attempt.built);
    let mut documents = Vec::new();
    if !wanted.sboms.is_empty() {
        documents.extend(bills(images, wanted, built, tags)?);
    }
    if let Some(detail) = wanted.provenance {
        documents.push(Attached {
            artifact_type: provenance::MEDIA_TYPE.into(),
            title: "provenance.json".into(),
            content: statement(workshop, attempt, tags, (detail, commit)),
        });
    }
    let subject = &built.image.descriptor;
    images.layers.store.attach(subject, &documents)?;
    Ok(documents)
}

fn bills(
    images: &Images,
    wanted: &Wanted,
    built: &Built,
    tags: &[Reference],
) -> Result<Vec<Attached>, Failure> {
    let config = built.image.config.clone();
    let diff_ids = &built.image.config.rootfs.diff_ids;
    let digest = built.image.descriptor.digest;
    let name = tags.first().map_or(digest.to_string(), Reference::familiar);
    let image = inspection::image(&images.layers, name.clone(), config, diff_ids, None)?;
    let facts = Facts::new(&image);
    let about = sbom::About {
        name,
        reference: tags.first().cloned(),
        digest: Some(digest),
        epoch: 0,
        files: false,
    };
    let bill = |format: &sbom::Format| Attached {
        artifact_type: format.media_type().into(),
        title: format!("sbom.{}", format.ending()),
        content: sbom::document(&facts, &about, *format),
    };
    Ok(wanted.sboms.iter().map(bill).collect())
}

fn statement(
    workshop: &Workshop<'_>,
    attempt: &Attempt,
    tags: &[Reference],
    (detail, commit): (Detail, Option<&str>),
) -> Vec<u8> {
    let built = &attempt.built;
    let arguments = workshop.arguments;
    let place = arguments.context.as_str();
    let context = match place {
        "-" => ("stdin", None),
        place if git::parse(place).is_some() => ("git", Some(place)),
        place if place.contains("://") => ("archive", Some(place)),
        _ => ("directory", None),
    };
    let names: Vec<String> = match tags {
        [] => vec![built.image.descriptor.digest.to_string()],
        tags => tags.iter().map(ToString::to_string).collect(),
    };
    let id = |text: &String, agent: bool| {
        let fields = text.split(',').filter_map(|field| field.split_once('='));
        let named = fields.into_iter().find(|(key, _)| *key == "id");
        match (agent, named) {
            (true, _) => format!("ssh:{}", text.split('=').next().unwrap_or_default()),
            (false, Some((_, id))) => id.to_string(),
            (false, None) => "file".to_string(),
        }
    };
    let secrets = arguments.secret.iter().map(|text| id(text, false));
    let agents = arguments.ssh.iter().map(|text| id(text, true));
    let options: &frontend::dockerfile::Options = workshop.options;
    provenance::statement(
        built,
        &Asked {
            names,
            dockerfile: (workshop.name, &attempt.text),
            context,
            commit,
            options,
            secrets: secrets.chain(agents).collect(),
            epoch: built.epoch,
            is_secret: &constrict_inspect::may_be_secret,
            detail,
        },
    )
}

/// Writes the documents beside each output that is a file or directory: `x.tar.spdx.json`.
pub(super) fn write_beside(outputs: &[Output], documents: &[Attached]) -> Result<(), Failure> {
    for output in outputs {
        let is_written = !matches!(output.kind, Kind::Registry | Kind::Image);
        let dest = output
            .dest
            .as_deref()
            .filter(|dest| *dest != Path::new("-"));
        let Some(dest) = dest.filter(|_| is_written) else {
            continue;
        };
        for document in documents {
            super::write(&beside(dest, &document.title), &document.content)?;
        }
    }
    Ok(())
}

/// `out/x.tar.spdx.json` of `out/x.tar/` and `sbom.spdx.json`.
fn beside(dest: &Path, title: &str) -> PathBuf {
    let ending = title.strip_prefix("sbom.").unwrap_or(title);
    // without a slash at its end
    let plain: PathBuf = dest.components().collect();
    let mut name = plain.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{ending}"));
    match plain.file_name() {
        Some(_) => plain.with_file_name(name),
        // `.` and `..` have no name to add to
        None => plain.join(title),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Wanted, String> {
        use clap::Parser as _;
        let line = ["constrict", "build"].iter().chain(words);
        let parsed = crate::arguments::Arguments::try_parse_from(line).unwrap();
        let crate::arguments::Command::Build(build) = parsed.command else {
            unreachable!("it says build")
        };
        wanted(&build).map_err(|failure| format!("{failure:?}"))
    }

    fn of(sboms: &[sbom::Format], provenance: Option<Detail>) -> Wanted {
        Wanted {
            sboms: sboms.iter().copied().collect(),
            provenance,
        }
    }

    #[test]
    fn dockers_words_are_understood() {
        use sbom::Format::{CycloneDx, Spdx};
        assert_eq!(read(&[]), Ok(of(&[], None)));
        assert_eq!(read(&["--sbom=true"]), Ok(of(&[Spdx], None)));
        assert_eq!(
            read(&["--sbom", "spdx,cyclonedx", "--provenance=mode=max"]),
            Ok(of(&[Spdx, CycloneDx], Some(Detail::Max)))
        );
        assert_eq!(
            read(&["--attest=type=sbom", "--attest", "type=provenance,mode=min"]),
            Ok(of(&[Spdx], Some(Detail::Min)))
        );
        assert_eq!(
            read(&["--attest=type=sbom", "--sbom=false", "--provenance=false"]),
            Ok(of(&[], None))
        );
        assert_eq!(
            read(&["--provenance=true", "--attest=type=sbom,disabled=true"]),
            Ok(of(&[], Some(Detail::Min)))
        );
    }

    #[test]
    fn what_is_not_done_is_refused() {
        for words in [
            "--sbom=generator=scanner",
            "--sbom=xml",
            "--attest=type=vex",
            "--attest=mode=max",
            "--attest=type=sbom,generator=x",
            "--provenance=mode=all",
            "--provenance=builder-id=x",
        ] {
            assert!(read(&[words]).is_err(), "{words}");
        }
    }

    #[test]
    fn documents_lie_beside_what_they_are_about() {
        let at = |dest: &str, title| beside(Path::new(dest), title).display().to_string();
        assert_eq!(at("out/x.tar", "sbom.spdx.json"), "out/x.tar.spdx.json");
        assert_eq!(at("root/", "provenance.json"), "root.provenance.json");
        assert_eq!(at("..", "sbom.cdx.json"), "../sbom.cdx.json");
    }
}
