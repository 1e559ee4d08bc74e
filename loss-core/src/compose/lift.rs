//! What an applied definition has of schedules, learnable tensors and state becomes that of the one that applies it.

use super::{Composed, Composer, Work, at, fresh};
use crate::diag::messages::compose as say;
use crate::diag::{Diag, Errors};
use crate::syntax::ast::{
    Application, AxisName, Def, Element, Expr, ExprKind, Held, HyperDefault, Let, Role, Schedule,
};
use crate::syntax::walk;
use proc_macro2::Ident;
use std::rc::Rc;

impl Work {
    /// Gives every applied definition the numbers and tensors that it asks for beyond its written head.
    pub(super) fn lift(&mut self, composer: &mut Composer, errors: &mut Errors) {
        self.check_loops(composer, errors);
        let mut lifted: Vec<Lifted> = Vec::new();
        let mut taken = self.taken();
        let own = self.plain.clone();
        let mut fill = |expr: &mut Expr| {
            let place = expr.clone();
            let ExprKind::Apply(app) = &mut expr.kind else { return };
            // The update of a state that has been lifted brings nothing along of its own.
            let Some(inner) = composer.sound(app).filter(|_| app.update.is_none()) else { return };
            let from = Applied { inner: &inner, caller: &own };
            match from.fill(app, &place, &mut taken) {
                Ok(more) => lifted.extend(more),
                Err(diag) => errors.push(diag),
            }
        };
        self.roots(&mut |_, expr| walk::bottom_up(expr, &mut fill));
        for lifted in lifted {
            match lifted {
                Lifted::Scheduled(name, schedule) => self.schedule(name, schedule),
                Lifted::Held(held) => self.hold(held),
                Lifted::Update(update) => self.plain.updates.push(update),
            }
        }
    }

    /// Law: what has state is applied outside of loops. A round's own tensors are gone when the state is updated.
    fn check_loops(&self, composer: &mut Composer, errors: &mut Errors) {
        self.in_loops(&mut |expr| {
            walk::bottom_up(&mut expr.clone(), &mut |part| {
                let ExprKind::Apply(app) = &part.kind else { return };
                if composer.sound(app).is_some_and(|inner| inner.extras.states().next().is_some()) {
                    errors.push(say::state_in_repeat(&app.name));
                }
            });
        });
    }
}

impl Composer<'_> {
    /// What is applied. What is wrong with it is reported for itself.
    fn sound(&mut self, app: &Application) -> Option<Rc<Composed>> {
        self.get(&app.name.to_string()).filter(|inner| inner.mistakes.is_empty())
    }
}

enum Lifted {
    Scheduled(Ident, Schedule),
    Held(Held),
    Update(Let),
}

/// An applied definition and who applies it.
struct Applied<'a> {
    inner: &'a Composed,
    caller: &'a Def,
}

impl Applied<'_> {
    /// Adds what the plain definition asks for to an application.
    fn fill(
        &self,
        app: &mut Application,
        place: &Expr,
        taken: &mut Vec<String>,
    ) -> Result<Vec<Lifted>, Diag> {
        let mut lifted = Vec::new();
        let given = app.clone();
        for scheduled in &self.inner.extras.scheduled {
            let name = Ident::new(&fresh(&scheduled.name.to_string(), taken), app.name.span());
            let mut schedule = scheduled.schedule.clone();
            let mut whole = at(ExprKind::Schedule(schedule.clone()), place);
            walk::bottom_up(&mut whole, &mut |part| self.substitute(part, &given));
            if let ExprKind::Schedule(substituted) = whole.kind {
                schedule = substituted;
            }
            let fields: Vec<Ident> = self.caller.hypers.iter().map(|h| h.name.clone()).collect();
            super::schedules::at_step(&schedule, &fields)?;
            app.hypers.push((
                scheduled.name.clone(),
                HyperDefault::Scalar(at(ExprKind::Name(name.clone()), place)),
            ));
            lifted.push(Lifted::Scheduled(name, schedule));
        }
        let mut states: Vec<(Ident, &Held)> = Vec::new();
        for held in &self.inner.extras.held {
            let name = Ident::new(&fresh(&held.name.to_string(), taken), app.name.span());
            let axes: Option<Vec<AxisName>> = held.axes.iter().map(|axis| self.axis(axis, &given)).collect();
            let axes = axes.ok_or_else(|| say::held_axes(&app.name, held.role.word(), &held.name))?;
            app.args.push(at(ExprKind::Name(name.clone()), place));
            if held.role == Role::State {
                states.push((name.clone(), held));
            }
            lifted.push(Lifted::Held(Held { name, axes, ..held.clone() }));
        }
        if !states.is_empty() {
            check_whole(app)?;
        }
        let updates = states.into_iter().map(|(name, state)| update(app, place, name, state, taken));
        lifted.extend(updates.map(Lifted::Update));
        Ok(lifted)
    }

    /// The caller's value in the place of a hyperparameter of the applied definition.
    fn substitute(&self, part: &mut Expr, given: &Application) {
        let ExprKind::Name(name) = &part.kind else { return };
        let value = given.hypers.iter().find(|(hyper, _)| hyper == name).map(|(_, value)| value);
        let default = || self.inner.written.hypers.iter().find(|h| h.name == *name)?.default.as_ref();
        if let Some(HyperDefault::Scalar(value)) = value.or_else(default) {
            *part = value.clone();
        }
    }

    /// The caller's set in the place of one of the applied definition: that of the tensor passed there.
    fn axis(&self, axis: &AxisName, given: &Application) -> Option<AxisName> {
        let (AxisName::Set(set) | AxisName::Bundle(set)) = axis else { return Some(axis.clone()) };
        let same = |other: &AxisName| matches!(other, AxisName::Set(name) if name == set);
        self.inner.written.inputs.iter().zip(&given.args).find_map(|(input, arg)| {
            let ExprKind::Name(tensor) = &arg.kind else { return None };
            let passed = self.caller.inputs.iter().find(|i| i.name == *tensor)?;
            match (input.axes.iter().position(same), &input.element, &passed.element) {
                (Some(position), ..) => passed.axes.get(position).cloned(),
                (None, Element::Class(own), Element::Class(theirs)) if same(own) => Some(theirs.clone()),
                _ => None,
            }
        })
    }
}

/// Law: what has state is applied once, not to each slice of a tensor: there is one state for them all.
fn check_whole(app: &Application) -> Result<(), Diag> {
    let is_slice = |arg: &&Expr| {
        let ExprKind::Index(_, indices) = &arg.kind else { return false };
        indices.iter().any(|index| matches!(index.kind, ExprKind::Rest))
    };
    match app.args.iter().find(is_slice) {
        Some(slice) => Err(say::state_of_slices(slice.range, &app.name)),
        None => Ok(()),
    }
}

/// `update centers[i, j] = Center(features, label, centers).centers[i, j];`
fn update(app: &Application, place: &Expr, name: Ident, state: &Held, taken: &[String]) -> Let {
    let mut taken = taken.to_vec();
    let letters = ["i", "j", "k", "l"].into_iter().take(state.axes.len());
    let indices: Vec<Ident> =
        letters.map(|letter| Ident::new(&fresh(letter, &mut taken), app.name.span())).collect();
    let at_indices = indices.iter().map(|index| at(ExprKind::Name(index.clone()), place)).collect();
    let updated = Application {
        update: Some(state.name.clone()),
        indices: (!indices.is_empty()).then_some(at_indices),
        ..app.clone()
    };
    Let { name, indices, ranges: vec![], value: at(ExprKind::Apply(Box::new(updated)), place) }
}
