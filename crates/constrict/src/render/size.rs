//! Where an image's bytes are, as text.

use std::fmt::Write;

use constrict_inspect::compare::Profile;
use constrict_inspect::size::{Amount, PackageSize, Trim};

use super::comparison::printable;
use crate::progress::bytes;

/// Sections, the largest first in each; at most `top` packages and files, 0 for all.
pub(crate) fn text(profile: &Profile, top: usize) -> String {
    let size = &profile.size;
    let total = size.total;
    let mut text = String::new();
    let compressed = total.compressed.map_or_else(
        || "not compressed".to_string(),
        |size| format!("{} as pushed", bytes(size)),
    );
    let _ = writeln!(
        text,
        "{}: {} on disk, {compressed}, {} as a container sees it",
        profile.name,
        bytes(total.unpacked),
        bytes(total.visible)
    );
    if !size.layers.is_empty() {
        text.push_str("\nLayers (unpacked, as pushed, hidden by later ones)\n");
        for layer in &size.layers {
            let pushed = layer.compressed.map_or_else(|| "-".to_string(), bytes);
            let hidden = if layer.hidden == 0 {
                "-".to_string()
            } else {
                bytes(layer.hidden)
            };
            let line = layer
                .line
                .map(|line| format!("line {line}: "))
                .unwrap_or_default();
            let step: String = printable(&layer.step).chars().take(STEP).collect();
            let _ = writeln!(
                text,
                "  {:>8}  {pushed:>8}  {hidden:>8}  {line}{step}",
                bytes(layer.unpacked)
            );
        }
    }
    let mut kinds: Vec<(&str, Amount)> = size
        .kinds
        .iter()
        .map(|size| (size.kind.name(), size.amount))
        .collect();
    kinds.sort_by_key(|(_, amount)| std::cmp::Reverse(amount.bytes));
    text.push_str("\nKinds\n");
    for (name, amount) in kinds {
        let _ = writeln!(
            text,
            "  {:>8}  {name} ({} files)",
            bytes(amount.bytes),
            amount.files
        );
    }
    section(
        &mut text,
        "Packages of the system",
        &size.packages,
        |kind| kind != "pypi",
        top,
    );
    section(
        &mut text,
        "Python distributions",
        &size.packages,
        |kind| kind == "pypi",
        top,
    );
    let _ = writeln!(
        text,
        "\nIn no package\n  {:>8}  in {} files",
        bytes(size.unowned.bytes),
        size.unowned.files
    );
    if !size.lost.is_empty() {
        let all: u64 = size.lost.iter().map(|lost| lost.bytes).sum();
        let _ = writeln!(
            text,
            "\nHidden by later layers: {} in {} files",
            bytes(all),
            size.lost.len()
        );
        for lost in size.lost.iter().take(limit(top)) {
            let _ = writeln!(
                text,
                "  {:>8}  {} of layer {}, {} by layer {}",
                bytes(lost.bytes),
                printable(&lost.path),
                lost.layer,
                lost.loss.word(),
                lost.by
            );
        }
        rest(&mut text, size.lost.len(), top);
    }
    trims(&mut text, &size.trims);
    text
}

/// A longer instruction is cut.
const STEP: usize = 90;

fn limit(top: usize) -> usize {
    if top == 0 { usize::MAX } else { top }
}

fn rest(text: &mut String, all: usize, top: usize) {
    if let Some(more) = all.checked_sub(limit(top)).filter(|more| *more > 0) {
        let _ = writeln!(text, "            and {more} more (--top 0 lists all)");
    }
}

fn section(
    text: &mut String,
    title: &str,
    packages: &[PackageSize],
    is_of: impl Fn(&str) -> bool,
    top: usize,
) {
    let of = packages.iter().filter(|package| is_of(&package.ecosystem));
    let mut found: Vec<&PackageSize> = of.collect();
    if found.is_empty() {
        return;
    }
    let all: u64 = found.iter().map(|package| package.amount.bytes).sum();
    let _ = writeln!(text, "\n{title}: {}, {}", found.len(), bytes(all));
    found.sort_by(|one, other| {
        (other.amount.bytes, &one.name).cmp(&(one.amount.bytes, &other.name))
    });
    for package in found.iter().take(limit(top)) {
        let _ = writeln!(
            text,
            "  {:>8}  {} {}",
            bytes(package.amount.bytes),
            printable(&package.name),
            printable(&package.version)
        );
    }
    rest(text, found.len(), top);
}

fn trims(text: &mut String, trims: &[Trim]) {
    if trims.is_empty() {
        return;
    }
    text.push_str("\nWhat could go\n");
    for trim in trims {
        let holds = match trim.condition.holds {
            Some(true) => ": holds for what this image starts",
            Some(false) => ": does NOT hold for what this image starts",
            None => "",
        };
        let _ = writeln!(
            text,
            "  {:>8}  {}: {}\n            when {}{holds}",
            bytes(trim.amount.bytes),
            trim.name,
            trim.what,
            trim.condition.text
        );
        if let Some(place) = trim.places.first() {
            let _ = writeln!(
                text,
                "            most in {} ({})",
                printable(&place.path),
                bytes(place.bytes)
            );
        }
    }
}
