//! Walking through an image's files in the terminal: directories with what is in them, the largest first.

use constrict_inspect::compare::Profile;
use constrict_inspect::size::Tree;
use serde_json::Value;

use super::screen::{Key, Screen};
use crate::failure::Failure;
use crate::progress::bytes;
use crate::render::comparison::printable;

/// A file or directory with what is below it.
struct Node {
    name: String,
    bytes: u64,
    files: u64,
    /// The package that a file is from.
    package: Option<String>,
    /// None for files.
    inside: Option<Vec<Node>>,
}

/// Where the user is: the open directories, by their place in the one above, and the marked line.
struct Walk {
    root: Node,
    open: Vec<usize>,
    marked: usize,
    /// The marked lines of the directories above.
    above: Vec<usize>,
    by_name: bool,
}

/// Shows the root until the user quits.
pub(super) fn browse(profile: &Profile, tree: &Tree) -> Result<(), Failure> {
    let failed = |source| constrict_build::Error::Io {
        act: "use",
        path: "/dev/tty".into(),
        source,
    };
    let mut walk = Walk::new(node(&tree.0, profile));
    let screen = Screen::open().map_err(failed)?;
    loop {
        let (rows, columns) = screen.size();
        screen
            .show(&walk.lines(&profile.name, rows, columns))
            .map_err(failed)?;
        match screen.key().map_err(failed)? {
            Key::Quit => return Ok(()),
            key => walk.press(key, rows.saturating_sub(FRAME).max(1)),
        }
    }
}

/// Lines around the list.
const FRAME: usize = 3;

/// The tree with sums; `value` is one that `Tree` makes.
fn node(value: &Value, profile: &Profile) -> Node {
    let name = printable(value[0].as_str().unwrap_or_default());
    match &value[1] {
        Value::Array(inside) => {
            let mut inside: Vec<Node> = inside.iter().map(|value| node(value, profile)).collect();
            inside.sort_by(|one, other| (other.bytes, &one.name).cmp(&(one.bytes, &other.name)));
            Node {
                bytes: inside.iter().map(|node| node.bytes).sum(),
                files: inside.iter().map(|node| node.files).sum(),
                package: None,
                name,
                inside: Some(inside),
            }
        }
        size => {
            let owner = value[3]
                .as_u64()
                .and_then(|owner| usize::try_from(owner).ok());
            let package = owner.and_then(|owner| profile.size.packages.get(owner));
            Node {
                name,
                bytes: size.as_u64().unwrap_or(0),
                files: 1,
                package: package.map(|package| printable(&package.name)),
                inside: None,
            }
        }
    }
}

impl Walk {
    fn new(root: Node) -> Walk {
        Walk {
            root,
            open: Vec::new(),
            marked: 0,
            above: Vec::new(),
            by_name: false,
        }
    }

    fn here(&self) -> &Node {
        let mut node = &self.root;
        for at in &self.open {
            node = &node.inside.as_ref().expect("only directories are open")[*at];
        }
        node
    }

    /// What is in the open directory, in the order that is shown, with its place there.
    fn entries(&self) -> Vec<(usize, &Node)> {
        let inside = self.here().inside.as_deref().unwrap_or_default();
        let mut entries: Vec<(usize, &Node)> = inside.iter().enumerate().collect();
        if self.by_name {
            entries.sort_by(|one, other| one.1.name.cmp(&other.1.name));
        }
        entries
    }

    fn press(&mut self, key: Key, page: usize) {
        let count = self.entries().len();
        let last = count.saturating_sub(1);
        match key {
            Key::Up => self.marked = self.marked.saturating_sub(1),
            Key::Down => self.marked = (self.marked + 1).min(last),
            Key::PageUp => self.marked = self.marked.saturating_sub(page),
            Key::PageDown => self.marked = (self.marked + page).min(last),
            Key::First => self.marked = 0,
            Key::Last => self.marked = last,
            Key::Into => {
                let marked = self
                    .entries()
                    .get(self.marked)
                    .map(|(at, node)| (*at, node.inside.is_some()));
                if let Some((at, true)) = marked {
                    self.above.push(self.marked);
                    self.open.push(at);
                    self.marked = 0;
                }
            }
            Key::Out => {
                if self.open.pop().is_some() {
                    self.marked = self.above.pop().unwrap_or(0);
                }
            }
            Key::Sort => {
                let place = self.entries().get(self.marked).map(|(at, _)| *at);
                self.by_name = !self.by_name;
                let entries = self.entries();
                let found = entries.iter().position(|(at, _)| Some(*at) == place);
                self.marked = found.unwrap_or(0);
            }
            Key::Quit | Key::Other => {}
        }
    }

    fn path(&self) -> String {
        let mut path = String::from("/");
        let mut node = &self.root;
        for at in &self.open {
            node = &node.inside.as_ref().expect("only directories are open")[*at];
            path.push_str(&node.name);
            path.push('/');
        }
        path
    }

    /// The screen.
    fn lines(&self, image: &str, rows: usize, columns: usize) -> Vec<String> {
        let here = self.here();
        let room = rows.saturating_sub(FRAME).max(1);
        let first = self.marked.saturating_sub(room / 2);
        let entries = self.entries();
        let first = first.min(entries.len().saturating_sub(room));
        let head = format!("{} {}", printable(image), self.path());
        let sum = format!("{} in {} files", bytes(here.bytes), here.files);
        let mut lines = vec![
            format!("\x1b[1m{}\x1b[m", cut(&head, columns)),
            cut(&sum, columns),
        ];
        for (row, (_, node)) in entries.iter().enumerate().skip(first).take(room) {
            let share = node.bytes as f64 / here.bytes.max(1) as f64;
            let bar: String = (0..BAR)
                .map(|at| {
                    if (at as f64) < share * BAR as f64 {
                        '█'
                    } else {
                        ' '
                    }
                })
                .collect();
            let slash = if node.inside.is_some() { "/" } else { "" };
            let note = match (&node.package, node.inside.is_some()) {
                (Some(package), _) => format!("  ({package})"),
                (None, true) => format!("  ({} files)", node.files),
                (None, false) => String::new(),
            };
            let line = format!(
                " {:>8} {:>3.0} % {bar} {}{slash}{note}",
                bytes(node.bytes),
                share * 100.0,
                node.name
            );
            let line = cut(&line, columns);
            lines.push(match row == self.marked {
                true => format!("\x1b[7m{line:columns$}\x1b[m"),
                false => line,
            });
        }
        lines.truncate(rows.saturating_sub(1));
        let order = if self.by_name { "by size" } else { "by name" };
        let keys = format!("↑↓ move   → open   ← back   s {order}   q quit");
        lines.push(format!("\x1b[2m{}\x1b[m", cut(&keys, columns)));
        lines
    }
}

/// How wide the largest bar is.
const BAR: usize = 20;

fn cut(text: &str, columns: usize) -> String {
    text.chars().take(columns).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn walk() -> Walk {
        let tree = json!([
            "",
            [
                ["a", [["x.py", 60, 2, -1], ["b", [["y", 30, 4, -1]]]]],
                ["z", 10, 4, -1]
            ]
        ]);
        let profile = Profile {
            name: "app".into(),
            digest: String::new(),
            platform: String::new(),
            size: serde_json::from_value(json!({
                "total": {"unpacked": 100, "visible": 100, "compressed": null},
                "layers": [], "kinds": [], "packages": [],
                "unowned": {"bytes": 100, "files": 3}, "lost": [], "trims": []
            }))
            .unwrap(),
            values: std::collections::BTreeMap::new(),
        };
        Walk::new(node(&tree, &profile))
    }

    fn screen(walk: &Walk) -> Vec<String> {
        walk.lines("app", 6, 60)
            .iter()
            .map(|line| {
                let plain = line.replace("\x1b[1m", "").replace("\x1b[m", "");
                plain
                    .replace("\x1b[7m", ">")
                    .replace("\x1b[2m", "")
                    .trim_end()
                    .to_string()
            })
            .collect()
    }

    #[test]
    fn the_largest_comes_first_and_keys_lead_in_and_out() {
        let mut walk = walk();
        assert_eq!(
            screen(&walk),
            [
                "app /",
                "100B in 3 files",
                ">      90B  90 % ██████████████████   a/  (2 files)",
                "      10B  10 % ██                   z",
                "↑↓ move   → open   ← back   s by name   q quit",
            ]
        );
        walk.press(Key::Into, 3);
        walk.press(Key::Down, 3);
        walk.press(Key::Into, 3);
        assert_eq!(walk.path(), "/a/b/");
        walk.press(Key::Into, 3);
        assert_eq!(walk.path(), "/a/b/", "a file is not opened");
        walk.press(Key::Out, 3);
        assert_eq!((walk.path().as_str(), walk.marked), ("/a/", 1));
        walk.press(Key::Sort, 3);
        assert_eq!(walk.marked, 0, "the mark stays on `b`");
        walk.press(Key::Out, 3);
        walk.press(Key::Out, 3);
        assert_eq!((walk.path().as_str(), walk.marked), ("/", 0));
    }
}
