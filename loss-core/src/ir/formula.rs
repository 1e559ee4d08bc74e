//! A node as one expression in the language's own notation.

use super::{Axis, NodeId, NodeKind, OpRef, Program};
use crate::ops::Print;

/// How tightly a name, a number or a call binds.
const ATOM: u8 = 9;
/// How tightly `-x` and `!c` bind: tighter than `*`, looser than `^`.
const PREFIX: u8 = 6;
/// How tightly `if c { a } else { b }` binds.
const LOOSEST: u8 = 0;

/// The node's definition; nodes in it that the user named with `let` are shown by their names.
pub fn formula(program: &Program, id: NodeId) -> String {
    Formula { program, root: id, expand: false }.node(id, &Env::default()).0
}

/// The node's definition down to inputs and hyperparameters.
pub fn expanded_formula(program: &Program, id: NodeId) -> String {
    Formula { program, root: id, expand: true }.node(id, &Env::default()).0
}

/// What stands for an axis: its own name, unless it has been renamed or is read at a computed index.
#[derive(Clone, Default)]
struct Env(Vec<(Axis, String)>);

impl Env {
    fn get(&self, program: &Program, axis: Axis) -> String {
        let found = self.0.iter().find(|e| e.0 == axis);
        found.map_or_else(|| program.axis_name(axis), |e| e.1.clone())
    }

    fn set(&mut self, axis: Axis, text: String) {
        self.0.retain(|e| e.0 != axis);
        self.0.push((axis, text));
    }
}

/// A text and how tightly its outermost operator binds.
type Text = (String, u8);

struct Formula<'p> {
    program: &'p Program,
    root: NodeId,
    expand: bool,
}

impl Formula<'_> {
    fn node(&self, id: NodeId, env: &Env) -> Text {
        let graph = &self.program.graph;
        let atom = |text: String| (text, ATOM);
        if let (false, Some(name)) = (self.expand || id == self.root, graph.name(id)) {
            return atom(self.indexed(name, &graph[id].axes, env));
        }
        match &graph[id].kind {
            NodeKind::Const(bits) => number(f64::from_bits(*bits)),
            NodeKind::Truth(holds) => atom(holds.to_string()),
            NodeKind::At(_, i) => atom(i.to_string()),
            NodeKind::Hyper(i) => atom(self.program.hypers[*i].name.clone()),
            NodeKind::HyperArray(i, axis) => atom(self.indexed(&self.program.hypers[*i].name, &[*axis], env)),
            NodeKind::Input(i, axes) => atom(self.indexed(&self.program.inputs[*i].name, axes, env)),
            NodeKind::Size(set) => atom(self.program.sets[usize::from(set.0)].name.clone()),
            NodeKind::Iota(axis) => atom(env.get(self.program, *axis)),
            NodeKind::Op(op, args) => self.op(*op, args, env),
            NodeKind::Reduce { op, over, body, given } => {
                atom(self.binder(op.name, over, *given, env, &[*body], |t| t[0].0.clone()))
            }
            NodeKind::Contract { over, lhs, rhs } => {
                let product =
                    |t: &[Text]| format!("{} * {}", parenthesised(&t[0], 5), parenthesised(&t[1], 6));
                atom(self.binder("sum", over, None, env, &[*lhs, *rhs], product))
            }
            NodeKind::Rename(body, map) => {
                let mut inner = env.clone();
                map.iter().for_each(|&(from, to)| inner.set(from, env.get(self.program, to)));
                self.node(*body, &inner)
            }
            NodeKind::Gather { body, axis, index } => {
                let mut inner = env.clone();
                inner.set(*axis, self.node(*index, env).0);
                self.node(*body, &inner)
            }
            NodeKind::Argsort(body, axis) => atom(self.order("argsort", *body, *axis, env)),
            NodeKind::Rank(body, axis) => atom(self.order("rank", *body, *axis, env)),
            NodeKind::Cumsum(body, axis) => atom(self.order("cumsum", *body, *axis, env)),
            NodeKind::LoopVar { id, slot, axes } | NodeKind::LoopOut { id, slot, axes } => {
                let name = graph.name(graph.loops[*id].vars[*slot]);
                let name = name.map_or_else(|| format!("t{slot}"), str::to_owned);
                atom(self.indexed(&name, axes, env))
            }
        }
    }

    /// `x[b, k]`.
    fn indexed(&self, name: &str, axes: &[Axis], env: &Env) -> String {
        let indices: Vec<String> = axes.iter().map(|&a| env.get(self.program, a)).collect();
        if indices.is_empty() { name.to_owned() } else { format!("{name}[{}]", indices.join(", ")) }
    }

    fn op(&self, op: OpRef, args: &[NodeId], env: &Env) -> Text {
        let args: Vec<Text> = args.iter().map(|&a| self.node(a, env)).collect();
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

    /// `sum[k | given](body)`.
    fn binder(
        &self,
        name: &str,
        over: &[Axis],
        given: Option<NodeId>,
        env: &Env,
        parts: &[NodeId],
        body: impl Fn(&[Text]) -> String,
    ) -> String {
        let all: Vec<NodeId> = parts.iter().copied().chain(given).collect();
        let mut inner = env.clone();
        over.iter().for_each(|&a| inner.set(a, self.bound_name(a, over, &all, env, &inner)));
        let over: Vec<String> = over.iter().map(|&a| inner.get(self.program, a)).collect();
        let given = given.map_or_else(String::new, |g| format!(" | {}", self.node(g, &inner).0));
        let parts: Vec<Text> = parts.iter().map(|&p| self.node(p, &inner)).collect();
        format!("{name}[{}{given}]({})", over.join(", "), body(&parts))
    }

    /// A name for a bound index that no index used in the body has; `inner` holds those chosen before.
    fn bound_name(&self, axis: Axis, over: &[Axis], parts: &[NodeId], env: &Env, inner: &Env) -> String {
        let mut taken: Vec<String> = vec![];
        for &used in parts.iter().flat_map(|&p| &self.program.graph[p].axes) {
            if !over.contains(&used) {
                taken.push(env.get(self.program, used));
            }
        }
        let before = over.iter().take_while(|a| **a != axis);
        taken.extend(before.map(|&a| inner.get(self.program, a)));
        let own = std::iter::once(axis);
        let names =
            own.chain((0..=u8::MAX).map(|copy| Axis { copy, ..axis })).map(|a| self.program.axis_name(a));
        let mut free = names.filter(|name| !taken.iter().any(|text| mentions(text, name)));
        free.next().unwrap_or_else(|| self.program.axis_name(axis))
    }

    /// `argsort[n](x[n])`; where it is read at a computed index, `argsort[n](x[n])[n = index]`.
    fn order(&self, name: &str, body: NodeId, axis: Axis, env: &Env) -> String {
        let at = env.get(self.program, axis);
        let mut others = self.program.graph[body].axes.iter().filter(|a| **a != axis);
        if is_index_name(&at) && !others.any(|&a| mentions(&env.get(self.program, a), &at)) {
            return format!("{name}[{at}]({})", self.node(body, env).0);
        }
        let text = self.binder(name, &[axis], None, env, &[body], |t| t[0].0.clone());
        let bound = self.bound_name(axis, &[axis], &[body], env, env);
        format!("{text}[{bound} = {at}]")
    }
}

/// The text, in parentheses if it binds less tightly than wanted.
fn parenthesised(text: &Text, wanted: u8) -> String {
    if text.1 >= wanted { text.0.clone() } else { format!("({})", text.0) }
}

fn is_index_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic()) && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether a text contains a name as a whole word.
fn mentions(text: &str, name: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
}

/// A number in its shortest form: `1`, `0.5`, `1e-7`.
fn number(value: f64) -> Text {
    let plain = value == 0.0 || (1e-4..1e15).contains(&value.abs());
    let text = if plain || !value.is_finite() { format!("{value}") } else { format!("{value:e}") };
    (text, if value.is_sign_negative() { PREFIX } else { ATOM })
}
