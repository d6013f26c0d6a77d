//! Tar archives made byte by byte, the way an attacker or another tool would.

use constrict_oci::layer::{FoundEntry, LayerRead, Limits, NewEntry, read_layer};
use constrict_oci::{Error, Result};

/// An archive in the making.
#[derive(Clone, Default)]
pub(crate) struct Tar(pub(crate) Vec<u8>);

impl Tar {
    /// Adds a header and content; `change` sees the header before its checksum is made.
    pub(crate) fn member(
        mut self,
        name: &[u8],
        typeflag: u8,
        content: &[u8],
        change: impl FnOnce(&mut [u8; 512]),
    ) -> Tar {
        let mut block = [0; 512];
        block[..name.len()].copy_from_slice(name);
        block[100..107].copy_from_slice(b"0000644");
        block[108..115].copy_from_slice(b"0000000");
        block[116..123].copy_from_slice(b"0000000");
        block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        block[136..147].copy_from_slice(b"00000000000");
        block[156] = typeflag;
        block[257..265].copy_from_slice(b"ustar\x0000");
        change(&mut block);
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        self.0.extend_from_slice(&block);
        self.bytes(content)
    }

    /// Adds bytes, padded to a block.
    pub(crate) fn bytes(mut self, content: &[u8]) -> Tar {
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// Adds a file.
    pub(crate) fn file(self, name: &str, content: &[u8]) -> Tar {
        self.member(name.as_bytes(), b'0', content, |_| {})
    }

    /// Adds a link of either kind.
    pub(crate) fn link(self, name: &str, typeflag: u8, target: &str) -> Tar {
        self.member(name.as_bytes(), typeflag, b"", |block| {
            block[157..157 + target.len()].copy_from_slice(target.as_bytes());
        })
    }

    /// Adds a pax header for the next member.
    pub(crate) fn pax(self, records: &[(&str, &[u8])]) -> Tar {
        let mut content = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let length = (rest + 1..).find(|length| rest + length.to_string().len() == *length);
            content
                .extend_from_slice(format!("{} {key}=", length.expect("there is one")).as_bytes());
            content.extend_from_slice(value);
            content.push(b'\n');
        }
        self.member(b"pax", b'x', &content, |_| {})
    }

    /// The archive with its end.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 1024]);
        self.0
    }
}

/// Entries with their contents.
pub(crate) type Found = Vec<(NewEntry, Vec<u8>)>;

/// Every entry with its content.
pub(crate) fn read(bytes: &[u8]) -> Result<Found> {
    read_with(bytes, &Limits::default()).map(|(entries, _)| entries)
}

/// As [`read`], with what the layer turned out to be.
pub(crate) fn read_with(bytes: &[u8], limits: &Limits) -> Result<(Found, LayerRead)> {
    let mut entries = Vec::new();
    let read = read_layer(
        bytes,
        limits,
        &mut |found: FoundEntry, content: &mut dyn std::io::Read| {
            let mut all = Vec::new();
            content
                .read_to_end(&mut all)
                .map_err(|source| Error::Stream {
                    act: "read the content",
                    source,
                })?;
            entries.push((found.entry, all));
            Ok::<(), Error>(())
        },
    )?;
    Ok((entries, read))
}
