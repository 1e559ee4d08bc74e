//! What is known of each node, whatever the inputs are. Inputs and what host functions give are taken to be finite.

use super::strays::{self, Range, Sign, Strays};
use crate::ir::{Axis, Graph, InputInfo, NodeId, NodeKind, OpRef, Program, Ty};
use crate::ops::Sort;
use std::ops::Index;

#[derive(Clone, Default)]
pub(super) struct Fact {
    /// Whether an input's derivative flows through it.
    pub active: bool,
    /// Whether something below may be infinite, or have a derivative that is.
    pub risky: bool,
    /// Whether it is made of hyperparameters and sizes alone.
    parameter: bool,
    /// Whether it may be what it is because some condition holds nowhere.
    pub hollow: bool,
    pub range: Range,
}

/// The facts of a graph that grows.
pub(super) struct Facts {
    data: Vec<bool>,
    signs: Vec<Sign>,
    known: Vec<Fact>,
}

impl Index<NodeId> for Facts {
    type Output = Fact;
    fn index(&self, id: NodeId) -> &Fact {
        &self.known[id.index()]
    }
}

impl Facts {
    pub fn of(program: &Program) -> Facts {
        let data = program.inputs.iter().map(|i| i.data || i.ty != Ty::Real).collect();
        let signs = program.inputs.iter().map(declared).collect();
        Facts { data, signs, known: vec![] }
    }

    /// Learns of the nodes that have come since.
    pub fn extend(&mut self, graph: &Graph) {
        for id in graph.ids().skip(self.known.len()) {
            let fact = self.fact(graph, id);
            self.known.push(fact);
        }
    }

    fn fact(&self, graph: &Graph, id: NodeId) -> Fact {
        let sign = self.sign(graph, id);
        let parameter = self.parameter(graph, id);
        let active = graph[id].ty == Ty::Real && self.active(graph, id);
        let strays = self.strays(graph, id).with_sign(sign);
        let mut range = Range { strays, sign, samples: None, exactly: None };
        if let Some(value) = graph.as_const(id) {
            range = Range::exactly(value);
        } else if parameter {
            range = Range { strays: Strays::NONE, sign, samples: Some(&[-0.5, 0.5]), exactly: None };
        } else if self.positive(graph, id) {
            range.samples = Some(&[1e-4, 1.0, 1e4]);
        }
        let risky = active && self.risky(graph, id);
        let hollow = self.hollow(graph, id);
        Fact { active, risky, parameter, hollow, range }
    }

    fn active(&self, graph: &Graph, id: NodeId) -> bool {
        let is = |id: &NodeId| self[*id].active;
        match &graph[id].kind {
            NodeKind::Input(input, _) => !self.data[*input],
            NodeKind::LoopVar { .. } | NodeKind::LoopOut { .. } => true,
            NodeKind::Op(op, args) => args.iter().zip(op.grad).any(|(a, grad)| is(a) && *grad != "0"),
            _ => graph.operands(id).iter().any(is),
        }
    }

    fn risky(&self, graph: &Graph, id: NodeId) -> bool {
        let odd = |id: &NodeId| self[*id].risky || self[*id].range.strays != Strays::NONE;
        match &graph[id].kind {
            NodeKind::Op(op, args) => op.guard.iter().any(Option::is_some) || args.iter().any(odd),
            NodeKind::LoopVar { .. } | NodeKind::LoopOut { .. } | NodeKind::Host(..) => false,
            _ => graph.operands(id).iter().any(odd),
        }
    }

    fn hollow(&self, graph: &Graph, id: NodeId) -> bool {
        let empty = match &graph[id].kind {
            NodeKind::Reduce { over, given: Some(given), .. } => !holds_for_one(graph, *given, over),
            _ => false,
        };
        empty || graph.operands(id).iter().any(|o| self[*o].hollow)
    }

    fn parameter(&self, graph: &Graph, id: NodeId) -> bool {
        match &graph[id].kind {
            NodeKind::Const(_) | NodeKind::Hyper(_) | NodeKind::HyperArray(..) | NodeKind::Size(_) => true,
            NodeKind::Op(_, args) => args.iter().all(|&a| self[a].parameter),
            NodeKind::Gather { body, .. } | NodeKind::Rename(body, _) => self[*body].parameter,
            _ => false,
        }
    }

    fn strays(&self, graph: &Graph, id: NodeId) -> Strays {
        let of = |id: &NodeId| self[*id].range.strays;
        if graph[id].ty != Ty::Real {
            return Strays::NONE;
        }
        match &graph[id].kind {
            NodeKind::Op(op, args) => {
                strays::of_op(op.0, &args.iter().map(|a| &self[*a].range).collect::<Vec<_>>())
            }
            NodeKind::Reduce { op, over, body, given } if op.takes == Sort::Real => {
                let empty = given.is_some_and(|given| !holds_for_one(graph, given, over));
                strays::of_reduction(op.0, &self[*body].range, empty)
            }
            NodeKind::Contract { lhs, rhs, .. } => spread(of(lhs).and(of(rhs))),
            NodeKind::Cumsum(body, ..) => spread(of(body)),
            NodeKind::Rename(body, _) | NodeKind::Gather { body, .. } => of(body),
            NodeKind::LoopOut { id, slot, .. } => {
                let l = &graph.loops[*id];
                of(&l.init[*slot]).and(of(&l.next[*slot]))
            }
            _ => Strays::NONE,
        }
    }

    /// Whether a node is positive but for rounding.
    fn positive(&self, graph: &Graph, id: NodeId) -> bool {
        match &graph[id].kind {
            NodeKind::Op(op, args) if op.name == "detach" => self.positive(graph, args[0]),
            NodeKind::Op(op, _) => matches!(op.name, "exp" | "sigmoid" | "softplus"),
            _ => false,
        }
    }

    fn sign(&self, graph: &Graph, id: NodeId) -> Sign {
        let of = |id: &NodeId| self[*id].range.sign;
        let mut sign = match &graph[id].kind {
            NodeKind::Size(_) => Sign { above_zero: true, ..Sign::default() },
            NodeKind::Input(input, _) => self.signs[*input],
            NodeKind::Reduce { op, body, given, .. } if matches!(op.name, "sum" | "max" | "min") => {
                let above_zero = of(body).above_zero && given.is_none();
                let at_least_zero = of(body).at_least_zero && (op.name == "sum" || given.is_none());
                Sign { above_zero, at_least_zero, ..Sign::default() }
            }
            NodeKind::Gather { body, .. } | NodeKind::Rename(body, _) => of(body),
            NodeKind::Op(op, args) => self.sign_of_op(graph, *op, args),
            _ => Sign::default(),
        };
        sign.at_least_zero |= sign.above_zero;
        sign
    }

    fn sign_of_op(&self, graph: &Graph, op: OpRef, args: &[NodeId]) -> Sign {
        let of = |i: usize| self[args[i]].range.sign;
        let none = Sign::default();
        let at_least_zero = args.iter().all(|&a| self[a].range.sign.at_least_zero);
        match op.name {
            "max" => Sign { above_zero: of(0).above_zero || of(1).above_zero, ..none },
            "add" => {
                let above_zero = at_least_zero && (of(0).above_zero || of(1).above_zero);
                Sign { above_zero, at_least_zero, ..none }
            }
            "mul" | "div" => {
                let above_zero = args.iter().all(|&a| self[a].range.sign.above_zero);
                Sign { above_zero, at_least_zero, ..none }
            }
            "detach" => of(0),
            "pow" if of(0).above_zero => Sign { above_zero: true, ..none },
            "pow" => Sign { at_least_zero: graph.as_const(args[1]).is_some_and(|e| e % 2.0 == 0.0), ..none },
            "abs" | "relu" | "sqrt" | "exp" | "sigmoid" | "softplus" => Sign { at_least_zero: true, ..none },
            "neg" => Sign { at_most_zero: of(0).at_least_zero, ..none },
            "log_sigmoid" => Sign { at_most_zero: true, ..none },
            "sub" => Sign { at_most_zero: is_logsumexp_of(graph, args[1], args[0], None), ..none },
            "select" => Sign { at_most_zero: self.chosen_at_most_zero(graph, args), ..none },
            _ => none,
        }
    }

    /// Under a condition, the logarithm of a softmax under that condition is at most 0, too.
    fn chosen_at_most_zero(&self, graph: &Graph, args: &[NodeId]) -> bool {
        let &[condition, a, b] = args else { return false };
        let logarithm = |id: NodeId| match &graph[id].kind {
            NodeKind::Op(op, args) if op.name == "sub" => {
                is_logsumexp_of(graph, args[1], args[0], Some(condition))
            }
            _ => false,
        };
        let at_most_zero = |id: NodeId| self[id].range.sign.at_most_zero;
        (at_most_zero(a) || logarithm(a)) && at_most_zero(b)
    }
}

/// The sign that data are declared to have. What is learned may leave its domain where a branch is not taken.
fn declared(input: &InputInfo) -> Sign {
    let (low, high) = input.domain.filter(|_| input.data).unwrap_or_default();
    Sign {
        above_zero: low.is_some_and(|(low, closed)| low > 0.0 || low == 0.0 && !closed),
        at_least_zero: low.is_some_and(|(low, _)| low >= 0.0),
        at_most_zero: high.is_some_and(|(high, _)| high <= 0.0),
    }
}

/// What sums with other signs and products with 0 make of it.
fn spread(strays: Strays) -> Strays {
    if strays == Strays::NONE { strays } else { strays.and(Strays::of(f64::NAN)) }
}

/// Whether a node is at least as large as another one because it is the logsumexp of it.
fn is_logsumexp_of(graph: &Graph, whole: NodeId, part: NodeId, under: Option<NodeId>) -> bool {
    match &graph[whole].kind {
        NodeKind::Reduce { op, body, given, .. } => {
            op.name == "logsumexp" && *body == part && *given == under
        }
        _ => false,
    }
}

/// Whether a condition certainly holds for some index over the axes: `m <= n` does for `m` equal to `n`.
pub(super) fn holds_for_one(graph: &Graph, condition: NodeId, over: &[Axis]) -> bool {
    let NodeKind::Op(op, args) = &graph[condition].kind else { return false };
    let bound = |id: NodeId| matches!(graph[id].kind, NodeKind::Iota(a) if over.contains(&a));
    let free = |id: NodeId| graph[id].axes.iter().all(|a| !over.contains(a));
    match op.name {
        "or" => args.iter().any(|&a| holds_for_one(graph, a, over)),
        "eq" | "le" | "ge" => bound(args[0]) && free(args[1]) || bound(args[1]) && free(args[0]),
        _ => false,
    }
}
