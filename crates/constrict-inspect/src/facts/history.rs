//! Which layers of an image are its own and which are its base's, as far as the build or the history tells.

use crate::image::Image;

/// How official base images end: their last instruction, as the history has it.
const LAST_OF_BASES: &[&str] = &[
    r#"CMD ["python3"]"#,
    r#"CMD ["python2"]"#,
    r#"CMD ["pypy3"]"#,
    r#"CMD ["bash"]"#,
    r#"CMD ["/bin/bash"]"#,
    r#"CMD ["sh"]"#,
    r#"CMD ["/bin/sh"]"#,
];

/// The number of the first layer that does not come from the base; `None` if nothing tells.
pub fn first_own_layer(image: &Image) -> Option<usize> {
    if let Some(origin) = &image.origin
        && !origin.lines.is_empty()
    {
        return origin.lines.keys().next().copied();
    }
    let history = &image.config.history;
    let ends = |text: &str| LAST_OF_BASES.iter().any(|last| text.contains(last));
    let last = history.iter().rposition(|step| ends(&step.created_by))?;
    // an image whose own last instruction looks like a base's tells nothing
    let below = history[..last]
        .iter()
        .filter(|step| !step.empty_layer)
        .count();
    (last + 1 < history.len()).then_some(below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use constrict_oci::History;

    fn image(steps: &[(&str, bool)]) -> Image {
        let step = |(text, empty): &(&str, bool)| History {
            created_by: text.to_string(),
            empty_layer: *empty,
            ..History::default()
        };
        Sample::new()
            .config(|config| config.history = steps.iter().map(step).collect())
            .image()
    }

    #[test]
    fn bases_end_with_their_command() {
        let steps = [
            ("# debian.sh --arch 'amd64'", false),
            ("RUN make install", false),
            (r#"CMD ["python3"]"#, true),
            ("COPY . /app # buildkit", false),
            (r#"CMD ["python" "app.py"]"#, true),
        ];
        assert_eq!(first_own_layer(&image(&steps)), Some(2));
        assert_eq!(first_own_layer(&image(&steps[..3])), None);
        assert_eq!(first_own_layer(&image(&steps[3..])), None);
    }
}
