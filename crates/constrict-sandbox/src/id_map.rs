//! Id maps of user namespaces: the ranges that belong to a user, and writing them.
//!
//! Reads `/etc/subuid` and `/etc/subgid`: lines of `<name or uid>:<first>:<count>`.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::thread::UnshareFlags;

use crate::{Error, IdRange, Result};

/// Which of the two maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Group,
}

impl Kind {
    /// The set-uid program that writes the map.
    pub(crate) fn tool(self) -> &'static str {
        match self {
            Kind::User => "newuidmap",
            Kind::Group => "newgidmap",
        }
    }

    /// The file that says who owns which ids.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Kind::User => "/etc/subuid",
            Kind::Group => "/etc/subgid",
        }
    }
}

/// The ranges of `text` that belong to the user: first id and count.
pub(crate) fn parse_ranges(text: &str, name: Option<&str>, uid: u32) -> Vec<(u32, u32)> {
    let uid = uid.to_string();
    let of_line = |line: &str| {
        let mut fields = line.trim().split(':');
        let owner = fields.next()?;
        let (first, count) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        (owner == uid || Some(owner) == name).then_some((first, count))
    };
    text.lines()
        .filter_map(of_line)
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// The subordinate ranges of a user on this machine.
pub(crate) fn read_ranges(kind: Kind, uid: u32) -> Vec<(u32, u32)> {
    let name = fs::read_to_string("/etc/passwd")
        .ok()
        .and_then(|passwd| user_name(&passwd, uid));
    parse_ranges(
        &fs::read_to_string(kind.file()).unwrap_or_default(),
        name.as_deref(),
        uid,
    )
}

fn user_name(passwd: &str, uid: u32) -> Option<String> {
    let mut users = passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>());
    let found =
        users.find(|fields| fields.get(2).and_then(|field| field.parse().ok()) == Some(uid))?;
    Some(found[0].to_owned())
}

/// The own id as 0, the subordinate ones from 1 on without gaps.
pub(crate) fn whole_map(own: u32, ranges: &[(u32, u32)]) -> Vec<IdRange> {
    let mut map = vec![IdRange {
        inside: 0,
        outside: own,
        count: 1,
    }];
    let mut inside = 1u32;
    for (outside, count) in ranges {
        let count = (*count).min(u32::MAX - inside);
        map.push(IdRange {
            inside,
            outside: *outside,
            count,
        });
        inside += count;
    }
    map
}

/// The map that is in force, as the kernel tells it.
pub(crate) fn read_current(kind: Kind) -> Result<Vec<IdRange>> {
    let path = if kind == Kind::User {
        "/proc/self/uid_map"
    } else {
        "/proc/self/gid_map"
    };
    let text = fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
    let of_line = |line: &str| {
        let mut numbers = line.split_whitespace().map(|number| number.parse().ok());
        Some(IdRange {
            inside: numbers.next()??,
            outside: numbers.next()??,
            count: numbers.next()??,
        })
    };
    Ok(text.lines().filter_map(of_line).collect())
}

/// Where the tool is, if it is installed.
pub(crate) fn find_tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/bin", "/usr/local/bin", "/usr/sbin", "/bin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(usual)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

/// Lets the set-uid tool write the map of process `pid`. To be run outside of its namespace.
pub(crate) fn write_by_tool(kind: Kind, pid: u32, map: &[IdRange]) -> Result<()> {
    let tool = find_tool(kind.tool()).unwrap_or_else(|| PathBuf::from(kind.tool()));
    let numbers = map
        .iter()
        .flat_map(|range| [range.inside, range.outside, range.count])
        .map(|n| n.to_string());
    let output = Command::new(&tool)
        .arg0(kind.tool())
        .arg(pid.to_string())
        .args(numbers)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::io("run", &tool, error))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let detail = if words.is_empty() {
        output.status.to_string()
    } else {
        words
    };
    Err(Error::Tool {
        tool: kind.tool().to_owned(),
        detail,
    })
}

/// Makes the ids `uid` and `gid` inside stand for this process's own, the only ones that exist.
pub(crate) fn write_single(uid: u32, gid: u32, own: (u32, u32)) -> io::Result<()> {
    // a user may map groups only after giving up the right to drop groups; denied already where this file is missing
    match fs::write("/proc/self/setgroups", "deny") {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::write("/proc/self/uid_map", format!("{uid} {} 1\n", own.0))?;
    fs::write("/proc/self/gid_map", format!("{gid} {} 1\n", own.1))
}

/// In single-id mode: makes the user namespace for [`become_single`].
pub(crate) fn unshare_single() -> Result<()> {
    crate::helper::unshare(UnshareFlags::NEWUSER, "nested user namespaces")
}

/// In the namespace of [`unshare_single`]: gives the single id the numbers `uid` and `gid`.
pub(crate) fn become_single(uid: u32, gid: u32) -> Result<()> {
    write_single(uid, gid, (0, 0))
        .map_err(|error| Error::call(&format!("become user {uid}:{gid}"), error))
}
