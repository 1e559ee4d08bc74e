//! The laws of one definition, in the order in which they are looked at.

use super::definitions::Definitions;
use super::free;
use super::scope::Scope;
use super::sets::SetVar;
use super::signature::signature;
use super::tree::{Checked, Kind, TNode, TStmt, TUpdate, Typed, VarId};
use crate::diag::messages::check as say;
use crate::diag::{Errors, SpanRange};
use crate::ir::{SetId, SetSize};
use crate::syntax::ast::{Def, Expr, ExprKind, Stmt};
use proc_macro2::Ident;

/// Checks a definition. Its body is looked at only if the names in its head can be relied on.
pub(super) fn definition(def: &Def, defs: &mut Definitions, errors: &mut Errors) -> Option<Checked> {
    let mut own = Errors::new();
    let mut scope = Scope::new(def, defs, &mut own);
    let checked = if signature(&mut scope, def) { body(&mut scope, def) } else { None };
    for diag in own.iter() {
        errors.push(diag.clone());
    }
    checked.filter(|_| own.is_empty())
}

fn body(scope: &mut Scope, def: &Def) -> Option<Checked> {
    let stmts: Vec<Option<TStmt>> = def.stmts.iter().map(|stmt| scope.statement(stmt)).collect();
    let value = scope.value(&def.value);
    let updates: Vec<Option<TUpdate>> = def.updates.iter().map(|update| scope.update(update)).collect();
    let stmts = stmts.into_iter().collect::<Option<Vec<_>>>()?;
    let (samples, value) = value?;
    let updates = updates.into_iter().collect::<Option<Vec<_>>>()?;
    check_whole(scope, def, &samples)?;
    let set_vars = scope.sets.resolved(SetId(0));
    let checked = Checked {
        name: def.name.to_string(),
        marks: def.marks.clone(),
        sets: scope.infos.clone(),
        hypers: std::mem::take(&mut scope.hypers),
        defaults: std::mem::take(&mut scope.defaults),
        domains: scope.domains.iter().map(|d| d.as_ref().map(|d| (d.lo, d.hi))).collect(),
        inputs: std::mem::take(&mut scope.inputs),
        vars: scope.vars.iter().map(|v| set_vars[v.set.index()]).collect(),
        set_vars,
        lets: scope.lets.drain(..).map(|l| l.info).collect(),
        stmts,
        samples,
        value,
        updates,
    };
    super::interval::check_domains(&checked, scope.errors);
    Some(checked)
}

/// The laws that can be told only from the whole body, and only if its parts are right: what was not looked at
/// for another mistake would seem to be unused.
fn check_whole(scope: &mut Scope, def: &Def, samples: &[VarId]) -> Option<()> {
    let laws: [&dyn Fn(&mut Scope); 4] =
        [&|scope| check_all_used(scope, def), &check_ranges_known, &check_no_bundle_numbers, &|scope| {
            check_bundle_samples(scope, samples)
        }];
    for law in laws {
        if !scope.errors.is_empty() {
            return None;
        }
        law(scope);
    }
    Some(())
}

/// Law: what the head promises and what a `let` defines, the body uses.
fn check_all_used(scope: &mut Scope, def: &Def) {
    for (input, used) in def.inputs.iter().zip(scope.used_inputs.clone()) {
        if !used {
            scope.errors.push(say::unused_input(&input.name));
        }
    }
    for (hyper, used) in def.hypers.iter().zip(scope.used_hypers.clone()) {
        if !used && !hyper.scheduled {
            scope.errors.push(say::unused_hyper(&hyper.name));
        }
    }
    for l in scope.lets.iter().filter(|l| !l.used) {
        scope.errors.push(say::unused_let(&l.declared));
    }
}

/// Law: an index over a bundle of axes has no number, and there is no order along it.
fn check_no_bundle_numbers(scope: &mut Scope) {
    for (set, range) in std::mem::take(&mut scope.numbered) {
        if let Some(set) = scope.bundle(set) {
            scope.errors.push(say::bundle_number(range, &scope.set_name(set)));
        }
    }
}

/// Law: the samples are a bundle of axes alone, or axes.
fn check_bundle_samples(scope: &mut Scope, samples: &[VarId]) {
    let bundled = samples.iter().find(|v| scope.bundle(scope.vars[v.0].set).is_some());
    let other = samples.iter().find(|v| Some(*v) != bundled);
    if let (Some(bundled), Some(other)) = (bundled, other) {
        let (bundled, other) = (&scope.vars[bundled.0], &scope.vars[other.0]);
        scope.errors.push(say::bundle_samples(other.declared, &other.name, &bundled.name));
    }
}

/// Law: every index ranges over a set of known size. One that is read nowhere ranges over the set of an index that it is
/// compared with.
fn check_ranges_known(scope: &mut Scope) {
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for (index, others) in scope.near.clone() {
            // One of them is open, so that they cannot differ.
            let alike = near(scope, index, &others);
            changed |= alike.is_some_and(|other| scope.sets.unify(index, other).is_ok());
        }
    }
    for var in &scope.vars {
        let known = scope.sets.get(var.set).map(|set| &scope.infos[usize::from(set.0)]);
        match known {
            None => scope.errors.push(say::range_unknown(var.declared, &var.name)),
            Some(info) if info.size.is_target_only() => {
                scope.errors.push(say::range_of_unknown_size(var.declared, &var.name, &info.name));
            }
            Some(_) => {}
        }
    }
}

/// The one that ranges over the set of the index that it is compared with: of `m == n + k - 2` it is `n` or `m` if `k` has
/// a set of its own, else none can be told.
fn near(scope: &Scope, index: SetVar, others: &[SetVar]) -> Option<SetVar> {
    let set = |var: &SetVar| scope.sets.get(*var);
    let own = set(&index);
    let mut alike = others.iter().filter(|other| set(other).is_none() || own.is_none() || set(other) == own);
    let other = alike.next().filter(|_| alike.next().is_none())?;
    (own.is_some() != set(other).is_some()).then_some(*other)
}

impl Scope<'_, '_> {
    fn statement(&mut self, stmt: &Stmt) -> Option<TStmt> {
        match stmt {
            Stmt::Let(l) => self.let_(l),
            Stmt::Repeat(r) => self.repeat(r),
        }
    }

    /// The value: its free indices are the samples.
    fn value(&mut self, expr: &Expr) -> Option<(Vec<VarId>, Typed)> {
        if let ExprKind::Apply(app) = &expr.kind
            && app.indices.is_none()
        {
            return self.lifted_value(app, expr.range);
        }
        if let ExprKind::Parts(parts) = &expr.kind {
            return self.parts(parts, expr.range);
        }
        let samples: Vec<VarId> = self.free(expr).iter().map(|name| self.sample(name, expr)).collect();
        let typed = self.expr(expr);
        self.bound.clear();
        let typed = typed?;
        if typed.kind == Kind::Bool {
            self.errors.push(say::value_not_real(typed.range));
            return None;
        }
        let value = self.coerce(typed, crate::ops::Sort::Real)?;
        Some((samples, value))
    }

    /// The indices that a value binds nowhere.
    fn free(&self, expr: &Expr) -> Vec<Ident> {
        let mut names = free::free_among(expr, &self.externs, &self.infos);
        names.retain(|name| self.lookup(&name.to_string()).is_none());
        names
    }

    /// A sample index. One that nothing is read at ranges over the set that it is named after.
    fn sample(&mut self, name: &Ident, expr: &Expr) -> VarId {
        let sample = self.declare(name);
        self.vars[sample.0].sample = true;
        if !free::free_indices(expr, &self.externs).contains(name)
            && let Some(set) = free::named_after(name, &self.infos)
        {
            self.vars[sample.0].set = self.sets.known(set, name.into());
        }
        sample
    }

    /// Numbers side by side: their index is the only sample. One that has samples itself is their mean.
    fn parts(&mut self, parts: &[Expr], range: SpanRange) -> Option<(Vec<VarId>, Typed)> {
        let set = self.fixed_set(parts.len());
        let along = self.declare(&Ident::new("part", range.first));
        self.vars[along.0].set = self.sets.known(set, range);
        self.vars[along.0].used = true;
        self.bound.clear();
        let numbers: Vec<Option<Typed>> = parts.iter().map(|part| self.part_mean(part)).collect();
        let numbers = numbers.into_iter().collect::<Option<Vec<_>>>()?;
        Some((vec![along], Typed { node: TNode::Parts(along, numbers), kind: Kind::Real, range }))
    }

    fn part_mean(&mut self, part: &Expr) -> Option<Typed> {
        let names = self.free(part);
        match &part.kind {
            _ if names.is_empty() => self.real(part),
            // The mean of what is detached, not what is detached of the mean, would need the index outside.
            ExprKind::Call(name, args) if name == "detach" => {
                let mean = super::apply::mean_over(names, args[0].clone());
                self.real(&Expr { kind: ExprKind::Call(name.clone(), vec![mean]), range: part.range })
            }
            _ => self.real(&super::apply::mean_over(names, part.clone())),
        }
    }

    /// The set behind a variable, if it is a bundle of axes.
    pub fn bundle(&self, set: SetVar) -> Option<SetId> {
        let set = self.sets.get(set)?;
        matches!(self.infos[usize::from(set.0)].size, SetSize::Bundle { .. }).then_some(set)
    }
}
