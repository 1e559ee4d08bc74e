//! Which names stand in index position and are bound by nothing: the samples of a value.

use super::external;
use super::tree::OrderOp;
use crate::ops::prelude::{self, Form};
use crate::syntax::ast::{Binder, Expr, ExprKind, Extern};
use proc_macro2::Ident;
use std::rc::Rc;

/// The free index names of `expr`, in order of first appearance.
pub(crate) fn free_indices(expr: &Expr, externs: &[Rc<Extern>]) -> Vec<Ident> {
    let mut free = Free { externs, bound: vec![], found: vec![] };
    free.expr(expr);
    free.found
}

struct Free<'e> {
    externs: &'e [Rc<Extern>],
    bound: Vec<Ident>,
    found: Vec<Ident>,
}

impl Free<'_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
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
