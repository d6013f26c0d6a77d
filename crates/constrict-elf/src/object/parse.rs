//! Bytes → [`Object`].

use super::dynamic::{Dynamic, tag};
use super::segments::Image;
use super::{Flags, NeededVersion, Object, VersionNeed, property, versions};
use crate::error::{Error, Result};
use crate::read_at::ReadAt;

const DF_BIND_NOW: u64 = 8;
const DF_1_NOW: u64 = 1;
const DF_1_NODEFLIB: u64 = 0x800;
const DF_1_PIE: u64 = 0x0800_0000;
/// Libraries that one object needs.
const NEEDED_LIMIT: usize = 4096;

impl Object {
    /// The facts of the object whose bytes these are.
    ///
    /// # Errors
    /// [`Error::NotElf`], or what is wrong with an object that begins as ELF does.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        Self::read(&bytes)
    }

    /// The facts of an object of which only the parts that matter are read.
    ///
    /// # Errors
    /// As [`Self::parse`], and [`Error::Read`].
    pub fn read(source: &dyn ReadAt) -> Result<Self> {
        let image = Image::read(source)?;
        let mut object = Self {
            class: image.region.class,
            endianness: image.region.endianness,
            machine: image.machine,
            kind: image.kind,
            interpreter: interpreter(&image)?,
            dynamic: false,
            soname: None,
            needed: Vec::new(),
            rpath: None,
            runpath: None,
            flags: Flags::default(),
            version_needs: Vec::new(),
            version_definitions: None,
            isa_needed: property::isa_needed(&image),
            code: image.code(),
            mapped: image.mapped(),
        };
        if let Some(dynamic) = Dynamic::read(&image)? {
            object.read_dynamic(&dynamic)?;
        }
        Ok(object)
    }

    fn read_dynamic(&mut self, dynamic: &Dynamic<'_>) -> Result<()> {
        let count = dynamic.values(tag::NEEDED).count();
        if count > NEEDED_LIMIT {
            return Err(Error::TooMany {
                what: "needed libraries",
                found: count as u64,
                limit: NEEDED_LIMIT as u64,
            });
        }
        self.dynamic = true;
        self.needed = dynamic
            .values(tag::NEEDED)
            .map(|index| dynamic.string("name of a needed library", index))
            .collect::<Result<_>>()?;
        self.soname = dynamic.string_of("soname", tag::SONAME)?;
        self.rpath = dynamic.string_of("search path", tag::RPATH)?;
        self.runpath = dynamic.string_of("search path", tag::RUNPATH)?;
        self.flags = flags(dynamic);
        self.version_needs = versions::needs(dynamic)?
            .into_iter()
            .map(|(file, versions)| VersionNeed {
                file,
                versions: versions
                    .into_iter()
                    .map(|version| NeededVersion {
                        name: version.name,
                        weak: version.flag,
                    })
                    .collect(),
            })
            .collect();
        self.version_definitions = versions::definitions(dynamic)?
            .map(|definitions| definitions.into_iter().map(|it| it.name).collect());
        Ok(())
    }
}

fn interpreter(image: &Image<'_>) -> Result<Option<String>> {
    image
        .interpreter()
        .map(|segment| image.region.string("interpreter", segment.offset))
        .transpose()
}

fn flags(dynamic: &Dynamic<'_>) -> Flags {
    let flags = dynamic.value(tag::FLAGS).unwrap_or(0);
    let flags_1 = dynamic.value(tag::FLAGS_1).unwrap_or(0);
    Flags {
        no_default_lib: flags_1 & DF_1_NODEFLIB != 0,
        pie: flags_1 & DF_1_PIE != 0,
        bind_now: dynamic.value(tag::BIND_NOW).is_some()
            || flags & DF_BIND_NOW != 0
            || flags_1 & DF_1_NOW != 0,
    }
}
