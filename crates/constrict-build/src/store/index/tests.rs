//! Indexes against the plain meaning of a list of entries.

use std::collections::{BTreeMap, BTreeSet};

use constrict_oci::Digest;
use constrict_oci::layer::{NewEntry, NewKind};
use proptest::prelude::*;

use super::*;
use crate::placement::Standing;

fn entry(kind: u8, path: &str, target: &str, mode: u32) -> Entry {
    let target = target.as_bytes().to_vec();
    let kind = match kind {
        0 | 1 => NewKind::Directory,
        2 => NewKind::Symlink { target },
        3 => NewKind::Hardlink { target },
        4 => NewKind::Whiteout,
        5 => NewKind::Opaque,
        _ => NewKind::File { size: 0 },
    };
    NewEntry::new(path, kind, mode).with_digest(Digest::of(b""))
}

fn path() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "", "a", "a/b", "a/b/c", "a/b/d", "a-b", "a-b/c", "b", "b/a", "b/a/c", "c",
    ])
    .prop_map(String::from)
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let entry = (0_u8..9, path(), path(), 0_u32..4)
        .prop_map(|(k, path, to, mode)| entry(k, &path, &to, mode));
    proptest::collection::vec(entry, 0..12)
}

fn is_removal(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::Whiteout | Kind::Opaque)
}

proptest! {
    #[test]
    fn an_index_says_what_its_list_says(listed in entries(), at in path()) {
        let index = LayerIndex::new(listed.clone());
        let last: BTreeMap<&[u8], &Entry> = listed
            .iter()
            .filter(|entry| !is_removal(entry))
            .map(|entry| (&entry.path[..], entry))
            .collect();
        let at = at.as_bytes();
        prop_assert_eq!(index.get(at), last.get(at).copied());
        prop_assert_eq!(index.entries().collect::<Vec<_>>(), last.values().map(|e| (*e).clone()).collect::<Vec<_>>());
        let below = |path: &[u8]| path != at && (at.is_empty() || path.starts_with(&[at, b"/"].concat()));
        let implied = !last.contains_key(at) && (last.keys().any(|path| below(path)));
        let found = index.at(at, PathHash::of(at)).map(|found| found.kind);
        prop_assert_eq!(found == Some(NameKind::Implied), implied);
        let directory = last.get(at).is_some_and(|entry| matches!(entry.kind, Kind::Directory));
        prop_assert_eq!(found == Some(NameKind::Directory), directory);
        let skip = if at.is_empty() { 0 } else { at.len() + 1 };
        let expected: BTreeSet<&[u8]> = last
            .keys()
            .filter(|path| below(path))
            .filter_map(|path| path[skip..].split(|byte| *byte == b'/').next())
            .collect();
        let mut names = BTreeSet::new();
        index.names_below(at, |name| names.extend([name.to_vec()]));
        prop_assert_eq!(names.iter().map(|name| &name[..]).collect::<BTreeSet<_>>(), expected);
        let removed = |path: &[u8], kind: &Kind| {
            listed.iter().any(|entry| entry.path == path && entry.kind == *kind)
        };
        prop_assert_eq!(index.removes(at), removed(at, &Kind::Whiteout));
        prop_assert_eq!(index.is_opaque(at), removed(at, &Kind::Opaque));
        let hides = listed.iter().any(|entry| {
            is_removal(entry) && (below(&entry.path) || at.is_empty())
        });
        prop_assert_eq!(index.hides_below(at), hides);
        prop_assert_eq!(index.is_empty(), listed.is_empty());
    }

    #[test]
    fn an_index_stands_alone_where_its_list_does(listed in entries()) {
        let mut standing = Standing::default();
        let stands = listed
            .iter()
            .all(|entry| standing.admits(&entry.path, (&entry.kind).into()));
        prop_assert_eq!(LayerIndex::new(listed).needs_below(), !stands);
    }
}

#[test]
fn hard_links_tell_where_they_lead() {
    let index = LayerIndex::new([
        entry(6, "a", "", 0),
        entry(3, "b/x", "a", 0),
        entry(2, "c", "a", 0),
    ]);
    let links: Vec<_> = index.hard_links().collect();
    assert_eq!(links, [(b"b/x".to_vec(), b"a".to_vec())]);
}
