//! What is known of one container: `state.json` in its directory, drawn in `docs/store.md`. Replaced as a whole, by its
//! supervisor while there is one.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use constrict_oci::{Digest, Healthcheck, RunConfig};
use constrict_sandbox::Mode;
use serde::{Deserialize, Serialize};

use super::health::Health;
use super::id::Id;
use super::moment::Moment;
use crate::container::port::Port;
use crate::container::request::Request;

/// The form of the record that this code reads and writes.
pub(super) const VERSION: u32 = 1;

/// One container.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The form of this record.
    pub(super) version: u32,
    /// Its identity.
    pub id: Id,
    /// Its name, which no other has.
    pub name: String,
    /// The image as it was asked for.
    pub image: String,
    /// The image's manifest.
    pub manifest: Digest,
    /// The image's layers, lowest first: they stay as long as the container.
    pub layers: Vec<Digest>,
    /// How owners of its files are on disk.
    pub mode: Mode,
    /// When it was made.
    pub created: Moment,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// What the image says.
    pub config: RunConfig,
    /// What was asked for.
    pub request: Request,
    /// Labels: the image's and those asked for.
    pub labels: BTreeMap<String, String>,
    /// The host name inside.
    pub hostname: String,
    /// Whether it goes when it ends.
    pub remove: bool,
    /// The signal that asks it to end.
    pub stop_signal: i32,
    /// Seconds from there to SIGKILL; less than 0 for ever.
    pub stop_timeout: i64,
    /// The check of its health.
    pub healthcheck: Option<Healthcheck>,
    /// Its published ports, while it runs.
    pub ports: Vec<Published>,
    /// What it does.
    pub status: Status,
    /// What the check says.
    pub health: Option<Health>,
}

/// A port that is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Where on the host.
    pub host: SocketAddr,
    /// What of the container.
    pub port: Port,
}

/// What a container does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is about to start.
    Created,
    /// It runs.
    Running {
        /// Its first process, as the host sees it.
        pid: u32,
        /// Since when.
        started: Moment,
    },
    /// It has ended.
    Exited {
        /// The exit status: 128+n for signal n.
        code: i32,
        /// When it started.
        started: Moment,
        /// When it ended, as far as that is known.
        finished: Moment,
        /// What else went wrong.
        error: Option<String>,
    },
}

impl Record {
    /// Whether its first process lives, as far as the record says.
    pub fn is_running(&self) -> bool {
        matches!(self.status, Status::Running { .. })
    }
}
