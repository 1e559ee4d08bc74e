//! The graph being built, and the nodes that need more than one line to make.

use super::load::Tensor;
use super::template::Template;
use super::{Axis, Direction, Graph, NodeId, NodeKind, ReduceRef, SetId, SetInfo, SetSize};
use crate::ops;
use crate::ops::ReduceDef;
use crate::types::tree::OrderOp;
use std::collections::BTreeMap;

/// What is being built.
pub(crate) struct Builder {
    pub graph: Graph,
    pub sets: Vec<SetInfo>,
    /// What applied definitions have become, so that the same application is lowered once.
    pub(super) applied: BTreeMap<AppliedKey, Tensor>,
}

/// A definition's name, which of its updates is meant, its sets, its inputs, its hyperparameters.
type AppliedKey = (String, Option<usize>, Vec<Vec<SetId>>, Vec<Tensor>, Vec<Tensor>);

impl Builder {
    /// Continues a graph.
    pub fn new(graph: Graph, sets: Vec<SetInfo>) -> Builder {
        Builder { graph, sets, applied: BTreeMap::new() }
    }

    /// The set of a fixed size, new or known.
    pub fn fixed_set(&mut self, size: usize) -> SetId {
        let name = size.to_string();
        let known = self.sets.iter().position(|s| s.name == name);
        let position = known.unwrap_or_else(|| {
            self.sets.push(SetInfo { name, size: SetSize::Fixed(size) });
            self.sets.len() - 1
        });
        SetId(position as u16)
    }

    /// A reduction; an axis that neither the element nor the condition has is counted, not visited.
    pub fn reduce(
        &mut self,
        op: &'static ReduceDef,
        over: &[Axis],
        body: NodeId,
        given: Option<NodeId>,
    ) -> NodeId {
        let g = &mut self.graph;
        let given = given.filter(|&c| g[c].kind != NodeKind::Truth(true));
        let has =
            |g: &Graph, a: &Axis| g[body].axes.contains(a) || given.is_some_and(|c| g[c].axes.contains(a));
        let (mut visited, counted): (Vec<Axis>, Vec<Axis>) = over.iter().partition(|a| has(g, a));
        visited.sort();
        let mut node = match (visited.is_empty(), given) {
            (true, None) => body,
            (true, Some(c)) => {
                let neutral = self.neutral(op);
                self.graph.op("select", &[c, body, neutral])
            }
            (false, given) => g.add(NodeKind::Reduce { op: ReduceRef(op), over: visited, body, given }),
        };
        for axis in counted {
            node = self.repeat_reduction(op, node, axis.set);
        }
        node
    }

    fn neutral(&mut self, op: &ReduceDef) -> NodeId {
        match op.gives {
            ops::Sort::Bool => self.graph.add(NodeKind::Truth(op.neutral == 1.0)),
            _ => self.graph.constant(op.neutral),
        }
    }

    /// `op` over as many equal values as a set has elements.
    fn repeat_reduction(&mut self, op: &ReduceDef, value: NodeId, set: SetId) -> NodeId {
        let size = self.graph.add(NodeKind::Size(set));
        match op.name {
            "sum" => self.graph.op("mul", &[value, size]),
            "prod" => self.graph.op("pow", &[value, size]),
            "logsumexp" => {
                let ln = self.graph.op("ln", &[size]);
                self.graph.op("add", &[value, ln])
            }
            _ => value,
        }
    }
}

/// The first axis over a set that is not in use.
pub(crate) fn fresh_axis(set: SetId, in_use: &[Axis]) -> Axis {
    let taken = |copy: u8| in_use.contains(&Axis { set, copy });
    let copy = (0..=u8::MAX).find(|&c| !taken(c)).expect("fewer than 256 indices over one set");
    Axis { set, copy }
}

/// `sort`, `argsort`, `rank`, `cumsum` along an axis.
pub(super) fn order(b: &mut Builder, op: OrderOp, body: NodeId, axis: Axis) -> NodeId {
    // Along an index that the values do not depend on, every order is the given one.
    let constant = !b.graph[body].axes.contains(&axis);
    match op {
        OrderOp::Argsort | OrderOp::Rank if constant => b.graph.add(NodeKind::Iota(axis)),
        OrderOp::Sort if constant => body,
        OrderOp::Cumsum if constant => {
            let position = b.graph.add(NodeKind::Iota(axis));
            let number = b.graph.op("real", &[position]);
            let one = b.graph.constant(1.0);
            let times = b.graph.op("add", &[number, one]);
            b.graph.op("mul", &[body, times])
        }
        OrderOp::Argsort => b.graph.add(NodeKind::Argsort(body, axis)),
        OrderOp::Rank => b.graph.add(NodeKind::Rank(body, axis)),
        OrderOp::Cumsum => b.graph.add(NodeKind::Cumsum(body, axis, Direction::Forward)),
        OrderOp::Sort => {
            let index = b.graph.add(NodeKind::Argsort(body, axis));
            b.graph.add(NodeKind::Gather { body, axis, index })
        }
    }
}

/// The same tensor without gradient.
pub(super) fn detached(b: &mut Builder, tensor: Tensor) -> Tensor {
    Tensor { node: b.graph.op("detach", &[tensor.node]), axes: tensor.axes }
}

/// The mean over all axes of a tensor.
pub(super) fn mean_over(b: &mut Builder, tensor: Tensor) -> NodeId {
    if tensor.axes.is_empty() {
        return tensor.node;
    }
    let row = ops::prelude::find("mean").expect("the prelude has `mean`");
    let in_use = tensor.axes.clone();
    Template::of(row, vec![tensor.node], tensor.axes, None, in_use).lower(b)
}
