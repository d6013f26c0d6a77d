//! hadolint's rules: for each a file that trips it and one that does not.

use constrict_lint::Family;

use super::{found, lines, report};

fn body(text: &str) -> Vec<String> {
    lines(&report(&format!("FROM a:1\n{text}\n"), Family::Hadolint))
}

/// Each text trips the rule, alone, in its last line.
fn trips(rule: &str, texts: &[&str]) {
    for text in texts {
        let told = body(text);
        assert!(
            told.iter().any(|line| line.ends_with(rule)),
            "{text}: {told:?}"
        );
    }
}

fn quiet(rule: &str, texts: &[&str]) {
    for text in texts {
        let told = body(text);
        assert!(
            !told.iter().any(|line| line.ends_with(rule)),
            "{text}: {told:?}"
        );
    }
}

#[test]
fn bases_have_tags() {
    let told = |text: &str| found(text, Family::Hadolint);
    assert_eq!(told("FROM a\n"), ["1 DL3006"]);
    assert_eq!(told("FROM a:latest\n"), ["1 DL3007"]);
    assert_eq!(told("FROM --platform=linux/amd64 a:1\n"), ["1 DL3029"]);
    assert_eq!(
        told(
            "ARG B=a\nFROM a:1 AS x\nFROM x\nFROM $B\nFROM a@sha256:0000000000000000000000000000000000000000000000000000000000000000\nFROM scratch\nFROM --platform=$BUILDPLATFORM a:1\n"
        ),
        [""; 0]
    );
}

#[test]
fn copies_name_stages_before_theirs() {
    let told = |text: &str| found(text, Family::Hadolint);
    assert_eq!(
        told("FROM a:1 AS x\nFROM a:1\nCOPY --from=y /a /b\n"),
        ["3 DL3022"]
    );
    assert_eq!(
        told(
            "FROM a:1 AS x\nFROM a:1\nCOPY --from=x /a /b\nCOPY --from=0 /a /b\nCOPY --from=img:1 /a /b\n"
        ),
        [""; 0]
    );
    assert_eq!(told("FROM a:1 AS x\nFROM a:1 AS X\n"), ["2 DL3024"]);
    let own = super::report("FROM a:1 AS x\nCOPY --from=x /a /b\n", Family::Hadolint);
    assert_eq!(super::lines(&own), ["2 DL3023"]);
}

#[test]
fn instructions() {
    trips("DL3000", &["WORKDIR a"]);
    quiet("DL3000", &["WORKDIR /a", "WORKDIR $A", "WORKDIR \"/a\""]);
    trips("DL3002", &["USER root", "USER a\nUSER 0:0"]);
    quiet("DL3002", &["USER root\nUSER a", "USER rooty", ""]);
    trips("DL3011", &["EXPOSE 80000", "EXPOSE 1-70000/udp"]);
    quiet("DL3011", &["EXPOSE 80 443/tcp $P"]);
    trips("DL3012", &["HEALTHCHECK NONE\nHEALTHCHECK NONE"]);
    trips("DL3020", &["ADD a /b", "ADD a.tgz b /c/"]);
    quiet(
        "DL3020",
        &["ADD a.tar.gz /b", "ADD https://h/x /b", "COPY a /b"],
    );
    trips("DL3021", &["COPY a b /c"]);
    quiet(
        "DL3021",
        &["COPY a b /c/", "COPY a /c", "WORKDIR /x\nCOPY a b ."],
    );
    trips("DL3025", &["CMD a", "ENTRYPOINT a"]);
    quiet("DL3025", &["CMD [\"a\"]"]);
    trips("DL3044", &["ENV A=1 B=$A", "ENV A=1 B=${A}/x"]);
    quiet(
        "DL3044",
        &["ENV A=1\nENV B=$A", "ENV A=$A:1", "ENV A=1 B=$AB"],
    );
    trips("DL3045", &["COPY a b"]);
    quiet(
        "DL3045",
        &["COPY a /b", "WORKDIR /w\nCOPY a b", "COPY a $B"],
    );
    trips("DL3048", &["LABEL A=1", "LABEL a..b=1"]);
    quiet("DL3048", &["LABEL org.opencontainers.image.title=1"]);
    trips("DL4000", &["MAINTAINER x"]);
    trips("DL4003", &["CMD [\"a\"]\nCMD [\"b\"]"]);
    trips("DL4004", &["ENTRYPOINT [\"a\"]\nENTRYPOINT [\"b\"]"]);
    quiet("DL4003", &["CMD [\"a\"]\nFROM a:1\nCMD [\"b\"]"]);
}

#[test]
fn apt_and_apk() {
    let good = "RUN apt-get update && apt-get install -y --no-install-recommends curl=1 && rm -rf /var/lib/apt/lists/*";
    assert_eq!(body(good), [""; 0]);
    trips(
        "DL3008",
        &[
            "RUN apt-get install -y --no-install-recommends curl",
            "RUN apt-get -y install a=1 b",
        ],
    );
    quiet(
        "DL3008",
        &[
            "RUN apt-get install -y ./a.deb b/stable $C",
            "RUN apt-get remove curl",
        ],
    );
    trips("DL3009", &["RUN apt-get update && apt-get install -y a=1"]);
    quiet(
        "DL3009",
        &[
            "RUN --mount=type=cache,target=/var/lib/apt/lists apt-get update",
            "RUN apt-get update\nFROM b:1",
        ],
    );
    trips("DL3014", &["RUN apt-get install a=1"]);
    quiet(
        "DL3014",
        &[
            "RUN apt-get install -yq a=1",
            "RUN apt-get -y install a",
            "RUN apt-get install --yes a",
            "RUN apt-get -qq install a",
        ],
    );
    trips("DL3015", &["RUN apt-get install -y a=1"]);
    trips("DL3018", &["RUN apk add --no-cache a"]);
    quiet(
        "DL3018",
        &["RUN apk add --no-cache a=1 b~=2", "RUN apk add -t .x a=1"],
    );
    trips("DL3019", &["RUN apk add a=1"]);
    quiet(
        "DL3019",
        &[
            "RUN apk add --no-cache a=1",
            "RUN --mount=type=cache,target=/var/cache/apk apk add a=1",
        ],
    );
    trips("DL3027", &["RUN apt install -y a"]);
}

#[test]
fn pip() {
    trips(
        "DL3013",
        &[
            "RUN pip install flask",
            "RUN python3 -m pip install --no-cache-dir flask==1 gunicorn",
            "RUN pip3 install git+https://h/x",
        ],
    );
    quiet(
        "DL3013",
        &[
            "RUN pip install -r requirements.txt",
            "RUN pip install flask==3.0.0 'a>=1'",
            "RUN pip install .",
            "RUN pip install /w/x.whl --index-url u",
            "RUN pip install --requirement=r.txt",
            "RUN pip install git+https://h/x@v1",
            "RUN pip install -c c.txt flask",
            "RUN pip --version",
            "RUN pip install $PACKAGES",
        ],
    );
    trips(
        "DL3042",
        &[
            "RUN pip install flask==1",
            "RUN python -m pip install flask==1",
        ],
    );
    quiet(
        "DL3042",
        &[
            "RUN pip install --no-cache-dir flask==1",
            "ENV PIP_NO_CACHE_DIR=1\nRUN pip install flask==1",
            "RUN PIP_NO_CACHE_DIR=1 pip install a==1",
            "RUN --mount=type=cache,target=/root/.cache/pip pip install a==1",
            "RUN pipenv install a",
        ],
    );
}

#[test]
fn scripts() {
    trips("DL3003", &["RUN cd /x && make", "RUN cd /x"]);
    quiet("DL3003", &["RUN make -C /x", "RUN a && (cd /x && b)"]);
    trips("DL3004", &["RUN sudo make", "RUN a && sudo b"]);
    trips("DL3047", &["RUN wget https://h/x"]);
    quiet(
        "DL3047",
        &[
            "RUN wget -q https://h/x",
            "RUN wget -nv u",
            "RUN wget --progress=dot:giga u",
            "RUN wget -qO- u",
        ],
    );
    trips("DL3059", &["RUN a\nRUN b"]);
    quiet(
        "DL3059",
        &[
            "RUN a\nCOPY x /y\nRUN b",
            "RUN a && b && c\nRUN d",
            "RUN --mount=type=cache,target=/x a\nRUN b",
        ],
    );
    trips("DL4001", &["RUN wget -q u\nRUN curl u"]);
    trips("DL4005", &["RUN ln -sf /bin/bash /bin/sh"]);
    trips("DL4006", &["RUN curl u | sh"]);
    quiet(
        "DL4006",
        &[
            "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN curl u | sh",
            "RUN set -o pipefail; curl u | sh",
            "RUN a || b",
        ],
    );
}

#[test]
fn comments_silence() {
    assert_eq!(
        body("# hadolint ignore=DL3004,DL3027 # it is meant\nRUN sudo apt x\nRUN sudo y && a && b"),
        ["4 DL3004"]
    );
    assert_eq!(
        body("RUN sudo x\n# hadolint global ignore=DL3004\nCOPY x /y\nRUN sudo y"),
        [""; 0]
    );
    assert_eq!(
        found("# hadolint ignore=DL3006\nFROM a\n", Family::Hadolint),
        [""; 0]
    );
}
