//! Programs by their names: executable files, and links to them, in directories named `bin`, `sbin` or `libexec`, on PATH, or
//! of a compiler (`lib/gcc`). Two names of one file are two ways to call it.
//!
//! A name is compared without the machine's triplet and without a version: `x86_64-linux-gnu-gcc-12` is `gcc`, `perl5.36.0` is `perl`.

use std::collections::BTreeMap;

use super::{Item, Value};
use crate::facts::Facts;
use crate::files::{Kind, Node, file_name, parent, shown};
use crate::survey::Survey;

/// Names that tell one sort of programs.
pub(super) type Names = [&'static str];

/// Programs that take commands, with BusyBox and toybox, which have one inside.
pub(super) const SHELLS: [&str; 18] = [
    "ash", "bash", "busybox", "csh", "dash", "elvish", "fish", "ksh", "ksh93", "mksh", "nu",
    "pwsh", "rbash", "sh", "tcsh", "toybox", "yash", "zsh",
];
/// Programs that run scripts, Python's own left out.
pub(super) const INTERPRETERS: [&str; 30] = [
    "awk", "bun", "deno", "elixir", "erl", "expect", "gawk", "groovy", "guile", "java", "jshell",
    "julia", "lua", "luajit", "mawk", "mono", "nawk", "node", "nodejs", "ocaml", "octave", "perl",
    "php", "Rscript", "R", "ruby", "scala", "swipl", "tclsh", "wish",
];
/// Programs that install packages.
const PACKAGE_MANAGERS: [&str; 39] = [
    "apk",
    "apt",
    "apt-get",
    "aptitude",
    "brew",
    "bundle",
    "bundler",
    "cargo",
    "composer",
    "conda",
    "dnf",
    "dpkg",
    "easy_install",
    "flatpak",
    "gem",
    "hatch",
    "mamba",
    "microdnf",
    "micromamba",
    "nix-env",
    "npm",
    "npx",
    "opkg",
    "pacman",
    "pdm",
    "pip",
    "pipenv",
    "pipx",
    "pixi",
    "pnpm",
    "poetry",
    "rpm",
    "snap",
    "tdnf",
    "uv",
    "uvx",
    "yarn",
    "yum",
    "zypper",
];
/// Distributions that are package managers also where no script of theirs is: `python -m pip`.
const INSTALLERS: [&str; 8] = [
    "conda", "hatch", "pdm", "pip", "pipenv", "pipx", "poetry", "uv",
];
/// Programs that make native code.
pub(super) const COMPILERS: [&str; 38] = [
    "as",
    "c++",
    "c89",
    "c89-gcc",
    "c99",
    "c99-gcc",
    "cc",
    "cc1",
    "cc1plus",
    "clang",
    "clang++",
    "collect2",
    "cpp",
    "f951",
    "g++",
    "gcc",
    "gccgo",
    "gdc",
    "gfortran",
    "gnat",
    "go",
    "gold",
    "javac",
    "ld",
    "ld.bfd",
    "ld.gold",
    "ld.lld",
    "lld",
    "llc",
    "lto1",
    "mold",
    "nasm",
    "nvcc",
    "rustc",
    "tcc",
    "yasm",
    "zig",
    "lto-wrapper",
];
/// Programs that send or fetch what they are told to.
pub(super) const NETWORK_CLIENTS: [&str; 40] = [
    "aria2c",
    "aws",
    "axel",
    "curl",
    "dig",
    "drill",
    "ftp",
    "gcloud",
    "git",
    "gsutil",
    "hg",
    "host",
    "http",
    "kubectl",
    "lftp",
    "links",
    "lynx",
    "nc",
    "nc.openbsd",
    "nc.traditional",
    "ncat",
    "netcat",
    "nmap",
    "nslookup",
    "openssl",
    "ping",
    "rclone",
    "rsync",
    "scp",
    "sftp",
    "smbclient",
    "socat",
    "ssh",
    "svn",
    "tcpdump",
    "telnet",
    "tftp",
    "w3m",
    "wget",
    "xh",
];

/// A program of the image.
struct Program<'a> {
    path: &'a [u8],
    name: String,
    /// What a link leads to.
    target: Option<Vec<u8>>,
}

/// The programs with one of these names.
pub(super) fn named(facts: &Facts<'_>, survey: &Survey<'_>, names: &Names) -> Value {
    let found = programs(facts, survey);
    let found = found.filter(|program| {
        let plain = plain(&program.name);
        names.contains(&program.name.as_str()) || names.contains(&plain)
    });
    Value::count(found.map(|program| program.item(facts)).collect())
}

/// Programs, and distributions that install others.
pub(super) fn package_managers(facts: &Facts<'_>, survey: &Survey<'_>) -> Value {
    let mut found = named(facts, survey, &PACKAGE_MANAGERS);
    for distribution in &facts.distributions().all {
        if INSTALLERS.contains(&distribution.name.as_str()) {
            found.items.push(Item::file(
                &distribution.info,
                format!(
                    "{} {}, by `python -m`",
                    distribution.name, distribution.version
                ),
            ));
        }
    }
    Value::count(found.items)
}

/// What can be called by its name alone: one program a name, the first on PATH.
pub(super) fn commands(facts: &Facts<'_>) -> Value {
    let files = facts.files();
    let mut found: BTreeMap<String, Item> = BTreeMap::new();
    for directory in facts.environment().path() {
        for (name, _) in files.list(&directory) {
            let path = crate::files::join(&directory, name);
            let is_program = files
                .resolve(&path)
                .is_some_and(|(_, node)| is_executable(node));
            if is_program {
                let name = String::from_utf8_lossy(name).into_owned();
                found.entry(name).or_insert_with(|| Item::file(&path, ""));
            }
        }
    }
    Value::count(found.into_values().collect())
}

fn is_executable(node: &Node) -> bool {
    node.is_file() && node.mode & 0o111 != 0
}

fn programs<'a>(facts: &'a Facts<'_>, survey: &'a Survey<'_>) -> impl Iterator<Item = Program<'a>> {
    let path = facts.environment().path();
    survey.items.iter().filter_map(move |item| {
        if !is_place(parent(item.path), &path) {
            return None;
        }
        let target = match &item.node.kind {
            Kind::File { .. } if is_executable(item.node) => None,
            Kind::Symlink { .. } => {
                let (target, node) = facts.files().resolve(item.path)?;
                is_executable(node).then_some(Some(target))?
            }
            _ => return None,
        };
        Some(Program {
            path: item.path,
            name: String::from_utf8(file_name(item.path).to_vec()).ok()?,
            target,
        })
    })
}

/// Whether programs lie in a directory.
fn is_place(directory: &[u8], path: &[Vec<u8>]) -> bool {
    matches!(file_name(directory), b"bin" | b"sbin" | b"libexec")
        || directory
            .split(|byte| *byte == b'/')
            .any(|part| part == b"gcc")
        || path.iter().any(|on_path| on_path == directory)
}

impl Program<'_> {
    fn item(&self, facts: &Facts<'_>) -> Item {
        let packages = facts.packages();
        let real = self.target.as_deref().unwrap_or(self.path);
        let package = packages.owner(real).map(|owner| &packages.all[owner]);
        let package = package.map(|package| format!("{} {}", package.name, package.version));
        let link = self.target.as_deref();
        let link = link.map(|target| format!("link to {}", shown(target)));
        let detail: Vec<String> = link.into_iter().chain(package).collect();
        Item::file(self.path, detail.join(", "))
    }
}

/// A name without triplet and version.
fn plain(name: &str) -> &str {
    let mut name = name;
    if let Some((_, system)) = name.split_once("-linux-")
        && let Some((libc, rest)) = system.split_once('-')
        && (libc.starts_with("gnu") || libc.starts_with("musl"))
    {
        name = rest;
    }
    if let Some((before, _)) = name.split_once("-x86_64-linux-gnu") {
        name = before;
    }
    let bare = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let bare = bare.strip_suffix('-').unwrap_or(bare);
    if bare.is_empty() { name } else { bare }
}
