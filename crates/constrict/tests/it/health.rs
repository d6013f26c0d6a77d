//! HEALTHCHECK: run and shown.

use crate::containers::{inspect, start, wait_for};
use crate::machine;

#[test]
fn privileged_health_of_the_image_is_checked_and_shown() {
    let machine = machine!();
    machine.build(
        "checked",
        "FROM base:1\nHEALTHCHECK --interval=100ms --retries=2 CMD cat /tmp/well || exit 1\nCMD [\"sleep\", \"60\"]\n",
    );
    machine.ok(&["run", "-d", "--network=none", "--name", "sick", "checked"]);
    let status = || machine.ok(&["ps", "--format", "{{.Status}}"]);
    assert!(status().ends_with(" (health: starting)\n"));
    wait_for("it is unhealthy", || status().ends_with(" (unhealthy)\n"));
    let health =
        |member: &str| inspect(&machine, "sick", &format!("{{{{.State.Health.{member}}}}}"));
    assert_eq!(health("Status"), "unhealthy");
    assert!(
        health("Log").contains("cat: /tmp/well: No such file or directory"),
        "{}",
        health("Log")
    );
    machine.ok(&["exec", "sick", "sh", "-c", "echo fine >/tmp/well"]);
    wait_for("it is healthy", || status().ends_with(" (healthy)\n"));
    assert_eq!(
        (health("Status"), health("FailingStreak")),
        ("healthy".into(), "0".into())
    );
    assert_eq!(
        machine
            .ok(&["ps", "-q", "--filter", "health=healthy"])
            .lines()
            .count(),
        1
    );
    machine.ok(&[
        "run",
        "-d",
        "--network=none",
        "--no-healthcheck",
        "--name",
        "plain",
        "checked",
    ]);
    assert!(
        !machine
            .ok(&["ps", "--filter", "name=plain", "--format", "{{.Status}}"])
            .contains('(')
    );
}

#[test]
fn privileged_health_checks_that_take_too_long_fail() {
    let machine = machine!();
    let flags = [
        "--name",
        "slow",
        "--health-cmd",
        "echo begun; sleep 30",
        "--health-interval=100ms",
        "--health-timeout=200ms",
        "--health-retries=1",
    ];
    start(&machine, &flags, "sleep 60");
    wait_for("it is unhealthy", || {
        inspect(&machine, "slow", "{{.State.Health.Status}}") == "unhealthy"
    });
    let log = inspect(&machine, "slow", "{{json .State.Health.Log}}");
    assert!(
        log.contains(r#""ExitCode":-1,"Output":"Health check exceeded timeout (0.2s)""#),
        "{log}"
    );
    // the container can be ended meanwhile
    machine.ok(&["rm", "-f", "slow"]);
}
