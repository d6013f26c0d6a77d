//! `/etc/ld.so.conf`: the directories that `ldconfig` puts into its cache.
//!
//! The loader never reads it: a directory here that is in no cache is not searched. Format: a directory a line,
//! optionally followed by `=TYPE`; `#` starts a comment; `include` takes glob patterns, relative to the file they are
//! in; `hwcap` lines are ignored, as `ldconfig` has done since 2.37.

use std::collections::BTreeSet;

use crate::search::Files;

/// Where `ldconfig` starts.
pub const PATH: &[u8] = b"/etc/ld.so.conf";
/// Files that are included, together: more than any system has, and an end for those that include each other.
const FILES_LIMIT: usize = 1024;
/// How deep includes go: `ldconfig` itself knows no bound.
const DEPTH_LIMIT: usize = 32;

/// The directories that the configuration at `path` names, each once, in order. Files that don't exist say nothing.
pub fn parse(path: &[u8], files: &dyn Files) -> Vec<Vec<u8>> {
    let mut reader = Reader {
        files,
        seen: BTreeSet::new(),
        directories: Vec::new(),
    };
    reader.read(path, 0);
    reader.directories
}

struct Reader<'a> {
    files: &'a dyn Files,
    seen: BTreeSet<Vec<u8>>,
    directories: Vec<Vec<u8>>,
}

impl Reader<'_> {
    fn read(&mut self, path: &[u8], depth: usize) {
        if depth > DEPTH_LIMIT || self.seen.len() >= FILES_LIMIT || !self.seen.insert(path.to_vec())
        {
            return;
        }
        let Some(text) = self.files.read(path) else {
            return;
        };
        for line in text.split(|&byte| byte == b'\n') {
            let line = line.split(|&byte| byte == b'#').next().unwrap_or_default();
            let line = line.trim_ascii();
            let mut words = line
                .split(u8::is_ascii_whitespace)
                .filter(|word| !word.is_empty());
            match words.next() {
                Some(b"include") => {
                    for pattern in words {
                        self.include(pattern, path, depth);
                    }
                }
                Some(b"hwcap") | None => {}
                Some(_) => self.directory(line),
            }
        }
    }

    fn directory(&mut self, line: &[u8]) {
        let directory = line.split(|&byte| byte == b'=').next().unwrap_or_default();
        let mut directory = directory.trim_ascii_end();
        while directory.len() > 1 && directory.ends_with(b"/") {
            directory = &directory[..directory.len() - 1];
        }
        if directory.starts_with(b"/") && !self.directories.iter().any(|it| it == directory) {
            self.directories.push(directory.to_vec());
        }
    }

    fn include(&mut self, pattern: &[u8], from: &[u8], depth: usize) {
        let mut pattern = pattern.to_vec();
        if !pattern.starts_with(b"/") {
            let end = from.iter().rposition(|&byte| byte == b'/');
            let directory = end.map_or(&[][..], |end| &from[..=end]);
            pattern = [directory, &pattern].concat();
        }
        for path in self.glob(&pattern) {
            self.read(&path, depth + 1);
        }
    }

    /// The paths that match, in order. Only directories that lead to a match are listed.
    fn glob(&self, pattern: &[u8]) -> Vec<Vec<u8>> {
        let mut paths = vec![Vec::new()];
        for part in pattern.split(|&byte| byte == b'/').skip(1) {
            let is_pattern = part.iter().any(|byte| b"*?[".contains(byte));
            let mut next = Vec::new();
            for path in &paths {
                if !is_pattern {
                    next.push([path, &b"/"[..], part].concat());
                    continue;
                }
                let directory = if path.is_empty() { b"/" } else { &path[..] };
                let mut names = self.files.list(directory);
                names.sort();
                names.retain(|name| !name.starts_with(b".") && matches(part, name));
                next.extend(names.iter().map(|name| [path, &b"/"[..], name].concat()));
                if next.len() > FILES_LIMIT {
                    break;
                }
            }
            paths = next;
        }
        paths
    }
}

/// Whether `name` matches a shell pattern of `*`, `?` and `[…]`. Goes back to the last `*` alone, so it is never slow.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < name.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at + 1, read));
            at += 1;
        } else if let Some(length) = one(&pattern[at..], name[read]) {
            at += length;
            read += 1;
        } else if let Some((after, from)) = star {
            star = Some((after, from + 1));
            at = after;
            read = from + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

/// How much of the pattern stands for `byte`; `None` where it doesn't.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match *pattern.first()? {
        b'?' => Some(1),
        b'[' => {
            // a bracket right after the opening one stands for itself
            let close = pattern.iter().skip(2).position(|&it| it == b']')? + 2;
            let negated = matches!(pattern[1], b'!' | b'^');
            let set = &pattern[1 + usize::from(negated)..close];
            let ranges = set.windows(3).filter(|it| it[1] == b'-');
            let within = ranges.into_iter().any(|it| (it[0]..=it[2]).contains(&byte));
            (negated != (within || set.contains(&byte))).then_some(close + 1)
        }
        other => (other == byte).then_some(1),
    }
}
