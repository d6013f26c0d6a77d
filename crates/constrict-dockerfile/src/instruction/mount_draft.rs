//! A mount while its fields are read, and the rules about their combination.
//!
//! Never expands a value.

use super::{BindMount, CacheMount, Mount, MountError, SecretMount, Sharing, SshMount, TmpfsMount};
use crate::directives::parse_bool;
use crate::suggest;

/// Every key, in the order in which suggestions prefer them.
const KEYS: [&str; 19] = [
    "type",
    "from",
    "source",
    "target",
    "readonly",
    "id",
    "sharing",
    "required",
    "size",
    "mode",
    "uid",
    "gid",
    "src",
    "dst",
    "destination",
    "ro",
    "rw",
    "readwrite",
    "env",
];

const TYPES: [&str; 5] = ["bind", "cache", "tmpfs", "secret", "ssh"];

const SHARINGS: [&str; 3] = ["shared", "private", "locked"];

/// The fields of a line of CSV.
pub(super) fn fields(text: &str) -> Result<Vec<String>, MountError> {
    let mut fields = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let (field, after) = match text.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => match text.split_once(',') {
                Some((field, after)) => (field.to_owned(), Some(after)),
                None => (text.to_owned(), None),
            },
        };
        if !text.starts_with('"') && field.contains('"') {
            return Err(MountError::Csv("bare \" in non-quoted field"));
        }
        fields.push(field);
        rest = after;
    }
    Ok(fields)
}

fn quoted_field(text: &str) -> Result<(String, Option<&str>), MountError> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest
            .split_once('"')
            .ok_or(MountError::Csv("missing \" at the end of a field"))?;
        field.push_str(part);
        match after.chars().next() {
            None => return Ok((field, None)),
            Some(',') => return Ok((field, Some(&after[1..]))),
            Some('"') => {
                field.push('"');
                rest = &after[1..];
            }
            Some(_) => return Err(MountError::Csv("extraneous \" in a field")),
        }
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Type {
    #[default]
    Bind,
    Cache,
    Tmpfs,
    Secret,
    Ssh,
}

impl Type {
    fn name(self) -> &'static str {
        TYPES[self as usize]
    }

    fn parse(value: &str) -> Result<Self, MountError> {
        match value.to_lowercase().as_str() {
            "bind" => Ok(Self::Bind),
            "cache" => Ok(Self::Cache),
            "tmpfs" => Ok(Self::Tmpfs),
            "secret" => Ok(Self::Secret),
            "ssh" => Ok(Self::Ssh),
            _ => Err(MountError::UnknownType {
                value: value.to_owned(),
                suggestion: suggest::nearest(value, &TYPES),
            }),
        }
    }
}

/// What the fields said so far; empty strings are as good as absent.
#[derive(Default)]
pub(super) struct Draft {
    mount_type: Type,
    from: String,
    source: String,
    target: String,
    readonly: Option<bool>,
    size: u64,
    id: String,
    sharing: Option<Sharing>,
    required: bool,
    env: Option<String>,
    mode: Option<u32>,
    uid: Option<u32>,
    gid: Option<u32>,
}

impl Draft {
    /// A field without `=`.
    pub(super) fn set_bare(&mut self, field: &str) -> Result<(), MountError> {
        match field.to_lowercase().as_str() {
            "readonly" | "ro" => self.readonly = Some(true),
            "readwrite" | "rw" => self.readonly = Some(false),
            key @ "required" => {
                self.only_for(&[Type::Secret, Type::Ssh], key)?;
                self.required = true;
            }
            _ => return Err(MountError::NoValue(field.to_owned())),
        }
        Ok(())
    }

    /// A field with `=`; the key is lower-case.
    pub(super) fn set(&mut self, key: &str, value: &str, field: &str) -> Result<(), MountError> {
        let invalid = || MountError::InvalidValue {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let number = || decimal(value).ok_or_else(invalid);
        match key {
            "type" => self.mount_type = Type::parse(value)?,
            "from" => self.from = value.to_owned(),
            "source" | "src" => self.source = value.to_owned(),
            "target" | "dst" | "destination" => self.target = value.to_owned(),
            "readonly" | "ro" => self.readonly = Some(parse_bool(value).ok_or_else(invalid)?),
            "readwrite" | "rw" => self.readonly = Some(!parse_bool(value).ok_or_else(invalid)?),
            "required" => {
                self.only_for(&[Type::Secret, Type::Ssh], key)?;
                self.required = parse_bool(value).ok_or_else(invalid)?;
            }
            "size" => {
                self.only_for(&[Type::Tmpfs], key)?;
                self.size = bytes(value).ok_or_else(invalid)?;
            }
            "id" => self.id = value.to_owned(),
            "sharing" => self.sharing = Some(sharing(value)?),
            "mode" => self.mode = Some(octal(value).ok_or_else(invalid)?),
            "uid" => self.uid = Some(number()?),
            "gid" => self.gid = Some(number()?),
            "env" => self.env = Some(value.to_owned()),
            _ => {
                let suggestion = suggest::nearest(key, &KEYS);
                return Err(MountError::UnknownKey {
                    key: key.to_owned(),
                    field: field.to_owned(),
                    suggestion,
                });
            }
        }
        Ok(())
    }

    /// Refuses a key that the type, as known by now, does not have.
    fn only_for(&self, types: &[Type], key: &str) -> Result<(), MountError> {
        if types.contains(&self.mount_type) {
            return Ok(());
        }
        Err(MountError::KeyOfOtherType {
            key: key.to_owned(),
            mount_type: self.mount_type.name(),
        })
    }

    /// The mount, if its fields go together.
    pub(super) fn finish(self) -> Result<Mount, MountError> {
        self.check()?;
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let Self {
            from,
            source,
            target,
            readonly,
            size,
            id,
            sharing,
            required,
            env,
            mode,
            uid,
            gid,
            ..
        } = self;
        Ok(match self.mount_type {
            Type::Bind => Mount::Bind(BindMount {
                target,
                source: some(source),
                from: some(from),
                readonly: readonly.unwrap_or(true),
            }),
            Type::Cache => Mount::Cache(CacheMount {
                target,
                id: some(id),
                source: some(source),
                from: some(from),
                readonly: readonly.unwrap_or(false),
                sharing: sharing.unwrap_or_default(),
                mode,
                uid,
                gid,
            }),
            Type::Tmpfs => Mount::Tmpfs(TmpfsMount {
                target,
                readonly: readonly.unwrap_or(false),
                size,
            }),
            Type::Secret => {
                let base = |path: &str| {
                    path.trim_end_matches('/')
                        .rsplit('/')
                        .next()
                        .unwrap_or_default()
                        .to_owned()
                };
                let id = some(source).or(some(id)).unwrap_or_else(|| base(&target));
                let default = || env.is_none().then(|| format!("/run/secrets/{}", base(&id)));
                let target = some(target).or_else(default);
                let env = env.map(|name| if name.is_empty() { id.clone() } else { name });
                Mount::Secret(SecretMount {
                    id,
                    target,
                    env,
                    required,
                    mode,
                    uid,
                    gid,
                })
            }
            Type::Ssh => Mount::Ssh(SshMount {
                id: some(source).or(some(id)),
                target: some(target),
                required,
                mode,
                uid,
                gid,
            }),
        })
    }

    fn check(&self) -> Result<(), MountError> {
        let has_owner = matches!(self.mount_type, Type::Cache | Type::Secret | Type::Ssh);
        let mount_type = self.mount_type.name();
        for (key, value) in [("mode", self.mode), ("uid", self.uid), ("gid", self.gid)] {
            if value.is_some() && !has_owner {
                return Err(MountError::KeyOfOtherType {
                    key: key.to_owned(),
                    mount_type,
                });
            }
        }
        if self.mount_type == Type::Secret {
            if !self.from.is_empty() {
                return Err(MountError::SecretFrom);
            }
            if self.source.is_empty() && self.target.is_empty() && self.id.is_empty() {
                return Err(MountError::SecretWithoutName);
            }
            if !self.source.is_empty() && !self.id.is_empty() {
                return Err(MountError::SecretNamedTwice);
            }
        }
        if self.sharing.is_some() && self.mount_type != Type::Cache {
            return Err(MountError::SharingOfOtherType(mount_type));
        }
        Ok(())
    }
}

fn sharing(value: &str) -> Result<Sharing, MountError> {
    match value.to_lowercase().as_str() {
        "shared" => Ok(Sharing::Shared),
        "private" => Ok(Sharing::Private),
        "locked" => Ok(Sharing::Locked),
        _ => Err(MountError::UnknownSharing {
            value: value.to_owned(),
            suggestion: suggest::nearest(value, &SHARINGS),
        }),
    }
}

fn decimal(value: &str) -> Option<u32> {
    value
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| value.parse().ok())?
}

fn octal(value: &str) -> Option<u32> {
    value
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| u32::from_str_radix(value, 8).ok())?
}

/// A size such as `64m`, `1.5GiB` or `4096`; every unit is a power of 1024.
fn bytes(value: &str) -> Option<u64> {
    let end = value.rfind(|ch: char| ch.is_ascii_digit() || ch == '.')? + 1;
    let (number, unit) = value.split_at(end);
    let unit = unit.strip_prefix(' ').unwrap_or(unit).to_lowercase();
    let power = match unit.trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let all_digits = [whole, fraction]
        .iter()
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if whole.is_empty() || !all_digits || unit.len() > 3 {
        return None;
    }
    let size = number.parse::<f64>().ok()? * 1024_f64.powi(power);
    // `as` saturates: a limit beyond what memory can hold is none
    Some(size as u64)
}

#[cfg(test)]
mod tests {
    use super::{bytes, fields};

    #[test]
    fn sizes_are_powers_of_1024() {
        assert_eq!(bytes("64m"), Some(64 << 20));
        assert_eq!(bytes("1.5GiB"), Some(3 << 29));
        assert_eq!(bytes("4096"), Some(4096));
        assert_eq!(bytes("1 kb"), Some(1024));
        assert_eq!(bytes("m"), None);
        assert_eq!(bytes("1x"), None);
        assert_eq!(bytes("1.2.3m"), None);
    }

    #[test]
    fn fields_are_csv() {
        assert_eq!(
            fields("a=b,c").as_deref(),
            Ok(&["a=b".to_owned(), "c".to_owned()][..])
        );
        assert_eq!(
            fields("\"a=b,c\",d").as_deref(),
            Ok(&["a=b,c".to_owned(), "d".to_owned()][..])
        );
        assert_eq!(
            fields("\"a\"\"b\"").as_deref(),
            Ok(&["a\"b".to_owned()][..])
        );
        assert_eq!(fields("").as_deref(), Ok(&[String::new()][..]));
        assert!(fields("a\"b").is_err());
        assert!(fields("\"a").is_err());
    }
}
