//! Vertices without inputs: images, directories, downloads, git; and which function does which vertex.

use std::sync::Arc;

use constrict_dockerfile::ignore::Ignore;

use super::{Fetched, Files, Outcome, Output, Single, Solver};
use crate::error::{Error, IoContext, Result};
use crate::graph::{DirectorySource, Download, Git, Op, Vertex, VertexId};
use crate::source::{Directory, git, http};

impl Solver {
    /// Does one vertex; says whether it was done before.
    pub(super) fn vertex(&self, id: VertexId, vertex: &Vertex) -> Result<Outcome> {
        match &vertex.op {
            Op::Image(image) => Ok(Outcome::Cached(Output::State(Arc::new(
                image.layers.iter().map(|layer| layer.diff_id).collect(),
            )))),
            Op::Directory(source) => Ok(Outcome::Cached(self.directory(source)?)),
            Op::Download(download) => Ok(Outcome::Done(self.download(id, vertex, download)?)),
            Op::Git(repository) => Ok(Outcome::Done(self.git(id, vertex, repository)?)),
            Op::Files(op) => self.files(id, vertex, op),
            Op::Run(op) => self.run(id, vertex, op),
        }
    }

    fn directory(&self, source: &DirectorySource) -> Result<Output> {
        let mut directory = Directory::open(&source.path, &source.name)?;
        if let Some((file, text)) = &source.ignore {
            let ignore = Ignore::parse(text)
                .map_err(|error| Error::Invalid(format!("`{file}`: {error}")))?;
            if !ignore.is_empty() {
                directory = directory.with_ignore(ignore, file);
            }
        }
        let absolute = std::path::absolute(&source.path).at("find", &source.path)?;
        let name = constrict_oci::Digest::of(absolute.as_os_str().as_encoded_bytes()).hex();
        let directory = directory.with_stat_cache(
            self.layers
                .store
                .root()
                .join("slots")
                .join(format!("stat-{name}")),
        );
        Ok(Output::Files(Arc::new(Files {
            view: Arc::new(directory),
            single: None,
            below: "/".into(),
        })))
    }

    fn download(&self, id: VertexId, vertex: &Vertex, download: &Download) -> Result<Output> {
        self.layers.observer.started(id.index(), &vertex.name);
        if self.http.get().is_none() {
            // two downloads may both make one; the first is kept
            let _ = self.http.set(http::agent(self.settings.ca.as_deref())?);
        }
        let agent = self.http.get().expect("just set");
        let directory = self.layers.store.temporary("download");
        std::fs::create_dir(&directory).at("create", &directory)?;
        let downloaded = http::download(agent, &download.url, &directory.join(&download.name))?;
        if let Some(expected) = &download.checksum
            && *expected != downloaded.digest
        {
            return Err(Error::ChecksumMismatch {
                url: http::without_secrets(&download.url),
                expected: expected.to_string(),
                found: downloaded.digest.to_string(),
            });
        }
        self.remember(id, Fetched::File(downloaded.digest));
        let view = Directory::open(&directory, &download.url)?;
        let single = Some(Single {
            name: download.name.clone(),
            modified: downloaded.modified,
        });
        Ok(Output::Files(Arc::new(Files {
            view: Arc::new(view),
            single,
            below: "/".into(),
        })))
    }

    fn git(&self, id: VertexId, vertex: &Vertex, repository: &Git) -> Result<Output> {
        self.layers.observer.started(id.index(), &vertex.name);
        let directory = self.layers.store.temporary("git");
        let commit = git::check_out(repository, &directory)?;
        self.remember(id, Fetched::Commit(commit));
        let view = Directory::open(&directory, &repository.remote)?;
        let below = repository
            .subdirectory
            .clone()
            .unwrap_or_else(|| "/".into());
        Ok(Output::Files(Arc::new(Files {
            view: Arc::new(view),
            single: None,
            below,
        })))
    }
}
