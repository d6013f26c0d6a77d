//! The two modes of an ordinary user.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use constrict_sandbox::{User, recorded_owner};
use serde_json::json;

use crate::need_root;
use crate::sandbox::{Machine, SINGLE, user_with_sub_ids};

#[test]
fn privileged_single_id_records_owners() {
    need_root!();
    let machine = Machine::owned_by(SINGLE);
    let script = "id -u; touch /f /g; mkdir /d; busybox ln -s f /l; \
                  chown 33:34 /f && chown 33 /d && chown -h 5:6 /l && mv /l /moved && chown 0:0 /g; \
                  chown 1:1 /none 2>&1; true";
    let answer = machine.run(&machine.shell(script));
    assert_eq!(answer["mode"], "SingleId", "{answer}");
    assert_eq!(
        answer["stdout"], "0\nchown: /none: No such file or directory\n",
        "{answer}"
    );
    assert_eq!(
        answer["owners"],
        json!([{ "path": "/moved", "uid": 5, "gid": 6 }])
    );
    let owner =
        |name: &str| recorded_owner(File::open(machine.path("upper").join(name)).unwrap()).unwrap();
    assert_eq!(
        (owner("f"), owner("d"), owner("g")),
        (Some((33, 34)), Some((33, 0)), None)
    );
    assert_eq!(fs::metadata(machine.path("upper/f")).unwrap().uid(), SINGLE);
}

#[test]
fn privileged_single_id_chown_clears_set_uid_and_keeps_the_root() {
    need_root!();
    let machine = Machine::owned_by(SINGLE);
    fs::write(machine.path("outside"), "").unwrap();
    machine.give();
    let outside = machine.path("outside");
    let script = format!(
        "touch /f; busybox chmod 4755 /f; chown 3:3 /f; busybox ln -s {} /out; chown 4:4 /out 2>/dev/null; \
         mkdir -p /jail/bin; busybox cp /bin/busybox /jail/bin; touch /jail/x; \
         busybox chroot /jail /bin/busybox chown 7:7 /x; cd /jail; chown 8:8 bin",
        outside.display()
    );
    machine.output(&machine.shell(&script));
    let owner = |name: &str| recorded_owner(File::open(machine.path(name)).unwrap()).unwrap();
    assert_eq!(
        fs::metadata(machine.path("upper/f"))
            .unwrap()
            .permissions()
            .mode()
            & 0o7777,
        0o755
    );
    assert_eq!(owner("outside"), None);
    assert_eq!(owner("upper/jail/x"), Some((7, 7)));
    assert_eq!(owner("upper/jail/bin"), Some((8, 8)));
}

#[test]
fn privileged_single_id_account_files_keep_their_owner() {
    need_root!();
    let machine = Machine::owned_by(SINGLE);
    let shadow = machine.path("lower/etc/shadow");
    fs::write(&shadow, "root:*:::::::\n").unwrap();
    rustix::fs::setxattr(
        &shadow,
        "user.constrict.owner",
        b"0:42",
        rustix::fs::XattrFlags::empty(),
    )
    .unwrap();
    machine.give();
    // as `useradd` does
    let script = "cd /etc; busybox cp shadow shadow-; busybox cp shadow shadow+; chown 0:0 shadow+; mv shadow+ shadow";
    machine.output(&machine.shell(script));
    let owner = |name: &str| {
        recorded_owner(File::open(machine.path("upper/etc").join(name)).unwrap()).unwrap()
    };
    assert_eq!(
        (owner("shadow"), owner("shadow-")),
        (Some((0, 42)), Some((0, 42)))
    );
}

#[test]
fn privileged_single_id_many_short_commands_start() {
    need_root!();
    let machine = Machine::owned_by(SINGLE);
    for _ in 0..20 {
        let mut spec = machine.shell("");
        spec.args = ["/bin/busybox", "true"].map(str::to_owned).to_vec();
        assert_eq!(machine.run(&spec)["exit"], json!({ "Code": 0 }));
    }
}

#[test]
fn privileged_single_id_other_user_sees_itself() {
    need_root!();
    let machine = Machine::owned_by(SINGLE);
    let mut spec = machine.shell(
        "id -u; id -g; touch /tmp/x; chown 0 /tmp/x 2>&1; grep CapEff /proc/self/status; true",
    );
    spec.user = User {
        uid: 1000,
        gid: 1000,
        groups: vec![1000],
    };
    let expected = "1000\n1000\nchown: /tmp/x: Invalid argument\nCapEff:\t0000000000000000\n";
    assert_eq!(machine.output(&spec), expected);
}

#[test]
fn privileged_single_id_devices_are_refused() {
    need_root!();
    let machine = Machine::owned_by(SINGLE);
    let script = "mknod /null c 1 3 2>&1; echo x > /dev/null && head -c1 /dev/zero | busybox wc -c";
    assert_eq!(
        machine.output(&machine.shell(script)),
        "mknod: /null: Operation not permitted\n1\n"
    );
}

#[test]
fn privileged_sub_ids_apply_owners() {
    need_root!();
    let Some((uid, first)) = user_with_sub_ids() else {
        eprintln!("skipped: needs a user in /etc/subuid and /etc/subgid, and the package uidmap");
        return;
    };
    let machine = Machine::owned_by(uid);
    let script = "id -u; touch /f; chown 33:33 /f; mknod /n c 1 3 2>&1; stat -c %u:%g /f; chown 70000 /f 2>&1; true";
    let answer = machine.run(&machine.shell(script));
    assert_eq!(answer["mode"], "SubIds", "{answer}");
    let expected = "0\nmknod: /n: Operation not permitted\n33:33\nchown: /f: Invalid argument\n";
    assert_eq!(answer["stdout"], expected, "{answer}");
    assert_eq!(
        fs::metadata(machine.path("upper/f")).unwrap().uid(),
        first + 32
    );
    let mut spec = machine.shell("id -u");
    spec.user = User {
        uid: 1000,
        gid: 1000,
        groups: Vec::new(),
    };
    assert_eq!(machine.output(&spec), "1000\n");
    let forced = machine
        .driver()
        .env("CONSTRICT_SANDBOX", "single-id")
        .arg("/tmp")
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&forced.stdout).contains("Some(SingleId)"),
        "{forced:?}"
    );
    let unknown = machine
        .driver()
        .env("CONSTRICT_SANDBOX", "none")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&unknown.stdout).into_owned();
    assert_eq!(
        said,
        "[{\"error\":\"unknown value of `CONSTRICT_SANDBOX` `none`\",\"remedy\":null}]\n"
    );
}

#[test]
fn privileged_probe_tells_mode_and_overlay() {
    need_root!();
    let machine = Machine::owned_by(SINGLE);
    let output = machine.driver().arg(machine.path("")).output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said[0]["mode"], "Some(SingleId)");
    let facts = said[0]["facts"].as_array().unwrap();
    let fact = |name: &str| facts.iter().find(|fact| fact["name"] == name).unwrap();
    assert_eq!(
        (&fact("overlay")["ok"], &fact("seccomp")["ok"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(fact("subordinate user ids")["ok"], false);
    assert!(fact("subordinate user ids")["remedy"].is_string());
    // nothing is left behind
    let mut left: Vec<_> = fs::read_dir(machine.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["lower", "upper", "work"]);
}
