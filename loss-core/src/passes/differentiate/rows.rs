//! Products of an adjoint with a derivative of the op table, which is a text in the language.

use super::algebra::Algebra;
use crate::ir::term::{Bind, Term, term};
use crate::ir::{Axis, NodeId, NodeKind};
use crate::ops::reduce;

/// What the names in a derivative stand for.
pub(super) struct Holes<'h> {
    /// Operands and `out` by name.
    pub names: Vec<(&'h str, NodeId)>,
    /// Of a reducer: what its element is bound over.
    pub over: &'h [Axis],
    /// Of a reducer: its condition.
    pub given: Option<NodeId>,
}

impl Holes<'_> {
    /// `adjoint` times the derivative; `None` is 0.
    pub fn times(&self, g: &mut Algebra, adjoint: NodeId, text: &'static str) -> Option<NodeId> {
        self.product(g, adjoint, &term(text))
    }

    fn product(&self, g: &mut Algebra, adjoint: NodeId, term: &Term) -> Option<NodeId> {
        let Term::Op(op, args) = term else { return self.factor(g, adjoint, term) };
        match (op.as_str(), &args[..]) {
            ("neg", [x]) => self.product(g, adjoint, x).map(|x| g.neg(x)),
            ("mul", [x, y]) => self.product(g, adjoint, x).and_then(|x| self.product(g, x, y)),
            ("div", [x, y]) => {
                let divisor = self.lower(g, y);
                let quotient = g.div(adjoint, divisor);
                self.product(g, quotient, x)
            }
            ("select", [c, x, y]) => {
                let condition = self.lower(g, c);
                let (x, y) = (self.product(g, adjoint, x), self.product(g, adjoint, y));
                g.choose(condition, x, y)
            }
            _ => self.factor(g, adjoint, term),
        }
    }

    fn factor(&self, g: &mut Algebra, adjoint: NodeId, term: &Term) -> Option<NodeId> {
        let factor = self.lower(g, term);
        match g.graph().as_const(factor) {
            Some(0.0) => None,
            _ => Some(g.mul(adjoint, factor)),
        }
    }

    fn lower(&self, g: &mut Algebra, term: &Term) -> NodeId {
        match term {
            Term::Number(value) => g.constant(*value),
            Term::Name(name) if name == "given" => {
                self.given.unwrap_or_else(|| g.node(NodeKind::Truth(true)))
            }
            Term::Name(name) => {
                let found = self.names.iter().find(|n| n.0 == name);
                found.unwrap_or_else(|| panic!("the derivative speaks of `{name}`, which is no operand")).1
            }
            Term::Op(op, args) => {
                let args: Vec<NodeId> = args.iter().map(|a| self.lower(g, a)).collect();
                g.op(op, &args)
            }
            Term::Bind(bind) => self.bind(g, bind),
            Term::At(name, _) => panic!("a derivative reads `{name}` at its own index only"),
        }
    }

    fn bind(&self, g: &mut Algebra, bind: &Bind) -> NodeId {
        let row = reduce::find(&bind.name).unwrap_or_else(|| panic!("no reducer `{}`", bind.name));
        let given = bind.given.as_ref().map(|c| self.lower(g, c));
        let element = self.lower(g, &bind.args[0]);
        g.builder.reduce(row, self.over, element, given)
    }
}
