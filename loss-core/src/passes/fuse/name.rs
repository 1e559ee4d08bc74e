//! Names of arrays.

use super::rounds;
use crate::ir::{Graph, NodeId, NodeKind};

/// The user's name of a value, or what it is.
pub(super) fn stem(g: &Graph, id: NodeId) -> String {
    let name = match &g[id].kind {
        &NodeKind::LoopVar { id, slot, .. } => return format!("{}_rounds", rounds::name_of(g, id, slot)),
        &NodeKind::LoopOut { id, slot, .. } => return format!("last_{}", rounds::name_of(g, id, slot)),
        _ if g.name(id).is_some() => g.name(id).unwrap_or_default(),
        NodeKind::Reduce { op, .. } => op.name,
        NodeKind::Op(op, _) => op.name,
        NodeKind::Contract { .. } => "product",
        NodeKind::Argsort(..) => "order",
        NodeKind::Rank(..) => "rank",
        NodeKind::Cumsum(..) => "running",
        NodeKind::Running(what, ..) => what.name(),
        NodeKind::Host(call, _) => return call.name(),
        _ => "value",
    };
    name.to_owned()
}
