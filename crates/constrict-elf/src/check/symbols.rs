//! Symbols that nobody in scope defines.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::{Binding, SymbolError};
use crate::search::{Files, Loaded};
use crate::symbols::{Defined, Reference, Symbols, Undefined};

/// The symbols that the objects in `objects` (of [`Loaded::objects`], such as `new` of what was opened) need and that
/// no object in their scope defines. `binding` is how they are opened: CPython opens everything with `RTLD_NOW`, so
/// [`Binding::Eager`]; a program is started with [`Binding::Lazy`], unless `LD_BIND_NOW` says otherwise.
///
/// Says nothing where a library is missing, since no loader gets to symbols then, nor where the symbols of an object in
/// scope are not known.
pub fn symbol_errors(
    loaded: &Loaded,
    objects: Range<usize>,
    binding: Binding,
    files: &dyn Files,
) -> Vec<SymbolError> {
    if loaded.missing.iter().any(|missing| !missing.ignored) {
        return Vec::new();
    }
    let mut by_scope: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for object in objects.filter(|&object| object < loaded.objects.len()) {
        by_scope
            .entry(loaded.scope_of(object))
            .or_default()
            .push(object);
    }
    let mut errors: Vec<SymbolError> = by_scope
        .iter()
        .filter_map(|(scope, objects)| in_scope(loaded, scope, objects, binding, files))
        .flatten()
        .collect();
    errors
        .sort_by(|one, other| (one.required_by, &one.name).cmp(&(other.required_by, &other.name)));
    errors
}

/// The errors of objects that share a scope; `None` where the scope is not wholly known.
fn in_scope(
    loaded: &Loaded,
    scope: &[usize],
    objects: &[usize],
    binding: Binding,
    files: &dyn Files,
) -> Option<Vec<SymbolError>> {
    let symbols = |index: &usize| Some((*index, files.symbols(&loaded.objects[*index].path)?));
    let requiring: Vec<(usize, Arc<Symbols>)> =
        objects.iter().map(symbols).collect::<Option<_>>()?;
    let providing: Vec<(usize, Arc<Symbols>)> = scope.iter().map(symbols).collect::<Option<_>>()?;
    let mut wanted: HashMap<&[u8], Vec<Defined<'_>>> = requiring
        .iter()
        .flat_map(|(_, symbols)| symbols.undefined())
        .filter(is_required)
        .map(|undefined| (undefined.name, Vec::new()))
        .collect();
    for defined in providing.iter().flat_map(|(_, symbols)| symbols.defined()) {
        if let Some(definitions) = wanted.get_mut(defined.name) {
            definitions.push(defined);
        }
    }
    let mut errors = Vec::new();
    for (required_by, symbols) in &requiring {
        let now = loaded.is_musl()
            || binding == Binding::Eager
            || loaded.objects[*required_by].object.flags.bind_now;
        for undefined in symbols.undefined().filter(is_required) {
            let mut definitions = wanted[undefined.name].iter();
            if definitions.any(|defined| matches(&undefined, defined, loaded.is_musl())) {
                continue;
            }
            errors.push(SymbolError {
                name: String::from_utf8_lossy(undefined.name).into_owned(),
                version: undefined.version.map(str::to_owned),
                kind: undefined.kind,
                required_by: *required_by,
                binding: if now || undefined.reference == Reference::Data {
                    Binding::Eager
                } else {
                    Binding::Lazy
                },
            });
        }
    }
    Some(errors)
}

/// Whether the absence of a symbol is ever noticed.
fn is_required(undefined: &Undefined<'_>) -> bool {
    !undefined.weak && undefined.reference != Reference::None
}

/// Whether the loader takes a definition. glibc's takes a symbol without a version for any; musl's compares none, and
/// sees only default ones.
fn matches(undefined: &Undefined<'_>, defined: &Defined<'_>, musl: bool) -> bool {
    if musl {
        return !defined.hidden;
    }
    match (undefined.version, defined.version) {
        (Some(wanted), Some(version)) => wanted == version,
        // the loader wants a default one here, or an old one: which symbols are which is not worth a false alarm
        (None, _) | (_, None) => true,
    }
}
