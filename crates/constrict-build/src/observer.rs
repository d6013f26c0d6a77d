//! What a build tells while it runs. Nothing here prints: the command line does, as it likes.

use std::time::Duration;

use constrict_dockerfile::Span;
use constrict_oci::registry;

/// Told of what happens, from any thread.
pub trait Observer: Send + Sync {
    /// A vertex is being worked on.
    fn started(&self, vertex: usize, name: &str);
    /// It was done before.
    fn cached(&self, vertex: usize, name: &str);
    /// It is done.
    fn finished(&self, vertex: usize, name: &str, took: Duration);
    /// It failed.
    fn failed(&self, vertex: usize, name: &str);
    /// It was ended because another one failed.
    fn cancelled(&self, vertex: usize, name: &str);
    /// A line of output of a RUN.
    fn output(&self, vertex: usize, line: &[u8]);
    /// Why a vertex had to be done (`--explain`).
    fn explain(&self, vertex: usize, name: &str, reasons: &[String]);
    /// Something that the user should know once.
    fn notice(&self, message: &str, span: Option<Span>);
    /// What is being done besides vertices, for a user who waits; empty when it is over.
    fn phase(&self, what: &str);
    /// A download of so many bytes begins.
    fn download(&self, what: &str, size: u64) -> Box<dyn registry::Progress>;
}
