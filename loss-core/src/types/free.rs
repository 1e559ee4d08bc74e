//! Which names stand in index position and are bound by nothing: the samples of a value.

use super::tree::OrderOp;
use crate::ops::prelude::{self, Form};
use crate::syntax::ast::{Binder, Expr, ExprKind};
use proc_macro2::Ident;

/// Collects into `found` the free index names of `expr`, in order of first appearance.
pub(crate) fn free_indices(expr: &Expr, bound: &mut Vec<Ident>, found: &mut Vec<Ident>) {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Name(_) | ExprKind::Rest => {}
        ExprKind::Index(_, indices) => all_indices(indices, bound, found),
        ExprKind::Unary(_, x) => free_indices(x, bound, found),
        ExprKind::Binary(_, x, y) => {
            free_indices(x, bound, found);
            free_indices(y, bound, found);
        }
        ExprKind::If(c, x, y) => [c, x, y].into_iter().for_each(|e| free_indices(e, bound, found)),
        ExprKind::Call(_, args) => args.iter().for_each(|e| free_indices(e, bound, found)),
        ExprKind::Bind(binder) => in_binder(binder, bound, found),
        ExprKind::Reweight(_) | ExprKind::Schedule(_) => {}
        ExprKind::Parts(parts) => all_indices(parts, bound, found),
        ExprKind::Apply(app) => {
            app.args.iter().for_each(|e| free_indices(e, bound, found));
            all_indices(app.indices.as_deref().unwrap_or(&[]), bound, found);
        }
    }
}

fn all_indices(indices: &[Expr], bound: &mut Vec<Ident>, found: &mut Vec<Ident>) {
    for index in indices {
        match &index.kind {
            ExprKind::Name(name) => add(name, bound, found),
            _ => free_indices(index, bound, found),
        }
    }
}

fn add(name: &Ident, bound: &[Ident], found: &mut Vec<Ident>) {
    if !bound.contains(name) && !found.contains(name) {
        found.push(name.clone());
    }
}

fn in_binder(binder: &Binder, bound: &mut Vec<Ident>, found: &mut Vec<Ident>) {
    let name = binder.name.to_string();
    let keeps = prelude::find(&name).is_some_and(|c| c.form == Form::Keeps)
        || OrderOp::ALL.iter().any(|o| o.0 == name);
    let depth = bound.len();
    if keeps {
        binder.indices.iter().for_each(|n| add(n, bound, found));
    } else {
        bound.extend(binder.indices.iter().cloned());
    }
    if let Some(condition) = &binder.condition {
        free_indices(condition, bound, found);
    }
    binder.args.iter().for_each(|e| free_indices(e, bound, found));
    bound.truncate(depth);
}
