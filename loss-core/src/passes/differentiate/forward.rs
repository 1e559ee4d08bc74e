//! Forward mode: how each node changes with one element of an input, which is named by indices of its own.
//!
//! The derivative of `x[b, k]` by the element at `b2, k2` is 1 where `b == b2` and `k == k2`, and 0 elsewhere. Such
//! conditions are kept outermost, and a sum over an index that is compared with another is a substitution, so that
//! on the diagonal nearly all of them are decided.

use super::algebra::Algebra;
use super::rows::Holes;
use crate::ir::load::rename;
use crate::ir::{Axis, Direction, NodeId, NodeKind};
use std::collections::BTreeMap;

/// The element by which is differentiated.
pub(super) struct Element {
    /// The input.
    pub input: usize,
    /// One index for each of its axes, none of which occurs in the program.
    pub axes: Vec<Axis>,
}

/// Derivatives of the program's nodes by an element; a node that is missing has derivative 0.
pub(super) struct Forward<'a> {
    pub g: &'a mut Algebra,
    pub element: Element,
    pub known: BTreeMap<NodeId, NodeId>,
}

impl Forward<'_> {
    /// Visits a node whose operands have been visited.
    pub fn visit(&mut self, id: NodeId) {
        if let Some(derivative) = self.derivative(id) {
            self.known.insert(id, derivative);
        }
    }

    fn of(&self, id: NodeId) -> Option<NodeId> {
        self.known.get(&id).copied()
    }

    fn derivative(&mut self, id: NodeId) -> Option<NodeId> {
        match self.g.graph()[id].kind.clone() {
            NodeKind::Input(i, axes) if i == self.element.input => Some(self.indicator(&axes)),
            NodeKind::Op(op, args) => {
                let names = op.args.iter().copied().zip(args.iter().copied()).chain([("out", id)]).collect();
                let holes = Holes { names, over: &[], given: None };
                let parts = args.iter().zip(op.grad).filter_map(|(&arg, &grad)| {
                    let derivative = self.known.get(&arg)?;
                    holes.times(self.g, *derivative, grad)
                });
                let parts: Vec<NodeId> = parts.collect();
                parts.into_iter().reduce(|sum, part| self.g.add(sum, part))
            }
            NodeKind::Reduce { op, over, body, given } => {
                let holes = Holes { names: vec![("x", body), ("out", id)], over: &over, given };
                let derivative = self.of(body)?;
                let mut element = holes.times(self.g, derivative, op.grad)?;
                if let Some(given) = given {
                    element = self.g.mask(given, true, element);
                }
                Some(self.g.sum(&over, element))
            }
            NodeKind::Contract { over, lhs, rhs } => {
                let left = self.of(lhs).map(|d| self.g.mul(d, rhs));
                let right = self.of(rhs).map(|d| self.g.mul(lhs, d));
                let product = match (left, right) {
                    (Some(left), Some(right)) => self.g.add(left, right),
                    (one, other) => one.or(other)?,
                };
                Some(self.g.sum(&over, product))
            }
            NodeKind::Rename(body, map) => {
                let derivative = self.of(body)?;
                Some(rename(self.g.graph(), derivative, &map))
            }
            NodeKind::Gather { body, axis, index } => {
                let derivative = self.of(body)?;
                Some(self.g.read(derivative, axis, index))
            }
            NodeKind::Cumsum(body, axis, way) => {
                let derivative = self.of(body)?;
                Some(self.running(derivative, axis, way))
            }
            _ => None,
        }
    }

    /// 1 at the element, 0 elsewhere.
    fn indicator(&mut self, axes: &[Axis]) -> NodeId {
        let mut one = self.g.constant(1.0);
        for (&axis, &element) in axes.iter().zip(&self.element.axes).rev() {
            let (position, element) =
                (self.g.node(NodeKind::Iota(axis)), self.g.node(NodeKind::Iota(element)));
            let here = self.g.op("eq", &[position, element]);
            one = self.g.mask(here, true, one);
        }
        one
    }

    /// Of what is not 0 at one element only, a running sum is a step.
    fn running(&mut self, x: NodeId, axis: Axis, way: Direction) -> NodeId {
        let step = match way {
            Direction::Forward => "ge",
            Direction::Backward => "le",
        };
        self.g.step(x, axis, step).unwrap_or_else(|| self.g.running(x, axis, way))
    }
}
