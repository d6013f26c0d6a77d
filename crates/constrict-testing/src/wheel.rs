//! Wheels for tests: pure Python, a few files, stored uncompressed. Never the same bytes as a real build tool's.
//!
//! Formats: the binary distribution format (PEP 427) in a ZIP archive (APPNOTE 6.3) of stored entries.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use constrict_oci::Digest;

/// A wheel in the making.
#[derive(Clone, Debug)]
pub struct Wheel {
    name: String,
    version: String,
    requires: Vec<String>,
    scripts: Vec<String>,
    files: Vec<(String, Vec<u8>)>,
}

impl Wheel {
    /// A wheel of a distribution, without files.
    pub fn new(name: &str, version: &str) -> Wheel {
        Wheel {
            name: name.to_owned(),
            version: version.to_owned(),
            requires: Vec::new(),
            scripts: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Adds a file of `site-packages`.
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Wheel {
        self.files
            .push((path.to_owned(), content.as_ref().to_vec()));
        self
    }

    /// Adds a requirement, `other>=1`.
    pub fn requires(mut self, requirement: &str) -> Wheel {
        self.requires.push(requirement.to_owned());
        self
    }

    /// Adds a command, `demo = demo:main`.
    pub fn script(mut self, entry_point: &str) -> Wheel {
        self.scripts.push(entry_point.to_owned());
        self
    }

    /// The distribution's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's name.
    pub fn file_name(&self) -> String {
        format!("{}-{}-py3-none-any.whl", self.escaped(), self.version)
    }

    fn escaped(&self) -> String {
        self.name.replace(['-', '.'], "_").to_lowercase()
    }

    /// The file's content.
    pub fn build(&self) -> Vec<u8> {
        let info = format!("{}-{}.dist-info", self.escaped(), self.version);
        let mut files = self.files.clone();
        let mut metadata = format!(
            "Metadata-Version: 2.1\nName: {}\nVersion: {}\n",
            self.name, self.version
        );
        for requirement in &self.requires {
            metadata.push_str(&format!("Requires-Dist: {requirement}\n"));
        }
        let mut add = |name: &str, content: String| {
            files.push((format!("{info}/{name}"), content.into_bytes()))
        };
        add("METADATA", metadata);
        let about = "Wheel-Version: 1.0\nGenerator: constrict-testing\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
        add("WHEEL", about.to_owned());
        if !self.scripts.is_empty() {
            add(
                "entry_points.txt",
                format!("[console_scripts]\n{}\n", self.scripts.join("\n")),
            );
        }
        let mut record = String::new();
        for (path, content) in &files {
            let hash = URL_SAFE_NO_PAD.encode(Digest::of(content).bytes());
            record.push_str(&format!("{path},sha256={hash},{}\n", content.len()));
        }
        record.push_str(&format!("{info}/RECORD,,\n"));
        files.push((format!("{info}/RECORD"), record.into_bytes()));
        zip(&files)
    }
}

/// A ZIP archive of stored entries, of 1980-01-01.
fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for (path, content) in files {
        let offset = narrow(archive.len());
        let mut common = Vec::new();
        // version 2.0, UTF-8 names, stored, time 0, 1980-01-01
        for field in [20_u16, 1 << 11, 0, 0, (1 << 5) | 1] {
            common.extend(field.to_le_bytes());
        }
        for field in [crc32(content), narrow(content.len()), narrow(content.len())] {
            common.extend(field.to_le_bytes());
        }
        common.extend(
            u16::try_from(path.len())
                .expect("a short path")
                .to_le_bytes(),
        );
        common.extend([0, 0]);
        archive.extend(b"PK\x03\x04");
        archive.extend(&common);
        archive.extend(path.as_bytes());
        archive.extend(content);
        // made by Unix; no comment, disk 0, no internal attributes; a file of mode 644
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&common);
        directory.extend([0; 6]);
        directory.extend((0o100_644_u32 << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(path.as_bytes());
    }
    let (start, size) = (narrow(archive.len()), narrow(directory.len()));
    let count = u16::try_from(files.len()).expect("few files").to_le_bytes();
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count);
    archive.extend(count);
    archive.extend(size.to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0, 0]);
    archive
}

fn narrow(size: usize) -> u32 {
    u32::try_from(size).expect("a wheel for a test is small")
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let low = crc & 1;
            crc = (crc >> 1) ^ (0xEDB8_8320 * low);
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_is_that_of_zip() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_wheel_is_named_and_closed_by_its_directory() {
        let wheel = Wheel::new("My-Demo", "1.0").file("demo.py", "x = 1\n");
        assert_eq!(wheel.file_name(), "my_demo-1.0-py3-none-any.whl");
        let bytes = wheel.build();
        let end = &bytes[bytes.len() - 22..];
        assert_eq!((&end[..4], end[10]), (&b"PK\x05\x06"[..], 4));
    }
}
