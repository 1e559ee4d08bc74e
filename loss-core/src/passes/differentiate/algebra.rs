//! Constructors that apply the laws of 0, 1 and -1 at once, and keep masked-out elements exactly 0.
//!
//! An adjoint is often 0 wherever a condition does not hold. Such a node is kept in the form `if c { v } else { 0 }`
//! through every product, quotient and sum, so that 0 never meets an infinity.

use crate::ir::builder::Builder;
use crate::ir::{Axis, Graph, NodeId, NodeKind, OpRef, SetInfo};
use crate::ops;
use crate::passes::simplify::simplified;

/// The graph being grown.
pub(super) struct Algebra {
    pub builder: Builder,
    /// Whether `sum[k | k == e](x)` replaces k by e all through x: what is decided then is more than what would be
    /// shared.
    pub substitutes: bool,
}

/// `if condition { value } else { 0 }`, or the other way round.
#[derive(Clone, Copy)]
pub(super) struct Masked {
    pub condition: NodeId,
    pub holds: bool,
    pub value: NodeId,
}

impl Algebra {
    pub fn new(graph: Graph, sets: &[SetInfo]) -> Algebra {
        Algebra { builder: Builder::new(graph, sets.to_vec()), substitutes: false }
    }

    pub fn graph(&mut self) -> &mut Graph {
        &mut self.builder.graph
    }

    pub fn axes(&self, id: NodeId) -> &[Axis] {
        &self.builder.graph[id].axes
    }

    pub fn constant(&mut self, value: f64) -> NodeId {
        self.builder.graph.constant(value)
    }

    /// The node of that kind, simplified.
    pub fn node(&mut self, kind: NodeKind) -> NodeId {
        simplified(&mut self.builder.graph, kind, &self.builder.sets)
    }

    /// An elementwise op, simplified.
    pub fn op(&mut self, name: &str, args: &[NodeId]) -> NodeId {
        self.node(NodeKind::Op(OpRef(ops::op(name)), args.to_vec()))
    }

    pub fn as_const(&self, id: NodeId) -> Option<f64> {
        self.builder.graph.as_const(id)
    }

    /// The operands, if the node is that op.
    pub fn operands(&self, id: NodeId, name: &str) -> Option<&[NodeId]> {
        match &self.builder.graph[id].kind {
            NodeKind::Op(op, args) if op.name == name => Some(args),
            _ => None,
        }
    }

    /// `if c { v } else { 0 }` taken apart.
    pub fn masked(&self, id: NodeId) -> Option<Masked> {
        let &[condition, a, b] = self.operands(id, "select")? else { return None };
        match (self.as_const(a), self.as_const(b)) {
            (_, Some(0.0)) => Some(Masked { condition, holds: true, value: a }),
            (Some(0.0), _) => Some(Masked { condition, holds: false, value: b }),
            _ => None,
        }
    }

    /// The value under a mask.
    pub fn unmasked(&mut self, mask: Masked, value: NodeId) -> NodeId {
        self.mask(mask.condition, mask.holds, value)
    }

    /// The value where the condition holds (or where it does not), 0 elsewhere.
    pub fn mask(&mut self, condition: NodeId, holds: bool, value: NodeId) -> NodeId {
        let value = self.given(condition, holds, value, 3);
        let zero = self.constant(0.0);
        let args = if holds { [condition, value, zero] } else { [condition, zero, value] };
        self.op("select", &args)
    }

    /// A node that is equal where the condition holds (or does not): choices by the same condition are made.
    fn given(&mut self, condition: NodeId, holds: bool, id: NodeId, depth: usize) -> NodeId {
        let NodeKind::Op(op, args) = self.builder.graph[id].kind.clone() else { return id };
        let Some(depth) = depth.checked_sub(1) else { return id };
        match (op.name, &args[..]) {
            ("select", &[c, a, b]) if c == condition => {
                self.given(condition, holds, if holds { a } else { b }, depth)
            }
            ("add" | "sub" | "mul" | "div" | "neg", _) => {
                let known: Vec<NodeId> =
                    args.iter().map(|&a| self.given(condition, holds, a, depth)).collect();
                if known == args { id } else { self.op(op.name, &known) }
            }
            _ => id,
        }
    }

    /// `if c { a } else { b }` of two derivatives, `None` being 0.
    pub fn choose(&mut self, condition: NodeId, a: Option<NodeId>, b: Option<NodeId>) -> Option<NodeId> {
        match (&self.builder.graph[condition].kind, a, b) {
            (NodeKind::Truth(true), ..) => a,
            (NodeKind::Truth(false), ..) => b,
            (_, None, None) => None,
            (_, Some(a), None) => Some(self.mask(condition, true, a)),
            (_, None, Some(b)) => Some(self.mask(condition, false, b)),
            (_, Some(a), Some(b)) => Some(self.op("select", &[condition, a, b])),
        }
    }

    /// The sign goes into what is masked. A difference stays as it is: its sum may be shared.
    pub fn neg(&mut self, x: NodeId) -> NodeId {
        if let Some(value) = self.as_const(x) {
            return self.constant(-value);
        }
        if let Some(mask) = self.masked(x) {
            let value = self.neg(mask.value);
            return self.unmasked(mask, value);
        }
        match self.operands(x, "neg") {
            Some(&[inner]) => inner,
            _ => self.builder.graph.op("neg", &[x]),
        }
    }

    pub fn mul(&mut self, x: NodeId, y: NodeId) -> NodeId {
        if let Some(mask) = self.masked(x) {
            let value = self.mul(mask.value, y);
            return self.unmasked(mask, value);
        }
        if let Some(mask) = self.masked(y) {
            let value = self.mul(x, mask.value);
            return self.unmasked(mask, value);
        }
        self.plain_mul(x, y)
    }

    /// The product with masks as factors: what a matrix product is recognised by.
    pub fn plain_mul(&mut self, x: NodeId, y: NodeId) -> NodeId {
        // A constant stands left.
        let (x, y) = if self.as_const(y).is_some() { (y, x) } else { (x, y) };
        match (self.operands(x, "neg").map(|a| a[0]), self.operands(y, "neg").map(|a| a[0])) {
            (Some(x), Some(y)) => return self.plain_mul(x, y),
            // Signs move outwards, where sums take them in.
            (Some(a), None) => {
                let product = self.plain_mul(a, y);
                return self.neg(product);
            }
            (None, Some(b)) => {
                let product = self.plain_mul(x, b);
                return self.neg(product);
            }
            (None, None) => {}
        }
        for (factor, other) in [(x, y), (y, x)] {
            if let Some(product) = self.cancelled(factor, other, 4) {
                return product;
            }
            // x * (1 / y) == x / y
            if let Some(&[one, divisor]) = self.operands(factor, "div")
                && self.as_const(one) == Some(1.0)
            {
                return self.div(other, divisor);
            }
        }
        if let (Some(c), Some(&[inner, z])) = (self.as_const(x), self.operands(y, "mul"))
            && let Some(d) = self.as_const(inner)
        {
            let constant = self.constant(c * d);
            return self.plain_mul(constant, z);
        }
        self.op("mul", &[x, y])
    }

    /// The factors of a product or quotient that are numbers, with what is left.
    pub fn without_numbers(&mut self, x: NodeId) -> (Vec<(&'static str, NodeId)>, NodeId) {
        let (mut numbers, mut rest) = (Vec::new(), x);
        loop {
            let number = |id: &NodeId| self.axes(*id).is_empty();
            rest = match (self.operands(rest, "mul"), self.operands(rest, "div")) {
                (Some(&[a, b]), _) if number(&a) && !number(&b) => {
                    numbers.push(("mul", a));
                    b
                }
                (Some(&[a, b]), _) | (_, Some(&[a, b])) if number(&b) && !number(&a) => {
                    numbers.push((if self.operands(rest, "mul").is_some() { "mul" } else { "div" }, b));
                    a
                }
                _ => return (numbers, rest),
            };
        }
    }

    /// (x / y) * y == x for a parameter y, also where x / y is a factor; where y is 0, the value itself is divided
    /// by it.
    fn cancelled(&mut self, factor: NodeId, y: NodeId, depth: usize) -> Option<NodeId> {
        if depth == 0 || !self.is_parameter(y) {
            return None;
        }
        if let Some(&[x, divisor]) = self.operands(factor, "div") {
            return if divisor == y { Some(x) } else { None };
        }
        let &[a, b] = self.operands(factor, "mul")? else { return None };
        match self.cancelled(a, y, depth - 1) {
            Some(a) => Some(self.plain_mul(a, b)),
            None => {
                let b = self.cancelled(b, y, depth - 1)?;
                Some(self.plain_mul(a, b))
            }
        }
    }

    /// A constant or a hyperparameter.
    fn is_parameter(&self, id: NodeId) -> bool {
        matches!(self.builder.graph[id].kind, NodeKind::Const(_) | NodeKind::Hyper(_))
    }

    pub fn div(&mut self, x: NodeId, y: NodeId) -> NodeId {
        if let Some(mask) = self.masked(x) {
            let value = self.div(mask.value, y);
            return self.unmasked(mask, value);
        }
        if let Some(a) = self.operands(x, "neg").map(|a| a[0]) {
            let quotient = self.div(a, y);
            return self.neg(quotient);
        }
        self.op("div", &[x, y])
    }

    pub fn add(&mut self, x: NodeId, y: NodeId) -> NodeId {
        if x == y {
            let two = self.constant(2.0);
            return self.mul(two, x);
        }
        if let (Some(a), Some(b)) = (self.masked(x), self.masked(y))
            && a.condition == b.condition
        {
            return match (a.holds, b.holds) {
                (true, false) => self.op("select", &[a.condition, a.value, b.value]),
                (false, true) => self.op("select", &[a.condition, b.value, a.value]),
                _ => {
                    let value = self.add(a.value, b.value);
                    self.unmasked(a, value)
                }
            };
        }
        match (self.negation(x), self.negation(y)) {
            (Some(x), Some(y)) => {
                let sum = self.add(x, y);
                self.neg(sum)
            }
            (_, Some(y)) => self.op("sub", &[x, y]),
            (Some(x), _) => self.op("sub", &[y, x]),
            _ => self.op("add", &[x, y]),
        }
    }

    /// The negative of a node, where that is one operation less.
    fn negation(&mut self, id: NodeId) -> Option<NodeId> {
        if let Some(value) = self.as_const(id) {
            return (value < 0.0).then(|| self.constant(-value));
        }
        if let Some(&[x]) = self.operands(id, "neg") {
            return Some(x);
        }
        if let Some(mask) = self.masked(id) {
            let value = self.negation(mask.value)?;
            return Some(self.unmasked(mask, value));
        }
        // A negative constant stands left in a product.
        let (c, x) = match self.operands(id, "mul") {
            Some(&[c, x]) => (self.as_const(c).filter(|c| *c < 0.0)?, x),
            _ => return None,
        };
        let c = self.constant(-c);
        Some(self.mul(c, x))
    }

    /// Whether a node has none of the axes.
    pub fn lacks(&self, id: NodeId, axes: &[Axis]) -> bool {
        self.axes(id).iter().all(|a| !axes.contains(a))
    }
}
