//! Binders: `sum[k | c](x)`, `softmax[k](x)`, `argsort[n](x)`.

use super::scope::{Named, Scope};
use super::tree::{Kind, OrderOp, TNode, Typed, VarId};
use crate::diag::SpanRange;
use crate::diag::messages::check as say;
use crate::ir::SetInfo;
use crate::ops::prelude::{self, Form};
use crate::ops::{self, Print, Sort, reduce};
use crate::syntax::ast::{AxisName, Binder, Expr, IndexRange};
use proc_macro2::Ident;

type Condition = Option<Box<Typed>>;

impl Scope<'_, '_> {
    /// Checks `name[indices | condition](args)`.
    pub fn binder(&mut self, binder: &Binder, range: SpanRange) -> Option<Typed> {
        let name = binder.name.to_string();
        if let Some(op) = OrderOp::ALL.iter().find(|o| o.0 == name) {
            return self.order(op.1, binder, range);
        }
        if let Some(host) = self.host(&binder.name) {
            return self.host_binder(&host, binder, range);
        }
        if let Some(row) = reduce::find(&name) {
            self.check_operands(binder, 1)?;
            let (vars, given, mut args) = self.bound_operands(binder, row.takes)?;
            let kind = if row.gives == Sort::Bool { Kind::Bool } else { Kind::Real };
            return Some(Typed { node: TNode::Reduce(row, vars, given, Box::new(args.pop()?)), kind, range });
        }
        if let Some(row) = prelude::find(&name) {
            self.check_operands(binder, row.args.len())?;
            let (vars, given, args) = match row.form {
                Form::Removes => self.bound_operands(binder, Sort::Real)?,
                Form::Keeps => self.kept_operands(binder)?,
            };
            return Some(Typed { node: TNode::Composite(row, vars, given, args), kind: Kind::Real, range });
        }
        match ops::find(&name).filter(|op| op.print == Print::Call) {
            Some(_) => self.errors.push(say::function_with_index(&binder.name)),
            None => self.unknown_function(&binder.name, &binder.args),
        }
        None
    }

    /// Law: a binder has as many operands as its row says.
    fn check_operands(&mut self, binder: &Binder, wanted: usize) -> Option<()> {
        if binder.args.len() != wanted {
            self.errors.push(say::operand_count(&binder.name, &binder.indices, wanted, binder.args.len()));
            return None;
        }
        Some(())
    }

    /// Operands of a binder that removes its indices: they are in scope inside only.
    fn bound_operands(&mut self, binder: &Binder, sort: Sort) -> Option<(Vec<VarId>, Condition, Vec<Typed>)> {
        let depth = self.bound.len();
        let mut vars = Vec::new();
        for name in &binder.indices {
            if !self.check_fresh_index(name) {
                self.bound.truncate(depth);
                return None;
            }
            vars.push(self.declare(name));
        }
        self.ranges(&binder.name, &pairs(&binder.indices, &vars), &binder.ranges);
        let checked = self.operands(binder, sort);
        self.bound.truncate(depth);
        let (given, args) = checked?;
        self.check_bound_used(binder, &vars)?;
        Some((vars, given, args))
    }

    /// Law: what a binder binds, its operands or its condition use.
    fn check_bound_used(&mut self, binder: &Binder, vars: &[VarId]) -> Option<()> {
        let mut used = Some(());
        for (var, name) in vars.iter().zip(&binder.indices) {
            if !self.vars[var.0].used {
                self.errors.push(say::unused_bound_index(name, &binder.name, vars.len() > 1));
                used = None;
            }
        }
        used
    }

    /// What indices range over, where that is written. Law: a set of an input, or a number of elements.
    pub fn ranges(&mut self, owner: &Ident, vars: &[(&Ident, VarId)], ranges: &[IndexRange]) {
        for IndexRange { index, set } in ranges {
            let found = match set {
                AxisName::Fixed(size, at) => Ok((self.fixed_set(*size), *at)),
                AxisName::Set(name) | AxisName::Bundle(name) | AxisName::Beyond(name, ..) => {
                    self.find_set(&name.to_string()).map(|set| (set, name.into())).ok_or(name)
                }
            };
            match (found, vars.iter().find(|var| var.0 == index)) {
                (Ok((set, at)), Some(&(_, var))) => {
                    let (known, used) = (self.sets.known(set, at), self.vars[var.0].set);
                    self.unify_index(used, known, at, owner, &index.to_string());
                }
                (Err(name), _) => {
                    let written = |set: &&SetInfo| set.name.starts_with(char::is_alphabetic);
                    let sets: Vec<String> =
                        self.infos.iter().filter(written).map(|set| set.name.clone()).collect();
                    self.errors.push(say::range_set_unknown(name, index, &sets));
                }
                (Ok(_), None) => {}
            }
        }
    }

    /// Law: an index does not hide another; a tensor is not an index.
    pub fn check_fresh_index(&mut self, name: &Ident) -> bool {
        match self.lookup(&name.to_string()) {
            None => true,
            Some(Named::Var(var)) => {
                self.errors.push(say::shadowed_index(name));
                let var = &self.vars[var.0];
                self.errors.push(say::index_declared(var.declared, name, var.sample));
                false
            }
            Some(named) => {
                self.errors.push(say::index_named_like_value(name, named.noun()));
                false
            }
        }
    }

    /// Operands of a binder that keeps its indices: they are those of the surrounding expression.
    fn kept_operands(&mut self, binder: &Binder) -> Option<(Vec<VarId>, Condition, Vec<Typed>)> {
        let vars: Vec<Option<VarId>> =
            (0..binder.indices.len()).map(|i| self.kept_index(binder, i)).collect();
        let vars = vars.into_iter().collect::<Option<Vec<_>>>()?;
        self.ranges(&binder.name, &pairs(&binder.indices, &vars), &binder.ranges);
        let before: Vec<bool> = vars.iter().map(|v| std::mem::take(&mut self.vars[v.0].used)).collect();
        let (given, args) = self.operands(binder, Sort::Real)?;
        self.check_bound_used(binder, &vars)?;
        for (var, before) in vars.iter().zip(before) {
            self.vars[var.0].used |= before;
        }
        Some((vars, given, args))
    }

    /// Law: a binder that keeps its indices needs them in scope, each once.
    fn kept_index(&mut self, binder: &Binder, i: usize) -> Option<VarId> {
        let name = &binder.indices[i];
        let diag = match self.lookup(&name.to_string()) {
            _ if binder.indices[..i].contains(name) => say::shadowed_index(name),
            Some(Named::Var(var)) => return Some(var),
            _ => {
                let left = self.left.as_ref().map(|l| (&l.name, &l.indices[..]));
                say::kept_index_unknown(name, &binder.name, left)
            }
        };
        self.errors.push(diag);
        None
    }

    fn operands(&mut self, binder: &Binder, sort: Sort) -> Option<(Condition, Vec<Typed>)> {
        let given = binder.condition.as_ref().map(|c| self.condition(c));
        let args: Vec<Option<Typed>> = binder.args.iter().map(|a| self.operand(a, sort)).collect();
        let given = match given {
            Some(condition) => Some(Box::new(condition?)),
            None => None,
        };
        Some((given, args.into_iter().collect::<Option<Vec<_>>>()?))
    }

    fn operand(&mut self, expr: &Expr, sort: Sort) -> Option<Typed> {
        let typed = self.expr(expr)?;
        self.coerce(typed, sort)
    }

    /// `argsort[n](x)`. Law: one index, no condition, one operand.
    fn order(&mut self, op: OrderOp, binder: &Binder, range: SpanRange) -> Option<Typed> {
        self.check_operands(binder, 1)?;
        if let Some(condition) = &binder.condition {
            self.errors.push(say::order_condition(condition.range, &binder.name, op == OrderOp::Cumsum));
            return None;
        }
        if binder.indices.len() != 1 {
            self.errors.push(say::order_indices(&binder.name, &binder.indices));
            return None;
        }
        let (vars, _, mut args) = self.kept_operands(binder)?;
        self.numbered.push((self.vars[vars[0].0].set, (&binder.name).into()));
        let kind = match op {
            OrderOp::Sort | OrderOp::Cumsum => Kind::Real,
            OrderOp::Argsort | OrderOp::Rank => Kind::Index(self.vars[vars[0].0].set),
        };
        Some(Typed { node: TNode::Order(op, vars[0], Box::new(args.pop()?)), kind, range })
    }
}

/// Indices and what they are.
pub(super) fn pairs<'a>(indices: &'a [Ident], vars: &[VarId]) -> Vec<(&'a Ident, VarId)> {
    indices.iter().zip(vars.iter().copied()).collect()
}
