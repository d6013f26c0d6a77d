//! Closures over small universes.

use std::collections::{BTreeMap, BTreeSet};

use constrict_debian::packages::read_packages;
use constrict_debian::resolve::{Request, Universe, resolve};
use constrict_debian::status::read_installed;
use proptest::prelude::*;

/// A universe from lines `name version; Field: value; ...`.
fn universe(lines: &str) -> Universe {
    let mut text = String::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut parts = line.split("; ");
        let (name, version) = parts.next().unwrap().split_once(' ').unwrap();
        text += &format!(
            "Package: {name}\nVersion: {version}\nArchitecture: amd64\nFilename: pool/{name}.deb\nSize: 0\nSHA256: {}\n",
            "0".repeat(64)
        );
        parts.for_each(|field| text += &format!("{field}\n"));
        text.push('\n');
    }
    let mut universe = Universe::new("amd64");
    universe.add(
        "http://mirror.example/debian",
        read_packages(text.as_bytes(), "amd64").unwrap(),
    );
    universe
}

fn request(wanted: &[&str]) -> Request {
    Request {
        wanted: wanted.iter().map(|name| (*name).to_owned()).collect(),
        ..Request::default()
    }
}

fn closure(universe: &Universe, request: &Request) -> Result<Vec<String>, String> {
    let choices = resolve(universe, request).map_err(|error| error.to_string())?;
    Ok(choices
        .iter()
        .map(|choice| format!("{} {}", choice.package.name, choice.package.version))
        .collect())
}

fn chosen(lines: &str, wanted: &[&str]) -> Result<Vec<String>, String> {
    closure(&universe(lines), &request(wanted))
}

fn names(list: &[&str]) -> Result<Vec<String>, String> {
    Ok(list.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn highest_version_of_all_suites_wins() {
    let mut universe = universe("aa 1; Depends: bb");
    let security =
        "Package: bb\nVersion: 2\nArchitecture: all\nFilename: pool/bb.deb\nSize: 0\nSHA256: "
            .to_owned()
            + &"0".repeat(64);
    universe.add(
        "http://mirror.example/security/",
        read_packages(security.as_bytes(), "amd64").unwrap(),
    );
    let choices = resolve(&universe, &request(&["aa"])).unwrap();
    let urls: Vec<String> = choices.iter().map(|choice| choice.url()).collect();
    assert_eq!(
        urls,
        [
            "http://mirror.example/security/pool/bb.deb",
            "http://mirror.example/debian/pool/aa.deb"
        ]
    );
}

#[test]
fn first_alternative_wins_unless_another_is_chosen() {
    let lines = "aa 1; Depends: bb | cc\nbb 1\ncc 1";
    assert_eq!(chosen(lines, &["aa"]), names(&["bb 1", "aa 1"]));
    assert_eq!(chosen(lines, &["aa", "cc"]), names(&["cc 1", "aa 1"]));
}

#[test]
fn an_alternative_whose_needs_fail_is_taken_back() {
    let lines = "aa 1; Depends: bb | cc\nbb 1; Depends: dd, none\ncc 1\ndd 1";
    assert_eq!(chosen(lines, &["aa"]), names(&["cc 1", "aa 1"]));
}

#[test]
fn virtual_packages_are_satisfied_by_priority_then_name() {
    let lines = "aa 1; Depends: mta\nzz 1; Provides: mta; Priority: important\nbb 1; Provides: mta; Priority: optional";
    assert_eq!(chosen(lines, &["aa"]), names(&["zz 1", "aa 1"]));
}

#[test]
fn versioned_relations_need_versioned_provides() {
    let lines = "aa 1; Depends: lib (>= 2)\nbb 9; Provides: lib\ncc 1; Provides: lib (= 2)";
    assert_eq!(chosen(lines, &["aa"]), names(&["cc 1", "aa 1"]));
}

#[test]
fn errors_show_the_chain() {
    let lines = "python3.11 1; Depends: libpython3.11-stdlib\nlibpython3.11-stdlib 1; Depends: libfoo (>= 2)\nlibfoo 1";
    let expected = "python3.11 → libpython3.11-stdlib → libfoo (>= 2): no candidate (libfoo is 1)";
    assert_eq!(chosen(lines, &["python3.11"]), Err(expected.to_owned()));
    assert_eq!(
        chosen(lines, &["none"]),
        Err("none: no candidate".to_owned())
    );
}

#[test]
fn conflicts_are_found_in_both_directions() {
    let lines = "aa 1; Conflicts: bb (<< 2)\nbb 1\ncc 1; Provides: virt\ndd 1; Breaks: virt\nee 1; Provides: virt; Conflicts: virt";
    assert_eq!(
        chosen(lines, &["aa", "bb"]),
        Err("`aa 1` conflicts with `bb 1`".to_owned())
    );
    assert_eq!(
        chosen(lines, &["bb", "aa"]),
        Err("`aa 1` conflicts with `bb 1`".to_owned())
    );
    assert_eq!(
        chosen(lines, &["cc", "dd"]),
        Err("`dd 1` breaks `cc 1`".to_owned())
    );
    assert_eq!(chosen(lines, &["ee"]), names(&["ee 1"]));
}

#[test]
fn preferred_and_excluded_packages() {
    let universe =
        universe("init 1; Depends: usrmerge | usr-is-merged\nusrmerge 1\nusr-is-merged 1");
    let preferring = Request {
        prefer: Request::usual_preferences(),
        ..request(&["init"])
    };
    assert_eq!(
        closure(&universe, &preferring),
        names(&["usr-is-merged 1", "init 1"])
    );
    let excluding = Request {
        exclude: BTreeSet::from(["usrmerge", "usr-is-merged"].map(str::to_owned)),
        prefer: BTreeMap::new(),
        ..request(&["init"])
    };
    let expected = "init → usrmerge | usr-is-merged: no candidate (usrmerge is excluded, usr-is-merged is excluded)";
    assert_eq!(closure(&universe, &excluding), Err(expected.to_owned()));
}

#[test]
fn present_packages_satisfy_and_are_not_chosen() {
    let universe = universe("aa 1; Depends: bb (>= 2), virt\nbb 3\ncc 1; Provides: virt");
    let status = "Package: bb\nVersion: 2\nArchitecture: amd64\n\nPackage: dd\nVersion: 1\nArchitecture: all\nProvides: virt\n";
    let with_present = Request {
        present: read_installed(status.as_bytes()).unwrap(),
        ..request(&["aa"])
    };
    assert_eq!(closure(&universe, &with_present), names(&["aa 1"]));
}

#[test]
fn order_has_essential_and_pre_dependencies_first() {
    let lines = "aa 1; Depends: bb\nbb 1; Pre-Depends: zz\nzz 1\nlibc 1\ncore 1; Essential: yes; Pre-Depends: libc\n\
                 loop1 1; Depends: loop2\nloop2 1; Depends: loop1";
    let everything = Request {
        essential: true,
        ..request(&["aa", "loop1"])
    };
    let expected = [
        "libc 1", "core 1", "zz 1", "bb 1", "aa 1", "loop2 1", "loop1 1",
    ];
    assert_eq!(closure(&universe(lines), &everything), names(&expected));
}

#[test]
fn recommended_packages_come_where_they_can() {
    let universe =
        universe("aa 1; Recommends: bb, none\nbb 1; Recommends: cc\ncc 1; Depends: none");
    let generous = Request {
        recommends: true,
        ..request(&["aa"])
    };
    assert_eq!(closure(&universe, &generous), names(&["aa 1", "bb 1"]));
}

#[test]
fn qualifiers_and_architectures_count() {
    let lines = "aa 1; Depends: py:any, bb [i386]\npy 1; Multi-Arch: allowed\nee 1; Depends: plain:any\nplain 1";
    assert_eq!(chosen(lines, &["aa"]), names(&["py 1", "aa 1"]));
    assert_eq!(
        chosen(lines, &["ee"]),
        Err("ee → plain:any: no candidate (plain is 1)".to_owned())
    );
}

#[test]
fn endless_chains_end() {
    let lines: String = (0..2000)
        .map(|n| format!("p{n} 1; Depends: p{}\n", n + 1))
        .collect();
    assert_eq!(
        chosen(&lines, &["p0"]),
        Err("a chain of dependencies has more than 400 steps".to_owned())
    );
}

proptest! {
    #[test]
    fn closures_are_closed(edges in prop::collection::vec((0usize..12, 0usize..12, any::<bool>()), 0..30)) {
        let depends = |n: usize| -> String {
            let list: Vec<String> = edges.iter().filter(|edge| edge.0 == n)
                .map(|edge| if edge.2 { format!("q{} | p{}", edge.1, edge.1) } else { format!("p{}", edge.1) }).collect();
            if list.is_empty() { String::new() } else { format!("; Depends: {}", list.join(", ")) }
        };
        let lines: String = (0..12).map(|n| format!("p{n} 1{}\n", depends(n))).collect();
        let found = chosen(&lines, &["p0"]).unwrap();
        let again = chosen(&lines, &["p0"]).unwrap();
        prop_assert_eq!(&found, &again);
        for edge in &edges {
            if found.contains(&format!("p{} 1", edge.0)) {
                let needed = format!("p{} 1", edge.1);
                prop_assert!(found.contains(&needed));
            }
        }
    }
}
