//! The checker: the laws of a definition, in the order in which they are looked at.

use super::scope::{LetScope, Named, Scope};
use super::signature::signature;
use super::tree::{Checked, Kind, LetInfo, TStmt, Typed, VarId};
use crate::diag::Errors;
use crate::diag::messages::check as say;
use crate::ir::{SetId, SetSize};
use crate::syntax::ast::{Def, Expr, ExprKind, File, HyperType, Let, Repeat, RepeatStep, Stmt};
use proc_macro2::Ident;
use std::collections::BTreeMap;
use std::rc::Rc;

/// All definitions that can be applied by name: those of the invocation, then the catalogue's.
pub struct Definitions<'d> {
    local: &'d [Def],
    catalogue: &'d dyn Fn(&str) -> Option<Def>,
    catalogue_names: &'d dyn Fn() -> Vec<String>,
    state: BTreeMap<String, State>,
}

enum State {
    InProgress,
    Done(Option<Rc<Checked>>),
}

/// What a name of a definition turned out to be.
pub(super) enum Lookup {
    Found(Rc<Checked>),
    /// It has mistakes that have been reported.
    Broken,
    /// It is being checked: it applies itself.
    Recursive,
    Unknown,
}

impl<'d> Definitions<'d> {
    /// The definitions of a file, over a catalogue.
    pub fn new(file: &'d File, catalogue: &'d dyn Fn(&str) -> Option<Def>, names: &'d dyn Fn() -> Vec<String>) -> Self {
        Definitions { local: &file.defs, catalogue, catalogue_names: names, state: BTreeMap::new() }
    }

    /// Names for did-you-mean.
    pub(super) fn names(&self) -> Vec<String> {
        let local = self.local.iter().map(|d| d.name.to_string());
        local.chain((self.catalogue_names)()).collect()
    }

    pub(super) fn get(&mut self, name: &str, errors: &mut Errors) -> Lookup {
        match self.state.get(name) {
            Some(State::InProgress) => return Lookup::Recursive,
            Some(State::Done(Some(def))) => return Lookup::Found(def.clone()),
            Some(State::Done(None)) => return Lookup::Broken,
            None => {}
        }
        let local = self.local.iter().find(|d| d.name == name);
        let Some(def) = local.cloned().or_else(|| (self.catalogue)(name)) else {
            return Lookup::Unknown;
        };
        self.state.insert(name.to_owned(), State::InProgress);
        let checked = definition(&def, self, errors).map(Rc::new);
        self.state.insert(name.to_owned(), State::Done(checked.clone()));
        checked.map_or(Lookup::Broken, Lookup::Found)
    }
}

/// Checks every definition of a file. The results stand in the order of the file; a definition with a
/// mistake has `None`, and its mistakes are in `errors`.
pub fn check(
    file: &File,
    catalogue: &dyn Fn(&str) -> Option<Def>,
    catalogue_names: &dyn Fn() -> Vec<String>,
    errors: &mut Errors,
) -> Vec<Option<Rc<Checked>>> {
    let mut defs = Definitions::new(file, catalogue, catalogue_names);
    check_distinct_definitions(file, errors);
    let checked = file.defs.iter().map(|def| match defs.get(&def.name.to_string(), errors) {
        Lookup::Found(checked) => Some(checked),
        _ => None,
    });
    checked.collect()
}

/// Law: definitions of one invocation have different names.
fn check_distinct_definitions(file: &File, errors: &mut Errors) {
    for (i, def) in file.defs.iter().enumerate() {
        if file.defs[..i].iter().any(|d| d.name == def.name) {
            errors.push(say::duplicate_definition(&def.name));
        }
    }
}

fn definition(def: &Def, defs: &mut Definitions, errors: &mut Errors) -> Option<Checked> {
    let mut own = Errors::new();
    let mut scope = Scope {
        defs,
        errors: &mut own,
        sets: Default::default(),
        infos: vec![],
        hypers: vec![],
        defaults: vec![],
        domains: vec![],
        inputs: vec![],
        used_inputs: vec![],
        used_hypers: vec![],
        lets: vec![],
        vars: vec![],
        bound: vec![],
        left: None,
        numbered: vec![],
    };
    signature(&mut scope, def);
    let checked = body(&mut scope, def);
    for diag in own.iter() {
        errors.push(diag.clone());
    }
    checked.filter(|_| own.is_empty())
}

fn body(scope: &mut Scope, def: &Def) -> Option<Checked> {
    let stmts: Vec<Option<TStmt>> = def.stmts.iter().map(|stmt| scope.statement(stmt)).collect();
    let value = scope.value(&def.value);
    let stmts = stmts.into_iter().collect::<Option<Vec<_>>>()?;
    let (samples, value) = value?;
    check_all_used(scope, def);
    check_ranges_known(scope);
    check_no_bundle_numbers(scope);
    check_bundle_samples(scope, def, &samples);
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
    };
    super::interval::check_domains(&checked, scope.errors);
    Some(checked)
}

/// Law: what the head promises the body uses.
fn check_all_used(scope: &mut Scope, def: &Def) {
    for (input, used) in def.inputs.iter().zip(scope.used_inputs.clone()) {
        if !used {
            scope.errors.push(say::unused_input(&input.name));
        }
    }
    for (hyper, used) in def.hypers.iter().zip(scope.used_hypers.clone()) {
        if !used {
            scope.errors.push(say::unused_hyper(&hyper.name));
        }
    }
}

/// Law: an index over a bundle of axes has no number, and there is no order along it.
fn check_no_bundle_numbers(scope: &mut Scope) {
    for (set, range) in std::mem::take(&mut scope.numbered) {
        let known = scope.sets.get(set);
        if known.is_some_and(|s| matches!(scope.infos[usize::from(s.0)].size, SetSize::Bundle { .. })) {
            scope.errors.push(say::bundle_number(range));
        }
    }
}

/// Law: the samples are a bundle of axes alone, or axes.
fn check_bundle_samples(scope: &mut Scope, def: &Def, samples: &[VarId]) {
    let bundled = samples.iter().any(|v| {
        let set = scope.sets.get(scope.vars[v.0].set);
        set.is_some_and(|s| matches!(scope.infos[usize::from(s.0)].size, SetSize::Bundle { .. }))
    });
    if bundled && samples.len() > 1 {
        scope.errors.push(say::bundle_samples(&def.name));
    }
}

/// Law: every index ranges over a known set.
fn check_ranges_known(scope: &mut Scope) {
    for i in 0..scope.vars.len() {
        let var = &scope.vars[i];
        if scope.sets.get(var.set).is_none() {
            scope.errors.push(say::range_unknown(var.declared, &var.name));
        }
    }
}

impl Scope<'_, '_> {
    fn statement(&mut self, stmt: &Stmt) -> Option<TStmt> {
        match stmt {
            Stmt::Let(l) => self.let_(l),
            Stmt::Repeat(r) => self.repeat(r),
        }
    }

    fn let_(&mut self, l: &Let) -> Option<TStmt> {
        self.check_let_name(&l.name);
        let (vars, value) = self.assignment(l);
        let kind = value.as_ref().map_or(Kind::Real, |v| v.kind);
        let id = self.define(&l.name, vars, kind);
        Some(TStmt::Let(id, value?))
    }

    /// Law: a `let` does not redefine an input, a hyperparameter or another `let`.
    fn check_let_name(&mut self, name: &Ident) {
        match self.lookup(&name.to_string()) {
            Some(Named::Let(i)) => {
                let declared = self.lets[i].declared;
                self.errors.push(say::duplicate_let(name));
                self.errors.push(say::first_let(declared, name));
            }
            Some(Named::Input(_) | Named::Hyper(_)) => self.errors.push(say::let_hides(name)),
            _ => {}
        }
    }

    fn define(&mut self, name: &Ident, vars: Vec<VarId>, kind: Kind) -> usize {
        let info = LetInfo { name: name.to_string(), vars, kind };
        self.lets.push(LetScope { info, declared: name.into() });
        self.lets.len() - 1
    }

    /// `name[i, j] = expr`. Law: the free indices of the right side are exactly those on the left; a right
    /// side without any index fills the tensor.
    fn assignment(&mut self, l: &Let) -> (Vec<VarId>, Option<Typed>) {
        let mut vars = Vec::new();
        for (i, name) in l.indices.iter().enumerate() {
            if l.indices[..i].contains(name) {
                self.errors.push(say::duplicate_index(name));
            } else if let Some(Named::Let(_) | Named::Input(_) | Named::Hyper(_)) =
                self.lookup(&name.to_string())
            {
                self.errors.push(say::index_named_like_value(name));
            }
            vars.push(self.declare(name));
        }
        self.left = Some(l.name.clone());
        let value = self.expr(&l.value);
        self.left = None;
        self.bound.clear();
        if value.is_some() && vars.iter().any(|v| self.vars[v.0].used) {
            for (var, name) in vars.iter().zip(&l.indices) {
                if !self.vars[var.0].used {
                    self.errors.push(say::unused_left_index(name, &l.name));
                }
            }
        }
        (vars, value)
    }

    /// `repeat n { .. }`. Law: the number of rounds is a constant or an integer hyperparameter; a round
    /// assigns to real tensors defined before it.
    fn repeat(&mut self, r: &Repeat) -> Option<TStmt> {
        let count = self.repeat_count(&r.count);
        let visible = self.lets.len();
        let mut carried = Vec::new();
        let mut steps = Vec::new();
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
        if carried.is_empty() {
            self.errors.push(say::repeat_without_assignment(r.range));
        }
        // What a round defines is not visible after it.
        for local in &mut self.lets[visible..] {
            local.info.name.insert(0, '\'');
        }
        (steps.len() == r.steps.len()).then_some(TStmt::Repeat { count: count?, carried, steps })
    }

    fn repeat_count(&mut self, count: &Expr) -> Option<Typed> {
        let constant = matches!(count.kind, ExprKind::Number(n) if n.fract() == 0.0 && n >= 0.0);
        let integer = matches!(&count.kind, ExprKind::Name(name)
            if matches!(self.lookup(&name.to_string()), Some(Named::Hyper(i)) if self.hypers[i].ty == HyperType::Integer));
        if !constant && !integer {
            self.errors.push(say::repeat_count(count.range));
            return None;
        }
        self.expr(count)
    }

    fn assign(
        &mut self,
        l: &Let,
        visible: usize,
        carried: &mut Vec<usize>,
    ) -> Option<(usize, Vec<VarId>, Typed)> {
        let target = match self.lookup(&l.name.to_string()) {
            Some(Named::Let(i)) if i < visible => i,
            _ => {
                self.errors.push(say::assign_unknown(&l.name));
                return None;
            }
        };
        let axes = self.lets[target].info.vars.clone();
        if axes.len() != l.indices.len() {
            let names: Vec<String> = axes.iter().map(|v| self.set_text(self.vars[v.0].set)).collect();
            self.errors.push(say::index_count((&l.name).into(), &l.name, &names, l.indices.len()));
            return None;
        }
        if self.lets[target].info.kind != Kind::Real {
            self.errors.push(say::assign_not_real(&l.name));
            return None;
        }
        let (vars, value) = self.assignment(l);
        for ((&axis, &var), name) in axes.iter().zip(&vars).zip(&l.indices) {
            let (a, v) = (self.vars[axis.0].set, self.vars[var.0].set);
            self.unify(v, a, name.into(), &name.to_string())?;
        }
        let value = self.coerce(value?, crate::ops::Sort::Real)?;
        if !carried.contains(&target) {
            carried.push(target);
        }
        Some((target, vars, value))
    }

    /// The value: its free indices are the samples.
    fn value(&mut self, expr: &Expr) -> Option<(Vec<VarId>, Typed)> {
        if let ExprKind::Apply(app) = &expr.kind {
            if app.indices.is_none() {
                return self.lifted_value(app, expr.range);
            }
        }
        let mut names = Vec::new();
        super::free::free_indices(expr, &mut vec![], &mut names);
        let mut samples = Vec::new();
        for name in &names {
            if self.lookup(&name.to_string()).is_none() {
                samples.push(self.declare(name));
            }
        }
        let typed = self.expr(expr);
        self.bound.clear();
        let value = self.coerce(typed?, crate::ops::Sort::Real)?;
        Some((samples, value))
    }
}
