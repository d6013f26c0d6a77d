//! The variables of base images that Dockerfiles often name and that are not among the first official ones.
//!
//! A name ends with its last part, or with `*` for all that begin so; so does a variable.

/// Names without a tag, and the variables that their tags set. Each list holds for old tags as well.
const KNOWN: &[(&str, &[&str])] = &[
    ("amazoncorretto", &["LANG", "JAVA_HOME"]),
    ("archlinux", &["LANG"]),
    (
        "caddy",
        &["CADDY_VERSION", "XDG_CONFIG_HOME", "XDG_DATA_HOME"],
    ),
    ("elixir", &["ELIXIR_VERSION", "LANG", "OTP_*", "REBAR*"]),
    ("erlang", &["OTP_*", "REBAR*", "LANG"]),
    ("gcc", &["GPG_KEYS", "GCC_MIRRORS", "GCC_VERSION"]),
    (
        "gradle",
        &["GRADLE_*", "JAVA_*", "LANG", "LANGUAGE", "LC_ALL"],
    ),
    ("java", &["JAVA_*", "LANG", "CA_CERTIFICATES_JAVA_VERSION"]),
    ("julia", &["JULIA_*"]),
    (
        "mariadb",
        &["GOSU_VERSION", "LANG", "MARIADB_*", "GPG_KEYS"],
    ),
    (
        "mongo",
        &["GOSU_VERSION", "JSYAML_*", "MONGO_*", "GPG_KEYS", "HOME"],
    ),
    ("r-base", &["LANG", "LC_ALL", "R_BASE_VERSION"]),
    ("ros", &["LANG", "LC_ALL", "ROS_DISTRO"]),
    (
        "tomcat",
        &[
            "CATALINA_HOME",
            "TOMCAT_*",
            "LD_LIBRARY_PATH",
            "GPG_KEYS",
            "JAVA_*",
            "LANG",
            "LANGUAGE",
            "LC_ALL",
        ],
    ),
    ("amazon/aws-lambda-*", LAMBDA),
    ("public.ecr.aws/lambda/*", LAMBDA),
    ("continuumio/anaconda3", &["LANG", "LC_ALL"]),
    ("continuumio/miniconda3", &["LANG", "LC_ALL"]),
    ("condaforge/*", &["CONDA_DIR", "LANG", "LC_ALL"]),
    (
        "gcr.io/distroless/*",
        &["SSL_CERT_FILE", "LANG", "JAVA_VERSION"],
    ),
    ("jupyter/*", JUPYTER),
    ("quay.io/jupyter/*", JUPYTER),
    (
        "mambaorg/micromamba",
        &["ENV_NAME", "MAMBA_*", "LANG", "LC_ALL"],
    ),
    (
        "mcr.microsoft.com/dotnet/*",
        &[
            "APP_UID",
            "ASPNET*",
            "DOTNET_*",
            "NUGET_XMLDOC_MODE",
            "POWERSHELL_*",
        ],
    ),
    (
        "nvidia/cuda",
        &[
            "CUDA_VERSION",
            "CUDA_PKG_VERSION",
            "CUDNN_VERSION",
            "NCCL_VERSION",
            "LD_LIBRARY_PATH",
            "LIBRARY_PATH",
            "NVARCH",
            "NVIDIA_*",
            "NV_*",
        ],
    ),
];

const LAMBDA: &[&str] = &["LANG", "TZ", "LD_LIBRARY_PATH", "LAMBDA_*"];

const JUPYTER: &[&str] = &[
    "CONDA_DIR",
    "DEBIAN_FRONTEND",
    "HOME",
    "JULIA_*",
    "JUPYTER_*",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "NB_*",
    "SHELL",
    "SPARK_*",
    "XDG_CACHE_HOME",
];

/// Whether an image, named without its tag, sets the variable; `None` if it is not known.
pub(super) fn sets(image: &str, name: &str) -> Option<bool> {
    let image = image.strip_prefix("docker.io/").unwrap_or(image);
    let image = image.strip_prefix("library/").unwrap_or(image);
    let (_, names) = KNOWN.iter().find(|(known, _)| matches(known, image))?;
    Some(names.iter().any(|known| matches(known, name)))
}

fn matches(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => text == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::sets;

    #[test]
    fn images_and_variables_are_known_by_name_or_by_how_they_begin() {
        for (image, name, expected) in [
            ("mcr.microsoft.com/dotnet/aspnet", "APP_UID", Some(true)),
            ("docker.io/mambaorg/micromamba", "MAMBA_USER", Some(true)),
            (
                "public.ecr.aws/lambda/python",
                "LAMBDA_TASK_ROOT",
                Some(true),
            ),
            ("nvidia/cuda", "CUDA_HOME", Some(false)),
            ("docker.io/library/ros", "LD_LIBRARY_PATH", Some(false)),
            ("example/ros", "ROS_DISTRO", None),
        ] {
            assert_eq!(sets(image, name), expected, "{image} {name}");
        }
    }
}
