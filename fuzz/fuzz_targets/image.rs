//! A small image from any bytes, and the whole check of it: it ends, and every finding has a message.
//!
//! Format: the first byte chooses what is started, the second the user. Then one record a file until the bytes end: which
//! path (1 byte, of `PATHS`), its mode (1 byte; 255 makes it a link to the path that the content's first byte chooses), the
//! content's length (2 bytes, little endian), the content. A file replaces what the base has at its path.

#![no_main]

use std::collections::BTreeMap;
use std::io;

use constrict_elf::{Object, Symbols};
use constrict_inspect::files::Elf;
use constrict_inspect::{Contents, Files, Image, Kind, Node, check};
use constrict_oci::{ImageConfig, Platform};
use libfuzzer_sys::fuzz_target;

/// What is started; the last are for whatever lies in `app/start.sh`.
const COMMANDS: [&[&str]; 12] = [
    &["python", "app.py"],
    &["python", "-m", "app"],
    &["python", "app.pyz"],
    &["/app/venv/bin/python", "app.py"],
    &["gunicorn", "app:app"],
    &["gunicorn", "-c", "gunicorn.conf.py", "app:app"],
    &["uvicorn", "--factory", "app:app"],
    &["flask", "run"],
    &["python", "manage.py", "runserver"],
    &["celery", "-A", "app", "worker"],
    &["/bin/sh", "-c", "cd /app && . ./start.sh"],
    &["./start.sh"],
];
const USERS: [&str; 4] = ["", "app", "1000:1000", "nobody"];

/// Places that some reader looks at.
const PATHS: [&str; 40] = [
    "app/app.py",
    "app/start.sh",
    "app/app.pyz",
    "app/other.py",
    "app/pkg/__init__.py",
    "app/pkg/part.py",
    "app/manage.py",
    "app/gunicorn.conf.py",
    "app/uv.lock",
    "app/.env",
    "app/__pycache__/app.cpython-311.pyc",
    "app/venv/pyvenv.cfg",
    "app/venv/bin/python",
    "app/venv/bin/gunicorn",
    "app/venv/lib/python3.11/site-packages/a.pth",
    "etc/passwd",
    "etc/group",
    "etc/os-release",
    "etc/ld.so.cache",
    "etc/ld.so.conf",
    "etc/ld.so.preload",
    "etc/ld-musl-x86_64.path",
    "etc/pip.conf",
    "lib64/ld-linux-x86-64.so.2",
    "lib/x86_64-linux-gnu/libc.so.6",
    "usr/local/bin/gunicorn",
    "usr/local/bin/uvicorn",
    "usr/local/bin/flask",
    "usr/local/lib/python311.zip",
    "usr/local/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so",
    "usr/local/lib/python3.11/site-packages/a.pth",
    "usr/local/lib/python3.11/site-packages/__editable___x_finder.py",
    "usr/local/lib/python3.11/site-packages/x.egg-link",
    "usr/local/lib/python3.11/site-packages/flask/__init__.py",
    "usr/local/lib/python3.11/site-packages/flask/_x.cpython-311-x86_64-linux-gnu.so",
    "usr/local/lib/python3.11/site-packages/flask-3.0.0.dist-info/METADATA",
    "usr/local/lib/python3.11/site-packages/flask-3.0.0.dist-info/RECORD",
    "usr/local/lib/python3.11/site-packages/flask-3.0.0.dist-info/WHEEL",
    "usr/local/lib/python3.11/site-packages/flask-3.0.0.dist-info/entry_points.txt",
    "usr/local/lib/python3.11/site-packages/flask-3.0.0.dist-info/direct_url.json",
];

/// What makes the image one of Python's, so that the check goes on to the rest.
const BASE: [(&str, &str); 10] = [
    ("bin/sh", "\x7fELF"),
    ("usr/bin/env", "\x7fELF"),
    ("usr/local/bin/python", "\x7fELF"),
    ("usr/local/bin/python3.11", "\x7fELF"),
    (
        "usr/local/bin/gunicorn",
        "#!/usr/local/bin/python\nfrom gunicorn.app.wsgiapp import run\nrun()\n",
    ),
    ("usr/local/lib/python3.11/os.py", ""),
    ("usr/local/lib/python3.11/site.py", ""),
    ("usr/local/lib/python3.11/encodings/__init__.py", ""),
    (
        "etc/passwd",
        "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
    ),
    ("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
];

struct Memory(BTreeMap<Vec<u8>, Vec<u8>>);

impl Contents for Memory {
    fn read(&self, _: usize, path: &[u8], limit: usize) -> io::Result<Vec<u8>> {
        let content = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(content[..content.len().min(limit)].to_vec())
    }

    fn object(&self, layer: usize, path: &[u8]) -> io::Result<Option<Elf>> {
        let content = self.read(layer, path, usize::MAX)?;
        Ok(Object::parse(&content)
            .ok()
            .zip(Symbols::parse(&content).ok()))
    }
}

#[derive(Default)]
struct Root {
    nodes: BTreeMap<Vec<u8>, Node>,
    contents: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Root {
    fn put(&mut self, path: &str, mode: u32, kind: Kind) {
        let node = Node {
            kind,
            mode,
            uid: 0,
            gid: 0,
            mtime: 0,
            layer: 0,
        };
        self.nodes.insert(path.as_bytes().to_vec(), node);
    }

    fn file(&mut self, path: &str, mode: u32, content: &[u8]) {
        self.contents
            .insert(path.as_bytes().to_vec(), content.to_vec());
        let kind = Kind::File {
            size: content.len() as u64,
            digest: None,
            content: path.as_bytes().to_vec(),
        };
        self.put(path, mode, kind);
    }
}

fn chosen<T: Copy>(of: &[T], byte: u8) -> T {
    of[usize::from(byte) % of.len()]
}

fuzz_target!(|bytes: &[u8]| {
    let [command, user, rest @ ..] = bytes else {
        return;
    };
    let mut root = Root::default();
    for (path, content) in BASE {
        root.file(path, 0o755, content.as_bytes());
    }
    let mut rest = rest;
    while let [path, mode, low, high, after @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(after.len());
        let (content, after) = after.split_at(length);
        rest = after;
        let path = chosen(&PATHS, *path);
        match (mode, content) {
            (255, [target, ..]) => {
                let target = format!("/{}", chosen(&PATHS, *target)).into_bytes();
                root.put(path, 0o777, Kind::Symlink { target });
            }
            // the bits of everybody, as those of the owner
            (mode, content) => root.file(path, u32::from(mode & 7) * 0o111 | 0o444, content),
        }
    }
    let mut config = ImageConfig::new(&Platform::parse("linux/amd64").expect("a platform"));
    config.config.cmd = chosen(&COMMANDS, *command)
        .iter()
        .map(|word| word.to_string())
        .collect();
    config.config.user = chosen(&USERS, *user).to_string();
    config.config.working_dir = "/app".into();
    let image = Image {
        name: "fuzz".into(),
        config,
        files: Files::new(root.nodes, Box::new(Memory(root.contents))),
        layers: Vec::new(),
        origin: None,
    };
    let report = check(&image, &|_| false);
    assert!(
        report
            .findings
            .iter()
            .all(|finding| !finding.message.is_empty())
    );
});
