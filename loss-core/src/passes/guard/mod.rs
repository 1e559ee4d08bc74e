//! What a branch or a condition leaves out must not spoil the gradient of the rest.
//!
//! On tensors both branches of an `if` are computed. The branch not taken gets the gradient 0, but 0 times an
//! infinite derivative is NaN. So inside a branch an operand is replaced, where the branch is not taken, by a harmless
//! number, if it may be
//!
//! - where the op or its derivative is infinite: the 0 of `1 / 0` and `ln(0)`;
//! - infinite or NaN itself, and a derivative of the op then is (`facts.rs`): the `logsumexp` over nothing of
//!   `x * logsumexp[..]`, which is the derivative by `x`.
//!
//! The guard goes through reductions, gathers and the like to what counts only where the branch does (`uses.rs`). What
//! lacks an axis of the condition is used if the condition holds for *some* index along it (`any`).

mod facts;
mod strays;
mod uses;

use super::rewrite::rewrite;
use crate::ir::load::rename;
use crate::ir::{Axis, Graph, NodeId, NodeKind, OpRef, Program, ReduceRef, reach};
use crate::ops::{self, Dfdx, Sort};
use facts::Facts;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use strays::{Range, Strays};
use uses::{Ways, ways};

/// How many times larger guarding may make a program. Conditionals inside conditionals are guarded by each of the
/// conditions around them; where many are chained, the innermost stay as they are rather than fill the memory.
const GROWTH: usize = 8;

/// How deep a branch is guarded: the guard is recursive.
const DEEPEST: usize = 200;

/// The program with every branch guarded.
pub fn guard(program: &Program) -> Program {
    let (ways, live) = (ways(program), reach::live_all(program));
    let order = RefCell::new(program.graph.ids().filter(|id| live[id.index()]));
    let known = RefCell::new(Known { facts: Facts::of(program), ways: BTreeMap::new() });
    let limit = GROWTH * program.graph.len() + 1000;
    rewrite(program, &|graph, kind, _| {
        let id = order.borrow_mut().next().expect("a rule sees the live nodes in order");
        let (own, known) = (&ways[id.index()], &mut *known.borrow_mut());
        let branch = |graph: &mut Graph, body, condition, holds| {
            let (anywhere, done) = (BTreeSet::new(), BTreeMap::new());
            let mut guard = Guard { graph, known: &mut *known, own, limit, holds, depth: 0, anywhere, done };
            guard.of(body, condition).node
        };
        let kind = with_guards(graph, kind, branch)?;
        let node = graph.add(kind);
        known.ways.entry(node).or_default().join(own);
        Some(node)
    })
}

/// The node with guarded branches; `None` for what has its own way to the graph.
fn with_guards(
    graph: &mut Graph,
    kind: &NodeKind,
    mut branch: impl FnMut(&mut Graph, NodeId, NodeId, bool) -> NodeId,
) -> Option<NodeKind> {
    match kind {
        NodeKind::Input(..) => None,
        NodeKind::Op(op, args) if op.dfdx == Dfdx::Choose => {
            let &[condition, a, b] = &args[..] else { return None };
            let (a, b) = (branch(graph, a, condition, true), branch(graph, b, condition, false));
            Some(NodeKind::Op(*op, vec![condition, a, b]))
        }
        NodeKind::Reduce { op, over, body, given: Some(given) } => {
            let body = branch(graph, *body, *given, true);
            Some(NodeKind::Reduce { op: *op, over: over.clone(), body, given: Some(*given) })
        }
        kind => Some(kind.clone()),
    }
}

/// What is known of the graph that is being made.
struct Known {
    facts: Facts,
    /// Under which conditions a gradient reaches the nodes that the program had before.
    ways: BTreeMap<NodeId, Ways>,
}

/// One branch.
struct Guard<'g> {
    graph: &'g mut Graph,
    known: &'g mut Known,
    /// Where the choice or the reduction itself counts.
    own: &'g Ways,
    limit: usize,
    /// Whether the branch is taken where the condition holds, or where it does not.
    holds: bool,
    depth: usize,
    /// Conditions that are one for all because they ask whether the branch is taken anywhere.
    anywhere: BTreeSet<NodeId>,
    /// By node and condition.
    done: BTreeMap<(NodeId, NodeId), Guarded>,
}

/// A node that does no harm where its branch is not taken.
#[derive(Clone)]
struct Guarded {
    node: NodeId,
    /// What it may be there.
    range: Range,
}

impl Guard<'_> {
    fn of(&mut self, id: NodeId, condition: NodeId) -> Guarded {
        if let Some(done) = self.done.get(&(id, condition)) {
            return done.clone();
        }
        self.known.facts.extend(self.graph);
        self.depth += 1;
        let fits = self.depth <= DEEPEST && self.graph.len() <= self.limit;
        let everywhere = self.known.ways.get(&id).is_some_and(|ways| ways.cover(self.own));
        let needed = fits && !everywhere && self.known.facts[id].risky;
        let guarded = needed.then(|| self.guarded(id, condition)).flatten();
        self.depth -= 1;
        let guarded = guarded.unwrap_or_else(|| self.unchanged(id, condition));
        self.done.insert((id, condition), guarded.clone());
        guarded
    }

    fn unchanged(&mut self, id: NodeId, condition: NodeId) -> Guarded {
        self.known.facts.extend(self.graph);
        let node = self.left_out(id, condition).unwrap_or(id);
        Guarded { node: id, range: self.known.facts[node].range.clone() }
    }

    /// Of a choice by this very condition: what it is where the branch is not taken.
    fn left_out(&self, id: NodeId, condition: NodeId) -> Option<NodeId> {
        match &self.graph[id].kind {
            NodeKind::Op(op, args) if op.dfdx == Dfdx::Choose && args[0] == condition => {
                Some(args[if self.holds { 2 } else { 1 }])
            }
            _ => None,
        }
    }

    fn guarded(&mut self, id: NodeId, condition: NodeId) -> Option<Guarded> {
        match self.graph[id].kind.clone() {
            NodeKind::Op(op, args) => Some(self.op(id, op, &args, condition)),
            NodeKind::Reduce { op, over, body, given } => {
                let axes = self.graph[id].axes.clone();
                let inner = self.within(condition, &axes)?;
                let body = self.element(op, body, given, inner);
                Some(self.rebuilt(id, NodeKind::Reduce { op, over, body, given }, condition))
            }
            NodeKind::Contract { over, lhs, rhs } => {
                let left = self.factor(lhs, rhs, &over, condition);
                let right = self.factor(rhs, lhs, &over, condition);
                Some(self.rebuilt(id, NodeKind::Contract { over, lhs: left, rhs: right }, condition))
            }
            kind => self.moved(id, kind, condition),
        }
    }

    /// A node whose elements are those of another one, at other places.
    fn moved(&mut self, id: NodeId, mut kind: NodeKind, condition: NodeId) -> Option<Guarded> {
        let (body, axis, map) = match &mut kind {
            NodeKind::Rename(body, map) => (body, None, map.clone()),
            NodeKind::Gather { body, axis, .. } => (body, Some(*axis), vec![]),
            NodeKind::Cumsum(body, axis, _) => (body, Some(*axis), vec![]),
            _ => return None,
        };
        let to = |a: &Axis| map.iter().find(|m| m.0 == *a).map_or(*a, |m| m.1);
        let kept: Vec<Axis> = self.graph[*body].axes.iter().filter(|a| Some(**a) != axis).map(to).collect();
        let back: Vec<(Axis, Axis)> = map.iter().map(|&(from, to)| (to, from)).collect();
        let inner = self.within(condition, &kept)?;
        let inner = rename(self.graph, inner, &back);
        *body = self.of(*body, inner).node;
        Some(self.rebuilt(id, kind, condition))
    }

    /// The node with guarded operands.
    fn rebuilt(&mut self, id: NodeId, kind: NodeKind, condition: NodeId) -> Guarded {
        let node = if self.graph[id].kind == kind { id } else { self.graph.add(kind) };
        self.unchanged(node, condition)
    }

    fn op(&mut self, id: NodeId, op: OpRef, args: &[NodeId], condition: NodeId) -> Guarded {
        let mut new: Vec<Guarded> = args.iter().map(|&a| self.of(a, condition)).collect();
        for i in 0..new.len() {
            if let Some(safe) = self.stand_in(op, args, &new, i, condition) {
                let node = self.replaced(new[i].node, safe, condition);
                new[i] = Guarded { node, range: Range::exactly(safe) };
            }
        }
        let nodes: Vec<NodeId> = new.iter().map(|n| n.node).collect();
        let mut guarded = self.rebuilt(id, NodeKind::Op(op, nodes), condition);
        if self.left_out(guarded.node, condition).is_none() {
            let ranges: Vec<&Range> = new.iter().map(|n| &n.range).collect();
            guarded.range.strays = strays::of_op(op.0, &ranges).with_sign(guarded.range.sign);
        }
        guarded
    }

    /// What an operand has to be replaced by where the branch is not taken, if it may do harm there.
    fn stand_in(
        &self,
        op: OpRef,
        args: &[NodeId],
        new: &[Guarded],
        i: usize,
        condition: NodeId,
    ) -> Option<f64> {
        if self.graph.as_const(args[i]).is_some() || op.takes[i] == Sort::Bool {
            return None;
        }
        let pole = op.guard[i].filter(|_| self.may_be_pole(op.0.dfdx, args, i, condition));
        let harmful = || {
            let ranges: Vec<&Range> = new.iter().map(|n| &n.range).collect();
            let active: Vec<bool> = args.iter().map(|&a| self.known.facts[a].active).collect();
            let harm = self.may_matter(args[i], condition) && strays::harm(op.0, &ranges, &active, i);
            harm.then(|| op.guard[i].unwrap_or(0.0))
        };
        pole.or_else(harmful)
    }

    /// Whether an operand can be where the op is infinite.
    fn may_be_pole(&self, op: Dfdx, args: &[NodeId], i: usize, condition: NodeId) -> bool {
        let fact = &self.known.facts[args[i]];
        let exponent = args.get(1).and_then(|&e| self.graph.as_const(e));
        if !self.may_matter(args[i], condition)
            || !self.varies(args[i], condition) && strays::overflows_only(op)
        {
            return false;
        }
        match op {
            Dfdx::Function("pow") => exponent.is_none_or(|e| e < 1.0 || e.fract() != 0.0),
            // Its derivative at 0 is 0.
            Dfdx::Function("sqrt") => !fact.range.sign.at_least_zero,
            Dfdx::Binary { method: "try_div", .. } => !fact.range.sign.above_zero,
            Dfdx::Method("try_ln") | Dfdx::Function("log2" | "xlogx") => !fact.range.sign.above_zero,
            Dfdx::Method("try_exp") => !fact.range.sign.at_most_zero,
            _ => true,
        }
    }

    /// One number for all is used where the condition holds, too, and what it is there is the user's affair; what it is
    /// because a condition holds nowhere is not.
    fn may_matter(&self, id: NodeId, condition: NodeId) -> bool {
        self.varies(id, condition) || self.known.facts[id].hollow
    }

    /// Whether a node and a condition have an axis in common, or the condition is written as one for all.
    fn varies(&self, id: NodeId, condition: NodeId) -> bool {
        let axes = &self.graph[condition].axes;
        axes.is_empty() && !self.anywhere.contains(&condition)
            || axes.iter().any(|a| self.graph[id].axes.contains(a))
    }

    /// `if condition { x } else { safe }`
    fn replaced(&mut self, x: NodeId, safe: f64, condition: NodeId) -> NodeId {
        let axes = self.graph[x].axes.clone();
        let varies = self.varies(x, condition);
        let condition = if varies { Some(condition) } else { self.within(condition, &axes) };
        let Some(condition) = condition else { return x };
        let safe = self.graph.constant(safe);
        let (a, b) = if self.holds { (x, safe) } else { (safe, x) };
        let choose = ops::all().find(|op| op.dfdx == Dfdx::Choose).expect("the table has a choice");
        self.graph.op(choose.name, &[condition, a, b])
    }

    /// Whether the branch is taken anywhere along the axes other than these, as a condition of its own; `None` if it
    /// always is.
    fn within(&mut self, condition: NodeId, axes: &[Axis]) -> Option<NodeId> {
        let over: Vec<Axis> =
            self.graph[condition].axes.iter().filter(|a| !axes.contains(a)).copied().collect();
        if over.is_empty() {
            return Some(condition);
        }
        if self.holds && facts::holds_for_one(self.graph, condition, &over) {
            return None;
        }
        let name = if self.holds { "any" } else { "all" };
        let op = ReduceRef(ops::reduce::find(name).expect("the table has both"));
        let node = self.graph.add(NodeKind::Reduce { op, over, body: condition, given: None });
        if self.graph[node].axes.is_empty() {
            self.anywhere.insert(node);
        }
        Some(node)
    }

    /// The element of a reduction.
    fn element(&mut self, op: ReduceRef, body: NodeId, given: Option<NodeId>, condition: NodeId) -> NodeId {
        let element = self.of(body, condition);
        let harmful = self.may_matter(body, condition)
            && strays::harm_in_reduction(op.0, &element.range, given.is_some());
        if harmful { self.replaced(element.node, 0.0, condition) } else { element.node }
    }

    /// A factor of a contraction.
    fn factor(&mut self, id: NodeId, other: NodeId, over: &[Axis], condition: NodeId) -> NodeId {
        let axes: Vec<Axis> = self.graph[id].axes.iter().filter(|a| !over.contains(a)).copied().collect();
        let Some(condition) = self.within(condition, &axes) else { return id };
        let factor = self.of(id, condition);
        let harmful = factor.range.strays != Strays::NONE
            && self.known.facts[other].active
            && self.may_matter(id, condition);
        if harmful { self.replaced(factor.node, 0.0, condition) } else { factor.node }
    }
}
