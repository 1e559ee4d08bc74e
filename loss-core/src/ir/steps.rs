//! A node as a person would write it down: what is used more than once, or is long, first gets a name.

use super::formula;
use super::latex;
use super::notation::{Notation, Reader, composite};
use super::{NodeId, NodeKind, Program, reach};
use std::collections::{BTreeMap, BTreeSet};

/// What is used more than once gets a name from this size on, in operations and operands.
const SHARED: usize = 4;
/// Everything gets a name from this size on.
const LONG: usize = 16;
/// More names than this nobody reads.
const MOST: usize = 24;

/// The node as `let`s and a value, in the language. `None` if it comes out of a loop or is too long to read.
pub fn steps(program: &Program, id: NodeId) -> Option<String> {
    let steps = Steps::of(program, id)?;
    let mut text = String::new();
    for (left, right) in steps.lets() {
        text.push_str(&format!("let {} = {};\n", formula::text(&left).0, formula::text(&right).0));
    }
    Some(text + &formula::text(&steps.value()).0)
}

/// The same as LaTeX, one equation a line; the last one is of `left`.
pub fn latex_steps(program: &Program, id: NodeId, left: &str) -> Option<String> {
    let steps = Steps::of(program, id)?;
    let mut lines = Vec::new();
    for (left, right) in steps.lets() {
        lines.push(format!("{} &= {}", latex::latex(&left), latex::latex(&right)));
    }
    lines.push(format!("{left} &= {}", latex::latex(&steps.value())));
    Some(format!("\\begin{{aligned}}\n{}\n\\end{{aligned}}", lines.join(" \\\\\n")))
}

/// Which nodes have names.
struct Steps<'p> {
    program: &'p Program,
    root: NodeId,
    names: BTreeMap<NodeId, String>,
}

impl<'p> Steps<'p> {
    fn of(program: &'p Program, root: NodeId) -> Option<Steps<'p>> {
        let (uses, read) = (uses(program, root), read_at_indices(program, root));
        let mut steps = Steps { program, root, names: BTreeMap::new() };
        let mut sizes: BTreeMap<NodeId, usize> = BTreeMap::new();
        for (&id, &uses) in &uses {
            if matches!(program.graph[id].kind, NodeKind::LoopVar { .. } | NodeKind::LoopOut { .. }) {
                return None;
            }
            let size = |part: &NodeId| if steps.names.contains_key(part) { 1 } else { sizes[part] };
            let parts: usize = parts(program, id).iter().map(size).sum();
            let size = parts + usize::from(!is_view(program, id));
            sizes.insert(id, size);
            let named = program.graph.name(id).is_some();
            let wanted = named || read.contains(&id) || uses > 1 && size >= SHARED || size >= LONG;
            if wanted && id != root && is_computed(program, id) {
                let name = steps.free_name(program.graph.name(id));
                steps.names.insert(id, name);
            }
        }
        (steps.names.len() <= MOST).then_some(steps)
    }

    /// The user's name, or `t1`, `t2`, ..; numbered if it is taken.
    fn free_name(&self, wanted: Option<&str>) -> String {
        let program = self.program;
        let taken = |name: &String| {
            self.names.values().any(|n| n == name)
                || program.inputs.iter().any(|i| i.name == *name)
                || program.hypers.iter().any(|h| h.name == *name)
                || names_an_axis(program, name)
        };
        let numbered = |from: usize, stem: &str| {
            // An index over `T` has all names of that letter with a number.
            let stem = if names_an_axis(program, stem) { format!("{stem}_") } else { stem.to_owned() };
            (from..).map(move |n| format!("{stem}{n}"))
        };
        let mut names: Box<dyn Iterator<Item = String>> = match wanted {
            Some(name) => Box::new(std::iter::once(name.to_owned()).chain(numbered(2, name))),
            None => Box::new(numbered(1, "t")),
        };
        names.find(|name| !taken(name)).expect("there are more numbers than names")
    }

    /// Both sides of each definition, in order.
    fn lets(&self) -> impl Iterator<Item = (Notation, Notation)> + '_ {
        self.names.iter().map(|(&id, name)| {
            let axes = self.program.graph[id].axes.iter();
            let index = |a| Notation::Read(self.program.axis_name(a), vec![]);
            let left = Notation::Read(name.clone(), axes.map(|&a| index(a)).collect());
            (left, self.definition(id))
        })
    }

    fn value(&self) -> Notation {
        self.definition(self.root)
    }

    fn definition(&self, id: NodeId) -> Notation {
        let shown = |node: NodeId| self.names.get(&node).cloned();
        Reader { program: self.program, shown: &shown }.whole(id)
    }
}

/// Whether a name is that of an index: its set's, with or without a number.
fn names_an_axis(program: &Program, name: &str) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    program.sets.iter().any(|set| set.name.to_lowercase() == stem)
}

/// What is written where a node is written out.
fn parts(program: &Program, id: NodeId) -> Vec<NodeId> {
    match composite(&program.graph, id) {
        Some(composite) => std::iter::once(composite.arg).chain(composite.given).collect(),
        None => program.graph.operands(id),
    }
}

/// Whether a node is another one read elsewhere, and has no text of its own.
fn is_view(program: &Program, id: NodeId) -> bool {
    matches!(program.graph[id].kind, NodeKind::Rename(..) | NodeKind::Gather { .. })
}

fn is_computed(program: &Program, id: NodeId) -> bool {
    matches!(
        program.graph[id].kind,
        NodeKind::Op(..)
            | NodeKind::Reduce { .. }
            | NodeKind::Contract { .. }
            | NodeKind::Argsort(..)
            | NodeKind::Rank(..)
            | NodeKind::Cumsum(..)
            | NodeKind::Host(..)
    )
}

/// What is read at a computed index: only names are.
fn read_at_indices(program: &Program, root: NodeId) -> BTreeSet<NodeId> {
    let live = reach::live(&program.graph, [root]);
    let mut read = BTreeSet::new();
    for id in program.graph.ids().filter(|id| live[id.index()]) {
        if let NodeKind::Gather { body, .. } = program.graph[id].kind {
            read_through(program, body, &mut read);
        }
    }
    read
}

/// A view that is read elsewhere passes the reading on to what it is made of.
fn read_through(program: &Program, id: NodeId, read: &mut BTreeSet<NodeId>) {
    match program.graph[id].kind {
        NodeKind::Rename(inner, _) => read_through(program, inner, read),
        NodeKind::Gather { body, index, .. } => {
            read_through(program, body, read);
            read_through(program, index, read);
        }
        _ => drop(read.insert(id)),
    }
}

/// How often each node would be written, were all others named.
fn uses(program: &Program, root: NodeId) -> BTreeMap<NodeId, usize> {
    let mut uses = BTreeMap::from([(root, 1)]);
    let mut next = Some(root);
    while let Some(id) = next {
        let times = if is_view(program, id) { uses[&id] } else { 1 };
        for part in parts(program, id) {
            *uses.entry(part).or_insert(0) += times;
        }
        next = uses.range(..id).next_back().map(|(&id, _)| id);
    }
    uses
}
