//! Merged views against whole listings, and against a model that applies layers one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use constrict_oci::Digest;
use constrict_oci::layer::{Entry, Kind, NewEntry, NewKind};
use proptest::prelude::*;

use super::*;

/// `d PATH`, `f PATH`, `l PATH TARGET` (symbolic), `h PATH TARGET`, `w PATH` (whiteout), `o PATH` (opaque).
fn entry(line: &str) -> Entry {
    let mut words = line.split(' ');
    let kind = words.next().unwrap();
    let path = words.next().unwrap();
    let target = words.next().map(|word| word.as_bytes().to_vec());
    let (new, mode) = match kind {
        "d" => (NewKind::Directory, 0o755),
        "f" => (NewKind::File { size: 0 }, 0o644),
        "l" => {
            let target = target.unwrap();
            (NewKind::Symlink { target }, 0o777)
        }
        "h" => {
            let target = target.unwrap();
            (NewKind::Hardlink { target }, 0o644)
        }
        "w" => (NewKind::Whiteout, 0),
        _ => (NewKind::Opaque, 0),
    };
    NewEntry::new(path, new, mode).with_digest(Digest::of(b""))
}

fn digest(layer: usize) -> Digest {
    Digest::of(&[u8::try_from(layer).unwrap()])
}

/// A tree of layers written as lines; also for the tests of what reads trees.
pub(crate) fn tree<S: AsRef<str>>(layers: &[Vec<S>]) -> Tree {
    let index = |lines: &Vec<S>| LayerIndex::new(lines.iter().map(|line| entry(line.as_ref())));
    let layers = layers.iter().enumerate();
    Tree::new(
        layers
            .map(|(at, lines)| (digest(at), Arc::new(index(lines))))
            .collect(),
    )
}

fn letter(kind: &Kind) -> char {
    match kind {
        Kind::File { .. } => 'f',
        Kind::Directory => 'd',
        Kind::Symlink { .. } => 'l',
        Kind::Hardlink { .. } => 'h',
        _ => '?',
    }
}

/// `KIND PATH LAYER` for each path; `i PATH` for an implied directory.
fn listing(tree: &Tree) -> Vec<String> {
    let layer = |wanted: &Digest| (0..20).find(|at| digest(*at) == *wanted).unwrap();
    tree.walk()
        .into_iter()
        .map(|(path, node)| {
            let path = String::from_utf8(path).unwrap();
            match node.entry {
                Some(entry) => format!("{} {path} {}", letter(&entry.kind), layer(node.layer)),
                None => format!("i {path}"),
            }
        })
        .collect()
}

#[test]
fn layers_merge_as_the_image_specification_says() {
    for (name, layers, expected) in [
        (
            "a later file replaces an earlier one",
            vec![vec!["d a", "f a/x", "f a/y"], vec!["f a/x"]],
            vec!["d a 0", "f a/x 1", "f a/y 0"],
        ),
        (
            "a whiteout removes a file, or a directory with all of it",
            vec![
                vec!["d a", "f a/x", "f a/y", "d b", "d b/c", "f b/c/z"],
                vec!["w a/x", "w b"],
            ],
            vec!["d a 0", "f a/y 0"],
        ),
        (
            "a whiteout of nothing is nothing",
            vec![vec!["d a"], vec!["w a/x", "w b"]],
            vec!["d a 0"],
        ),
        (
            "a whiteout does not hide its own layer or those above",
            vec![
                vec!["d a", "f a/x"],
                vec!["w a", "d a", "f a/y"],
                vec!["f a/x"],
            ],
            vec!["d a 1", "f a/x 2", "f a/y 1"],
        ),
        (
            "an opaque directory hides what is below it, wherever its marker stands",
            vec![
                vec!["d a", "f a/x", "d a/b", "f a/b/z", "f c"],
                vec!["d a", "f a/y", "o a"],
                vec!["d a/b"],
            ],
            vec!["d a 1", "d a/b 2", "f a/y 1", "f c 0"],
        ),
        (
            "an opaque root hides everything",
            vec![vec!["d a", "f a/x"], vec!["o ", "f b"]],
            vec!["f b 1"],
        ),
        (
            "a directory may be implied",
            vec![vec!["f a/b/c"]],
            vec!["i a", "i a/b", "f a/b/c 0"],
        ),
        (
            "an implied directory keeps the entry that is below",
            vec![vec!["d a", "f a/x"], vec!["f a/y"]],
            vec!["d a 0", "f a/x 0", "f a/y 1"],
        ),
        (
            "a file in the place of a directory hides it",
            vec![vec!["d a", "f a/x"], vec!["f a"]],
            vec!["f a 1"],
        ),
        (
            "a directory in the place of a file is empty",
            vec![vec!["d a", "f a/x"], vec!["f a"], vec!["d a"]],
            vec!["d a 2"],
        ),
        (
            "so is an implied one",
            vec![vec!["d a", "f a/x"], vec!["f a"], vec!["f a/y"]],
            vec!["i a", "f a/y 2"],
        ),
        (
            "a link is not followed",
            vec![vec!["d a", "f a/x", "l b a"]],
            vec!["d a 0", "f a/x 0", "l b 0"],
        ),
        (
            "a hard link to a name below",
            vec![vec!["f a"], vec!["h b a"], vec!["w a"]],
            vec!["h b 1"],
        ),
        (
            "names sort as bytes, and parents come first",
            vec![vec!["f a-b", "d a", "f a/b", "f a.b", "f a0", "f A"]],
            vec!["f A 0", "d a 0", "f a-b 0", "f a.b 0", "f a/b 0", "f a0 0"],
        ),
        ("nothing", Vec::new(), Vec::new()),
    ] {
        assert_eq!(listing(&tree(&layers)), expected, "{name}");
    }
}

#[test]
fn directories_are_listed_by_name() {
    let tree = tree(&[
        vec![
            "d a",
            "f a/x",
            "f a/z",
            "d a/d",
            "f a/d/deep",
            "f a-",
            "f f",
        ],
        vec!["f a/y", "w a/z", "f a/e/below"],
    ]);
    let list = |path: &str| -> Vec<String> {
        let names = tree.list(path.as_bytes()).into_iter();
        names.map(|name| String::from_utf8(name).unwrap()).collect()
    };
    assert_eq!(list(""), ["a", "a-", "f"]);
    assert_eq!(list("a"), ["d", "e", "x", "y"]);
    assert_eq!(list("a/e"), ["below"]);
    for none in ["f", "a/x", "a/z", "nothing", "a/d/deep/x"] {
        assert_eq!(list(none), Vec::<String>::new(), "{none}");
    }
}

#[test]
fn the_target_of_a_hard_link_is_the_one_of_its_time() {
    let tree = tree(&[vec!["f a"], vec!["h b a"], vec!["f a"], vec!["w a"]]);
    let up_to = |layer: usize| {
        let node = tree.get_up_to(b"a", &digest(layer)).unwrap();
        (0..4).find(|at| digest(*at) == *node.layer).unwrap()
    };
    assert_eq!([up_to(0), up_to(1), up_to(2)], [0, 0, 2]);
    assert!(tree.get_up_to(b"b", &digest(0)).is_none());
    assert!(tree.get_up_to(b"a", &digest(9)).is_none());
    assert!(tree.get(b"a").is_none());
}

#[test]
fn nothing_is_below_what_is_no_directory() {
    let tree = tree(&[vec!["d a", "f a/x"], vec!["l a b", "f f"]]);
    for path in ["a/x", "f/x", "f/x/y"] {
        assert!(tree.get(path.as_bytes()).is_none(), "{path}");
    }
}

#[test]
fn one_more_layer_is_as_if_it_had_been_there() {
    let two = [vec!["d a", "f a/x"], vec!["w a/x", "f a/y"]];
    let one = tree(&two[..1]);
    let index = LayerIndex::new(two[1].iter().map(|line| entry(line)));
    let with = one.with(digest(1), Arc::new(index));
    assert_eq!(listing(&with), listing(&tree(&two)));
    assert_eq!(listing(&one), ["d a 0", "f a/x 0"]);
}

/// What is at a path: the letter of an entry with its layer, or an implied directory.
type Model = BTreeMap<String, Option<(char, usize)>>;

fn below(path: &str) -> impl Fn(&str) -> bool {
    let prefix = format!("{path}/");
    move |other| other.starts_with(&prefix)
}

fn is_directory(at: &Option<(char, usize)>) -> bool {
    at.is_none_or(|(kind, _)| kind == 'd')
}

/// Applies a layer as one would to a disk: first what it removes, then what it adds.
fn apply(model: &mut Model, layer: usize, lines: &[String]) {
    let words = |line: &String| {
        let mut words = line.split(' ').map(String::from);
        (words.next().unwrap(), words.next().unwrap())
    };
    let mut added = BTreeMap::new();
    for (kind, path) in lines.iter().map(words) {
        match &*kind {
            "w" => model.retain(|at, _| *at != path && !below(&path)(at)),
            "o" => model.retain(|at, _| !below(&path)(at)),
            _ => drop(added.insert(path, kind.chars().next().unwrap())),
        }
    }
    for (path, kind) in &added {
        let mut above = String::new();
        let mut hidden = false;
        for component in path.split('/').take(path.matches('/').count()) {
            above = if above.is_empty() {
                component.into()
            } else {
                format!("{above}/{component}")
            };
            hidden |= added.get(&above).is_some_and(|kind| *kind != 'd');
            if !hidden && !model.get(&above).is_some_and(is_directory) {
                model.insert(above.clone(), None);
            }
        }
        if hidden {
            continue;
        }
        if *kind != 'd' {
            model.retain(|at, _| !below(path)(at));
        }
        model.insert(path.clone(), Some((*kind, layer)));
    }
}

fn line() -> impl Strategy<Value = Vec<String>> {
    let path = prop::collection::vec(prop::sample::select(vec!["a", "b", "a-"]), 1..4)
        .prop_map(|components| components.join("/"));
    (
        prop::sample::select(vec!['d', 'd', 'f', 'f', 'l', 'w', 'o']),
        path,
    )
        .prop_map(|(kind, path)| match kind {
            'l' => vec![format!("l {path} target")],
            // the marker of an opaque directory stands in that directory
            'o' => vec![format!("d {path}"), format!("o {path}")],
            kind => vec![format!("{kind} {path}")],
        })
}

/// What is at and below a path: paths, entries, layers, and the entries that hard links lead to.
fn below_with_targets(tree: &Tree, top: &str) -> Vec<String> {
    let is_inside = |path: &[u8]| {
        let rest = path.strip_prefix(top.as_bytes());
        rest.is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    };
    let walk = tree.walk().into_iter();
    walk.filter(|(path, _)| is_inside(path))
        .map(|(path, node)| {
            let target = node.entry.and_then(|entry| match &entry.kind {
                Kind::Hardlink { target } => tree.get_up_to(target, node.layer),
                _ => None,
            });
            let show = |node: Node<'_>| format!("{:?} {}", node.entry, node.layer);
            let layer = node.entry.map(|_| node.layer);
            format!("{path:?} {:?} {layer:?} {:?}", node.entry, target.map(show))
        })
        .collect()
}

fn line_or_hard_link() -> impl Strategy<Value = Vec<String>> {
    let names = || prop::collection::vec(prop::sample::select(vec!["a", "b", "a-"]), 1..4);
    let link = (names(), names())
        .prop_map(|(path, target)| vec![format!("h {} {}", path.join("/"), target.join("/"))]);
    prop_oneof![5 => line(), 1 => link]
}

#[test]
fn layers_decide_by_what_they_have_and_what_they_hide() {
    let tree = |layers: &[&[&str]]| {
        tree(
            &layers
                .iter()
                .map(|lines| lines.to_vec())
                .collect::<Vec<_>>(),
        )
    };
    let base: &[&str] = &["d a", "d a/b", "f a/b/x", "f c"];
    for (name, layer, decides) in [
        ("a file below", &["f a/b/y"][..], true),
        ("the directory itself", &["d a/b"], true),
        ("a directory on the way", &["d a"], false),
        ("a neighbour", &["d a", "f a/b-"], false),
        ("a neighbour that is removed", &["w a/b-", "w a/c"], false),
        ("something removed", &["w a/b/x"], true),
        ("the directory removed", &["w a/b"], true),
        ("a directory on the way removed", &["w a"], true),
        ("the directory emptied", &["o a/b"], true),
        ("a directory on the way emptied", &["o a"], true),
        ("the root emptied", &["o "], true),
        ("a directory below emptied", &["o a/b/d"], true),
        ("a file in the place of a directory", &["f a"], true),
        ("a link in the place of a directory", &["l a c"], true),
        ("a hard link inside", &["h a/b/y a/b/x"], true),
        (
            "a hard link from inside to outside, elsewhere",
            &["h z a/b/x"],
            false,
        ),
    ] {
        let expected = match decides {
            true => vec![digest(0), digest(1)],
            false => vec![digest(0)],
        };
        assert_eq!(
            tree(&[base, layer]).deciding(b"a/b"),
            Some(expected),
            "{name}"
        );
    }
    for link in ["h a/b/y c", "h a/b/y a/b-", "h a/b c"] {
        assert_eq!(tree(&[base, &[link]]).deciding(b"a/b"), None, "{link}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever other layers there are: only those that decide make a difference.
    #[test]
    fn what_decides_is_all_that_counts(
        layers in prop::collection::vec(prop::collection::vec(line_or_hard_link(), 0..5), 0..6),
        top in prop::sample::select(vec!["", "a", "b", "a-", "a/a", "a/b", "b/a", "a/a-", "a/a/b"]),
    ) {
        let layers: Vec<Vec<String>> = layers.into_iter().map(|lines| lines.concat()).collect();
        let tree = tree(&layers);
        if let Some(deciding) = tree.deciding(top.as_bytes()) {
            let kept = tree.layers.iter().filter(|(digest, _)| deciding.contains(digest));
            let fewer = Tree::new(kept.cloned().collect());
            prop_assert_eq!(below_with_targets(&fewer, top), below_with_targets(&tree, top));
        }
    }

    #[test]
    fn walking_agrees_with_layers_applied_one_by_one(
        layers in prop::collection::vec(prop::collection::vec(line(), 0..8), 0..5),
    ) {
        let layers: Vec<Vec<String>> = layers.into_iter().map(|lines| lines.concat()).collect();
        let mut model = Model::new();
        for (at, lines) in layers.iter().enumerate() {
            apply(&mut model, at, lines);
        }
        let expected: Vec<String> = model
            .iter()
            .map(|(path, at)| match at {
                Some((kind, layer)) => format!("{kind} {path} {layer}"),
                None => format!("i {path}"),
            })
            .collect();
        let tree = tree(&layers);
        prop_assert_eq!(listing(&tree), expected);
        // a look at each path, and each directory's list, agree with the walk
        for path in model.keys() {
            prop_assert!(tree.get(path.as_bytes()).is_some());
            let names: Vec<_> = model
                .keys()
                .filter_map(|other| other.strip_prefix(&format!("{path}/")))
                .filter(|rest| !rest.contains('/'))
                .map(|name| name.as_bytes().to_vec())
                .collect();
            prop_assert_eq!(tree.list(path.as_bytes()), names);
        }
    }
}
