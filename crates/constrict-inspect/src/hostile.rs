//! Images that nobody made in good faith: whatever lies where inspection looks, it ends, and does not panic.

use proptest::prelude::*;

use crate::sample::Sample;

/// Places that some reader looks at.
const PATHS: [&str; 44] = [
    "etc/passwd",
    "etc/group",
    "etc/os-release",
    "etc/ld.so.cache",
    "etc/ld.so.conf",
    "etc/ld.so.conf.d/a.conf",
    "etc/ld.so.preload",
    "etc/ld-musl-x86_64.path",
    "etc/pip.conf",
    "lib64/ld-linux-x86-64.so.2",
    "lib/ld-musl-x86_64.so.1",
    "lib/x86_64-linux-gnu/libc.so.6",
    "usr/bin/env",
    "bin/sh",
    "usr/local/bin/python3.11",
    "usr/local/bin/python",
    "usr/local/bin/gunicorn",
    "usr/local/lib/python3.11/os.py",
    "usr/local/lib/python3.11/site.py",
    "usr/local/lib/python3.11/encodings/__init__.py",
    "usr/local/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so",
    "usr/local/lib/python3.11/site-packages/a.pth",
    "usr/local/lib/python3.11/site-packages/__editable___x_finder.py",
    "usr/local/lib/python3.11/site-packages/x.egg-link",
    "usr/local/lib/python3.11/site-packages/flask-3.0.0.dist-info/METADATA",
    "usr/local/lib/python3.11/site-packages/flask-3.0.0.dist-info/RECORD",
    "usr/local/lib/python3.11/site-packages/flask-3.0.0.dist-info/WHEEL",
    "usr/local/lib/python3.11/site-packages/flask-3.0.0.dist-info/entry_points.txt",
    "usr/local/lib/python3.11/site-packages/flask-3.0.0.dist-info/direct_url.json",
    "usr/local/lib/python3.11/site-packages/flask/__init__.py",
    "usr/local/lib/python3.11/site-packages/flask/_x.cpython-311-x86_64-linux-gnu.so",
    "usr/local/lib/python311.zip",
    "app/venv/pyvenv.cfg",
    "app/venv/bin/python",
    "app/venv/bin/flask",
    "app/app.py",
    "app/app.pyz",
    "app/entry.sh",
    "app/gunicorn.conf.py",
    "app/manage.py",
    "app/uv.lock",
    "app/.env",
    "app/Procfile",
    "app/__pycache__/app.cpython-311.pyc",
];

/// Beginnings that get a reader past its first look.
const STARTS: [&[u8]; 14] = [
    b"",
    b"#!/usr/bin/env python3\nimport flask\n",
    b"#!/bin/sh\nset -e\nexec \"$@\"\n",
    b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0",
    b"PK\x03\x04\x14\0\0\0\0\0",
    b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0",
    b"glibc-ld.so.cache1.1\xff\xff\xff\x7f\xff\xff\xff\x7f",
    b"ld.so-1.7.0\0\xff\xff\xff\x7f",
    b"home = /usr/local/bin\nversion = 3.11.2\n",
    b"Metadata-Version: 2.1\nName: flask\nVersion: 3.0.0\nRequires-Dist: x (>=1) ; ",
    b"import os, sys\nfrom . import x\ntry:\n  import y\nexcept ",
    b"\xa7\x0d\x0d\x0a\0\0\0\0",
    b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:",
    b"include /etc/ld.so.conf.d/*.conf\n/opt/lib\n",
];

fn content() -> impl Strategy<Value = Vec<u8>> {
    let text = "[ -~\\n]{0,200}".prop_map(String::into_bytes);
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    (
        proptest::sample::select(&STARTS[..]),
        prop_oneof![text, bytes],
    )
        .prop_map(|(start, rest)| [start, rest.as_slice()].concat())
}

fn command() -> impl Strategy<Value = Vec<String>> {
    let word = prop_oneof![
        proptest::sample::select(
            &[
                "python",
                "-m",
                "-c",
                "app.py",
                "flask",
                "gunicorn",
                "app:app",
                "/bin/sh",
                "entry.sh",
                "app/app.pyz",
                "uvicorn",
                "$PORT",
                "env",
                "-S",
                "exec"
            ][..]
        )
        .prop_map(str::to_string),
        "[ -~]{0,20}",
    ];
    proptest::collection::vec(word, 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_an_image_holds_the_check_ends(
        files in proptest::collection::vec((proptest::sample::select(&PATHS[..]), content(), 0_u32..0o1000), 0..30),
        links in proptest::collection::vec((proptest::sample::select(&PATHS[..]), proptest::sample::select(&PATHS[..])), 0..6),
        entrypoint in command(),
        cmd in command(),
        user in "[ -~]{0,8}",
        directory in "[ -~]{0,8}",
        env in proptest::collection::vec("(PATH|PYTHONPATH|LD_LIBRARY_PATH|FLASK_APP|HOME|LANG|PYTHONHOME)=[ -~]{0,20}", 0..4),
    ) {
        let mut sample = Sample::new();
        for (path, content, mode) in files {
            sample = sample.file_with(path, content, mode);
        }
        for (path, target) in links {
            sample = sample.link(path, &format!("/{target}"));
        }
        let report = sample
            .config(|config| {
                config.config.entrypoint = entrypoint;
                config.config.cmd = cmd;
                config.config.user = user;
                config.config.working_dir = directory;
                config.config.env = env;
            })
            .check();
        prop_assert!(report.findings.iter().all(|finding| !finding.message.is_empty()));
    }
}
