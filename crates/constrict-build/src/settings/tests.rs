//! Both files together.

use super::*;

const USER: &str = "bases = \"debian\"\nca = \"/user.pem\"\n\
                    [registry.\"docker.io\"]\nmirrors = [\"user.example\"]\nhttp = true\n\
                    [registry.\"user.example:5000\"]\ninsecure = true\n\
                    [debian]\nmirror = \"https://user.example/debian\"\nsnapshot = true\n";
const PROJECT: &str = "bases = \"registry\"\nca = \"certs/ca.pem\"\n\
                       [registry.\"docker.io\"]\nmirrors = [\"one.example\", \"two.example:5000\"]\n\
                       [debian]\nsecurity = \"https://project.example/security\"\nkeyring = \"keys.gpg\"\n";

struct Files {
    config: tempfile::TempDir,
    project: tempfile::TempDir,
}

impl Files {
    fn new(user: Option<&str>, project: Option<&str>) -> Self {
        let files = Files {
            config: tempfile::tempdir().unwrap(),
            project: tempfile::tempdir().unwrap(),
        };
        let folder = files.config.path().join("constrict");
        std::fs::create_dir(&folder).unwrap();
        for (folder, text) in [(&*folder, user), (files.project.path(), project)] {
            if let Some(text) = text {
                std::fs::write(folder.join(FILE), text).unwrap();
            }
        }
        files
    }

    fn load(&self) -> Result<Settings> {
        let config = self.config.path().to_str().map(String::from);
        let environment = |name: &str| config.clone().filter(|_| name == "XDG_CONFIG_HOME");
        Settings::load(Some(self.project.path()), &environment)
    }
}

#[test]
fn the_project_counts_before_the_user() {
    let files = Files::new(Some(USER), Some(PROJECT));
    let settings = files.load().unwrap();
    assert_eq!(settings.bases, Some(Bases::Registry));
    assert_eq!(settings.ca, Some(files.project.path().join("certs/ca.pem")));
    let docker = &settings.registry["docker.io"];
    assert_eq!(
        (&*docker.mirrors, docker.http),
        (
            &["one.example".into(), "two.example:5000".into()][..],
            false
        )
    );
    assert!(settings.registry["user.example:5000"].insecure);
    assert_eq!(
        settings.debian.mirror.as_deref(),
        Some("https://user.example/debian")
    );
    assert_eq!(
        settings.debian.security.as_deref(),
        Some("https://project.example/security")
    );
    assert_eq!(
        settings.debian.keyring,
        Some(files.project.path().join("keys.gpg"))
    );
    assert!(settings.debian.snapshot);
}

#[test]
fn paths_of_advisories_are_below_the_project() {
    let sources = |sources: &str| format!("[vulnerabilities]\nsources = {sources}\n");
    let user = sources("[\"/osv\"]");
    let project = sources("[\"osv\", \"https://osv.example/all.zip\", \"debian-security\"]");
    let files = Files::new(Some(&user), Some(&project));
    let expected = [
        files.project.path().join("osv").display().to_string(),
        "https://osv.example/all.zip".into(),
        "debian-security".into(),
    ];
    assert_eq!(files.load().unwrap().vulnerabilities.sources, expected);
    let files = Files::new(Some(&user), Some("[vulnerabilities]\n"));
    assert_eq!(files.load().unwrap().vulnerabilities.sources, ["/osv"]);
}

#[test]
fn either_file_may_be_missing() {
    let settings = Files::new(Some(USER), None).load().unwrap();
    assert_eq!(
        (settings.bases, settings.ca),
        (Some(Bases::Debian), Some("/user.pem".into()))
    );
    let settings = Files::new(None, None).load().unwrap();
    assert_eq!((settings.bases, settings.registry.len()), (None, 0));
}

#[test]
fn the_home_directory_has_the_users_file_too() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/constrict");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(FILE), USER).unwrap();
    let path = home.path().to_str().map(String::from);
    let environment = |name: &str| match name {
        "HOME" => path.clone(),
        // set, but empty
        _ => Some(String::new()),
    };
    assert_eq!(
        Settings::load(None, &environment).unwrap().bases,
        Some(Bases::Debian)
    );
}

#[test]
fn what_is_not_understood_is_an_error_with_its_file() {
    for text in [
        "mirrors = []\n",
        "bases = \"other\"\n",
        "[registry.x]\nhtpp = true\n",
        "= 1\n",
        "[debian]\nmirror = 1\n",
    ] {
        let files = Files::new(None, Some(text));
        let message = files.load().unwrap_err().to_string();
        let path = files.project.path().join(FILE);
        assert!(
            message.starts_with(&format!("`{}`: TOML parse error", path.display())),
            "{message}"
        );
    }
}

#[test]
fn registries_are_made_ready_for_the_client() {
    let settings = Files::new(Some(USER), Some(PROJECT)).load().unwrap();
    let hosts = settings.hosts().unwrap();
    assert_eq!(
        hosts.keys().collect::<Vec<_>>(),
        ["docker.io", "user.example:5000"]
    );
    assert_eq!(hosts["docker.io"].mirrors.len(), 2);
    let wrong = Files::new(None, Some("[registry.x]\nmirrors = [\"\"]\n"))
        .load()
        .unwrap();
    assert!(wrong.hosts().is_err());
}
