//! Layers: tar archives of file-system changes, their compression, and an index of what is in them. Never touches a file
//! system.
//!
//! ```text
//! NewEntry + content ──LayerWriter──▶ tar ──Compressor──▶ blob          (Written: digests, sizes, Vec<IndexedEntry>)
//! blob ──decompressed──▶ tar ──read_layer──▶ FoundEntry + content ──▶ the caller; index_layer: Vec<IndexedEntry>
//! ```
//!
//! Source: OCI image specification `layer.md`; POSIX pax; GNU tar's extensions.

mod compress;
pub(crate) mod decompress;
mod entry;
mod gzip;
pub(crate) mod header;
mod index;
pub(crate) mod path;
mod pax;
mod read;
mod sparse;
pub(crate) mod tar;
mod write;

pub use compress::{Compression, Compressor};
pub use decompress::Decompressor;
pub use entry::{Entry, IndexedEntry, Kind, NewEntry, NewKind};
pub use index::{Spot, SpotKind, entry_at, index_to_bytes, parse_index, scan_index};
pub use read::{FoundEntry, LayerRead, Limits, index_layer, read_layer, read_verified_layer};
pub use write::{LayerWriter, Written};
