//! Names that a package's `__getattr__` brings when they are asked for (PEP 562): its imports for type checkers tell from
//! which module, since they are there to say the same.

use constrict_python::source::{Form, Import, Need, Open};

use super::walk::Walk;

impl Walk<'_, '_> {
    /// The import for type checkers that stands for `from target import name`; `None` if no `__getattr__` is asked.
    pub(super) fn lazy(&mut self, target: usize, name: &str) -> Option<Import> {
        let source = self.nodes[target].source.clone()?;
        if source.names.open != Some(Open::Getattr) {
            return None;
        }
        let told = source
            .imports
            .iter()
            .filter(|import| import.need == Need::TypeChecking);
        for import in told {
            let gives = match &import.form {
                Form::Names(names) => names.iter().any(|taken| taken.bound() == name),
                Form::Star => self.star_gives(target, import, name),
                _ => false,
            };
            if gives {
                return Some(import.clone());
            }
        }
        None
    }

    /// Whether `from .part import *` in a package brings a name.
    fn star_gives(&mut self, target: usize, import: &Import, name: &str) -> bool {
        let Some(portions) = self.nodes[target].portions().map(<[Vec<u8>]>::to_vec) else {
            return false;
        };
        if import.level != 1 || import.module.contains('.') {
            return false;
        }
        let Some(found) = self.finder.find(&import.module, &portions) else {
            return false;
        };
        let (files, version) = (self.facts.files(), self.interpreter.version);
        let Some(part) = self.sources.module(files, &found.path, version) else {
            return false;
        };
        match &part.names.all {
            Some(all) => all.iter().any(|given| given == name),
            None => part.names.bound.contains_key(name),
        }
    }
}
