//! Builds that are killed, and the store that they leave. `CONSTRICT_KILLS=1000` kills as many instead of twenty.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use constrict_build::store::Store;
use constrict_build::store::prune::Scope;

use crate::bench;
use crate::bench::{Bench, names};

/// What the store has after everything that can go went.
fn pruned(bench: &Bench, store: &str) -> Vec<String> {
    let opened = Store::open(&bench.path(store), "root").unwrap();
    let everything = Scope {
        containers: true,
        images: true,
        named: true,
        cache: true,
        before: None,
    };
    let freed = opened.prune(&everything, false).unwrap();
    assert!(!freed.busy);
    drop(opened);
    let mut left = Vec::new();
    for folder in names(&bench.path(store)) {
        let path = bench.path(store).join(&folder);
        // locks are empty files, and another process may be about to take one
        if path.is_dir() && !["snapshots", "locks"].contains(&folder.as_str()) {
            let files = names(&path).into_iter().filter(|name| name != "sha256");
            left.extend(files.map(|name| format!("{folder}/{name}")));
        }
    }
    left.extend(names(&bench.path(store).join("blobs/sha256")));
    left.extend(names(&bench.path(store).join("snapshots/root")));
    left
}

#[test]
fn privileged_a_killed_build_leaves_a_store_that_works() {
    let bench = bench!();
    bench.write("file", &"content\n".repeat(10_000));
    bench.write(
        "Dockerfile",
        "FROM base:1\nCOPY file /file\nRUN cat /file /file > /twice && rm /etc/gone\n\
         RUN --mount=type=cache,target=/c echo x > /c/x && cat /twice /twice > /more\nRUN rm -r /old && echo end > /end\n",
    );
    let start = Instant::now();
    let expected = bench.digest("undisturbed");
    let whole = start.elapsed();

    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .subsec_nanos();
    let mut state = u64::from(seed);
    let kills = std::env::var("CONSTRICT_KILLS").map_or(20, |text| text.parse().expect("a number"));
    for round in 0..kills {
        // Knuth's constants; each round is in its own part of the time that a build takes
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let part =
            (f64::from(round) + (state >> 40) as f64 / f64::from(1 << 24)) / f64::from(kills);
        let moment = whole.mul_f64(part);
        let store = format!("store-{round}");
        let mut child = bench.command(&[], &store, &[]).spawn().unwrap();
        std::thread::sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        let context = format!("seed {seed}, killed after {moment:?} of {whole:?}");
        assert_eq!(bench.digest(&store), expected, "{context}");
        // a process that was just being started holds the dead one's lock a moment longer: the next but one is late enough
        assert_eq!(bench.digest(&store), expected, "{context}");
        assert_eq!(bench.left_behind(&store), [""; 0], "{context}");
        assert_eq!(pruned(&bench, &store), [""; 0], "{context}");
        constrict_sandbox::remove_tree(&bench.path(&store)).unwrap();
    }
    assert!(whole < Duration::from_secs(60));
}
