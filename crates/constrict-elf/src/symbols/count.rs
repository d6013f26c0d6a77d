//! How many symbols an object has: no tag says so, but the hash tables that a loader looks names up in do.

use crate::error::{Error, Result};
use crate::object::{Class, Dynamic, Machine, tag};

const WHAT: &str = "hash table of symbols";

/// The number of symbols that the hash tables know of: at least the defined ones. At most `limit`.
pub(super) fn by_hash_tables(dynamic: &Dynamic<'_>, limit: usize) -> Result<usize> {
    if let Some(address) = dynamic.value(tag::HASH)
        && !has_wide_hash(dynamic)
    {
        let region = &dynamic.image.region;
        let head = dynamic.image.at(WHAT, address, 8)?;
        return within(u64::from(region.u32(&head, 4)), limit);
    }
    match dynamic.value(tag::GNU_HASH) {
        Some(address) => by_gnu_hash(dynamic, address, limit),
        None => Ok(0),
    }
}

/// On s390x (and Alpha) the words of `DT_HASH` are of 64 bits.
fn has_wide_hash(dynamic: &Dynamic<'_>) -> bool {
    dynamic.image.machine == Machine::S390 && dynamic.image.region.class == Class::Elf64
}

/// `DT_GNU_HASH`: the symbols are sorted by bucket, so the last chain of the highest bucket ends at the last symbol.
fn by_gnu_hash(dynamic: &Dynamic<'_>, address: u64, limit: usize) -> Result<usize> {
    let region = &dynamic.image.region;
    let head = dynamic.image.at(WHAT, address, 16)?;
    let buckets = u64::from(region.u32(&head, 0));
    let first = u64::from(region.u32(&head, 4));
    let bloom = u64::from(region.u32(&head, 8)) * region.word_size() as u64;
    let buckets_at = address.saturating_add(16).saturating_add(bloom);
    within(buckets, limit)?;
    let table = dynamic.image.at(WHAT, buckets_at, buckets * 4)?;
    let highest = table
        .chunks_exact(4)
        .map(|bucket| u64::from(region.u32(bucket, 0)))
        .max()
        .unwrap_or(0);
    if highest < first {
        return within(first, limit);
    }
    within(highest, limit)?;
    let chains_at = buckets_at.saturating_add(buckets * 4);
    let mut last = highest;
    loop {
        let at = chains_at.saturating_add((last - first) * 4);
        let hash = dynamic.image.at(WHAT, at, 4)?;
        last += 1;
        within(last, limit)?;
        if region.u32(&hash, 0) & 1 == 1 {
            // below the limit: fits
            return Ok(last as usize);
        }
    }
}

fn within(found: u64, limit: usize) -> Result<usize> {
    usize::try_from(found)
        .ok()
        .filter(|&count| count <= limit)
        .ok_or(Error::TooMany {
            what: "symbols",
            found,
            limit: limit as u64,
        })
}
