//! System libraries that no ELF object of the image asks for, directly or through others.

use std::collections::{BTreeMap, BTreeSet};

use super::{Condition, Trim, trim};
use crate::files::{file_name, parent};
use crate::survey::{ElfParts, Item, Survey};

/// Libraries that are opened by name: by the C library itself, for threads that are cancelled, for user names and addresses.
const KEPT: [&[u8]; 6] = [
    b"libgcc_s",
    b"libnss_",
    b"libresolv",
    b"ld-",
    b"libc.",
    b"libpthread",
];

pub(super) fn unneeded(survey: &Survey<'_>) -> Trim {
    let objects: Vec<(&Item<'_>, &ElfParts)> = survey
        .files()
        .filter_map(|item| Some((item, item.elf.as_ref()?)))
        .collect();
    let mut by_soname: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, (item, elf)) in objects.iter().enumerate() {
        let name = std::str::from_utf8(file_name(item.path)).unwrap_or_default();
        let soname = elf.soname.as_deref().unwrap_or(name);
        by_soname.entry(soname).or_default().push(at);
        if name != soname {
            by_soname.entry(name).or_default().push(at);
        }
    }
    // what is not a system library is needed, and so is what it needs
    let mut needed: BTreeSet<usize> = BTreeSet::new();
    let mut pending: Vec<usize> = (0..objects.len())
        .filter(|at| !is_system_library(objects[*at].0, objects[*at].1))
        .collect();
    while let Some(at) = pending.pop() {
        if !needed.insert(at) {
            continue;
        }
        for soname in &objects[at].1.needed {
            pending.extend(by_soname.get(soname.as_str()).into_iter().flatten());
        }
    }
    let unneeded = (0..objects.len()).filter(|at| !needed.contains(at));
    trim(
        "unneeded-libraries",
        "shared libraries of the system that no ELF object needs",
        Condition {
            text: "nothing opens them by name (dlopen, ctypes)".to_string(),
            holds: None,
        },
        unneeded.map(|at| (objects[at].0.path, objects[at].0.bytes)),
    )
}

/// A library in a directory where the loader looks by itself; not what programs open as plug-ins below it.
fn is_system_library(item: &Item<'_>, elf: &ElfParts) -> bool {
    let directory = parent(item.path);
    let places: [&[u8]; 4] = [b"lib", b"usr/lib", b"lib64", b"usr/lib64"];
    let is_triplet = [&b"lib/"[..], b"usr/lib/"].iter().any(|place| {
        let rest = directory.strip_prefix(*place);
        rest.is_some_and(|rest| !rest.contains(&b'/') && rest.ends_with(b"-linux-gnu"))
    });
    let name = file_name(item.path);
    let is_kept = KEPT.iter().any(|kept| name.starts_with(kept));
    (places.contains(&directory) || is_triplet)
        && !is_kept
        && !elf.is_program
        && elf.soname.is_some()
}
