//! The seeds tier: every Dockerfile of the seeds, unchanged, against docker's result; then some are run.
//!
//! docker takes its bases from `REGISTRY/peer/`, which carry this machine's certificates and package index;
//! the differences that this makes are those of [`super::ignored`].

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sha2::Digest;

use super::builders::{self, Request};
use super::case::Description;
use super::conformance::judge;
use super::ignored::Ignored;
use super::lab::{Lab, REGISTRY};
use super::report::{Finding, Report};
use super::tree::hexadecimal;
use crate::error::{Error, Result, io};
use crate::process;

/// Folder, Dockerfile and what running the image must show.
const SEEDS: [(&str, &str, Shows); 9] = [
    ("000", "Dockerfile", Shows::Nothing),
    ("001", "Dockerfile", Shows::Line("hello: runtime")),
    ("001", "Dockerfile.single", Shows::Line("hello: runtime")),
    ("002", "Dockerfile", Shows::Nothing),
    ("002", "Dockerfile.single", Shows::Nothing),
    ("003", "Dockerfile", Shows::Nothing),
    ("003", "Dockerfile.single", Shows::Answer),
    ("003-go", "Dockerfile", Shows::Line("links: 2")),
    ("004", "Dockerfile", Shows::Nothing),
];

/// What tells that a seed's image runs. Those with nothing fail to run under docker too.
#[derive(Clone, Copy)]
enum Shows {
    Nothing,
    Line(&'static str),
    /// Answers HTTP on port 80.
    Answer,
}

/// Builds, compares and runs the seeds, or those whose folder is named.
pub(crate) fn run(lab: &Lab, names: &[String]) -> Result<Report> {
    let mut report = Report::new("seeds");
    let folder = lab.seeds()?;
    lab.peer_bases()?;
    let index = hash_of(&folder.join("003/pyproject.toml"))?;
    for (seed, file, shows) in SEEDS {
        if !names.is_empty() && !names.iter().any(|name| name == seed) {
            continue;
        }
        let name = format!("seed-{seed}-{}", file.to_lowercase());
        let context = folder.join(seed);
        let mut finding = Finding::new(&name);
        let ours_description = Description {
            args: strings(&["-f", file, "-t", &name]),
            ..Description::default()
        };
        let theirs_description = Description {
            args: strings(&["-f", &peer_file(&context, file)?]),
            ..Description::default()
        };
        let hash = format!("{index}{}", hash_of(&context.join(file))?);
        let theirs = builders::docker(
            lab,
            &Request {
                name: &name,
                context: &context,
                description: &theirs_description,
            },
            &hash,
        )?;
        let peer_copy = context.join(format!("../{seed}-{file}.peer"));
        fs::remove_file(&peer_copy).map_err(io("remove", &peer_copy))?;
        let ours = builders::constrict(
            lab,
            &Request {
                name: &name,
                context: &context,
                description: &ours_description,
            },
        )?;
        judge(&ours, &theirs, Ignored::Seeds, &mut finding);
        if let (builders::Built::Image(_), Some(fact)) = (&ours, start(lab, &name, shows)?) {
            finding.differences.image.push(fact);
        }
        report.add(lab, finding)?;
    }
    Ok(report)
}

/// The Dockerfiles of the seeds: folder and file.
pub(super) fn dockerfiles() -> impl Iterator<Item = (&'static str, &'static str)> {
    SEEDS.iter().map(|(seed, file, _)| (*seed, *file))
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn hash_of(path: &Path) -> Result<String> {
    let text = fs::read(path).map_err(io("read", path))?;
    Ok(hexadecimal(&sha2::Sha256::digest(text)[..8]))
}

/// Writes a copy of the Dockerfile, beside the context, whose bases are the peers'; returns its path.
fn peer_file(context: &Path, file: &str) -> Result<String> {
    let source = context.join(file);
    // one seed is not UTF-8 throughout in its comments
    let text =
        String::from_utf8_lossy(&fs::read(&source).map_err(io("read", &source))?).into_owned();
    let text: String = text
        .lines()
        .map(|line| format!("{}\n", peer_line(line)))
        .collect();
    let seed = context.file_name().unwrap_or_default().to_string_lossy();
    let path = context.with_file_name(format!("{seed}-{file}.peer"));
    fs::write(&path, text).map_err(io("write", &path))?;
    Ok(path.display().to_string())
}

/// `FROM python:…` and `FROM gcr.io/distroless/…` become the peers' repositories.
pub(crate) fn peer_line(line: &str) -> String {
    let Some(rest) = line.strip_prefix("FROM ") else {
        return line.to_owned();
    };
    let name = rest.strip_prefix("gcr.io/").unwrap_or(rest);
    format!("FROM {REGISTRY}/peer/{name}")
}

/// Starts the image of `tag`; what is wrong with it, if anything.
fn start(lab: &Lab, tag: &str, shows: Shows) -> Result<Option<String>> {
    match shows {
        Shows::Nothing => Ok(None),
        Shows::Line(line) => {
            let ended = process::capture(lab.constrict().args(["run", "--rm", tag]))?;
            let right = ended.ok() && ended.text().lines().any(|said| said == line);
            Ok((!right).then(|| {
                format!(
                    "`constrict run` should print `{line}`: {:?} {:?} {}",
                    ended.status,
                    ended.text(),
                    ended.stderr
                )
            }))
        }
        Shows::Answer => answers(lab, tag),
    }
}

fn answers(lab: &Lab, tag: &str) -> Result<Option<String>> {
    let mut command = lab.constrict();
    command
        .args(["run", "--rm", "-p", "8080:80", tag])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(|source| Error::Start {
        program: "constrict run".to_owned(),
        source,
    })?;
    let until = Instant::now() + Duration::from_secs(30);
    let mut last = String::new();
    while Instant::now() < until && !last.starts_with("HTTP/1.1 ") {
        std::thread::sleep(Duration::from_millis(200));
        last = ask("127.0.0.1:8080").unwrap_or_else(|error| error.to_string());
    }
    end(&mut child)?;
    Ok((!last.starts_with("HTTP/1.1 "))
        .then(|| format!("no HTTP answer on the published port: {last}")))
}

/// Everything that an HTTP server at `address` (a number and a port) answers with.
pub(super) fn ask(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// Ends `constrict run` as Ctrl-C in a shell would.
fn end(child: &mut Child) -> Result<()> {
    process::capture(Command::new("kill").args(["-INT", &child.id().to_string()]))?;
    child.wait().map_err(|source| Error::Start {
        program: "constrict run".to_owned(),
        source,
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_taken_from_the_peers_repositories() {
        assert_eq!(
            peer_line("FROM python:3.11 as b"),
            "FROM 127.0.0.1:5100/peer/python:3.11 as b"
        );
        assert_eq!(
            peer_line("FROM gcr.io/distroless/python3-debian11:latest as r"),
            "FROM 127.0.0.1:5100/peer/distroless/python3-debian11:latest as r"
        );
        assert_eq!(peer_line("RUN x"), "RUN x");
    }
}
