//! What declared domains say about the arguments of functions that are undefined somewhere.

use super::tree::{Checked, TNode, TStmt, TensorRef, Typed};
use crate::diag::Errors;
use crate::diag::messages::check as say;
use crate::ops::OpDef;

/// A range that follows from declared domains; `None` where nothing is declared.
type Interval = Option<(f64, f64)>;

/// Law: where the declared domains bound the argument of a function, it is defined on all of that range.
pub(super) fn check_domains(def: &Checked, errors: &mut Errors) {
    let mut known: Vec<Interval> = vec![None; def.lets.len()];
    for stmt in &def.stmts {
        if let TStmt::Let(id, value) = stmt {
            known[*id] = interval(def, &known, value, errors);
        }
    }
    interval(def, &known, &def.value, errors);
}

fn interval(def: &Checked, known: &[Interval], typed: &Typed, errors: &mut Errors) -> Interval {
    match &typed.node {
        TNode::Number(value) => Some((*value, *value)),
        TNode::Hyper(i) => bounds(def.domains[*i]),
        TNode::Load(TensorRef::Input(i), _) => bounds(def.inputs[*i].domain),
        TNode::Load(TensorRef::Let(i), _) => known[*i],
        TNode::Op(op, args) => {
            let args: Vec<Interval> = args.iter().map(|a| interval(def, known, a, errors)).collect();
            check_function(op, typed, &args, errors);
            apply(op.name, &args)
        }
        TNode::Reduce(_, _, _, body) => {
            let _ = interval(def, known, body, errors);
            None
        }
        TNode::Composite(_, _, _, args) => {
            for arg in args {
                let _ = interval(def, known, arg, errors);
            }
            None
        }
        TNode::Order(_, _, body) => interval(def, known, body, errors),
        _ => None,
    }
}

fn bounds(domain: Option<(crate::ir::Bound, crate::ir::Bound)>) -> Interval {
    match domain? {
        (Some((lo, _)), Some((hi, _))) => Some((lo, hi)),
        (Some((lo, _)), None) => Some((lo, f64::INFINITY)),
        (None, Some((hi, _))) => Some((f64::NEG_INFINITY, hi)),
        (None, None) => None,
    }
}

/// Functions that are undefined below a bound or outside an interval.
const PARTIAL: &[(&str, f64, f64, &str)] = &[
    ("ln", 0.0, f64::INFINITY, "at or above 0"),
    ("sqrt", 0.0, f64::INFINITY, "at or above 0"),
    ("log1p", -1.0, f64::INFINITY, "at or above -1"),
    ("acos", -1.0, 1.0, "between -1 and 1"),
    ("asin", -1.0, 1.0, "between -1 and 1"),
    ("xlogx", 0.0, f64::INFINITY, "at or above 0"),
];

fn check_function(op: &OpDef, typed: &Typed, args: &[Interval], errors: &mut Errors) {
    let row = PARTIAL.iter().find(|row| row.0 == op.name);
    if let (Some((name, lo, hi, law)), Some(Some((a, b)))) = (row, args.first()) {
        if a < lo || b > hi {
            errors.push(say::outside_function_domain(typed.range, name, *a, *b, law));
        }
    }
}

/// Interval arithmetic for the ops that keep a bound; others forget it.
fn apply(op: &str, args: &[Interval]) -> Interval {
    let arg = |i: usize| args.get(i).copied().flatten();
    let (a, b) = (arg(0), arg(1));
    match (op, a, b) {
        ("neg", Some((lo, hi)), _) => Some((-hi, -lo)),
        ("add", Some(x), Some(y)) => Some((x.0 + y.0, x.1 + y.1)),
        ("sub", Some(x), Some(y)) => Some((x.0 - y.1, x.1 - y.0)),
        ("mul", Some(x), Some(y)) => {
            let products = [x.0 * y.0, x.0 * y.1, x.1 * y.0, x.1 * y.1];
            let finite = products.iter().all(|p| !p.is_nan());
            finite.then(|| products.iter().fold((f64::MAX, f64::MIN), |r, &p| (r.0.min(p), r.1.max(p))))
        }
        ("max", Some(x), Some(y)) => Some((x.0.max(y.0), x.1.max(y.1))),
        ("max", Some(x), None) | ("max", None, Some(x)) => Some((x.0, f64::INFINITY)),
        ("min", Some(x), Some(y)) => Some((x.0.min(y.0), x.1.min(y.1))),
        ("min", Some(x), None) | ("min", None, Some(x)) => Some((f64::NEG_INFINITY, x.1)),
        ("clamp", _, Some(lo)) => Some((lo.0, arg(2).map_or(f64::INFINITY, |hi| hi.1))),
        ("abs" | "relu", Some(x), _) if x.0 >= 0.0 => Some(x),
        ("abs" | "relu", _, _) | ("exp", _, _) => None,
        ("sqrt", Some(x), _) if x.0 >= 0.0 => Some((x.0.sqrt(), x.1.sqrt())),
        ("detach", x, _) => x,
        _ => None,
    }
}
