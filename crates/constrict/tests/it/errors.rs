//! What a user reads when a build or a command fails.

use crate::machine;

/// The output of a build that fails.
fn failing(machine: &crate::machine::Machine, dockerfile: &str) -> String {
    machine.write("Dockerfile", dockerfile);
    let outcome = machine.run(&["build", "-q", "--network=none", "."]);
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert_eq!(outcome.stdout, "");
    outcome.stderr
}

#[test]
fn privileged_missing_dockerfile_is_an_error_of_use() {
    let machine = machine!();
    let outcome = machine.run(&["build", "."]);
    let stderr = "error: no Dockerfile at `./Dockerfile`\nhint: constrict build -f PATH says where the Dockerfile is\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (2, stderr));
}

#[test]
fn privileged_errors_of_syntax_name_the_line() {
    let machine = machine!();
    let expected = "\
error: unknown instruction: `COPPY` (did you mean `COPY`?)
  --> Dockerfile:2
  2 | COPPY a b
";
    assert_eq!(failing(&machine, "FROM scratch\nCOPPY a b\n"), expected);
    let expected = "\
error: unterminated heredoc `END`
  --> Dockerfile:2
  2 | RUN <<END
";
    assert_eq!(failing(&machine, "FROM scratch\nRUN <<END\n"), expected);
}

#[test]
fn privileged_failing_run_shows_command_output_and_status() {
    let machine = machine!();
    let expected = "\
error: [stage-0 2/2] RUN echo one && echo two >&2 && exit 3 failed
  --> Dockerfile:2
  2 | RUN echo one \\
  3 |   && echo two >&2 \\
  4 |   && exit 3
cause: `echo one && echo two >&2 && exit 3` ended with exit status 3
   | one
   | two
";
    let told = failing(
        &machine,
        "FROM base:1\nRUN echo one \\\n  && echo two >&2 \\\n  && exit 3\n",
    );
    // the two streams may come in either order
    let told = told.replace("   | two\n   | one\n", "   | one\n   | two\n");
    assert_eq!(told, expected);
}

#[test]
fn privileged_missing_source_names_the_nearest_or_what_hides_it() {
    let machine = machine!();
    machine.write("app.py", "");
    machine.write("secret.key", "");
    machine.write(".dockerignore", "# keys\n*.key\n");
    let expected = "\
error: [stage-0 1/1] COPY ap.py / failed
  --> Dockerfile:2
  2 | COPY ap.py /
cause: `ap.py` not found in the build context
hint: there is `app.py`
";
    assert_eq!(
        failing(&machine, "FROM scratch\nCOPY ap.py /\n").replace("2/2", "1/1"),
        expected
    );
    let expected = "\
cause: `secret.key` not found in the build context
   hidden by .dockerignore:2: *.key
hint: add `!secret.key` below line 2 of .dockerignore
";
    let told = failing(&machine, "FROM scratch\nCOPY secret.key /\n");
    assert!(told.ends_with(expected), "{told}");
}

#[test]
fn privileged_missing_base_names_who_was_asked() {
    let machine = machine!();
    let host = machine.registry().host();
    let expected = "\
error: cannot resolve base image `registry.test/nosuch:1`
  --> Dockerfile:1
  1 | FROM registry.test/nosuch:1
cause: no image `registry.test/nosuch:1`
   asked the store: has no such image
   asked registry.test: not found
";
    // the Dockerfile's text is shown as it stands
    let told = failing(&machine, &format!("FROM {host}/nosuch:1\n"));
    assert!(told.starts_with(expected), "{told}");
}

#[test]
fn privileged_misspelt_stage_is_hinted_at() {
    let machine = machine!();
    let host = machine.registry().host();
    let dockerfile =
        format!("FROM {host}/library/base:1 AS builder\nFROM scratch\nCOPY --from=bulder /x /y\n");
    let told = failing(&machine, &dockerfile);
    assert!(
        told.ends_with("hint: there is a stage `builder`\n"),
        "{told}"
    );
}

#[test]
fn privileged_run_without_shell_is_hinted_at() {
    let machine = machine!();
    machine.write("file", "");
    let told = failing(&machine, "FROM scratch\nCOPY file /\nRUN true\n");
    let expected = "\
cause: `/bin/sh -c true` ended with exit status 127
   | `/bin/sh` not found in the container
hint: the image has no shell: RUN [\"PROGRAM\", \"ARGUMENT\"] needs none, and COPY --from takes what another stage made
";
    assert!(told.ends_with(expected), "{told}");
}

#[test]
fn privileged_unknown_images_are_errors() {
    let machine = machine!();
    let missing = "error: no image `nosuch` in the store\nhint: constrict images lists those that there are\n";
    for command in [
        &["inspect", "--type=image", "nosuch"][..],
        &["rmi", "nosuch"],
        &["tag", "nosuch", "other"],
    ] {
        let outcome = machine.run(command);
        assert_eq!((outcome.status, outcome.stderr.as_str()), (1, missing));
    }
    let outcome = machine.run(&["inspect", "nosuch"]);
    let neither = "error: no container and no image `nosuch`\n\
                   hint: constrict ps -a and constrict images list what there is\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (1, neither));
    assert_eq!(machine.run(&["rmi", "-f", "nosuch"]).status, 0);
    let name = format!("{}/nosuch:1", machine.registry().host());
    let outcome = machine.run(&["pull", &name]);
    let expected =
        "error: `registry.test/nosuch:1` was not found: asked `registry.test` (not found)\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (1, expected));
}
