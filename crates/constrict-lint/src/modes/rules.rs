//! Failure modes of Python images that the text shows: names and summaries.

use crate::{Family, Rule, Severity};

macro_rules! rules {
    ($($constant:ident $name:literal $severity:ident $summary:literal;)*) => {
        $(pub(crate) static $constant: Rule = Rule {
            name: $name,
            family: Family::Constrict,
            severity: Severity::$severity,
            summary: $summary,
            url: None,
        };)*

        /// Every rule.
        pub(crate) static ALL: &[&Rule] = &[$(&$constant),*];
    };
}

rules! {
    CMD_NOT_FOR_ENTRYPOINT "cmd-not-for-entrypoint" Warning "what CMD gives to ENTRYPOINT is something that it can run";
    CONSOLE_SCRIPTS_NOT_COPIED "console-scripts-not-copied" Warning "a stage that gets site-packages gets their scripts too";
    COPY_POURS_DIRECTORIES "copy-pours-directories" Info "COPY of `*` keeps no directory's name";
    ENTRYPOINT_EATS_CMD "entrypoint-eats-cmd" Warning "an ENTRYPOINT that is a text for a shell ignores CMD";
    EXEC_FORM_IS_NO_SHELL "exec-form-is-no-shell" Warning "a JSON array is run without a shell: `$NAME`, `&&` and `~` are plain text";
    EXEC_FORM_NOT_JSON "exec-form-not-json" Warning "what looks like a JSON array is one";
    EXEC_FORM_ONE_STRING "exec-form-one-string" Warning "the program of a JSON array is a word of its own";
    INSTALLER_AT_START "installer-at-start" Warning "a container starts its program, not the tool that installs it";
    LATEST_DRIFT "latest-drift" Warning "stages that share libraries have bases of one Debian release";
    LIBC_DIFFERS "libc-differs" Warning "packages go into a stage with the C library that they were installed for";
    LOOPBACK_ONLY "loopback-only" Warning "a server behind EXPOSE listens on all interfaces";
    PYTHON_VERSIONS_DIFFER "python-versions-differ" Warning "packages go into a stage with the Python that they were installed for";
    SECRET_IN_LAYER "secret-in-layer" Warning "no credentials in layers, variables and history";
    SHELL_FORM_SIGNALS "shell-form-signals" Warning "the last command of a shell form is run with `exec`";
    SHELL_FORM_WITHOUT_SHELL "shell-form-without-shell" Warning "an image without a shell has commands in JSON form";
    VENV_MOVED "venv-moved" Warning "a virtual environment stays where it was made";
}
