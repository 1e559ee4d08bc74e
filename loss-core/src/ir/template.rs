//! Expressions in the language with holes: bodies of composites, right sides of rewrite rules.
//!
//! Templates are the compiler's own text; a mistake in one is a bug, found by the tests that expand all.

use super::build::{Builder, fresh_axis};
use super::load::rename;
use super::{Axis, Graph, NodeId, NodeKind, SetInfo};
use crate::ops::prelude::{self, Composite};
use crate::ops::reduce;
use crate::syntax;
use crate::syntax::ast::{Binder, Expr, ExprKind};

/// A template with what its holes stand for.
pub(crate) struct Template {
    body: Expr,
    /// Operands by name.
    args: Vec<(String, NodeId)>,
    /// The axes of indices by name; `k` is what the template's user binds.
    indices: Vec<(String, Vec<Axis>)>,
    /// The condition `given`; `None` holds everywhere.
    given: Option<NodeId>,
    /// Axes that new indices must differ from.
    in_use: Vec<Axis>,
}

impl Template {
    /// A composite's definition over its operands.
    pub fn of(
        row: &'static Composite,
        args: Vec<NodeId>,
        over: Vec<Axis>,
        given: Option<NodeId>,
        in_use: Vec<Axis>,
    ) -> Template {
        let args = row.args.iter().map(ToString::to_string).zip(args).collect();
        Template { body: parse(row.body), args, indices: vec![("k".into(), over)], given, in_use }
    }

    /// A rule's right side over what its left side matched.
    pub fn filled(
        body: Expr,
        args: Vec<(String, NodeId)>,
        indices: Vec<(String, Vec<Axis>)>,
        given: Option<NodeId>,
    ) -> Template {
        Template { body, args, indices, given, in_use: vec![] }
    }

    /// Adds the template's nodes to the graph being built.
    pub(super) fn lower(mut self, b: &mut Builder) -> NodeId {
        let holes = self.args.iter().map(|a| a.1).chain(self.given);
        let used: Vec<Axis> = holes.flat_map(|n| b.graph[n].axes.clone()).collect();
        self.in_use.extend(used);
        let body = self.body.clone();
        self.expr(b, &body)
    }

    /// Adds the template's nodes to a graph.
    pub fn lower_into(self, graph: &mut Graph, sets: &[SetInfo]) -> NodeId {
        let mut b = Builder { graph: std::mem::take(graph), sets: sets.to_vec() };
        let node = self.lower(&mut b);
        *graph = b.graph;
        node
    }

    fn expr(&mut self, b: &mut Builder, expr: &Expr) -> NodeId {
        match &expr.kind {
            ExprKind::Number(value) => b.graph.constant(*value),
            ExprKind::Name(name) => self.name(b, &name.to_string()),
            ExprKind::Index(name, indices) => self.renamed(b, &name.to_string(), indices),
            ExprKind::Unary(op, x) => {
                let x = self.expr(b, x);
                b.graph.op(op, &[x])
            }
            ExprKind::Binary(op, x, y) => {
                let (x, y) = (self.expr(b, x), self.expr(b, y));
                b.graph.op(op, &[x, y])
            }
            ExprKind::If(c, x, y) => {
                let c = self.expr(b, c);
                if b.graph[c].kind == NodeKind::Truth(true) {
                    return self.expr(b, x);
                }
                let (x, y) = (self.expr(b, x), self.expr(b, y));
                b.graph.op("select", &[c, x, y])
            }
            ExprKind::Call(name, args) => {
                let args: Vec<NodeId> = args.iter().map(|a| self.expr(b, a)).collect();
                b.graph.op(&name.to_string(), &args)
            }
            ExprKind::Bind(binder) => self.binder(b, binder),
            ExprKind::Apply(app) => panic!("a template applies no definition, but this one applies `{}`", app.name),
        }
    }

    fn name(&self, b: &mut Builder, name: &str) -> NodeId {
        if name == "given" {
            return self.given.unwrap_or_else(|| b.graph.add(NodeKind::Truth(true)));
        }
        let arg = self.args.iter().find(|a| a.0 == name);
        arg.unwrap_or_else(|| panic!("the template has no hole `{name}`")).1
    }

    /// `x[m]`: the operand with the bound index replaced by `m`.
    fn renamed(&self, b: &mut Builder, name: &str, indices: &[Expr]) -> NodeId {
        let node = self.name(b, name);
        let ExprKind::Name(index) = &indices[0].kind else { panic!("a template indexes by name only") };
        let (from, to) = (self.index("k"), self.index(&index.to_string()));
        let map: Vec<(Axis, Axis)> = from.iter().copied().zip(to.iter().copied()).collect();
        rename(&mut b.graph, node, &map)
    }

    fn index(&self, name: &str) -> &[Axis] {
        let found = self.indices.iter().find(|i| i.0 == name);
        &found.unwrap_or_else(|| panic!("the template has no index `{name}`")).1
    }

    fn binder(&mut self, b: &mut Builder, binder: &Binder) -> NodeId {
        let index = binder.indices[0].to_string();
        let depth = self.indices.len();
        if !self.indices.iter().any(|i| i.0 == index) {
            let like: Vec<Axis> = self.index("k").to_vec();
            let mut fresh = Vec::new();
            for axis in like {
                let axis = fresh_axis(axis.set, &self.in_use);
                self.in_use.push(axis);
                fresh.push(axis);
            }
            self.indices.push((index.clone(), fresh));
        }
        let over = self.index(&index).to_vec();
        let given = binder.condition.as_ref().map(|c| self.expr(b, c));
        let args: Vec<NodeId> = binder.args.iter().map(|a| self.expr(b, a)).collect();
        self.indices.truncate(depth);
        let name = binder.name.to_string();
        match (reduce::find(&name), prelude::find(&name)) {
            (Some(row), _) => b.reduce(row, &over, args[0], given),
            (_, Some(row)) => {
                let given = given.filter(|&c| b.graph[c].kind != NodeKind::Truth(true));
                Template::of(row, args, over, given, self.in_use.clone()).lower(b)
            }
            _ => panic!("the template uses `{name}`, which is no reducer or composite"),
        }
    }
}

/// Parses a template's text.
///
/// # Panics
/// If the text is not an expression of the language: the text is the compiler's own.
pub(crate) fn parse(text: &str) -> Expr {
    syntax::expression(text)
        .unwrap_or_else(|error| panic!("the template `{text}` does not parse: {}", error.message))
}

