//! What an applied definition has of schedules and learnable tensors becomes that of the one that applies it.

use super::{Composer, Extras, Work, at, fresh};
use crate::diag::messages::compose as say;
use crate::diag::{Diag, Errors};
use crate::syntax::ast::{
    Application, AxisName, Def, Element, Expr, ExprKind, HyperDefault, Learned, Schedule,
};
use crate::syntax::walk;
use proc_macro2::Ident;

impl Work {
    /// Gives every applied definition the numbers and tensors that it asks for beyond its written head.
    pub(super) fn lift(&mut self, composer: &mut Composer, errors: &mut Errors) {
        let mut lifted: Vec<Lifted> = Vec::new();
        let mut taken = self.taken();
        let own = self.plain.clone();
        let mut fill = |expr: &mut Expr| {
            let place = expr.clone();
            let ExprKind::Apply(app) = &mut expr.kind else { return };
            let inner = composer.get(&app.name.to_string());
            // What is wrong with it is reported for itself.
            let Some(inner) = inner.filter(|inner| inner.mistakes.is_empty()) else { return };
            let from = Applied { written: &inner.written, extras: &inner.extras, caller: &own };
            match from.fill(app, &place, &mut taken) {
                Ok(more) => lifted.extend(more),
                Err(diag) => errors.push(diag),
            }
        };
        self.roots(&mut |_, expr| walk::bottom_up(expr, &mut fill));
        for lifted in lifted {
            match lifted {
                Lifted::Scheduled(name, schedule) => self.schedule(name, schedule),
                Lifted::Learned(learned) => self.learn(learned),
            }
        }
    }
}

enum Lifted {
    Scheduled(Ident, Schedule),
    Learned(Learned),
}

/// An applied definition and who applies it.
struct Applied<'a> {
    written: &'a Def,
    extras: &'a Extras,
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
        for scheduled in &self.extras.scheduled {
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
        for learned in &self.extras.learned {
            let name = Ident::new(&fresh(&learned.name.to_string(), taken), app.name.span());
            let axes: Option<Vec<AxisName>> =
                learned.axes.iter().map(|axis| self.axis(axis, &given)).collect();
            let axes = axes.ok_or_else(|| say::learned_axes(&app.name, &learned.name))?;
            app.args.push(at(ExprKind::Name(name.clone()), place));
            lifted.push(Lifted::Learned(Learned { name, axes, ..learned.clone() }));
        }
        Ok(lifted)
    }

    /// The caller's value in the place of a hyperparameter of the applied definition.
    fn substitute(&self, part: &mut Expr, given: &Application) {
        let ExprKind::Name(name) = &part.kind else { return };
        let value = given.hypers.iter().find(|(hyper, _)| hyper == name).map(|(_, value)| value);
        let default = || self.written.hypers.iter().find(|h| h.name == *name)?.default.as_ref();
        if let Some(HyperDefault::Scalar(value)) = value.or_else(default) {
            *part = value.clone();
        }
    }

    /// The caller's set in the place of one of the applied definition: that of the tensor passed there.
    fn axis(&self, axis: &AxisName, given: &Application) -> Option<AxisName> {
        let (AxisName::Set(set) | AxisName::Bundle(set)) = axis else { return Some(axis.clone()) };
        let same = |other: &AxisName| matches!(other, AxisName::Set(name) if name == set);
        self.written.inputs.iter().zip(&given.args).find_map(|(input, arg)| {
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
