//! Git repositories, fetched by the host's `git`: for ADD and for contexts.
//!
//! Addresses as docker's builder reads them: `git@host:path`, `git://`, `ssh://`, and `http(s)://` ending in `.git`,
//! each with `#REFERENCE:SUBDIRECTORY`. Nothing of the repository is executed: no hooks, no filters, no configuration of
//! the user.

use std::path::Path;
use std::process::Command;

use super::http::without_secrets;
use crate::error::{Error, IoContext, Result};
use crate::graph::Git;

/// Reads an address; `None` if it is not one of a git repository.
pub fn parse(text: &str) -> Option<Git> {
    let (address, fragment) = text
        .split_once('#')
        .map_or((text, None), |(address, fragment)| {
            (address, Some(fragment))
        });
    let path = address.split('?').next().unwrap_or(address);
    let is_web = address.starts_with("http://") || address.starts_with("https://");
    let is_git = address.starts_with("git://")
        || address.starts_with("ssh://")
        || (is_web && path.trim_end_matches('/').ends_with(".git"))
        || is_scp_like(address);
    if !is_git {
        return None;
    }
    let (reference, subdirectory) = match fragment {
        None => (None, None),
        Some(fragment) => {
            let (reference, directory) = fragment.split_once(':').unwrap_or((fragment, ""));
            let set = |part: &str| (!part.is_empty()).then(|| part.to_string());
            (set(reference), set(directory))
        }
    };
    Some(Git {
        remote: address.into(),
        reference,
        subdirectory,
        keep_git_dir: false,
        checksum: None,
    })
}

/// `git@host:path`.
fn is_scp_like(address: &str) -> bool {
    let Some((user, rest)) = address.split_once('@') else {
        return false;
    };
    let word = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || "-_.".contains(c))
    };
    word(user)
        && rest
            .split_once(':')
            .is_some_and(|(host, path)| word(host) && !path.is_empty() && !path.starts_with("//"))
}

/// Checks `git` out into the new directory `target`; the commit's id.
pub(crate) fn check_out(git: &Git, target: &Path) -> Result<String> {
    let reference = git.reference.as_deref().unwrap_or("HEAD");
    for word in [reference, &git.remote] {
        // git would take it for an option
        if word.starts_with('-') {
            return Err(Error::Invalid(format!("`{word}` is no git reference")));
        }
    }
    std::fs::create_dir(target).at("create", target)?;
    let run = |directory: &Path, args: &[&str]| run(directory, args, &git.remote);
    run(target, &["init", "--quiet", "--initial-branch=main"])?;
    run(target, &["remote", "add", "origin", &git.remote])?;
    let is_commit = reference.len() >= 7 && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
    let shallow = run(
        target,
        &[
            "fetch",
            "--quiet",
            "--depth=1",
            "--no-tags",
            "origin",
            reference,
        ],
    );
    match shallow {
        Ok(_) => {}
        // servers need not give a commit by its (short) name
        Err(_) if is_commit => drop(run(target, &["fetch", "--quiet", "--tags", "origin"])?),
        Err(error) => return Err(error),
    }
    let wanted = if is_commit { reference } else { "FETCH_HEAD" };
    let wanted = run(target, &["rev-parse", &format!("{wanted}^{{commit}}")])
        .or_else(|_| run(target, &["rev-parse", "FETCH_HEAD^{commit}"]))?;
    if let Some(expected) = &git.checksum
        && !wanted.starts_with(expected.as_str())
    {
        let (url, expected) = (without_secrets(&git.remote), expected.clone());
        return Err(Error::ChecksumMismatch {
            url,
            expected,
            found: wanted,
        });
    }
    run(
        target,
        &["checkout", "--quiet", "--force", "--detach", &wanted],
    )?;
    run(
        target,
        &[
            "submodule",
            "update",
            "--init",
            "--recursive",
            "--depth=1",
            "--quiet",
        ],
    )?;
    if !git.keep_git_dir {
        constrict_sandbox::remove_tree(&target.join(".git"))?;
    }
    Ok(wanted)
}

/// Variables by which git takes another repository, index or configuration than that of its directory, as they are set
/// where a hook starts a build (`git rev-parse --local-env-vars`).
const LOCAL_VARIABLES: [&str; 16] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Runs git in `directory`; what it wrote, trimmed. What it says of `remote` comes without passwords.
fn run(directory: &Path, args: &[&str], remote: &str) -> Result<String> {
    let mut command = Command::new("git");
    for name in LOCAL_VARIABLES {
        command.env_remove(name);
    }
    let output = command
        .current_dir(directory)
        .args([
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "protocol.file.allow=never",
            "-c",
            "protocol.ext.allow=never",
        ])
        .args([
            "-c",
            "core.symlinks=true",
            "-c",
            "advice.detachedHead=false",
        ])
        .args(args)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
        .output()
        .map_err(|error| Error::Program {
            program: "git",
            message: error.to_string(),
        })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_string());
    }
    let said = String::from_utf8_lossy(&output.stderr).replace(remote, &without_secrets(remote));
    let message = said.lines().last().unwrap_or("it said nothing").to_string();
    Err(Error::Program {
        program: "git",
        message,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{check_out, parse};
    use crate::graph::Git;

    fn git(repository: &std::path::Path, args: &[&str]) -> String {
        super::run(repository, args, "nothing").unwrap_or_else(|error| panic!("{error}"))
    }

    fn commit_staged(repository: &std::path::Path) {
        let author = "--author=a <a@example.com>";
        let name = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let words = ["commit", "--quiet", "-m", "a", author];
        git(repository, &[&name[..], &words].concat());
    }

    /// A repository with one file, and the commit of it.
    fn repository(folder: &std::path::Path) -> (PathBuf, String) {
        let repository = folder.join("repository.git");
        std::fs::create_dir(&repository).unwrap();
        let git = |args: &[&str]| git(&repository, args);
        git(&["init", "--quiet"]);
        std::fs::write(repository.join("file"), "content\n").unwrap();
        std::fs::write(repository.join(".gitattributes"), "* filter=evil\n").unwrap();
        git(&["add", "."]);
        commit_staged(&repository);
        let commit = git(&["rev-parse", "HEAD"]);
        (repository, commit)
    }

    fn of(remote: &str, reference: Option<&str>) -> Git {
        Git {
            remote: remote.into(),
            reference: reference.map(Into::into),
            subdirectory: None,
            keep_git_dir: false,
            checksum: None,
        }
    }

    #[test]
    fn what_git_would_take_for_an_option_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let marker = folder.path().join("marker");
        let option = format!("--upload-pack=touch {}", marker.display());
        for (remote, reference, named) in [
            (
                "https://example.com/a.git",
                option.as_str(),
                option.as_str(),
            ),
            (
                "-oProxyCommand=x@example.com:a",
                "main",
                "-oProxyCommand=x@example.com:a",
            ),
        ] {
            let target = folder.path().join("out");
            let error = check_out(&of(remote, Some(reference)), &target).unwrap_err();
            assert_eq!(error.to_string(), format!("`{named}` is no git reference"));
            assert!(!target.exists() && !marker.exists());
        }
    }

    #[test]
    fn only_transports_of_a_network_are_used() {
        let folder = tempfile::tempdir().unwrap();
        let (repository, _) = repository(folder.path());
        let marker = folder.path().join("marker");
        let command = format!("ext::touch {}", marker.display());
        for remote in [repository.to_str().unwrap(), command.as_str()] {
            let target = folder.path().join("out");
            assert!(check_out(&of(remote, None), &target).is_err(), "{remote}");
            assert!(!target.join("file").exists() && !marker.exists());
            std::fs::remove_dir_all(&target).unwrap();
        }
    }

    /// git's own server of what lies in a folder; its address.
    struct Server(std::process::Child, String);

    impl Server {
        fn start(folder: &std::path::Path) -> Server {
            use std::os::unix::process::CommandExt;
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = free.local_addr().unwrap();
            drop(free);
            let child = std::process::Command::new("git")
                .args(["daemon", "--export-all", "--listen=127.0.0.1"])
                .arg(format!("--port={}", address.port()))
                .arg(format!("--base-path={}", folder.display()))
                .process_group(0)
                .spawn()
                .unwrap();
            while std::net::TcpStream::connect(address).is_err() {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            Server(child, format!("git://{address}"))
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            // its children have its group
            let group = rustix::process::Pid::from_child(&self.0);
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
            self.0.wait().unwrap();
        }
    }

    /// Adds a commit with a `.gitmodules` and a submodule at `sub` to a repository.
    fn add_submodule(repository: &std::path::Path, modules: &str, commit: &str) {
        let git = |args: &[&str]| git(repository, args);
        std::fs::write(repository.join(".gitmodules"), modules).unwrap();
        git(&["add", "."]);
        let link = format!("160000,{commit},sub");
        git(&["update-index", "--add", "--cacheinfo", &link]);
        commit_staged(repository);
    }

    #[test]
    fn submodules_are_checked_out_inside_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let outside = folder.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        let served = folder.path().join("served");
        std::fs::create_dir(&served).unwrap();
        let (good, commit) = repository(&served);
        std::fs::rename(&good, served.join("good.git")).unwrap();
        let server = Server::start(&served);
        let url = format!("{}/good.git", server.1);
        let long = "../".repeat(20) + outside.to_str().unwrap();
        let cases = [
            ("honest", "sub".to_string(), "sub".to_string(), true),
            ("climbing-name", long.clone(), "sub".into(), false),
            ("climbing-path", "sub".into(), long, false),
            ("through-a-link", "sub".into(), "out/sub".into(), false),
            ("an-option", "sub".into(), "-sub".into(), false),
        ];
        for (case, name, path, is_honest) in cases {
            let (evil, _) = repository(&served);
            std::os::unix::fs::symlink(&outside, evil.join("out")).unwrap();
            let modules = format!("[submodule \"{name}\"]\n\tpath = {path}\n\turl = {url}\n");
            add_submodule(&evil, &modules, &commit);
            std::fs::rename(&evil, served.join(case)).unwrap();
            let target = folder.path().join(format!("out-{case}"));
            let done = check_out(&of(&format!("{}/{case}", server.1), None), &target);
            assert_eq!(done.is_ok(), is_honest, "{case}: {done:?}");
            assert_eq!(target.join("sub/file").exists(), is_honest, "{case}");
            assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0, "{case}");
        }
    }

    #[test]
    fn messages_have_no_password() {
        let folder = tempfile::tempdir().unwrap();
        let remote = "http://user:hunter2@127.0.0.1:1/a.git";
        let error = check_out(&of(remote, None), &folder.path().join("out")).unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(
            said.contains("127.0.0.1") && !said.contains("hunter2"),
            "{said}"
        );
    }

    #[test]
    fn addresses_of_repositories_are_known() {
        for (text, remote, reference, subdirectory) in [
            (
                "https://example.com/a.git",
                "https://example.com/a.git",
                None,
                None,
            ),
            (
                "https://example.com/a.git#v1:docs",
                "https://example.com/a.git",
                Some("v1"),
                Some("docs"),
            ),
            (
                "git@example.com:a/b.git#:sub",
                "git@example.com:a/b.git",
                None,
                Some("sub"),
            ),
            ("git://example.com/a", "git://example.com/a", None, None),
        ] {
            let git = parse(text).expect(text);
            assert_eq!(
                (
                    git.remote.as_str(),
                    git.reference.as_deref(),
                    git.subdirectory.as_deref()
                ),
                (remote, reference, subdirectory)
            );
        }
        for text in [
            "https://example.com/a.tar.gz",
            "app.py",
            "a@b",
            "./x.git",
            "src/a:b",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
