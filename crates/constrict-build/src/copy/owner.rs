//! Users and groups of an image: names to numbers, from its own `/etc/passwd` and `/etc/group`.

use crate::error::{Error, Result};
use crate::view::{View, read_small};

/// A passwd or group file above this many bytes is not read: it is no such file.
const LIMIT: u64 = 1 << 20;

/// Who a process of the image is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// The user's number.
    pub(crate) uid: u32,
    /// The group's number.
    pub(crate) gid: u32,
    /// Numbers of further groups.
    pub(crate) groups: Vec<u32>,
    /// The home directory; `/` if passwd has none.
    pub(crate) home: String,
}

struct User {
    name: String,
    uid: u32,
    gid: u32,
    home: String,
}

struct Group {
    name: String,
    gid: u32,
    members: Vec<String>,
}

/// The text of a small file at this path of a root; empty if there is none.
type ReadFile<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>>;

fn users(read: ReadFile<'_>) -> Result<Vec<User>> {
    let text = read("etc/passwd")?;
    let parse = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        Some(User {
            name: (*fields.first()?).into(),
            uid: fields.get(2)?.parse().ok()?,
            gid: fields.get(3)?.parse().ok()?,
            home: fields.get(5).copied().unwrap_or("/").into(),
        })
    };
    Ok(String::from_utf8_lossy(&text)
        .lines()
        .filter_map(parse)
        .collect())
}

fn groups(read: ReadFile<'_>) -> Result<Vec<Group>> {
    let text = read("etc/group")?;
    let parse = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        Some(Group {
            name: (*fields.first()?).into(),
            gid: fields.get(2)?.parse().ok()?,
            members: fields
                .get(3)
                .map(|list| list.split(',').map(Into::into).collect())
                .unwrap_or_default(),
        })
    };
    Ok(String::from_utf8_lossy(&text)
        .lines()
        .filter_map(parse)
        .collect())
}

/// The id that a part of `--chown` is by itself; `root` is 0 in every image.
pub(crate) fn number(part: &str) -> Option<u32> {
    if part == "root" {
        Some(0)
    } else {
        part.parse().ok()
    }
}

/// The numbers that `--chown=USER[:GROUP]` means. A name that nobody has is 0 for a user, and nothing for a group.
pub(crate) fn chown_ids(view: &dyn View, chown: &str) -> Result<(u32, u32)> {
    let read = |path: &str| read_in(view, path);
    let (user, group) = chown
        .split_once(':')
        .map_or((chown, None), |(user, group)| (user, Some(group)));
    let (uid, mut gid) = match number(user) {
        Some(id) => (id, id),
        None => users(&read)?
            .into_iter()
            .find(|u| u.name == user)
            .map_or((0, 0), |u| (u.uid, u.gid)),
    };
    match group.map(|group| (group, number(group))) {
        None | Some(("", _)) => {}
        Some((_, Some(id))) => gid = id,
        Some((name, None)) => {
            if let Some(found) = groups(&read)?.into_iter().find(|g| g.name == name) {
                gid = found.gid;
            }
        }
    }
    Ok((uid, gid))
}

fn read_in(view: &dyn View, path: &str) -> Result<Vec<u8>> {
    Ok(read_small(view, path.as_bytes(), LIMIT)?.unwrap_or_default())
}

/// The account that `USER name[:group]` means to a process. Names that nobody has are an error.
pub(crate) fn account(view: &dyn View, user: &str) -> Result<Account> {
    account_by(&|path| read_in(view, path), user)
}

/// The same, where `read` gives the content of a file of the root, or nothing.
pub(crate) fn account_by(read: ReadFile<'_>, user: &str) -> Result<Account> {
    let users = users(read)?;
    let home_of = |uid: u32| {
        users
            .iter()
            .find(|u| u.uid == uid)
            .map_or("/".to_string(), |u| u.home.clone())
    };
    if user.is_empty() {
        return Ok(Account {
            home: home_of(0),
            groups: supplementary(read, "root", &users)?,
            ..Account::default()
        });
    }
    let (name, group) = user
        .split_once(':')
        .map_or((user, None), |(name, group)| (name, Some(group)));
    if let (Ok(uid), Some(Ok(gid))) = (name.parse(), group.map(str::parse::<u32>)) {
        return Ok(Account {
            uid,
            gid,
            groups: Vec::new(),
            home: home_of(uid),
        });
    }
    let name = if name.is_empty() { "0" } else { name };
    let number = name.parse::<u32>().ok();
    let found = users
        .iter()
        .find(|u| u.name == name || Some(u.uid) == number);
    let (uid, primary) = match (found, number) {
        (Some(found), _) => (found.uid, found.gid),
        (None, Some(uid)) => (uid, 0),
        (None, None) => {
            return Err(Error::Invalid(format!(
                "unable to find user `{name}`: no matching entries in passwd file"
            )));
        }
    };
    let home = home_of(uid);
    let Some(group) = group.filter(|group| !group.is_empty()) else {
        let known = found.map_or("", |u| u.name.as_str());
        return Ok(Account {
            uid,
            gid: primary,
            groups: supplementary(read, known, &users)?,
            home,
        });
    };
    let gid = match (
        groups(read)?.iter().find(|g| g.name == group),
        group.parse(),
    ) {
        (Some(found), _) => found.gid,
        (None, Ok(gid)) => gid,
        (None, Err(_)) => {
            return Err(Error::Invalid(format!(
                "unable to find group `{group}`: no matching entries in group file"
            )));
        }
    };
    Ok(Account {
        uid,
        gid,
        groups: Vec::new(),
        home,
    })
}

/// The groups that list `name` as a member.
fn supplementary(read: ReadFile<'_>, name: &str, users: &[User]) -> Result<Vec<u32>> {
    if !users.iter().any(|u| u.name == name) {
        return Ok(Vec::new());
    }
    let all = groups(read)?;
    let listed = all
        .iter()
        .filter(|g| g.members.iter().any(|member| member == name));
    Ok(listed.map(|g| g.gid).collect())
}
