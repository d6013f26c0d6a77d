//! Which vertex is done when: each as soon as its inputs are, several at once, none after a failure.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex};
use std::time::Instant;

use super::{Outcome, Solver};
use crate::error::{Error, Result};
use crate::graph::{Graph, VertexId};

/// Vertices in work at once. More than cores: some wait for the network.
const WORKERS: usize = 4;

/// The vertex that failed first, and why.
pub(super) type Failure = (VertexId, Error);

struct Queue {
    ready: Vec<VertexId>,
    /// How many inputs each still waits for.
    waiting: BTreeMap<VertexId, usize>,
    open: usize,
    failure: Option<Failure>,
}

/// Solves everything that `result` needs.
pub(super) fn run(solver: &Solver, graph: &Graph, result: VertexId) -> Result<(), Failure> {
    let needed = graph.reachable(&[result]);
    let mut users: BTreeMap<VertexId, Vec<VertexId>> = BTreeMap::new();
    let mut waiting = BTreeMap::new();
    for id in &needed {
        let mut inputs = graph.vertex(*id).inputs();
        inputs.sort();
        inputs.dedup();
        waiting.insert(*id, inputs.len());
        for input in inputs {
            users.entry(input).or_default().push(*id);
        }
    }
    let mut ready: Vec<VertexId> = needed
        .iter()
        .copied()
        .filter(|id| waiting[id] == 0)
        .collect();
    ready.reverse();
    let queue = Mutex::new(Queue {
        ready,
        waiting,
        open: needed.len(),
        failure: None,
    });
    let changed = Condvar::new();
    let observer = &solver.layers.observer;
    let worker = || {
        while let Some(id) = next(&queue, &changed) {
            let outcome = solve_one(solver, graph, id);
            let mut queue = queue.lock().expect("no panic while the queue is held");
            queue.open -= 1;
            match outcome {
                Ok(()) => {
                    for user in users.get(&id).into_iter().flatten() {
                        let left = queue.waiting.get_mut(user).expect("every user is needed");
                        *left -= 1;
                        if *left == 0 {
                            queue.ready.push(*user);
                        }
                    }
                }
                Err(error) if queue.failure.is_none() => {
                    observer.failed(id.index(), &graph.vertex(id).name);
                    queue.failure = Some((id, error));
                    constrict_sandbox::kill_all();
                }
                // killed then, most likely
                Err(_) => observer.cancelled(id.index(), &graph.vertex(id).name),
            }
            changed.notify_all();
        }
    };
    if needed.len() == 1 {
        worker();
    } else {
        std::thread::scope(|scope| {
            for _ in 1..WORKERS.min(needed.len()) {
                scope.spawn(worker);
            }
            worker();
        });
    }
    match queue.into_inner().expect("the workers are done").failure {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// Waits for a vertex to do; `None` when there are no more.
fn next(queue: &Mutex<Queue>, changed: &Condvar) -> Option<VertexId> {
    let mut queue = queue.lock().expect("no panic while the queue is held");
    loop {
        if queue.open == 0 || queue.failure.is_some() {
            return None;
        }
        if let Some(id) = queue.ready.pop() {
            return Some(id);
        }
        queue = changed
            .wait(queue)
            .expect("no panic while the queue is held");
    }
}

fn solve_one(solver: &Solver, graph: &Graph, id: VertexId) -> Result<()> {
    let vertex = graph.vertex(id);
    let start = Instant::now();
    let observer = &solver.layers.observer;
    let is_pending = |input: &VertexId| solver.outputs[input.index()].get().is_none();
    if let Some(pending) = vertex.inputs().into_iter().find(is_pending) {
        let name = &graph.vertex(pending).name;
        let place = name.find(']').map_or(name.as_str(), |end| &name[..=end]);
        let reason = format!("it needs {place}");
        observer.explain(id.index(), &vertex.name, &[reason]);
        return Ok(());
    }
    let keep = |output| {
        let stored = solver.outputs[id.index()].set(output);
        debug_assert!(stored.is_ok(), "a vertex is solved once");
    };
    match solver.vertex(id, vertex) {
        Ok(Outcome::Cached(output)) => {
            keep(output);
            observer.cached(id.index(), &vertex.name);
            Ok(())
        }
        Ok(Outcome::Done(output)) => {
            keep(output);
            observer.finished(id.index(), &vertex.name, start.elapsed());
            Ok(())
        }
        Ok(Outcome::Pending) => Ok(()),
        Err(error) => Err(match (error, vertex.span) {
            (error @ Error::At { .. }, _) | (error, None) => error,
            (error, Some(span)) => Error::At {
                span,
                message: format!("{} failed", vertex.name),
                hint: None,
                source: Some(Box::new(error)),
            },
        }),
    }
}
