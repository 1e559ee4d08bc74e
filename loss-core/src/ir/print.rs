//! A program as text: one line a node, for snapshots and for reading.
//!
//! Only nodes that the value needs are shown, numbered from 0 in the order in which they are first needed,
//! so that the text does not depend on what passes have left behind. A loop's body is a block.

use super::{Axis, Bound, Direction, InputInfo, NodeId, NodeKind, Program, Ty, reach};

pub use super::formula::{expanded_formula, formula};
pub use super::latex::derivative_latex;
pub use super::steps::{latex_steps, steps};

/// The program, one line a node.
///
/// ```text
/// Poly1<epsilon>(logits: [B, K], target: [B] -> K)
/// %0 [b, k] = logits[b, k]
/// %1 lse [b] = logsumexp[k] %0
/// %2 [b, k] = sub %0 %1
/// value %2
/// ```
pub fn program(program: &Program) -> String {
    let graph = &program.graph;
    let mut printer = Printer {
        program,
        numbers: vec![None; graph.len()],
        next: 0,
        printed: vec![false; graph.loops.len()],
        indent: 0,
        text: header(program),
    };
    printer.node(program.value);
    let value = printer.number(program.value);
    printer.line(&format!("value {value}"));
    for &root in &program.roots {
        printer.node(root);
        let root = printer.number(root);
        printer.line(&format!("root {root}"));
    }
    printer.text
}

fn header(program: &Program) -> String {
    let hypers: Vec<&str> = program.hypers.iter().map(|h| h.name.as_str()).collect();
    let hypers = if hypers.is_empty() { String::new() } else { format!("<{}>", hypers.join(", ")) };
    let inputs: Vec<String> = program.inputs.iter().map(|i| input(program, i)).collect();
    format!("{}{hypers}({})\n", program.name, inputs.join(", "))
}

fn input(program: &Program, input: &InputInfo) -> String {
    let set = |s: super::SetId| program.sets[usize::from(s.0)].name.clone();
    let sets: Vec<String> = input.sets.iter().map(|&s| set(s)).collect();
    let (data, element) = match input.ty {
        Ty::Real => (if input.data { "data " } else { "" }, String::new()),
        Ty::Bool => ("", " -> bool".to_owned()),
        Ty::Index(s) => ("", format!(" -> {}", set(s))),
    };
    let domain = input.domain.map(domain).unwrap_or_default();
    format!("{}: {data}[{}]{element}{domain}", input.name, sets.join(", "))
}

/// ` in 0<..=1`.
fn domain((lo, hi): (Bound, Bound)) -> String {
    let lo = lo.map_or_else(String::new, |(v, allowed)| format!("{v}{}", if allowed { "" } else { "<" }));
    let hi = hi.map_or_else(String::new, |(v, allowed)| format!("{}{v}", if allowed { "=" } else { "" }));
    format!(" in {lo}..{hi}")
}

struct Printer<'p> {
    program: &'p Program,
    numbers: Vec<Option<usize>>,
    next: usize,
    /// Which loops have been printed.
    printed: Vec<bool>,
    indent: usize,
    text: String,
}

impl Printer<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(&format!("{:indent$}{line}\n", "", indent = 2 * self.indent));
    }

    fn number(&self, id: NodeId) -> String {
        let number = self.numbers[id.index()].expect("operands are printed before their users");
        format!("%{number}")
    }

    /// Prints a node after all that it needs.
    fn node(&mut self, id: NodeId) {
        if self.numbers[id.index()].is_some() {
            return;
        }
        for operand in self.program.graph.operands(id) {
            self.node(operand);
        }
        if let NodeKind::LoopOut { id, .. } = self.program.graph[id].kind {
            self.repeat(id);
        }
        let what = self.describe(id);
        let (node, number) = (&self.program.graph[id], self.next);
        let name = self.program.graph.name(id).map_or_else(String::new, |n| format!("{n} "));
        let ty = match node.ty {
            Ty::Real => String::new(),
            Ty::Bool => " bool".into(),
            Ty::Index(set) => format!(" {}", self.program.sets[usize::from(set.0)].name),
        };
        let line = format!("%{number} {name}[{}]{ty} = {what}", self.axes(&node.axes));
        self.numbers[id.index()] = Some(number);
        self.next += 1;
        self.line(&line);
    }

    /// Prints a loop: first what its body needs and no round changes, then the body as a block.
    fn repeat(&mut self, id: usize) {
        if std::mem::replace(&mut self.printed[id], true) {
            return;
        }
        let program = self.program;
        if let Some(reversed) = program.graph.loops[id].reverses {
            self.repeat(reversed);
        }
        let varying = reach::varying(&program.graph, id);
        let l = &program.graph.loops[id];
        let mut seen = vec![false; program.graph.len()];
        for &next in &l.next {
            self.constant_part(next, &varying, &mut seen);
        }
        let slots = 0..l.vars.len();
        let init: Vec<String> =
            slots.clone().map(|s| format!("{} = {}", self.slot(id, s), self.number(l.init[s]))).collect();
        let reversed = l.reverses.map_or_else(String::new, |r| format!(" of repeat {r} in reverse"));
        let count = self.number(l.count);
        self.line(&format!("repeat {id}: {count} rounds{reversed} from {} {{", init.join(", ")));
        self.indent += 1;
        for &next in &l.next {
            self.node(next);
        }
        for s in slots {
            self.line(&format!("{} = {}", self.slot(id, s), self.number(l.next[s])));
        }
        self.indent -= 1;
        self.line("}");
    }

    /// Prints what a node of a loop's body needs and no round of that loop, or of one inside it, changes.
    fn constant_part(&mut self, id: NodeId, varying: &[bool], seen: &mut [bool]) {
        let graph = &self.program.graph;
        if !varying[id.index()] {
            return self.node(id);
        }
        if std::mem::replace(&mut seen[id.index()], true) {
            return;
        }
        for operand in graph.operands(id) {
            self.constant_part(operand, varying, seen);
        }
        if let NodeKind::LoopOut { id, .. } = graph[id].kind {
            let inner = reach::varying(graph, id);
            let either: Vec<bool> = varying.iter().zip(inner).map(|(outer, inner)| *outer || inner).collect();
            for &next in &graph.loops[id].next {
                self.constant_part(next, &either, seen);
            }
        }
    }

    /// The name of a tensor that a loop carries.
    fn slot(&self, id: usize, slot: usize) -> String {
        let graph = &self.program.graph;
        graph.name(graph.loops[id].vars[slot]).map_or_else(|| format!("t{slot}"), str::to_owned)
    }

    fn axes(&self, axes: &[Axis]) -> String {
        let names: Vec<String> = axes.iter().map(|&a| self.program.axis_name(a)).collect();
        names.join(", ")
    }

    fn describe(&self, id: NodeId) -> String {
        let (program, number) = (self.program, |id: &NodeId| self.number(*id));
        let axis = |a: &Axis| program.axis_name(*a);
        match &program.graph[id].kind {
            NodeKind::Const(bits) => format!("const {:?}", f64::from_bits(*bits)),
            NodeKind::Truth(holds) => format!("const {holds}"),
            NodeKind::At(set, i) => format!("element {i} of {}", program.sets[usize::from(set.0)].name),
            NodeKind::Hyper(i) => format!("hyper {}", program.hypers[*i].name),
            NodeKind::HyperArray(i, a) => format!("hyper {}[{}]", program.hypers[*i].name, axis(a)),
            NodeKind::Input(i, axes) => format!("{}[{}]", program.inputs[*i].name, self.axes(axes)),
            NodeKind::Size(set) => format!("size of {}", program.sets[usize::from(set.0)].name),
            NodeKind::Iota(a) => format!("index {}", axis(a)),
            NodeKind::Op(op, args) => {
                let args: Vec<String> = args.iter().map(number).collect();
                format!("{} {}", op.name, args.join(" "))
            }
            NodeKind::Reduce { op, over, body, given } => {
                let given = given.map_or_else(String::new, |g| format!(" | {}", number(&g)));
                format!("{}[{}{given}] {}", op.name, self.axes(over), number(body))
            }
            NodeKind::Contract { over, lhs, rhs } => {
                format!("contract[{}] {} {}", self.axes(over), number(lhs), number(rhs))
            }
            NodeKind::Rename(body, map) => {
                let map: Vec<String> =
                    map.iter().map(|(a, b)| format!("{} -> {}", axis(a), axis(b))).collect();
                format!("rename[{}] {}", map.join(", "), number(body))
            }
            NodeKind::Gather { body, axis: a, index } => {
                format!("gather[{} = {}] {}", axis(a), number(index), number(body))
            }
            NodeKind::Nearest(body, _) => format!("nearest {}", number(body)),
            NodeKind::Argsort(body, a) => format!("argsort[{}] {}", axis(a), number(body)),
            NodeKind::Rank(body, a) => format!("rank[{}] {}", axis(a), number(body)),
            NodeKind::Cumsum(body, a, Direction::Forward) => format!("cumsum[{}] {}", axis(a), number(body)),
            NodeKind::Cumsum(body, a, Direction::Backward) => {
                format!("cumsum[{} backward] {}", axis(a), number(body))
            }
            NodeKind::Running(what, args, a, way) => {
                let args: Vec<String> = args.iter().map(number).collect();
                let way = if *way == Direction::Backward { " backward" } else { "" };
                format!("running {}[{}{way}] {}", what.name(), axis(a), args.join(" "))
            }
            NodeKind::Host(call, args) => {
                let args: Vec<String> = args.iter().map(number).collect();
                format!("host {}[{}] {}", call.name(), self.axes(&call.over), args.join(" "))
            }
            NodeKind::LoopVar { id, slot, .. } => format!("carried {} of repeat {id}", self.slot(*id, *slot)),
            NodeKind::LoopOut { id, slot, .. } => format!("result {} of repeat {id}", self.slot(*id, *slot)),
        }
    }
}
