//! `WWW-Authenticate` headers: what a registry wants to be shown. Never asks for a token.
//!
//! Grammar: RFC 9110, section 11.6.1, with the parameters of distribution's `spec/auth/token.md`.

/// One way to authenticate that a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token from elsewhere.
    Bearer {
        realm: String,
        service: Option<String>,
        scopes: Vec<String>,
    },
}

/// All challenges of one header that are understood.
pub(crate) fn parse_challenges(header: &str) -> Vec<Challenge> {
    let mut challenges = Vec::new();
    let mut rest = header;
    let mut current: Option<(String, Vec<(String, String)>)> = None;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find(|c: char| !is_token(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            break;
        }
        let value = after.trim_start_matches([' ', '\t']).strip_prefix('=');
        match (value, &mut current) {
            (Some(value), Some((_, parameters))) => {
                let Some((value, after)) = parse_value(value.trim_start_matches([' ', '\t']))
                else {
                    break;
                };
                parameters.push((word.to_ascii_lowercase(), value));
                rest = after;
            }
            (Some(_), None) => break,
            (None, _) => {
                challenges.extend(current.take().and_then(finish));
                current = Some((word.to_ascii_lowercase(), Vec::new()));
                rest = after;
            }
        }
    }
    challenges.extend(current.and_then(finish));
    challenges
}

fn finish((scheme, parameters): (String, Vec<(String, String)>)) -> Option<Challenge> {
    let get = |name: &str| {
        let found = parameters.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    match scheme.as_str() {
        "basic" => Some(Challenge::Basic),
        "bearer" => {
            let scopes = get("scope").unwrap_or_default();
            Some(Challenge::Bearer {
                realm: get("realm")?,
                service: get("service"),
                scopes: scopes.split_ascii_whitespace().map(str::to_owned).collect(),
            })
        }
        _ => None,
    }
}

/// A token or a quoted string, and what follows it.
fn parse_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            _ => value.push(character),
        }
    }
    None
}

fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scopes: &[&str]) -> Challenge {
        Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        }
    }

    #[test]
    fn quoted_strings_keep_commas_and_escapes() {
        let header = r#"Bearer realm="https://a.example/t?a=\"b\"",service="s, t",scope="repository:a:pull,push x:y:z""#;
        assert_eq!(
            parse_challenges(header),
            [bearer(
                r#"https://a.example/t?a="b""#,
                Some("s, t"),
                &["repository:a:pull,push", "x:y:z"]
            )]
        );
    }

    #[test]
    fn several_challenges_stand_in_one_header() {
        let header =
            r#"Negotiate, basic realm="x, y", BEARER realm = "https://a.example" , service=s"#;
        assert_eq!(
            parse_challenges(header),
            [
                Challenge::Basic,
                bearer("https://a.example", Some("s"), &[])
            ]
        );
    }

    #[test]
    fn what_is_broken_gives_nothing() {
        for header in [
            "",
            "=",
            "Bearer",
            "Bearer realm=\"open",
            "Digest realm=\"x\"",
            "Bearer service=\"s\"",
        ] {
            assert_eq!(parse_challenges(header), [], "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_panic(header in ".{0,200}") {
            parse_challenges(&header);
        }

        #[test]
        fn what_is_quoted_comes_back(realm in "[ -~]{0,40}") {
            let quoted = realm.replace('\\', "\\\\").replace('"', "\\\"");
            let header = format!("Bearer realm=\"{quoted}\"");
            prop_assert_eq!(parse_challenges(&header), [bearer(&realm, None, &[])]);
        }
    }
}
