//! gunicorn: `gunicorn module:attribute`, its options, `GUNICORN_CMD_ARGS` and its configuration file.
//!
//! Source: <https://docs.gunicorn.org/en/stable/settings.html>.

use super::{Run, Server};

pub(super) const SERVER: Server = Server {
    names: &["gunicorn", "gunicorn.app.wsgiapp"],
    mentions: "gunicorn",
    examine,
};

fn examine(run: &mut Run<'_, '_, '_>) {
    let _ = run;
}
