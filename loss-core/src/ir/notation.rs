//! From nodes to expressions as a person reads them: bound indices have names, gathers are reads at an index,
//! composites have their names again. Texts and LaTeX are written from this.

use super::pattern::{Found, matches};
use super::term::term;
use super::{Axis, Direction, Graph, HostCall, NodeId, NodeKind, OpRef, Program};

/// An expression.
#[derive(Clone, Debug)]
pub(super) enum Notation {
    /// A number.
    Number(f64),
    /// `x[b, k]`, `gamma`, `K`, `k`, `true`.
    Read(String, Vec<Notation>),
    /// An elementwise op.
    Op(OpRef, Vec<Notation>),
    /// `sum[k | c](x)`, `softmax[k](x)`.
    Bind { name: &'static str, over: Vec<String>, given: Option<Box<Notation>>, arg: Box<Notation> },
    /// `assignment[i, j](cost[b, i, j])`.
    Call { name: String, over: Vec<String>, args: Vec<Notation> },
    /// `argsort[n](x[n])[n = i]`.
    At(Box<Notation>, String, Box<Notation>),
}

impl Notation {
    fn name(name: impl Into<String>) -> Notation {
        Notation::Read(name.into(), vec![])
    }

    /// Whether a name occurs.
    fn mentions(&self, name: &str) -> bool {
        match self {
            Notation::Number(_) => false,
            Notation::Read(own, indices) => own == name || indices.iter().any(|i| i.mentions(name)),
            Notation::Op(_, args) => args.iter().any(|a| a.mentions(name)),
            Notation::Bind { over, given, arg, .. } => {
                over.iter().any(|o| o == name)
                    || given.as_ref().is_some_and(|g| g.mentions(name))
                    || arg.mentions(name)
            }
            Notation::Call { over, args, .. } => {
                over.iter().any(|o| o == name) || args.iter().any(|a| a.mentions(name))
            }
            Notation::At(of, index, at) => index == name || of.mentions(name) || at.mentions(name),
        }
    }

    /// The index variable that it is, if it is one alone.
    fn as_index(&self) -> Option<&str> {
        match self {
            Notation::Read(name, indices) if indices.is_empty() => Some(name),
            _ => None,
        }
    }
}

/// What stands for an axis: its own name, unless it has been renamed or is read at a computed index.
#[derive(Clone, Default)]
struct Env {
    indices: Vec<(Axis, Notation)>,
    /// The index variables in scope: no other may have their names.
    scope: Vec<String>,
}

impl Env {
    fn get(&self, program: &Program, axis: Axis) -> Notation {
        let found = self.indices.iter().find(|e| e.0 == axis);
        found.map_or_else(|| Notation::name(program.axis_name(axis)), |e| e.1.clone())
    }

    fn set(&mut self, axis: Axis, index: Notation) {
        self.indices.retain(|e| e.0 != axis);
        self.indices.push((axis, index));
    }

    fn bind(&mut self, axis: Axis, name: &str) {
        self.set(axis, Notation::name(name));
        self.scope.push(name.to_owned());
    }
}

/// A composite whose definition a node is.
pub(super) struct Composite {
    pub name: &'static str,
    pub over: Vec<Axis>,
    pub given: Option<NodeId>,
    pub arg: NodeId,
}

/// The definitions that are recognised. Those with a condition inside hold only where it does, so a softmax under
/// a condition is recognised by its outermost `if` only.
const COMPOSITES: &[(&str, &str)] = &[
    ("softmax", "exp(x - logsumexp[k](x))"),
    ("log_softmax", "x - logsumexp[k](x)"),
    ("normalize", "x / max(sqrt(sum[k](x ^ 2)), 1e-12)"),
    ("norm", "sqrt(sum[k](x ^ 2))"),
];

/// The composite that a node is, if it is one.
pub(super) fn composite(graph: &Graph, id: NodeId) -> Option<Composite> {
    if let NodeKind::Op(op, args) = &graph[id].kind
        && op.name == "select"
        && graph.as_const(args[2]) == Some(0.0)
    {
        let found = matches(graph, &term(COMPOSITES[0].1), &graph[args[1]].kind)?;
        return (found.given == Some(args[0])).then(|| filled("softmax", found));
    }
    COMPOSITES.iter().find_map(|(name, text)| {
        let found = matches(graph, &term(text), &graph[id].kind)?;
        found.given.is_none().then(|| filled(name, found))
    })
}

fn filled(name: &'static str, found: Found) -> Composite {
    Composite { name, over: found.indices[0].1.clone(), given: found.given, arg: found.args[0].1 }
}

/// How nodes are read.
pub(super) struct Reader<'p> {
    pub program: &'p Program,
    /// The name by which a node is shown instead of its definition.
    pub shown: &'p dyn Fn(NodeId) -> Option<String>,
}

impl Reader<'_> {
    /// The expression that defines a node, as it stands alone.
    pub fn whole(&self, id: NodeId) -> Notation {
        let scope = self.program.graph[id].axes.iter().map(|&a| self.program.axis_name(a)).collect();
        self.definition(id, &Env { indices: vec![], scope })
    }

    /// The expression of a node, by its name if it has one.
    fn node(&self, id: NodeId, env: &Env) -> Notation {
        match (self.shown)(id) {
            Some(name) => self.read(&name, &self.program.graph[id].axes, env),
            None => self.definition(id, env),
        }
    }

    /// The expression that defines a node.
    fn definition(&self, id: NodeId, env: &Env) -> Notation {
        let graph = &self.program.graph;
        if let Some(notation) = composite(graph, id).and_then(|c| self.composite(&c, env)) {
            return notation;
        }
        match &graph[id].kind {
            NodeKind::Const(bits) => Notation::Number(f64::from_bits(*bits)),
            NodeKind::Truth(holds) => Notation::name(holds.to_string()),
            NodeKind::At(_, i) => Notation::Number(*i as f64),
            NodeKind::Hyper(i) => Notation::name(&self.program.hypers[*i].name),
            NodeKind::HyperArray(i, axis) => self.read(&self.program.hypers[*i].name, &[*axis], env),
            NodeKind::Input(i, axes) => self.read(&self.program.inputs[*i].name, axes, env),
            NodeKind::Size(set) => Notation::name(&self.program.sets[usize::from(set.0)].name),
            NodeKind::Iota(axis) => env.get(self.program, *axis),
            NodeKind::Op(op, args) => Notation::Op(*op, args.iter().map(|&a| self.node(a, env)).collect()),
            NodeKind::Reduce { op, over, body, given } => {
                self.binder(op.name, over, *given, env, &[*body], |mut parts| parts.remove(0))
            }
            NodeKind::Contract { over, lhs, rhs } => {
                let product = |parts| Notation::Op(OpRef(crate::ops::op("mul")), parts);
                self.binder("sum", over, None, env, &[*lhs, *rhs], product)
            }
            NodeKind::Rename(body, map) => {
                let mut inner = env.clone();
                map.iter().for_each(|&(from, to)| inner.set(from, env.get(self.program, to)));
                self.node(*body, &inner)
            }
            NodeKind::Gather { body, axis, index } => {
                let mut inner = env.clone();
                inner.set(*axis, self.node(*index, env));
                self.node(*body, &inner)
            }
            NodeKind::Argsort(body, axis) => self.order("argsort", *body, *axis, env),
            NodeKind::Rank(body, axis) => self.order("rank", *body, *axis, env),
            NodeKind::Cumsum(body, axis, Direction::Forward) => self.order("cumsum", *body, *axis, env),
            NodeKind::Cumsum(body, axis, Direction::Backward) => self.suffix_sum(*body, *axis, env),
            // x[b, n + 1]
            NodeKind::Nearest(place, _) => self.node(*place, env),
            NodeKind::Running(..) => unreachable!("only what kernels are printed from has it"),
            NodeKind::Host(call, args) => self.host(call, args, env),
            NodeKind::LoopVar { id, slot, axes } | NodeKind::LoopOut { id, slot, axes } => {
                let name = graph.name(graph.loops[*id].vars[*slot]);
                self.read(&name.map_or_else(|| format!("t{slot}"), str::to_owned), axes, env)
            }
        }
    }

    /// `x[b, k]`.
    fn read(&self, name: &str, axes: &[Axis], env: &Env) -> Notation {
        Notation::Read(name.to_owned(), axes.iter().map(|&a| env.get(self.program, a)).collect())
    }

    /// `softmax[k](x)`; nothing where `k` is not an index variable or stands for another axis, too.
    fn composite(&self, composite: &Composite, env: &Env) -> Option<Notation> {
        let Composite { name, over, given, arg } = composite;
        if crate::ops::prelude::find(name)?.form == crate::ops::prelude::Form::Removes {
            return Some(self.binder(name, over, *given, env, &[*arg], |mut parts| parts.remove(0)));
        }
        let mut names = Vec::new();
        for axis in over {
            let index = env.get(self.program, *axis);
            let name = index.as_index()?.to_owned();
            let others = self.program.graph[*arg].axes.iter().filter(|a| *a != axis);
            if others.into_iter().any(|&a| env.get(self.program, a).mentions(&name)) {
                return None;
            }
            names.push(name);
        }
        let given = given.map(|g| Box::new(self.node(g, env)));
        Some(Notation::Bind { name, over: names, given, arg: Box::new(self.node(*arg, env)) })
    }

    /// `sum[k | given](body)`.
    fn binder(
        &self,
        name: &'static str,
        over: &[Axis],
        given: Option<NodeId>,
        env: &Env,
        parts: &[NodeId],
        body: impl Fn(Vec<Notation>) -> Notation,
    ) -> Notation {
        let all: Vec<NodeId> = parts.iter().copied().chain(given).collect();
        let (mut inner, mut names) = (env.clone(), Vec::new());
        for &axis in over {
            let bound = self.bound_name(axis, over, &all, &inner);
            inner.bind(axis, &bound);
            names.push(bound);
        }
        let given = given.map(|g| Box::new(self.node(g, &inner)));
        let arg = Box::new(body(parts.iter().map(|&p| self.node(p, &inner)).collect()));
        Notation::Bind { name, over: names, given, arg }
    }

    /// `sum[m | m >= n](x[m])`.
    fn suffix_sum(&self, body: NodeId, axis: Axis, env: &Env) -> Notation {
        let at = env.get(self.program, axis);
        let bound = self.bound_name(axis, &[], &[body], env);
        let mut inner = env.clone();
        inner.bind(axis, &bound);
        let from = Notation::Op(OpRef(crate::ops::op("ge")), vec![Notation::name(bound.clone()), at]);
        let arg = Box::new(self.node(body, &inner));
        Notation::Bind { name: "sum", over: vec![bound], given: Some(Box::new(from)), arg }
    }

    /// A name for a bound index that no index in scope and none used in the body has.
    fn bound_name(&self, axis: Axis, over: &[Axis], parts: &[NodeId], env: &Env) -> String {
        let used = parts.iter().flat_map(|&p| &self.program.graph[p].axes).filter(|a| !over.contains(a));
        let taken: Vec<Notation> = used.map(|&a| env.get(self.program, a)).collect();
        let own = std::iter::once(axis);
        let names =
            own.chain((0..=u8::MAX).map(|copy| Axis { copy, ..axis })).map(|a| self.program.axis_name(a));
        let mut free =
            names.filter(|name| !env.scope.contains(name) && !taken.iter().any(|index| index.mentions(name)));
        free.next().unwrap_or_else(|| self.program.axis_name(axis))
    }

    /// `assignment[i, j](cost[b, i, j])`; an axis of the result that is read at a computed index has a name of its own.
    fn host(&self, call: &HostCall, args: &[NodeId], env: &Env) -> Notation {
        let outer = call.outer(&self.program.graph, args);
        let taken = |index: &str| outer.iter().any(|&a| env.get(self.program, a).mentions(index));
        let (mut inner, mut over, mut read) = (env.clone(), Vec::new(), Vec::new());
        for &axis in &call.over {
            let index = env.get(self.program, axis);
            let kept = call.result().contains(&axis);
            if let Some(index) = index.as_index().filter(|index| kept && !taken(index)) {
                over.push(index.to_owned());
                continue;
            }
            let bound = self.bound_name(axis, &call.over, args, &inner);
            inner.bind(axis, &bound);
            over.push(bound.clone());
            read.extend(kept.then_some((bound, index)));
        }
        let args = args.iter().map(|&a| self.node(a, &inner)).collect();
        let whole = Notation::Call { name: call.name(), over, args };
        read.into_iter().fold(whole, |whole, (bound, at)| Notation::At(Box::new(whole), bound, Box::new(at)))
    }

    /// `argsort[n](x[n])`; where it is read at a computed index, `argsort[n](x[n])[n = index]`.
    fn order(&self, name: &'static str, body: NodeId, axis: Axis, env: &Env) -> Notation {
        let at = env.get(self.program, axis);
        let mut others = self.program.graph[body].axes.iter().filter(|a| **a != axis);
        if let Some(index) = at.as_index()
            && !others.any(|&a| env.get(self.program, a).mentions(index))
        {
            let (over, arg) = (vec![index.to_owned()], Box::new(self.node(body, env)));
            return Notation::Bind { name, over, given: None, arg };
        }
        let all = self.binder(name, &[axis], None, env, &[body], |mut parts| parts.remove(0));
        let bound = self.bound_name(axis, &[axis], &[body], env);
        Notation::At(Box::new(all), bound, Box::new(at))
    }
}
