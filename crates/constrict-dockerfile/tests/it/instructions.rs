//! Each instruction in its forms.

use std::time::Duration;

use constrict_dockerfile::Kind;
use constrict_dockerfile::instruction::{
    ArgDef, Check, Command, Copy, Healthcheck, Network, Onbuild, Run, Script, Security, SourceArg,
};

use super::{good, kind};

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn exec(words: &[&str]) -> Command {
    Command::Exec(strings(words))
}

fn shell(text: &str) -> Command {
    Command::Shell(text.to_owned())
}

fn copy(line: &str) -> Copy {
    match kind(line) {
        Kind::Copy(copy) | Kind::Add(copy) => Copy {
            source_spans: Vec::new(),
            from_span: None,
            ..copy
        },
        other => panic!("{other:?}"),
    }
}

fn run(line: &str) -> Run {
    match kind(line) {
        Kind::Run(run) => run,
        other => panic!("{other:?}"),
    }
}

fn paths(words: &[&str]) -> Vec<SourceArg> {
    words
        .iter()
        .map(|word| SourceArg::Path((*word).to_owned()))
        .collect()
}

#[test]
fn stages_and_global_arguments() {
    let dockerfile = good(
        "ARG a=1 b\nARG c\nFROM --platform=$BUILDPLATFORM base:$a AS Build-1_x.y\nRUN x\nFROM build-1_x.y\nFROM \"q\" as z\n",
    );
    let args: Vec<_> = dockerfile
        .global_args
        .iter()
        .map(|arg| arg.text.as_str())
        .collect();
    assert_eq!(args, ["ARG a=1 b", "ARG c"]);
    let stages: Vec<_> = dockerfile
        .stages
        .iter()
        .map(|s| {
            (
                s.index,
                s.name.as_deref(),
                s.from.image.as_str(),
                s.from.platform.as_deref(),
                s.instructions.len(),
            )
        })
        .collect();
    assert_eq!(
        stages,
        [
            (0, Some("build-1_x.y"), "base:$a", Some("$BUILDPLATFORM"), 1),
            (1, None, "build-1_x.y", None, 0),
            (2, Some("z"), "\"q\"", None, 0),
        ]
    );
    assert_eq!(
        dockerfile.stages[0].from.alias.as_deref(),
        Some("Build-1_x.y")
    );
}

#[test]
fn commands_are_json_or_text_for_the_shell() {
    assert_eq!(
        kind("CMD [ \"a\", \"b\\u00e9\" ]  "),
        Kind::Cmd(exec(&["a", "bé"]))
    );
    assert_eq!(
        kind("ENTRYPOINT [\"a\" \\\n , \"c\"]"),
        Kind::Entrypoint(exec(&["a", "c"]))
    );
    assert_eq!(kind("CMD []"), Kind::Cmd(exec(&[])));
    assert_eq!(kind("CMD    a    \"b\"   "), Kind::Cmd(shell("a    \"b\"")));
    assert_eq!(kind("CMD"), Kind::Cmd(shell("")));
    assert_eq!(kind("CMD -- --x y"), Kind::Cmd(shell("--x y")));
    assert_eq!(kind("ENTRYPOINT -x"), Kind::Entrypoint(shell("-x")));
    for malformed in [
        "['a']",
        "[\"a\",]",
        "[\"a\"] b",
        "[\"a\\q\"]",
        "[\"a\"",
        "[a, b]",
    ] {
        assert_eq!(
            kind(&format!("CMD {malformed}")),
            Kind::Cmd(shell(malformed)),
            "{malformed}"
        );
    }
    assert_eq!(
        kind("SHELL [\"/bin/bash\", \"-c\"]"),
        Kind::Shell(strings(&["/bin/bash", "-c"]))
    );
}

#[test]
fn pairs_keep_their_quotes() {
    let pairs = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect()
    };
    assert_eq!(
        kind("ENV a=\"b c\" 'd e'=f\\ g h= i=j=k"),
        Kind::Env(pairs(&[
            ("a", "\"b c\""),
            ("'d e'", "f\\ g"),
            ("h", ""),
            ("i", "j=k")
        ]))
    );
    assert_eq!(
        kind("ENV k   \"a b\"  c=d  "),
        Kind::Env(pairs(&[("k", "\"a b\"  c=d")]))
    );
    assert_eq!(
        kind("LABEL a.b=\"c\\\n  d\""),
        Kind::Label(pairs(&[("a.b", "\"c  d\"")]))
    );
}

#[test]
fn arguments_may_have_defaults() {
    let arg = |name: &str, default: Option<&str>| ArgDef {
        name: name.to_owned(),
        default: default.map(str::to_owned),
    };
    assert_eq!(
        kind("ARG a b= c=\"d e\" f=$g"),
        Kind::Arg(vec![
            arg("a", None),
            arg("b", Some("")),
            arg("c", Some("\"d e\"")),
            arg("f", Some("$g"))
        ])
    );
    // BuildKit does not look at ARG's flags
    assert_eq!(kind("ARG --x a=3"), Kind::Arg(vec![arg("a", Some("3"))]));
}

#[test]
fn some_arguments_are_one_word_blanks_included() {
    assert_eq!(kind("USER a  b "), Kind::User("a  b".to_owned()));
    assert_eq!(kind("WORKDIR /x y/"), Kind::Workdir("/x y/".to_owned()));
    assert_eq!(
        kind("MAINTAINER   a  \"b\"  "),
        Kind::Maintainer("a  \"b\"".to_owned())
    );
    assert_eq!(
        kind("STOPSIGNAL --x SIGINT"),
        Kind::Stopsignal("SIGINT".to_owned())
    );
    assert_eq!(
        kind("EXPOSE 80  $p/UDP"),
        Kind::Expose(strings(&["80", "$p/UDP"]))
    );
    assert_eq!(
        kind("EXPOSE [\"80\"]"),
        Kind::Expose(strings(&["[\"80\"]"]))
    );
    assert_eq!(
        kind("VOLUME [\" /a b \", \"c\"]"),
        Kind::Volume(strings(&["/a b", "c"]))
    );
    assert_eq!(
        kind("VOLUME [a, \"b c\"]"),
        Kind::Volume(strings(&["[a,", "\"b", "c\"]"]))
    );
}

#[test]
fn copy_takes_words_or_json() {
    assert_eq!(
        copy("COPY a \"b c\" /d/"),
        Copy {
            sources: paths(&["a", "\"b", "c\""]),
            dest: "/d/".to_owned(),
            ..Copy::default()
        }
    );
    assert_eq!(
        copy("ADD [\"a b\", \"$c\", \"/d e\"]"),
        Copy {
            sources: paths(&["a b", "$c"]),
            dest: "/d e".to_owned(),
            ..Copy::default()
        }
    );
}

#[test]
fn copy_and_add_have_these_flags() {
    let text = |text: &str| Some(text.to_owned());
    let copied = copy(
        "COPY --from=b --chown=\"u:g\" --chmod=u=rwX,go=rX --link --parents=TRUE --exclude=*.py --exclude='a b' s /d",
    );
    let expected = Copy {
        sources: paths(&["s"]),
        dest: "/d".to_owned(),
        from: text("b"),
        chown: text("u:g"),
        chmod: text("u=rwX,go=rX"),
        link: true,
        parents: true,
        exclude: strings(&["*.py", "a b"]),
        ..Copy::default()
    };
    assert_eq!(copied, expected);
    let added = copy("ADD --checksum=sha256:0 --keep-git-dir --unpack=false --link=false s /d");
    let expected = Copy {
        sources: paths(&["s"]),
        dest: "/d".to_owned(),
        checksum: text("sha256:0"),
        keep_git_dir: Some(true),
        unpack: Some(false),
        ..Copy::default()
    };
    assert_eq!(added, expected);
    assert_eq!(copy("COPY --from= --chown= s /d").from, None);
}

#[test]
fn run_has_flags_before_its_command() {
    let parsed = run(
        "RUN --mount=type=cache,target=/c --network=none --mount='type=bind,source=a b' --security=insecure --device=x echo --mount=no",
    );
    assert_eq!(parsed.command, shell("echo --mount=no"));
    assert_eq!(
        parsed
            .mounts
            .iter()
            .map(|mount| mount.text())
            .collect::<Vec<_>>(),
        ["type=cache,target=/c", "type=bind,source=a b"]
    );
    assert_eq!(
        (parsed.network, parsed.security),
        (Network::None, Security::Insecure)
    );
    assert_eq!(parsed.devices, ["x"]);
    let plain = run("RUN [\"a\"]");
    assert_eq!(
        (plain.network, plain.security),
        (Network::Default, Security::Sandbox)
    );
    assert_eq!(plain.script(), Script::Exec(strings(&["a"])));
}

#[test]
fn healthchecks_have_options_in_gos_durations() {
    let Kind::Healthcheck(check) = kind(
        "HEALTHCHECK --interval=0s --timeout=1ms --start-period=1h --start-interval=1.5s --retries=+3 cmd x  \"y\"",
    ) else {
        panic!("a HEALTHCHECK")
    };
    let expected = Check {
        interval: Some(Duration::ZERO),
        timeout: Some(Duration::from_millis(1)),
        start_period: Some(Duration::from_secs(3600)),
        start_interval: Some(Duration::from_millis(1500)),
        retries: Some(3),
        command: shell("x  \"y\""),
    };
    assert_eq!(check, Healthcheck::Check(expected));
    assert_eq!(
        kind("HEALTHCHECK\tnone"),
        Kind::Healthcheck(Healthcheck::None)
    );
    assert_eq!(
        kind("HEALTHCHECK --interval=nonsense NONE"),
        Kind::Healthcheck(Healthcheck::None)
    );
}

#[test]
fn onbuild_keeps_its_trigger_as_written() {
    let onbuild = |line: &str| match kind(line) {
        Kind::Onbuild(Onbuild { text }) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(onbuild("ONBUILD RUN a \\\n b   "), "RUN a  b   ");
    assert_eq!(onbuild("onbuild   add a   b  "), "add a   b  ");
    assert_eq!(
        onbuild("ONBUILD   copy --x <<EOF /d\nq\nEOF"),
        "copy --x <<EOF /d\nq\nEOF"
    );
    assert_eq!(onbuild("ONBUILD RUN <<-X\n\tw\n\tX"), "RUN <<-X\n\tw\nX");
    assert_eq!(
        onbuild("ONBUILD\tRUN [\"a\", \"<<EOF\"]"),
        "RUN [\"a\", \"<<EOF\"]"
    );
    assert_eq!(onbuild("ONBUILD COPPY"), "COPPY");
}

#[test]
fn triggers_parse_when_they_fire() {
    let Kind::Onbuild(onbuild) = kind("ONBUILD RUN <<\"A\" <<-B\n1\nA\n\t2\n\tB") else {
        panic!("an ONBUILD")
    };
    let trigger = onbuild.trigger().expect("a good trigger");
    assert_eq!(trigger.text, "RUN <<\"A\" <<-B");
    let Kind::Run(run) = trigger.kind else {
        panic!("a RUN")
    };
    assert_eq!(
        run.script(),
        Script::Shell("<<\"A\" <<-B\n1\nA\n\t2\nB".to_owned())
    );
}
