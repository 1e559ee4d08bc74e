//! Where a definition needs too many axes at once.

use super::tree::{Arg, Checked, TNode, TStmt, Typed, VarId};
use crate::diag::SpanRange;

impl Checked {
    /// The smallest expression with more free indices than `limit`, the first of several.
    pub fn wider_than(&self, limit: usize) -> Option<SpanRange> {
        self.widths(limit).place
    }

    /// The number of axes of the widest expression, those of applied definitions included.
    fn width(&self) -> usize {
        self.widths(usize::MAX).widest
    }

    fn widths(&self, limit: usize) -> Wide {
        let mut wide = Wide { limit, widest: 0, place: None };
        for stmt in &self.stmts {
            match stmt {
                TStmt::Let(_, value) => drop(wide.free(value)),
                TStmt::Repeat { steps, .. } => steps.iter().for_each(|step| drop(wide.free(&step.2))),
            }
        }
        wide.free(&self.value);
        self.updates.iter().for_each(|update| drop(wide.free(&update.value)));
        wide
    }
}

struct Wide {
    limit: usize,
    widest: usize,
    place: Option<SpanRange>,
}

/// The axes that an application to slices has besides those of the slices.
fn inner_width(typed: &Typed) -> usize {
    let TNode::Apply(applied) = &typed.node else { return 0 };
    let sliced = applied.args.iter().any(|arg| matches!(arg, Arg::Slice(..) | Arg::Class(_)));
    if sliced { applied.def.width() } else { 0 }
}

impl Wide {
    /// The free indices of an expression. Operands are looked at first, so that the first place found is smallest.
    fn free(&mut self, typed: &Typed) -> Vec<VarId> {
        let (parts, bound) = parts(typed);
        let mut free: Vec<VarId> = Vec::new();
        for part in parts {
            free.extend(self.free(part));
        }
        match &typed.node {
            TNode::Position(var) => free.push(*var),
            TNode::Composite(_, vars, ..) => free.extend(vars),
            TNode::Order(_, var, _) => free.push(*var),
            _ => {}
        }
        free.sort_by_key(|v| v.0);
        free.dedup();
        let width = free.len() + inner_width(typed);
        self.widest = self.widest.max(width);
        if width > self.limit {
            self.place.get_or_insert(typed.range);
        }
        free.retain(|v| !bound.contains(v));
        if let TNode::Host(function, vars, _) = &typed.node {
            free.extend(function.output.iter().map(|&i| vars[i]));
        }
        free
    }
}

/// The operands, and the indices that are bound in them.
fn parts(typed: &Typed) -> (Vec<&Typed>, &[VarId]) {
    use crate::ops::prelude::Form;
    match &typed.node {
        TNode::Load(_, args) | TNode::Op(_, args) => (args.iter().collect(), &[]),
        TNode::Reduce(_, vars, given, body) => {
            (given.as_deref().into_iter().chain([&**body]).collect(), vars)
        }
        TNode::Composite(row, vars, given, args) => {
            let bound: &[VarId] = if row.form == Form::Removes { vars } else { &[] };
            (given.as_deref().into_iter().chain(args).collect(), bound)
        }
        TNode::Order(_, _, body) => (vec![&**body], &[]),
        TNode::Host(_, vars, args) => (args.iter().collect(), vars),
        TNode::Parts(_, parts) => (parts.iter().collect(), &[][..]),
        TNode::Apply(applied) => {
            let scalars = applied.args.iter().flat_map(|arg| match arg {
                Arg::Scalar(typed) | Arg::Class(typed) => std::slice::from_ref(typed),
                Arg::Slice(_, indices) => indices,
                Arg::Tensor(_) => &[],
            });
            let given = applied.hypers.iter().flatten().flatten();
            let indices = applied.indices.iter().flatten();
            (scalars.chain(given).chain(indices).collect(), &[])
        }
        _ => (vec![], &[]),
    }
}
