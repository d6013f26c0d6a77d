//! `e_machine`, and the name that an image's configuration has for it.

use serde::{Deserialize, Serialize};

use super::{Class, Endianness};

/// The kind of processor an object is for: `e_machine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Machine(pub u16);

impl Machine {
    /// `EM_386`.
    pub const I386: Self = Self(3);
    /// `EM_MIPS`.
    pub const MIPS: Self = Self(8);
    /// `EM_PPC`.
    pub const PPC: Self = Self(20);
    /// `EM_PPC64`.
    pub const PPC64: Self = Self(21);
    /// `EM_S390`.
    pub const S390: Self = Self(22);
    /// `EM_ARM`.
    pub const ARM: Self = Self(40);
    /// `EM_X86_64`.
    pub const X86_64: Self = Self(62);
    /// `EM_AARCH64`.
    pub const AARCH64: Self = Self(183);
    /// `EM_RISCV`.
    pub const RISCV: Self = Self(243);
    /// `EM_LOONGARCH`.
    pub const LOONGARCH: Self = Self(258);

    /// The `architecture` of an OCI image's configuration that runs such objects. For ARM it is `arm`: the variant
    /// (`v6`, `v7`) is not in the header. `None` for machines that OCI has no name for.
    pub fn oci_architecture(self, class: Class, endianness: Endianness) -> Option<&'static str> {
        use Class::{Elf32, Elf64};
        use Endianness::{Big, Little};
        Some(match (self, class, endianness) {
            (Self::I386, Elf32, Little) => "386",
            (Self::X86_64, Elf64, Little) => "amd64",
            (Self::ARM, Elf32, Little) => "arm",
            (Self::AARCH64, Elf64, Little) => "arm64",
            (Self::PPC, Elf32, Big) => "ppc",
            (Self::PPC64, Elf64, Big) => "ppc64",
            (Self::PPC64, Elf64, Little) => "ppc64le",
            (Self::S390, Elf64, Big) => "s390x",
            (Self::RISCV, Elf64, Little) => "riscv64",
            (Self::LOONGARCH, Elf64, Little) => "loong64",
            (Self::MIPS, Elf32, Big) => "mips",
            (Self::MIPS, Elf32, Little) => "mipsle",
            (Self::MIPS, Elf64, Big) => "mips64",
            (Self::MIPS, Elf64, Little) => "mips64le",
            _ => return None,
        })
    }
}
