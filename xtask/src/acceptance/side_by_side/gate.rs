//! What a comparison fails on, and what it can be given: limits and baselines end to end, one image in five shapes, `size`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Pair, build, compare, rows, unpacked};
use crate::acceptance::lab::Lab;
use crate::acceptance::report::{Finding, Report};
use crate::error::{Result, io, json};
use crate::process;

/// Rows that are known of files alone, without layers and documents.
const OF_FILES: [&str; 18] = [
    "visible",
    "files",
    "packages",
    "distributions",
    "owned",
    "leftovers",
    "headers",
    "set-id",
    "shells",
    "interpreters",
    "package-managers",
    "compilers",
    "network-clients",
    "commands",
    "elf-objects",
    "native-code",
    "world-writable",
    "secrets",
];

/// How many percent bytes may grow, by default.
const TOLERANCE: u64 = 1;

/// Judges with the two variants of seed 002, whose folder it is.
pub(super) fn judge(lab: &Lab, report: &mut Report, folder: &Path, pair: &Pair) -> Result<()> {
    let work = lab.work.join("compare/gate");
    fs::create_dir_all(&work).map_err(io("create", &work))?;
    let kept = work.join("single.json");
    let kept_name = kept.display().to_string();
    let gate = Gate { lab, folder };
    let value = |name: &str, at: usize| {
        let row = rows(&pair.comparison)
            .iter()
            .find(|row| row["name"] == name);
        row.map_or(Value::Null, |row| row["values"][at].clone())
    };
    let shells = &value("shells", 1)["value"];
    let large = value("unpacked", 0)["text"].clone();
    let large = large.as_str().unwrap_or_default();
    let single = ["--file", "Dockerfile.single"];
    let multi = ["--file", "Dockerfile"];
    let cases = [
        (
            "limit-passed",
            gate.ends(&multi, &["--fail-if", "shells>0"], 1, &[format!("limit `shells>0`: shells of `Dockerfile`: {shells}")])?,
        ),
        (
            "limit-kept",
            gate.ends(&multi, &["--fail-if", &format!("shells>{shells}"), "--fail-if", "unpacked>=1GB"], 0, &[])?,
        ),
        (
            "limits-with-units",
            gate.ends(
                &single,
                &["--fail-if", "unpacked>100.5MB", "--fail-if", "owned<100%", "--fail-if", "runs=7"],
                1,
                &[
                    format!("limit `unpacked>100.5MB`: size on disk of `Dockerfile.single`: {large}"),
                    format!(
                        "limit `owned<100%`: bytes that a package accounts for of `Dockerfile.single`: {}",
                        value("owned", 0)["text"].as_str().unwrap_or_default()
                    ),
                ],
            )?,
        ),
        (
            "limit-of-no-row",
            gate.ends(&multi, &["--fail-if", "shels>0"], 2, &["`--fail-if shels>0`: no row `shels`".to_owned()])?,
        ),
        (
            "baseline-is-written",
            gate.ends(&single, &["--format", "json", "--output", &kept_name], 0, &[])?,
        ),
        ("baseline-itself", gate.ends(&single, &["--baseline", &kept_name], 0, &[])?),
        ("baseline-got-worse", {
            let worse = worse(&pair.comparison);
            let mut wrong = gate.ends(&multi, &["--baseline", &kept_name], 1, &worse)?;
            if !worse.iter().any(|line| line.contains(": network clients: ")) {
                wrong.push(format!("BusyBox brings network clients, but: {worse:?}"));
            }
            wrong
        }),
        (
            "baseline-is-none",
            gate.ends(&multi, &["--baseline", "app.py"], 2, &["`app.py` is no comparison: expected ident at line 1 column 2".to_owned()])?,
        ),
        ("shapes", shapes(lab, folder, &work)?),
        ("size", size(lab, pair)?),
    ];
    for (name, wrong) in cases {
        let mut finding = Finding::new(&format!("002-{name}"));
        finding.differences.image = wrong;
        report.add(lab, finding)?;
    }
    Ok(())
}

struct Gate<'a> {
    lab: &'a Lab,
    folder: &'a Path,
}

impl Gate<'_> {
    /// What is wrong unless `compare` ends with `status` and these errors.
    fn ends(
        &self,
        subject: &[&str],
        words: &[&str],
        status: i32,
        errors: &[String],
    ) -> Result<Vec<String>> {
        let ended = compare(self.lab, self.folder, &[subject, words].concat())?;
        let mut wrong = Vec::new();
        if ended.status != Some(status) {
            wrong.push(format!(
                "{words:?} ends with {:?}, not {status}",
                ended.status
            ));
        }
        let lines = ended.stderr.lines();
        let said: Vec<&str> = lines
            .filter_map(|line| line.strip_prefix("error: "))
            .collect();
        if said != errors {
            wrong.push(format!("{words:?} says {said:?}, not {errors:?}"));
        }
        let is_silent = status == 2 || words.contains(&"--output");
        if ended.stdout.is_empty() != is_silent {
            wrong.push(format!("{words:?} prints: {}", ended.text()));
        }
        Ok(wrong)
    }
}

/// What the second image is worse in than the first, as `compare` says it.
fn worse(comparison: &Value) -> Vec<String> {
    let line = |row: &Value| {
        let [before, now] = [&row["values"][0], &row["values"][1]];
        let (was, is) = (before["value"].as_u64()?, now["value"].as_u64());
        let allowed = match row["unit"].as_str() {
            Some("bytes") => was + was * TOLERANCE / 100,
            _ => was,
        };
        let is_worse = match row["aim"].as_str() {
            Some("less") => is.is_none_or(|is| is > allowed),
            Some("more") => is.is_none_or(|is| is < was),
            _ => false,
        };
        let text = |value: &Value| value["text"].as_str().unwrap_or_default().to_owned();
        let title = row["title"].as_str().unwrap_or_default();
        is_worse.then(|| {
            format!(
                "worse than the baseline: {title}: {} before, {} now",
                text(before),
                text(now)
            )
        })
    };
    rows(comparison).iter().filter_map(line).collect()
}

/// One image by its name, as archives of docker and of OCI, as an OCI layout, and as the directory of its files.
fn shapes(lab: &Lab, folder: &Path, work: &Path) -> Result<Vec<String>> {
    let words = ["--file", "Dockerfile", "--tag", "seed-002:multi"];
    let docker = build(lab, folder, work, "docker", &words)?;
    let oci = build(lab, folder, work, "oci", &words)?;
    let layout = unpacked(&oci)?;
    let root = unpacked(&build(lab, folder, work, "tar", &words)?)?;
    let paths = [docker, oci, layout, root].map(|path| path.display().to_string());
    let mut subjects = vec!["seed-002:multi"];
    subjects.extend(paths.iter().map(String::as_str));
    let ended = compare(
        lab,
        folder,
        &[&subjects[..], &["--format", "json"]].concat(),
    )?;
    let comparison: Value = serde_json::from_slice(&ended.stdout).map_err(json(ended.stderr))?;
    let mut wrong = Vec::new();
    for row in rows(&comparison) {
        let name = row["name"].as_str().unwrap_or_default();
        let values = row["values"].as_array().map_or(&[][..], Vec::as_slice);
        for (at, value) in values.iter().enumerate().skip(1) {
            let is_directory = at + 1 == values.len();
            let is_known = match name {
                // layers of docker's archives are not compressed
                "compressed" => at != 1 && !is_directory,
                _ => !is_directory || OF_FILES.contains(&name),
            };
            if is_known && value != &values[0] {
                let shown = [value, &values[0]].map(|value| value["text"].clone());
                wrong.push(format!(
                    "{name} of {}: {} is not {}",
                    subjects[at], shown[0], shown[1]
                ));
            }
        }
    }
    // nobody knows what a directory's layers were
    for name in ["compressed", "capabilities"] {
        let row = rows(&comparison).iter().find(|row| row["name"] == name);
        let last = row.and_then(|row| row["values"][4]["missing"].as_str());
        if last.is_none() {
            wrong.push(format!("{name} of a directory is told"));
        }
        let gate = Gate { lab, folder };
        let limit = format!("{name}>1GB");
        let ended = compare(gate.lab, folder, &[subjects[4], "--fail-if", &limit])?;
        if ended.status != Some(1) {
            wrong.push(format!(
                "what is not known passes no limit: {:?}",
                ended.status
            ));
        }
    }
    Ok(wrong)
}

/// `constrict size` says of bytes what `compare` does.
fn size(lab: &Lab, pair: &Pair) -> Result<Vec<String>> {
    let mut command = lab.constrict();
    command.args(["size", "seed-002:multi", "--format"]);
    let text = process::demand(command.arg("json"))?;
    let said: Value = serde_json::from_str(&text).map_err(json("the size of an image"))?;
    let image = &pair.comparison["images"][1];
    let size = &said["size"];
    let pairs = [
        ("digest", &said["digest"], &image["digest"]),
        ("total", &size["total"], &image["size"]),
        ("layers", &size["layers"], &image["layers"]),
        ("kinds", &size["kinds"], &image["kinds"]),
        ("packages", &size["packages"], &image["packages"]),
        ("unowned", &size["unowned"], &image["unowned"]),
    ];
    let differing = pairs
        .iter()
        .filter(|(_, one, other)| without_lines(one) != without_lines(other));
    let mut wrong: Vec<String> = differing
        .map(|(name, one, other)| format!("{name}: size {one}, compare {other}"))
        .collect();
    let mut command = lab.constrict();
    command.args(["size", "seed-002:multi", "--format", "text"]);
    let text = process::demand(&mut command)?;
    let shown = ["unpacked", "compressed", "visible"].map(|key| rounded(&image["size"][key]));
    let line = format!(
        "seed-002:multi: {} on disk, {} as pushed, {} as a container sees it",
        shown[0], shown[1], shown[2]
    );
    if text.lines().next() != Some(&line) {
        wrong.push(format!(
            "`--format text` does not begin with {line}:\n{text}"
        ));
    }
    Ok(wrong)
}

/// Bytes with three digits, as docker writes them.
fn rounded(bytes: &Value) -> String {
    let mut number = bytes.as_f64().unwrap_or(f64::NAN);
    let mut units = ["B", "kB", "MB", "GB"].iter();
    let mut unit = units.next();
    while number >= 1000.0 {
        number /= 1000.0;
        unit = units.next();
    }
    let digits = match number {
        small if small < 10.0 => 2,
        middle if middle < 100.0 => 1,
        _ => 0,
    };
    format!("{number:.digits$}{}", unit.unwrap_or(&""))
}

/// Only a build knows lines of its Dockerfile.
fn without_lines(value: &Value) -> Value {
    let mut value = value.clone();
    for layer in value.as_array_mut().into_iter().flatten() {
        if let Some(fields) = layer.as_object_mut() {
            fields.remove("line");
        }
    }
    value
}
