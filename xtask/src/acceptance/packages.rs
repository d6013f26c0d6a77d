//! The packages tier: popular packages in slim images, which run, and of which no *break* may be reported.
//!
//! Reads `checks/packages.toml` and writes the table between the markers in `docs/check.md`. Its store outlives the run,
//! below `target/acceptance/packages`; what a check keeps is deleted first, so that the first check is one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use super::check::ask;
use super::lab::Lab;
use super::report::{Finding, Report};
use crate::error::{Error, Result, io, json};
use crate::process;

const BEGIN: &str = "<!-- packages: written by `cargo xtask acceptance packages` -->\n";
const END: &str = "<!-- end of packages -->\n";

/// How long an application may take to end or to answer.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    package: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Package {
    name: String,
    /// What pip is asked for.
    install: Option<Vec<String>>,
    /// What the image starts.
    command: Option<Vec<String>>,
    /// Where it must answer HTTP; without one it must exit with status 0.
    port: Option<u16>,
    /// The application's file.
    #[serde(default = "app_py")]
    file: String,
    app: String,
}

fn app_py() -> String {
    "app.py".to_owned()
}

/// What the table says of a package.
struct Row {
    name: String,
    version: String,
    first: f64,
    again: f64,
    /// Rule → findings.
    rules: BTreeMap<String, usize>,
}

/// Builds, runs and checks the named packages, or all; the table is written when all are.
pub(crate) fn run(lab: &Lab, names: &[String]) -> Result<Report> {
    let list = read(lab)?;
    if let Some(name) = names
        .iter()
        .find(|name| !list.package.iter().any(|package| package.name == **name))
    {
        return Err(Error::Unknown {
            what: "package",
            name: name.clone(),
        });
    }
    let data = lab.kept.with_file_name("packages");
    let mut report = Report::new("packages");
    let mut rows = Vec::new();
    for package in &list.package {
        if !names.is_empty() && !names.contains(&package.name) {
            continue;
        }
        let mut finding = Finding::new(&package.name.replace(['[', ']'], "-"));
        rows.extend(examine(lab, &data, package, &mut finding)?);
        report.add(lab, finding)?;
    }
    if names.is_empty() && rows.len() == list.package.len() {
        write_table(&lab.top.join("docs/check.md"), &rows)?;
    }
    Ok(report)
}

fn read(lab: &Lab) -> Result<List> {
    let path = lab.top.join("checks/packages.toml");
    let text = fs::read_to_string(&path).map_err(io("read", &path))?;
    toml::from_str(&text).map_err(|error| Error::Case {
        name: "packages.toml".to_owned(),
        fact: error.to_string(),
    })
}

fn dockerfile(package: &Package) -> String {
    let words = |list: &[String]| -> String {
        let quoted: Vec<String> = list.iter().map(|word| format!("{word:?}")).collect();
        quoted.join(", ")
    };
    let install = package
        .install
        .clone()
        .unwrap_or_else(|| vec![package.name.clone()]);
    let quoted: Vec<String> = install.iter().map(|name| format!("'{name}'")).collect();
    let command = package
        .command
        .clone()
        .unwrap_or_else(|| vec!["python".to_owned(), package.file.clone()]);
    let expose = package
        .port
        .map_or_else(String::new, |port| format!("EXPOSE {port}\n"));
    format!(
        "FROM python:3.11-slim\nRUN --mount=type=cache,target=/root/.cache/pip pip install {}\nWORKDIR /app\nCOPY {file} .\n{expose}CMD [{}]\n",
        quoted.join(" "),
        words(&command),
        file = package.file,
    )
}

fn examine(
    lab: &Lab,
    data: &Path,
    package: &Package,
    finding: &mut Finding,
) -> Result<Option<Row>> {
    let tag = format!(
        "package-{}",
        package.name.replace('[', "-").replace(']', "")
    );
    let context = lab.work.join(&tag);
    fs::create_dir_all(&context).map_err(io("create", &context))?;
    for (name, text) in [
        ("Dockerfile", dockerfile(package)),
        (&*package.file, package.app.trim_start().to_owned()),
    ] {
        let path = context.join(name);
        fs::write(&path, text).map_err(io("write", &path))?;
    }
    let constrict = || {
        let mut command = lab.constrict();
        command.env("XDG_DATA_HOME", data).current_dir(&context);
        command
    };
    let mut build = constrict();
    build.args(["build", "--progress=plain", "--check=off", "-t", &tag, "."]);
    let built = process::capture(&mut build)?;
    if !built.ok() {
        let said = process::last_lines(&built.stderr, 12);
        finding
            .differences
            .image
            .push(format!("it does not build:\n{said}"));
        return Ok(None);
    }
    finding
        .differences
        .image
        .extend(works(&constrict, package, &tag)?);
    forget_checks(data)?;
    let (first, listed) = check(&constrict, &tag)?;
    let (again, _) = check(&constrict, &tag)?;
    let mut rules = BTreeMap::new();
    for found in listed["findings"].as_array().into_iter().flatten() {
        let rule = found["rule"].as_str().unwrap_or_default().to_owned();
        if found["severity"] == "breaks" {
            let fact = format!("false alarm: `{rule}`: {found:#}");
            finding.differences.image.push(fact);
        }
        *rules.entry(rule).or_default() += 1;
    }
    Ok(Some(Row {
        name: package.name.clone(),
        version: version(&constrict, &tag, &package.name)?,
        first,
        again,
        rules,
    }))
}

/// Deletes what checks keep in the store of `data`.
fn forget_checks(data: &Path) -> Result<()> {
    let store = data.join("constrict");
    for folder in ["packs", "reports"] {
        let path = store.join(folder);
        if path.exists() {
            fs::remove_dir_all(&path).map_err(io("remove", &path))?;
            fs::create_dir(&path).map_err(io("create", &path))?;
        }
    }
    Ok(())
}

/// Seconds that a check took, and what it says.
fn check(constrict: &impl Fn() -> Command, tag: &str) -> Result<(f64, Value)> {
    let mut command = constrict();
    command.args(["check", tag, "--format", "json"]);
    let start = Instant::now();
    let ended = process::capture(&mut command)?;
    let seconds = start.elapsed().as_secs_f64();
    let what = format!("`constrict check {tag}`: {}", ended.stderr);
    Ok((
        seconds,
        serde_json::from_slice(&ended.stdout).map_err(json(what))?,
    ))
}

/// What is wrong with the running image, if anything.
fn works(constrict: &impl Fn() -> Command, package: &Package, tag: &str) -> Result<Option<String>> {
    let Some(port) = package.port else {
        let ended = process::capture(constrict().args(["run", "--rm", tag]))?;
        return Ok((!ended.ok()).then(|| {
            let said = process::last_lines(&ended.stderr, 12);
            format!("it does not run ({:?}):\n{said}", ended.status)
        }));
    };
    let path = PathBuf::from("127.0.0.1");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let free = free.map_err(io("listen on", &path))?;
    let mut command = constrict();
    command
        .args(["run", "--rm", "-p", &format!("{}:{port}", free.port()), tag])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(|source| Error::Start {
        program: "constrict run".to_owned(),
        source,
    })?;
    let until = Instant::now() + PATIENCE;
    let mut said = String::new();
    while Instant::now() < until && !said.starts_with("HTTP/1.") {
        std::thread::sleep(Duration::from_millis(200));
        said = ask(&free.to_string(), "/").unwrap_or_else(|error| error.to_string());
    }
    process::capture(Command::new("kill").args(["-INT", &child.id().to_string()]))?;
    child.wait().map_err(|source| Error::Start {
        program: "constrict run".to_owned(),
        source,
    })?;
    let right = said.starts_with("HTTP/1.") && said.get(9..10) != Some("5");
    Ok((!right).then(|| format!("no good answer on its port: {said}")))
}

/// The version that is installed.
fn version(constrict: &impl Fn() -> Command, tag: &str, name: &str) -> Result<String> {
    let plain = name.split('[').next().unwrap_or(name);
    let code = format!("import importlib.metadata as m; print(m.version({plain:?}))");
    let mut command = constrict();
    command.args(["run", "--rm", tag, "python", "-c", &code]);
    Ok(process::demand(&mut command)?.trim().to_owned())
}

fn write_table(path: &Path, rows: &[Row]) -> Result<()> {
    let text = fs::read_to_string(path).map_err(io("read", path))?;
    let missing = || Error::Archive {
        path: path.to_owned(),
        what: format!("line `{}`", BEGIN.trim()),
    };
    let (before, rest) = text.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    let whole = format!("{before}{BEGIN}{}{END}{after}", table(rows));
    fs::write(path, whole).map_err(io("write", path))
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| package | version | first check, s | again, s | rule hits |\n|---|---|---|---|---|\n",
    );
    for row in rows {
        let rules: Vec<String> = row
            .rules
            .iter()
            .map(|(rule, count)| match count {
                1 => format!("`{rule}`"),
                _ => format!("`{rule}` ×{count}"),
            })
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} | {:.2} | {:.2} | {} |",
            row.name,
            row.version,
            row.first,
            row.again,
            rules.join(", ")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_becomes_a_dockerfile() {
        let package = Package {
            name: "psycopg[binary]".to_owned(),
            install: None,
            command: None,
            port: Some(80),
            file: app_py(),
            app: String::new(),
        };
        assert_eq!(
            dockerfile(&package),
            "FROM python:3.11-slim\nRUN --mount=type=cache,target=/root/.cache/pip pip install 'psycopg[binary]'\nWORKDIR /app\nCOPY app.py .\nEXPOSE 80\nCMD [\"python\", \"app.py\"]\n"
        );
    }

    #[test]
    fn a_row_shows_each_rule_once() {
        let row = Row {
            name: "flask".to_owned(),
            version: "3".to_owned(),
            first: 0.123,
            again: 0.01,
            rules: BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]),
        };
        let text = table(&[row]);
        assert!(
            text.ends_with("| flask | 3 | 0.12 | 0.01 | `a`, `b` ×2 |\n"),
            "{text}"
        );
    }
}
