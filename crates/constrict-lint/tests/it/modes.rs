//! Failure modes: for each a file that has it, and look-alikes that work.

use constrict_lint::Family;

use super::found;

fn trips(rule: &str, texts: &[&str]) {
    for text in texts {
        let told = found(text, Family::Constrict);
        assert!(
            told.iter().any(|line| line.split(' ').nth(1) == Some(rule)),
            "{text}: {told:?}"
        );
    }
}

/// Nothing at all is found.
fn quiet(texts: &[&str]) {
    for text in texts {
        assert_eq!(found(text, Family::Constrict), [""; 0], "{text}");
    }
}

const SLIM: &str = "FROM python:3.11-slim\n";

#[test]
fn arrays_that_are_none() {
    trips(
        "exec-form-not-json",
        &[
            "FROM a\nCMD ['python', 'app.py']\n",
            "FROM a\nENTRYPOINT [\"python\" \"app.py\"]\n",
            "FROM a\nHEALTHCHECK CMD ['x']\n",
        ],
    );
    quiet(&[
        "FROM a\nCMD [\"python\", \"app.py\"]\n",
        "FROM a\nCMD [ -f /x ] && exec y\n",
        "FROM a\nCMD exec python app.py\n",
    ]);
    trips(
        "exec-form-one-string",
        &[
            &format!("{SLIM}CMD [\"python app.py\"]\n"),
            "FROM a\nENTRYPOINT [\"gunicorn -b :80 app\"]\n",
        ],
    );
    quiet(&[
        "FROM a\nENTRYPOINT [\"sh\", \"-c\"]\nCMD [\"python app.py\"]\n",
        "FROM example/own\nCMD [\"python app.py\"]\n",
    ]);
}

#[test]
fn arrays_are_no_shell() {
    trips(
        "exec-form-is-no-shell",
        &[
            &format!("{SLIM}CMD [\"gunicorn\", \"-b\", \"0.0.0.0:$PORT\", \"app:app\"]\n"),
            &format!("{SLIM}ENTRYPOINT [\"python\", \"m.py\", \"&&\", \"python\", \"n.py\"]\n"),
            &format!("{SLIM}CMD [\"python\", \"~/app.py\"]\n"),
        ],
    );
    quiet(&[
        &format!("{SLIM}CMD [\"sh\", \"-c\", \"exec gunicorn -b :$PORT app\"]\n"),
        &format!("{SLIM}ENTRYPOINT [\"/entrypoint.sh\"]\nCMD [\"gunicorn\", \"$PORT\"]\n"),
        &format!("{SLIM}CMD [\"java\", \"-Dx=${{X}}\"]\n"),
        &format!("{SLIM}CMD [\"python\", \"-c\", \"print('$A')\"]\n"),
        &format!("{SLIM}CMD [\"python\", \"app.py\", \"a&b\", \"$1\"]\n"),
    ]);
}

#[test]
fn entrypoint_and_cmd() {
    trips(
        "entrypoint-eats-cmd",
        &["FROM a\nENTRYPOINT exec gunicorn\nCMD [\"app:app\"]\n"],
    );
    quiet(&[
        "FROM a\nENTRYPOINT exec gunicorn \"$@\"\nCMD [\"app:app\"]\n",
        "FROM a\nCMD [\"x\"]\nFROM a\nENTRYPOINT exec y\n",
    ]);
    trips(
        "cmd-not-for-entrypoint",
        &[
            &format!(
                "{SLIM}ENTRYPOINT [\"python\"]\nCMD [\"uvicorn\", \"app:app\", \"--host\", \"0.0.0.0\"]\n"
            ),
            "FROM gcr.io/distroless/python3-debian12\nCMD [\"python\", \"app.py\"]\n",
            &format!("{SLIM}ENTRYPOINT [\"python\"]\nCMD app.py\n"),
        ],
    );
    quiet(&[
        &format!("{SLIM}ENTRYPOINT [\"python\"]\nCMD [\"app.py\"]\n"),
        "FROM gcr.io/distroless/python3-debian12\nCMD [\"app.py\"]\n",
        "FROM gcr.io/distroless/python3-debian12\nENTRYPOINT [\"python\", \"-m\"]\nCMD [\"uvicorn\"]\n",
    ]);
}

#[test]
fn shells_in_front_and_missing() {
    trips(
        "shell-form-signals",
        &["FROM a\nCMD python migrate.py && python app.py\n"],
    );
    quiet(&[
        "FROM a\nCMD python migrate.py && exec python app.py\n",
        "FROM a\nCMD python app.py\n",
        "FROM a\nCMD a | b\n",
    ]);
    trips(
        "shell-form-without-shell",
        &[
            "FROM gcr.io/distroless/python3-debian12\nCMD exec app.py\n",
            "FROM scratch\nENTRYPOINT /app\n",
        ],
    );
    quiet(&[
        "FROM gcr.io/distroless/base-debian12:debug\nCMD exec app\n",
        "FROM scratch\nADD rootfs.tar /\nENTRYPOINT /app\n",
    ]);
}

#[test]
fn versions_and_libraries() {
    let two = |builder: &str, runtime: &str, copy: &str| {
        format!(
            "FROM {builder} AS b\nRUN python -m venv /venv && pip install --prefix=/install x\nFROM {runtime}\nCOPY --from=b {copy}\n"
        )
    };
    let site = "/usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages";
    trips(
        "python-versions-differ",
        &[
            &two("python:3.11-slim", "python:3.9-slim", site),
            &two(
                "python:3.11",
                "gcr.io/distroless/python3-debian11",
                "/venv /venv",
            ),
            &two(
                "python:3.12-slim",
                "python:3.11-slim",
                "/install /usr/local",
            ),
        ],
    );
    trips(
        "libc-differs",
        &[
            &two("python:3.11-slim", "python:3.11-alpine", "/venv /venv"),
            &two("python:3.11-alpine3.18", "python:3.11-slim", site),
        ],
    );
    trips(
        "latest-drift",
        &[
            &two(
                "python:3.11-slim",
                "python:3.11-slim-bookworm",
                "/venv /venv",
            ),
            &two("python:3.11-trixie", "python:3.11-slim-bookworm", site),
        ],
    );
    quiet(&[
        &two("python:3.11", "python:3.11-slim", "/venv /venv"),
        &two("python:3.11-slim", "python:3.11-slim", site),
        &two("python:3.11-alpine", "python:3.9-slim", "/app /app"),
        &two(
            "python:3.11-slim",
            "debian:12-slim",
            "/usr/local /usr/local",
        ),
        &two("python:3.11-bookworm", "python:3.11-slim-bookworm", site),
        &two("python:3.11-slim", "example/base:1", "/venv /venv"),
        "ARG V=3.11\nFROM python:$V AS b\nRUN python -m venv /venv\nFROM python:$V-slim\nCOPY --from=b /venv /venv\n",
        "FROM python:3.12 AS b\nRUN uv venv --python 3.11 /venv\nFROM python:3.11\nCOPY --from=b /venv /venv\n",
    ]);
}

#[test]
fn environments_that_are_moved() {
    trips(
        "venv-moved",
        &[
            "FROM python:3.11 AS b\nWORKDIR /build\nRUN python -m venv .venv\nFROM python:3.11\nCOPY --from=b /build/.venv /app/.venv\n",
            "FROM python:3.11 AS b\nRUN virtualenv /opt/v\nFROM python:3.11\nWORKDIR /app\nCOPY --from=b /opt/v venv\n",
            "FROM python:3.11 AS b\nWORKDIR /src\nRUN uv venv && uv sync\nFROM python:3.11\nCOPY --from=b /src /app\n",
        ],
    );
    quiet(&[
        "FROM python:3.11 AS b\nWORKDIR /app\nRUN python -m venv .venv\nFROM python:3.11\nWORKDIR /app\nCOPY --from=b /app/.venv .venv\n",
        "FROM python:3.11 AS b\nRUN python -m venv /opt/venv\nFROM python:3.11\nCOPY --from=b /opt/venv/ /opt/venv\n",
        "FROM python:3.11 AS b\nRUN uv venv --relocatable /a\nFROM python:3.11\nCOPY --from=b /a /b\n",
        "FROM python:3.11 AS b\nRUN python -m venv /a\nFROM python:3.11\nCOPY --from=b /a /b\nRUN ln -s /b /a\n",
    ]);
}

#[test]
fn scripts_that_stayed_behind() {
    let site = "COPY --from=b /usr/local/lib/python3.11/site-packages /usr/local/lib/python3.11/site-packages\n";
    let head =
        "FROM python:3.11-slim AS b\nRUN pip install flask gunicorn\nFROM python:3.11-slim\n";
    trips(
        "console-scripts-not-copied",
        &[
            &format!("{head}{site}CMD [\"gunicorn\", \"app:app\"]\n"),
            &format!("{head}{site}CMD exec gunicorn app:app\n"),
        ],
    );
    quiet(&[
        &format!("{head}{site}CMD [\"python\", \"-m\", \"gunicorn\", \"app:app\"]\n"),
        &format!(
            "{head}{site}COPY --from=b /usr/local/bin /usr/local/bin\nCMD [\"gunicorn\", \"app:app\"]\n"
        ),
        &format!("{head}{site}RUN pip install gunicorn\nCMD [\"gunicorn\", \"app:app\"]\n"),
        &format!("{head}COPY --from=b /usr/local /usr/local\nCMD [\"gunicorn\", \"app:app\"]\n"),
    ]);
}

#[test]
fn servers_that_nobody_reaches() {
    trips(
        "loopback-only",
        &[
            "FROM a\nEXPOSE 8000\nCMD [\"uvicorn\", \"app:app\"]\n",
            "FROM a\nEXPOSE 8000\nENTRYPOINT [\"python\", \"-m\", \"uvicorn\"]\nCMD [\"app:app\", \"--host\", \"127.0.0.1\"]\n",
            "FROM a AS base\nEXPOSE 5000\nFROM base\nCMD exec flask run\n",
            "FROM a\nEXPOSE 8000\nENTRYPOINT [\"/docker-entrypoint.sh\"]\nCMD [\"python\", \"manage.py\", \"runserver\"]\n",
            "FROM a\nEXPOSE 8000\nCMD [\"sh\", \"-c\", \"python manage.py migrate && exec python manage.py runserver 127.0.0.1:8000\"]\n",
        ],
    );
    quiet(&[
        "FROM a\nCMD [\"uvicorn\", \"app:app\"]\n",
        "FROM a\nEXPOSE 8000\nCMD [\"uvicorn\", \"app:app\", \"--host\", \"0.0.0.0\"]\n",
        "FROM a\nEXPOSE 8000\nENV UVICORN_HOST=0.0.0.0\nCMD [\"uvicorn\", \"app:app\"]\n",
        "FROM a\nEXPOSE 8000\nENV FLASK_RUN_HOST=0.0.0.0\nCMD [\"flask\", \"run\"]\n",
        "FROM a\nEXPOSE 8000\nCMD exec uvicorn app:app $UVICORN_FLAGS\n",
        "FROM a\nEXPOSE 8000\nCMD [\"gunicorn\", \"app:app\"]\n",
        "FROM a\nEXPOSE 8000\nCMD [\"python\", \"app.py\"]\n",
    ]);
}

#[test]
fn installers_at_start() {
    trips(
        "installer-at-start",
        &[
            "FROM a\nCMD [\"uv\", \"run\", \"app.py\"]\n",
            "FROM a\nENTRYPOINT [\"poetry\", \"run\", \"x\"]\n",
            "FROM a\nCMD pip install -r r.txt && exec python a.py\n",
        ],
    );
    quiet(&[
        "FROM a\nCMD [\"uv\", \"run\", \"--no-sync\", \"app.py\"]\n",
        "FROM a\nENV UV_NO_SYNC=1\nCMD [\"uv\", \"run\", \"app.py\"]\n",
        "FROM a\nRUN poetry run x\nCMD [\"y\"]\n",
    ]);
}

#[test]
fn credentials_in_layers() {
    trips(
        "secret-in-layer",
        &[
            "FROM a\nCOPY id_rsa /root/.ssh/id_rsa\n",
            "FROM a\nRUN pip install -i https://u:p4ss@h/simple x\n",
            "FROM a\nENV DB=mysql://u:p4ss@h/d\n",
        ],
    );
    quiet(&[
        "FROM a AS b\nCOPY id_rsa /root/.ssh/\nFROM a\nCOPY --from=b /x /y\n",
        "FROM a\nRUN --mount=type=secret,id=t pip install -i https://u:$(cat /run/secrets/t)@h/simple x\n",
        "FROM a\nENV DB=postgres://postgres:postgres@db/d\nCOPY .env.example .\n",
    ]);
}

#[test]
fn directories_that_are_poured_out() {
    trips("copy-pours-directories", &["FROM a\nCOPY src/* /app/\n"]);
    quiet(&[
        "FROM a\nCOPY src/ /app/\n",
        "FROM a\nCOPY conf.d/* /etc/conf.d/\n",
        "FROM a\nCOPY src/*.py /app/\n",
    ]);
}

#[test]
fn the_files_directive_silences() {
    quiet(&["# check=skip=loopback-only\nFROM a\nEXPOSE 80\nCMD [\"uvicorn\", \"a:b\"]\n"]);
}
