//! What a plan is made of, by digests and stamps: while it is the same, so is the plan, which then is not made again.
//!
//! | part | what stands for it |
//! |---|---|
//! | the state | its layers |
//! | sources from states | their layers; or, once more, those of them that decide what is at the source (`Tree::deciding`) |
//! | sources from directories | names, modes and stamps of all files that they select (`View::identify`) |
//! | flags, destinations, users, texts | themselves |
//!
//! Downloads, and files that are too young for their stamps to be trusted, have nothing that stands for them.

use constrict_oci::{Digest, Hasher};

use super::key::Key;
use super::{Output, Solver};
use crate::copy::{matches, without_wildcards};
use crate::error::Result;
use crate::graph::{CopyAction, CopySource, FileAction, FilesOp, Unpack};
use crate::view::{View, resolve_in};

/// What stands for sources from states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All layers: nothing is read.
    All,
    /// Only the layers that decide, as far as they can be told apart: their indexes are read.
    Deciding,
}

impl Solver {
    /// The digest of everything that the plan of `op` on `base` depends on; `None` if that cannot be told.
    pub(super) fn inputs(
        &self,
        op: &FilesOp,
        base: &[Digest],
        extent: Extent,
    ) -> Result<Option<Digest>> {
        let mut key = Key::new("inputs of files");
        key.add("the time of files", self.settings.epoch.to_string());
        key.add("whether there is a state", op.base.is_some().to_string());
        key.add("the layers below", texts(base));
        for action in &op.actions {
            match action {
                FileAction::MakeDirectory { path, user } => {
                    key.add("a directory", path);
                    key.add("its user", user);
                }
                FileAction::Copy(copy) => {
                    if !self.add_copy(&mut key, copy, extent)? {
                        return Ok(None);
                    }
                }
            }
        }
        Ok(Some(key.digest()))
    }

    fn add_copy(&self, key: &mut Key, copy: &CopyAction, extent: Extent) -> Result<bool> {
        let CopyAction {
            sources,
            destination,
            chown,
            chmod,
            exclude,
            parents,
            unpack,
        } = copy;
        key.add("a destination", destination);
        key.add(
            "its flags",
            format!("{chown:?} {chmod:?} {exclude:?} {parents} {unpack:?}"),
        );
        for source in sources {
            match source {
                CopySource::Download { .. } => return Ok(false),
                CopySource::Inline { name, content } => {
                    key.add("the name of a text", name);
                    key.add("a text", content);
                }
                CopySource::Path { from, path } => {
                    key.add("a source", path);
                    match from.map(|id| self.output(id)) {
                        None => key.add("from", "the empty state"),
                        Some(Output::State(layers)) => {
                            let deciding = match extent {
                                // with its parents a path means more than what it selects
                                Extent::Deciding if !parents && *unpack == Unpack::Never => {
                                    self.deciding(&layers, path)?
                                }
                                _ => None,
                            };
                            match deciding {
                                Some(deciding) => key.add("from deciding layers", texts(&deciding)),
                                None => key.add("from layers", texts(&layers)),
                            }
                        }
                        Some(Output::Files(files)) => {
                            // with its parents a path means more than what it selects
                            if *parents || files.below != "/" {
                                return Ok(false);
                            }
                            match identify(files.view.as_ref(), path)? {
                                Some(digest) => key.add("from files", digest.to_string()),
                                None => return Ok(false),
                            }
                        }
                    }
                }
            }
        }
        Ok(true)
    }

    /// The layers that decide what `source` selects; `None` if it selects nothing, leads through links, or others have a say.
    fn deciding(&self, layers: &[Digest], source: &str) -> Result<Option<Vec<Digest>>> {
        let (tree, view) = self.view_of(layers, "the stage or image")?;
        let view = view.as_ref();
        // what cannot be found is told by the plan, as an error
        let Ok(paths) = matches(view, source) else {
            return Ok(None);
        };
        let top = without_wildcards(source);
        for path in paths.iter().chain([&top]) {
            if !resolve_in(view, path, true).is_ok_and(|at| at == *path) {
                return Ok(None);
            }
        }
        match tree.get(&top) {
            Some(_) => Ok(tree.deciding(&top)),
            None => Ok(None),
        }
    }
}

fn texts(layers: &[Digest]) -> String {
    let texts: Vec<String> = layers.iter().map(Digest::to_string).collect();
    texts.join(" ")
}

/// The digest of what `source` selects from `view`, by stamps.
fn identify(view: &dyn View, source: &str) -> Result<Option<Digest>> {
    // what cannot be found is told by the plan, as an error
    let Ok(paths) = matches(view, source) else {
        return Ok(None);
    };
    let mut hasher = Hasher::sha256();
    for path in paths {
        let Ok(at) = resolve_in(view, &path, true) else {
            return Ok(None);
        };
        // through links there is more that may change
        if at != path || !view.identify(&path, &mut hasher)? {
            return Ok(None);
        }
    }
    Ok(Some(hasher.finish()))
}
