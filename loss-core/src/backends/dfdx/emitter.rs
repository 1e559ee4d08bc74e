//! The state of one emission, and how an operand is got hold of.

use super::ledger::{Get, Ledger, Var, Want};
use super::names::{Generics, Names, stem};
use super::plan::{Plan, View};
use crate::ir::{Axis, NodeId, NodeKind, Ty};
use crate::syntax::ast::Def;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::BTreeSet;

/// One emission.
pub struct Emitter<'p> {
    /// The facts.
    pub plan: &'p Plan<'p>,
    /// The type parameters.
    pub generics: &'p Generics,
    /// The local variables.
    pub names: Names,
    /// Who moves what.
    pub ledger: Ledger,
    /// The loops around the present statement.
    pub inside: Vec<usize>,
    /// Inputs that are read on the host.
    pub tables: BTreeSet<usize>,
    /// Whether anything is uploaded.
    pub uploads: bool,
}

/// An operand: code for an owned tensor.
pub struct Operand {
    /// The code.
    pub code: TokenStream,
    /// Whether it has the tape type of the differentiable inputs.
    pub taped: bool,
}

impl<'p> Emitter<'p> {
    /// An emission that has not begun.
    pub fn new(def: &Def, plan: &'p Plan<'p>, generics: &'p Generics) -> Self {
        let (names, ledger) = (Names::of(def, plan.program), Ledger::default());
        Emitter { plan, generics, names, ledger, inside: vec![], tables: BTreeSet::new(), uploads: false }
    }
}

impl Emitter<'_> {
    /// A node's operand with axes `to`, taped if the user `on_tape` and the operand both are.
    pub fn operand(&mut self, id: NodeId, to: &[Axis], on_tape: bool) -> Operand {
        let taped = on_tape && self.plan.taped(id);
        let real = self.plan.graph()[id].ty == Ty::Real;
        if real && self.plan.is_scalar(id) {
            return Operand { code: self.full(id, to), taped };
        }
        let (code, layout) = self.tensor(id, taped);
        Operand { code: self.arrange(code, &layout, to), taped }
    }

    /// The operand that decides the tape type of the result.
    pub fn left(&mut self, id: NodeId, to: &[Axis], on_tape: bool) -> TokenStream {
        let operand = self.operand(id, to, on_tape);
        self.lifted(operand, on_tape)
    }

    /// A tensor on the tape type of the differentiable inputs, if asked for.
    pub fn lifted(&self, operand: Operand, on_tape: bool) -> TokenStream {
        let Operand { code, taped } = operand;
        match &self.generics.tape {
            Some(tape) if on_tape && !taped => quote!(#code.retaped::<#tape>()),
            _ => code,
        }
    }

    /// An operand beside others: with an identity of its own if it might coincide with one of them.
    pub fn beside(&self, operand: Operand, id: NodeId, others: &[NodeId], on_tape: bool) -> Operand {
        let meets = |&other: &NodeId| self.plan.taped(other) && self.plan.may_coincide(id, other);
        if on_tape && operand.taped && others.iter().any(meets) {
            let code = operand.code;
            return Operand { code: quote!(tape::fresh(#code)?), taped: true };
        }
        operand
    }

    /// The values of a node for a reader that only borrows them: `x`, or an expression.
    pub fn borrowed(&mut self, id: NodeId, to: &[Axis]) -> TokenStream {
        let View { root, layout } = self.plan.view(id);
        if layout == to
            && let Some(var) = self.var_of(root)
        {
            return self.take(var, Want::Borrowed);
        }
        self.operand(id, to, false).code
    }

    /// An owned tensor and its axes in order.
    pub fn tensor(&mut self, id: NodeId, taped: bool) -> (TokenStream, Vec<Axis>) {
        let View { root, layout } = self.plan.view(id);
        if let Some(var) = self.var_of(root) {
            return (self.take(var, if taped { Want::Taped } else { Want::Plain }), layout);
        }
        let (code, stored) = self.define(root);
        // A view names the axes of what it views; an unstored root may have them in another order.
        let canonical = &self.plan.graph()[root].axes;
        let place = |a: &Axis| canonical.iter().position(|b| a == b).expect("an axis of the root");
        (code, stored.iter().map(|a| layout[place(a)]).collect())
    }

    /// The variable that holds a stored node, if it is held by one.
    pub fn var_of(&self, root: NodeId) -> Option<Var> {
        match self.plan.graph()[root].kind {
            NodeKind::Input(input, _) => Some(Var::Input(input)),
            NodeKind::LoopVar { .. } => Some(Var::Node(root)),
            NodeKind::LoopOut { id, slot, .. } => Some(Var::Out(id, slot)),
            _ => self.bound(root).then_some(Var::Node(root)),
        }
    }

    /// Whether a stored node is bound by `let`: it is named, used again, or used inside a loop.
    pub fn bound(&self, id: NodeId) -> bool {
        let uses = self.plan.uses(id);
        let leaf = matches!(
            self.plan.graph()[id].kind,
            NodeKind::Input(..) | NodeKind::LoopVar { .. } | NodeKind::LoopOut { .. }
        );
        let named = self.plan.graph().name(id).is_some();
        !leaf && uses.tensor > 0 && self.plan.view(id).root == id && (named || uses.tensor > 1 || uses.deeper)
    }

    /// A use of a variable.
    pub fn take(&mut self, var: Var, want: Want) -> TokenStream {
        let (taped, home) = (self.var_taped(var), self.home(var));
        let get = self.ledger.take(var, taped, want, self.inside.len(), home);
        let name = self.name(var);
        match get {
            Get::Itself => quote!(#name),
            Get::EmptyTape => quote!(#name.with_empty_tape()),
            Get::Values => quote!(#name.retaped::<NoneTape>()),
            Get::Clone => quote!(#name.clone()),
            Get::Alias => {
                let alias = self.name(var.value());
                if want == Want::Borrowed { quote!(#alias) } else { quote!(#alias.clone()) }
            }
        }
    }

    /// The name of a variable.
    pub fn name(&mut self, var: Var) -> Ident {
        let program = self.plan.program;
        let own = |id: NodeId| stem(program, id);
        match var {
            Var::Out(l, slot) => {
                let inner = program.graph.loops[l].vars[slot];
                self.names.of_var(Var::Node(inner), || own(inner))
            }
            Var::Value(origin) => {
                let base = self.name(base_of(origin)).to_string();
                self.names.of_var(var, || format!("{base}_value"))
            }
            Var::Table(origin) => {
                let base = match base_of(origin) {
                    Var::Node(id) if !self.bound(id) => own(id),
                    base => format!("{}_at", self.name(base)),
                };
                self.names.of_var(var, || base)
            }
            Var::Node(id) | Var::Scalar(id) => self.names.of_var(var, || own(id)),
            Var::Input(_) => self.names.of_var(var, || "input".into()),
            Var::Next(..) => self.names.of_var(var, || "next".into()),
        }
    }

    /// Whether a variable has the tape type of the differentiable inputs.
    pub fn var_taped(&self, var: Var) -> bool {
        match var {
            Var::Input(input) => self.plan.input_taped(input),
            Var::Node(id) => self.plan.taped(id),
            Var::Out(l, slot) => self.plan.taped(self.plan.graph().loops[l].vars[slot]),
            Var::Value(_) | Var::Table(_) | Var::Scalar(_) | Var::Next(..) => false,
        }
    }

    /// How many loops deep a variable lives. A carried tensor lives in its loop's body until the loop ends.
    pub fn home(&self, var: Var) -> usize {
        match var {
            Var::Node(id) => self.depth(self.plan.loop_of(id)),
            Var::Out(l, _) => self.depth(Some(l)) - 1,
            _ => 0,
        }
    }

    /// How many loops deep the body of a loop is.
    pub fn depth(&self, l: Option<usize>) -> usize {
        let Some(l) = l else { return 0 };
        1 + self.depth(self.plan.outer_loop(l))
    }
}

fn base_of(origin: super::ledger::Origin) -> Var {
    use super::ledger::Origin;
    match origin {
        Origin::Input(i) => Var::Input(i),
        Origin::Node(id) => Var::Node(id),
        Origin::Out(l, slot) => Var::Out(l, slot),
    }
}
