//! Reverse mode as dfdx has it: adjoints times derivatives, element by element, without a thought for masks.

use loss_core::ir::eval::{Array, eval_over};
use loss_core::ir::{Axis, NodeId, NodeKind, Program, Ty, reach};
use loss_core::ops::{Dfdx, OpDef, ReduceDef};
use loss_core::syntax::ast::{Expr, ExprKind};
use std::collections::BTreeMap;

/// The value of a derivative of the tables.
fn number(expr: &Expr, names: &[(&str, f64)]) -> f64 {
    let all = |args: &[&Expr]| args.iter().map(|a| number(a, names)).collect::<Vec<f64>>();
    let op = |name: &str, args: &[&Expr]| (loss_core::ops::op(name).eval)(&all(args));
    match &expr.kind {
        ExprKind::Number(value) => *value,
        ExprKind::Name(name) => names.iter().find(|n| *name == n.0).expect("an operand").1,
        ExprKind::Unary(name, x) => op(name, &[x]),
        ExprKind::Binary(name, x, y) => op(name, &[x, y]),
        ExprKind::If(c, x, y) => number(if number(c, names) == 0.0 { y } else { x }, names),
        ExprKind::Call(name, args) => op(&name.to_string(), &args.iter().collect::<Vec<_>>()),
        _ => panic!("not a derivative of an elementwise op"),
    }
}

fn derivative(op: &OpDef, by: usize, at: &[f64]) -> f64 {
    let names: Vec<_> =
        op.args.iter().copied().zip(at.iter().copied()).chain([("out", (op.eval)(at))]).collect();
    number(&loss_core::syntax::expression(op.grad[by]).expect("an expression"), &names)
}

/// The table's; a product's is that of the others.
fn derivative_of_reduction(op: &ReduceDef, x: f64, out: f64, others: &[f64]) -> f64 {
    match op.name {
        "prod" => others.iter().product(),
        _ => {
            number(&loss_core::syntax::expression(op.grad).expect("an expression"), &[("x", x), ("out", out)])
        }
    }
}

type Point = BTreeMap<Axis, usize>;

/// Every place over some axes, in order.
fn points(axes: &[Axis], size: &dyn Fn(Axis) -> usize) -> Vec<Point> {
    axes.iter().fold(vec![Point::new()], |points, &axis| {
        let with = |p: &Point, i| p.iter().map(|(a, i)| (*a, *i)).chain([(axis, i)]).collect();
        points.iter().flat_map(|p| (0..size(axis)).map(move |i| with(p, i))).collect()
    })
}

struct Tape<'p> {
    program: &'p Program,
    sizes: BTreeMap<u16, usize>,
    values: BTreeMap<NodeId, Vec<f64>>,
    adjoints: BTreeMap<NodeId, Vec<f64>>,
}

impl Tape<'_> {
    fn size(&self, axis: Axis) -> usize {
        self.sizes[&axis.set.0]
    }

    fn points(&self, axes: &[Axis]) -> Vec<Point> {
        points(axes, &|a| self.size(a))
    }

    fn place(&self, id: NodeId, at: &Point) -> usize {
        self.program.graph[id].axes.iter().fold(0, |place, a| place * self.size(*a) + at[a])
    }

    fn value(&self, id: NodeId, at: &Point) -> f64 {
        self.values[&id][self.place(id, at)]
    }

    fn give(&mut self, id: NodeId, at: &Point, amount: f64) {
        let place = self.place(id, at);
        let count = self.values[&id].len();
        self.adjoints.entry(id).or_insert_with(|| vec![0.0; count])[place] += amount;
    }

    fn pass_on(&mut self, id: NodeId) {
        let Some(adjoint) = self.adjoints.get(&id).cloned() else { return };
        let node = &self.program.graph[id];
        for at in self.points(&node.axes) {
            let adjoint = adjoint[self.place(id, &at)];
            match &node.kind {
                NodeKind::Op(op, args) => self.op(op.0, args, &at, adjoint),
                NodeKind::Reduce { op, over, body, given } => {
                    let kept = self.around(&at, over, *given);
                    self.reduction(op.0, *body, &kept, self.value(id, &at), adjoint);
                }
                NodeKind::Contract { over, lhs, rhs } => {
                    for p in self.around(&at, over, None) {
                        let (l, r) = (self.value(*lhs, &p), self.value(*rhs, &p));
                        self.give(*lhs, &p, adjoint * r);
                        self.give(*rhs, &p, adjoint * l);
                    }
                }
                NodeKind::Rename(body, map) => {
                    let to = |a: &Axis| map.iter().find(|m| m.0 == *a).map_or(*a, |m| m.1);
                    let p = self.program.graph[*body].axes.iter().map(|a| (*a, at[&to(a)])).collect();
                    self.give(*body, &p, adjoint);
                }
                NodeKind::Gather { body, axis, index } => {
                    let mut p = at.clone();
                    p.insert(*axis, self.value(*index, &at) as usize);
                    self.give(*body, &p, adjoint);
                }
                _ => {}
            }
        }
    }

    /// Every place over more axes, where a condition holds.
    fn around(&self, at: &Point, over: &[Axis], given: Option<NodeId>) -> Vec<Point> {
        let all = self.points(over).into_iter().map(|p| at.iter().map(|(a, i)| (*a, *i)).chain(p).collect());
        all.filter(|p| given.is_none_or(|g| self.value(g, p) != 0.0)).collect()
    }

    fn op(&mut self, op: &OpDef, args: &[NodeId], at: &Point, adjoint: f64) {
        if op.dfdx == Dfdx::Choose {
            let taken = if self.value(args[0], at) == 0.0 { args[2] } else { args[1] };
            return self.give(taken, at, adjoint);
        }
        let operands: Vec<f64> = args.iter().map(|&a| self.value(a, at)).collect();
        for (by, &arg) in args.iter().enumerate() {
            if self.program.graph[arg].ty == Ty::Real && op.grad[by] != "0" {
                self.give(arg, at, adjoint * derivative(op, by, &operands));
            }
        }
    }

    fn reduction(&mut self, op: &ReduceDef, body: NodeId, kept: &[Point], out: f64, adjoint: f64) {
        let values: Vec<f64> = kept.iter().map(|p| self.value(body, p)).collect();
        for (i, p) in kept.iter().enumerate() {
            let others = [&values[..i], &values[i + 1..]].concat();
            self.give(body, p, adjoint * derivative_of_reduction(op, values[i], out, &others));
        }
    }
}

/// The gradients of the sum of the samples on a tape.
pub fn on_tape(program: &Program, inputs: &[Array]) -> Vec<(usize, Vec<f64>)> {
    let graph = &program.graph;
    let live = reach::live_all(program);
    let nodes: Vec<_> =
        graph.ids().filter(|id| live[id.index()]).map(|id| (id, graph[id].axes.clone())).collect();
    let values = eval_over(program, &[], inputs, &nodes).expect("valid inputs");
    let sizes = program
        .inputs
        .iter()
        .zip(inputs)
        .flat_map(|(i, a)| i.sets.iter().map(|s| s.0).zip(a.shape.iter().copied()));
    let mut tape = Tape {
        program,
        sizes: sizes.collect(),
        values: nodes.iter().map(|n| n.0).zip(values.into_iter().map(|v| v.data)).collect(),
        adjoints: BTreeMap::new(),
    };
    let count = tape.values[&program.value].len();
    tape.adjoints.insert(program.value, vec![1.0; count]);
    nodes.iter().rev().for_each(|n| tape.pass_on(n.0));
    let mut found: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (id, _) in &nodes {
        if let NodeKind::Input(input, axes) = &graph[*id].kind
            && graph[*id].ty == Ty::Real
            && !program.inputs[*input].data
        {
            let total = found.entry(*input).or_insert_with(|| vec![0.0; inputs[*input].data.len()]);
            let Some(adjoint) = tape.adjoints.get(id) else { continue };
            for at in tape.points(&graph[*id].axes) {
                let place = axes.iter().fold(0, |place, a| place * tape.size(*a) + at[a]);
                total[place] += adjoint[tape.place(*id, &at)];
            }
        }
    }
    found.into_iter().collect()
}
