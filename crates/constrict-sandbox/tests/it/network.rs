//! Networks and published ports.

use constrict_sandbox::Network;

use crate::need_root;
use crate::sandbox::{Machine, SINGLE, answer, start};

const DEVICES: &str = "ls /sys/class/net; ip addr show lo | grep 'inet '";

#[test]
fn privileged_no_network_is_loopback_only() {
    need_root!();
    for machine in [Machine::new(), Machine::owned_by(SINGLE)] {
        let mut spec =
            machine.shell("ip addr show lo | grep 'inet '; ip route; ip link | grep -c mtu");
        spec.network = Network::None;
        assert_eq!(
            machine.output(&spec),
            "    inet 127.0.0.1/8 scope host lo\n1\n"
        );
    }
}

#[test]
fn privileged_host_network_is_shared() {
    need_root!();
    let machine = Machine::new();
    let inside = machine.output(&machine.shell("busybox readlink /proc/self/ns/net"));
    let outside = std::fs::read_link("/proc/self/ns/net").unwrap();
    assert_eq!(inside.trim(), outside.to_str().unwrap());
}

fn published(machine: &Machine, what: &str, script: &str) -> serde_json::Value {
    let mut driver = machine.driver();
    driver
        .env("DRIVER_NETWORK", "1")
        .env("DRIVER_PUBLISH", what);
    answer(start(&mut driver, &machine.shell(script))).remove(0)
}

#[test]
fn privileged_published_port_reaches_what_listens_everywhere() {
    need_root!();
    for machine in [Machine::new(), Machine::owned_by(SINGLE)] {
        let script = "nc -l -p 8000 -e sh -c 'read x; echo tcp $x' 2>&1";
        assert_eq!(
            published(&machine, "8000", script)["published"],
            "tcp ping\n"
        );
    }
}

#[test]
fn privileged_published_port_does_not_reach_loopback() {
    need_root!();
    let machine = Machine::new();
    let script = "nc -l -s 127.0.0.1 -p 8000 -e sh -c 'read x; echo $x' & sleep 2.5";
    let answer = published(&machine, "8000", script);
    assert!(answer["published"].is_null(), "{answer}");
}

#[test]
fn privileged_own_network_has_a_way_out_through_pasta() {
    need_root!();
    if !std::path::Path::new("/usr/bin/pasta").exists()
        || !std::path::Path::new("/dev/net/tun").exists()
    {
        eprintln!("skipped: needs pasta (Debian package passt) and /dev/net/tun");
        return;
    }
    let machine = Machine::new();
    let mut driver = machine.driver();
    driver.env("DRIVER_NETWORK", "1");
    let spec = machine.shell(&format!("{DEVICES}; ip route | grep -c default"));
    let answer = answer(start(&mut driver, &spec)).remove(0);
    assert_eq!(answer["outbound"], "Pasta", "{answer}");
    let output = answer["stdout"].as_str().unwrap();
    assert!(
        output.contains("inet 10.88.0.2/32") && output.ends_with("\n1\n"),
        "{answer}"
    );
}
