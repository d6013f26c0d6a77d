//! Any bytes as the files that say where Python looks: `pyvenv.cfg`, `.pth`, scripts of `bin/`, finders of editable installs.

#![no_main]

use constrict_python::pth::{self, Line};
use constrict_python::pyvenv_cfg::PyvenvCfg;
use constrict_python::script::{Script, Shebang};
use constrict_python::{editable, version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = &*String::from_utf8_lossy(bytes);
    let _ = PyvenvCfg::parse(text).python();
    let _ = version::parse_python(text);
    let lines = pth::parse(bytes);
    for line in &lines {
        if let Line::Code(code) = line {
            let _ = pth::imported(code);
        }
    }
    let _ = editable::origin("__editable__.x-1.pth", &lines);
    let _ = editable::parse_finder(bytes);
    let _ = editable::parse_meson_loader(bytes);
    let _ = editable::parse_egg_link(text);
    if let Some(shebang) = Shebang::parse(bytes) {
        assert!(bytes.starts_with(b"#!"));
        let _ = shebang.env_program();
    }
    let _ = Script::parse(bytes).map(|script| script.interpreter().len());
});
