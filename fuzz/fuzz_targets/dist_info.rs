//! Any bytes as each file of a `.dist-info` or `.egg-info`, and as what stands in them: reading ends, and what is read of a
//! requirement is written and read again the same.

#![no_main]

use constrict_python::dist_info::{self, DirectUrl, Entry, EntryPoint, Metadata, Wheel};
use constrict_python::marker::{Environment, Marker};
use constrict_python::name::Name;
use constrict_python::requirement::Requirement;
use constrict_python::soabi::Extension;
use constrict_python::specifier::Specifier;
use constrict_python::tag::{Libc, Platform, Tag, WheelName};
use constrict_python::version::Version;
use libfuzzer_sys::fuzz_target;

fn requirement(requirement: &Requirement) {
    let environment = Environment::new((3, 11), "x86_64");
    let _ = requirement.applies(&environment, &[]);
    let text = requirement.to_string();
    let again = Requirement::parse(&text).expect("what was written is read");
    assert_eq!(again.to_string(), text);
}

fuzz_target!(|bytes: &[u8]| {
    let _ = DirectUrl::parse(bytes).map(|url| url.path());
    let text = &*String::from_utf8_lossy(bytes);
    if let Ok(metadata) = Metadata::parse(text) {
        let _ = metadata.parsed_version();
        metadata.requires.iter().for_each(requirement);
    }
    let wheel = Wheel::parse(text);
    let platform = Platform {
        python: (3, 11),
        free_threaded: false,
        machine: "x86_64".into(),
        libc: Libc::Glibc(Some((2, 36))),
    };
    assert!(
        wheel
            .tags
            .iter()
            .all(|tag| tag.fits(&platform) == tag.misfit(&platform).is_none())
    );
    let _ = (Entry::parse_record(text), EntryPoint::parse_all(text));
    let _ = (
        dist_info::parse_installer(text),
        dist_info::parse_top_level(text),
    );
    let _ = (
        dist_info::parse_installed_files(text),
        dist_info::parse_sources(text),
    );
    dist_info::parse_requires(text).iter().for_each(requirement);
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let _ = dist_info::parse_directory_name(first);
    let _ = (
        Tag::parse_set(first),
        WheelName::parse(first),
        Extension::parse(first),
    );
    if let Ok(read) = Requirement::parse(first) {
        requirement(&read);
    }
    if let Ok(marker) = Marker::parse(first) {
        let _ = marker.holds(&Environment::new((3, 12), "aarch64"), &[]);
    }
    if let (Ok(specifier), Ok(version)) = (Specifier::parse(first), Version::parse(rest)) {
        let _ = (specifier.contains(&version), specifier.has_upper_bound());
    }
    if let Ok(name) = Name::parse(first) {
        assert_eq!(Name::parse(name.as_str()).expect("ours"), name);
    }
});
