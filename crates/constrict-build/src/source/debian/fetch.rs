//! Debian's files from a mirror, kept in the store: nothing is taken that the signed Release file does not vouch for.
//!
//! ```text
//! debian/releases/<digest of the address>          InRelease; empty where the mirror has none
//! debian/indices/<digest of the address>-<sha256>  Packages, compressed
//! debian/packages/<sha256>                         .deb
//! ```

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use constrict_debian::checksum::Sha256;
use constrict_debian::openpgp::verify_clearsigned;
use constrict_debian::packages::read_packages;
use constrict_debian::release::{IndexFile, Release};
use constrict_debian::resolve::{Choice, Universe};
use constrict_debian::suite::Suite;
use constrict_oci::Digest;
use constrict_oci::registry::Progress;
use time::OffsetDateTime;

use super::mirror::Archive;
use crate::error::{Error, IoContext, Result};
use crate::layers::Layers;
use crate::source::http;
use crate::store::Store;

/// How long a Release file is taken without asking the mirror again.
const FRESH: Duration = Duration::from_secs(600);

/// How many packages are downloaded at once.
const DOWNLOADS: usize = 4;

/// Most bytes that an index unfolds to; the longest of Debian's has 60 MiB.
pub(super) const INDEX_LIMIT: u64 = 1 << 30;

/// The folders below `debian/` in the store.
const FOLDERS: [&str; 5] = ["releases", "indices", "packages", "plans", "images"];

/// A mirror, and what the store has of it.
pub(super) struct Fetcher<'a> {
    pub(super) layers: &'a Layers,
    pub(super) archive: &'a Archive,
    pub(super) agent: &'a ureq::Agent,
    pub(super) architecture: &'a str,
    /// Release files fetched before are asked for again.
    pub(super) asked_from: SystemTime,
}

/// A suite of packages, with its updates and security updates.
pub(super) struct Indices {
    pub(super) suite: Suite,
    /// The Release file of the suite itself.
    pub(super) release: Release,
    /// The youngest `Date`.
    pub(super) date: OffsetDateTime,
    files: Vec<(String, String, IndexFile)>,
}

impl Indices {
    /// The digest of everything that they say.
    pub(super) fn digest(&self) -> Digest {
        let mut text = String::new();
        for (archive, name, file) in &self.files {
            text.push_str(&format!("{archive} {name} {}\n", file.sha256));
        }
        Digest::of(text.as_bytes())
    }
}

/// The moment before which a Release file is out of date.
pub(super) fn asked_from(pull: bool) -> SystemTime {
    let now = SystemTime::now();
    match pull {
        true => now,
        false => now.checked_sub(FRESH).unwrap_or(now),
    }
}

/// Where something below `debian/` is, or will be.
pub(super) fn place(store: &Store, folder: &str, name: &str) -> PathBuf {
    store.root().join("debian").join(folder).join(name)
}

/// Makes the folders in the store.
pub(super) fn make_folders(store: &Store) -> Result<()> {
    for folder in FOLDERS {
        let path = store.root().join("debian").join(folder);
        std::fs::create_dir_all(&path).at("create", &path)?;
    }
    Ok(())
}

impl Fetcher<'_> {
    fn store(&self) -> &Store {
        &self.layers.store
    }

    /// The indices of a suite; `None` if the mirror does not have it.
    pub(super) fn indices(&self, suite: Suite) -> Result<Option<Indices>> {
        let mirrors = &self.archive.mirrors;
        let Some(release) = self.release(&mirrors.main, suite.codename(), suite.codename())? else {
            return Ok(None);
        };
        if !release
            .architectures
            .iter()
            .any(|known| known == self.architecture)
        {
            return Ok(None);
        }
        let security = mirrors.security.as_ref().unwrap_or(&mirrors.main);
        let mut others: Vec<(&String, String)> = Vec::new();
        others.extend(suite.updates().map(|name| (&mirrors.main, name)));
        others.extend(suite.security().map(|name| (security, name)));
        let mut indices = Indices {
            suite,
            date: release.date,
            files: vec![self.file(&mirrors.main, suite.codename(), &release)?],
            release,
        };
        for (archive, name) in others {
            match self.release(archive, &name, suite.codename())? {
                Some(release) => {
                    indices.date = indices.date.max(release.date);
                    indices.files.push(self.file(archive, &name, &release)?);
                }
                None => self.layers.observer.notice(
                    &format!(
                        "`{}` has no `{name}`: packages come without",
                        shown(archive)
                    ),
                    None,
                ),
            }
        }
        Ok(Some(indices))
    }

    pub(super) fn file(
        &self,
        archive: &str,
        name: &str,
        release: &Release,
    ) -> Result<(String, String, IndexFile)> {
        let file = release.packages_file("main", self.architecture)?;
        Ok((archive.into(), name.into(), file))
    }

    /// The suite that `stable` and the like stand for.
    pub(super) fn moving(&self, name: &str) -> Result<Option<Suite>> {
        let address = format!("{}/dists/{name}/InRelease", self.archive.mirrors.main);
        let Some(release) = self.verified_release(&address)? else {
            return Ok(None);
        };
        let codename = release.codename.unwrap_or_default();
        Ok(Suite::ALL
            .into_iter()
            .find(|suite| suite.codename() == codename))
    }

    /// The Release file of a directory below `dists/`, checked; `None` if the mirror does not have it.
    pub(super) fn release(
        &self,
        archive: &str,
        name: &str,
        codename: &str,
    ) -> Result<Option<Release>> {
        let address = format!("{archive}/dists/{name}/InRelease");
        let Some(release) = self.verified_release(&address)? else {
            return Ok(None);
        };
        let found = release.codename.as_deref().unwrap_or_default();
        // `bookworm-security` and the like; an old layout has the bare codename there too
        if found != name && found != codename {
            return Err(Error::Invalid(format!(
                "`{}` is the Release file of `{found}`, not of `{name}`",
                shown(&address)
            )));
        }
        Ok(Some(release))
    }

    fn verified_release(&self, address: &str) -> Result<Option<Release>> {
        let path = place(
            self.store(),
            "releases",
            &Digest::of(address.as_bytes()).hex(),
        );
        let known = match std::fs::metadata(&path).and_then(|meta| meta.modified()) {
            Ok(modified) if modified > self.asked_from => {
                return self.read_release(address, &path);
            }
            Ok(_) => true,
            Err(_) => false,
        };
        let temporary = self.store().temporary("release");
        match http::download(self.agent, address, &temporary) {
            Ok(_) => {
                let release = self.read_release(address, &temporary)?;
                std::fs::rename(&temporary, &path).at("rename to", &path)?;
                Ok(release)
            }
            Err(error) if is_missing(&error) => {
                std::fs::write(&path, b"").at("write", &path)?;
                Ok(None)
            }
            Err(error) if known => {
                self.layers.observer.notice(
                    &format!("{error}: taking Debian's packages as they were the last time"),
                    None,
                );
                self.read_release(address, &path)
            }
            Err(error) => Err(error),
        }
    }

    fn read_release(&self, address: &str, path: &Path) -> Result<Option<Release>> {
        let document = std::fs::read(path).at("read", path)?;
        if document.is_empty() {
            return Ok(None);
        }
        let now = OffsetDateTime::now_utc();
        let wrong = |error: constrict_debian::Error| match error {
            constrict_debian::Error::ReleaseExpired { valid_until } => Error::Invalid(format!(
                "`{}` expired at {valid_until}: if the mirror is an old snapshot, `[debian] snapshot = true` in \
                 `constrict.toml` takes it",
                shown(address)
            )),
            error => Error::Invalid(format!("`{}`: {error}", shown(address))),
        };
        let verified = verify_clearsigned(&document, &self.archive.keyring, now).map_err(wrong)?;
        let release = Release::parse(&verified.text).map_err(wrong)?;
        release
            .check_freshness(now, self.archive.freshness)
            .map_err(wrong)?;
        Ok(Some(release))
    }

    /// What a suite offers.
    pub(super) fn universe(&self, indices: &Indices) -> Result<Universe> {
        let mut universe = Universe::new(self.architecture);
        for (archive, name, file) in &indices.files {
            let path = self.index(archive, name, file)?;
            let opened = std::fs::File::open(&path).at("open", &path)?;
            let lines = file
                .compression
                .line_decoder(opened, INDEX_LIMIT)
                .at("read", &path)?;
            universe.add(archive, read_packages(lines, self.architecture)?);
        }
        Ok(universe)
    }

    pub(super) fn index(&self, archive: &str, name: &str, file: &IndexFile) -> Result<PathBuf> {
        let directory = format!("{archive}/dists/{name}");
        let prefix = Digest::of(format!("{directory}/{}", file.path).as_bytes()).hex();
        let path = place(
            self.store(),
            "indices",
            &format!("{prefix}-{}", file.sha256),
        );
        if path.exists() {
            return Ok(path);
        }
        let temporary = self.store().temporary("index");
        let what = format!("package index of {name}");
        let _shown = self.layers.observer.download(&what, file.size);
        let address = format!("{directory}/{}", file.fetch_path);
        let fetched = match http::download(self.agent, &address, &temporary) {
            Err(error) if is_missing(&error) && file.fetch_path != file.path => {
                let address = format!("{directory}/{}", file.path);
                http::download(self.agent, &address, &temporary)
            }
            other => other,
        }?;
        expect(&address, &file.sha256, &fetched.digest)?;
        std::fs::rename(&temporary, &path).at("rename to", &path)?;
        http::forget_others(&prefix, &path)?;
        Ok(path)
    }

    /// How many bytes of these packages the store lacks.
    pub(super) fn missing(&self, choices: &[&Choice<'_>]) -> u64 {
        let missing = choices.iter().filter(|choice| !self.deb(choice).exists());
        missing.map(|choice| choice.package.size).sum()
    }

    /// Downloads what the store lacks of these packages; where they are, in their order.
    pub(super) fn packages(
        &self,
        choices: &[&Choice<'_>],
        progress: &dyn Progress,
    ) -> Result<Vec<PathBuf>> {
        let missing: Vec<&Choice<'_>> = choices
            .iter()
            .copied()
            .filter(|choice| !self.deb(choice).exists())
            .collect();
        let (next, done) = (AtomicUsize::new(0), AtomicU64::new(0));
        let work = || -> Result<()> {
            while let Some(choice) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.package(choice)?;
                let size = choice.package.size;
                progress.bytes(done.fetch_add(size, Ordering::Relaxed) + size);
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let count = DOWNLOADS.min(missing.len());
            let workers: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().expect("a worker does not panic"))
        })?;
        Ok(choices.iter().map(|choice| self.deb(choice)).collect())
    }

    /// Where the store has a package.
    fn deb(&self, choice: &Choice<'_>) -> PathBuf {
        place(self.store(), "packages", &choice.package.sha256.to_string())
    }

    fn package(&self, choice: &Choice<'_>) -> Result<()> {
        let path = self.deb(choice);
        let temporary = self.store().temporary("package");
        let address = choice.url();
        let fetched = http::download(self.agent, &address, &temporary)?;
        expect(&address, &choice.package.sha256, &fetched.digest)?;
        std::fs::rename(&temporary, &path).at("rename to", &path)
    }
}

fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Download { reason, .. } if reason.contains("http status: 404"))
}

fn expect(address: &str, expected: &Sha256, found: &Digest) -> Result<()> {
    if found.bytes() == expected.as_bytes() {
        return Ok(());
    }
    Err(Error::ChecksumMismatch {
        url: shown(address),
        expected: format!("sha256:{expected}"),
        found: found.to_string(),
    })
}

/// An address without user and password.
pub(super) fn shown(address: &str) -> String {
    http::without_secrets(address)
}
