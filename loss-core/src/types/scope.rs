//! What the names of one definition stand for while its body is checked.

use super::definitions::Definitions;
use super::functions;
use super::sets::{SetVar, Sets};
use super::tree::{LetInfo, VarId};
use crate::diag::messages::check as say;
use crate::diag::{Diag, Errors, SpanRange, suggest};
use crate::ir::{HyperInfo, InputInfo, SetId, SetInfo, SetSize, Ty};
use crate::syntax::ast::{Def, Domain, Extern, Stmt};
use proc_macro2::Ident;
use std::rc::Rc;

/// An index variable while its set may still be open.
pub(super) struct Var {
    pub name: String,
    pub set: SetVar,
    pub declared: SpanRange,
    pub used: bool,
    /// Whether it is a free index of the value.
    pub sample: bool,
}

/// A `let` as the body sees it.
pub(super) struct LetScope {
    pub info: LetInfo,
    pub declared: Ident,
    pub used: bool,
    /// Whether an assignment of another number of axes has been reported.
    pub disputed: bool,
}

/// What stands on the left of a `let`.
pub(super) struct Left {
    pub name: Ident,
    pub indices: Vec<Ident>,
}

/// The state of checking one definition.
pub(super) struct Scope<'a, 'd> {
    pub defs: &'a mut Definitions<'d>,
    pub errors: &'a mut Errors,
    pub sets: Sets,
    pub infos: Vec<SetInfo>,
    pub hypers: Vec<HyperInfo>,
    pub defaults: Vec<Vec<f64>>,
    pub domains: Vec<Option<Domain>>,
    pub inputs: Vec<InputInfo>,
    pub used_inputs: Vec<bool>,
    pub used_hypers: Vec<bool>,
    pub lets: Vec<LetScope>,
    pub vars: Vec<Var>,
    /// The index variables in scope, innermost last.
    pub bound: Vec<VarId>,
    /// The `let` being checked, for messages; `None` in the value.
    pub left: Option<Left>,
    /// Sets whose elements are used by number, and where.
    pub numbered: Vec<(SetVar, SpanRange)>,
    /// Sets of indices that a comparison ties to one another, as `m == n + 1` does.
    pub near: Vec<(SetVar, Vec<SetVar>)>,
    /// The host functions that the body calls.
    pub externs: Vec<Rc<Extern>>,
    /// The names of all `let`s outside loops, also of those further down.
    to_come: Vec<String>,
}

/// What a name without indices can be.
#[derive(Clone, Copy)]
pub(super) enum Named {
    Var(VarId),
    Let(usize),
    Hyper(usize),
    Input(usize),
    Set(SetId),
}

impl Named {
    /// What it is, in words.
    pub fn noun(self) -> &'static str {
        match self {
            Named::Var(_) => "an index",
            Named::Let(_) => "a tensor",
            Named::Hyper(_) => "a hyperparameter",
            Named::Input(_) => "an input",
            Named::Set(_) => "an index set",
        }
    }
}

impl<'a, 'd> Scope<'a, 'd> {
    /// Nothing is known yet.
    pub fn new(def: &Def, defs: &'a mut Definitions<'d>, errors: &'a mut Errors) -> Self {
        let lets = def.stmts.iter().filter_map(|stmt| match stmt {
            Stmt::Let(l) => Some(l.name.to_string()),
            Stmt::Repeat(_) => None,
        });
        Scope {
            defs,
            errors,
            sets: Sets::default(),
            infos: vec![],
            hypers: vec![],
            defaults: vec![],
            domains: vec![],
            inputs: vec![],
            used_inputs: vec![],
            used_hypers: vec![],
            lets: vec![],
            vars: vec![],
            bound: vec![],
            left: None,
            numbered: vec![],
            near: vec![],
            externs: def.externs.clone(),
            to_come: lets.collect(),
        }
    }
}

impl Scope<'_, '_> {
    /// Looks a name up: index variables first, then `let`s, hyperparameters, inputs, sets.
    pub fn lookup(&self, name: &str) -> Option<Named> {
        if let Some(&var) = self.bound.iter().rev().find(|v| self.vars[v.0].name == name) {
            return Some(Named::Var(var));
        }
        if let Some(i) = self.lets.iter().rposition(|l| l.info.name == name) {
            return Some(Named::Let(i));
        }
        if let Some(i) = self.hypers.iter().position(|h| h.name == name) {
            return Some(Named::Hyper(i));
        }
        if let Some(i) = self.inputs.iter().position(|i| i.name == name) {
            return Some(Named::Input(i));
        }
        self.find_set(name).map(Named::Set)
    }

    /// Whether a tensor or a hyperparameter has that name, even if an index hides it.
    pub fn names_value(&self, name: &Ident) -> bool {
        self.lets.iter().any(|l| *name == l.info.name)
            || self.hypers.iter().any(|h| *name == h.name)
            || self.inputs.iter().any(|i| *name == i.name)
    }

    /// The set of that name, if the signature has one.
    pub fn find_set(&self, name: &str) -> Option<SetId> {
        self.infos.iter().position(|s| s.name == name).map(|i| SetId(i as u16))
    }

    /// The set of a fixed size, new or known.
    pub fn fixed_set(&mut self, size: usize) -> SetId {
        let name = size.to_string();
        self.find_set(&name).unwrap_or_else(|| {
            self.infos.push(SetInfo { name, size: SetSize::Fixed(size) });
            SetId((self.infos.len() - 1) as u16)
        })
    }

    /// The name of a set as written.
    pub fn set_name(&self, set: SetId) -> String {
        self.infos[usize::from(set.0)].name.clone()
    }

    /// The name of a set that may still be open.
    pub fn set_text(&self, set: SetVar) -> String {
        self.sets.get(set).map_or_else(|| "_".into(), |s| self.set_name(s))
    }

    /// The names of sets that may still be open.
    pub fn set_texts(&self, sets: &[SetVar]) -> Vec<String> {
        sets.iter().map(|&set| self.set_text(set)).collect()
    }

    /// Brings an index variable into scope; its set is open.
    pub fn declare(&mut self, name: &Ident) -> VarId {
        let set = self.sets.open();
        self.vars.push(Var {
            name: name.to_string(),
            set,
            declared: name.into(),
            used: false,
            sample: false,
        });
        let id = VarId(self.vars.len() - 1);
        self.bound.push(id);
        id
    }

    /// Demands that an index variable ranges over the set of an axis of `owner`. Law: an index ranges over one
    /// set, wherever it is used.
    pub fn unify_index(
        &mut self,
        used: SetVar,
        wanted: SetVar,
        at: SpanRange,
        owner: &Ident,
        index: &str,
    ) -> Option<()> {
        let Err(clash) = self.sets.unify(used, wanted) else { return Some(()) };
        let used_first = self.sets.get(used) == Some(clash.first);
        let (mine, theirs) =
            if used_first { (clash.first, clash.second) } else { (clash.second, clash.first) };
        let decided = if used_first { clash.decided } else { clash.second_decided };
        let (map, mine, theirs) =
            (self.map_between(mine, theirs), self.set_name(mine), self.set_name(theirs));
        let map = map.map(|map| format!("{map}[{index}]"));
        self.errors.push(say::set_clash(at, index, owner, &mine, &theirs, map.as_deref()));
        self.errors.push(say::set_decided(decided, index, &mine));
        None
    }

    /// A class map from one set into another: what may have been meant.
    fn map_between(&self, from: SetId, into: SetId) -> Option<&str> {
        let maps = |i: &&InputInfo| i.sets == [from] && i.ty == Ty::Index(into);
        self.inputs.iter().find(maps).map(|i| i.name.as_str())
    }

    /// Reports a name that nothing in scope has. `indexed`: it is used as a tensor.
    pub fn unknown_name(&mut self, name: &Ident, indexed: bool) {
        let text = name.to_string();
        let diag = self.misplaced(name, &text).unwrap_or_else(|| {
            let known = self.names_in_scope();
            // A short lower-case name is an index, not a set in the wrong case.
            let like = |k: &&str| k.eq_ignore_ascii_case(&text) && k.starts_with(|c: char| c.is_lowercase());
            let same = known.iter().map(String::as_str).find(like);
            let close = same.or_else(|| suggest::closest(&text, known.iter().map(String::as_str)));
            say::unknown_name(name, indexed, close, &known)
        });
        self.errors.push(diag);
    }

    /// What there is of that name elsewhere: a `let` further down or inside a loop, a function, a loss.
    fn misplaced(&self, name: &Ident, text: &str) -> Option<Diag> {
        if self.left.as_ref().is_some_and(|left| left.name == *name) {
            return Some(say::defined_by_itself(name));
        }
        if self.to_come.iter().any(|n| n == text) {
            return Some(say::used_before_definition(name));
        }
        if let Some(instead) = functions::foreign_constant(text) {
            return Some(say::foreign_constant(name, instead));
        }
        if self.lets.iter().any(|l| l.info.name.strip_prefix('\'') == Some(text)) {
            return Some(say::local_to_repeat(name));
        }
        if let Some(usage) = functions::usage(text) {
            return Some(say::function_alone(name, &usage));
        }
        self.defs.names().iter().any(|n| n == text).then(|| say::loss_alone(name))
    }

    /// The names an expression may use here, for notes.
    pub fn names_in_scope(&self) -> Vec<String> {
        // Samples of an applied loss have names that nobody can write.
        let written = |v: &&VarId| !self.vars[v.0].name.contains(char::is_uppercase);
        let bound = self.bound.iter().filter(written);
        let mut names: Vec<String> = bound.map(|v| self.vars[v.0].name.clone()).collect();
        names.extend(self.lets.iter().map(|l| l.info.name.clone()));
        names.extend(self.hypers.iter().map(|h| h.name.clone()));
        names.extend(self.inputs.iter().map(|i| i.name.clone()));
        names.extend(self.infos.iter().filter(|s| !s.size.is_target_only()).map(|s| s.name.clone()));
        // Neither names of a loop's inside nor fixed sets: no expression can name them.
        names.retain(|n| n.starts_with(|c: char| c.is_alphabetic() || c == '_'));
        names
    }
}
