//! Django: the settings module, and what the settings name: applications, URL configuration, the WSGI application.
//!
//! Source: <https://docs.djangoproject.com/en/stable/ref/django-admin/>, `ref/settings/#installed-apps`.

use constrict_python::source::{Literal, Module, Need, Star};

use super::{Options, Run, Server};

pub(super) const SERVERS: &[Server] = &[
    Server {
        names: &["manage.py"],
        mentions: "execute_from_command_line",
        examine: manage,
    },
    Server {
        names: &["django-admin", "django"],
        mentions: "django",
        examine: manage,
    },
];

/// Commands that load neither the applications nor the URL configuration.
const WITHOUT: &[&str] = &[
    "startproject",
    "startapp",
    "--version",
    "version",
    "help",
    "--help",
];

fn manage(run: &mut Run<'_, '_, '_>) {
    let options = Options::read(
        &run.words,
        &["--settings", "--pythonpath", "-v", "--verbosity"],
    );
    let Some(command) = options
        .words
        .first()
        .cloned()
        .filter(|command| !WITHOUT.contains(&command.as_str()))
    else {
        return;
    };
    let mut paths = vec![run.script.as_deref().map_or(run.directory(), |script| {
        crate::files::parent(script).to_vec()
    })];
    paths.extend(
        options
            .get(&["--pythonpath"])
            .map(|path| run.absolute(path)),
    );
    let module = run.script.clone().and_then(|script| run.module(&script));
    let named = options
        .get(&["--settings"])
        .map(|name| (name.to_string(), format!("`--settings={name}`")));
    let named = named.or_else(|| settings_of(run, module.as_ref()));
    if let Some((settings, why)) = named {
        applications(run, &settings, &paths, &why, command == "runserver");
    }
    if command != "runserver" && command != "runserver_plus" {
        return;
    }
    let address = options.words.get(1).cloned().unwrap_or_default();
    match address.rsplit_once(':') {
        _ if address.is_empty() && options.open => run.listen(None, None, "runserver"),
        // 0:8000 is 0.0.0.0:8000
        Some(("0", port)) => run.listen(
            Some("0.0.0.0"),
            Some(port),
            format!("`runserver {address}`"),
        ),
        Some((host, port)) => run.listen(Some(host), Some(port), format!("`runserver {address}`")),
        None if address.is_empty() => {
            run.listen(Some("127.0.0.1"), Some("8000"), "runserver's default")
        }
        None => run.listen(Some("127.0.0.1"), Some(&address), "runserver's default"),
    }
}

/// The settings module: the variable, or what a source sets it to where it is not set.
fn settings_of(run: &Run<'_, '_, '_>, module: Option<&Module>) -> Option<(String, String)> {
    if run
        .process
        .environment
        .get("DJANGO_SETTINGS_MODULE")
        .is_some()
    {
        let name = run.variable("DJANGO_SETTINGS_MODULE")?;
        return Some((name.to_string(), format!("`DJANGO_SETTINGS_MODULE={name}`")));
    }
    let module = module?;
    let set = module.calls.iter().find(|call| {
        call.callee == "os.environ.setdefault"
            && call.args.first().and_then(Literal::as_str) == Some("DJANGO_SETTINGS_MODULE")
    })?;
    let name = run.value(set.args.get(1)?)?;
    Some((
        name.clone(),
        format!("`DJANGO_SETTINGS_MODULE` is `{name}` by default"),
    ))
}

/// What a server's application loads if it is Django's: `project.wsgi:application`.
pub(super) fn behind(run: &mut Run<'_, '_, '_>, spec: &str, paths: &[Vec<u8>]) {
    let module = spec.split(':').next().unwrap_or_default();
    let Some(source) = run
        .find_module(module, paths)
        .and_then(|path| run.module(&path))
    else {
        return;
    };
    let django = source.calls.iter().any(|call| {
        call.callee.ends_with("get_wsgi_application")
            || call.callee.ends_with("get_asgi_application")
    });
    if !django {
        return;
    }
    if let Some((settings, why)) = settings_of(run, Some(&source)) {
        applications(run, &settings, paths, &why, false);
    }
}

/// The settings and what they name.
fn applications(
    run: &mut Run<'_, '_, '_>,
    settings: &str,
    paths: &[Vec<u8>],
    why: &str,
    server: bool,
) {
    run.demand(settings, None, paths.to_vec(), why);
    let Some(path) = run.find_module(settings, paths) else {
        return;
    };
    let Some(source) = run.module(&path) else {
        return;
    };
    let mut installed: Vec<(String, String)> = Vec::new();
    let base = installed_in(run, &source, &path, 0, &mut installed);
    let shown = crate::files::shown(&path);
    let names = base
        .iter()
        .flat_map(|list| list.items().unwrap_or_default());
    let names = names.filter_map(Literal::as_str);
    installed.extend(names.map(|name| (name.to_string(), shown.clone())));
    for (entry, shown) in installed {
        let why = format!("INSTALLED_APPS of {shown}");
        let class = entry
            .rsplit_once('.')
            .filter(|(_, name)| name.starts_with(|next: char| next.is_ascii_uppercase()));
        match class {
            Some((module, name)) => run.demand(module, Some(name), paths.to_vec(), why),
            None => run.demand(&entry, None, paths.to_vec(), why),
        }
    }
    if server {
        let application = setting(run, &source, &path, "WSGI_APPLICATION", 0);
        if let Some((module, name)) = application
            .as_ref()
            .and_then(Literal::as_str)
            .and_then(|path| path.rsplit_once('.'))
        {
            run.demand(
                module,
                Some(name),
                paths.to_vec(),
                format!("WSGI_APPLICATION of {shown}"),
            );
        }
    }
    if let Some(urls) = setting(run, &source, &path, "ROOT_URLCONF", 0)
        .as_ref()
        .and_then(Literal::as_str)
    {
        run.demand(
            urls,
            None,
            paths.to_vec(),
            format!("ROOT_URLCONF of {shown}"),
        );
    }
}

/// INSTALLED_APPS, with what a module surely adds to the list that it takes from another one.
fn installed_in(
    run: &Run<'_, '_, '_>,
    source: &Module,
    path: &[u8],
    depth: usize,
    added: &mut Vec<(String, String)>,
) -> Option<Literal> {
    const NAME: &str = "INSTALLED_APPS";
    let calls = source.calls.iter().filter(|call| {
        call.callee == "INSTALLED_APPS.__iadd__" && call.need == Need::Always && call.body.is_none()
    });
    let more = calls.flat_map(|call| {
        call.args
            .first()
            .and_then(Literal::items)
            .unwrap_or_default()
    });
    let before = added.len();
    added.extend(
        more.filter_map(Literal::as_str)
            .map(|name| (name.to_string(), crate::files::shown(path))),
    );
    if depth > 3 || source.values.contains_key(NAME) || added.len() == before {
        return setting(run, source, path, NAME, depth);
    }
    source.names.stars.iter().rev().find_map(|star| {
        let path = relative(star, path)?;
        installed_in(run, &run.module(&path)?, &path, depth + 1, added)
    })
}

/// The file that `from .name import *` reads.
fn relative(star: &Star, path: &[u8]) -> Option<Vec<u8>> {
    let file = format!("{}.py", star.module.replace('.', "/"));
    (star.level == 1).then(|| crate::files::join(crate::files::parent(path), file.as_bytes()))
}

/// A setting of a module, or of the one that it takes everything from.
fn setting(
    run: &Run<'_, '_, '_>,
    source: &Module,
    path: &[u8],
    name: &str,
    depth: usize,
) -> Option<Literal> {
    if let Some(value) = source.values.get(name) {
        return Some(value.clone());
    }
    // bound, but to what is not known
    if depth > 3 || source.names.bound.contains_key(name) {
        return None;
    }
    source.names.stars.iter().rev().find_map(|star| {
        let path = relative(star, path)?;
        setting(run, &run.module(&path)?, &path, name, depth + 1)
    })
}
