//! The variables that base images set, where their configuration is not at hand: a short table of official images, and
//! names that bases in general often set.
//!
//! Names alone count: which value a variable has, BuildKit's checks hardly ever ask.

use super::known_bases;

/// Official images, and the variables that their tags set. Each list holds for old tags as well.
const OFFICIAL: &[(&str, &[&str])] = &[
    ("almalinux", &[]),
    ("alpine", &[]),
    ("amazonlinux", &[]),
    ("busybox", &[]),
    ("buildpack-deps", &[]),
    ("centos", &[]),
    ("debian", &[]),
    ("fedora", &["DISTTAG", "FGC", "FBR"]),
    ("golang", &["GOLANG_VERSION", "GOTOOLCHAIN", "GOPATH"]),
    (
        "httpd",
        &[
            "HTTPD_PREFIX",
            "HTTPD_VERSION",
            "HTTPD_SHA256",
            "HTTPD_PATCHES",
        ],
    ),
    (
        "eclipse-temurin",
        &["JAVA_HOME", "JAVA_VERSION", "LANG", "LANGUAGE", "LC_ALL"],
    ),
    (
        "maven",
        &[
            "JAVA_HOME",
            "JAVA_VERSION",
            "LANG",
            "LANGUAGE",
            "LC_ALL",
            "MAVEN_HOME",
            "MAVEN_CONFIG",
            "USER_HOME_DIR",
        ],
    ),
    (
        "memcached",
        &["MEMCACHED_VERSION", "MEMCACHED_SHA1", "MEMCACHED_URL"],
    ),
    (
        "mysql",
        &[
            "GOSU_VERSION",
            "MYSQL_MAJOR",
            "MYSQL_VERSION",
            "MYSQL_SHELL_VERSION",
        ],
    ),
    (
        "nginx",
        &[
            "NGINX_VERSION",
            "NJS_VERSION",
            "NJS_RELEASE",
            "PKG_RELEASE",
            "DYNPKG_RELEASE",
            "ACME_VERSION",
        ],
    ),
    ("node", &["NODE_VERSION", "YARN_VERSION"]),
    ("openjdk", &["JAVA_HOME", "JAVA_VERSION", "LANG"]),
    ("oraclelinux", &[]),
    (
        "php",
        &[
            "PHPIZE_DEPS",
            "PHP_INI_DIR",
            "PHP_CFLAGS",
            "PHP_CPPFLAGS",
            "PHP_LDFLAGS",
            "GPG_KEYS",
            "PHP_VERSION",
            "PHP_URL",
            "PHP_ASC_URL",
            "PHP_SHA256",
            "PHP_MD5",
            "APACHE_CONFDIR",
            "APACHE_ENVVARS",
            "PHP_EXTRA_BUILD_DEPS",
            "PHP_EXTRA_CONFIGURE_ARGS",
        ],
    ),
    (
        "postgres",
        &[
            "GOSU_VERSION",
            "LANG",
            "PG_MAJOR",
            "PG_VERSION",
            "PGDATA",
            "PG_SHA256",
        ],
    ),
    (
        "pypy",
        &[
            "LANG",
            "PYPY_VERSION",
            "PYTHON_PIP_VERSION",
            "PYTHON_GET_PIP_URL",
            "PYTHON_GET_PIP_SHA256",
        ],
    ),
    (
        "python",
        &[
            "LANG",
            "GPG_KEY",
            "PYTHON_VERSION",
            "PYTHON_SHA256",
            "PYTHON_PIP_VERSION",
            "PYTHON_SETUPTOOLS_VERSION",
            "PYTHON_GET_PIP_URL",
            "PYTHON_GET_PIP_SHA256",
        ],
    ),
    (
        "redis",
        &[
            "GOSU_VERSION",
            "REDIS_VERSION",
            "REDIS_DOWNLOAD_URL",
            "REDIS_DOWNLOAD_SHA",
        ],
    ),
    ("rockylinux", &[]),
    (
        "ruby",
        &[
            "LANG",
            "RUBY_VERSION",
            "RUBY_MAJOR",
            "RUBY_DOWNLOAD_SHA256",
            "RUBY_DOWNLOAD_URL",
            "RUBYGEMS_VERSION",
            "BUNDLER_VERSION",
            "GEM_HOME",
            "BUNDLE_SILENCE_ROOT_WARNING",
            "BUNDLE_APP_CONFIG",
            "BUNDLE_PATH",
            "BUNDLE_BIN",
        ],
    ),
    ("rust", &["RUSTUP_HOME", "CARGO_HOME", "RUST_VERSION"]),
    ("ubuntu", &[]),
];

/// Names that images other than the official ones often set.
const LIKELY: [&str; 12] = [
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "GOPATH",
    "GOROOT",
    "PGDATA",
    "NB_USER",
    "NB_UID",
    "NB_GID",
    "VIRTUAL_ENV",
    "SHELL",
];

/// How such names end.
const LIKELY_ENDS: [&str; 5] = ["_HOME", "_DIR", "_ROOT", "_VERSION", "_PREFIX"];

/// Whether an image whose configuration nobody knows sets the variable, as far as can be said.
pub(super) fn likely_sets(image: &str, name: &str) -> bool {
    let known = official(image).map(|names| names.contains(&name));
    match known.or_else(|| known_bases::sets(untagged(image), name)) {
        Some(sets) => sets,
        None => LIKELY.contains(&name) || LIKELY_ENDS.iter().any(|end| name.ends_with(end)),
    }
}

/// A name without its digest and tag.
fn untagged(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default();
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

/// The variables of an official image; mirrors that keep `library/` in the name are told as well.
fn official(image: &str) -> Option<&'static [&'static str]> {
    let name = untagged(image);
    let (path, last) = name.rsplit_once('/').unwrap_or(("", name));
    let is_official = matches!(path, "" | "docker.io") || path.ends_with("library");
    let row = OFFICIAL.iter().find(|(known, _)| *known == last);
    row.filter(|_| is_official).map(|(_, names)| *names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn official_images_set_what_their_table_says() {
        assert!(likely_sets("python:3.11-slim", "PYTHON_VERSION"));
        assert!(likely_sets("docker.io/library/python", "LANG"));
        assert!(likely_sets(
            "mirror.example:5000/library/node:20",
            "NODE_VERSION"
        ));
        assert!(!likely_sets("python:3.11-slim", "LD_LIBRARY_PATH"));
        assert!(!likely_sets("ubuntu@sha256:0", "JAVA_HOME"));
    }

    #[test]
    fn other_images_likely_set_what_bases_often_set() {
        assert!(likely_sets("nvidia/cuda:12.2.0-devel", "LD_LIBRARY_PATH"));
        assert!(!likely_sets("nvidia/cuda:12.2.0-devel", "CUDA_HOME"));
        assert!(likely_sets("example.com:5000/cuda", "CUDA_HOME"));
        assert!(likely_sets("apache/airflow", "AIRFLOW_HOME"));
        assert!(!likely_sets("apache/airflow", "PYTHONPATH"));
        assert!(!likely_sets("example/python", "GPG_KEY"));
    }
}
