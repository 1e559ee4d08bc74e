//! The laws of kernels: what whoever prints or runs one relies on.

use super::{Along, Array, ArrayId, At, Call, Fused, How, Kernel, Let, Nest, Place, Product, Repeat};
use super::{Rows, Stage, Step, Target, Value, home};
use crate::ir::{Axis, SetId, Ty};
use std::collections::BTreeSet;
use std::fmt;

/// Which law a kernel breaks, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

/// Checks that the kernels obey the laws.
pub fn check(fused: &Fused) -> Result<(), Fault> {
    let others = [("backward", &fused.backward), ("both", &fused.both)];
    let others = others.into_iter().filter_map(|(name, other)| Some((name, other.as_ref()?)));
    for (name, kernel) in [("forward", &fused.forward)].into_iter().chain(others) {
        check_kernel(kernel, fused).map_err(|f| Fault(format!("{name}, {f}")))?;
    }
    fused.backward.as_ref().map_or(Ok(()), check_begun)
}

/// Law: a kernel that gradients come to from others only adds to them.
fn check_begun(backward: &Kernel) -> Result<(), Fault> {
    for (i, array) in backward.arrays.iter().enumerate() {
        let begun = matches!(array.place, Place::Gradient(_));
        law(!begun || !backward.sets(ArrayId(i)), || {
            format!("backward: `{}` overwrites what others have added", array.name)
        })?;
    }
    Ok(())
}

fn check_kernel(kernel: &Kernel, fused: &Fused) -> Result<(), Fault> {
    check_arrays(kernel, fused)?;
    for (i, stage) in kernel.stages.iter().enumerate() {
        let checked = match stage {
            Stage::Rows(rows) => Checker { kernel, rows }.check().and_then(|()| check_homes(kernel, rows)),
            Stage::Product(product) => check_product(kernel, product),
            Stage::Repeat(repeat) => check_repeat(kernel, repeat, fused),
            Stage::Call(call) => check_call(kernel, call),
        };
        checked.map_err(|f| Fault(format!("stage {i}: {f}")))?;
    }
    Ok(())
}

fn law(holds: bool, broken: impl FnOnce() -> String) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault(broken())) }
}

/// Law: arrays of a kernel have different names, and what is saved is the same for both kernels.
fn check_arrays(kernel: &Kernel, fused: &Fused) -> Result<(), Fault> {
    let mut names = BTreeSet::new();
    for array in &kernel.arrays {
        law(names.insert(&array.name), || format!("two arrays are named `{}`", array.name))?;
        if let Place::Saved(i) = array.place {
            let same = fused.saved.get(i).is_some_and(|saved| sets(saved) == sets(array));
            law(same, || format!("`{}` is not what is saved at {i}", array.name))?;
        }
    }
    Ok(())
}

/// Law: an array that a stage makes lives in the memory of a gradient only if neither can tell, and no two do so in that
/// of one.
fn check_homes(kernel: &Kernel, rows: &Rows) -> Result<(), Fault> {
    let mut lent = BTreeSet::new();
    for (i, array) in kernel.arrays.iter().enumerate() {
        let Some(gradient) = array.home.filter(|_| rows.makes(ArrayId(i))) else { continue };
        let alone = home::setter(kernel, rows, ArrayId(i), gradient).is_some() && lent.insert(gradient);
        law(alone, || format!("`{}` cannot live in `{}`", array.name, kernel.arrays[gradient.0].name))?;
    }
    Ok(())
}

fn sets(array: &Array) -> Vec<SetId> {
    array.axes.iter().map(|a| a.set).collect()
}

/// Law: a round takes and gives what is carried, over the same sets; what it takes from outside is there as it is,
/// and no array with a copy for each round is read as if it had one.
fn check_repeat(kernel: &Kernel, repeat: &Repeat, fused: &Fused) -> Result<(), Fault> {
    let outer = |id: ArrayId| &kernel.arrays[id.0];
    for (slot, carried) in repeat.carried.iter().enumerate() {
        let around = [Some(carried.begin), carried.history, carried.last];
        let inside = [Place::Carried(slot), Place::Next(slot)];
        let found = inside.iter().map(|p| repeat.body.arrays.iter().find(|a| a.place == *p));
        let all: Vec<Option<&Array>> =
            found.chain(around.into_iter().flatten().map(|id| Some(outer(id)))).collect();
        let same = all.iter().all(|a| a.is_some_and(|a| Some(sets(a)) == all[0].map(sets)));
        law(same, || format!("what is carried at {slot} changes its shape"))?;
        let history = carried.history.is_none_or(|id| outer(id).rounds);
        law(history && !outer(carried.begin).rounds, || {
            format!("what is carried at {slot} is kept elsewhere")
        })?;
    }
    for array in &repeat.body.arrays {
        if let Place::Outer(id) | Place::Replayed(id) = array.place {
            let replayed = matches!(array.place, Place::Replayed(_));
            let same = sets(outer(id)) == sets(array) && outer(id).rounds == replayed;
            law(same, || format!("`{}` is something else outside of the round", array.name))?;
        }
    }
    check_kernel(&repeat.body, fused)
}

/// Law: what a host function gives has the axes of a slice and those that slices are counted by, and no operand has
/// others.
fn check_call(kernel: &Kernel, call: &Call) -> Result<(), Fault> {
    let all = |slice: &[Axis]| -> BTreeSet<Axis> { call.outer.iter().chain(slice).copied().collect() };
    for (id, axes, slice) in &call.operands {
        let array = &kernel.arrays[id.0];
        check_places(array, axes.iter().map(|a| Some(Ty::Index(a.set))))?;
        law(axes.iter().all(|a| all(slice).contains(a)), || format!("`{}` has another axis", array.name))?;
    }
    for (_, id, slice) in &call.gives {
        let array = &kernel.arrays[id.0];
        let same = array.axes.iter().copied().collect::<BTreeSet<_>>() == all(slice);
        law(same, || format!("`{}` has other axes than it is given", array.name))?;
    }
    Ok(())
}

/// Law: a product's result has exactly its outer axes, and each factor those that it is read at.
fn check_product(kernel: &Kernel, product: &Product) -> Result<(), Fault> {
    let wanted = |own: &[Axis]| {
        let mut axes: Vec<Axis> = product.batch.iter().chain(own).copied().collect();
        axes.sort();
        axes
    };
    let sorted = |axes: &[Axis]| {
        let mut axes = axes.to_vec();
        axes.sort();
        axes
    };
    let (row, col, over) = (product.row, product.col, product.over);
    let to = &kernel.arrays[product.to.0];
    law(sorted(&to.axes) == wanted(&[row, col]), || {
        format!("`{}` has other axes than its product", to.name)
    })?;
    for ((id, axes), own) in [(&product.lhs, [row, over]), (&product.rhs, [over, col])] {
        let array = &kernel.arrays[id.0];
        law(sorted(axes) == wanted(&own), || format!("factor `{}` has other axes", array.name))?;
        check_places(array, axes.iter().map(|a| Some(Ty::Index(a.set))))?;
    }
    Ok(())
}

/// Law: an array has one index for each of its axes, an element of that axis's set.
fn check_places(array: &Array, indices: impl Iterator<Item = Option<Ty>>) -> Result<(), Fault> {
    let wanted: Vec<Option<Ty>> = array.axes.iter().map(|a| Some(Ty::Index(a.set))).collect();
    law(indices.collect::<Vec<_>>() == wanted, || format!("`{}` is indexed by other sets", array.name))
}

struct Checker<'k> {
    kernel: &'k Kernel,
    rows: &'k Rows,
}

impl Checker<'_> {
    fn check(&self) -> Result<(), Fault> {
        for (i, l) in self.rows.lets.iter().enumerate() {
            self.check_let(i, l).map_err(|f| Fault(format!("let {i}: {f}")))?;
        }
        for (i, step) in self.rows.steps.iter().enumerate() {
            let checked = match step {
                Step::Nest(nest) => self.check_nest(nest),
                Step::Along(along) => self.check_along(along),
            };
            checked.map_err(|f| Fault(format!("step {i}: {f}")))?;
        }
        Ok(())
    }

    fn array(&self, id: ArrayId) -> &Array {
        &self.kernel.arrays[id.0]
    }

    fn axes_of(&self, at: At) -> Vec<Axis> {
        match at {
            At::Axis(axis) => vec![axis],
            At::Computed(id) => self.rows.lets[id.0].axes.clone(),
        }
    }

    /// Law: operands stand before users, and a `let` has the axes of all that it is made of, in order.
    fn check_let(&self, i: usize, l: &Let) -> Result<(), Fault> {
        let operands = l.value.operands();
        law(operands.iter().all(|o| o.0 < i), || "an operand stands after its user".to_owned())?;
        let mut axes: Vec<Axis> = operands.iter().flat_map(|o| self.rows.lets[o.0].axes.clone()).collect();
        match &l.value {
            Value::Position(axis) => axes.push(*axis),
            Value::Beside(place) => axes.extend(place.axes()),
            Value::HyperArray(_, at) => axes.extend(self.axes_of(*at)),
            Value::Load(array, at) => {
                self.check_indices(*array, at)?;
                axes.extend(at.iter().flat_map(|at| self.axes_of(*at)));
                axes.extend(self.rows.outer.filter(|_| self.array(*array).place == Place::Row));
            }
            _ => {}
        }
        axes.sort();
        axes.dedup();
        // A constant of a row may be said to be the same in all rows.
        let without = |axes: &[Axis]| -> Vec<Axis> {
            axes.iter().filter(|a| Some(**a) != self.rows.outer).copied().collect()
        };
        let same = l.axes == axes || matches!(l.value, Value::Load(..)) && without(&l.axes) == without(&axes);
        law(same, || format!("its axes are {:?}, not {axes:?}", l.axes))
    }

    /// Law: a computed index is a plain load of an index, a fixed element or a position.
    fn check_indices(&self, array: ArrayId, at: &[At]) -> Result<(), Fault> {
        for at in at {
            if let At::Computed(id) = at {
                let plain = match &self.rows.lets[id.0].value {
                    Value::Load(_, at) => at.iter().all(|at| matches!(at, At::Axis(_))),
                    Value::Element(_) | Value::Position(_) | Value::Beside(..) => true,
                    _ => false,
                };
                law(plain, || format!("`{}` has an index that is not plain", self.array(array).name))?;
            }
        }
        let types = at.iter().map(|at| match at {
            At::Axis(axis) => Some(Ty::Index(axis.set)),
            At::Computed(id) => Some(self.rows.lets[id.0].ty),
        });
        check_places(self.array(array), types)
    }

    /// Law: a nest depends on the row and its own loops alone, and reads nothing that it writes.
    fn check_nest(&self, nest: &Nest) -> Result<(), Fault> {
        let distinct: BTreeSet<Axis> = nest.loops.iter().chain(&self.rows.outer).copied().collect();
        let count = nest.loops.len() + usize::from(self.rows.outer.is_some());
        law(distinct.len() == count, || "a loop stands inside itself".to_owned())?;
        self.check_spans(nest)?;
        for target in &nest.targets {
            self.check_target(target)?;
            let used =
                [target.value].into_iter().chain(target.given).map(At::Computed).chain(target.at.clone());
            let foreign = used.flat_map(|at| self.axes_of(at)).find(|a| !distinct.contains(a));
            law(foreign.is_none(), || format!("`{}` needs {foreign:?}", self.array(target.array).name))?;
        }
        let read: BTreeSet<ArrayId> =
            nest.targets.iter().flat_map(|t| self.rows.loads(t)).map(|load| load.0).collect();
        let both = nest.targets.iter().find(|t| read.contains(&t.array));
        law(both.is_none(), || {
            format!("{:?} is read where it is made", both.map(|t| &self.array(t.array).name))
        })
    }

    /// Law: what a span is depends on the row and the loops around it alone, and if conditions tell it, every target has
    /// one.
    fn check_spans(&self, nest: &Nest) -> Result<(), Fault> {
        for (axis, span) in &nest.spans {
            let place = nest.loops.iter().position(|l| l == axis);
            let place = place.ok_or_else(|| Fault(format!("a span of {axis:?}, which is no loop")))?;
            let around: BTreeSet<&Axis> = nest.loops[..place].iter().chain(&self.rows.outer).collect();
            let known = span.ends().all(|id| self.rows.lets[id.0].axes.iter().all(|a| around.contains(a)));
            law(known, || format!("the span of {axis:?} depends on a loop inside it"))?;
            law(!span.asked || nest.targets.iter().all(|t| t.given.is_some()), || {
                format!("a span of {axis:?} for all elements")
            })?;
        }
        Ok(())
    }

    /// Law: rows may run at the same time. So unless partial results are merged, a target outside of the row is
    /// written at the row's own index, which stands first; and gradients are set or added to.
    fn check_target(&self, target: &Target) -> Result<(), Fault> {
        let array = self.array(target.array);
        self.check_indices(target.array, &target.at)?;
        let name = &array.name;
        let gradient = matches!(array.place, Place::Gradient(_));
        let given =
            matches!(array.place, Place::Input(_) | Place::Outer(_) | Place::Carried(_) | Place::Replayed(_));
        law(!given && !array.rounds, || format!("`{name}` is written, but given"))?;
        let asked = match target.how {
            How::Set => true,
            How::Add => gradient,
            How::Reduce(_) => !gradient,
        };
        law(asked, || format!("`{name}` is not written as its place asks"))?;
        let Some(outer) = self.rows.outer else {
            return law(!target.across, || format!("`{name}` is merged, but there is one row"));
        };
        let own = target.at.iter().position(|at| *at == At::Axis(outer));
        match (array.place, target.across) {
            (Place::Row, across) => {
                law(!across && own.is_none(), || format!("`{name}` of a row is written across rows"))
            }
            (_, true) => {
                law(own.is_none() && target.how != How::Set, || format!("`{name}` cannot be merged"))
            }
            (_, false) => law(own == Some(0), || format!("`{name}` is not written at its row first")),
        }
    }

    /// Law: a line's place is told by the loops, the row and the axis that the line runs along.
    fn check_along(&self, along: &Along) -> Result<(), Fault> {
        let known = |a: &Axis| *a == along.axis || along.loops.contains(a) || Some(*a) == self.rows.outer;
        for (id, axes) in [&along.from, &along.to].into_iter().chain(&along.weights) {
            let array = self.array(*id);
            check_places(array, axes.iter().map(|a| Some(Ty::Index(a.set))))?;
            law(axes.iter().all(known), || format!("`{}` needs another index", array.name))?;
            law(axes.contains(&along.axis), || format!("`{}` has no line", array.name))?;
        }
        let (to, axes) = (self.array(along.to.0), &along.to.1);
        let own = to.place == Place::Row || self.rows.outer.is_none_or(|outer| axes.first() == Some(&outer));
        law(own && along.from.0 != along.to.0, || format!("`{}` cannot be written there", to.name))
    }
}
