//! Search paths as they are written: lists of directories, and glibc's dynamic string tokens in them.

/// What the tokens stand for in one object's paths.
pub(super) struct Tokens<'a> {
    pub(super) origin: &'a [u8],
    pub(super) lib: &'a str,
    pub(super) platform: &'a str,
}

/// The directory that `path` lies in.
pub(super) fn directory(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(0) => b"/",
        Some(end) => &path[..end],
        None => b".",
    }
}

/// The last part of `path`.
pub(super) fn name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

/// `name` in `directory`.
pub(super) fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = directory.to_vec();
    if !path.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// `path`, seen from `working_directory`.
pub(super) fn absolute(path: &[u8], working_directory: &[u8]) -> Vec<u8> {
    match path.first() {
        Some(b'/') => path.to_vec(),
        _ => join(working_directory, path),
    }
}

/// The directories of a list as glibc reads it: an empty one is the working directory, slashes at the end don't count.
pub(super) fn directories(
    list: &[u8],
    separators: &[u8],
    tokens: &Tokens<'_>,
    working_directory: &[u8],
) -> Vec<Vec<u8>> {
    if list.is_empty() {
        return Vec::new();
    }
    list.split(|byte| separators.contains(byte))
        .map(|directory| {
            let mut expanded = expand(directory, tokens);
            while expanded.len() > 1 && expanded.ends_with(b"/") {
                expanded.pop();
            }
            if expanded.is_empty() {
                working_directory.to_vec()
            } else {
                absolute(&expanded, working_directory)
            }
        })
        .collect()
}

/// `text` with `$ORIGIN`, `$LIB`, `$PLATFORM`, in braces or not, replaced. Any other `$` stays.
pub(super) fn expand(text: &[u8], tokens: &Tokens<'_>) -> Vec<u8> {
    let known = [
        ("ORIGIN", tokens.origin),
        ("PLATFORM", tokens.platform.as_bytes()),
        ("LIB", tokens.lib.as_bytes()),
    ];
    let mut expanded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let token = known.iter().find_map(|&(name, value)| {
            let bare = after.strip_prefix(name.as_bytes());
            let braced = || {
                let inner = after.strip_prefix(b"{")?;
                inner.strip_prefix(name.as_bytes())?.strip_prefix(b"}")
            };
            Some((value, bare.or_else(braced)?))
        });
        match token.filter(|_| byte == b'$') {
            Some((value, after)) => {
                expanded.extend_from_slice(value);
                rest = after;
            }
            None => {
                expanded.push(byte);
                rest = after;
            }
        }
    }
    expanded
}
