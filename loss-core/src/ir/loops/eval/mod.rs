//! A plain interpreter of kernels over `f64`: what the scheduler makes is checked by running it.
//!
//! It follows the definitions of the types and nothing else. Rows are split into chunks whose partial results are
//! merged in order. Nothing may be read before it is written, no row may read what another row of the same stage
//! has written, and no element may be set twice: each of these is a fault.

mod memory;
mod row;

use super::check::{Fault, check};
use super::{ArrayId, Fused, How, Kernel, Place, Product, Repeat, Rows, Stage, Step, Target};
use crate::ir::eval::{Array as Numbers, HyperValue, bind};
use crate::ir::{Axis, Program, SetId};
use memory::{Memory, Writer, combined, coordinates, fault, neutral, points};
use row::Row;
use std::collections::BTreeMap;

/// What kernels are run on.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The program that was fused, before it was differentiated.
    pub program: &'a Program,
    /// Its hyperparameters.
    pub hypers: &'a [HyperValue],
    /// Its inputs.
    pub inputs: &'a [Numbers],
    /// The upstream gradient, one number for each sample, row-major.
    pub upstream: &'a [f64],
    /// The inputs whose gradients are wanted.
    pub wanted: &'a [usize],
    /// How many rows make a chunk.
    pub chunk: usize,
}

/// What kernels give.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The loss per sample.
    pub value: Numbers,
    /// Its sum.
    pub total: f64,
    /// The gradients wanted, by input.
    pub gradients: Vec<(usize, Numbers)>,
    /// Sum and gradients, as the kernel that makes both has them.
    pub both: Option<(f64, Vec<(usize, Numbers)>)>,
}

/// Runs the forward kernel, then the backward kernel; and the one that is both.
pub fn run(fused: &Fused, request: &Request) -> Result<Outcome, Fault> {
    check(fused)?;
    let sizes = bind::check(request.program, request.hypers, request.inputs);
    let sizes = sizes.map_err(|e| Fault(e.to_string()))?;
    let mut forward = Machine::new(&fused.forward, request, &sizes)?;
    forward.run().map_err(|f| Fault(format!("forward, {f}")))?;
    let value = forward.find(Place::Value)?.numbers()?;
    let total = forward.total()?;
    let both = fused.both.as_ref().map(|kernel| {
        let mut both = Machine::new(kernel, request, &sizes)?;
        both.run().map_err(|f| Fault(format!("both, {f}")))?;
        Ok((both.total()?, both.gradients()?))
    });
    let both = both.transpose()?;
    let gradients = match (&fused.backward, &both) {
        (Some(kernel), _) => backward(kernel, &forward, request, &sizes)?,
        (None, Some((_, gradients))) => gradients.clone(),
        (None, None) => forward.gradients()?,
    };
    Ok(Outcome { value, total, gradients, both })
}

/// Runs the backward kernel after the forward kernel.
fn backward(
    kernel: &Kernel,
    forward: &Machine,
    request: &Request,
    sizes: &[Option<usize>],
) -> Result<Vec<(usize, Numbers)>, Fault> {
    let mut backward = Machine::new(kernel, request, sizes)?;
    for (i, array) in kernel.arrays.iter().enumerate() {
        if let Place::Saved(_) = array.place {
            let made = forward.place_of(array.place)?;
            backward.memory[i] = forward.memory[made].clone().settled();
            backward.rounds[i] = forward.rounds[made].clone();
        }
    }
    backward.run().map_err(|f| Fault(format!("backward, {f}")))?;
    backward.gradients()
}

/// A kernel and its arrays.
struct Machine<'a> {
    kernel: &'a Kernel,
    request: &'a Request<'a>,
    sizes: &'a [Option<usize>],
    memory: Vec<Memory>,
    /// For each array, the copies of each round, if it has them.
    rounds: Vec<Vec<Memory>>,
    /// The stage and row that run.
    here: Writer,
}

impl<'a> Machine<'a> {
    fn new(kernel: &'a Kernel, request: &'a Request, sizes: &'a [Option<usize>]) -> Result<Self, Fault> {
        let here = Writer { stage: None, row: None };
        let rounds = vec![vec![]; kernel.arrays.len()];
        let mut machine = Machine { kernel, request, sizes, memory: vec![], rounds, here };
        for (i, array) in kernel.arrays.iter().enumerate() {
            let shape = array.axes.iter().map(|a| machine.size(a.set)).collect::<Result<Vec<_>, _>>()?;
            let count = shape.iter().product();
            let cells = match array.place {
                Place::Input(i) => {
                    let data = request.inputs.get(i).map_or(request.upstream, |input| &input.data);
                    data.iter().map(|&v| Some((v, here))).collect()
                }
                Place::Gradient(_) if !kernel.sets(ArrayId(i)) => vec![Some((0.0, here)); count],
                _ => vec![None; count],
            };
            if cells.len() != count {
                return fault(format!("`{}` has {} elements, not {count}", array.name, cells.len()));
            }
            machine.memory.push(Memory { shape, cells });
        }
        Ok(machine)
    }

    fn size(&self, set: SetId) -> Result<usize, Fault> {
        let size = self.sizes.get(usize::from(set.0)).copied().flatten();
        size.ok_or_else(|| Fault(format!("the size of set {} is not known", set.0)))
    }

    fn place_of(&self, place: Place) -> Result<usize, Fault> {
        let found = self.kernel.arrays.iter().position(|a| a.place == place);
        found.map_or_else(|| fault(format!("there is no array at {place:?}")), Ok)
    }

    fn find(&self, place: Place) -> Result<&Memory, Fault> {
        Ok(&self.memory[self.place_of(place)?])
    }

    /// The sum of the loss; without samples it is its own total.
    fn total(&self) -> Result<f64, Fault> {
        let place = if self.request.program.samples().is_empty() { Place::Value } else { Place::Total };
        Ok(self.find(place)?.numbers()?.data[0])
    }

    fn gradients(&self) -> Result<Vec<(usize, Numbers)>, Fault> {
        let gradient = |&input: &usize| match self.find(Place::Gradient(input)) {
            Ok(memory) => Ok((input, memory.numbers()?)),
            Err(_) => {
                let shape = self.request.inputs[input].shape.clone();
                Ok((input, Numbers { data: vec![0.0; shape.iter().product()], shape }))
            }
        };
        self.request.wanted.iter().map(gradient).collect()
    }

    fn run(&mut self) -> Result<(), Fault> {
        for (i, stage) in self.kernel.stages.iter().enumerate() {
            self.here = Writer { stage: Some(i), row: None };
            let done = match stage {
                Stage::Rows(rows) => self.rows(rows),
                Stage::Product(product) => self.product(product),
                Stage::Repeat(repeat) if self.needed(&repeat.needed_by) => self.repeat(repeat),
                Stage::Repeat(_) => Ok(()),
                Stage::Call(call) => {
                    fault(format!("only generated code can call `{}`, a host function", call.function.name))
                }
            };
            done.map_err(|f| Fault(format!("stage {i}: {f}")))?;
        }
        Ok(())
    }

    /// Whether something is done that is needed for these gradients.
    fn needed(&self, by: &[usize]) -> bool {
        by.is_empty() || by.iter().any(|g| self.request.wanted.contains(g))
    }

    /// Whether there is a place for what a target makes.
    fn wanted(&self, array: ArrayId) -> bool {
        match self.kernel.arrays[array.0].place {
            Place::Gradient(input) => self.request.wanted.contains(&input),
            _ => true,
        }
    }

    fn named<T>(&self, array: ArrayId, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|f| Fault(format!("`{}`: {f}", self.kernel.arrays[array.0].name)))
    }

    fn load(&self, array: ArrayId, at: &[usize]) -> Result<f64, Fault> {
        let memory = &self.memory[array.0];
        let read = memory.offset(at).and_then(|offset| match memory.cells[offset] {
            Some((value, writer)) if writer.stage != self.here.stage || writer == self.here => Ok(value),
            Some(_) => fault(format!("element {at:?} belongs to another row")),
            None => fault(format!("element {at:?} is read before it is written")),
        });
        self.named(array, read)
    }

    fn set(&mut self, array: ArrayId, at: &[usize], value: f64) -> Result<(), Fault> {
        let offset = self.memory[array.0].offset(at);
        let offset = self.named(array, offset)?;
        let cell = &mut self.memory[array.0].cells[offset];
        if cell.replace((value, self.here)).is_some() {
            return self.named(array, fault(format!("element {at:?} is set twice")));
        }
        self.overwrite(array, at)
    }

    /// What lives in the memory of a gradient is gone when that is set, and the other way round.
    fn overwrite(&mut self, array: ArrayId, at: &[usize]) -> Result<(), Fault> {
        let arrays = &self.kernel.arrays;
        let (gone, place) = match (arrays[array.0].home.filter(|home| self.wanted(*home)), self.here.row) {
            (Some(home), Some(row)) => (Some(home), [&[row], at].concat()),
            _ => (
                arrays.iter().position(|a| a.home == Some(array)).map(ArrayId),
                at[at.len().min(1)..].to_vec(),
            ),
        };
        if let Some(gone) = gone {
            let offset = self.memory[gone.0].offset(&place)?;
            self.memory[gone.0].cells[offset] = None;
        }
        Ok(())
    }

    /// Takes a value into what is there already.
    fn take(&mut self, array: ArrayId, at: &[usize], how: How, value: f64) -> Result<(), Fault> {
        let offset = self.memory[array.0].offset(at);
        let offset = self.named(array, offset)?;
        let here = self.here;
        match &mut self.memory[array.0].cells[offset] {
            Some((old, writer)) if *writer == here || how == How::Add => {
                *old = combined(how, *old, value);
                Ok(())
            }
            _ => self.named(array, fault(format!("element {at:?} is no part of the row"))),
        }
    }

    fn repeat(&mut self, repeat: &'a Repeat) -> Result<(), Fault> {
        let rows = Rows { outer: None, lets: repeat.lets.clone(), steps: vec![] };
        let count = row::number(self, &rows, repeat.count)? as usize;
        let mut carried: Vec<Memory> =
            repeat.carried.iter().map(|c| self.memory[c.begin.0].clone()).collect();
        for round in 0..count {
            for (slot, now) in repeat.carried.iter().zip(&carried) {
                slot.history.into_iter().for_each(|id| self.rounds[id.0].push(now.clone()));
            }
            carried = self
                .round(repeat, (round, count), carried)
                .map_err(|f| Fault(format!("round {round}: {f}")))?;
        }
        for (slot, last) in repeat.carried.iter().zip(carried) {
            slot.last.into_iter().for_each(|id| self.memory[id.0] = last.clone().settled());
        }
        Ok(())
    }

    /// What a round gives the next one.
    fn round(
        &self,
        repeat: &'a Repeat,
        (round, count): (usize, usize),
        carried: Vec<Memory>,
    ) -> Result<Vec<Memory>, Fault> {
        let mut inner = Machine::new(&repeat.body, self.request, self.sizes)?;
        for (i, array) in repeat.body.arrays.iter().enumerate() {
            let given = match array.place {
                Place::Outer(id) => &self.memory[id.0],
                Place::Carried(slot) => &carried[slot],
                Place::Replayed(id) => match self.rounds[id.0].get(count - 1 - round) {
                    Some(kept) if self.rounds[id.0].len() == count => kept,
                    _ => return fault(format!("`{}` has other rounds", array.name)),
                },
                _ => continue,
            };
            inner.memory[i] = given.clone().settled();
        }
        inner.run()?;
        (0..carried.len()).map(|slot| Ok(inner.find(Place::Next(slot))?.clone().settled())).collect()
    }

    fn product(&mut self, product: &Product) -> Result<(), Fault> {
        if !self.needed(&product.needed_by) || !self.wanted(product.to) {
            return Ok(());
        }
        let to = self.kernel.arrays[product.to.0].axes.clone();
        let sizes = to.iter().map(|a| self.size(a.set)).collect::<Result<Vec<_>, _>>()?;
        for point in points(&sizes) {
            let mut at: Vec<(Axis, usize)> = to.iter().copied().zip(point.iter().copied()).collect();
            let mut sum = 0.0;
            for i in 0..self.size(product.over.set)? {
                at.push((product.over, i));
                let lhs = self.load(product.lhs.0, &coordinates(&product.lhs.1, &at)?)?;
                let rhs = self.load(product.rhs.0, &coordinates(&product.rhs.1, &at)?)?;
                sum += lhs * rhs;
                at.pop();
            }
            match self.kernel.arrays[product.to.0].place {
                Place::Gradient(_) => self.take(product.to, &point, How::Add, sum)?,
                _ => self.set(product.to, &point, sum)?,
            }
        }
        Ok(())
    }

    fn rows(&mut self, rows: &'a Rows) -> Result<(), Fault> {
        let count = rows.outer.map_or(Ok(1), |outer| self.size(outer.set))?;
        let merged = self.targets(rows, true);
        for target in merged.iter().filter(|t| t.how != How::Add) {
            let start = Some((neutral(target.how), self.here));
            self.memory[target.array.0].cells.fill(start);
        }
        for first in (0..count).step_by(self.request.chunk.max(1)) {
            let empty = |t: &&Target| (t.array, vec![neutral(t.how); self.memory[t.array.0].cells.len()]);
            let mut partial: BTreeMap<ArrayId, Vec<f64>> = merged.iter().map(empty).collect();
            for row in first..count.min(first + self.request.chunk.max(1)) {
                self.here.row = Some(row);
                Row::new(self, rows, row, &mut partial).run()?;
            }
            self.here.row = None;
            self.merge(&merged, partial);
        }
        Ok(())
    }

    /// The targets that are reduced into, over rows or not.
    fn targets(&self, rows: &'a Rows, across: bool) -> Vec<&'a Target> {
        let nests = rows.steps.iter().filter_map(|s| if let Step::Nest(n) = s { Some(n) } else { None });
        let targets = nests.filter(|n| self.needed(&n.needed_by)).flat_map(|n| &n.targets);
        targets.filter(|t| t.across == across && t.how != How::Set && self.wanted(t.array)).collect()
    }

    fn merge(&mut self, targets: &[&Target], mut partial: BTreeMap<ArrayId, Vec<f64>>) {
        for target in targets {
            // Several targets may share an array, which is merged once.
            let values = partial.remove(&target.array).into_iter().flatten();
            for (cell, value) in self.memory[target.array.0].cells.iter_mut().zip(values) {
                if let Some((old, _)) = cell {
                    *old = combined(target.how, *old, value);
                }
            }
        }
    }
}
