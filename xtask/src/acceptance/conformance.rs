//! The conformance tier: every folder of `conformance/` built by docker and by constrict, and the results compared.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use super::builders::{self, Built, Request};
use super::case::{self, Case};
use super::compare::{self, Differences};
use super::ignored::Ignored;
use super::lab::Lab;
use super::report::{Finding, Report};
use super::server;
use crate::error::{Error, Result, io};

/// Cases built at a time.
const LANES: usize = 2;

/// Runs the named cases, or all.
pub(crate) fn run(lab: &Lab, names: &[String]) -> Result<Report> {
    let folders = folders(lab, names)?;
    let work = lab.work.join("cases");
    fs::create_dir_all(&work).map_err(io("create", &work))?;
    let cases = folders
        .iter()
        .map(|folder| case::prepare(folder, &work))
        .collect::<Result<VecDeque<_>>>()?;
    let _servers = server::start(&work)?;
    let queue = Mutex::new(cases);
    let report = Mutex::new(Report::new("conformance"));
    let lane = || -> Result<()> {
        loop {
            let next = queue.lock().expect("no lane panics").pop_front();
            let Some(case) = next else { return Ok(()) };
            let finding = examine(lab, &case)?;
            report.lock().expect("no lane panics").add(lab, finding)?;
        }
    };
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(lane)).collect();
        lanes
            .into_iter()
            .try_for_each(|lane| lane.join().expect("a lane does not panic"))
    })?;
    Ok(report.into_inner().expect("no lane panics"))
}

/// Only docker's side: fills the kept results and says how docker judges each case.
pub(crate) fn run_docker(lab: &Lab, names: &[String]) -> Result<Report> {
    let folders = folders(lab, names)?;
    let work = lab.work.join("cases");
    let cases = folders
        .iter()
        .map(|folder| case::prepare(folder, &work))
        .collect::<Result<Vec<_>>>()?;
    let _servers = server::start(&work)?;
    let mut report = Report::new("docker");
    for case in cases
        .iter()
        .filter(|case| case.description.expect.is_none())
    {
        let theirs = builders::docker(lab, &request(case), &case.hash)?;
        let mut finding = Finding::new(&case.name);
        finding.differences.image.extend(intended(case, &theirs));
        report.add(lab, finding)?;
    }
    Ok(report)
}

fn folders(lab: &Lab, names: &[String]) -> Result<Vec<PathBuf>> {
    let all = lab.top.join("conformance");
    if let Some(name) = names.iter().find(|name| !all.join(name).is_dir()) {
        return Err(Error::Unknown {
            what: "case",
            name: name.clone(),
        });
    }
    if !names.is_empty() {
        return Ok(names.iter().map(|name| all.join(name)).collect());
    }
    let listed = fs::read_dir(&all).map_err(io("list", &all))?;
    let mut found: Vec<PathBuf> = listed
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    Ok(found)
}

fn request(case: &Case) -> Request<'_> {
    Request {
        name: &case.name,
        context: &case.context,
        description: &case.description,
    }
}

fn examine(lab: &Lab, case: &Case) -> Result<Finding> {
    let request = request(case);
    if let Some(rows) = &case.description.expect {
        let ours = builders::constrict(lab, &request)?;
        let mut finding = Finding::new(&case.name);
        finding.differences.image.extend(unexpected(&ours, rows));
        return Ok(finding);
    }
    let theirs = builders::docker(lab, &request, &case.hash)?;
    let ours = builders::constrict(lab, &request)?;
    let mut finding = Finding::new(&case.name);
    finding.differences.image.extend(intended(case, &theirs));
    judge(&ours, &theirs, Ignored::Nothing, &mut finding);
    Ok(finding)
}

/// What is wrong with the case itself: docker does not do what it was written to show.
fn intended(case: &Case, theirs: &Built) -> Option<String> {
    match (&case.description.fails, theirs) {
        (None, Built::Image(_)) => None,
        (Some(text), Built::Refused(said)) if said.contains(text) => None,
        (Some(text), Built::Refused(said)) => Some(format!(
            "case: docker should say `{text}`, but says\n{said}"
        )),
        (Some(_), Built::Image(_)) => {
            Some("case: docker should refuse this, but builds it".to_owned())
        }
        (None, Built::Refused(said) | Built::Broken(said)) | (Some(_), Built::Broken(said)) => {
            Some(format!("case: docker should build this, but says\n{said}"))
        }
    }
}

/// How an image differs from the rows that its case expects.
fn unexpected(ours: &Built, rows: &[String]) -> Option<String> {
    match ours {
        Built::Image(image) => {
            let found: Vec<String> = image
                .tree
                .entries
                .iter()
                .map(|(path, entry)| format!("{path} {}", entry.brief()))
                .collect();
            (found != rows).then(|| format!("expected {rows:#?}\nfound {found:#?}"))
        }
        Built::Refused(said) | Built::Broken(said) => Some(format!("constrict refuses:\n{said}")),
    }
}

/// Compares the two outcomes into `finding`.
pub(crate) fn judge(ours: &Built, theirs: &Built, ignored: Ignored, finding: &mut Finding) {
    let lines = &mut finding.differences.image;
    match (ours, theirs) {
        (Built::Image(ours), Built::Image(theirs)) => {
            let Differences { image, history } = compare::compare(ours, theirs, ignored);
            lines.extend(image);
            finding.differences.history.extend(history);
        }
        (Built::Refused(our), Built::Refused(their)) => finding
            .notes
            .push(format!("docker says\n{their}\nconstrict says\n{our}")),
        (Built::Image(_), Built::Refused(said)) => {
            lines.push(format!("constrict builds what docker refuses:\n{said}"))
        }
        (Built::Refused(said), _) => lines.push(format!("constrict refuses:\n{said}")),
        (Built::Broken(said), _) => lines.push(format!("constrict broke: {said}")),
        (Built::Image(_), Built::Broken(said)) => lines.push(format!("docker broke: {said}")),
    }
}
