//! `cache explain`: what a build would find in the cache, without building.

use crate::machine;
use crate::machine::Machine;

const DOCKERFILE: &str = "\
FROM base:1 AS builder
WORKDIR /app
COPY requirements.txt .
RUN cat requirements.txt > installed
FROM base:1
COPY settings /settings
COPY --from=builder /app /app
RUN ls /app
";

fn explained(machine: &Machine, flags: &[&str]) -> String {
    let mut arguments = vec!["cache", "explain", "--network", "none", "-t", "app"];
    arguments.extend(flags);
    machine.ok(&arguments)
}

#[test]
fn privileged_cache_explain_says_what_keeps_steps_out_and_does_none() {
    let machine = machine!();
    machine.write("requirements.txt", "flask\n");
    machine.write("settings", "a\n");
    machine.write("Dockerfile", DOCKERFILE);
    let never = "\
not cached  [stage-1 2/4] COPY settings /settings
            it was never done before
not cached  [builder 2/4] WORKDIR /app
            it was never done before
not cached  [builder 3/4] COPY requirements.txt .
            it needs [builder 2/4]
not cached  [builder 4/4] RUN cat requirements.txt > installed
            it needs [builder 3/4]
not cached  [stage-1 3/4] COPY --from=builder /app /app
            it needs [stage-1 2/4]
not cached  [stage-1 4/4] RUN ls /app
            it needs [stage-1 3/4]
";
    // asked twice: a question is no answer to the next
    assert_eq!(explained(&machine, &[]), never);
    assert_eq!(explained(&machine, &[]), never);
    assert_eq!(machine.ok(&["images", "-q"]), "");

    machine.build("app", DOCKERFILE);
    let all = "\
cached      [stage-1 2/4] COPY settings /settings
cached      [builder 2/4] WORKDIR /app
cached      [builder 3/4] COPY requirements.txt .
cached      [builder 4/4] RUN cat requirements.txt > installed
cached      [stage-1 3/4] COPY --from=builder /app /app
cached      [stage-1 4/4] RUN ls /app
";
    assert_eq!(explained(&machine, &[]), all);

    machine.write("requirements.txt", "flask\ngunicorn\n");
    let expected = "\
cached      [stage-1 2/4] COPY settings /settings
cached      [builder 2/4] WORKDIR /app
not cached  [builder 3/4] COPY requirements.txt .
            `app/requirements.txt` changed
not cached  [builder 4/4] RUN cat requirements.txt > installed
            it needs [builder 3/4]
not cached  [stage-1 3/4] COPY --from=builder /app /app
            it needs [builder 4/4]
not cached  [stage-1 4/4] RUN ls /app
            it needs [stage-1 3/4]
";
    assert_eq!(explained(&machine, &[]), expected);
    assert_eq!(explained(&machine, &[]), expected);
    machine.write("requirements.txt", "flask\n");

    let expected = "\
cached      [stage-1 2/4] COPY settings /settings
cached      [builder 2/4] WORKDIR /app
cached      [builder 3/4] COPY requirements.txt .
cached      [builder 4/4] RUN cat requirements.txt > installed
cached      [stage-1 3/4] COPY --from=builder /app /app
not cached  [stage-1 4/4] RUN echo other
            the command changed
";
    machine.write("Dockerfile", &DOCKERFILE.replace("ls /app", "echo other"));
    assert_eq!(explained(&machine, &[]), expected);
}

#[test]
fn privileged_cache_explain_of_a_wrong_dockerfile_is_its_error() {
    let machine = machine!();
    machine.write("Dockerfile", "FROM base:1\nCOPY none /\n");
    let build = machine.run(&["build", "-q", "."]);
    let explained = machine.run(&["cache", "explain", "-q", "."]);
    assert_eq!((build.status, explained.status), (1, 1));
    assert!(explained.stderr.contains("none"), "{explained:?}");
    assert_eq!(explained.stderr, build.stderr);
}
