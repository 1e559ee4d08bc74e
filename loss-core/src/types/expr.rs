//! Expressions: names, tensor accesses, ops, functions.

use super::scope::{Named, Scope};
use super::sets::SetVar;
use super::tree::{Kind, OrderOp, TNode, TensorRef, Typed};
use crate::diag::messages::check as say;
use crate::diag::{SpanRange, suggest};
use crate::ir::{SetSize, Ty};
use crate::ops::{self, OpDef, Print, Sort, prelude, reduce};
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
                self.apply_op(ops::op("select"), vec![c?, x?, y?], range)
            }
            ExprKind::Call(name, args) => self.call(name, args, range),
            ExprKind::Bind(binder) => self.binder(binder, range),
            ExprKind::Apply(app) => self.application(app, range),
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
                (TNode::Hyper(i), Kind::Real)
            }
            Some(Named::Set(set)) => {
                if self.infos[usize::from(set.0)].size == SetSize::Unknown {
                    self.errors.push(say::size_unknown(name));
                    return None;
                }
                (TNode::Size(self.sets.known(set, range)), Kind::Real)
            }
            Some(_) => return self.access(name, &[], range),
            None if text == "pi" => (TNode::Number(std::f64::consts::PI), Kind::Real),
            None => {
                self.unknown_name(name);
                return None;
            }
        };
        Some(Typed { node, kind, range })
    }

    /// The tensor of that name, with the sets of its axes and the kind of its elements.
    pub fn tensor(&mut self, name: &Ident) -> Option<(TensorRef, Vec<SetVar>, Kind)> {
        match self.lookup(&name.to_string()) {
            Some(Named::Let(i)) => {
                let info = &self.lets[i].info;
                let sets = info.vars.iter().map(|v| self.vars[v.0].set).collect();
                Some((TensorRef::Let(i), sets, info.kind))
            }
            Some(Named::Input(i)) => {
                self.used_inputs[i] = true;
                let info = self.inputs[i].clone();
                let sets = info.sets.iter().map(|&s| self.sets.known(s, name.into())).collect();
                let kind = match info.ty {
                    Ty::Real => Kind::Real,
                    Ty::Bool => Kind::Bool,
                    Ty::Index(set) => Kind::Index(self.sets.known(set, name.into())),
                };
                Some((TensorRef::Input(i), sets, kind))
            }
            Some(Named::Hyper(i)) => {
                let HyperType::Array(n) = self.hypers[i].ty else {
                    self.errors.push(say::not_a_tensor(name, "a hyperparameter"));
                    return None;
                };
                self.used_hypers[i] = true;
                let set = self.fixed_set(n);
                Some((TensorRef::Array(i), vec![self.sets.known(set, name.into())], Kind::Real))
            }
            Some(Named::Var(_)) => {
                self.errors.push(say::not_a_tensor(name, "an index"));
                None
            }
            Some(Named::Set(_)) => {
                self.errors.push(say::not_a_tensor(name, "an index set"));
                None
            }
            None => {
                self.unknown_name(name);
                None
            }
        }
    }

    /// `x[b, k]`. Law: as many indices as the tensor has axes, each over the set of its axis.
    fn access(&mut self, name: &Ident, indices: &[Expr], range: SpanRange) -> Option<Typed> {
        let (tensor, sets, kind) = self.tensor(name)?;
        if sets.len() != indices.len() {
            let axes: Vec<String> = sets.iter().map(|&s| self.set_text(s)).collect();
            self.errors.push(say::index_count(range, name, &axes, indices.len()));
            return None;
        }
        let what = name.to_string();
        let indices: Vec<Option<Typed>> =
            indices.iter().zip(&sets).map(|(e, &set)| self.index(e, set, &what)).collect();
        let indices = indices.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Typed { node: TNode::Load(tensor, indices), kind, range })
    }

    /// The name of a set that may still be open.
    pub fn set_text(&self, set: SetVar) -> String {
        self.sets.get(set).map_or_else(|| "_".into(), |s| self.set_name(s))
    }

    /// An expression in index position: an index, a class map, a fixed element.
    pub fn index(&mut self, expr: &Expr, set: SetVar, tensor: &str) -> Option<Typed> {
        if let ExprKind::Number(value) = expr.kind {
            return self.fixed_index(value, set, expr.range);
        }
        if let ExprKind::Name(name) = &expr.kind {
            if self.lookup(&name.to_string()).is_none() {
                let left = self.left.as_ref().map(ToString::to_string);
                self.errors.push(say::free_index(name, left.as_deref()));
                return None;
            }
        }
        let typed = self.expr(expr)?;
        let Kind::Index(found) = typed.kind else {
            let wanted = self.set_text(set);
            self.errors.push(say::index_wanted(expr.range, tensor, &wanted, typed.kind == Kind::Bool));
            return None;
        };
        let what = crate::syntax::print::expr(expr);
        self.unify(found, set, expr.range, &what)?;
        Some(typed)
    }

    /// `x[b, 0]`. Law: a fixed element is a whole number below the size of a fixed set.
    fn fixed_index(&mut self, value: f64, set: SetVar, range: SpanRange) -> Option<Typed> {
        if value < 0.0 || value.fract() != 0.0 || value > 1e9 {
            self.errors.push(say::fixed_index_not_whole(range));
            return None;
        }
        let size = self.sets.get(set).map(|s| self.infos[usize::from(s.0)].clone());
        if let Some(crate::ir::SetInfo { size: SetSize::Fixed(n), .. }) = size {
            if value >= n as f64 {
                self.errors.push(say::fixed_index_range(range, n));
                return None;
            }
        }
        self.numbered.push((set, range));
        Some(Typed { node: TNode::At(set, value as usize), kind: Kind::Index(set), range })
    }

    /// Law: operands have the sorts that the op table states.
    pub fn apply_op(&mut self, op: &'static OpDef, args: Vec<Typed>, range: SpanRange) -> Option<Typed> {
        let same: Vec<Kind> =
            args.iter().zip(op.takes).filter(|(_, s)| **s == Sort::Same).map(|(a, _)| a.kind).collect();
        let indices = same.len() == 2 && same.iter().all(|k| matches!(k, Kind::Index(_)));
        let bools = same.len() == 2 && same.iter().all(|k| *k == Kind::Bool);
        if let (true, Sort::Bool, [Kind::Index(a), Kind::Index(b)]) = (indices, op.gives, &same[..]) {
            let what = format!("the right side of `{}`", op_symbol(op));
            self.unify(*b, *a, args[1].range, &what)?;
            self.numbered.push((*a, range));
            return Some(Typed { node: TNode::Op(op, args), kind: Kind::Bool, range });
        }
        if bools && op.gives == Sort::Same {
            return self.bool_select(args, range);
        }
        let args: Vec<Option<Typed>> = args
            .into_iter()
            .zip(op.takes)
            .map(|(arg, &sort)| self.coerce(arg, if sort == Sort::Same { Sort::Real } else { sort }))
            .collect();
        let args = args.into_iter().collect::<Option<Vec<_>>>()?;
        let kind = if op.gives == Sort::Bool { Kind::Bool } else { Kind::Real };
        Some(Typed { node: TNode::Op(op, args), kind, range })
    }

    /// `if c { a } else { b }` on conditions is `c && a || !c && b`.
    fn bool_select(&mut self, mut args: Vec<Typed>, range: SpanRange) -> Option<Typed> {
        let (b, a) = (args.pop()?, args.pop()?);
        let c = self.coerce(args.pop()?, Sort::Bool)?;
        let logic = |op: &str, args| Typed { node: TNode::Op(ops::op(op), args), kind: Kind::Bool, range };
        let not_c = logic("not", vec![c.clone()]);
        Some(logic("or", vec![logic("and", vec![c, a]), logic("and", vec![not_c, b])]))
    }

    /// Law: a condition is not a number, nor the reverse; an index in value position is its number.
    pub fn coerce(&mut self, typed: Typed, sort: Sort) -> Option<Typed> {
        let range = typed.range;
        match (typed.kind, sort) {
            (Kind::Real, Sort::Real) | (Kind::Bool, Sort::Bool) => Some(typed),
            (Kind::Index(set), Sort::Real) => {
                self.numbered.push((set, range));
                Some(Typed { node: TNode::Op(ops::op("real"), vec![typed]), kind: Kind::Real, range })
            }
            (Kind::Bool, _) => {
                self.errors.push(say::real_wanted(range));
                None
            }
            _ => {
                self.errors.push(say::condition_wanted(range));
                None
            }
        }
    }

    /// `exp(x)`. Law: a function that the table has, with as many arguments as it takes.
    fn call(&mut self, name: &Ident, args: &[Expr], range: SpanRange) -> Option<Typed> {
        let text = name.to_string();
        let Some(op) = ops::find(&text).filter(|op| op.print == Print::Call) else {
            self.unknown_function(name);
            return None;
        };
        if op.args.len() != args.len() {
            self.errors.push(say::argument_count(name, op.args, args.len()));
            return None;
        }
        let args: Vec<Option<Typed>> = args.iter().map(|a| self.expr(a)).collect();
        self.apply_op(op, args.into_iter().collect::<Option<Vec<_>>>()?, range)
    }

    fn unknown_function(&mut self, name: &Ident) {
        let text = name.to_string();
        let binds = binder_names().any(|n| n == text);
        let close = suggest::closest(&text, function_names());
        self.errors.push(match (binds, foreign_name(&text)) {
            (true, _) => say::binder_without_index(name),
            (_, Some(ours)) => say::foreign_function(name, ours),
            _ => say::unknown_function(name, close),
        });
    }
}

/// Functions of values.
pub(super) fn function_names() -> impl Iterator<Item = &'static str> {
    ops::all().filter(|op| op.print == Print::Call).map(|op| op.name).chain(binder_names())
}

/// Everything that takes an index in brackets.
pub(super) fn binder_names() -> impl Iterator<Item = &'static str> {
    let reducers = reduce::REDUCERS.iter().map(|r| r.name);
    let composites = prelude::COMPOSITES.iter().map(|c| c.name);
    reducers.chain(composites).chain(OrderOp::ALL.iter().map(|o| o.0))
}

/// What other libraries call a function of ours.
fn foreign_name(name: &str) -> Option<&'static str> {
    const NAMES: &[(&str, &str)] = &[
        ("log", "ln"),
        ("logsigmoid", "log_sigmoid"),
        ("sgn", "sign"),
        ("signum", "sign"),
        ("powf", "pow"),
        ("powi", "pow"),
        ("maximum", "max"),
        ("minimum", "min"),
        ("stop_gradient", "detach"),
        ("sg", "detach"),
        ("logistic", "sigmoid"),
        ("expit", "sigmoid"),
        ("arccos", "acos"),
        ("arctan", "atan"),
        ("exp_m1", "expm1"),
        ("ln_1p", "log1p"),
        ("clip", "clamp"),
    ];
    NAMES.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours)
}

fn op_symbol(op: &OpDef) -> &'static str {
    match op.print {
        Print::Infix(symbol, _) | Print::Prefix(symbol) => symbol.trim(),
        _ => op.name,
    }
}
