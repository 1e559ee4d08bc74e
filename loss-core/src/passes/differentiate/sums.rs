//! Sums over axes, running sums, and reads at an index, which keep what is masked out 0.

use super::algebra::{Algebra, Masked};
use super::diagonal::replace;
use crate::ir::load::gather;
use crate::ir::{Axis, Direction, NodeId, NodeKind};
use crate::ops::reduce;
use crate::passes::fuse::conjuncts;
use crate::passes::linear::is_known;

impl Algebra {
    /// Sum over axes, whether the summand has them or not.
    pub fn sum(&mut self, over: &[Axis], x: NodeId) -> NodeId {
        if over.is_empty() { x } else { self.sum_given(over, x, None) }
    }

    /// Signs, conditions and factors that do not depend on what is summed over stand before the sum.
    fn sum_given(&mut self, over: &[Axis], x: NodeId, given: Option<NodeId>) -> NodeId {
        if let Some(sum) = self.sum_of_masked(over, x, given) {
            return sum;
        }
        if let Some(sum) = self.sum_of_parts(over, x, given) {
            return sum;
        }
        match given {
            // An index is always within its set: one element holds, and its value is the same as all others'.
            Some(given) if self.lacks(x, over) && self.picks(given, over) => return x,
            None if self.is_softmax(x, over) => return self.constant(1.0),
            _ => {}
        }
        if let Some(&[inner]) = self.operands(x, "neg") {
            let sum = self.sum_given(over, inner, given);
            return self.neg(sum);
        }
        if let Some(sum) = self.sum_of_product(over, x, given) {
            return sum;
        }
        if let Some(sum) = self.sum_of_picked(over, x, given) {
            return sum;
        }
        let row = reduce::find("sum").expect("the reducer table has `sum`");
        let sum = self.builder.reduce(row, over, x, given);
        let kind = self.builder.graph[sum].kind.clone();
        if matches!(kind, NodeKind::Input(..)) { sum } else { self.node(kind) }
    }

    fn sum_of_masked(&mut self, over: &[Axis], x: NodeId, given: Option<NodeId>) -> Option<NodeId> {
        let mask = self.masked(x)?;
        if self.lacks(mask.condition, over) {
            let sum = self.sum_given(over, mask.value, given);
            return Some(self.unmasked(mask, sum));
        }
        if let Some((axis, element)) = self.substitution(mask, over) {
            let value = given.map_or(mask.value, |c| self.mask(c, true, mask.value));
            let value = replace(self, value, &[(axis, element)]);
            let over: Vec<Axis> = over.iter().copied().filter(|a| *a != axis).collect();
            return Some(self.sum(&over, value));
        }
        if !mask.holds {
            return None;
        }
        let both = given.map_or(mask.condition, |c| self.op("and", &[c, mask.condition]));
        Some(self.sum_given(over, mask.value, Some(both)))
    }

    /// Of `x + y`, where one of the sums is easy.
    fn sum_of_parts(&mut self, over: &[Axis], x: NodeId, given: Option<NodeId>) -> Option<NodeId> {
        if let (true, Some((name, a, b))) = (self.substitutes, self.split(x, 8)) {
            let (a, b) = (self.sum_given(over, a, given), self.sum_given(over, b, given));
            let b = if name == "add" { b } else { self.neg(b) };
            return Some(self.add(a, b));
        }
        for name in ["add", "sub"] {
            if let (Some(&[a, b]), None) = (self.operands(x, name), given)
                && (self.is_easy(a, over) || self.is_easy(b, over))
            {
                let (a, b) = (self.sum(over, a), self.sum(over, b));
                return Some(if name == "add" { self.add(a, b) } else { self.op("sub", &[a, b]) });
            }
        }
        None
    }

    /// Of a product or quotient, where a factor is constant.
    fn sum_of_product(&mut self, over: &[Axis], x: NodeId, given: Option<NodeId>) -> Option<NodeId> {
        for name in ["mul", "div"] {
            let Some(&[a, b]) = self.operands(x, name) else { continue };
            if self.lacks(b, over) {
                let sum = self.sum_given(over, a, given);
                return Some(if name == "mul" { self.mul(sum, b) } else { self.div(sum, b) });
            }
            if name == "mul" && self.lacks(a, over) {
                let sum = self.sum_given(over, b, given);
                return Some(self.mul(a, sum));
            }
        }
        None
    }

    /// Of `sum[n | m == n + 1](y) * z` over m, one sum: the other one alone would be made for all m, and for all of z.
    fn sum_of_picked(&mut self, over: &[Axis], x: NodeId, given: Option<NodeId>) -> Option<NodeId> {
        let (inner, condition, x) = self.without_picking(x, over, 8)?;
        if given.is_some_and(|given| !self.lacks(given, &inner)) {
            return None;
        }
        let both = given.map_or(condition, |c| self.op("and", &[c, condition]));
        let mut over = [over, &inner].concat();
        over.sort();
        Some(self.sum_given(&over, x, Some(both)))
    }

    /// A product with the summand of a factor that is a sum at one place: what that sums over, and its condition.
    fn without_picking(
        &mut self,
        x: NodeId,
        over: &[Axis],
        depth: usize,
    ) -> Option<(Vec<Axis>, NodeId, NodeId)> {
        if let NodeKind::Reduce { op, over: inner, body, given: Some(given) } = &self.builder.graph[x].kind {
            let (inner, body, given) = (inner.clone(), *body, *given);
            let is_sum = op.name == "sum" && inner.iter().all(|axis| !over.contains(axis));
            return (is_sum && self.ties(given, &inner, over)).then_some((inner, given, body));
        }
        let depth = depth.checked_sub(1)?;
        for (name, place) in [("mul", 0), ("mul", 1), ("div", 0), ("neg", 0)] {
            let Some(mut args) = self.operands(x, name).map(<[NodeId]>::to_vec) else { continue };
            let Some((inner, condition, part)) = self.without_picking(args[place], over, depth) else {
                continue;
            };
            args[place] = part;
            if args.iter().enumerate().all(|(i, &arg)| i == place || self.lacks(arg, &inner)) {
                return Some((inner, condition, self.op(name, &args)));
            }
        }
        None
    }

    /// Whether a condition says at which place one of these indices stands, given one of the others.
    fn ties(&self, condition: NodeId, some: &[Axis], others: &[Axis]) -> bool {
        let g = &self.builder.graph;
        conjuncts(g, condition).into_iter().any(|part| {
            let ties = !self.lacks(part, some) && !self.lacks(part, others);
            ties && self.operands(part, "eq").is_some() && is_known(g, part)
        })
    }

    /// Whether a summand need not be visited element by element: it is constant, or not 0 in one place only.
    fn is_easy(&self, x: NodeId, over: &[Axis]) -> bool {
        let x = self.operands(x, "neg").map_or(x, |args| args[0]);
        let Some(mask) = self.masked(x) else { return self.lacks(x, over) };
        if self.lacks(mask.condition, over) {
            return self.is_easy(mask.value, over);
        }
        mask.holds && self.picks(mask.condition, over)
    }

    /// Whether a condition holds for one element of the axis: `k == t`, where t does not depend on k.
    fn picks(&self, condition: NodeId, over: &[Axis]) -> bool {
        let is_position =
            |id: NodeId| matches!(self.builder.graph[id].kind, NodeKind::Iota(a) if over == [a]);
        match self.operands(condition, "eq") {
            Some(&[a, b]) => is_position(a) && self.lacks(b, over),
            _ => false,
        }
    }

    /// exp(x - logsumexp[k](x)), whose sum over k is 1.
    fn is_softmax(&self, id: NodeId, axes: &[Axis]) -> bool {
        let inner = self.operands(id, "exp").and_then(|args| self.operands(args[0], "sub"));
        let Some(&[x, total]) = inner else { return false };
        match &self.builder.graph[total].kind {
            NodeKind::Reduce { op, over, body, given: None } => {
                op.name == "logsumexp" && *body == x && over == axes
            }
            _ => false,
        }
    }

    /// Running sums; of what is constant along the axis, multiples.
    pub fn running(&mut self, x: NodeId, axis: Axis, way: Direction) -> NodeId {
        if self.axes(x).contains(&axis) {
            return self.node(NodeKind::Cumsum(x, axis, way));
        }
        let position = self.node(NodeKind::Iota(axis));
        let number = self.op("real", &[position]);
        let times = match way {
            Direction::Forward => {
                let one = self.constant(1.0);
                self.op("add", &[number, one])
            }
            Direction::Backward => {
                let size = self.node(NodeKind::Size(axis.set));
                self.op("sub", &[size, number])
            }
        };
        self.mul(x, times)
    }

    /// The running sum of what is not 0 at one element only, `if k == e { x } else { 0 }`: `if k >= e { x } else { 0 }`
    /// at `k = e`, or with another comparison.
    pub fn step(&mut self, x: NodeId, axis: Axis, comparison: &str) -> Option<NodeId> {
        let mask = self.masked(x).filter(|m| m.holds)?;
        if !self.axes(mask.condition).contains(&axis) {
            let step = self.step(mask.value, axis, comparison)?;
            return Some(self.mask(mask.condition, true, step));
        }
        let element = self.element(mask.condition, axis)?;
        let value = replace(self, mask.value, &[(axis, element)]);
        let (position, element) = (self.node(NodeKind::Iota(axis)), self.node(NodeKind::Iota(element)));
        let reached = self.op(comparison, &[position, element]);
        Some(self.mask(reached, true, value))
    }

    /// If a mask compares an index that is summed over with another: these two.
    pub fn substitution(&self, mask: Masked, over: &[Axis]) -> Option<(Axis, Axis)> {
        let known = self.substitutes && mask.holds;
        let found = |&axis: &Axis| Some((axis, self.element(mask.condition, axis)?));
        if known { over.iter().find_map(found) } else { None }
    }

    /// `x + y` or `x - y`; also of `(x + y) * z` and `(x + y) / z`, if x or y is masked.
    pub fn split(&mut self, node: NodeId, depth: usize) -> Option<(&'static str, NodeId, NodeId)> {
        for name in ["add", "sub"] {
            if let Some(&[x, y]) = self.operands(node, name) {
                return Some((name, x, y));
            }
        }
        let depth = depth.checked_sub(1)?;
        for (name, sum) in [("mul", 0), ("mul", 1), ("div", 0)] {
            let Some(args) = self.operands(node, name).map(<[NodeId]>::to_vec) else { continue };
            let Some((op, x, y)) = self.split(args[sum], depth) else { continue };
            if self.masked(x).or(self.masked(y)).is_none() {
                continue;
            }
            let mut with = |part: NodeId| match (name, sum) {
                ("mul", 0) => self.mul(part, args[1]),
                ("mul", _) => self.mul(args[0], part),
                _ => self.div(part, args[1]),
            };
            return Some((op, with(x), with(y)));
        }
        None
    }

    /// The other index of `k == e`.
    pub fn element(&self, condition: NodeId, axis: Axis) -> Option<Axis> {
        let args = self.operands(condition, "eq")?;
        match (&self.builder.graph[args[0]].kind, &self.builder.graph[args[1]].kind) {
            (&NodeKind::Iota(a), &NodeKind::Iota(b)) if a == axis => Some(b),
            _ => None,
        }
    }

    /// The node with an axis read at an index, through choices and conditions.
    pub fn read(&mut self, node: NodeId, axis: Axis, index: NodeId) -> NodeId {
        if !self.axes(node).contains(&axis) {
            return node;
        }
        match self.builder.graph[node].kind.clone() {
            NodeKind::Iota(_) => index,
            NodeKind::Op(op, args) if matches!(op.name, "select" | "eq" | "and") => {
                let args: Vec<NodeId> = args.into_iter().map(|a| self.read(a, axis, index)).collect();
                self.op(op.name, &args)
            }
            _ => gather(self.graph(), node, axis, index),
        }
    }
}
