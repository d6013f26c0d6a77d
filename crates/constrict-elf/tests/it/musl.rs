//! The search of musl's loader, over systems in memory.

use constrict_elf::check::{Binding, symbol_errors, version_errors};
use constrict_elf::search::{Environment, Interpreter, Libc, Loaded, Open, load};

use crate::build::{Elf, call};
use crate::glibc::scope;
use crate::memory::Memory;

const LOADER: &str = "/lib/ld-musl-x86_64.so.1";

fn alpine() -> Memory {
    let musl = Elf {
        defined: vec![("puts", None, false)],
        ..Elf::library("libc.musl-x86_64.so.1")
    };
    Memory::default()
        .elf(LOADER, &musl)
        .link("/lib/libc.musl-x86_64.so.1", LOADER)
}

fn run(files: &Memory) -> Loaded {
    load(b"/app/main", files, Environment::default()).expect("a program")
}

fn program() -> Elf {
    Elf::program(LOADER)
}

#[test]
fn libc_by_any_name_is_the_loader_itself() {
    let names = [
        "libc.musl-x86_64.so.1",
        "libc.so.6",
        "libm.so.6",
        "libpthread.so.0",
    ];
    let loaded = run(&alpine().elf("/app/main", &program().needs(&names)));
    assert_eq!(
        loaded.interpreter,
        Interpreter::Found {
            path: LOADER.to_owned(),
            libc: Libc::Musl
        }
    );
    assert_eq!(scope(&loaded), [LOADER]);
    assert_eq!(loaded.missing, []);
    let loaded = run(&alpine().elf("/app/main", &program().needs(&["ld-linux-x86-64.so.2"])));
    assert_eq!(loaded.missing[0].name, "ld-linux-x86-64.so.2");
    assert_eq!(
        loaded.missing[0].searched,
        [&b"/lib"[..], b"/usr/local/lib", b"/usr/lib"]
    );
}

#[test]
fn runpath_is_inherited_too() {
    let files = alpine()
        .elf(
            "/app/main",
            &program().needs(&["liba.so"]).runpath("$ORIGIN/lib"),
        )
        .elf(
            "/app/lib/liba.so",
            &Elf::library("liba.so").needs(&["libb.so"]),
        )
        .elf("/app/lib/libb.so", &Elf::library("libb.so"));
    assert_eq!(
        scope(&run(&files)),
        ["/app/lib/liba.so", "/app/lib/libb.so"]
    );
}

#[test]
fn path_file_replaces_the_default() {
    let files = alpine()
        .elf("/app/main", &program().needs(&["liba.so"]))
        .elf("/usr/lib/liba.so", &Elf::library("liba.so"));
    assert_eq!(scope(&run(&files)), ["/usr/lib/liba.so"]);
    let files = files.file("/etc/ld-musl-x86_64.path", "/lib\n/opt/lib\n");
    let loaded = run(&files);
    assert_eq!(loaded.missing[0].searched, [&b"/lib"[..], b"/opt/lib"]);
    assert_eq!(loaded.missing[0].elsewhere, [b"/usr/lib/liba.so"]);
}

#[test]
fn soname_of_a_library_opened_by_its_path_is_not_known() {
    let files = alpine()
        .elf("/app/main", &program())
        .elf("/x/liba.so.1", &Elf::library("liba.so.1"))
        .elf("/x/m.so", &Elf::library("m").needs(&["liba.so.1"]));
    let mut loaded = run(&files);
    let open = Open {
        caller: 0,
        global: true,
    };
    assert_eq!(loaded.open("/x/liba.so.1", open, &files).missing, []);
    assert_eq!(
        loaded.open("/x/m.so", open, &files).missing[0].name,
        "liba.so.1"
    );
}

#[test]
fn every_symbol_is_bound_at_once_and_no_version_is_looked_at() {
    let module = Elf {
        undefined: vec![call("puts"), call("__memcpy_chk")],
        version_needs: vec![("libc.so.6", vec![("GLIBC_2.14", false)])],
        ..Elf::library("m").needs(&["libc.so.6"])
    };
    let files = alpine()
        .elf("/app/main", &program().needs(&["libc.musl-x86_64.so.1"]))
        .elf("/x/m.so", &module);
    let mut loaded = run(&files);
    let open = Open {
        caller: 0,
        global: false,
    };
    let opened = loaded.open("/x/m.so", open, &files);
    assert_eq!(opened.missing, []);
    assert_eq!(version_errors(&loaded, opened.new.clone()), []);
    let errors = symbol_errors(&loaded, opened.new, Binding::Lazy, &files);
    let errors = errors.iter().map(|it| (it.name.as_str(), it.binding));
    assert_eq!(
        errors.collect::<Vec<_>>(),
        [("__memcpy_chk", Binding::Eager)]
    );
}

#[test]
fn gcompat_stands_in_for_the_loader_of_glibc() {
    let stand_in = Elf {
        interpreter: Some(LOADER),
        ..Elf::library("ld").needs(&["libc.musl-x86_64.so.1"])
    };
    let files = alpine()
        .elf("/lib/ld-linux-x86-64.so.2", &stand_in)
        .link("/lib64", "/lib")
        .elf("/lib/libgcompat.so.0", &Elf::library("libgcompat.so.0"))
        .elf(
            "/app/main",
            &Elf::program("/lib64/ld-linux-x86-64.so.2").needs(&["libc.so.6"]),
        );
    assert_eq!(scope(&run(&files)), ["/lib/libgcompat.so.0", LOADER]);
}
