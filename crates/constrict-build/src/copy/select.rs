//! What a source of COPY selects from a view, and where it goes.

use std::collections::HashMap;
use std::sync::Arc;

use constrict_dockerfile::glob::{Glob, has_wildcards};
use constrict_dockerfile::ignore::Ignore;

use super::plan::{Content, Destination, MakeDirectories, Plan, Planned};
use super::{ArchiveView, ModeChange};
use crate::error::{Error, Result};
use crate::tree::join;
use crate::view::{FileKind, Meta, View, clean, components, file_name, parent, resolve_in};

/// What the flags of COPY say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// `--chown`, as numbers.
    pub(crate) owner: Option<(u32, u32)>,
    /// `--chmod`.
    pub(crate) mode: Option<ModeChange>,
    /// The mode of files where `--chmod` says none.
    pub(crate) file_mode: Option<u32>,
    /// `--exclude`.
    pub(crate) exclude: Option<Ignore>,
    /// `--parents`.
    pub(crate) parents: bool,
    /// Times are the build's epoch, not the source's: they differ from one check-out to the next.
    pub(crate) reset_times: bool,
}

impl Options {
    fn new_directories(&self) -> MakeDirectories {
        let mode = self
            .mode
            .as_ref()
            .map_or(0o755, ModeChange::for_new_directory);
        MakeDirectories {
            mode,
            owner: self.owner.unwrap_or((0, 0)),
        }
    }
}

/// Plans what `source` selects from `view`. A glob that matches nothing plans nothing.
pub(crate) fn copy_source(
    plan: &mut Plan<'_>,
    view: &Arc<dyn View>,
    source: &str,
    destination: &Destination,
    options: &Options,
) -> Result<()> {
    if options.parents {
        return copy_with_parents(plan, view, source, destination, options);
    }
    for path in matches(view.as_ref(), source)? {
        copy_literal(plan, view, &path, destination, options)?;
    }
    Ok(())
}

/// Plans a file whose content stands in the Dockerfile.
pub(crate) fn copy_inline(
    plan: &mut Plan<'_>,
    name: &str,
    content: Vec<u8>,
    destination: &Destination,
    options: &Options,
) -> Result<()> {
    let mut to = prepare(plan, destination, options)?;
    if plan.kind(&to) == Some(FileKind::Directory) {
        if name.contains('/') || name == "." || name == ".." {
            return Err(Error::Invalid(format!(
                "heredoc `{name}` is no name of a file"
            )));
        }
        to = join(&to, name.as_bytes());
    }
    plan.make_directories(parent(&to), options.new_directories())?;
    let meta = Meta {
        kind: FileKind::Regular {
            size: content.len() as u64,
        },
        mode: 0o644,
        uid: 0,
        gid: 0,
        mtime: plan.epoch(),
        xattrs: Default::default(),
        link_group: None,
    };
    put_file(plan, &to, meta, Content::Inline(Arc::new(content)), options)
}

/// Plans the content of an archive, below the destination.
pub(crate) fn unpack(
    plan: &mut Plan<'_>,
    archive: ArchiveView,
    destination: &Destination,
    options: &Options,
) -> Result<()> {
    let to = plan.resolve(&destination.path)?;
    plan.make_directories(
        &to,
        MakeDirectories {
            mode: 0o755,
            owner: options.owner.unwrap_or((0, 0)),
        },
    )?;
    let archive: Arc<ArchiveView> = Arc::new(archive);
    // the archive's own root says nothing of the destination
    let members = archive.members().iter();
    for (path, meta, hard_link) in members.filter(|(path, ..)| !path.is_empty()) {
        let at = plan.resolve(&join(&to, parent(path)))?;
        plan.make_directories(
            &at,
            MakeDirectories {
                mode: 0o755,
                owner: (0, 0),
            },
        )?;
        let mut meta = meta.clone();
        (meta.uid, meta.gid) = options.owner.unwrap_or((meta.uid, meta.gid));
        let content = match meta.kind {
            FileKind::Regular { .. } => Content::File(archive.clone(), path.clone()),
            _ => Content::None,
        };
        let to = join(&at, file_name(path));
        let hard_link = match hard_link {
            Some(target) => Some(join(
                &plan.resolve(&join(&at_root(&at, path), parent(target)))?,
                file_name(target),
            )),
            None => None,
        };
        plan.put(
            &to,
            Planned {
                meta,
                content,
                hard_link,
            },
        );
    }
    Ok(())
}

/// The directory that an archive is unpacked in, from where one of its members' parents is.
fn at_root(at: &[u8], path: &[u8]) -> Vec<u8> {
    let depth = components(parent(path)).count();
    let mut root = at;
    for _ in 0..depth {
        root = parent(root);
    }
    root.to_vec()
}

/// The paths that a source stands for, with their last link not yet followed.
pub(crate) fn matches(view: &dyn View, source: &str) -> Result<Vec<Vec<u8>>> {
    let cleaned = clean(source.as_bytes());
    if !has_wildcards(source) {
        return Ok(vec![cleaned]);
    }
    let parts: Vec<&[u8]> = components(&cleaned).collect();
    let literal = literal_components(&parts);
    let start = resolve_in(view, &parts[..literal].join(&b'/'), true)?;
    if view.meta(&start)?.is_none() {
        return Err(crate::source::no_such_path(
            view,
            &parts[..literal].join(&b'/'),
        ));
    }
    let mut found = vec![start];
    for part in &parts[literal..] {
        let text = String::from_utf8_lossy(part);
        let glob = Glob::parse(&text)
            .map_err(|_| Error::Invalid(format!("`{source}`: syntax error in pattern")))?;
        let mut next = Vec::new();
        for directory in found {
            if view
                .meta(&directory)?
                .is_some_and(|meta| meta.is_directory())
            {
                let names = view.list(&directory)?;
                next.extend(
                    names
                        .iter()
                        .filter(|name| glob.matches(&String::from_utf8_lossy(name)))
                        .map(|name| join(&directory, name)),
                );
            }
        }
        found = next;
    }
    Ok(found)
}

/// The path up to the first component with a wildcard: all that a source selects is there.
pub(crate) fn without_wildcards(source: &str) -> Vec<u8> {
    let cleaned = clean(source.as_bytes());
    let parts: Vec<&[u8]> = components(&cleaned).collect();
    match has_wildcards(source) {
        true => parts[..literal_components(&parts)].join(&b'/'),
        false => cleaned,
    }
}

fn literal_components(parts: &[&[u8]]) -> usize {
    let is_glob = |part: &&&[u8]| std::str::from_utf8(part).is_ok_and(has_wildcards);
    parts.iter().take_while(|part| !is_glob(part)).count()
}

/// Makes the directories that the destination names and returns where it really is.
fn prepare(plan: &mut Plan<'_>, destination: &Destination, options: &Options) -> Result<Vec<u8>> {
    let path = &destination.path;
    let ensure = if destination.is_directory {
        path.as_slice()
    } else {
        parent(path)
    };
    let ensure = plan.resolve(ensure)?;
    plan.make_directories(&ensure, options.new_directories())?;
    plan.resolve(path)
}

/// Plans what one path, in which nothing is a wildcard, selects from `view`.
pub(crate) fn copy_literal(
    plan: &mut Plan<'_>,
    view: &Arc<dyn View>,
    source: &[u8],
    destination: &Destination,
    options: &Options,
) -> Result<()> {
    let from = resolve_in(view.as_ref(), source, true)?;
    let Some(meta) = view.meta(&from)? else {
        return Err(crate::source::no_such_path(view.as_ref(), source));
    };
    let mut to = prepare(plan, destination, options)?;
    let existing = plan.kind(&to);
    if !meta.is_directory() && existing == Some(FileKind::Directory) {
        to = join(&to, file_name(source));
    }
    let made = if meta.is_directory() && existing.is_none() {
        to.as_slice()
    } else {
        parent(&to)
    };
    plan.make_directories(made, options.new_directories())?;
    let mut walk = Walk {
        view,
        options,
        include: None,
        links: HashMap::new(),
        pending: Vec::new(),
    };
    walk.copy(plan, &from, b"", &to, &meta, false)
}

/// `--parents`: the matched paths keep their directories, from the root or from `/./`.
fn copy_with_parents(
    plan: &mut Plan<'_>,
    view: &Arc<dyn View>,
    source: &str,
    destination: &Destination,
    options: &Options,
) -> Result<()> {
    let (pivot, pattern) = source.split_once("/./").unwrap_or(("", source));
    let pattern = String::from_utf8_lossy(&clean(pattern.as_bytes())).into_owned();
    let root = resolve_in(view.as_ref(), pivot.as_bytes(), true)?;
    let Some(meta) = view.meta(&root)? else {
        return Err(crate::source::no_such_path(view.as_ref(), pivot.as_bytes()));
    };
    let literal = !has_wildcards(&pattern);
    if literal && view.meta(&join(&root, pattern.as_bytes()))?.is_none() {
        return Err(crate::source::no_such_path(
            view.as_ref(),
            &join(&root, pattern.as_bytes()),
        ));
    }
    let include = if pattern.is_empty() {
        None
    } else {
        Some(
            Ignore::from_patterns(&[&pattern])
                .map_err(|error| Error::Invalid(error.to_string()))?,
        )
    };
    let to = prepare(
        plan,
        &Destination {
            is_directory: true,
            ..destination.clone()
        },
        options,
    )?;
    let mut walk = Walk {
        view,
        options,
        include,
        links: HashMap::new(),
        pending: Vec::new(),
    };
    walk.copy(plan, &root, b"", &to, &meta, false)
}

/// A walk over what one source selects.
struct Walk<'a> {
    view: &'a Arc<dyn View>,
    options: &'a Options,
    /// Only what matches is copied, with the directories that lead there.
    include: Option<Ignore>,
    /// Where the first name of a file with several names went.
    links: HashMap<Vec<u8>, Vec<u8>>,
    /// Directories that are made only if something below them is copied: where to, and what they are.
    pending: Vec<(Vec<u8>, Meta)>,
}

impl Walk<'_> {
    fn copy(
        &mut self,
        plan: &mut Plan<'_>,
        from: &[u8],
        relative: &[u8],
        to: &[u8],
        meta: &Meta,
        overwrite: bool,
    ) -> Result<()> {
        let name = String::from_utf8_lossy(relative);
        let excluded = !relative.is_empty()
            && self
                .options
                .exclude
                .as_ref()
                .is_some_and(|e| e.matches(&name));
        let included = self
            .include
            .as_ref()
            .is_none_or(|i| !relative.is_empty() && i.matches(&name))
            && !excluded;
        if !meta.is_directory() {
            if !included {
                return Ok(());
            }
            self.make_pending(plan)?;
            return self.copy_file(plan, from, to, meta);
        }
        if excluded
            && self
                .options
                .exclude
                .as_ref()
                .is_some_and(|e| e.prunes(&name))
        {
            return Ok(());
        }
        let depth = self.pending.len();
        if included {
            self.make_pending(plan)?;
            self.copy_directory(plan, to, meta, overwrite)?;
        } else if !relative.is_empty() {
            self.pending.push((to.to_vec(), meta.clone()));
        }
        for child in self.view.list(from)? {
            let path = join(from, &child);
            if let Some(meta) = self.view.meta(&path)? {
                self.copy(
                    plan,
                    &path,
                    &join(relative, &child),
                    &join(to, &child),
                    &meta,
                    true,
                )?;
            }
        }
        self.pending.truncate(depth);
        Ok(())
    }

    fn make_pending(&mut self, plan: &mut Plan<'_>) -> Result<()> {
        for (to, meta) in std::mem::take(&mut self.pending) {
            self.copy_directory(plan, &to, &meta, false)?;
        }
        Ok(())
    }

    fn copy_directory(
        &self,
        plan: &mut Plan<'_>,
        to: &[u8],
        meta: &Meta,
        overwrite: bool,
    ) -> Result<()> {
        match plan.kind(to) {
            Some(FileKind::Directory) if !overwrite => return Ok(()),
            Some(FileKind::Directory) | None => {}
            Some(_) => {
                return Err(Error::Copy {
                    path: shown(to),
                    reason: "it is not a directory",
                });
            }
        }
        let meta = self.options.dress(meta, plan.epoch());
        plan.put(
            to,
            Planned {
                meta,
                content: Content::None,
                hard_link: None,
            },
        );
        Ok(())
    }

    fn copy_file(
        &mut self,
        plan: &mut Plan<'_>,
        from: &[u8],
        to: &[u8],
        meta: &Meta,
    ) -> Result<()> {
        if plan.kind(to) == Some(FileKind::Directory) {
            return Err(Error::Copy {
                path: shown(to),
                reason: "a directory is in the place of the file",
            });
        }
        if let Some(first) = meta
            .link_group
            .as_ref()
            .and_then(|group| self.links.get(group))
        {
            let planned = Planned {
                meta: self.options.dress(meta, plan.epoch()),
                content: Content::None,
                hard_link: Some(first.clone()),
            };
            plan.put(to, planned);
            return Ok(());
        }
        if let Some(group) = &meta.link_group {
            self.links.insert(group.clone(), to.to_vec());
        }
        let (meta, content) = match meta.kind {
            FileKind::Regular { .. } => (
                meta.clone(),
                Content::File(self.view.clone(), from.to_vec()),
            ),
            FileKind::Socket => (
                Meta {
                    kind: FileKind::Regular { size: 0 },
                    ..meta.clone()
                },
                Content::Inline(Arc::default()),
            ),
            _ => (meta.clone(), Content::None),
        };
        put_file(plan, to, meta, content, self.options)
    }
}

impl Options {
    /// The metadata of a source as the flags want it.
    fn dress(&self, meta: &Meta, epoch: i64) -> Meta {
        let mut meta = meta.clone();
        (meta.uid, meta.gid) = self.owner.unwrap_or((meta.uid, meta.gid));
        if let (Some(change), false) = (&self.mode, matches!(meta.kind, FileKind::Symlink { .. })) {
            meta.mode = change.apply(meta.mode, meta.is_directory());
        } else if let Some(mode) = self.file_mode {
            meta.mode = mode;
        }
        if self.reset_times {
            meta.mtime = epoch;
        }
        meta
    }
}

fn put_file(
    plan: &mut Plan<'_>,
    to: &[u8],
    meta: Meta,
    content: Content,
    options: &Options,
) -> Result<()> {
    if plan.kind(to) == Some(FileKind::Directory) {
        return Err(Error::Copy {
            path: shown(to),
            reason: "a directory is in the place of the file",
        });
    }
    let meta = options.dress(&meta, plan.epoch());
    plan.put(
        to,
        Planned {
            meta,
            content,
            hard_link: None,
        },
    );
    Ok(())
}

fn shown(path: &[u8]) -> String {
    format!("/{}", String::from_utf8_lossy(path))
}
