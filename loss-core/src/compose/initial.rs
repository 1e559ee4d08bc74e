//! What a tensor that a loss holds is at first: a number, or numbers that are drawn.

use crate::diag::Diag;
use crate::diag::messages::compose as say;
use crate::syntax::ast::{Expr, ExprKind, Held};
use crate::types::constant;

/// The elements of a new tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// All of them this number.
    Constant(f64),
    /// From a normal distribution: its mean and its standard deviation.
    Normal(f64, f64),
    /// Evenly from the first number to the second.
    Uniform(f64, f64),
}

/// A distribution of two numbers.
struct Drawn {
    name: &'static str,
    usage: &'static str,
    /// What becomes of the numbers; `None` if they break the law.
    of: fn(f64, f64) -> Option<Initial>,
    law: &'static str,
}

const DRAWN: &[Drawn] = &[
    Drawn {
        name: "normal",
        usage: "normal(mean, deviation)",
        of: |mean, deviation| (deviation >= 0.0).then_some(Initial::Normal(mean, deviation)),
        law: "the deviation is at least 0",
    },
    Drawn {
        name: "uniform",
        usage: "uniform(low, high)",
        of: |low, high| (low < high).then_some(Initial::Uniform(low, high)),
        law: "the first number is below the second",
    },
];

/// How a distribution is written, if the word names one.
pub fn usage(word: &str) -> Option<&'static str> {
    DRAWN.iter().find(|row| row.name == word).map(|row| row.usage)
}

/// Law: the initial value is a constant, or drawn from a distribution with constant numbers.
pub fn of(held: &Held) -> Result<Initial, Diag> {
    let Expr { kind, range } = &held.initial;
    let row = match kind {
        ExprKind::Call(word, args) => DRAWN.iter().find(|row| word == row.name).map(|row| (row, word, args)),
        _ => None,
    };
    let Some((Drawn { usage, of, law, .. }, word, args)) = row else {
        return number(&held.initial, held).map(Initial::Constant);
    };
    let [first, second] = &args[..] else { return Err(say::drawn_form(word, usage)) };
    let (first, second) = (number(first, held)?, number(second, held)?);
    of(first, second).ok_or_else(|| say::drawn_numbers(*range, word, law))
}

fn number(expr: &Expr, held: &Held) -> Result<f64, Diag> {
    let value = constant(expr).ok_or_else(|| say::held_not_constant(expr.range, &held.name))?;
    if value.is_finite() { Ok(value) } else { Err(say::held_not_finite(expr.range, &held.name)) }
}
