//! `constrict doctor`: what this machine allows, and what to change.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use constrict_build::settings::Settings;
use constrict_build::store::Store;
use constrict_sandbox::{Fact, Mode, Probe};
use serde_json::json;

use crate::arguments::{Doctor, DoctorFormat};
use crate::failure::Failure;
use crate::progress::{bytes, without_numbers};
use crate::session;

/// Less free space than this is said: a build of a Python application with its base takes about 1 GB.
const LITTLE_SPACE: u64 = 2_000_000_000;

/// Looks, prints, and ends with 0 if builds can run.
pub(crate) fn run(arguments: &Doctor) -> Result<ExitCode, Failure> {
    let store = Store::default_path(&session::variable);
    let scratch = existing(&store);
    let probe = constrict_sandbox::probe(&scratch);
    let mut facts = probe.facts.clone();
    facts.extend([
        space(&store, &scratch),
        configuration(),
        authorities(),
        proxies(),
    ]);
    let is_able = facts.iter().all(|fact| fact.ok || !fact.required);
    let text = match arguments.format {
        DoctorFormat::Text => as_text(&facts, is_able),
        DoctorFormat::Json => as_json(&probe, &facts, &store, is_able),
    };
    session::print(&text);
    Ok(if is_able {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The store's directory, or the nearest one above that exists.
fn existing(store: &Path) -> PathBuf {
    let found = store.ancestors().find(|path| path.is_dir());
    found.unwrap_or(Path::new("/")).to_path_buf()
}

fn fact(name: &str, ok: bool, detail: String, remedy: &str) -> Fact {
    Fact {
        name: name.into(),
        ok,
        required: false,
        detail,
        remedy: (!ok).then(|| remedy.into()),
    }
}

fn space(store: &Path, scratch: &Path) -> Fact {
    let remedy = "set `CONSTRICT_STORE` to a directory on a larger file system";
    match rustix::fs::statvfs(scratch) {
        Ok(found) => {
            let free = found.f_bavail * found.f_frsize;
            let detail = format!("`{}`, {} free", store.display(), bytes(free));
            fact("store", free >= LITTLE_SPACE, detail, remedy)
        }
        Err(error) => fact(
            "store",
            false,
            format!("`{}`: {error}", store.display()),
            remedy,
        ),
    }
}

/// The files that are there, and what they set; one that cannot be read stops every build.
fn configuration() -> Fact {
    let here = Path::new(".");
    let settings = match Settings::load(Some(here), &session::variable) {
        Ok(settings) => settings,
        Err(error) => {
            let mut fact = fact("configuration", false, error.to_string(), "mend the file");
            fact.required = true;
            return fact;
        }
    };
    let user = session::variable("XDG_CONFIG_HOME")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(session::variable("HOME")?).join(".config")))
        .map(|folder| folder.join("constrict/constrict.toml"));
    let project = std::env::current_dir().map(|folder| folder.join("constrict.toml"));
    let files: Vec<String> = user
        .into_iter()
        .chain(project)
        .filter(|path| path.is_file())
        .map(|path| format!("`{}`", path.display()))
        .collect();
    if files.is_empty() {
        return fact("configuration", true, "no `constrict.toml`".into(), "");
    }
    let mirrors: Vec<String> = settings
        .registry
        .iter()
        .filter(|(_, registry)| !registry.mirrors.is_empty())
        .map(|(name, registry)| format!("{name} from {}", registry.mirrors.join(", ")))
        .collect();
    let detail = [files.join(", "), mirrors.join("; ")];
    let said: Vec<String> = detail.into_iter().filter(|part| !part.is_empty()).collect();
    fact("configuration", true, said.join("; "), "")
}

fn authorities() -> Fact {
    let name = "authorities in RUN";
    let asked = session::variable("CONSTRICT_CA")
        .map(PathBuf::from)
        .or_else(|| {
            Settings::load(Some(Path::new(".")), &session::variable)
                .ok()?
                .ca
        });
    match session::bundle(asked.as_deref()) {
        Some(path) if path.is_file() => fact(name, true, format!("`{}`", path.display()), ""),
        Some(path) => fact(
            name,
            false,
            format!("no file `{}`", path.display()),
            "set `CONSTRICT_CA` to a bundle of certificates in PEM",
        ),
        None => fact(
            name,
            false,
            "this machine has no bundle of certificates: RUN has the image's own".into(),
            "install the package `ca-certificates`, or set `CONSTRICT_CA`",
        ),
    }
}

fn proxies() -> Fact {
    let named: Vec<String> = session::proxies()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let detail = match named.is_empty() {
        true => "none is set".to_string(),
        false => named.join(", "),
    };
    fact("proxies in RUN", true, detail, "")
}

fn as_text(facts: &[Fact], is_able: bool) -> String {
    let width = facts.iter().map(|fact| fact.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for fact in facts {
        let sign = match (fact.ok, fact.required) {
            (true, _) => "ok  ",
            (false, false) => "note",
            (false, true) => "FAIL",
        };
        text.push_str(&format!(
            "{sign}  {:width$}  {}\n",
            fact.name,
            without_numbers(&fact.detail)
        ));
        if let Some(remedy) = &fact.remedy {
            text.push_str(&format!("{:6}{:width$}  to change it: {remedy}\n", "", ""));
        }
    }
    text.push_str(if is_able {
        "\nbuilds can run on this machine\n"
    } else {
        "\nbuilds cannot run on this machine\n"
    });
    text
}

fn as_json(probe: &Probe, facts: &[Fact], store: &Path, is_able: bool) -> String {
    let mode = match probe.mode {
        Some(Mode::Root) => Some("root"),
        Some(Mode::SubIds) => Some("sub-ids"),
        Some(Mode::SingleId) => Some("single-id"),
        None => None,
    };
    let facts: Vec<_> = facts
        .iter()
        .map(|fact| {
            json!({
                "name": fact.name,
                "ok": fact.ok,
                "required": fact.required,
                "detail": fact.detail,
                "remedy": fact.remedy,
            })
        })
        .collect();
    let all = json!({ "ok": is_able, "mode": mode, "store": store, "facts": facts });
    let text = serde_json::to_string_pretty(&all).expect("plain data");
    format!("{text}\n")
}
