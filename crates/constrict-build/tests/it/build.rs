//! Whole builds: what a RUN leaves, what is done again, what two machines and two processes make of one context.

use crate::bench;
use crate::bench::Built;

/// Two stages that do not need each other, and one that needs both.
const TWO: &str = "FROM base:1 AS left\nCOPY left /in\nRUN cat /in /in > /out\n\
                   FROM base:1 AS right\nCOPY right /in\nRUN cat /in > /out && chmod 700 /out\n\
                   FROM base:1\nCOPY --from=left /out /left\nCOPY --from=right /out /right\n\
                   RUN cat /left /right > /both\n";

#[test]
fn privileged_changes_of_a_run_become_a_layer() {
    let bench = bench!();
    bench.write(
        "Dockerfile",
        "FROM base:1\nWORKDIR /w\n\
         RUN echo hi > /made && rm /etc/gone && rm -r /old && mkdir /old && echo new > /old/new && \
         ln /made /same && ln -s made /link && mkdir -p deep && chmod 2750 deep\n\
         USER web\nRUN id -u > /tmp/mine\nRUN cat /etc/passwd\n",
    );
    let built = bench.build("store");
    assert_eq!(
        built.said(">"),
        ["root:x:0:0::/root:/bin/sh", "web:x:33:44::/:/bin/sh"]
    );
    let layers = bench.layers("store", &built.digest());
    assert_eq!(layers[1], ["w/ 755"]);
    assert_eq!(
        layers[2],
        [
            "etc/ 755",
            "etc/gone removed",
            "link -> made",
            "made 3 644",
            "old/ 755",
            "old emptied",
            "old/new 4 644",
            "w/ 755",
            "w/deep/ 2750",
            "same = made",
        ]
    );
    assert_eq!(layers[3], ["tmp/ 1777", "tmp/mine 3 644 33:44"]);
    assert_eq!(layers[4], [""; 0]);
    assert_eq!(layers.len(), 5);
}

#[test]
fn privileged_only_what_depends_on_a_change_is_done_again() {
    let bench = bench!();
    bench.write("left", "one\n");
    bench.write("right", "two\n");
    bench.write("Dockerfile", TWO);
    let first = bench.build("store");
    let all = [
        "[left 2/3] COPY left /in",
        "[left 3/3] RUN cat /in /in > /out",
        "[right 2/3] COPY right /in",
        "[right 3/3] RUN cat /in > /out && chmod 700 /out",
        "[stage-2 2/4] COPY --from=left /out /left",
        "[stage-2 3/4] COPY --from=right /out /right",
        "[stage-2 4/4] RUN cat /left /right > /both",
    ];
    assert_eq!(first.said("start"), all);
    let layers = bench.layers("store", &first.digest());
    assert_eq!(
        layers[1..],
        [vec!["left 8 644"], vec!["right 4 700"], vec!["both 12 644"]]
    );

    let second = bench.build("store");
    assert_eq!(second.digest(), first.digest());
    assert_eq!(second.said("start"), [""; 0]);
    assert_eq!(second.said("cached")[..7].len(), all.len());

    bench.write("right", "three\n");
    let third = bench.build("store");
    assert_eq!(third.said("start"), [all[2], all[3], all[5], all[6]]);
    assert_ne!(third.digest(), first.digest());
    assert_eq!(
        third.said("why"),
        [
            "[right 2/3] COPY right /in: `in` changed",
            "[right 3/3] RUN cat /in > /out && chmod 700 /out: layer 1 below changed",
            "[stage-2 3/4] COPY --from=right /out /right: `right` changed",
            "[stage-2 4/4] RUN cat /left /right > /both: layer 2 below changed",
        ]
    );
    // and back: everything is known still
    bench.write("right", "two\n");
    let fourth = bench.build("store");
    assert_eq!(
        (fourth.said("start"), fourth.digest()),
        (vec![], first.digest())
    );
}

#[test]
fn privileged_the_same_context_gives_the_same_image() {
    let bench = bench!();
    bench.write("left", "one\n");
    bench.write("right", "two\n");
    bench.write("Dockerfile", TWO);
    let digest = bench.digest("one");
    // the time of another day, and one processor
    let file = std::fs::File::options()
        .write(true)
        .open(bench.path("context/left"))
        .unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(bench.digest("two"), digest);
    let alone = bench
        .command(&["taskset", "-c", "0"], "three", &[])
        .output()
        .unwrap();
    assert_eq!(Built::of(alone).digest(), digest);
}

#[test]
fn privileged_a_failing_run_is_not_remembered() {
    let bench = bench!();
    bench.write(
        "Dockerfile",
        "FROM base:1\nRUN echo before\nRUN echo trying; [ -e /marked ] || exit 7\n",
    );
    for _ in 0..2 {
        let built = bench.build("store");
        assert!(!built.success);
        assert_eq!(
            built.said("failed"),
            ["[stage-0 3/3] RUN echo trying; [ -e /marked ] || exit 7"]
        );
        assert!(built.said(">").contains(&"trying"));
        assert_eq!(
            built.said("error"),
            [
                "[stage-0 3/3] RUN echo trying; [ -e /marked ] || exit 7 failed",
                "`echo trying; [ -e /marked ] || exit 7` ended with exit status 7",
            ]
        );
        assert_eq!(crate::bench::names(&bench.path("store/cache")).len(), 1);
        assert_eq!(bench.left_behind("store"), [""; 0]);
    }
}

#[test]
fn privileged_nothing_stays_mounted_or_temporary() {
    let bench = bench!();
    let mounts = || std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let ours = |text: String| -> Vec<String> {
        let place = bench.path("").display().to_string();
        text.lines()
            .filter(|line| line.contains(&place))
            .map(String::from)
            .collect()
    };
    bench.write("left", "one\n");
    bench.write(
        "Dockerfile",
        "FROM base:1\nRUN --mount=type=tmpfs,target=/t --mount=type=cache,target=/c --mount=target=/b \
         --mount=type=secret,id=none cat /b/left\nRUN exit 3\n",
    );
    let built = bench.build("store");
    assert!(!built.success);
    assert_eq!(ours(mounts()), [""; 0]);
    assert_eq!(bench.left_behind("store"), [""; 0]);
    // no mount target stays in the layer either
    bench.write(
        "Dockerfile",
        "FROM base:1\nRUN --mount=type=tmpfs,target=/t/u --mount=target=/b cat /b/left\n",
    );
    let built = bench.build("store");
    assert_eq!(bench.layers("store", &built.digest())[1], [""; 0]);
    assert_eq!(ours(mounts()), [""; 0]);
    assert_eq!(bench.left_behind("store"), [""; 0]);
}
