//! Random versions, judged by dpkg itself and by the `packaging` of Python.

use std::io::Write;
use std::process::{Command, Stdio};

use super::*;

/// Numbers that are the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        // the constants of Knuth's MMIX
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// Parts of a list behind one another.
    fn some(&mut self, of: &[&str], most: usize) -> String {
        let count = self.below(most + 1);
        (0..count).map(|_| self.one(of)).collect()
    }
}

fn debian(dice: &mut Dice) -> String {
    let parts = [
        "0", "1", "9", "10", "00", ".", "~", "+", "a", "Z", "rc", "deb12u", "+b", "-1", "git",
    ];
    let epoch = dice.one(&["", "", "", "0:", "1:"]);
    let revision = dice.one(&["", "-0", "-1", "-1~bpo12+1", "-1+deb12u2", "-2"]);
    format!("{epoch}{}{}{revision}", dice.below(3), dice.some(&parts, 4))
}

fn python(dice: &mut Dice) -> String {
    let epoch = dice.one(&["", "", "", "1!"]);
    let release = dice.some(&[".0", ".1", ".10", ".9"], 2);
    let pre = dice.one(&["", "", "a1", "b2", "rc1", "-alpha.1", ".rc2"]);
    let post = dice.one(&["", "", ".post1", "-2"]);
    let dev = dice.one(&["", "", ".dev1"]);
    format!("{epoch}{}{release}{pre}{post}{dev}", dice.below(3))
}

#[test]
fn versions_of_debian_are_in_the_order_of_dpkg() {
    let mut dice = Dice(1);
    let mut judged = 0;
    for _ in 0..400 {
        let pair = [debian(&mut dice), debian(&mut dice)];
        let [one, other] = pair
            .each_ref()
            .map(|text| Version::parse(Ecosystem::Debian, text));
        let (Ok(one), Ok(other)) = (one, other) else {
            continue;
        };
        let order = match one.against(&other) {
            Ordering::Less => "lt",
            Ordering::Equal => "eq",
            Ordering::Greater => "gt",
        };
        let status = Command::new("dpkg")
            .args(["--compare-versions", &pair[0], order, &pair[1]])
            .stderr(Stdio::null())
            .status();
        match status {
            Ok(status) => assert!(status.success(), "{} {order} {}", pair[0], pair[1]),
            Err(error) => return eprintln!("skipped: `dpkg`: {error}"),
        }
        judged += 1;
    }
    assert!(judged > 300, "{judged}");
}

/// Reads pairs, and says for each whether the first is `<=` and whether it is `>=` the second, as specifiers count.
const JUDGE: &str = "
import sys
try:
    from packaging.specifiers import SpecifierSet
except ImportError:
    from pip._vendor.packaging.specifiers import SpecifierSet
for line in sys.stdin:
    one, other = line.split()
    print(*(int(SpecifierSet(op + other).contains(one, prereleases=True)) for op in ('<=', '>=')))
";

#[test]
fn versions_of_python_are_in_the_order_of_its_specifiers() {
    let mut dice = Dice(2);
    let mut pairs = String::new();
    let mut expected = Vec::new();
    for _ in 0..3000 {
        let local = dice.one(&["", "", "", "+cpu", "+1.local"]);
        let (one, other) = (python(&mut dice) + local, python(&mut dice));
        let versions = [&one, &other].map(|text| Version::parse(Ecosystem::Python, text));
        let [Ok(left), Ok(right)] = versions else {
            panic!("{one} and {other} are versions");
        };
        let order = left.against(&right);
        pairs.push_str(&format!("{one} {other}\n"));
        let line = format!("{} {}", u8::from(order.is_le()), u8::from(order.is_ge()));
        expected.push(format!("{one} {other}: {line}"));
    }
    let started = Command::new("python3")
        .args(["-c", JUDGE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut judge = match started {
        Ok(judge) => judge,
        Err(error) => return eprintln!("skipped: `python3`: {error}"),
    };
    let mut input = judge.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(pairs.as_bytes()));
    let output = judge.wait_with_output().unwrap();
    // where there is no `packaging`, nobody reads
    let _ = writer.join().unwrap();
    if !output.status.success() {
        return eprintln!("skipped: python3 has neither `packaging` nor pip");
    }
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.lines().count(), expected.len());
    for (line, expected) in told.lines().zip(expected) {
        assert!(
            expected.ends_with(&format!(": {line}")),
            "{expected}, not {line}"
        );
    }
}
