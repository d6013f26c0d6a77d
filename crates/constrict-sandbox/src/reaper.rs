//! The first process of a sandbox with [`Spec::init`](crate::Spec::init): it starts the program, passes signals on to
//! it, and waits for every process that lost its parent. It has given up its privileges, and executes nothing.

use std::io;

use libc::c_int;

use crate::{Error, init};

/// Starts what `execute` executes, and ends with it. Returns in the program's process, and only on failure.
pub(crate) fn run(execute: impl FnOnce() -> Error, terminal: bool) -> Error {
    // blocked, they wait until this process takes them; only so does the kernel keep them for a first process at all
    set_all_blocked();
    // SAFETY: this process is single-threaded, so the child may do everything that it may.
    match unsafe { libc::fork() } {
        -1 => Error::call("fork", io::Error::last_os_error()),
        0 => {
            // SAFETY: moves this process into a group of its own; takes no memory.
            unsafe { libc::setpgid(0, 0) };
            if terminal {
                // SAFETY: makes that group the terminal's; SIGTTOU, which this raises, is blocked.
                unsafe { libc::tcsetpgrp(0, libc::getpid()) };
            }
            init::reset_signals();
            execute()
        }
        program => serve(program),
    }
}

fn set_all_blocked() {
    let all = all_signals();
    // SAFETY: `all` is a live, valid set that the call only reads; the old set is not asked for.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut()) };
}

fn all_signals() -> libc::sigset_t {
    // SAFETY: a zeroed `sigset_t` is an empty set.
    let mut all: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: `all` is a live set that the call fills.
    unsafe { libc::sigfillset(&raw mut all) };
    all
}

fn serve(program: libc::pid_t) -> ! {
    // its end of the report would keep the helper waiting for news of the program
    // SAFETY: nothing that owns one of these descriptors is used again: this function never returns.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    let all = all_signals();
    loop {
        // SAFETY: `all` is a live set; what is known about the signal is not asked for.
        let signal = unsafe { libc::sigwaitinfo(&raw const all, std::ptr::null_mut()) };
        match signal {
            libc::SIGCHLD => reap(program),
            // of a terminal that is another group's
            libc::SIGTTIN | libc::SIGTTOU => {}
            1.. => {
                // SAFETY: sends a signal; the program is a child that has not been waited for.
                unsafe { libc::kill(program, signal) };
            }
            _ => {}
        }
    }
}

/// Waits for every process that has ended; ends when the program was among them.
fn reap(program: libc::pid_t) {
    loop {
        let mut status: c_int = 0;
        // SAFETY: `status` is a live integer that the call fills.
        let ended = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
        if ended <= 0 {
            return;
        }
        if ended == program {
            let code = match libc::WIFSIGNALED(status) {
                true => 128 + libc::WTERMSIG(status),
                false => libc::WEXITSTATUS(status),
            };
            // SAFETY: ends this process; the kernel kills everything else inside.
            unsafe { libc::_exit(code) };
        }
    }
}
