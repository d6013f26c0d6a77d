//! Names of variables that say that they hold a secret.

const SECRET: [&str; 10] = [
    "apikey",
    "auth",
    "credential",
    "credentials",
    "key",
    "password",
    "pword",
    "passwd",
    "secret",
    "token",
];

/// Whether a word of the name, between underscores, is one that secrets have, and none says that it is public.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    name.split('_').any(|word| SECRET.contains(&word))
        && !name.split('_').any(|word| word == "public")
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn whole_words_between_underscores_count() {
        for name in [
            "API_KEY",
            "APIKEY",
            "passWord",
            "AUTH_FILE",
            "TOKEN_VERSION",
            "MYSQL_PASSWORD",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "PUBLIC_KEY",
            "KEYS",
            "MYPASSWORD",
            "AUTH0_X",
            "MY-KEY",
            "AUTHOR",
            "PASSPHRASE",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
