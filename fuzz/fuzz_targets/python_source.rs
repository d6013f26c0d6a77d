//! Any bytes as a Python source: reading ends, and every fact points into the text or at a fact that is there.

#![no_main]

use constrict_python::source::{Module, Need, Target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((minor, source)) = bytes.split_first() else {
        return;
    };
    let python = (3, 6 + minor % 10);
    let Ok(module) = Module::parse(source, &Target { python }) else {
        return;
    };
    let lines = source
        .iter()
        .filter(|byte| matches!(byte, b'\n' | b'\r'))
        .count()
        + 1;
    let check = |line: u32, need: Need| {
        assert!(line >= 1 && line as usize <= lines, "{line} of {lines}");
        if let Need::Guarded { attempt: at } | Need::Fallback { of: at } | Need::Follow { of: at } =
            need
        {
            assert!((at as usize) < module.attempts.len());
        }
    };
    let imports = module.imports.iter().map(|fact| (fact.line, fact.need));
    let calls = module.calls.iter().map(|fact| (fact.line, fact.need));
    let uses = module.uses.iter().map(|fact| (fact.line, fact.need));
    let attempts = module.attempts.iter().map(|fact| (fact.line, fact.need));
    let top = module.top_calls.iter().map(|fact| (fact.line, fact.need));
    let all = imports.chain(calls).chain(uses).chain(attempts).chain(top);
    all.for_each(|(line, need)| check(line, need));
    for attempt in &module.attempts {
        let inside = |import: &u32| (*import as usize) < module.imports.len();
        assert!(attempt.imports.iter().all(inside));
    }
});
