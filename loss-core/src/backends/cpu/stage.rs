//! A stage as code: the type that holds what it reads, and what it does with its rows.

use super::access::times;
use super::body::{Body, Mode, alongs, nests, targets};
use super::kernel::Code;
use super::names::{ident, mentions};
use crate::ir::loops::{AlongOp, ArrayId, Place, Rows};
use crate::ir::{Axis, SetId, Ty};
use crate::syntax::ast::HyperType;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use std::collections::BTreeSet;

/// A stage's code and the memory that it needs.
struct Ways {
    body: TokenStream,
    memory: TokenStream,
}

impl Code<'_> {
    /// `struct Forward<'a, F> { .. }` with its `impl Rows`, and the names of its fields.
    pub fn item(&self, name: &Ident, rows: &Rows) -> (Vec<Ident>, TokenStream) {
        let scope = self.scope;
        let Ways { body, memory } = self.ways(rows);
        let (outs, sums) = self.outs(rows);
        let (out_names, sum_names) = (self.names(&outs), self.names(&sums));
        let [out_count, sum_count] = [outs.len(), sums.len()].map(Literal::usize_unsuffixed);
        let written: Vec<ArrayId> = outs.iter().chain(&sums).copied().collect();
        let (names, types) = self.fields(&quote!(#body #memory), &written);
        let (cpu, range, scratch) = (&scope.cpu, &scope.rows, &scope.scratch);
        let (life, anonymous) = match types.iter().any(|t| t.to_string().contains('\'')) {
            true => (quote!('a,), quote!('_,)),
            false => (TokenStream::new(), TokenStream::new()),
        };
        let unpacked = |code: &TokenStream| {
            let asked: Vec<&Ident> = names.iter().filter(|name| mentions(code, name)).collect();
            let rest = (asked.len() < names.len()).then(|| quote!(..));
            (!asked.is_empty()).then(|| quote!(let Self { #(#asked,)* #rest } = *self;))
        };
        let (for_memory, for_body) = (unpacked(&memory), unpacked(&body));
        let item = quote! {
            pub struct #name<#life F> { #(pub #names: #types,)* }
            impl<F: Float> Rows<F, #out_count, #sum_count> for #name<#anonymous F> {
                fn scratch(&self) -> usize {
                    #for_memory
                    #memory
                }

                #[inline(always)]
                fn rows<A: Arch>(
                    &self,
                    #cpu: A,
                    #range: Range<usize>,
                    [#(#out_names),*]: [&mut [F]; #out_count],
                    #scratch: &mut [F],
                ) -> [f64; #sum_count] {
                    #for_body
                    #(let mut #sum_names = 0.0;)*
                    #body
                    [#(#sum_names),*]
                }
            }
        };
        (names, item)
    }

    /// What some code reads that it does not write itself.
    fn fields(&self, code: &TokenStream, written: &[ArrayId]) -> (Vec<Ident>, Vec<TokenStream>) {
        let scope = self.scope;
        let sizes = scope.variable_sizes().map(|size| (size, quote!(usize)));
        let hypers = scope.hypers.iter().zip(&scope.program.hypers).map(|(name, info)| match info.ty {
            HyperType::Array(n) => {
                let n = Literal::usize_unsuffixed(n);
                (name, quote!([F; #n]))
            }
            _ => (name, quote!(F)),
        });
        let outer = (0..self.arrays.len())
            .filter(|&i| self.kernel.arrays[i].place != Place::Row && !written.contains(&ArrayId(i)))
            .map(|i| (&self.arrays[i], self.field_type(i)));
        let count = Literal::usize_unsuffixed(self.differentiable.len());
        let wanted = (&scope.wanted, quote!([bool; #count]));
        let all = sizes.chain(hypers).chain(outer).chain([wanted]);
        let mut fields: Vec<(Ident, TokenStream)> =
            all.filter(|field| mentions(code, field.0)).map(|(name, ty)| (name.clone(), ty)).collect();
        // A stage may read no number of the caller's at all.
        if !fields.iter().any(|field| mentions(&field.1, &ident("F"))) {
            fields.push((ident("real"), quote!(PhantomData<F>)));
        }
        fields.into_iter().unzip()
    }

    fn field_type(&self, array: usize) -> TokenStream {
        let info = &self.kernel.arrays[array];
        match (info.place, info.ty) {
            (Place::Input(i), _) if i == self.scope.upstream => quote!(Upstream<'a, F>),
            (Place::Input(_), Ty::Index(_)) => quote!(&'a [usize]),
            (Place::Input(_), Ty::Bool) => quote!(&'a [bool]),
            _ => quote!(&'a [F]),
        }
    }

    fn names(&self, arrays: &[ArrayId]) -> Vec<&Ident> {
        arrays.iter().map(|a| &self.arrays[a.0]).collect()
    }

    /// The best way to do a stage, or two of them with the choice between them.
    fn ways(&self, rows: &Rows) -> Ways {
        if let Some(body) = Body::print(self, rows, Mode::Elements) {
            return Ways { body, memory: quote!(0) };
        }
        let body = Body::print(self, rows, Mode::Rows).expect("row by row everything can be done");
        let (split, memory) = self.memory(rows, Mode::Rows);
        let long = Ways { body: quote!(#split #body), memory };
        let axes: BTreeSet<Axis> = nests(rows).iter().flat_map(|n| n.loops.clone()).collect();
        let short = Body::print(self, rows, Mode::Lanes).filter(|_| !axes.is_empty());
        let Some(body) = short else { return long };
        let (split, memory) = self.memory(rows, Mode::Lanes);
        let sizes = axes.iter().map(|a| self.scope.size(a.set));
        let mut conditions: Vec<TokenStream> = sizes.map(|size| quote!(#size < SHORT)).collect();
        conditions.dedup_by_key(|c| c.to_string());
        let Ways { body: long_body, memory: long_memory } = long;
        let memory = match memory.to_string() == "0" && long_memory.to_string() == "0" {
            true => memory,
            false => quote!(if #(#conditions)&&* { #memory } else { #long_memory }),
        };
        Ways { body: quote!(if #(#conditions)&&* { #split #body } else { #long_body }), memory }
    }

    /// Statements that cut up the memory of a chunk, and how much it is.
    fn memory(&self, rows: &Rows, mode: Mode) -> (TokenStream, TokenStream) {
        let scratch = &self.scope.scratch;
        let (mut split, mut sum) = (TokenStream::new(), vec![]);
        let made: BTreeSet<ArrayId> =
            targets(rows).map(|t| t.array).chain(alongs(rows).map(|a| a.to.0)).collect();
        for array in made {
            let info = &self.kernel.arrays[array.0];
            let elsewhere = info.home.is_some_and(|home| self.is_always_wanted(home));
            if info.place != Place::Row || mode == Mode::Rows && (info.axes.is_empty() || elsewhere) {
                continue;
            }
            let (name, len) = (&self.arrays[array.0], self.scope.product_of(&info.axes));
            let len = match (mode, info.axes.is_empty()) {
                (Mode::Rows, _) => len,
                (_, true) => quote!(LANES),
                (_, false) => times(&len, &quote!(LANES)),
            };
            split.extend(quote!(let (#name, #scratch) = #scratch.split_at_mut(#len);));
            sum.push(len);
        }
        let copied = alongs(rows).filter(|a| !matches!(a.op, AlongOp::Running { .. }));
        let lines: BTreeSet<SetId> = copied.map(|a| a.axis.set).collect();
        let longest = lines.into_iter().map(|set| self.scope.size(set)).reduce(|a, b| quote!(#a.max(#b)));
        sum.extend(longest.map(|len| quote!(along::memory(#len))));
        let sum = sum.into_iter().reduce(|a, b| quote!(#a + #b)).unwrap_or_else(|| quote!(0));
        (split, sum)
    }
}
