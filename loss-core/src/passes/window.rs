//! `abs(m - n) <= 2` is a window of five: its places are an index set, over which kernels run.

use crate::ir::{Graph, NodeId, NodeKind, Program, SetId, SetInfo, SetSize, reach};

/// Wider ones are visited place by place: that is no slower.
const WIDEST: f64 = 64.0;

/// Adds the sets of windows.
pub(super) fn window(mut program: Program) -> Program {
    let live = reach::live_all(&program);
    let g = &program.graph;
    let widths: Vec<usize> = g.ids().filter(|id| live[id.index()]).filter_map(|id| width(g, id)).collect();
    for width in widths {
        let name = width.to_string();
        if program.sets.iter().all(|set| set.name != name) {
            program.sets.push(SetInfo { name, size: SetSize::Fixed(width) });
        }
    }
    program
}

/// The set of so many elements, if a program has it.
pub(super) fn places(sets: &[SetInfo], width: usize) -> Option<SetId> {
    let found = sets.iter().position(|set| set.size == SetSize::Fixed(width))?;
    u16::try_from(found).ok().map(SetId)
}

/// How many places a comparison leaves an index.
fn width(g: &Graph, id: NodeId) -> Option<usize> {
    let NodeKind::Op(op, args) = &g[id].kind else { return None };
    let (distance, radius) = match op.name {
        "le" => (args[0], args[1]),
        "ge" => (args[1], args[0]),
        _ => return None,
    };
    let is_distance = matches!(&g[distance].kind, NodeKind::Op(op, _) if op.name == "abs");
    let width = 2.0 * g.as_const(radius)? + 1.0;
    (is_distance && width.fract() == 0.0 && (1.0..=WIDEST).contains(&width)).then_some(width as usize)
}
