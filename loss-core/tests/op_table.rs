//! Walks the op table: each row against its own value, in the domain that it states.

use loss_core::ops::{self, Dfdx, OpDef, Print, Scalar, Sort, prelude, reduce};
use loss_core::syntax::ast::{Expr, ExprKind};
use std::collections::BTreeSet;

fn parse(text: &str) -> Expr {
    loss_core::syntax::expression(text).unwrap_or_else(|error| panic!("`{text}`: {}", error.message))
}

/// The value of an expression without indices.
fn value(expr: &Expr, names: &[(&str, f64)]) -> f64 {
    let apply = |op: &str, args: &[&Expr]| {
        let args: Vec<f64> = args.iter().map(|a| value(a, names)).collect();
        let op = ops::find(op).unwrap_or_else(|| panic!("no op `{op}`"));
        assert_eq!(op.args.len(), args.len(), "operands of `{}`", op.name);
        (op.eval)(&args)
    };
    match &expr.kind {
        ExprKind::Number(number) => *number,
        ExprKind::Name(name) => {
            let name = name.to_string();
            names.iter().find(|n| n.0 == name).unwrap_or_else(|| panic!("no operand `{name}`")).1
        }
        ExprKind::Unary(op, x) => apply(op, &[x]),
        ExprKind::Binary(op, x, y) => apply(op, &[x, y]),
        ExprKind::If(c, x, y) => value(if value(c, names) != 0.0 { x } else { y }, names),
        ExprKind::Call(op, args) => apply(&op.to_string(), &args.iter().collect::<Vec<_>>()),
        ExprKind::Bind(bind) => {
            // Over the elements of a reducer, each of them in turn being `x`.
            let elements = names.iter().filter(|n| n.0 == "element");
            let at =
                |x: f64| names.iter().map(|&(name, v)| (name, if name == "x" { x } else { v })).collect();
            let all: Vec<Vec<(&str, f64)>> = elements.map(|e| at(e.1)).collect();
            let counts =
                |names: &&Vec<_>| bind.condition.as_ref().is_none_or(|given| value(given, names) != 0.0);
            let args: Vec<f64> = all.iter().filter(counts).map(|names| value(&bind.args[0], names)).collect();
            let row = reduce::find(&bind.name.to_string()).expect("a reducer");
            if args.is_empty() { row.neutral } else { (row.eval)(&args) }
        }
        other => panic!("a derivative is built of ops, but this one has {other:?}"),
    }
}

/// The declared derivative of an op by one of its operands.
fn derivative(op: &OpDef, by: usize, at: &[f64]) -> f64 {
    let mut names: Vec<(&str, f64)> = op.args.iter().copied().zip(at.iter().copied()).collect();
    names.push(("out", (op.eval)(at)));
    value(&parse(op.grad[by]), &names)
}

fn reducer_derivative(row: &reduce::ReduceDef, by: usize, x: &[f64]) -> f64 {
    let mut names = vec![("x", x[by]), ("out", (row.eval)(x)), ("given", 1.0)];
    names.extend(x.iter().map(|&element| ("element", element)));
    value(&parse(row.grad), &names)
}

/// Whether a derivative agrees with a central difference of the fourth order, for one of some steps: a large
/// step may leap over a kink, a small one suffers from rounding.
fn agrees(declared: f64, f: impl Fn(f64) -> f64, x: f64) -> bool {
    [10, 13, 16].into_iter().any(|power| {
        let h = f64::powi(0.5, power);
        let difference = (8.0 * (f(x + h) - f(x - h)) - (f(x + 2.0 * h) - f(x - 2.0 * h))) / (12.0 * h);
        (difference - declared).abs() <= 1e-8 * declared.abs().max(1.0)
    })
}

/// Numbers that look random (splitmix64).
struct Draw(u64);

impl Draw {
    fn uniform(&mut self, (lo, hi): (f64, f64)) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let unit = ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64;
        lo + (hi - lo) * unit
    }

    fn operand(&mut self, sort: Sort, domain: (f64, f64)) -> f64 {
        let x = self.uniform(domain);
        match sort {
            Sort::Bool => x.round(),
            Sort::Index => x.floor(),
            Sort::Real | Sort::Same => x,
        }
    }

    fn operands(&mut self, op: &OpDef) -> Vec<f64> {
        op.takes.iter().zip(op.domain).map(|(&sort, &domain)| self.operand(sort, domain)).collect()
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn is_entry(doc: &str) -> bool {
    doc.trim() == doc && doc.ends_with('.') && !doc.contains('\n') && !doc.contains("  ")
}

#[test]
fn names_are_unique() {
    let mut seen = BTreeSet::new();
    let rows = ops::all().map(|r| r.name).chain(reduce::REDUCERS.iter().map(|r| r.name));
    for name in rows.chain(prelude::COMPOSITES.iter().map(|r| r.name)) {
        assert!(is_name(name), "`{name}`");
        // `max(x, y)` and `max[k](x)` are told apart by the index.
        assert!(seen.insert(name) || matches!(name, "max" | "min"), "two rows `{name}`");
    }
}

#[test]
fn rows_agree_with_themselves() {
    for op in ops::all() {
        let (name, count) = (op.name, op.args.len());
        assert_eq!(op.takes.len(), count, "`takes` of `{name}`");
        assert_eq!(op.domain.len(), count, "`domain` of `{name}`");
        assert_eq!(op.guard.len(), count, "`guard` of `{name}`");
        let differentiable = op.gives != Sort::Bool && !op.takes.contains(&Sort::Index);
        assert_eq!(op.grad.len(), if differentiable { count } else { 0 }, "`grad` of `{name}`");
        let args: BTreeSet<&str> = op.args.iter().copied().collect();
        assert_eq!(args.len(), count, "operands of `{name}`");
        assert!(op.args.iter().all(|a| is_name(a) && *a != "out"), "operands of `{name}`");
        assert!(op.domain.iter().all(|d| d.0 < d.1 && d.0.is_finite() && d.1.is_finite()), "`{name}`");
        assert!(is_entry(op.doc), "`doc` of `{name}`");
    }
}

#[test]
fn spellings_have_the_right_number_of_operands() {
    for op in ops::all() {
        let (name, count) = (op.name, op.args.len());
        match op.print {
            Print::Infix(..) => assert_eq!(count, 2, "`{name}`"),
            Print::Prefix(_) | Print::Silent => assert_eq!(count, 1, "`{name}`"),
            Print::If => assert_eq!(count, 3, "`{name}`"),
            Print::Call => assert!(count > 0, "`{name}`"),
        }
        match op.scalar {
            Scalar::Infix(_) => assert_eq!(count, 2, "`{name}`"),
            Scalar::Prefix(_) | Scalar::Cast | Scalar::Silent => assert_eq!(count, 1, "`{name}`"),
            Scalar::If => assert_eq!(count, 3, "`{name}`"),
            Scalar::Method(_) | Scalar::Function(_) => assert!(count > 0, "`{name}`"),
        }
        match op.dfdx {
            Dfdx::Method(_) | Dfdx::Not | Dfdx::Detach | Dfdx::Host => assert_eq!(count, 1, "`{name}`"),
            Dfdx::Binary { .. } | Dfdx::Compare { .. } | Dfdx::Logic(_) => assert_eq!(count, 2, "`{name}`"),
            Dfdx::Choose => assert_eq!(count, 3, "`{name}`"),
            Dfdx::Function(_) => assert!(count > 0, "`{name}`"),
        }
        for operand in 0..count {
            let holes = op.latex.matches(&format!("@{operand}")).count();
            let holes = holes + op.latex.matches(&format!("#{operand}")).count();
            assert_eq!(holes, 1, "`latex` of `{name}`");
        }
        assert_eq!(op.latex.matches(['@', '#']).count(), count, "`latex` of `{name}`");
        assert_eq!(op.print == Print::If, op.scalar == Scalar::If, "`{name}`");
        assert_eq!(op.print == Print::If, op.dfdx == Dfdx::Choose, "`{name}`");
    }
}

#[test]
fn mirrored_comparisons_are_the_same_condition() {
    let row = |method: &str| {
        let is = |o: &&OpDef| matches!(o.dfdx, Dfdx::Compare { method: m, .. } if m == method);
        ops::all().find(is).unwrap_or_else(|| panic!("no comparison `{method}`"))
    };
    for op in ops::all() {
        if let Dfdx::Compare { mirrored, .. } = op.dfdx {
            for (x, y) in [(0.0, 1.0), (1.0, 1.0), (1.0, 0.0)] {
                assert_eq!((op.eval)(&[x, y]), (row(mirrored).eval)(&[y, x]), "`{}`", op.name);
            }
        }
    }
}

#[test]
fn derivatives_are_those_of_the_value() {
    let mut draw = Draw(1);
    for op in ops::all().filter(|op| op.dfdx != Dfdx::Detach) {
        for by in (0..op.grad.len()).filter(|&by| op.takes[by] != Sort::Bool) {
            for _ in 0..50 {
                let at = draw.operands(op);
                let f = |x| {
                    let mut at = at.clone();
                    at[by] = x;
                    (op.eval)(&at)
                };
                let declared = derivative(op, by, &at);
                let operand = op.args[by];
                assert!(agrees(declared, f, at[by]), "`{}` by `{operand}` at {at:?}: {declared}", op.name);
            }
        }
    }
}

#[test]
fn a_detached_number_is_a_constant() {
    for op in ops::all().filter(|op| op.dfdx == Dfdx::Detach) {
        assert_eq!((op.eval)(&[1.5]), 1.5);
        assert_eq!(derivative(op, 0, &[1.5]), 0.0);
    }
}

#[test]
fn results_are_of_the_stated_sort() {
    let mut draw = Draw(2);
    for op in ops::all().filter(|op| op.gives == Sort::Bool) {
        for _ in 0..50 {
            let out = (op.eval)(&draw.operands(op));
            assert!(out == 0.0 || out == 1.0, "`{}` gives {out}", op.name);
        }
    }
}

/// With every guarded operand at its guard, the op and its derivatives are finite whatever the others are.
#[test]
fn guards_make_everything_finite() {
    const EXTREMES: [f64; 7] = [-1e4, -1.0, -1e-300, 0.0, 1e-300, 1.0, 1e4];
    for op in ops::all() {
        for at in 0..EXTREMES.len().pow(op.args.len() as u32) {
            let other = |i: usize| EXTREMES[at / EXTREMES.len().pow(i as u32) % EXTREMES.len()];
            let at: Vec<f64> =
                op.guard.iter().enumerate().map(|(i, g)| g.unwrap_or_else(|| other(i))).collect();
            assert!((op.eval)(&at).is_finite(), "`{}` at {at:?}", op.name);
            for by in 0..op.grad.len() {
                assert!(derivative(op, by, &at).is_finite(), "`{}` by `{}` at {at:?}", op.name, op.args[by]);
            }
        }
    }
}

#[test]
fn derivatives_at_kinks() {
    let cases: &[(&str, usize, &[f64], f64)] = &[
        ("abs", 0, &[0.0], 0.0),
        ("sign", 0, &[0.0], 0.0),
        ("relu", 0, &[0.0], 0.0),
        ("floor", 0, &[2.0], 0.0),
        ("sqrt", 0, &[0.0], 0.0),
        ("max", 0, &[1.0, 1.0], 0.5),
        ("max", 1, &[1.0, 1.0], 0.5),
        ("min", 0, &[1.0, 1.0], 0.5),
        ("min", 1, &[1.0, 1.0], 0.5),
        ("clamp", 0, &[-1.0, -1.0, 1.0], 1.0),
        ("clamp", 0, &[1.0, -1.0, 1.0], 1.0),
        ("clamp", 0, &[1.5, -1.0, 1.0], 0.0),
        ("pow", 0, &[0.0, 0.0], 0.0),
        ("pow", 0, &[0.0, 1.0], 1.0),
        ("pow", 0, &[0.0, 2.0], 0.0),
        ("pow", 0, &[-2.0, 2.0], -4.0),
        ("pow", 1, &[0.0, 2.0], 0.0),
        ("xlogx", 0, &[0.0], f64::NEG_INFINITY),
        ("select", 1, &[1.0, 2.0, 3.0], 1.0),
        ("select", 2, &[1.0, 2.0, 3.0], 0.0),
    ];
    for &(name, by, at, wanted) in cases {
        assert_eq!(derivative(ops::op(name), by, at), wanted, "`{name}` at {at:?}");
    }
}

/// Reference values to 17 digits, where the plain formula overflows or loses its digits.
#[test]
fn values_keep_their_digits() {
    let cases: &[(&str, f64, f64)] = &[
        ("softplus", 800.0, 800.0),
        ("softplus", -40.0, 4.248_354_255_291_589e-18),
        ("softplus", 0.0, std::f64::consts::LN_2),
        ("log_sigmoid", -800.0, -800.0),
        ("log_sigmoid", 40.0, -4.248_354_255_291_589e-18),
        ("sigmoid", -40.0, 4.248_354_255_291_589e-18),
        ("sigmoid", 800.0, 1.0),
        ("sigmoid", -1e4, 0.0),
        ("log1p", 1e-20, 1e-20),
        ("expm1", 1e-20, 1e-20),
        ("log1mexp", -1e-20, -46.051_701_859_880_914),
        ("log1mexp", -40.0, -4.248_354_255_291_589e-18),
        ("log1mexp", -std::f64::consts::LN_2, -std::f64::consts::LN_2),
        ("xlogx", 0.0, 0.0),
        ("xlogx", 1.0, 0.0),
        ("erf", 1.0, 0.842_700_792_949_714_9),
        ("log2", 8.0, 3.0),
        ("tanh", 1e4, 1.0),
    ];
    for &(name, x, wanted) in cases {
        let got = (ops::op(name).eval)(&[x]);
        assert!((got - wanted).abs() <= 4e-16 * wanted.abs(), "`{name}` at {x}: {got}, not {wanted}");
    }
}

#[test]
fn pieces_pass_nan_on() {
    let nan = f64::NAN;
    for (name, at) in [
        ("abs", &[nan][..]),
        ("sign", &[nan]),
        ("relu", &[nan]),
        ("floor", &[nan]),
        ("max", &[nan, 0.0]),
        ("max", &[0.0, nan]),
        ("min", &[nan, 0.0]),
        ("min", &[0.0, nan]),
        ("clamp", &[nan, 0.0, 1.0]),
        ("clamp", &[0.5, nan, 1.0]),
        ("clamp", &[0.5, 0.0, nan]),
    ] {
        assert!((ops::op(name).eval)(at).is_nan(), "`{name}` at {at:?}");
    }
    assert_eq!((ops::op("select").eval)(&[1.0, 2.0, nan]), 2.0);
    for name in ["sum", "prod", "max", "min", "logsumexp"] {
        let eval = reduce::find(name).expect("a reducer").eval;
        for at in [&[nan][..], &[nan, 1.0], &[1.0, nan], &[f64::NEG_INFINITY, nan, f64::INFINITY]] {
            assert!(eval(at).is_nan(), "`{name}` of {at:?}");
        }
    }
}

#[test]
fn reducers_agree_with_themselves() {
    for row in reduce::REDUCERS {
        assert_eq!(row.takes, row.gives, "`{}`", row.name);
        assert_eq!(row.grad.is_empty(), row.gives == Sort::Bool, "`grad` of `{}`", row.name);
        assert!(row.domain.0 < row.domain.1, "`{}`", row.name);
        assert!(is_entry(row.doc), "`doc` of `{}`", row.name);
    }
}

#[test]
fn reducers_ignore_order_and_neutral_elements() {
    let mut draw = Draw(3);
    for row in reduce::REDUCERS {
        for len in 1..6 {
            let mut x: Vec<f64> = (0..len).map(|_| draw.operand(row.takes, row.domain)).collect();
            let out = (row.eval)(&x);
            let close = |other: f64| (out - other).abs() <= 1e-14 * out.abs().max(1.0);
            x.reverse();
            assert!(close((row.eval)(&x)), "`{}` of {x:?} in reverse", row.name);
            x.insert(len / 2, row.neutral);
            assert!(close((row.eval)(&x)), "`{}` of {x:?} with its neutral element", row.name);
        }
        assert_eq!((row.eval)(&[row.neutral]), row.neutral, "`{}`", row.name);
    }
}

#[test]
fn reducers_have_the_derivatives_of_their_values() {
    let mut draw = Draw(4);
    for row in reduce::REDUCERS.iter().filter(|r| r.gives == Sort::Real) {
        for len in 1..5 {
            let x: Vec<f64> = (0..len).map(|_| draw.uniform(row.domain)).collect();
            for by in 0..len {
                let f = |value| {
                    let mut x = x.clone();
                    x[by] = value;
                    (row.eval)(&x)
                };
                let declared = reducer_derivative(row, by, &x);
                assert!(agrees(declared, f, x[by]), "`{}` by place {by} of {x:?}: {declared}", row.name);
            }
        }
    }
}

#[test]
fn reducers_at_ties_and_extremes() {
    for name in ["max", "min"] {
        let row = reduce::find(name).unwrap();
        assert_eq!(reducer_derivative(row, 0, &[2.0, 2.0]), 1.0, "`{name}`");
        assert_eq!(reducer_derivative(row, 1, &[2.0, 2.0]), 1.0, "`{name}`");
    }
    let row = reduce::find("prod").unwrap();
    assert_eq!(reducer_derivative(row, 0, &[0.0, 2.0, 3.0]), 6.0);
    assert_eq!(reducer_derivative(row, 1, &[0.0, 2.0, 3.0]), 0.0);
    assert_eq!(reducer_derivative(row, 0, &[0.0, 2.0, 0.0]), 0.0);
    let row = reduce::find("logsumexp").unwrap();
    assert_eq!((row.eval)(&[1e4, 1e4]), 1e4 + std::f64::consts::LN_2);
    assert_eq!((row.eval)(&[-1e4, -1e4]), -1e4 + std::f64::consts::LN_2);
    assert_eq!((row.eval)(&[f64::NEG_INFINITY; 2]), f64::NEG_INFINITY);
    assert_eq!(reducer_derivative(row, 0, &[1e4, -1e4]), 1.0);
    assert_eq!(reducer_derivative(row, 1, &[1e4, -1e4]), 0.0);
}

#[test]
fn composites_parse() {
    for row in prelude::COMPOSITES {
        assert!(is_entry(row.doc), "`doc` of `{}`", row.name);
        parse(row.body);
    }
}

/// The table's binding strengths are those of the grammar: `x * y + z` groups as its row says.
#[test]
fn operators_bind_as_the_grammar_groups() {
    let infix = || {
        ops::all()
            .filter_map(|op| if let Print::Infix(s, level) = op.print { Some((op, s, level)) } else { None })
    };
    let outermost = |text: &str| match parse(text).kind {
        ExprKind::Binary(name, ..) | ExprKind::Unary(name, _) => name,
        other => panic!("`{text}` is {other:?}"),
    };
    for (first, s, tight) in infix() {
        assert_eq!(outermost(&format!("x{s}y")), first.name);
        for (second, t, loose) in infix().filter(|(_, _, level)| *level < tight) {
            assert_eq!(outermost(&format!("x{s}y{t}z")), second.name, "{tight} and {loose}");
            assert_eq!(outermost(&format!("x{t}y{s}z")), second.name, "{tight} and {loose}");
        }
    }
    for op in ops::all() {
        let Print::Prefix(symbol) = op.print else { continue };
        for (other, s, level) in infix() {
            let wanted = if level > 6 { op.name } else { other.name };
            assert_eq!(outermost(&format!("{symbol}x{s}y")), wanted);
        }
    }
}
