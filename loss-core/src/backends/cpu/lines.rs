//! Operations on whole lines: orders and running sums.

use super::access::times;
use super::body::Body;
use super::frame::Frame;
use super::names::ident;
use crate::ir::Axis;
use crate::ir::loops::{Along, AlongOp, ArrayId, Place};
use proc_macro2::TokenStream;
use quote::quote;

impl Body<'_> {
    /// An operation on whole lines.
    pub fn along(&self, along: &Along) -> TokenStream {
        let Along { op, axis, loops, from, to, .. } = along;
        let frame = Frame::new(self, loops.clone(), None, &[]).expect("plain loops can do everything");
        let line = |array: ArrayId, axes: &[Axis]| {
            let info = &self.code.kernel.arrays[array.0];
            let place = axes.iter().position(|a| a == axis).unwrap_or(0);
            let step = self.code.scope.product_of(&info.axes[place + 1..]);
            let start = self.line_start(&frame, array, axes, *axis);
            quote!(Line { start: #start, step: #step })
        };
        let (source, target) = (line(from.0, &from.1), line(to.0, &to.1));
        let op = ident(match op {
            AlongOp::Argsort => "Argsort",
            AlongOp::Rank => "Rank",
            AlongOp::Cumsum { backward: false } => "Cumsum",
            AlongOp::Cumsum { backward: true } => "CumsumBackward",
        });
        let (read, write, len) = (self.array(from.0), self.array(to.0), self.code.scope.size(axis.set));
        let scratch = &self.code.scope.scratch;
        let read = match self.place(from.0) {
            Place::Input(i) if i == self.code.scope.upstream => {
                let all = self.code.scope.product_of(&self.code.kernel.arrays[from.0.0].axes);
                quote!(&#read.whole(#all))
            }
            _ => quote!(&#read[..]),
        };
        frame.looped(
            quote!(along::along(Along::#op, #len, (#read, #source), (&mut #write[..], #target), #scratch);),
        )
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
