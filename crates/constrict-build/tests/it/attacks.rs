//! Dockerfiles, contexts and steps that try to reach out of the image, in every sandbox mode; and twins that must work.

use std::os::unix::fs::{MetadataExt, symlink};

use constrict_testing::LayerTar;

use crate::bench;
use crate::bench::{Bench, Built, benches, names};

/// What no build may read.
const PRECIOUS: &str = "precious-9d2c";

/// The benches of every mode, each with a directory `outside` that anybody can read.
macro_rules! each_mode {
    (|$mode:ident, $bench:ident| $body:block) => {
        drop(bench!());
        for ($mode, $bench) in benches() {
            let _ = $mode;
            std::fs::create_dir(outside(&$bench)).unwrap();
            std::fs::write(outside(&$bench) + "/victim", PRECIOUS).unwrap();
            let root = format!("evil:x:0:0::/root:/bin/sh\n");
            std::fs::write(outside(&$bench) + "/passwd", root).unwrap();
            $body
            untouched(&$bench, $mode);
        }
    };
}

fn outside(bench: &Bench) -> String {
    bench.path("outside").to_str().unwrap().into()
}

fn untouched(bench: &Bench, mode: &str) {
    let outside = bench.path("outside");
    assert_eq!(names(&outside), ["passwd", "victim"], "{mode}");
    let victim = std::fs::metadata(outside.join("victim")).unwrap();
    assert_eq!(
        (victim.uid(), victim.mode() & 0o7777, victim.nlink()),
        (0, 0o644, 1),
        "{mode}"
    );
    assert_eq!(
        std::fs::read_to_string(outside.join("victim")).unwrap(),
        PRECIOUS
    );
}

/// Builds a Dockerfile on `base:1`.
fn build(bench: &Bench, steps: &str) -> Built {
    bench.write("Dockerfile", &format!("FROM base:1\n{steps}"));
    let built = bench.build("store");
    let all = built.lines.join("\n");
    assert!(!all.contains(PRECIOUS), "{steps}: {all}");
    assert_eq!(bench.left_behind("store"), [""; 0], "{steps}");
    built
}

/// The errors of what must fail.
fn refused(bench: &Bench, steps: &str) -> String {
    let built = build(bench, steps);
    assert!(!built.success, "{steps}: {:?}", built.lines);
    // steps run side by side and errors come last, causes in order
    let errors = built
        .lines
        .iter()
        .filter_map(|line| line.strip_prefix("error "));
    errors.collect::<Vec<_>>().join(": ")
}

#[test]
fn privileged_links_of_the_context_show_nothing_outside() {
    each_mode!(|mode, bench| {
        let context = bench.path("context");
        bench.write("file", "mine\n");
        symlink(outside(&bench) + "/victim", context.join("link")).unwrap();
        symlink("../outside", context.join("climbing")).unwrap();
        symlink(outside(&bench), context.join("absolute")).unwrap();
        symlink("file", context.join("inner")).unwrap();
        for source in [
            "link",
            "climbing/victim",
            "absolute/victim",
            "../outside/victim",
            "climbing/vic*",
        ] {
            let error = refused(&bench, &format!("COPY {source} /x\n"));
            assert!(
                error.contains("in the build context"),
                "{mode}, {source}: {error}"
            );
        }
        for source in ["climbing", "absolute", "link", "../outside"] {
            let run = "RUN --mount=type=bind";
            let error = refused(
                &bench,
                &format!("{run},source={source},target=/m cat /m/victim /m\n"),
            );
            assert!(!error.is_empty(), "{mode}, {source}");
        }
        // as links they are copied, and a link inside is followed
        let built = build(
            &bench,
            "COPY . /all/\nCOPY inner /x\nRUN cat /x /all/inner && ! cat /all/link\n",
        );
        let output = built.said(">");
        assert_eq!(
            output.iter().filter(|line| **line == "mine").count(),
            2,
            "{mode}: {output:?}"
        );
        let layers = bench.layers("store", &built.digest());
        assert!(
            layers[1].contains(&format!("all/link -> {}/victim", outside(&bench))),
            "{:?}",
            layers[1]
        );
    });
}

#[test]
fn privileged_destinations_stay_in_the_image() {
    each_mode!(|mode, bench| {
        let (outside, inside) = (
            outside(&bench),
            outside(&bench).trim_start_matches('/').to_string(),
        );
        bench.write("file", "mine\n");
        let built = build(
            &bench,
            &format!(
                "RUN ln -s {outside} /l && ln -s ../../../../../../../..{outside} /m\nCOPY file /l/new\nCOPY file /m/victim\n\
                 WORKDIR /l/work\nRUN cat {outside}/new /m/victim && echo x > here\n"
            ),
        );
        assert_eq!(built.said(">"), ["mine", "mine"], "{mode}");
        let layers = bench.layers("store", &built.digest());
        assert!(
            layers[2].contains(&format!("{inside}/new 5 644")),
            "{:?}",
            layers[2]
        );
        assert!(
            layers[3].contains(&format!("{inside}/victim 5 644")),
            "{:?}",
            layers[3]
        );
        assert!(
            layers[5].contains(&format!("{inside}/work/here 2 644")),
            "{:?}",
            layers[5]
        );
    });
}

#[test]
fn privileged_archives_are_unpacked_inside() {
    each_mode!(|mode, bench| {
        let outside = outside(&bench);
        let archive =
            |tar: LayerTar| std::fs::write(bench.path("context/a.tar"), tar.build()).unwrap();
        let through = |target: &str| {
            LayerTar::new()
                .symlink("l", target)
                .file("l/victim", 0o644, "mine\n")
        };
        for tar in [
            through(&outside),
            through(&format!("../../../../../../../..{outside}")),
            LayerTar::new().file("../../..//outside/new", 0o644, "mine\n"),
            LayerTar::new()
                .symlink("l", &outside)
                .hard_link("h", "l/victim")
                .file("h", 0o600, "mine\n"),
            LayerTar::new()
                .symlink("l", &outside)
                .file("l/.wh.victim", 0o644, ""),
        ] {
            archive(tar);
            // refused, or put where the link leads inside
            build(&bench, "ADD a.tar /d/\nRUN ls /d\n");
            untouched(&bench, mode);
        }
        archive(
            LayerTar::new()
                .directory("./", 0o755)
                .file("./x", 0o644, "mine\n")
                .symlink("y", "/d/x"),
        );
        assert_eq!(
            build(&bench, "ADD a.tar /d/\nRUN cat /d/y\n").said(">"),
            ["mine"],
            "{mode}"
        );
    });
}

#[test]
fn privileged_heredocs_are_files_of_their_destination() {
    each_mode!(|mode, bench| {
        for name in ["../../../../outside/victim", "/outside/victim", "a/b", ".."] {
            let error = refused(&bench, &format!("COPY <<{name} /d/\nevil\n{name}\n"));
            let expected = format!("heredoc `{name}` is no name of a file");
            assert!(error.contains(&expected), "{mode}: {error}");
        }
        let built = build(
            &bench,
            "COPY <<..name /d/\nfine\n..name\nRUN cat /d/..name\n",
        );
        assert_eq!(built.said(">"), ["fine"], "{mode}");
    });
}

#[test]
fn privileged_mounts_stay_in_the_image_and_show_it_only() {
    each_mode!(|mode, bench| {
        let outside = outside(&bench);
        let link = format!("RUN mkdir /in && ln -s {outside} /l\n");
        let built = build(
            &bench,
            &format!(
                "{link}RUN --mount=type=cache,target=/l/cache --mount=type=tmpfs,target=/l/t --mount=target=/l/b \
                 echo x > /l/cache/f && echo x > /l/t/f && ls /l/b\n"
            ),
        );
        assert_eq!(built.said(">"), ["Dockerfile"], "{mode}");
        // sources of stages, which a stage may have swapped for links
        for source in ["/l", "/l/victim", "/../../../../..", "/in/../l"] {
            for kind in ["bind", "bind,rw", "cache"] {
                let steps = format!(
                    "{link}FROM base:1\nRUN --mount=type={kind},from=stage-0,source={source},target=/m cat /m{outside}/victim /m/victim /m\n"
                );
                let error = refused(&bench, &steps);
                assert!(!error.is_empty(), "{mode}, {kind} of {source}");
            }
        }
    });
}

#[test]
fn privileged_names_of_mounts_are_no_paths() {
    each_mode!(|mode, bench| {
        let mut caches = 0;
        for id in ["../../../outside", "/etc", "a/../../../b", "..", "x:y\\\\z"] {
            let run =
                format!("RUN --mount=type=cache,\"id={id}\",target=/c echo x > /c/f && ls /c\n");
            assert_eq!(build(&bench, &run).said(">"), ["f"], "{mode}, {id}");
            caches += 1;
            let mounts = names(&bench.path("store/mounts"));
            assert_eq!(mounts.len(), caches, "{mounts:?}");
            assert!(
                mounts
                    .iter()
                    .all(|name| name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()))
            );
        }
        // a secret is known by its id or not at all, and its target is inside
        let victim = bench.path("secret");
        std::fs::write(&victim, "known\n").unwrap();
        bench.write(
            "Dockerfile",
            "FROM base:1\nRUN --mount=type=secret,id=s,target=../../../../outside/victim,mode=444 cat /outside/victim\n\
             RUN --mount=type=secret,id=../../outside/victim [ ! -e /run/secrets ] && [ ! -e /run/buildkit ]\n\
             RUN --mount=type=ssh,id=../../outside [ ! -e /run/secrets ] && [ ! -e /run/buildkit ]\n",
        );
        let secret = format!("s={}", victim.display());
        let built = Built::of(bench.command(&[], "store", &[&secret]).output().unwrap());
        assert!(built.success, "{mode}: {:?}", built.lines);
        assert_eq!(built.said(">"), ["known"], "{mode}");
        for mount in [
            "type=tmpfs,target=/t,lowerdir=/etc",
            "type=cache,target=/t,\"id=a,lowerdir=/etc\"",
            "type=bind,target=/t,bind-propagation=shared",
            "type=cache,target=/t,\"mode=755,suid\"",
            "type=tmpfs,target=/t,size=1m:exec",
            "type=host,target=/t",
        ] {
            bench.write(
                "Dockerfile",
                &format!("FROM base:1\nRUN --mount={mount} ls\n"),
            );
            assert!(!bench.build("store").success, "{mount}");
        }
    });
}

#[test]
fn privileged_git_leaves_the_repository_of_a_hook_alone() {
    let bench = bench!();
    let repository = bench.path("repository");
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        let done = git.arg("-C").arg(&repository).args(arguments).output();
        String::from_utf8(done.unwrap().stdout).unwrap()
    };
    std::fs::create_dir(&repository).unwrap();
    git(&["init", "--quiet"]);
    let before = git(&["config", "--local", "--list"]);
    assert!(before.contains("core.bare"));
    bench.write(
        "Dockerfile",
        "FROM base:1\nADD http://127.0.0.1:1/a.git /a\n",
    );
    // what git sets where a hook starts a build
    let mut command = bench.command(&[], "store", &[]);
    command.env("GIT_DIR", repository.join(".git"));
    command.env("GIT_WORK_TREE", &repository);
    command.env("GIT_INDEX_FILE", repository.join(".git/index"));
    assert!(!Built::of(command.output().unwrap()).success);
    assert_eq!(git(&["config", "--local", "--list"]), before);
    assert_eq!(names(&repository), [".git"]);
}

#[test]
fn privileged_a_working_directory_is_no_descriptor_of_the_builder() {
    each_mode!(|mode, bench| {
        for number in [3, 5, 7, 8, 9, 12] {
            let steps = format!(
                "WORKDIR /proc/self/fd/{number}\nRUN cat ../../../..{}/victim\n",
                outside(&bench)
            );
            let error = refused(&bench, &steps);
            assert!(
                error.contains("working directory"),
                "{mode}, {number}: {error}"
            );
        }
        assert_eq!(
            build(&bench, "WORKDIR /proc\nRUN cat self/comm\n").said(">"),
            ["cat"]
        );
    });
}

#[test]
fn privileged_accounts_are_those_of_regular_files_of_the_image() {
    each_mode!(|mode, bench| {
        let outside = outside(&bench);
        bench.write("file", "");
        for evil in [
            format!("ln -s {outside}/passwd /etc/passwd"),
            format!("ln -s ../../../../../../../..{outside}/passwd /etc/passwd"),
            "mkfifo /etc/passwd".into(),
            "ln -s /dev/zero /etc/passwd".into(),
            "ln -s passwd /etc/passwd".into(),
            "mkdir /etc/passwd".into(),
        ] {
            let steps = format!(
                "RUN rm /etc/passwd && {evil}\nCOPY --chown=evil file /file\nUSER evil\nRUN id\n"
            );
            let error = refused(&bench, &steps);
            assert!(
                error.contains("unable to find user `evil`"),
                "{mode}, {evil}: {error}"
            );
        }
        let inside =
            "RUN mv /etc/passwd /etc/real && ln -s /etc/real /etc/passwd\nUSER web\nRUN id -u\n";
        assert_eq!(build(&bench, inside).said(">"), ["33"], "{mode}");
    });
}

#[test]
fn privileged_a_failing_step_tells_no_secret() {
    each_mode!(|mode, bench| {
        let secret = bench.path("secret");
        std::fs::write(&secret, "hunter2-77aa\n").unwrap();
        bench.write(
            "Dockerfile",
            "FROM base:1\nRUN --mount=type=secret,id=s,mode=444 --mount=type=secret,id=s,env=TOKEN --mount=type=cache,target=/c \
             cat /run/secrets/s > /tmp/copy && rm /tmp/copy && [ -n \"$TOKEN\" ] && exit 9\n",
        );
        let built = Built::of(
            bench
                .command(&[], "store", &[&format!("s={}", secret.display())])
                .output()
                .unwrap(),
        );
        assert!(!built.success);
        assert!(
            built
                .lines
                .iter()
                .any(|line| line.ends_with("ended with exit status 9")),
            "{mode}: {:?}",
            built.lines
        );
        assert!(
            !built.lines.iter().any(|line| line.contains("hunter2")),
            "{mode}: {:?}",
            built.lines
        );
        let mut found = Vec::new();
        crate::mounts::holding(&bench.path("store"), b"hunter2-77aa", &mut found);
        assert_eq!(found, [""; 0], "{mode}");
    });
}

#[test]
fn privileged_a_tree_deeper_than_any_path_fails_its_step_only() {
    each_mode!(|mode, bench| {
        let deep = "deeeeeeeeep/".repeat(300);
        let steps = format!(
            "RUN for i in 1 2 3 4; do mkdir -p {deep} && cd {deep} 2>/dev/null; done; echo made $i\n"
        );
        let error = refused(&bench, &steps);
        assert!(error.contains("File name too long"), "{mode}: {error}");
        assert_eq!(
            build(&bench, "RUN echo fine\n").said(">"),
            ["fine"],
            "{mode}"
        );
    });
}

#[test]
fn privileged_every_mode_makes_the_same_image() {
    drop(bench!());
    let mut digests = Vec::new();
    for (mode, bench) in benches() {
        bench.write("file", "mine\n");
        let built = build(
            &bench,
            "COPY --chown=web file /etc/gone\nRUN ln -s /run /var-run && mkdir -p /run && echo x > /var-run/x && chmod 4755 /run/x\n\
             RUN rm -r /old && ln /run/x /same && id -u\nUSER web\nRUN echo y > /tmp/y && id -u\n",
        );
        assert_eq!(built.said(">"), ["0", "33"], "{mode}");
        digests.push(built.digest());
    }
    digests.dedup();
    assert_eq!(digests.len(), 1, "{digests:?}");
}
