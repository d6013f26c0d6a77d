//! What every mode has to hold: root, a user with sub-ids, a user with a single id. Each hardening has its twin that works.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use constrict_sandbox::{Mount, Network, Source, User, remove_tree};

use crate::need_root;
use crate::sandbox::{Machine, machines};

/// What a script prints in each mode, which must be the same.
fn each(script: &str, expected: &str) {
    for (mode, machine) in machines() {
        let answer = machine.run(&machine.shell(script));
        assert_eq!(answer["mode"], mode, "{answer}");
        assert_eq!(answer["exit"]["Code"], 0, "{answer}");
        assert_eq!(answer["stdout"], expected, "{mode}");
    }
}

#[test]
fn privileged_modes_environment_and_descriptors_are_exact() {
    need_root!();
    for (mode, machine) in machines() {
        let mut spec = machine.shell("");
        spec.args = vec!["env".to_owned()];
        let mut driver = machine.driver();
        driver.env("SECRET_OF_THE_BUILDER", "x");
        let answer = crate::sandbox::answer(crate::sandbox::start(&mut driver, &spec)).remove(0);
        assert_eq!(answer["stdout"], "PATH=/bin\n", "{mode}");
    }
    // 3 is the directory that `ls` itself reads
    each("exec ls /proc/self/fd", "0\n1\n2\n3\n");
    each(
        "tr '\\0' '\\n' < /proc/1/environ | grep -v ^PATH= ; true",
        "",
    );
}

#[test]
fn privileged_modes_have_dockers_capabilities_and_a_filter() {
    need_root!();
    each(
        "grep -E '^(Cap|NoNew|Seccomp:)' /proc/self/status",
        "CapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\n\
         CapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t2\n",
    );
    for (mode, machine) in machines() {
        let mut spec =
            machine.shell("grep -E '^(Cap(Inh|Eff|Amb)|NoNew|Seccomp:)' /proc/self/status");
        spec.user = User {
            uid: 1000,
            gid: 1000,
            groups: vec![1000],
        };
        spec.no_new_privileges = true;
        let none = "0000000000000000";
        let expected = format!(
            "CapInh:\t{none}\nCapEff:\t{none}\nCapAmb:\t{none}\nNoNewPrivs:\t1\nSeccomp:\t2\n"
        );
        assert_eq!(machine.output(&spec), expected, "{mode}");
    }
}

#[test]
fn privileged_modes_mounts_and_namespaces_are_refused() {
    need_root!();
    each(
        "mount -t tmpfs x /tmp 2>/dev/null || echo no mount; mount -o bind /bin /tmp 2>/dev/null || echo no bind; \
         busybox umount /proc 2>/dev/null || echo no unmount; busybox unshare -U true 2>/dev/null || echo no namespace; \
         busybox pivot_root / /tmp 2>/dev/null || echo no root; busybox swapoff /x 2>/dev/null || echo no swap",
        "no mount\nno bind\nno unmount\nno namespace\nno root\nno swap\n",
    );
}

#[test]
fn privileged_modes_kernel_files_are_hidden_or_read_only() {
    need_root!();
    each(
        "for f in kcore keys timer_list sched_debug; do [ -e /proc/$f ] && head -c 9 /proc/$f; done; \
         for f in sysrq-trigger sys/kernel/core_pattern sys/kernel/modprobe irq/default_smp_affinity; do \
           (echo x > /proc/$f) 2>/dev/null && echo wrote $f; done; \
         ls /proc/acpi /proc/scsi /sys/firmware 2>/dev/null | grep -v -e : -e '^$'; \
         (echo x > /sys/kernel/uevent_helper) 2>/dev/null && echo wrote; \
         ls /dev | grep -E '^(sd|vd|mem|kmem|kvm|fuse|loop)'; echo x > /dev/null && head -c 1 /dev/zero | busybox wc -c",
        "1\n",
    );
}

#[test]
fn privileged_modes_mount_points_of_the_kernel_that_are_links_are_refused() {
    need_root!();
    for name in ["proc", "sys", "dev"] {
        for (mode, machine) in machines() {
            let outside = machine.path("outside");
            fs::create_dir(&outside).unwrap();
            symlink(&outside, machine.path("lower").join(name)).unwrap();
            machine.give();
            let answer = machine.run(&machine.shell("true"));
            assert_eq!(
                answer["error"],
                format!("cannot mount on `/{name}`"),
                "{mode}"
            );
            assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
        }
    }
}

#[test]
fn privileged_modes_the_builder_cannot_be_seen_traced_or_killed() {
    need_root!();
    let builder = std::process::id();
    each(
        &format!(
            "kill -9 {builder} 2>/dev/null || echo no such process; ls /proc/{builder} 2>/dev/null; kill -9 -1; \
             cat /proc/1/mem 2>/dev/null | head -c 1; ls -d /proc/[0-9]* | grep -v -E '^/proc/[0-9]{{1,2}}$'; true"
        ),
        "no such process\n",
    );
}

#[test]
fn privileged_modes_the_program_cannot_be_overwritten_from_inside() {
    need_root!();
    for (mode, machine) in machines() {
        let digest = || {
            let mut hasher = std::hash::DefaultHasher::new();
            let program = fs::read(machine.driver().get_program()).unwrap();
            std::hash::Hash::hash(&program, &mut hasher);
            std::hash::Hasher::finish(&hasher)
        };
        let before = digest();
        // executed by its name in /proc, the first program is the helper's own file
        let mut spec = machine.shell("");
        spec.args = vec!["/proc/self/exe".to_owned()];
        let answer = machine.run(&spec);
        assert!(
            answer["exit"]["Code"] != 0 || answer["error"].is_string(),
            "{mode}: {answer}"
        );
        let script = "for p in 1 self; do (exec 3>>/proc/$p/exe) 2>/dev/null && echo opened; done; \
                      busybox readlink /proc/1/exe";
        assert_eq!(
            machine.output(&machine.shell(script)),
            "/bin/busybox\n",
            "{mode}"
        );
        assert_eq!(digest(), before, "{mode}");
    }
}

#[test]
fn privileged_modes_daemons_end_with_the_first_process() {
    need_root!();
    for (number, (mode, machine)) in machines().into_iter().enumerate() {
        let marker = format!(
            "{}",
            700_000 + 1000 * number as u32 + std::process::id() % 1000
        );
        let script = format!(
            "(setsid sleep {marker} &) ; setsid sh -c 'trap \"\" TERM HUP; sleep {marker}' & sleep 0.1"
        );
        machine.output(&machine.shell(&script));
        assert_eq!(crate::lifetime::running(&marker), 0, "{mode}");
    }
}

#[test]
fn privileged_modes_cleaning_up_follows_no_link_that_was_left() {
    need_root!();
    for (mode, machine) in machines() {
        // what would be deleted or opened if the mount point's new path were followed
        let outside = machine.path("outside");
        fs::create_dir_all(outside.join("deep/cache")).unwrap();
        fs::write(outside.join("deep/file"), "").unwrap();
        fs::create_dir(machine.path("source")).unwrap();
        machine.give();
        let bind = Mount::Bind {
            source: Source::Host(machine.path("source")),
            target: "/srv/deep/cache".into(),
            readonly: false,
            recursive: false,
        };
        let data = Mount::Data {
            target: "/srv/deep/file".into(),
            contents: b"secret\n".to_vec(),
            mode: 0o400,
            uid: 0,
            gid: 0,
            readonly: true,
        };
        let mut spec = machine.shell(&format!(
            "mv /srv /moved && busybox ln -s {} /srv",
            outside.display()
        ));
        spec.mounts = vec![bind.clone(), data.clone()];
        machine.output(&spec);
        assert!(
            outside.join("deep/cache").is_dir() && outside.join("deep/file").is_file(),
            "{mode}"
        );
        assert_eq!(
            fs::read_dir(machine.path("source")).unwrap().count(),
            0,
            "{mode}"
        );
        // and a later mount goes where the link leads inside the root
        let mut spec = machine.shell("echo x > /srv/deep/cache/written; cat /srv/deep/file");
        spec.mounts = vec![bind, data];
        assert_eq!(machine.output(&spec), "secret\n", "{mode}");
        assert!(machine.path("source/written").exists(), "{mode}");
        assert_eq!(
            fs::read_dir(outside.join("deep/cache")).unwrap().count(),
            0,
            "{mode}"
        );
        assert_eq!(fs::read(outside.join("deep/file")).unwrap(), b"", "{mode}");
    }
}

#[test]
fn privileged_modes_a_tree_deeper_than_any_path_is_deleted() {
    need_root!();
    for (mode, machine) in machines() {
        let long = "deeeeeeeeep/".repeat(300);
        let script = format!(
            "cd /tmp; for i in 1 2 3 4 5 6 7; do mkdir -p {long} && cd {long} 2>/dev/null; done; \
             echo x > end && echo $i; busybox chmod 0 ."
        );
        assert_eq!(machine.output(&machine.shell(&script)), "7\n", "{mode}");
        remove_tree(&machine.path("upper")).unwrap();
        assert!(!machine.path("upper").exists(), "{mode}");
    }
}

#[test]
fn privileged_modes_sockets_of_the_host_need_the_network_of_the_host() {
    need_root!();
    let name = format!("constrict-test-{}", std::process::id());
    let address =
        <std::os::unix::net::SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(
            &name,
        );
    let _listener = UnixListener::bind_addr(&address.unwrap()).unwrap();
    for (mode, machine) in machines() {
        let script = format!("grep -c {name} /proc/net/unix; true");
        let mut spec = machine.shell(&script);
        spec.network = Network::None;
        assert_eq!(machine.output(&spec), "0\n", "{mode}");
        spec.network = Network::Host;
        assert_eq!(machine.output(&spec), "1\n", "{mode}");
        // sockets that are files are not there in any case
        assert!(!Path::new("/run/docker.sock").starts_with("/bin"));
        let answer = machine.output(&machine.shell("ls /run /var/run 2>/dev/null; true"));
        assert_eq!(answer, "", "{mode}");
    }
}

#[test]
fn privileged_modes_loopback_of_the_host_is_not_reached() {
    need_root!();
    if !Path::new("/usr/bin/pasta").exists() || !Path::new("/dev/net/tun").exists() {
        eprintln!("skipped: needs pasta (Debian package passt) and /dev/net/tun");
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    let machine = Machine::new();
    let script = format!(
        "gateway=$(ip route | grep default | grep -o 'via [0-9.]*' | busybox cut -c 5-); \
         for host in 127.0.0.1 10.88.0.1 10.88.0.2 $gateway; do nc -w 2 $host {port} </dev/null 2>/dev/null && echo reached $host; done; echo end"
    );
    let mut driver = machine.driver();
    driver.env("DRIVER_NETWORK", "1");
    let answer =
        crate::sandbox::answer(crate::sandbox::start(&mut driver, &machine.shell(&script)))
            .remove(0);
    assert_eq!(
        (&answer["outbound"], &answer["stdout"]),
        (&"Pasta".into(), &"end\n".into()),
        "{answer}"
    );
    assert_eq!(
        listener.accept().unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );
}
