//! From rules by system call number to a BPF program. It knows no system call by name.
//!
//! The numbers are cut into ranges of equal action and searched by halving: about seven comparisons a call, and none
//! at all on kernels that remember calls which are always allowed.

use std::collections::BTreeMap;

/// What happens to a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// It runs.
    Allow,
    /// It does not run and returns this error; 0 is success.
    Errno(u16),
    /// The supervisor answers it.
    Notify,
    /// It runs if the low 32 bits of argument 0, masked, are zero; else `EPERM`.
    AllowIfClear(u32),
    /// It runs if the low 32 bits of argument 0 are in one of these ranges; else `EPERM`.
    AllowIfIn(&'static [(u32, u32)]),
}

/// The rules of one architecture.
pub(crate) struct Rules {
    /// `AUDIT_ARCH_*`.
    pub(crate) audit_arch: u32,
    pub(crate) actions: BTreeMap<u32, Action>,
    /// For numbers without a rule, up to `newest`.
    pub(crate) unlisted: Action,
    /// The highest number known when the rules were written; above it `ENOSYS`, so that programs fall back.
    pub(crate) newest: Option<u32>,
}

/// One instruction, laid out as `struct sock_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Instruction {
    code: u16,
    jt: u8,
    jf: u8,
    k: u32,
}

const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP: u16 = 0x05; // BPF_JMP | BPF_JA
const JUMP_EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_GREATER: u16 = 0x25; // BPF_JMP | BPF_JGT | BPF_K
const JUMP_AT_LEAST: u16 = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const AND: u16 = 0x54; // BPF_ALU | BPF_AND | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K

/// Offsets in `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENT_0: u32 = if cfg!(target_endian = "big") { 20 } else { 16 };

const fn plain(code: u16, k: u32) -> Instruction {
    Instruction {
        code,
        jt: 0,
        jf: 0,
        k,
    }
}

const fn branch(code: u16, k: u32, jt: u8, jf: u8) -> Instruction {
    Instruction { code, jt, jf, k }
}

const fn errno(number: u16) -> Instruction {
    plain(RETURN, libc::SECCOMP_RET_ERRNO | number as u32)
}

/// The program for several architectures; a call of any other gets `ENOSYS`.
pub(crate) fn compile(architectures: &[Rules]) -> Vec<Instruction> {
    let mut program = vec![plain(LOAD, ARCHITECTURE)];
    for rules in architectures {
        let body = compile_one(rules);
        program.push(branch(JUMP_EQUAL, rules.audit_arch, 1, 0));
        program.push(plain(JUMP, length(&body)));
        program.extend(body);
    }
    program.push(errno(ENOSYS));
    program
}

const EPERM: u16 = libc::EPERM as u16;
const ENOSYS: u16 = libc::ENOSYS as u16;

fn compile_one(rules: &Rules) -> Vec<Instruction> {
    let mut ranges: Vec<(u32, Action)> = Vec::new();
    let mut push = |start: u32, action: Action| {
        if ranges.last().is_none_or(|(_, last)| *last != action) {
            ranges.push((start, action));
        }
    };
    let mut next = 0;
    for (number, action) in &rules.actions {
        if *number > next {
            push(next, rules.unlisted);
        }
        push(*number, *action);
        next = number + 1;
    }
    if rules.newest.is_none_or(|newest| next <= newest) {
        push(next, rules.unlisted);
    }
    if let Some(newest) = rules.newest {
        push(next.max(newest + 1), Action::Errno(ENOSYS));
    }
    let mut program = vec![plain(LOAD, NUMBER)];
    program.extend(search(&ranges));
    program
}

/// Code that finds the range of the loaded number and returns; it never falls through.
fn search(ranges: &[(u32, Action)]) -> Vec<Instruction> {
    if let [(_, action)] = ranges {
        return leaf(*action);
    }
    let (left, right) = ranges.split_at(ranges.len() / 2);
    let (start, _) = right[0];
    let (left, right) = (search(left), search(right));
    let mut program = Vec::with_capacity(left.len() + right.len() + 2);
    if let Ok(over) = u8::try_from(left.len()) {
        program.push(branch(JUMP_AT_LEAST, start, over, 0));
    } else {
        program.push(branch(JUMP_AT_LEAST, start, 0, 1));
        program.push(plain(JUMP, length(&left)));
    }
    program.extend(left);
    program.extend(right);
    program
}

fn leaf(action: Action) -> Vec<Instruction> {
    match action {
        Action::Allow => vec![plain(RETURN, libc::SECCOMP_RET_ALLOW)],
        Action::Errno(number) => vec![errno(number)],
        Action::Notify => vec![plain(RETURN, libc::SECCOMP_RET_USER_NOTIF)],
        Action::AllowIfClear(mask) => vec![
            plain(LOAD, ARGUMENT_0),
            plain(AND, mask),
            branch(JUMP_EQUAL, 0, 0, 1),
            plain(RETURN, libc::SECCOMP_RET_ALLOW),
            errno(EPERM),
        ],
        Action::AllowIfIn(ranges) => {
            let mut program = vec![plain(LOAD, ARGUMENT_0)];
            for (first, last) in ranges {
                program.push(branch(JUMP_AT_LEAST, *first, 0, 2));
                program.push(branch(JUMP_GREATER, *last, 1, 0));
                program.push(plain(RETURN, libc::SECCOMP_RET_ALLOW));
            }
            program.push(errno(EPERM));
            program
        }
    }
}

fn length(program: &[Instruction]) -> u32 {
    u32::try_from(program.len()).expect("a filter has at most 4096 instructions")
}

/// Runs a program as the kernel would, on a call with one argument.
#[cfg(all(test, target_arch = "x86_64"))]
pub(super) fn decide(program: &[Instruction], audit_arch: u32, number: u32, argument: u32) -> u32 {
    let (mut accumulator, mut at) = (0, 0);
    loop {
        let Instruction { code, jt, jf, k } = program[at];
        at += 1;
        let jump = |taken: bool| usize::from(if taken { jt } else { jf });
        match code {
            LOAD if k == NUMBER => accumulator = number,
            LOAD if k == ARCHITECTURE => accumulator = audit_arch,
            LOAD => accumulator = argument,
            AND => accumulator &= k,
            JUMP => at += k as usize,
            JUMP_EQUAL => at += jump(accumulator == k),
            JUMP_GREATER => at += jump(accumulator > k),
            JUMP_AT_LEAST => at += jump(accumulator >= k),
            _ => return k,
        }
    }
}
