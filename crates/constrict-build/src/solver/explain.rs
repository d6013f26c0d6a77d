//! Why a vertex was not found in the cache: which part of its key differs from the last time.

use constrict_oci::Digest;

use super::Solver;
use super::key::Key;
use crate::error::Result;
use crate::graph::{Vertex, VertexId};
use crate::store::differences;

/// How many differences are named.
const SHOWN: usize = 5;

impl Solver {
    /// Tells the observer why `vertex` has to be done, where that was asked for.
    pub(super) fn explain_miss(&self, id: VertexId, vertex: &Vertex, key: &Key) -> Result<()> {
        if !self.settings.explain {
            return Ok(());
        }
        let reasons = if vertex.no_cache {
            vec!["the cache was not to be used".into()]
        } else {
            match self.layers.store.slot(&self.slot(vertex))? {
                None => vec!["it was never done before".into()],
                Some(last) => {
                    let mut found = differences(&last.components, key.components());
                    if found.is_empty() {
                        found.push("its result is not in the store any more".into());
                    }
                    if found.len() > SHOWN {
                        let more = found.len() - SHOWN;
                        found.truncate(SHOWN);
                        found.push(format!("and {more} more"));
                    }
                    found
                }
            }
        };
        self.layers
            .observer
            .explain(id.index(), &vertex.name, &reasons);
        Ok(())
    }

    /// Remembers what the vertex was made of.
    pub(super) fn remember_parts(&self, vertex: &Vertex, key: &Key) -> Result<()> {
        self.layers
            .store
            .write_slot(&self.slot(vertex), key.components())
    }

    /// The place of a vertex: the Dockerfile and the step's number in its stage, not its text, which may be what changed.
    fn slot(&self, vertex: &Vertex) -> Digest {
        let place = vertex
            .name
            .split_once(']')
            .map_or(vertex.name.as_str(), |(place, _)| place);
        let place = place.rsplit_once('/').map_or(place, |(step, _)| step);
        Digest::of(format!("{}\0{place}", self.settings.scope).as_bytes())
    }
}
