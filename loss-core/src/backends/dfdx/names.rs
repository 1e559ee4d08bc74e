//! Names in generated code: the user's where there is one, else a short word for what it is.

use super::ledger::Var;
use crate::ir::{NodeId, NodeKind, Program, SetId, SetSize, Ty};
use crate::ops::Dfdx;
use crate::syntax::ast::{AxisName, Def};
use proc_macro2::{Ident, Span};
use quote::format_ident;
use std::collections::{BTreeMap, BTreeSet};

/// What generated code has in scope by its imports; a type parameter must not hide it.
pub const IN_SCOPE: &[&str] = &[
    "Axes2",
    "Axes3",
    "Axes4",
    "Axes5",
    "Axes6",
    "Axis",
    "Const",
    "Device",
    "Dim",
    "Dtype",
    "Err",
    "Join",
    "LossError",
    "Module",
    "NonMutableModule",
    "NoneTape",
    "Ok",
    "ParamError",
    "Result",
    "Shape",
    "Tape",
    "Tensor",
    "Self",
];

/// Whether generated code means something else by a name, so that no loss can have it.
pub fn is_reserved(name: &str) -> bool {
    IN_SCOPE.contains(&name) || name == "Default"
}

/// The type parameters of the generated methods.
pub struct Generics {
    /// The dimension of each set that has one, under the name the user gave the set.
    pub dims: Vec<Option<Ident>>,
    /// The shape of each set that is a bundle of axes, under the name the user gave it.
    pub shapes: Vec<Option<Ident>>,
    /// The dtype.
    pub dtype: Ident,
    /// The device.
    pub device: Ident,
    /// The tape of each differentiable input, by input.
    pub own: BTreeMap<usize, Ident>,
    /// The tape of them all, if there is a differentiable input.
    pub tape: Option<Ident>,
    taken: BTreeSet<String>,
}

impl Generics {
    /// Names that do not clash with the user's sets, nor with the name of the loss.
    pub fn of(def: &Def, program: &Program) -> Self {
        let mut taken: BTreeSet<String> = IN_SCOPE.iter().map(|&n| n.to_owned()).collect();
        taken.insert(def.name.to_string());
        let dims = program.sets.iter().map(|set| match set.size {
            SetSize::Dim { .. } => Some(dim_name(def, &set.name, &mut taken)),
            _ => None,
        });
        let dims = dims.collect();
        let shapes = program.sets.iter().map(|set| match set.size {
            SetSize::Bundle { .. } => Some(dim_name(def, &set.name, &mut taken)),
            _ => None,
        });
        let shapes = shapes.collect();
        let dtype = type_name(&["E", "Elem", "Dt"], &mut taken);
        let device = type_name(&["D", "Dev", "Dv"], &mut taken);
        let traced: Vec<usize> = differentiable(program).collect();
        let tape = (!traced.is_empty()).then(|| type_name(&["T", "Rec", "Tp"], &mut taken));
        let own = match (&traced[..], &tape) {
            (&[only], Some(tape)) => BTreeMap::from([(only, tape.clone())]),
            _ => traced.iter().map(|&i| (i, numbered("T", &mut taken, Span::mixed_site()))).collect(),
        };
        Generics { dims, shapes, dtype, device, own, tape, taken }
    }

    /// The first of some names that no type parameter has.
    pub fn another(&self, wanted: &[&str]) -> Ident {
        type_name(wanted, &mut self.taken.clone())
    }
}

/// The inputs that gradients are computed for.
pub fn differentiable(program: &Program) -> impl Iterator<Item = usize> + '_ {
    program.inputs.iter().enumerate().filter(|(_, i)| i.ty == Ty::Real && !i.data).map(|(i, _)| i)
}

fn dim_name(def: &Def, name: &str, taken: &mut BTreeSet<String>) -> Ident {
    let written = def.inputs.iter().flat_map(|i| &i.axes).find_map(|axis| match axis {
        AxisName::Set(ident) | AxisName::Bundle(ident) if ident == name => Some(ident.clone()),
        _ => None,
    });
    let ident = written.unwrap_or_else(|| Ident::new(name, Span::mixed_site()));
    if taken.insert(ident.to_string()) { ident } else { numbered(name, taken, ident.span()) }
}

fn type_name(wanted: &[&str], taken: &mut BTreeSet<String>) -> Ident {
    match wanted.iter().find(|n| !taken.contains(**n)) {
        Some(&name) => {
            taken.insert(name.to_owned());
            Ident::new(name, Span::mixed_site())
        }
        None => numbered(wanted[0], taken, Span::mixed_site()),
    }
}

fn numbered(stem: &str, taken: &mut BTreeSet<String>, span: Span) -> Ident {
    let name = (1..).map(|n| format!("{stem}{n}")).find(|name| !taken.contains(name));
    let name = name.expect("numbers do not run out");
    taken.insert(name.clone());
    Ident::new(&name, span)
}

/// The local variables of a method.
#[derive(Clone)]
pub struct Names {
    taken: BTreeSet<String>,
    given: BTreeMap<Var, Ident>,
    dims: Vec<Option<Ident>>,
    shapes: Vec<Option<Ident>>,
    /// What uploads to the device.
    pub upload: Ident,
}

impl Names {
    /// The user's arguments keep their names; a dimension is called as its set in lower case.
    pub fn of(def: &Def, program: &Program) -> Self {
        let mut names = Names {
            taken: BTreeSet::new(),
            given: BTreeMap::new(),
            dims: vec![],
            shapes: vec![],
            upload: format_ident!("on"),
        };
        for (i, input) in def.inputs.iter().enumerate() {
            names.taken.insert(input.name.to_string());
            names.given.insert(Var::Input(i), input.name.clone());
        }
        names.upload = names.fresh("on");
        for set in &program.sets {
            let sized = matches!(set.size, SetSize::Dim { .. } | SetSize::Bundle { .. });
            let dim = sized.then(|| names.fresh(&set.name.to_lowercase()));
            let shape = matches!(set.size, SetSize::Bundle { .. }).then(|| names.fresh("shape"));
            names.dims.push(dim);
            names.shapes.push(shape);
        }
        names
    }

    /// An argument, as the user called it.
    pub fn argument(&self, input: usize) -> &Ident {
        &self.given[&Var::Input(input)]
    }

    /// The variable that holds a set's dimension; none if its size is written as a number.
    pub fn dim(&self, set: SetId) -> Option<&Ident> {
        self.dims[usize::from(set.0)].as_ref()
    }

    /// The variable that holds the shape behind a bundle.
    pub fn shape(&self, set: SetId) -> Option<&Ident> {
        self.shapes[usize::from(set.0)].as_ref()
    }

    /// A variable's name, by what is asked for when it is first met.
    pub fn of_var(&mut self, var: Var, stem: impl FnOnce() -> String) -> Ident {
        if let Some(name) = self.given.get(&var) {
            return name.clone();
        }
        let name = self.fresh(&stem());
        self.given.insert(var, name.clone());
        name
    }

    /// A name not in use.
    pub fn fresh(&mut self, stem: &str) -> Ident {
        let stem = if syn::parse_str::<Ident>(stem).is_ok() { stem.to_owned() } else { format!("{stem}_") };
        let candidates = std::iter::once(stem.clone()).chain((2..).map(|n| format!("{stem}{n}")));
        let name = candidates.into_iter().find(|n| !self.taken.contains(n)).expect("numbers do not run out");
        self.taken.insert(name.clone());
        Ident::new(&name, Span::mixed_site())
    }

    /// Names for the indices of a closure, the first ones starting after those of `outer` closures.
    pub fn indices(&self, outer: usize, count: usize) -> Vec<Ident> {
        let letters = ["i", "j", "p", "q", "r", "s", "u", "v", "w"].into_iter().map(str::to_owned);
        let more = (2..).map(|n| format!("i{n}"));
        let free = letters.chain(more).filter(|n| !self.taken.contains(n));
        free.skip(outer).take(count).map(|n| Ident::new(&n, Span::mixed_site())).collect()
    }
}

/// A word for what a node is, where the user gave no name.
pub fn stem(program: &Program, id: NodeId) -> String {
    let node = &program.graph[id];
    if let Some(name) = program.graph.name(id) {
        return name.to_owned();
    }
    let word = match &node.kind {
        _ if node.ty == Ty::Bool => "mask",
        NodeKind::Op(op, _) => match op.dfdx {
            Dfdx::Choose => "chosen",
            Dfdx::Detach => "constant",
            _ => word_of(op.name),
        },
        NodeKind::Reduce { op, .. } => match op.name {
            "sum" => "total",
            "logsumexp" => "lse",
            "prod" => "product",
            name => name,
        },
        NodeKind::Contract { .. } => "dot",
        NodeKind::Gather { .. } => "picked",
        NodeKind::Argsort(..) => "order",
        NodeKind::Host(..) => "given",
        NodeKind::Rank(..) => "rank",
        NodeKind::Cumsum(..) => "running",
        NodeKind::LoopVar { .. } | NodeKind::LoopOut { .. } => "carried",
        _ => "values",
    };
    word.to_owned()
}

/// The noun for the result of an arithmetic op; other ops are their own name.
fn word_of(op: &'static str) -> &'static str {
    match op {
        "add" => "sum",
        "sub" => "difference",
        "mul" => "scaled",
        "div" => "ratio",
        "neg" => "negated",
        "pow" => "power",
        name => name,
    }
}
