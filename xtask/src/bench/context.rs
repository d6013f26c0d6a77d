//! Contexts to build: a copy for each builder, so that none meets what another has read or changed.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use super::builder::Builder;
use crate::acceptance::lab::Lab;
use crate::acceptance::seeds::peer_line;
use crate::error::{Result, io};
use crate::process;

/// One context, once for each builder.
pub(crate) struct Contexts {
    root: PathBuf,
}

impl Contexts {
    /// A seed. The peers' copies begin with the peers' bases.
    pub(crate) fn seed(lab: &Lab, row: &str, seed: &str) -> Result<Self> {
        let seeds = lab.seeds()?;
        Self::copies(lab, row, &seeds.join(seed))
    }

    /// Copies of `original` for all builders.
    pub(crate) fn copies(lab: &Lab, row: &str, original: &Path) -> Result<Self> {
        let root = lab.work.join(format!("bench-{row}"));
        fs::create_dir_all(&root).map_err(io("create", &root))?;
        let contexts = Self { root };
        for builder in Builder::ALL {
            let place = contexts.of(builder);
            process::demand(
                Command::new("cp")
                    .args(["-r", "--"])
                    .arg(original)
                    .arg(&place),
            )?;
            if builder != Builder::Constrict {
                let file = place.join("Dockerfile");
                let text = fs::read_to_string(&file).map_err(io("read", &file))?;
                let text: String = text
                    .lines()
                    .map(|line| match line {
                        "FROM scratch" => format!("{line}\n"),
                        _ => format!("{}\n", peer_line(line)),
                    })
                    .collect();
                // a seed's copy is as read-only as the seed
                fs::remove_file(&file).map_err(io("remove", &file))?;
                fs::write(&file, text).map_err(io("write", &file))?;
            }
        }
        Ok(contexts)
    }

    /// The builder's copy.
    pub(crate) fn of(&self, builder: Builder) -> PathBuf {
        self.root.join(builder.name())
    }

    /// Appends to `file` what no builder has seen, in a copy.
    pub(crate) fn change(&self, builder: Builder, file: &str) -> Result<()> {
        let path = self.of(builder).join(file);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let mut text = fs::read(&path).map_err(io("read", &path))?;
        text.extend(format!("# {}\n", now.as_nanos()).bytes());
        fs::remove_file(&path).map_err(io("remove", &path))?;
        fs::write(&path, text).map_err(io("write", &path))
    }

    /// Deletes all copies.
    pub(crate) fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.root).map_err(io("delete", &self.root))
    }
}

/// `count` files of `size` bytes in folders of 100, below `folder`. Sixteen letters at random: gzip halves them.
pub(crate) fn write_files(folder: &Path, count: usize, size: usize) -> Result<()> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for number in 0..count {
        let place = folder.join(format!("part{:03}", number / 100));
        if number % 100 == 0 {
            fs::create_dir_all(&place).map_err(io("create", &place))?;
        }
        let path = place.join(format!("file{number:05}.txt"));
        let file = fs::File::create(&path).map_err(io("create", &path))?;
        let mut file = BufWriter::new(file);
        let mut left = size;
        while left > 0 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let mut letters = [0; 16];
            for (at, letter) in letters.iter_mut().enumerate() {
                *letter = b'a' + ((state >> (4 * at)) & 15) as u8;
            }
            let part = &letters[..left.min(16)];
            file.write_all(part).map_err(io("write", &path))?;
            left -= part.len();
        }
        file.flush().map_err(io("write", &path))?;
    }
    Ok(())
}
