//! The tensors that a loss holds: inputs of the plain definition, which the generated type brings along.

use super::{Work, initial};
use crate::diag::messages::compose as say;
use crate::diag::{Errors, suggest};
use crate::syntax::ast::{AxisName, Element, Expr, Held, Input, Let, RepeatStep, Role, Stmt};
use proc_macro2::Ident;

impl Work {
    /// The tensors that the definition itself declares, and what it says of its state.
    pub(super) fn own_held(&mut self, errors: &mut Errors) {
        for held in std::mem::take(&mut self.plain.held) {
            if let Err(diag) = initial::of(&held) {
                errors.push(diag);
            }
            // Law: a tensor is built before there are inputs that could tell its number of axes.
            if held.axes.iter().any(|axis| matches!(axis, AxisName::Bundle(_))) {
                errors.push(say::held_bundle(held.range, &held.name));
            }
            self.hold(held);
        }
        self.check_updates(errors);
    }

    /// An input that is the type's own tensor. No gradient reaches a state.
    pub(super) fn hold(&mut self, held: Held) {
        self.plain.inputs.push(Input {
            name: held.name.clone(),
            data: held.role == Role::State,
            axes: held.axes.clone(),
            element: Element::Real,
            domain: None,
            range: held.range,
        });
        self.extras.held.push(held);
    }

    /// Law: each state is updated, once, and nothing else is.
    fn check_updates(&self, errors: &mut Errors) {
        let updates = &self.plain.updates;
        let states: Vec<&Ident> = self.extras.states().map(|state| &state.name).collect();
        for (i, update) in updates.iter().enumerate() {
            if !states.contains(&&update.name) {
                let known: Vec<String> = states.iter().map(ToString::to_string).collect();
                let close = suggest::closest(&update.name.to_string(), known.iter().map(String::as_str));
                errors.push(say::update_of_other(&update.name, self.noun(&update.name), close, &known));
            } else if updates[..i].iter().any(|other| other.name == update.name) {
                errors.push(say::update_twice(&update.name));
            }
        }
        for state in states.into_iter().filter(|state| !updates.iter().any(|update| update.name == **state)) {
            errors.push(say::state_without_update(state));
        }
    }

    /// What a name is that is no state.
    fn noun(&self, name: &Ident) -> Option<&'static str> {
        let is_let = |stmt: &Stmt| match stmt {
            Stmt::Let(l) => l.name == *name,
            Stmt::Repeat(r) => r.steps.iter().any(|step| {
                let (RepeatStep::Let(l) | RepeatStep::Assign(l)) = step;
                l.name == *name
            }),
        };
        let learned = self.extras.held.iter().any(|held| held.name == *name);
        match () {
            () if learned => Some("a learnable tensor"),
            () if self.plain.inputs.iter().any(|input| input.name == *name) => Some("an input"),
            () if self.plain.hypers.iter().any(|hyper| hyper.name == *name) => Some("a hyperparameter"),
            () if self.plain.stmts.iter().any(is_let) => Some("a tensor of the body"),
            () => None,
        }
    }

    /// Calls `visit` with each expression inside a loop.
    pub(super) fn in_loops(&self, visit: &mut dyn FnMut(&Expr)) {
        let loops = self.plain.stmts.iter().filter_map(|stmt| match stmt {
            Stmt::Repeat(r) => Some(r),
            Stmt::Let(_) => None,
        });
        for step in loops.flat_map(|r| &r.steps) {
            let (RepeatStep::Let(Let { value, .. }) | RepeatStep::Assign(Let { value, .. })) = step;
            visit(value);
        }
    }
}
