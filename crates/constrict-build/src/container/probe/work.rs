//! How much a container works: the processor time of its first process and everything that came of it. Reads
//! `/proc/PID/stat`, as proc(5) describes it.

use std::collections::{BTreeMap, BTreeSet};

/// What is taken from one `stat`.
struct Process {
    parent: u32,
    ticks: u64,
}

/// Clock ticks (100 a second) that the processes below `first` have used, `first` with them.
pub(super) fn ticks(first: u32) -> u64 {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes: BTreeMap<u32, Process> = entries
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            // it may have ended meanwhile
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((pid, parse(&stat)?))
        })
        .collect();
    sum(first, &processes)
}

fn sum(first: u32, processes: &BTreeMap<u32, Process>) -> u64 {
    let mut inside = BTreeSet::from([first]);
    loop {
        let more = processes
            .iter()
            .filter(|(pid, process)| inside.contains(&process.parent) && !inside.contains(pid));
        let more: Vec<u32> = more.map(|(pid, _)| *pid).collect();
        if more.is_empty() {
            break;
        }
        inside.extend(more);
    }
    let used = inside.iter().filter_map(|pid| processes.get(pid));
    used.map(|process| process.ticks).sum()
}

/// The name, in brackets, may hold anything.
fn parse(stat: &str) -> Option<Process> {
    let (_, rest) = stat.rsplit_once(')')?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let number = |at: usize| words.get(at)?.parse::<u64>().ok();
    // of children that were waited for as well, or a process that ends would take its time with it
    let ticks = [11, 12, 13, 14]
        .into_iter()
        .map(number)
        .sum::<Option<u64>>()?;
    Some(Process {
        parent: words.get(1)?.parse().ok()?,
        ticks,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{parse, sum};

    #[test]
    fn time_of_descendants_counts_and_that_of_others_does_not() {
        let stat = |parent: u32, ticks: u64| {
            format!("1 (a) b (c) S {parent} 1 1 0 -1 0 0 0 0 0 {ticks} 1 0 0 20 0 1 0 5")
        };
        let processes = BTreeMap::from(
            [(10, 1, 100), (11, 10, 20), (12, 11, 3), (13, 1, 1000)]
                .map(|(pid, parent, ticks)| (pid, parse(&stat(parent, ticks)).unwrap())),
        );
        assert_eq!(sum(10, &processes), 126);
        assert!(parse("1 (cut) S 1").is_none());
    }
}
