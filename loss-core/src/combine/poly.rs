//! `poly<eps = [e1, e2, ..]>(Base(..))`: PolyLoss's leading polynomial coefficients (Leng et al. 2022).

use super::{Combinator, Combined, binary, class_index, number, target_of};
use crate::diag::Errors;
use crate::diag::messages::check as say;
use crate::ir::{SetId, Ty};
use crate::syntax::ast::{Binder, Expr, ExprKind, HyperDefault};
use crate::types::tree::Checked;
use proc_macro2::Ident;

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
        given => {
            let at = match given {
                Some((_, HyperDefault::Array(_, range))) => *range,
                Some((_, HyperDefault::Scalar(number))) => number.range,
                None => (&c.app.name).into(),
            };
            errors.push(say::poly_without_coefficients(at));
            None
        }
    }
}

/// `sum[k | k == target[b]](softmax[k](logits[b, k]))` for the base's scores and target. Law: the base has a
/// class map over its samples, and scores over the samples and the classes.
fn target_probability(c: &Combined, errors: &mut Errors) -> Option<Expr> {
    let (app, base) = &c.parts[0];
    let named = |i: usize| match &app.args[i].kind {
        ExprKind::Name(name) => Some(name),
        _ => None,
    };
    let found = target_and_scores(base).and_then(|(t, s, place)| Some((named(t)?, named(s)?, place)));
    let Some((target, scores, place)) = found else {
        errors.push(say::poly_without_target(&app.name));
        return None;
    };
    Some(probability_expr(c, target, scores, place))
}

/// The class map, the scores, and which of their axes is that of the classes.
fn target_and_scores(base: &Checked) -> Option<(usize, usize, usize)> {
    let samples = base.sample_sets();
    let target = target_of(base)?;
    let Ty::Index(class) = base.inputs[target].ty else { return None };
    let place_in = |sets: &[SetId]| sets.iter().rposition(|&s| s == class);
    let scores = base.inputs.iter().position(|i| {
        let rest = place_in(&i.sets).map(|place| [&i.sets[..place], &i.sets[place + 1..]].concat());
        i.ty == Ty::Real && !i.data && rest == Some(samples.clone())
    })?;
    Some((target, scores, place_in(&base.inputs[scores].sets)?))
}

fn probability_expr(c: &Combined, target: &Ident, scores: &Ident, place: usize) -> Expr {
    let range = target.into();
    let at = |kind| Expr { kind, range };
    let k = class_index(target);
    let name = |n: &Ident| at(ExprKind::Name(n.clone()));
    let mut with_class = c.samples.to_vec();
    with_class.insert(place, name(&k));
    let softmax = at(ExprKind::Bind(Box::new(Binder {
        name: Ident::new("softmax", target.span()),
        indices: vec![k.clone()],
        ranges: vec![],
        condition: None,
        args: vec![at(ExprKind::Index(scores.clone(), with_class))],
    })));
    let is_target = binary("eq", name(&k), at(ExprKind::Index(target.clone(), c.samples.to_vec())));
    at(ExprKind::Bind(Box::new(Binder {
        name: Ident::new("sum", target.span()),
        indices: vec![k],
        ranges: vec![],
        condition: Some(Box::new(is_target)),
        args: vec![softmax],
    })))
}
