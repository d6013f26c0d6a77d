//! hadolint's rules that concern Python images: its ids and severities, in words of our own.

use crate::{Family, Rule, Severity};

macro_rules! rules {
    ($($constant:ident $severity:ident $summary:literal;)*) => {
        $(pub(crate) static $constant: Rule = Rule {
            name: stringify!($constant),
            family: Family::Hadolint,
            severity: Severity::$severity,
            summary: $summary,
            url: Some(concat!("https://github.com/hadolint/hadolint/wiki/", stringify!($constant))),
        };)*

        /// Every rule.
        pub(crate) static ALL: &[&Rule] = &[$(&$constant),*];
    };
}

rules! {
    DL3000 Error "WORKDIR is an absolute path";
    DL3002 Warning "the last USER is not root";
    DL3003 Warning "WORKDIR changes the directory, not `cd`";
    DL3004 Error "no sudo: RUN is the stage's user already";
    DL3006 Warning "a base image has a tag";
    DL3007 Warning "a base image's tag is not `latest`";
    DL3008 Warning "apt-get installs named versions";
    DL3009 Info "the lists of apt-get are removed where they were fetched";
    DL3011 Error "ports are below 65536";
    DL3012 Error "there is one HEALTHCHECK at most";
    DL3013 Warning "pip installs named versions";
    DL3014 Warning "apt-get install asks nothing (`-y`)";
    DL3015 Info "apt-get installs no recommended packages";
    DL3018 Warning "apk adds named versions";
    DL3019 Info "apk adds with `--no-cache`";
    DL3020 Error "COPY, not ADD, brings plain files";
    DL3021 Error "COPY of several sources has a destination that ends with a slash";
    DL3022 Warning "COPY --from names a stage that was defined before";
    DL3023 Error "COPY --from does not name its own stage";
    DL3024 Error "names of stages are unique";
    DL3025 Warning "CMD and ENTRYPOINT are JSON arrays";
    DL3027 Warning "`apt` is for people: scripts use `apt-get`";
    DL3029 Warning "FROM has no fixed `--platform`";
    DL3042 Warning "pip keeps no cache in the image";
    DL3044 Error "ENV does not use a variable that it sets itself";
    DL3045 Warning "COPY to a relative destination comes after WORKDIR";
    DL3047 Warning "wget prints no progress bar into the log";
    DL3048 Style "keys of labels are well formed";
    DL3059 Info "RUNs that follow each other could be one";
    DL4000 Error "MAINTAINER is deprecated";
    DL4001 Warning "one of wget and curl is enough";
    DL4003 Warning "there is one CMD at most";
    DL4004 Error "there is one ENTRYPOINT at most";
    DL4005 Warning "SHELL changes the shell, not a link over /bin/sh";
    DL4006 Warning "a shell with `pipefail` runs pipelines";
}
