//! What is started: one line for each program, with what stands in the way.

use super::*;
use crate::files::shown;
use crate::sample::Sample;

const ELF: &str = "\x7fELF";

/// An image with the usual programs.
pub(super) fn image() -> Sample {
    Sample::new()
        .file(
            "etc/passwd",
            "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
        )
        .program("bin/dash", ELF)
        .link("bin/sh", "dash")
        .program("bin/bash", ELF)
        .program("usr/bin/env", ELF)
        .program("usr/bin/tini", ELF)
        .program("usr/bin/sleep", ELF)
        .program("usr/bin/nc", ELF)
        .program("usr/bin/git", ELF)
        .program("usr/sbin/gosu", ELF)
        .program("usr/local/bin/python3.11", ELF)
        .link("usr/local/bin/python3", "python3.11")
        .link("usr/local/bin/python", "python3")
        .program(
            "usr/local/bin/flask",
            "#!/usr/local/bin/python\nfrom flask.cli import main\n",
        )
        .file("app/app.py", "")
        .config(|config| config.config.working_dir = "/app".into())
}

/// `python /app/app.py`, `?` in front if it is not sure, `~` if its failure does not matter.
fn lines(start: &Start) -> Vec<String> {
    let mark = |sure: bool, fatal: bool| match (sure, fatal) {
        (true, true) => "",
        (true, false) => "~",
        (false, _) => "?",
    };
    let program = |program: &Program| {
        let target = program.python.as_ref().map(|run| match &run.target {
            Target::Path(path) => format!(" -> {}", shown(path)),
            Target::Module(module) => format!(" -> -m {module}"),
            Target::Code(code) => format!(" -> -c {code}"),
            Target::Console { name, object } => format!(" -> {name} = {object}"),
            Target::Prompt => " -> prompt".into(),
            Target::Unknown => " -> ?".into(),
        });
        format!(
            "{}{} [{}]{}",
            mark(program.sure, program.fatal),
            shown(&program.executable),
            shown_words(&program.argv[1..]),
            target.unwrap_or_default()
        )
    };
    let obstacle = |obstacle: &Obstacle| {
        format!(
            "{}! {:?}",
            mark(obstacle.sure, obstacle.fatal),
            obstacle.kind
        )
    };
    let programs = start.programs.iter().map(program);
    programs
        .chain(start.obstacles.iter().map(obstacle))
        .chain(start.unknown.iter().map(|why| format!("?? {why}")))
        .collect()
}

pub(super) fn find(sample: Sample) -> Start {
    let image = sample.image();
    Start::find(&crate::Facts::new(&image))
}

fn cmd(words: &[&str]) -> Vec<String> {
    lines(&find(image().cmd(words)))
}

/// What an entry script runs, without the shell itself.
fn script(text: &str, arguments: &[&str]) -> Vec<String> {
    let sample = image().program("entry.sh", text).cmd(arguments);
    let sample = sample.config(|config| config.config.entrypoint = vec!["/entry.sh".into()]);
    lines(&find(sample)).split_off(1)
}

#[test]
fn programs_are_found_through_links_wrappers_and_first_lines() {
    assert_eq!(
        cmd(&["python", "app.py"]),
        ["/usr/local/bin/python [app.py] -> /app/app.py"]
    );
    assert_eq!(
        cmd(&["python3", "-u", "-m", "app.main", "x"]),
        ["/usr/local/bin/python3 [-u -m app.main x] -> -m app.main"]
    );
    assert_eq!(
        cmd(&[
            "tini",
            "-g",
            "--",
            "env",
            "-i",
            "A=b",
            "/usr/local/bin/python",
            "-c",
            "pass"
        ]),
        [
            "/usr/bin/tini [-g -- env -i A=b /usr/local/bin/python -c pass]",
            "/usr/bin/env [-i A=b /usr/local/bin/python -c pass]",
            "/usr/local/bin/python [-c pass] -> -c pass",
        ]
    );
    assert_eq!(
        cmd(&["flask", "run"]),
        ["/usr/local/bin/python [/usr/local/bin/flask run] -> /usr/local/bin/flask"]
    );
}

#[test]
fn obstacles_are_named() {
    assert_eq!(cmd(&[]), ["! NoCommand"]);
    assert_eq!(cmd(&["nothing"]), ["! NotOnPath { name: \"nothing\" }"]);
    assert_eq!(
        cmd(&["./x"]),
        [format!("! NoSuchFile {{ path: {:?} }}", b"app/x")]
    );
    assert_eq!(
        cmd(&["./app.py"]),
        [format!("! NotExecutable {{ path: {:?} }}", b"app/app.py")]
    );
    assert_eq!(
        cmd(&["/app"]),
        [format!("! IsDirectory {{ path: {:?} }}", b"app")]
    );
    assert_eq!(
        lines(&find(
            image()
                .program("app/text", "echo hello\n")
                .cmd(&["/app/text"])
        )),
        [format!("! ExecFormat {{ path: {:?} }}", b"app/text")]
    );
    assert_eq!(
        lines(&find(
            image()
                .program("app/x.sh", "#!/bin/sh\r\ntrue\r\n")
                .cmd(&["/app/x.sh"])
        )),
        [format!(
            "! NoInterpreter {{ script: {:?}, interpreter: \"/bin/sh\\r\" }}",
            b"app/x.sh"
        )]
    );
    assert_eq!(
        lines(&find(image().link("usr/bin/p", "/opt/python").cmd(&["p"]))),
        [format!(
            "! DanglingLink {{ path: {:?}, target: {:?} }}",
            b"usr/bin/p", b"opt/python"
        )]
    );
    assert_eq!(
        cmd(&["python", "main.py"]),
        [
            "/usr/local/bin/python [main.py] -> /app/main.py".to_string(),
            format!("! NoScript {{ path: {:?} }}", b"app/main.py")
        ]
    );
    assert_eq!(
        cmd(&["gosu", "web", "python"])[1],
        "! NoUser { name: \"web\" }"
    );
}

#[test]
fn permission_is_the_users() {
    let closed = |mode: u32, path: &str| {
        let sample = image()
            .directory("root", mode)
            .program("root/run", ELF)
            .cmd(&[path]);
        lines(&find(
            sample.config(|config| config.config.user = "app".into()),
        ))
    };
    assert_eq!(closed(0o755, "/root/run"), ["/root/run []"]);
    assert_eq!(
        closed(0o700, "/root/run"),
        [format!(
            "! Closed {{ path: {:?}, directory: {:?} }}",
            b"root/run", b"root"
        )]
    );
}

#[test]
fn scripts_without_a_first_line_run_where_a_shell_starts_them() {
    let sample = || image().program("app/x", "exec flask run\n");
    let end = "/usr/local/bin/python [/usr/local/bin/flask run] -> /usr/local/bin/flask";
    assert_eq!(
        lines(&find(sample().cmd(&["/app/x"]))),
        [format!("! ExecFormat {{ path: {:?} }}", b"app/x")]
    );
    assert_eq!(
        lines(&find(sample().cmd(&["/bin/sh", "-c", "./x"]))),
        ["/bin/sh [-c ./x]", "/bin/sh [/app/x]", end]
    );
    assert_eq!(
        lines(&find(sample().cmd(&["tini", "./x"]))),
        ["/usr/bin/tini [./x]", "/bin/sh [/app/x]", end]
    );
}

#[test]
fn shell_texts_are_followed() {
    assert_eq!(
        cmd(&["/bin/sh", "-c", "cd /app && python app.py"]),
        [
            "/bin/sh [-c 'cd /app && python app.py']",
            "/usr/local/bin/python [app.py] -> /app/app.py"
        ]
    );
    assert_eq!(
        script("#!/bin/sh\nset -e\nexec \"$@\"\n", &["python", "app.py"]),
        ["/usr/local/bin/python [app.py] -> /app/app.py"]
    );
    assert_eq!(
        script("#!/bin/sh\npython -m migrate\npython app.py\n", &[]),
        [
            "~/usr/local/bin/python [-m migrate] -> -m migrate",
            "/usr/local/bin/python [app.py] -> /app/app.py"
        ]
    );
    assert_eq!(
        script("#!/bin/sh\nset -e\nmissing\nexec python app.py\n", &[]),
        [
            "/usr/local/bin/python [app.py] -> /app/app.py",
            "! NotOnPath { name: \"missing\" }"
        ]
    );
    assert_eq!(
        script(
            "#!/bin/sh\nmissing || true\nif missing; then a; fi\nexec python app.py",
            &[]
        ),
        [
            "/usr/local/bin/python [app.py] -> /app/app.py",
            "~! NotOnPath { name: \"missing\" }",
        ]
    );
}

#[test]
fn conditions_are_decided_where_the_image_tells() {
    let text = "#!/bin/sh\nif [ \"$1\" = worker ]; then shift; exec python -m worker \"$@\"; fi\nexec python -m web\n";
    assert_eq!(
        script(text, &["worker", "x"]),
        ["/usr/local/bin/python [-m worker x] -> -m worker"]
    );
    assert_eq!(
        script(text, &[]),
        ["/usr/local/bin/python [-m web] -> -m web"]
    );
    let text = "#!/bin/sh\nif [ \"$ROLE\" = worker ]; then exec python -m worker; fi\nexec python -m web\n";
    assert_eq!(
        script(text, &[]),
        [
            "?/usr/local/bin/python [-m worker] -> -m worker",
            "/usr/local/bin/python [-m web] -> -m web"
        ]
    );
    let text = "#!/bin/sh\ncase \"$1\" in web|'') exec python -m web;; *) exec \"$@\";; esac\n";
    assert_eq!(
        script(text, &["python", "-V"]),
        ["/usr/local/bin/python [-V] -> -c "]
    );
    assert_eq!(
        script(text, &["web"]),
        ["/usr/local/bin/python [-m web] -> -m web"]
    );
    let text =
        "#!/bin/sh\nif [ \"${1#-}\" != \"$1\" ]; then set -- python \"$@\"; fi\nexec \"$@\"\n";
    assert_eq!(
        script(text, &["-m", "web"]),
        ["/usr/local/bin/python [-m web] -> -m web"]
    );
    let text = "#!/bin/sh\nwhile ! nc -z db 5432; do sleep 1; done\n: ${PORT:=80}\nexec python -m web $PORT\n";
    assert_eq!(
        script(text, &[]),
        [
            "?/usr/bin/nc [-z db 5432]",
            "?/usr/bin/sleep [1]",
            "/usr/local/bin/python [-m web 80] -> -m web"
        ]
    );
    let text = "#!/bin/sh\nif [ -z \"$URL\" ]; then echo no; exit 1; fi\nexec python -m web";
    assert_eq!(
        script(text, &[]),
        ["/usr/local/bin/python [-m web] -> -m web"]
    );
}

#[test]
fn functions_sourced_files_and_variables_are_followed() {
    let text = "#!/bin/bash\nmain() {\n  local name=$1\n  source /app/vars\n  exec $RUN \"$name\"\n}\nmain app.py\n";
    let sample = image()
        .program("entry.sh", text)
        .file("app/vars", "RUN=python\n")
        .cmd(&["/entry.sh"]);
    assert_eq!(
        lines(&find(sample)).split_off(1),
        ["/usr/local/bin/python [app.py] -> /app/app.py"]
    );
    assert_eq!(
        script("#!/bin/sh\n. /app/none\nexec python app.py", &[]),
        [format!("! NoSuchFile {{ path: {:?} }}", b"app/none")]
    );
    assert_eq!(
        script("#!/bin/sh\nsource /app/none\nexec python app.py", &[]),
        [
            "/usr/local/bin/python [app.py] -> /app/app.py",
            "~! NotOnPath { name: \"source\" }"
        ]
    );
    assert_eq!(
        script("#!/bin/sh\nexec $COMMAND run\n", &[]),
        ["?? only the run tells which program `… run` is"]
    );
    assert_eq!(
        script(
            "#!/bin/sh\nexport PATH=\"/opt/x:$PATH\"\ngit clone x /opt/x\nexec y\n",
            &[]
        ),
        [
            "~/usr/bin/git [clone x /opt/x]",
            "?! NotOnPath { name: \"y\" }"
        ]
    );
}

#[test]
fn several_programs_may_run_at_once() {
    let conf = "[supervisord]\nnodaemon=true\n[program:web]\ncommand=/usr/local/bin/python app.py ; comment\ndirectory=/app\n\n\
                [program:job]\ncommand=missing --x\nautostart=false\n";
    let sample = image()
        .file("etc/supervisord.conf", conf)
        .program(
            "usr/bin/supervisord",
            "#!/usr/local/bin/python\nimport supervisor\n",
        )
        .cmd(&["supervisord", "-n"]);
    assert_eq!(
        lines(&find(sample)),
        [
            "/usr/local/bin/python [/usr/bin/supervisord -n] -> /usr/bin/supervisord",
            "/usr/local/bin/python [app.py] -> /app/app.py",
            "?! NotOnPath { name: \"missing\" }",
        ]
    );
    assert_eq!(
        script(
            "#!/bin/sh\npython -m a &\nmissing &\npython -m b | missing2\nwait\n",
            &[]
        ),
        [
            "~/usr/local/bin/python [-m a] -> -m a",
            "~/usr/local/bin/python [-m b] -> -m b",
            "~! NotOnPath { name: \"missing\" }",
            "~! NotOnPath { name: \"missing2\" }",
        ]
    );
}

#[test]
fn a_console_script_that_was_not_copied_is_followed_all_the_same() {
    let site = "usr/local/lib/python3.11/site-packages";
    let sample = Sample::new()
        .program("usr/local/bin/python3.11", "\x7fELF")
        .file(
            &format!("{site}/flask-2.0.3.dist-info/METADATA"),
            "Name: flask\nVersion: 2.0.3\n",
        )
        .file(
            &format!("{site}/flask-2.0.3.dist-info/entry_points.txt"),
            "[console_scripts]\nflask = flask.cli:main\n",
        )
        .cmd(&["flask", "--version"]);
    let image = sample.image();
    let facts = Facts::new(&image);
    let start = facts.start();
    assert_eq!(start.obstacles.len(), 1);
    let targets: Vec<&Target> = start
        .programs
        .iter()
        .filter_map(|program| Some(&program.python.as_ref()?.target))
        .collect();
    let console = Target::Console {
        name: "flask".into(),
        object: "flask.cli:main".into(),
    };
    assert_eq!(targets, [&console]);
}

#[test]
fn what_asks_whether_to_leave_is_no_fault_and_what_it_leaves_for_is_unsure() {
    assert_eq!(
        script(
            "#!/bin/sh\npython -c 'import a' && exec python /none.py\npython app.py\n",
            &[]
        ),
        [
            "?/usr/local/bin/python [-c 'import a'] -> -c import a",
            "?/usr/local/bin/python [/none.py] -> /none.py",
            "?/usr/local/bin/python [app.py] -> /app/app.py",
            "?! NoScript { path: [110, 111, 110, 101, 46, 112, 121] }",
        ]
    );
    assert_eq!(
        script("#!/bin/sh\npython -m migrate && exec python app.py\n", &[]),
        [
            "/usr/local/bin/python [-m migrate] -> -m migrate",
            "/usr/local/bin/python [app.py] -> /app/app.py",
        ]
    );
}

#[test]
fn a_subshell_that_is_another_program_now_ends_nothing_else() {
    assert_eq!(
        script(
            "#!/bin/sh\n(exec gunicorn app:app) || exec python app.py\n",
            &[]
        ),
        [
            "?/usr/local/bin/python [app.py] -> /app/app.py",
            "~! NotOnPath { name: \"gunicorn\" }",
        ]
    );
}

#[test]
fn a_script_below_a_closed_directory_cannot_be_read() {
    let run = |directory: &str, name: &str| {
        let sample = image()
            .directory("root", 0o700)
            .file("root/app/run.py", "")
            .cmd(&["python", name])
            .config(|config| config.config.user = "app".into())
            .config(|config| config.config.working_dir = directory.into());
        lines(&find(sample)).split_off(1)
    };
    let closed = [
        "! Closed { path: [114, 111, 111, 116, 47, 97, 112, 112, 47, 114, 117, 110, 46, 112, 121], directory: [114, 111, 111, 116] }",
    ];
    assert_eq!(run("/", "/root/app/run.py"), closed);
    assert_eq!(run("", "root/app/run.py"), closed);
    assert_eq!(run("/root/app", "/root/app/run.py"), closed);
    assert_eq!(run("/root/app", "run.py"), closed);
}

#[test]
fn what_follows_an_interpreter_without_its_script_is_sure() {
    assert_eq!(
        script("#!/bin/sh\npython serve.py || exec python plain.py\n", &[]),
        [
            "~/usr/local/bin/python [serve.py] -> /app/serve.py",
            "/usr/local/bin/python [plain.py] -> /app/plain.py",
            "~! NoScript { path: [97, 112, 112, 47, 115, 101, 114, 118, 101, 46, 112, 121] }",
            "! NoScript { path: [97, 112, 112, 47, 112, 108, 97, 105, 110, 46, 112, 121] }",
        ]
    );
}
