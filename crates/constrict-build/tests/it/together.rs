//! Sixteen builds at once.

use std::process::Child;

use crate::bench;
use crate::bench::{Bench, Built, benches};

const BUILDS: usize = 16;

const DOCKERFILE: &str = "\
FROM base:1 AS left
COPY left /in
RUN echo ran && sleep 0.2 && cat /in /in > /out
FROM base:1 AS right
COPY right /in
RUN --mount=type=cache,target=/cache,sharing=locked echo ran && echo x >> /cache/x && cat /in > /out && chmod 700 /out
FROM base:1
COPY --from=left /out /left
COPY --from=right /out /right
RUN echo ran && cat /left /right > /both && rm /etc/gone
";

fn prepare(bench: &Bench) {
    bench.write("left", "one\n");
    bench.write("right", "two\n");
    bench.write("Dockerfile", DOCKERFILE);
}

fn start(bench: &Bench) -> Child {
    bench.command(&[], "store", &[]).spawn().unwrap()
}

fn end(child: Child) -> Built {
    Built::of(child.wait_with_output().unwrap())
}

/// How often a command said that it ran.
fn ran(built: &[Built]) -> usize {
    built.iter().map(|built| built.said(">").len()).sum()
}

#[test]
fn privileged_sixteen_builds_at_once_share_a_store() {
    let bench = bench!();
    prepare(&bench);
    let children: Vec<Child> = (0..BUILDS).map(|_| start(&bench)).collect();
    let built: Vec<Built> = children.into_iter().map(end).collect();
    let expected = bench.digest("undisturbed");
    let digests: Vec<String> = built.iter().map(Built::digest).collect();
    assert_eq!(digests, vec![expected; BUILDS]);
    // each of the three commands ran once, in one of the sixteen
    assert_eq!(ran(&built), 3, "{built:#?}");
    assert_eq!(bench.left_behind("store"), [""; 0]);
}

#[test]
fn privileged_sixteen_builds_at_once_in_the_stores_of_all_modes() {
    drop(bench!());
    let benches = benches();
    benches.iter().for_each(|(_, bench)| prepare(bench));
    let mut children: Vec<(usize, Child)> = Vec::new();
    for number in 0..BUILDS {
        let whose = number % benches.len();
        children.push((whose, start(&benches[whose].1)));
    }
    let mut built: Vec<Vec<Built>> = benches.iter().map(|_| Vec::new()).collect();
    for (whose, child) in children {
        built[whose].push(end(child));
    }
    let expected = built[0][0].digest();
    for ((mode, bench), built) in benches.iter().zip(&built) {
        for built in built {
            assert_eq!(built.digest(), expected, "{mode}");
        }
        assert_eq!(ran(built), 3, "{mode}");
        assert_eq!(bench.left_behind("store"), [""; 0], "{mode}");
    }
}
