//! The tree of bytes for a treemap: nested arrays, as small as JSON gets.
//!
//! ```text
//! file       [name, bytes, kind, owner]     kind: its number in `FileKind::ALL`; owner: the package's number, or -1
//! directory  [name, [node, …]]              the root's name is empty; empty directories are left out
//! ```

use serde_json::{Value, json};

use crate::files::components;
use crate::survey::{FileKind, Survey};

/// A tree, as JSON.
pub struct Tree(pub Value);

impl Tree {
    /// The tree of all regular files.
    pub fn of(survey: &Survey<'_>) -> Tree {
        // names of open directories, and their nodes
        let mut open: Vec<(Vec<u8>, Vec<Value>)> = vec![(Vec::new(), Vec::new())];
        for item in survey.files() {
            let parts: Vec<&[u8]> = components(item.path).collect();
            let Some((name, directories)) = parts.split_last() else {
                continue;
            };
            let same = open[1..]
                .iter()
                .zip(directories)
                .take_while(|((open, _), part)| open == *part)
                .count();
            close(&mut open, same + 1);
            for part in &directories[same..] {
                open.push((part.to_vec(), Vec::new()));
            }
            let kind = FileKind::ALL.iter().position(|kind| *kind == item.kind);
            let owner = item.owner.map_or(-1, |owner| owner as i64);
            let node = json!([text(name), item.bytes, kind, owner]);
            open.last_mut().expect("the root stays").1.push(node);
        }
        close(&mut open, 1);
        let (_, nodes) = open.pop().expect("the root stays");
        Tree(json!(["", nodes]))
    }
}

/// Closes directories until `depth` are open.
fn close(open: &mut Vec<(Vec<u8>, Vec<Value>)>, depth: usize) {
    while open.len() > depth {
        let (name, nodes) = open.pop().expect("more than one");
        let node = json!([text(&name), nodes]);
        open.last_mut().expect("the root stays").1.push(node);
    }
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
