//! Contexts whose Dockerfile, ignore file or folders are not what they seem.

use std::os::unix::fs::symlink;

use super::*;

/// A context beside a folder that is not in it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Place {
            folder: tempfile::tempdir().unwrap(),
        };
        for name in ["context/sub", "outside"] {
            std::fs::create_dir_all(place.path(name)).unwrap();
        }
        std::fs::write(place.path("outside/Dockerfile"), "FROM outside\n").unwrap();
        std::fs::write(place.path("outside/ignore"), "nothing\n").unwrap();
        std::fs::write(place.path("context/sub/Dockerfile"), "FROM sub\n").unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn shown(&self, text: &str) -> String {
        text.replace(&self.folder.path().display().to_string(), "/test")
    }

    /// The Dockerfile of the context, or what is said of it.
    fn dockerfile(&self, file: &str) -> std::result::Result<String, String> {
        let context = from_directory(&self.path("context"), Inside::Context(file));
        match context {
            Ok(context) => Ok(String::from_utf8(context.dockerfile).unwrap()),
            Err(error) => Err(self.shown(&error.to_string())),
        }
    }
}

fn fifo(path: &Path) {
    let mode = rustix::fs::Mode::from(0o644);
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
}

#[test]
fn a_dockerfile_outside_is_none() {
    let place = Place::new();
    let file = place.path("context/Dockerfile");
    let missing = Err("no Dockerfile at `/test/context/Dockerfile`".to_string());
    for target in [
        "../outside/Dockerfile",
        "/etc/passwd",
        "/dev/zero",
        "Dockerfile",
    ] {
        symlink(target, &file).unwrap();
        assert_eq!(place.dockerfile("Dockerfile"), missing, "{target}");
        std::fs::remove_file(&file).unwrap();
    }
    fifo(&file);
    assert_eq!(place.dockerfile("Dockerfile"), missing);
    std::fs::remove_file(&file).unwrap();
    // a link that stays inside is followed
    symlink("/sub/Dockerfile", &file).unwrap();
    assert_eq!(place.dockerfile("Dockerfile"), Ok("FROM sub\n".into()));
}

#[test]
fn the_folder_of_a_dockerfile_is_in_the_context() {
    let place = Place::new();
    symlink(place.path("outside"), place.path("context/absolute")).unwrap();
    symlink("../outside", place.path("context/climbing")).unwrap();
    for file in [
        "absolute/Dockerfile",
        "climbing/Dockerfile",
        "../outside/Dockerfile",
    ] {
        let found = place.dockerfile(file);
        assert!(found.is_err(), "{file}: {found:?}");
    }
    symlink("sub", place.path("context/link")).unwrap();
    for file in [
        "sub/Dockerfile",
        "link/Dockerfile",
        "/sub/../link/Dockerfile",
    ] {
        assert_eq!(place.dockerfile(file), Ok("FROM sub\n".into()), "{file}");
    }
}

#[test]
fn a_subdirectory_is_inside_the_check_out() {
    let place = Place::new();
    let root = place.path("context");
    symlink("/", root.join("slash")).unwrap();
    symlink(place.path("outside"), root.join("absolute")).unwrap();
    for (subdirectory, expected) in [
        (".", ""),
        ("sub", "sub"),
        ("../../..", ""),
        ("slash", ""),
        ("/sub", "sub"),
        ("../outside", "outside"),
    ] {
        let found = inside(&root, subdirectory).unwrap();
        assert_eq!(found, root.join(expected), "{subdirectory}");
    }
    let absolute = inside(&root, "absolute").unwrap();
    assert!(
        absolute.starts_with(&root) && !absolute.exists(),
        "{absolute:?}"
    );
}

#[test]
fn an_ignore_file_that_cannot_be_read_is_an_error() {
    let place = Place::new();
    let file = place.path("context/sub/.dockerignore");
    let read = || {
        let directory = Directory::open(&place.path("context/sub"), "the build context").unwrap();
        let found = ignore_file(&directory, ".dockerignore");
        found.map_err(|error| place.shown(&error.to_string()))
    };
    let refused = Err(
        "`/test/context/sub/.dockerignore` is not a regular file inside its folder".to_string(),
    );
    assert_eq!(read(), Ok(None));
    for target in [
        "../../outside/ignore",
        "/dev/zero",
        "missing",
        ".dockerignore",
    ] {
        symlink(target, &file).unwrap();
        assert_eq!(read(), refused, "{target}");
        std::fs::remove_file(&file).unwrap();
    }
    fifo(&file);
    assert_eq!(read(), refused);
    std::fs::remove_file(&file).unwrap();
    symlink("Dockerfile", &file).unwrap();
    assert_eq!(
        read(),
        Ok(Some((".dockerignore".into(), b"FROM sub\n".to_vec())))
    );
}

#[test]
fn an_archive_writes_nothing_outside_of_its_folder() {
    use constrict_testing::LayerTar;
    let place = Place::new();
    let store = Store::open(&place.path("store"), "root").unwrap();
    let outside = place.path("outside");
    let target = outside.to_str().unwrap();
    let tar = || LayerTar::new().file("Dockerfile", 0o644, "FROM inside\n");
    for (name, hostile) in [
        ("climbing", tar().file("../../../outside/new", 0o644, "x")),
        (
            "absolute link",
            tar().symlink("a", target).file("a/new", 0o644, "x"),
        ),
        (
            "climbing link",
            tar()
                .symlink("a", "../../../../outside")
                .file("a/new", 0o644, "x"),
        ),
        (
            "removed",
            tar().symlink("a", target).file("a/.wh.ignore", 0o644, ""),
        ),
        (
            "replaced",
            tar()
                .directory("a", 0o755)
                .symlink("a", target)
                .file("a/new", 0o644, "x"),
        ),
        (
            "hard link",
            tar()
                .symlink("a", target)
                .hard_link("mine", "a/ignore")
                .file("mine", 0o644, "x"),
        ),
    ] {
        // what is refused is as good as what goes elsewhere
        let opened = from_bytes(hostile.build(), None, &store);
        if let Ok(context) = opened {
            assert_eq!(context.dockerfile, b"FROM inside\n", "{name}");
        }
        let mut names: Vec<_> = std::fs::read_dir(&outside)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["Dockerfile", "ignore"], "{name}");
        let ignore = std::fs::read_to_string(outside.join("ignore")).unwrap();
        assert_eq!(ignore, "nothing\n", "{name}");
    }
    assert!(from_bytes(tar().build(), None, &store).is_ok());
}
