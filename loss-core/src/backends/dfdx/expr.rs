//! Tensor operations, one node at a time.

use super::emitter::Emitter;
use super::host::Indices;
use super::layout::{axes_type, positions};
use super::ledger::Want;
use super::plan::View;
use crate::ir::{Axis, Direction, NodeId, NodeKind, OpRef, Ty};
use crate::ops::{Dfdx, Swap};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

/// Code for a tensor, and its axes in order.
pub type Laid = (TokenStream, Vec<Axis>);

impl Emitter<'_> {
    /// The expression that a stored node is.
    pub fn define(&mut self, id: NodeId) -> Laid {
        let plan = self.plan;
        let axes = plan.graph()[id].axes.clone();
        if plan.on_host(id) {
            return (self.upload(id), axes);
        }
        if let Some(softmax) = plan.softmax(id) {
            let x = self.operand(softmax.of, &axes, plan.taped(id)).code;
            let (method, over) = (ident(softmax.method), axes_type(&positions(&softmax.over, &axes)));
            // dfdx's gradient of a softmax is wrong unless the operand is contiguous.
            return (quote!(#x.try_contiguous()?.#method::<#over>()?), axes);
        }
        match &plan.graph()[id].kind {
            NodeKind::Op(op, args) => (self.op(id, *op, args, &axes), axes),
            NodeKind::Reduce { op, over, body, given } => (self.reduce(id, *op, over, *body, *given), axes),
            NodeKind::Contract { over, lhs, rhs } => self.contract(id, over, *lhs, *rhs),
            NodeKind::Gather { body, axis, index } => self.gather(id, *body, *axis, *index),
            NodeKind::Cumsum(body, axis, way) => self.cumsum(id, *body, *axis, *way),
            NodeKind::Host(call, args) => self.host_numbers(id, call, args),
            kind => unreachable!("{kind:?} is a leaf or a view"),
        }
    }

    fn op(&mut self, id: NodeId, op: OpRef, args: &[NodeId], axes: &[Axis]) -> TokenStream {
        let on_tape = self.plan.taped(id);
        match op.dfdx {
            Dfdx::Method(method) => {
                let (x, method) = (self.left(args[0], axes, on_tape), ident(method));
                quote!(#x.#method()?)
            }
            Dfdx::Binary { method, swap } => self.binary(method, swap, args[0], args[1], axes, on_tape),
            Dfdx::Compare { method, mirrored } => self.compare(method, mirrored, args[0], args[1], axes),
            Dfdx::Logic(symbol) => self.logic(symbol, args[0], args[1], axes),
            Dfdx::Not => {
                let x = self.operand(args[0], axes, false).code;
                quote!((!#x))
            }
            Dfdx::Function(name) => self.function(name, args, axes, on_tape),
            Dfdx::Choose => self.choose(id, args, axes, on_tape),
            Dfdx::Detach => {
                let x = self.operand(args[0], axes, false).code;
                match &self.generics.tape {
                    Some(tape) => quote!(tape::unlinked::<#tape, _, _, _>(#x)?),
                    None => x,
                }
            }
            Dfdx::Host => unreachable!("`{}` takes what is on the host only", op.name),
        }
    }

    /// Whether a node is a number that needs no tensor.
    fn number(&self, id: NodeId) -> bool {
        self.plan.is_scalar(id) && self.plan.graph()[id].ty == Ty::Real
    }

    /// A number in the dtype of the tensors.
    fn real(&mut self, id: NodeId) -> TokenStream {
        let value = self.host(id, &Indices::none()).code;
        let dtype = &self.generics.dtype;
        quote!(ops::real::<#dtype>(#value))
    }

    fn binary(
        &mut self,
        method: &str,
        swap: Swap,
        a: NodeId,
        b: NodeId,
        axes: &[Axis],
        on_tape: bool,
    ) -> TokenStream {
        let name = ident(method);
        match (self.number(a), self.number(b)) {
            (false, true) if swap != Swap::Fill => {
                let (x, s) = (self.left(a, axes, on_tape), self.real(b));
                quote!(#x.#name(#s)?)
            }
            (true, false) if swap != Swap::Fill => {
                let (x, s) = (self.left(b, axes, on_tape), self.real(a));
                match swap {
                    Swap::NegateAdd => quote!(#x.try_negate()?.try_add(#s)?),
                    Swap::RecipMul => quote!(#x.try_recip()?.try_mul(#s)?),
                    Swap::Commute | Swap::Fill => quote!(#x.#name(#s)?),
                }
            }
            _ if a == b && method == "try_mul" => {
                let x = self.left(a, axes, on_tape);
                quote!(#x.try_square()?)
            }
            _ => {
                // The left operand owns the tape.
                let exchange =
                    on_tape && !self.plan.taped(a) && swap != Swap::NegateAdd && swap != Swap::RecipMul;
                let (a, b) = if exchange { (b, a) } else { (a, b) };
                let (x, y) = self.pair(a, b, axes, on_tape);
                quote!(#x.#name(#y)?)
            }
        }
    }

    /// Two operands of one operation: the left one on the tape, both with identities of their own.
    pub fn pair(&mut self, a: NodeId, b: NodeId, axes: &[Axis], on_tape: bool) -> (TokenStream, TokenStream) {
        let x = self.left(a, axes, on_tape);
        let y = self.operand(b, axes, on_tape);
        (x, self.beside(y, b, &[a], on_tape).code)
    }

    fn compare(&mut self, method: &str, mirrored: &str, a: NodeId, b: NodeId, axes: &[Axis]) -> TokenStream {
        let (method, mirrored) = (ident(method), ident(mirrored));
        match (self.number(a), self.number(b)) {
            (false, true) => {
                let (x, s) = (self.borrowed(a, axes), self.real(b));
                quote!(#x.#method(#s)?)
            }
            (true, false) => {
                let (x, s) = (self.borrowed(b, axes), self.real(a));
                quote!(#x.#mirrored(#s)?)
            }
            _ => {
                // Both have to be off the tape: dfdx compares tensors of one tape type only.
                let (x, y) = (self.off_tape(a, axes), self.off_tape(b, axes));
                self.hold(a, axes);
                quote!(#x.#method(&#y)?)
            }
        }
    }

    fn off_tape(&mut self, id: NodeId, axes: &[Axis]) -> TokenStream {
        if self.plan.root_taped(id) { self.operand(id, axes, false).code } else { self.borrowed(id, axes) }
    }

    /// What was borrowed for a call is so until its other operands are written: none of them may move it.
    fn hold(&mut self, id: NodeId, axes: &[Axis]) {
        let View { root, layout } = self.plan.view(id);
        if layout == axes
            && !self.plan.root_taped(id)
            && let Some(var) = self.var_of(root)
        {
            self.take(var, Want::Borrowed);
        }
    }

    fn logic(&mut self, symbol: &str, a: NodeId, b: NodeId, axes: &[Axis]) -> TokenStream {
        let symbol: TokenStream = symbol.parse().expect("an operator of the table");
        let (a, b) = if self.plan.is_scalar(a) { (b, a) } else { (a, b) };
        let x = self.operand(a, axes, false).code;
        let y = if self.plan.is_scalar(b) {
            self.host(b, &Indices::none()).tight()
        } else {
            self.operand(b, axes, false).code
        };
        quote!((#x #symbol #y))
    }

    /// `ops::pow(x, 2.5)?`, or `ops::pow_each(x, y)?` if a further operand is a tensor.
    fn function(&mut self, name: &str, args: &[NodeId], axes: &[Axis], on_tape: bool) -> TokenStream {
        let (first, rest) = (args[0], &args[1..]);
        let x = self.left(first, axes, on_tape);
        if name == "pow" && self.plan.graph().as_const(rest[0]) == Some(2.0) {
            return quote!(#x.try_square()?);
        }
        if rest.iter().all(|&a| self.number(a)) {
            let name = ident(name);
            let rest: Vec<TokenStream> = rest.iter().map(|&a| self.host(a, &Indices::none()).code).collect();
            return quote!(ops::#name(#x #(, #rest)*)?);
        }
        let name = format_ident!("{}_each", name);
        let mut codes = vec![x];
        for (i, &a) in rest.iter().enumerate() {
            let operand = self.operand(a, axes, on_tape);
            let operand = self.beside(operand, a, &args[..=i], on_tape);
            codes.push(self.lifted(operand, on_tape));
        }
        quote!(ops::#name(#(#codes),*)?)
    }

    fn choose(&mut self, id: NodeId, args: &[NodeId], axes: &[Axis], on_tape: bool) -> TokenStream {
        let &[c, a, b] = args else { unreachable!("a choice has three operands") };
        if self.plan.graph()[id].ty == Ty::Bool {
            let codes: Vec<TokenStream> = args.iter().map(|&x| self.operand(x, axes, false).code).collect();
            let dtype = &self.generics.dtype;
            return quote!(ops::choose_mask::<#dtype, _, _>(#(#codes),*)?);
        }
        match (self.number(a), self.number(b)) {
            (true, true) => {
                let (mask, dtype) = (self.operand(c, axes, false).code, &self.generics.dtype.clone());
                let (yes, no) = (self.host(a, &Indices::none()).code, self.host(b, &Indices::none()).code);
                quote!(ops::pick::<_, #dtype, _>(#mask, #yes, #no)?)
            }
            (false, true) => {
                let (x, mask) = (self.left(a, axes, on_tape), self.operand(c, axes, false).code);
                let other = self.host(b, &Indices::none()).code;
                quote!(ops::keep(#x, #mask, #other)?)
            }
            (true, false) => {
                let (x, mask) = (self.left(b, axes, on_tape), self.operand(c, axes, false).code);
                let other = self.host(a, &Indices::none()).code;
                quote!(ops::keep(#x, !#mask, #other)?)
            }
            (false, false) => {
                let mask = self.operand(c, axes, false).code;
                let exchange = on_tape && !self.plan.taped(a);
                let (mask, a, b) = if exchange { (quote!((!#mask)), b, a) } else { (mask, a, b) };
                let (x, y) = self.pair(a, b, axes, on_tape);
                quote!(#mask.try_choose(#x, #y)?)
            }
        }
    }

    fn cumsum(&mut self, id: NodeId, body: NodeId, axis: Axis, way: Direction) -> Laid {
        let mut order: Vec<Axis> =
            self.plan.graph()[id].axes.iter().filter(|a| **a != axis).copied().collect();
        order.push(axis);
        let x = self.left(body, &order, self.plan.taped(id));
        match way {
            Direction::Forward => (quote!(ops::cumsum(#x)?), order),
            Direction::Backward => (quote!(ops::cumsum_backward(#x)?), order),
        }
    }
}

/// A name that generated code uses.
pub fn ident(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
