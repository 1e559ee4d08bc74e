//! One spec on one case.

use crate::inputs::{Draw, neighbour};
use crate::oracle::Oracle;
use dfdx::prelude::Cpu;
use dfdx_loss::__testing::{Case, Entry, Outcome};
use loss_core::ir::Program;
use loss_core::random::Rng;

/// Results by what they are.
pub type Results = Vec<(String, Vec<f64>)>;

fn results(outcome: &Outcome) -> Results {
    let value = ("the value".to_owned(), vec![outcome.value]);
    [value].into_iter().chain(outcome.grads.iter().cloned()).collect()
}

/// How far results are from others, relative to the largest of their kind or 1; by the worst of them.
fn distance(found: &Results, wanted: &Results, draw: Draw) -> (f64, String) {
    let mut worst = (0.0, String::new());
    for ((what, found), (same, wanted)) in found.iter().zip(wanted) {
        assert_eq!((what, found.len()), (same, wanted.len()));
        let finite = wanted.iter().filter(|w| w.is_finite());
        let scale = finite.fold(1.0, |scale: f64, w| scale.max(w.abs()));
        for (i, (f, w)) in found.iter().zip(wanted).enumerate() {
            let far = apart(*f, *w, draw) / scale;
            if far > worst.0 {
                worst = (far, format!("{what} at {i} is {f}, not {w}"));
            }
        }
    }
    worst
}

fn apart(found: f64, wanted: f64, draw: Draw) -> f64 {
    if found == wanted || found.is_nan() && wanted.is_nan() {
        return 0.0;
    }
    // What overflows has no digits to compare, and other ways of computing need not overflow.
    if draw == Draw::Extreme && !wanted.is_finite() {
        return 0.0;
    }
    let far = (found - wanted).abs();
    if far.is_nan() { f64::INFINITY } else { far }
}

/// One spec with one case.
pub struct Trial<'a> {
    pub entry: &'a Entry,
    pub graph: &'a Entry,
    pub program: &'a Program,
    pub case: Case,
    pub draw: Draw,
    /// The samples are asked for one by one, not as their mean.
    pub each: bool,
    pub rng: Rng,
    /// What is put down to rounding.
    pub rounding: Vec<String>,
}

impl Trial<'_> {
    /// `found` is `wanted`, or the graph itself changes as much from the case to its neighbours.
    fn same(&mut self, what: &str, found: &Results, wanted: &Results, tolerance: f64) -> Result<(), String> {
        let (far, text) = distance(found, wanted, self.draw);
        if far <= tolerance {
            return Ok(());
        }
        let here = results(&(self.graph.run_f64)(&Cpu::default(), &self.case)?);
        let mut moved = 0.0f64;
        for _ in 0..4 {
            let near = neighbour(&self.case, &mut self.rng, 1e-14);
            let there = results(&(self.graph.run_f64)(&Cpu::default(), &near)?);
            moved = moved.max(distance(&there, &here, self.draw).0);
        }
        if far > 100.0 * moved {
            return Err(format!("{what}: {text}"));
        }
        self.rounding.push(format!("{what}: {text}"));
        Ok(())
    }

    /// Kernels in `f32` against those in `f64`. Where `f32` is too short for a spec (differences of large products,
    /// comparisons of what is nearly equal), it is so for the graph, too.
    fn single(&self, double: &Results) -> Result<(), String> {
        let dev = Cpu::default();
        let single = results(&(self.entry.run_f32)(&dev, &self.case)?);
        let (far, text) = distance(&single, double, self.draw);
        let value = distance(&single[..1].to_vec(), double, self.draw).0;
        if far <= 2e-3 && value <= 2e-4 {
            return Ok(());
        }
        let graph = results(&(self.graph.run_f32)(&dev, &self.case)?);
        if distance(&graph, double, self.draw).0 > 1e-4 {
            return Ok(());
        }
        Err(format!("f32 against f64: {text}"))
    }

    pub fn run(&mut self, round: u64) -> Result<(), String> {
        let (dev, tolerance) = (Cpu::default(), self.draw.tolerance());
        let found = results(&(self.entry.run_f64)(&dev, &self.case)?);
        let graph = results(&(self.graph.run_f64)(&dev, &self.case)?);
        self.same("kernels against the graph", &found, &graph, tolerance)?;
        self.single(&found)?;
        let (program, case) = (self.program, self.case.clone());
        let oracle = Oracle::new(program, &case, self.each);
        let (value, values) = oracle.value();
        let value = vec![("the value".to_owned(), vec![value])];
        self.same("kernels against the interpreter", &found, &value, tolerance / 10.0)?;
        let grads = found[1..].to_vec();
        // Of many elements, the interpreter's gradients take too long.
        if !matches!(round % 8, 5 | 6) {
            let derived = oracle.gradients(&values, &grads);
            self.same("kernels against derivatives", &grads, &derived, tolerance)?;
        }
        if self.draw == Draw::Plain && matches!(round % 8, 0 | 7) && !self.each {
            let differences = oracle.differences(values.data.len(), &grads);
            self.same("kernels against finite differences", &grads, &differences, 1e-5)?;
        }
        Ok(())
    }
}
