//! What a build stands on: the context that was named, the settings, the store and the registries.

use std::sync::Arc;

use constrict_build::Observer;
use constrict_build::settings::Settings;
use constrict_build::source::context::{self, Context};
use constrict_build::source::debian::Debian;
use constrict_build::source::image::Images;
use constrict_build::store::Store;
use constrict_sandbox::Mode;

use super::{misuse, options};
use crate::arguments::Build;
use crate::failure::Failure;
use crate::session;

/// It, prepared.
pub(crate) struct Ground<O> {
    /// The Dockerfile, and what COPY copies.
    pub(crate) context: Context,
    /// The user's settings and the project's.
    pub(crate) settings: Settings,
    /// The store, and where bases are from.
    pub(crate) images: Images,
    /// Told of what happens.
    pub(crate) observer: O,
}

impl<O> Ground<O> {
    /// Prepares it as the command line says. `observer` is made when the namespaces are entered: a display has a thread,
    /// and none may exist before.
    pub(crate) fn prepare(
        arguments: &Build,
        observer: impl FnOnce() -> (O, Arc<dyn Observer>),
    ) -> Result<Self, Failure> {
        let mode = session::enter()?;
        let store = session::store(mode)?;
        let (observer, told) = observer();
        Ground::open(arguments, mode, store, observer, told)
    }

    /// Prepares it where the namespaces are entered.
    pub(crate) fn open(
        arguments: &Build,
        mode: Mode,
        store: Arc<Store>,
        observer: O,
        told: Arc<dyn Observer>,
    ) -> Result<Self, Failure> {
        misuse::check_context(&arguments.context)?;
        let context = context::open(
            &arguments.context,
            arguments.file.as_deref(),
            &mut std::io::stdin(),
            &store,
            arguments.ca.as_deref(),
        )?;
        let mut settings = Settings::load(context.project.as_deref(), &session::variable)?;
        settings.ca = arguments.ca.clone().or(settings.ca);
        let ca = settings.ca.as_deref();
        let layers = session::layers(store, mode, &settings, ca, told)?;
        let debian = match options::wants_debian(arguments.bases, settings.bases) {
            true => Some(Debian::new(&settings.debian, ca, arguments.pull)?),
            false => None,
        };
        let images = Images {
            layers,
            pull: arguments.pull,
            debian,
        };
        Ok(Ground {
            context,
            settings,
            images,
            observer,
        })
    }
}
