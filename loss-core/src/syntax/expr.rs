//! Expressions by precedence climbing.

use super::ast::{Expr, ExprKind};
use super::operand;
use super::operators::{INFIX, Infix, POWER, PREFIX, level};
use super::print;
use super::tokens::{MAX_DEPTH, Tokens};
use crate::diag::messages::syntax as say;
use crate::diag::{Diag, SpanRange};

/// An expression with the height of its tree. A chain `a + b + ..` is as high as it is long without being nested
/// in the source, so that only counting upwards bounds it.
pub(super) struct Node {
    pub expr: Expr,
    pub height: usize,
}

impl Node {
    /// A node over parts of the given heights.
    pub fn new(
        kind: ExprKind,
        range: SpanRange,
        parts: impl IntoIterator<Item = usize>,
    ) -> Result<Node, Diag> {
        let height = 1 + parts.into_iter().max().unwrap_or(0);
        if height > MAX_DEPTH {
            return Err(say::too_deep(range.last.into()));
        }
        Ok(Node { expr: Expr { kind, range }, height })
    }

    /// A node without parts.
    pub fn leaf(kind: ExprKind, range: SpanRange) -> Node {
        Node { expr: Expr { kind, range }, height: 1 }
    }
}

/// A whole expression, conditions included.
pub(super) fn expr(tokens: &mut Tokens) -> Result<Node, Diag> {
    tokens.nested(|tokens| climb(tokens, level::OR))
}

/// An expression without comparisons at its top, as where `>` closes a list.
pub(super) fn additive(tokens: &mut Tokens) -> Result<Node, Diag> {
    tokens.nested(|tokens| climb(tokens, level::SUM))
}

/// Everything from here on that binds at least as tightly as `lowest`.
fn climb(tokens: &mut Tokens, lowest: u8) -> Result<Node, Diag> {
    let mut left = unary(tokens)?;
    while let Some(op) = infix(tokens).filter(|op| op.level >= lowest) {
        tokens.eat(op.symbol);
        let right = climb(tokens, op.level + 1)?;
        left = binary(op, left, right)?;
        check_not_chained(tokens, op, &left.expr)?;
    }
    Ok(left)
}

/// The operator of two operands that stands here.
fn infix(tokens: &Tokens) -> Option<&'static Infix> {
    let symbol = tokens.symbol()?;
    INFIX.iter().find(|op| op.symbol == symbol)
}

fn binary(op: &Infix, left: Node, right: Node) -> Result<Node, Diag> {
    let range = left.expr.range.to(right.expr.range);
    let heights = [left.height, right.height];
    Node::new(ExprKind::Binary(op.name, Box::new(left.expr), Box::new(right.expr)), range, heights)
}

/// Law: a comparison is not an operand of another one, `a < b < c` has no meaning.
fn check_not_chained(tokens: &Tokens, op: &Infix, left: &Expr) -> Result<(), Diag> {
    match infix(tokens) {
        Some(next) if op.level == level::COMPARE && next.level == level::COMPARE => {
            let middle = if let ExprKind::Binary(_, _, middle) = &left.kind {
                print::short(middle)
            } else {
                "..".into()
            };
            Err(say::chained_comparison(tokens.here(), &print::short(left), &middle, next.symbol))
        }
        _ => Ok(()),
    }
}

/// `-x`, `!c`, or something that binds more tightly.
fn unary(tokens: &mut Tokens) -> Result<Node, Diag> {
    let Some((symbol, name)) = PREFIX.iter().find(|(symbol, _)| tokens.is(symbol)) else {
        return power(tokens);
    };
    let sign = tokens.eat(symbol).unwrap_or_else(|| tokens.here());
    let operand = tokens.nested(unary)?;
    let range = sign.to(operand.expr.range);
    Node::new(ExprKind::Unary(name, Box::new(operand.expr)), range, [operand.height])
}

/// `x ^ y`: `y` may have a sign and powers of its own.
fn power(tokens: &mut Tokens) -> Result<Node, Diag> {
    let base = operand::operand(tokens)?;
    if tokens.eat(POWER.symbol).is_none() {
        return Ok(base);
    }
    let exponent = tokens.nested(unary)?;
    binary(&POWER, base, exponent)
}
