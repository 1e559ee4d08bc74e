//! What an application gives for hyperparameters: scalars, lists of them, arrays of its own.

use super::scope::{Named, Scope};
use super::signature::{constant, contains, domain_text};
use super::tree::{Checked, Kind, TNode, Typed};
use crate::diag::messages::check as say;
use crate::ops;
use crate::syntax::ast::{Application, Domain, Expr, ExprKind, HyperDefault, HyperType};
use proc_macro2::Ident;
use std::borrow::Cow;

impl Scope<'_, '_> {
    /// Law: hyperparameters given exist, once each, with a value of their type within their domain.
    pub fn given_hypers(&mut self, def: &Checked, app: &Application) -> Option<Vec<Option<Vec<Typed>>>> {
        let mut given = vec![None; def.hypers.len()];
        for (name, value) in &app.hypers {
            let Some(i) = def.hypers.iter().position(|h| *name == h.name) else {
                let known: Vec<String> = def.hypers.iter().map(|h| h.name.clone()).collect();
                self.errors.push(say::unknown_hyper(name, &def.name, &known));
                return None;
            };
            if given[i].is_some() {
                self.errors.push(say::hyper_given_twice(name));
                return None;
            }
            given[i] = Some(self.hyper_value(def, i, name, value)?);
        }
        Some(given)
    }

    fn hyper_value(
        &mut self,
        def: &Checked,
        i: usize,
        name: &Ident,
        value: &HyperDefault,
    ) -> Option<Vec<Typed>> {
        let exprs: Cow<[Expr]> = match (value, def.hypers[i].ty) {
            (HyperDefault::Scalar(e), HyperType::Real | HyperType::Integer | HyperType::Bool) => {
                std::slice::from_ref(e).into()
            }
            (HyperDefault::Array(list, _), HyperType::Array(n)) if list.len() == n => list.into(),
            (HyperDefault::Scalar(e), HyperType::Array(n)) if self.own_array(e) == Some(n) => {
                elements(e, n).into()
            }
            (HyperDefault::Array(list, range), HyperType::Array(n)) => {
                self.errors.push(say::array_length(*range, name, n, list.len()));
                return None;
            }
            (HyperDefault::Scalar(e), HyperType::Array(n)) => {
                self.errors.push(match self.own_array(e) {
                    Some(own) => say::array_length(e.range, name, n, own),
                    None => say::array_wanted(e.range, name, n),
                });
                return None;
            }
            (HyperDefault::Array(list, range), _) => {
                self.errors.push(say::scalar_wanted(*range, name, list.len()));
                return None;
            }
        };
        let typed: Vec<Option<Typed>> = exprs.iter().map(|e| self.hyper_scalar(def, i, name, e)).collect();
        typed.into_iter().collect()
    }

    /// How many elements an expression has, if it is an array hyperparameter of this definition's.
    fn own_array(&self, expr: &Expr) -> Option<usize> {
        let ExprKind::Name(name) = &expr.kind else { return None };
        match self.lookup(&name.to_string()) {
            Some(Named::Hyper(i)) => match self.hypers[i].ty {
                HyperType::Array(n) => Some(n),
                _ => None,
            },
            _ => None,
        }
    }

    fn hyper_scalar(&mut self, def: &Checked, i: usize, name: &Ident, expr: &Expr) -> Option<Typed> {
        if def.hypers[i].ty == HyperType::Bool {
            return self.hyper_truth(name, expr);
        }
        if def.hypers[i].ty == HyperType::Integer && !self.is_whole(expr) {
            self.errors.push(say::integer_wanted(expr.range, name));
            return None;
        }
        if let (Some(value), Some((lo, hi))) = (constant(expr), def.domains[i]) {
            let domain = Domain { lo, hi, range: expr.range };
            if !contains(&domain, value) {
                self.errors.push(say::outside_domain(expr.range, name, value, &domain_text(&domain)));
                return None;
            }
        }
        self.without_indices(expr, Self::real)
    }

    /// Law: a `bool` is given a condition without indices. As a number it is 0 or 1.
    fn hyper_truth(&mut self, name: &Ident, expr: &Expr) -> Option<Typed> {
        let typed = self.without_indices(expr, Self::expr)?;
        if typed.kind != Kind::Bool {
            self.errors.push(say::truth_wanted(expr.range, name));
            return None;
        }
        let range = typed.range;
        let number = |value| Typed { node: TNode::Number(value), kind: Kind::Real, range };
        let choice = vec![typed, number(1.0), number(0.0)];
        Some(Typed { node: TNode::Op(ops::op("select"), choice), kind: Kind::Real, range })
    }

    /// Whether an expression is a whole number from 0, whatever the hyperparameters and sizes are.
    fn is_whole(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Name(name) => match self.lookup(&name.to_string()) {
                Some(Named::Hyper(i)) => self.hypers[i].ty == HyperType::Integer,
                Some(Named::Set(_)) => true,
                _ => false,
            },
            ExprKind::Binary("add" | "mul", x, y) => self.is_whole(x) && self.is_whole(y),
            _ => constant(expr).is_some_and(|value| value >= 0.0 && value.fract() == 0.0),
        }
    }

    /// An expression in which no index is in scope: a scalar.
    pub fn without_indices(
        &mut self,
        expr: &Expr,
        check: impl FnOnce(&mut Self, &Expr) -> Option<Typed>,
    ) -> Option<Typed> {
        let bound = std::mem::take(&mut self.bound);
        let left = self.left.take();
        let typed = check(self, expr);
        (self.bound, self.left) = (bound, left);
        typed
    }
}

/// `w[0], w[1], ..`
fn elements(array: &Expr, count: usize) -> Vec<Expr> {
    let ExprKind::Name(name) = &array.kind else { return vec![] };
    let at = |i: usize| Expr { kind: ExprKind::Number(i as f64), range: array.range };
    let element = |i| Expr { kind: ExprKind::Index(name.clone(), vec![at(i)]), range: array.range };
    (0..count).map(element).collect()
}
