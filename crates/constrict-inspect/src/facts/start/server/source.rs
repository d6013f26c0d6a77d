//! Which calls of a source run when it is run as a script: those of its top level, of its main guard, and of the functions
//! that they reach.

use std::collections::BTreeMap;

use constrict_python::source::{Call, Module, Need};

/// Whether each reached function surely runs.
pub(super) struct Reached(BTreeMap<String, bool>);

/// Whether something with this need runs in a script; `None` if not, or if nobody can say.
fn runs(need: Need) -> Option<bool> {
    match need {
        Need::Always | Need::Main | Need::Guarded { .. } => Some(true),
        Need::Conditional | Need::Fallback { .. } | Need::Follow { .. } => Some(false),
        Need::TypeChecking | Need::Deferred => None,
    }
}

impl Reached {
    pub(super) fn by(module: &Module) -> Reached {
        let mut found: BTreeMap<String, bool> = BTreeMap::new();
        let mut open: Vec<(String, bool)> = module
            .top_calls
            .iter()
            .filter_map(|call| Some((call.name.clone(), runs(call.need)?)))
            .collect();
        // `asyncio.run(main())` calls by a name that is no call of the top level in some spellings
        while let Some((name, sure)) = open.pop() {
            let before = found.get(&name).copied();
            if before == Some(true) || before == Some(sure) {
                continue;
            }
            found.insert(name.clone(), sure);
            for (callee, need) in module
                .functions
                .get(&name)
                .iter()
                .flat_map(|function| &function.calls)
            {
                if let Some(inner) = runs(*need) {
                    open.push((callee.clone(), sure && inner));
                }
            }
        }
        Reached(found)
    }

    /// Whether a call surely runs; `None` if it is not known to run.
    pub(super) fn sure(&self, call: &Call) -> Option<bool> {
        match &call.body {
            None => runs(call.need),
            Some(body) => Some(*self.0.get(&body.function)? && runs(body.need)?),
        }
    }
}
