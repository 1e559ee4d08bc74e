//! Expressions on the host: plain Rust, element by element.

use super::emitter::Emitter;
use super::ledger::{Origin, Var};
use crate::ir::{Axis, Direction, HyperInfo, NodeId, NodeKind, OpRef, Ty};
use crate::ops::Scalar;
use crate::syntax::ast::HyperType;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};

/// The index variables in scope: which expression stands for an axis.
#[derive(Clone)]
pub struct Indices {
    known: Vec<(Axis, TokenStream)>,
    /// How many index variables the closures around have.
    depth: usize,
}

impl Indices {
    /// Outside every closure.
    pub fn none() -> Self {
        Indices { known: vec![], depth: 0 }
    }

    fn of(&self, axis: Axis) -> TokenStream {
        let found = self.known.iter().rfind(|(a, _)| *a == axis);
        found.map(|(_, code)| code.clone()).expect("every free axis has an index variable")
    }

    fn with(&self, axis: Axis, code: TokenStream) -> Self {
        let mut known = self.known.clone();
        known.push((axis, code));
        Indices { known, depth: self.depth }
    }
}

/// A Rust expression.
pub struct Expr {
    /// The code.
    pub code: TokenStream,
    /// Whether it binds tighter than every operator.
    atom: bool,
}

impl Expr {
    /// What binds tighter than every operator.
    pub fn atom(code: TokenStream) -> Self {
        Expr { code, atom: true }
    }

    fn loose(code: TokenStream) -> Self {
        Expr { code, atom: false }
    }

    /// As an operand.
    pub fn tight(self) -> TokenStream {
        let code = self.code;
        if self.atom { code } else { quote!((#code)) }
    }
}

impl Emitter<'_> {
    /// The pattern of a closure over axes, and the index variables inside it.
    pub fn closure(&self, axes: &[Axis], outer: &Indices) -> (TokenStream, Indices) {
        let names = self.names.indices(outer.depth, axes.len());
        let mut inner = Indices { known: outer.known.clone(), depth: outer.depth + axes.len() };
        inner.known.extend(axes.iter().zip(&names).map(|(&a, name)| (a, quote!(#name))));
        (quote!([#(#names),*]), inner)
    }

    /// Whether a number or condition on the host is bound by `let`.
    pub fn scalar_bound(&self, id: NodeId) -> bool {
        let (uses, graph) = (self.plan.uses(id), self.plan.graph());
        let computed = matches!(
            graph[id].kind,
            NodeKind::Op(..) | NodeKind::Reduce { .. } | NodeKind::Contract { .. } | NodeKind::Gather { .. }
        );
        let wanted = uses.host > 1 || uses.host > 0 && (uses.deeper || graph.name(id).is_some());
        computed && self.plan.is_scalar(id) && self.plan.view(id).root == id && wanted && !self.is_element(id)
    }

    /// `self.eps[2]`.
    fn is_element(&self, id: NodeId) -> bool {
        let graph = self.plan.graph();
        matches!(graph[id].kind, NodeKind::Gather { body, index, .. }
            if matches!((&graph[body].kind, &graph[index].kind), (NodeKind::HyperArray(..), NodeKind::At(..))))
    }

    /// Whether an array on the host holds a node: an order, a reduction that other expressions read (it would
    /// be computed again for each of their elements), or conditions that were computed on the device.
    pub fn tabled(&self, id: NodeId) -> bool {
        let (uses, node) = (self.plan.uses(id), &self.plan.graph()[id]);
        if self.plan.view(id).root != id || matches!(node.kind, NodeKind::Input(..)) {
            return false;
        }
        if !self.plan.on_host(id) {
            return node.ty == Ty::Bool && uses.read;
        }
        let reduces =
            matches!(node.kind, NodeKind::Reduce { .. } | NodeKind::Cumsum(..) | NodeKind::Contract { .. });
        self.tabled_order(id)
            || !node.axes.is_empty() && uses.host > 0 && (reduces || uses.host > 1 && self.heavy(id))
    }

    /// Whether a node is an order or given by a host function, and so always is in an array.
    pub fn tabled_order(&self, id: NodeId) -> bool {
        let kind = &self.plan.graph()[id].kind;
        matches!(kind, NodeKind::Argsort(..) | NodeKind::Rank(..) | NodeKind::Host(..))
    }

    /// Whether an expression has many operations, written out.
    fn heavy(&self, id: NodeId) -> bool {
        const FEW: usize = 8;
        let (mut open, mut seen) = (vec![id], 0);
        while let Some(id) = open.pop() {
            seen += 1;
            if seen > FEW {
                return true;
            }
            if !self.tabled_order(id) {
                open.extend(self.plan.operands(id));
            }
        }
        false
    }

    /// A node at the given indices: the variable that holds it, or an expression.
    pub fn host(&mut self, id: NodeId, at: &Indices) -> Expr {
        if self.scalar_bound(id) {
            let name = self.name(Var::Scalar(id));
            return Expr::atom(quote!(#name));
        }
        if self.tabled(id) {
            let name = self.name(Var::Table(Origin::Node(id)));
            return element(&quote!(#name), self.plan.graph()[id].axes.iter().map(|&a| at.of(a)));
        }
        self.host_definition(id, at)
    }

    /// The expression that a node is.
    pub fn host_definition(&mut self, id: NodeId, at: &Indices) -> Expr {
        let plan = self.plan;
        match &plan.graph()[id].kind {
            NodeKind::Const(bits) => number(f64::from_bits(*bits)),
            NodeKind::Truth(truth) => Expr::atom(quote!(#truth)),
            NodeKind::At(_, element) => {
                let element = Literal::usize_unsuffixed(*element);
                Expr::atom(quote!(#element))
            }
            NodeKind::Hyper(i) => hyper(&plan.program.hypers[*i]),
            NodeKind::HyperArray(i, axis) => {
                let (field, index) = (field(&plan.program.hypers[*i].name), at.of(*axis));
                Expr::atom(quote!(self.#field[#index]))
            }
            NodeKind::Input(input, axes) => {
                self.tables.insert(*input);
                let name = self.name(Var::Table(Origin::Input(*input)));
                element(&quote!(#name), axes.iter().map(|&a| at.of(a)))
            }
            NodeKind::Size(set) => {
                let size = self.size(*set);
                Expr::atom(quote!(scalar::count(#size)))
            }
            NodeKind::Iota(axis) => Expr::atom(at.of(*axis)),
            NodeKind::Nearest(place, set) => {
                let (place, size) = (self.host(*place, at).code, self.size(*set));
                Expr::atom(quote!(scalar::nearest(#place, #size)))
            }
            NodeKind::Op(op, args) => self.host_op(*op, args, at),
            NodeKind::Reduce { op, over, body, given } => {
                let (over, name) = (over.clone(), Ident::new(op.name, Span::mixed_site()));
                self.host_reduce(&name, &over, *body, *given, at)
            }
            NodeKind::Contract { over, lhs, rhs } => self.host_contract(over, *lhs, *rhs, at),
            NodeKind::Rename(body, map) => {
                let mut inner = at.clone();
                for &(old, new) in map {
                    inner = inner.with(old, at.of(new));
                }
                self.host(*body, &inner)
            }
            NodeKind::Gather { body, axis, index } => self.host_gather(*body, *axis, *index, at),
            NodeKind::Cumsum(body, axis, way) => self.host_cumsum(*body, *axis, *way, at),
            NodeKind::Argsort(..) | NodeKind::Rank(..) | NodeKind::Host(..) => {
                unreachable!("orders are in arrays, and so is what host functions give")
            }
            NodeKind::Running(..) => unreachable!("only kernels have it"),
            NodeKind::LoopVar { .. } | NodeKind::LoopOut { .. } => unreachable!("loops carry tensors"),
        }
    }

    fn host_op(&mut self, op: OpRef, args: &[NodeId], at: &Indices) -> Expr {
        let operands = args.iter().map(|&a| self.host(a, at)).collect();
        applied(op, operands, args.first().and_then(|&x| self.plan.graph().as_const(x)))
    }

    /// `host::sum(host::each([k.size()]).filter(|&[j]| c).map(|[j]| x))`
    fn host_reduce(
        &mut self,
        name: &Ident,
        over: &[Axis],
        body: NodeId,
        given: Option<NodeId>,
        at: &Indices,
    ) -> Expr {
        let (pattern, inner) = self.closure(over, at);
        let sizes = self.sizes(over);
        let filter = given.map(|given| {
            let condition = self.host(given, &inner).code;
            quote!(.filter(|&#pattern| #condition))
        });
        let body = self.host(body, &inner).code;
        Expr::atom(quote!(host::#name(host::each(#sizes)#filter.map(|#pattern| #body))))
    }

    fn host_contract(&mut self, over: &[Axis], lhs: NodeId, rhs: NodeId, at: &Indices) -> Expr {
        let (pattern, inner) = self.closure(over, at);
        let sizes = self.sizes(over);
        let (x, y) = (self.host(lhs, &inner).tight(), self.host(rhs, &inner).tight());
        Expr::atom(quote!(host::sum(host::each(#sizes).map(|#pattern| #x * #y))))
    }

    fn host_gather(&mut self, body: NodeId, axis: Axis, index: NodeId, at: &Indices) -> Expr {
        let index = self.host(index, at);
        if index.atom {
            return self.host(body, &at.with(axis, index.code));
        }
        let (names, code) = (self.names.indices(at.depth, 1), index.code);
        let name = &names[0];
        let mut inner = at.with(axis, quote!(#name));
        inner.depth += 1;
        let body = self.host(body, &inner).code;
        Expr::loose(quote!({ let #name = #code; #body }))
    }

    /// `host::sum((0..=i).map(|j| x))`, or `host::sum((i..k.size()).map(|j| x))`
    fn host_cumsum(&mut self, body: NodeId, axis: Axis, way: Direction, at: &Indices) -> Expr {
        let (names, here) = (self.names.indices(at.depth, 1), at.of(axis));
        let name = &names[0];
        let mut inner = at.with(axis, quote!(#name));
        inner.depth += 1;
        let body = self.host(body, &inner).code;
        let range = match way {
            Direction::Forward => quote!((0..=#here)),
            Direction::Backward => {
                let size = self.size(axis.set);
                quote!((#here..#size))
            }
        };
        Expr::atom(quote!(host::sum(#range.map(|#name| #body))))
    }
}

fn element(array: &TokenStream, indices: impl Iterator<Item = TokenStream>) -> Expr {
    Expr::atom(quote!(#array[[#(#indices),*]]))
}

/// A scalar hyperparameter as a number.
pub fn hyper(info: &HyperInfo) -> Expr {
    let field = field(&info.name);
    match info.ty {
        HyperType::Integer => Expr::atom(quote!(scalar::count(self.#field))),
        HyperType::Bool => Expr::atom(quote!(scalar::truth(self.#field))),
        _ => Expr::atom(quote!(self.#field)),
    }
}

/// An op of numbers; `known`: the first of them, if it is a constant.
pub fn applied(op: OpRef, mut operands: Vec<Expr>, known: Option<f64>) -> Expr {
    match op.scalar {
        Scalar::Infix(symbol) => {
            let symbol: TokenStream = symbol.parse().expect("an operator of the table");
            let (y, x) = (operands.pop().expect("two operands"), operands.pop().expect("two operands"));
            let (x, y) = (x.tight(), y.tight());
            Expr::loose(quote!(#x #symbol #y))
        }
        Scalar::Prefix(symbol) => {
            let symbol: TokenStream = symbol.parse().expect("an operator of the table");
            let x = operands.remove(0).tight();
            Expr::loose(quote!(#symbol #x))
        }
        Scalar::Method(method) => {
            let method = Ident::new(method, Span::mixed_site());
            let rest = operands.split_off(1).into_iter().map(|e| e.code);
            let receiver = match known {
                // `2.0.exp()` does not say which float it is.
                Some(value) if value.is_finite() => suffixed(value).tight(),
                _ => operands.remove(0).tight(),
            };
            Expr::atom(quote!(#receiver.#method(#(#rest),*)))
        }
        Scalar::Function(name) => {
            let name = Ident::new(name, Span::mixed_site());
            let operands = operands.into_iter().map(|e| e.code);
            Expr::atom(quote!(scalar::#name(#(#operands),*)))
        }
        Scalar::If => {
            let mut codes = operands.into_iter().map(|e| e.code);
            let (c, a, b) = (codes.next(), codes.next(), codes.next());
            // `(if c { 2.0 } else { 3.0 }).exp()` does not say which float it is.
            let a = match (a.as_ref().and_then(bare), b.as_ref().and_then(bare)) {
                (Some(value), Some(_)) => Some(suffixed(value).code),
                _ => a,
            };
            Expr::loose(quote!(if #c { #a } else { #b }))
        }
        Scalar::Cast => {
            let x = operands.remove(0).code;
            Expr::atom(quote!(scalar::count(#x)))
        }
        Scalar::Silent => operands.remove(0),
    }
}

/// A field of the loss.
pub fn field(name: &str) -> Ident {
    format_ident!("{}", name)
}

/// A number as Rust writes it.
pub fn number(value: f64) -> Expr {
    if value.is_nan() {
        return Expr::atom(quote!(f64::NAN));
    }
    let size = if value.is_infinite() {
        quote!(f64::INFINITY)
    } else {
        let literal = literal(value.abs());
        quote!(#literal)
    };
    if value.is_sign_negative() { Expr::loose(quote!(-#size)) } else { Expr::atom(size) }
}

/// `0.5`, `1e-12`.
fn literal(value: f64) -> Literal {
    let plain = value == 0.0 || (1e-4..1e16).contains(&value);
    let short = (!plain).then(|| format!("{value:e}").parse().ok()).flatten();
    short.unwrap_or_else(|| Literal::f64_unsuffixed(value))
}

/// The value of a literal without a suffix.
fn bare(code: &TokenStream) -> Option<f64> {
    let text = code.to_string().replace(' ', "");
    let digits = text.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn suffixed(value: f64) -> Expr {
    let literal = Literal::f64_suffixed(value.abs());
    if value.is_sign_negative() { Expr::loose(quote!(-#literal)) } else { Expr::atom(quote!(#literal)) }
}
