//! Arrays of a row without memory of their own: they live where a gradient is made from them.
//!
//! Softmax keeps the exponentials of a row until it knows their sum, and its gradient is each of them, scaled. Kept in
//! the row of the gradient, they take no memory of their own, so that less moves between caches where rows are long.

use super::{ArrayId, At, How, Kernel, Nest, Place, Rows, Step, Target};
use crate::ir::{Axis, SetId, Ty};

/// What sets the row of the gradient in which an array of the row may live; `None`: it may not.
///
/// Law: before the gradient is set, which is done once, in loops over exactly the elements of the array, nothing
/// touches it. The array is made whole by loops before that. Loops read it at their own element, and none do
/// once the gradient is set, or beside that.
pub fn setter<'r>(kernel: &Kernel, rows: &'r Rows, array: ArrayId, gradient: ArrayId) -> Option<&'r Target> {
    if !fits(kernel, rows, array, gradient) {
        return None;
    }
    let first = rows.steps.iter().position(|step| touches(rows, step, gradient))?;
    let (before, rest) = rows.steps.split_at(first);
    let (Step::Nest(nest), after) = rest.split_first()? else { return None };
    let (setters, beside): (Vec<_>, Vec<_>) = nest.targets.iter().partition(|t| t.array == gradient);
    let [setter] = setters[..] else { return None };
    let place: Vec<At> = rows.outer.iter().chain(&nest.loops).map(|&axis| At::Axis(axis)).collect();
    let whole = is_whole(setter) && setter.at == place && reads_own(rows, nest, setter, array);
    let makers = before.iter().filter(|step| makes(step, array)).count();
    let kept = makers == 1 && before.iter().all(|step| uses_own(rows, step, array));
    let gone = !beside.iter().any(|t| t.array == array || reads(rows, t, array))
        && !after.iter().any(|step| touches(rows, step, array));
    (whole && kept && gone).then_some(setter)
}

/// Whether one is an array of real numbers of a row, the other a gradient with such a row for each.
fn fits(kernel: &Kernel, rows: &Rows, array: ArrayId, gradient: ArrayId) -> bool {
    let (own, whole) = (&kernel.arrays[array.0], &kernel.arrays[gradient.0]);
    let sets = |axes: &[Axis]| -> Vec<SetId> { axes.iter().map(|a| a.set).collect() };
    let same = match (rows.outer, sets(&whole.axes).split_first()) {
        (Some(outer), Some((first, rest))) => *first == outer.set && rest == sets(&own.axes),
        _ => false,
    };
    let places = own.place == Place::Row && matches!(whole.place, Place::Gradient(_));
    same && places && !own.axes.is_empty() && own.ty == Ty::Real
}

fn is_whole(target: &Target) -> bool {
    target.how == How::Set && target.given.is_none() && !target.across
}

fn makes(step: &Step, array: ArrayId) -> bool {
    matches!(step, Step::Nest(nest) if nest.targets.iter().any(|t| t.array == array))
}

fn reads(rows: &Rows, target: &Target, array: ArrayId) -> bool {
    rows.loads(target).iter().any(|load| load.0 == array)
}

fn touches(rows: &Rows, step: &Step, array: ArrayId) -> bool {
    match step {
        Step::Nest(nest) => nest.targets.iter().any(|t| t.array == array || reads(rows, t, array)),
        Step::Along(along) => {
            let read = [Some(&along.from), along.weights.as_ref(), Some(&along.to)];
            read.into_iter().flatten().any(|operand| operand.0 == array)
        }
    }
}

/// Whether a step that touches the array makes it whole, or reads what its loops stand at.
fn uses_own(rows: &Rows, step: &Step, array: ArrayId) -> bool {
    let Step::Nest(nest) = step else { return !touches(rows, step, array) };
    let makes_own = |t: &Target| t.array != array || is_whole(t) && t.at == own(nest);
    nest.targets.iter().all(|t| makes_own(t) && reads_own(rows, nest, t, array))
}

fn reads_own(rows: &Rows, nest: &Nest, target: &Target, array: ArrayId) -> bool {
    rows.loads(target).iter().all(|(read, at)| *read != array || *at == own(nest))
}

/// The element at which the loops of a nest stand.
fn own(nest: &Nest) -> Vec<At> {
    nest.loops.iter().map(|&axis| At::Axis(axis)).collect()
}
