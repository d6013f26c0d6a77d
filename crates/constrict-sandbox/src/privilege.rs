//! Giving up what the process inside must not have, in the order that the kernel asks for.

use std::collections::BTreeSet;
use std::io;

use rustix::fs::{Gid, Uid};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

use crate::{Capability, Error, Result, Rlimit, User};

/// The set as the kernel's bit mask.
pub(crate) fn mask(set: &BTreeSet<Capability>) -> u64 {
    set.iter()
        .fold(0, |mask, capability| mask | 1 << capability.number())
}

/// Removes from the bounding set what is not in `granted`, and clears the ambient set.
pub(crate) fn limit_bounding_set(granted: &BTreeSet<Capability>) -> Result<()> {
    let granted = mask(granted);
    for number in 0..64 {
        if granted & 1 << number != 0 {
            continue;
        }
        // SAFETY: PR_CAPBSET_DROP takes integers only.
        let result = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, 0, 0, 0) };
        if result != 0 {
            let error = io::Error::last_os_error();
            // beyond the last capability of this kernel
            if error.raw_os_error() == Some(libc::EINVAL) {
                break;
            }
            return Err(Error::call("drop capabilities", error));
        }
    }
    rustix::thread::clear_ambient_capability_set()
        .map_err(|error| Error::call("drop ambient capabilities", error))
}

/// Sets groups and group id. Needs privileges that [`set_user`] gives up.
pub(crate) fn set_groups(user: &User) -> Result<()> {
    let groups: Vec<Gid> = user.groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
    rustix::thread::set_thread_groups(&groups)
        .map_err(|error| Error::call("set supplementary groups", error))?;
    let gid = Gid::from_raw(user.gid);
    rustix::thread::set_thread_res_gid(gid, gid, gid)
        .map_err(|error| Error::call(&format!("become group {}", user.gid), error))
}

/// Sets the user id; for a user other than root the kernel then drops every capability.
pub(crate) fn set_user(user: &User) -> Result<()> {
    let uid = Uid::from_raw(user.uid);
    rustix::thread::set_thread_res_uid(uid, uid, uid)
        .map_err(|error| Error::call(&format!("become user {}", user.uid), error))
}

/// Leaves of the process's capabilities those granted, inheritable none.
pub(crate) fn limit_capabilities(granted: &BTreeSet<Capability>) -> Result<()> {
    let fail = |error| Error::call("set capabilities", error);
    let permitted = rustix::thread::capabilities(None).map_err(fail)?.permitted;
    let set = CapabilitySet::from_bits_retain(mask(granted)) & permitted;
    let sets = CapabilitySets {
        effective: set,
        permitted: set,
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, sets).map_err(fail)
}

/// Sets resource limits.
pub(crate) fn set_limits(limits: &[Rlimit]) -> Result<()> {
    for limit in limits {
        let resource = resource(&limit.name)?;
        let value = libc::rlimit {
            rlim_cur: limit.soft,
            rlim_max: limit.hard,
        };
        // SAFETY: `value` is a live `rlimit` that the kernel only reads; the resource is one of its constants.
        let result = unsafe { libc::setrlimit(resource, &raw const value) };
        if result != 0 {
            let act = format!(
                "set the limit `{}` to {}:{}",
                limit.name, limit.soft, limit.hard
            );
            return Err(Error::call(&act, io::Error::last_os_error()));
        }
    }
    Ok(())
}

fn resource(name: &str) -> Result<libc::__rlimit_resource_t> {
    Ok(match name {
        "as" => libc::RLIMIT_AS,
        "core" => libc::RLIMIT_CORE,
        "cpu" => libc::RLIMIT_CPU,
        "data" => libc::RLIMIT_DATA,
        "fsize" => libc::RLIMIT_FSIZE,
        "locks" => libc::RLIMIT_LOCKS,
        "memlock" => libc::RLIMIT_MEMLOCK,
        "msgqueue" => libc::RLIMIT_MSGQUEUE,
        "nice" => libc::RLIMIT_NICE,
        "nofile" => libc::RLIMIT_NOFILE,
        "nproc" => libc::RLIMIT_NPROC,
        "rss" => libc::RLIMIT_RSS,
        "rtprio" => libc::RLIMIT_RTPRIO,
        "rttime" => libc::RLIMIT_RTTIME,
        "sigpending" => libc::RLIMIT_SIGPENDING,
        "stack" => libc::RLIMIT_STACK,
        _ => {
            return Err(Error::Unknown {
                what: "resource limit",
                value: name.to_owned(),
            });
        }
    })
}
