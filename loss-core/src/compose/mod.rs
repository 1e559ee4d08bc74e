//! Composition: what a definition says beyond plain expressions becomes plain here, before anything is checked.
//!
//! - `reweight<..>(..)` becomes a `let` of the losses and a product (`reweight.rs`);
//! - a schedule becomes a hyperparameter, whose value at each step the generated type knows (`schedules.rs`);
//! - a tensor that the loss learns or keeps as state becomes the last input, which the generated type brings along
//!   (`held.rs`);
//! - what applied definitions have of either becomes this definition's, too (`lift.rs`);
//! - named terms become a sum, and a second definition of the numbers to report (`terms.rs`).

mod held;
pub mod initial;
mod lift;
mod reweight;
pub mod schedules;
mod terms;

use crate::catalogue;
use crate::diag::messages::compose as say;
use crate::diag::{Diag, Errors};
use crate::syntax::ast::{
    Def, Expr, ExprKind, File, Held, Hyper, HyperDefault, HyperType, RepeatStep, Role, Schedule, Stmt,
};
use crate::syntax::walk;
use proc_macro2::Ident;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Whether a word names a schedule.
pub fn is_schedule(word: &str) -> bool {
    schedules::find(word).is_some()
}

/// A definition in plain expressions, and what became of the rest.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The definition as written.
    pub written: Def,
    /// The definition in plain expressions.
    pub plain: Def,
    /// What the generated type adds to it.
    pub extras: Extras,
    /// What is wrong with it.
    pub mistakes: Vec<Diag>,
    /// What is reported: the loss, then for each term its value, its weight and, if there are such, its sigma.
    pub parts: Option<Def>,
}

/// What a generated type has beyond its plain definition.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Hyperparameters of the plain definition whose values are schedules.
    pub scheduled: Vec<Scheduled>,
    /// The last inputs of the plain definition, in order, which are the type's own tensors.
    pub held: Vec<Held>,
    /// The names of the terms.
    pub terms: Vec<String>,
    /// Whether terms have a sigma each.
    pub sigmas: bool,
}

/// A hyperparameter of the plain definition that changes with the step.
#[derive(Clone, Debug)]
pub struct Scheduled {
    /// Its name.
    pub name: Ident,
    /// Its values, in hyperparameters of the definition as written.
    pub schedule: Schedule,
}

impl Extras {
    /// Whether the plain definition is not the type that the user asked for.
    pub fn differ(&self) -> bool {
        !self.scheduled.is_empty() || !self.held.is_empty()
    }

    /// Whether the type has tensors for an optimizer.
    pub fn learns(&self) -> bool {
        self.held.iter().any(|held| held.role == Role::Learned)
    }

    /// What the type carries from one call to the next.
    pub fn states(&self) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(|held| held.role == Role::State)
    }
}

impl Composed {
    /// The name of the plain definition's type: the written one if there is nothing to add to it.
    pub fn plain_name(&self) -> Ident {
        let Composed { written, extras, .. } = self;
        let ending = match (extras.held.is_empty(), extras.scheduled.is_empty()) {
            (true, true) => "",
            (true, false) => "At",
            (false, _) => "Function",
        };
        Ident::new(&format!("{}{ending}", written.name), written.name.span())
    }

    /// The name of the type that computes an update: `CenterUpdate`, `CenterUpdate2`.
    pub fn update_name(&self, update: usize) -> Ident {
        let number = if update == 0 { String::new() } else { (update + 1).to_string() };
        Ident::new(&format!("{}Update{number}", self.written.name), self.written.name.span())
    }
}

/// Every definition of a file, composed, in its order.
pub fn file(file: &File, errors: &mut Errors) -> Vec<Rc<Composed>> {
    let mut composer = Composer { local: &file.defs, known: BTreeMap::new(), open: vec![] };
    let composed: Vec<Rc<Composed>> = file.defs.iter().map(|def| composer.local(def)).collect();
    // In the order of the file, whatever was composed first.
    composed.iter().flat_map(|composed| &composed.mistakes).for_each(|diag| errors.push(diag.clone()));
    composed
}

/// The plain form of a definition of the catalogue.
pub fn of_catalogue(name: &str) -> Option<Def> {
    let mut composer = Composer { local: &[], known: BTreeMap::new(), open: vec![] };
    composer.get(name).map(|composed| composed.plain.clone())
}

/// Composes definitions, each when it is first needed.
pub(crate) struct Composer<'d> {
    local: &'d [Def],
    known: BTreeMap<String, Rc<Composed>>,
    /// What is being composed: a definition that applies itself is the checker's to report.
    open: Vec<String>,
}

impl Composer<'_> {
    /// A definition of the file; of several of one name, each is composed.
    fn local(&mut self, def: &Def) -> Rc<Composed> {
        let name = def.name.to_string();
        let first = self.local.iter().find(|d| d.name == def.name).is_some_and(|d| std::ptr::eq(d, def));
        match self.known.get(&name).filter(|_| first) {
            Some(known) => known.clone(),
            None => self.compose(def),
        }
    }

    /// The definition of that name.
    pub fn get(&mut self, name: &str) -> Option<Rc<Composed>> {
        if let Some(known) = self.known.get(name) {
            return Some(known.clone());
        }
        if self.open.iter().any(|open| open == name) {
            return None;
        }
        let local = self.local.iter().find(|def| def.name == name).cloned();
        let def = local.or_else(|| catalogue::find(name))?;
        Some(self.compose(&def))
    }

    fn compose(&mut self, def: &Def) -> Rc<Composed> {
        self.open.push(def.name.to_string());
        let mut work = Work::new(def);
        let mut own = Errors::new();
        work.reweights(&mut own);
        work.schedules(&mut own);
        work.own_held(&mut own);
        work.lift(self, &mut own);
        let parts = work.terms(self, &mut own);
        self.open.pop();
        let Work { plain, extras, .. } = work;
        let mistakes = own.iter().cloned().collect();
        let composed = Rc::new(Composed { written: def.clone(), plain, extras, parts, mistakes });
        self.known.insert(def.name.to_string(), composed.clone());
        composed
    }
}

/// A definition on its way to plain expressions.
pub(crate) struct Work {
    /// So far.
    pub plain: Def,
    pub extras: Extras,
    /// The hyperparameters as written.
    fields: Vec<Ident>,
}

impl Work {
    fn new(def: &Def) -> Self {
        let fields = def.hypers.iter().map(|h| h.name.clone()).collect();
        Work { plain: def.clone(), extras: Extras::default(), fields }
    }

    /// Calls `visit` with every whole expression of the body, and a name for what it is part of.
    fn roots(&mut self, visit: &mut dyn FnMut(&str, &mut Expr)) {
        for stmt in &mut self.plain.stmts {
            match stmt {
                Stmt::Let(l) => visit(&l.name.to_string(), &mut l.value),
                Stmt::Repeat(r) => {
                    visit("rounds", &mut r.count);
                    for step in &mut r.steps {
                        let (RepeatStep::Let(l) | RepeatStep::Assign(l)) = step;
                        visit(&l.name.to_string(), &mut l.value);
                    }
                }
            }
        }
        match &mut self.plain.terms {
            Some(terms) => {
                terms
                    .list
                    .iter_mut()
                    .for_each(|term| visit(&format!("{}_weight", term.name), &mut term.value));
            }
            None => visit("scheduled", &mut self.plain.value),
        }
        for update in &mut self.plain.updates {
            visit(&format!("{}_rate", update.name), &mut update.value);
        }
    }

    /// Puts a hyperparameter into the place of each schedule.
    fn schedules(&mut self, errors: &mut Errors) {
        let mut found: Vec<(String, Schedule)> = Vec::new();
        let mut names = self.taken();
        self.roots(&mut |root, expr| replace_schedules(expr, root, &mut names, &mut found));
        for (name, schedule) in found {
            if let Err(diag) = schedules::at_step(&schedule, &self.fields) {
                errors.push(diag);
            }
            self.schedule(Ident::new(&name, schedule.name.span()), schedule);
        }
        for (value, name) in self.plain.hypers.iter().filter_map(|h| Some((h.default.as_ref()?, &h.name))) {
            if let HyperDefault::Scalar(Expr { kind: ExprKind::Schedule(_), .. }) = value {
                errors.push(say::scheduled_default(name));
            }
        }
    }

    /// A hyperparameter whose value is a schedule.
    pub(crate) fn schedule(&mut self, name: Ident, schedule: Schedule) {
        let mut whole = Expr { kind: ExprKind::Schedule(schedule.clone()), range: (&schedule.name).into() };
        walk::bottom_up(&mut whole, &mut |part| {
            if let ExprKind::Name(used) = &part.kind {
                self.plain.hypers.iter_mut().filter(|h| h.name == *used).for_each(|h| h.scheduled = true);
            }
        });
        let range = schedules::range(&schedule);
        let value = Expr { kind: ExprKind::Number(schedules::some_value(&schedule)), range };
        self.plain.hypers.push(Hyper {
            name: name.clone(),
            docs: vec![format!("`{}` at a step.", crate::syntax::print::schedule(&schedule))],
            ty: HyperType::Real,
            default: Some(HyperDefault::Scalar(value)),
            domain: None,
            scheduled: false,
        });
        self.extras.scheduled.push(Scheduled { name, schedule });
    }

    /// Every name of the definition, so that new ones are not among them.
    pub(crate) fn taken(&self) -> Vec<String> {
        let Def { hypers, inputs, held, stmts, .. } = &self.plain;
        let mut names: Vec<String> = hypers.iter().map(|h| h.name.to_string()).collect();
        names.extend(inputs.iter().map(|i| i.name.to_string()));
        names.extend(held.iter().map(|h| h.name.to_string()));
        for stmt in stmts {
            match stmt {
                Stmt::Let(l) => names.push(l.name.to_string()),
                Stmt::Repeat(r) => names.extend(r.steps.iter().map(|step| match step {
                    RepeatStep::Let(l) | RepeatStep::Assign(l) => l.name.to_string(),
                })),
            }
        }
        names
    }
}

/// A name like `stem` that is not taken; takes it.
pub(crate) fn fresh(stem: &str, taken: &mut Vec<String>) -> String {
    let candidates = std::iter::once(stem.to_owned()).chain((2..).map(|n| format!("{stem}_{n}")));
    let name = candidates.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
    taken.push(name.clone());
    name
}

/// `stem` is what the schedule stands for: the hyperparameter it is given to, or the term that it weights.
fn replace_schedules(
    expr: &mut Expr,
    stem: &str,
    names: &mut Vec<String>,
    found: &mut Vec<(String, Schedule)>,
) {
    if let ExprKind::Schedule(schedule) = &expr.kind {
        let name = fresh(stem, names);
        found.push((name.clone(), schedule.clone()));
        expr.kind = ExprKind::Name(Ident::new(&name, schedule.name.span()));
        return;
    }
    if let ExprKind::Apply(app) = &mut expr.kind {
        for (hyper, value) in &mut app.hypers {
            let stem = hyper.to_string();
            walk::hyper_mut(value, &mut |value| replace_schedules(value, &stem, names, found));
        }
    }
    walk::parts_mut(expr, &mut |part| replace_schedules(part, stem, names, found));
}

/// An expression at the place of another.
pub(crate) fn at(kind: ExprKind, place: &Expr) -> Expr {
    Expr { kind, range: place.range }
}
