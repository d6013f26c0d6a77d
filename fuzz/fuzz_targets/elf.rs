//! Any bytes as an ELF object: reading ends, and no symbol is without a name.

#![no_main]

use constrict_elf::{Format, Object, Symbols};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let format = Format::detect(bytes);
    if Object::parse(bytes).is_ok() {
        assert_eq!(format, Some(Format::Elf));
    }
    if let Ok(symbols) = Symbols::parse(bytes) {
        assert!(symbols.undefined().all(|it| !it.name.is_empty()));
        assert!(symbols.defined().all(|it| !it.name.is_empty()));
    }
});
