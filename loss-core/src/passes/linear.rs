//! Sums of multiples: what comparisons tell of an index, by what stands beside it.

use super::window::WIDEST;
use crate::ir::{Axis, Graph, HyperInfo, NodeId, NodeKind, SetId, Ty};
use crate::syntax::ast::HyperType;
use std::collections::BTreeSet;

/// How deep a sum is looked into: what is shared in it is looked at each time.
const DEEPEST: usize = 8;

/// A sum of nodes, numbers or indices, each so many times, and a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Linear {
    terms: Vec<(NodeId, f64)>,
    number: f64,
}

/// Where conditions leave an index: at one place, or at so many from one on.
#[derive(Debug)]
pub(super) struct Place {
    pub first: Linear,
    pub width: Option<usize>,
    /// The conditions that say so, and no more.
    pub told: Vec<NodeId>,
    /// Whether the places are whole numbers, whatever the inputs are.
    pub whole: bool,
}

/// A comparison of a sum with 0.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Equal,
    AtMost,
    Below,
}

/// What a comparison tells of an index: its condition, the sign of the index, and the sum on the other side.
struct Bound {
    part: NodeId,
    sign: f64,
    at: Linear,
    order: Order,
}

/// The places that conditions leave an index, told by what is known on the host: a single one first.
pub(super) fn places(g: &Graph, hypers: &[HyperInfo], parts: &[NodeId], index: Axis) -> Vec<Place> {
    let mut bounds = vec![];
    for &part in parts {
        let isolated = |(order, sum): (Order, Linear)| Some((order, sum.isolated(g, index)?));
        for (order, (sign, at)) in comparisons(g, part).into_iter().filter_map(isolated) {
            bounds.extend(at.is_known(g).then_some(Bound { part, sign, at, order }));
        }
    }
    let single = bounds.iter().find(|bound| bound.order == Order::Equal).map(|Bound { part, at, .. }| {
        Place { first: at.clone(), width: None, told: vec![*part], whole: at.is_whole(g, hypers) }
    });
    bounds.retain(|bound| bound.order != Order::Equal && bound.at.is_whole(g, hypers));
    for bound in bounds.iter_mut().filter(|bound| bound.order == Order::Below) {
        // Of whole numbers, less than 3 is at most 2.
        bound.at.number -= bound.sign;
    }
    single.into_iter().chain(window(g, parts, &bounds)).collect()
}

/// The narrowest window of whole numbers between two bounds.
fn window(g: &Graph, parts: &[NodeId], bounds: &[Bound]) -> Option<Place> {
    let pairs = bounds.iter().flat_map(|from| bounds.iter().map(move |to| (from, to)));
    let windows = pairs.filter_map(|(from, to)| {
        let width = to.at.number - from.at.number + 1.0;
        let fits = from.sign < 0.0 && to.sign > 0.0 && from.at.terms == to.at.terms;
        (fits && (1.0..=WIDEST).contains(&width)).then_some((from, to, width as usize))
    });
    let (from, to, width) = windows.min_by_key(|window| window.2)?;
    let says = |bound: &Bound| [from, to].iter().any(|b| b.sign == bound.sign && b.at == bound.at);
    let told = |part: &NodeId| {
        let own: Vec<&Bound> = bounds.iter().filter(|bound| bound.part == *part).collect();
        // Of `abs(m - n + 0.25) <= 0.75` one half is no bound of whole numbers.
        !own.is_empty() && own.len() == comparisons(g, *part).len() && own.into_iter().all(says)
    };
    let told = parts.iter().copied().filter(told).collect();
    Some(Place { first: from.at.clone(), width: Some(width), told, whole: true })
}

/// `x <= y` as `x - y <= 0`; `abs(x) <= y` as two of these.
fn comparisons(g: &Graph, condition: NodeId) -> Vec<(Order, Linear)> {
    let NodeKind::Op(op, args) = &g[condition].kind else { return vec![] };
    let (order, left, right) = match (op.name, &args[..]) {
        ("eq", &[x, y]) => (Order::Equal, x, y),
        ("le", &[x, y]) | ("ge", &[y, x]) => (Order::AtMost, x, y),
        ("lt", &[x, y]) | ("gt", &[y, x]) => (Order::Below, x, y),
        _ => return vec![],
    };
    if [left, right].iter().any(|&side| g[side].ty == Ty::Bool) {
        return vec![];
    }
    let bound = Linear::of(g, right, DEEPEST).times(-1.0);
    let sides = match &g[left].kind {
        NodeKind::Op(abs, x) if abs.name == "abs" && order != Order::Equal => vec![(x[0], 1.0), (x[0], -1.0)],
        _ => vec![(left, 1.0)],
    };
    let sum = |(x, sign): (NodeId, f64)| Linear::of(g, x, DEEPEST).times(sign).plus(&bound);
    sides.into_iter().map(|side| (order, sum(side))).collect()
}

/// Whether no tensor is read for a number, an index or a condition.
pub(super) fn is_known(g: &Graph, id: NodeId) -> bool {
    let (mut open, mut seen) = (vec![id], BTreeSet::new());
    while let Some(id) = open.pop() {
        match &g[id].kind {
            NodeKind::Const(_) | NodeKind::Hyper(_) | NodeKind::HyperArray(..) => {}
            NodeKind::Size(_) | NodeKind::Iota(_) | NodeKind::At(..) => {}
            NodeKind::Op(_, args) => open.extend(args.iter().filter(|arg| seen.insert(**arg))),
            _ => return false,
        }
    }
    true
}

/// An index as a number.
pub(super) fn number(g: &mut Graph, index: Axis) -> NodeId {
    let position = g.add(NodeKind::Iota(index));
    g.op("real", &[position])
}

impl Linear {
    fn of(g: &Graph, id: NodeId, depth: usize) -> Linear {
        let alone = || Linear { terms: vec![(id, 1.0)], number: 0.0 };
        match &g[id].kind {
            NodeKind::Const(bits) => Linear { terms: vec![], number: f64::from_bits(*bits) },
            NodeKind::Op(op, args) if depth > 0 => {
                let of = |i: usize| Linear::of(g, args[i], depth - 1);
                match op.name {
                    "add" => of(0).plus(&of(1)),
                    "sub" => of(0).plus(&of(1).times(-1.0)),
                    "neg" => of(0).times(-1.0),
                    "real" => of(0),
                    _ => alone(),
                }
            }
            _ => alone(),
        }
    }

    fn times(mut self, factor: f64) -> Linear {
        self.terms.iter_mut().for_each(|term| term.1 *= factor);
        self.number *= factor;
        self
    }

    /// The sum of both, without what cancels.
    fn plus(mut self, other: &Linear) -> Linear {
        for &(node, factor) in &other.terms {
            match self.terms.iter_mut().find(|own| own.0 == node) {
                Some(own) => own.1 += factor,
                None => self.terms.push((node, factor)),
            }
        }
        self.terms.retain(|(_, factor)| *factor != 0.0);
        self.terms.sort_by_key(|term| term.0);
        self.number += other.number;
        self
    }

    /// The sum is `sign * (index - rest)`: that sign, and that rest.
    fn isolated(&self, g: &Graph, index: Axis) -> Option<(f64, Linear)> {
        let (mut own, rest): (Vec<_>, Vec<_>) =
            self.terms.iter().copied().partition(|term| g[term.0].axes.contains(&index));
        let (node, sign) = own.pop().filter(|term| own.is_empty() && term.1.abs() == 1.0)?;
        (g[node].kind == NodeKind::Iota(index))
            .then(|| (sign, Linear { terms: rest, number: self.number }.times(-sign)))
    }

    fn is_known(&self, g: &Graph) -> bool {
        self.terms.iter().all(|term| is_known(g, term.0))
    }

    fn is_whole(&self, g: &Graph, hypers: &[HyperInfo]) -> bool {
        let whole = |id: NodeId| match &g[id].kind {
            NodeKind::Size(_) => true,
            NodeKind::Hyper(i) => hypers[*i].ty == HyperType::Integer,
            NodeKind::Op(op, _) => op.name == "floor",
            _ => matches!(g[id].ty, Ty::Index(_)),
        };
        self.number.fract() == 0.0 && self.terms.iter().all(|&(id, by)| by.fract() == 0.0 && whole(id))
    }

    /// Whether a place is that of an element: neither less than 0 nor beyond the last one. Where it is this sum, and that
    /// is `n + 1`, one is known.
    pub fn inside(&self, g: &mut Graph, place: NodeId, set: SetId, steps: bool) -> NodeId {
        let beside = match self.terms[..] {
            [(node, by)] => !steps && by == 1.0 && g[node].ty == Ty::Index(set),
            _ => false,
        };
        let zero = g.constant(0.0);
        let from = (!beside || self.number < 0.0).then(|| g.op("ge", &[place, zero]));
        let size = g.add(NodeKind::Size(set));
        let to = (!beside || self.number > 0.0).then(|| g.op("lt", &[place, size]));
        match (from, to) {
            (Some(from), Some(to)) => g.op("and", &[from, to]),
            (from, to) => from.or(to).unwrap_or_else(|| g.add(NodeKind::Truth(true))),
        }
    }

    /// The number itself: what is added, then what is subtracted, then the constant.
    pub fn node(&self, g: &mut Graph) -> NodeId {
        let (minus, plus): (Vec<_>, Vec<_>) = self.terms.iter().partition(|term| term.1 < 0.0);
        let mut sum = None;
        for &(node, factor) in plus.into_iter().chain(minus) {
            let node = if g[node].ty == Ty::Real { node } else { g.op("real", &[node]) };
            let size = g.constant(factor.abs());
            let part = if factor.abs() == 1.0 { node } else { g.op("mul", &[size, node]) };
            sum = Some(match sum {
                Some(sum) => g.op(if factor < 0.0 { "sub" } else { "add" }, &[sum, part]),
                None if factor > 0.0 => part,
                None => {
                    let number = g.constant(self.number);
                    g.op("sub", &[number, part])
                }
            });
        }
        let starts_with_number = self.terms.iter().all(|term| term.1 < 0.0);
        match sum {
            None => g.constant(self.number),
            Some(sum) if starts_with_number || self.number == 0.0 => sum,
            Some(sum) => {
                let number = g.constant(self.number.abs());
                g.op(if self.number < 0.0 { "sub" } else { "add" }, &[sum, number])
            }
        }
    }
}
