//! What raises or gives away rights: set-user-ID and set-group-ID files, file capabilities, places that everybody may write to.

use std::collections::HashSet;

use super::{Item, Value};
use crate::facts::Facts;
use crate::files::{Kind, Node};
use crate::survey::Survey;

const SET_USER_ID: u32 = 0o4000;
const SET_GROUP_ID: u32 = 0o2000;
const STICKY: u32 = 0o1000;

/// Regular files that run with the rights of their owner or group: `find -type f -perm /6000`.
pub(super) fn set_id(survey: &Survey<'_>) -> Value {
    let found = survey
        .files()
        .filter(|item| item.node.mode & (SET_USER_ID | SET_GROUP_ID) != 0);
    Value::count(
        found
            .map(|item| Item::file(item.path, owned(item.node)))
            .collect(),
    )
}

/// Directories without the sticky bit and files that everybody may write to: `find ( -type f -o -type d ! -perm -1000 ) -perm -0002`.
pub(super) fn world_writable(facts: &Facts<'_>) -> Value {
    let found = facts.files().walk(b"").filter(|(_, node)| {
        let is_place = node.is_file() || (node.is_directory() && node.mode & STICKY == 0);
        is_place && node.mode & 0o002 != 0
    });
    Value::count(
        found
            .map(|(path, node)| Item::file(path, owned(node)))
            .collect(),
    )
}

fn owned(node: &Node) -> String {
    format!("mode {:04o}, owner {}:{}", node.mode, node.uid, node.gid)
}

/// Files with `security.capability`.
pub(super) fn capabilities(facts: &Facts<'_>) -> Value {
    let image = facts.image;
    if image.layers.is_empty() {
        return Value::missing("not checked: a directory's extended attributes are not read");
    }
    let mut capable: HashSet<(usize, &[u8])> = HashSet::new();
    for (number, layer) in image.layers.iter().enumerate() {
        let with = layer
            .entries
            .iter()
            .filter(|entry| entry.xattrs.contains_key(b"security.capability".as_slice()));
        capable.extend(with.map(|entry| (number, entry.path.as_slice())));
    }
    if capable.is_empty() {
        return Value::count(Vec::new());
    }
    let found = image.files.walk(b"").filter_map(|(path, node)| {
        let Kind::File { content, .. } = &node.kind else {
            return None;
        };
        let key = (node.layer, content.as_slice());
        capable.contains(&key).then_some(())?;
        let mut entries = image.layers[node.layer].entries.iter();
        let entry = entries.find(|entry| entry.path == *content)?;
        let value = entry.xattrs.get(b"security.capability".as_slice())?;
        Some(Item::file(path, names(value)))
    });
    Value::count(found.collect())
}

/// The permitted capabilities of a `vfs_cap_data` (linux/capability.h): 32 bits of magic, then pairs of permitted and inheritable.
fn names(value: &[u8]) -> String {
    let word = |at: usize| {
        let bytes = value.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().expect("four bytes")))
    };
    let low = word(4).unwrap_or(0);
    let high = word(12).unwrap_or(0);
    let permitted = u64::from(low) | u64::from(high) << 32;
    let named = (0..64).filter(|bit| permitted >> bit & 1 == 1).map(|bit| {
        let name = NAMES.get(bit as usize);
        name.map_or_else(|| format!("capability {bit}"), |name| format!("cap_{name}"))
    });
    named.collect::<Vec<_>>().join(", ")
}

/// capabilities(7), by number.
const NAMES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];
