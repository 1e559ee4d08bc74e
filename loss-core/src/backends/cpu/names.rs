//! Names in kernels, all of them different: the user's where there is one.

use crate::backends::dfdx::Names;
use crate::ir::loops::{Array, Fused, Kernel, Place, Stage, Step};
use crate::ir::{Axis, InputInfo, Program, SetId, SetSize};
use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What is named alike in all kernels of a definition.
pub struct Scope<'p> {
    /// The definition, with the upstream gradient as one more input.
    pub program: &'p Program,
    /// Which input that is.
    pub upstream: usize,
    /// Its name.
    pub upstream_name: Ident,
    /// The number of elements of each set, if it is a variable.
    sizes: Vec<Option<Ident>>,
    /// The hyperparameters.
    pub hypers: Vec<Ident>,
    /// What is saved.
    pub saved: Vec<Ident>,
    /// The instruction set.
    pub cpu: Ident,
    /// The rows of a chunk.
    pub rows: Ident,
    /// A row, counted from the chunk's first.
    pub row: Ident,
    /// The first of the rows that are computed together.
    pub first: Ident,
    /// How many rows are computed together.
    pub count: Ident,
    /// The memory of a chunk.
    pub scratch: Ident,
    /// The present position of a sweep.
    pub position: Ident,
    /// Which gradients are wanted.
    pub wanted: Ident,
    /// How rows are cut into chunks.
    pub plan: Ident,
    /// The result of the forward kernel.
    pub result: Ident,
    /// The tape of all inputs.
    pub joined: Ident,
    /// How the samples are reduced.
    pub how: Ident,
    /// The device.
    pub device: Ident,
    /// The shape of the samples.
    pub samples: Ident,
    /// The type of the numbers, in the method.
    pub float: Ident,
    /// What becomes of the samples.
    pub reduction: Ident,
    /// The type of the numbers, for the caller.
    pub dtype: Ident,
    /// The type of the device.
    pub device_type: Ident,
    /// The type of the tape, if there may be one.
    pub tape_type: Option<Ident>,
    slots: Vec<Ident>,
    tapes: Vec<Ident>,
    names: RefCell<Names>,
    /// Numbers of rounds, each with its code.
    counts: RefCell<Vec<(Ident, TokenStream)>>,
    loops: BTreeMap<Axis, Ident>,
}

/// The type parameters of the method.
pub struct Types {
    /// Of the numbers that kernels compute with.
    pub float: Ident,
    /// Of what becomes of the samples.
    pub reduction: Ident,
    /// Of the caller's numbers.
    pub dtype: Ident,
    /// Of the device.
    pub device: Ident,
    /// Of the tape, if there may be one.
    pub tape: Option<Ident>,
}

impl<'p> Scope<'p> {
    /// `names` has the user's inputs and the sizes.
    pub fn new(mut names: Names, program: &'p Program, upstream: usize, fused: &Fused, types: Types) -> Self {
        let sizes = (0..program.sets.len()).map(|s| names.dim(SetId(s as u16)).cloned()).collect();
        let mut fresh = |stem: &str| names.fresh(stem);
        // A field of stages that read no number.
        drop(fresh("real"));
        let (how, device, samples) = (fresh("how"), fresh("device"), fresh("samples"));
        let hypers = program.hypers.iter().map(|h| fresh(&h.name)).collect();
        let upstream_name = fresh("upstream");
        let loops: BTreeMap<Axis, Ident> = axes(fused)
            .into_iter()
            .map(|axis| (axis, fresh(&format!("{}_at", program.axis_name(axis)))))
            .collect();
        let saved = fused.saved.iter().map(|a| fresh(&a.name)).collect();
        let (cpu, rows, row, first) = (fresh("cpu"), fresh("rows"), fresh("row"), fresh("first"));
        let (count, scratch, position) = (fresh("count"), fresh("scratch"), fresh("at"));
        let (wanted, plan) = (fresh("wanted"), fresh("plan"));
        let (result, joined) = (fresh("loss"), fresh("tape"));
        let own = |suffix: &str, fresh: &mut dyn FnMut(&str) -> Ident| -> Vec<Ident> {
            program.inputs[..upstream].iter().map(|i| fresh(&format!("{}_{suffix}", i.name))).collect()
        };
        let (slots, tapes) = (own("slot", &mut fresh), own("tape", &mut fresh));
        Scope {
            program,
            upstream,
            upstream_name,
            sizes,
            hypers,
            saved,
            cpu,
            rows,
            row,
            first,
            count,
            scratch,
            position,
            wanted,
            plan,
            result,
            joined,
            how,
            device,
            samples,
            float: types.float,
            reduction: types.reduction,
            dtype: types.dtype,
            device_type: types.device,
            tape_type: types.tape,
            slots,
            tapes,
            names: RefCell::new(names),
            counts: RefCell::default(),
            loops,
        }
    }

    /// A name not in use.
    pub fn fresh(&self, stem: &str) -> Ident {
        self.names.borrow_mut().fresh(stem)
    }

    /// The inputs that the caller gives.
    pub fn inputs(&self) -> impl Iterator<Item = (usize, &'p InputInfo)> {
        self.program.inputs[..self.upstream].iter().enumerate()
    }

    /// An input.
    pub fn input(&self, i: usize) -> Ident {
        self.names.borrow().argument(i).clone()
    }

    /// Where the gradient of an input goes.
    pub fn slot(&self, input: usize) -> Ident {
        self.slots[input].clone()
    }

    /// The tape of an input.
    pub fn tape(&self, input: usize) -> Ident {
        self.tapes[input].clone()
    }

    /// The number of elements of a set.
    pub fn size(&self, set: SetId) -> TokenStream {
        match (&self.sizes[usize::from(set.0)], self.program.sets[usize::from(set.0)].size) {
            (Some(size), _) => quote!(#size),
            (None, SetSize::Fixed(n)) => Literal::usize_unsuffixed(n).into_token_stream(),
            (None, _) => unreachable!("no loop runs over a set of unknown size"),
        }
    }

    /// The sizes that are variables.
    pub fn variable_sizes(&self) -> impl Iterator<Item = &Ident> {
        self.sizes.iter().flatten()
    }

    /// `b * k`.
    pub fn product_of(&self, axes: &[Axis]) -> TokenStream {
        axes.iter().map(|a| self.size(a.set)).reduce(|a, b| quote!(#a * #b)).unwrap_or_else(|| quote!(1))
    }

    /// The variable of a loop.
    pub fn axis(&self, axis: Axis) -> &Ident {
        &self.loops[&axis]
    }

    /// The names in use, for a block that has more of its own.
    pub fn names(&self) -> Names {
        self.names.borrow().clone()
    }

    /// A name for each array of a kernel.
    pub fn arrays(&self, kernel: &Kernel) -> Vec<Ident> {
        kernel.arrays.iter().map(|array| self.array(array)).collect()
    }

    /// A name for an array.
    pub fn array(&self, array: &Array) -> Ident {
        match array.place {
            Place::Input(input) if input == self.upstream => self.upstream_name.clone(),
            Place::Input(input) => self.input(input),
            Place::Saved(i) => self.saved[i].clone(),
            _ => self.fresh(&array.name),
        }
    }

    /// The variable that holds a number of rounds.
    pub fn rounds(&self, code: &TokenStream) -> Ident {
        let text = code.to_string();
        let known = self.counts.borrow().iter().find(|c| c.1.to_string() == text).map(|c| c.0.clone());
        known.unwrap_or_else(|| {
            let name = self.fresh("rounds");
            self.counts.borrow_mut().push((name.clone(), code.clone()));
            name
        })
    }

    /// `let rounds = self.iterations;` for all that have been asked for.
    pub fn counts(&self) -> TokenStream {
        self.counts.borrow().iter().map(|(name, code)| quote!(let #name = #code;)).collect()
    }
}

/// Every axis that is looped over.
fn axes(fused: &Fused) -> BTreeSet<Axis> {
    let mut axes = BTreeSet::new();
    for stage in fused.kernels().flat_map(|k| &k.stages) {
        match stage {
            Stage::Product(product) => axes.extend(&product.batch),
            // Its stages are listed themselves.
            Stage::Repeat(_) => {}
            Stage::Call(_) => {}
            Stage::Rows(rows) => {
                axes.extend(rows.outer);
                for step in &rows.steps {
                    match step {
                        Step::Nest(nest) => axes.extend(&nest.loops),
                        Step::Along(along) => axes.extend(along.loops.iter().chain([&along.axis])),
                    }
                }
            }
        }
    }
    axes
}

/// A name that the runtime has.
pub fn ident(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Whether some code mentions a variable. Methods (`.max`) and paths (`element::max`) are none.
pub fn mentions(code: &TokenStream, name: &Ident) -> bool {
    let mut before = [' ', ' '];
    code.clone().into_iter().any(|token| {
        let member = before == [':', ':'] || before[1] == '.' && before[0] != '.';
        before = [before[1], if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' }];
        match token {
            TokenTree::Ident(ident) => ident == *name && !member,
            TokenTree::Group(group) => mentions(&group.stream(), name),
            _ => false,
        }
    })
}
