//! Any bytes as a Dockerfile: parsing and expansion end, and every span lies within the text.

#![no_main]

use constrict_dockerfile::expand::{expand, expand_heredoc};
use constrict_dockerfile::instruction::{MountError, SourceArg};
use constrict_dockerfile::{Kind, Span, parse};
use libfuzzer_sys::fuzz_target;

fn lookup(name: &str) -> Option<String> {
    (name.len() == 1).then(|| "a/b.tar.gz".to_owned())
}

fuzz_target!(|text: &[u8]| {
    let check = |span: Span| assert!(span.start <= span.end && span.end <= text.len());
    let dockerfile = match parse(text) {
        Ok(dockerfile) => dockerfile,
        Err(error) => return check(error.span()),
    };
    let escape = dockerfile.directives.escape;
    dockerfile
        .warnings
        .iter()
        .for_each(|warning| check(warning.span));
    for stage in &dockerfile.stages {
        check(stage.span);
        let _ = expand(&stage.from.image, lookup, escape);
        for instruction in &stage.instructions {
            check(instruction.span);
            match &instruction.kind {
                Kind::Env(pairs) | Kind::Label(pairs) => {
                    for (_, value) in pairs {
                        let _ = expand(value, lookup, escape);
                    }
                }
                Kind::Add(copy) | Kind::Copy(copy) => {
                    for source in &copy.sources {
                        let _ = match source {
                            SourceArg::Path(path) => expand(path, lookup, escape),
                            SourceArg::Heredoc(heredoc) => {
                                expand_heredoc(&heredoc.body(), lookup, escape)
                            }
                        };
                    }
                }
                Kind::Run(run) => {
                    let _ = run.script();
                    for mount in &run.mounts {
                        let _ = mount.resolve(|value| Ok::<_, MountError>(value.to_owned()));
                    }
                }
                Kind::Onbuild(onbuild) => {
                    let _ = onbuild.trigger();
                }
                _ => {}
            }
        }
    }
});
