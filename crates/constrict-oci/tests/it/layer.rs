//! Layers: what is written can be read, here and by others; what is hostile is refused.

mod foreign;
mod hostile;
mod index;
mod raw;
mod round_trip;
mod write;
