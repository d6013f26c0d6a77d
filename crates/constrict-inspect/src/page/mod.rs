//! The page of a comparison: one HTML document that holds its style, its script and its data, and asks no server for anything.
//!
//! Never reads the data: it is put in as it comes, and the script draws it. The names of files in it are anybody's, so no text
//! can end the element that holds it, the script makes text nodes only, and the policy lets nothing run but that script.
//!
//! `page.html` is the template, with places like `{{style}}`. The script is the files of `SCRIPT`, one after the other.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use constrict_oci::Digest;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = concat!(include_str!("page.css"), include_str!("print.css"));
const SCRIPT: &str = concat!(
    include_str!("script/text.js"),
    include_str!("script/tree.js"),
    include_str!("script/layout.js"),
    include_str!("script/map.js"),
    include_str!("script/maps.js"),
    include_str!("script/numbers.js"),
    include_str!("script/surface.js"),
    include_str!("script/layers.js"),
    include_str!("script/packages.js"),
    include_str!("script/start.js"),
);

/// The page that shows the comparison `comparison_json`, with the files of each image in `trees_json`.
///
/// Both are JSON, `trees_json` a list with one tree for each image: a file is `[name, bytes, kind, owner]`, a directory
/// `[name, [entry…]]`; `kind` counts in the list of kinds, `owner` in the image's packages or is -1, the root's name is empty.
pub fn page(comparison_json: &str, trees_json: &str) -> String {
    let mut page = String::with_capacity(
        TEMPLATE.len() + STYLE.len() + SCRIPT.len() + comparison_json.len() + trees_json.len(),
    );
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let (place, after) = after.split_once("}}").unwrap_or((after, ""));
        page.push_str(before);
        match place {
            "policy" => page.push_str(&policy()),
            "style" => page.push_str(STYLE),
            "script" => page.push_str(SCRIPT),
            "comparison" => push_data(&mut page, comparison_json),
            _ => push_data(&mut page, trees_json),
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

/// The Content-Security-Policy: the page's own style and script, known by their hashes, and nothing from anywhere.
fn policy() -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Digest::of(text.as_bytes()).bytes());
    format!(
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// Adds JSON to a script element. In JSON, `<` stands only in strings, where it can be written as an escape; without it
/// neither `</script` nor `<!--` can come about.
fn push_data(page: &mut String, json: &str) {
    let mut parts = json.split('<');
    page.push_str(parts.next().unwrap_or_default());
    for part in parts {
        page.push_str("\\u003c");
        page.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `page` puts between the tags of the element `id`.
    fn data(page: &str, id: &str) -> String {
        let opening = format!("<script type=\"application/json\" id=\"{id}\">");
        let (_, rest) = page.split_once(&opening).unwrap();
        rest.split_once("</script>").unwrap().0.to_owned()
    }

    #[test]
    fn data_is_put_in_as_it_is() {
        let made = page(r#"{"version":1,"images":[]}"#, r#"[["",[["a",1,4,-1]]]]"#);
        assert_eq!(data(&made, "comparison"), r#"{"version":1,"images":[]}"#);
        assert_eq!(data(&made, "trees"), r#"[["",[["a",1,4,-1]]]]"#);
    }

    #[test]
    fn a_name_cannot_end_the_element_that_holds_it() {
        let names = [
            "</script><img src=x onerror=a()>",
            "<!--<script>",
            "]]>",
            "&lt;",
        ];
        let comparison = serde_json::to_string(&names).unwrap();
        let made = page(&comparison, "[]");
        assert_eq!(
            data(&made, "comparison"),
            r#"["\u003c/script>\u003cimg src=x onerror=a()>","\u003c!--\u003cscript>","]]>","&lt;"]"#
        );
        let read: Vec<String> = serde_json::from_str(&data(&made, "comparison")).unwrap();
        assert_eq!(read, names);
        assert_eq!(made.matches("<img").count(), 0);
        assert_eq!(made.matches("</script>").count(), 3);
    }

    #[test]
    fn a_name_that_looks_like_a_place_of_the_template_stays_a_name() {
        let made = page(r#"["{{trees}}","{{script}}"]"#, r#"["{{style}}"]"#);
        assert_eq!(data(&made, "comparison"), r#"["{{trees}}","{{script}}"]"#);
        assert_eq!(data(&made, "trees"), r#"["{{style}}"]"#);
    }

    #[test]
    fn every_place_of_the_template_is_filled() {
        let made = page("{}", "[]");
        assert_eq!(made.matches("{{").count(), 0);
        assert!(made.starts_with("<!doctype html>\n<html lang=\"en\">\n"));
        assert!(made.ends_with("</script>\n</body>\n</html>\n"));
    }

    #[test]
    fn only_the_own_style_and_script_are_allowed() {
        let made = page("{}", "[]");
        let between = |from: &str, to: &str| {
            let (_, rest) = made.split_once(from).unwrap();
            rest.split_once(to).unwrap().0
        };
        let hash = |text: &str| BASE64_STANDARD.encode(Digest::of(text.as_bytes()).bytes());
        assert_eq!(
            between("Content-Security-Policy\" content=\"", "\">"),
            format!(
                "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'",
                hash(between("<style>", "</style>")),
                hash(between("<script type=\"module\">", "</script>")),
            )
        );
    }

    #[test]
    fn the_script_makes_no_markup_of_text_and_asks_no_server() {
        let words = [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "fetch(",
            "XMLHttpRequest",
            "import(",
        ];
        let found: Vec<&str> = words
            .into_iter()
            .filter(|word| SCRIPT.contains(word))
            .collect();
        assert_eq!(found, Vec::<&str>::new());
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
