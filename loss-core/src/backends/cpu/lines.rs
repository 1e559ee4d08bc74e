//! Operations on whole lines: orders and running sums.

use super::access::times;
use super::body::Body;
use super::expr::constant;
use super::frame::Frame;
use super::names::ident;
use crate::ir::loops::{Along, AlongOp, ArrayId, Place};
use crate::ir::{Axis, Running};
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::BTreeMap;

impl Body<'_> {
    /// An operation on whole lines.
    pub fn along(&self, along: &Along) -> TokenStream {
        let Along { op, axis, loops, from, weights, to, .. } = along;
        let frame = Frame::new(self, (loops.clone(), None), &BTreeMap::new(), &[])
            .expect("plain loops can do everything");
        let line = |array: ArrayId, axes: &[Axis]| {
            let info = &self.code.kernel.arrays[array.0];
            let place = axes.iter().position(|a| a == axis).unwrap_or(0);
            let step = self.code.scope.product_of(&info.axes[place + 1..]);
            let start = self.line_start(&frame, array, axes, *axis);
            quote!(Line { start: #start, step: #step })
        };
        let (source, target) = (line(from.0, &from.1), line(to.0, &to.1));
        let (len, cpu, scratch) =
            (self.code.scope.size(axis.set), &self.code.scope.cpu, &self.code.scope.scratch);
        let (read, write) = (self.read_whole(from.0), self.array(to.0));
        let (source, target) = (quote!((#read, #source)), quote!((&mut #write[..], #target)));
        frame.looped(match (op, weights) {
            (AlongOp::Running { what, backward }, weights) => {
                let name = ident(what.name());
                let weights = weights.as_ref().map(|w| (self.read_whole(w.0), line(w.0, &w.1)));
                let more = match (what, weights) {
                    (Running::Fading | Running::Standing, Some((read, line))) => {
                        quote!(Some((#read, #line)),)
                    }
                    (Running::Fading | Running::Standing, None) => quote!(None,),
                    (Running::Before(op), _) => {
                        let first = constant(op.neutral).code;
                        quote!(#first,)
                    }
                    _ => quote!(),
                };
                quote!(running::#name(#cpu, Way { len: #len, backward: #backward }, #source, #more #target);)
            }
            (op, _) => {
                let op = ident(match op {
                    AlongOp::Argsort => "Argsort",
                    AlongOp::Rank => "Rank",
                    AlongOp::Cumsum { backward: false } => "Cumsum",
                    _ => "CumsumBackward",
                });
                quote!(along::along(Along::#op, #len, #source, #target, #scratch);)
            }
        })
    }

    /// All of an array that a line is read from.
    fn read_whole(&self, array: ArrayId) -> TokenStream {
        let name = self.array(array);
        match self.place(array) {
            Place::Input(i) if i == self.code.scope.upstream => {
                let all = self.code.scope.product_of(&self.code.kernel.arrays[array.0].axes);
                quote!(&#name.whole(#all))
            }
            _ => quote!(&#name[..]),
        }
    }

    /// The offset of the first element of a line.
    fn line_start(&self, frame: &Frame, array: ArrayId, axes: &[Axis], along: Axis) -> TokenStream {
        let info = &self.code.kernel.arrays[array.0];
        let row = &self.code.scope.row;
        let mut start: Option<TokenStream> = None;
        for (p, &axis) in axes.iter().enumerate() {
            let size = self.code.scope.size(info.axes[p].set);
            let index = match axis {
                _ if axis == along => None,
                _ if p == 0 && self.is_local(array) => Some(quote!(#row)),
                _ => Some(frame.place_of(axis)),
            };
            start = match (start, index) {
                (None, index) => index,
                (Some(start), None) => Some(times(&start, &size)),
                (Some(start), Some(index)) => {
                    let start = times(&start, &size);
                    Some(quote!(#start + #index))
                }
            };
        }
        start.unwrap_or_else(|| quote!(0))
    }
}
