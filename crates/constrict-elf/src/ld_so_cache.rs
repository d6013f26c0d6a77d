//! `/etc/ld.so.cache`: what `ldconfig` found, for glibc's loader to look up.
//!
//! Format, as in glibc's `dl-cache.h`. Old: `ld.so-1.7.0\0`, a 32-bit count, then entries of three 32-bit words (flags,
//! soname, path), then strings, offsets counting from the end of the entries. New, alone or after the old one aligned
//! to 8: `glibc-ld.so.cache1.1`, 32-bit count and length of strings, a byte that tells the order of bytes, 3 bytes, the
//! 32-bit offset of an extension, 12 bytes; then entries of 24 bytes (flags, soname, path, OS version, 64-bit hwcap),
//! offsets counting from the new magic. The extension names the subdirectories of `glibc-hwcaps`.

use crate::error::{Error, Result};
use crate::object::Endianness;

const OLD_MAGIC: &[u8] = b"ld.so-1.7.0";
const NEW_MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const OLD_HEADER: usize = 16;
const OLD_ENTRY: usize = 12;
const NEW_HEADER: usize = 48;
const NEW_ENTRY: usize = 24;
const EXTENSION_MAGIC: u32 = 0xeaa4_2174;
const EXTENSION_HWCAPS: u32 = 1;
/// Set in `hwcap` where its lower half is an index into the extension's names.
const HWCAP_EXTENSION: u64 = 1 << 62;
/// Longest soname or path: `PATH_MAX`.
const STRING_LIMIT: usize = 4096;
/// Bytes of all strings of a cache; a large system's is below 1 MB.
const STRINGS_LIMIT: usize = 64 << 20;

/// A library in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Kind and ABI: 1 (`ELF`) or 3 (`ELF_LIBC6`) in the low byte, the ABI above; see `ldconfig.h`.
    pub flags: u32,
    /// The bits of an old-style `hwcap` that a CPU must have; 0 for a library for all.
    pub hwcap: u64,
    /// The subdirectory of `glibc-hwcaps` that it lies in, such as `x86-64-v3`.
    pub hwcap_name: Option<String>,
    /// The name it is looked up by.
    pub soname: String,
    /// Where it is.
    pub path: Vec<u8>,
}

/// The libraries in a cache, in its order. Those whose strings lie outside the file are left out, as the loader does
/// when it looks one up.
///
/// # Errors
/// [`Error::NotCache`], or a count of entries that the bytes have no room for.
pub fn parse(bytes: &[u8]) -> Result<Vec<Entry>> {
    if bytes.starts_with(NEW_MAGIC) {
        return new_format(bytes);
    }
    if !bytes.starts_with(OLD_MAGIC) || bytes.len() < OLD_HEADER {
        return Err(Error::NotCache);
    }
    let endianness = plausible(&bytes[12..16], bytes.len() / OLD_ENTRY);
    let cache = Cache { bytes, endianness };
    let end = cache.end_of_entries(OLD_HEADER, cache.u32(12), OLD_ENTRY)?;
    let new_at = end.next_multiple_of(8);
    if let Some(rest) = bytes.get(new_at..).filter(|it| it.starts_with(NEW_MAGIC)) {
        return new_format(rest);
    }
    Ok(old_entries(&cache, end))
}

/// The bytes of a cache from its magic on.
struct Cache<'a> {
    bytes: &'a [u8],
    endianness: Endianness,
}

impl<'a> Cache<'a> {
    fn u32(&self, at: usize) -> u32 {
        let word = self.bytes.get(at..).and_then(|rest| rest.first_chunk());
        let word = word.copied().unwrap_or([0; 4]);
        match self.endianness {
            Endianness::Little => u32::from_le_bytes(word),
            Endianness::Big => u32::from_be_bytes(word),
        }
    }

    fn u64(&self, at: usize) -> u64 {
        let (first, second) = (u64::from(self.u32(at)), u64::from(self.u32(at + 4)));
        match self.endianness {
            Endianness::Little => second << 32 | first,
            Endianness::Big => first << 32 | second,
        }
    }

    fn string(&self, start: usize) -> Option<&'a [u8]> {
        let rest = self.bytes.get(start..)?;
        let window = &rest[..rest.len().min(STRING_LIMIT)];
        let end = window.iter().position(|&byte| byte == 0)?;
        Some(&window[..end])
    }

    fn end_of_entries(&self, start: usize, count: u32, size: usize) -> Result<usize> {
        let found = u64::from(count);
        let limit = (self.bytes.len().saturating_sub(start) / size) as u64;
        if found > limit {
            return Err(Error::TooMany {
                what: "entries of the cache",
                found,
                limit,
            });
        }
        // no more than the bytes have room for: fits
        Ok(start + found as usize * size)
    }
}

/// Strings may be shared: what all entries together copy of them is bounded.
struct Budget(usize);

impl Budget {
    fn spend(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.checked_sub(bytes)?;
        Some(())
    }
}

fn old_entries(cache: &Cache<'_>, end: usize) -> Vec<Entry> {
    let mut budget = Budget(STRINGS_LIMIT);
    (OLD_HEADER..end)
        .step_by(OLD_ENTRY)
        .filter_map(|at| {
            let string = |at| cache.string(end.checked_add(cache.u32(at) as usize)?);
            let (soname, path) = (string(at + 4)?, string(at + 8)?);
            budget.spend(soname.len() + path.len())?;
            Some(Entry {
                flags: cache.u32(at),
                hwcap: 0,
                hwcap_name: None,
                soname: String::from_utf8_lossy(soname).into_owned(),
                path: path.to_vec(),
            })
        })
        .collect()
}

fn new_format(bytes: &[u8]) -> Result<Vec<Entry>> {
    if bytes.len() < NEW_HEADER {
        return Err(Error::NotCache);
    }
    let endianness = match bytes[28] & 3 {
        2 => Endianness::Little,
        3 => Endianness::Big,
        _ => plausible(&bytes[20..24], bytes.len() / NEW_ENTRY),
    };
    let cache = Cache { bytes, endianness };
    let end = cache.end_of_entries(NEW_HEADER, cache.u32(20), NEW_ENTRY)?;
    let hwcaps = hwcaps(&cache);
    let mut budget = Budget(STRINGS_LIMIT);
    let entries = (NEW_HEADER..end).step_by(NEW_ENTRY).filter_map(|at| {
        let string = |at| cache.string(cache.u32(at) as usize);
        let (soname, path) = (string(at + 4)?, string(at + 8)?);
        let hwcap = cache.u64(at + 16);
        let hwcap_name = (hwcap & HWCAP_EXTENSION != 0)
            .then(|| hwcaps.get(hwcap as u32 as usize).cloned())
            .flatten();
        let named = hwcap_name.as_ref().map_or(0, String::len);
        budget.spend(soname.len() + path.len() + named)?;
        Some(Entry {
            flags: cache.u32(at),
            hwcap,
            hwcap_name,
            soname: String::from_utf8_lossy(soname).into_owned(),
            path: path.to_vec(),
        })
    });
    Ok(entries.collect())
}

/// The names of the subdirectories of `glibc-hwcaps`, from the extension.
fn hwcaps(cache: &Cache<'_>) -> Vec<String> {
    /// More than there are levels of any machine.
    const LIMIT: usize = 64;
    let at = cache.u32(32) as usize;
    if at == 0 || cache.u32(at) != EXTENSION_MAGIC {
        return Vec::new();
    }
    let sections = (cache.u32(at.saturating_add(4)) as usize).min(LIMIT);
    for section in (0..sections).map(|index| at.saturating_add(8 + index * 16)) {
        if cache.u32(section) == EXTENSION_HWCAPS {
            let start = cache.u32(section.saturating_add(8)) as usize;
            let count = (cache.u32(section.saturating_add(12)) as usize / 4).min(LIMIT);
            return (0..count)
                .map(|index| cache.u32(start.saturating_add(index * 4)) as usize)
                .map(|name| cache.string(name).unwrap_or_default())
                .map(|name| String::from_utf8_lossy(name).into_owned())
                .collect();
        }
    }
    Vec::new()
}

/// The order of bytes in which a count is no more than `limit`; little where both are.
fn plausible(count: &[u8], limit: usize) -> Endianness {
    let count: [u8; 4] = count.try_into().unwrap_or_default();
    if u32::from_le_bytes(count) as usize > limit && u32::from_be_bytes(count) as usize <= limit {
        Endianness::Big
    } else {
        Endianness::Little
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[u32], big: bool) -> Vec<u8> {
        let bytes = |word: &u32| {
            if big {
                word.to_be_bytes()
            } else {
                word.to_le_bytes()
            }
        };
        words.iter().flat_map(bytes).collect()
    }

    fn entry(hwcap: u64, hwcap_name: Option<&str>) -> Entry {
        Entry {
            flags: 0x303,
            hwcap,
            hwcap_name: hwcap_name.map(str::to_owned),
            soname: "liba.so".to_owned(),
            path: b"/lib/liba.so".to_vec(),
        }
    }

    fn old(big: bool) -> Vec<u8> {
        let mut bytes = b"ld.so-1.7.0\0".to_vec();
        bytes.extend(words(&[2, 0x303, 0, 8, 0x303, 0, 999], big));
        bytes.extend(b"liba.so\0/lib/liba.so\0");
        bytes
    }

    fn new(big: bool) -> Vec<u8> {
        let mut bytes = NEW_MAGIC.to_vec();
        bytes.extend(words(&[2, 31], big));
        bytes.extend([if big { 3 } else { 2 }, 0, 0, 0]);
        let extension = 48 + 48 + 31;
        bytes.extend(words(&[extension, 0, 0, 0], big));
        let hwcap = if big { [1 << 30, 0] } else { [0, 1 << 30] };
        bytes.extend(words(&[0x303, 96, 104, 0, 0, 0], big));
        bytes.extend(words(&[0x303, 96, 104, 0, hwcap[0], hwcap[1]], big));
        bytes.extend(b"liba.so\0/lib/liba.so\0x86-64-v3\0");
        bytes.extend(words(
            &[EXTENSION_MAGIC, 1, 1, 0, extension + 24, 4, 117],
            big,
        ));
        bytes
    }

    #[test]
    fn both_formats_in_both_orders_of_bytes() {
        for big in [false, true] {
            assert_eq!(parse(&old(big)).unwrap(), [entry(0, None)]);
            let expected = [entry(0, None), entry(1 << 62, Some("x86-64-v3"))];
            assert_eq!(parse(&new(big)).unwrap(), expected);
            let mut combined = old(big);
            // the strings of the old entries follow both tables: not looked at here
            combined.truncate(16 + 24);
            combined.extend(new(big));
            assert_eq!(parse(&combined).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_cache_is_refused() {
        assert!(matches!(parse(b""), Err(Error::NotCache)));
        assert!(matches!(parse(b"ld.so-1.7.0"), Err(Error::NotCache)));
        let mut bytes = new(false);
        bytes[20..24].fill(0x7f);
        assert!(matches!(
            parse(&bytes),
            Err(Error::TooMany { limit: 4, .. })
        ));
    }
}
