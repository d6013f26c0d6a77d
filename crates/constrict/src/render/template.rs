//! `--format` templates as docker's users write them: text with `{{.Name}}`, `{{.State.Status}}` and `{{json .Name}}`.
//! Nothing else of Go's language is known, and what is not known is an error.

use serde_json::Value;

/// The template filled with members of `value`; `\t` and `\n` written as two characters count as one.
pub(crate) fn fill(template: &str, value: &Value) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((action, after)) = after.split_once("}}") else {
            return Err(format!("template `{template}`: `{{{{` without `}}}}`"));
        };
        text.push_str(&unescaped(before));
        text.push_str(
            &member(action, value).map_err(|what| format!("template `{template}`: {what}"))?,
        );
        rest = after;
    }
    text.push_str(&unescaped(rest));
    Ok(text)
}

fn unescaped(text: &str) -> String {
    text.replace("\\t", "\t").replace("\\n", "\n")
}

fn member(action: &str, value: &Value) -> Result<String, String> {
    let words: Vec<&str> = action.split_whitespace().collect();
    let (is_json, path) = match words[..] {
        ["json", path] => (true, path),
        [path] => (false, path),
        _ => {
            return Err(format!(
                "`{{{{{action}}}}}` is not supported: {{{{.Name}}}} and {{{{json .Name}}}} are"
            ));
        }
    };
    let Some(names) = path.strip_prefix('.') else {
        return Err(format!(
            "`{{{{{action}}}}}` is not supported: {{{{.Name}}}} and {{{{json .Name}}}} are"
        ));
    };
    let mut found = value;
    for name in names.split('.').filter(|name| !name.is_empty()) {
        found = found
            .get(name)
            .ok_or_else(|| format!("there is no `{name}` in {}", known(found)))?;
    }
    Ok(match found {
        Value::String(text) if !is_json => text.clone(),
        Value::Null if !is_json => "<nil>".into(),
        other => other.to_string(),
    })
}

/// What there is instead.
fn known(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let names: Vec<&str> = members.keys().map(String::as_str).collect();
            names.join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fill;

    #[test]
    fn members_are_filled_in_and_the_rest_is_refused() {
        let value =
            json!({ "Name": "web", "State": { "Status": "running", "Pid": 7, "Health": null } });
        let told = |template| fill(template, &value).unwrap_or_else(|error| error);
        assert_eq!(told("{{.Name}}\\t{{ .State.Status }}!"), "web\trunning!");
        assert_eq!(
            told("{{json .Name}} {{.State.Pid}} {{.State.Health}}"),
            "\"web\" 7 <nil>"
        );
        assert_eq!(
            told("{{json .State}}"),
            r#"{"Health":null,"Pid":7,"Status":"running"}"#
        );
        assert_eq!(told("plain"), "plain");
        assert_eq!(
            told("{{.Nam}}"),
            "template `{{.Nam}}`: there is no `Nam` in Name, State"
        );
        assert_eq!(told("{{.Name"), "template `{{.Name`: `{{` without `}}`");
        assert_eq!(
            told("{{if .Name}}"),
            "template `{{if .Name}}`: `{{if .Name}}` is not supported: {{.Name}} and {{json .Name}} are"
        );
    }
}
