//! Facts of objects that were built for it, and the checks over what was mapped.

use constrict_elf::check::{Binding, VersionError, machine_errors, symbol_errors, version_errors};
use constrict_elf::object::{
    Class, Endianness, Flags, IsaLevel, Machine, NeededVersion, ObjectType, VersionNeed,
};
use constrict_elf::search::{Environment, load};
use constrict_elf::symbols::Reference;
use constrict_elf::{Object, Symbols};

use crate::build::{Elf, Refer, Undefined, call};
use crate::glibc::debian;

fn rich() -> Elf {
    Elf {
        flags_1: 0x0800_0801,
        version_needs: vec![
            (
                "libc.so.6",
                vec![("GLIBC_2.34", false), ("GLIBC_2.38", true)],
            ),
            ("libz.so.1", vec![("ZLIB_1.2", false)]),
        ],
        versions: vec!["V1", "V2"],
        undefined: vec![
            Undefined {
                version: Some("GLIBC_2.34"),
                ..call("puts")
            },
            Undefined {
                reference: Refer::Data,
                weak: true,
                ..call("optional")
            },
            Undefined {
                reference: Refer::No,
                ..call("unused")
            },
        ],
        defined: vec![
            ("new", Some("V2"), false),
            ("new", Some("V1"), true),
            ("plain", None, false),
        ],
        isa: 3,
        ..Elf::program("/lib64/ld-linux-x86-64.so.2")
            .needs(&["libc.so.6", "libz.so.1"])
            .rpath("/a:$ORIGIN/b")
            .runpath("/c")
    }
}

fn facts(class: Class, endianness: Endianness, machine: Machine, length: u64) -> Object {
    let need = |name: &str, weak| NeededVersion {
        name: name.to_owned(),
        weak,
    };
    Object {
        class,
        endianness,
        machine,
        kind: ObjectType::Dynamic,
        interpreter: Some("/lib64/ld-linux-x86-64.so.2".to_owned()),
        dynamic: true,
        soname: None,
        needed: vec!["libc.so.6".to_owned(), "libz.so.1".to_owned()],
        rpath: Some("/a:$ORIGIN/b".to_owned()),
        runpath: Some("/c".to_owned()),
        flags: Flags {
            no_default_lib: true,
            pie: true,
            bind_now: true,
        },
        version_needs: vec![
            VersionNeed {
                file: "libc.so.6".to_owned(),
                versions: vec![need("GLIBC_2.34", false), need("GLIBC_2.38", true)],
            },
            VersionNeed {
                file: "libz.so.1".to_owned(),
                versions: vec![need("ZLIB_1.2", false)],
            },
        ],
        version_definitions: Some(["base", "V1", "V2"].map(str::to_owned).to_vec()),
        isa_needed: (machine == Machine::X86_64).then_some(IsaLevel::V2),
        code: length,
        mapped: length,
    }
}

#[test]
fn facts_without_section_headers_in_every_class_and_order() {
    for (class, wide) in [(1, Class::Elf32), (2, Class::Elf64)] {
        for (big, endianness) in [(false, Endianness::Little), (true, Endianness::Big)] {
            for (gnu_hash, machine) in [(true, Machine::X86_64), (false, Machine::PPC64)] {
                if machine == Machine::X86_64 && (big || class == 1) {
                    continue;
                }
                let elf = Elf {
                    class,
                    big,
                    gnu_hash,
                    machine: machine.0,
                    ..rich()
                };
                let bytes = elf.build();
                assert_eq!(
                    Object::parse(&bytes).unwrap(),
                    facts(wide, endianness, machine, bytes.len() as u64)
                );
                symbols_are_read(&Symbols::parse(&bytes).unwrap());
            }
        }
    }
}

fn symbols_are_read(symbols: &Symbols) {
    let undefined = symbols.undefined();
    let undefined = undefined.map(|it| (it.name, it.version, it.weak, it.reference));
    assert_eq!(
        undefined.collect::<Vec<_>>(),
        [
            (&b"puts"[..], Some("GLIBC_2.34"), false, Reference::Call),
            (b"optional", None, true, Reference::Data),
            (b"unused", None, false, Reference::None),
        ]
    );
    let defined = symbols.defined();
    let defined = defined.map(|it| (it.name, it.version, it.hidden));
    assert_eq!(
        defined.collect::<Vec<_>>(),
        [
            (&b"new"[..], Some("V2"), false),
            (b"new", Some("V1"), true),
            (b"plain", None, false),
        ]
    );
}

#[test]
fn undefined_symbols_are_found_where_the_hash_table_is_empty() {
    let elf = Elf {
        undefined: vec![call("puts")],
        gnu_hash: true,
        ..Elf::program("/lib64/ld-linux-x86-64.so.2")
    };
    let symbols = Symbols::parse(&elf.build()).unwrap();
    assert_eq!(
        symbols.undefined().map(|it| it.name).collect::<Vec<_>>(),
        [b"puts"]
    );
}

#[test]
fn version_that_the_library_does_not_define_is_an_error_unless_weak() {
    let needing = Elf {
        version_needs: vec![
            (
                "libc.so.6",
                vec![
                    ("GLIBC_2.31", false),
                    ("GLIBC_2.99", false),
                    ("GLIBC_3", true),
                ],
            ),
            ("libplain.so", vec![("V9", false)]),
        ],
        ..Elf::program("/lib64/ld-linux-x86-64.so.2").needs(&["libc.so.6", "libplain.so"])
    };
    let libc = Elf {
        versions: vec!["GLIBC_2.2.5", "GLIBC_2.31"],
        ..Elf::library("libc.so.6")
    };
    let files = debian()
        .elf("/app/main", &needing)
        .elf("/usr/lib/x86_64-linux-gnu/libc.so.6", &libc)
        .elf("/usr/lib/libplain.so", &Elf::library("libplain.so"));
    let loaded = load(b"/app/main", &files, Environment::default()).unwrap();
    let errors = version_errors(&loaded, 0..loaded.objects.len());
    assert_eq!(
        errors,
        [VersionError {
            version: "GLIBC_2.99".to_owned(),
            provider: 2,
            required_by: 0
        }]
    );
}

#[test]
fn symbols_that_nobody_defines_fail_at_once_or_when_called() {
    let versioned = |name, version| Undefined {
        version: Some(version),
        ..call(name)
    };
    let needing = Elf {
        version_needs: vec![("libc.so.6", vec![("V1", false), ("V2", false)])],
        undefined: vec![
            versioned("old", "V1"),
            versioned("old", "V2"),
            versioned("base", "V2"),
            call("called"),
            Undefined {
                reference: Refer::Data,
                ..call("pointed_to")
            },
            Undefined {
                reference: Refer::No,
                ..call("unused")
            },
            Undefined {
                weak: true,
                ..call("weak")
            },
        ],
        ..Elf::program("/lib64/ld-linux-x86-64.so.2").needs(&["libc.so.6"])
    };
    let libc = Elf {
        versions: vec!["V1", "V2"],
        defined: vec![("old", Some("V1"), true), ("base", None, false)],
        ..Elf::library("libc.so.6")
    };
    let files = debian()
        .elf("/app/main", &needing)
        .elf("/usr/lib/x86_64-linux-gnu/libc.so.6", &libc);
    let loaded = load(b"/app/main", &files, Environment::default()).unwrap();
    let errors = |binding| {
        let errors = symbol_errors(&loaded, 0..loaded.objects.len(), binding, &files);
        let errors = errors
            .into_iter()
            .map(|it| (it.name, it.version, it.binding));
        errors.collect::<Vec<_>>()
    };
    let expected = |binding| {
        vec![
            ("called".to_owned(), None, binding),
            ("old".to_owned(), Some("V2".to_owned()), binding),
            ("pointed_to".to_owned(), None, Binding::Eager),
        ]
    };
    assert_eq!(errors(Binding::Lazy), expected(Binding::Lazy));
    assert_eq!(errors(Binding::Eager), expected(Binding::Eager));
    assert_eq!(machine_errors(&loaded), []);
}
