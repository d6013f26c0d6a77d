//! Tar headers as this program writes them: ustar, with a pax header before where ustar has no room. Never writes what
//! varies: no user names, no access times, whole seconds.
//!
//! Whiteouts are empty files named `.wh.<name>`, opaque directories an empty file `.wh..wh..opq` in them.

use std::collections::BTreeMap;

use super::path::{is_normal, shown, split};
use super::{NewEntry, NewKind};
use crate::{Error, Result};

pub(crate) const BLOCK: usize = 512;
pub(crate) const WHITEOUT: &[u8] = b".wh.";
pub(crate) const OPAQUE: &[u8] = b".wh..wh..opq";
const NAME: usize = 100;
const PREFIX: usize = 155;
/// The largest number in a field of 8 bytes: 7 octal digits.
const OCTAL_7: u64 = 0o777_7777;
/// The largest number in a field of 12 bytes: 11 octal digits.
const OCTAL_11: u64 = 0o777_7777_7777;

/// The header blocks of an entry.
pub(crate) fn encode(entry: &NewEntry) -> Result<Vec<u8>> {
    let refuse = |fault| Error::Entry {
        entry: shown(&entry.path),
        fault,
    };
    let name = tar_name(entry).map_err(refuse)?;
    let (typeflag, link, (major, minor)) = match &entry.kind {
        NewKind::File { .. } | NewKind::Whiteout | NewKind::Opaque => (b'0', &[][..], (0, 0)),
        NewKind::Hardlink { target } if !is_normal(target) || target.is_empty() => {
            return Err(refuse("is a hard link whose target is not in normal form"));
        }
        NewKind::Hardlink { target } => (b'1', &target[..], (0, 0)),
        NewKind::Symlink { target } if target.is_empty() || target.contains(&0) => {
            return Err(refuse(
                "is a symbolic link with an empty target or a NUL byte in it",
            ));
        }
        NewKind::Symlink { target } => (b'2', &target[..], (0, 0)),
        NewKind::CharDevice { major, minor } => (b'3', &[][..], (*major, *minor)),
        NewKind::BlockDevice { major, minor } => (b'4', &[][..], (*major, *minor)),
        NewKind::Directory => (b'5', &[][..], (0, 0)),
        NewKind::Fifo => (b'6', &[][..], (0, 0)),
    };
    let mut pax = BTreeMap::new();
    let mut block = [0; BLOCK];
    if !put_name(&mut block, &name) {
        pax.insert(b"path".to_vec(), name.clone());
    }
    if !put_text(&mut block[157..157 + NAME], link) {
        pax.insert(b"linkpath".to_vec(), link.to_vec());
    }
    if [&name[..], link]
        .iter()
        .any(|text| std::str::from_utf8(text).is_err())
    {
        pax.insert(b"hdrcharset".to_vec(), b"BINARY".to_vec());
    }
    put_octal(&mut block[100..108], u64::from(entry.mode & 0o7777));
    put_number(
        &mut block[108..116],
        &mut pax,
        "uid",
        i128::from(entry.uid),
        OCTAL_7,
    );
    put_number(
        &mut block[116..124],
        &mut pax,
        "gid",
        i128::from(entry.gid),
        OCTAL_7,
    );
    put_number(
        &mut block[124..136],
        &mut pax,
        "size",
        i128::from(entry.size()),
        OCTAL_11,
    );
    put_number(
        &mut block[136..148],
        &mut pax,
        "mtime",
        i128::from(entry.mtime),
        OCTAL_11,
    );
    block[156] = typeflag;
    block[257..265].copy_from_slice(b"ustar\x0000");
    put_device(&mut block[329..337], major);
    put_device(&mut block[337..345], minor);
    put_checksum(&mut block);
    for (key, value) in &entry.xattrs {
        if key.is_empty() || key.iter().any(|byte| matches!(byte, 0 | b'=')) {
            return Err(refuse(
                "has an extended attribute whose name pax cannot hold",
            ));
        }
        pax.insert([b"SCHILY.xattr.", &key[..]].concat(), value.clone());
    }
    let mut blocks = if pax.is_empty() {
        Vec::new()
    } else {
        pax_header(&name, &pax)
    };
    blocks.extend_from_slice(&block);
    Ok(blocks)
}

/// The name in the archive: directories end in `/`, removals are named as whiteouts.
fn tar_name(entry: &NewEntry) -> Result<Vec<u8>, &'static str> {
    let path = &entry.path;
    if !is_normal(path) {
        return Err("is not a path in normal form");
    }
    if path
        .split(|byte| *byte == b'/')
        .any(|component| component.starts_with(WHITEOUT))
    {
        return Err("has a name that means a removal in a layer");
    }
    let (parent, last) = split(path);
    let below = |directory: &[u8], name: &[&[u8]]| {
        let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
        [directory, slash, &name.concat()].concat()
    };
    match entry.kind {
        NewKind::Opaque => Ok(below(path, &[OPAQUE])),
        NewKind::Directory if path.is_empty() => Ok(b"./".to_vec()),
        NewKind::Directory => Ok([path, &b"/"[..]].concat()),
        _ if path.is_empty() => Err("is the root but not a directory"),
        NewKind::Whiteout => Ok(below(parent, &[WHITEOUT, last])),
        _ => Ok(path.clone()),
    }
}

/// Puts a name into name and prefix; if it does not fit, puts what a reader without pax can show and returns false.
fn put_name(block: &mut [u8; BLOCK], name: &[u8]) -> bool {
    if put_text(&mut block[..NAME], name) {
        return true;
    }
    if !name.is_ascii() {
        return false;
    }
    let slash = |at: &usize| {
        name[*at] == b'/' && *at <= PREFIX && (1..=NAME).contains(&(name.len() - at - 1))
    };
    match (1..name.len()).find(slash) {
        Some(at) => {
            block[..NAME].fill(0);
            block[345..345 + at].copy_from_slice(&name[..at]);
            block[..name.len() - at - 1].copy_from_slice(&name[at + 1..]);
            true
        }
        None => false,
    }
}

/// Whether the text fits, in ASCII; otherwise an approximation is put.
fn put_text(field: &mut [u8], text: &[u8]) -> bool {
    let shown = text.iter().filter(|byte| byte.is_ascii());
    for (place, byte) in field.iter_mut().zip(shown) {
        *place = *byte;
    }
    text.is_ascii() && text.len() <= field.len()
}

fn put_octal(field: &mut [u8], value: u64) {
    let digits = field.len() - 1;
    let text = format!("{value:0digits$o}");
    field[..digits].copy_from_slice(text.as_bytes());
}

fn put_number(
    field: &mut [u8],
    pax: &mut BTreeMap<Vec<u8>, Vec<u8>>,
    key: &str,
    value: i128,
    max: u64,
) {
    match u64::try_from(value).ok().filter(|value| *value <= max) {
        Some(value) => put_octal(field, value),
        None => {
            put_octal(field, 0);
            pax.insert(key.as_bytes().to_vec(), value.to_string().into_bytes());
        }
    }
}

/// pax has no record for devices: a number too large for octal is in base 256, as GNU tar and Go write it.
fn put_device(field: &mut [u8], value: u32) {
    if u64::from(value) <= OCTAL_7 {
        put_octal(field, u64::from(value));
    } else {
        field[0] = 0x80;
        field[4..].copy_from_slice(&value.to_be_bytes());
    }
}

fn put_checksum(block: &mut [u8; BLOCK]) {
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    put_octal(&mut block[148..155], sum);
    block[154] = 0;
}

/// A pax header, padded.
fn pax_header(name: &[u8], pax: &BTreeMap<Vec<u8>, Vec<u8>>) -> Vec<u8> {
    let mut records = Vec::new();
    for (key, value) in pax {
        // the length counts itself
        let rest = key.len() + value.len() + 3;
        let mut length = rest + decimal_digits(rest);
        if decimal_digits(length) > decimal_digits(rest) {
            length = rest + decimal_digits(length);
        }
        records.extend_from_slice(length.to_string().as_bytes());
        records.push(b' ');
        records.extend_from_slice(key);
        records.push(b'=');
        records.extend_from_slice(value);
        records.push(b'\n');
    }
    let mut block = [0; BLOCK];
    let last = name
        .strip_suffix(b"/")
        .unwrap_or(name)
        .rsplit(|byte| *byte == b'/')
        .next()
        .unwrap_or(name);
    put_text(&mut block[..NAME], &[b"PaxHeaders.0/", last].concat());
    for field in [100..108, 108..116, 116..124, 136..148, 329..337, 337..345] {
        put_octal(&mut block[field], 0);
    }
    put_octal(&mut block[124..136], records.len() as u64);
    block[156] = b'x';
    block[257..265].copy_from_slice(b"ustar\x0000");
    put_checksum(&mut block);
    let mut out = block.to_vec();
    out.extend_from_slice(&records);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
    out
}

fn decimal_digits(number: usize) -> usize {
    number.to_string().len()
}
