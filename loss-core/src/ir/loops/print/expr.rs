//! The expressions of a stage as text.

use super::Printer;
use crate::ir::Axis;
use crate::ir::formula::{ATOM, Text, number, spell};
use crate::ir::loops::{Array, At, Beside, How, LetId, Nest, Rows, Span, Target, Value};
use crate::ops::Print;
use std::collections::{BTreeMap, BTreeSet};

/// How tightly a sum binds.
const SUM: u8 = 4;
/// A longer expression is not written inside another one.
const LONG: usize = 72;

/// A formula of hyperparameters and sizes.
pub(super) fn formula(printer: &Printer, rows: &Rows, id: LetId) -> String {
    let nest = Nest { loops: vec![], spans: BTreeMap::new(), targets: vec![], needed_by: vec![] };
    let mut texts = Texts { printer, rows, nest: &nest, texts: BTreeMap::new(), lines: vec![vec![]] };
    for id in texts.needed(&[id]) {
        let text = texts.written(&rows.lets[id.0].value);
        texts.texts.insert(id, text);
    }
    texts.texts.remove(&id).map(|text| text.0).unwrap_or_default()
}

/// The names of a stage's expressions, given out as they are needed.
pub(super) struct Names<'p> {
    pub arrays: &'p [Array],
    pub given: BTreeMap<LetId, String>,
}

impl Names<'_> {
    /// The user's own name, or `t`; with a number if it is taken.
    fn of(&mut self, id: LetId, own: Option<&str>) -> String {
        if let Some(name) = self.given.get(&id) {
            return name.clone();
        }
        let free = |name: &String| {
            self.arrays.iter().all(|a| a.name != *name) && self.given.values().all(|n| n != name)
        };
        let stem = own.unwrap_or("t");
        let first = own.map(str::to_owned).filter(|n| free(n));
        let mut numbered = (1..).map(|i| format!("{stem}{i}")).filter(|n| free(n));
        let name = first.or_else(|| numbered.next()).unwrap_or_default();
        self.given.insert(id, name.clone());
        name
    }
}

/// The expressions of a nest as text.
pub(super) struct Texts<'a, 'p> {
    printer: &'a Printer<'p>,
    rows: &'a Rows,
    nest: &'a Nest,
    texts: BTreeMap<LetId, Text>,
    /// The lines of `let`s, by how many of the loops stand around them.
    lines: Vec<Vec<String>>,
}

impl<'a, 'p> Texts<'a, 'p> {
    pub fn new(printer: &'a Printer<'p>, rows: &'a Rows, nest: &'a Nest, names: &mut Names<'p>) -> Self {
        let lines = vec![vec![]; nest.loops.len() + 1];
        let mut texts = Texts { printer, rows, nest, texts: BTreeMap::new(), lines };
        let roots = texts.roots();
        let needed = texts.needed(&roots);
        let mut uses: BTreeMap<LetId, usize> = BTreeMap::new();
        let users = needed.iter().flat_map(|id| rows.lets[id.0].value.operands());
        users.chain(roots.iter().copied()).for_each(|id| *uses.entry(id).or_default() += 1);
        for id in needed {
            let text = texts.written(&rows.lets[id.0].value);
            let op = matches!(&rows.lets[id.0].value, Value::Op(op, _) if op.print != Print::Silent);
            let long = text.0.chars().count() > LONG && !roots.contains(&id);
            let text = if op && (uses[&id] > 1 || long) { texts.named(id, &text, names) } else { text };
            texts.texts.insert(id, text);
        }
        texts
    }

    /// What the targets are made of.
    fn roots(&self) -> Vec<LetId> {
        let computed = |at: &At| if let At::Computed(id) = at { Some(*id) } else { None };
        let of = |t: &'a Target| {
            let at = t.at.iter().filter_map(computed);
            t.given.into_iter().chain(at).chain([t.value])
        };
        let ends = self.nest.spans.values().flat_map(Span::ends);
        ends.chain(self.nest.targets.iter().flat_map(of)).collect()
    }

    fn needed(&self, roots: &[LetId]) -> BTreeSet<LetId> {
        let (mut needed, mut open) = (BTreeSet::new(), roots.to_vec());
        while let Some(id) = open.pop() {
            if needed.insert(id) {
                open.extend(self.rows.lets[id.0].value.operands());
            }
        }
        needed
    }

    /// The lines before and between the loops, and those inside all of them.
    pub fn levels(mut self) -> Vec<Vec<String>> {
        let targets: Vec<String> = self.nest.targets.iter().map(|t| self.target(t)).collect();
        let depth = self.nest.loops.len();
        self.lines[depth].extend(targets);
        self.lines
    }

    /// `k`, `k in 0..=n + 1`, `k at n + 1`: a loop, with its span.
    pub fn head(&self, axis: Axis) -> String {
        let name = self.printer.program.axis_name(axis);
        let Some(span) = self.nest.spans.get(&axis) else { return name };
        let end = |end: Option<LetId>| end.map_or_else(String::new, |id| self.texts[&id].0.clone());
        match (end(span.from), end(span.to)) {
            (at, _) if span.is_single() => format!("{name} at {at}"),
            (from, to) if to.is_empty() => format!("{name} in {from}.."),
            (from, to) => format!("{name} in {from}..={to}"),
        }
    }

    /// Gives an expression a line of its own.
    fn named(&mut self, id: LetId, text: &Text, names: &mut Names<'p>) -> Text {
        let l = &self.rows.lets[id.0];
        let level = self.nest.loops.iter().rposition(|a| l.axes.contains(a)).map_or(0, |i| i + 1);
        let name = names.of(id, l.name.as_deref());
        self.lines[level].push(format!("let {name} = {}", text.0));
        (name, ATOM)
    }

    /// `z[b] += x where c  // over all rows`.
    fn target(&self, target: &Target) -> String {
        let to = self.printer.element(target.array, &self.indices(&target.at));
        let how = match target.how {
            How::Set => "=".to_owned(),
            How::Add => "+=".to_owned(),
            How::Reduce(op) => match op.name {
                "sum" => "+=".to_owned(),
                "prod" => "*=".to_owned(),
                name => format!("{name}="),
            },
        };
        let given = target.given.map_or_else(String::new, |g| format!(" where {}", self.texts[&g].0));
        let across = if target.across { "  // over all rows" } else { "" };
        format!("{to} {how} {}{given}{across}", self.texts[&target.value].0)
    }

    fn index(&self, at: At) -> String {
        match at {
            At::Axis(axis) => self.printer.program.axis_name(axis),
            At::Computed(id) => self.texts[&id].0.clone(),
        }
    }

    fn indices(&self, at: &[At]) -> String {
        let indices: Vec<String> = at.iter().map(|&at| self.index(at)).collect();
        indices.join(", ")
    }

    fn written(&self, value: &Value) -> Text {
        let program = self.printer.program;
        let text = match value {
            Value::Const(value) => return number(*value),
            Value::Op(op, args) => return spell(*op, args.iter().map(|a| self.texts[a].clone()).collect()),
            Value::Truth(holds) => holds.to_string(),
            Value::Element(i) => i.to_string(),
            Value::Hyper(i) => program.hypers[*i].name.clone(),
            Value::HyperArray(i, at) => format!("{}[{}]", program.hypers[*i].name, self.index(*at)),
            Value::Size(set) => program.sets[usize::from(set.0)].name.clone(),
            Value::Position(axis) => program.axis_name(*axis),
            Value::Beside(place) => return (beside(place, |axis| program.axis_name(axis)), SUM),
            Value::Load(array, at) => self.printer.element(*array, &self.indices(at)),
        };
        (text, ATOM)
    }
}

/// `t + k - 2`.
fn beside(place: &Beside, name: impl Fn(Axis) -> String) -> String {
    let plus = place.plus.iter().map(|&axis| (" + ", name(axis)));
    let minus = place.minus.iter().map(|&axis| (" - ", name(axis)));
    let sign = if place.by < 0 { " - " } else { " + " };
    let by = (place.by != 0).then(|| (sign, place.by.unsigned_abs().to_string()));
    let text: String = plus.chain(minus).chain(by).flat_map(|(sign, term)| [sign.to_owned(), term]).collect();
    text.strip_prefix(" + ").map_or_else(|| text.trim_start().to_owned(), str::to_owned)
}
