//! Combinators: `poly<..>(..)`, `apl<..>(..)`. Each expands to plain expressions over its arguments, so that
//! later phases never hear of them.

mod active_passive;
mod poly;

use crate::diag::Errors;
use crate::syntax::ast::{Application, Expr, ExprKind, HyperDefault};
use crate::types::tree::Checked;
use proc_macro2::Ident;

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
pub const COMBINATORS: &[Combinator] = &[poly::POLY, active_passive::APL];

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
        let mut app = self.parts[i].0.clone();
        app.indices = Some(self.samples.to_vec());
        let range = (&app.name).into();
        Expr { kind: ExprKind::Apply(Box::new(app)), range }
    }
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
