//! Builds small ELF objects: one segment at address 0, so that an offset is an address, and no section headers.

/// An object to be built.
#[derive(Clone)]
pub(crate) struct Elf {
    pub(crate) machine: u16,
    pub(crate) class: u8,
    pub(crate) big: bool,
    pub(crate) kind: u16,
    pub(crate) interpreter: Option<&'static str>,
    pub(crate) soname: Option<&'static str>,
    pub(crate) needed: Vec<&'static str>,
    pub(crate) rpath: Option<&'static str>,
    pub(crate) runpath: Option<&'static str>,
    pub(crate) flags_1: u64,
    /// File, version, weak.
    pub(crate) version_needs: Vec<(&'static str, Vec<(&'static str, bool)>)>,
    pub(crate) versions: Vec<&'static str>,
    pub(crate) undefined: Vec<Undefined>,
    /// Name, version, hidden.
    pub(crate) defined: Vec<(&'static str, Option<&'static str>, bool)>,
    /// The bits of `GNU_PROPERTY_X86_ISA_1_NEEDED`.
    pub(crate) isa: u32,
    pub(crate) gnu_hash: bool,
}

/// A symbol that the object needs.
#[derive(Clone, Copy)]
pub(crate) struct Undefined {
    pub(crate) name: &'static str,
    pub(crate) version: Option<&'static str>,
    pub(crate) weak: bool,
    /// Which table of relocations refers to it.
    pub(crate) reference: Refer,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Refer {
    No,
    Call,
    Data,
}

/// A strong function without a version.
pub(crate) fn call(name: &'static str) -> Undefined {
    Undefined {
        name,
        version: None,
        weak: false,
        reference: Refer::Call,
    }
}

impl Elf {
    /// A library for x86-64.
    pub(crate) fn library(soname: &'static str) -> Self {
        Self {
            machine: 62,
            class: 2,
            big: false,
            kind: 3,
            interpreter: None,
            soname: Some(soname),
            needed: Vec::new(),
            rpath: None,
            runpath: None,
            flags_1: 0,
            version_needs: Vec::new(),
            versions: Vec::new(),
            undefined: Vec::new(),
            defined: Vec::new(),
            isa: 0,
            gnu_hash: false,
        }
    }

    /// A program for x86-64.
    pub(crate) fn program(interpreter: &'static str) -> Self {
        Self {
            interpreter: Some(interpreter),
            soname: None,
            ..Self::library("")
        }
    }

    pub(crate) fn needs(mut self, needed: &[&'static str]) -> Self {
        self.needed = needed.to_vec();
        self
    }

    pub(crate) fn rpath(mut self, rpath: &'static str) -> Self {
        self.rpath = Some(rpath);
        self
    }

    pub(crate) fn runpath(mut self, runpath: &'static str) -> Self {
        self.runpath = Some(runpath);
        self
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        Writer::new(self).object()
    }
}

struct Writer<'a> {
    elf: &'a Elf,
    bytes: Vec<u8>,
    strings: Vec<u8>,
    dynamic: Vec<(u64, u64)>,
}

impl<'a> Writer<'a> {
    fn new(elf: &'a Elf) -> Self {
        let headers = if elf.class == 2 {
            64 + 4 * 56
        } else {
            52 + 4 * 32
        };
        Self {
            elf,
            bytes: vec![0; headers],
            strings: vec![0],
            dynamic: Vec::new(),
        }
    }

    fn number(&self, value: u64, size: usize) -> Vec<u8> {
        if self.elf.big {
            value.to_be_bytes()[8 - size..].to_vec()
        } else {
            value.to_le_bytes()[..size].to_vec()
        }
    }

    fn put(&mut self, value: u64, size: usize) {
        let number = self.number(value, size);
        self.bytes.extend(number);
    }

    fn word(&self) -> usize {
        if self.elf.class == 2 { 8 } else { 4 }
    }

    fn put_word(&mut self, value: u64) {
        self.put(value, self.word());
    }

    fn align(&mut self) -> u64 {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        self.bytes.len() as u64
    }

    fn string(&mut self, text: &str) -> u64 {
        let at = self.strings.len() as u64;
        self.strings.extend(text.bytes());
        self.strings.push(0);
        at
    }

    fn object(mut self) -> Vec<u8> {
        let elf = self.elf;
        let mut segments = Vec::new();
        if let Some(interpreter) = elf.interpreter {
            let at = self.bytes.len() as u64;
            self.bytes.extend(interpreter.bytes());
            self.bytes.push(0);
            segments.push((3, at, interpreter.len() as u64 + 1));
        }
        if elf.isa != 0 {
            let at = self.align();
            for value in [4, 16, 5] {
                self.put(value, 4);
            }
            self.bytes.extend(b"GNU\0");
            for value in [0xc000_8002, 4, u64::from(elf.isa), 0] {
                self.put(value, 4);
            }
            segments.push((4, at, 32));
        }
        for needed in &elf.needed {
            let at = self.string(needed);
            self.dynamic.push((1, at));
        }
        for (tag, text) in [(14, elf.soname), (15, elf.rpath), (29, elf.runpath)] {
            if let Some(text) = text {
                let at = self.string(text);
                self.dynamic.push((tag, at));
            }
        }
        self.dynamic.push((0x6fff_fffb, elf.flags_1));
        let numbers = self.versions();
        self.symbols(&numbers);
        let strings_at = self.align();
        let strings = std::mem::take(&mut self.strings);
        self.bytes.extend(&strings);
        self.dynamic
            .extend([(5, strings_at), (10, strings.len() as u64), (0, 0)]);
        let at = self.align();
        for (tag, value) in std::mem::take(&mut self.dynamic) {
            self.put_word(tag);
            self.put_word(value);
        }
        segments.push((2, at, self.bytes.len() as u64 - at));
        segments.push((1, 0, self.bytes.len() as u64));
        self.headers(&segments);
        self.bytes
    }

    /// The tables of versions; the numbers of all versions by name.
    fn versions(&mut self) -> Vec<&'static str> {
        let elf = self.elf;
        // 0 and 1 are "local" and "global"
        let mut numbers = vec!["", ""];
        if !elf.versions.is_empty() {
            let at = self.align();
            self.dynamic.extend([
                (0x6fff_fffc, at),
                (0x6fff_fffd, elf.versions.len() as u64 + 1),
            ]);
            let base = elf.soname.unwrap_or("base");
            for (index, name) in [base].into_iter().chain(elf.versions.clone()).enumerate() {
                let name_at = self.string(name);
                for (value, size) in [
                    (1, 2),
                    (u64::from(index == 0), 2),
                    (index as u64 + 1, 2),
                    (1, 2),
                ] {
                    self.put(value, size);
                }
                let next = if index == elf.versions.len() { 0 } else { 28 };
                for value in [0, 20, next, name_at, 0] {
                    self.put(value, 4);
                }
                if index > 0 {
                    numbers.push(name);
                }
            }
        }
        if !elf.version_needs.is_empty() {
            let at = self.align();
            self.dynamic.extend([
                (0x6fff_fffe, at),
                (0x6fff_ffff, elf.version_needs.len() as u64),
            ]);
            for (index, (file, versions)) in elf.version_needs.iter().enumerate() {
                let file_at = self.string(file);
                self.put(1, 2);
                self.put(versions.len() as u64, 2);
                let last = index + 1 == elf.version_needs.len();
                let next = if last {
                    0
                } else {
                    16 + 16 * versions.len() as u64
                };
                for value in [file_at, 16, next] {
                    self.put(value, 4);
                }
                for (index, (name, weak)) in versions.iter().enumerate() {
                    let name_at = self.string(name);
                    self.put(0, 4);
                    self.put(if *weak { 2 } else { 0 }, 2);
                    self.put(numbers.len() as u64, 2);
                    self.put(name_at, 4);
                    self.put(if index + 1 == versions.len() { 0 } else { 16 }, 4);
                    numbers.push(name);
                }
            }
        }
        numbers
    }

    fn symbols(&mut self, numbers: &[&'static str]) {
        let elf = self.elf;
        let number = |version: Option<&str>| {
            let known = |version| numbers.iter().position(|it| *it == version);
            version.map_or(1, |version| {
                known(version).expect("a version of the object")
            })
        };
        let mut records = vec![(0, 0, 0, 0, 0)];
        for it in &elf.undefined {
            let name = self.string(it.name);
            let bind = if it.weak { 2 } else { 1 };
            records.push((name, bind << 4, 0, 0, number(it.version) as u64));
        }
        for (name, version, hidden) in &elf.defined {
            let name = self.string(name);
            let version = number(*version) as u64 | if *hidden { 0x8000 } else { 0 };
            records.push((name, 0x12, 7, 0x1000, version));
        }
        let table = self.align();
        for &(name, info, section, value, _) in &records {
            self.put(name, 4);
            if elf.class == 2 {
                for (value, size) in [(info, 1), (0, 1), (section, 2), (value, 8), (0, 8)] {
                    self.put(value, size);
                }
            } else {
                for (value, size) in [(value, 4), (0, 4), (info, 1), (0, 1), (section, 2)] {
                    self.put(value, size);
                }
            }
        }
        self.dynamic.push((6, table));
        if numbers.len() > 2 {
            let at = self.align();
            self.dynamic.push((0x6fff_fff0, at));
            for &(.., version) in &records {
                self.put(version, 2);
            }
        }
        self.hash(records.len() as u64);
        self.relocations();
    }

    fn hash(&mut self, count: u64) {
        let at = self.align();
        let defined = self.elf.defined.len() as u64;
        if self.elf.gnu_hash {
            self.dynamic.push((0x6fff_fef5, at));
            let first = if defined == 0 { 1 } else { count - defined };
            for value in [1, first, 1, 0] {
                self.put(value, 4);
            }
            self.put_word(0);
            self.put(if defined == 0 { 0 } else { first }, 4);
            for index in 0..defined {
                self.put(u64::from(index + 1 == defined), 4);
            }
        } else {
            self.dynamic.push((4, at));
            for value in [1, count, 0] {
                self.put(value, 4);
            }
            (0..count).for_each(|_| self.put(0, 4));
        }
    }

    fn relocations(&mut self) {
        let shift = if self.elf.class == 2 { 32 } else { 8 };
        for (which, tags) in [(Refer::Call, [23, 2]), (Refer::Data, [7, 8])] {
            let at = self.align();
            for (index, _) in self
                .elf
                .undefined
                .iter()
                .enumerate()
                .filter(|(_, it)| it.reference == which)
            {
                for value in [0x2000, (index as u64 + 1) << shift | 6, 0] {
                    self.put_word(value);
                }
            }
            let size = self.bytes.len() as u64 - at;
            if size > 0 {
                self.dynamic.extend([(tags[0], at), (tags[1], size)]);
            }
        }
        self.dynamic.push((20, 7));
    }

    fn headers(&mut self, segments: &[(u64, u64, u64)]) {
        let elf = self.elf;
        let body = std::mem::take(&mut self.bytes);
        let wide = elf.class == 2;
        self.bytes
            .extend([0x7f, b'E', b'L', b'F', elf.class, 1 + u8::from(elf.big), 1]);
        self.bytes.resize(16, 0);
        self.put(u64::from(elf.kind), 2);
        self.put(u64::from(elf.machine), 2);
        self.put(1, 4);
        let size = if wide { 64 } else { 52 };
        for value in [0, size, 0] {
            self.put_word(value);
        }
        self.put(0, 4);
        let record = if wide { 56 } else { 32 };
        for value in [size, record, segments.len() as u64, 0, 0, 0] {
            self.put(value, 2);
        }
        for &(kind, at, length) in segments {
            let flags = if kind == 1 { 5 } else { 4 };
            self.put(kind, 4);
            if wide {
                self.put(flags, 4);
            }
            for value in [at, at, at, length, length] {
                self.put_word(value);
            }
            if !wide {
                self.put(flags, 4);
            }
            self.put_word(8);
        }
        self.bytes.extend(&body[self.bytes.len()..]);
    }
}
