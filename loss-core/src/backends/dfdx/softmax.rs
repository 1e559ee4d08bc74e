//! `x - logsumexp[k](x)` is dfdx's `log_softmax`, and its exponential dfdx's `softmax`.

use super::plan::Plan;
use crate::ir::{Axis, NodeId, NodeKind};
use crate::ops::Dfdx;
use std::collections::BTreeMap;

/// A node recognised as a softmax or its logarithm.
#[derive(Clone, Debug)]
pub struct Softmax {
    /// Of what.
    pub of: NodeId,
    /// Along which axes.
    pub over: Vec<Axis>,
    /// dfdx's method.
    pub method: &'static str,
}

/// All of them. The inner nodes must have no other use, or they would be computed twice.
pub fn find_softmaxes(plan: &Plan) -> BTreeMap<NodeId, Softmax> {
    let graph = plan.graph();
    let mut consumers = vec![0usize; graph.len()];
    for id in plan.nodes() {
        for operand in plan.all_needs(id) {
            consumers[operand.index()] += 1;
        }
    }
    let alone = |id: NodeId| consumers[id.index()] == 1 && graph.name(id).is_none();
    let mut found = BTreeMap::new();
    for id in plan.nodes().filter(|&id| !plan.on_host(id)) {
        if let Some((of, over)) = logarithm(plan, id, &alone) {
            found.insert(id, Softmax { of, over, method: "try_log_softmax" });
        }
    }
    for id in plan.nodes() {
        let NodeKind::Op(op, args) = &graph[id].kind else { continue };
        let inner = args.first().filter(|_| op.dfdx == Dfdx::Method("try_exp")).copied();
        let Some(inner) = inner.filter(|&inner| alone(inner) && inner != plan.program.value) else {
            continue;
        };
        if let Some(log) = found.remove(&inner) {
            found.insert(id, Softmax { method: "try_softmax", ..log });
        }
    }
    found
}

/// The `x` and `k` of `x - logsumexp[k](x)`.
fn logarithm(plan: &Plan, id: NodeId, alone: &dyn Fn(NodeId) -> bool) -> Option<(NodeId, Vec<Axis>)> {
    let NodeKind::Op(op, args) = &plan.graph()[id].kind else { return None };
    let (true, &[x, total]) = (op.dfdx.method() == Some("try_sub"), &args[..]) else { return None };
    let NodeKind::Reduce { op, over, body, given: None } = &plan.graph()[total].kind else { return None };
    let matches = op.dfdx == Some("try_logsumexp") && *body == x && alone(total);
    let within = over.iter().all(|a| plan.graph()[x].axes.contains(a));
    (matches && within).then(|| (x, over.clone()))
}

impl Dfdx {
    /// The method of an op that is spelt as one.
    fn method(self) -> Option<&'static str> {
        match self {
            Dfdx::Method(method) | Dfdx::Binary { method, .. } => Some(method),
            _ => None,
        }
    }
}
