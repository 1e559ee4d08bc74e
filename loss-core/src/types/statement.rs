//! Statements: `let` and `repeat`.

use super::binder::pairs;
use super::scope::{Left, LetScope, Named, Scope};
use super::tree::{Kind, LetInfo, TNode, TStmt, TUpdate, Typed, VarId};
use crate::diag::messages::check as say;
use crate::diag::{Diag, suggest};
use crate::syntax::ast::{Expr, ExprKind, HyperType, Let, Repeat, RepeatStep};
use proc_macro2::Ident;

/// A step of a round: which tensor, over which index variables, with which value.
type Step = (usize, Vec<VarId>, Typed);

impl Scope<'_, '_> {
    /// `let name[i, j] = expr;`
    pub fn let_(&mut self, l: &Let) -> Option<TStmt> {
        self.check_let_name(&l.name);
        let (vars, value) = self.assignment(l, say::unused_left_index);
        let kind = value.as_ref().map_or(Kind::Real, |v| v.kind);
        let id = self.define(&l.name, vars, kind);
        Some(TStmt::Let(id, value?))
    }

    /// Law: a `let` does not redefine an input, a hyperparameter or another `let`.
    fn check_let_name(&mut self, name: &Ident) {
        match self.lookup(&name.to_string()) {
            Some(Named::Let(i)) => {
                let first = self.lets[i].declared.clone();
                self.errors.push(say::duplicate_let(name));
                self.errors.push(say::first_let(&first));
            }
            Some(named @ (Named::Input(_) | Named::Hyper(_))) => {
                self.errors.push(say::let_hides(name, named.noun()));
            }
            _ => {}
        }
    }

    fn define(&mut self, name: &Ident, vars: Vec<VarId>, kind: Kind) -> usize {
        let info = LetInfo { name: name.to_string(), vars, kind };
        self.lets.push(LetScope { info, declared: name.clone(), used: false, disputed: false });
        self.lets.len() - 1
    }

    /// `name[i, j] = expr`. Law: the free indices of the right side are exactly those on the left; a right
    /// side without any index fills the tensor.
    fn assignment(&mut self, l: &Let, unused: fn(&Ident, &Ident) -> Diag) -> (Vec<VarId>, Option<Typed>) {
        let distinct = self.check_left_indices(l);
        let vars: Vec<VarId> = l.indices.iter().map(|name| self.declare(name)).collect();
        self.ranges(&l.name, &pairs(&l.indices, &vars), &l.ranges);
        // To an `update` no index can be added.
        let is_state = self.inputs.iter().any(|input| l.name == input.name);
        self.left = (!is_state).then(|| Left { name: l.name.clone(), indices: l.indices.clone() });
        let value = self.expr(&l.value);
        self.left = None;
        self.bound.clear();
        if value.is_some() && distinct && vars.iter().any(|v| self.vars[v.0].used) {
            for (var, name) in vars.iter().zip(&l.indices) {
                if !self.vars[var.0].used {
                    self.errors.push(unused(name, &l.name));
                }
            }
        }
        (vars, value)
    }

    /// Law: the indices on the left are different, and none is a tensor.
    fn check_left_indices(&mut self, l: &Let) -> bool {
        let mut distinct = true;
        for (i, name) in l.indices.iter().enumerate() {
            if l.indices[..i].contains(name) {
                self.errors.push(say::duplicate_index(name));
                distinct = false;
            } else if let Some(named @ (Named::Let(_) | Named::Input(_) | Named::Hyper(_))) =
                self.lookup(&name.to_string())
            {
                self.errors.push(say::index_named_like_value(name, named.noun()));
            }
        }
        distinct
    }

    /// `update name[i, j] = expr;`. Law: it gives the state's own axes real numbers.
    pub fn update(&mut self, l: &Let) -> Option<TUpdate> {
        let input = self.inputs.iter().position(|input| l.name == input.name)?;
        self.used_inputs[input] = true;
        let axes = self.inputs[input].sets.clone();
        if axes.len() != l.indices.len() {
            let axes: Vec<String> = axes.into_iter().map(|set| self.set_name(set)).collect();
            self.errors.push(say::update_axes(&l.name, &axes, &l.indices));
            return None;
        }
        let (vars, value) = self.assignment(l, say::unused_update_index);
        let value = value?;
        for ((set, &var), name) in axes.into_iter().zip(&vars).zip(&l.indices) {
            let (axis, var) = (self.sets.known(set, (&l.name).into()), self.vars[var.0].set);
            self.unify_index(var, axis, name.into(), &l.name, &name.to_string())?;
        }
        if value.kind == Kind::Bool {
            self.errors.push(say::update_not_real(value.range, &l.name));
            return None;
        }
        Some(TUpdate { input, vars, value: self.coerce(value, crate::ops::Sort::Real)? })
    }

    /// `repeat n { .. }`. Law: the number of rounds is a constant or an integer hyperparameter; a round
    /// assigns to real tensors defined before it.
    pub fn repeat(&mut self, r: &Repeat) -> Option<TStmt> {
        let count = self.repeat_count(&r.count);
        let visible = self.lets.len();
        let mut carried = Vec::new();
        let mut steps: Vec<Step> = Vec::new();
        for step in &r.steps {
            match step {
                RepeatStep::Let(l) => {
                    if let Some(TStmt::Let(id, value)) = self.let_(l) {
                        steps.push((id, self.lets[id].info.vars.clone(), value));
                    }
                }
                RepeatStep::Assign(l) => steps.extend(self.assign(l, visible, &mut carried)),
            }
        }
        if !r.steps.iter().any(|step| matches!(step, RepeatStep::Assign(_))) {
            self.errors.push(say::repeat_without_assignment(r.range));
        }
        // What a round defines is not visible after it: no name that can be written starts like this.
        for local in &mut self.lets[visible..] {
            local.info.name.insert(0, '\'');
        }
        (steps.len() == r.steps.len()).then_some(TStmt::Repeat { count: count?, carried, steps })
    }

    /// Law: a loop's number of rounds is known before it is run: a whole number, an integer hyperparameter, or a
    /// formula of hyperparameters and sizes.
    fn repeat_count(&mut self, count: &Expr) -> Option<Typed> {
        let constant = matches!(count.kind, ExprKind::Number(n) if n.fract() == 0.0 && n >= 0.0);
        let hyper = match &count.kind {
            ExprKind::Name(name) => match self.lookup(&name.to_string()) {
                Some(Named::Hyper(i)) => Some((name, self.hypers[i].ty)),
                _ => None,
            },
            _ => None,
        };
        let formula = match &count.kind {
            ExprKind::Unary(..) | ExprKind::Binary(..) | ExprKind::Call(..) => true,
            // The size of a set.
            ExprKind::Name(name) => name.to_string().starts_with(char::is_uppercase),
            _ => false,
        };
        if formula {
            let typed = self.real(count)?;
            if is_static(&typed) {
                return Some(typed);
            }
            self.errors.push(say::repeat_count_of_tensors(count.range));
            return None;
        }
        if !constant && !matches!(hyper, Some((_, HyperType::Integer))) {
            self.errors.push(say::repeat_count(count.range, hyper.map(|h| h.0)));
            return None;
        }
        self.expr(count)
    }

    fn assign(&mut self, l: &Let, visible: usize, carried: &mut Vec<usize>) -> Option<Step> {
        let target = self.assigned(&l.name, visible)?;
        let axes = self.lets[target].info.vars.clone();
        if axes.len() != l.indices.len() {
            let axes: Vec<String> = axes.iter().map(|v| self.vars[v.0].name.clone()).collect();
            self.errors.push(say::assigned_axes(&l.name, &axes, &l.indices));
            self.lets[target].disputed = true;
            return None;
        }
        if self.lets[target].info.kind != Kind::Real {
            self.errors.push(say::assign_not_real(&l.name));
            return None;
        }
        let (vars, value) = self.assignment(l, say::unused_left_index);
        for ((&axis, &var), name) in axes.iter().zip(&vars).zip(&l.indices) {
            let (axis, var) = (self.vars[axis.0].set, self.vars[var.0].set);
            self.unify_index(var, axis, name.into(), &l.name, &name.to_string())?;
        }
        let value = self.coerce(value?, crate::ops::Sort::Real)?;
        if !carried.contains(&target) {
            carried.push(target);
        }
        Some((target, vars, value))
    }

    /// Law: a round assigns to what a `let` before the loop has defined.
    fn assigned(&mut self, name: &Ident, visible: usize) -> Option<usize> {
        let text = name.to_string();
        let diag = match self.lookup(&text) {
            Some(Named::Let(i)) if i < visible => return Some(i),
            Some(Named::Let(_)) => say::assign_local(name),
            Some(named @ (Named::Input(_) | Named::Hyper(_))) => say::assign_head(name, named.noun()),
            _ => {
                let known = self.lets[..visible].iter().map(|l| l.info.name.as_str());
                say::assign_unknown(name, suggest::closest(&text, known))
            }
        };
        self.errors.push(diag);
        None
    }
}

/// Whether a scalar depends on hyperparameters and sizes only.
fn is_static(typed: &Typed) -> bool {
    match &typed.node {
        TNode::Number(_) | TNode::Hyper(_) | TNode::Size(_) => true,
        TNode::Op(_, args) => args.iter().all(is_static),
        _ => false,
    }
}
