//! Reading a tensor at indices: axes are renamed, indices that are computed become gathers.

use super::builder::fresh_axis;
use super::{Axis, Graph, NodeId, NodeKind};

/// A node with the order in which its axes are written. The node may lack some of them (a constant fill), and in a
/// definition that is applied to slices it may have others: the indices of the slice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tensor {
    pub node: NodeId,
    pub axes: Vec<Axis>,
}

/// What stands in one place of `x[.., ..]`.
pub(super) enum At {
    /// An index variable.
    Axis(Axis),
    /// A computed index.
    Node(NodeId),
}

impl Tensor {
    /// The tensor at these indices, one for each of its axes.
    pub fn at(&self, g: &mut Graph, indices: Vec<At>) -> NodeId {
        let (direct, gathered) = self.split(g, indices);
        let mut map: Vec<(Axis, Axis)> = direct.clone();
        let mut taken: Vec<Axis> = direct.iter().map(|d| d.1).chain(self.axes.iter().copied()).collect();
        taken.extend(gathered.iter().flat_map(|&(_, n)| g[n].axes.clone()));
        let mut reads = Vec::new();
        for (i, &(axis, index)) in gathered.iter().enumerate() {
            let clash = direct.iter().any(|d| d.1 == axis)
                || gathered.iter().enumerate().any(|(j, &(_, n))| j != i && g[n].axes.contains(&axis));
            let place = if clash { fresh_axis(axis.set, &taken) } else { axis };
            taken.push(place);
            map.push((axis, place));
            reads.push((place, index));
        }
        let mut node = rename(g, self.node, &map);
        for (axis, index) in reads {
            node = gather(g, node, axis, index);
        }
        node
    }

    /// Axes read at an index variable, and axes read at a computed index. The second use of one variable
    /// (`x[i, i]`) is a computed index.
    #[allow(clippy::type_complexity)]
    fn split(&self, g: &mut Graph, indices: Vec<At>) -> (Vec<(Axis, Axis)>, Vec<(Axis, NodeId)>) {
        let mut direct: Vec<(Axis, Axis)> = Vec::new();
        let mut gathered = Vec::new();
        // Axes of the caller that a slice still depends on.
        let outer = |g: &Graph, to: Axis| g[self.node].axes.contains(&to) && !self.axes.contains(&to);
        for (&axis, at) in self.axes.iter().zip(indices) {
            match at {
                At::Axis(to) if direct.iter().all(|d| d.1 != to) && !outer(g, to) => direct.push((axis, to)),
                At::Axis(to) => gathered.push((axis, g.add(NodeKind::Iota(to)))),
                At::Node(index) => gathered.push((axis, index)),
            }
        }
        (direct, gathered)
    }
}

/// `node` with axes renamed, all at once; axes that it does not have are ignored.
pub(crate) fn rename(g: &mut Graph, node: NodeId, map: &[(Axis, Axis)]) -> NodeId {
    let has = |a: &Axis| g[node].axes.contains(a);
    let mut map: Vec<(Axis, Axis)> = map.iter().filter(|m| m.0 != m.1 && has(&m.0)).copied().collect();
    map.sort();
    if map.is_empty() { node } else { g.add(NodeKind::Rename(node, map)) }
}

/// The renaming back, of what has these axes; nothing if one of them would become another one of them.
pub(crate) fn back(map: &[(Axis, Axis)], axes: &[Axis]) -> Option<Vec<(Axis, Axis)>> {
    let back: Vec<(Axis, Axis)> = map.iter().map(|&(from, to)| (to, from)).collect();
    let stays = |axis: &&Axis| back.iter().all(|m| m.0 != **axis);
    axes.iter().filter(stays).all(|axis| back.iter().all(|m| m.1 != *axis)).then_some(back)
}

/// An axis under a renaming.
pub(crate) fn renamed(map: &[(Axis, Axis)], axis: Axis) -> Axis {
    map.iter().find(|m| m.0 == axis).map_or(axis, |m| m.1)
}

/// `node` with `axis` read at `index`; nothing to do if it does not have that axis.
pub(crate) fn gather(g: &mut Graph, node: NodeId, axis: Axis, index: NodeId) -> NodeId {
    if g[node].axes.contains(&axis) { g.add(NodeKind::Gather { body: node, axis, index }) } else { node }
}
