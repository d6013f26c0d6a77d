//! Secrets in texts: passwords in URLs, tokens of known services, private keys, members of the files that tools keep
//! credentials in. Decides what is a real value and what a placeholder. Never returns the secret itself: `shown` has it masked.

/// A secret that a text contains.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Credential {
    /// What it is: `password in a URL`.
    pub(crate) what: &'static str,
    /// Enough to find it: `https://ci:…@pypi.corp.net/simple`.
    pub(crate) shown: String,
    /// Whether it cannot be anything else.
    pub(crate) certain: bool,
}

/// Beginnings of tokens that services give out, with the least number of characters after them.
const TOKENS: &[(&str, usize, &str)] = &[
    ("ghp_", 36, "GitHub token"),
    ("gho_", 36, "GitHub token"),
    ("ghs_", 36, "GitHub token"),
    ("ghu_", 36, "GitHub token"),
    ("github_pat_", 60, "GitHub token"),
    ("glpat-", 20, "GitLab token"),
    ("pypi-AgE", 60, "PyPI token"),
    ("npm_", 36, "npm token"),
    ("xoxb-", 30, "Slack token"),
    ("xoxp-", 30, "Slack token"),
    ("sk_live_", 24, "Stripe key"),
    ("rk_live_", 24, "Stripe key"),
    ("hf_", 34, "Hugging Face token"),
    ("dckr_pat_", 27, "Docker Hub token"),
    ("sk-ant-api", 60, "Anthropic key"),
    ("sk-proj-", 60, "OpenAI key"),
];

/// Whether a variable of this name and value holds, or may hold, a secret.
pub fn may_be_secret(name: &str, value: &str) -> bool {
    !in_variable(name, value).is_empty()
}

/// Words that stand for a secret, or that nobody keeps secret.
const PLACEHOLDERS: &[&str] = &[
    "admin",
    "api",
    "apikey",
    "app",
    "bar",
    "baz",
    "build",
    "ci",
    "demo",
    "dev",
    "django",
    "docker",
    "foo",
    "git",
    "guest",
    "hunter2",
    "key",
    "local",
    "login",
    "mongo",
    "mysql",
    "none",
    "null",
    "oauth2",
    "p",
    "pass",
    "passwd",
    "password",
    "postgres",
    "private",
    "pw",
    "pwd",
    "rabbitmq",
    "redis",
    "root",
    "secret",
    "test",
    "testing",
    "token",
    "u",
    "user",
    "username",
    "x-oauth-basic",
];
/// Parts of a value that mark it as no secret.
const MARKS: &[&str] = &[
    "your",
    "example",
    "placeholder",
    "change",
    "xxx",
    "redacted",
    "dummy",
    "insecure",
    "default",
    "replace",
    "insert",
    "fake",
    "sample",
    "todo",
    "mypass",
    "my-pass",
    "my_pass",
    "password",
    "mysecret",
    "not-a",
    "notreal",
    "...",
    "***",
];

/// Whether a value stands for a secret instead of being one.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let mut characters = lower.chars();
    let first = characters.next();
    lower.len() < 2
        || lower.starts_with(['$', '<', '{', '%', '[', '*'])
        || lower.contains(['$', '{', '}', '<', '>', '…'])
        || first.is_some_and(|first| characters.all(|next| next == first))
        || PLACEHOLDERS.contains(&lower.trim_end_matches(|last: char| last.is_ascii_digit()))
        || MARKS.iter().any(|mark| lower.contains(mark))
}

/// Whether a value looks as if a machine or a careful person had made it.
pub(crate) fn is_strong(value: &str, least: usize) -> bool {
    let kinds: std::collections::BTreeSet<char> = value.chars().collect();
    value.len() >= least
        && kinds.len() >= 6
        && value.contains(|next: char| next.is_ascii_digit())
        && value.contains(|next: char| next.is_ascii_alphabetic())
        && !is_placeholder(value)
}

/// Whether a host is no host: this machine, or a placeholder.
fn is_nowhere(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    host.is_empty()
        || host == "localhost"
        || host.starts_with("127.")
        || [
            "0.0.0.0",
            "::1",
            "host",
            "hostname",
            "server",
            "host.docker.internal",
        ]
        .contains(&host.as_str())
        || host.contains(['$', '{', '}', '<', '>', '%', '*', '…'])
        || host.contains("your")
}

/// Whether a host is of a domain for examples (RFC 2606).
fn is_example(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let ends = |end: &str| host == end || host.ends_with(&format!(".{end}"));
    [
        "example",
        "example.com",
        "example.org",
        "example.net",
        "test",
        "invalid",
        "localhost",
    ]
    .into_iter()
    .any(ends)
}

/// Passwords in URLs and tokens of known services, anywhere in a text.
pub(crate) fn find(text: &str) -> Vec<Credential> {
    let mut found: Vec<Credential> = text
        .match_indices("://")
        .filter_map(|(at, _)| in_url(text, at))
        .collect();
    let separates = |next: char| !(next.is_ascii_alphanumeric() || next == '_' || next == '-');
    found.extend(text.split(separates).filter_map(token));
    found.sort();
    found.dedup();
    // a token that is the password of a URL is one secret
    let tokens: Vec<_> = found
        .iter()
        .filter(|found| found.what != URL)
        .map(|found| found.what)
        .collect();
    if !tokens.is_empty() {
        found.retain(|found| found.what != URL || !found.shown.contains("://…"));
    }
    found
}

const URL: &str = "password in a URL";

/// The credentials of the URL whose `://` is at `at`.
fn in_url(text: &str, at: usize) -> Option<Credential> {
    let is_scheme = |next: char| next.is_ascii_alphanumeric() || matches!(next, '+' | '-' | '.');
    let scheme = &text[text[..at].trim_end_matches(is_scheme).len()..at];
    let rest = &text[at + 3..];
    let end = rest.find(|next: char| {
        next.is_whitespace()
            || matches!(
                next,
                '/' | '?' | '#' | '"' | '\'' | '`' | '\\' | ')' | ',' | ';'
            )
    });
    let authority = &rest[..end.unwrap_or(rest.len())];
    let (login, host) = authority.rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let example = is_example(name);
    if scheme.is_empty()
        || is_nowhere(name)
        || is_placeholder(password)
        || password.eq_ignore_ascii_case(user)
        || example && !is_strong(password, 8)
    {
        return None;
    }
    let web = scheme
        .split('+')
        .any(|part| matches!(part, "http" | "https" | "ssh" | "ftp"));
    let certain = !example
        && name.contains('.')
        && if web {
            password.len() >= 4
        } else {
            is_strong(password, 8)
        };
    if !web && !certain {
        return None;
    }
    let user = if token(user).is_some() { "…" } else { user };
    Some(Credential {
        what: URL,
        shown: format!("{scheme}://{user}:…@{host}"),
        certain,
    })
}

/// A token by its form.
fn token(word: &str) -> Option<Credential> {
    let (start, least, what) = TOKENS.iter().find(|(start, ..)| word.starts_with(start))?;
    let rest = &word[start.len()..];
    let real = rest.len() >= *least && is_strong(rest, *least);
    real.then(|| Credential {
        what,
        shown: format!("{start}…"),
        certain: true,
    })
}

/// What a variable's name and value tell: a token of a known form is certain, a name that speaks of a secret is not.
pub(crate) fn in_variable(name: &str, value: &str) -> Vec<Credential> {
    let mut found = find(value);
    let upper = name.to_ascii_uppercase();
    let speaks = [
        "_KEY",
        "APIKEY",
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "PASSWD",
        "CREDENTIALS",
    ]
    .iter()
    .any(|end| upper.ends_with(end));
    // of base images: the key that signs releases, public
    let public = upper.contains("GPG") || upper.contains("PUBLIC") || upper.ends_with("_SHA256");
    let value_like = !value.contains([' ', '/', ':', '.']) || value.matches('.').count() == 2;
    if found.is_empty() && speaks && !public && value_like && is_strong(value, 10) {
        found.push(Credential {
            what: "value of a variable that is named like a secret",
            shown: format!("{name}=…"),
            certain: false,
        });
    }
    found
}

/// The private key that a file is.
pub(crate) fn private_key(text: &str) -> Option<Credential> {
    let at = text.find("-----BEGIN ")?;
    let line = text[at..].lines().next()?;
    let kind = line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
    let body: usize = text[at..]
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .map(|line| line.trim().len())
        .sum();
    if !kind.ends_with("PRIVATE KEY") || body < 60 || text.contains("...") {
        return None;
    }
    let closed = kind.starts_with("ENCRYPTED") || text.contains("Proc-Type: 4,ENCRYPTED");
    Some(Credential {
        what: "private key",
        shown: format!("-----BEGIN {kind}-----"),
        certain: !closed,
    })
}

/// What a file of this name keeps credentials in, beside URLs.
pub(crate) fn in_file(name: &str, text: &str) -> Vec<Credential> {
    let comment = |line: &&str| {
        !line.trim_start().starts_with(['#', ';']) && !line.trim_start().starts_with("//#")
    };
    let lines: Vec<&str> = text.lines().filter(comment).collect();
    let mut found: Vec<Credential> = lines.iter().flat_map(|line| find(line)).collect();
    let member = |what: &'static str, names: &[&str]| {
        let value = |line: &&str| {
            let (name, value) = line.split_once(['=', ':'])?;
            let value = value.trim().trim_matches(['"', '\'', ',']);
            let name = name.trim().trim_matches('"').rsplit(':').next()?;
            let real = names.contains(&name) && value.len() >= 4 && !is_placeholder(value);
            real.then(|| Credential {
                what,
                shown: format!("{name} = …"),
                certain: true,
            })
        };
        lines.iter().filter_map(value).collect::<Vec<_>>()
    };
    found.extend(match name {
        ".netrc" | "_netrc" => netrc(&lines.join("\n")),
        ".pypirc" => member("password of a package index", &["password"]),
        "auth.toml" => member("password of a package index", &["password", "pypi-token"]),
        "credentials" => member("key of a cloud account", &["aws_secret_access_key"]),
        "config.json" => member("login to a registry", &["auth"]),
        ".npmrc" => lines.iter().filter_map(|line| npm(line)).collect(),
        ".env" => lines
            .iter()
            .filter_map(|line| line.trim_start_matches("export ").split_once('='))
            .flat_map(|(name, value)| {
                in_variable(name.trim(), value.trim().trim_matches(['"', '\'']))
            })
            .collect(),
        _ => Vec::new(),
    });
    found.sort();
    found.dedup();
    found
}

/// `machine HOST login USER password SECRET`.
fn netrc(text: &str) -> Vec<Credential> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (mut host, mut found) = ("", Vec::new());
    for pair in words.windows(2) {
        match pair[0] {
            "machine" => host = pair[1],
            "password" if !is_placeholder(pair[1]) && !is_nowhere(host) => {
                let example = is_example(host);
                if example && !is_strong(pair[1], 8) {
                    continue;
                }
                found.push(Credential {
                    what: "password of a host",
                    shown: format!("machine {host} password …"),
                    certain: !example,
                });
            }
            _ => {}
        }
    }
    found
}

/// `//registry/:_authToken=SECRET`.
fn npm(line: &str) -> Option<Credential> {
    let (name, value) = line.split_once('=')?;
    let known = ["_authToken", "_auth", "_password"]
        .iter()
        .any(|end| name.trim().ends_with(end));
    let real = known && value.trim().len() >= 8 && !is_placeholder(value.trim());
    real.then(|| Credential {
        what: "npm token",
        shown: format!("{}=…", name.trim()),
        certain: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(found: Vec<Credential>) -> Vec<(String, bool)> {
        found
            .into_iter()
            .map(|found| (found.shown, found.certain))
            .collect()
    }

    #[test]
    fn urls_with_real_passwords_are_found() {
        let text = "--index-url https://ci:s3cr3t-9@pypi.corp.net/simple\ngit+https://bot:Zk4kd02@git.corp.net/x.git";
        let expected = [
            ("git+https://bot:…@git.corp.net".into(), true),
            ("https://ci:…@pypi.corp.net".into(), true),
        ];
        assert_eq!(shown(find(text)), expected);
        assert_eq!(
            shown(find(
                "postgresql+psycopg://app:Wq82nd0s@db.corp.net:5432/app"
            )),
            [("postgresql+psycopg://app:…@db.corp.net:5432".into(), true)]
        );
        assert_eq!(
            shown(find("http://bot:Wq82nd@nexus:8081/simple")),
            [("http://bot:…@nexus:8081".into(), false)]
        );
    }

    #[test]
    fn placeholders_are_no_secrets() {
        for text in [
            "https://user:password@localhost/simple",
            "https://${USER}:${TOKEN}@pypi.corp.net/simple",
            "https://__token__:$TOKEN@pypi.corp.net/simple",
            "https://user:pass@host/simple",
            "https://ci:s3cr3t@pypi.example.com/simple",
            "https://ci:your-token-123@pypi.corp.net/simple",
            "https://ci:xxxxxxxx@pypi.corp.net/simple",
            "postgres://postgres:postgres@db:5432/app",
            "postgres://app:Wq82nd0s@db:5432/app",
            "redis://:secret@cache.corp.net",
            "https://index.example/simple see user@host and a:b",
            "https://git@github.com/a/b",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1a",
        ] {
            assert_eq!(shown(find(text)), [], "{text}");
        }
    }

    #[test]
    fn a_strong_password_of_an_example_may_be_one() {
        let url = "https://ci:Xk29-vTq8@pypi.example.com/simple";
        assert_eq!(
            shown(find(url)),
            [("https://ci:…@pypi.example.com".into(), false)]
        );
        let netrc = in_file(
            ".netrc",
            "machine packages.example.com login ci password Xk29-vTq8",
        );
        assert_eq!(
            shown(netrc),
            [("machine packages.example.com password …".into(), false)]
        );
    }

    #[test]
    fn tokens_are_known_by_their_form() {
        let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
        assert_eq!(
            shown(find(&format!("TOKEN={token}"))),
            [("ghp_…".into(), true)]
        );
        assert_eq!(
            shown(in_variable(
                "GPG_KEY",
                "E3FF2839C048B25C084DEBE9B26995E310250568"
            )),
            []
        );
        assert_eq!(
            shown(in_variable("API_KEY", "8f14e45fceea167a5a36dedd4bea2543")),
            [("API_KEY=…".into(), false)]
        );
        for (name, value) in [
            ("SECRET_KEY", "dev"),
            ("SECRET_KEY", "build-time-only"),
            ("TOKEN", "${TOKEN}"),
            ("SSL_KEY", "/run/secrets/key1"),
        ] {
            assert_eq!(shown(in_variable(name, value)), [], "{name}");
        }
    }

    #[test]
    fn files_of_tools_keep_passwords() {
        let seen = |name: &str, text: &str| shown(in_file(name, text)).len();
        assert_eq!(
            seen(
                ".netrc",
                "machine git.corp.net\n login ci\n password Qx81kd0\n"
            ),
            1
        );
        assert_eq!(
            seen(".netrc", "machine git.corp.net login ci password changeme"),
            0
        );
        assert_eq!(
            seen(
                ".pypirc",
                "[pypi]\nusername = __token__\npassword = Qx81kd0\n"
            ),
            1
        );
        assert_eq!(
            seen(
                "auth.toml",
                "[http-basic.corp]\nusername = \"ci\"\npassword = \"Qx81kd0\"\n"
            ),
            1
        );
        assert_eq!(
            seen(".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n"),
            0
        );
        assert_eq!(seen(".npmrc", "//npm.corp.net/:_authToken=Qx81kd0bb1\n"), 1);
        assert_eq!(
            seen(
                "pip.conf",
                "[global]\n# index-url = https://ci:s3cr3t-9@pypi.corp.net/simple\n"
            ),
            0
        );
        assert_eq!(
            seen(
                "config.json",
                "{\"auths\": {\"r.corp.net\": {\n\t\"auth\": \"Y2k6czNjcjN0LTk=\"\n}}}"
            ),
            1
        );
    }

    #[test]
    fn a_private_key_has_a_body() {
        let key = |kind: &str, body: &str| {
            format!("-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n")
        };
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
        assert!(private_key(&key("RSA PRIVATE KEY", body)).unwrap().certain);
        assert!(
            !private_key(&key("ENCRYPTED PRIVATE KEY", body))
                .unwrap()
                .certain
        );
        assert_eq!(private_key(&key("PRIVATE KEY", "...")), None);
        assert_eq!(private_key(&key("CERTIFICATE", body)), None);
    }
}
