//! The order of a nest's loops: innermost, the one along which memory is contiguous.

use super::draft::Draft;
use crate::ir::Axis;
use crate::ir::loops::{ArrayId, At};

/// `loops` with the best vector axis last.
pub(super) fn order(draft: &Draft, mut loops: Vec<Axis>, touched: &[(ArrayId, Vec<At>)]) -> Vec<Axis> {
    let Some(&best) = loops.iter().max_by_key(|axis| (score(draft, **axis, touched), **axis)) else {
        return loops;
    };
    loops.retain(|axis| *axis != best);
    loops.push(best);
    loops
}

/// Contiguous reads and writes, less strided ones.
fn score(draft: &Draft, axis: Axis, touched: &[(ArrayId, Vec<At>)]) -> i32 {
    let value = |(array, at): &(ArrayId, Vec<At>)| match at.iter().position(|p| *p == At::Axis(axis)) {
        Some(place) if place + 1 == draft.arrays[array.0].axes.len() => 2,
        Some(_) => -3,
        None => 0,
    };
    touched.iter().map(value).sum()
}
