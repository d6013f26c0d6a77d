//! Any bytes, and honest objects with bytes changed: reading ends without a panic.

use constrict_elf::search::{Environment, load};
use constrict_elf::{Format, Object, Symbols, ld_so_cache, ld_so_conf};
use proptest::prelude::*;

use crate::build::{Elf, call};
use crate::glibc::debian;

fn honest() -> Vec<u8> {
    Elf {
        version_needs: vec![("libc.so.6", vec![("GLIBC_2.34", false)])],
        versions: vec!["V1"],
        undefined: vec![call("puts")],
        defined: vec![("own", Some("V1"), false)],
        isa: 7,
        gnu_hash: true,
        ..Elf::program("/lib64/ld-linux-x86-64.so.2").needs(&["libc.so.6"])
    }
    .build()
}

fn read(bytes: &[u8]) {
    let _ = Format::detect(bytes);
    let _ = Object::parse(bytes);
    if let Ok(symbols) = Symbols::parse(bytes) {
        assert!(symbols.undefined().all(|it| !it.name.is_empty()));
        assert!(symbols.defined().all(|it| !it.name.is_empty()));
    }
    let files = debian().file("/app/main", bytes);
    let _ = load(b"/app/main", &files, Environment::default());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        read(&bytes);
        read(&[b"\x7fELF\x02\x01\x01".as_slice(), &bytes].concat());
        for magic in ["ld.so-1.7.0\0", "glibc-ld.so.cache1.1"] {
            let _ = ld_so_cache::parse(&[magic.as_bytes(), &bytes].concat());
        }
        let conf = debian().file("/etc/ld.so.conf", &bytes).file("/etc/ld.so.conf.d/x", &bytes);
        let _ = ld_so_conf::parse(ld_so_conf::PATH, &conf);
    }

    #[test]
    fn changed_objects_are_read_or_refused(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = honest();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        read(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        read(&bytes);
    }
}

#[test]
fn changed_libraries_of_this_system_are_read_or_refused() {
    let Ok(library) = std::fs::read("/bin/ls") else {
        eprintln!("skipped: no `/bin/ls`");
        return;
    };
    // the header, the program headers and the dynamic tables lie at the beginning
    let mut state = 1_u64;
    for _ in 0..2000 {
        let mut bytes = library.clone();
        for _ in 0..4 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let at = (state >> 33) as usize % bytes.len().min(0x3000);
            bytes[at] = (state >> 20) as u8;
        }
        let _ = (Object::parse(&bytes), Symbols::parse(&bytes));
    }
}

#[test]
fn tables_that_claim_too_much_are_refused() {
    let honest = honest();
    assert!(Symbols::parse(&honest).is_ok());
    // every 32-bit word in turn: sizes, counts, links of lists
    for at in (0..honest.len() - 4).step_by(4) {
        let mut bytes = honest.clone();
        bytes[at..at + 4].fill(0xff);
        let _ = (Object::parse(&bytes), Symbols::parse(&bytes));
        bytes[at..at + 4].fill(0);
        let _ = (Object::parse(&bytes), Symbols::parse(&bytes));
    }
}
