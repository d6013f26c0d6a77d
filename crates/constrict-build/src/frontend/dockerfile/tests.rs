//! Text to graph and configuration, with a world of two images.

use std::cell::RefCell;

use constrict_dockerfile::instruction::Network;
use constrict_oci::Digest;

use super::*;
use crate::graph::{CopySource, FileAction, Op, RunMount};
use crate::store::LayerRecord;

/// `plain`, and `parent`, which has something of everything; each name that is asked for is written down.
#[derive(Default)]
struct World(RefCell<Vec<String>>);

impl Resolve for World {
    fn image(&self, name: &str, platform: &Platform) -> Result<(Image, ImageConfig)> {
        self.0.borrow_mut().push(name.into());
        let mut config = ImageConfig::new(platform);
        match name {
            "plain" => {}
            "parent" => {
                config.config.env = vec!["PATH=/bin".into(), "FROM_BASE=yes".into()];
                config.config.user = "app".into();
                config.config.working_dir = "/home".into();
                config.config.cmd = vec!["sh".into()];
                config.config.on_build =
                    vec!["ARG T=1".into(), "COPY . /x".into(), "RUN make $T".into()];
            }
            _ => return Err(Error::NoSuchImage(name.into())),
        }
        let layer = LayerRecord {
            diff_id: Digest::of(name.as_bytes()),
            blobs: Vec::new(),
            origin: None,
        };
        Ok((
            Image {
                name: name.into(),
                manifest: None,
                layers: vec![layer],
            },
            config,
        ))
    }
}

fn directory(name: &str) -> DirectorySource {
    DirectorySource {
        name: name.into(),
        path: format!("/host/{name}").into(),
        ignore: None,
    }
}

fn options() -> Options {
    let platform = Platform::parse("linux/amd64").unwrap();
    Options {
        target: None,
        build_args: BTreeMap::new(),
        labels: BTreeMap::new(),
        platform: platform.clone(),
        build_platform: platform,
        contexts: BTreeMap::new(),
        context: MainContext::Directory(directory("context")),
        no_cache: NoCache::No,
        proxies: Vec::new(),
        network: Network::Default,
        allow_insecure: false,
    }
}

fn with_args(args: &[(&str, &str)]) -> Options {
    let args = args
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    Options {
        build_args: args.collect(),
        ..options()
    }
}

fn try_lowered(text: &str, options: &Options) -> Result<(Lowered, Vec<String>)> {
    let world = World::default();
    let dockerfile = constrict_dockerfile::parse(text.as_bytes())?;
    let lowered = lower(&dockerfile, options, &world)?;
    Ok((lowered, world.0.into_inner()))
}

fn lowered(text: &str, options: &Options) -> Lowered {
    try_lowered(text, options).unwrap().0
}

fn history(text: &str, options: &Options) -> Vec<String> {
    let lowered = lowered(text, options);
    let show = |entry: &constrict_oci::History| {
        assert_eq!(entry.comment, "buildkit.dockerfile.v0");
        let mark = if entry.empty_layer { "" } else { "* " };
        format!("{mark}{}", entry.created_by)
    };
    lowered.config.history.iter().map(show).collect()
}

fn id(id: Option<VertexId>) -> String {
    id.map_or("-".into(), |id| id.index().to_string())
}

fn show_source(source: &CopySource) -> String {
    match source {
        CopySource::Path { from, path } => format!("{}:{path}", id(*from)),
        CopySource::Download { from } => format!("{}:", from.index()),
        CopySource::Inline { name, content } => format!("<<{name} {content:?}"),
    }
}

fn show_mount(mount: &RunMount) -> String {
    match mount {
        RunMount::Bind {
            from,
            source,
            target,
            readonly,
        } => {
            format!("bind {}:{source} {target} {readonly}", id(*from))
        }
        RunMount::Cache {
            id: name,
            from,
            target,
            sharing,
            mode,
            ..
        } => {
            format!("cache {name} {} {target} {sharing:?} {mode:o}", id(*from))
        }
        RunMount::Tmpfs { target, size } => format!("tmpfs {target} {size}"),
        RunMount::Secret {
            id,
            target,
            env,
            required,
            ..
        } => {
            format!("secret {id} {target:?} {env:?} {required}")
        }
        RunMount::Ssh {
            id,
            target,
            required,
            ..
        } => format!("ssh {id} {target} {required}"),
    }
}

fn show_op(op: &Op) -> String {
    match op {
        Op::Image(image) => format!("image {}", image.name),
        Op::Directory(directory) => format!("directory {}", directory.path.display()),
        Op::Download(download) => format!("download {} {}", download.url, download.name),
        Op::Git(git) => format!("git {} {:?}", git.remote, git.reference),
        Op::Files(files) => {
            let actions = files.actions.iter().map(|action| match action {
                FileAction::Copy(copy) => {
                    let sources: Vec<_> = copy.sources.iter().map(show_source).collect();
                    let flags = [("chown", &copy.chown), ("chmod", &copy.chmod)];
                    let flags = flags
                        .into_iter()
                        .filter_map(|(name, value)| Some(format!(" {name}={}", value.as_ref()?)));
                    format!(
                        "copy {} to {}{}",
                        sources.join(" "),
                        copy.destination,
                        flags.collect::<String>()
                    )
                }
                FileAction::MakeDirectory { path, user } => format!("mkdir {path} {user:?}"),
            });
            format!(
                "{} {}",
                id(files.base),
                actions.collect::<Vec<_>>().join(", ")
            )
        }
        Op::Run(run) => {
            let mounts: String = run
                .mounts
                .iter()
                .map(|mount| format!(" [{}]", show_mount(mount)))
                .collect();
            let script = run
                .script
                .as_ref()
                .map_or(String::new(), |script| format!(" {script:?}"));
            format!(
                "{} run {:?} in {}{mounts}{script}",
                id(run.base),
                run.args,
                run.cwd
            )
        }
    }
}

/// Every vertex that the result needs: number, what it does.
fn graph(lowered: &Lowered) -> Vec<String> {
    let needed = lowered
        .graph
        .reachable(&lowered.result.into_iter().collect::<Vec<_>>());
    needed
        .into_iter()
        .map(|id| format!("{}: {}", id.index(), show_op(&lowered.graph.vertex(id).op)))
        .collect()
}

/// The variables of the last RUN.
fn run_env(text: &str, options: &Options) -> Vec<String> {
    let lowered = lowered(text, options);
    let Op::Run(run) = &lowered.graph.vertex(lowered.result.unwrap()).op else {
        panic!("the last instruction is RUN");
    };
    run.env
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

/// The message of what fails, and the text that it points at.
fn failure(text: &str, options: &Options) -> (String, String) {
    match try_lowered(text, options).unwrap_err() {
        Error::At {
            span,
            message,
            source,
            ..
        } => {
            let cause = source.map_or(String::new(), |source| format!(": {source}"));
            (
                format!("{message}{cause}"),
                text[span.start..span.end].trim_end().to_string(),
            )
        }
        other => (other.to_string(), String::new()),
    }
}

#[test]
fn instructions_become_vertices() {
    let lowered = lowered(
        "FROM plain AS builder\n\
         WORKDIR /src\n\
         COPY --chown=1:2 --chmod=755 a b ./\n\
         RUN make\n\
         FROM scratch\n\
         COPY --from=builder /src/out /bin/\n\
         COPY <<EOF /etc/conf\n\
         hello\n\
         EOF\n",
        &options(),
    );
    assert_eq!(
        graph(&lowered),
        [
            "0: image plain",
            "1: 0 mkdir /src \"\"",
            "2: directory /host/context",
            "3: 1 copy 2:a 2:b to /src/ chown=1:2 chmod=755",
            "4: 3 run [\"/bin/sh\", \"-c\", \"make\"] in /src",
            "5: - copy 4:/src/out to /bin/",
            "6: 5 copy <<EOF \"hello\\n\" to /etc/conf",
        ]
    );
    let names: Vec<_> = lowered
        .graph
        .reachable(&[lowered.result.unwrap()])
        .into_iter()
        .map(|id| lowered.graph.vertex(id).name.clone())
        .collect();
    assert_eq!(
        names[..5],
        [
            "[plain] FROM plain",
            "[builder 2/4] WORKDIR /src",
            "[internal] load build context",
            "[builder 3/4] COPY --chown=1:2 --chmod=755 a b ./",
            "[builder 4/4] RUN make",
        ]
    );
}

#[test]
fn destinations_are_taken_from_the_working_directory() {
    let text = "FROM scratch\nWORKDIR /w\n";
    for (destination, expected) in [
        (".", "/w/"),
        ("./", "/w/"),
        ("x", "/w/x"),
        ("x/", "/w/x/"),
        ("../y", "/y"),
        ("/", "/"),
        ("$NONE", "/w/"),
        ("/a/.", "/a/"),
    ] {
        let lowered = lowered(&format!("{text}COPY f {destination}\n"), &options());
        let last = graph(&lowered).pop().unwrap();
        assert!(
            last.ends_with(&format!("copy 1:f to {expected}")),
            "{destination}: {last}"
        );
    }
}

#[test]
fn the_environment_of_run_is_that_of_its_stage() {
    let base = "FROM parent\nRUN env\n";
    assert_eq!(
        run_env(base, &options()),
        ["PATH=/bin", "FROM_BASE=yes", "T=1"]
    );
    for (name, text, args, expected) in [
        (
            "an ARG without a value is not there, an empty one is",
            "FROM plain\nARG X\nARG Y=\nRUN env\n",
            vec![],
            vec!["Y="],
        ),
        (
            "ENV sees what was there before the instruction",
            "FROM plain\nENV abc=hello\nENV abc=bye def=$abc\nRUN env\n",
            vec![],
            vec!["abc=bye", "def=hello"],
        ),
        (
            "ARG after ENV wins, ENV after ARG too",
            "FROM plain\nENV X=env\nARG X=arg\nARG Y=arg\nENV Y=env\nRUN env\n",
            vec![("X", "cli"), ("Y", "cli")],
            vec!["X=cli", "Y=env"],
        ),
        (
            "what no ARG names does not count",
            "FROM plain\nRUN env\n",
            vec![("X", "cli")],
            vec![],
        ),
        (
            "a global ARG counts in a stage that names it",
            "ARG V=1\nARG W=${V}2\nFROM plain\nARG W\nARG V=own\nRUN env\n",
            vec![],
            vec!["W=12", "V=own"],
        ),
        (
            "ARGs of a stage are inherited by those FROM it, and by no other",
            "FROM plain AS a\nARG X=a\nENV E=$X\nFROM plain AS b\nARG B=b\nFROM a\nRUN env\n",
            vec![],
            vec!["X=a", "E=a"],
        ),
        (
            "automatic arguments are for those who name them",
            "FROM plain AS last\nARG TARGETARCH\nARG TARGETPLATFORM\nARG TARGETSTAGE\nRUN env\n",
            vec![],
            vec![
                "TARGETARCH=amd64",
                "TARGETPLATFORM=linux/amd64",
                "TARGETSTAGE=last",
            ],
        ),
    ] {
        assert_eq!(run_env(text, &with_args(&args)), expected, "{name}");
    }
}

#[test]
fn the_image_keeps_env_and_no_arg() {
    let text = "FROM plain\nENV X=env\nARG X=arg\nARG Y=1\nENV Z=$X$Y\n";
    let config = lowered(text, &options()).config;
    assert_eq!(config.config.env, ["X=env", "Z=arg1"]);
}

#[test]
fn target_stage_is_as_asked_for_else_the_last_name() {
    let text = "ARG TARGETSTAGE\nFROM plain AS Base\nARG TARGETSTAGE\nRUN env\nFROM base AS Final\nRUN env\n";
    let unnamed = "FROM plain\nARG TARGETSTAGE\nRUN env\n";
    for (text, target, expected) in [
        (text, Some("FINAL"), "FINAL"),
        (text, None, "final"),
        (text, Some(""), "final"),
        (text, Some("base"), "base"),
        (unnamed, None, "default"),
    ] {
        let options = Options {
            target: target.map(Into::into),
            ..options()
        };
        assert_eq!(
            run_env(text, &options),
            [format!("TARGETSTAGE={expected}")],
            "{target:?}"
        );
    }
    let options = Options {
        target: Some("0".into()),
        ..options()
    };
    let error = try_lowered(text, &options).unwrap_err();
    assert_eq!(error.to_string(), "target stage `0` could not be found");
}

#[test]
fn proxies_are_no_part_of_the_environment() {
    let options = Options {
        proxies: vec![("HTTPS_PROXY".into(), "host".into())],
        ..with_args(&[("http_proxy", "given"), ("https_proxy", "mine")])
    };
    let lowered = lowered("FROM plain\nRUN env\n", &options);
    let Op::Run(run) = &lowered.graph.vertex(lowered.result.unwrap()).op else {
        panic!("RUN");
    };
    let found: Vec<_> = run
        .unkeyed_env
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        found,
        [
            "HTTPS_PROXY=host",
            "HTTP_PROXY=given",
            "http_proxy=given",
            "https_proxy=mine"
        ]
    );
    assert_eq!(run.env, []);
    assert_eq!(
        lowered.config.history.last().unwrap().created_by,
        "RUN /bin/sh -c env # buildkit"
    );
}

#[test]
fn triggers_run_before_what_the_child_says() {
    let text = "FROM parent AS child\nRUN own\nFROM child\nRUN grandchild\n";
    assert_eq!(
        history(text, &options()),
        [
            "ARG T=1",
            "* COPY . /x # buildkit",
            "* RUN |1 T=1 /bin/sh -c make $T # buildkit",
            "* RUN |1 T=1 /bin/sh -c own # buildkit",
            "* RUN |1 T=1 /bin/sh -c grandchild # buildkit",
        ]
    );
    assert_eq!(
        lowered(text, &options()).config.config.on_build,
        Vec::<String>::new()
    );
    // those of a stage are for the stages FROM it
    let text = "FROM plain AS a\nONBUILD RUN  one\nFROM a\n";
    assert_eq!(
        history(text, &options()),
        ["* RUN /bin/sh -c one # buildkit"]
    );
    let text = "FROM plain\nONBUILD RUN  one\n";
    assert_eq!(
        lowered(text, &options()).config.config.on_build,
        ["RUN  one"]
    );
}

#[test]
fn only_what_is_needed_is_resolved() {
    let text = "FROM missing AS a\nRUN x\nFROM plain AS b\nRUN y\nFROM b\nCOPY --from=b /f /f\n";
    let (lowered, asked) = try_lowered(text, &options()).unwrap();
    assert_eq!(asked, ["plain"]);
    assert_eq!(
        graph(&lowered),
        [
            "0: image plain",
            "1: 0 run [\"/bin/sh\", \"-c\", \"y\"] in /",
            "2: 1 copy 1:/f to /f",
        ]
    );
    let target = Options {
        target: Some("a".into()),
        ..options()
    };
    assert_eq!(
        failure(text, &target),
        (
            "cannot resolve base image `missing`: no image `missing` in the store".into(),
            "FROM missing AS a".into()
        )
    );
    // an image is asked for once for each place, and is one vertex
    let text = "FROM plain AS a\nFROM plain\nCOPY --from=a /x /x\nCOPY --from=plain /y /y\n";
    let (lowered, _) = try_lowered(text, &options()).unwrap();
    assert_eq!(
        graph(&lowered),
        [
            "0: image plain",
            "1: 0 copy 0:/x to /x",
            "2: 1 copy 0:/y to /y"
        ]
    );
}

#[test]
fn names_mean_the_latest_earlier_stage() {
    let text = "FROM plain AS x\nRUN one\nFROM x AS x\nRUN two\nFROM scratch AS scratch\nFROM X\nRUN three\n";
    assert_eq!(
        history(text, &options()),
        [
            "* RUN /bin/sh -c one # buildkit",
            "* RUN /bin/sh -c two # buildkit",
            "* RUN /bin/sh -c three # buildkit"
        ]
    );
    let (_, asked) = try_lowered(
        "FROM plain AS b\nFROM parent AS a\nFROM b AS parent\n",
        &options(),
    )
    .unwrap();
    assert_eq!(asked, ["plain"]);
    let empty = lowered("FROM scratch\n", &options());
    assert_eq!((empty.result, empty.graph.len()), (None, 0));
    assert_eq!(empty.config.config.env, [format!("PATH={DEFAULT_PATH}")]);
    assert_eq!(empty.config.config.working_dir, "/");
}

#[test]
fn named_contexts_come_before_images_and_after_stages() {
    let contexts = [
        ("plain", NamedContext::Directory(directory("named"))),
        ("app", NamedContext::Image("parent".into())),
        ("stage", NamedContext::Directory(directory("never"))),
    ];
    let contexts = contexts
        .into_iter()
        .map(|(name, context)| (name.to_string(), context))
        .collect();
    let options = Options {
        contexts,
        ..options()
    };
    let (lowered, asked) = try_lowered(
        "FROM plain AS stage\nFROM app\nCOPY --from=PLAIN /f /f\nCOPY --from=stage /g /g\n",
        &options,
    )
    .unwrap();
    assert_eq!(asked, ["parent"]);
    let shown = graph(&lowered);
    assert_eq!(
        shown,
        [
            "0: image parent",
            "1: directory /host/context",
            "2: 0 copy 1:. to /x",
            "3: 2 run [\"/bin/sh\", \"-c\", \"make $T\"] in /home",
            "4: directory /host/named",
            "5: 3 copy 4:/f to /f",
            "6: - copy 4:/ to /",
            "7: 5 copy 6:/g to /g",
        ]
    );
}

#[test]
fn history_is_what_buildkit_writes() {
    let text = "ARG GLOBAL=1\n\
                FROM plain\n\
                MAINTAINER Jo  <jo@x>\n\
                ARG FOO=bar BAZ\n\
                ARG GLOBAL\n\
                ENV A=1 B=\"two words\" C=$FOO\n\
                ENV OLD style  value\n\
                LABEL a=\"b c\" x=1\n\
                COPY --chmod=600 --chown=1:2 a.txt /x\n\
                COPY --link a.txt /y\n\
                ADD [\"a.txt\", \"/zz z\"]\n\
                COPY normal.txt <<EOF <<\"E2\" /mixed/\n\
                one\n\
                EOF\n\
                two\n\
                E2\n\
                RUN echo hi \\\n\
                # comment\n\
                \x20   && echo ho\n\
                RUN [\"echo\", \"exec form\"]\n\
                RUN <<EOF\n\
                echo one\n\
                EOF\n\
                RUN <<EOF\n\
                #!/bin/x\n\
                EOF\n\
                SHELL [\"/bin/sh\", \"-ec\"]\n\
                CMD echo cmd\n\
                ENTRYPOINT [\"a\", \"b\\\"\"]\n\
                EXPOSE 80 443/TCP 5000-5002/udp\n\
                VOLUME /v1 /v2\n\
                USER nobody:nogroup\n\
                STOPSIGNAL SIGTERM\n\
                WORKDIR /w/x/\n\
                WORKDIR y\n\
                WORKDIR /\n\
                HEALTHCHECK --interval=5s --timeout=1m --start-period=2s --start-interval=3s --retries=4 CMD curl x\n\
                ONBUILD RUN x\n";
    let args = "|3 FOO=bar BAZ= GLOBAL=1";
    assert_eq!(
        history(text, &options()),
        [
            "MAINTAINER Jo  <jo@x>".to_string(),
            "ARG FOO=bar BAZ".into(),
            "ARG GLOBAL=1".into(),
            "ENV A=1 B=two words C=bar".into(),
            "ENV OLD=style  value".into(),
            "LABEL a=b c x=1".into(),
            "* COPY --chown=1:2 --chmod=600 a.txt /x # buildkit".into(),
            "* COPY a.txt /y # buildkit".into(),
            "* ADD a.txt /zz z # buildkit".into(),
            "* COPY normal.txt <<EOF <<E2 /mixed/ # buildkit".into(),
            format!("* RUN {args} /bin/sh -c echo hi     && echo ho # buildkit"),
            format!("* RUN {args} echo exec form # buildkit"),
            format!("* RUN {args} /bin/sh -c echo one\n # buildkit"),
            format!("* RUN {args} /bin/sh -c /dev/pipes/EOF # buildkit"),
            "SHELL [/bin/sh -ec]".into(),
            "CMD [\"/bin/sh\" \"-ec\" \"echo cmd\"]".into(),
            "ENTRYPOINT [\"a\" \"b\\\"\"]".into(),
            "EXPOSE [443/tcp 5000/udp 5001/udp 5002/udp 80/tcp]".into(),
            "VOLUME [/v1 /v2]".into(),
            "USER nobody:nogroup".into(),
            "STOPSIGNAL SIGTERM".into(),
            "* WORKDIR /w/x/".into(),
            "* WORKDIR /w/x/y".into(),
            "WORKDIR /".into(),
            "HEALTHCHECK &{[\"CMD-SHELL\" \"curl x\"] \"5s\" \"1m0s\" \"2s\" \"3s\" '\\x04'}"
                .into(),
        ]
    );
    let config = lowered(text, &options()).config;
    assert_eq!(config.author, "Jo  <jo@x>");
    assert_eq!(config.config.working_dir, "/");
    assert_eq!(config.config.user, "nobody:nogroup");
    assert_eq!(config.config.stop_signal, "SIGTERM");
    assert!(config.config.args_escaped);
    assert_eq!(config.config.cmd, ["/bin/sh", "-ec", "echo cmd"]);
    assert_eq!(config.config.entrypoint, ["a", "b\""]);
}

#[test]
fn an_entrypoint_resets_the_inherited_command_only() {
    for (text, cmd) in [
        ("FROM parent\nENTRYPOINT x\n", vec![]),
        ("FROM parent\nENTRYPOINT []\n", vec![]),
        (
            "FROM parent\nCMD [\"own\"]\nENTRYPOINT [\"x\"]\n",
            vec!["own"],
        ),
        (
            "FROM plain AS a\nCMD [\"c\"]\nFROM a\nENTRYPOINT [\"x\"]\n",
            vec![],
        ),
        ("FROM parent\n", vec!["sh"]),
        ("FROM parent\nCMD\n", vec!["/bin/sh", "-c", ""]),
        ("FROM parent\nCMD []\n", vec![]),
    ] {
        assert_eq!(lowered(text, &options()).config.config.cmd, cmd, "{text}");
    }
}

#[test]
fn labels_of_the_command_line_win() {
    let labels =
        [("a", "cli"), ("d", "")].map(|(name, value)| (name.to_string(), value.to_string()));
    let options = Options {
        labels: labels.into(),
        ..options()
    };
    let config = lowered("FROM plain\nLABEL a=file b=file\n", &options).config;
    let found: Vec<_> = config
        .config
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(found, ["a=cli", "b=file", "d="]);
}

#[test]
fn mounts_are_expanded_and_made_absolute() {
    let text = "FROM plain AS a\nFROM plain\nARG T=cached\nWORKDIR /w\n\
                RUN --mount=target=src --mount=type=bind,from=a,source=/x,target=/y,rw \
                --mount=type=cache,target=$T,sharing=locked --mount=type=cache,target=/z,id=name,mode=700 \
                --mount=type=tmpfs,target=/t,size=1m --mount=type=secret,id=s \
                --mount=type=secret,id=e,env=E,required=true --mount=type=ssh x\n";
    let shown = graph(&lowered(text, &options())).pop().unwrap();
    assert_eq!(
        shown,
        "3: 1 run [\"/bin/sh\", \"-c\", \"x\"] in /w [bind 2:/ /w/src true] [bind 0:/x /y false] \
         [cache /w/cached - /w/cached Locked 755] [cache name - /z Shared 700] [tmpfs /t 1048576] \
         [secret s Some(\"/run/secrets/s\") None false] [secret e None Some(\"E\") true] \
         [ssh default /run/buildkit/ssh_agent.0 false]"
    );
}

#[test]
fn heredocs_expand_unless_quoted() {
    let text = "FROM plain\nARG V=value\nCOPY <<EOF <<\"RAW\" /h/\n\
                $V ${NONE:-default} \\$V \\\\ \"q\" 'q'\nEOF\n$V \\$V\nRAW\n";
    let lowered = lowered(text, &options());
    let Op::Files(files) = &lowered.graph.vertex(lowered.result.unwrap()).op else {
        panic!("COPY");
    };
    let FileAction::Copy(copy) = &files.actions[0] else {
        panic!("COPY");
    };
    let shown: Vec<_> = copy.sources.iter().map(show_source).collect();
    assert_eq!(
        shown,
        [
            "<<EOF \"value default $V \\\\ \\\"q\\\" 'q'\\n\"",
            "<<RAW \"$V \\\\$V\\n\""
        ]
    );
}

#[test]
fn additions_are_told_by_their_address() {
    let text = "FROM scratch\nADD http://h.example/a%20b/c%20d.txt?x=/y /to/\nADD https://h.example /r/\n\
                ADD https://h.example/repo.git#v1 /g\nADD d.tar /u/\n";
    let shown = graph(&lowered(text, &options()));
    assert_eq!(
        shown,
        [
            "0: directory /host/context",
            "1: download http://h.example/a%20b/c%20d.txt?x=/y c d.txt",
            "2: - copy 1: to /to/",
            "3: download https://h.example __unnamed__",
            "4: 2 copy 3: to /r/",
            "5: git https://h.example/repo.git Some(\"v1\")",
            "6: 4 copy 5:/ to /g",
            "7: 6 copy 0:d.tar to /u/",
        ]
    );
}

#[test]
fn names_of_downloads_are_no_paths() {
    let text = "FROM scratch\nADD http://h.example/..%2f..%2fx /to/\nADD http://h.example/a/%2e%2e /to/\n\
                ADD http://h.example/a%00b /to/\nADD http://h.example/.. /to/\nADD http://h.example/..x?y=/../z /to/\n";
    let shown = graph(&lowered(text, &options()));
    let names: Vec<&str> = shown
        .iter()
        .filter_map(|line| line.split_once("download ")?.1.split_once(' '))
        .map(|(_, name)| name)
        .collect();
    let unnamed = "__unnamed__";
    assert_eq!(names, [unnamed, unnamed, unnamed, unnamed, "..x"]);
}

#[test]
fn errors_point_at_their_instruction() {
    for (text, message, place) in [
        (
            "FROM plain\nCOPY --from=2 a /b\nFROM plain\n",
            "invalid stage index 2",
            "COPY --from=2 a /b",
        ),
        (
            "FROM plain\nCOPY --from=$S a /b\n",
            "variable expansion is not supported for --from, got $S",
            "COPY --from=$S a /b",
        ),
        (
            "FROM plain\nCOPY --from=nosuch:none a /b\n",
            "cannot resolve base image `nosuch:none`: no image `nosuch:none` in the store",
            "COPY --from=nosuch:none a /b",
        ),
        (
            "ARG X=${Y:?needed}\nFROM plain\n",
            "cannot expand `${Y:?needed}`: Y: needed",
            "ARG X=${Y:?needed}",
        ),
        (
            "ARG X\nFROM $X\n",
            "base name ($X) should not be blank",
            "FROM $X",
        ),
        (
            "FROM plain\nEXPOSE abc\n",
            "invalid containerPort: abc",
            "EXPOSE abc",
        ),
        (
            "FROM plain\nSTOPSIGNAL SIGNOSUCH\n",
            "invalid signal: SIGNOSUCH",
            "STOPSIGNAL SIGNOSUCH",
        ),
        (
            "FROM plain\nVOLUME $X\n",
            "VOLUME specified can not be an empty string",
            "VOLUME $X",
        ),
        (
            "FROM plain\nCOPY --chmod=64a a /b\n",
            "invalid chmod parameter: `64a`: it is an octal number between 0 and 7777 or symbolic changes such as `u+x`",
            "COPY --chmod=64a a /b",
        ),
        (
            "FROM plain\nADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 a /b\n",
            "checksum requires HTTP(S) or Git sources",
            "ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 a /b",
        ),
    ] {
        let (found, at) = failure(text, &options());
        assert_eq!((found.as_str(), at.as_str()), (message, place));
    }
    // the ones that a build argument or flag mends
    let mended = with_args(&[("X", "plain")]);
    assert!(try_lowered("ARG X=${Y:?needed}\nFROM $X\n", &mended).is_ok());
}

#[test]
fn no_cache_counts_for_the_stages_that_it_names() {
    let text = "FROM plain AS a\nRUN one\nFROM a AS b\nRUN two\n";
    let marks = |no_cache: NoCache| {
        let lowered = lowered(
            text,
            &Options {
                no_cache,
                ..options()
            },
        );
        let needed = lowered.graph.reachable(&[lowered.result.unwrap()]);
        needed
            .iter()
            .map(|id| lowered.graph.vertex(*id).no_cache)
            .collect::<Vec<_>>()
    };
    assert_eq!(marks(NoCache::No), [false, false, false]);
    assert_eq!(marks(NoCache::All), [false, true, true]);
    assert_eq!(
        marks(NoCache::Stages(vec!["a".into()])),
        [false, true, false]
    );
}

#[test]
fn warnings_are_those_of_stages_that_are_built() {
    let text = "FROM plain AS a\nCMD x\nFROM plain\nRUN y\n";
    let rules = |options: &Options, head: &str| {
        let lowered = lowered(&format!("{head}{text}"), options);
        lowered
            .warnings
            .iter()
            .map(|warning| warning.rule)
            .collect::<Vec<_>>()
    };
    let both = Options {
        target: Some("a".into()),
        ..options()
    };
    assert_eq!(rules(&both, ""), ["JSONArgsRecommended"]);
    assert_eq!(rules(&options(), ""), [""; 0]);
    assert_eq!(rules(&both, "# check=skip=all\n"), [""; 0]);
    let strict = failure(&format!("# check=error=true\n{text}"), &both);
    assert_eq!(
        strict.0,
        "lint violation found for rules: JSONArgsRecommended"
    );
}
