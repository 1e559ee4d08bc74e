//! Reductions.

use super::emitter::Emitter;
use super::expr::ident;
use super::host::{Indices, number};
use super::layout::{axes_type, axes_value, positions, union};
use crate::ir::{Axis, NodeId, ReduceRef, Ty};
use crate::ops::Sort;
use proc_macro2::TokenStream;
use quote::quote;

impl Emitter<'_> {
    /// `x.try_sum::<_, Axis<1>>()?`
    pub fn reduce(
        &mut self,
        id: NodeId,
        op: ReduceRef,
        over: &[Axis],
        body: NodeId,
        given: Option<NodeId>,
    ) -> TokenStream {
        let graph = self.plan.graph();
        let condition: &[Axis] = given.map_or(&[], |g| &graph[g].axes);
        let all = union([&graph[body].axes[..], condition, over]);
        let at = positions(over, &all);
        if op.takes == Sort::Bool {
            return self.reduce_conditions(op, &all, &at, body, given);
        }
        let on_tape = self.plan.taped(id);
        let (kind, value) = (axes_type(&at), axes_value(&at));
        match (op.dfdx, given) {
            // dfdx's gradient is wrong unless the operand is contiguous.
            (Some("try_logsumexp"), None) => {
                let x = self.left(body, &all, on_tape);
                quote!(#x.try_contiguous()?.try_logsumexp::<_, #kind>()?)
            }
            (Some("try_logsumexp"), Some(given)) => {
                let (x, mask) = (self.left(body, &all, on_tape), self.operand(given, &all, false).code);
                quote!(ops::logsumexp_given(#x, #mask, #value)?)
            }
            (Some(method), given) => {
                let (x, method) = (self.kept(op, body, given, &all, on_tape), ident(method));
                quote!(#x.#method::<_, #kind>()?)
            }
            (None, given) => {
                let (x, name) = (self.kept(op, body, given, &all, on_tape), ident(op.name));
                quote!(ops::#name(#x, #value)?)
            }
        }
    }

    /// The elements, the neutral one in the place of those that are left out.
    fn kept(
        &mut self,
        op: ReduceRef,
        body: NodeId,
        given: Option<NodeId>,
        all: &[Axis],
        on_tape: bool,
    ) -> TokenStream {
        let Some(given) = given else { return self.left(body, all, on_tape) };
        let neutral = number(op.neutral).code;
        if self.plan.is_scalar(body) {
            let (mask, dtype) = (self.operand(given, all, false).code, self.generics.dtype.clone());
            let value = self.host(body, &Indices::none()).code;
            return quote!(ops::pick::<_, #dtype, _>(#mask, #value, #neutral)?);
        }
        let (x, mask) = (self.left(body, all, on_tape), self.operand(given, all, false).code);
        quote!(ops::keep(#x, #mask, #neutral)?)
    }

    /// `any` and `all`: an element left out is as good as the neutral one.
    fn reduce_conditions(
        &mut self,
        op: ReduceRef,
        all: &[Axis],
        at: &[usize],
        body: NodeId,
        given: Option<NodeId>,
    ) -> TokenStream {
        debug_assert_eq!(self.plan.graph()[body].ty, Ty::Bool);
        let x = self.operand(body, all, false).code;
        let given = given.map(|given| {
            let mask = self.operand(given, all, false).code;
            if op.neutral == 0.0 { quote!(& #mask) } else { quote!(| !#mask) }
        });
        let (name, dtype, axes) = (ident(op.name), &self.generics.dtype, axes_value(at));
        quote!(ops::#name::<#dtype, _, _, _, _>(#x #given, #axes)?)
    }
}
