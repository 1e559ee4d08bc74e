//! The stages of a kernel: for each, a type that holds what it reads, and the call that runs it.

use super::body::{alongs, targets};
use super::names::{Scope, ident};
use crate::ir::loops::{ArrayId, How, Kernel, Place, Rows, Stage, Target};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use std::collections::BTreeSet;

/// A kernel and its names.
pub struct Code<'k> {
    /// The names of all kernels.
    pub scope: &'k Scope<'k>,
    /// The kernel.
    pub kernel: &'k Kernel,
    /// The names of its arrays.
    pub arrays: Vec<Ident>,
    /// The inputs that gradients may be wanted of.
    pub differentiable: &'k [usize],
    /// Whether an error ends the method; there is nobody to take one on the way back.
    pub fallible: bool,
}

/// A kernel as code.
pub struct Printed {
    /// The types of its stages.
    pub items: TokenStream,
    /// The statements that run it.
    pub calls: TokenStream,
}

impl<'k> Code<'k> {
    /// All stages; the types are called `name`, `name2`, ..
    pub fn print(&self, name: &str) -> Printed {
        let mut printed = Printed { items: TokenStream::new(), calls: self.allocations() };
        for (i, stage) in self.kernel.stages.iter().enumerate() {
            match stage {
                Stage::Rows(rows) => {
                    let name = stage_name(name, i);
                    let (fields, item) = self.item(&name, rows);
                    printed.items.extend(item);
                    printed.calls.extend(self.call(&name, rows, &fields));
                }
                Stage::Product(product) => printed.calls.extend(self.product(product)),
                Stage::Repeat(repeat) => {
                    let Printed { items, calls } = self.repeat(&stage_name(name, i).to_string(), repeat);
                    printed.items.extend(items);
                    printed.calls.extend(calls);
                }
                Stage::Call(call) => printed.calls.extend(self.host_call(call)),
            }
        }
        printed
    }

    /// What has to hold for something that is needed for these gradients; `None`: it always does.
    pub fn needed(&self, by: &[usize]) -> Option<TokenStream> {
        if by.is_empty() || self.differentiable.iter().all(|d| by.contains(d)) {
            return None;
        }
        let wanted = &self.scope.wanted;
        let places = self.differentiable.iter().enumerate().filter(|(_, d)| by.contains(d));
        let conditions = places.map(|(i, _)| {
            let i = Literal::usize_unsuffixed(i);
            quote!(#wanted[#i])
        });
        conditions.reduce(|a, b| quote!(#a || #b))
    }

    /// Whether the caller of the kernel wants a gradient in any case.
    pub fn is_always_wanted(&self, gradient: ArrayId) -> bool {
        match self.kernel.arrays[gradient.0].place {
            Place::Gradient(input) => self.needed(&[input]).is_none(),
            _ => true,
        }
    }

    /// Whether an array is a sum over all rows of a stage.
    pub fn is_sum(&self, rows: &Rows, array: ArrayId) -> bool {
        let sums = |t: &Target| t.across && self.kernel.arrays[array.0].axes.is_empty() && adds(t.how);
        targets(rows).any(|t| t.array == array && sums(t))
    }

    /// Arrays that a stage writes to memory, and those that are sums.
    pub fn outs(&self, rows: &Rows) -> (Vec<ArrayId>, Vec<ArrayId>) {
        let all: BTreeSet<ArrayId> =
            targets(rows).map(|t| t.array).chain(alongs(rows).map(|a| a.to.0)).collect();
        let memory = all.into_iter().filter(|a| self.kernel.arrays[a.0].place != Place::Row);
        memory.partition(|&a| !self.is_sum(rows, a))
    }

    pub fn across(&self, rows: &Rows, array: ArrayId) -> Option<How> {
        targets(rows).find(|t| t.array == array && t.across).map(|t| t.how)
    }

    /// Memory for what the kernel makes.
    fn allocations(&self) -> TokenStream {
        let stages = self.kernel.stages.iter();
        let reduced = stages.filter_map(|s| if let Stage::Rows(rows) = s { Some(rows) } else { None });
        let across: BTreeSet<ArrayId> =
            reduced.flat_map(targets).filter(|t| t.across).map(|t| t.array).collect();
        let mut code = TokenStream::new();
        for (i, array) in self.kernel.arrays.iter().enumerate() {
            let (name, len) = (&self.arrays[i], self.scope.product_of(&array.axes));
            if across.contains(&ArrayId(i)) {
                continue;
            }
            code.extend(match array.place {
                // The caller decides whether this one is wanted.
                Place::Value if !array.axes.is_empty() => {
                    let how = &self.scope.how;
                    quote!(let mut #name = #how.memory(#len);)
                }
                Place::Value | Place::Saved(_) | Place::Global if self.is_written(ArrayId(i)) => {
                    // Who gives it does not tell the type.
                    let ty = self.is_given(ArrayId(i)).then(|| {
                        let real = &self.scope.float;
                        quote!(: kernel::pool::Buffer<#real>)
                    });
                    quote!(let mut #name #ty = kernel::pool::Buffer::any(#len);)
                }
                _ => TokenStream::new(),
            });
        }
        code
    }

    fn is_given(&self, array: ArrayId) -> bool {
        let gives =
            |stage: &Stage| matches!(stage, Stage::Call(call) if call.gives.iter().any(|g| g.1 == array));
        self.kernel.stages.iter().any(gives)
    }

    fn is_written(&self, array: ArrayId) -> bool {
        self.kernel.stages.iter().any(|stage| match stage {
            Stage::Rows(rows) => {
                targets(rows).any(|t| t.array == array) || alongs(rows).any(|a| a.to.0 == array)
            }
            Stage::Product(product) => product.to == array,
            Stage::Repeat(repeat) => repeat.carried.iter().any(|c| c.last == Some(array)),
            Stage::Call(call) => call.gives.iter().any(|g| g.1 == array),
        })
    }
}

fn adds(how: How) -> bool {
    matches!(how, How::Add) || matches!(how, How::Reduce(op) if op.name == "sum")
}

/// The name of a stage's type.
fn stage_name(name: &str, position: usize) -> Ident {
    if position == 0 { ident(name) } else { ident(&format!("{name}{}", position + 1)) }
}
