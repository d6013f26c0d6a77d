//! Layers for tests, as uncompressed tar archives (POSIX ustar). Never checks what a test puts in: names that climb are
//! some tests' purpose.

/// A layer in the making.
#[derive(Clone, Debug, Default)]
pub struct LayerTar(Vec<u8>);

impl LayerTar {
    /// An empty layer.
    pub fn new() -> LayerTar {
        LayerTar::default()
    }

    /// Adds a directory.
    pub fn directory(self, path: &str, mode: u32) -> LayerTar {
        self.entry(b'5', path, mode, "", &[])
    }

    /// Adds a file.
    pub fn file(self, path: &str, mode: u32, content: impl AsRef<[u8]>) -> LayerTar {
        self.entry(b'0', path, mode, "", content.as_ref())
    }

    /// Adds a symbolic link.
    pub fn symlink(self, path: &str, target: &str) -> LayerTar {
        self.entry(b'2', path, 0o777, target, &[])
    }

    /// Adds a hard link to an earlier entry.
    pub fn hard_link(self, path: &str, target: &str) -> LayerTar {
        self.entry(b'1', path, 0o644, target, &[])
    }

    /// The archive.
    pub fn build(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }

    fn entry(mut self, kind: u8, path: &str, mode: u32, target: &str, content: &[u8]) -> LayerTar {
        let mut header = [0; 512];
        let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
        assert!(
            path.len() <= 100 && target.len() <= 100,
            "a ustar name is short"
        );
        put(0, path.as_bytes());
        put(100, format!("{mode:07o}").as_bytes());
        put(108, b"0000000");
        put(116, b"0000000");
        put(124, format!("{:011o}", content.len()).as_bytes());
        put(136, b"00000000000");
        put(148, b"        ");
        put(156, &[kind]);
        put(157, target.as_bytes());
        put(257, b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend_from_slice(&header);
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }
}
