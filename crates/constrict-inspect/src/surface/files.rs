//! Files by what they are: native code, what is for building only, what a build left behind, what a package accounts for.

use std::collections::BTreeMap;

use super::{Item, Value};
use crate::files::{file_name, parent};
use crate::quantity::{bytes, count};
use crate::survey::{FileKind, Survey};

/// Every ELF object.
pub(super) fn elf_objects(survey: &Survey<'_>) -> Value {
    let found = survey.files().filter_map(|item| {
        let elf = item.elf.as_ref()?;
        Some(Item::file(item.path, bytes(elf.code)))
    });
    Value::count(found.collect())
}

/// Bytes that are mapped executable, each file once.
pub(super) fn native_code(survey: &Survey<'_>) -> Value {
    let code = survey.files().filter_map(|item| {
        let code = item.elf.as_ref()?.code;
        (item.bytes > 0).then_some((item.path, code))
    });
    let mut found: Vec<(&[u8], u64)> = code.collect();
    found.sort_by_key(|(_, code)| std::cmp::Reverse(*code));
    let sum = found.iter().map(|(_, code)| code).sum();
    let items = found
        .iter()
        .map(|(path, code)| Item::file(path, bytes(*code)));
    Value::bytes(sum, items.collect())
}

/// Headers and static libraries.
pub(super) fn headers(survey: &Survey<'_>) -> Value {
    let found = survey.files().filter(|item| {
        let name = file_name(item.path);
        let endings: [&[u8]; 5] = [b".h", b".hh", b".hpp", b".hxx", b".a"];
        endings.iter().any(|ending| name.ends_with(ending))
    });
    Value::count(
        found
            .map(|item| Item::file(item.path, bytes(item.bytes)))
            .collect(),
    )
}

/// What a build leaves behind, by directory.
pub(super) fn leftovers(survey: &Survey<'_>) -> Value {
    let mut places: BTreeMap<&[u8], (u64, usize)> = BTreeMap::new();
    let mut sum = 0;
    for item in survey.files() {
        let place = match item.kind {
            FileKind::Cache => Some(parent(item.path)),
            _ => leftover(item.path),
        };
        if let Some(place) = place {
            let (bytes, files) = places.entry(place).or_default();
            *bytes += item.bytes;
            *files += 1;
            sum += item.bytes;
        }
    }
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by(|(one, (first, _)), (other, (second, _))| (second, one).cmp(&(first, other)));
    let item = |(path, (sum, files)): (&[u8], (u64, usize))| {
        Item::file(path, format!("{} in {}", bytes(sum), count(files, "file")))
    };
    Value::bytes(sum, places.into_iter().map(item).collect())
}

/// A repository, an object file, a package's archive: the directory that stands for it.
fn leftover(path: &[u8]) -> Option<&[u8]> {
    let git = path.windows(6).position(|part| part == b"/.git/");
    if let Some(at) = git {
        return Some(&path[..at + 5]);
    }
    let name = file_name(path);
    let endings: [&[u8]; 6] = [b".o", b".deb", b".apk", b".whl", b".gcda", b".orig"];
    let is_bundled = path.windows(11).any(|part| part == b"/ensurepip/");
    let is_left = endings.iter().any(|ending| name.ends_with(ending)) && !is_bundled;
    is_left.then(|| parent(path))
}

/// The share of bytes that a package accounts for, and what has none.
pub(super) fn owned(survey: &Survey<'_>) -> Value {
    let all: u64 = survey.bytes();
    let mut unowned: Vec<(&[u8], u64)> = survey
        .files()
        .filter(|item| item.owner.is_none() && item.bytes > 0)
        .map(|item| (item.path, item.bytes))
        .collect();
    unowned.sort_by(|(one, first), (other, second)| (second, one).cmp(&(first, other)));
    let sum: u64 = unowned.iter().map(|(_, bytes)| bytes).sum();
    let percent = (all - sum).saturating_mul(100).checked_div(all);
    let items = unowned.into_iter().take(LARGEST);
    let items = items.map(|(path, size)| Item::file(path, bytes(size)));
    Value::percent(percent.unwrap_or(100), items.collect())
}

/// How many files without a package are named.
const LARGEST: usize = 200;
