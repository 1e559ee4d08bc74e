//! Combinators: `poly<..>(..)`, `apl<..>(..)`, `smoothed<..>(..)`. Each expands to plain expressions over its arguments, so that
//! later phases never hear of them.

mod active_passive;
mod poly;
mod smoothed;

use crate::diag::Errors;
use crate::ir::{InputInfo, SetId, Ty};
use crate::syntax::ast::{Application, Expr, ExprKind, HyperDefault};
use crate::types::tree::Checked;
use proc_macro2::{Ident, Span};

/// One combinator.
pub struct Combinator {
    /// Its name in the language.
    pub name: &'static str,
    /// How it is written, for messages.
    pub usage: &'static str,
    /// Its hyperparameters.
    pub hypers: &'static [&'static str],
    /// The number of definitions it takes.
    pub args: usize,
    /// The loss per sample at `samples`, as a plain expression. The arguments are applications.
    pub expand: fn(&Combined, &mut Errors) -> Option<Expr>,
    /// The manual entry.
    pub doc: &'static str,
}

/// Every combinator.
pub const COMBINATORS: &[Combinator] = &[poly::POLY, active_passive::APL, smoothed::SMOOTHED];

/// The combinator of that name.
pub fn find(name: &str) -> Option<&'static Combinator> {
    COMBINATORS.iter().find(|c| c.name == name)
}

/// A combinator in use.
pub struct Combined<'a> {
    /// As written.
    pub app: &'a Application,
    /// The applications it combines, with what they apply.
    pub parts: Vec<(&'a Application, &'a Checked)>,
    /// The indices of the samples.
    pub samples: &'a [Expr],
}

impl Combined<'_> {
    /// A hyperparameter as given, or a number.
    fn hyper(&self, name: &str, default: f64) -> Expr {
        match self.app.hypers.iter().find(|h| h.0 == name) {
            Some((_, HyperDefault::Scalar(e))) => e.clone(),
            _ => number(default, &self.app.name),
        }
    }

    /// The `i`-th part per sample.
    fn part(&self, i: usize) -> Expr {
        self.per_sample(self.parts[i].0.clone())
    }

    /// The first part per sample, as if the class of each sample were `class`.
    fn part_at(&self, target: usize, class: &Ident) -> Expr {
        let mut app = self.parts[0].0.clone();
        app.args[target].kind = ExprKind::Name(class.clone());
        self.per_sample(app)
    }

    fn per_sample(&self, mut app: Application) -> Expr {
        app.indices = Some(self.samples.to_vec());
        let range = (&app.name).into();
        Expr { kind: ExprKind::Apply(Box::new(app)), range }
    }
}

/// The input that is a class map over the samples, into classes that some input has an axis of.
fn target_of(base: &Checked) -> Option<usize> {
    let samples = base.sample_sets();
    let is_axis = |set: SetId| base.inputs.iter().any(|i| i.sets.contains(&set));
    let maps = |i: &InputInfo| matches!(i.ty, Ty::Index(set) if is_axis(set)) && i.sets == samples;
    base.inputs.iter().position(maps)
}

/// An index over classes. No index that can be written has an upper-case letter.
fn class_index(at: &Ident) -> Ident {
    Ident::new("class_K", Span::mixed_site().located_at(at.span()))
}

/// A number at the place of a name.
fn number(value: f64, at: &Ident) -> Expr {
    Expr { kind: ExprKind::Number(value), range: at.into() }
}

/// `x op y` at the place of `x`.
fn binary(op: &'static str, x: Expr, y: Expr) -> Expr {
    let range = x.range.to(y.range);
    Expr { kind: ExprKind::Binary(op, Box::new(x), Box::new(y)), range }
}
