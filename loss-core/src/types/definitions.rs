//! The definitions that can be applied by name, each checked when it is first needed.

use super::check::definition;
use super::external;
use super::tree::Checked;
use crate::diag::Errors;
use crate::diag::messages::check as say;
use crate::syntax::ast::{Broken, Def, File};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How deep definitions may apply one another: each is checked and lowered inside the one that applies it.
const MAX_DEPTH: usize = 32;

/// All definitions that can be applied by name: those of the invocation, then the catalogue's.
pub struct Definitions<'d> {
    local: &'d [Def],
    broken: &'d [Broken],
    /// The names of host functions with mistakes.
    wrong: Vec<String>,
    catalogue: &'d dyn Fn(&str) -> Option<Def>,
    catalogue_names: &'d dyn Fn() -> Vec<String>,
    /// What has been checked; `None` if it has mistakes.
    checked: BTreeMap<String, Option<Rc<Checked>>>,
    /// What is being checked, outermost first.
    open: Vec<String>,
}

/// What a name of a definition turned out to be.
pub(super) enum Lookup {
    Found(Rc<Checked>),
    /// It has mistakes that have been reported.
    Broken,
    /// It is being checked: it applies itself, through these.
    Recursive(Vec<String>),
    /// Too many definitions are being checked for it already.
    TooDeep(usize),
    Unknown,
}

impl<'d> Definitions<'d> {
    /// The definitions of a file, over a catalogue.
    pub fn new(
        file: &'d File,
        catalogue: &'d dyn Fn(&str) -> Option<Def>,
        catalogue_names: &'d dyn Fn() -> Vec<String>,
    ) -> Self {
        let (local, broken, wrong) = (&file.defs[..], &file.broken[..], vec![]);
        Definitions {
            local,
            broken,
            wrong,
            catalogue,
            catalogue_names,
            checked: BTreeMap::new(),
            open: vec![],
        }
    }

    /// Names for did-you-mean.
    pub(super) fn names(&self) -> Vec<String> {
        let local = self.local.iter().map(|d| d.name.to_string());
        local.chain((self.catalogue_names)()).collect()
    }

    /// Whether the catalogue has a definition of that name, too.
    pub(super) fn in_catalogue(&self, name: &str) -> bool {
        (self.catalogue_names)().iter().any(|n| n == name)
    }

    pub(super) fn get(&mut self, name: &str, errors: &mut Errors) -> Lookup {
        if let Some(known) = self.checked.get(name) {
            return known.clone().map_or(Lookup::Broken, Lookup::Found);
        }
        if let Some(at) = self.open.iter().position(|n| n == name) {
            return Lookup::Recursive(self.open[at + 1..].to_vec());
        }
        if self.open.len() == MAX_DEPTH {
            return Lookup::TooDeep(MAX_DEPTH);
        }
        let local = self.local.iter().find(|d| d.name == name).cloned();
        if local.is_none() && self.broken.iter().any(|b| b.name == name) {
            return Lookup::Broken;
        }
        // What calls a host function with mistakes cannot be understood; they have been reported.
        let wrong = |def: &Def| def.externs.iter().any(|host| self.wrong.iter().any(|w| host.name == *w));
        if local.as_ref().is_some_and(wrong) {
            return Lookup::Broken;
        }
        let Some(def) = local.or_else(|| (self.catalogue)(name)) else { return Lookup::Unknown };
        self.open.push(name.to_owned());
        let checked = definition(&def, self, errors).map(Rc::new);
        self.open.pop();
        self.checked.insert(name.to_owned(), checked.clone());
        checked.map_or(Lookup::Broken, Lookup::Found)
    }
}

/// Checks every definition of a file. The results stand in the order of the file; a definition with a
/// mistake has `None`, and its mistakes are in `errors`.
pub fn check(
    file: &File,
    catalogue: &dyn Fn(&str) -> Option<Def>,
    catalogue_names: &dyn Fn() -> Vec<String>,
    errors: &mut Errors,
) -> Vec<Option<Rc<Checked>>> {
    let mut defs = Definitions::new(file, catalogue, catalogue_names);
    defs.wrong = external::declarations(file, errors);
    let mut checked = Vec::new();
    for (i, def) in file.defs.iter().enumerate() {
        checked.push(match defs.get(&def.name.to_string(), errors) {
            _ if !check_distinct_definition(file, i, errors) => None,
            Lookup::Found(checked) => Some(checked),
            _ => None,
        });
    }
    checked
}

/// Checks a definition that is not in the file but may apply those that are.
pub fn check_one(
    def: &Def,
    file: &File,
    catalogue: &dyn Fn(&str) -> Option<Def>,
    catalogue_names: &dyn Fn() -> Vec<String>,
    errors: &mut Errors,
) -> Option<Rc<Checked>> {
    definition(def, &mut Definitions::new(file, catalogue, catalogue_names), errors).map(Rc::new)
}

/// Law: definitions of one invocation have different names.
fn check_distinct_definition(file: &File, i: usize, errors: &mut Errors) -> bool {
    let name = &file.defs[i].name;
    let earlier = file.defs[..i].iter().map(|d| &d.name).chain(file.broken.iter().map(|b| &b.name));
    let distinct = earlier.into_iter().all(|other| other != name);
    if !distinct {
        errors.push(say::duplicate_definition(name));
    }
    distinct
}
