//! HEALTHCHECK: when a check is due and what its results mean, as docker has it. Runs nothing: that is `inside`.

use std::time::Duration;

use constrict_oci::Healthcheck;
use serde::{Deserialize, Serialize};

use super::moment::Moment;

/// docker's defaults.
const INTERVAL: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(30);
const START_INTERVAL: Duration = Duration::from_secs(5);
const RETRIES: u32 = 3;
/// How many results are kept.
const KEPT: usize = 5;
/// The shell of `CMD-SHELL` where the image names none.
const SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// The check that is asked for over that of the image.
pub(super) fn merged(image: Option<&Healthcheck>, asked: &Healthcheck) -> Option<Healthcheck> {
    let mut merged = image.cloned().unwrap_or_default();
    if !asked.test.is_empty() {
        merged.test.clone_from(&asked.test);
    }
    for (value, over) in [
        (&mut merged.interval, asked.interval),
        (&mut merged.timeout, asked.timeout),
        (&mut merged.start_period, asked.start_period),
        (&mut merged.start_interval, asked.start_interval),
        (&mut merged.retries, asked.retries),
    ] {
        if over != 0 {
            *value = over;
        }
    }
    (!merged.test.is_empty()).then_some(merged)
}

/// A check that is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Program and arguments.
    pub args: Vec<String>,
    /// Between the end of one check and the next.
    pub interval: Duration,
    /// How long one may take.
    pub timeout: Duration,
    /// In which failures do not count, until the first success.
    pub start_period: Duration,
    /// In place of the interval, until then.
    pub start_interval: Duration,
    /// Failures in a row that make the container unhealthy.
    pub retries: u32,
}

impl Check {
    /// What a configuration asks for; `None` if nothing, or `NONE`.
    pub fn of(configured: &Healthcheck, shell: &[String]) -> Option<Self> {
        let (kind, words) = configured.test.split_first()?;
        let args = match kind.as_str() {
            "CMD" => words.to_vec(),
            "CMD-SHELL" => {
                let shell: Vec<String> = match shell {
                    [] => SHELL.map(Into::into).to_vec(),
                    shell => shell.to_vec(),
                };
                shell.into_iter().chain(words.iter().cloned()).collect()
            }
            _ => return None,
        };
        let or = |nanoseconds: i64, default| match u64::try_from(nanoseconds) {
            Ok(nanoseconds @ 1..) => Duration::from_nanos(nanoseconds),
            _ => default,
        };
        (!args.is_empty()).then(|| Check {
            args,
            interval: or(configured.interval, INTERVAL),
            timeout: or(configured.timeout, TIMEOUT),
            start_period: or(configured.start_period, Duration::ZERO),
            start_interval: or(configured.start_interval, START_INTERVAL),
            retries: u32::try_from(configured.retries)
                .ok()
                .filter(|retries| *retries > 0)
                .unwrap_or(RETRIES),
        })
    }

    /// How long to wait for the next check, `running` after the container's start.
    pub(super) fn pause(&self, health: &Health, running: Duration) -> Duration {
        match health.status == HealthStatus::Starting && running < self.start_period {
            true => self.start_interval,
            false => self.interval,
        }
    }
}

/// What the checks say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// No check has succeeded, and not enough have failed.
    #[default]
    Starting,
    /// The last one that counts succeeded.
    Healthy,
    /// Too many in a row failed.
    Unhealthy,
}

impl std::fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            HealthStatus::Starting => "starting",
            HealthStatus::Healthy => "healthy",
            HealthStatus::Unhealthy => "unhealthy",
        })
    }
}

/// One check that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// When it began.
    pub start: Moment,
    /// When it was over.
    pub end: Moment,
    /// Its exit status; -1 if it took too long or could not be started.
    pub exit_code: i32,
    /// The beginning of what it wrote.
    pub output: String,
}

/// The health of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// In a word.
    pub status: HealthStatus,
    /// Failures in a row.
    pub failing_streak: u32,
    /// The last results, oldest first.
    pub log: Vec<Probe>,
}

impl Health {
    /// Counts a result that began `running` after the container's start.
    pub(super) fn count(&mut self, probe: Probe, check: &Check, running: Duration) {
        let is_excused = self.status == HealthStatus::Starting && running < check.start_period;
        if probe.exit_code == 0 {
            self.failing_streak = 0;
            self.status = HealthStatus::Healthy;
        } else if !is_excused {
            self.failing_streak += 1;
            if self.failing_streak >= check.retries {
                self.status = HealthStatus::Unhealthy;
            }
        }
        self.log.push(probe);
        let surplus = self.log.len().saturating_sub(KEPT);
        self.log.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use constrict_oci::Healthcheck;

    use super::{Check, Health, HealthStatus, Moment, Probe};

    fn configured(words: &[&str]) -> Healthcheck {
        Healthcheck {
            test: words.iter().map(ToString::to_string).collect(),
            ..Healthcheck::default()
        }
    }

    #[test]
    fn checks_have_dockers_defaults() {
        let shell = ["/bin/bash".to_string(), "-ec".into()];
        let args =
            |words, shell| Check::of(&configured(words), shell).map(|check| check.args.join(" "));
        assert_eq!(args(&["CMD", "a", "b"], &[]), Some("a b".into()));
        assert_eq!(
            args(&["CMD-SHELL", "a || b"], &[]),
            Some("/bin/sh -c a || b".into())
        );
        assert_eq!(
            args(&["CMD-SHELL", "a"], &shell),
            Some("/bin/bash -ec a".into())
        );
        assert_eq!(args(&["NONE"], &[]), None);
        assert_eq!(args(&[], &[]), None);
        let check = Check::of(&configured(&["CMD", "a"]), &[]).unwrap();
        let seconds = Duration::from_secs;
        assert_eq!(
            (
                check.interval,
                check.timeout,
                check.start_period,
                check.start_interval,
                check.retries
            ),
            (seconds(30), seconds(30), seconds(0), seconds(5), 3)
        );
    }

    #[test]
    fn failures_count_after_the_start_period_and_a_success_forgets_them() {
        let check = Check::of(
            &Healthcheck {
                start_period: 10_000_000_000,
                retries: 2,
                ..configured(&["CMD", "a"])
            },
            &[],
        )
        .unwrap();
        let mut health = Health::default();
        let mut told = Vec::new();
        for (second, exit_code) in [
            (1, 1),
            (9, 1),
            (10, 1),
            (40, 1),
            (70, 0),
            (100, 1),
            (101, -1),
        ] {
            let running = Duration::from_secs(second);
            let pause = check.pause(&health, running).as_secs();
            let probe = Probe {
                start: Moment::default(),
                end: Moment::default(),
                exit_code,
                output: String::new(),
            };
            health.count(probe, &check, running);
            told.push((pause, health.status, health.failing_streak));
        }
        use HealthStatus::{Healthy, Starting, Unhealthy};
        let expected = [
            (5, Starting, 0),
            (5, Starting, 0),
            (30, Starting, 1),
            (30, Unhealthy, 2),
            (30, Healthy, 0),
            (30, Healthy, 1),
            (30, Unhealthy, 2),
        ];
        assert_eq!(told, expected);
        assert_eq!(health.log.len(), 5);
    }
}
