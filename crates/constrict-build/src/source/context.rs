//! The build context: a directory, an archive on standard input or from the web, or a git repository; and in it the
//! Dockerfile and its ignore file.

use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{Directory, git, http};
use crate::copy::{ArchiveView, Destination, Options, Plan, unpack};
use crate::error::{Error, IoContext, Result};
use crate::frontend::dockerfile::MainContext;
use crate::graph::DirectorySource;
use crate::store::Store;
use crate::tree::Tree;
use crate::view::{View, read_small, resolve_in};

/// A larger Dockerfile is none.
const LIMIT: u64 = 16 << 20;

/// Where the Dockerfile is looked for when nobody says.
const DOCKERFILE: &str = "Dockerfile";

/// What a build starts from.
#[derive(Debug)]
pub struct Context {
    /// The Dockerfile's text.
    pub dockerfile: Vec<u8>,
    /// What to call it in messages.
    pub dockerfile_name: String,
    /// The files.
    pub main: MainContext,
    /// Where `constrict.toml` may be: beside the Dockerfile.
    pub project: Option<PathBuf>,
    /// The commit, if it is a git repository.
    pub commit: Option<String>,
}

/// Opens the context that `place` names: `-`, an address or a directory. `file` is `--file`, also `-`.
pub fn open(
    place: &str,
    file: Option<&str>,
    stdin: &mut dyn Read,
    store: &Store,
    ca: Option<&Path>,
) -> Result<Context> {
    if place == "-" && file == Some("-") {
        return Err(Error::Invalid(
            "context and Dockerfile cannot both be read from standard input".into(),
        ));
    }
    if place == "-" {
        let mut content = Vec::new();
        stdin
            .read_to_end(&mut content)
            .at("read", "standard input")?;
        return from_bytes(content, file, store);
    }
    if let Some(repository) = git::parse(place) {
        let directory = store.temporary("context");
        let commit = git::check_out(&repository, &directory)?;
        let root = inside(
            &directory,
            repository.subdirectory.as_deref().unwrap_or("."),
        )?;
        let context = from_directory(&root, Inside::Context(file.unwrap_or(DOCKERFILE)))?;
        return Ok(Context {
            commit: Some(commit),
            ..context
        });
    }
    if place.starts_with("http://") || place.starts_with("https://") {
        let path = store.temporary("context");
        http::download(&http::agent(ca)?, place, &path)?;
        let content = std::fs::read(&path).at("read", &path)?;
        std::fs::remove_file(&path).at("delete", &path)?;
        return from_bytes(content, file, store);
    }
    let root = Path::new(place);
    match file {
        Some("-") => {
            let mut dockerfile = Vec::new();
            stdin
                .read_to_end(&mut dockerfile)
                .at("read", "standard input")?;
            let ignore = ignore_file(
                &Directory::open(root, "the build context")?,
                ".dockerignore",
            )?;
            Ok(Context {
                dockerfile,
                dockerfile_name: DOCKERFILE.into(),
                main: MainContext::Directory(source(root, ignore)),
                project: Some(root.into()),
                commit: None,
            })
        }
        Some(file) => from_directory(root, Inside::Host(Path::new(file))),
        None => from_directory(root, Inside::Context(DOCKERFILE)),
    }
}

/// A further directory, for `--build-context`; its own `.dockerignore` applies.
pub fn named(name: &str, root: &Path) -> Result<DirectorySource> {
    let ignore = ignore_file(&Directory::open(root, name)?, ".dockerignore")?;
    Ok(DirectorySource {
        name: format!("context `{name}`"),
        path: root.into(),
        ignore,
    })
}

/// Where the Dockerfile is.
enum Inside<'a> {
    /// A path in the context.
    Context(&'a str),
    /// A path of the host, from the current directory.
    Host(&'a Path),
}

fn source(root: &Path, ignore: Option<(String, Vec<u8>)>) -> DirectorySource {
    DirectorySource {
        name: "the build context".into(),
        path: root.into(),
        ignore,
    }
}

fn from_directory(root: &Path, file: Inside<'_>) -> Result<Context> {
    let context = Directory::open(root, "the build context")?;
    let (folder, name, shown) = match file {
        Inside::Context(name) => {
            let path = Path::new(name);
            let folder = inside(
                root,
                &path.parent().unwrap_or(Path::new("")).to_string_lossy(),
            )?;
            (
                folder,
                path.file_name().unwrap_or_default().to_owned(),
                root.join(name),
            )
        }
        Inside::Host(path) => {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or(Path::new("."));
            (
                folder.to_path_buf(),
                path.file_name().unwrap_or_default().to_owned(),
                path.to_path_buf(),
            )
        }
    };
    let name = name.to_string_lossy().into_owned();
    let missing = || Error::NoDockerfile {
        path: shown.clone(),
    };
    let beside = match Directory::open(&folder, "the Dockerfile's folder") {
        Ok(beside) => beside,
        Err(_) => return Err(missing()),
    };
    let dockerfile = read_small(&beside, name.as_bytes(), LIMIT)?.ok_or_else(missing)?;
    let mut ignore = ignore_file(&beside, &format!("{name}.dockerignore"))?;
    if ignore.is_none() {
        ignore = ignore_file(&context, ".dockerignore")?;
    }
    let dockerfile_name = match shown.strip_prefix("./") {
        Ok(path) => path.display().to_string(),
        Err(_) => shown.display().to_string(),
    };
    Ok(Context {
        dockerfile,
        dockerfile_name,
        main: MainContext::Directory(source(root, ignore)),
        project: Some(folder),
        commit: None,
    })
}

/// The path of the host that `path` is inside `root`: neither `..` nor links lead out.
fn inside(root: &Path, path: &str) -> Result<PathBuf> {
    let context = Directory::open(root, "the build context")?;
    let path = resolve_in(&context, path.as_bytes(), true)?;
    Ok(root.join(std::ffi::OsStr::from_bytes(&path)))
}

/// An ignore file that is there and cannot be read is an error: without it, the image would get what it hides.
fn ignore_file(directory: &Directory, name: &str) -> Result<Option<(String, Vec<u8>)>> {
    match read_small(directory, name.as_bytes(), LIMIT)? {
        Some(text) => Ok(Some((name.to_string(), text))),
        None if directory.meta(name.as_bytes())?.is_none() => Ok(None),
        None => Err(Error::Invalid(format!(
            "`{}` is not a regular file inside its folder",
            directory.path().join(name).display()
        ))),
    }
}

/// A Dockerfile without a context, or an archive with both.
fn from_bytes(content: Vec<u8>, file: Option<&str>, store: &Store) -> Result<Context> {
    let archive = ArchiveView::read(Box::new(content.as_slice()), &store.temporary("archive"))?;
    let Some(archive) = archive else {
        return Ok(Context {
            dockerfile: content,
            dockerfile_name: DOCKERFILE.into(),
            main: MainContext::Empty,
            project: None,
            commit: None,
        });
    };
    let nothing = Tree::default();
    let mut plan = Plan::new(&nothing, 0);
    unpack(
        &mut plan,
        archive,
        &Destination::parse("/"),
        &Options::default(),
    )?;
    let directory = store.temporary("context");
    std::fs::create_dir(&directory).at("create", &directory)?;
    crate::snapshot::write_plan(&directory, &plan)?;
    from_directory(&directory, Inside::Context(file.unwrap_or(DOCKERFILE)))
}

#[cfg(test)]
mod tests;
