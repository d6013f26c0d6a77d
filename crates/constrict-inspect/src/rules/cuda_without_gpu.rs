//! Row 38: libraries for NVIDIA's processors in an image that does not say that it runs on any.

use crate::facts::Facts;
use crate::quantity::{bytes, some};
use crate::rule::{Finding, Rule, Severity};

/// The rule.
pub(crate) const RULE: Rule = Rule {
    name: "cuda-without-gpu",
    summary: "CUDA libraries are in an image that declares no GPU",
    severity: Severity::Waste,
    rows: &[38],
    page: include_str!("../../../../docs/rules/cuda-without-gpu.md"),
    check,
};

/// What is not worth a line.
const LEAST: u64 = 1_000_000;
/// Beginnings of the names under which NVIDIA's libraries are distributed.
const LIBRARIES: &[&str] = &[
    "nvidia-cu",
    "nvidia-nccl",
    "nvidia-nvtx",
    "nvidia-nvjitlink",
    "nvidia-nvshmem",
    "nvidia-npp",
];
/// Variables that images for GPUs set.
const DECLARED: &[&str] = &[
    "NVIDIA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES",
    "CUDA_VERSION",
    "CUDA_HOME",
    "NVIDIA_REQUIRE_CUDA",
];

fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    if DECLARED
        .iter()
        .any(|name| facts.environment().get(name).is_some())
    {
        return;
    }
    let cuda = |name: &str, version: &str| {
        LIBRARIES.iter().any(|start| name.starts_with(start))
            || ["torch", "torchvision", "torchaudio", "jaxlib"].contains(&name)
                && version.contains("+cu")
    };
    let distributions = facts.distributions();
    let found: Vec<_> = distributions
        .all
        .iter()
        .filter(|found| cuda(&found.name, &found.version))
        .collect();
    let sum: u64 = found
        .iter()
        .map(|found| distributions.size(facts, found))
        .sum();
    if sum < LEAST {
        return;
    }
    let names: Vec<_> = found
        .iter()
        .map(|found| format!("{} {}", found.name, found.version))
        .collect();
    let message = format!(
        "{} of CUDA libraries are in this image, and nothing says that it runs on a GPU",
        bytes(sum)
    );
    findings.push(
        Finding::new(RULE.name, Severity::Waste, message)
            .because("distributions", some(&names, 6))
            .at(found.first().and_then(|found| facts.place_of(&found.info)))
            .hint("install from the CPU index: `--index-url https://download.pytorch.org/whl/cpu`; or say `ENV NVIDIA_VISIBLE_DEVICES=all`"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn sample(name: &str, version: &str, size: usize) -> Sample {
        let site = "usr/lib/python3.12/site-packages";
        Sample::new()
            .file(
                &format!("{site}/{name}-{version}.dist-info/RECORD"),
                format!("{name}/lib.bin,,\n"),
            )
            .file(&format!("{site}/{name}/lib.bin"), vec![0; size])
    }

    #[test]
    fn cuda_libraries_without_a_word_about_a_gpu() {
        let found = sample("nvidia_cublas_cu12", "12.4.5.8", 2_500_000).findings(RULE.name);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].evidence[0].text, "nvidia-cublas-cu12 12.4.5.8");
        let found = sample("torch", "2.4.0+cu121", 2_500_000).findings(RULE.name);
        assert_eq!(
            found[0].message,
            "2.5 MB of CUDA libraries are in this image, and nothing says that it runs on a GPU"
        );
    }

    #[test]
    fn gpus_and_small_libraries_pass() {
        let declared = sample("torch", "2.4.0+cu121", 2_500_000);
        let declared =
            declared.config(|config| config.config.env = vec!["NVIDIA_VISIBLE_DEVICES=all".into()]);
        assert_eq!(declared.findings(RULE.name), []);
        assert_eq!(
            sample("torch", "2.4.0+cpu", 2_500_000).findings(RULE.name),
            []
        );
        assert_eq!(
            sample("nvidia_ml_py", "12.1", 2_500_000).findings(RULE.name),
            []
        );
    }
}
