//! Wrong use, found before anything is done: no store, no namespaces.

use crate::machine::Machine;

#[test]
fn wrong_use_of_build_is_told_with_status_2() {
    let machine = Machine::new();
    machine.write("file", "");
    let cases: [(&[&str], &str); 9] = [
        (
            &["-t", "Bad", "."],
            "error: invalid tag `Bad`: `Bad` is not an image reference: the repository `Bad` must be lower case\n",
        ),
        (
            &["--output", "type=foo", "."],
            "error: unknown output type `foo`: oci, docker, tar, local, registry or image\n",
        ),
        (
            &["--push", "."],
            "error: a push needs a name\nhint: constrict build --push -t REGISTRY/NAME:TAG .\n",
        ),
        (&["nosuch"], "error: no build context at `nosuch`\n"),
        (
            &["file"],
            "error: the build context `file` is no directory\n\
             hint: constrict build -f file . if it is the Dockerfile, constrict build - < file if it is a tar\n",
        ),
        (
            &["--platform", "a/b/c/d", "."],
            "error: `a/b/c/d` is not a platform: there are more than three parts\n",
        ),
        (
            &["--build-context", "x", "."],
            "error: `--build-context x` is no NAME=VALUE\n",
        ),
        (
            &["--secret", "src=/nosuch", "."],
            "error: secret `/nosuch`: no file `/nosuch`\n",
        ),
        (
            &["--target", "last", "."],
            "error: no stage `last` in Dockerfile\nhint: there is `one`, `two`\n",
        ),
    ];
    machine.write("Dockerfile", "FROM scratch AS one\nFROM one AS two\n");
    for (arguments, stderr) in cases {
        let mut all = vec!["build"];
        all.extend(arguments);
        let outcome = machine.run(&all);
        assert_eq!(
            (outcome.status, outcome.stderr.as_str()),
            (2, stderr),
            "{arguments:?}"
        );
        assert_eq!(outcome.stdout, "");
    }
}

#[test]
fn wrong_use_of_run_is_told_with_status_125() {
    let machine = Machine::new();
    let cases: [(&[&str], &str); 8] = [
        (&["-e", "=1"], "error: variable `=1` has no name\n"),
        (
            &["-p", "x"],
            "error: port `x`: the container's port is no number from 1 to 65535\n",
        ),
        (
            &["-v", "a:b"],
            "error: volume `a:b`: the path in the container is not absolute\n",
        ),
        (
            &["--tmpfs", "x"],
            "error: tmpfs `x`: the path is not absolute\n",
        ),
        (&["--cap-add", "NOPE"], "error: unknown capability `NOPE`\n"),
        (
            &["--env-file", "nosuch"],
            "error: cannot read `nosuch`: No such file or directory (os error 2)\n",
        ),
        (
            &["-it"],
            "error: `-it` needs a terminal as standard input and output\n\
             hint: leave out `-t`, or `-i` if nothing is typed\n",
        ),
        (
            &["--isolation"],
            "error: unexpected argument '--isolation' found\n\n  tip: to pass '--isolation' as a value, use '-- --isolation'\n\n\
             Usage: constrict run [OPTIONS] <IMAGE> [COMMAND]...\n\nFor more information, try '--help'.\n",
        ),
    ];
    for (flags, stderr) in cases {
        let mut all = vec!["run"];
        all.extend(flags);
        all.extend(["image", "command"]);
        let outcome = machine.run(&all);
        assert_eq!(
            (outcome.status, outcome.stderr.as_str()),
            (125, stderr),
            "{flags:?}"
        );
    }
}

#[test]
fn unknown_command_is_told_with_status_2() {
    let outcome = Machine::new().run(&["bulid"]);
    let stderr = "error: unrecognized subcommand 'bulid'\n\n  tip: a similar subcommand exists: 'build'\n\n\
                  Usage: constrict <COMMAND>\n\nFor more information, try '--help'.\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (2, stderr));
}

#[test]
fn help_of_run_says_how_long_a_container_stays() {
    let outcome = Machine::new().run(&["run", "--help"]);
    assert_eq!(outcome.status, 0);
    let text: Vec<&str> = outcome.stdout.split_whitespace().collect();
    let told = "The container stays when it has ended, until it is removed or with --rm";
    assert!(text.join(" ").contains(told), "{}", outcome.stdout);
}
