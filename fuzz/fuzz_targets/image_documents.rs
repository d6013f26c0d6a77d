//! Any bytes as a manifest, an index or a configuration: what is read is written and read again the same.

#![no_main]

use constrict_oci::{ImageConfig, Index, Manifest, Platform, Reference};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse(bytes) {
        assert_eq!(
            Manifest::parse(&manifest.to_json()).expect("ours"),
            manifest
        );
    }
    if let Ok(index) = Index::parse(bytes) {
        let _ = index.select(&Platform::host());
        assert_eq!(Index::parse(&index.to_json()).expect("ours"), index);
    }
    if let Ok(config) = ImageConfig::parse(bytes) {
        let _ = config.platform();
        assert_eq!(ImageConfig::parse(&config.to_json()).expect("ours"), config);
    }
    if let Some(reference) = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| Reference::parse(text).ok())
    {
        assert_eq!(
            Reference::parse(&reference.to_string()).expect("ours"),
            reference
        );
        assert_eq!(
            Reference::parse(&reference.familiar()).expect("ours"),
            reference
        );
    }
});
