//! The sarif tier: what `lint` and `check` write as SARIF is valid against the schema of SARIF 2.1.0, what `compare` writes
//! as JSON against `docs/compare.schema.json`.
//!
//! SARIF's schema is the one in the crate `serde-sarif`, the judge is `jsonschema` of PyPI: neither is ours. Both are fetched
//! when the tier runs. What is judged: a Dockerfile with findings and one without, an image with findings and one without,
//! both images compared.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::lab::Lab;
use super::report::{Finding, Report};
use crate::error::{Error, Result, io, json};
use crate::process;

const MANIFEST: &str = "[package]\nname = \"schema\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
    [lib]\npath = \"lib.rs\"\n[dependencies]\nserde-sarif = \"0.8\"\n[workspace]\n";

/// Prints each violation; the first argument is the schema, the second the document.
const JUDGE: &str = "import json, sys, jsonschema
schema, document = (json.load(open(path)) for path in sys.argv[1:])
validator = jsonschema.validators.validator_for(schema)(schema)
for error in validator.iter_errors(document):
    print(error.json_path, error.message)
";

/// Names, words of constrict, and whether there is something to find.
type Case = (&'static str, Vec<String>, bool);

/// Judges what both commands write.
pub(crate) fn run(lab: &Lab, _names: &[String]) -> Result<Report> {
    let work = lab.work.join("sarif");
    fs::create_dir_all(&work).map_err(io("create", &work))?;
    let schema = schema(&work)?;
    let python = judge(&work)?;
    let mut report = Report::new("sarif");
    for (name, words, finds) in cases(&work)? {
        let ended = process::capture(lab.constrict().args(&words))?;
        let path = work.join(format!("{name}.sarif"));
        fs::write(&path, &ended.stdout).map_err(io("write", &path))?;
        let mut finding = Finding::new(name);
        let document: Value = serde_json::from_slice(&ended.stdout).map_err(json("SARIF"))?;
        let results = document["runs"][0]["results"].as_array();
        if results.is_some_and(|results| results.is_empty()) == finds {
            let fact = format!("results expected: {finds}, status {:?}", ended.status);
            finding.differences.image.push(fact);
        }
        finding
            .differences
            .image
            .extend(violations(&python, &schema, &path)?);
        report.add(lab, finding)?;
    }
    report.add(lab, comparison(lab, &work, &python)?)?;
    Ok(report)
}

/// Whether the JSON of a comparison is what the published schema says.
fn comparison(lab: &Lab, work: &Path, python: &Path) -> Result<Finding> {
    let mut command = lab.constrict();
    command.args(["compare", "--format", "json"]);
    let ended = process::capture(command.args(["password", "empty"]).current_dir(work))?;
    let path = work.join("compare.json");
    fs::write(&path, &ended.stdout).map_err(io("write", &path))?;
    let schema = lab.top.join("docs/compare.schema.json");
    let mut finding = Finding::new("compare");
    finding.differences.image = violations(python, &schema, &path)?;
    Ok(finding)
}

/// What the judge says against a document, a line each.
fn violations(python: &Path, schema: &Path, document: &Path) -> Result<Vec<String>> {
    let mut command = Command::new(python);
    let said = process::demand(command.args(["-c", JUDGE]).args([schema, document]))?;
    Ok(said.lines().map(str::to_owned).collect())
}

/// Two Dockerfiles, and two root directories as images.
fn cases(work: &Path) -> Result<Vec<Case>> {
    let write = |name: &str, text: &str| -> Result<String> {
        let path = work.join(name);
        let above = path.parent().unwrap_or(work);
        fs::create_dir_all(above).map_err(io("create", above))?;
        fs::write(&path, text).map_err(io("write", &path))?;
        Ok(path.display().to_string())
    };
    let words = |command: &str, subject: String| {
        let words = [command, "--format", "sarif"].map(str::to_owned);
        [words.to_vec(), vec![subject]].concat()
    };
    let bad = write(
        "bad.Dockerfile",
        "FROM python:3.11 as x\nMAINTAINER me\nCMD python app.py\n",
    )?;
    let good = write(
        "good.Dockerfile",
        "FROM scratch\nCOPY app /app\nCMD [\"/app\"]\n",
    )?;
    write("password/etc/pip.conf", PIP_CONF)?;
    write("empty/etc/motd", "hello\n")?;
    let folder = |name: &str| work.join(name).display().to_string();
    Ok(vec![
        ("lint", words("lint", bad), true),
        ("lint-clean", words("lint", good), false),
        ("check", words("check", folder("password")), true),
        ("check-clean", words("check", folder("empty")), false),
    ])
}

const PIP_CONF: &str = "[global]\nindex-url = https://ci:7hR4kq2PzX9w@index.example/simple\n";

/// Fetches the schema.
fn schema(work: &Path) -> Result<PathBuf> {
    let (manifest, library) = (work.join("Cargo.toml"), work.join("lib.rs"));
    fs::write(&manifest, MANIFEST).map_err(io("write", &manifest))?;
    fs::write(&library, "").map_err(io("write", &library))?;
    let mut command = Command::new("cargo");
    command.args(["metadata", "--format-version", "1", "--manifest-path"]);
    let text = process::demand(command.arg(&manifest))?;
    let metadata: Value = serde_json::from_str(&text).map_err(json("cargo's metadata"))?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut found = packages.filter(|package| package["name"] == "serde-sarif");
    let path = found.find_map(|package| package["manifest_path"].as_str());
    path.map(|path| Path::new(path).with_file_name("src/schema.json"))
        .ok_or_else(|| Error::Unknown {
            what: "package",
            name: "serde-sarif".to_owned(),
        })
}

/// A Python with `jsonschema`.
fn judge(work: &Path) -> Result<PathBuf> {
    let venv = work.join("venv");
    process::demand(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let mut install = Command::new(venv.join("bin/pip"));
    process::demand(install.args(["install", "--quiet", "jsonschema"]))?;
    Ok(venv.join("bin/python"))
}
