//! The order of a nest's loops: innermost, the one along which memory is contiguous.

use crate::ir::Axis;
use crate::ir::loops::At;

/// What a nest does at a place of an array.
pub(super) struct Touch {
    pub at: Vec<At>,
    /// It reduces into it.
    pub reduces: bool,
}

/// `loops` with the best vector axis last.
pub(super) fn order(mut loops: Vec<Axis>, touched: &[Touch]) -> Vec<Axis> {
    let Some(&best) = loops.iter().max_by_key(|axis| (score(**axis, touched), **axis)) else {
        return loops;
    };
    loops.retain(|axis| *axis != best);
    loops.push(best);
    loops
}

/// Contiguous reads and writes, less strided ones. Reductions are no reason for a loop that they are not over: over one,
/// they stay in registers, and in double precision.
fn score(axis: Axis, touched: &[Touch]) -> i32 {
    let value = |touch: &Touch| match touch.at.iter().position(|p| *p == At::Axis(axis)) {
        Some(place) if place + 1 == touch.at.len() => 2 * i32::from(!touch.reduces),
        Some(_) => -3,
        None => 0,
    };
    touched.iter().map(value).sum()
}
