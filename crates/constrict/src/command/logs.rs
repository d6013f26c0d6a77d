//! `constrict logs`: what a container wrote, each stream to ours of the same name.

use std::collections::VecDeque;
use std::io::Write;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, SystemTime};

use constrict_build::container::kept::log::{Entry, Reader, Stream};
use constrict_build::container::kept::{self, Kept};

use super::prune::point_in_time;
use crate::arguments::Logs;
use crate::failure::Failure;
use crate::session;

/// How often it is looked for more.
const PAUSE: Duration = Duration::from_millis(50);

/// Prints, and goes on with `--follow` until the container has ended.
pub(crate) fn run(arguments: &Logs) -> Result<ExitCode, Failure> {
    let tail = match arguments.tail.as_str() {
        "all" => None,
        // as docker does
        text if text.starts_with('-') => None,
        text => Some(text.parse::<usize>().map_err(|_| {
            Failure::usage(format!("`--tail {text}` is no number of lines, nor `all`"))
        })?),
    };
    let time = |text: &Option<String>| text.as_deref().map(point_in_time).transpose();
    let wanted = Wanted {
        since: time(&arguments.since)?,
        until: time(&arguments.until)?,
        timestamps: arguments.timestamps,
    };
    let store = session::own_store()?;
    let kept = kept::find(&store, &arguments.container)?;
    drop(store);
    let mut reader = kept.log().read()?;
    if print_tail(&mut reader, tail, &wanted)? && arguments.follow {
        follow(&kept, &mut reader, &wanted)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Which entries, and how.
struct Wanted {
    since: Option<SystemTime>,
    until: Option<SystemTime>,
    timestamps: bool,
}

impl Wanted {
    fn has(&self, entry: &Entry) -> bool {
        let time = entry.time.system_time();
        self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time <= until)
    }

    /// Prints an entry; whether somebody still reads.
    fn print(&self, entry: &Entry) -> bool {
        let text = match self.timestamps {
            true => format!("{} {}", entry.time.rfc3339(), entry.text),
            false => entry.text.clone(),
        };
        let written = match entry.stream {
            Stream::Stdout => std::io::stdout().write_all(text.as_bytes()),
            Stream::Stderr => std::io::stderr().write_all(text.as_bytes()),
        };
        written.is_ok()
    }
}

fn print_tail(reader: &mut Reader, tail: Option<usize>, wanted: &Wanted) -> Result<bool, Failure> {
    let mut last = VecDeque::new();
    while let Some(entry) = reader.next_entry()? {
        if !wanted.has(&entry) {
            continue;
        }
        match tail {
            None => {
                if !wanted.print(&entry) {
                    return Ok(false);
                }
            }
            Some(count) => {
                last.push_back(entry);
                if last.len() > count {
                    last.pop_front();
                }
            }
        }
    }
    let is_read = last.iter().all(|entry| wanted.print(entry));
    Ok(is_read && std::io::stdout().flush().is_ok())
}

fn follow(kept: &Kept, reader: &mut Reader, wanted: &Wanted) -> Result<(), Failure> {
    loop {
        // first: what it writes until then is read below
        let has_ended = !kept.is_supervised();
        while let Some(entry) = reader.next_entry()? {
            if wanted.has(&entry) && !wanted.print(&entry) {
                return Ok(());
            }
        }
        if std::io::stdout().flush().is_err() || has_ended {
            return Ok(());
        }
        if wanted.until.is_some_and(|until| SystemTime::now() > until) {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
}
