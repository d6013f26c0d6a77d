//! Any bytes as what registries answer with: challenges, locations of redirects, and what names of images are typed.

#![no_main]

// a private module of the client, which needs nothing else of it
#[allow(dead_code)]
#[path = "../../crates/constrict-oci/src/registry/challenge.rs"]
mod challenge;

use std::net::Ipv4Addr;

use constrict_oci::registry::{Mirror, redirected};
use libfuzzer_sys::fuzz_target;

const FROM: &str = "https://registry.example/v2/a/blobs/uploads/";

fuzz_target!(|text: &str| {
    let _ = challenge::parse_challenges(text);
    if let Ok(to) = redirected(FROM, text) {
        assert!(to.starts_with("https://") || to.starts_with("http://"));
        let authority = to
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split(['/', '?']).next());
        let is_link_local = |authority: &str| {
            let host = authority.split(':').next().unwrap_or_default();
            host.parse().is_ok_and(|host: Ipv4Addr| host.is_link_local())
        };
        let is_server = |authority: &str| {
            !authority.is_empty() && !authority.contains('@') && !is_link_local(authority)
        };
        assert!(authority.is_some_and(is_server), "{to}");
        assert!(redirected(&to, "x").is_ok(), "{to}");
    }
    let _ = (redirected(text, "/x"), Mirror::parse(text));
});
