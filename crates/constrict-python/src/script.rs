//! Scripts: the `#!` line and what console scripts of pip, setuptools, uv and distlib start.
//!
//! Format: as the kernel reads it: `#!`, blanks, the interpreter up to a blank, then one argument with its inner
//! blanks; at most 255 bytes. Installers write longer ones, and ones with blanks, as a `/bin/sh` trampoline.

use serde::{Deserialize, Serialize};

/// The longest first line that Linux runs, in bytes (`BINPRM_BUF_SIZE` less one).
const KERNEL_LIMIT: usize = 255;

/// The first line of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shebang {
    /// The interpreter's path.
    pub interpreter: String,
    /// Its one argument.
    pub argument: Option<String>,
    /// The line ends in a carriage return, which the kernel takes for a part of the last word.
    pub carriage_return: bool,
    /// The line is longer than the kernel reads.
    pub too_long: bool,
}

impl Shebang {
    /// Reads the first line; [`None`] if it is no `#!` line.
    pub fn parse(script: &[u8]) -> Option<Shebang> {
        let rest = script.strip_prefix(b"#!")?;
        let end = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len());
        let line = &rest[..end.min(4_096)];
        let carriage_return = line.ends_with(b"\r");
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches('\r').trim_matches([' ', '\t']);
        let (interpreter, argument) = match text.split_once([' ', '\t']) {
            Some((interpreter, argument)) => {
                (interpreter, Some(argument.trim_matches([' ', '\t'])))
            }
            None => (text, None),
        };
        (!interpreter.is_empty()).then(|| Shebang {
            interpreter: interpreter.to_owned(),
            argument: argument
                .filter(|argument| !argument.is_empty())
                .map(str::to_owned),
            carriage_return,
            too_long: end + 2 > KERNEL_LIMIT,
        })
    }

    /// The program that `env` looks up on `PATH`, if the interpreter is `env`.
    pub fn env_program(&self) -> Option<&str> {
        if self.interpreter.rsplit('/').next() != Some("env") {
            return None;
        }
        let argument = self.argument.as_deref()?;
        let words = argument
            .strip_prefix("-S")
            .unwrap_or(argument)
            .split_whitespace();
        let mut words = words.skip_while(|word| word.starts_with('-') || word.contains('='));
        let split = argument.starts_with("-S");
        // without -S the kernel hands the rest on as one word
        if split { words.next() } else { Some(argument) }
    }
}

/// What a script is started with, and what a launcher in it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The first line.
    pub shebang: Shebang,
    /// The interpreter that a `/bin/sh` trampoline executes.
    pub trampoline: Option<String>,
    /// What the launcher imports and calls.
    pub launches: Option<Launch>,
}

/// `from module import name` … `sys.exit(name.attribute())`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// The module.
    pub module: String,
    /// What is taken from it and called, dotted if it is an attribute of a class.
    pub object: String,
}

impl Script {
    /// Reads a script; [`None`] if it has no `#!` line.
    pub fn parse(bytes: &[u8]) -> Option<Script> {
        let shebang = Shebang::parse(bytes)?;
        let head = &bytes[..bytes.len().min(16_384)];
        let text = String::from_utf8_lossy(head);
        let shell = matches!(
            shebang.interpreter.rsplit('/').next(),
            Some("sh" | "bash" | "dash")
        );
        let trampoline = if shell { trampoline(&text) } else { None };
        Some(Script {
            launches: launch(&text),
            shebang,
            trampoline,
        })
    }

    /// The Python that runs it, as a path: of the trampoline, else of the first line.
    pub fn interpreter(&self) -> &str {
        self.trampoline
            .as_deref()
            .unwrap_or(&self.shebang.interpreter)
    }
}

/// The path in `'''exec' "/path/python" "$0" "$@"`, in all its spellings.
fn trampoline(text: &str) -> Option<String> {
    let mut lines = text.lines().skip(1).take(4);
    let rest = lines.find_map(|line| {
        let marks = [
            "'''exec' ",
            "''':' ; exec ",
            "''''exec ",
            "'''exec' '",
            "\"exec\" ",
        ];
        marks
            .iter()
            .find_map(|mark| line.trim_start().strip_prefix(mark))
    })?;
    let rest = rest.trim_start();
    let path = match rest.chars().next()? {
        quote @ ('"' | '\'') => rest[1..].split(quote).next()?,
        _ => rest.split_whitespace().next()?,
    };
    (!path.is_empty()).then(|| path.to_owned())
}

/// The import and the call of a launcher.
fn launch(text: &str) -> Option<Launch> {
    let import = text.lines().find_map(|line| {
        let (module, names) = line.strip_prefix("from ")?.split_once(" import ")?;
        let plain = |text: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|one| one.is_alphanumeric() || one == '_' || one == '.')
        };
        let name = names.trim();
        (plain(module.trim()) && plain(name)).then(|| (module.trim(), name))
    })?;
    let (module, name) = import;
    let object = text.lines().find_map(|line| {
        let line = line.trim();
        let call = line
            .strip_prefix("sys.exit(")
            .or_else(|| line.strip_prefix("raise SystemExit("))
            .and_then(|rest| rest.strip_suffix(')'))
            .unwrap_or(line);
        let callee = call.strip_suffix("()")?;
        let own = callee == name
            || callee
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'));
        own.then(|| callee.to_owned())
    })?;
    Some(Launch {
        module: module.to_owned(),
        object,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines() {
        let parse = |line: &[u8]| {
            let shebang = Shebang::parse(line)?;
            Some((
                shebang.interpreter,
                shebang.argument,
                shebang.carriage_return,
            ))
        };
        let some = |path: &str, argument: Option<&str>, cr| {
            Some((path.to_owned(), argument.map(str::to_owned), cr))
        };
        assert_eq!(parse(b"#!/bin/sh\n"), some("/bin/sh", None, false));
        assert_eq!(
            parse(b"#! /usr/bin/env python3 -u\n"),
            some("/usr/bin/env", Some("python3 -u"), false)
        );
        assert_eq!(parse(b"#!/bin/bash\r\necho"), some("/bin/bash", None, true));
        assert_eq!(parse(b"#!/bin/sh"), some("/bin/sh", None, false));
        assert_eq!(parse(b"#!\n"), None);
        assert_eq!(parse(b"echo\n"), None);
        assert!(
            Shebang::parse(format!("#!/{}\n", "a".repeat(300)).as_bytes())
                .unwrap()
                .too_long
        );
    }

    #[test]
    fn programs_of_env() {
        for (line, expected) in [
            ("#!/usr/bin/env python3\n", Some("python3")),
            ("#!/usr/bin/env -S python3 -u\n", Some("python3")),
            ("#!/usr/bin/env -S A=1 python3\n", Some("python3")),
            ("#!/usr/bin/env python3 -u\n", Some("python3 -u")),
            ("#!/usr/bin/python3\n", None),
        ] {
            assert_eq!(
                Shebang::parse(line.as_bytes()).unwrap().env_program(),
                expected,
                "{line}"
            );
        }
    }

    #[test]
    fn launchers_of_installers() {
        let launch = |module: &str, object: &str| {
            Some(Launch {
                module: module.to_owned(),
                object: object.to_owned(),
            })
        };
        let pip = "#!/app/venv/bin/python\n# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom flask.cli import main\n\
                   if __name__ == '__main__':\n    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(main())\n";
        let script = Script::parse(pip.as_bytes()).unwrap();
        assert_eq!(
            (script.interpreter(), script.launches.clone()),
            ("/app/venv/bin/python", launch("flask.cli", "main"))
        );
        let long = "#!/bin/sh\n'''exec' \"/a path/python\" \"$0\" \"$@\"\n' '''\nimport sys\nfrom a.b import C\nsys.exit(C.run())\n";
        let script = Script::parse(long.as_bytes()).unwrap();
        assert_eq!(
            (script.interpreter(), script.launches.clone()),
            ("/a path/python", launch("a.b", "C.run"))
        );
        let bare = "#!/bin/sh\n'''exec' /a/python \"$0\" \"$@\"\n' '''\n";
        assert_eq!(
            Script::parse(bare.as_bytes())
                .unwrap()
                .trampoline
                .as_deref(),
            Some("/a/python")
        );
        let shell = "#!/bin/sh\nexec python \"$@\"\n";
        let script = Script::parse(shell.as_bytes()).unwrap();
        assert_eq!((script.trampoline, script.launches), (None, None));
    }
}
