//! Choosing packages until every relation holds. Never orders them.
//!
//! Depth first, with a way back: where the dependencies of one alternative can't be had, what it brought is taken
//! back and the next one is tried. Both the depth and the number of steps are bounded.

use std::collections::HashMap;

use super::universe::{satisfies, satisfies_version};
use super::{Request, Universe, Unsatisfied};
use crate::packages::Field;
use crate::relation::{Alternatives, Relation};
use crate::version::Version;
use crate::{Error, Result};

/// Deepest chain of dependencies followed; real ones stay under a hundred.
const DEPTH_LIMIT: usize = 400;

/// Most packages tried, those taken back included.
const STEP_LIMIT: usize = 200_000;

/// The packages chosen so far.
pub(super) struct Search<'a> {
    universe: &'a Universe,
    request: &'a Request,
    pub(super) chosen: Vec<Chosen>,
    by_name: HashMap<&'a str, usize>,
    /// Virtual name → position in `chosen` and version.
    provided: HashMap<String, Vec<(usize, Option<Version>)>>,
    /// Name → relations that chosen packages forbid it by.
    forbidden: HashMap<String, Vec<(usize, Field, Relation)>>,
    steps: usize,
}

pub(super) struct Chosen {
    pub(super) index: usize,
    /// The package that asked for it, by position.
    parent: Option<usize>,
}

impl<'a> Search<'a> {
    pub(super) fn new(universe: &'a Universe, request: &'a Request) -> Search<'a> {
        Search {
            universe,
            request,
            chosen: Vec::new(),
            by_name: HashMap::new(),
            provided: HashMap::new(),
            forbidden: HashMap::new(),
            steps: 0,
        }
    }

    /// Chooses the essential and wanted packages before any dependency, so that they decide alternatives.
    pub(super) fn run(&mut self) -> Result<()> {
        if self.request.essential {
            for index in self.universe.essential() {
                let package = self.universe.package(index);
                if !self.request.exclude.contains(&*package.name) && !self.is_present(&package.name)
                {
                    self.choose(index, None)?;
                }
            }
        }
        for wanted in &self.request.wanted {
            let list = Alternatives::parse_list(wanted)?;
            for item in &list {
                if !self.holds(item) {
                    self.choose_root(item)?;
                }
            }
        }
        let roots = self.chosen.len();
        for position in 0..roots {
            self.satisfy_dependencies(position, 0)?;
        }
        if self.request.recommends {
            self.add_recommended();
        }
        Ok(())
    }

    fn choose_root(&mut self, item: &Alternatives) -> Result<()> {
        let mut failure = None;
        for index in self.candidates(item)? {
            match self.choose(index, None) {
                Ok(_) => return Ok(()),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        Err(failure.unwrap_or_else(|| self.unsatisfied(item, None)))
    }

    fn satisfy_dependencies(&mut self, position: usize, depth: usize) -> Result<()> {
        if depth > DEPTH_LIMIT {
            return Err(Error::TooLong {
                what: "a chain of dependencies",
                limit: DEPTH_LIMIT,
            });
        }
        for field in [Field::PreDepends, Field::Depends] {
            let package = self.universe.package(self.chosen[position].index);
            for item in package.relations(field)? {
                self.satisfy(&item, position, depth)?;
            }
        }
        Ok(())
    }

    fn satisfy(&mut self, item: &Alternatives, asking: usize, depth: usize) -> Result<()> {
        let applies = |relation: &&Relation| relation.applies_on(self.universe.architecture());
        let item = Alternatives(item.0.iter().filter(applies).cloned().collect());
        if item.0.is_empty() || self.holds(&item) {
            return Ok(());
        }
        let mut failure = None;
        for index in self.candidates(&item)? {
            let mark = self.chosen.len();
            let tried = self.choose(index, Some(asking));
            match tried.and_then(|position| self.satisfy_dependencies(position, depth + 1)) {
                Ok(()) => return Ok(()),
                Err(error @ Error::TooLong { .. }) => return Err(error),
                Err(error) => {
                    self.take_back(mark);
                    failure = failure.or(Some(error));
                }
            }
        }
        Err(failure.unwrap_or_else(|| self.unsatisfied(&item, Some(asking))))
    }

    fn add_recommended(&mut self) {
        let mut position = 0;
        while position < self.chosen.len() {
            let package = self.universe.package(self.chosen[position].index);
            for item in package.relations(Field::Recommends).unwrap_or_default() {
                let mark = self.chosen.len();
                // what is recommended but can't be had is done without
                if self.satisfy(&item, position, 0).is_err() {
                    self.take_back(mark);
                }
            }
            position += 1;
        }
    }

    /// Candidates of all alternatives in the order to try them: preferred substitutes first.
    fn candidates(&self, item: &Alternatives) -> Result<Vec<usize>> {
        let mut list = Vec::new();
        for relation in &item.0 {
            list.extend(self.universe.candidates(relation)?);
        }
        let names = |index: usize| &*self.universe.package(index).name;
        let preferred: Vec<&String> = list
            .iter()
            .filter_map(|&index| self.request.prefer.get(names(index)))
            .collect();
        list.retain(|&index| !self.request.exclude.contains(names(index)));
        list.sort_by_key(|&index| !preferred.iter().any(|name| *name == names(index)));
        Ok(list)
    }

    fn is_present(&self, name: &str) -> bool {
        self.request
            .present
            .iter()
            .any(|installed| installed.name == name)
    }

    /// Whether a chosen or present package satisfies one of the alternatives.
    fn holds(&self, item: &Alternatives) -> bool {
        item.0
            .iter()
            .any(|relation| self.holds_by_chosen(relation) || self.holds_by_present(relation))
    }

    fn holds_by_chosen(&self, relation: &Relation) -> bool {
        let architecture = self.universe.architecture();
        let real = self
            .by_name
            .get(relation.name.as_str())
            .is_some_and(|&position| {
                let package = self.universe.package(self.chosen[position].index);
                satisfies(
                    relation,
                    architecture,
                    package,
                    &package.name,
                    Some(&package.version),
                )
            });
        let providers = || self.provided.get(&relation.name).into_iter().flatten();
        real || providers().any(|(position, version)| {
            let package = self.universe.package(self.chosen[*position].index);
            satisfies(
                relation,
                architecture,
                package,
                &relation.name,
                version.as_ref(),
            )
        })
    }

    fn holds_by_present(&self, relation: &Relation) -> bool {
        self.request.present.iter().any(|installed| {
            let provided = installed.provides.iter().any(|provided| {
                let version = provided
                    .constraint
                    .as_ref()
                    .map(|constraint| &constraint.version);
                satisfies_version(relation, &provided.name, version)
            });
            provided || satisfies_version(relation, &installed.name, Some(&installed.version))
        })
    }

    /// Takes a package, if nothing chosen forbids it and it forbids nothing chosen; its position.
    fn choose(&mut self, index: usize, parent: Option<usize>) -> Result<usize> {
        let package = self.universe.package(index);
        self.steps += 1;
        if self.steps > STEP_LIMIT {
            return Err(Error::TooLong {
                what: "the search for dependencies",
                limit: STEP_LIMIT,
            });
        }
        if let Some(&position) = self.by_name.get(&*package.name) {
            return Ok(position);
        }
        let provided: Vec<(String, Option<Version>)> = package
            .relations(Field::Provides)?
            .into_iter()
            .flat_map(|item| item.0)
            .map(|relation| {
                (
                    relation.name,
                    relation.constraint.map(|constraint| constraint.version),
                )
            })
            .collect();
        self.check_not_forbidden(index, &provided)?;
        let mut forbids = Vec::new();
        for field in [Field::Conflicts, Field::Breaks] {
            let list = package
                .relations(field)?
                .into_iter()
                .flat_map(|item| item.0);
            forbids.extend(
                list.filter(|relation| relation.applies_on(self.universe.architecture()))
                    .map(|r| (field, r)),
            );
        }
        self.check_forbids_nothing(index, &forbids)?;
        let position = self.chosen.len();
        self.chosen.push(Chosen { index, parent });
        self.by_name.insert(&package.name, position);
        for (name, version) in provided {
            self.provided
                .entry(name)
                .or_default()
                .push((position, version));
        }
        for (field, relation) in forbids {
            self.forbidden
                .entry(relation.name.clone())
                .or_default()
                .push((position, field, relation));
        }
        Ok(position)
    }

    fn check_not_forbidden(
        &self,
        index: usize,
        provided: &[(String, Option<Version>)],
    ) -> Result<()> {
        let package = self.universe.package(index);
        let own = std::iter::once((&*package.name, Some(&package.version)));
        let names = own.chain(
            provided
                .iter()
                .map(|(name, version)| (name.as_str(), version.as_ref())),
        );
        for (name, version) in names {
            for (position, field, relation) in self.forbidden.get(name).into_iter().flatten() {
                if satisfies_version(relation, name, version) {
                    return Err(self.conflict(self.chosen[*position].index, *field, index));
                }
            }
        }
        Ok(())
    }

    fn check_forbids_nothing(&self, index: usize, forbids: &[(Field, Relation)]) -> Result<()> {
        for (field, relation) in forbids {
            let real = self
                .by_name
                .get(relation.name.as_str())
                .filter(|&&position| {
                    let other = self.universe.package(self.chosen[position].index);
                    satisfies_version(relation, &other.name, Some(&other.version))
                });
            let providers = self.provided.get(&relation.name).into_iter().flatten();
            let mut virtually = providers.filter(|(_, version)| {
                satisfies_version(relation, &relation.name, version.as_ref())
            });
            if let Some(&position) = real.or_else(|| virtually.next().map(|(position, _)| position))
            {
                return Err(self.conflict(index, *field, self.chosen[position].index));
            }
            let package = self.universe.package(index);
            let present = self
                .request
                .present
                .iter()
                .filter(|installed| installed.name != *package.name);
            for installed in present {
                if satisfies_version(relation, &installed.name, Some(&installed.version)) {
                    return Err(Error::Conflict {
                        package: self.shown(index),
                        relation: verb(*field),
                        other: format!("{} {}", installed.name, installed.version),
                    });
                }
            }
        }
        Ok(())
    }

    fn take_back(&mut self, mark: usize) {
        for chosen in self.chosen.drain(mark..) {
            self.by_name
                .remove(&*self.universe.package(chosen.index).name);
        }
        self.provided
            .values_mut()
            .for_each(|list| list.retain(|(position, _)| *position < mark));
        self.forbidden
            .values_mut()
            .for_each(|list| list.retain(|(position, ..)| *position < mark));
    }

    fn conflict(&self, index: usize, field: Field, other: usize) -> Error {
        Error::Conflict {
            package: self.shown(index),
            relation: verb(field),
            other: self.shown(other),
        }
    }

    fn shown(&self, index: usize) -> String {
        let package = self.universe.package(index);
        format!("{} {}", package.name, package.version)
    }

    fn unsatisfied(&self, item: &Alternatives, asking: Option<usize>) -> Error {
        let mut chain = Vec::new();
        let mut next = asking;
        while let Some(position) = next {
            chain.push(
                self.universe
                    .package(self.chosen[position].index)
                    .name
                    .to_string(),
            );
            next = self.chosen[position].parent;
        }
        chain.reverse();
        let offer = |relation: &Relation| match self.universe.newest(&relation.name) {
            Some(package) if self.request.exclude.contains(&*package.name) => {
                Some(format!("{} is excluded", package.name))
            }
            Some(package) => Some(format!("{} is {}", package.name, package.version)),
            None => None,
        };
        let offered = item.0.iter().filter_map(offer).collect();
        Error::Unsatisfied(Box::new(Unsatisfied {
            chain,
            relation: item.to_string(),
            offered,
        }))
    }
}

fn verb(field: Field) -> &'static str {
    if field == Field::Breaks {
        "breaks"
    } else {
        "conflicts with"
    }
}
