//! What a method does before it computes: checks, dimensions, tapes.

use super::emitter::Emitter;
use super::item::has_domains;
use super::ledger::{Origin, Var};
use super::names::differentiable;
use crate::ir::{NodeKind, SetId, SetInfo, SetSize, Ty};
use crate::syntax::ast::Def;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

impl Emitter<'_> {
    /// The statements before the body. `rescued` names a tape that no computed tensor carries.
    pub fn preamble(&mut self, def: &Def, rescued: Option<&Ident>) -> TokenStream {
        let params = has_domains(def).then(|| quote!(self.check_params().map_err(LossError::Param)?;));
        let (dims, bundles, flat) = (self.dims(), self.bundles(), self.flattened());
        let (sizes, classes) = (self.size_checks(), self.class_checks());
        let elements = self.element_checks();
        let upload = self.upload_let();
        let tapes = self.tapes(rescued);
        quote!(#params #dims #bundles #flat #sizes #elements #classes #upload #tapes)
    }

    /// The checks of a method that leaves its arguments as they are.
    pub fn checks(&self, def: &Def) -> TokenStream {
        let params = has_domains(def).then(|| quote!(self.check_params().map_err(LossError::Param)?;));
        let (dims, bundles) = (self.dims(), self.bundles());
        let (sizes, elements) = (self.size_checks(), self.element_checks());
        quote!(#params #dims #bundles #sizes #elements)
    }

    /// `let (b, k) = (b.size(), k.size());`
    pub fn plain_sizes(&self) -> TokenStream {
        let program = self.plan.program;
        let dims = (0..program.sets.len()).filter_map(|s| match program.sets[s].size {
            SetSize::Dim { .. } => self.names.dim(SetId(s as u16)),
            _ => None,
        });
        let code = dims.map(|dim| quote!(let #dim = #dim.size();));
        code.collect()
    }

    /// `let (b, k) = *logits.shape();`
    fn dims(&self) -> TokenStream {
        let program = self.plan.program;
        let mut code = TokenStream::new();
        for (i, input) in program.inputs.iter().enumerate() {
            let first = |axis: usize, set: SetId| {
                program.sets[usize::from(set.0)].size == SetSize::Dim { input: i, axis }
            };
            let dims = input.sets.iter().enumerate().map(|(axis, &set)| {
                let dim = self.names.dim(set).filter(|_| first(axis, set));
                dim.map_or_else(|| quote!(_), |dim| quote!(#dim))
            });
            let dims: Vec<TokenStream> = dims.collect();
            if input.sets.iter().enumerate().any(|(axis, &set)| first(axis, set)) {
                let name = self.argument(i);
                code.extend(quote!(let (#(#dims,)*) = *#name.shape();));
            }
        }
        code
    }

    /// The inputs that have a bundle of axes, by bundle, with the first of them.
    fn bundled(&self) -> Vec<(SetId, usize, Vec<usize>)> {
        let program = self.plan.program;
        let bundle = |(s, info): (usize, &SetInfo)| match info.size {
            SetSize::Bundle { input } => Some((SetId(s as u16), input)),
            _ => None,
        };
        let bundles = program.sets.iter().enumerate().filter_map(bundle);
        let uses =
            |set| (0..program.inputs.len()).filter(|&i| program.inputs[i].sets.contains(&set)).collect();
        bundles.map(|(set, first)| (set, first, uses(set))).collect()
    }

    /// `let shape = *prediction.shape(); let n = shape.num_elements();`
    fn bundles(&self) -> TokenStream {
        let program = self.plan.program;
        let mut code = TokenStream::new();
        for (set, first, uses) in self.bundled() {
            let (Some(shape), Some(n)) = (self.names.shape(set), self.names.dim(set)) else { continue };
            let (name, text) = (self.argument(first), &program.inputs[first].name);
            code.extend(quote!(let #shape = *#name.shape(); let #n = #shape.num_elements();));
            for &i in uses.iter().filter(|&&i| i != first) {
                let (other, other_text, device) =
                    (self.argument(i), &program.inputs[i].name, &self.generics.device);
                code.extend(quote!(check::same_shape::<_, #device::Err>(#text, &#shape, #other_text, #other.shape())?;));
            }
        }
        code
    }

    /// A bundle of axes is flattened to one: `let prediction = prediction.try_reshape_like(&(n,))?;`
    fn flattened(&self) -> TokenStream {
        let mut code = TokenStream::new();
        for (set, _, uses) in self.bundled() {
            let Some(n) = self.names.dim(set) else { continue };
            for i in uses {
                let name = self.argument(i);
                code.extend(quote!(let #name = #name.try_reshape_like(&(#n,))?;));
            }
        }
        code
    }

    /// `check::sizes::<D::Err>(&[("B", &[("logits", b.size()), ("target", target.shape().0.size())])])?;`
    fn size_checks(&self) -> TokenStream {
        let program = self.plan.program;
        let mut sets = Vec::new();
        for (s, set) in program.sets.iter().enumerate() {
            let SetSize::Dim { input: first, axis } = set.size else { continue };
            let uses = program.inputs.iter().enumerate().flat_map(|(i, input)| {
                let axes = input.sets.iter().enumerate().filter(move |(_, x)| usize::from(x.0) == s);
                axes.map(move |(a, _)| (i, a))
            });
            let others = uses.filter(|&at| at != (first, axis)).map(|(i, a)| {
                let (name, text, a) =
                    (self.argument(i), &program.inputs[i].name, Literal::usize_unsuffixed(a));
                quote!((#text, #name.shape().#a.size()))
            });
            let (dim, text, name) = (self.size(SetId(s as u16)), &program.inputs[first].name, &set.name);
            sets.push(quote!((#name, &[(#text, #dim) #(, #others)*])));
        }
        let device = &self.generics.device;
        if sets.is_empty() {
            TokenStream::new()
        } else {
            quote!(check::sizes::<#device::Err>(&[#(#sets),*])?;)
        }
    }

    /// `check::index::<D::Err>("K", 3, k.size())?;` for elements that the loss itself names.
    fn element_checks(&self) -> TokenStream {
        let program = self.plan.program;
        let mut code = TokenStream::new();
        for id in self.plan.nodes() {
            let NodeKind::At(set, element) = program.graph[id].kind else { continue };
            if self.names.dim(set).is_some() {
                let (name, size) = (&program.sets[usize::from(set.0)].name, self.size(set));
                let (device, element) = (&self.generics.device, Literal::usize_unsuffixed(element));
                code.extend(quote!(check::index::<#device::Err>(#name, #element, #size)?;));
            }
        }
        code
    }

    /// `let target_at = check::classes("target", &target, "K", k.size())?;`, and other inputs on the host.
    fn class_checks(&mut self) -> TokenStream {
        let program = self.plan.program;
        let mut code = TokenStream::new();
        for (i, input) in program.inputs.iter().enumerate() {
            let (name, text) = (self.argument(i), &input.name);
            let read = self.tables.contains(&i);
            let array = match input.ty {
                Ty::Index(set) if program.sets[usize::from(set.0)].size != SetSize::Unknown => {
                    let (size, set) = (self.size(set), &program.sets[usize::from(set.0)].name);
                    quote!(check::classes(#text, &#name, #set, #size)?)
                }
                _ if read => quote!(host::read(&#name)),
                _ => continue,
            };
            let table = read.then(|| self.name(Var::Table(Origin::Input(i))));
            code.extend(match table {
                Some(table) => quote!(let #table = #array;),
                None => quote!(#array;),
            });
        }
        code
    }

    /// `let on = host::Upload::<E, D>::to(logits.device());`
    fn upload_let(&self) -> TokenStream {
        if !self.uploads || self.plan.program.inputs.is_empty() {
            return TokenStream::new();
        }
        let (on, name) = (&self.names.upload, self.argument(0));
        let (dtype, device) = (&self.generics.dtype, &self.generics.device);
        quote!(let #on = host::Upload::<#dtype, #device>::to(#name.device());)
    }

    /// Differentiable inputs on one tape, `data` inputs safe from gradients.
    fn tapes(&mut self, rescued: Option<&Ident>) -> TokenStream {
        let mut code = TokenStream::new();
        let order = join_order(self);
        let names: Vec<_> = order.iter().map(|&i| self.argument(i)).collect();
        if names.len() > 1 {
            code.extend(quote!(let (#(#names),*) = tape::join((#(#names),*))?;));
        }
        if let Some(first) = names.first() {
            for &input in order.iter().skip(1) {
                code.extend(self.without_tape(input, first));
            }
            if let Some(tape) = rescued {
                code.extend(quote!(let (#first, #tape) = tape::set_aside(#first);));
            }
        }
        for &input in &order {
            code.extend(self.alias_let(Var::Input(input)));
        }
        if let Some(tape) = self.generics.tape.clone() {
            for input in 0..self.plan.program.inputs.len() {
                if self.plan.needs_unlinking(input) {
                    let name = self.argument(input);
                    code.extend(quote!(let #name = tape::unlinked::<#tape, _, _, _>(#name)?;));
                }
            }
        }
        code
    }

    /// `let (logits, scale) = tape::idle(logits, scale);` for an input that was joined to the others, but no gradient
    /// reaches.
    fn without_tape(&self, input: usize, first: &Ident) -> Option<TokenStream> {
        let name = self.argument(input);
        (!self.plan.input_taped(input)).then(|| quote!(let (#first, #name) = tape::idle(#first, #name);))
    }

    fn argument(&self, input: usize) -> Ident {
        self.names.argument(input).clone()
    }
}

/// The differentiable inputs, those that a gradient reaches first: the first one carries the tape.
pub fn join_order(emitter: &Emitter) -> Vec<usize> {
    let mut order: Vec<usize> = differentiable(emitter.plan.program).collect();
    order.sort_by_key(|&i| !emitter.plan.input_taped(i));
    order
}
