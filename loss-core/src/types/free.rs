//! Which names stand in index position and are bound by nothing: the samples of a value. So does the name of a set in small
//! letters, wherever it stands: `max[m | abs(m - n) <= 2](x[b, m])` has the samples `b` and `n`.

use super::external;
use super::tree::OrderOp;
use crate::ir::{SetId, SetInfo, SetSize};
use crate::ops::prelude::{self, Form};
use crate::syntax::ast::{Binder, Expr, ExprKind, Extern};
use proc_macro2::Ident;
use std::rc::Rc;

/// The free index names of `expr`, in order of first appearance.
pub(crate) fn free_indices(expr: &Expr, externs: &[Rc<Extern>]) -> Vec<Ident> {
    free_among(expr, externs, &[])
}

/// The same, with those that are named as one of these sets.
pub(super) fn free_among(expr: &Expr, externs: &[Rc<Extern>], sets: &[SetInfo]) -> Vec<Ident> {
    let mut free = Free { externs, sets, bound: vec![], found: vec![] };
    free.expr(expr);
    free.found
}

/// The set that an index is named after.
pub(super) fn named_after(name: &Ident, sets: &[SetInfo]) -> Option<SetId> {
    let name = name.to_string();
    let found = sets.iter().position(|set| {
        matches!(set.size, SetSize::Dim { .. }) && set.name != name && set.name.to_lowercase() == name
    })?;
    u16::try_from(found).ok().map(SetId)
}

struct Free<'e> {
    externs: &'e [Rc<Extern>],
    sets: &'e [SetInfo],
    bound: Vec<Ident>,
    found: Vec<Ident>,
}

impl Free<'_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(name) if named_after(name, self.sets).is_some() => self.add(name),
            ExprKind::Number(_) | ExprKind::Name(_) | ExprKind::Rest => {}
            ExprKind::Index(_, indices) => self.indices(indices),
            ExprKind::Unary(_, x) => self.expr(x),
            ExprKind::Binary(_, x, y) => {
                self.expr(x);
                self.expr(y);
            }
            ExprKind::If(c, x, y) => [c, x, y].into_iter().for_each(|e| self.expr(e)),
            ExprKind::Call(_, args) => args.iter().for_each(|e| self.expr(e)),
            ExprKind::Bind(binder) => self.binder(binder),
            ExprKind::Reweight(_) | ExprKind::Schedule(_) => {}
            ExprKind::Parts(parts) => self.indices(parts),
            ExprKind::Apply(app) => {
                app.args.iter().for_each(|e| self.expr(e));
                self.indices(app.indices.as_deref().unwrap_or(&[]));
            }
        }
    }

    fn indices(&mut self, indices: &[Expr]) {
        for index in indices {
            match &index.kind {
                ExprKind::Name(name) => self.add(name),
                _ => self.expr(index),
            }
        }
    }

    fn add(&mut self, name: &Ident) {
        if !self.bound.contains(name) && !self.found.contains(name) {
            self.found.push(name.clone());
        }
    }

    fn binder(&mut self, binder: &Binder) {
        let depth = self.bound.len();
        for (index, kept) in binder.indices.iter().zip(self.kept(binder)) {
            if kept { self.add(index) } else { self.bound.push(index.clone()) }
        }
        if let Some(condition) = &binder.condition {
            self.expr(condition);
        }
        binder.args.iter().for_each(|e| self.expr(e));
        self.bound.truncate(depth);
    }

    /// Which of its indices a binder keeps.
    fn kept(&self, binder: &Binder) -> Vec<bool> {
        let name = binder.name.to_string();
        let keeps = prelude::find(&name).is_some_and(|c| c.form == Form::Keeps)
            || OrderOp::ALL.iter().any(|o| o.0 == name);
        external::kept(self.externs, binder).unwrap_or_else(|| vec![keeps; binder.indices.len()])
    }
}
