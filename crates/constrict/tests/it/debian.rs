//! Bases assembled from the packages of the Debian mirror that this machine's apt uses.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::machine;
use crate::machine::Machine;

/// An ordinary user without further ids, on any machine.
const NOBODY: u32 = 65_534;

const PROBE: &str = "import ssl, sqlite3, ctypes, zoneinfo, sys; \
                     ssl.create_default_context(); zoneinfo.ZoneInfo('Europe/Berlin'); \
                     print(sys.prefix, sys.version_info[:2])";

#[test]
fn network_privileged_python_of_debian_packages_runs() {
    let machine = machine!();
    let dockerfile = format!(
        "FROM python:3.11-slim AS tools\nRUN python -m venv /v\nFROM python:3.11-slim\nCOPY --from=tools /v /v\n\
         RUN /v/bin/python -c 'import pip; print(pip.__file__)' > /where\nCMD [\"python\", \"-c\", \"{PROBE}\"]\n"
    );
    machine.write("Dockerfile", &dockerfile);
    machine.ok(&["build", "-q", "--bases", "debian", "-t", "probe", "."]);
    assert_eq!(machine.ok(&["run", "probe"]), "/usr/local (3, 11)\n");
    assert_eq!(
        machine.ok(&["run", "probe", "cat", "/where"]),
        "/v/lib/python3.11/site-packages/pip/__init__.py\n"
    );
    let site = "import site; print(site.getsitepackages())";
    assert_eq!(
        machine.ok(&["run", "probe", "python", "-c", site]),
        "['/usr/local/lib/python3.11/site-packages']\n"
    );
    assert_eq!(machine.ok(&["run", "probe", "dpkg", "--audit"]), "");
}

#[test]
fn network_privileged_debian_base_has_one_digest_for_root_and_others() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can become another user");
        return;
    }
    let (ours, theirs) = (machine!(), Machine::new());
    for machine in [&ours, &theirs] {
        machine.write("Dockerfile", "FROM debian:bookworm-slim\n");
    }
    let arguments = ["build", "-q", "--bases", "debian", "."];
    let of_root = ours.ok(&arguments);
    // nobody may neither enter root's directories nor read its programs
    let program = theirs.path("constrict");
    std::fs::copy(env!("CARGO_BIN_EXE_constrict"), &program).unwrap();
    std::fs::set_permissions(theirs.path(""), PermissionsExt::from_mode(0o755)).unwrap();
    for folder in ["home", "data", "work"] {
        chown(theirs.path(folder), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let plan = theirs.command(&arguments);
    let mut command = Command::new(&program);
    command.args(plan.get_args()).env_clear();
    command.current_dir(plan.get_current_dir().unwrap());
    let variables = plan
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    let output = command
        .envs(variables)
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .unwrap();
    let (out, err) = (theirs.shown(&output.stdout), theirs.shown(&output.stderr));
    assert_eq!(
        (out.as_str(), err.contains("error:")),
        (of_root.as_str(), false),
        "{err}"
    );
}

#[test]
fn privileged_base_that_debian_could_make_is_hinted_at() {
    let machine = machine!();
    machine.write("Dockerfile", "FROM python:3.11-slim\n");
    let outcome = machine.run(&["build", "."]);
    assert_eq!(outcome.status, 1);
    let hint = "--bases debian";
    assert!(outcome.stderr.contains(hint), "{}", outcome.stderr);
}
