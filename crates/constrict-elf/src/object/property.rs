//! `NT_GNU_PROPERTY_TYPE_0` notes: the level of x86-64 that an object asks for.

use super::segments::{Image, Segment};
use super::{IsaLevel, Machine};

const NT_GNU_PROPERTY_TYPE_0: u32 = 5;
const GNU_PROPERTY_X86_ISA_1_NEEDED: u32 = 0xc000_8002;
/// Notes of a segment; an honest one is some hundred bytes, that of a core dump is not looked at.
const NOTES_LIMIT: u64 = 64 << 10;

/// The level that the object's notes ask for. Notes that cannot be read ask for none, as in the loader.
pub(crate) fn isa_needed(image: &Image<'_>) -> Option<IsaLevel> {
    if image.machine != Machine::X86_64 && image.machine != Machine::I386 {
        return None;
    }
    image
        .notes()
        .filter(|segment| segment.file_size <= NOTES_LIMIT)
        .find_map(|segment| in_segment(image, segment))
}

fn in_segment(image: &Image<'_>, segment: Segment) -> Option<IsaLevel> {
    let region = &image.region;
    let notes = region
        .bytes("notes", segment.offset, segment.file_size)
        .ok()?;
    let align = if segment.align == 8 { 8 } else { 4 };
    let mut rest = notes.as_slice();
    while rest.len() >= 12 {
        let name_size = region.u32(rest, 0) as usize;
        let value_size = region.u32(rest, 4) as usize;
        let value_at = 12_usize
            .checked_add(name_size)?
            .checked_next_multiple_of(align)?;
        let value = rest.get(value_at..value_at.checked_add(value_size)?)?;
        if region.u32(rest, 8) == NT_GNU_PROPERTY_TYPE_0 && rest[12..].starts_with(b"GNU\0") {
            return in_properties(image, value);
        }
        let next = value_at
            .checked_add(value_size)?
            .checked_next_multiple_of(align)?;
        rest = rest.get(next..)?;
    }
    None
}

fn in_properties(image: &Image<'_>, mut rest: &[u8]) -> Option<IsaLevel> {
    let region = &image.region;
    while rest.len() >= 12 {
        let size = region.u32(rest, 4) as usize;
        if region.u32(rest, 0) == GNU_PROPERTY_X86_ISA_1_NEEDED && size >= 4 {
            return level(region.u32(rest, 8));
        }
        let next = 8_usize
            .checked_add(size)?
            .checked_next_multiple_of(region.word_size())?;
        rest = rest.get(next..)?;
    }
    None
}

fn level(bits: u32) -> Option<IsaLevel> {
    Some(match bits {
        0 => return None,
        bits if bits & 8 != 0 => IsaLevel::V4,
        bits if bits & 4 != 0 => IsaLevel::V3,
        bits if bits & 2 != 0 => IsaLevel::V2,
        _ => IsaLevel::Baseline,
    })
}
