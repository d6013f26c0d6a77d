//! Images of the store: listed, described, named, removed, pulled and pushed.

use serde_json::Value;

use crate::machine;

#[test]
fn privileged_images_are_listed_named_and_removed() {
    let machine = machine!();
    let digest = machine.build("app", "FROM base:1\nLABEL a=b\n");
    let short = &digest["sha256:".len()..][..12];
    machine.ok(&["tag", short, "r.example/team/app:2"]);
    assert_eq!(machine.ok(&["images", "-q"]), format!("{digest}\n"));
    let table = machine.ok(&["images"]);
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|line| {
            line.split("   ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    assert_eq!(
        lines[0],
        ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"]
    );
    let mut named: Vec<_> = lines[1..]
        .iter()
        .map(|cells| (cells[0], cells[1], cells[2]))
        .collect();
    named.sort_unstable();
    assert_eq!(
        named,
        [("app", "latest", short), ("r.example/team/app", "2", short)]
    );
    assert!(lines[1][3].ends_with(" ago"), "{table}");

    let json = machine.ok(&["images", "--format=json", "app"]);
    let listed: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&listed["Repository"], &listed["ID"]),
        (&"app".into(), &digest.clone().into())
    );

    let refused = machine.run(&["rmi", short]);
    let expected = format!(
        "error: image `{short}` has 2 names: app:latest, r.example/team/app:2\n\
         hint: constrict rmi -f {short} removes them all\n"
    );
    assert_eq!((refused.status, refused.stderr), (2, expected));
    assert_eq!(machine.ok(&["rmi", "app"]), "Untagged: app:latest\n");
    let expected = format!("Untagged: r.example/team/app:2\nDeleted: {digest}\n");
    assert_eq!(machine.ok(&["rmi", short]), expected);
    assert_eq!(machine.ok(&["images", "-q"]), "");
}

#[test]
fn privileged_inspect_describes_as_docker_does() {
    let machine = machine!();
    let digest = machine.build(
        "app",
        "FROM base:1\nENV A=b\nEXPOSE 80\nUSER web\nWORKDIR /srv\nENTRYPOINT [\"sh\"]\nCMD [\"-c\", \"true\"]\n",
    );
    let json: Value = serde_json::from_str(&machine.ok(&["inspect", "app"])).unwrap();
    let image = &json[0];
    assert_eq!(image["Id"], digest);
    assert_eq!(image["RepoTags"], serde_json::json!(["app:latest"]));
    assert_eq!(image["Os"], "linux");
    let config = serde_json::json!({
        "User": "web",
        "ExposedPorts": { "80/tcp": {} },
        "Env": ["A=b"],
        "Entrypoint": ["sh"],
        "Cmd": ["-c", "true"],
        "WorkingDir": "/srv",
        "ArgsEscaped": true,
    });
    assert_eq!(image["Config"], config);
    assert_eq!(image["RootFS"]["Type"], "layers");
    assert_eq!(image["RootFS"]["Layers"].as_array().unwrap().len(), 2);
}

#[test]
fn privileged_pull_and_push_go_to_the_registry_of_the_name() {
    let machine = machine!();
    let outcome = machine.run(&["pull", "base:1"]);
    assert_eq!(outcome.status, 0, "{outcome:?}");
    assert_eq!(outcome.stdout, "docker.io/library/base:1\n");
    let digest = machine.ok(&["images", "-q"]);
    assert!(
        outcome.stderr.ends_with(&format!("pulled {digest}")),
        "{}",
        outcome.stderr
    );

    let name = format!("{}/team/copy:1", machine.registry().host());
    machine.ok(&["tag", "base:1", &name]);
    let pushed = machine.ok(&["push", "-q", &name]);
    assert_eq!(pushed, format!("registry.test/team/copy@{digest}"));
    let (_, manifest) = machine.registry().manifest("team/copy", "1").unwrap();
    assert!(
        machine
            .registry()
            .manifest("team/copy", digest.trim_end())
            .is_some()
    );
    assert!(!manifest.is_empty());
    // by digest, from a store that has nothing
    machine.ok(&["rmi", "-f", digest.trim_end()]);
    let by_digest = format!(
        "{}/team/copy@{}",
        machine.registry().host(),
        digest.trim_end()
    );
    machine.ok(&["run", "--network=none", &by_digest, "true"]);
}

#[test]
fn privileged_run_pulls_what_the_store_does_not_have() {
    let machine = machine!();
    let outcome = machine.run(&["run", "--network=none", "base:1", "sh", "-c", "echo ran"]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (0, "ran\n"));
    machine.registry().take_lines();
    machine.ok(&["run", "--network=none", "base:1", "true"]);
    assert_eq!(machine.registry().take_lines(), Vec::<String>::new());
}
