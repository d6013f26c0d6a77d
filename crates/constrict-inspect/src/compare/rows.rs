//! What is counted: each row with why it matters and who says so.

use serde::{Deserialize, Serialize};

use super::Row;
use crate::surface::Value;

/// Where a row belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Bytes and layers.
    Size,
    /// What is installed.
    Contents,
    /// What an intruder can use.
    Surface,
    /// Whether it can be relied on.
    Trust,
}

/// What a row's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// How many.
    Count,
    /// Bytes.
    Bytes,
    /// Of a hundred.
    Percent,
    /// A word; the number is 1 for yes.
    Text,
}

/// Which number is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aim {
    /// The smaller one.
    Less,
    /// The larger one.
    More,
    /// Neither.
    None,
}

/// A row before anything is counted.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// As [`Row::name`].
    pub name: &'static str,
    title: &'static str,
    group: Group,
    unit: Unit,
    aim: Aim,
    why: &'static str,
    source: &'static str,
    url: Option<&'static str>,
}

impl Definition {
    pub(super) fn row(&self, values: Vec<Value>) -> Row {
        let shown = |value: &Value| (value.value, value.text.clone());
        Row {
            name: self.name.to_string(),
            title: self.title.to_string(),
            group: self.group,
            unit: self.unit,
            aim: self.aim,
            why: self.why.to_string(),
            source: self.source.to_string(),
            url: self.url.map(ToString::to_string),
            differs: values
                .windows(2)
                .any(|pair| shown(&pair[0]) != shown(&pair[1])),
            values,
        }
    }
}

/// The row with this name.
pub fn find(name: &str) -> Option<&'static Definition> {
    ROWS.iter().find(|row| row.name == name)
}

const CIS: Option<&str> = Some("https://www.cisecurity.org/benchmark/docker");
const ATTACK_SHELL: Option<&str> = Some("https://attack.mitre.org/techniques/T1059/");
const ATTACK_TRANSFER: Option<&str> = Some("https://attack.mitre.org/techniques/T1105/");
const ATTACK_COMPILE: Option<&str> = Some("https://attack.mitre.org/techniques/T1027/004/");
const NIST: Option<&str> = Some("https://doi.org/10.6028/NIST.SP.800-190");

/// Every row, in the order of reports.
pub const ROWS: &[Definition] = &[
    Definition {
        name: "unpacked",
        title: "size on disk",
        group: Group::Size,
        unit: Unit::Bytes,
        aim: Aim::Less,
        why: "every host that runs the image stores all of its layers",
        source: "OCI image specification 1.1, layer",
        url: Some("https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md"),
    },
    Definition {
        name: "visible",
        title: "files as a container sees them",
        group: Group::Size,
        unit: Unit::Bytes,
        aim: Aim::Less,
        why: "what is left when later layers have hidden what they replace and delete",
        source: "OCI image specification 1.1, layer: whiteouts",
        url: Some("https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts"),
    },
    Definition {
        name: "compressed",
        title: "size as pushed",
        group: Group::Size,
        unit: Unit::Bytes,
        aim: Aim::Less,
        why: "what a registry stores and a host downloads before the first start",
        source: "OCI image specification 1.1, manifest: layers",
        url: Some("https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md"),
    },
    Definition {
        name: "hidden",
        title: "bytes that later layers hide",
        group: Group::Size,
        unit: Unit::Bytes,
        aim: Aim::Less,
        why: "they are stored and downloaded, anybody can read them, and no container uses them",
        source: "CIS Docker Benchmark 1.7.0, 4.7",
        url: CIS,
    },
    Definition {
        name: "files",
        title: "files",
        group: Group::Size,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "each one is unpacked by the host, read by scanners and can be misused",
        source: "CIS Docker Benchmark 1.7.0, 4.3",
        url: CIS,
    },
    Definition {
        name: "layers",
        title: "layers",
        group: Group::Size,
        unit: Unit::Count,
        aim: Aim::None,
        why: "a layer that does not change is neither pushed nor pulled again",
        source: "OCI image specification 1.1, manifest: layers",
        url: Some("https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md"),
    },
    Definition {
        name: "shared-layers",
        title: "layers that all these images have",
        group: Group::Size,
        unit: Unit::Count,
        aim: Aim::None,
        why: "a host that has one image downloads only the other layers of the next",
        source: "OCI distribution specification 1.1, pulling blobs",
        url: Some("https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md"),
    },
    Definition {
        name: "packages",
        title: "packages of the system",
        group: Group::Contents,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "each one has to be kept up to date, and may have vulnerabilities",
        source: "CIS Docker Benchmark 1.7.0, 4.3",
        url: CIS,
    },
    Definition {
        name: "distributions",
        title: "Python distributions",
        group: Group::Contents,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "each one has to be kept up to date, and may have vulnerabilities",
        source: "CIS Docker Benchmark 1.7.0, 4.3",
        url: CIS,
    },
    Definition {
        name: "owned",
        title: "bytes that a package accounts for",
        group: Group::Contents,
        unit: Unit::Percent,
        aim: Aim::More,
        why: "scanners and SBOMs see packages; what has none is checked by nobody",
        source: "NIST SP 800-190, 4.1.1",
        url: NIST,
    },
    Definition {
        name: "leftovers",
        title: "leftovers of building",
        group: Group::Contents,
        unit: Unit::Bytes,
        aim: Aim::Less,
        why: "package lists, caches, object files and repositories are of no use at run time",
        source: "CIS Docker Benchmark 1.7.0, 4.3",
        url: CIS,
    },
    Definition {
        name: "headers",
        title: "headers and static libraries",
        group: Group::Contents,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "they are for compiling only, and tell that a builder was shipped",
        source: "CIS Docker Benchmark 1.7.0, 4.3",
        url: CIS,
    },
    Definition {
        name: "set-id",
        title: "set-uid and set-gid files",
        group: Group::Surface,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "they run with the rights of their owner, whoever starts them",
        source: "CIS Docker Benchmark 1.7.0, 4.8",
        url: CIS,
    },
    Definition {
        name: "capabilities",
        title: "files with capabilities",
        group: Group::Surface,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "they give rights to whoever starts them, as set-uid files do",
        source: "capabilities(7); CIS Docker Benchmark 1.7.0, 4.8",
        url: CIS,
    },
    Definition {
        name: "shells",
        title: "shells",
        group: Group::Surface,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "most exploits end by starting one",
        source: "MITRE ATT&CK T1059",
        url: ATTACK_SHELL,
    },
    Definition {
        name: "interpreters",
        title: "interpreters besides Python",
        group: Group::Surface,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "they run an intruder's scripts where no shell does",
        source: "MITRE ATT&CK T1059",
        url: ATTACK_SHELL,
    },
    Definition {
        name: "package-managers",
        title: "package managers",
        group: Group::Surface,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "they fetch and install whatever an intruder lacks, and images are not updated in place",
        source: "CIS Docker Benchmark 1.7.0, 4.3",
        url: CIS,
    },
    Definition {
        name: "compilers",
        title: "compilers and linkers",
        group: Group::Surface,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "they make programs out of what an intruder can bring as text",
        source: "MITRE ATT&CK T1027.004",
        url: ATTACK_COMPILE,
    },
    Definition {
        name: "network-clients",
        title: "network clients",
        group: Group::Surface,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "they bring tools in and carry data out",
        source: "MITRE ATT&CK T1105",
        url: ATTACK_TRANSFER,
    },
    Definition {
        name: "commands",
        title: "commands on PATH",
        group: Group::Surface,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "what can be started by its name alone",
        source: "CIS Docker Benchmark 1.7.0, 4.3",
        url: CIS,
    },
    Definition {
        name: "elf-objects",
        title: "ELF objects",
        group: Group::Surface,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "native code is where memory errors are",
        source: "NIST SP 800-190, 3.1.1",
        url: NIST,
    },
    Definition {
        name: "native-code",
        title: "native code",
        group: Group::Surface,
        unit: Unit::Bytes,
        aim: Aim::Less,
        why: "bytes that can be mapped executable: where memory errors are, and what exploits are pieced together from",
        source: "ELF specification, PT_LOAD with PF_X; MITRE CWE-119",
        url: Some("https://cwe.mitre.org/data/definitions/119.html"),
    },
    Definition {
        name: "world-writable",
        title: "places that everybody may write to",
        group: Group::Surface,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "any process can replace what is there; directories with the sticky bit are not counted",
        source: "CIS Distribution Independent Linux Benchmark 2.0.0, 6.1.10",
        url: Some("https://www.cisecurity.org/benchmark/distribution_independent_linux"),
    },
    Definition {
        name: "user",
        title: "run-time user",
        group: Group::Trust,
        unit: Unit::Text,
        aim: Aim::Less,
        why: "root in the container has more of the kernel to attack, and is root of what is mounted",
        source: "CIS Docker Benchmark 1.7.0, 4.1",
        url: CIS,
    },
    Definition {
        name: "shell-form",
        title: "commands in shell form",
        group: Group::Trust,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "they need a shell, and it keeps signals from the program",
        source: "BuildKit check JSONArgsRecommended",
        url: Some("https://docs.docker.com/reference/build-checks/json-args-recommended/"),
    },
    Definition {
        name: "ports",
        title: "exposed ports",
        group: Group::Trust,
        unit: Unit::Count,
        aim: Aim::None,
        why: "what the image says that it listens on",
        source: "CIS Docker Benchmark 1.7.0, 5.9",
        url: CIS,
    },
    Definition {
        name: "secrets",
        title: "secrets",
        group: Group::Trust,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "whoever can pull the image can read them, in layers, variables and the history",
        source: "CIS Docker Benchmark 1.7.0, 4.10",
        url: CIS,
    },
    Definition {
        name: "vulnerabilities",
        title: "known vulnerabilities",
        group: Group::Trust,
        unit: Unit::Count,
        aim: Aim::Less,
        why: "they are published, and so are exploits of many",
        source: "CIS Docker Benchmark 1.7.0, 4.4; NIST SP 800-190, 4.1.1",
        url: NIST,
    },
    Definition {
        name: "runs",
        title: "does it run",
        group: Group::Trust,
        unit: Unit::Text,
        aim: Aim::More,
        why: "an image that cannot start is of no use, however small it is",
        source: "constrict check",
        url: None,
    },
];
