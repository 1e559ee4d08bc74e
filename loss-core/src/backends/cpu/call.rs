//! The call that runs a stage.

use super::body::nests;
use super::expr::constant_of;
use super::kernel::Code;
use super::names::ident;
use super::sink::neutral;
use crate::ir::loops::{ArrayId, How, Place, Rows};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

/// At most so many chunks have arrays of their own.
const MOST_PARTS: usize = 64;

/// The arrays that a call passes, and what goes before and after it.
#[derive(Default)]
struct Passed {
    arguments: Vec<TokenStream>,
    before: TokenStream,
    after: TokenStream,
}

impl Code<'_> {
    /// `let [total] = kernel::rows::run(&kernels::Forward { .. }, plan, [..]);` and what goes with it.
    pub fn call(&self, name: &Ident, rows: &Rows, fields: &[Ident]) -> TokenStream {
        let (scope, plan) = (self.scope, &self.scope.plan);
        let (outs, sums) = self.outs(rows);
        let count = rows.outer.map_or_else(|| quote!(1), |outer| scope.size(outer.set));
        let widest = nests(rows).into_iter().map(|n| &n.loops).max_by_key(|loops| loops.len());
        let work = widest.map_or_else(|| quote!(1), |loops| scope.product_of(loops));
        let parts = outs.iter().any(|&a| self.across(rows, a).is_some());
        let parts_at_most = Literal::usize_unsuffixed(MOST_PARTS);
        let most = if parts { quote!(#parts_at_most) } else { quote!(usize::MAX) };
        let mut passed = Passed::default();
        outs.iter().for_each(|&array| self.pass(rows, array, &mut passed));
        let Passed { arguments, before, mut after } = passed;
        let sum_names: Vec<Ident> = sums.iter().map(|&a| self.sum_name(a)).collect();
        after.extend(sums.iter().zip(&sum_names).map(|(&a, name)| self.keep_sum(a, name)));
        let values = fields.iter().map(|field| self.field_value(field));
        let run = quote!(kernel::rows::run(&kernels::#name { #(#values),* }, #plan, [#(#arguments),*]));
        let run = if sums.is_empty() { quote!(#run;) } else { quote!(let [#(#sum_names),*] = #run;) };
        quote!(let #plan = kernel::rows::Plan::new(#count, #work, #most); #before #run #after)
    }

    /// An array that the stage writes: row by row, or each chunk its own, which are merged afterwards.
    fn pass(&self, rows: &Rows, array: ArrayId, passed: &mut Passed) {
        let (scope, plan) = (self.scope, &self.scope.plan);
        let (info, own) = (&self.kernel.arrays[array.0], &self.arrays[array.0]);
        let gradient = matches!(info.place, Place::Gradient(_));
        let Some(how) = self.across(rows, array) else {
            let width = scope.product_of(&info.axes[usize::from(rows.outer.is_some())..]);
            let borrowed = gradient || matches!(info.place, Place::Next(_));
            let argument = if borrowed { quote!(#own) } else { quote!(&mut #own) };
            passed.arguments.push(quote!(kernel::rows::Out::rows(#argument, #width)));
            return;
        };
        let (len, start, merge) =
            (scope.product_of(&info.axes), constant_of(&scope.float, neutral(how)).code, merge_of(how));
        let parts = if gradient { scope.fresh("parts") } else { own.clone() };
        let all = quote!(#plan.chunks() * #len);
        let all = if gradient { quote!(if #own.is_empty() { 0 } else { #all }) } else { all };
        passed.before.extend(quote!(let mut #parts = kernel::pool::Buffer::filled(#all, #start);));
        passed.arguments.push(quote!(kernel::rows::Out::chunks(&mut #parts, #len)));
        passed.after.extend(quote! {
            kernel::merge::merge(&mut #parts, #plan.chunks(), #len, kernel::merge::Merge::#merge);
        });
        if gradient {
            passed.after.extend(quote!(kernel::merge::add_all(#own, &#parts);));
        }
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

fn merge_of(how: How) -> Ident {
    ident(match how {
        How::Reduce(op) => match op.name {
            "prod" => "Prod",
            "max" | "any" | "peak" => "Max",
            "min" | "all" => "Min",
            _ => "Sum",
        },
        _ => "Sum",
    })
}
