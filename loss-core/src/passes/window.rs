//! `abs(m - n) <= 2` is a window of five: its places are an index set, over which kernels and graphs run.

use super::fuse::conjuncts;
use super::linear::{Place, places};
use crate::ir::{Axis, NodeKind, Program, ReduceRef, SetId, SetInfo, SetSize, reach};

/// Wider ones are visited place by place: that is no slower.
pub(super) const WIDEST: f64 = 64.0;

/// Adds the sets of windows.
pub(super) fn window(mut program: Program) -> Program {
    let live = reach::live_all(&program);
    let g = &program.graph;
    for id in g.ids().filter(|id| live[id.index()]) {
        let NodeKind::Reduce { op, over, given: Some(given), .. } = &g[id].kind else { continue };
        for &index in over {
            for place in places(g, &program.hypers, &conjuncts(g, *given), index) {
                let steps = steps(&program.sets, (*op, over), index, &place);
                if let Some(steps) = steps.filter(|&steps| set_of(&program.sets, steps).is_none()) {
                    program.sets.push(SetInfo { name: steps.to_string(), size: SetSize::Fixed(steps) });
                }
            }
        }
    }
    program
}

/// Over how many places a reduction runs instead of over an index. One that ends at a single element does not run at all,
/// if it has a number for no element.
pub(super) fn steps(
    sets: &[SetInfo],
    (op, over): (ReduceRef, &[Axis]),
    index: Axis,
    place: &Place,
) -> Option<usize> {
    let single = over.len() == 1 && !op.neutral.is_finite();
    let steps = place.width.or(single.then_some(1))?;
    let is_part = !matches!(sets[usize::from(index.set.0)].size, SetSize::Fixed(size) if size <= steps);
    is_part.then_some(steps)
}

/// The set of so many elements, if a program has it.
pub(super) fn set_of(sets: &[SetInfo], width: usize) -> Option<SetId> {
    let found = sets.iter().position(|set| set.size == SetSize::Fixed(width))?;
    u16::try_from(found).ok().map(SetId)
}
