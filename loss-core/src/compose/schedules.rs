//! The schedules of the language: one row each, and their code as values of `dfdx_loss::schedule`.

use crate::diag::messages::compose as say;
use crate::diag::{Diag, SpanRange};
use crate::syntax::ast::{Expr, ExprKind, Schedule, ScheduleArg};
use crate::types::constant;
use proc_macro2::{Group, Ident, Literal, TokenStream, TokenTree};
use quote::quote;

/// One schedule.
pub struct Row {
    /// Its name in the language.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// What stands before the named arguments.
    leading: Leading,
    /// The named arguments, and what stands for one that is left out.
    settings: &'static [Setting],
    /// The Rust value, a `Result`, in the names of the arguments.
    code: &'static str,
    /// The manual entry.
    pub doc: &'static str,
}

/// What stands before the named arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leading {
    /// Nothing.
    Nothing,
    /// `from -> to`.
    Move,
    /// `from`.
    Value,
    /// `from, at -> to, ..`.
    Stages,
    /// `at -> to, ..`.
    Knots,
    /// `from`, and a schedule `next`.
    Next,
}

struct Setting {
    name: &'static str,
    default: Option<f64>,
    law: Law,
}

/// What a setting may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Law {
    Positive,
    Count,
}

const fn length(name: &'static str) -> Setting {
    Setting { name, default: None, law: Law::Positive }
}

const fn optional(name: &'static str, default: f64, law: Law) -> Setting {
    Setting { name, default: Some(default), law }
}

/// Every schedule.
pub const SCHEDULES: &[Row] = &[
    Row {
        name: "linear",
        usage: "linear(0.0 -> 0.5, over = 1000)",
        leading: Leading::Move,
        settings: &[length("over")],
        code: "schedule::Linear::new(from, to, over)",
        doc: "A straight line, then its end.",
    },
    Row {
        name: "cosine",
        usage: "cosine(1.0 -> 0.1, over = 1000)",
        leading: Leading::Move,
        settings: &[length("over"), optional("power", 1.0, Law::Positive)],
        code: "schedule::Cosine::new(from, to, over).and_then(|s| s.exponent(power))",
        doc: "Half a cosine, then its end.",
    },
    Row {
        name: "polynomial",
        usage: "polynomial(1.0 -> 0.0, over = 1000, power = 2)",
        leading: Leading::Move,
        settings: &[length("over"), length("power")],
        code: "schedule::Polynomial::new(from, to, over, power)",
        doc: "A power of a straight line, then its end.",
    },
    Row {
        name: "geometric",
        usage: "geometric(1.0 -> 0.01, over = 1000)",
        leading: Leading::Move,
        settings: &[length("over")],
        code: "schedule::Geometric::new(from, to, over)",
        doc: "A straight line in the logarithm, then its end.",
    },
    Row {
        name: "root",
        usage: "root(0.01 -> 1.0, over = 1000, power = 2)",
        leading: Leading::Move,
        settings: &[length("over"), optional("power", 2.0, Law::Positive)],
        code: "schedule::Root::new(from, to, over, power)",
        doc: "A straight line in a power, then its end.",
    },
    Row {
        name: "exponential",
        usage: "exponential(1.0, rate = 0.9, over = 1000)",
        leading: Leading::Value,
        settings: &[length("rate"), optional("over", 1.0, Law::Positive)],
        code: "schedule::Exponential::new(from, rate, over)",
        doc: "Times `rate` in each `over` steps.",
    },
    Row {
        name: "stairs",
        usage: "stairs(1.0, rate = 0.1, over = 30)",
        leading: Leading::Value,
        settings: &[length("rate"), optional("over", 1.0, Law::Positive)],
        code: "schedule::Exponential::new(from, rate, over).map(schedule::Exponential::staircase)",
        doc: "Times `rate` at each multiple of `over`.",
    },
    Row {
        name: "stages",
        usage: "stages(1.0, 160 -> 0.1, 180 -> 0.01)",
        leading: Leading::Stages,
        settings: &[],
        code: "schedule::Stages::new(from, &[points])",
        doc: "A number, and from each place on another.",
    },
    Row {
        name: "knots",
        usage: "knots(0 -> 0.0, 100 -> 1.0, 500 -> 0.2)",
        leading: Leading::Knots,
        settings: &[],
        code: "schedule::Knots::new(&[points], schedule::Curve::Linear)",
        doc: "Straight lines through values at places.",
    },
    Row {
        name: "sigmoid_ramp_up",
        usage: "sigmoid_ramp_up(over = 80)",
        leading: Leading::Nothing,
        settings: &[length("over")],
        code: "schedule::SigmoidRampUp::new(over)",
        doc: "`exp(-5 (1 - x)^2)`, then 1.",
    },
    Row {
        name: "inverse_sqrt",
        usage: "inverse_sqrt(0.0 -> 1.0, over = 4000)",
        leading: Leading::Move,
        settings: &[length("over")],
        code: "schedule::InverseSqrt::new(from, to, over)",
        doc: "Up in a line, then down with the root of the step.",
    },
    Row {
        name: "one_cycle",
        usage: "one_cycle(1.0, top = 300, end = 1000)",
        leading: Leading::Value,
        settings: &[length("top"), length("end")],
        code: "schedule::OneCycle::new(from, top, end)",
        doc: "From a 25th up to the peak at `top`, down to almost 0 at `end`.",
    },
    Row {
        name: "cosine_annealing",
        usage: "cosine_annealing(1.0 -> 0.0, over = 100)",
        leading: Leading::Move,
        settings: &[length("over")],
        code: "schedule::CosineAnnealing::new(from, to, over)",
        doc: "A cosine, down and up for ever.",
    },
    Row {
        name: "warm_restarts",
        usage: "warm_restarts(1.0 -> 0.0, over = 100, growth = 2)",
        leading: Leading::Move,
        settings: &[length("over"), optional("growth", 1.0, Law::Count)],
        code: "schedule::WarmRestarts::new(from, to, over, growth as usize)",
        doc: "Half a cosine again and again, each `growth` times as long as the one before.",
    },
    Row {
        name: "cyclic",
        usage: "cyclic(0.0 -> 1.0, up = 100, down = 100)",
        leading: Leading::Move,
        settings: &[length("up"), length("down")],
        code: "schedule::Cyclic::new(from, to, up, down)",
        doc: "Up and down in straight lines for ever.",
    },
    Row {
        name: "cyclical_annealing",
        usage: "cyclical_annealing(over = 10000, cycles = 4)",
        leading: Leading::Nothing,
        settings: &[length("over"), Setting { name: "cycles", default: None, law: Law::Count }],
        code: "schedule::CyclicalAnnealing::new(over, cycles as usize)",
        doc: "From 0 to 1 in half of each cycle, and 1 in the other half.",
    },
    Row {
        name: "warm_up",
        usage: "warm_up(0.0, cosine(1.0 -> 0.1, over = 900), over = 100)",
        leading: Leading::Next,
        settings: &[length("over")],
        code: "from.and_then(|first| first.warm_up_then(over, next?))",
        doc: "In a straight line to where another schedule begins, then that one.",
    },
    Row {
        name: "then",
        usage: "then(0.0, linear(0.0 -> 1.0, over = 50), at = 100)",
        leading: Leading::Next,
        settings: &[length("at")],
        code: "from.and_then(|first| first.then(at, next?))",
        doc: "One schedule, and from step `at` on another, which starts there.",
    },
];

/// The row of that name.
pub fn find(name: &str) -> Option<&'static Row> {
    SCHEDULES.iter().find(|row| row.name == name)
}

/// The arguments of a schedule in code.
#[derive(Default)]
struct Arguments {
    named: Vec<(String, TokenStream)>,
}

/// A `Result` with the schedule's value at `step`, an `f64` in scope. Hyperparameters are fields of `self`.
pub fn at_step(schedule: &Schedule, fields: &[Ident]) -> Result<TokenStream, Diag> {
    let value = code(schedule, fields)?;
    Ok(quote!(#value.map(|schedule| schedule::Schedule::at(&schedule, step))))
}

/// A `Result` with the schedule.
fn code(schedule: &Schedule, fields: &[Ident]) -> Result<TokenStream, Diag> {
    let Some(row) = find(&schedule.name.to_string()) else {
        return Err(say::schedule_form(&schedule.name, "a schedule of this table"));
    };
    let mut arguments = Arguments::default();
    leading(row, schedule, fields, &mut arguments)?;
    settings(row, schedule, fields, &mut arguments)?;
    let text: TokenStream = row.code.parse().unwrap_or_default();
    Ok(substituted(text, &arguments))
}

fn leading(row: &Row, schedule: &Schedule, fields: &[Ident], into: &mut Arguments) -> Result<(), Diag> {
    let misshapen = || say::schedule_form(&schedule.name, row.usage);
    let unnamed: Vec<&ScheduleArg> =
        schedule.args.iter().filter(|arg| !matches!(arg, ScheduleArg::Named(..))).collect();
    let mut add = |name: &str, tokens: TokenStream| into.named.push((name.to_owned(), tokens));
    match (row.leading, &unnamed[..]) {
        (Leading::Nothing, []) => {}
        (Leading::Move, [ScheduleArg::Move(from, to)]) => {
            add("from", number(from, fields)?);
            add("to", number(to, fields)?);
        }
        (Leading::Value, [ScheduleArg::Plain(value)]) => add("from", number(value, fields)?),
        (Leading::Stages, [ScheduleArg::Plain(from), rest @ ..]) if !rest.is_empty() => {
            add("from", number(from, fields)?);
            add("points", points(rest, fields).ok_or_else(misshapen)??);
        }
        (Leading::Knots, all @ [_, ..]) => add("points", points(all, fields).ok_or_else(misshapen)??),
        (Leading::Next, [ScheduleArg::Plain(from), ScheduleArg::Plain(next)]) => {
            add("from", nested(from, fields)?);
            add("next", nested(next, fields)?);
        }
        _ => return Err(misshapen()),
    }
    Ok(())
}

/// `(160.0, 0.1), (180.0, 0.01)`. Law: each place lies beyond the one before. `None`: not all have an arrow.
fn points(args: &[&ScheduleArg], fields: &[Ident]) -> Option<Result<TokenStream, Diag>> {
    let mut before = f64::NEG_INFINITY;
    let mut code = TokenStream::new();
    for arg in args {
        let ScheduleArg::Move(at, to) = arg else { return None };
        if let Some(place) = constant(at) {
            if place <= before || place < 0.0 {
                return Some(Err(say::schedule_place(at.range, place, before)));
            }
            before = place;
        }
        match (number(at, fields), number(to, fields)) {
            (Ok(at), Ok(to)) => code.extend(quote!((#at, #to),)),
            (Err(diag), _) | (_, Err(diag)) => return Some(Err(diag)),
        }
    }
    Some(Ok(code))
}

fn settings(row: &Row, schedule: &Schedule, fields: &[Ident], into: &mut Arguments) -> Result<(), Diag> {
    for arg in &schedule.args {
        let ScheduleArg::Named(name, value) = arg else { continue };
        let Some(setting) = row.settings.iter().find(|setting| name == setting.name) else {
            let known: Vec<&str> = row.settings.iter().map(|setting| setting.name).collect();
            return Err(say::schedule_setting(name, row.name, &known));
        };
        check_setting(setting, row, value)?;
        into.named.push((setting.name.to_owned(), number(value, fields)?));
    }
    for setting in row.settings {
        if into.named.iter().all(|(name, _)| name != setting.name) {
            let Some(default) = setting.default else {
                return Err(say::schedule_without(&schedule.name, setting.name, row.usage));
            };
            into.named.push((setting.name.to_owned(), literal(default)));
        }
    }
    Ok(())
}

/// Law: a length is above 0, a count whole.
fn check_setting(setting: &Setting, row: &Row, value: &Expr) -> Result<(), Diag> {
    let Some(number) = constant(value) else { return Ok(()) };
    let (holds, allowed) = match setting.law {
        Law::Positive => (number.is_finite() && number > 0.0, "above 0"),
        Law::Count => (number >= 1.0 && number.fract() == 0.0, "a whole number from 1"),
    };
    if holds {
        Ok(())
    } else {
        Err(say::schedule_number(value.range, setting.name, row.name, number, allowed))
    }
}

/// A schedule inside another, or a number, which stays.
fn nested(value: &Expr, fields: &[Ident]) -> Result<TokenStream, Diag> {
    match &value.kind {
        ExprKind::Schedule(schedule) => code(schedule, fields),
        _ => number(value, fields).map(|number| quote!(Ok::<f64, schedule::ScheduleError>(#number))),
    }
}

/// A number made of numbers and hyperparameters.
fn number(value: &Expr, fields: &[Ident]) -> Result<TokenStream, Diag> {
    let refused = || say::schedule_argument(value.range);
    match &value.kind {
        ExprKind::Number(value) => Ok(literal(*value)),
        ExprKind::Name(name) if fields.contains(name) => Ok(quote!((self.#name as f64))),
        ExprKind::Unary("neg", x) => number(x, fields).map(|x| quote!((-#x))),
        ExprKind::Binary(op, x, y) => {
            let (x, y) = (number(x, fields)?, number(y, fields)?);
            match *op {
                "add" => Ok(quote!((#x + #y))),
                "sub" => Ok(quote!((#x - #y))),
                "mul" => Ok(quote!((#x * #y))),
                "div" => Ok(quote!((#x / #y))),
                "pow" => Ok(quote!(#x.powf(#y))),
                _ => Err(refused()),
            }
        }
        _ => Err(refused()),
    }
}

fn literal(value: f64) -> TokenStream {
    let digits = TokenTree::from(Literal::f64_suffixed(value.abs()));
    if value < 0.0 { quote!((-#digits)) } else { quote!(#digits) }
}

/// The row's code with its arguments.
fn substituted(code: TokenStream, arguments: &Arguments) -> TokenStream {
    let replaced = |tree: TokenTree| match tree {
        TokenTree::Ident(name) => match arguments.named.iter().find(|(known, _)| name == known) {
            Some((_, tokens)) => tokens.clone(),
            None => TokenTree::from(name).into(),
        },
        TokenTree::Group(group) => {
            let inner = substituted(group.stream(), arguments);
            TokenTree::from(Group::new(group.delimiter(), inner)).into()
        }
        other => other.into(),
    };
    code.into_iter().map(replaced).collect()
}

/// The first constant of a schedule: what stands for its value where there is no step.
pub fn some_value(schedule: &Schedule) -> f64 {
    let first = schedule.args.iter().find_map(|arg| match arg {
        ScheduleArg::Plain(value) | ScheduleArg::Move(value, _) => constant(value),
        ScheduleArg::Named(..) => None,
    });
    first.unwrap_or(1.0)
}

/// Where a schedule is written.
pub fn range(schedule: &Schedule) -> SpanRange {
    (&schedule.name).into()
}
