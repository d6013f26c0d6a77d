//! Copies out of a stage that changes: what is known of a copy must never stand for another one.

use std::collections::BTreeMap;

use crate::bench;
use crate::bench::{Bench, Built};

/// Builds without explanations, so that plans are known by what they are made of.
fn build(bench: &Bench, store: &str) -> Built {
    let mut command = bench.command(&[], store, &[]);
    Built::of(command.env("EXPLAIN", "no").output().unwrap())
}

/// A stage that `change` is done to, and what is copied out of it.
fn dockerfile(change: &str) -> String {
    format!(
        "FROM base:1 AS first\nCOPY lib /w/lib\nCOPY side /w/side\nRUN echo out > /out && ln -s lib /w/way\n\
         RUN {change}\n\
         FROM base:1\n\
         COPY --from=first /w/lib /lib1\n\
         COPY --from=first /w/li* /lib2/\n\
         COPY --from=first /w/lib/* /lib3/\n\
         COPY --from=first /w/way/sub /lib4\n\
         COPY --from=first /w/lib/x* /w/side /lib5/\n"
    )
}

/// What is done to the stage, and which of the copies above are other ones then, by the last character of their targets.
const CHANGES: &[(&str, &str)] = &[
    ("true", ""),
    ("echo more > /elsewhere", ""),
    ("echo more > /w/side/new", "5"),
    ("echo more > /w/lighter", "2"),
    ("chmod 700 /w", ""),
    ("echo more > /w/lib/x", "1235"),
    ("echo more > /w/lib/sub/y", "1234"),
    ("echo more > /w/lib/xyz", "1235"),
    ("rm /w/lib/x", "1235"),
    ("chmod 600 /w/lib/x", "1235"),
    ("chmod 700 /w/lib", "12"),
    ("chmod 700 /w/lib/sub", "1234"),
    (
        "rm -r /w/lib/sub && mkdir /w/lib/sub && echo a > /w/lib/sub/a",
        "1234",
    ),
    (
        "rm -r /w/lib && mkdir -p /w/lib/sub && echo a > /w/lib/xa",
        "12345",
    ),
    (
        "rm -r /w && mkdir -p /w/lib/sub /w/side && ln -s lib /w/way && echo a > /w/lib/x",
        "12345",
    ),
    (
        "mv /w/lib /v && ln -s /v /w/lib && echo more > /v/x",
        "1235",
    ),
    ("mv /w /v && ln -s /v /w && echo more > /v/lib/x", "1235"),
    ("rm /w/way && mkdir -p /z/sub && ln -s /z /w/way", "4"),
    ("ln /w/lib/x /w/lib/xh", "1235"),
    ("ln /out /w/lib/xh", "1235"),
    ("echo other > /out && ln /out /w/lib/xh", "1235"),
    (
        "echo other > /out && ln /out /w/lib/xh && chmod 600 /out",
        "1235",
    ),
    ("rm /w/lib/x && ln -s ../../out /w/lib/x", "1235"),
    (
        "rm /w/lib/x && ln -s ../../out /w/lib/x && echo other > /out",
        "1235",
    ),
    ("rm /w/lib/x && mkdir /w/lib/x", "1235"),
];

#[test]
fn privileged_copies_are_those_of_a_store_that_knows_nothing() {
    let bench = bench!();
    std::fs::create_dir_all(bench.path("context/lib/sub")).unwrap();
    std::fs::create_dir(bench.path("context/side")).unwrap();
    for file in ["lib/x", "lib/sub/y", "side/z"] {
        bench.write(file, file);
    }
    let mut expected: BTreeMap<&str, String> = BTreeMap::new();
    let mut first = Vec::new();
    // there and back: each change meets what all others left in the store
    for (number, (change, others)) in CHANGES.iter().chain(CHANGES.iter().rev()).enumerate() {
        bench.write("Dockerfile", &dockerfile(change));
        let digest = build(&bench, "known").digest();
        let alone = expected
            .entry(change)
            .or_insert_with(|| build(&bench, &format!("alone{number}")).digest());
        assert_eq!(&digest, alone, "{change}");
        let layers = bench.layers("known", &digest);
        let copies = &layers[layers.len() - 5..];
        if number == 0 {
            first = copies.to_vec();
        }
        let changed: String = ('1'..)
            .zip(copies.iter().zip(&first))
            .filter(|(_, (now, before))| now != before)
            .map(|(copy, _)| copy)
            .collect();
        // sizes, modes and links tell, not content of the same size
        assert!(
            changed.chars().all(|copy| others.contains(copy)),
            "{change}: {changed}"
        );
    }
}
