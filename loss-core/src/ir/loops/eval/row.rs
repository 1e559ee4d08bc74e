//! One row of a stage.

use super::memory::{combined, coordinate, coordinates, fault, neutral, points};
use super::{HyperValue, Machine};
use crate::ir::Axis;
use crate::ir::loops::check::Fault;
use crate::ir::loops::{
    Along, AlongOp, ArrayId, At, How, LetId, Nest, Place, Rows, Span, Step, Target, Value,
};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// One row of a stage.
pub(super) struct Row<'m, 'a> {
    machine: &'m mut Machine<'a>,
    rows: &'a Rows,
    /// The present iteration of each loop.
    at: Vec<(Axis, usize)>,
    /// Outside of the span of a loop.
    outside: bool,
    /// The expressions known in this iteration.
    known: Vec<Option<f64>>,
    /// The chunk's partial results.
    partial: &'m mut BTreeMap<ArrayId, Vec<f64>>,
}

/// An expression that depends on no loop.
pub(super) fn number(machine: &Machine, rows: &Rows, id: LetId) -> Result<f64, Fault> {
    let mut known = Vec::new();
    for l in &rows.lets[..=id.0] {
        let value = match &l.value {
            Value::Op(op, args) => (op.eval)(&args.iter().map(|a| known[a.0]).collect::<Vec<f64>>()),
            leaf => constant(machine, leaf)?,
        };
        known.push(value);
    }
    Ok(known[id.0])
}

fn constant(machine: &Machine, value: &Value) -> Result<f64, Fault> {
    Ok(match value {
        Value::Const(value) => *value,
        Value::Truth(holds) => f64::from(u8::from(*holds)),
        Value::Element(i) => *i as f64,
        Value::Hyper(i) => match machine.request.hypers.get(*i) {
            Some(HyperValue::Real(value)) => *value,
            _ => return fault(format!("hyperparameter {i} is no number")),
        },
        Value::Size(set) => machine.size(*set)? as f64,
        other => return fault(format!("{other:?} depends on a loop")),
    })
}

impl<'m, 'a> Row<'m, 'a> {
    pub fn new(
        machine: &'m mut Machine<'a>,
        rows: &'a Rows,
        row: usize,
        partial: &'m mut BTreeMap<ArrayId, Vec<f64>>,
    ) -> Self {
        let at = rows.outer.into_iter().map(|outer| (outer, row)).collect();
        Row { machine, rows, at, outside: false, known: vec![None; rows.lets.len()], partial }
    }

    pub fn run(&mut self) -> Result<(), Fault> {
        self.begin();
        for (i, step) in self.rows.steps.iter().enumerate() {
            let done = match step {
                Step::Nest(nest) if self.machine.needed(&nest.needed_by) => self.nest(nest, &nest.loops),
                Step::Along(along) if self.machine.needed(&along.needed_by) => {
                    self.along(along, &along.loops)
                }
                _ => Ok(()),
            };
            done.map_err(|f| Fault(format!("step {i}: {f}")))?;
        }
        Ok(())
    }

    /// Forgets the arrays of the last row; what is reduced into begins with the neutral element.
    fn begin(&mut self) {
        let arrays = self.machine.kernel.arrays.iter().zip(&mut self.machine.memory);
        arrays.filter(|(a, _)| a.place == Place::Row).for_each(|(_, memory)| memory.cells.fill(None));
        let here = self.machine.here;
        for target in self.machine.targets(self.rows, false).iter().filter(|t| t.how != How::Add) {
            let memory = &mut self.machine.memory[target.array.0];
            let own = |at: &[usize]| {
                let indices = target.at.iter().zip(at);
                indices.into_iter().all(|(at, &i)| self.at.iter().all(|a| At::Axis(a.0) != *at || a.1 == i))
            };
            for (point, cell) in points(&memory.shape).iter().zip(&mut memory.cells) {
                if own(point) {
                    *cell = Some((neutral(target.how), here));
                }
            }
        }
    }

    fn nest(&mut self, nest: &Nest, loops: &[Axis]) -> Result<(), Fault> {
        let Some((&axis, inner)) = loops.split_first() else { return self.iteration(nest) };
        let span = self.span(nest, axis)?;
        for i in 0..self.machine.size(axis.set)? {
            self.at.push((axis, i));
            let (outside, inside) = (self.outside, span.contains(&(i as f64)));
            self.outside |= !inside;
            // Elsewhere conditions are asked, too, and must not hold.
            if inside || nest.spans[&axis].asked {
                self.nest(nest, inner)?;
            }
            self.outside = outside;
            self.at.pop();
        }
        Ok(())
    }

    /// The elements of a loop at which there is anything to do.
    fn span(&mut self, nest: &Nest, axis: Axis) -> Result<RangeInclusive<f64>, Fault> {
        self.known.fill(None);
        let span = nest.spans.get(&axis).copied().unwrap_or(Span { asked: true, from: None, to: None });
        let mut end = |end: Option<LetId>, none| end.map_or(Ok(none), |id| self.value(id));
        Ok(end(span.from, f64::NEG_INFINITY)?..=end(span.to, f64::INFINITY)?)
    }

    fn iteration(&mut self, nest: &Nest) -> Result<(), Fault> {
        self.known.fill(None);
        for target in nest.targets.iter().filter(|t| self.machine.wanted(t.array)).collect::<Vec<_>>() {
            if target.given.map_or(Ok(1.0), |given| self.value(given))? != 0.0 {
                if self.outside {
                    return fault(format!("something is to do at {:?}, outside of a span", self.at));
                }
                let at = self.indices(&target.at)?;
                let value = self.value(target.value)?;
                self.store(target, &at, value)?;
            }
        }
        Ok(())
    }

    fn store(&mut self, target: &Target, at: &[usize], value: f64) -> Result<(), Fault> {
        if target.across {
            let offset = self.machine.memory[target.array.0].offset(at)?;
            let partial = self.partial.get_mut(&target.array).map(|p| &mut p[offset]);
            partial.into_iter().for_each(|old| *old = combined(target.how, *old, value));
            return Ok(());
        }
        match target.how {
            How::Set => self.machine.set(target.array, at, value),
            how => self.machine.take(target.array, at, how, value),
        }
    }

    fn along(&mut self, along: &Along, loops: &[Axis]) -> Result<(), Fault> {
        if let Some((&axis, inner)) = loops.split_first() {
            for i in 0..self.machine.size(axis.set)? {
                self.at.push((axis, i));
                self.along(along, inner)?;
                self.at.pop();
            }
            return Ok(());
        }
        let here = |at: &[(Axis, usize)], axes: &[Axis], i| {
            let at: Vec<_> = at.iter().copied().chain([(along.axis, i)]).collect();
            coordinates(axes, &at)
        };
        let size = self.machine.size(along.axis.set)?;
        let line = |(array, axes): &(ArrayId, Vec<Axis>)| -> Result<Vec<f64>, Fault> {
            (0..size).map(|i| self.machine.load(*array, &here(&self.at, axes, i)?)).collect()
        };
        let (from, weights) = (line(&along.from)?, along.weights.as_ref().map(line).transpose()?);
        for (i, value) in line_of(along.op, &from, weights).into_iter().enumerate() {
            self.machine.set(along.to.0, &here(&self.at, &along.to.1, i)?, value)?;
        }
        Ok(())
    }

    fn index(&mut self, at: At) -> Result<usize, Fault> {
        match at {
            At::Axis(axis) => coordinate(axis, &self.at),
            At::Computed(id) => {
                let value = self.value(id)?;
                let whole = value >= 0.0 && value.fract() == 0.0;
                if whole { Ok(value as usize) } else { fault(format!("{value} is no index")) }
            }
        }
    }

    fn indices(&mut self, at: &[At]) -> Result<Vec<usize>, Fault> {
        at.iter().map(|&at| self.index(at)).collect()
    }

    fn value(&mut self, id: LetId) -> Result<f64, Fault> {
        if let Some(value) = self.known[id.0] {
            return Ok(value);
        }
        let value = self.computed(&self.rows.lets[id.0].value)?;
        self.known[id.0] = Some(value);
        Ok(value)
    }

    fn computed(&mut self, value: &Value) -> Result<f64, Fault> {
        let hypers = self.machine.request.hypers;
        Ok(match value {
            Value::HyperArray(i, at) => match (hypers.get(*i), self.index(*at)?) {
                (Some(HyperValue::Array(values)), at) if at < values.len() => values[at],
                (_, at) => return fault(format!("hyperparameter {i} has no element {at}")),
            },
            Value::Position(axis) => coordinate(*axis, &self.at)? as f64,
            Value::Beside(place) => {
                let sum =
                    |axes: &[Axis]| coordinates(axes, &self.at).map(|at| at.iter().sum::<usize>() as f64);
                sum(&place.plus)? - sum(&place.minus)? + f64::from(place.by)
            }
            Value::Load(array, at) => {
                let at = self.indices(at)?;
                self.machine.load(*array, &at)?
            }
            Value::Op(op, args) => {
                let args = args.iter().map(|&a| self.value(a)).collect::<Result<Vec<_>, _>>()?;
                (op.eval)(&args)
            }
            leaf => constant(self.machine, leaf)?,
        })
    }
}

fn line_of(op: AlongOp, line: &[f64], weights: Option<Vec<f64>>) -> Vec<f64> {
    let last = line.len();
    match op {
        AlongOp::Argsort => {
            let mut order = vec![0.0; last];
            for (i, position) in ranks(line).into_iter().enumerate() {
                order[position] = i as f64;
            }
            order
        }
        AlongOp::Rank => ranks(line).into_iter().map(|position| position as f64).collect(),
        AlongOp::Cumsum { backward: false } => (0..last).map(|i| line[..=i].iter().sum()).collect(),
        AlongOp::Cumsum { backward: true } => (0..last).map(|i| line[i..].iter().sum()).collect(),
        AlongOp::Running { what, backward: false } => what.eval(line, weights.as_deref()),
        AlongOp::Running { what, backward: true } => {
            let turned = |line: &[f64]| -> Vec<f64> { line.iter().rev().copied().collect() };
            let weights = weights.as_deref().map(turned);
            turned(&what.eval(&turned(line), weights.as_deref()))
        }
    }
}

/// How many elements stand before each: the smaller ones, and equal ones that come earlier. A NaN stands at the end
/// that its sign says.
fn ranks(line: &[f64]) -> Vec<usize> {
    let order = |a: f64, b: f64| a.partial_cmp(&b).unwrap_or_else(|| a.total_cmp(&b));
    let before = |i: usize| {
        let stands = |&j: &usize| order(line[j], line[i]).then(j.cmp(&i)).is_lt();
        (0..line.len()).filter(stands).count()
    };
    (0..line.len()).map(before).collect()
}
