//! `poly<eps = [e1, e2, ..]>(Base(..))`: PolyLoss's leading polynomial coefficients (Leng et al. 2022).

use super::{Combinator, Combined, binary, number};
use crate::diag::Errors;
use crate::diag::messages::check as say;
use crate::ir::Ty;
use crate::syntax::ast::{Binder, Expr, ExprKind, HyperDefault};
use proc_macro2::{Ident, Span};

/// The combinator.
pub const POLY: Combinator = Combinator {
    name: "poly",
    usage: "poly<eps = [1.0]>(Base(..))",
    hypers: &["eps"],
    args: 1,
    expand,
    doc: "Base + sum_j eps_j (1 - p_t)^j, where p_t is the softmax probability of the target class (Leng et al. 2022).",
};

fn expand(c: &Combined, errors: &mut Errors) -> Option<Expr> {
    let coefficients = coefficients(c, errors)?;
    let probability = target_probability(c, errors)?;
    let name = &c.app.name;
    let mut value = c.part(0);
    for (j, coefficient) in coefficients.into_iter().enumerate() {
        let miss = binary("sub", number(1.0, name), probability.clone());
        let power = if j == 0 { miss } else { binary("pow", miss, number((j + 1) as f64, name)) };
        value = binary("add", value, binary("mul", coefficient, power));
    }
    Some(value)
}

/// Law: `eps` is a list of at least one coefficient.
fn coefficients(c: &Combined, errors: &mut Errors) -> Option<Vec<Expr>> {
    match c.app.hypers.iter().find(|h| h.0 == "eps") {
        Some((_, HyperDefault::Array(list, _))) if !list.is_empty() => Some(list.clone()),
        _ => {
            errors.push(say::poly_without_coefficients(&c.app.name));
            None
        }
    }
}

/// `sum[k | k == target[b]](softmax[k](logits[b, k]))` for the base's scores and target. Law: the base has a
/// class map and scores over the samples and the classes.
fn target_probability(c: &Combined, errors: &mut Errors) -> Option<Expr> {
    let (app, base) = &c.parts[0];
    let class = base.inputs.iter().position(|i| matches!(i.ty, Ty::Index(_)));
    let found = class.and_then(|t| {
        let Ty::Index(k) = base.inputs[t].ty else { return None };
        let mut wanted = base.inputs[t].sets.clone();
        wanted.push(k);
        wanted.sort();
        let scores = base.inputs.iter().position(|i| {
            let mut sets = i.sets.clone();
            sets.sort();
            i.ty == Ty::Real && !i.data && sets == wanted
        })?;
        let place = base.inputs[scores].sets.iter().rposition(|&s| s == k)?;
        Some((t, scores, place))
    });
    let (Some((target, scores, place)), true) = (found, samples_are_targets(c, class)) else {
        errors.push(say::poly_without_target(&app.name));
        return None;
    };
    let (ExprKind::Name(target), ExprKind::Name(scores)) = (&app.args[target].kind, &app.args[scores].kind) else {
        errors.push(say::poly_without_target(&app.name));
        return None;
    };
    Some(probability_expr(c, target, scores, place))
}

fn samples_are_targets(c: &Combined, class: Option<usize>) -> bool {
    let base = c.parts[0].1;
    class.is_some_and(|t| {
        let mut sets = base.inputs[t].sets.clone();
        sets.sort();
        sets == base.sample_sets()
    })
}

fn probability_expr(c: &Combined, target: &Ident, scores: &Ident, place: usize) -> Expr {
    let range = target.into();
    let at = |kind| Expr { kind, range };
    let k = Ident::new("class", Span::mixed_site().located_at(target.span()));
    let name = |n: &Ident| at(ExprKind::Name(n.clone()));
    let mut with_class = c.samples.to_vec();
    with_class.insert(place, name(&k));
    let softmax = at(ExprKind::Bind(Binder {
        name: Ident::new("softmax", target.span()),
        indices: vec![k.clone()],
        condition: None,
        args: vec![at(ExprKind::Index(scores.clone(), with_class))],
    }));
    let is_target = binary("eq", name(&k), at(ExprKind::Index(target.clone(), c.samples.to_vec())));
    at(ExprKind::Bind(Binder {
        name: Ident::new("sum", target.span()),
        indices: vec![k],
        condition: Some(Box::new(is_target)),
        args: vec![softmax],
    }))
}
