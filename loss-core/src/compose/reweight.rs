//! `reweight<Strategy<..>(data)>(loss)`: `let losses[b] = loss;`, and `Strategy<..>(losses, data)[b] * losses[b]`.

use super::{Work, at, fresh};
use crate::diag::messages::compose as say;
use crate::diag::{Diag, Errors};
use crate::syntax::ast::{Expr, ExprKind, Extern, Let, Repeat, RepeatStep, Reweight, Stmt};
use crate::syntax::walk;
use crate::types::free_indices;
use proc_macro2::{Ident, Span};
use std::rc::Rc;

impl Work {
    /// Expands every `reweight`.
    pub(super) fn reweights(&mut self, errors: &mut Errors) {
        let externs = self.plain.externs.clone();
        let mut taken = self.taken();
        let (mut lets, mut loops) = (Vec::new(), Vec::new());
        let mut expand = |expr: &mut Expr, lets: &mut Vec<Stmt>| {
            walk::bottom_up(expr, &mut |part| {
                let ExprKind::Reweight(reweight) = &part.kind else { return };
                match expanded(reweight, part, &externs, &mut taken) {
                    Ok((losses, value)) => {
                        lets.push(Stmt::Let(losses));
                        *part = value;
                    }
                    Err(diag) => {
                        errors.push(diag);
                        *part = reweight.loss.clone();
                    }
                }
            });
        };
        for stmt in std::mem::take(&mut self.plain.stmts) {
            let mut stmt = stmt;
            match &mut stmt {
                Stmt::Let(l) => expand(&mut l.value, &mut lets),
                Stmt::Repeat(r) => loops.push(r.clone()),
            }
            lets.push(stmt);
        }
        match &mut self.plain.terms {
            Some(terms) => terms.list.iter_mut().for_each(|term| expand(&mut term.value, &mut lets)),
            None => expand(&mut self.plain.value, &mut lets),
        }
        self.plain.updates.iter_mut().for_each(|update| expand(&mut update.value, &mut lets));
        self.plain.stmts = lets;
        loops.iter_mut().for_each(|r| check_loop(r, errors));
    }
}

/// Law: the losses get a `let` of their own, for which a round has no place.
fn check_loop(repeat: &mut Repeat, errors: &mut Errors) {
    for step in &mut repeat.steps {
        let (RepeatStep::Let(l) | RepeatStep::Assign(l)) = step;
        walk::bottom_up(&mut l.value, &mut |part| {
            if let ExprKind::Reweight(reweight) = &part.kind {
                errors.push(say::reweight_in_repeat(&reweight.name));
            }
        });
    }
}

/// The losses, and what they come to with weights. Law: what is reweighted has samples.
fn expanded(
    reweight: &Reweight,
    place: &Expr,
    externs: &[Rc<Extern>],
    taken: &mut Vec<String>,
) -> Result<(Let, Expr), Diag> {
    let samples = free_indices(&reweight.loss, externs);
    if samples.is_empty() {
        return Err(say::reweight_reduced(reweight.loss.range));
    }
    let name = Ident::new(&fresh("losses", taken), Span::mixed_site().located_at(reweight.name.span()));
    let indices: Vec<Expr> =
        samples.iter().map(|sample| at(ExprKind::Name(sample.clone()), &reweight.loss)).collect();
    let mut strategy = reweight.strategy.clone();
    strategy.args.insert(0, at(ExprKind::Name(name.clone()), &reweight.loss));
    strategy.indices = Some(indices.clone());
    let weight = Expr { range: (&strategy.name).into(), kind: ExprKind::Apply(Box::new(strategy)) };
    let loss = at(ExprKind::Index(name.clone(), indices), &reweight.loss);
    let value = at(ExprKind::Binary("mul", Box::new(weight), Box::new(loss)), place);
    Ok((Let { name, indices: samples, ranges: vec![], value: reweight.loss.clone() }, value))
}
