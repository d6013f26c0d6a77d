//! Python facts from text: packaging documents, environments and sources, each parsed into plain data.
//!
//! Never opens a file or a socket, never runs Python and reads no environment: the caller hands in `&str` or `&[u8]`.
//!
//! The way of the data: bytes of a `.py` → [`source`] (imports, names, calls) which the caller resolves against the
//! files it sees; bytes of a `dist-info` → [`dist_info`] → [`requirement`] → [`marker`] for an interpreter X.Y;
//! names of wheels and extension modules → [`tag`], [`soabi`]; [`stdlib`] says what each X.Y brings along.

pub mod dist_info;
pub mod editable;
mod error;
pub mod marker;
pub mod name;
pub mod provider;
pub mod pth;
pub mod pyc;
pub mod pyvenv_cfg;
pub mod removed;
pub mod requirement;
pub mod script;
pub mod soabi;
pub mod source;
pub mod specifier;
pub mod stdlib;
pub mod tag;
pub mod version;

pub use error::{Error, Result};
