//! Prefixes and suffixes in one pass: `logsumexp[m | m <= n](x[m])` runs along `m`, and so does the sum that its
//! derivative makes of it. Only kernels have it: a graph of dfdx has no such operation.
//!
//! The derivative by `x[m]` of `y[n] = logsumexp[m | m <= n](x[m])`, given the adjoints `a[n]`, is
//! `sum[n | n >= m](a[n] exp(x[m] - y[n]))`. Since y never falls, that is `exp(x[m] - y[m]) r[m]` with
//! `r[m] = a[m] + exp(y[m] - y[m + 1]) r[m + 1]`: no exponent is above 0, however far apart the elements are.
//! A maximum does the same with comparisons for exponentials.
//!
//! Of a strict prefix, `logsumexp[m | m < n](x[m])`, `y[n]` is what the other one is one place earlier, and neutral
//! where there is none. Its derivative is that of the other one, given the adjoints one place earlier: `a[m + 1]`, and 0
//! at the end. So nothing is made of the adjoint of what is over no elements.

use super::conjuncts;
use super::scatter::joined;
use crate::ir::load::rename;
use crate::ir::{Axis, Direction, Graph, NodeId, NodeKind, ReduceRef, Running};
use crate::passes::scan::bound;

/// A condition on an axis that is reduced: a prefix or suffix, as another axis says, and more.
struct Scope {
    to: Axis,
    way: Direction,
    /// Whether the element itself is left out.
    strict: bool,
    /// Parts that know the axis, but not the other one.
    own: Vec<NodeId>,
    /// Parts that do not know the axis.
    rest: Vec<NodeId>,
    /// Parts that know both.
    mixed: Vec<NodeId>,
}

/// A reduction over `axis` that can run along it instead.
pub(super) fn running(
    g: &mut Graph,
    op: ReduceRef,
    axis: Axis,
    body: NodeId,
    given: NodeId,
) -> Option<NodeId> {
    let scope = Scope::of(g, given, axis)?;
    let what = match op.name {
        "logsumexp" => Running::LogSumExp,
        "max" => Running::Max,
        "min" => Running::Min,
        "sum" => {
            let (scope, body) = scope.unmasked(g, axis, body);
            return scope.sum(g, op, axis, body).or_else(|| scope.weighed(g, op, axis, body));
        }
        _ => return None,
    };
    let operand = scope.operand(g, axis, body, op.neutral)?;
    let run = g.add(NodeKind::Running(what, vec![operand], axis, scope.way));
    Some(scope.result(g, op, axis, run))
}

impl Scope {
    fn of(g: &Graph, given: NodeId, axis: Axis) -> Option<Scope> {
        let parts = conjuncts(g, given);
        let (at, (to, way, strict)) =
            parts.iter().enumerate().find_map(|(i, &part)| Some((i, bound(g, part, axis)?)))?;
        let mut scope = Scope { to, way, strict, own: vec![], rest: vec![], mixed: vec![] };
        for (_, &part) in parts.iter().enumerate().filter(|p| p.0 != at) {
            scope.narrow(g, axis, part);
        }
        Some(scope)
    }

    fn narrow(&mut self, g: &Graph, axis: Axis, part: NodeId) {
        match (g[part].axes.contains(&axis), g[part].axes.contains(&self.to)) {
            (true, true) => self.mixed.push(part),
            (true, false) => self.own.push(part),
            (false, _) => self.rest.push(part),
        }
    }

    /// The same for a sum: where its body is 0 unless a condition holds, that is a condition like the others.
    fn unmasked(mut self, g: &mut Graph, axis: Axis, mut body: NodeId) -> (Scope, NodeId) {
        while let Some((condition, value)) = unmasked(g, body) {
            conjuncts(g, condition).into_iter().for_each(|part| self.narrow(g, axis, part));
            body = value;
        }
        (self, body)
    }

    /// What runs, where the element does not depend on how far: elements left out are the neutral one.
    fn operand(&self, g: &mut Graph, axis: Axis, body: NodeId, neutral: f64) -> Option<NodeId> {
        if !self.mixed.is_empty() || g[body].axes.contains(&self.to) {
            return None;
        }
        let operand = masked(g, &self.own, body, neutral);
        g[operand].axes.contains(&axis).then_some(operand)
    }

    /// What has run, as far as the scope goes, read at the other axis.
    fn result(&self, g: &mut Graph, op: ReduceRef, axis: Axis, run: NodeId) -> NodeId {
        let run = if self.strict { self.before(g, op, axis, run) } else { run };
        let value = rename(g, run, &[(axis, self.to)]);
        masked(g, &self.rest, value, op.neutral)
    }

    /// The same one place earlier.
    fn before(&self, g: &mut Graph, op: ReduceRef, axis: Axis, run: NodeId) -> NodeId {
        g.add(NodeKind::Running(Running::Before(op), vec![run], axis, self.way))
    }

    fn sum(&self, g: &mut Graph, op: ReduceRef, axis: Axis, body: NodeId) -> Option<NodeId> {
        let operand = self.operand(g, axis, body, 0.0)?;
        let run = g.add(NodeKind::Cumsum(operand, axis, self.way));
        Some(self.result(g, op, axis, run))
    }

    /// `sum[n | n >= m](a[n] exp(x[m] - y[n]))`, or with `x[m] == y[n]` instead.
    fn weighed(&self, g: &mut Graph, op: ReduceRef, axis: Axis, body: NodeId) -> Option<NodeId> {
        let (term, what) = match self.mixed[..] {
            [] => (Term::of(g, body, axis, self.to)?, Running::Fading),
            [equal] => {
                let (x, y) = ends(g, equal, "eq", axis, self.to)?;
                let term = Term { x, y, inner: None, outer: None };
                (term.times(g, "mul", body, axis, self.to)?, Running::Standing)
            }
            _ => return None,
        };
        let (y, here) = self.reached(g, &term, axis, what)?;
        let inner = term.inner.unwrap_or_else(|| g.constant(1.0));
        let inner = masked(g, &self.own, inner, 0.0);
        let along = g[inner].axes.contains(&axis);
        let weights = if self.strict {
            Some(if along { self.before(g, op, axis, inner) } else { self.ones_before(g, axis) })
        } else {
            along.then_some(inner)
        };
        let operands = [y].into_iter().chain(weights).collect();
        let run = g.add(NodeKind::Running(what, operands, axis, self.way));
        let mut value = rename(g, run, &[(axis, self.to)]);
        let (outer, inner) = (term.outer, (!along).then_some(inner));
        for factor in outer.into_iter().chain(inner) {
            value = if g.as_const(factor) == Some(1.0) { value } else { g.op("mul", &[factor, value]) };
        }
        let mut conditions = self.rest.clone();
        if what == Running::Standing {
            conditions.push(g.op("eq", &[term.x, here]));
        } else {
            let difference = g.op("sub", &[term.x, here]);
            let factor = g.op("exp", &[difference]);
            value = g.op("mul", &[factor, value]);
        }
        Some(masked(g, &conditions, value, 0.0))
    }

    /// 1 one place earlier: 0 at the first element on the way.
    fn ones_before(&self, g: &mut Graph, axis: Axis) -> NodeId {
        let position = g.add(NodeKind::Iota(axis));
        let (position, one) = (g.op("real", &[position]), g.constant(1.0));
        let passed = match self.way {
            Direction::Forward => g.op("ge", &[position, one]),
            Direction::Backward => {
                let (next, size) = (g.op("add", &[position, one]), g.add(NodeKind::Size(axis.set)));
                g.op("lt", &[next, size])
            }
        };
        masked(g, &[passed], one, 0.0)
    }

    /// `y`, of a strict prefix that of the other one, and the same at the element that the sum is for, if y has run over
    /// just these elements, and the other way: that it never turns back is what all this rests on. Elements that y left
    /// out must be left out here, too.
    fn reached(&self, g: &mut Graph, term: &Term, axis: Axis, what: Running) -> Option<(NodeId, NodeId)> {
        let (mut run, map) = read(g, term.y);
        if self.strict {
            let NodeKind::Running(Running::Before(_), operands, ..) = &g[run].kind else { return None };
            run = operands[0];
        }
        let NodeKind::Running(ran, operands, along, way) = g[run].kind.clone() else { return None };
        let fits = match ran {
            Running::LogSumExp => what == Running::Fading,
            Running::Max | Running::Min => what == Running::Standing,
            _ => false,
        };
        let to = |a: Axis| map.iter().find(|m| m.0 == a).map_or(a, |m| m.1);
        if !fits || to(along) != axis || way != self.way.reversed() {
            return None;
        }
        let y = rename(g, run, &map);
        let mut map: Vec<(Axis, Axis)> = map.iter().copied().filter(|m| m.0 != along).collect();
        map.push((along, self.to));
        if rename(g, operands[0], &map) != term.x {
            let (condition, x) = chosen(g, operands[0])?;
            let asked = conjuncts(g, condition).into_iter().all(|c| self.rest.contains(&rename(g, c, &map)));
            if !asked || rename(g, x, &map) != term.x {
                return None;
            }
        }
        Some((y, rename(g, run, &map)))
    }
}

/// A product with the factor `exp(x - y)`, where x does not depend on one axis, and y not on another.
struct Term {
    x: NodeId,
    y: NodeId,
    /// Factors that do not know what y does not.
    inner: Option<NodeId>,
    /// Factors that do not know what x does not.
    outer: Option<NodeId>,
}

impl Term {
    /// `axis` is that of y, `to` that of x.
    fn of(g: &mut Graph, id: NodeId, axis: Axis, to: Axis) -> Option<Term> {
        let NodeKind::Op(op, args) = g[id].kind.clone() else { return None };
        match op.name {
            "exp" => {
                let (x, y) = ends(g, args[0], "sub", axis, to)?;
                Some(Term { x, y, inner: None, outer: None })
            }
            "neg" => {
                let minus = g.constant(-1.0);
                Term::of(g, args[0], axis, to)?.times(g, "mul", minus, axis, to)
            }
            "div" => Term::of(g, args[0], axis, to)?.times(g, "div", args[1], axis, to),
            "mul" => match Term::of(g, args[0], axis, to) {
                Some(term) => term.times(g, "mul", args[1], axis, to),
                None => Term::of(g, args[1], axis, to)?.times(g, "mul", args[0], axis, to),
            },
            _ => None,
        }
    }

    /// The same, multiplied or divided.
    fn times(mut self, g: &mut Graph, op: &str, factor: NodeId, axis: Axis, to: Axis) -> Option<Term> {
        let axes = &g[factor].axes;
        let part = match (axes.contains(&axis), axes.contains(&to)) {
            (true, true) => return None,
            (false, true) => &mut self.outer,
            _ => &mut self.inner,
        };
        *part = Some(match (*part, op) {
            (None, "mul") => factor,
            (before, _) => {
                let before = before.unwrap_or_else(|| g.constant(1.0));
                g.op(op, &[before, factor])
            }
        });
        Some(self)
    }
}

/// The operands of an op, first the one that knows `to` alone, then the one that knows `axis` alone. Of a difference,
/// they stand in that order.
fn ends(g: &Graph, id: NodeId, name: &str, axis: Axis, to: Axis) -> Option<(NodeId, NodeId)> {
    let NodeKind::Op(op, args) = &g[id].kind else { return None };
    let alone = |id: NodeId, a: Axis, b: Axis| g[id].axes.contains(&a) && !g[id].axes.contains(&b);
    let (x, y) = match (op.name == name, name) {
        (false, _) => return None,
        (true, "eq") if alone(args[0], axis, to) => (args[1], args[0]),
        _ => (args[0], args[1]),
    };
    (alone(x, to, axis) && alone(y, axis, to)).then_some((x, y))
}

/// What a node reads, and at which axes.
fn read(g: &Graph, id: NodeId) -> (NodeId, Vec<(Axis, Axis)>) {
    match &g[id].kind {
        NodeKind::Rename(body, map) => (*body, map.clone()),
        _ => (id, vec![]),
    }
}

/// The condition and the first branch of a choice.
fn chosen(g: &Graph, id: NodeId) -> Option<(NodeId, NodeId)> {
    match &g[id].kind {
        NodeKind::Op(op, args) if op.name == "select" => Some((args[0], args[1])),
        _ => None,
    }
}

/// Of a node that is 0 unless a condition holds: that condition, and what the node is then.
fn unmasked(g: &mut Graph, id: NodeId) -> Option<(NodeId, NodeId)> {
    let NodeKind::Op(op, args) = g[id].kind.clone() else { return None };
    let zero = |id: NodeId| g.as_const(id) == Some(0.0);
    match args[..] {
        [condition, value, other] if op.name == "select" && zero(other) => Some((condition, value)),
        [condition, other, value] if op.name == "select" && zero(other) => {
            Some((g.op("not", &[condition]), value))
        }
        _ => None,
    }
}

/// The node where all conditions hold, a number elsewhere.
fn masked(g: &mut Graph, conditions: &[NodeId], node: NodeId, other: f64) -> NodeId {
    let Some(condition) = joined(g, conditions) else { return node };
    let other = g.constant(other);
    g.op("select", &[condition, node, other])
}
