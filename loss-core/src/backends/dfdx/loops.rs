//! `repeat`: tensors carried through rounds.
//!
//! Inside the body, what comes from outside lends its values only; its tape is handed over after the loop, to
//! a carried tensor that is used from there on. So no recorded operation is lost, however few rounds there are.

use super::emitter::{Emitter, Operand};
use super::host::{Indices, field};
use super::ledger::Var;
use super::plan::Origin;
use crate::ir::{Loop, NodeId, NodeKind};
use crate::syntax::ast::HyperType;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// A number of rounds that is known.
pub fn fixed_rounds(count: f64) -> TokenStream {
    let rounds = Literal::usize_unsuffixed(count as usize);
    quote!(#rounds)
}

impl Emitter<'_> {
    /// A whole loop.
    pub fn repeat(&mut self, l: usize) -> TokenStream {
        let body = &self.plan.graph().loops[l];
        let before: TokenStream = (0..body.vars.len()).map(|slot| self.before(body, slot)).collect();
        let count = self.rounds(body.count);
        let start = self.ledger.now();
        self.inside.push(l);
        let values: TokenStream = body.vars.iter().map(|&var| self.alias_let(Var::Node(var))).collect();
        let statements = self.block(Some(l));
        let assignments = self.assignments(l, body);
        self.inside.pop();
        let after = self.hand_over(l, start);
        let kept: TokenStream = (0..body.vars.len()).map(|slot| self.alias_let(Var::Out(l, slot))).collect();
        quote!(#before for _ in 0..#count { #values #statements #assignments } #after #kept)
    }

    /// `let mut f = ..;`
    fn before(&mut self, body: &Loop, slot: usize) -> TokenStream {
        let var = body.vars[slot];
        let (taped, axes) = (self.plan.taped(var), self.plan.graph()[var].axes.clone());
        let init = self.operand(body.init[slot], &axes, taped);
        let shared = self.var_of(self.plan.view(body.init[slot]).root).is_some();
        let init = self.separate(init, taped && shared);
        let code = self.lifted(init, taped);
        let name = self.name(Var::Node(var));
        quote!(let mut #name = #code;)
    }

    /// With an identity of its own, if it might share one.
    fn separate(&self, operand: Operand, shared: bool) -> Operand {
        let Operand { code, taped } = operand;
        match (shared, taped, &self.generics.tape) {
            (false, ..) => Operand { code, taped },
            (true, false, Some(tape)) => {
                Operand { code: quote!(tape::unlinked::<#tape, _, _, _>(#code)?), taped }
            }
            (true, ..) => Operand { code: quote!(tape::fresh(#code)?), taped },
        }
    }

    fn rounds(&mut self, count: NodeId) -> TokenStream {
        match &self.plan.graph()[count].kind {
            NodeKind::Hyper(i) if self.plan.program.hypers[*i].ty == HyperType::Integer => {
                let field = field(&self.plan.program.hypers[*i].name);
                quote!(self.#field)
            }
            NodeKind::Const(bits) => fixed_rounds(f64::from_bits(*bits)),
            _ => {
                let count = self.host(count, &Indices::none()).code;
                quote!(scalar::rounds(#count))
            }
        }
    }

    /// All next values first, then the assignments: a round sees the values before it.
    fn assignments(&mut self, l: usize, body: &Loop) -> TokenStream {
        let (mut values, mut assigns) = (TokenStream::new(), TokenStream::new());
        let single = body.vars.len() == 1;
        for (slot, &var) in body.vars.iter().enumerate() {
            let (taped, axes) = (self.plan.taped(var), self.plan.graph()[var].axes.clone());
            let next = self.operand(body.next[slot], &axes, taped);
            let next = self.separate(next, taped && self.shares(l, body, slot));
            let code = self.lifted(next, taped);
            let name = self.name(Var::Node(var));
            // What the old value recorded is kept, even if no round reads it.
            let keeps = taped && !self.ledger.takes_tape(Var::Node(var));
            match (single, keeps) {
                (true, false) => assigns.extend(quote!(#name = #code;)),
                (_, keeps) => {
                    let temporary = self.names.of_var(Var::Next(l, slot), || format!("next_{name}"));
                    values.extend(quote!(let #temporary = #code;));
                    let value =
                        if keeps { quote!(tape::relay(#name, #temporary).1) } else { quote!(#temporary) };
                    assigns.extend(quote!(#name = #value;));
                }
            }
        }
        quote!(#values #assigns)
    }

    /// Whether a next value may have the identity of another tensor of the next round.
    fn shares(&self, l: usize, body: &Loop, slot: usize) -> bool {
        match self.plan.origin(body.next[slot]) {
            Origin::Input(_) => true,
            Origin::Node(root) => {
                let earlier = body.next[..slot].iter().any(|&n| self.plan.origin(n) == Origin::Node(root));
                let carried = matches!(self.plan.graph()[root].kind, NodeKind::LoopVar { .. });
                earlier || carried || self.plan.loop_of(root) != Some(l)
            }
        }
    }

    /// After a loop: the tapes of tensors whose last use was inside it, and of carried tensors that are not
    /// used any more, go to a carried tensor that is.
    fn hand_over(&mut self, l: usize, start: usize) -> TokenStream {
        let slots = 0..self.plan.graph().loops[l].vars.len();
        let outs: Vec<Var> = slots.map(|slot| Var::Out(l, slot)).filter(|&v| self.var_taped(v)).collect();
        let Some(&heir) = outs.iter().find(|&&v| self.ledger.takes_tape(v)) else {
            return TokenStream::new();
        };
        let idle = outs.iter().copied().filter(|&v| !self.ledger.takes_tape(v));
        let within = start..self.ledger.now();
        let ended = self.outer_vars().into_iter().filter(|&v| {
            let last = self.ledger.last_taped(v);
            self.home(v) == self.inside.len() && last.is_some_and(|at| within.contains(&at))
        });
        let sources: Vec<Var> = idle.chain(ended).collect();
        sources.into_iter().map(|source| self.handed(source, heir)).collect()
    }

    /// `let (_, f) = tape::relay(x, f);`, keeping the values of `x` if they are read later.
    fn handed(&mut self, source: Var, heir: Var) -> TokenStream {
        let (name, heir) = (self.name(source), self.name(heir));
        if self.ledger.hand_over(source) {
            let values = self.name(source.value());
            quote!(let (#values, #heir) = tape::relay(#name, #heir);)
        } else {
            quote!(let (_, #heir) = tape::relay(#name, #heir);)
        }
    }

    /// The taped variables there may be outside.
    fn outer_vars(&self) -> Vec<Var> {
        let nodes = self.plan.nodes().filter(|&id| self.bound(id) || self.carried(id)).map(Var::Node);
        let outs = self.plan.nodes().filter_map(|id| match self.plan.graph()[id].kind {
            NodeKind::LoopOut { id, slot, .. } => Some(Var::Out(id, slot)),
            _ => None,
        });
        let inputs = (0..self.plan.program.inputs.len()).map(Var::Input);
        inputs.chain(nodes).chain(outs).filter(|&v| self.var_taped(v)).collect()
    }

    fn carried(&self, id: NodeId) -> bool {
        matches!(self.plan.graph()[id].kind, NodeKind::LoopVar { .. })
    }
}
