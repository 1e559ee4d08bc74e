//! Infinities and NaN: where they come from, and which derivatives they spoil. All of it is read from the tables, by
//! evaluating their rows at a few numbers.

use crate::ir::term::{Term, term};
use crate::ops::{self, Dfdx, OpDef, ReduceDef};

/// Which of minus infinity, infinity and NaN may occur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Strays(u8);

impl Strays {
    pub const NONE: Strays = Strays(0);
    const VALUES: [f64; 3] = [f64::NEG_INFINITY, f64::INFINITY, f64::NAN];

    pub fn of(value: f64) -> Strays {
        match value {
            _ if value.is_nan() => Strays(4),
            f64::INFINITY => Strays(2),
            f64::NEG_INFINITY => Strays(1),
            _ => Strays::NONE,
        }
    }

    pub fn and(self, other: Strays) -> Strays {
        Strays(self.0 | other.0)
    }

    /// Without infinities of the other sign.
    pub fn with_sign(self, sign: Sign) -> Strays {
        let not_negative = if sign.at_least_zero { !1 } else { !0 };
        let not_positive = if sign.at_most_zero { !2 } else { !0 };
        Strays(self.0 & not_negative & not_positive)
    }

    fn values(self) -> impl Iterator<Item = f64> {
        Self::VALUES
            .into_iter()
            .enumerate()
            .filter(move |(i, _)| self.0 >> i & 1 == 1)
            .map(|(_, value)| value)
    }
}

/// What is known of the sign of a finite number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sign {
    pub above_zero: bool,
    pub at_least_zero: bool,
    pub at_most_zero: bool,
}

/// What a node may be.
#[derive(Clone, Debug, Default)]
pub(super) struct Range {
    pub strays: Strays,
    pub sign: Sign,
    /// Finite numbers that stand for all it may be; with the sign alone if there are none.
    pub samples: Option<&'static [f64]>,
    pub exactly: Option<f64>,
}

impl Range {
    /// One number.
    pub fn exactly(value: f64) -> Range {
        let (above_zero, at_least_zero, at_most_zero) = (value > 0.0, value >= 0.0, value <= 0.0);
        let sign = Sign { above_zero, at_least_zero, at_most_zero };
        Range { strays: Strays::of(value), sign, samples: None, exactly: Some(value) }
    }

    fn finite(&self, candidates: &'static [f64]) -> Vec<f64> {
        if let Some(value) = self.exactly {
            return Some(value).filter(|v| v.is_finite()).into_iter().collect();
        }
        let Sign { above_zero, at_least_zero, at_most_zero } = self.sign;
        let fits = |v: &f64| {
            (!above_zero || *v > 0.0) && (!at_least_zero || *v >= 0.0) && (!at_most_zero || *v <= 0.0)
        };
        self.samples.unwrap_or(candidates).iter().copied().filter(fits).collect()
    }

    fn all(&self) -> Vec<f64> {
        self.finite(&[-1e4, -1.0, 0.0, 1.0, 1e4]).into_iter().chain(self.strays.values()).collect()
    }
}

/// Whether an op is infinite only where its result is too large.
pub(super) fn overflows_only(op: Dfdx) -> bool {
    matches!(op, Dfdx::Method("try_exp") | Dfdx::Function("expm1" | "sinh" | "cosh"))
}

/// Every way to take one of each.
fn combinations(choices: &[Vec<f64>]) -> Vec<Vec<f64>> {
    choices.iter().fold(vec![vec![]], |rows, choice| {
        rows.iter().flat_map(|row| choice.iter().map(|&v| [&row[..], &[v]].concat())).collect()
    })
}

/// What else than finite numbers an op may give.
pub(super) fn of_op(op: &OpDef, args: &[&Range]) -> Strays {
    if op.dfdx == Dfdx::Choose {
        return args[1].strays.and(args[2].strays);
    }
    let tame = op.guard.iter().all(Option::is_none) && args.iter().all(|a| a.strays == Strays::NONE);
    if tame || op.gives == ops::Sort::Bool {
        return Strays::NONE;
    }
    let choices: Vec<Vec<f64>> = args.iter().map(|a| a.all()).collect();
    let found = combinations(&choices).into_iter().map(|at| Strays::of((op.eval)(&at)));
    found.fold(Strays::NONE, Strays::and)
}

/// What else than finite numbers a reduction may give; `empty`: also over nothing.
pub(super) fn of_reduction(op: &ReduceDef, element: &Range, empty: bool) -> Strays {
    let mut found = if empty { Strays::of(op.neutral) } else { Strays::NONE };
    if element.strays != Strays::NONE {
        for pair in combinations(&[element.all(), element.all()]) {
            found = found.and(Strays::of((op.eval)(&pair)));
        }
    }
    found
}

/// Whether an operand that is infinite or NaN makes a derivative so, while the others are harmless.
pub(super) fn harm(op: &OpDef, args: &[&Range], active: &[bool], i: usize) -> bool {
    if args[i].strays == Strays::NONE || op.dfdx == Dfdx::Choose {
        return false;
    }
    let mild = |k: usize| match op.guard[k] {
        Some(safe) if args[k].exactly.is_none() => vec![safe],
        _ => args[k].finite(&[-0.5, 0.5]),
    };
    let choice = |k| if k == i { args[i].strays.values().collect() } else { mild(k) };
    let choices: Vec<Vec<f64>> = (0..args.len()).map(choice).collect();
    combinations(&choices).into_iter().any(|at| {
        let out = (op.eval)(&at);
        let names: Vec<(&str, f64)> = op.args.iter().copied().zip(at).chain([("out", out)]).collect();
        let finite = |grad: &'static str| number(&term(grad), &names).is_some_and(f64::is_finite);
        op.grad.iter().zip(active).any(|(grad, active)| *active && !finite(grad))
    })
}

/// Whether an element that is infinite or NaN makes the derivative of a reduction so.
pub(super) fn harm_in_reduction(op: &ReduceDef, element: &Range, empty: bool) -> bool {
    if element.strays == Strays::NONE {
        return false;
    }
    let out = of_reduction(op, element, empty);
    let finite =
        |x: f64, out: f64| number(&term(op.grad), &[("x", x), ("out", out)]).is_some_and(f64::is_finite);
    let outs: Vec<f64> = out.values().chain([0.5]).collect();
    element.strays.values().any(|x| outs.iter().any(|&out| !finite(x, out)))
}

/// The value of a derivative of the tables, if it does not reduce.
fn number(term: &Term, names: &[(&str, f64)]) -> Option<f64> {
    match term {
        Term::Number(value) => Some(*value),
        Term::Name(name) => names.iter().find(|n| n.0 == name).map(|n| n.1),
        Term::Op(op, args) if op == "select" => {
            let condition = number(&args[0], names)?;
            number(&args[if condition == 0.0 { 2 } else { 1 }], names)
        }
        Term::Op(op, args) => {
            let args: Option<Vec<f64>> = args.iter().map(|a| number(a, names)).collect();
            Some((ops::op(op).eval)(&args?))
        }
        Term::At(..) | Term::Bind(_) => None,
    }
}
