//! What a build knows of the image that it made: its Dockerfile, and the stages that it came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use constrict_build::Built;
use constrict_build::layers::Layers;
use constrict_dockerfile::{Dockerfile, line_of};
use constrict_inspect::{Origin, StageFiles};

use crate::failure::Failure;

/// The origin of a built image; `file` and `text` are the Dockerfile's name and content.
pub(crate) fn origin(
    layers: &Arc<Layers>,
    built: &Built,
    file: &str,
    text: &[u8],
    dockerfile: Dockerfile,
) -> Result<Origin, Failure> {
    let mut stages = BTreeMap::new();
    for stage in &built.stages {
        let name = dockerfile.stages[stage.index].from.alias.clone();
        let known = StageFiles {
            name: name.unwrap_or_else(|| stage.index.to_string()),
            base: stage.base.clone(),
            config: stage.config.clone(),
            files: super::files(layers, &stage.layers)?,
        };
        stages.insert(stage.index, known);
    }
    let line = |span: &constrict_dockerfile::Span| line_of(text, span.start).line;
    let lines = built.instructions.iter().enumerate();
    Ok(Origin {
        file: file.to_string(),
        text: String::from_utf8_lossy(text).into_owned(),
        stage: built.target,
        stages,
        lines: lines
            .filter_map(|(at, span)| Some((at, line(span.as_ref()?))))
            .collect(),
        dockerfile,
    })
}
