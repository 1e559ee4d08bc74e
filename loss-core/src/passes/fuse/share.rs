//! Softmax by the exponentials that its logsumexp sums: a kernel that makes both has each of them once. And its logarithm
//! by the differences in these.
//!
//! The law is about elements, not about names: where one element of a softmax is computed so, all are, whatever their
//! indices are called and whether they are gathered. Else an element might differ from itself.

use crate::ir::{Axis, Graph, NodeId, NodeKind, Program};
use crate::passes::rewrite::rewrite;
use std::collections::BTreeMap;

/// exp(x - logsumexp(x)) == exp(x - m) * (1 / sum(exp(x - m))). NaN stays NaN: where the largest element is infinite, m
/// is 0 and the sum is 0 or infinite, and so is what it divides.
pub(super) fn share(program: &Program) -> Program {
    rewrite(program, &|g, kind, _| {
        let NodeKind::Op(op, args) = kind else { return None };
        let (exponent, mut wrappers) = unwrapped(g, *args.first().filter(|_| op.name == "exp")?);
        let (x, lse) = operands(g, exponent, "sub")?;
        let x = wrapped(g, x, &wrappers);
        let (lse, inner) = unwrapped(g, lse);
        wrappers.extend(inner);
        let (shift, total) = parts(g, lse)?;
        summed(g, total, shift).filter(|&(body, ref over)| is_element(g, body, over, &wrappers, x))?;
        let one = g.constant(1.0);
        let share = g.op("div", &[one, total]);
        let (shift, share) = (wrapped(g, shift, &wrappers), wrapped(g, share, &wrappers));
        let shifted = g.op("sub", &[x, shift]);
        let exp = g.op("exp", &[shifted]);
        Some(g.op("mul", &[exp, share]))
    })
}

/// x - logsumexp(x) == (x - m) - ln(sum(exp(x - m))): where m is large, m + ln(..) has no digits left for a small logarithm.
/// Comes after [`share`], which looks for the left-hand side.
pub(super) fn log(program: &Program) -> Program {
    rewrite(program, &|g, kind, _| {
        let NodeKind::Op(op, args) = kind else { return None };
        let &[a, b] = &args[..] else { return None };
        if op.name != "sub" {
            return None;
        }
        if let Some((shift, ln)) = of_element(g, a, b) {
            let shifted = g.op("sub", &[a, shift]);
            return Some(g.op("sub", &[shifted, ln]));
        }
        let (shift, ln) = of_element(g, b, a)?;
        let shifted = g.op("sub", &[shift, b]);
        Some(g.op("add", &[shifted, ln]))
    })
}

/// The m and the ln(sum(exp(x - m))) of a logsumexp of which `x` is an element.
fn of_element(g: &mut Graph, x: NodeId, lse: NodeId) -> Option<(NodeId, NodeId)> {
    let (lse, wrappers) = unwrapped(g, lse);
    let (shift, total) = parts(g, lse)?;
    summed(g, total, shift).filter(|&(body, ref over)| is_element(g, body, over, &wrappers, x))?;
    let ln = g.op("ln", &[total]);
    Some((wrapped(g, shift, &wrappers), wrapped(g, ln, &wrappers)))
}

fn operands(g: &Graph, id: NodeId, name: &str) -> Option<(NodeId, NodeId)> {
    match &g[id].kind {
        NodeKind::Op(op, args) if op.name == name => Some((args[0], args[1])),
        _ => None,
    }
}

/// m + ln(sum(..)): m and the sum.
fn parts(g: &Graph, lse: NodeId) -> Option<(NodeId, NodeId)> {
    let (shift, ln) = operands(g, lse, "add")?;
    match &g[ln].kind {
        NodeKind::Op(op, args) if op.name == "ln" => Some((shift, args[0])),
        _ => None,
    }
}

/// The x of sum(exp(x - m)), and the axes of the sum.
fn summed(g: &Graph, total: NodeId, shift: NodeId) -> Option<(NodeId, Vec<Axis>)> {
    let NodeKind::Reduce { op, over, body, .. } = &g[total].kind else { return None };
    let NodeKind::Op(exp, args) = &g[*body].kind else { return None };
    let (x, by) = operands(g, args[0], "sub")?;
    (op.name == "sum" && exp.name == "exp" && by == shift).then(|| (x, over.clone()))
}

/// A node without the renamings and gathers around it, and these, outermost first.
fn unwrapped(g: &Graph, mut id: NodeId) -> (NodeId, Vec<NodeKind>) {
    let mut wrappers = Vec::new();
    while let NodeKind::Rename(body, _) | NodeKind::Gather { body, .. } = g[id].kind {
        wrappers.push(g[id].kind.clone());
        id = body;
    }
    (id, wrappers)
}

fn wrapped(g: &mut Graph, id: NodeId, wrappers: &[NodeKind]) -> NodeId {
    wrappers.iter().rev().fold(id, |id, wrapper| match wrapper.clone() {
        NodeKind::Gather { axis, index, .. } if g[id].axes.contains(&axis) => {
            g.add(NodeKind::Gather { body: id, axis, index })
        }
        NodeKind::Rename(_, map) => {
            let map: Vec<_> = map.into_iter().filter(|m| g[id].axes.contains(&m.0)).collect();
            if map.is_empty() { id } else { g.add(NodeKind::Rename(id, map)) }
        }
        _ => id,
    })
}

/// Where an axis stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stand {
    /// At the index of another one.
    Axis(Axis),
    /// Where an index says.
    Index(NodeId),
    /// Anywhere, but everywhere at the same place.
    Free(Axis),
}

type Stands = BTreeMap<Axis, Stand>;

/// Whether `x` is an element of `body`, which stands at `over` anywhere and else where the wrappers say.
fn is_element(g: &Graph, body: NodeId, over: &[Axis], wrappers: &[NodeKind], x: NodeId) -> bool {
    let mut stands: Stands = g[body].axes.iter().map(|&a| (a, Stand::Axis(a))).collect();
    for wrapper in wrappers.iter().rev() {
        for stand in stands.values_mut() {
            match (wrapper, *stand) {
                (NodeKind::Rename(_, map), Stand::Axis(a)) => {
                    *stand = Stand::Axis(map.iter().find(|m| m.0 == a).map_or(a, |m| m.1));
                }
                (NodeKind::Gather { axis, index, .. }, Stand::Axis(a)) if a == *axis => {
                    *stand = Stand::Index(*index);
                }
                // An index whose own axes are renamed: not worth following.
                (NodeKind::Rename(_, map), Stand::Index(i))
                    if map.iter().any(|m| g[i].axes.contains(&m.0)) =>
                {
                    return false;
                }
                _ => {}
            }
        }
    }
    over.iter().for_each(|&a| {
        stands.insert(a, Stand::Free(a));
    });
    let plain = g[x].axes.iter().map(|&a| (a, Stand::Axis(a))).collect();
    Matching { g, found: BTreeMap::new() }.matches((body, &stands), (x, &plain))
}

/// What free axes have been found to stand at.
struct Matching<'g> {
    g: &'g Graph,
    found: BTreeMap<Axis, Stand>,
}

impl Matching<'_> {
    fn matches(&mut self, (a, at): (NodeId, &Stands), (b, bt): (NodeId, &Stands)) -> bool {
        if let Some((a, at)) = self.inside(a, at) {
            return self.matches((a, &at), (b, bt));
        }
        if let Some((b, bt)) = self.inside(b, bt) {
            return self.matches((a, at), (b, &bt));
        }
        match (&self.g[a].kind, &self.g[b].kind) {
            (NodeKind::Op(op, xs), NodeKind::Op(same, ys)) if op == same && xs.len() == ys.len() => {
                xs.iter().zip(ys).all(|(&x, &y)| self.matches((x, at), (y, bt)))
            }
            (NodeKind::Input(i, xs), NodeKind::Input(j, ys)) if i == j => {
                self.stand_alike((xs, at), (ys, bt))
            }
            (NodeKind::HyperArray(i, x), NodeKind::HyperArray(j, y)) if i == j => {
                self.stand_alike((&[*x], at), (&[*y], bt))
            }
            _ => a == b && self.stand_alike((&self.g[a].axes, at), (&self.g[b].axes, bt)),
        }
    }

    /// Inside of a renaming or a gather.
    fn inside(&self, id: NodeId, at: &Stands) -> Option<(NodeId, Stands)> {
        match &self.g[id].kind {
            NodeKind::Rename(body, map) => {
                let to = |a: Axis| map.iter().find(|m| m.0 == a).map_or(a, |m| m.1);
                Some((*body, self.g[*body].axes.iter().map(|&a| (a, stand(at, to(a)))).collect()))
            }
            NodeKind::Gather { body, axis, index } => {
                let plain = self.g[*index].axes.iter().all(|&a| stand(at, a) == Stand::Axis(a));
                let mut inner: Stands = self.g[*body].axes.iter().map(|&a| (a, stand(at, a))).collect();
                let place = match self.g[*index].kind {
                    NodeKind::Iota(other) => stand(at, other),
                    _ => Stand::Index(*index),
                };
                inner.insert(*axis, place);
                plain.then_some((*body, inner))
            }
            _ => None,
        }
    }

    fn stand_alike(&mut self, (xs, at): (&[Axis], &Stands), (ys, bt): (&[Axis], &Stands)) -> bool {
        xs.iter().zip(ys).all(|(&x, &y)| {
            let wanted = stand(bt, y);
            match stand(at, x) {
                Stand::Free(axis) => *self.found.entry(axis).or_insert(wanted) == wanted,
                known => known == wanted,
            }
        })
    }
}

fn stand(stands: &Stands, axis: Axis) -> Stand {
    stands.get(&axis).copied().unwrap_or(Stand::Axis(axis))
}
