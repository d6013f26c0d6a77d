//! `build --debug-shell`.

use crate::machine;
use crate::machine::Machine;
use crate::screen::Screen;

const DOCKERFILE: &str = "\
FROM base:1
WORKDIR /srv/app
ENV COLOUR=green
USER web
RUN --mount=type=tmpfs,target=/memory --mount=type=secret,id=token \\
    echo half > /tmp/made; echo before the end; exit 7
";

#[test]
fn privileged_debug_shell_is_where_the_run_failed() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    machine.write("Dockerfile", DOCKERFILE);
    machine.write("token", "hush");
    let command = machine.command(&[
        "build",
        "--network=none",
        "--debug-shell",
        "--secret=id=token,src=token",
        ".",
    ]);
    let mut screen = Screen::start(command, 120);
    let seen = screen.wait_to_see("changes are thrown away; `exit` ends the shell\n");
    let banner = "   | before the end\ndebug shell: `/bin/sh` in `/srv/app` as this RUN left it\n";
    assert!(seen.contains(banner), "{seen}");
    screen.type_keys(
        "cat /tmp/made; echo $(pwd) $COLOUR $(id -u) $TERM; test -d /memory && echo mounted\n",
    );
    screen.wait_to_see("half\n/srv/app green 33 xterm\nmounted\n");
    screen.type_keys("touch /tmp/new && echo writ''ten; exit 5\n");
    let (status, seen) = screen.end();
    assert_eq!(status, 1, "{seen}");
    assert!(seen.contains("written\n"), "{seen}");
    let (_, after) = seen.split_once("\nerror: ").unwrap();
    assert!(
        after.contains("ended with exit status 7\n   | before the end\n"),
        "{seen}"
    );
    assert!(
        machine.left_behind().is_empty(),
        "{:?}",
        machine.left_behind()
    );
    // nothing of it is in the cache: the step fails again
    assert_eq!(
        machine
            .run(&[
                "build",
                "-q",
                "--network=none",
                "--secret=id=token,src=token",
                "."
            ])
            .status,
        1
    );
}

#[test]
fn privileged_debug_shell_waits_until_the_other_stages_are_dead() {
    let machine = machine!();
    machine.ok(&["pull", "-q", "base:1"]);
    let dockerfile = "FROM base:1 AS other\nRUN while true; do echo noise; sleep 0.1; done\n\
                      FROM base:1\nSHELL [\"/bin/sh\", \"-e\", \"-c\"]\nRUN sleep 0.5; false\nCOPY --from=other /etc/data /\n";
    machine.write("Dockerfile", dockerfile);
    let command = machine.command(&["build", "--network=none", "--debug-shell", "."]);
    let mut screen = Screen::start(command, 80);
    let seen = screen.wait_to_see("`exit` ends the shell\n");
    let (before, _) = seen.split_once("debug shell:").unwrap();
    assert!(
        before.contains(" ✗ [stage-1 2/3]") && before.contains(" cancelled\n"),
        "{seen}"
    );
    screen.type_keys("echo qui''et\n");
    screen.wait_to_see("quiet\n");
    // the end of input ends the shell
    screen.type_keys("\u{4}");
    let (status, seen) = screen.end();
    assert_eq!(status, 1);
    let (_, after) = seen.split_once("quiet\n").unwrap();
    assert!(!after.contains("noise"), "{seen}");
}

#[test]
fn privileged_images_without_a_shell_say_so() {
    let machine = machine!();
    machine.write("file", "");
    machine.write("Dockerfile", "FROM scratch\nCOPY file /\nRUN true\n");
    let command = machine.command(&["build", "--network=none", "--debug-shell", "."]);
    let (status, seen) = Screen::start(command, 100).end();
    assert_eq!(status, 1);
    let expected = "warning: Dockerfile:3: no debug shell: `/bin/sh` not found in the container\n";
    assert!(seen.contains(expected), "{seen}");
}

#[test]
fn debug_shell_needs_a_terminal() {
    let machine = Machine::new();
    machine.write("Dockerfile", "FROM scratch\n");
    let outcome = machine.run(&["build", "--debug-shell", "."]);
    let expected = "error: `--debug-shell` needs a terminal as standard input and output\n\
                    hint: leave it out where nobody types\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (2, expected));
}
