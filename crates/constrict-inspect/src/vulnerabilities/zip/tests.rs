//! Archives made by hand: deflated, stored, of ZIP64, broken.

use std::io::Write;

use super::*;

/// A zip of these members; with `large` all numbers stand in the fields of ZIP64.
fn zipped(members: &[(&str, &str, u16)], large: bool) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    let word = |value: usize| (value as u32).to_le_bytes();
    let double = |value: usize| (value as u64).to_le_bytes();
    for (name, content, method) in members {
        let stored = match method {
            8 => {
                let mut encoder =
                    flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(content.as_bytes()).unwrap();
                encoder.finish().unwrap()
            }
            _ => content.as_bytes().to_vec(),
        };
        let offset = bytes.len();
        bytes.extend(b"PK\x03\x04\x14\0\0\0");
        bytes.extend(method.to_le_bytes());
        bytes.extend([0; 16]);
        bytes.extend((name.len() as u16).to_le_bytes());
        bytes.extend(600_u16.to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes.extend([0; 600]);
        bytes.extend(&stored);
        let shown = |value: usize| if large { [0xff; 4] } else { word(value) };
        directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0");
        directory.extend(method.to_le_bytes());
        directory.extend([0; 8]);
        directory.extend(shown(stored.len()));
        directory.extend(shown(content.len()));
        directory.extend((name.len() as u16).to_le_bytes());
        directory.extend((if large { 28_u16 } else { 0 }).to_le_bytes());
        directory.extend([0; 10]);
        directory.extend(shown(offset));
        directory.extend(name.as_bytes());
        if large {
            directory.extend([1, 0, 24, 0]);
            directory.extend([content.len(), stored.len(), offset].map(double).concat());
        }
    }
    let start = bytes.len();
    bytes.extend(&directory);
    if large {
        let end = bytes.len();
        bytes.extend(b"PK\x06\x06");
        bytes.extend([0; 36]);
        bytes.extend([directory.len(), start].map(double).concat());
        bytes.extend(b"PK\x06\x07\0\0\0\0");
        bytes.extend(double(end));
        bytes.extend([1, 0, 0, 0]);
    }
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(
        (if large { 0xffff } else { members.len() as u16 })
            .to_le_bytes()
            .repeat(2),
    );
    bytes.extend(if large {
        [0xff; 4]
    } else {
        word(directory.len())
    });
    bytes.extend(if large { [0xff; 4] } else { word(start) });
    bytes.extend([0, 0]);
    bytes
}

fn contents(archive: &Archive, limit: usize) -> Vec<(String, std::result::Result<String, String>)> {
    let (mut raw, mut content) = (Vec::new(), Vec::new());
    let read = |member: &Member| {
        let read = archive.content(member, limit, &mut raw, &mut content);
        let text = read.map(|()| String::from_utf8_lossy(&content).into_owned());
        (
            member.name.to_string(),
            text.map_err(|error| error.to_string()),
        )
    };
    archive.members().iter().map(read).collect()
}

#[test]
fn members_are_read_in_both_sizes_of_zip() {
    let long = "x".repeat(5000);
    let members = [("a.json", "{}", 0), ("b/c.json", long.as_str(), 8)];
    for large in [false, true] {
        let archive = Archive::of_bytes(zipped(&members, large)).unwrap();
        let expected = [
            ("a.json".to_string(), Ok("{}".to_string())),
            ("b/c.json".to_string(), Ok(long.clone())),
        ];
        assert_eq!(contents(&archive, 1 << 20), expected, "{large}");
        let short = contents(&archive, 100);
        assert_eq!(short[1].1, Err("it is too long".into()));
    }
}

#[test]
fn files_are_read_as_bytes_are() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&zipped(&[("a", "text", 8)], false)).unwrap();
    let archive = Archive::of_file(file).unwrap();
    assert_eq!(
        contents(&archive, 10),
        [("a".to_string(), Ok("text".to_string()))]
    );
}

#[test]
fn what_is_broken_is_an_error() {
    let error = |bytes: Vec<u8>| {
        Archive::of_bytes(bytes)
            .err()
            .map(|error| error.to_string())
    };
    assert_eq!(error(Vec::new()).as_deref(), Some("it is no zip"));
    assert_eq!(
        error(b"PK\x03\x04 and more".to_vec()).as_deref(),
        Some("it is no zip")
    );
    let whole = zipped(&[("a", "text", 8), ("b", "text", 99)], false);
    let archive = Archive::of_bytes(whole.clone()).unwrap();
    let told = contents(&archive, 100);
    assert_eq!(told[1].1, Err("it is compressed in an unknown way".into()));
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        if let Ok(archive) = Archive::of_bytes(bytes) {
            contents(&archive, 100);
        }
        if let Ok(archive) = Archive::of_bytes(whole[at..].to_vec()) {
            contents(&archive, 100);
        }
    }
}
