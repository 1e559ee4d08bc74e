//! Rounds of stages.

use super::kernel::{Code, Printed};
use super::names::mentions;
use crate::backends::dfdx::{Expr, applied, field, fixed_rounds, hyper, number};
use crate::ir::loops::{ArrayId, Kernel, Place, Repeat, Value};
use crate::syntax::ast::HyperType;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// A loop with the names of what it carries.
struct Rounds<'c, 'k> {
    outer: &'c Code<'k>,
    repeat: &'k Repeat,
    /// How many rounds there are.
    count: Ident,
    /// The present one.
    round: Ident,
    /// For each thing carried, all its copies.
    copies: Vec<Ident>,
}

impl<'k> Code<'k> {
    /// `for round in 0..rounds { .. }` and what goes with it. The types of its stages are called after `name`.
    pub fn repeat(&self, name: &str, repeat: &'k Repeat) -> Printed {
        let scope = self.scope;
        let arrays = (0..repeat.body.arrays.len()).map(|i| self.inner_name(&repeat.body, i)).collect();
        let (differentiable, fallible) = (self.differentiable, self.fallible);
        let inner = Code { scope, kernel: &repeat.body, arrays, differentiable, fallible };
        let body = inner.print(&format!("{name}Round"));
        let copies = repeat.carried.iter().map(|c| match c.history {
            Some(history) => self.arrays[history.0].clone(),
            None => scope.fresh("copies"),
        });
        let (count, round) = (scope.rounds(&self.count(repeat)), scope.fresh("round"));
        let rounds = Rounds { outer: self, repeat, count, round, copies: copies.collect() };
        let (begin, steps, end) = (rounds.begin(), rounds.steps(&inner, &body.calls), rounds.end());
        let (count, round, calls) = (&rounds.count, &rounds.round, &body.calls);
        let code = quote!(#begin for #round in 0..#count { #steps #calls } #end);
        let calls = match self.needed(&repeat.needed_by) {
            Some(condition) => quote!(if #condition { #code }),
            None => code,
        };
        Printed { items: body.items, calls }
    }

    /// What is from outside keeps its name.
    fn inner_name(&self, body: &Kernel, i: usize) -> Ident {
        match body.arrays[i].place {
            Place::Outer(id) => self.arrays[id.0].clone(),
            _ => self.scope.array(&body.arrays[i]),
        }
    }

    /// `self.iterations`, or a formula.
    fn count(&self, repeat: &Repeat) -> TokenStream {
        let hypers = &self.scope.program.hypers;
        match &repeat.lets[repeat.count.0].value {
            Value::Hyper(i) if hypers[*i].ty == HyperType::Integer => {
                let field = field(&hypers[*i].name);
                quote!(self.#field)
            }
            Value::Const(count) => fixed_rounds(*count),
            _ => {
                let count = self.scalar(repeat, repeat.count.0).code;
                quote!(scalar::rounds(#count))
            }
        }
    }

    fn scalar(&self, repeat: &Repeat, id: usize) -> Expr {
        match &repeat.lets[id].value {
            Value::Const(value) => number(*value),
            Value::Truth(holds) => Expr::atom(quote!(#holds)),
            Value::Hyper(i) => hyper(&self.scope.program.hypers[*i]),
            Value::Size(set) => {
                let size = self.scope.size(*set);
                Expr::atom(quote!(scalar::count(#size)))
            }
            Value::Op(op, args) => {
                let known = args.first().and_then(|x| match repeat.lets[x.0].value {
                    Value::Const(value) => Some(value),
                    _ => None,
                });
                applied(*op, args.iter().map(|a| self.scalar(repeat, a.0)).collect(), known)
            }
            other => unreachable!("{other:?} is no number of the definition"),
        }
    }
}

impl Rounds<'_, '_> {
    fn name(&self, id: ArrayId) -> &Ident {
        &self.outer.arrays[id.0]
    }

    /// `let mut f_rounds = kernel::rounds::Rounds::all(&f_at_first, rounds);`
    fn begin(&self) -> TokenStream {
        let count = &self.count;
        let each = self.repeat.carried.iter().zip(&self.copies).map(|(carried, copies)| {
            let begin = self.name(carried.begin);
            match carried.history {
                Some(_) => quote!(let mut #copies = kernel::rounds::Rounds::all(&#begin, #count);),
                None => quote!(let mut #copies = kernel::rounds::Rounds::two(&#begin);),
            }
        });
        each.collect()
    }

    /// `let (f, next_f) = f_rounds.step(round);`
    fn steps(&self, inner: &Code, calls: &TokenStream) -> TokenStream {
        let (count, round) = (&self.count, &self.round);
        let at = |place| self.repeat.body.arrays.iter().position(|a| a.place == place);
        let named = |place| at(place).map(|i| &inner.arrays[i]).filter(|name| mentions(calls, name));
        let mut code = TokenStream::new();
        for (slot, copies) in self.copies.iter().enumerate() {
            let [now, next] = [Place::Carried(slot), Place::Next(slot)].map(|place| match named(place) {
                Some(name) => quote!(#name),
                None => quote!(_),
            });
            code.extend(quote!(let (#now, #next) = #copies.step(#round);));
        }
        for (array, name) in self.repeat.body.arrays.iter().zip(&inner.arrays) {
            if let Place::Replayed(history) = array.place {
                let history = self.name(history);
                code.extend(quote!(let #name = #history.at(#count - 1 - #round);));
            }
        }
        code
    }

    /// `f.copy_from_slice(f_rounds.at(rounds));`
    fn end(&self) -> TokenStream {
        let count = &self.count;
        let each = self.repeat.carried.iter().zip(&self.copies).map(|(carried, copies)| {
            let last = carried.last.map(|id| self.name(id));
            last.map(|last| quote!(#last.copy_from_slice(#copies.at(#count));))
        });
        each.flatten().collect()
    }
}
