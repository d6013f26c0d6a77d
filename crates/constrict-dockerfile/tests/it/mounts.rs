//! `RUN --mount`.

use constrict_dockerfile::instruction::{
    BindMount, CacheMount, Mount, MountError, MountSpec, SecretMount, Sharing, SshMount, TmpfsMount,
};
use constrict_dockerfile::{Kind, parse};

use super::kind;

fn spec(text: &str) -> MountSpec {
    match kind(&format!("RUN --mount='{text}' x")) {
        Kind::Run(run) => run.mounts[0].clone(),
        other => panic!("{other:?}"),
    }
}

fn mount(text: &str) -> Result<Mount, String> {
    Mount::parse(text).map_err(|error| error.to_string())
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn binds_are_read_only_unless_told() {
    let bind = BindMount {
        target: "/t".to_owned(),
        source: None,
        from: None,
        readonly: true,
    };
    assert_eq!(mount("target=/t"), Ok(Mount::Bind(bind.clone())));
    assert_eq!(
        mount("TYPE=Bind,dst=/t,rw"),
        Ok(Mount::Bind(BindMount {
            readonly: false,
            ..bind.clone()
        }))
    );
    assert_eq!(
        mount("destination=/t,readwrite=false,rw=0"),
        Ok(Mount::Bind(bind.clone()))
    );
    let full = BindMount {
        source: some("a,b"),
        from: some("stage"),
        ..bind
    };
    assert_eq!(
        mount("type=bind,\"src=a,b\",from=stage,target=/t,ro=true"),
        Ok(Mount::Bind(full))
    );
}

#[test]
fn caches_have_owners_and_ways_of_sharing() {
    let cache = CacheMount {
        target: "/c".to_owned(),
        id: None,
        source: None,
        from: None,
        readonly: false,
        sharing: Sharing::Shared,
        mode: None,
        uid: None,
        gid: None,
    };
    assert_eq!(
        mount("type=cache,target=/c"),
        Ok(Mount::Cache(cache.clone()))
    );
    let full = CacheMount {
        id: some("i"),
        source: some("s"),
        from: some("f"),
        readonly: true,
        sharing: Sharing::Locked,
        mode: Some(0o750),
        uid: Some(1),
        gid: Some(2),
        ..cache
    };
    let text =
        "type=cache,id=i,source=s,from=f,readonly,sharing=LOCKED,mode=0750,uid=1,gid=2,target=/c";
    assert_eq!(mount(text), Ok(Mount::Cache(full)));
}

#[test]
fn tmpfs_has_a_size() {
    let tmpfs = TmpfsMount {
        target: "/t".to_owned(),
        readonly: false,
        size: 64 << 20,
    };
    assert_eq!(
        mount("type=tmpfs,target=/t,size=64m"),
        Ok(Mount::Tmpfs(tmpfs))
    );
}

#[test]
fn secrets_are_files_or_variables() {
    let secret = SecretMount {
        id: "s".to_owned(),
        target: some("/run/secrets/s"),
        env: None,
        required: false,
        mode: None,
        uid: None,
        gid: None,
    };
    assert_eq!(mount("type=secret,id=s"), Ok(Mount::Secret(secret.clone())));
    let required = SecretMount {
        target: some("/x/s"),
        required: true,
        mode: Some(0o400),
        ..secret.clone()
    };
    assert_eq!(
        mount("type=secret,target=/x/s,required,mode=400"),
        Ok(Mount::Secret(required))
    );
    let variable = SecretMount {
        target: None,
        env: some("S"),
        ..secret.clone()
    };
    assert_eq!(
        mount("type=secret,source=s,env=S"),
        Ok(Mount::Secret(variable))
    );
    let both = SecretMount {
        target: some("/t"),
        env: some("S"),
        ..secret
    };
    assert_eq!(
        mount("type=secret,id=s,env=S,target=/t"),
        Ok(Mount::Secret(both))
    );
}

#[test]
fn ssh_agents_have_names() {
    let ssh = SshMount {
        id: None,
        target: None,
        required: false,
        mode: None,
        uid: None,
        gid: None,
    };
    assert_eq!(mount("type=ssh"), Ok(Mount::Ssh(ssh.clone())));
    let full = SshMount {
        id: some("i"),
        target: some("/s"),
        required: true,
        mode: Some(0o600),
        uid: Some(5),
        gid: None,
    };
    assert_eq!(
        mount("type=ssh,id=i,target=/s,required=true,mode=0600,uid=5"),
        Ok(Mount::Ssh(full))
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    for (text, expected) in [
        ("type=foo", "unsupported mount type `foo`"),
        (
            "type=bnd",
            "unsupported mount type `bnd` (did you mean `bind`?)",
        ),
        (
            "tagret=/a",
            "unexpected key `tagret` in `tagret=/a` (did you mean `target`?)",
        ),
        ("foo", "invalid field `foo` must be a key=value pair"),
        ("target", "invalid field `target` must be a key=value pair"),
        ("ro=maybe", "invalid value for ro: `maybe`"),
        ("type=cache,sharing=x", "unsupported sharing value `x`"),
        ("sharing=shared", "invalid cache sharing set for bind mount"),
        ("mode=755", "unexpected key `mode` for mount type `bind`"),
        ("type=cache,mode=9", "invalid value for mode: `9`"),
        ("type=cache,uid=-1", "invalid value for uid: `-1`"),
        (
            "type=cache,size=1m",
            "unexpected key `size` for mount type `cache`",
        ),
        ("type=tmpfs,size=x", "invalid value for size: `x`"),
        (
            "required",
            "unexpected key `required` for mount type `bind`",
        ),
        (
            "required,type=secret,id=x",
            "unexpected key `required` for mount type `bind`",
        ),
        (
            "type=secret",
            "invalid secret mount: one of source, target required",
        ),
        (
            "type=secret,from=x,id=y",
            "secret mount should not have a from",
        ),
        (
            "type=secret,source=x,id=y",
            "both source and id can't be set",
        ),
        (
            "a\"b",
            "failed to parse csv mounts: bare \" in non-quoted field",
        ),
    ] {
        assert_eq!(mount(text), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn values_are_expanded_after_the_fields_are_split() {
    let resolved = spec("type=cache,target=$x,id=$x")
        .resolve(|value| Ok::<_, MountError>(value.replace("$x", "a,b")));
    let Ok(Mount::Cache(cache)) = resolved else {
        panic!("{resolved:?}")
    };
    assert_eq!(
        (cache.target.as_str(), cache.id.as_deref()),
        ("a,b", Some("a,b"))
    );
}

#[test]
fn what_expansion_may_mend_is_refused_when_it_is_used() {
    assert_eq!(spec("type=$x,foo").text(), "type=$x,foo");
    let error =
        parse(b"FROM a\nRUN --mount=type=bind,from=$x,target=/a y\n").expect_err("a variable");
    assert_eq!(
        error.to_string(),
        "`from` doesn't support variable expansion, define alias stage instead"
    );
}
