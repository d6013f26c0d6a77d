//! A second trial run: the image's own interpreter imports modules one after another, as the image's user, and says
//! which of them fail. The interpreter is given `import_modules.py`, which draws the lines that are read here.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use constrict_oci::ImageConfig;
use constrict_sandbox::{Exit, Options, Stdio};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::Signal;
use serde::Deserialize;
use serde_json::json;

use super::watch::is_of_image;
use crate::container::environment::Variable;
use crate::container::prepare::prepare;
use crate::container::request::{Network, Request};
use crate::error::Result;
use crate::layers::Layers;

/// What the interpreter runs.
const SCRIPT: &str = include_str!("import_modules.py");
/// More is not read of what it says.
const SAID: u64 = 16 << 20;

/// Modules to import, and what imports them.
#[derive(Clone, Debug)]
pub struct ImportTrial {
    /// The interpreter and its own options.
    pub interpreter: Vec<String>,
    /// Variables in addition to the image's.
    pub env: Vec<Variable>,
    /// `user:group` in place of the image's.
    pub user: Option<String>,
    /// The working directory; absolute.
    pub working_dir: String,
    /// Directories in front of the interpreter's own search path.
    pub paths: Vec<String>,
    /// What `sys.argv` is.
    pub argv: Vec<String>,
    /// The modules, in this order.
    pub modules: Vec<String>,
    /// How long all of them may take together.
    pub limit: Duration,
    /// The root cannot be written to.
    pub read_only: bool,
}

/// What became of the modules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many were imported, or failed.
    pub tried: usize,
    /// Those that failed.
    pub failed: Vec<FailedImport>,
}

/// A module that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedImport {
    /// Its dotted name.
    pub module: String,
    /// What Python says: `ModuleNotFoundError: No module named 'x'`.
    pub error: String,
    /// Whether something could not be imported, and not something else that the module does failed.
    pub is_import_error: bool,
}

/// Imports modules. One that ends the interpreter, or the time, is the last that is tried.
///
/// # Errors
/// What keeps this machine from running an interpreter. One that the image does not have imports nothing.
pub fn import_modules(
    layers: &Arc<Layers>,
    config: &ImageConfig,
    trial: &ImportTrial,
) -> Result<Imported> {
    let mut command = trial.interpreter.clone();
    command.extend(["-c".to_string(), SCRIPT.to_string()]);
    let request = Request {
        entrypoint: Some(command),
        env: trial.env.clone(),
        user: trial.user.clone(),
        working_dir: Some(trial.working_dir.clone()),
        network: Network::Closed,
        read_only: trial.read_only,
        ..Request::default()
    };
    let prepared = prepare(layers, config, &request)?;
    let ((theirs, input), (said, words)) = (pipe()?, pipe()?);
    let stdio = Stdio {
        stdin: Some(theirs),
        stdout: Some(words),
        stderr: None,
    };
    let child = match constrict_sandbox::spawn(prepared.spec(), stdio, &Options::default()) {
        Ok(child) => child,
        Err(error) if is_of_image(&error) => return Ok(Imported::default()),
        Err(error) => return Err(error.into()),
    };
    let killer = child.killer();
    let work = json!({ "paths": trial.paths, "argv": trial.argv, "modules": trial.modules });
    // an interpreter that ends before it has read everything says so by its silence
    let feeder =
        thread::spawn(move || drop(File::from(input).write_all(work.to_string().as_bytes())));
    let reader = thread::spawn(move || read(File::from(said)));
    let (tell, ended) = mpsc::channel();
    let waiter = thread::spawn(move || drop(tell.send(child.wait())));
    // however it ends: what it has said by then counts
    let outcome = ended.recv_timeout(trial.limit);
    killer.kill(Signal::KILL.as_raw());
    // a panic of these threads has been reported where it happened
    let _ = (waiter.join(), feeder.join());
    let (mut imported, unfinished) = reader.join().unwrap_or_default();
    // by itself, and not because the time was over
    if let (Ok(Ok(outcome)), Some(module)) = (outcome, unfinished) {
        imported.tried += 1;
        imported.failed.push(FailedImport {
            module,
            error: match outcome.exit {
                Exit::Code(code) => format!("the interpreter ends with exit status {code}"),
                Exit::Signal(signal) => format!("the interpreter is killed by signal {signal}"),
            },
            is_import_error: false,
        });
    }
    Ok(imported)
}

fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    let made = pipe_with(PipeFlags::CLOEXEC);
    Ok(made.map_err(|error| constrict_sandbox::Error::Call {
        act: "make a pipe".into(),
        source: error.into(),
    })?)
}

/// A line of `import_modules.py`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Begins {
        module: String,
    },
    Failed {
        failed: String,
        import_error: bool,
    },
    Done {
        #[serde(rename = "done")]
        _done: bool,
    },
}

/// What was said, up to the first line that is not understood, and the module that was not over then.
fn read(from: impl Read) -> (Imported, Option<String>) {
    let mut imported = Imported::default();
    let mut now: Option<String> = None;
    for line in BufReader::new(from.take(SAID)).split(b'\n') {
        let Ok(line) = line else { break };
        match serde_json::from_slice(&line) {
            Ok(Line::Begins { module }) => {
                imported.tried += usize::from(now.replace(module).is_some())
            }
            Ok(Line::Failed {
                failed,
                import_error,
            }) => {
                let Some(module) = now.take() else { break };
                imported.tried += 1;
                imported.failed.push(FailedImport {
                    module,
                    error: failed,
                    is_import_error: import_error,
                });
            }
            Ok(Line::Done { .. }) => {
                imported.tried += usize::from(now.take().is_some());
                break;
            }
            Err(_) => break,
        }
    }
    (imported, now)
}

#[cfg(test)]
mod tests {
    use super::{FailedImport, read};

    #[test]
    fn modules_are_imported_by_the_script() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("good.py", "print('noise')\n");
        write("json.py", "raise SystemError('hides the real one')\n");
        write("bad.py", "import nothing_like_that\n");
        write("ends.py", "raise SystemExit(3)\n");
        let mut python = std::process::Command::new("python3");
        python
            .args(["-c", super::SCRIPT])
            .current_dir(folder.path());
        python
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped());
        let Ok(mut python) = python.spawn() else {
            eprintln!("skipped: this machine has no `python3`");
            return;
        };
        let work = serde_json::json!({
            "paths": [folder.path()], "argv": ["x"], "modules": ["good", "bad", "ends", "os.path"]
        });
        let input = python.stdin.take().unwrap();
        serde_json::to_writer(input, &work).unwrap();
        let output = python.wait_with_output().unwrap();
        let (imported, unfinished) = read(&output.stdout[..]);
        let failed = |module: &str, error: &str, is_import_error| FailedImport {
            module: module.into(),
            error: error.into(),
            is_import_error,
        };
        let missing = "ModuleNotFoundError: No module named 'nothing_like_that'";
        assert_eq!(
            (imported.tried, imported.failed, unfinished),
            (
                4,
                vec![
                    failed("bad", missing, true),
                    failed("ends", "SystemExit: 3", false)
                ],
                None
            )
        );
    }

    #[test]
    fn what_the_interpreter_says_is_counted() {
        let said = "{\"module\": \"a\"}\n{\"module\": \"b\"}\n{\"failed\": \"ImportError: c\", \"import_error\": true}\n\
                    {\"module\": \"d\"}\n{\"done\": true}\n";
        let (imported, unfinished) = read(said.as_bytes());
        assert_eq!(unfinished, None);
        let failed = FailedImport {
            module: "b".into(),
            error: "ImportError: c".into(),
            is_import_error: true,
        };
        assert_eq!((imported.tried, imported.failed), (3, vec![failed]));
    }

    #[test]
    fn a_module_that_is_not_over_is_not_counted() {
        let (imported, unfinished) = read(&b"{\"module\": \"a\"}\n{\"module\": \"b\"}\n"[..]);
        assert_eq!((imported.tried, imported.failed.len()), (1, 0));
        assert_eq!(unfinished.as_deref(), Some("b"));
        let (imported, _) = read(&b"Segmentation fault\n{\"module\": \"a\"}\n"[..]);
        assert_eq!(imported.tried, 0);
    }
}
