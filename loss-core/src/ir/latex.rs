//! Expressions as LaTeX. How an op or a reducer is written stands in its row of the table.

use super::formula::{ATOM, Text, number};
use super::notation::Notation;
use super::{OpRef, ReduceRef};
use crate::ops::{Print, reduce};

/// How tightly what stands in brackets of its own binds: only as the base of a power it needs more.
const CLOSED: u8 = 7;
/// How tightly a sum or another operator with limits binds: as a product.
const LIMITS: u8 = 5;
/// How tightly `-x` binds.
const PREFIX: u8 = 6;

/// The derivative of the loss by an input at its indices.
pub fn derivative_latex(input: &str, indices: &[String]) -> String {
    let indices = indices.iter().map(|i| Notation::Read(i.clone(), vec![])).collect();
    format!("\\frac{{\\partial L}}{{\\partial {}}}", latex(&Notation::Read(input.to_owned(), indices)))
}

/// The expression as LaTeX.
pub(super) fn latex(notation: &Notation) -> String {
    write(notation).0
}

fn write(notation: &Notation) -> Text {
    match notation {
        Notation::Number(value) => number_text(*value),
        Notation::Read(name, indices) if indices.is_empty() => (name_text(name), ATOM),
        Notation::Read(name, indices) => {
            let indices: Vec<String> = indices.iter().map(latex).collect();
            let name = lettered(name).map_or_else(|| stem(name), |name| format!("{{{name}}}"));
            (format!("{name}_{{{}}}", indices.join(", ")), ATOM)
        }
        Notation::Op(op, args) if op.print == Print::If => choice(args),
        Notation::Op(op, args) => spell(*op, &args.iter().map(write).collect::<Vec<_>>()),
        Notation::Bind { name, over, given, arg } => {
            let over: Vec<String> = over.iter().map(|o| name_text(o)).collect();
            let given = given.as_ref().map_or_else(String::new, |g| format!(" \\,\\mid\\, {}", latex(g)));
            bind(name, &format!("{}{given}", over.join(", ")), &write(arg))
        }
        Notation::Call { name, over, args } => {
            let over: Vec<String> = over.iter().map(|o| name_text(o)).collect();
            let args: Vec<String> = args.iter().map(latex).collect();
            bind(name, &over.join(", "), &(args.join(", "), LIMITS))
        }
        Notation::At(of, index, at) => (
            format!("{}\\big|_{{{} = {}}}", parenthesised(&write(of), CLOSED), name_text(index), latex(at)),
            CLOSED,
        ),
    }
}

/// `\sum_{k} x`; `\operatorname{softmax}_{k}\left(x\right)`.
fn bind(name: &str, limits: &str, arg: &Text) -> Text {
    match reduce::find(name).map(ReduceRef) {
        Some(row) => {
            let arg = parenthesised(arg, LIMITS);
            (format!("{}_{{{limits}}} {arg}", row.latex), LIMITS)
        }
        None => {
            let name = name.replace('_', "\\_");
            (format!("\\operatorname{{{name}}}_{{{limits}}}\\left({}\\right)", arg.0), CLOSED)
        }
    }
}

/// Iverson's bracket, or cases.
fn choice(args: &[Notation]) -> Text {
    let [condition, a, b] = args else { unreachable!("a choice has three operands") };
    if let (Notation::Number(a), Notation::Number(b)) = (a, b)
        && (*a, *b) == (1.0, 0.0)
    {
        return (format!("\\left[{}\\right]", latex(condition)), CLOSED);
    }
    let (c, a, b) = (latex(condition), latex(a), latex(b));
    (
        format!("\\begin{{cases}} {a} & \\text{{if }} {c} \\\\ {b} & \\text{{otherwise}} \\end{{cases}}"),
        LIMITS,
    )
}

/// Fills a row's template: `#0` is an operand as it is, `@0` in parentheses where its place demands them.
fn spell(op: OpRef, args: &[Text]) -> Text {
    let strength = match op.print {
        Print::Infix(_, strength) if op.latex.contains('@') => strength,
        Print::Prefix(_) => PREFIX,
        Print::Silent => return args[0].clone(),
        _ => CLOSED,
    };
    let grouped = matches!(op.name, "add" | "sub" | "mul" | "div" | "and" | "or");
    let mut text = op.latex.to_owned();
    for (i, arg) in args.iter().enumerate() {
        let wanted = match op.print {
            Print::Infix(..) if i == 0 => strength + u8::from(!grouped),
            _ => strength + 1,
        };
        text = text.replace(&format!("@{i}"), &parenthesised(arg, wanted));
        text = text.replace(&format!("#{i}"), &arg.0);
    }
    (text, strength)
}

fn parenthesised(text: &Text, wanted: u8) -> String {
    if text.1 >= wanted { text.0.clone() } else { format!("\\left({}\\right)", text.0) }
}

/// `10^{-7}`, `1.5 \cdot 10^{-7}`, `0.5`.
fn number_text(value: f64) -> Text {
    let (text, strength) = number(value);
    match text.split_once('e') {
        Some(("1", power)) => (format!("10^{{{power}}}"), CLOSED),
        Some((digits, power)) => (format!("{digits} \\cdot 10^{{{power}}}"), LIMITS),
        None if !value.is_finite() => (text.replace("inf", "\\infty"), strength),
        None => (text, strength),
    }
}

fn name_text(name: &str) -> String {
    lettered(name).unwrap_or_else(|| stem(name))
}

/// One letter with a number has it as an index.
fn lettered(name: &str) -> Option<String> {
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    let letter = name.strip_suffix(digits).filter(|l| l.len() == 1 && !digits.is_empty())?;
    Some(format!("{letter}_{{{digits}}}"))
}

/// Greek letters are letters; longer names stand upright.
fn stem(name: &str) -> String {
    const GREEK: &[&str] = &[
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu",
        "xi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega",
    ];
    match name {
        _ if GREEK.contains(&name) => format!("\\{name}"),
        _ if name.chars().count() == 1 => name.to_owned(),
        _ => format!("\\mathrm{{{}}}", name.replace('_', "\\_")),
    }
}
