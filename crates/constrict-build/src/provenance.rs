//! Provenance: how an image was built and of what, as an in-toto statement with a SLSA v1 predicate.
//!
//! A function of the build's inputs and its result: no time, no host name, no path of the host. Never has the value of a
//! secret: of secrets and ssh agents it has their names, of build arguments that may be secret too.
//!
//! Source: in-toto attestation framework, `spec/v1/statement.md`; SLSA 1.0, "provenance". `docs/sbom.md` says what each
//! parameter of our build type means.

use std::collections::{BTreeMap, BTreeSet};

use constrict_oci::{Digest, Reference};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::build::Built;
use crate::frontend::dockerfile::{MainContext, NamedContext, Options};
use crate::graph::{Graph, Op, VertexId};
use crate::layers::Layers;
use crate::solver::Fetched;
use crate::source::http::without_secrets;

/// What the parameters mean: `docs/sbom.md`.
const BUILD_TYPE: &str = "urn:constrict:build:dockerfile:1";
const BUILDER: &str = "urn:constrict:builder";
/// What a statement is as a file or artifact.
pub const MEDIA_TYPE: &str = "application/vnd.in-toto+json";

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Names of build arguments and labels.
    Min,
    /// Their values too, where they cannot be secret, and the commands.
    Max,
}

/// What a build was asked for.
pub struct Asked<'a> {
    /// The image's names; its digest if there is none.
    pub names: Vec<String>,
    /// The Dockerfile's name and text.
    pub dockerfile: (&'a str, &'a [u8]),
    /// What the context is: `directory`, `git`, `archive`, `stdin`; the address of one that has one.
    pub context: (&'static str, Option<&'a str>),
    /// The commit of a context that is a git repository.
    pub commit: Option<&'a str>,
    /// What the command line said.
    pub options: &'a Options,
    /// The names of secrets and ssh agents.
    pub secrets: Vec<String>,
    /// The time that was given to what was made.
    pub epoch: i64,
    /// Whether an argument of this name and value may be secret, besides what its name and an address in it tell.
    pub is_secret: &'a dyn Fn(&str, &str) -> bool,
    /// How much is told.
    pub detail: Detail,
}

/// Something that went into a build.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Material {
    /// What it is called: a package URL, an address.
    pub uri: String,
    /// Its digests, by algorithm.
    pub digest: BTreeMap<&'static str, String>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<&'static str, String>,
}

/// What the vertices that a result needs were made of: images, downloads, repositories.
pub(crate) fn materials(
    layers: &Layers,
    graph: &Graph,
    result: Option<VertexId>,
    fetched: &BTreeMap<VertexId, Fetched>,
) -> Vec<Material> {
    let result: Vec<VertexId> = result.into_iter().collect();
    let found = graph.reachable(&result).into_iter().filter_map(|id| {
        Some(match (&graph.vertex(id).op, fetched.get(&id)) {
            (Op::Image(image), _) => base(layers, &image.name, image.manifest.as_ref()?),
            (Op::Download(download), Some(Fetched::File(digest))) => Material {
                uri: without_secrets(&download.url),
                digest: hashes(digest),
                ..Material::default()
            },
            (Op::Git(git), Some(Fetched::Commit(commit))) => repository(&git.remote, commit),
            _ => return None,
        })
    });
    // one image may be the base of several stages
    found.collect::<BTreeSet<_>>().into_iter().collect()
}

fn hashes(digest: &Digest) -> BTreeMap<&'static str, String> {
    [(digest.algorithm().name(), digest.hex())].into()
}

fn repository(address: &str, commit: &str) -> Material {
    let address = without_secrets(address.split('#').next().unwrap_or(address));
    Material {
        uri: format!("git+{address}@{commit}"),
        digest: [("gitCommit", commit.to_string())].into(),
        ..Material::default()
    }
}

/// A base image, by the name that FROM gives it.
fn base(layers: &Layers, name: &str, manifest: &Digest) -> Material {
    let mut annotations = BTreeMap::new();
    if let Some(packages) = debian_packages(layers, manifest) {
        annotations.insert("assembledFrom", packages);
    }
    let uri = match Reference::parse(name) {
        // layouts and archives are files of the host
        Err(_) => "urn:constrict:image".to_string(),
        Ok(_) if name.contains("oci-") || name.starts_with("docker-archive:") => {
            "urn:constrict:image".to_string()
        }
        Ok(reference) => purl(&reference.or_latest(), manifest),
    };
    Material {
        uri,
        digest: hashes(manifest),
        annotations,
    }
}

/// `pkg:docker/python@3.11-slim?digest=sha256:…`, as BuildKit writes it.
fn purl(reference: &Reference, digest: &Digest) -> String {
    let familiar = reference.familiar();
    let name = familiar.split(['@']).next().unwrap_or_default();
    let name = match reference.tag() {
        Some(tag) => name.strip_suffix(&format!(":{tag}")).unwrap_or(name),
        None => name,
    };
    let name = name.replace(':', "%3A");
    let version = reference.tag().map(|tag| format!("@{tag}"));
    format!(
        "pkg:docker/{name}{}?digest={digest}",
        version.unwrap_or_default()
    )
}

/// `107 Debian packages of bookworm`, if this program assembled the image of them.
fn debian_packages(layers: &Layers, manifest: &Digest) -> Option<String> {
    let store = &layers.store;
    let manifest = constrict_oci::Manifest::parse(&store.read_blob(manifest).ok()?).ok()?;
    let config = store.read_blob(&manifest.config.digest).ok()?;
    let config = constrict_oci::ImageConfig::parse(&config).ok()?;
    let first = config.history.into_iter().next()?;
    let is_ours = first.comment == "constrict" && first.created_by.contains(" Debian packages of ");
    is_ours.then_some(first.created_by)
}

/// The statement, as JSON with a newline at its end.
pub fn statement(built: &Built, asked: &Asked<'_>) -> Vec<u8> {
    let digest = &built.image.descriptor.digest;
    let subject = |name: &String| json!({"name": name, "digest": hashes(digest)});
    let definition = definition(built, asked);
    let invocation = Digest::of(definition.to_string().as_bytes());
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": asked.names.iter().map(subject).collect::<Vec<_>>(),
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": definition,
            "runDetails": {
                "builder": {
                    "id": BUILDER,
                    "version": {"constrict": env!("CARGO_PKG_VERSION")},
                },
                "metadata": {"invocationId": invocation},
            },
        },
    });
    let mut json = serde_json::to_vec_pretty(&statement).expect("plain data");
    json.push(b'\n');
    json
}

fn definition(built: &Built, asked: &Asked<'_>) -> Value {
    let (name, text) = asked.dockerfile;
    let dockerfile = Material {
        uri: format!("urn:constrict:dockerfile:{}", base_name(name)),
        digest: hashes(&Digest::of(text)),
        ..Material::default()
    };
    let mut dependencies = vec![dockerfile];
    if let (Some(address), Some(commit)) = (asked.context.1, asked.commit) {
        dependencies.push(repository(address, commit));
    }
    dependencies.extend(built.materials.iter().cloned());
    json!({
        "buildType": BUILD_TYPE,
        "externalParameters": parameters(asked),
        "internalParameters": {
            "buildPlatform": asked.options.build_platform.to_string(),
            "sourceDateEpoch": asked.epoch,
        },
        "resolvedDependencies": dependencies,
    })
}

/// The last component of a path: where it lies on the host is nobody's business.
fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn parameters(asked: &Asked<'_>) -> Value {
    let options = asked.options;
    let (kind, address) = asked.context;
    let mut context = Map::new();
    context.insert("kind".into(), kind.into());
    if let Some(address) = address {
        context.insert("uri".into(), without_secrets(address).into());
    }
    if matches!(options.context, MainContext::Empty) {
        context.insert("empty".into(), true.into());
    }
    let named = options.contexts.iter().map(|(name, context)| {
        let kind = match context {
            NamedContext::Image(_) => "image",
            NamedContext::Directory(_) => "directory",
            NamedContext::Git(_) => "git",
        };
        (name.clone(), kind.into())
    });
    let mut all = json!({
        "context": context,
        "dockerfile": base_name(asked.dockerfile.0),
        "platform": options.platform.to_string(),
        "buildArgs": pairs(&options.build_args, asked),
        "labels": pairs(&options.labels, asked),
        "namedContexts": named.collect::<Map<_, _>>(),
        "network": format!("{:?}", options.network).to_lowercase(),
        "secrets": asked.secrets,
    });
    if let Some(target) = &options.target {
        all["target"] = target.as_str().into();
    }
    all
}

/// Names and values; only the names where values are not told, or may be secret.
fn pairs(pairs: &BTreeMap<String, String>, asked: &Asked<'_>) -> Value {
    let told = pairs.iter().map(|(name, value)| {
        let is_secret = may_be_secret(name, value) || (asked.is_secret)(name, value);
        let value = match asked.detail {
            Detail::Max if !is_secret => value.as_str().into(),
            Detail::Max | Detail::Min => Value::Null,
        };
        (name.clone(), value)
    });
    Value::Object(told.collect())
}

/// What names of secrets contain.
const SECRET: [&str; 16] = [
    "TOKEN",
    "PASS",
    "PWD",
    "SECRET",
    "CREDENTIAL",
    "AUTH",
    "KEY",
    "PRIVATE",
    "COOKIE",
    "SESSION",
    "PROXY",
    "DSN",
    "BEARER",
    "JWT",
    "CONN",
    "SIGNATURE",
];
/// Whole words of such names.
const SECRET_WORDS: [&str; 5] = ["PW", "PAT", "PIN", "OTP", "SALT"];
/// What a value with a password has before it.
const SECRET_MEMBERS: [&str; 4] = ["PWD=", "PASSWORD=", "PASS=", "TOKEN="];

/// Whether a name says that its value is secret, or the value has a password or the query of an address.
fn may_be_secret(name: &str, value: &str) -> bool {
    let (name, upper) = (name.to_ascii_uppercase(), value.to_ascii_uppercase());
    let mut words = name.split(['_', '-', '.']);
    let by_name = SECRET.iter().any(|part| name.contains(part))
        || words.any(|word| SECRET_WORDS.contains(&word));
    // `user:password@host`
    let has_password = value
        .split_once('@')
        .is_some_and(|(before, _)| before.contains(':'));
    by_name
        || has_password
        || SECRET_MEMBERS.iter().any(|member| upper.contains(member))
        || value.contains("://") && value.contains('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_tell_secrets() {
        for (name, value) in [
            ("API_KEY", "x"),
            ("http_proxy", "x"),
            ("GithubToken", "x"),
            ("INDEX", "https://ci:secret@index.example/simple"),
            ("SOURCE", "https://store.example/x?X-Signature=1"),
            ("DB_PASS", "x"),
            ("pw", "x"),
            ("GITHUB_PAT", "x"),
            ("DATABASE", "user:hunter2@db:5432/x"),
            ("DATABASE", "Server=x;Pwd=hunter2"),
        ] {
            assert!(may_be_secret(name, value), "{name}");
        }
        for (name, value) in [
            ("VERSION", "1.2"),
            ("INDEX", "https://index.example/simple"),
            ("PATTERN", "x@y"),
            ("IMAGE", "app@sha256:00"),
        ] {
            assert!(!may_be_secret(name, value), "{name}");
        }
    }

    #[test]
    fn repositories_have_their_commit_and_no_password() {
        let found = repository("https://ci:hunter2@git.example/app.git#main:src", "0123abc");
        assert_eq!(found.uri, "git+https://git.example/app.git@0123abc");
        assert_eq!(found.digest["gitCommit"], "0123abc");
    }

    #[test]
    fn bases_are_named_as_docker_names_them() {
        let digest = Digest::of(b"");
        let url = |name: &str| purl(&Reference::parse(name).unwrap().or_latest(), &digest);
        assert_eq!(
            url("python:3.11-slim"),
            format!("pkg:docker/python@3.11-slim?digest={digest}")
        );
        assert_eq!(
            url("localhost:5000/team/app"),
            format!("pkg:docker/localhost%3A5000/team/app@latest?digest={digest}")
        );
        let pinned = format!("python@{digest}");
        assert_eq!(url(&pinned), format!("pkg:docker/python?digest={digest}"));
    }
}
