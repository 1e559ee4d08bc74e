//! The statements of a body.

use super::emitter::Emitter;
use super::host::Indices;
use super::ledger::{Origin, Var};
use crate::ir::{Axis, NodeId, NodeKind, Ty};
use proc_macro2::TokenStream;
use quote::quote;

impl Emitter<'_> {
    /// The statements, then the value over its samples.
    pub fn body(&mut self) -> (TokenStream, TokenStream) {
        let statements = self.block(None);
        let value = self.plan.program.value;
        let samples = self.plan.graph()[value].axes.clone();
        let operand = self.operand(value, &samples, true);
        let taped = self.plan.taped(value);
        // An untaped value gets the recorded tape put on by the caller.
        let value = if taped { self.lifted(operand, true) } else { operand.code };
        (statements, value)
    }

    /// The statements of a loop's body, or of the method's.
    pub fn block(&mut self, within: Option<usize>) -> TokenStream {
        let mut code = TokenStream::new();
        let plan = self.plan;
        for id in plan.nodes().filter(|&id| plan.loop_of(id) == within) {
            if let NodeKind::LoopOut { id: l, .. } = plan.graph()[id].kind {
                if self.first_out(l) == Some(id) {
                    code.extend(self.repeat(l));
                }
                continue;
            }
            code.extend(self.scalar_let(id));
            // What the host holds is uploaded from there; what the device holds is read from there.
            let (table, on_host) = (self.tabled(id), plan.on_host(id));
            if table && on_host {
                code.extend(self.table_let(id));
            }
            if self.bound(id) {
                code.extend(self.tensor_let(id));
            }
            if table && !on_host {
                code.extend(self.table_let(id));
            }
        }
        code
    }

    /// `let lse = ..;`, and `let lse_value = ..;` if its values outlive its tape.
    fn tensor_let(&mut self, id: NodeId) -> TokenStream {
        let (code, layout) = self.define(id);
        let axes = self.plan.graph()[id].axes.clone();
        let code = self.arrange(code, &layout, &axes);
        let var = Var::Node(id);
        let name = self.name(var);
        let alias = self.alias_let(var);
        quote!(let #name = #code; #alias)
    }

    /// `let x_value = x.retaped::<NoneTape>();` if the values of `x` are needed after its tape has gone.
    pub fn alias_let(&mut self, var: Var) -> TokenStream {
        if !self.var_taped(var) || !self.ledger.needs_alias(var, self.home(var)) {
            return TokenStream::new();
        }
        let (name, alias) = (self.name(var), self.name(var.value()));
        quote!(let #alias = #name.retaped::<NoneTape>();)
    }

    /// `let count = ..;` for a number or condition on the host.
    fn scalar_let(&mut self, id: NodeId) -> TokenStream {
        if !self.scalar_bound(id) {
            return TokenStream::new();
        }
        let code = self.host_definition(id, &Indices::none()).code;
        let name = self.name(Var::Scalar(id));
        quote!(let #name = #code;)
    }

    /// `let order = host::read_real(&x).argsort(1);` and other arrays on the host.
    fn table_let(&mut self, id: NodeId) -> TokenStream {
        let axes = self.plan.graph()[id].axes.clone();
        let code = match self.plan.graph()[id].kind.clone() {
            NodeKind::Argsort(body, axis) => self.ordered(body, axis, &axes, quote!(argsort)),
            NodeKind::Rank(body, axis) => self.ordered(body, axis, &axes, quote!(rank)),
            NodeKind::Host(call, args) => self.host_indices(&call, &args, &axes),
            _ if !self.plan.on_host(id) => {
                let mask = self.borrowed(id, &axes);
                quote!(host::read(&#mask))
            }
            _ => self.host_table(id, &axes),
        };
        let name = self.name(Var::Table(Origin::Node(id)));
        quote!(let #name = #code;)
    }

    fn ordered(&mut self, body: NodeId, axis: Axis, axes: &[Axis], method: TokenStream) -> TokenStream {
        let values = self.numbers_on_host(body, axes);
        let at = proc_macro2::Literal::usize_unsuffixed(super::layout::positions(&[axis], axes)[0]);
        quote!(#values.#method(#at))
    }

    /// Real numbers in an array on the host.
    pub fn numbers_on_host(&mut self, id: NodeId, axes: &[Axis]) -> TokenStream {
        if self.plan.on_host(id) {
            return self.host_table(id, axes);
        }
        let x = self.borrowed(id, axes);
        quote!(host::read_real(&#x))
    }

    fn host_table(&mut self, id: NodeId, axes: &[Axis]) -> TokenStream {
        let (pattern, indices) = self.closure(axes, &Indices::none());
        let element = self.host_definition(id, &indices).code;
        let sizes = self.sizes(axes);
        quote!(host::table(#sizes, |#pattern| #element))
    }

    /// A node computed on the host, as a tensor.
    pub fn upload(&mut self, id: NodeId) -> TokenStream {
        self.uploads = true;
        let node = &self.plan.graph()[id];
        let (axes, ty) = (node.axes.clone(), node.ty);
        let (pattern, indices) = self.closure(&axes, &Indices::none());
        let element = if self.tabled(id) || self.scalar_bound(id) {
            self.host(id, &indices).code
        } else {
            self.host_definition(id, &indices).code
        };
        let (on, shape) = (&self.names.upload, self.shape(&axes));
        match ty {
            Ty::Real => quote!(#on.real(&#shape, |#pattern| #element)?),
            Ty::Bool => quote!(#on.mask(&#shape, |#pattern| #element)?),
            Ty::Index(_) => quote!(#on.index(&#shape, |#pattern| #element)?),
        }
    }

    /// A scalar as a tensor.
    pub fn full(&mut self, id: NodeId, axes: &[Axis]) -> TokenStream {
        self.uploads = true;
        let value = self.host(id, &Indices::none()).code;
        let (on, shape) = (&self.names.upload, self.shape(axes));
        quote!(#on.full(&#shape, #value)?)
    }

    /// The first result of a loop: where the loop is written.
    pub fn first_out(&self, l: usize) -> Option<NodeId> {
        let out =
            |&id: &NodeId| matches!(self.plan.graph()[id].kind, NodeKind::LoopOut { id, .. } if id == l);
        self.plan.nodes().find(out)
    }
}
