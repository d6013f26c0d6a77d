//! From what is seen of a running container to how it lives or dies. It looks at nothing itself.

use std::net::SocketAddr;
use std::time::Duration;

use super::conversation::Answer;
use super::listener::Listener;
use super::{Doubt, How, Trial};

/// One look at a container that runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// Since the start.
    pub(super) elapsed: Duration,
    /// It hardly works just now: neither imports nor computes.
    pub(super) idle: bool,
    /// Who listens.
    pub(super) listeners: Vec<Listener>,
    /// How long these have been the same.
    pub(super) steady: Duration,
    /// The port that is being asked.
    pub(super) asked: Option<Asked>,
}

/// A port that is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Which.
    pub(super) port: u16,
    /// How long ago.
    pub(super) since: Duration,
    /// What it said, if that is its last word.
    pub(super) answer: Option<Answer>,
}

impl Look {
    fn reachable(&self) -> impl Iterator<Item = &Listener> {
        self.listeners.iter().filter(|found| !found.is_loopback())
    }

    /// Connections to a port that nobody has taken.
    fn waiting(&self, port: u16) -> bool {
        self.reachable()
            .any(|found| found.address.port() == port && found.waiting > 0)
    }
}

/// How it lives or dies; `None` while that is open.
pub(super) fn judge(trial: &Trial, look: &Look) -> Option<How> {
    let is_late = look.elapsed >= trial.limit;
    if let Some(asked) = look.asked {
        return answered(trial, look, asked, is_late);
    }
    if look.reachable().next().is_some() {
        // it is asked with the next look, or refuses each time
        return is_late.then_some(How::Deaf);
    }
    if !trial.exposed.is_empty() {
        return unheard(trial, look, is_late);
    }
    let is_settled = look.elapsed >= trial.settle && look.idle && look.steady >= trial.settle;
    let is_awaited = trial.listens && look.listeners.is_empty();
    (is_late || (is_settled && !is_awaited)).then_some(How::Runs)
}

fn answered(trial: &Trial, look: &Look, asked: Asked, is_late: bool) -> Option<How> {
    let port = asked.port;
    match asked.answer {
        Some(Answer::Http(status)) => Some(How::Http { port, status }),
        Some(Answer::Other) => Some(How::Speaks { port }),
        Some(Answer::Closed) => Some(How::Accepts { port }),
        // a server that has not begun yet leaves connections in the queue
        None if look.waiting(port) => is_late.then_some(How::Ignores { port }),
        None => (is_late || asked.since >= trial.settle).then_some(How::Accepts { port }),
    }
}

/// It exposes ports, and no address that is reached from outside is listened on.
fn unheard(trial: &Trial, look: &Look, is_late: bool) -> Option<How> {
    let here: Vec<SocketAddr> = look.listeners.iter().map(|found| found.address).collect();
    let is_exposed = here
        .iter()
        .any(|address| trial.exposed.contains(&address.port()));
    let is_settled = look.idle && look.steady >= trial.settle;
    match (here.is_empty(), is_exposed && is_settled || is_late) {
        (false, true) => Some(How::Unreachable(here)),
        (true, true) => Some(How::Deaf),
        (_, false) => None,
    }
}

/// Whom to ask: who listens on an exposed port; somebody else when these do not seem to come.
pub(super) fn candidate(trial: &Trial, look: &Look) -> Option<SocketAddr> {
    let mut reachable: Vec<SocketAddr> = look.reachable().map(|found| found.address).collect();
    reachable.sort_by_key(|address| (address.port(), address.is_ipv6()));
    let exposed = reachable
        .iter()
        .find(|address| trial.exposed.contains(&address.port()));
    let any =
        trial.exposed.is_empty() || look.steady >= trial.settle || look.elapsed >= trial.limit / 2;
    exposed.or(reachable.first().filter(|_| any)).copied()
}

/// What may be wrong although it lives.
pub(super) fn doubts(
    trial: &Trial,
    how: &How,
    listeners: &[Listener],
    exception: Option<String>,
) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let port = match how {
        How::Http { port, .. } | How::Speaks { port } | How::Accepts { port } => Some(*port),
        _ => None,
    };
    if let Some(port) =
        port.filter(|port| !trial.exposed.is_empty() && !trial.exposed.contains(port))
    {
        doubts.push(Doubt::OtherPort(port));
    }
    match how {
        How::Done if !trial.exposed.is_empty() => doubts.push(Doubt::EndedThoughExposed),
        How::Http { status, .. } if *status >= 500 => doubts.push(Doubt::ServerError(*status)),
        How::Runs if !listeners.is_empty() => {
            let here = listeners.iter().map(|found| found.address).collect();
            doubts.push(Doubt::LoopbackOnly(here));
        }
        How::Runs if trial.listens => doubts.push(Doubt::NotListening),
        _ => {}
    }
    let may_fail = matches!(
        how,
        How::Runs | How::Accepts { .. } | How::Http { status: 500.., .. }
    );
    doubts.extend(exception.filter(|_| may_fail).map(Doubt::Exception));
    doubts
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
