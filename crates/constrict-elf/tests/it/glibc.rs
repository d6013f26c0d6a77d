//! The search of glibc's loader, over systems in memory.

use constrict_elf::search::{Cause, Environment, Interpreter, Libc, Loaded, Missing, Open, load};

use crate::build::Elf;
use crate::memory::Memory;

const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";

/// A Debian system: its loader shows the directories that were compiled in.
pub(crate) fn debian() -> Memory {
    let mut loader = Elf::library("ld-linux-x86-64.so.2").build();
    loader.extend(
        b"\0/lib/x86_64-linux-gnu/\0/usr/lib/x86_64-linux-gnu/\0/lib/\0/usr/lib/\0and so on\0",
    );
    Memory::default()
        .file("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", loader)
        .link("/lib", "/usr/lib")
        .link(LOADER, "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
        .elf("/usr/lib/x86_64-linux-gnu/libc.so.6", &libc())
}

fn libc() -> Elf {
    Elf::library("libc.so.6").needs(&["ld-linux-x86-64.so.2"])
}

fn program() -> Elf {
    Elf::program(LOADER)
}

fn run(files: &Memory) -> Loaded {
    run_in(files, Environment::default())
}

fn run_in(files: &Memory, environment: Environment) -> Loaded {
    load(b"/app/bin/main", files, environment).expect("a program")
}

fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

/// The paths in the program's scope, after the program.
pub(crate) fn scope(loaded: &Loaded) -> Vec<String> {
    let scope = loaded.global_scope().into_iter().skip(1);
    scope.map(|it| text(&loaded.objects[it].path)).collect()
}

fn missing(loaded: &[Missing]) -> Vec<(String, Vec<String>)> {
    let chain = |it: &Missing| it.needed_by.iter().map(|path| text(path)).collect();
    loaded
        .iter()
        .map(|it| (it.name.clone(), chain(it)))
        .collect()
}

#[test]
fn default_directories_are_those_compiled_into_the_loader() {
    let files = debian()
        .elf("/app/bin/main", &program().needs(&["liba.so", "libc.so.6"]))
        .elf(
            "/usr/lib/liba.so",
            &Elf::library("liba.so").needs(&["libc.so.6"]),
        );
    let loaded = run(&files);
    assert_eq!(
        loaded.interpreter,
        Interpreter::Found {
            path: LOADER.to_owned(),
            libc: Libc::Glibc
        }
    );
    assert_eq!(
        scope(&loaded),
        [
            "/lib/liba.so",
            "/lib/x86_64-linux-gnu/libc.so.6",
            "/lib64/ld-linux-x86-64.so.2"
        ]
    );
    assert_eq!(loaded.missing, []);
}

#[test]
fn missing_library_tells_who_needs_it_where_it_was_sought_and_where_it_is() {
    let files = debian()
        .elf("/app/bin/main", &program().needs(&["liba.so"]))
        .elf(
            "/usr/lib/liba.so",
            &Elf::library("liba.so")
                .needs(&["libb.so.1"])
                .runpath("$ORIGIN/b"),
        )
        .elf("/opt/lib/libb.so.1", &Elf::library("libb.so.1"));
    assert_eq!(
        run(&files).missing,
        [Missing {
            name: "libb.so.1".to_owned(),
            needed_by: vec![b"/app/bin/main".to_vec(), b"/lib/liba.so".to_vec()],
            searched: [
                "/lib/b",
                "/lib/x86_64-linux-gnu",
                "/usr/lib/x86_64-linux-gnu",
                "/lib",
                "/usr/lib"
            ]
            .map(|path| path.as_bytes().to_vec())
            .to_vec(),
            skipped: Vec::new(),
            elsewhere: vec![b"/opt/lib/libb.so.1".to_vec()],
            cause: Cause::NotFound,
            ignored: false,
        }]
    );
}

#[test]
fn rpath_is_inherited_and_runpath_is_not() {
    let system = debian()
        .elf(
            "/app/lib/liba.so",
            &Elf::library("liba.so").needs(&["libb.so"]),
        )
        .elf("/app/lib/libb.so", &Elf::library("libb.so"));
    let needing = program().needs(&["liba.so"]);
    let with_rpath = system
        .clone()
        .elf("/app/bin/main", &needing.clone().rpath("$ORIGIN/../lib"));
    assert_eq!(
        scope(&run(&with_rpath)),
        ["/app/bin/../lib/liba.so", "/app/bin/../lib/libb.so"]
    );
    let with_runpath = system.clone().elf(
        "/app/bin/main",
        &needing.clone().runpath("${ORIGIN}/../lib"),
    );
    let loaded = run(&with_runpath);
    assert_eq!(scope(&loaded), ["/app/bin/../lib/liba.so"]);
    let chain = vec![
        "/app/bin/main".to_owned(),
        "/app/bin/../lib/liba.so".to_owned(),
    ];
    assert_eq!(missing(&loaded.missing), [("libb.so".to_owned(), chain)]);
    // an object's own RUNPATH turns inherited RPATHs off
    let own = Elf::library("liba.so")
        .needs(&["libb.so"])
        .runpath("/nowhere");
    let turned_off = with_rpath.elf("/app/lib/liba.so", &own);
    assert_eq!(missing(&run(&turned_off).missing).len(), 1);
}

#[test]
fn order_is_rpath_environment_runpath_cache_default() {
    let places = ["/r", "/e", "/n", "/c", "/lib"];
    let cache = cache(&[("liba.so", "/c/liba.so")]);
    for first in 0..places.len() {
        let mut files = debian().file("/etc/ld.so.cache", &cache);
        for place in &places[first..] {
            files = files.elf(
                &format!("{place}/liba.so").replace("/lib/", "/usr/lib/"),
                &Elf::library("liba.so"),
            );
        }
        let needing = program().needs(&["liba.so"]);
        let needing = match first {
            0 => needing.rpath("/r"),
            _ => needing.runpath("/n"),
        };
        let environment = Environment {
            library_path: Some(b"/e".to_vec()),
            ..Environment::default()
        };
        let loaded = run_in(&files.elf("/app/bin/main", &needing), environment);
        assert_eq!(scope(&loaded), [format!("{}/liba.so", places[first])]);
    }
}

/// A cache of the new format for x86-64.
fn cache(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut strings = Vec::new();
    let mut table = Vec::new();
    let strings_at = 48 + 24 * entries.len();
    for (soname, path) in entries {
        table.extend(0x303_u32.to_le_bytes());
        for text in [soname, path] {
            table.extend(((strings_at + strings.len()) as u32).to_le_bytes());
            strings.extend(text.bytes().chain([0]));
        }
        table.extend([0; 12]);
    }
    let mut cache = b"glibc-ld.so.cache1.1".to_vec();
    cache.extend((entries.len() as u32).to_le_bytes());
    cache.extend((strings.len() as u32).to_le_bytes());
    cache.extend([2, 0, 0, 0]);
    cache.resize(48, 0);
    [cache, table, strings].concat()
}

#[test]
fn libraries_of_another_machine_are_passed_over() {
    let arm = Elf {
        machine: 183,
        ..Elf::library("liba.so")
    };
    let i386 = Elf {
        machine: 3,
        class: 1,
        ..Elf::library("liba.so")
    };
    let files = debian()
        .elf(
            "/app/bin/main",
            &program().needs(&["liba.so"]).runpath("/arm:/i386:/x86"),
        )
        .elf("/arm/liba.so", &arm)
        .elf("/i386/liba.so", &i386)
        .elf("/x86/liba.so", &Elf::library("liba.so"));
    assert_eq!(scope(&run(&files)), ["/x86/liba.so"]);
    let foreign = debian()
        .elf(
            "/app/bin/main",
            &program().needs(&["liba.so"]).runpath("/arm"),
        )
        .elf("/arm/liba.so", &arm);
    let loaded = run(&foreign);
    assert_eq!(loaded.missing[0].skipped, [b"/arm/liba.so"]);
    assert_eq!(loaded.missing[0].elsewhere, Vec::<Vec<u8>>::new());
}

#[test]
fn search_ends_at_a_file_that_is_no_object() {
    let files = debian()
        .elf(
            "/app/bin/main",
            &program().needs(&["liba.so"]).runpath("/script:/good"),
        )
        .file("/script/liba.so", "INPUT(liba.so.1)")
        .elf("/good/liba.so", &Elf::library("liba.so"));
    let loaded = run(&files);
    assert_eq!(
        loaded.missing[0].cause,
        Cause::Unloadable(b"/script/liba.so".to_vec())
    );
}

#[test]
fn opened_module_sees_what_is_mapped_by_soname() {
    let files = debian()
        .elf("/app/bin/main", &program().needs(&["libc.so.6"]))
        .elf("/pkg/a.so", &Elf::library("a").needs(&["libz-hash.so.1"]))
        .elf("/pkg.libs/libz-hash.so.1", &Elf::library("libz-hash.so.1"))
        .elf(
            "/pkg/b.so",
            &Elf::library("b")
                .needs(&["libz-hash.so.1"])
                .rpath("$ORIGIN/../pkg.libs"),
        );
    let mut loaded = run(&files);
    let open = Open {
        caller: loaded.python(),
        global: false,
    };
    let first = loaded.open("/pkg/a.so", open, &files);
    assert_eq!(first.object, None);
    let chain = vec!["/app/bin/main".to_owned(), "/pkg/a.so".to_owned()];
    assert_eq!(
        missing(&first.missing),
        [("libz-hash.so.1".to_owned(), chain)]
    );
    assert_eq!(loaded.objects.len(), 3);
    assert_eq!(loaded.open("/pkg/b.so", open, &files).missing, []);
    // now its library is there already
    let again = loaded.open("/pkg/a.so", open, &files);
    assert_eq!(again.missing, []);
    let mapped = again.new.map(|it| text(&loaded.objects[it].path));
    assert_eq!(mapped.collect::<Vec<_>>(), ["/pkg/a.so"]);
}

#[test]
fn one_file_under_two_names_is_mapped_once() {
    let files = debian()
        .elf("/app/bin/main", &program().needs(&["liba.so.1", "liba.so"]))
        .elf("/usr/lib/liba.so.1.2", &Elf::library("other"))
        .link("/usr/lib/liba.so.1", "/usr/lib/liba.so.1.2")
        .link("/usr/lib/liba.so", "/usr/lib/liba.so.1.2");
    assert_eq!(scope(&run(&files)), ["/lib/liba.so.1"]);
}

#[test]
fn hwcaps_lib_token_and_preloads() {
    let files = debian()
        .elf(
            "/app/bin/main",
            &program().needs(&["liba.so"]).runpath("/opt/$LIB"),
        )
        .elf(
            "/opt/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/liba.so",
            &Elf::library("liba.so"),
        )
        .elf("/p/one.so", &Elf::library("one"))
        .elf("/p/two.so", &Elf::library("two"))
        .file("/etc/ld.so.preload", "# all\n/p/two.so /p/none.so\n");
    let environment = Environment {
        preload: Some(b"/p/one.so".to_vec()),
        ..Environment::default()
    };
    let loaded = run_in(&files, environment);
    assert_eq!(
        scope(&loaded),
        [
            "/p/one.so",
            "/p/two.so",
            "/opt/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/liba.so"
        ]
    );
    let ignored = loaded
        .missing
        .iter()
        .map(|it| (it.name.as_str(), it.ignored));
    assert_eq!(ignored.collect::<Vec<_>>(), [("/p/none.so", true)]);
}

#[test]
fn nodeflib_searches_no_default_directory() {
    let alone = Elf {
        flags_1: 0x800,
        ..program().needs(&["liba.so"])
    };
    let files = debian()
        .elf("/app/bin/main", &alone)
        .file("/etc/ld.so.cache", cache(&[("liba.so", "/lib/liba.so")]))
        .elf("/usr/lib/liba.so", &Elf::library("liba.so"));
    assert_eq!(run(&files).missing.len(), 1);
}

#[test]
fn loader_that_is_not_there_is_told_apart_from_a_static_program() {
    let files = Memory::default().elf("/app/bin/main", &program()).elf(
        "/app/bin/static",
        &Elf {
            interpreter: None,
            ..program()
        },
    );
    assert_eq!(
        run(&files).interpreter,
        Interpreter::Missing {
            path: LOADER.to_owned()
        }
    );
    let loaded = load(b"/app/bin/static", &files, Environment::default()).unwrap();
    assert_eq!(loaded.interpreter, Interpreter::None);
    assert!(load(b"/app/bin/none", &files, Environment::default()).is_err());
}

#[test]
fn configuration_names_directories_and_includes_files() {
    let files = debian()
        .file(
            "/etc/ld.so.conf",
            "include ld.so.conf.d/*.conf # all\n/opt/lib/\n/usr/local/lib=libc6\nrelative\nhwcap 1 x\n",
        )
        .file("/etc/ld.so.conf.d/b.conf", "/b\n/opt/lib\ninclude /etc/ld.so.conf\n")
        .file("/etc/ld.so.conf.d/a[1].conf", "/a\n")
        .file("/etc/ld.so.conf.d/a.txt", "/no\n")
        .file("/etc/ld.so.conf.d/.hidden.conf", "/no\n");
    let found = constrict_elf::ld_so_conf::parse(constrict_elf::ld_so_conf::PATH, &files);
    let found = found.iter().map(|it| text(it));
    assert_eq!(
        found.collect::<Vec<_>>(),
        ["/a", "/b", "/opt/lib", "/usr/local/lib"]
    );
}
