//! The whole path of a spec on one screen.

use crate::compose::{self, Composed};
use crate::diag::Errors;
use crate::ir::{self, Axis, Program};
use crate::syntax::ast::{Broken, Def, File, Marks};
use crate::types::tree::Checked;
use crate::{backends, catalogue, passes, syntax, types};
use proc_macro2::TokenStream;
use quote::quote;
use std::rc::Rc;

/// A definition on its way through the compiler.
pub struct Compiled {
    /// As written, and what composition made of it.
    pub composed: Rc<Composed>,
    /// In plain expressions, under the name of its own type.
    pub def: Def,
    /// As understood.
    pub checked: Rc<Checked>,
    /// As computed, after every pass.
    pub program: Program,
    /// What computes the numbers to report, if there are named terms.
    pub parts: Option<Box<Compiled>>,
    /// What computes the new elements of each state, in the order of the states.
    pub updates: Vec<Updated>,
}

/// The update of a state.
pub struct Updated {
    /// The state, by position among the tensors that the type holds.
    pub state: usize,
    /// Its axes, in their order.
    pub axes: Vec<Axis>,
    /// What computes its new elements.
    pub compiled: Compiled,
}

/// What became of an invocation.
pub struct Outcome {
    /// The facade crate's path.
    pub krate: TokenStream,
    /// The definitions without mistakes.
    pub compiled: Vec<Compiled>,
    /// The definitions with mistakes of meaning, and as much as was understood of those with mistakes of form.
    pub broken: Vec<Broken>,
    /// The mistakes.
    pub errors: Errors,
}

/// Tokens to programs: parse, check, lower, improve.
pub fn compile(tokens: TokenStream) -> Outcome {
    let mut errors = Errors::new();
    let mut file = syntax::parse(tokens, &mut errors);
    catalogue::pick::resolve(&mut file, &mut errors);
    let composed = compose::file(&file, &mut errors);
    let (composed, unsound): (Vec<_>, Vec<_>) = composed.into_iter().partition(|c| c.mistakes.is_empty());
    let plain = File {
        picks: vec![],
        externs: file.externs,
        defs: composed.iter().map(|c| c.plain.clone()).collect(),
        broken: file.broken.into_iter().chain(unsound.iter().map(|c| Broken::of(&c.written))).collect(),
        krate: file.krate,
    };
    let checked = types::check(&plain, &compose::of_catalogue, &catalogue::names, &mut errors);
    let (mut compiled, mut broken) = (Vec::new(), plain.broken.clone());
    for (composed, checked) in composed.iter().zip(checked) {
        match checked.and_then(|checked| whole(composed, checked, &plain, &mut errors)) {
            Some(whole) => compiled.push(whole),
            None => broken.push(Broken::of(&composed.written)),
        }
    }
    keep_first(&compiled, &mut broken);
    Outcome { krate: krate(&plain), compiled, broken, errors }
}

/// A definition, what reports its named terms, and what updates its state.
fn whole(
    composed: &Rc<Composed>,
    checked: Rc<Checked>,
    file: &File,
    errors: &mut Errors,
) -> Option<Compiled> {
    let mut compiled = lowered(composed, &composed.plain, checked.clone(), errors)?;
    if let Some(parts) = &composed.parts {
        let checked = types::check_one(parts, file, &compose::of_catalogue, &catalogue::names, errors)?;
        compiled.parts = Some(Box::new(lowered(composed, parts, checked, errors)?));
    }
    for (i, update) in checked.updates.iter().enumerate() {
        compiled.updates.push(updated(composed, &checked, i, update.input, errors)?);
    }
    compiled.def.name = composed.plain_name();
    Some(compiled)
}

fn lowered(
    composed: &Rc<Composed>,
    def: &Def,
    checked: Rc<Checked>,
    errors: &mut Errors,
) -> Option<Compiled> {
    let program = passes::improve(ir::build(&checked), &mut |_, _| {});
    emittable(new(composed, def.clone(), checked, program), errors)
}

/// An update as a definition of its own, all inputs of which are data.
fn updated(
    composed: &Rc<Composed>,
    checked: &Rc<Checked>,
    update: usize,
    input: usize,
    errors: &mut Errors,
) -> Option<Updated> {
    let (program, axes) = ir::build_update(checked, update);
    let program = passes::improve(program, &mut |_, _| {});
    let mut def = composed.plain.clone();
    def.name = composed.update_name(update);
    def.marks = Marks { graph: def.marks.graph, parts: true, ..Marks::default() };
    let compiled = emittable(new(composed, def, checked.clone(), program), errors)?;
    let first = checked.inputs.len() - composed.extras.held.len();
    Some(Updated { state: input - first, axes, compiled })
}

fn new(composed: &Rc<Composed>, def: Def, checked: Rc<Checked>, program: Program) -> Compiled {
    Compiled { composed: composed.clone(), def, checked, program, parts: None, updates: vec![] }
}

fn emittable(compiled: Compiled, errors: &mut Errors) -> Option<Compiled> {
    match backends::check(&compiled) {
        Ok(()) => Some(compiled),
        Err(diag) => {
            errors.push(diag);
            None
        }
    }
}

/// Of several definitions of one name, which have been reported, only one may become an item.
fn keep_first(compiled: &[Compiled], broken: &mut Vec<Broken>) {
    let mut taken: Vec<String> = compiled.iter().map(|c| c.def.name.to_string()).collect();
    broken.retain(|b| {
        let name = b.name.to_string();
        let first = !taken.contains(&name);
        taken.push(name);
        first
    });
}

fn krate(file: &File) -> TokenStream {
    file.krate.clone().unwrap_or_else(|| quote!(::dfdx_loss))
}

/// The mistakes of an invocation.
pub fn diagnose(tokens: TokenStream) -> Errors {
    compile(tokens).errors
}

/// Tokens in, tokens out: what `loss! { .. }` expands to. A definition with a mistake becomes `compile_error!`s
/// and a stub with its name and signature, so that nothing else of the user's fails for it.
pub fn expand(tokens: TokenStream) -> TokenStream {
    let outcome = compile(tokens);
    crate::dump::if_asked(&outcome);
    items(&outcome)
}

/// The code of an invocation.
fn items(outcome: &Outcome) -> TokenStream {
    let krate = &outcome.krate;
    let mut items = outcome.errors.to_compile_errors();
    items.extend(outcome.compiled.iter().map(|c| backends::emit(c, krate)));
    items.extend(outcome.compiled.iter().filter(|c| c.def.marks.snapshot).map(own_text));
    items.extend(outcome.broken.iter().map(|b| backends::stub(b, krate)));
    items
}

/// `#[snapshot]`: the generated code as a constant of the type.
fn own_text(compiled: &Compiled) -> TokenStream {
    let (name, text) = (&compiled.def.name, expansion_text(compiled));
    quote! {
        impl #name {
            /// The code that this type was generated as.
            pub const EXPANSION: &'static str = #text;
        }
    }
}

fn expansion_text(compiled: &Compiled) -> String {
    // As a person would name the facade: `$crate` is no path to read.
    crate::dump::pretty(backends::emit(compiled, &quote!(dfdx_loss)))
}

/// What [`expand`] gives, laid out by a formatter, as a string literal: for snapshots in the user's tests.
pub fn expansion(tokens: TokenStream) -> TokenStream {
    let outcome = compile(tokens);
    if !outcome.errors.is_empty() {
        let errors = outcome.errors.to_compile_errors();
        return quote!({ #errors "" });
    }
    let texts: Vec<String> = outcome.compiled.iter().map(expansion_text).collect();
    let text = texts.join("\n");
    quote!(#text)
}

/// `family` to the definitions of the catalogue's spec files of that family. Only for the facade itself.
pub fn expand_family(family: TokenStream) -> TokenStream {
    let mut outcome = compile(catalogue::family_tokens(&family.to_string()));
    for compiled in &mut outcome.compiled {
        let shown = catalogue::shown(compiled, &family.to_string());
        compiled.def.attrs.extend(shown);
    }
    items(&outcome)
}

/// Runners by name to what a test walks: `catalogue`, `random` for the specs that `RANDOM_CODE` asks for, or `specs`
/// and definitions; `graph` before either for the graph backend. Only for this project's tests.
pub fn entries(request: TokenStream) -> TokenStream {
    let mut tokens = request.into_iter().peekable();
    let graph = tokens.next_if(|t| t.to_string() == "graph").is_some();
    match tokens.next().map(|t| t.to_string()).as_deref() {
        Some("catalogue") => catalogue_entries(graph),
        Some("random") => random_entries(graph),
        _ => own_entries(tokens.collect(), graph, |_| false),
    }
}

fn catalogue_entries(graph: bool) -> TokenStream {
    let families = crate::catalogue::families();
    let modules = families.iter().map(|family| family_entries(family, graph));
    let names = families.iter().map(|family| quote::format_ident!("{family}"));
    quote! {
        #(#modules)*
        /// The entries of each family.
        pub const FAMILIES: &[(&str, &[::dfdx_loss::__testing::Entry])] = &[#((#families, #names::ENTRIES)),*];
    }
}

/// The variable that asks for random specs: the first seed and how many, `1 24` if it is not set.
const RANDOM_CODE: &str = "RANDOM_CODE";

/// The runners of random specs, each named `R` and its seed. Those of even seeds give each sample by itself: to compile
/// every spec both ways would take twice as long.
fn random_entries(graph: bool) -> TokenStream {
    let asked = std::env::var(RANDOM_CODE).unwrap_or_else(|_| "1 24".to_owned());
    let numbers: Option<Vec<u64>> = asked.split_whitespace().map(|n| n.parse().ok()).collect();
    let Some(&[first, count]) = numbers.as_deref() else {
        return quote!(compile_error! { "RANDOM_CODE is two numbers: the first seed and how many" });
    };
    let specs: String =
        (first..first + count).map(|seed| crate::random::spec(&format!("R{seed}"), seed)).collect();
    let even = |name: &str| name.ends_with(['0', '2', '4', '6', '8']);
    let entries = own_entries(specs.parse().unwrap_or_default(), graph, even);
    // What the crate itself reads of the environment makes cargo build it anew when that changes.
    quote! {
        const _: Option<&str> = option_env!(#RANDOM_CODE);
        #entries
    }
}

/// The runners of a family: of the facade's own types, or of new ones for the graph.
fn family_entries(family: &str, graph: bool) -> TokenStream {
    let (module, tokens) = (quote::format_ident!("{family}"), catalogue::family_tokens(family));
    let entries = if graph {
        own_entries(tokens, true, |_| false)
    } else {
        backends::harness::entries(&compile(tokens), &quote!(::dfdx_loss::catalogue::#module), |_| false)
    };
    quote!(#[allow(missing_docs)] pub mod #module { #entries })
}

/// Definitions and their runners.
fn own_entries(tokens: TokenStream, graph: bool, each: fn(&str) -> bool) -> TokenStream {
    let mut outcome = compile(tokens);
    for compiled in &mut outcome.compiled {
        compiled.def.marks.graph |= graph;
    }
    let (items, entries) = (items(&outcome), backends::harness::entries(&outcome, &quote!(self), each));
    quote!(#items #entries)
}
