//! `doctor`.

use serde_json::Value;

use crate::machine;
use crate::machine::Machine;

#[test]
fn privileged_doctor_says_that_builds_can_run() {
    let machine = machine!();
    let text = machine.ok(&["doctor"]);
    assert!(
        text.ends_with("\nbuilds can run on this machine\n"),
        "{text}"
    );
    let facts: Value = serde_json::from_str(&machine.ok(&["doctor", "--format=json"])).unwrap();
    assert_eq!(facts["ok"], true);
    let configuration = facts["facts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|fact| fact["name"] == "configuration");
    let detail = configuration.unwrap()["detail"].as_str().unwrap();
    let expected = "`/test/config/constrict/constrict.toml`; docker.io from registry.test";
    assert_eq!(machine.shown(detail.as_bytes()), expected);
}

#[test]
fn doctor_fails_on_a_configuration_that_no_build_can_read() {
    let machine = Machine::new();
    std::fs::write(
        machine.path("config/constrict/constrict.toml"),
        "nonsense = 1\n",
    )
    .unwrap();
    let outcome = machine.run(&["doctor"]);
    assert_eq!(outcome.status, 1);
    assert!(
        outcome.stdout.contains("FAIL  configuration"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome
            .stdout
            .ends_with("\nbuilds cannot run on this machine\n")
    );
}
