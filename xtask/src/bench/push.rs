//! 300 MB in 4,700 files, copied, built and pushed; each time with a file that nobody has seen, so that the layer is new.

use std::fs;

use super::builder::Builder;
use super::context::{Contexts, write_files};
use super::page::{Goal, Line};
use super::times::{Times, timed};
use crate::acceptance::lab::Lab;
use crate::error::{Result, io};

const ROW: &str = "push";
const FILES: usize = 4_700;
const BYTES: usize = 300_000_000;
/// Builds and pushes by each builder, after one that is not counted.
const ROUNDS: usize = 3;

pub(crate) fn run(lab: &Lab) -> Result<Vec<Line>> {
    let original = lab.work.join("bench-push-original");
    write_files(&original.join("files"), FILES, BYTES / FILES)?;
    let file = original.join("Dockerfile");
    fs::write(&file, "FROM scratch\nCOPY files /files\n").map_err(io("write", &file))?;
    let contexts = Contexts::copies(lab, ROW, &original)?;
    fs::remove_dir_all(&original).map_err(io("delete", &original))?;
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        for (builder, times) in Builder::ALL.into_iter().zip(&mut times) {
            contexts.change(builder, "files/part000/file00000.txt")?;
            let built = timed(&mut builder.build(lab, ROW, &contexts.of(builder), &[])?)?;
            let pushed = timed(&mut builder.push(lab, ROW)?)?;
            if round > 0 {
                times.push(built + pushed);
            }
        }
    }
    for builder in Builder::ALL {
        builder.forget(lab, ROW)?;
    }
    contexts.remove()?;
    let [docker, buildah, ours] = times.map(Times::of);
    Ok(vec![Line {
        what: "300 MB in 4,700 files copied, built and pushed (gzip)".into(),
        docker: Some(docker),
        buildah: Some(buildah),
        ours,
        goal: Goal::Faster(4.0),
    }])
}
