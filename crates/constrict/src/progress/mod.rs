//! Progress on standard error: lines as BuildKit's plain mode has them.

mod plain;

use std::sync::Arc;

use constrict_build::Observer;
use constrict_build::export::image::Image;
use constrict_oci::Reference;

use crate::arguments::ProgressMode;

/// Shows progress, and what came of it.
pub(crate) trait Show: Observer {
    /// One quiet summary at the end.
    fn summary(&self, image: &Image, tags: &[Reference]);
}

/// The way to show that was asked for.
pub(crate) fn observer(mode: ProgressMode, quiet: bool) -> Arc<dyn Show> {
    match mode {
        ProgressMode::Auto | ProgressMode::Plain => Arc::new(plain::Plain::new(quiet)),
    }
}
