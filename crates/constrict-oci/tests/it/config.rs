//! Image configurations and manifests as others write them and as this program does: whole documents.

use std::collections::BTreeMap;

use constrict_oci::{
    Descriptor, Digest, Healthcheck, History, ImageConfig, Index, Manifest, MediaType, Platform,
    RunConfig,
};

fn config() -> ImageConfig {
    ImageConfig {
        created: Some("2024-05-06T07:08:09Z".into()),
        config: RunConfig {
            user: "app:app".into(),
            exposed_ports: ["8000/tcp".to_owned(), "53/udp".to_owned()].into(),
            env: vec!["PATH=/usr/bin".into(), "A=b=c".into()],
            entrypoint: vec!["python".into()],
            cmd: vec!["-m".into(), "<app>".into()],
            volumes: ["/data".to_owned()].into(),
            working_dir: "/app".into(),
            labels: BTreeMap::from([("b".into(), "2".into()), ("a".into(), "1".into())]),
            stop_signal: "SIGINT".into(),
            healthcheck: Some(Healthcheck {
                test: vec!["CMD-SHELL".into(), "true".into()],
                interval: 30_000_000_000,
                retries: 3,
                ..Healthcheck::default()
            }),
            on_build: vec!["RUN true".into()],
            shell: vec!["/bin/bash".into(), "-c".into()],
            ..RunConfig::default()
        },
        rootfs: constrict_oci::RootFs {
            diff_ids: vec![Digest::of(b"")],
            ..Default::default()
        },
        history: vec![
            History {
                created_by: "COPY . . # buildkit".into(),
                ..History::default()
            },
            History {
                created_by: "CMD".into(),
                empty_layer: true,
                ..History::default()
            },
        ],
        ..ImageConfig::new(&Platform::of("linux", "aarch64", "v8"))
    }
}

const WRITTEN: &str = concat!(
    r#"{"architecture":"arm64","config":{"User":"app:app","ExposedPorts":{"53/udp":{},"8000/tcp":{}},"#,
    r#""Env":["PATH=/usr/bin","A=b=c"],"Entrypoint":["python"],"Cmd":["-m","<app>"],"Volumes":{"/data":{}},"#,
    r#""WorkingDir":"/app","Labels":{"a":"1","b":"2"},"StopSignal":"SIGINT","#,
    r#""Healthcheck":{"Test":["CMD-SHELL","true"],"Interval":30000000000,"Retries":3},"#,
    r#""OnBuild":["RUN true"],"Shell":["/bin/bash","-c"]},"created":"2024-05-06T07:08:09Z","#,
    r#""history":[{"created_by":"COPY . . # buildkit"},{"created_by":"CMD","empty_layer":true}],"os":"linux","#,
    r#""rootfs":{"type":"layers","diff_ids":["#,
    r#""sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}}"#,
);

#[test]
fn a_configuration_is_written_as_buildkit_does() {
    assert_eq!(String::from_utf8(config().to_json()).unwrap(), WRITTEN);
    assert_eq!(ImageConfig::parse(WRITTEN.as_bytes()).unwrap(), config());
}

#[test]
fn null_reads_as_absent_everywhere() {
    let nulls = r#"{"architecture":"amd64","author":null,"created":null,"os":"linux","variant":null,"os.features":null,
        "config":{"User":null,"ExposedPorts":null,"Env":null,"Entrypoint":null,"Cmd":null,"Volumes":null,"WorkingDir":null,
        "Labels":null,"StopSignal":null,"Healthcheck":null,"OnBuild":null,"Shell":null,"StopTimeout":null,
        "ArgsEscaped":null},"history":null,"rootfs":{"type":"layers","diff_ids":null}}"#;
    let expected = ImageConfig::new(&Platform::of("linux", "amd64", ""));
    assert_eq!(ImageConfig::parse(nulls.as_bytes()).unwrap(), expected);
    for least in [
        r#"{"architecture":"amd64","os":"linux","config":null,"rootfs":null}"#,
        r#"{"architecture":"amd64","os":"linux"}"#,
    ] {
        assert_eq!(ImageConfig::parse(least.as_bytes()).unwrap(), expected);
    }
    let health = r#"{"config":{"Healthcheck":{"Test":null,"Interval":null,"Retries":null}}}"#;
    let found = ImageConfig::parse(health.as_bytes())
        .unwrap()
        .config
        .healthcheck;
    assert_eq!(found, Some(Healthcheck::default()));
}

#[test]
fn unknown_members_are_kept() {
    let json = concat!(
        r#"{"architecture":"amd64","config":{"Cmd":["sh"],"Hostname":"x","Tty":false},"os":"linux","#,
        r#""rootfs":{"type":"layers","diff_ids":[]},"docker_version":"20.10","moby.buildkit.cache.v0":[1]}"#
    );
    let config = ImageConfig::parse(json.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(config.to_json()).unwrap(), json);
}

#[test]
fn a_command_may_be_one_string() {
    let config = ImageConfig::parse(br#"{"config":{"Entrypoint":"/init","Cmd":"x"}}"#)
        .unwrap()
        .config;
    assert_eq!(
        (config.entrypoint, config.cmd),
        (vec!["/init".to_owned()], vec!["x".to_owned()])
    );
}

#[test]
fn what_is_no_configuration_is_an_error() {
    for json in [
        "",
        "[]",
        "null",
        r#"{"config":[]}"#,
        r#"{"rootfs":{"diff_ids":["md5:x"]}}"#,
        r#"{"config":{"Env":"x"}}"#,
    ] {
        let message = ImageConfig::parse(json.as_bytes())
            .expect_err(json)
            .to_string();
        assert_eq!(
            message,
            "the image configuration is not valid JSON of its kind"
        );
    }
}

#[test]
fn a_manifest_is_written_whole_and_read_back() {
    let config = Descriptor::of(MediaType::OciConfig, b"{}");
    let mut layer = Descriptor::of(MediaType::OciLayerGzip, b"");
    layer.annotations.insert("a".into(), "b".into());
    layer.extra.insert("data".into(), "".into());
    let manifest = Manifest::oci(config, vec![layer]);
    let json = concat!(
        r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","#,
        r#""config":{"mediaType":"application/vnd.oci.image.config.v1+json","#,
        r#""digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"#,
        r#""layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","#,
        r#""digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0,"#,
        r#""annotations":{"a":"b"},"data":""}]}"#
    );
    assert_eq!(String::from_utf8(manifest.to_json()).unwrap(), json);
    assert_eq!(Manifest::parse(json.as_bytes()).unwrap(), manifest);
}

#[test]
fn docker_documents_with_nulls_are_read() {
    let json = br#"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","annotations":null,
        "config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":1,"urls":null,"platform":null,
        "digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},"layers":null}"#;
    let manifest = Manifest::parse(json).unwrap();
    assert_eq!(manifest.media_type(), MediaType::DockerManifest);
    assert_eq!(manifest.layers, []);
    let list = Index::parse(br#"{"schemaVersion":2,"manifests":null}"#).unwrap();
    assert_eq!(
        (list.media_type(), list.manifests.len()),
        (MediaType::OciIndex, 0)
    );
    for size in ["-1", "\"1\"", "1.5", "null"] {
        let json = format!(r#"{{"digest":"{}","size":{size}}}"#, Digest::of(b""));
        assert!(serde_json::from_str::<Descriptor>(&json).is_err(), "{size}");
    }
}

#[test]
fn numbers_of_unknown_keys_are_kept_to_the_last_digit() {
    let text = br#"{"weight":2.6666666666666665e128,"rootfs":{"type":"layers","diff_ids":[]}}"#;
    let config = ImageConfig::parse(text).expect("it is read");
    let again = ImageConfig::parse(&config.to_json()).expect("ours");
    assert_eq!(again, config);
    let text = br#"{"weight":2.666666666666666e128}"#;
    let config = ImageConfig::parse(text).expect("it is read");
    assert_eq!(config.extra["weight"].to_string(), "2.666666666666666e+128");
}
