//! `DT_VERNEED` and `DT_VERDEF`: linked lists of versions, whose links are offsets that may say anything.

use super::dynamic::{Dynamic, tag};
use crate::error::{Error, Result};

/// Versions in one object; libc itself defines some forty.
const VERSION_LIMIT: u64 = 32 << 10;
const VER_FLG_BASE: u16 = 1;
const VER_FLG_WEAK: u16 = 2;

/// A version with the number that `DT_VERSYM` calls it by.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) name: String,
    pub(crate) index: u16,
    /// Of a needed one: weak. Of a defined one: the base version.
    pub(crate) flag: bool,
}

/// The needed versions, by file.
pub(crate) fn needs(dynamic: &Dynamic<'_>) -> Result<Vec<(String, Vec<Version>)>> {
    const WHAT: &str = "needed versions";
    let region = &dynamic.image.region;
    let mut needs = Vec::new();
    let mut left = VERSION_LIMIT;
    for (record, at) in records(dynamic, tag::VERNEED, tag::VERNEEDNUM, WHAT, 16)? {
        let file = dynamic.string(WHAT, u64::from(region.u32(&record, 4)))?;
        let mut versions = Vec::new();
        let mut aux_at = at.saturating_add(u64::from(region.u32(&record, 8)));
        for _ in 0..region.u16(&record, 2) {
            spend(&mut left, WHAT)?;
            let aux = region.bytes(WHAT, aux_at, 16)?;
            versions.push(Version {
                name: dynamic.string(WHAT, u64::from(region.u32(&aux, 8)))?,
                index: region.u16(&aux, 6) & 0x7fff,
                flag: region.u16(&aux, 4) & VER_FLG_WEAK != 0,
            });
            match region.u32(&aux, 12) {
                0 => break,
                next => aux_at = aux_at.saturating_add(u64::from(next)),
            }
        }
        needs.push((file, versions));
    }
    Ok(needs)
}

/// The defined versions; `None` where the object has no table of them.
pub(crate) fn definitions(dynamic: &Dynamic<'_>) -> Result<Option<Vec<Version>>> {
    const WHAT: &str = "defined versions";
    let region = &dynamic.image.region;
    if dynamic.value(tag::VERDEF).is_none() {
        return Ok(None);
    }
    let mut definitions = Vec::new();
    for (record, at) in records(dynamic, tag::VERDEF, tag::VERDEFNUM, WHAT, 20)? {
        let aux_at = at.saturating_add(u64::from(region.u32(&record, 12)));
        let aux = region.bytes(WHAT, aux_at, 8)?;
        definitions.push(Version {
            name: dynamic.string(WHAT, u64::from(region.u32(&aux, 0)))?,
            index: region.u16(&record, 4) & 0x7fff,
            flag: region.u16(&record, 2) & VER_FLG_BASE != 0,
        });
    }
    Ok(Some(definitions))
}

/// The records of a list whose last word is the distance to the next, with their offsets.
fn records(
    dynamic: &Dynamic<'_>,
    start: u64,
    count: u64,
    what: &'static str,
    size: u64,
) -> Result<Vec<(Vec<u8>, u64)>> {
    let region = &dynamic.image.region;
    let mut records = Vec::new();
    let (Some(address), Some(count)) = (dynamic.value(start), dynamic.value(count)) else {
        return Ok(records);
    };
    let mut at = dynamic.image.offset(what, address)?;
    let mut left = VERSION_LIMIT;
    for _ in 0..count {
        spend(&mut left, what)?;
        let record = region.bytes(what, at, size)?;
        let next = region.u32(&record, size as usize - 4);
        records.push((record, at));
        if next == 0 {
            break;
        }
        at = at.saturating_add(u64::from(next));
    }
    Ok(records)
}

fn spend(left: &mut u64, what: &'static str) -> Result<()> {
    *left = left.checked_sub(1).ok_or(Error::TooMany {
        what,
        found: VERSION_LIMIT + 1,
        limit: VERSION_LIMIT,
    })?;
    Ok(())
}
