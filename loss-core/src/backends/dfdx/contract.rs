//! Contractions: matrix products where dfdx has one, else a product and a sum.

use super::emitter::{Emitter, Operand};
use super::expr::Laid;
use super::layout::{axes_type, positions, union};
use super::plan::View;
use crate::ir::{Axis, NodeId, NodeKind};
use crate::ops::Dfdx;
use proc_macro2::TokenStream;
use quote::quote;

/// The axes of two factors by role.
struct Roles {
    batch: Vec<Axis>,
    left: Vec<Axis>,
    right: Vec<Axis>,
}

impl Emitter<'_> {
    /// `lhs.try_matmul(rhs)?`
    pub fn contract(&mut self, id: NodeId, over: &[Axis], lhs: NodeId, rhs: NodeId) -> Laid {
        let on_tape = self.plan.taped(id);
        let roles = self.roles(over, lhs, rhs);
        match (over, roles.batch.len(), roles.left.len(), roles.right.len()) {
            (&[k], 0, 1 | 2, 1) | (&[k], 0, 0, 1) | (&[k], 0, 1, 0) | (&[k], 1 | 2, 1, 1) => {
                self.matmul(lhs, rhs, k, &roles, on_tape)
            }
            (&[k], 0, 1, 2) => {
                let roles = Roles { batch: vec![], left: roles.right, right: roles.left };
                self.matmul(rhs, lhs, k, &roles, on_tape)
            }
            _ => self.product_sum(over, lhs, rhs, on_tape),
        }
    }

    fn roles(&self, over: &[Axis], lhs: NodeId, rhs: NodeId) -> Roles {
        let graph = self.plan.graph();
        let (l, r) = (&graph[lhs].axes, &graph[rhs].axes);
        let only = |own: &[Axis], other: &[Axis]| -> Vec<Axis> {
            own.iter().filter(|a| !over.contains(a) && !other.contains(a)).copied().collect()
        };
        let batch = l.iter().filter(|a| r.contains(a) && !over.contains(a)).copied().collect();
        Roles { batch, left: only(l, r), right: only(r, l) }
    }

    fn matmul(&mut self, lhs: NodeId, rhs: NodeId, k: Axis, roles: &Roles, on_tape: bool) -> Laid {
        let Roles { batch, left, right } = roles;
        let rows = [&batch[..], left, &[k]].concat();
        let columns = [&batch[..], &[k], right].concat();
        let x = self.matrix(lhs, &rows, on_tape);
        let x = self.lifted(x, on_tape);
        let y = self.matrix(rhs, &columns, on_tape);
        let y = self.beside(y, rhs, &[lhs], on_tape).code;
        (quote!(#x.try_matmul(#y)?), [&batch[..], left, right].concat())
    }

    /// An operand of a matrix product: no axis broadcast (dfdx would add up its gradient wrongly), and
    /// contiguous along one of the last two axes (CUDA takes no other).
    fn matrix(&mut self, id: NodeId, order: &[Axis], on_tape: bool) -> Operand {
        let taped = on_tape && self.plan.taped(id);
        if self.plan.is_scalar(id) {
            return self.operand(id, order, on_tape);
        }
        let solid = self.solid(id);
        let (code, layout) = self.tensor(id, taped);
        let dense = if solid { code } else { quote!(#code.try_contiguous()?) };
        let code = self.permute(dense, &layout, order);
        let unit = layout.last().is_none_or(|a| order[order.len().saturating_sub(2)..].contains(a));
        let code = if unit { code } else { quote!(#code.try_contiguous()?) };
        Operand { code, taped }
    }

    /// Whether a tensor is known to be contiguous as it is stored.
    fn solid(&self, id: NodeId) -> bool {
        let View { root, .. } = self.plan.view(id);
        if self.plan.on_host(root) || self.plan.softmax(root).is_some() {
            return !matches!(self.plan.graph()[root].kind, NodeKind::Input(..));
        }
        match &self.plan.graph()[root].kind {
            // Of two tensors dfdx makes a new one, of one tensor a new one with the strides of the old.
            NodeKind::Op(op, args) => match op.dfdx {
                Dfdx::Binary { .. } => self.merges(args) || args.iter().any(|&a| self.keeps_strides(root, a)),
                Dfdx::Method(_) => self.keeps_strides(root, args[0]),
                Dfdx::Choose => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether an op takes two tensors.
    fn merges(&self, args: &[NodeId]) -> bool {
        args.len() == 2 && args[0] != args[1] && args.iter().all(|&a| !self.plan.is_scalar(a))
    }

    fn keeps_strides(&self, root: NodeId, arg: NodeId) -> bool {
        let graph = self.plan.graph();
        let whole = graph[arg].axes == graph[root].axes && self.plan.view(arg).layout == graph[arg].axes;
        !self.plan.is_scalar(arg) && whole && self.solid(arg)
    }

    fn product_sum(&mut self, over: &[Axis], lhs: NodeId, rhs: NodeId, on_tape: bool) -> Laid {
        let graph = self.plan.graph();
        let all = union([&graph[lhs].axes[..], &graph[rhs].axes]);
        let product = self.product(lhs, rhs, &all, on_tape);
        let axes = axes_type(&positions(over, &all));
        let rest = all.iter().filter(|a| !over.contains(a)).copied().collect();
        (quote!(#product.try_sum::<_, #axes>()?), rest)
    }

    fn product(&mut self, lhs: NodeId, rhs: NodeId, all: &[Axis], on_tape: bool) -> TokenStream {
        if lhs == rhs {
            let x = self.left(lhs, all, on_tape);
            return quote!(#x.try_square()?);
        }
        let (a, b) = if on_tape && !self.plan.taped(lhs) { (rhs, lhs) } else { (lhs, rhs) };
        let (x, y) = self.pair(a, b, all, on_tape);
        quote!(#x.try_mul(#y)?)
    }
}
