//! Packet framing of OpenPGP (RFC 9580, section 4.2), old and new headers. Never reads what is inside a packet.
//!
//! Partial and indeterminate lengths, which only data packets may have, are refused.

use crate::{Error, Result};

/// A malformed packet stream.
pub(super) fn malformed(fact: &'static str) -> Error {
    Error::Format {
        format: "OpenPGP data",
        fact,
    }
}

/// Reads fixed-size things off the front of a slice.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (head, tail) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| malformed("ends too early"))?;
        self.0 = tail;
        Ok(head)
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn be16(&mut self) -> Result<usize> {
        self.take(2)
            .map(|b| usize::from(b[0]) << 8 | usize::from(b[1]))
    }

    pub(super) fn be32(&mut self) -> Result<u32> {
        self.take(4).map(|b| {
            b.iter()
                .fold(0, |value, byte| value << 8 | u32::from(*byte))
        })
    }

    /// A multiprecision integer, without leading zero bytes.
    pub(super) fn mpi(&mut self) -> Result<&'a [u8]> {
        let bits = self.be16()?;
        let bytes = self.take(bits.div_ceil(8))?;
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        Ok(&bytes[zeros..])
    }

    /// The one, two or five byte length of new packets and of signature subpackets.
    pub(super) fn length(&mut self, two_byte_end: u8) -> Result<usize> {
        let first = self.byte()?;
        match first {
            0..=191 => Ok(usize::from(first)),
            255 => Ok(self.be32()? as usize),
            _ if first < two_byte_end => {
                Ok((usize::from(first - 192) << 8) + usize::from(self.byte()?) + 192)
            }
            _ => Err(malformed("a partial length")),
        }
    }
}

/// One packet: its type and its body.
#[derive(Clone, Copy)]
pub(super) struct Packet<'a> {
    pub(super) tag: u8,
    pub(super) body: &'a [u8],
}

/// The packets of a stream, most a few hundred.
pub(super) fn packets(stream: &[u8]) -> Result<Vec<Packet<'_>>> {
    let mut cursor = Cursor(stream);
    let mut list = Vec::new();
    while !cursor.0.is_empty() {
        let header = cursor.byte()?;
        if header & 0x80 == 0 {
            return Err(malformed("no packet where one should start"));
        }
        let (tag, length) = match header & 0x40 {
            0 => (header >> 2 & 0x0f, old_length(&mut cursor, header & 3)?),
            _ => (header & 0x3f, cursor.length(224)?),
        };
        list.push(Packet {
            tag,
            body: cursor.take(length)?,
        });
    }
    Ok(list)
}

fn old_length(cursor: &mut Cursor<'_>, kind: u8) -> Result<usize> {
    match kind {
        0 => cursor.byte().map(usize::from),
        1 => cursor.be16(),
        2 => cursor.be32().map(|length| length as usize),
        _ => Err(malformed("an indeterminate length")),
    }
}
