//! `linear(0.0 -> 0.5, over = 10_000)` and `reweight<Strategy<..>>(loss)`.

use super::ast::{Application, Expr, ExprKind, Reweight, Schedule, ScheduleArg};
use super::expr::{Node, additive, expr};
use super::operand;
use super::tokens::{Tokens, list};
use super::{habits, names};
use crate::diag::messages::syntax as say;
use crate::diag::{Diag, SpanRange};
use proc_macro2::{Delimiter, Ident};

/// A schedule, from its parentheses on.
pub(super) fn schedule(tokens: &mut Tokens, name: Ident) -> Result<Node, Diag> {
    let Some((inner, range)) = tokens.enter(Delimiter::Parenthesis) else {
        return Err(tokens.expected("`(`"));
    };
    let args = list(inner, argument, |inner| habits::after_argument(inner, &name))?;
    let height = args.iter().map(|(_, height)| *height).max().unwrap_or(0);
    let range = SpanRange::from(&name).to(range);
    let args = args.into_iter().map(|(arg, _)| arg).collect();
    Node::new(ExprKind::Schedule(Schedule { name, args }), range, [height])
}

/// `over = 100`, `0.0 -> 0.5`, `0.5`.
fn argument(tokens: &mut Tokens) -> Result<(ScheduleArg, usize), Diag> {
    let mut ahead = *tokens;
    if ahead.take_ident().is_some() && ahead.is("=") {
        let name = names::lower(tokens, "an argument")?;
        tokens.expect("=")?;
        let value = additive(tokens)?;
        return Ok((ScheduleArg::Named(name, value.expr), value.height));
    }
    let first = additive(tokens)?;
    if tokens.eat("->").is_none() {
        return Ok((ScheduleArg::Plain(first.expr), first.height));
    }
    let second = additive(tokens)?;
    Ok((ScheduleArg::Move(first.expr, second.expr), first.height.max(second.height)))
}

/// `<Strategy<r = 0.4>(counts)>(loss)`, after `reweight`.
pub(super) fn reweight(tokens: &mut Tokens, name: Ident) -> Result<Node, Diag> {
    tokens.expect("<")?;
    let strategy = strategy(tokens)?;
    tokens.expect(">")?;
    let Some((mut inner, range)) = tokens.enter(Delimiter::Parenthesis) else {
        return Err(tokens.expected(&format!("the loss of a sample in parentheses after `{name}<..>`")));
    };
    if inner.at_end() {
        return Err(say::empty_parentheses(range));
    }
    let Node { expr: loss, height } = expr(&mut inner)?;
    if !inner.at_end() {
        return Err(habits::after_expr(&inner, "`)`"));
    }
    let range = SpanRange::from(&name).to(range);
    Node::new(ExprKind::Reweight(Box::new(Reweight { name, strategy, loss })), range, [height + 1])
}

fn strategy(tokens: &mut Tokens) -> Result<Application, Diag> {
    let name = names::loss(tokens)?;
    let hypers = if tokens.is("<") { operand::hypers(tokens)?.0 } else { Vec::new() };
    let mut args: Vec<Expr> = Vec::new();
    if tokens.is_group(Delimiter::Parenthesis) {
        args = operand::arguments(tokens, &name)?.0;
    }
    Ok(Application { name, hypers, args, indices: None, update: None })
}
