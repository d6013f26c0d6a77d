//! Ctrl-C and its kin: a thread that waits for signals, ends every sandbox, tidies up and exits; or, while a container
//! runs in the foreground, passes them on to it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use constrict_build::store::Store;
use constrict_sandbox::terminal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::Signals;

use crate::progress;

/// What ends the program.
const ENDING: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];
/// What a container gets as well.
const PASSED_ON: [i32; 3] = [SIGUSR1, SIGUSR2, SIGWINCH];
/// A container that ignores this many is killed, as docker's command line gives up then.
const PATIENCE: u32 = 3;
/// How often the temporary directory is looked at: threads that are still at work delete their files as well.
const ROUNDS: u32 = 50;

/// The container that signals are for.
enum Foreground {
    /// It is about to start, and will get these.
    Starting(Vec<i32>),
    /// It runs.
    Running {
        /// Its end of the line.
        kill: Box<dyn Fn(i32) + Send>,
        /// How many SIGINT and SIGTERM it got.
        asked: u32,
    },
}

/// The store's temporary directory, once there is a store.
static TEMPORARY: OnceLock<PathBuf> = OnceLock::new();
static FOREGROUND: Mutex<Option<Foreground>> = Mutex::new(None);
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

fn foreground() -> MutexGuard<'static, Option<Foreground>> {
    FOREGROUND.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the thread. From here on an interrupted program leaves nothing behind in the store.
pub(crate) fn watch(store: &Store) {
    let temporary = TEMPORARY.get_or_init(|| store.root().join("tmp"));
    let Ok(mut signals) = Signals::new(ENDING) else {
        // without it signals do what they do by default
        return;
    };
    thread::spawn(move || {
        for signal in signals.forever() {
            if !pass_on(signal) {
                end(signal, temporary);
            }
        }
    });
}

/// Gets ready to pass signals on to a container that is about to start: from here on they are for it.
pub(crate) fn get_ready() -> PassingOn {
    *foreground() = Some(Foreground::Starting(Vec::new()));
    let signals = Signals::new(PASSED_ON).ok();
    let handle = signals.as_ref().map(Signals::handle);
    if let Some(mut signals) = signals {
        thread::spawn(move || {
            for signal in signals.forever() {
                pass_on(signal);
            }
        });
    }
    PassingOn { handle }
}

/// Passes signals on; ends that when dropped.
pub(crate) struct PassingOn {
    handle: Option<signal_hook::iterator::Handle>,
}

impl PassingOn {
    /// What gets them.
    pub(crate) fn start(&self, kill: impl Fn(i32) + Send + 'static) {
        let started = Foreground::Running {
            kill: Box::new(kill),
            asked: 0,
        };
        let before = foreground().replace(started);
        if let Some(Foreground::Starting(signals)) = before {
            for signal in signals {
                pass_on(signal);
            }
        }
    }
}

impl Drop for PassingOn {
    fn drop(&mut self) {
        *foreground() = None;
        if let Some(handle) = &self.handle {
            handle.close();
        }
    }
}

/// Whether there is a container that the signal is for.
fn pass_on(signal: i32) -> bool {
    match foreground().as_mut() {
        None => false,
        Some(Foreground::Starting(signals)) => {
            signals.push(signal);
            true
        }
        Some(Foreground::Running { kill, asked }) => {
            if [SIGINT, SIGTERM].contains(&signal) {
                *asked += 1;
            }
            let is_patient = *asked < PATIENCE;
            kill(if is_patient { signal } else { SIGKILL });
            true
        }
    }
}

/// Ends everything.
fn end(signal: i32, temporary: &Path) -> ! {
    INTERRUPTED.store(true, Ordering::SeqCst);
    progress::silence();
    constrict_sandbox::kill_all();
    terminal::restore();
    progress::error(
        "error: interrupted\n",
        u8::try_from(128 + signal).unwrap_or(1),
    );
    for _ in 0..ROUNDS {
        if is_tidy(temporary) {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    std::process::exit(128 + signal)
}

/// Deletes what this process has in the store's temporary directory; whether there was nothing.
fn is_tidy(temporary: &Path) -> bool {
    let own = format!("{}-", std::process::id());
    let mut is_tidy = true;
    for entry in std::fs::read_dir(temporary).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&own) {
            is_tidy = false;
            // what cannot be deleted now is tried again, and at last found by `prune`
            let _ = constrict_sandbox::remove_tree(&entry.path());
        }
    }
    is_tidy
}

/// Before the program ends by itself: what failed half-way, or was needed to the end, goes.
pub(crate) fn tidy_up() {
    settle();
    if let Some(temporary) = TEMPORARY.get() {
        is_tidy(temporary);
    }
}

/// Waits for the end of the program if it is being interrupted: what failed then is no news.
pub(crate) fn settle() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_secs(1));
    }
}
