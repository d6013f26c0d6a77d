//! Solves a graph: every vertex that the result needs, once, in parallel, from the cache where it was done before.
//!
//! The solver has never heard of Dockerfiles or Python.

mod explain;
mod files;
mod inputs;
mod key;
mod run;
mod schedule;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::iter::successors;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use constrict_oci::Digest;
use constrict_oci::layer::Compression;

use crate::error::{Error, Result};
use crate::graph::{Graph, VertexId};
use crate::layers::Layers;
use crate::tree::Tree;
use crate::view::View;

pub use run::{Agent, Authorities, DebugShell, Secret};

/// The time that a build gives to what it makes, unless `SOURCE_DATE_EPOCH` says another: the second day of 1980.
///
/// Not 1970, since zip, and so a wheel, cannot hold times before 1980, in whatever time zone.
pub const DEFAULT_EPOCH: i64 = 315_619_200;

/// What a build brings along, besides its graph.
pub struct Settings {
    /// The time given to what is made.
    pub epoch: i64,
    /// `SOURCE_DATE_EPOCH` is set: later times of what RUN makes are cut to it as well.
    pub clamp: bool,
    /// Say why a vertex is not from the cache.
    pub explain: bool,
    /// Say it only: nothing that is not from the cache is executed or written.
    pub dry: bool,
    /// Names this Dockerfile among others, for explanations.
    pub scope: String,
    /// Secrets by id.
    pub secrets: BTreeMap<String, Secret>,
    /// ssh agents by id.
    pub agents: BTreeMap<String, Agent>,
    /// The certificate authorities of this machine's network.
    pub authorities: Option<Authorities>,
    /// Hosts to add to `/etc/hosts` of RUN: name and address.
    pub hosts: Vec<(String, String)>,
    /// Where the certificate bundle for downloads is.
    pub ca: Option<PathBuf>,
    /// Opens a shell where a RUN failed.
    pub debug_shell: Option<DebugShell>,
}

/// What became of a vertex.
pub(crate) enum Outcome {
    /// It was done before.
    Cached(Output),
    /// It is done.
    Done(Output),
    /// It would have to be done, and nothing is to be.
    Pending,
}

impl Outcome {
    fn output(&self) -> Option<&Output> {
        match self {
            Outcome::Cached(output) | Outcome::Done(output) => Some(output),
            Outcome::Pending => None,
        }
    }
}

/// What a vertex gives.
#[derive(Clone)]
pub(crate) enum Output {
    /// Layers, lowest first.
    State(Arc<Vec<Digest>>),
    /// Files of the host.
    Files(Arc<Files>),
}

/// Files of the host, and what is special about them.
pub(crate) struct Files {
    /// The files.
    pub(crate) view: Arc<dyn View>,
    /// The only file, for a download.
    pub(crate) single: Option<Single>,
    /// The directory below the view's root that counts as its root.
    pub(crate) below: String,
}

/// A downloaded file.
pub(crate) struct Single {
    /// Its name.
    pub(crate) name: String,
    /// The time that the server gave it.
    pub(crate) modified: Option<i64>,
}

/// What came from elsewhere.
#[derive(Clone, Debug)]
pub(crate) enum Fetched {
    /// A file with this digest.
    File(Digest),
    /// A commit of a git repository.
    Commit(String),
}

/// What was done.
#[derive(Default)]
pub struct Solved {
    states: BTreeMap<VertexId, Arc<Vec<Digest>>>,
    /// What was downloaded.
    pub(crate) fetched: BTreeMap<VertexId, Fetched>,
}

impl Solved {
    /// The layers of a state, lowest first; `None` if nothing needed it.
    pub fn layers(&self, id: Option<VertexId>) -> Option<Arc<Vec<Digest>>> {
        match id {
            None => Some(Arc::default()),
            Some(id) => self.states.get(&id).cloned(),
        }
    }

    /// The vertex that made each layer of `result`; `None` for those of its base image.
    pub fn makers(&self, graph: &Graph, result: Option<VertexId>) -> Vec<Option<VertexId>> {
        let mut makers = vec![None; self.layers(result).map_or(0, |layers| layers.len())];
        let mut next = result;
        while let Some(id) = next {
            next = graph.vertex(id).base();
            let below = self.layers(next).map_or(0, |layers| layers.len());
            if next.is_some() || !matches!(graph.vertex(id).op, crate::graph::Op::Image(_)) {
                let above = makers.iter_mut().skip(below);
                above
                    .filter(|maker| maker.is_none())
                    .for_each(|maker| *maker = Some(id));
            }
        }
        makers
    }
}

/// A build in progress.
pub struct Solver {
    pub(crate) layers: Arc<Layers>,
    pub(crate) settings: Settings,
    outputs: Vec<OnceLock<Output>>,
    /// Whose layers the result has.
    shipped: BTreeSet<VertexId>,
    network: run::BuildNetwork,
    remains: run::AllRemains,
    http: OnceLock<ureq::Agent>,
    fetched: Mutex<BTreeMap<VertexId, Fetched>>,
}

impl Solver {
    /// Prepares to solve with these settings.
    pub fn new(layers: Arc<Layers>, settings: Settings) -> Self {
        Solver {
            layers,
            settings,
            outputs: Vec::new(),
            shipped: BTreeSet::new(),
            network: run::BuildNetwork::default(),
            remains: run::AllRemains::default(),
            http: OnceLock::new(),
            fetched: Mutex::default(),
        }
    }

    /// Does what `result` needs.
    pub fn solve(mut self, graph: &Graph, result: Option<VertexId>) -> Result<Solved> {
        let Some(result) = result else {
            return Ok(Solved::default());
        };
        self.outputs = (0..graph.len()).map(|_| OnceLock::new()).collect();
        self.shipped = successors(Some(result), |id| graph.vertex(*id).base()).collect();
        schedule::run(&self, graph, result).map_err(|(id, error)| {
            self.look_into(id, graph.vertex(id), &error);
            error
        })?;
        let states = graph.reachable(&[result]).into_iter();
        let states = states.filter_map(|id| match self.outputs[id.index()].get() {
            Some(Output::State(layers)) => Some((id, Arc::clone(layers))),
            _ => None,
        });
        let states: BTreeMap<_, _> = states.collect();
        match states.contains_key(&result) || self.settings.dry {
            true => Ok(Solved {
                states,
                fetched: self
                    .fetched
                    .into_inner()
                    .unwrap_or_else(PoisonError::into_inner),
            }),
            false => Err(Error::Invalid("the result of a build is a state".into())),
        }
    }

    /// How the layer of a vertex is compressed: as images have it if this one will, else as is quickest. Whoever makes an image
    /// of it later compresses it then.
    pub(super) fn compression(&self, id: VertexId) -> Compression {
        match self.shipped.contains(&id) {
            true => Compression::GZIP,
            false => Compression::ZSTD,
        }
    }

    /// Remembers what was downloaded.
    fn remember(&self, id: VertexId, fetched: Fetched) {
        let mut all = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(id, fetched);
    }

    /// What an input gave; the schedule has seen to it that it is there.
    pub(crate) fn output(&self, id: VertexId) -> Output {
        self.outputs[id.index()]
            .get()
            .expect("inputs are solved first")
            .clone()
    }

    /// The layers of a state; none for the empty one.
    pub(crate) fn state(&self, id: Option<VertexId>) -> Result<Arc<Vec<Digest>>> {
        match id.map(|id| self.output(id)) {
            None => Ok(Arc::default()),
            Some(Output::State(layers)) => Ok(layers),
            Some(Output::Files(_)) => Err(Error::Invalid("a directory is no base".into())),
        }
    }

    /// The files of a state.
    pub(crate) fn view_of(&self, layers: &[Digest], name: &str) -> Result<(Tree, Arc<dyn View>)> {
        let tree = self.layers.tree(layers)?;
        let view = crate::source::StateView::new(tree.clone(), self.layers.clone(), name.into());
        Ok((tree, Arc::new(view)))
    }

    /// The state with one more layer.
    pub(crate) fn with_layer(base: &[Digest], diff_id: Digest) -> Output {
        Output::State(Arc::new(base.iter().cloned().chain([diff_id]).collect()))
    }
}
