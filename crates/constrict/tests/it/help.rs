//! What is found without a manual: help on one screen, suggestions, completions, manual pages, docker's words.

use std::path::Path;
use std::process::Command;

use crate::machine;
use crate::machine::Machine;

/// What a command prints on a terminal of 80 columns.
fn printed(machine: &Machine, arguments: &[&str]) -> String {
    let mut command = machine.command(arguments);
    command.env("COLUMNS", "80");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The commands, as the overview names them.
fn commands(overview: &str) -> Vec<&str> {
    let (_, listed) = overview.split_once("\nBuild:\n").unwrap();
    let (listed, _) = listed.split_once("\nconstrict COMMAND -h").unwrap();
    let lines = listed.lines().filter(|line| line.starts_with("  "));
    lines
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

#[test]
fn help_fits_on_a_screen() {
    let machine = Machine::new();
    let overview = printed(&machine, &["--help"]);
    assert_eq!(overview, printed(&machine, &["-h"]));
    assert_eq!(overview, printed(&machine, &["help"]));
    let commands = commands(&overview);
    assert!(commands.contains(&"build") && commands.contains(&"man"));
    let mut pages = vec![("constrict", overview.clone())];
    for command in commands {
        // there `-h` is the host's name, as docker has it
        if command != "run" {
            pages.push((command, printed(&machine, &[command, "-h"])));
        }
    }
    for (name, page) in pages {
        let lines = page.lines().count();
        assert!(lines <= 50, "the help of {name} has {lines} lines:\n{page}");
        let wide = page.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{name}");
    }
}

#[test]
fn help_of_build_shows_what_is_used_most() {
    let machine = Machine::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/testdata/help/build.txt");
    let short = printed(&machine, &["build", "-h"]);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &short).unwrap();
    }
    assert_eq!(short, std::fs::read_to_string(&path).unwrap());
    let long = printed(&machine, &["help", "build"]);
    assert_eq!(long, printed(&machine, &["build", "--help"]));
    for flag in ["--build-context", "--ssh", "--metadata-file", "--label"] {
        assert!(long.contains(flag) && !short.contains(flag), "{flag}");
    }
}

#[test]
fn unknown_flags_and_commands_have_a_nearest() {
    let machine = Machine::new();
    let cases: [(&[&str], &str); 3] = [
        (
            &["build", "--tagg", "x"],
            "error: unexpected argument '--tagg' found\n\n  tip: a similar argument exists: '--tag'\n",
        ),
        (
            &["imagse"],
            "error: unrecognized subcommand 'imagse'\n\n  tip: a similar subcommand exists: 'images'\n",
        ),
        (
            &["build", "--progress", "rawjsn"],
            "error: invalid value 'rawjsn' for '--progress <MODE>'\n  [possible values: auto, plain, rawjson]\n\n  tip: a similar value exists: 'rawjson'\n",
        ),
    ];
    for (arguments, expected) in cases {
        let outcome = machine.run(arguments);
        assert_eq!(outcome.status, 2);
        let told = outcome.stderr;
        assert!(told.starts_with(expected), "{told}");
    }
}

/// Runs a shell that completes; `None` if this machine does not have it.
fn shell(program: &str, arguments: &[&str]) -> Option<String> {
    let output = match Command::new(program).args(arguments).output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("skipped: `{program}`: {error}");
            return None;
        }
    };
    assert!(output.status.success(), "{program}: {output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn completions_complete() {
    let machine = Machine::new();
    let written = |name: &str| {
        let path = machine.path("work").join(name);
        std::fs::write(&path, machine.ok(&["completions", name])).unwrap();
        path.display().to_string()
    };
    let bash = "source \"$1\"; COMP_WORDS=(constrict build --prog); COMP_CWORD=2; \
                _constrict constrict --prog build; echo \"${COMPREPLY[@]}\"; \
                COMP_WORDS=(constrict build --progress ''); COMP_CWORD=3; \
                _constrict constrict '' --progress; echo \"${COMPREPLY[@]}\"";
    if let Some(told) = shell("bash", &["-c", bash, "bash", &written("bash")]) {
        assert_eq!(told, "--progress\nauto plain rawjson\n");
    }
    let fish =
        "source $argv[1]; complete -C 'constrict build --prog'; complete -C 'constrict imag'";
    if let Some(told) = shell("fish", &["-c", fish, &written("fish")]) {
        assert!(
            told.contains("--progress\t") && told.contains("images\t"),
            "{told}"
        );
    }
    if let Some(told) = shell("zsh", &["-n", &written("zsh")]) {
        assert_eq!(told, "");
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let machine = Machine::new();
    assert!(machine.ok(&["man"]).contains(".TH constrict 1"));
    assert_eq!(machine.ok(&["man", "pages"]), "");
    let overview = printed(&machine, &["-h"]);
    for name in commands(&overview) {
        let path = machine
            .path("work/pages")
            .join(format!("constrict-{name}.1"));
        let page = std::fs::read_to_string(&path).unwrap();
        assert!(page.contains(&format!(".TH constrict-{name} 1")), "{page}");
    }
    let page = std::fs::read_to_string(machine.path("work/pages/constrict.toml.5")).unwrap();
    assert!(
        page.contains(".TH constrict.toml 5") && page.contains("\\fBmirrors\\fR"),
        "{page}"
    );
}

#[test]
fn privileged_link_named_docker_takes_dockers_words() {
    let machine = machine!();
    machine.write("Dockerfile", "FROM base:1\nRUN true\n");
    let link = machine.path("work/docker");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_constrict"), &link).unwrap();
    let docker = |line: &str| {
        let mut command = machine.command(&[]);
        let mut linked = Command::new(&link);
        let set = command
            .get_envs()
            .map(|(name, value)| (name.to_owned(), value.unwrap().to_owned()));
        linked
            .env_clear()
            .envs(set)
            .current_dir(machine.path("work"))
            .args(line.split(' '));
        command.stdin(std::process::Stdio::null());
        let output = linked.output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let digest =
        docker("-D -H tcp://127.0.0.1:1 --log-level=error buildx build -q --network=none -t app .");
    assert!(digest.starts_with("sha256:"), "{digest}");
    assert!(docker("--context ci image ls").contains("app"));
    assert_eq!(
        docker("container run --rm --network=none app sh -c pwd"),
        "/\n"
    );
    assert!(docker("-v").starts_with("constrict "));
}
