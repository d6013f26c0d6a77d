//! A machine of its own for each test: directories, a registry, and a base image with a shell.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use constrict_testing::{LayerTar, Registry};
use tempfile::TempDir;

/// Programs of this machine that the base image has.
const PROGRAMS: &str =
    "sh cat ls sleep id env pwd touch mkdir chmod head wc readlink stty tty true false rm";

/// The directories and the registry of one test.
pub(crate) struct Machine {
    directory: TempDir,
    registry: Registry,
}

/// What a command came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A machine, or the end of the test, said aloud, where no sandbox can be made.
#[macro_export]
macro_rules! machine {
    () => {
        match $crate::machine::Machine::able() {
            Some(machine) => machine,
            None => {
                eprintln!("skipped: neither root nor user namespaces (see `constrict doctor`)");
                return;
            }
        }
    };
}

impl Machine {
    /// An empty store and a registry with `base:1`.
    pub(crate) fn new() -> Self {
        let machine = Machine {
            directory: TempDir::with_prefix_in("constrict-", "/var/tmp").unwrap(),
            registry: Registry::start(),
        };
        for folder in ["home", "config/constrict", "data", "work"] {
            std::fs::create_dir_all(machine.path(folder)).unwrap();
        }
        // no test leaves this machine
        let hosts = format!(
            "[registry.\"docker.io\"]\nmirrors = [\"{0}\"]\n[registry.\"registry-1.docker.io\"]\nhttp = true\n",
            machine.registry.host()
        );
        std::fs::write(machine.path("config/constrict/constrict.toml"), hosts).unwrap();
        machine
    }

    /// The same, if sandboxes can be made here.
    pub(crate) fn able() -> Option<Self> {
        static ABLE: OnceLock<bool> = OnceLock::new();
        let machine = Machine::new();
        let is_able = *ABLE.get_or_init(|| machine.run(&["doctor"]).status == 0);
        if is_able {
            machine
                .registry
                .add_image("library/base", "1", &[base().to_vec()]);
        }
        is_able.then_some(machine)
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file of the working directory.
    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.path("work").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// `constrict` in the working directory, with this machine's environment only.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_constrict"));
        command
            .args(arguments)
            .current_dir(self.path("work"))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .env("HOME", self.path("home"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("TERM", "xterm")
            // most images here are made of next to nothing; what is about the check says so
            .env("CONSTRICT_CHECK", "off")
            .stdin(Stdio::null());
        command
    }

    /// Runs to the end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.outcome(self.command(arguments).output().unwrap())
    }

    /// Runs to the end with this on standard input.
    pub(crate) fn feed(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        use std::io::Write;
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // a program that ends before it has read everything says why
        let _ = child.stdin.take().unwrap().write_all(input);
        self.outcome(child.wait_with_output().unwrap())
    }

    /// The standard output of what must succeed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.status, 0, "{arguments:?}: {outcome:?}");
        outcome.stdout
    }

    /// Builds a Dockerfile with `tag`, without a network.
    pub(crate) fn build(&self, tag: &str, dockerfile: &str) -> String {
        self.write("Dockerfile", dockerfile);
        let digest = self.ok(&["build", "-q", "--network", "none", "-t", tag, "."]);
        digest.trim_end().to_string()
    }

    fn outcome(&self, output: Output) -> Outcome {
        Outcome {
            status: output.status.code().unwrap_or(-1),
            stdout: self.shown(&output.stdout),
            stderr: self.shown(&output.stderr),
        }
    }

    /// Output with what differs from test to test replaced.
    pub(crate) fn shown(&self, output: &[u8]) -> String {
        String::from_utf8_lossy(output)
            .replace(&self.registry.host(), "registry.test")
            .replace(&self.directory.path().display().to_string(), "/test")
    }

    /// What is left in the store's temporary directory.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("data/constrict/tmp")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| !name.starts_with("partial-")).collect()
    }
}

impl Drop for Machine {
    /// What a test that failed left running ends with it.
    fn drop(&mut self) {
        if self.path("data/constrict/containers").is_dir() {
            let ids = self.run(&["ps", "-aq"]).stdout;
            let mut remove = vec!["rm", "-f"];
            remove.extend(ids.lines());
            if remove.len() > 2 {
                self.run(&remove);
            }
        }
    }
}

/// The layer of the base image, made once.
fn base() -> &'static [u8] {
    static BASE: OnceLock<Vec<u8>> = OnceLock::new();
    BASE.get_or_init(|| {
        let mut layer = LayerTar::new()
            .directory("bin", 0o755)
            .directory("etc", 0o755)
            .directory("tmp", 0o1777)
            .directory("srv", 0o750)
            .file(
                "etc/passwd",
                0o644,
                "root:x:0:0::/root:/bin/sh\nweb:x:33:44::/srv:/bin/sh\n",
            )
            .file("etc/group", 0o644, "root:x:0:\nweb:x:44:\nmore:x:50:web\n")
            .file("etc/data", 0o644, "no program\n");
        let mut libraries = BTreeSet::new();
        let mut add = |layer: LayerTar, path: &Path, name: &str| {
            libraries.extend(libraries_of(path));
            layer.file(&format!("bin/{name}"), 0o755, std::fs::read(path).unwrap())
        };
        for name in PROGRAMS.split(' ') {
            let path = ["/usr/bin", "/bin"]
                .map(|folder| Path::new(folder).join(name))
                .into_iter()
                .find(|path| path.exists())
                .unwrap_or_else(|| panic!("this machine has no `{name}`"));
            layer = add(layer, &path, name);
        }
        layer = add(layer, &example("hello_server"), "hello_server");
        for library in libraries {
            let content = std::fs::read(&library).unwrap();
            layer = layer.file(library.trim_start_matches('/'), 0o755, content);
        }
        layer.build()
    })
}

/// A program of `examples/`, which cargo builds before the tests.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("examples").join(name)
}

/// The libraries that the dynamic linker loads for a program.
fn libraries_of(program: &Path) -> Vec<String> {
    let output = Command::new("ldd").arg(program).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let paths = text.split_whitespace().filter(|word| word.starts_with('/'));
    paths.map(ToString::to_string).collect()
}
