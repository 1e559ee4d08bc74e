//! Expressions: names, ops, functions.

use super::functions;
use super::scope::{Named, Scope};
use super::sets::SetVar;
use super::tree::{Kind, TNode, TensorRef, Typed};
use crate::compose::initial;
use crate::diag::messages::{check as say, compose};
use crate::diag::{Diag, SpanRange, suggest};
use crate::ir::SetSize;
use crate::ops::{self, OpDef, Print, Sort};
use crate::syntax::ast::{Expr, ExprKind, HyperType};
use proc_macro2::Ident;

impl Scope<'_, '_> {
    /// Checks an expression; `None` if a mistake in it has been reported.
    pub fn expr(&mut self, expr: &Expr) -> Option<Typed> {
        let range = expr.range;
        match &expr.kind {
            ExprKind::Number(value) => Some(Typed { node: TNode::Number(*value), kind: Kind::Real, range }),
            ExprKind::Name(name) => self.name(name, range),
            ExprKind::Index(name, indices) => self.access(name, indices, range),
            ExprKind::Unary(op, x) => {
                let x = self.expr(x)?;
                self.apply_op(ops::op(op), vec![x], range)
            }
            ExprKind::Binary(op, x, y) => {
                let (x, y) = (self.expr(x), self.expr(y));
                self.apply_op(ops::op(op), vec![x?, y?], range)
            }
            ExprKind::If(c, x, y) => {
                let (c, x, y) = (self.expr(c), self.expr(x), self.expr(y));
                self.conditional(vec![c?, x?, y?], range)
            }
            ExprKind::Call(name, args) => self.call(name, args, range),
            ExprKind::Bind(binder) => self.binder(binder, range),
            ExprKind::Apply(app) => self.application(app, range),
            ExprKind::Rest => {
                self.errors.push(say::rest_of_axes(range));
                None
            }
            // What composition leaves behind only where it has reported a mistake.
            ExprKind::Reweight(_) | ExprKind::Schedule(_) | ExprKind::Parts(_) => None,
        }
    }

    /// An expression that must be a real number.
    pub fn real(&mut self, expr: &Expr) -> Option<Typed> {
        let typed = self.expr(expr)?;
        self.coerce(typed, Sort::Real)
    }

    /// An expression that must be a condition.
    pub fn condition(&mut self, expr: &Expr) -> Option<Typed> {
        let typed = self.expr(expr)?;
        self.coerce(typed, Sort::Bool)
    }

    fn name(&mut self, name: &Ident, range: SpanRange) -> Option<Typed> {
        let text = name.to_string();
        let (node, kind) = match self.lookup(&text) {
            Some(Named::Var(var)) => {
                self.vars[var.0].used = true;
                (TNode::Position(var), Kind::Index(self.vars[var.0].set))
            }
            Some(Named::Hyper(i)) if !matches!(self.hypers[i].ty, HyperType::Array(_)) => {
                self.used_hypers[i] = true;
                let number = TNode::Hyper(i);
                if self.hypers[i].ty == HyperType::Bool {
                    return Some(is_not_zero(number, range));
                }
                (number, Kind::Real)
            }
            Some(Named::Set(set)) => {
                if self.infos[usize::from(set.0)].size == SetSize::Unknown {
                    self.errors.push(say::size_unknown(name));
                    return None;
                }
                (TNode::Size(self.sets.known(set, range)), Kind::Real)
            }
            Some(_) => return self.access(name, &[], range),
            None if text == "true" => return Some(is_not_zero(TNode::Number(1.0), range)),
            None if text == "false" => return Some(is_not_zero(TNode::Number(0.0), range)),
            None if text == "pi" => (TNode::Number(std::f64::consts::PI), Kind::Real),
            None => {
                self.unknown_name(name, false);
                return None;
            }
        };
        Some(Typed { node, kind, range })
    }

    /// Law: operands have the sorts that the op table states.
    fn apply_op(&mut self, op: &'static OpDef, args: Vec<Typed>, range: SpanRange) -> Option<Typed> {
        if let ([Sort::Same, Sort::Same], [x, y]) = (op.takes, &args[..]) {
            match (x.kind, y.kind) {
                (Kind::Index(a), Kind::Index(b)) => return self.compare_indices(op, args, (a, b), range),
                (Kind::Bool, _) | (_, Kind::Bool) => {
                    let both = x.kind == y.kind;
                    self.errors.push(say::condition_compared(range, op_symbol(op), both));
                    return None;
                }
                _ => {}
            }
        }
        if op.takes == [Sort::Same, Sort::Same] {
            let mut sides = [vec![], vec![]];
            args.iter().zip(&mut sides).for_each(|(arg, sets)| index_sets(arg, sets));
            sides.sort_by_key(Vec::len);
            let mut sets = sides.concat().into_iter();
            self.near.extend(sets.next().map(|first| (first, sets.collect())));
        }
        let sorts = op.takes.iter().map(|&sort| if sort == Sort::Same { Sort::Real } else { sort });
        let args: Vec<Option<Typed>> =
            args.into_iter().zip(sorts).map(|(arg, sort)| self.coerce(arg, sort)).collect();
        let args = args.into_iter().collect::<Option<Vec<_>>>()?;
        let kind = if op.gives == Sort::Bool { Kind::Bool } else { Kind::Real };
        Some(Typed { node: TNode::Op(op, args), kind, range })
    }

    /// Whether one set is the other and some more elements: the elements of `K` are elements of `K + 1`.
    fn goes_beyond(&mut self, set: SetVar, other: SetVar, range: SpanRange) -> bool {
        let size = self.sets.get(set).map(|set| self.infos[usize::from(set.0)].size);
        let Some(SetSize::Beyond { base, .. }) = size else { return false };
        if self.sets.get(other).is_none() {
            // No index ranges over the larger set, so that this one ranges over the smaller.
            let base = self.sets.known(base, range);
            return self.sets.unify(other, base).is_ok();
        }
        self.sets.get(other) == Some(base)
    }

    /// Law: indices are compared within one set.
    fn compare_indices(
        &mut self,
        op: &'static OpDef,
        args: Vec<Typed>,
        (a, b): (SetVar, SetVar),
        range: SpanRange,
    ) -> Option<Typed> {
        if self.goes_beyond(a, b, range) || self.goes_beyond(b, a, range) {
            let numbers = args.into_iter().map(|arg| self.coerce(arg, Sort::Real));
            let numbers = numbers.collect::<Option<Vec<_>>>()?;
            return Some(Typed { node: TNode::Op(op, numbers), kind: Kind::Bool, range });
        }
        if self.sets.unify(b, a).is_err() {
            self.errors.push(say::compared_sets(range, op_symbol(op), &self.set_text(a), &self.set_text(b)));
            return None;
        }
        self.numbered.push((a, range));
        Some(Typed { node: TNode::Op(op, args), kind: Kind::Bool, range })
    }

    /// `if c { a } else { b }`. Law: both branches are conditions, or both are numbers.
    fn conditional(&mut self, args: Vec<Typed>, range: SpanRange) -> Option<Typed> {
        let conditions: Vec<bool> = args.iter().map(|a| a.kind == Kind::Bool).collect();
        let op = ops::op("select");
        match conditions[..] {
            [true, true, true] => Some(Typed { node: TNode::Op(op, args), kind: Kind::Bool, range }),
            [true, x, y] if x != y => {
                let odd = if x { &args[1] } else { &args[2] };
                self.errors.push(say::mixed_branches(odd.range));
                None
            }
            [false, ..] => {
                self.errors.push(self.not_a_condition(&args[0]));
                None
            }
            _ => {
                let mut args = args.into_iter();
                let condition = args.next()?;
                let branches: Vec<Option<Typed>> =
                    args.map(|branch| self.coerce(branch, Sort::Real)).collect();
                let branches = branches.into_iter().collect::<Option<Vec<_>>>()?;
                let args = std::iter::once(condition).chain(branches).collect();
                Some(Typed { node: TNode::Op(op, args), kind: Kind::Real, range })
            }
        }
    }

    /// Law: a condition is not a number, nor the reverse; an index in value position is its number.
    pub fn coerce(&mut self, typed: Typed, sort: Sort) -> Option<Typed> {
        let range = typed.range;
        match (typed.kind, sort) {
            (Kind::Real, Sort::Real) | (Kind::Bool, Sort::Bool) => Some(typed),
            (Kind::Index(set), Sort::Real) => {
                // An order along an index has said so itself.
                if !matches!(typed.node, TNode::Order(..)) {
                    self.numbered.push((set, range));
                }
                Some(Typed { node: TNode::Op(ops::op("real"), vec![typed]), kind: Kind::Real, range })
            }
            (Kind::Bool, _) => {
                self.errors.push(say::real_wanted(range));
                None
            }
            _ => {
                self.errors.push(self.not_a_condition(&typed));
                None
            }
        }
    }

    fn not_a_condition(&self, typed: &Typed) -> Diag {
        let declared = match typed.node {
            TNode::Load(TensorRef::Input(i), _) => Some(&self.inputs[i]),
            _ => None,
        };
        let declared = declared.map(|input| {
            let sets: Vec<String> = input.sets.iter().map(|&s| self.set_name(s)).collect();
            (input.name.as_str(), sets)
        });
        say::condition_wanted(typed.range, matches!(typed.kind, Kind::Index(_)), declared)
    }

    /// `exp(x)`. Law: a function that the table has, with as many arguments as it takes.
    fn call(&mut self, name: &Ident, args: &[Expr], range: SpanRange) -> Option<Typed> {
        let text = name.to_string();
        if let Some(host) = self.host(name) {
            return self.host_call(&host, name, &[], args, range);
        }
        let Some(op) = ops::find(&text).filter(|op| op.print == Print::Call) else {
            self.unknown_function(name, args);
            return None;
        };
        if op.args.len() != args.len() {
            let binder = functions::binders().any(|b| b == text);
            self.errors.push(say::argument_count(name, op.args, args.len(), binder));
            return None;
        }
        let args: Vec<Option<Typed>> = args.iter().map(|a| self.expr(a)).collect();
        self.apply_op(op, args.into_iter().collect::<Option<Vec<_>>>()?, range)
    }

    /// Reports a name that is called and is no function, or one that needs an index.
    pub fn unknown_function(&mut self, name: &Ident, args: &[Expr]) {
        let text = name.to_string();
        if let Some(usage) = initial::usage(&text) {
            self.errors.push(compose::drawn_elsewhere(name, usage));
            return;
        }
        let indices: Vec<Ident> =
            args.iter().flat_map(|arg| super::free::free_indices(arg, &self.externs)).collect();
        let unbound = |i: &&Ident| self.lookup(&i.to_string()).is_none();
        let index = indices.iter().find(unbound).or(indices.last());
        let hosts = self.externs.iter().map(|host| host.name.to_string());
        let known: Vec<String> = functions::names().map(str::to_owned).chain(hosts).collect();
        let close = suggest::closest(&text, known.iter().map(String::as_str));
        let diag = match (self.lookup(&text), functions::foreign(&text)) {
            _ if functions::binders().any(|b| b == text) => say::binder_without_index(name, index),
            (Some(named), _) => say::value_called(name, named.noun()),
            (None, Some(ours)) => say::foreign_function(name, ours),
            (None, None) => say::unknown_function(name, close),
        };
        self.errors.push(diag);
    }
}

/// The sets of the indices that sums and differences in a number are made of.
fn index_sets(typed: &Typed, sets: &mut Vec<SetVar>) {
    match (typed.kind, &typed.node) {
        (Kind::Index(set), _) => sets.push(set),
        (_, TNode::Op(op, args)) if matches!(op.name, "add" | "sub" | "neg" | "abs" | "real") => {
            args.iter().for_each(|arg| index_sets(arg, sets));
        }
        _ => {}
    }
}

fn op_symbol(op: &OpDef) -> &'static str {
    match op.print {
        Print::Infix(symbol, _) | Print::Prefix(symbol) => symbol.trim(),
        _ => op.name,
    }
}

/// The condition that a number stands for.
fn is_not_zero(number: TNode, range: SpanRange) -> Typed {
    let real = |node| Typed { node, kind: Kind::Real, range };
    let operands = vec![real(number), real(TNode::Number(0.0))];
    Typed { node: TNode::Op(ops::op("ne"), operands), kind: Kind::Bool, range }
}
