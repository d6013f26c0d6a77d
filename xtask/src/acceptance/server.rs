//! The web and git servers of the cases: what a case's `www` folder holds, on loopback, at fixed ports
//! (a port is part of ADD's URL and so of the history that is compared).
//!
//! Special paths: `/<case>/redirect/<file>` answers 302 to the file, `/<case>/attachment/<file>` names it in
//! Content-Disposition, everything missing is 404.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::error::{Error, Result, io};

const WEB: &str = "127.0.0.1:5177";
const GIT_PORT: u16 = 5178;

/// The running servers; dropping ends the git daemon, the web server ends with the process.
pub(crate) struct Servers {
    git: Child,
}

impl Drop for Servers {
    fn drop(&mut self) {
        // git's daemon re-executes itself; the group holds all of it
        let group = format!("-{}", self.git.id());
        let ended = Command::new("kill")
            .args(["--", &group])
            .status()
            .is_ok_and(|status| status.success());
        if ended {
            let _ = self.git.wait();
        }
    }
}

/// Serves `work/<case>/www` for every case.
pub(crate) fn start(work: &Path) -> Result<Servers> {
    use std::os::unix::process::CommandExt;
    let listener = TcpListener::bind(WEB).map_err(io("listen for", Path::new(WEB)))?;
    let root = work.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let root = root.clone();
            thread::spawn(move || {
                // a client that went away is its own affair
                let _ = answer(stream, &root);
            });
        }
    });
    let git = Command::new("git")
        .args([
            "daemon",
            "--reuseaddr",
            "--export-all",
            "--listen=127.0.0.1",
            &format!("--port={GIT_PORT}"),
        ])
        .arg(format!("--base-path={}", work.display()))
        .arg(work)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| Error::Start {
            program: "git daemon".to_owned(),
            source,
        })?;
    Ok(Servers { git })
}

fn answer(stream: TcpStream, root: &Path) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or("/"));
    let reply = reply(root, path.split('?').next().unwrap_or("/"));
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {}\r\n{}Content-Length: {}\r\nConnection: close\r\n\r\n",
        reply.status,
        reply.headers,
        reply.body.len()
    )?;
    if method == "HEAD" {
        Ok(())
    } else {
        stream.write_all(&reply.body)
    }
}

struct Reply {
    status: &'static str,
    headers: String,
    body: Vec<u8>,
}

fn reply(root: &Path, path: &str) -> Reply {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != "..")
        .collect();
    let missing = || Reply {
        status: "404 Not Found",
        headers: String::new(),
        body: b"missing\n".to_vec(),
    };
    let Some((case, rest)) = parts.split_first() else {
        return missing();
    };
    let (mut headers, rest) = match rest.split_first() {
        Some((&"redirect", rest)) => {
            let headers = format!("Location: /{case}/{}\r\n", rest.join("/"));
            return Reply {
                status: "302 Found",
                headers,
                body: Vec::new(),
            };
        }
        Some((&"attachment", rest)) => (
            format!(
                "Content-Disposition: attachment; filename=\"{}\"\r\n",
                rest.last().unwrap_or(&"")
            ),
            rest,
        ),
        _ => (String::new(), rest),
    };
    headers.push_str("Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n");
    let file: PathBuf = root.join(case).join("www").join(rest.join("/"));
    match fs::read(&file) {
        Ok(body) => Reply {
            status: "200 OK",
            headers,
            body,
        },
        Err(_) => missing(),
    }
}
