//! The order of a closure: what a package needs stands before it. Never adds or drops a package.
//!
//! Essential packages and what they need come first; within that, pre-dependencies before dependencies, then by
//! name. Cycles, which only `Depends` may have, are cut where they are entered.

use std::collections::{HashMap, HashSet};

use super::Universe;
use crate::Result;
use crate::packages::Field;

pub(super) fn order(universe: &Universe, chosen: &[usize]) -> Result<Vec<usize>> {
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for &index in chosen {
        let package = universe.package(index);
        by_name
            .entry(package.name.to_string())
            .or_default()
            .push(index);
        for relation in package
            .relations(Field::Provides)?
            .iter()
            .flat_map(|item| &item.0)
        {
            by_name
                .entry(relation.name.clone())
                .or_default()
                .push(index);
        }
    }
    let needs = |index: usize| -> Result<Vec<usize>> {
        let package = universe.package(index);
        let mut list = Vec::new();
        for field in [Field::PreDepends, Field::Depends] {
            for relation in package.relations(field)?.iter().flat_map(|item| &item.0) {
                list.extend(by_name.get(&relation.name).into_iter().flatten());
            }
        }
        Ok(list)
    };
    let mut starts = chosen.to_vec();
    starts.sort_by_key(|&index| {
        (
            !universe.package(index).essential,
            &universe.package(index).name,
        )
    });
    let mut done = Vec::with_capacity(chosen.len());
    let mut seen = HashSet::new();
    for start in starts {
        if !seen.insert(start) {
            continue;
        }
        let mut path = vec![(start, needs(start)?.into_iter())];
        while let Some((index, rest)) = path.last_mut() {
            match rest.next() {
                Some(next) if seen.insert(next) => path.push((next, needs(next)?.into_iter())),
                Some(_) => {}
                None => {
                    done.push(*index);
                    path.pop();
                }
            }
        }
    }
    Ok(done)
}
