//! The walk-through tier: what seed 002's article tells its readers to type, to its end, in a copy whose two faults (no `flask`
//! script, a Werkzeug that moved on) are mended by hand.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::lab::Lab;
use super::report::{Finding, Report};
use super::seeds::ask;
use crate::error::{Result, io};
use crate::process::{self, Ended};

/// What the application answers.
const GREETING: &str = "Hello, World from Flask!";
/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The ports of the host.
const PORTS: [u16; 2] = [5000, 5001];

/// Walks.
pub(crate) fn run(lab: &Lab, _names: &[String]) -> Result<Report> {
    let seed = lab.seeds()?.join("002");
    mend(&seed)?;
    let walk = Walk { lab, seed: &seed };
    let mut report = Report::new("walkthrough");
    let steps = [
        ("build", walk.build()?),
        ("run", walk.start()?),
        ("answers", walk.answers()),
        ("ps", walk.ps()?),
        ("images", walk.images()?),
        ("stop", walk.stop()?),
        ("prune", walk.prune()?),
    ];
    for (name, wrong) in steps {
        let mut finding = Finding::new(name);
        finding.differences.image = wrong;
        report.add(lab, finding)?;
    }
    Ok(report)
}

/// The article's faults, mended.
fn mend(seed: &Path) -> Result<()> {
    let dockerfile = seed.join("Dockerfile");
    let text = fs::read_to_string(&dockerfile).map_err(io("read", &dockerfile))?;
    let line = "COPY --from=builder /app .";
    let script = "COPY --from=builder /usr/local/bin/flask /usr/local/bin/flask";
    let text = text.replace(line, &format!("{script}\n{line}"));
    fs::write(&dockerfile, text).map_err(io("write", &dockerfile))?;
    let requirements = seed.join("requirements.txt");
    fs::write(&requirements, "Flask==2.0.3\nWerkzeug<3\n").map_err(io("write", &requirements))
}

struct Walk<'a> {
    lab: &'a Lab,
    seed: &'a Path,
}

impl Walk<'_> {
    /// `constrict`, as its users have it: with its check, and a store that nothing else is in.
    fn constrict(&self, words: &[&str]) -> Result<Ended> {
        let mut command = Command::new(self.lab.program());
        self.lab
            .settle(&mut command, &self.lab.work.join("walkthrough"));
        command.env_remove("CONSTRICT_CHECK");
        process::capture(command.args(words).current_dir(self.seed))
    }

    /// What is wrong if a command fails, or its output lacks something.
    fn expect(&self, words: &[&str], says: &[&str]) -> Result<Vec<String>> {
        let ended = self.constrict(words)?;
        let text = ended.text();
        let mut wrong = Vec::new();
        if !ended.ok() {
            let end = process::last_lines(&ended.stderr, 20);
            wrong.push(format!("{words:?} ends with {:?}: {end}", ended.status));
        }
        let unsaid = says.iter().filter(|part| !text.contains(**part));
        wrong.extend(unsaid.map(|part| format!("{words:?} does not say {part}: {text}")));
        Ok(wrong)
    }

    fn build(&self) -> Result<Vec<String>> {
        let single = [
            "build",
            "-f",
            "Dockerfile.single",
            "-t",
            "flask-single",
            ".",
        ];
        let mut wrong = self.expect(&["build", "-t", "flask-multi", "."], &[])?;
        wrong.extend(self.expect(&single, &[])?);
        Ok(wrong)
    }

    fn start(&self) -> Result<Vec<String>> {
        let multi = [
            "run",
            "-d",
            "--name",
            "multi",
            "-p",
            "5000:5000",
            "flask-multi",
        ];
        let single = [
            "run",
            "-d",
            "--name",
            "single",
            "-p",
            "5001:5000",
            "flask-single",
        ];
        let mut wrong = self.expect(&multi, &[])?;
        wrong.extend(self.expect(&single, &[])?);
        Ok(wrong)
    }

    fn answers(&self) -> Vec<String> {
        let wrong = PORTS.iter().filter_map(|port| {
            let answer = wait_for(*port);
            (!answer.ends_with(GREETING)).then(|| format!("port {port} answers: {answer:?}"))
        });
        wrong.collect()
    }

    fn ps(&self) -> Result<Vec<String>> {
        let rows = [
            "multi",
            "single",
            "0.0.0.0:5000->5000/tcp",
            "0.0.0.0:5001->5000/tcp",
        ];
        self.expect(&["ps"], &rows)
    }

    fn images(&self) -> Result<Vec<String>> {
        self.expect(&["images"], &["flask-multi", "flask-single"])
    }

    fn stop(&self) -> Result<Vec<String>> {
        let mut wrong = self.expect(&["stop", "multi", "single"], &["multi", "single"])?;
        let open = PORTS.iter().filter(|port| ask(&address(**port)).is_ok());
        wrong.extend(open.map(|port| format!("port {port} still answers")));
        Ok(wrong)
    }

    /// The containers go, the named images stay.
    fn prune(&self) -> Result<Vec<String>> {
        let mut wrong = self.expect(&["system", "prune", "-f"], &["reclaimed"])?;
        let left = self.constrict(&["ps", "-aq"])?.text();
        if !left.is_empty() {
            wrong.push(format!("containers are left: {left}"));
        }
        wrong.extend(self.images()?);
        Ok(wrong)
    }
}

fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// The answer of the server at `port`, or why there is none in time.
fn wait_for(port: u16) -> String {
    let start = Instant::now();
    loop {
        match ask(&address(port)) {
            Ok(answer) if !answer.is_empty() => return answer,
            Err(error) if start.elapsed() > PATIENCE => return error.to_string(),
            Ok(_) if start.elapsed() > PATIENCE => return "nothing".into(),
            _ => sleep(Duration::from_millis(100)),
        }
    }
}
