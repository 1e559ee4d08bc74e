//! The tree as text in the language: one statement a line, as few parentheses as the grammar needs.
//!
//! Parsing what is printed gives the same tree.

use super::ast::{
    Application, AxisName, Binder, Def, Domain, Element, Expr, ExprKind, Held, Hyper, HyperDefault,
    HyperType, IndexRange, Input, Let, Repeat, RepeatStep, Reweight, Schedule, ScheduleArg, Stmt, Terms,
};
use super::operators::{INFIX, Infix, POWER, PREFIX, level};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// Longer lines are broken.
const WIDTH: usize = 110;

/// How many characters of an expression a message repeats.
const SHORT: usize = 30;

/// A definition.
pub fn def(def: &Def) -> String {
    let head = format!("{}{}{}", super::external::texts(&def.externs), attributes(def), head(def));
    if def.stmts.is_empty() && def.updates.is_empty() && def.terms.is_none() {
        return format!("{head} {}\n", one_liner(head.lines().last().unwrap_or_default(), &def.value));
    }
    let stmts: String = def.stmts.iter().map(|stmt| statement(stmt, "    ")).collect();
    let updates: String = def.updates.iter().map(|update| let_stmt("update ", update, "    ")).collect();
    let value = match &def.terms {
        Some(terms) => named_terms(terms),
        None => line("    ", "", &def.value, ""),
    };
    format!("{head} {{\n{stmts}{updates}{value}\n}}\n")
}

/// `name: value,` a line, in the braces of their weighting if they have one.
fn named_terms(terms: &Terms) -> String {
    let indent = if terms.weighting.is_some() { "        " } else { "    " };
    let lines: Vec<String> = terms
        .list
        .iter()
        .map(|term| {
            let kind = term.kind.as_ref().map_or_else(String::new, |kind| format!("{kind} "));
            line(indent, &format!("{}: {kind}", term.name), &term.value, ",")
        })
        .collect();
    let lines = lines.join("\n");
    let Some(weighting) = &terms.weighting else { return lines };
    let options: Vec<String> =
        weighting.options.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let options = if options.is_empty() { String::new() } else { format!("<{}>", options.join(", ")) };
    format!("    {}{options} {{\n{lines}\n    }}", weighting.name)
}

/// `= value;`, on a line of its own if it does not fit on that of the head.
fn one_liner(head: &str, value: &Expr) -> String {
    let text = expr(value);
    if head.chars().count() + text.chars().count() + 4 <= WIDTH {
        return format!("= {text};");
    }
    format!("=\n{}", line("    ", "", value, ";"))
}

/// Doc comments, marks, and the other attributes.
fn attributes(def: &Def) -> String {
    let mut text = docs(&def.docs, "");
    let marks = &def.marks;
    let flags = [
        (marks.active, "#[active]\n"),
        (marks.passive, "#[passive]\n"),
        (marks.snapshot, "#[snapshot]\n"),
        (marks.hessian, "#[derive_hessian]\n"),
        (marks.graph, "#[graph]\n"),
    ];
    flags.iter().filter(|flag| flag.0).for_each(|flag| text.push_str(flag.1));
    if let Some(id) = &def.marks.id {
        text.push_str(&format!("#[id = {id:?}]\n"));
    }
    if !def.marks.when.is_empty() {
        let pairs: Vec<String> =
            def.marks.when.iter().map(|(name, value)| format!("{name} = {value:?}")).collect();
        text.push_str(&format!("#[when({})]\n", pairs.join(", ")));
    }
    text + &other_attributes(&def.attrs)
}

pub(super) fn docs(lines: &[String], indent: &str) -> String {
    let line = |line: &String| format!("{indent}///{}{line}\n", if line.is_empty() { "" } else { " " });
    lines.iter().map(line).collect()
}

/// The attributes that are not doc comments of a known text.
fn other_attributes(attrs: &TokenStream) -> String {
    let groups = attrs.clone().into_iter().filter_map(|tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => Some(group.stream()),
        _ => None,
    });
    groups.filter(|attr| !is_doc_text(attr)).map(|attr| format!("#[{attr}]\n")).collect()
}

/// `doc = "text"`.
fn is_doc_text(attr: &TokenStream) -> bool {
    let trees: Vec<TokenTree> = attr.clone().into_iter().collect();
    matches!(&trees[..], [TokenTree::Ident(name), _, TokenTree::Literal(_)] if name == "doc")
}

fn head(def: &Def) -> String {
    let vis = visibility(&def.vis);
    let space = if vis.is_empty() { "" } else { " " };
    let start = format!("{vis}{space}{}{}", def.name, hypers(&def.hypers, &def.held));
    let all: Vec<String> = def.inputs.iter().map(input).collect();
    let last = start.lines().last().unwrap_or_default();
    if last.chars().count() + all.iter().map(|i| i.chars().count() + 2).sum::<usize>() + 2 <= WIDTH {
        return format!("{start}({})", all.join(", "));
    }
    let lines: String = all.iter().map(|input| format!("    {input},\n")).collect();
    format!("{start}(\n{lines})")
}

fn visibility(vis: &TokenStream) -> String {
    let text = vis.to_string();
    text.replace("pub (", "pub(").replace("( ", "(").replace(" )", ")").replace(" :: ", "::")
}

/// `<a = 1.0, b = 2.0, learn c: [3] = 0.0>`, one a line if there are doc comments or many.
fn hypers(hypers: &[Hyper], held: &[Held]) -> String {
    if hypers.is_empty() && held.is_empty() {
        return String::new();
    }
    let numbers = hypers.iter().map(|h| (&h.docs, hyper(h)));
    let all: Vec<(&Vec<String>, String)> =
        numbers.chain(held.iter().map(|h| (&h.docs, self::held(h)))).collect();
    let joined = all.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(", ");
    if all.iter().all(|(docs, _)| docs.is_empty()) && joined.chars().count() <= WIDTH - 30 {
        return format!("<{joined}>");
    }
    let lines: String =
        all.iter().map(|(lines, text)| format!("{}    {text},\n", docs(lines, "    "))).collect();
    format!("<\n{lines}>")
}

/// A tensor that the loss holds, without its doc comment.
pub fn held(held: &Held) -> String {
    let axes: Vec<String> = held.axes.iter().map(axis).collect();
    let axes = if axes.is_empty() { String::new() } else { format!(": [{}]", axes.join(", ")) };
    format!("{} {}{axes} = {}", held.role.word(), held.name, at_least(&held.initial, level::SUM))
}

/// A hyperparameter, without its doc comment.
pub fn hyper(hyper: &Hyper) -> String {
    let ty = match hyper.ty {
        HyperType::Real => String::new(),
        HyperType::Integer => ": usize".into(),
        HyperType::Bool => ": bool".into(),
        HyperType::Array(n) => format!(": [f64; {n}]"),
    };
    let default =
        hyper.default.as_ref().map_or_else(String::new, |value| format!(" = {}", hyper_value(value)));
    format!("{}{ty}{default}{}", hyper.name, in_domain(hyper.domain.as_ref()))
}

fn hyper_value(value: &HyperDefault) -> String {
    match value {
        HyperDefault::Scalar(value) => at_least(value, level::SUM),
        HyperDefault::Array(values, _) => {
            let values: Vec<String> = values.iter().map(|value| at_least(value, level::SUM)).collect();
            format!("[{}]", values.join(", "))
        }
    }
}

fn in_domain(domain: Option<&Domain>) -> String {
    domain.map_or_else(String::new, |d| format!(" in {}", self::domain(d)))
}

/// `0..=1`, as it is written after `in`.
pub fn domain(domain: &Domain) -> String {
    let lo = domain
        .lo
        .map_or_else(String::new, |(v, closed)| format!("{}{}", number(v), if closed { "" } else { "<" }));
    let hi = domain
        .hi
        .map_or_else(String::new, |(v, closed)| format!("{}{}", if closed { "=" } else { "" }, number(v)));
    format!("{lo}..{hi}")
}

pub(super) fn input(input: &Input) -> String {
    let axes: Vec<String> = input.axes.iter().map(axis).collect();
    let data = if input.data { "data " } else { "" };
    let element = element(&input.element);
    format!("{}: {data}[{}]{element}{}", input.name, axes.join(", "), in_domain(input.domain.as_ref()))
}

/// ` -> K`, or nothing.
pub(super) fn element(element: &Element) -> String {
    match element {
        Element::Real => String::new(),
        Element::Bool => " -> bool".into(),
        Element::Class(name) => format!(" -> {}", axis(name)),
    }
}

pub(super) fn axis(axis: &AxisName) -> String {
    match axis {
        AxisName::Set(name) => name.to_string(),
        AxisName::Bundle(name) => format!("{name}.."),
        AxisName::Fixed(size, _) => size.to_string(),
        AxisName::Beyond(base, more, _) => format!("{base} + {more}"),
    }
}

fn statement(stmt: &Stmt, indent: &str) -> String {
    match stmt {
        Stmt::Let(stmt) => let_stmt("let ", stmt, indent),
        Stmt::Repeat(stmt) => repeat(stmt, indent),
    }
}

fn let_stmt(word: &str, stmt: &Let, indent: &str) -> String {
    let start = format!("{word}{}{} = ", stmt.name, brackets(&stmt.indices, &stmt.ranges));
    line(indent, &start, &stmt.value, ";") + "\n"
}

/// `[i, j in 5]`, or nothing for no index.
pub(super) fn brackets(indices: &[Ident], ranges: &[IndexRange]) -> String {
    if indices.is_empty() { String::new() } else { format!("[{}]", bound(indices, ranges)) }
}

/// `i, j in 5`
fn bound(indices: &[Ident], ranges: &[IndexRange]) -> String {
    let index = |index: &Ident| match ranges.iter().find(|range| range.index == *index) {
        Some(range) => format!("{index} in {}", axis(&range.set)),
        None => index.to_string(),
    };
    indices.iter().map(index).collect::<Vec<_>>().join(", ")
}

fn repeat(stmt: &Repeat, indent: &str) -> String {
    let inner = format!("{indent}    ");
    let steps = stmt.steps.iter().map(|step| match step {
        RepeatStep::Let(step) => let_stmt("let ", step, &inner),
        RepeatStep::Assign(step) => let_stmt("", step, &inner),
    });
    format!(
        "{indent}repeat {} {{\n{}{indent}}}\n",
        at_least(&stmt.count, level::SUM),
        steps.collect::<String>()
    )
}

/// One line, or one for each term of the outermost operator if it is too long.
fn line(indent: &str, start: &str, value: &Expr, end: &str) -> String {
    let text = format!("{indent}{start}{}{end}", expr(value));
    match &value.kind {
        ExprKind::Binary(name, ..) if text.chars().count() > WIDTH && *name != POWER.name => {
            format!("{indent}{start}{}{end}", terms(value, &format!("\n{indent}    ")))
        }
        _ => text,
    }
}

/// `a + b + c` with a break before each operator.
fn terms(value: &Expr, brk: &str) -> String {
    let (mut rest, mut parts) = (value, Vec::new());
    let outer = find(value).map(|op| op.level);
    while let (ExprKind::Binary(_, left, right), Some(op)) = (&rest.kind, find(rest)) {
        if Some(op.level) != outer || (op.level == level::COMPARE && !parts.is_empty()) {
            break;
        }
        parts.push(format!("{brk}{} {}", op.symbol, at_least(right, op.level + 1)));
        rest = left;
    }
    let lowest = outer.unwrap_or(level::OR) + u8::from(outer == Some(level::COMPARE));
    parts.push(at_least(rest, lowest));
    parts.iter().rev().map(String::as_str).collect()
}

/// The operator of an expression of two operands.
fn find(value: &Expr) -> Option<&'static Infix> {
    let ExprKind::Binary(name, ..) = &value.kind else { return None };
    INFIX.iter().find(|op| op.name == *name)
}

/// An expression.
pub fn expr(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Number(value) => number(*value),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Rest => "..".into(),
        ExprKind::Index(name, indices) => format!("{name}[{}]", list(indices)),
        ExprKind::Unary(name, x) => format!("{}{}", prefix(name), at_least(x, level::POWER)),
        ExprKind::Binary(_, x, y) => infix(find(expr), x, y),
        ExprKind::If(c, x, y) => {
            format!("if {} {{ {} }} else {}", at_least(c, level::OR), self::expr(x), otherwise(y))
        }
        ExprKind::Call(name, args) => format!("{name}({})", list(args)),
        ExprKind::Bind(binder) => bind(binder),
        ExprKind::Apply(application) => apply(application),
        ExprKind::Reweight(reweight) => self::reweight(reweight),
        ExprKind::Schedule(schedule) => self::schedule(schedule),
        ExprKind::Parts(parts) => format!("({})", list(parts)),
    }
}

/// `reweight<Strategy<r = 0.4>(counts)>(loss)`.
fn reweight(reweight: &Reweight) -> String {
    let Reweight { name, strategy, loss } = reweight;
    let text = apply(strategy);
    let text = if strategy.args.is_empty() { text.trim_end_matches("()") } else { &text };
    format!("{name}<{text}>({})", expr(loss))
}

/// `linear(0 -> 0.5, over = 100)`.
pub fn schedule(schedule: &Schedule) -> String {
    let args = schedule.args.iter().map(|arg| match arg {
        ScheduleArg::Plain(value) => at_least(value, level::SUM),
        ScheduleArg::Move(from, to) => {
            format!("{} -> {}", at_least(from, level::SUM), at_least(to, level::SUM))
        }
        ScheduleArg::Named(name, value) => format!("{name} = {}", at_least(value, level::SUM)),
    });
    format!("{}({})", schedule.name, args.collect::<Vec<_>>().join(", "))
}

/// An expression as messages repeat it: cut off where it is long.
pub fn short(value: &Expr) -> String {
    let text = expr(value);
    if text.chars().count() <= SHORT { text } else { "..".into() }
}

fn list(exprs: &[Expr]) -> String {
    exprs.iter().map(expr).collect::<Vec<_>>().join(", ")
}

fn prefix(name: &str) -> &'static str {
    PREFIX.iter().find(|(_, op)| *op == name).map_or("-", |(symbol, _)| symbol)
}

/// `x + y`; without an operator of that level it is `x^y`, with a base that needs no parentheses.
fn infix(op: Option<&Infix>, x: &Expr, y: &Expr) -> String {
    let Some(op) = op else {
        return format!("{}{}{}", at_least(x, level::OPERAND), POWER.symbol, at_least(y, level::UNARY));
    };
    let left = op.level + u8::from(op.level == level::COMPARE);
    format!("{} {} {}", at_least(x, left), op.symbol, at_least(y, op.level + 1))
}

/// `{ y }`, or a further `if`.
fn otherwise(y: &Expr) -> String {
    let text = expr(y);
    if matches!(y.kind, ExprKind::If(..)) { text } else { format!("{{ {text} }}") }
}

fn bind(binder: &Binder) -> String {
    let condition = binder.condition.as_ref().map_or_else(String::new, |c| format!(" | {}", expr(c)));
    let indices = bound(&binder.indices, &binder.ranges);
    format!("{}[{indices}{condition}]({})", binder.name, list(&binder.args))
}

fn apply(application: &Application) -> String {
    let hypers: Vec<String> = application.hypers.iter().map(|(name, value)| given(name, value)).collect();
    let hypers = if hypers.is_empty() { String::new() } else { format!("<{}>", hypers.join(", ")) };
    let indices = application.indices.as_ref().map_or_else(String::new, |i| format!("[{}]", list(i)));
    let update = application.update.as_ref().map_or_else(String::new, |state| format!(".{state}"));
    format!("{}{hypers}({}){update}{indices}", application.name, list(&application.args))
}

/// `beta = 0.1`, or `beta` for `beta = beta`.
fn given(name: &Ident, value: &HyperDefault) -> String {
    match hyper_value(value) {
        value if *name == value => value,
        value => format!("{name} = {value}"),
    }
}

/// An expression, in parentheses if it binds less tightly than `lowest`.
fn at_least(value: &Expr, lowest: u8) -> String {
    let text = expr(value);
    if strength(value) < lowest { format!("({text})") } else { text }
}

/// How tightly an expression binds. A conditional would need no parentheses, but reads badly without.
fn strength(value: &Expr) -> u8 {
    match &value.kind {
        ExprKind::If(..) => 0,
        ExprKind::Unary(..) => level::UNARY,
        ExprKind::Number(value) if value.is_sign_negative() => level::UNARY,
        ExprKind::Binary(..) => find(value).map_or(level::POWER, |op| op.level),
        _ => level::OPERAND,
    }
}

/// A number: the shorter of `0.05` and `1e-4`, the plain form for integers of ordinary size.
fn number(value: f64) -> String {
    let (plain, scientific) = (format!("{value}"), format!("{value:e}"));
    let ordinary = value.fract() == 0.0 && value.abs() < 1e7;
    if ordinary || plain.len() <= scientific.len() { plain } else { scientific }
}
