//! Kernels as text, for snapshots and for reading.
//!
//! Expressions are written in the language's own notation, at the place where they are used. What is used more than
//! once, or is too long to read in one line, gets a `let` in the outermost loop that tells all its indices.

mod expr;

use super::{
    Along, AlongOp, Array, ArrayId, Call, Fused, Kernel, Nest, Place, Product, Repeat, Rows, Stage, Step,
};
use crate::ir::{Axis, Program};
use expr::{Names, Texts, formula};
use std::collections::BTreeMap;

/// The kinds of places, in the order in which they are listed.
const KINDS: [&str; 11] = [
    "input",
    "saved",
    "from outside",
    "carried",
    "replayed",
    "between stages",
    "row",
    "value",
    "total",
    "gradient",
    "next",
];

/// The kernels of a definition.
pub fn fused(program: &Program, fused: &Fused) -> String {
    let others = [("backward", &fused.backward), ("both at once", &fused.both)];
    let others = others.into_iter().filter_map(|(name, other)| Some((name, other.as_ref()?)));
    [("forward", &fused.forward)]
        .into_iter()
        .chain(others)
        .map(|(name, k)| kernel(program, name, k))
        .collect()
}

/// A kernel: its arrays by place, then its stages.
///
/// ```text
/// forward
///   input logits [b, k], target [b]
///   saved lse [b]
///   row m, z
///   rows b
///     for k: m max= logits[b, k]
///     for k: z += exp(logits[b, k] - m)
///     lse[b] = m + ln(z)
/// ```
pub fn kernel(program: &Program, name: &str, kernel: &Kernel) -> String {
    let mut printer = Printer { program, kernel, indent: 0, text: String::new() };
    printer.line(name);
    printer.indent += 1;
    printer.stages();
    printer.text
}

struct Printer<'p> {
    program: &'p Program,
    kernel: &'p Kernel,
    indent: usize,
    text: String,
}

impl<'p> Printer<'p> {
    fn line(&mut self, line: &str) {
        self.text.push_str(&format!("{:indent$}{line}\n", "", indent = 2 * self.indent));
    }

    fn stages(&mut self) {
        self.arrays();
        for stage in &self.kernel.stages {
            match stage {
                Stage::Rows(rows) => self.rows(rows),
                Stage::Product(product) => self.product(product),
                Stage::Repeat(repeat) => self.repeat(repeat),
                Stage::Call(call) => self.call(call),
            }
        }
    }

    /// The head, what is carried, and a round.
    ///
    /// ```text
    /// repeat iterations
    ///   f from f_at_first, kept in f_rounds, at last last_f
    ///   rows i
    ///     ..
    /// ```
    fn repeat(&mut self, repeat: &'p Repeat) {
        let rows = Rows { outer: None, lets: repeat.lets.clone(), steps: vec![] };
        let count = formula(self, &rows, repeat.count);
        let needed = self.needed(&repeat.needed_by);
        self.line(&format!("repeat {count}{needed}"));
        self.indent += 1;
        for (slot, carried) in repeat.carried.iter().enumerate() {
            let inner = repeat.body.arrays.iter().find(|a| a.place == Place::Carried(slot));
            let name = |id: ArrayId| &self.kernel.arrays[id.0].name;
            let mut line = format!("{} from {}", inner.map_or("nothing", |a| &a.name), name(carried.begin));
            line.extend(carried.history.map(|id| format!(", kept in {}", name(id))));
            line.extend(carried.last.map(|id| format!(", at last {}", name(id))));
            self.line(&line);
        }
        let text = std::mem::take(&mut self.text);
        let mut inner = Printer { program: self.program, kernel: &repeat.body, indent: self.indent, text };
        inner.stages();
        self.text = inner.text;
        self.indent -= 1;
    }

    /// `place[n] = host assignment(cost[n, m])`.
    fn call(&mut self, call: &Call) {
        let operand =
            |(array, axes, _): &(ArrayId, Vec<Axis>, Vec<Axis>)| self.element(*array, &self.axes(axes));
        let operands: Vec<String> = call.operands.iter().map(operand).collect();
        let given = |(_, array, _): &(Option<usize>, ArrayId, Vec<Axis>)| {
            self.element(*array, &self.axes(&self.kernel.arrays[array.0].axes))
        };
        let gives: Vec<String> = call.gives.iter().map(given).collect();
        let what = if call.gives.iter().any(|g| g.0.is_some()) { "gradient of host" } else { "host" };
        let (gives, operands, name) = (gives.join(", "), operands.join(", "), &call.function.name);
        let needed = self.needed(&call.needed_by);
        self.line(&format!("{gives} = {what} {name}({operands}){needed}"));
    }

    /// One line for each kind of place.
    fn arrays(&mut self) {
        let word = |place| match place {
            Place::Input(_) => "input",
            Place::Value => "value",
            Place::Total => "total",
            Place::Gradient(_) => "gradient",
            Place::Saved(_) => "saved",
            Place::Global => "between stages",
            Place::Row => "row",
            Place::Outer(_) => "from outside",
            Place::Carried(_) => "carried",
            Place::Next(_) => "next",
            Place::Replayed(_) => "replayed",
        };
        for kind in KINDS {
            let arrays = self.kernel.arrays.iter().filter(|a| word(a.place) == kind);
            let arrays: Vec<String> = arrays.map(|a| self.declared(a)).collect();
            if !arrays.is_empty() {
                self.line(&format!("{kind} {}", arrays.join(", ")));
            }
        }
    }

    /// `logits [b, k]`, `exp [k] in d_logits`.
    fn declared(&self, array: &Array) -> String {
        let axes = self.axes(&array.axes);
        let rounds = if array.rounds { " of each round" } else { "" };
        let home = array.home.map_or_else(String::new, |id| format!(" in {}", self.kernel.arrays[id.0].name));
        if axes.is_empty() {
            format!("{}{rounds}", array.name)
        } else {
            format!("{} [{axes}]{rounds}{home}", array.name)
        }
    }

    fn axes(&self, axes: &[Axis]) -> String {
        let names: Vec<String> = axes.iter().map(|&a| self.program.axis_name(a)).collect();
        names.join(", ")
    }

    /// `x[b, k]`.
    fn element(&self, array: ArrayId, indices: &str) -> String {
        let name = &self.kernel.arrays[array.0].name;
        if indices.is_empty() { name.clone() } else { format!("{name}[{indices}]") }
    }

    /// `  // for the gradient of x, y`.
    fn needed(&self, by: &[usize]) -> String {
        let name = |i: &usize| self.program.inputs.get(*i).map_or_else(|| i.to_string(), |i| i.name.clone());
        let names: Vec<String> = by.iter().map(name).collect();
        if names.is_empty() {
            String::new()
        } else {
            format!("  // for the gradient of {}", names.join(", "))
        }
    }

    /// `s[b, b2] = product over d of e[b, d] * e[b2, d]`.
    fn product(&mut self, product: &Product) {
        let how = match self.kernel.arrays[product.to.0].place {
            Place::Gradient(_) => "+=",
            _ => "=",
        };
        let to = self.element(product.to, &self.axes(&self.kernel.arrays[product.to.0].axes));
        let factor = |(array, axes): &(ArrayId, Vec<Axis>)| self.element(*array, &self.axes(axes));
        let (lhs, rhs) = (factor(&product.lhs), factor(&product.rhs));
        let over = self.program.axis_name(product.over);
        let needed = self.needed(&product.needed_by);
        self.line(&format!("{to} {how} product over {over} of {lhs} * {rhs}{needed}"));
    }

    fn rows(&mut self, rows: &'p Rows) {
        let head = rows.outer.map_or_else(|| "once".to_owned(), |o| format!("rows {}", self.axes(&[o])));
        self.line(&head);
        self.indent += 1;
        let mut names = Names { arrays: &self.kernel.arrays, given: BTreeMap::new() };
        for step in &rows.steps {
            match step {
                Step::Nest(nest) => self.nest(rows, nest, &mut names),
                Step::Along(along) => self.along(along),
            }
        }
        self.indent -= 1;
    }

    /// `for k: order[k, n] = argsort[n](x[k, n])`.
    fn along(&mut self, along: &Along) {
        let loops =
            if along.loops.is_empty() { String::new() } else { format!("for {}: ", self.axes(&along.loops)) };
        let op = match along.op {
            AlongOp::Argsort => "argsort",
            AlongOp::Rank => "rank",
            AlongOp::Cumsum { backward: false } => "cumsum",
            AlongOp::Cumsum { backward: true } => "cumsum from the end",
            AlongOp::Running { what, backward: false } => &format!("running {}", what.name()),
            AlongOp::Running { what, backward: true } => &format!("running {} from the end", what.name()),
        };
        let element = |(array, axes): &(ArrayId, Vec<Axis>)| self.element(*array, &self.axes(axes));
        let (to, mut from, axis) =
            (element(&along.to), element(&along.from), self.program.axis_name(along.axis));
        if let Some(weights) = &along.weights {
            from = format!("{from}, {}", element(weights));
        }
        let needed = self.needed(&along.needed_by);
        self.line(&format!("{loops}{to} = {op}[{axis}]({from}){needed}"));
    }

    /// Loops without a `let` between them share a line, and so does a single statement.
    fn nest(&mut self, rows: &'p Rows, nest: &'p Nest, names: &mut Names<'p>) {
        let texts = Texts::new(self, rows, nest, names);
        let heads: Vec<String> = nest.loops.iter().map(|&axis| texts.head(axis)).collect();
        let levels = texts.levels();
        let (indent, depth) = (self.indent, nest.loops.len());
        let mut head = String::new();
        let mut comment = self.needed(&nest.needed_by);
        for (level, lines) in levels.iter().enumerate() {
            if level > 0 {
                let axis = &heads[level - 1];
                head = if head.is_empty() { format!("for {axis}") } else { format!("{head}, {axis}") };
            }
            if lines.is_empty() && level < depth {
                continue;
            }
            let shared = level == depth && lines.len() == 1;
            if shared {
                let colon = if head.is_empty() { "" } else { ": " };
                self.line(&format!("{head}{colon}{}{comment}", lines[0]));
                break;
            }
            if !head.is_empty() {
                self.line(&format!("{head}{}", std::mem::take(&mut comment)));
                self.indent += 1;
                head.clear();
            }
            for line in lines {
                self.line(&format!("{line}{}", std::mem::take(&mut comment)));
            }
        }
        self.indent = indent;
    }
}
