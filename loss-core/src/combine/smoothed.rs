//! `smoothed<label_smoothing>(Base(..))`: part of the target goes to all classes alike.

use super::{Combinator, Combined, binary, class_index, number, target_of};
use crate::diag::Errors;
use crate::diag::messages::check as say;
use crate::syntax::ast::{Binder, Expr, ExprKind};
use proc_macro2::Ident;

/// The combinator.
pub const SMOOTHED: Combinator = Combinator {
    name: "smoothed",
    usage: "smoothed<label_smoothing = 0.1>(Base(..))",
    hypers: &["label_smoothing"],
    args: 1,
    expand,
    doc: "(1 - label_smoothing) * base + label_smoothing * the mean of the base over all classes as targets: what the \
          base is expected to be if the target is a random class with that probability (Szegedy et al. 2016).",
};

/// Law: the base has a class map over its samples.
fn expand(c: &Combined, errors: &mut Errors) -> Option<Expr> {
    let (app, base) = &c.parts[0];
    let Some(target) = target_of(base) else {
        errors.push(say::smoothed_without_target(&app.name));
        return None;
    };
    let share = c.hyper("label_smoothing", 0.1);
    let rest = binary("sub", number(1.0, &c.app.name), share.clone());
    let k = class_index(&app.name);
    let any = c.part_at(target, &k);
    let all = Expr {
        range: any.range,
        kind: ExprKind::Bind(Box::new(Binder {
            name: Ident::new("mean", app.name.span()),
            indices: vec![k],
            ranges: vec![],
            condition: None,
            args: vec![any],
        })),
    };
    Some(binary("add", binary("mul", rest, c.part(0)), binary("mul", share, all)))
}
