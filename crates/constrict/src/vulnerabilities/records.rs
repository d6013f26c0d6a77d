//! OSV records on this machine: a directory of them, a zip (OSV's `all.zip`), JSON, JSON lines.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use constrict_inspect::vulnerabilities::scan::{RECORD_LIMIT, Scan};
use constrict_inspect::vulnerabilities::zip::Archive;
use constrict_inspect::vulnerabilities::{Outcome, Subjects};

/// Longest JSON document that is not of lines, bytes.
const DOCUMENT_LIMIT: u64 = 128 << 20;
/// Most files of a directory: twenty times what OSV has of all of Debian.
const FILES: usize = 1 << 20;
/// Most bytes that the members of a zip unfold to.
const TOTAL: usize = 16 << 30;
/// Directories in directories.
const DEPTH: usize = 16;

/// What the records below a path say; why they cannot be read.
pub(super) fn look(path: &Path, source: &str, subjects: &Subjects) -> Result<Vec<Outcome>, String> {
    let failed = |error: std::io::Error| format!("cannot read `{source}`: {error}");
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        let mut files = Vec::new();
        list(path, DEPTH, &mut files).map_err(failed)?;
        files.sort();
        let read = |file: &PathBuf, scan: &mut Scan<'_>| {
            let name = file.strip_prefix(path).unwrap_or(file);
            let name = name.display().to_string();
            if let Err(error) = read_file(file, &name, scan) {
                scan.unreadable(&name, &format!("it cannot be read: {error}"));
            }
        };
        return Ok(in_parts(&files, source, subjects, read).finish());
    }
    if is_zip(path).map_err(failed)? {
        let opened = File::open(path).and_then(Archive::of_file);
        return Ok(zipped(&opened.map_err(failed)?, source, subjects).finish());
    }
    let mut scan = Scan::new(subjects, source);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    read_file(path, &name, &mut scan).map_err(failed)?;
    Ok(scan.finish())
}

/// The files below a directory that may hold records.
fn list(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        // links of directories are not followed, and may go round
        if entry.file_type()?.is_dir() {
            match depth {
                0 => return Err(std::io::Error::other("the directories are too deep")),
                _ => list(&path, depth - 1, files)?,
            }
        } else if ["json", "jsonl", "ndjson"].iter().any(|end| ending == *end) {
            files.push(path);
        }
        if files.len() > FILES {
            return Err(std::io::Error::other("there are too many files"));
        }
    }
    Ok(())
}

fn is_zip(path: &Path) -> std::io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut head)?;
    Ok(head == b"PK\x03\x04" || head == b"PK\x05\x06")
}

/// Reads a file of JSON; what is of lines, or too long for anything else, line by line.
fn read_file(path: &Path, name: &str, scan: &mut Scan<'_>) -> std::io::Result<()> {
    // a pipe would never end
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    let (file, length) = (File::open(path)?, metadata.len());
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    if length > DOCUMENT_LIMIT || ending == "jsonl" || ending == "ndjson" {
        return read_lines(BufReader::with_capacity(1 << 18, file), name, scan);
    }
    let mut text = Vec::with_capacity(length as usize);
    file.take(DOCUMENT_LIMIT).read_to_end(&mut text)?;
    scan.document(name, &text);
    Ok(())
}

fn read_lines(mut file: impl BufRead, name: &str, scan: &mut Scan<'_>) -> std::io::Result<()> {
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let mut bounded = (&mut file).take(RECORD_LIMIT as u64 + 1);
        if bounded.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let name = format!("{name}:{number}");
        if line.len() > RECORD_LIMIT {
            scan.unreadable(&name, "the line is too long: what follows is not read");
            break;
        }
        if !line.trim_ascii().is_empty() {
            scan.record(&name, &line);
        }
    }
    Ok(())
}

fn zipped<'a>(archive: &Archive, source: &'a str, subjects: &'a Subjects) -> Scan<'a> {
    let members: Vec<_> = archive
        .members()
        .iter()
        .filter(|member| member.name.ends_with(".json"))
        .collect();
    let left = std::sync::atomic::AtomicUsize::new(TOTAL);
    in_parts(&members, source, subjects, |member, scan| {
        BUFFERS.with_borrow_mut(|(raw, content)| {
            use std::sync::atomic::Ordering::Relaxed;
            let read = archive.content(member, RECORD_LIMIT, raw, content);
            let spent = left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(content.len()));
            match (read, spent) {
                (Ok(()), Ok(_)) => scan.document(&member.name, content),
                (Ok(()), Err(_)) => scan.unreadable(&member.name, "the zip unfolds to too much"),
                (Err(error), _) => scan.unreadable(&member.name, &error.to_string()),
            }
        });
    })
}

thread_local! {
    /// A member as it is stored and as it is, kept for the next one.
    static BUFFERS: std::cell::RefCell<(Vec<u8>, Vec<u8>)> = const { std::cell::RefCell::new((Vec::new(), Vec::new())) };
}

/// Reads parts of a list on as many cores as there are; what they say is put together in their order.
fn in_parts<'a, T: Sync>(
    all: &[T],
    source: &'a str,
    subjects: &'a Subjects,
    read: impl Fn(&T, &mut Scan<'_>) + Sync,
) -> Scan<'a> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let length = all.len().div_ceil(cores).max(1);
    let work = |part: &[T]| {
        let mut scan = Scan::new(subjects, source);
        part.iter().for_each(|each| read(each, &mut scan));
        scan
    };
    let work = &work;
    std::thread::scope(|scope| {
        let parts = all
            .chunks(length)
            .map(|part| scope.spawn(move || work(part)));
        let workers: Vec<_> = parts.collect();
        let mut whole = Scan::new(subjects, source);
        for worker in workers {
            whole.add(worker.join().expect("a worker does not panic"));
        }
        whole
    })
}
