//! The system call filter: docker's default profile for a set of capabilities, as a BPF program, and its installation.
//!
//! It never sets `no_new_privs`: with `CAP_SYS_ADMIN` in the user namespace the kernel does not ask for it, and set-uid
//! programs go on working.

mod bpf;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use self::bpf::{Action, Instruction, Rules};
use self::table::{ALWAYS, Call, IDENTITY, NEWEST, NO, OWNERSHIP, SPECIAL, WITH_CAPABILITY};
use crate::Capability;

const X86_64: u32 = 0xc000_003e;
const X86: u32 = 0x4000_0003;
const ARM64: u32 = 0xc000_00b7;

/// `CLONE_NEW*`, all of them: NS, CGROUP, UTS, IPC, USER, PID, NET.
const NEW_NAMESPACES: u32 = 0x7e02_0000;
/// Address families for socket(2): not AF_ALG, AF_VSOCK and other rarely used kernel code.
const FAMILIES: &[(u32, u32)] = &[
    (0, 11),
    (13, 18),
    (21, 22),
    (24, 24),
    (26, 33),
    (35, 36),
    (39, 39),
    (41, 45),
];
/// Values for personality(2): Linux, with and without 16-bit ids and short inode numbers; and asking.
const PERSONALITIES: &[(u32, u32)] = &[
    (0, 0),
    (8, 8),
    (0x20000, 0x20000),
    (0x20008, 0x20008),
    (u32::MAX, u32::MAX),
];

/// The calls that change an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    Chown,
    Lchown,
    Fchown,
    Fchownat,
}

/// Which of them a number is on an architecture.
pub(crate) fn ownership_call(audit_arch: u32, number: i32) -> Option<Ownership> {
    let (_, column) = COLUMNS.iter().find(|(known, _)| *known == audit_arch)?;
    let number = u16::try_from(number).ok()?;
    let (name, ..) = ALWAYS
        .iter()
        .find(|call| column(call) == number && OWNERSHIP.contains(&call.0))?;
    Some(match name.trim_end_matches("32") {
        "chown" => Ownership::Chown,
        "lchown" => Ownership::Lchown,
        "fchown" => Ownership::Fchown,
        _ => Ownership::Fchownat,
    })
}

/// Finds the number of a call on one architecture.
type Column = fn(&Call) -> u16;

/// The architectures whose programs run on this machine.
const COLUMNS: &[(u32, Column)] = if cfg!(target_arch = "aarch64") {
    &[(ARM64, |call| call.3)]
} else {
    &[(X86_64, |call| call.1), (X86, |call| call.2)]
};

/// A compiled filter.
pub(crate) struct Filter {
    program: Vec<Instruction>,
    notifies: bool,
}

impl Filter {
    /// The filter for these capabilities; with `answers`, root's calls that a single id
    /// cannot carry out succeed.
    pub(crate) fn new(granted: &BTreeSet<Capability>, answers: bool) -> Self {
        let architectures: Vec<Rules> = COLUMNS
            .iter()
            .map(|(audit_arch, column)| rules(*audit_arch, *column, granted, answers))
            .collect();
        Filter {
            program: bpf::compile(&architectures),
            notifies: answers,
        }
    }

    /// A filter that allows everything and answers what a single id cannot do.
    pub(crate) fn answers_only() -> Self {
        let calls = || ALWAYS.iter().filter(|call| answered(call) != Action::Allow);
        let rules = |(audit_arch, column): &(u32, Column)| {
            let actions = calls().filter(|call| column(call) != NO);
            Rules {
                audit_arch: *audit_arch,
                actions: actions
                    .map(|call| (u32::from(column(call)), answered(call)))
                    .collect(),
                unlisted: Action::Allow,
                newest: None,
            }
        };
        Filter {
            program: bpf::compile(&COLUMNS.iter().map(rules).collect::<Vec<_>>()),
            notifies: true,
        }
    }

    /// Installs the filter on this thread. Returns the descriptor to answer on, if the filter asks.
    pub(crate) fn install(&self) -> io::Result<Option<OwnedFd>> {
        let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
        if !self.notifies {
            self.load(0)?;
            return Ok(None);
        }
        // interrupting a call that is being answered would make it start again and again (since Linux 5.19)
        let listener = match self.load(flags | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => self.load(flags)?,
            other => other?,
        };
        // SAFETY: with NEW_LISTENER the call returned a new descriptor that nothing else owns.
        Ok(Some(unsafe { OwnedFd::from_raw_fd(listener) }))
    }

    fn load(&self, flags: libc::c_ulong) -> io::Result<RawFd> {
        let program = libc::sock_fprog {
            len: u16::try_from(self.program.len()).map_err(io::Error::other)?,
            filter: self.program.as_ptr().cast::<libc::sock_filter>().cast_mut(),
        };
        // SAFETY: `program` points to `len` instructions laid out as `sock_filter`, which outlive the call; the kernel
        // copies them.
        let result = unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                flags,
                &raw const program,
            )
        };
        if result < 0 {
            Err(io::Error::last_os_error())
        } else {
            RawFd::try_from(result).map_err(io::Error::other)
        }
    }
}

fn rules(audit_arch: u32, column: Column, granted: &BTreeSet<Capability>, answers: bool) -> Rules {
    let mut actions = BTreeMap::new();
    let mut put = |call: &Call, action: Action| {
        if column(call) != NO {
            actions.insert(u32::from(column(call)), action);
        }
    };
    for call in ALWAYS {
        put(
            call,
            if answers {
                answered(call)
            } else {
                Action::Allow
            },
        );
    }
    for call in SPECIAL {
        put(call, special(call.0));
    }
    for (capability, calls) in WITH_CAPABILITY {
        let capability = Capability::parse(capability).expect("a name of the table");
        if granted.contains(&capability) {
            calls.iter().for_each(|call| put(call, Action::Allow));
        }
    }
    Rules {
        audit_arch,
        actions,
        unlisted: Action::Errno(libc::EPERM as u16),
        newest: Some(NEWEST),
    }
}

/// What happens to a call where only one id exists.
fn answered(call: &Call) -> Action {
    if OWNERSHIP.contains(&call.0) {
        Action::Notify
    } else if IDENTITY.contains(&call.0) {
        Action::Errno(0)
    } else {
        Action::Allow
    }
}

fn special(name: &str) -> Action {
    match name {
        "clone" => Action::AllowIfClear(NEW_NAMESPACES),
        // its flags are behind a pointer: programs fall back to clone
        "clone3" => Action::Errno(libc::ENOSYS as u16),
        "socket" => Action::AllowIfIn(FAMILIES),
        _ => Action::AllowIfIn(PERSONALITIES),
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::{ARM64, Filter, X86, X86_64};
    use crate::Capabilities;
    use crate::seccomp::bpf::decide;

    const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
    const NOTIFY: u32 = libc::SECCOMP_RET_USER_NOTIF;
    const EPERM: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
    const ENOSYS: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
    const DONE: u32 = libc::SECCOMP_RET_ERRNO;

    #[test]
    fn default_profile_decides_as_docker() {
        let filter = Filter::new(&Capabilities::default().resolve(), false);
        let cases = [
            ("read", X86_64, libc::SYS_read, 0, ALLOW),
            ("write", X86_64, libc::SYS_write, 0, ALLOW),
            ("chown", X86_64, libc::SYS_chown, 0, ALLOW),
            ("chroot", X86_64, libc::SYS_chroot, 0, ALLOW),
            ("mount", X86_64, libc::SYS_mount, 0, EPERM),
            ("keyctl", X86_64, libc::SYS_keyctl, 0, EPERM),
            ("bpf", X86_64, libc::SYS_bpf, 0, EPERM),
            ("io_uring_setup", X86_64, libc::SYS_io_uring_setup, 0, EPERM),
            ("unshare", X86_64, libc::SYS_unshare, 0, EPERM),
            ("clone3", X86_64, libc::SYS_clone3, 0, ENOSYS),
            ("clone, a thread", X86_64, libc::SYS_clone, 0x3d_0f00, ALLOW),
            (
                "clone, a user namespace",
                X86_64,
                libc::SYS_clone,
                0x1000_0000,
                EPERM,
            ),
            ("socket, unix", X86_64, libc::SYS_socket, 1, ALLOW),
            ("socket, packet", X86_64, libc::SYS_socket, 17, ALLOW),
            ("socket, alg", X86_64, libc::SYS_socket, 38, EPERM),
            ("socket, vsock", X86_64, libc::SYS_socket, 40, EPERM),
            (
                "personality, ask",
                X86_64,
                libc::SYS_personality,
                0xffff_ffff,
                ALLOW,
            ),
            (
                "personality, no randomisation",
                X86_64,
                libc::SYS_personality,
                0x4_0000,
                EPERM,
            ),
            ("a call of the future", X86_64, 467, 0, ENOSYS),
            ("x32", X86_64, 0x4000_0000, 0, ENOSYS),
            ("x86 exit", X86, 1, 0, ALLOW),
            ("x86 mount", X86, 21, 0, EPERM),
            ("another architecture", ARM64, 63, 0, ENOSYS),
        ];
        for (name, arch, number, argument, expected) in cases {
            let number = u32::try_from(number).unwrap();
            assert_eq!(
                decide(&filter.program, arch, number, argument),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn capabilities_open_their_calls() {
        let filter = Filter::new(&Capabilities::all().resolve(), false);
        for number in [
            libc::SYS_mount,
            libc::SYS_unshare,
            libc::SYS_bpf,
            libc::SYS_clone3,
            libc::SYS_setns,
        ] {
            assert_eq!(
                decide(&filter.program, X86_64, u32::try_from(number).unwrap(), 0),
                ALLOW,
                "{number}"
            );
        }
        assert_eq!(
            decide(&filter.program, X86_64, libc::SYS_clone as u32, 0x1000_0000),
            ALLOW
        );
    }

    #[test]
    fn single_id_calls_are_answered() {
        let strict = Filter::new(&Capabilities::default().resolve(), true);
        let open = Filter::answers_only();
        let cases = [
            (libc::SYS_fchownat, NOTIFY, NOTIFY),
            (libc::SYS_lchown, NOTIFY, NOTIFY),
            (libc::SYS_setgroups, DONE, DONE),
            (libc::SYS_setresuid, DONE, DONE),
            (libc::SYS_capset, ALLOW, ALLOW),
            (libc::SYS_mount, EPERM, ALLOW),
        ];
        for (number, in_strict, in_open) in cases {
            let decided = |filter: &Filter| decide(&filter.program, X86_64, number as u32, 0);
            assert_eq!(
                (decided(&strict), decided(&open)),
                (in_strict, in_open),
                "{number}"
            );
        }
    }
}
