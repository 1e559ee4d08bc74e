//! What the names of one definition stand for while its body is checked.

use super::check::Definitions;
use super::sets::{SetVar, Sets};
use super::tree::{LetInfo, VarId};
use crate::diag::messages::check as say;
use crate::diag::{Errors, SpanRange, suggest};
use crate::ir::{HyperInfo, InputInfo, SetId, SetInfo, SetSize, Ty};
use crate::syntax::ast::Domain;
use proc_macro2::Ident;

/// An index variable while its set may still be open.
pub(super) struct Var {
    pub name: String,
    pub set: SetVar,
    pub declared: SpanRange,
    pub used: bool,
}

/// A `let` as the body sees it.
pub(super) struct LetScope {
    pub info: LetInfo,
    pub declared: SpanRange,
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
    /// What stands on the left of the `let` being checked, for messages; `None` in the value.
    pub left: Option<Ident>,
    /// Sets whose elements are used by number, and where.
    pub numbered: Vec<(SetVar, SpanRange)>,
}

/// What a name without indices can be.
pub(super) enum Named {
    Var(VarId),
    Let(usize),
    Hyper(usize),
    Input(usize),
    Set(SetId),
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

    /// Brings an index variable into scope; its set is open.
    pub fn declare(&mut self, name: &Ident) -> VarId {
        let set = self.sets.open();
        self.declare_over(name.to_string(), set, name.into())
    }

    /// Brings an index variable over a given set into scope.
    pub fn declare_over(&mut self, name: String, set: SetVar, declared: SpanRange) -> VarId {
        self.vars.push(Var { name, set, declared, used: false });
        let id = VarId(self.vars.len() - 1);
        self.bound.push(id);
        id
    }

    /// Demands that two sets are one: law: an index ranges over one set, wherever it is used.
    pub fn unify(&mut self, used: SetVar, wanted: SetVar, at: SpanRange, what: &str) -> Option<()> {
        match self.sets.unify(used, wanted) {
            Ok(()) => Some(()),
            Err(clash) => {
                let (first, second) = (self.set_name(clash.first), self.set_name(clash.second));
                self.errors.push(say::set_clash(at, what, &first, &second));
                let decided = if self.sets.get(used) == Some(clash.first) {
                    (clash.decided, first)
                } else {
                    (clash.second_decided, second)
                };
                self.errors.push(say::set_decided(decided.0, what, &decided.1));
                None
            }
        }
    }

    /// Reports a name that nothing in scope has.
    pub fn unknown_name(&mut self, name: &Ident) {
        let known = self.names_in_scope();
        let text = name.to_string();
        let close = suggest::closest(&text, known.iter().map(String::as_str));
        self.errors.push(say::unknown_name(name, close, &known));
    }

    /// The names an expression may use here, for notes.
    pub fn names_in_scope(&self) -> Vec<String> {
        let mut names: Vec<String> = self.bound.iter().map(|v| self.vars[v.0].name.clone()).collect();
        names.extend(self.lets.iter().map(|l| l.info.name.clone()));
        names.extend(self.hypers.iter().map(|h| h.name.clone()));
        names.extend(self.inputs.iter().map(|i| i.name.clone()));
        names.extend(self.infos.iter().filter(|s| s.size != SetSize::Unknown).map(|s| s.name.clone()));
        names
    }

    /// What an input's elements are, in words.
    pub fn describe(&self, ty: Ty) -> String {
        match ty {
            Ty::Real => "real numbers".into(),
            Ty::Bool => "conditions".into(),
            Ty::Index(set) => format!("indices into `{}`", self.set_name(set)),
        }
    }
}
