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
mod entry;
mod gzip;
mod header;
mod index;
pub(crate) mod path;
mod write;

pub use compress::{Compression, Compressor};
pub use entry::{Entry, IndexedEntry, Kind, NewEntry, NewKind};
pub use index::{index_to_bytes, parse_index};
pub use write::{LayerWriter, Written};
