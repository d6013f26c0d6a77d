//! The build graph: plain data, what is to be done and from what. It knows neither Dockerfiles nor Python.
//!
//! A vertex gives either a *state* (layers) or *files* (a directory of the host, a download). Vertices only name
//! vertices before them, so the graph has no cycle. Each maps on one operation of BuildKit's LLB.

use std::path::PathBuf;

use constrict_dockerfile::Span;
use constrict_dockerfile::instruction::{Network, Security, Sharing};
use constrict_oci::Digest;

use crate::store::LayerRecord;

/// The place of a vertex in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VertexId(usize);

impl VertexId {
    /// Its number among the vertices.
    pub fn index(self) -> usize {
        self.0
    }
}

/// What is to be done.
#[derive(Debug, Default)]
pub struct Graph {
    vertices: Vec<Vertex>,
}

impl Graph {
    /// Adds a vertex.
    pub fn add(&mut self, vertex: Vertex) -> VertexId {
        self.vertices.push(vertex);
        VertexId(self.vertices.len() - 1)
    }

    /// How many vertices there are.
    #[expect(
        clippy::len_without_is_empty,
        reason = "nobody asks whether a graph is empty"
    )]
    pub fn len(&self) -> usize {
        self.vertices.len()
    }

    /// The vertex with this id.
    pub fn vertex(&self, id: VertexId) -> &Vertex {
        &self.vertices[id.0]
    }

    /// Every vertex that `roots` need, themselves included, inputs first.
    pub fn reachable(&self, roots: &[VertexId]) -> Vec<VertexId> {
        let mut needed = vec![false; self.vertices.len()];
        let mut pending = roots.to_vec();
        while let Some(id) = pending.pop() {
            if !std::mem::replace(&mut needed[id.0], true) {
                pending.extend(self.vertices[id.0].inputs());
            }
        }
        (0..self.vertices.len())
            .filter(|n| needed[*n])
            .map(VertexId)
            .collect()
    }
}

/// One step of a build.
#[derive(Debug)]
pub struct Vertex {
    /// What it does.
    pub op: Op,
    /// What people see: `[builder 2/5] RUN pip install .`.
    pub name: String,
    /// The instruction in the Dockerfile.
    pub span: Option<Span>,
    /// Do it even if it was done before.
    pub no_cache: bool,
}

impl Vertex {
    /// The state that it adds to.
    pub fn base(&self) -> Option<VertexId> {
        match &self.op {
            Op::Image(_) | Op::Directory(_) | Op::Download(_) | Op::Git(_) => None,
            Op::Files(op) => op.base,
            Op::Run(op) => op.base,
        }
    }

    /// The vertices that it needs.
    pub fn inputs(&self) -> Vec<VertexId> {
        match &self.op {
            Op::Image(_) | Op::Directory(_) | Op::Download(_) | Op::Git(_) => Vec::new(),
            Op::Files(op) => op
                .base
                .iter()
                .copied()
                .chain(op.actions.iter().flat_map(FileAction::inputs))
                .collect(),
            Op::Run(op) => op
                .base
                .iter()
                .copied()
                .chain(op.mounts.iter().filter_map(RunMount::input))
                .collect(),
        }
    }
}

/// The kinds of steps.
#[derive(Debug)]
pub enum Op {
    /// The layers of an image.
    Image(Image),
    /// A directory of the host.
    Directory(DirectorySource),
    /// A file from a web server.
    Download(Download),
    /// A check-out of a git repository.
    Git(Git),
    /// Files added to a state.
    Files(FilesOp),
    /// A command run in a state.
    Run(Box<RunOp>),
}

/// An image whose manifest is known.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its name, for messages.
    pub name: String,
    /// Its manifest, where there is one.
    pub manifest: Option<Digest>,
    /// Its layers, lowest first.
    pub layers: Vec<LayerRecord>,
}

/// A directory of the host.
#[derive(Clone, Debug)]
pub struct DirectorySource {
    /// `the build context`, ``context `name` ``.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// The ignore file to use, with its text.
    pub ignore: Option<(String, Vec<u8>)>,
}

/// A file from a web server (ADD).
#[derive(Clone, Debug)]
pub struct Download {
    /// Where from.
    pub url: String,
    /// The digest that it must have.
    pub checksum: Option<Digest>,
    /// The file's name.
    pub name: String,
}

/// A git repository (ADD, or a context).
#[derive(Clone, Debug)]
pub struct Git {
    /// What `git fetch` is given.
    pub remote: String,
    /// Branch, tag or commit.
    pub reference: Option<String>,
    /// A directory of it.
    pub subdirectory: Option<String>,
    /// `.git` stays.
    pub keep_git_dir: bool,
    /// The commit that it must be.
    pub checksum: Option<String>,
}

/// Files added to a state: one instruction, one layer.
#[derive(Debug)]
pub struct FilesOp {
    /// The state; `None` is the empty one.
    pub base: Option<VertexId>,
    /// What is added, in order.
    pub actions: Vec<FileAction>,
}

/// One thing done to files.
#[derive(Debug)]
pub enum FileAction {
    /// COPY and ADD.
    Copy(CopyAction),
    /// WORKDIR.
    MakeDirectory {
        /// Absolute.
        path: String,
        /// USER, who will own what is made.
        user: String,
    },
}

impl FileAction {
    fn inputs(&self) -> Vec<VertexId> {
        match self {
            FileAction::MakeDirectory { .. } => Vec::new(),
            FileAction::Copy(copy) => copy
                .sources
                .iter()
                .filter_map(|source| match source {
                    CopySource::Path { from, .. } => *from,
                    CopySource::Download { from, .. } => Some(*from),
                    CopySource::Inline { .. } => None,
                })
                .collect(),
        }
    }
}

/// COPY and ADD, expanded.
#[derive(Debug)]
pub struct CopyAction {
    /// What.
    pub sources: Vec<CopySource>,
    /// Where to: absolute, with the slash at its end if it was written.
    pub destination: String,
    /// `--chown`.
    pub chown: Option<String>,
    /// `--chmod`.
    pub chmod: Option<String>,
    /// `--exclude`.
    pub exclude: Vec<String>,
    /// `--parents`.
    pub parents: bool,
    /// Which archives are unpacked (ADD).
    pub unpack: Unpack,
}

/// Which archives COPY or ADD unpacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpack {
    /// None.
    Never,
    /// Those that are files of the context or of a state.
    Local,
    /// Those that are downloaded as well.
    Always,
}

/// Something that is copied.
#[derive(Debug)]
pub enum CopySource {
    /// A path or glob of a state or directory; of the empty state if `from` is `None`.
    Path {
        /// Where it is looked up.
        from: Option<VertexId>,
        /// The path.
        path: String,
    },
    /// The file of an [`Op::Download`].
    Download {
        /// The download.
        from: VertexId,
    },
    /// A file in the Dockerfile.
    Inline {
        /// Its name.
        name: String,
        /// Its text.
        content: String,
    },
}

/// A command run in a state.
#[derive(Debug)]
pub struct RunOp {
    /// The state; `None` is the empty one.
    pub base: Option<VertexId>,
    /// Program and arguments.
    pub args: Vec<String>,
    /// The program of SHELL, for people who want to look around.
    pub shell: String,
    /// A file to be put at `/dev/pipes/NAME`, which `args` execute.
    pub script: Option<(String, String)>,
    /// Environment, in order.
    pub env: Vec<(String, String)>,
    /// Variables that are no part of the key: proxies.
    pub unkeyed_env: Vec<(String, String)>,
    /// Working directory.
    pub cwd: String,
    /// USER as the Dockerfile says it; empty is root.
    pub user: String,
    /// Mounts, in order.
    pub mounts: Vec<RunMount>,
    /// Which network.
    pub network: Network,
    /// Whether the sandbox is on.
    pub security: Security,
}

/// A mount of RUN, expanded; targets are absolute.
#[derive(Clone, Debug)]
pub enum RunMount {
    /// Files of a state or directory.
    Bind {
        /// Where the files are; `None` is the empty state.
        from: Option<VertexId>,
        /// Which.
        source: String,
        /// Where to.
        target: String,
        /// No writing.
        readonly: bool,
    },
    /// A directory that outlives the build.
    Cache {
        /// Its name.
        id: String,
        /// What it starts as.
        from: Option<VertexId>,
        /// The directory in `from`.
        source: String,
        /// Where to.
        target: String,
        /// No writing.
        readonly: bool,
        /// Who may use it at the same time.
        sharing: Sharing,
        /// Mode of a new one.
        mode: u32,
        /// Owner of a new one.
        owner: (u32, u32),
    },
    /// Memory.
    Tmpfs {
        /// Where to.
        target: String,
        /// Bytes; 0 is no limit.
        size: u64,
    },
    /// A secret as a file, a variable or both.
    Secret {
        /// Its name on the command line.
        id: String,
        /// The file.
        target: Option<String>,
        /// The variable.
        env: Option<String>,
        /// Fail without it.
        required: bool,
        /// Mode of the file.
        mode: u32,
        /// Owner of the file.
        owner: (u32, u32),
    },
    /// The socket of an ssh agent.
    Ssh {
        /// Its name on the command line.
        id: String,
        /// The socket.
        target: String,
        /// Fail without it.
        required: bool,
        /// Mode of the socket.
        mode: u32,
        /// Owner of the socket.
        owner: (u32, u32),
    },
}

impl RunMount {
    fn input(&self) -> Option<VertexId> {
        match self {
            RunMount::Bind { from, .. } | RunMount::Cache { from, .. } => *from,
            RunMount::Tmpfs { .. } | RunMount::Secret { .. } | RunMount::Ssh { .. } => None,
        }
    }
}
