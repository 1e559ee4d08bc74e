//! The methods of a loss, and dfdx's `Module`.

use super::Reported;
use super::emitter::Emitter;
use super::expr::ident;
use super::item::path;
use super::layout::axes_type;
use super::names::{Generics, Names};
use super::plan::Plan;
use super::preamble::join_order;
use crate::backends::cpu;
use crate::backends::kernels::Kernels;
use crate::ir::{SetId, SetSize, Ty};
use crate::syntax::ast::Def;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// What all methods of a loss have in common.
pub(super) struct Interface {
    /// `B: Dim, K: Dim, E: Dtype, D: Device<E>, T: Tape<E, D>`
    pub params: TokenStream,
    /// `where (T1, T2): Join<E, D, Output = T>`
    pub bounds: TokenStream,
    pub names: Vec<Ident>,
    pub types: Vec<TokenStream>,
    /// The types without their tapes.
    pub untaped: Vec<TokenStream>,
    /// The value per sample.
    pub samples: TokenStream,
    /// The value reduced.
    pub number: TokenStream,
    /// `LossError<D::Err>`
    pub error: TokenStream,
    /// Whether kernels can do it; `None`: there are none.
    fits: Option<TokenStream>,
    /// The shape of the samples.
    shape: TokenStream,
    /// `, T`
    tape: TokenStream,
    dtype: Ident,
    device: Ident,
}

/// `impl Poly1 { .. }` and `impl Module<..> for Poly1`; and the stages of its kernels.
pub fn methods(
    def: &Def,
    plan: &Plan,
    generics: &Generics,
    kernels: Option<&Kernels>,
    terms: Option<&Reported>,
) -> (TokenStream, TokenStream) {
    let mut emitter = Emitter::new(def, plan, generics);
    let body = body(def, &mut emitter);
    let interface = interface(def, &emitter, kernels);
    let fused = kernels.map(|kernels| fused(def, &emitter, &interface, kernels));
    let (fused, stages) = fused.unwrap_or_default();
    let (name, rank) = (path(def), plan.program.samples().len());
    let axes = match bundled(&emitter).and_then(|set| emitter.generics.shapes[usize::from(set.0)].as_ref()) {
        Some(shape) => quote!(#shape::AllAxes),
        None => axes_type(&(0..rank).collect::<Vec<_>>()),
    };
    if def.marks.parts {
        let each = each(&interface, &body);
        return (quote!(impl #name { #each #fused }), stages);
    }
    let own = if rank == 0 { whole(&interface, &body) } else { per_sample(&interface, &body, &axes) };
    let terms = terms.map(|terms| forward_terms(def, &interface, terms));
    let module = module(def, &interface);
    (quote!(impl #name { #own #terms #fused } #module), stages)
}

/// The method that runs the kernels, and their stages.
fn fused(def: &Def, emitter: &Emitter, i: &Interface, kernels: &Kernels) -> (TokenStream, TokenStream) {
    let program = emitter.plan.program;
    let traced: Vec<usize> = super::names::differentiable(program).collect();
    let float = emitter.generics.another(&["F", "Real", "Float"]);
    let reduction = emitter.generics.another(&["R", "Reduced"]);
    let names = Names::of(def, program);
    let scope = cpu::Scope::new(
        names,
        &kernels.derivative.program,
        kernels.derivative.upstream,
        &kernels.fused,
        cpu::Types {
            float: float.clone(),
            reduction: reduction.clone(),
            dtype: emitter.generics.dtype.clone(),
            device: emitter.generics.device.clone(),
            tape: emitter.generics.tape.clone(),
        },
    );
    let samples = match bundled(emitter) {
        Some(set) => emitter.names.shape(set).map(|shape| quote!(#shape)).unwrap_or_default(),
        None => emitter.shape(program.samples()),
    };
    let sizes = emitter.plain_sizes();
    let method = cpu::method(&scope, &kernels.fused, &traced, &join_order(emitter), (&samples, &sizes));
    let Interface { params, bounds, names, types, shape, error, tape, .. } = i;
    let (dtype, device) = (&emitter.generics.dtype, &emitter.generics.device);
    let (items, body, checks) = (method.items, method.body, emitter.checks(def));
    let how = &scope.how;
    let (how, output) = match program.samples() {
        [] => (quote!(#how: fused::How<#float, fused::Each>), quote!(Tensor<(), #dtype, #device #tape>)),
        _ => (
            quote!(#how: fused::How<#float, #reduction>),
            quote!(Tensor<#reduction::Shape<#shape>, #dtype, #device #tape>),
        ),
    };
    let reduced = (!program.samples().is_empty()).then(|| quote!(#reduction: fused::Reduction,));
    let method = quote! {
        /// The loss by kernels.
        fn fused<#float: fused::Float, #reduced #params>(&self, #how, #(#names: #types),*) -> Result<#output, #error>
        #bounds
        {
            #checks
            #body
        }
    };
    (method, items)
}

/// The body is emitted twice: see [`Ledger`].
fn body(def: &Def, emitter: &mut Emitter) -> TokenStream {
    emitter.body();
    emitter.ledger.decide();
    let (statements, value) = emitter.body();
    let unclaimed = emitter.generics.tape.is_some() && !emitter.plan.taped(emitter.plan.program.value);
    let rescued = unclaimed.then(|| emitter.names.fresh("recorded"));
    let preamble = emitter.preamble(def, rescued.as_ref());
    let value = match rescued {
        Some(tape) => quote!(#value.put_tape(#tape)),
        None => value,
    };
    let value = match bundled(emitter) {
        Some(set) => {
            let shape = emitter.names.shape(set);
            quote!(#value.try_reshape_like(&#shape)?)
        }
        None => value,
    };
    quote!(#preamble #statements Ok(#value))
}

/// The bundle of axes that the samples are, if they are one.
fn bundled(emitter: &Emitter) -> Option<SetId> {
    let set = emitter.plan.program.samples().first()?.set;
    emitter.names.shape(set).map(|_| set)
}

pub(super) fn interface(def: &Def, emitter: &Emitter, kernels: Option<&Kernels>) -> Interface {
    let Generics { dims, shapes, dtype, device, own, tape, .. } = emitter.generics;
    let shapes: Vec<&Ident> = shapes.iter().flatten().collect();
    let dims: Vec<&Ident> = dims.iter().flatten().collect();
    let order = join_order(emitter);
    let joined: Vec<&Ident> = order.iter().map(|i| &own[i]).collect();
    let mut tapes: Vec<&Ident> = own.values().collect();
    if let (Some(tape), true) = (tape, own.len() > 1) {
        tapes.push(tape);
    }
    let bounds = (own.len() > 1).then(|| quote!(where (#(#joined),*): Join<#dtype, #device, Output = #tape>));
    let on_tape = tape.as_ref().map(|t| quote!(, #t));
    let bundle = bundled(emitter).and_then(|set| emitter.generics.shapes[usize::from(set.0)].as_ref());
    let samples = match bundle {
        Some(shape) => quote!(#shape),
        None => emitter.shape_type(emitter.plan.program.samples()),
    };
    Interface {
        params: quote!(#(#dims: Dim,)* #(#shapes: Shape,)* #dtype: Dtype, #device: Device<#dtype> #(, #tapes: Tape<#dtype, #device>)*),
        bounds: quote!(#bounds),
        names: def.inputs.iter().map(|i| i.name.clone()).collect(),
        types: (0..def.inputs.len()).map(|i| input_type(i, emitter, true)).collect(),
        untaped: (0..def.inputs.len()).map(|i| input_type(i, emitter, false)).collect(),
        samples: quote!(Tensor<#samples, #dtype, #device #on_tape>),
        number: quote!(Tensor<(), #dtype, #device #on_tape>),
        error: quote!(LossError<#device::Err>),
        fits: kernels.map(|kernels| fits(emitter, kernels)),
        shape: samples,
        tape: quote!(#on_tape),
        dtype: dtype.clone(),
        device: device.clone(),
    }
}

/// `fused::fits!(E, D)`, and what else kernels ask for.
fn fits(emitter: &Emitter, kernels: &Kernels) -> TokenStream {
    let Generics { dtype, device, .. } = emitter.generics;
    let mut code = quote!(fused::fits!(#dtype, #device));
    for (i, input) in emitter.plan.program.inputs.iter().enumerate() {
        let Ty::Index(set) = input.ty else { continue };
        if emitter.plan.program.sets[usize::from(set.0)].size.is_target_only() {
            let name = emitter.names.argument(i);
            code.extend(quote!(&& fused::small(&#name)));
        }
    }
    for set in kernels.counted() {
        if let SetSize::Dim { input, axis } = emitter.plan.program.sets[usize::from(set.0)].size {
            let (name, axis) = (emitter.names.argument(input), proc_macro2::Literal::usize_unsuffixed(axis));
            code.extend(quote!(&& fused::counts::<#dtype>(#name.shape().#axis.size())));
        }
    }
    code
}

/// What methods do.
const EACH: &str = " The loss of each sample.";
const MEAN: &str = " The mean of the loss over the samples.";
const SUM: &str = " The sum of the loss over the samples.";
const TERMS: &str = " The loss, as `forward` gives it, and its named terms with their weights.";

impl Interface {
    /// The methods of a loss with so many axes of samples: name, what it does, what it gives.
    pub fn methods(&self, rank: usize, terms: bool) -> Vec<(&'static str, &'static str, TokenStream)> {
        let mut methods = match rank {
            0 => vec![("forward", " The loss.", self.number.clone())],
            _ => vec![
                ("per_sample", EACH, self.samples.clone()),
                ("forward", MEAN, self.number.clone()),
                ("sum", SUM, self.number.clone()),
            ],
        };
        if terms {
            methods.push(("forward_terms", TERMS, self.with_terms()));
        }
        methods
    }

    /// The reduced value and the report.
    fn with_terms(&self) -> TokenStream {
        let (number, dtype, device) = (&self.number, &self.dtype, &self.device);
        quote!((#number, report::Terms<#dtype, #device>))
    }

    /// `if fused::fits::<E, D>() { return .. }`
    fn dispatch(&self, reduction: &str) -> Option<TokenStream> {
        let (fits, reduction) = (self.fits.as_ref()?, ident(reduction));
        let (names, dtype) = (&self.names, &self.dtype);
        Some(quote! {
            if #fits {
                return if const { fused::is_single::<#dtype>() } {
                    self.fused(fused::#reduction::<f32>(), #(#names),*)
                } else {
                    self.fused(fused::#reduction::<f64>(), #(#names),*)
                };
            }
        })
    }
}

/// `Tensor<(B, K), E, D, T>`
fn input_type(input: usize, emitter: &Emitter, on_tape: bool) -> TokenStream {
    let Generics { dtype, device, own, .. } = emitter.generics;
    let info = &emitter.plan.program.inputs[input];
    let axes: Vec<_> = info.sets.iter().map(|&set| crate::ir::Axis { set, copy: 0 }).collect();
    let bundle = info.sets.first().and_then(|s| emitter.generics.shapes[usize::from(s.0)].as_ref());
    let shape = bundle.map_or_else(|| emitter.shape_type(&axes), |shape| quote!(#shape));
    let element = match info.ty {
        Ty::Real => quote!(#dtype),
        Ty::Bool => quote!(bool),
        Ty::Index(_) => quote!(usize),
    };
    let tape = own.get(&input).filter(|_| on_tape).map(|t| quote!(, #t));
    quote!(Tensor<#shape, #element, #device #tape>)
}

/// `try_per_sample`, `try_forward`, `try_sum` and their panicking forms.
fn per_sample(i: &Interface, body: &TokenStream, axes: &TokenStream) -> TokenStream {
    let Interface { names, number, .. } = i;
    let reduced = |method: &str, kernel: &str| {
        let (dispatch, method) = (i.dispatch(kernel), ident(method));
        quote!(#dispatch Ok(self.try_per_sample(#(#names),*)?.#method::<(), #axes>()?))
    };
    let each = each(i, body);
    let (mean, sum) = (reduced("try_mean", "mean"), reduced("try_sum", "sum"));
    let mean = pair(i, "forward", MEAN, number, &mean);
    let sum = pair(i, "sum", SUM, number, &sum);
    quote!(#each #mean #sum)
}

fn each(i: &Interface, body: &TokenStream) -> TokenStream {
    let dispatch = i.dispatch("each");
    pair(i, "per_sample", EACH, &i.samples, &quote!(#dispatch #body))
}

/// The loss and what its terms came to.
fn forward_terms(def: &Def, i: &Interface, terms: &Reported) -> TokenStream {
    let (parts, fields) = (terms.parts, def.hypers.iter().map(|h| &h.name));
    let (names, known, sigmas) = (&i.names, terms.names, terms.sigmas);
    let body = quote! {
        let parts = #parts { #(#fields: self.#fields),* };
        report::split(parts.try_per_sample(#(#names),*)?, &[#(#known),*], #sigmas)
    };
    pair(i, "forward_terms", TERMS, &i.with_terms(), &body)
}

/// A loss of the whole input has one value only.
fn whole(i: &Interface, body: &TokenStream) -> TokenStream {
    let dispatch = i.dispatch("each");
    pair(i, "forward", " The loss.", &i.number, &quote!(#dispatch #body))
}

/// A fallible method and its panicking form.
pub(super) fn pair(
    i: &Interface,
    name: &str,
    what: &str,
    output: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let Interface { params, bounds, names, types, error, .. } = i;
    let (fallible, panicking) = (ident(&format!("try_{name}")), ident(name));
    let link =
        format!(" As [`{0}`](Self::{0}), but panics instead of returning an error, as dfdx does.", fallible);
    quote! {
        #[doc = #what]
        ///
        /// # Errors
        /// If sizes disagree, an index is out of range, a hyperparameter is outside its domain, or the device
        /// fails.
        pub fn #fallible<#params>(&self, #(#names: #types),*) -> Result<#output, #error>
        #bounds
        {
            #body
        }

        #[doc = #link]
        ///
        /// # Panics
        /// Where the other returns an error.
        #[must_use]
        pub fn #panicking<#params>(&self, #(#names: #types),*) -> #output
        #bounds
        {
            match self.#fallible(#(#names),*) {
                Ok(loss) => loss,
                Err(error) => ::core::panic!("{error}"),
            }
        }
    }
}

/// dfdx's `Module` over the inputs: one tensor, or a tuple of them.
fn module(def: &Def, i: &Interface) -> TokenStream {
    let Interface { params, bounds, names, types, number, error, .. } = i;
    let name = path(def);
    let (input, pattern) = match (&types[..], &names[..]) {
        ([ty], [name]) => (quote!(#ty), quote!(#name)),
        _ => (quote!((#(#types),*)), quote!((#(#names),*))),
    };
    quote! {
        impl<#params> Module<#input> for #name
        #bounds
        {
            type Output = #number;
            type Error = #error;

            fn try_forward(&self, #pattern: #input) -> Result<Self::Output, Self::Error> {
                Self::try_forward(self, #(#names),*)
            }
        }
        impl NonMutableModule for #name {}
    }
}
