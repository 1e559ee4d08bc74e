//! Expressions in the language's own notation.

use super::notation::{Notation, Reader};
use super::{NodeId, OpRef, Program};
use crate::ops::Print;

/// How tightly a name, a number or a call binds.
pub(super) const ATOM: u8 = 9;
/// How tightly `-x` and `!c` bind: tighter than `*`, looser than `^`.
const PREFIX: u8 = 6;
/// How tightly `if c { a } else { b }` binds.
const LOOSEST: u8 = 0;

/// The node's definition; nodes in it that the user named with `let` are shown by their names.
pub fn formula(program: &Program, id: NodeId) -> String {
    let shown = |node: NodeId| program.graph.name(node).filter(|_| node != id).map(str::to_owned);
    text(&Reader { program, shown: &shown }.whole(id)).0
}

/// The node's definition down to inputs and hyperparameters.
pub fn expanded_formula(program: &Program, id: NodeId) -> String {
    text(&Reader { program, shown: &|_| None }.whole(id)).0
}

/// A text and how tightly its outermost operator binds.
pub(super) type Text = (String, u8);

/// The expression as text.
pub(super) fn text(notation: &Notation) -> Text {
    match notation {
        Notation::Number(value) => number(*value),
        Notation::Read(name, indices) => {
            let indices: Vec<String> = indices.iter().map(|i| text(i).0).collect();
            let name =
                if indices.is_empty() { name.clone() } else { format!("{name}[{}]", indices.join(", ")) };
            (name, ATOM)
        }
        Notation::Op(op, args) => spell(*op, args.iter().map(text).collect()),
        Notation::Bind { name, over, given, arg } => {
            let given = given.as_ref().map_or_else(String::new, |g| format!(" | {}", text(g).0));
            (format!("{name}[{}{given}]({})", over.join(", "), text(arg).0), ATOM)
        }
        Notation::Call { name, over, args } => {
            let over = if over.is_empty() { String::new() } else { format!("[{}]", over.join(", ")) };
            let args: Vec<String> = args.iter().map(|a| text(a).0).collect();
            (format!("{name}{over}({})", args.join(", ")), ATOM)
        }
        Notation::At(of, index, at) => (format!("{}[{index} = {}]", text(of).0, text(at).0), ATOM),
    }
}

/// An op and its operands as the language writes them.
pub(super) fn spell(op: OpRef, args: Vec<Text>) -> Text {
    match op.print {
        Print::Infix(symbol, strength) => {
            // `+ - * / && ||` group from the left; comparisons and `^` always need parentheses.
            let grouped = matches!(op.name, "add" | "sub" | "mul" | "div" | "and" | "or");
            let left = parenthesised(&args[0], strength + u8::from(!grouped));
            let right = parenthesised(&args[1], strength + 1);
            (format!("{left} {} {right}", symbol.trim()), strength)
        }
        Print::Prefix(symbol) => {
            (format!("{}{}", symbol.trim(), parenthesised(&args[0], PREFIX + 1)), PREFIX)
        }
        Print::Call => {
            let args: Vec<String> = args.into_iter().map(|a| a.0).collect();
            (format!("{}({})", op.name, args.join(", ")), ATOM)
        }
        Print::If => (format!("if {} {{ {} }} else {{ {} }}", args[0].0, args[1].0, args[2].0), LOOSEST),
        Print::Silent => args[0].clone(),
    }
}

/// The text, in parentheses if it binds less tightly than wanted.
fn parenthesised(text: &Text, wanted: u8) -> String {
    if text.1 >= wanted { text.0.clone() } else { format!("({})", text.0) }
}

/// A number in its shortest form: `1`, `0.5`, `1e-7`.
pub(super) fn number(value: f64) -> Text {
    let plain = value == 0.0 || (1e-4..1e15).contains(&value.abs());
    let text = if plain || !value.is_finite() { format!("{value}") } else { format!("{value:e}") };
    (text, if value.is_sign_negative() { PREFIX } else { ATOM })
}
