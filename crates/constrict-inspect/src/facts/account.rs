//! Users and groups of an image, and who may do what with a path. Never looks at the host's accounts.
//!
//! Source: passwd(5), group(5), path_resolution(7); `USER` as the OCI run-time specification and runc resolve it.

use std::collections::BTreeSet;

use crate::files::{Files, Kind, Node, components, join};

/// Bytes of passwd or group that are read.
const LIMIT: usize = 4 << 20;

/// The lines of passwd and group.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    users: Vec<Account>,
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Account {
    name: String,
    uid: u32,
    gid: u32,
    home: String,
}

#[derive(Clone, Debug)]
struct Group {
    name: String,
    gid: u32,
    members: Vec<String>,
}

/// Who a process runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// As USER says it; empty is root.
    pub asked: String,
    /// The number; `None` if a name is asked for that passwd does not have.
    pub uid: Option<u32>,
    /// The group's number; `None` if a name is asked for that group does not have.
    pub gid: Option<u32>,
    /// Further groups.
    pub groups: BTreeSet<u32>,
    /// From passwd; `/` for a number without a line.
    pub home: String,
    /// The name in passwd.
    pub name: Option<String>,
}

/// What a process wants with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Read a file or list a directory.
    Read,
    /// Change a file, or the names in a directory.
    Write,
    /// Run a file, or pass through a directory.
    Execute,
}

impl Want {
    fn bit(self) -> u32 {
        match self {
            Want::Read => 4,
            Want::Write => 2,
            Want::Execute => 1,
        }
    }
}

impl Accounts {
    /// Reads `/etc/passwd` and `/etc/group`.
    pub fn read(files: &Files) -> Accounts {
        let text = |path: &[u8]| files.text(path, LIMIT).unwrap_or_default();
        Accounts::parse(&text(b"etc/passwd"), &text(b"etc/group"))
    }

    fn parse(passwd: &str, group: &str) -> Accounts {
        let user = |line: &str| {
            let mut fields = line.split(':');
            Some(Account {
                name: fields.next()?.to_string(),
                uid: fields.nth(1)?.parse().ok()?,
                gid: fields.next()?.parse().ok()?,
                home: fields.nth(1).unwrap_or("/").to_string(),
            })
        };
        let group_line = |line: &str| {
            let mut fields = line.split(':');
            Some(Group {
                name: fields.next()?.to_string(),
                gid: fields.nth(1)?.parse().ok()?,
                members: fields
                    .next()
                    .unwrap_or("")
                    .split(',')
                    .map(str::to_string)
                    .collect(),
            })
        };
        Accounts {
            users: passwd.lines().filter_map(user).collect(),
            groups: group.lines().filter_map(group_line).collect(),
        }
    }

    /// Whether passwd has the name.
    pub fn has_user(&self, name: &str) -> bool {
        self.users.iter().any(|user| user.name == name)
    }

    /// Whether group has the name.
    pub fn has_group(&self, name: &str) -> bool {
        self.groups.iter().any(|group| group.name == name)
    }

    /// Every user's name.
    pub fn user_names(&self) -> impl Iterator<Item = &str> {
        self.users.iter().map(|user| user.name.as_str())
    }

    /// Who `USER asked` is: names and numbers, `user[:group]`; empty is root.
    pub fn user(&self, asked: &str) -> User {
        let (user, group) = asked.split_once(':').unwrap_or((asked, ""));
        let user = if user.is_empty() { "0" } else { user };
        let number = user.parse::<u32>().ok();
        let line = self
            .users
            .iter()
            .find(|line| line.name == user)
            .or_else(|| self.users.iter().find(|line| Some(line.uid) == number));
        let uid = line.map(|line| line.uid).or(number);
        let gid = match group {
            "" => Some(line.map_or(0, |line| line.gid)),
            group => {
                let found = self.groups.iter().find(|line| line.name == group);
                found.map(|line| line.gid).or_else(|| group.parse().ok())
            }
        };
        // further groups count only where USER names no group, as in runc
        let member = |of: &&Group| {
            group.is_empty() && line.is_some_and(|line| of.members.contains(&line.name))
        };
        User {
            asked: asked.to_string(),
            uid,
            gid,
            groups: self
                .groups
                .iter()
                .filter(member)
                .map(|group| group.gid)
                .collect(),
            home: line.map_or("/".into(), |line| line.home.clone()),
            name: line.map(|line| line.name.clone()),
        }
    }
}

impl User {
    /// Whether it is root, who may do everything with files, except run what nobody may.
    pub fn is_root(&self) -> bool {
        self.uid == Some(0)
    }

    /// Whether the mode of one node lets the user do what it wants.
    pub fn may(&self, node: &Node, want: Want) -> bool {
        let directory = node.is_directory();
        let Some(uid) = self.uid else { return true };
        if uid == 0 {
            return want != Want::Execute || directory || node.mode & 0o111 != 0;
        }
        let shift = if node.uid == uid {
            6
        } else if Some(node.gid) == self.gid || self.groups.contains(&node.gid) {
            3
        } else {
            0
        };
        matches!(node.kind, Kind::Symlink { .. }) || (node.mode >> shift) & want.bit() != 0
    }

    /// The first directory on the way to `path`, links followed, that the user may not pass through.
    pub fn blocked(&self, files: &Files, path: &[u8]) -> Option<Vec<u8>> {
        let mut pending: Vec<Vec<u8>> = components(path).rev().map(<[u8]>::to_vec).collect();
        let mut done: Vec<u8> = Vec::new();
        let mut links = 0;
        loop {
            let node = files.node(&done)?;
            if node.is_directory() && !pending.is_empty() && !self.may(node, Want::Execute) {
                return Some(done);
            }
            let component = pending.pop()?;
            if component == b".." {
                done.truncate(crate::files::parent(&done).len());
                continue;
            }
            let next = join(&done, &component);
            match &files.node(&next)?.kind {
                Kind::Symlink { target } if links < 40 => {
                    links += 1;
                    if target.first() == Some(&b'/') {
                        done.clear();
                    }
                    pending.extend(components(target).rev().map(<[u8]>::to_vec));
                }
                _ => done = next,
            }
        }
    }

    /// Whether the user can do what it wants with what is at `path`, every directory on the way included. What does not
    /// exist cannot be read or run; it can be written if its directory can.
    pub fn can(&self, files: &Files, path: &[u8], want: Want) -> bool {
        if self.blocked(files, path).is_some() {
            return false;
        }
        match files.resolve(path) {
            Some((_, node)) => self.may(node, want),
            None if want == Want::Write => {
                let (above, _) = path.split_at(crate::files::parent(path).len());
                files.resolve(above).is_some_and(|(_, node)| {
                    node.is_directory()
                        && self.may(node, Want::Write)
                        && self.may(node, Want::Execute)
                })
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        Accounts::parse(
            "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\nbroken\n",
            "root:x:0:\napp:x:1001:\nvideo:x:44:app,other\n",
        )
    }

    #[test]
    fn users_are_names_numbers_and_groups() {
        let accounts = accounts();
        let seen = |asked: &str| {
            let user = accounts.user(asked);
            (
                user.uid,
                user.gid,
                user.home,
                user.groups.into_iter().collect::<Vec<_>>(),
            )
        };
        assert_eq!(seen(""), (Some(0), Some(0), "/root".into(), vec![]));
        assert_eq!(
            seen("app"),
            (Some(1000), Some(1001), "/home/app".into(), vec![44])
        );
        assert_eq!(
            seen("1000"),
            (Some(1000), Some(1001), "/home/app".into(), vec![44])
        );
        assert_eq!(
            seen("app:video"),
            (Some(1000), Some(44), "/home/app".into(), vec![])
        );
        assert_eq!(seen("4242"), (Some(4242), Some(0), "/".into(), vec![]));
        assert_eq!(
            seen("4242:4243"),
            (Some(4242), Some(4243), "/".into(), vec![])
        );
        assert_eq!(seen("nobody"), (None, Some(0), "/".into(), vec![]));
        assert_eq!(
            seen("app:none"),
            (Some(1000), None, "/home/app".into(), vec![])
        );
    }

    #[test]
    fn who_may_go_where_is_told_by_every_directory_on_the_way() {
        let image = crate::sample::Sample::new()
            .directory("root", 0o700)
            .file("root/app/main.py", "")
            .directory("home/app", 0o750)
            .owned("home/app", 1000, 1001)
            .program("home/app/run", "")
            .link("run", "home/app/run")
            .link("app", "/root/app")
            .file("etc/shadow", "")
            .image();
        let files = &image.files;
        let accounts = accounts();
        let (root, app, other) = (
            accounts.user("0"),
            accounts.user("app"),
            accounts.user("4242"),
        );
        let can = |user: &User, path: &str, want| user.can(files, path.as_bytes(), want);
        assert!(can(&root, "root/app/main.py", Want::Write));
        assert!(!can(&root, "root/app/main.py", Want::Execute));
        assert!(!can(&app, "root/app/main.py", Want::Read));
        assert!(!can(&app, "app/main.py", Want::Read));
        assert!(can(&app, "run", Want::Execute));
        assert!(!can(&other, "run", Want::Execute));
        assert!(can(&app, "home/app/new", Want::Write));
        assert!(!can(&app, "home/app/none/new", Want::Write));
        assert!(!can(&app, "etc/shadow", Want::Write));
        assert!(!can(&app, "none", Want::Read));
        let blocked = |user: &User, path: &str| user.blocked(files, path.as_bytes());
        assert_eq!(blocked(&app, "app/main.py"), Some(b"root".to_vec()));
        assert_eq!(blocked(&other, "run"), Some(b"home/app".to_vec()));
        assert_eq!(blocked(&app, "root"), None);
        assert_eq!(blocked(&root, "app/main.py"), None);
    }

    #[test]
    fn links_in_circles_end() {
        let image = crate::sample::Sample::new()
            .link("a", "b")
            .link("b", "a")
            .image();
        let user = accounts().user("app");
        assert!(!user.can(&image.files, b"a/x", Want::Read));
        assert!(!user.can(&image.files, b"a", Want::Write));
    }
}
