//! Containers as the store keeps them: from their creation until somebody removes them, running or not.
//!
//! There is no daemon. A container that runs has a supervisor, the `constrict run` that started it: it holds the lock in
//! the container's directory, takes requests at a socket there, keeps the log, and ends with the container. Whoever finds
//! the lock free while the record says `running` knows that the supervisor was killed, and its container with it.
//!
//! | what | where |
//! |---|---|
//! | [`Id`], names, points in time | `id`, `name`, `moment` |
//! | what is known of one: `state.json` | `record` |
//! | its directory, the lock, removal | `home` |
//! | all of them, and one by what a user types | `catalogue` |
//! | what it wrote: `log` | `log` |
//! | requests at the socket, and the asking side | `control` |
//! | making one, and taking one up again | `create` |
//! | the supervisor | `supervisor`, `server`, `inside` |
//! | HEALTHCHECK | `health` |

mod catalogue;
pub mod control;
mod create;
mod health;
mod home;
mod id;
mod inside;
pub mod log;
mod moment;
mod name;
mod record;
mod server;
mod signal;
mod supervisor;

pub use catalogue::{Kept, all, find};
pub use create::{Asked, Created, create, resume};
pub use health::{Check, Health, HealthStatus, Probe};
pub use id::Id;
pub use moment::Moment;
pub use record::{Published, Record, Status};
pub use signal::signal_number;
pub use supervisor::{Running, Tee};

/// An error and its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
pub(crate) mod tests;
