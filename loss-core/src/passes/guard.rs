//! What a branch or a condition leaves out must not spoil the gradient of the rest.
//!
//! On tensors both branches of an `if` are computed. The branch not taken gets the gradient 0, but 0 times an
//! infinite derivative is NaN. So inside a branch, an operand at which an op may become infinite is replaced,
//! where the branch is not taken, by one at which it does not: the op table's `guard`.

use super::rewrite::rewrite;
use crate::ir::{Graph, NodeId, NodeKind, Program, Ty, reach};
use crate::ops::{self, Dfdx, Sort};
use std::collections::BTreeMap;

/// How many times larger guarding may make a program. Conditionals inside conditionals are guarded by each of the
/// conditions around them; where many are chained, the innermost stay as they are rather than fill the memory.
const GROWTH: usize = 8;

/// The program with every branch guarded.
pub fn guard(program: &Program) -> Program {
    let data: Vec<bool> = program.inputs.iter().map(|i| i.data || i.ty != Ty::Real).collect();
    let limit = GROWTH * program.graph.len() + 1000;
    rewrite(program, &|graph, kind, _| match kind {
        NodeKind::Op(op, args) if op.dfdx == Dfdx::Choose => {
            let &[condition, a, b] = &args[..] else { return None };
            let mut branch = |body, holds| Guard::new(graph, &data, limit, condition, holds).of(body);
            let guarded = vec![condition, branch(a, true), branch(b, false)];
            (guarded != *args).then(|| graph.add(NodeKind::Op(*op, guarded)))
        }
        NodeKind::Reduce { op, over, body, given: Some(given) } => {
            let guarded = Guard::new(graph, &data, limit, *given, true).of(*body);
            let kind = NodeKind::Reduce { op: *op, over: over.clone(), body: guarded, given: Some(*given) };
            (guarded != *body).then(|| graph.add(kind))
        }
        _ => None,
    })
}

/// One branch.
struct Guard<'g> {
    graph: &'g mut Graph,
    data: &'g [bool],
    limit: usize,
    condition: NodeId,
    holds: bool,
    done: BTreeMap<NodeId, NodeId>,
}

impl<'g> Guard<'g> {
    fn new(graph: &'g mut Graph, data: &'g [bool], limit: usize, condition: NodeId, holds: bool) -> Self {
        Guard { graph, data, limit, condition, holds, done: BTreeMap::new() }
    }

    /// The node with guarded operands, down to what is no elementwise op.
    fn of(&mut self, id: NodeId) -> NodeId {
        if let Some(&done) = self.done.get(&id) {
            return done;
        }
        let guarded = self.guarded(id);
        self.done.insert(id, guarded);
        guarded
    }

    fn guarded(&mut self, id: NodeId) -> NodeId {
        let NodeKind::Op(op, args) = self.graph[id].kind.clone() else { return id };
        let full = self.graph.len() > self.limit;
        if full || self.graph[id].ty != Ty::Real || op.gives == Sort::Bool || !self.differentiable(id) {
            return id;
        }
        let mut new = args.clone();
        for (i, arg) in new.iter_mut().enumerate() {
            *arg = self.of(*arg);
            if let Some(safe) = op.guard[i].filter(|_| self.may_be_infinite(op.dfdx, &args, args[i])) {
                *arg = self.replaced(*arg, safe);
            }
        }
        if new == args { id } else { self.graph.add(NodeKind::Op(op, new)) }
    }

    /// `if condition { x } else { safe }`
    fn replaced(&mut self, x: NodeId, safe: f64) -> NodeId {
        let safe = self.graph.constant(safe);
        let (a, b) = if self.holds { (x, safe) } else { (safe, x) };
        let choose = ops::all().find(|op| op.dfdx == Dfdx::Choose).expect("the table has a choice");
        self.graph.op(choose.name, &[self.condition, a, b])
    }

    /// Whether an operand can be where the op is infinite, and varies with the condition: one that does not is
    /// used where the condition holds, too.
    fn may_be_infinite(&self, op: Dfdx, args: &[NodeId], operand: NodeId) -> bool {
        let exponent = args.get(1).and_then(|&e| self.graph.as_const(e));
        let varies = |a| self.graph[operand].axes.contains(a);
        let condition = &self.graph[self.condition].axes;
        if self.graph.as_const(operand).is_some() || !condition.is_empty() && !condition.iter().any(varies) {
            return false;
        }
        match op {
            Dfdx::Function("pow") => exponent.is_none_or(|e| e < 1.0 || e.fract() != 0.0),
            // Its derivative at 0 is 0.
            Dfdx::Function("sqrt") => !self.at_least_zero(operand),
            Dfdx::Binary { method: "try_div", .. } => !self.above_zero(operand),
            Dfdx::Method("try_exp") => !self.at_most_zero(operand),
            _ => true,
        }
    }

    /// Whether a node is known to be positive.
    fn above_zero(&self, id: NodeId) -> bool {
        match &self.graph[id].kind {
            NodeKind::Const(bits) => f64::from_bits(*bits) > 0.0,
            NodeKind::Size(_) => true,
            NodeKind::Op(op, args) if op.name == "max" => args.iter().any(|&a| self.above_zero(a)),
            NodeKind::Op(op, args) if op.name == "add" => {
                let (a, b) = (args[0], args[1]);
                self.above_zero(a) && self.at_least_zero(b) || self.at_least_zero(a) && self.above_zero(b)
            }
            _ => false,
        }
    }

    /// Whether a node is known not to be negative.
    fn at_least_zero(&self, id: NodeId) -> bool {
        match &self.graph[id].kind {
            NodeKind::Const(bits) => f64::from_bits(*bits) >= 0.0,
            NodeKind::Reduce { op, body, .. } if op.name == "sum" => self.at_least_zero(*body),
            NodeKind::Op(op, args) => match op.name {
                "pow" => self.graph.as_const(args[1]).is_some_and(|e| e % 2.0 == 0.0),
                "abs" | "relu" | "sqrt" | "exp" | "sigmoid" | "softplus" => true,
                "add" | "mul" => args.iter().all(|&a| self.at_least_zero(a)),
                _ => self.above_zero(id),
            },
            _ => self.above_zero(id),
        }
    }

    /// Whether a node is known not to be positive: a logarithm of a softmax is.
    fn at_most_zero(&self, id: NodeId) -> bool {
        match &self.graph[id].kind {
            NodeKind::Const(bits) => f64::from_bits(*bits) <= 0.0,
            NodeKind::Gather { body, .. } | NodeKind::Rename(body, _) => self.at_most_zero(*body),
            NodeKind::Op(op, args) => match op.name {
                "neg" => self.at_least_zero(args[0]),
                "log_sigmoid" => true,
                "sub" => self.is_logsumexp_of(args[1], args[0]),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a node is at least as large as another one because it is the logsumexp of it.
    fn is_logsumexp_of(&self, whole: NodeId, part: NodeId) -> bool {
        let reduced = |kind: &NodeKind| matches!(kind, NodeKind::Reduce { op, body, given: None, .. } if op.name == "logsumexp" && *body == part);
        reduced(&self.graph[whole].kind)
    }

    fn differentiable(&self, id: NodeId) -> bool {
        self.reaches(id, &|kind| match kind {
            NodeKind::Input(input, _) => !self.data[*input],
            NodeKind::LoopVar { .. } => true,
            _ => false,
        })
    }

    fn reaches(&self, id: NodeId, is: &dyn Fn(&NodeKind) -> bool) -> bool {
        let (mut open, mut seen) = (vec![id], vec![false; self.graph.len()]);
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut seen[id.index()], true) {
                continue;
            }
            if is(&self.graph[id].kind) {
                return true;
            }
            open.extend(reach::needs(self.graph, id));
        }
        false
    }
}
