//! Expressions in the language with holes: bodies of composites, right sides of rewrite rules.
//!
//! Templates are the compiler's own text; a mistake in one is a bug, found by the tests that expand all.

use super::builder::{Builder, fresh_axis};
use super::load::rename;
use super::term::{Bind, Term, term};
use super::{Axis, Graph, NodeId, NodeKind, SetInfo};
use crate::ops::prelude::{self, Composite};
use crate::ops::reduce;
use std::rc::Rc;

/// A template with what its holes stand for.
pub(crate) struct Template {
    body: Rc<Term>,
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
        Template { body: term(row.body), args, indices: vec![("k".into(), over)], given, in_use }
    }

    /// A rule's right side over what its left side matched.
    pub fn filled(
        body: Rc<Term>,
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
        self.term(b, &body)
    }

    /// Adds the template's nodes to a graph.
    pub fn lower_into(self, graph: &mut Graph, sets: &[SetInfo]) -> NodeId {
        let mut b = Builder::new(std::mem::take(graph), sets.to_vec());
        let node = self.lower(&mut b);
        *graph = b.graph;
        node
    }

    fn term(&mut self, b: &mut Builder, term: &Term) -> NodeId {
        match term {
            Term::Number(value) => b.graph.constant(*value),
            Term::Name(name) => self.hole(b, name),
            Term::At(name, index) => {
                let node = self.hole(b, name);
                let (from, to) = (self.index("k"), self.index(index));
                let map: Vec<(Axis, Axis)> = from.iter().copied().zip(to.iter().copied()).collect();
                rename(&mut b.graph, node, &map)
            }
            Term::Op(op, args) => {
                let args: Vec<NodeId> = args.iter().map(|a| self.term(b, a)).collect();
                if op == "select" && b.graph[args[0]].kind == NodeKind::Truth(true) {
                    return args[1];
                }
                b.graph.op(op, &args)
            }
            Term::Bind(bind) => self.bind(b, bind),
        }
    }

    fn hole(&self, b: &mut Builder, name: &str) -> NodeId {
        if name == "given" {
            return self.given.unwrap_or_else(|| b.graph.add(NodeKind::Truth(true)));
        }
        let arg = self.args.iter().find(|a| a.0 == name);
        arg.unwrap_or_else(|| panic!("the template has no hole `{name}`")).1
    }

    fn index(&self, name: &str) -> &[Axis] {
        let found = self.indices.iter().find(|i| i.0 == name);
        &found.unwrap_or_else(|| panic!("the template has no index `{name}`")).1
    }

    fn bind(&mut self, b: &mut Builder, bind: &Bind) -> NodeId {
        let depth = self.indices.len();
        if !self.indices.iter().any(|i| i.0 == bind.index) {
            let fresh = self.fresh_axes();
            self.indices.push((bind.index.clone(), fresh));
        }
        let over = self.index(&bind.index).to_vec();
        let given = bind.given.as_ref().map(|c| self.term(b, c));
        let args: Vec<NodeId> = bind.args.iter().map(|a| self.term(b, a)).collect();
        self.indices.truncate(depth);
        match (reduce::find(&bind.name), prelude::find(&bind.name)) {
            (Some(row), _) => b.reduce(row, &over, args[0], given),
            (_, Some(row)) => {
                let given = given.filter(|&c| b.graph[c].kind != NodeKind::Truth(true));
                Template::of(row, args, over, given, self.in_use.clone()).lower(b)
            }
            _ => panic!("the template uses `{}`, which is no reducer or composite", bind.name),
        }
    }

    /// New axes over the sets of `k`.
    fn fresh_axes(&mut self) -> Vec<Axis> {
        let like = self.index("k").to_vec();
        let mut fresh = Vec::new();
        for axis in like {
            let axis = fresh_axis(axis.set, &self.in_use);
            self.in_use.push(axis);
            fresh.push(axis);
        }
        fresh
    }
}
