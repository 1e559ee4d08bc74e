//! The stages of a kernel: for each, a type that holds what it reads, and the call that runs it.

use super::body::{Body, Mode, alongs, nests, targets};
use super::expr::constant;
use super::names::{Scope, ident, mentions};
use super::sink::neutral;
use crate::ir::loops::{ArrayId, How, Kernel, Place, Rows, Stage, Target};
use crate::ir::{Axis, Ty};
use crate::syntax::ast::HyperType;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use std::collections::BTreeSet;

/// At most so many chunks have arrays of their own.
const MOST_PARTS: usize = 64;

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
                    let name = if i == 0 { ident(name) } else { ident(&format!("{name}{}", i + 1)) };
                    let (fields, item) = self.item(&name, rows);
                    printed.items.extend(item);
                    printed.calls.extend(self.call(&name, rows, &fields));
                }
                Stage::Product(product) => printed.calls.extend(self.product(product)),
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

    /// Whether an array is a sum over all rows of a stage.
    pub fn is_sum(&self, rows: &Rows, array: ArrayId) -> bool {
        let sums = |t: &Target| t.across && self.kernel.arrays[array.0].axes.is_empty() && adds(t.how);
        targets(rows).any(|t| t.array == array && sums(t))
    }

    /// Arrays that a stage writes to memory, and those that are sums.
    fn outs(&self, rows: &Rows) -> (Vec<ArrayId>, Vec<ArrayId>) {
        let all: BTreeSet<ArrayId> =
            targets(rows).map(|t| t.array).chain(alongs(rows).map(|a| a.to.0)).collect();
        let memory = all.into_iter().filter(|a| self.kernel.arrays[a.0].place != Place::Row);
        memory.partition(|&a| !self.is_sum(rows, a))
    }

    fn across(&self, rows: &Rows, array: ArrayId) -> Option<How> {
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
                Place::Value if !array.axes.is_empty() => quote!(let mut #name = how.memory(#len);),
                Place::Value | Place::Saved(_) | Place::Global if self.is_written(ArrayId(i)) => {
                    quote!(let mut #name = kernel::pool::Buffer::any(#len);)
                }
                _ => TokenStream::new(),
            });
        }
        code
    }

    fn is_written(&self, array: ArrayId) -> bool {
        self.kernel.stages.iter().any(|stage| match stage {
            Stage::Rows(rows) => {
                targets(rows).any(|t| t.array == array) || alongs(rows).any(|a| a.to.0 == array)
            }
            Stage::Product(product) => product.to == array,
        })
    }

    /// `struct Forward<'a, F> { .. }` with its `impl Rows`, and the names of its fields.
    fn item(&self, name: &Ident, rows: &Rows) -> (Vec<Ident>, TokenStream) {
        let scope = self.scope;
        let Ways { body, memory } = self.ways(rows);
        let (outs, sums) = self.outs(rows);
        let (out_names, sum_names) = (self.names(&outs), self.names(&sums));
        let (out_count, sum_count) =
            (Literal::usize_unsuffixed(outs.len()), Literal::usize_unsuffixed(sums.len()));
        let mentioned = |name: &&Ident| mentions(&body, name) || mentions(&memory, name);
        let mut fields: Vec<(Ident, TokenStream)> = vec![];
        let sizes = scope.variable_sizes().filter(mentioned);
        fields.extend(sizes.map(|size| (size.clone(), quote!(usize))));
        for (hyper, info) in scope.hypers.iter().zip(&scope.program.hypers).filter(|h| mentioned(&h.0)) {
            let ty = match info.ty {
                HyperType::Array(n) => {
                    let n = Literal::usize_unsuffixed(n);
                    quote!([F; #n])
                }
                _ => quote!(F),
            };
            fields.push((hyper.clone(), ty));
        }
        let written = |i: usize| outs.contains(&ArrayId(i)) || sums.contains(&ArrayId(i));
        for (i, array) in self.kernel.arrays.iter().enumerate() {
            let read = array.place != Place::Row && !written(i) && mentioned(&&self.arrays[i]);
            if read {
                fields.push((self.arrays[i].clone(), self.field_type(i)));
            }
        }
        if mentioned(&&scope.wanted) {
            let count = Literal::usize_unsuffixed(self.differentiable.len());
            fields.push((scope.wanted.clone(), quote!([bool; #count])));
        }
        let (names, types): (Vec<Ident>, Vec<TokenStream>) = fields.into_iter().unzip();
        let borrows = types.iter().any(|t| t.to_string().contains('\''));
        let (cpu, range, scratch) = (&scope.cpu, &scope.rows, &scope.scratch);
        let (life, anonymous) =
            if borrows { (quote!('a,), quote!('_,)) } else { (TokenStream::new(), TokenStream::new()) };
        // A stage may read no number of the caller's at all.
        let (marker, marked) = if types.iter().any(|t| mentions(t, &ident("F"))) {
            (TokenStream::new(), TokenStream::new())
        } else {
            (quote!(pub real: PhantomData<F>,), quote!(, ..))
        };
        let marked = if names.is_empty() { quote!(..) } else { marked };
        let asked: Vec<&Ident> = names.iter().filter(|name| mentions(&memory, name)).collect();
        let unpacked = (!asked.is_empty()).then(|| quote!(let Self { #(#asked,)* .. } = *self;));
        let item = quote! {
            pub struct #name<#life F> { #(pub #names: #types,)* #marker }
            impl<F: Float> Rows<F, #out_count, #sum_count> for #name<#anonymous F> {
                fn scratch(&self) -> usize {
                    #unpacked
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
                    let Self { #(#names),* #marked } = *self;
                    #(let mut #sum_names = 0.0;)*
                    #body
                    [#(#sum_names),*]
                }
            }
        };
        let marker = (!marker.is_empty()).then(|| ident("real"));
        (names.into_iter().chain(marker).collect(), item)
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
            if info.place != Place::Row || info.axes.is_empty() && mode == Mode::Rows {
                continue;
            }
            let (name, len) = (&self.arrays[array.0], self.scope.product_of(&info.axes));
            let len = match (mode, info.axes.is_empty()) {
                (Mode::Rows, _) => len,
                (_, true) => quote!(LANES),
                (_, false) => super::access::times(&len, &quote!(LANES)),
            };
            split.extend(quote!(let (#name, #scratch) = #scratch.split_at_mut(#len);));
            sum.push(len);
        }
        let lines: BTreeSet<Axis> = alongs(rows).map(|a| a.axis).collect();
        let longest = lines.iter().map(|a| self.scope.size(a.set)).reduce(|a, b| quote!(#a.max(#b)));
        sum.extend(longest.map(|len| quote!(along::memory(#len))));
        let sum = sum.into_iter().reduce(|a, b| quote!(#a + #b)).unwrap_or_else(|| quote!(0));
        (split, sum)
    }

    /// `let [total] = kernel::rows::run(&kernels::Forward { .. }, plan, [..]);` and what goes with it.
    fn call(&self, name: &Ident, rows: &Rows, fields: &[Ident]) -> TokenStream {
        let (scope, plan) = (self.scope, &self.scope.plan);
        let (outs, sums) = self.outs(rows);
        let count = rows.outer.map_or_else(|| quote!(1), |outer| scope.size(outer.set));
        let widest = nests(rows).into_iter().map(|n| &n.loops).max_by_key(|loops| loops.len());
        let work = widest.map_or_else(|| quote!(1), |loops| scope.product_of(loops));
        let parts = outs.iter().any(|&a| self.across(rows, a).is_some());
        let most = if parts { quote!(#MOST_PARTS) } else { quote!(usize::MAX) };
        let (mut before, mut after, mut arguments) = (TokenStream::new(), TokenStream::new(), vec![]);
        for &array in &outs {
            let (info, own) = (&self.kernel.arrays[array.0], &self.arrays[array.0]);
            let gradient = matches!(info.place, Place::Gradient(_));
            let argument = if gradient { quote!(#own) } else { quote!(&mut #own) };
            let Some(how) = self.across(rows, array) else {
                let inner = &info.axes[usize::from(rows.outer.is_some())..];
                let width = scope.product_of(inner);
                arguments.push(quote!(kernel::rows::Out::rows(#argument, #width)));
                continue;
            };
            let (len, start) = (scope.product_of(&info.axes), neutral_of(how));
            let (memory, merge) = (scope.fresh("parts"), merge_of(how));
            let memory = if gradient { memory } else { own.clone() };
            let wanted = match gradient {
                true => {
                    let chunks = super::access::times(&quote!(#plan.chunks()), &len);
                    quote!(if #own.is_empty() { 0 } else { #chunks })
                }
                false => quote!(#plan.chunks() * #len),
            };
            before.extend(quote!(let mut #memory = kernel::pool::Buffer::filled(#wanted, #start);));
            arguments.push(quote!(kernel::rows::Out::chunks(&mut #memory, #len)));
            after.extend(
                quote!(kernel::merge::merge(&mut #memory, #plan.chunks(), #len, kernel::merge::Merge::#merge);),
            );
            if gradient {
                after.extend(quote!(kernel::merge::add_all(#own, &#memory);));
            }
        }
        let sum_names: Vec<Ident> = sums.iter().map(|&a| self.sum_name(a)).collect();
        after.extend(sums.iter().zip(&sum_names).map(|(&a, name)| self.keep_sum(a, name)));
        let values = fields.iter().map(|field| self.field_value(field));
        let run = quote!(kernel::rows::run(&kernels::#name { #(#values),* }, #plan, [#(#arguments),*]));
        let run = if sums.is_empty() { quote!(#run;) } else { quote!(let [#(#sum_names),*] = #run;) };
        quote!(let #plan = kernel::rows::Plan::new(#count, #work, #most); #before #run #after)
    }

    /// `logits: &logits`, or `k`.
    fn field_value(&self, field: &Ident) -> TokenStream {
        let array = self.arrays.iter().position(|a| a == field);
        match array.map(|i| self.kernel.arrays[i].place) {
            Some(Place::Input(i)) if i == self.scope.upstream => quote!(#field),
            Some(_) => quote!(#field: &#field),
            None if field == "real" => {
                let real = &self.scope.float;
                quote!(real: ::core::marker::PhantomData::<#real>)
            }
            None => quote!(#field),
        }
    }

    fn sum_name(&self, array: ArrayId) -> Ident {
        match self.kernel.arrays[array.0].place {
            Place::Total => self.arrays[array.0].clone(),
            _ => self.scope.fresh("sum"),
        }
    }

    /// A sum in the place where it is read.
    fn keep_sum(&self, array: ArrayId, sum: &Ident) -> TokenStream {
        let (name, real) = (&self.arrays[array.0], &self.scope.float);
        match self.kernel.arrays[array.0].place {
            Place::Total => TokenStream::new(),
            Place::Gradient(_) => quote!(kernel::element::add(#name, 0, #real::of(#sum));),
            _ => quote!(let #name = [#real::of(#sum)];),
        }
    }
}

/// A stage's code and the memory that it needs.
struct Ways {
    body: TokenStream,
    memory: TokenStream,
}

fn adds(how: How) -> bool {
    matches!(how, How::Add) || matches!(how, How::Reduce(op) if op.name == "sum")
}

fn neutral_of(how: How) -> TokenStream {
    constant(neutral(how)).code
}

fn merge_of(how: How) -> Ident {
    ident(match how {
        How::Reduce(op) => match op.name {
            "prod" => "Prod",
            "max" | "any" => "Max",
            "min" | "all" => "Min",
            _ => "Sum",
        },
        _ => "Sum",
    })
}
