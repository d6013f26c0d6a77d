//! What COPY plans, as whole lists of entries; sources are files in memory.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use constrict_dockerfile::ignore::Ignore;
use constrict_oci::Digest;

use super::*;
use crate::error::Result;
use crate::tree::Tree;
use crate::tree::tests::tree;
use crate::view::{FileKind, Meta, View};

const EPOCH: i64 = 1000;
/// The time of every source file.
const SOURCE: i64 = 77;

/// Files in memory.
#[derive(Default)]
struct Memory(BTreeMap<Vec<u8>, (Meta, Vec<u8>)>);

impl Memory {
    /// `d PATH MODE`, `f PATH MODE`, `l PATH TARGET`, `p PATH MODE` (FIFO), `s PATH MODE` (socket), `c PATH MODE`
    /// (device 1:3); `g PATH MODE` is a file that is one with the other `g`s. All belong to 5:6.
    fn new(lines: &[&str]) -> Self {
        let mut files = Memory::default();
        for line in lines {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap();
            let (letter, path, last) = (word(), word(), word());
            let kind = match letter {
                "d" => FileKind::Directory,
                "l" => {
                    let target = last.as_bytes().to_vec();
                    FileKind::Symlink { target }
                }
                "p" => FileKind::Fifo,
                "s" => FileKind::Socket,
                "c" => FileKind::CharDevice { major: 1, minor: 3 },
                _ => FileKind::Regular {
                    size: path.len() as u64,
                },
            };
            let mode = if letter == "l" {
                0o777
            } else {
                u32::from_str_radix(last, 8).unwrap()
            };
            let meta = Meta {
                kind,
                mode,
                uid: 5,
                gid: 6,
                mtime: SOURCE,
                xattrs: BTreeMap::new(),
                link_group: (letter == "g").then(|| b"g".to_vec()),
            };
            files.0.insert(path.into(), (meta, path.into()));
        }
        files
    }

    fn with_content(mut self, path: &str, content: &str) -> Self {
        self.0.get_mut(path.as_bytes()).unwrap().1 = content.into();
        self
    }
}

impl View for Memory {
    fn meta(&self, path: &[u8]) -> Result<Option<Meta>> {
        if path.is_empty() {
            let root = Memory::new(&["d x 755"]).0.into_values().next();
            return Ok(root.map(|(meta, _)| meta));
        }
        Ok(self.0.get(path).map(|(meta, _)| meta.clone()))
    }

    fn list(&self, path: &[u8]) -> Result<Vec<Vec<u8>>> {
        let prefix = crate::tree::join(path, b"/");
        let prefix = if path.is_empty() {
            &[][..]
        } else {
            &prefix[..prefix.len() - 1]
        };
        let names = self.0.keys().filter_map(|other| other.strip_prefix(prefix));
        Ok(names
            .filter(|rest| !rest.contains(&b'/'))
            .map(<[u8]>::to_vec)
            .collect())
    }

    fn digest(&self, path: &[u8]) -> Result<Digest> {
        Ok(Digest::of(&self.0[path].1))
    }

    fn open(&self, path: &[u8]) -> Result<Box<dyn Read + '_>> {
        Ok(Box::new(&*self.0[path].1))
    }

    fn name(&self) -> String {
        "the build context".into()
    }
}

/// One line for each planned entry: path, what it is, mode, owner; its time if that is not the build's.
fn listing(plan: &Plan<'_>) -> Vec<String> {
    let show = |(path, planned): (&Vec<u8>, &plan::Planned)| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let meta = &planned.meta;
        let what = match (&meta.kind, &planned.hard_link, &planned.content) {
            (_, Some(to), _) => format!("= {}", text(to)),
            (FileKind::Regular { .. }, _, Content::File(_, from)) => format!("< {}", text(from)),
            (FileKind::Regular { .. }, _, Content::Inline(content)) => {
                format!("{:?}", text(content))
            }
            (FileKind::Directory, ..) => "dir".into(),
            (FileKind::Symlink { target }, ..) => format!("-> {}", text(target)),
            (FileKind::Fifo, ..) => "fifo".into(),
            (FileKind::CharDevice { major, minor }, ..) => format!("char {major}:{minor}"),
            (other, ..) => format!("{other:?}"),
        };
        let time = match meta.mtime {
            EPOCH => String::new(),
            other => format!(" @{other}"),
        };
        format!(
            "{} {what} {:o} {}:{}{time}",
            text(path),
            meta.mode,
            meta.uid,
            meta.gid
        )
    };
    plan.entries.iter().map(show).collect()
}

/// What copying from the context plans over `base`: times are reset, owners are as the files have them.
fn copied(
    base: &Tree,
    context: &Arc<dyn View>,
    sources: &[&str],
    destination: &str,
    options: &Options,
) -> Result<Vec<String>> {
    let mut plan = Plan::new(base, EPOCH);
    let options = Options {
        reset_times: true,
        ..options.clone()
    };
    for source in sources {
        copy_source(
            &mut plan,
            context,
            source,
            &Destination::parse(destination),
            &options,
        )?;
    }
    Ok(listing(&plan))
}

fn chmod(text: &str) -> Options {
    Options {
        mode: Some(ModeChange::parse(text).unwrap()),
        ..Options::default()
    }
}

fn chown(uid: u32, gid: u32) -> Options {
    Options {
        owner: Some((uid, gid)),
        ..Options::default()
    }
}

fn exclude(patterns: &[&str]) -> Options {
    Options {
        exclude: Some(Ignore::from_patterns(patterns).unwrap()),
        ..Options::default()
    }
}

fn parents() -> Options {
    Options {
        parents: true,
        ..Options::default()
    }
}

const CONTEXT: &[&str] = &[
    "f a.txt 644",
    "f .dot 600",
    "d d 755",
    "f d/x 644",
    "f d/run 755",
    "l d/up ../a.txt",
    "l d/gone nothing",
    "d d/e 2750",
    "f d/e/y.txt 644",
    "d dd 700",
    "f dd/z 644",
    "l link d/x",
    "l dirlink d",
    "l abs /d/x",
    "l dangling nowhere",
    "l out ../../etc/passwd",
    "p fifo 640",
    "s sock 755",
];

fn context() -> Arc<dyn View> {
    Arc::new(Memory::new(CONTEXT))
}

/// A state that has what destinations meet.
fn state() -> Tree {
    tree(&[vec![
        "d dir",
        "d dir/a.txt",
        "f file",
        "l to-dir dir",
        "l to-file file",
        "l to-nothing /missing/deep",
        "d t",
        "l t/link elsewhere",
        "f t/file",
    ]])
}

#[test]
fn sources_go_where_the_destination_says() {
    let none = Options::default();
    let d = |under: &str| {
        [
            "e dir 2750 5:6",
            "e/y.txt < d/e/y.txt 644 5:6",
            "gone -> nothing 777 5:6",
            "run < d/run 755 5:6",
            "up -> ../a.txt 777 5:6",
            "x < d/x 644 5:6",
        ]
        .map(|rest| format!("{under}/{rest}"))
        .to_vec()
    };
    let made = |path: &str| format!("{path} dir 755 0:0");
    for (sources, destination, expected) in [
        (vec!["a.txt"], "/x", vec!["x < a.txt 644 5:6".to_string()]),
        (
            vec!["a.txt"],
            "/new/",
            vec![made("new"), "new/a.txt < a.txt 644 5:6".into()],
        ),
        (
            vec!["a.txt"],
            "/new/deep/name",
            vec![
                made("new"),
                made("new/deep"),
                "new/deep/name < a.txt 644 5:6".into(),
            ],
        ),
        // an existing directory takes the file in, even if it has the file's name
        (
            vec!["a.txt"],
            "/dir/a.txt",
            vec!["dir/a.txt/a.txt < a.txt 644 5:6".into()],
        ),
        (vec!["d/x"], "/dir", vec!["dir/x < d/x 644 5:6".into()]),
        // the last of several sources wins
        (vec!["a.txt", "d/x"], "/y", vec!["y < d/x 644 5:6".into()]),
        (vec!["../a.txt"], "/y", vec!["y < a.txt 644 5:6".into()]),
        (vec!["./d/../a.txt"], "/y", vec!["y < a.txt 644 5:6".into()]),
        (vec!["d"], "/n", [vec![made("n")], d("n")].concat()),
        (vec!["d/"], "/n/", [vec![made("n")], d("n")].concat()),
        (vec!["d"], "/dir", d("dir")),
        (vec!["dirlink"], "/dir/", d("dir")),
        (
            vec!["link"],
            "/n/",
            vec![made("n"), "n/link < d/x 644 5:6".into()],
        ),
        (vec!["abs"], "/y", vec!["y < d/x 644 5:6".into()]),
        (
            vec!["fifo", "sock"],
            "/",
            vec!["fifo fifo 640 5:6".into(), "sock \"\" 755 5:6".into()],
        ),
        // links of the destination are followed inside the state
        (
            vec!["d/run"],
            "/to-dir/",
            vec!["dir/run < d/run 755 5:6".into()],
        ),
        (vec!["d/x"], "/to-dir", vec!["dir/x < d/x 644 5:6".into()]),
        (
            vec!["a.txt"],
            "/to-file",
            vec!["file < a.txt 644 5:6".into()],
        ),
        (
            vec!["a.txt"],
            "/to-nothing/",
            vec![
                made("missing"),
                made("missing/deep"),
                "missing/deep/a.txt < a.txt 644 5:6".into(),
            ],
        ),
    ] {
        let found = copied(&state(), &context(), &sources, destination, &none).unwrap();
        assert_eq!(found, expected, "{sources:?} to {destination}");
    }
}

#[test]
fn globs_select_by_name_and_may_select_nothing() {
    let options = Options::default();
    for (sources, expected) in [
        (
            vec!["a*"],
            vec![
                "n dir 755 0:0",
                "n/a.txt < a.txt 644 5:6",
                "n/abs < d/x 644 5:6",
            ],
        ),
        (vec![".d*"], vec!["n dir 755 0:0", "n/.dot < .dot 600 5:6"]),
        // the content of directories, not the directories themselves
        (vec!["d?"], vec!["n dir 755 0:0", "n/z < dd/z 644 5:6"]),
        (
            vec!["d/*/y.*"],
            vec!["n dir 755 0:0", "n/y.txt < d/e/y.txt 644 5:6"],
        ),
        (
            vec!["dirlink/r*"],
            vec!["n dir 755 0:0", "n/run < d/run 755 5:6"],
        ),
        (
            vec!["[a-c].txt"],
            vec!["n dir 755 0:0", "n/a.txt < a.txt 644 5:6"],
        ),
        (vec!["*.none"], vec![]),
        (vec!["d/*/none"], vec![]),
        (
            vec!["a.txt", "*.none"],
            vec!["n dir 755 0:0", "n/a.txt < a.txt 644 5:6"],
        ),
    ] {
        let found = copied(&Tree::default(), &context(), &sources, "/n/", &options).unwrap();
        assert_eq!(found, expected, "{sources:?}");
    }
}

#[test]
fn dangling_links_and_missing_names_are_errors() {
    let options = Options::default();
    for (source, message) in [
        ("nothing", "`nothing` not found in the build context"),
        ("d/nothing", "`d/nothing` not found in the build context"),
        ("a.txt/x", "`a.txt/x` not found in the build context"),
        ("dangling", "`dangling` not found in the build context"),
        ("dang*", "`dangling` not found in the build context"),
        ("out", "`out` not found in the build context"),
        ("nothing/*", "`nothing` not found in the build context"),
        ("[", "`[`: syntax error in pattern"),
    ] {
        let error = copied(&Tree::default(), &context(), &[source], "/n/", &options).unwrap_err();
        assert_eq!(error.to_string(), message, "{source}");
    }
}

#[test]
fn what_stands_in_the_way_is_an_error() {
    let options = Options::default();
    let files: Arc<dyn View> = Arc::new(Memory::new(&[
        "d over 755",
        "d over/file 755",
        "d onto 755",
        "f onto/dir 644",
        "d links 755",
        "d links/link 755",
        "f f 644",
    ]));
    for (source, destination, message) in [
        ("over", "/t", "cannot copy `/t/file`: it is not a directory"),
        (
            "links",
            "/t",
            "cannot copy `/t/link`: it is not a directory",
        ),
        (
            "onto",
            "/",
            "cannot copy `/dir`: a directory is in the place of the file",
        ),
        (
            "f",
            "/file/",
            "cannot copy `/file`: a parent is not a directory",
        ),
        (
            "f",
            "/file/x",
            "cannot copy `/file`: a parent is not a directory",
        ),
    ] {
        let error = copied(&state(), &files, &[source], destination, &options).unwrap_err();
        assert_eq!(error.to_string(), message, "{source} to {destination}");
    }
}

#[test]
fn a_link_below_the_destination_is_replaced_by_a_file() {
    let files: Arc<dyn View> = Arc::new(Memory::new(&["d s 755", "f s/link 640"]));
    let found = copied(&state(), &files, &["s"], "/t", &Options::default()).unwrap();
    assert_eq!(found, ["t/link < s/link 640 5:6"]);
}

#[test]
fn flags_say_owners_and_modes_of_what_is_made_too() {
    let files: Arc<dyn View> = Arc::new(Memory::new(&[
        "f f 666",
        "d d 777",
        "f d/x 666",
        "f d/run 777",
        "l d/l x",
    ]));
    let empty = Tree::default();
    for (options, source, destination, expected) in [
        (
            chmod("644"),
            "f",
            "/p/q/f",
            vec!["p dir 644 0:0", "p/q dir 644 0:0", "p/q/f < f 644 5:6"],
        ),
        (
            chmod("2770"),
            "f",
            "/p/",
            vec!["p dir 750 0:0", "p/f < f 2770 5:6"],
        ),
        (
            chmod("666"),
            "d",
            "/p/d",
            vec![
                "p dir 644 0:0",
                "p/d dir 644 0:0",
                "p/d/l -> x 777 5:6",
                "p/d/run < d/run 666 5:6",
                "p/d/x < d/x 666 5:6",
            ],
        ),
        (
            chmod("go-w"),
            "d",
            "/p",
            vec![
                "p dir 755 0:0",
                "p/l -> x 777 5:6",
                "p/run < d/run 755 5:6",
                "p/x < d/x 644 5:6",
            ],
        ),
        (
            chown(7, 8),
            "d",
            "/p/d",
            vec![
                "p dir 755 7:8",
                "p/d dir 755 7:8",
                "p/d/l -> x 777 7:8",
                "p/d/run < d/run 777 7:8",
                "p/d/x < d/x 666 7:8",
            ],
        ),
    ] {
        let found = copied(&empty, &files, &[source], destination, &options).unwrap();
        assert_eq!(found, expected, "{options:?}");
    }
    // what exists keeps its owner: it is not planned at all
    let found = copied(&state(), &files, &["f"], "/dir/", &chown(7, 8)).unwrap();
    assert_eq!(found, ["dir/f < f 666 7:8"]);
}

#[test]
fn excluded_files_are_left_out() {
    let files: Arc<dyn View> = Arc::new(Memory::new(&[
        "d d 755",
        "f d/a.txt 644",
        "f d/b.md 644",
        "d d/sub 755",
        "f d/sub/a.txt 644",
        "f d/sub/b.md 644",
        "f top.txt 644",
    ]));
    for (patterns, source, expected) in [
        (
            vec!["*.txt"],
            "d",
            vec![
                "n dir 755 0:0",
                "n/b.md < d/b.md 644 5:6",
                "n/sub dir 755 5:6",
                "n/sub/a.txt < d/sub/a.txt 644 5:6",
                "n/sub/b.md < d/sub/b.md 644 5:6",
            ],
        ),
        (
            vec!["**/*.txt"],
            "d",
            vec![
                "n dir 755 0:0",
                "n/b.md < d/b.md 644 5:6",
                "n/sub dir 755 5:6",
                "n/sub/b.md < d/sub/b.md 644 5:6",
            ],
        ),
        (
            vec!["sub", "!sub/b.md"],
            "d",
            vec![
                "n dir 755 0:0",
                "n/a.txt < d/a.txt 644 5:6",
                "n/b.md < d/b.md 644 5:6",
                "n/sub dir 755 5:6",
                "n/sub/b.md < d/sub/b.md 644 5:6",
            ],
        ),
        // nothing is left: the destination is made all the same
        (vec!["*"], "d", vec!["n dir 755 0:0"]),
    ] {
        let found = copied(
            &Tree::default(),
            &files,
            &[source],
            "/n/",
            &exclude(&patterns),
        )
        .unwrap();
        assert_eq!(found, expected, "{patterns:?}");
    }
}

#[test]
fn parents_of_what_is_selected_are_kept() {
    let files: Arc<dyn View> = Arc::new(Memory::new(&[
        "d a 755",
        "d a/b 711",
        "f a/b/x.py 644",
        "f a/b/y.txt 644",
        "d a/c 755",
        "f a/c/z.txt 644",
        "f top.py 644",
    ]));
    let deep = [
        "n dir 755 0:0",
        "n/a dir 755 5:6",
        "n/a/b dir 711 5:6",
        "n/a/b/x.py < a/b/x.py 644 5:6",
    ];
    for (source, expected) in [
        ("a/b/x.py", deep.to_vec()),
        ("a/*/*.py", deep.to_vec()),
        (
            "**/*.py",
            [&deep[..], &["n/top.py < top.py 644 5:6"]].concat(),
        ),
        (
            "a/./b/x.py",
            vec![
                "n dir 755 0:0",
                "n/b dir 711 5:6",
                "n/b/x.py < a/b/x.py 644 5:6",
            ],
        ),
        (
            "a/c",
            vec![
                "n dir 755 0:0",
                "n/a dir 755 5:6",
                "n/a/c dir 755 5:6",
                "n/a/c/z.txt < a/c/z.txt 644 5:6",
            ],
        ),
    ] {
        let found = copied(&Tree::default(), &files, &[source], "/n/", &parents()).unwrap();
        assert_eq!(found, expected, "{source}");
    }
    let missing = copied(&Tree::default(), &files, &["a/none"], "/n/", &parents()).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "`a/none` not found in the build context"
    );
}

#[test]
fn names_of_one_file_stay_one_file() {
    let files: Arc<dyn View> = Arc::new(Memory::new(&["d d 755", "g d/one 644", "g d/two 644"]));
    let found = copied(&Tree::default(), &files, &["d"], "/n", &Options::default()).unwrap();
    assert_eq!(
        found,
        [
            "n dir 755 0:0",
            "n/one < d/one 644 5:6",
            "n/two = n/one 644 5:6"
        ]
    );
}

#[test]
fn times_of_a_state_stay_and_those_of_the_host_do_not() {
    for (reset_times, expected) in [
        (true, ["n dir 755 0:0", "n/x < x 644 5:6"]),
        (false, ["n dir 755 0:0", "n/x < x 644 5:6 @77"]),
    ] {
        let files: Arc<dyn View> = Arc::new(Memory::new(&["f x 644"]));
        let base = Tree::default();
        let mut made = Plan::new(&base, EPOCH);
        let options = Options {
            reset_times,
            ..Options::default()
        };
        copy_source(&mut made, &files, "x", &Destination::parse("/n/"), &options).unwrap();
        assert_eq!(listing(&made), expected);
    }
}

#[test]
fn heredocs_become_files() {
    let base = state();
    for (destination, expected) in [
        ("/h", vec!["h \"text\" 644 0:0"]),
        ("/hd/", vec!["hd dir 755 0:0", "hd/EOF \"text\" 644 0:0"]),
        ("/dir", vec!["dir/EOF \"text\" 644 0:0"]),
        ("/to-file", vec!["file \"text\" 644 0:0"]),
    ] {
        let mut plan = Plan::new(&base, EPOCH);
        let to = Destination::parse(destination);
        copy_inline(&mut plan, "EOF", b"text".to_vec(), &to, &Options::default()).unwrap();
        assert_eq!(listing(&plan), expected, "{destination}");
    }
}

#[test]
fn parents_in_the_state_come_along_as_they_are() {
    let base = state();
    let files: Arc<dyn View> = Arc::new(Memory::new(&["f x 644"]));
    let mut plan = Plan::new(&base, EPOCH);
    let options = Options {
        reset_times: true,
        ..chown(7, 8)
    };
    copy_source(
        &mut plan,
        &files,
        "x",
        &Destination::parse("/dir/new/"),
        &options,
    )
    .unwrap();
    plan.add_parents();
    assert_eq!(
        listing(&plan),
        [
            "dir dir 755 0:0 @0",
            "dir/new dir 755 7:8",
            "dir/new/x < x 644 7:8"
        ]
    );
}

#[test]
fn the_key_sees_content_mode_owner_and_path_only() {
    let key = |lines: &[&str], content: &str, destination: &str, options: &Options| {
        let files: Arc<dyn View> = Arc::new(Memory::new(lines).with_content("x", content));
        let base = Tree::default();
        let mut plan = Plan::new(&base, EPOCH);
        let options = Options {
            reset_times: true,
            ..options.clone()
        };
        copy_source(
            &mut plan,
            &files,
            "x",
            &Destination::parse(destination),
            &options,
        )
        .unwrap();
        plan.components().unwrap()
    };
    let none = Options::default();
    let first = key(&["f x 644"], "one", "/x", &none);
    let digest = Digest::of(b"one");
    assert_eq!(
        first,
        [("x".to_string(), format!("file {digest} 644 5:6 1000 "))]
    );
    assert_eq!(key(&["f x 644", "f other 644"], "one", "/x", &none), first);
    for other in [
        key(&["f x 644"], "two", "/x", &none),
        key(&["f x 755"], "one", "/x", &none),
        key(&["f x 644"], "one", "/y", &none),
        key(&["f x 644"], "one", "/x", &chown(1, 1)),
        key(&["f x 644"], "one", "/x", &chmod("600")),
    ] {
        assert_ne!(other, first);
    }
}

#[test]
fn owners_are_looked_up_in_the_state() {
    let etc = Memory::new(&["d etc 755", "f etc/passwd 644", "f etc/group 644"])
        .with_content(
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\napp:x:1234:5678::/home/app:/bin/sh\nbroken\nweb:x:33:33::/var/www:\n",
        )
        .with_content("etc/group", "root:x:0:\nstaff:x:50:app,web\nweb:x:33:\nextra:x:77:app\n");
    for (chown, expected) in [
        ("1000", (1000, 1000)),
        (":3000", (0, 3000)),
        ("app", (1234, 5678)),
        ("app:77", (1234, 77)),
        ("55:web", (55, 33)),
        ("app:staff", (1234, 50)),
        ("nosuch", (0, 0)),
        ("nosuch:7", (0, 7)),
        ("1000:nosuchgroup", (1000, 1000)),
        ("app:", (1234, 5678)),
    ] {
        assert_eq!(chown_ids(&etc, chown).unwrap(), expected, "{chown}");
    }
    assert_eq!(chown_ids(&Memory::default(), "www").unwrap(), (0, 0));

    let who = |user: &str| {
        let found = account(&etc, user).unwrap();
        (found.uid, found.gid, found.groups, found.home)
    };
    let home = "/home/app".to_string();
    assert_eq!(who(""), (0, 0, vec![], "/root".into()));
    assert_eq!(who("app"), (1234, 5678, vec![50, 77], home.clone()));
    assert_eq!(who("1234"), (1234, 5678, vec![50, 77], home.clone()));
    assert_eq!(who("app:extra"), (1234, 77, vec![], home.clone()));
    assert_eq!(who("1234:99"), (1234, 99, vec![], home));
    assert_eq!(who("4000"), (4000, 0, vec![], "/".into()));
    assert_eq!(who(":extra"), (0, 77, vec![], "/root".into()));
    for (user, message) in [
        (
            "nosuch",
            "unable to find user `nosuch`: no matching entries in passwd file",
        ),
        (
            "app:nosuch",
            "unable to find group `nosuch`: no matching entries in group file",
        ),
    ] {
        assert_eq!(account(&etc, user).unwrap_err().to_string(), message);
    }
}

fn archive(fill: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    fill(&mut builder);
    builder.into_inner().unwrap()
}

fn member(kind: tar::EntryType, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(9);
    header.set_gid(9);
    header.set_mtime(5);
    header.set_size(0);
    header
}

#[test]
fn archives_are_unpacked_as_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let plain = archive(|tar| {
        tar.append_data(&mut member(tar::EntryType::Directory, 0o700), "./", &[][..])
            .unwrap();
        let mut file = member(tar::EntryType::Regular, 0o4755);
        file.set_size(5);
        tar.append_data(&mut file, "deep/er/file", &b"hello"[..])
            .unwrap();
        tar.append_link(
            &mut member(tar::EntryType::Link, 0o4755),
            "same",
            "deep/er/file",
        )
        .unwrap();
        tar.append_link(&mut member(tar::EntryType::Symlink, 0o777), "link", "deep")
            .unwrap();
    });
    let mut compressed = Vec::new();
    for (name, level) in [("gz", 0), ("zst", 1), ("tar", 2)] {
        let bytes = match level {
            0 => {
                let mut encoder =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                std::io::Write::write_all(&mut encoder, &plain).unwrap();
                encoder.finish().unwrap()
            }
            1 => zstd::encode_all(&*plain, 1).unwrap(),
            _ => plain.clone(),
        };
        compressed.push((name, bytes));
    }
    for (name, bytes) in &compressed {
        let read = |number: &str| {
            ArchiveView::read(Box::new(&**bytes), &folder.path().join(number))
                .unwrap()
                .unwrap()
        };
        let base = Tree::default();
        let unpacked = |options: &Options| {
            let mut plan = Plan::new(&base, EPOCH);
            unpack(
                &mut plan,
                read("spool"),
                &Destination::parse("/to"),
                options,
            )
            .unwrap();
            listing(&plan)
        };
        assert_eq!(
            unpacked(&chmod("600")),
            [
                "to dir 755 0:0",
                "to/deep dir 755 0:0",
                "to/deep/er dir 755 0:0",
                "to/deep/er/file < deep/er/file 4755 9:9 @5",
                "to/link -> deep 777 9:9 @5",
                "to/same = to/deep/er/file 4755 9:9 @5",
            ],
            "{name}"
        );
        assert_eq!(
            unpacked(&chown(1, 2)),
            [
                "to dir 755 1:2",
                "to/deep dir 755 0:0",
                "to/deep/er dir 755 0:0",
                "to/deep/er/file < deep/er/file 4755 1:2 @5",
                "to/link -> deep 777 1:2 @5",
                "to/same = to/deep/er/file 4755 1:2 @5",
            ],
            "{name}"
        );
        let view = read("content");
        let mut content = String::new();
        view.open(b"deep/er/file")
            .unwrap()
            .read_to_string(&mut content)
            .unwrap();
        assert_eq!(
            (content.as_str(), view.digest(b"deep/er/file").unwrap()),
            ("hello", Digest::of(b"hello"))
        );
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing is left"
    );
}

#[test]
fn what_is_no_archive_is_told_from_a_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let read = |bytes: &[u8]| ArchiveView::read(Box::new(bytes), &folder.path().join("spool"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, b"just text").unwrap();
    for none in [
        &b""[..],
        b"text",
        &gzip.finish().unwrap(),
        &[0; 2000],
        b"BZh9nonsense",
        b"\x1f\x8bnonsense",
    ] {
        assert!(read(none).unwrap().is_none(), "{none:?}");
    }
    let whole = archive(|tar| {
        let mut file = member(tar::EntryType::Regular, 0o644);
        file.set_size(600);
        tar.append_data(&mut file, "x", &[b'x'; 600][..]).unwrap();
        tar.append_data(&mut file, "y", &[b'y'; 600][..]).unwrap();
    });
    let error = read(&whole[..2000]).err().unwrap();
    assert!(
        error.to_string().starts_with("the archive is damaged"),
        "{error}"
    );
    let mut climbing = archive(|tar| {
        tar.append_data(
            &mut member(tar::EntryType::Regular, 0o644),
            "aa/evil",
            &[][..],
        )
        .unwrap();
    });
    climbing[..2].copy_from_slice(b"..");
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes().copy_from_slice(&climbing[..512]);
    header.set_cksum();
    climbing[..512].copy_from_slice(header.as_bytes());
    assert_eq!(
        read(&climbing).err().unwrap().to_string(),
        "archive member `../evil` leaves the archive"
    );
}
