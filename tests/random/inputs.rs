//! What specs are tried on.

use dfdx_loss::__testing::{Array, Case, Kind, Value};
use loss_core::ir::{Axis, Program};
use loss_core::random::Rng;

/// What inputs are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Draw {
    /// Reals in general position.
    Plain,
    /// Multiples of a half: many are equal, many are zero.
    Ties,
    /// A few very large numbers among small ones.
    Extreme,
}

impl Draw {
    pub fn of(round: u64) -> Draw {
        match round % 8 {
            1 | 6 => Draw::Ties,
            2 => Draw::Extreme,
            _ => Draw::Plain,
        }
    }

    fn real(self, rng: &mut Rng) -> f64 {
        let x = rng.between(-1.5, 1.5);
        match self {
            Draw::Ties => (2.0 * x).round() / 2.0,
            Draw::Extreme if rng.below(5) == 0 => x * 10f64.powi(1 + rng.below(4) as i32),
            _ => x,
        }
    }

    /// How far apart two ways of computing in `f64` may end, relative to the largest element of a result.
    pub fn tolerance(self) -> f64 {
        // The graph leaves 1e-9 of the largest intermediate; squares of very large numbers cancel.
        if self == Draw::Extreme { 1e-6 } else { 1e-8 }
    }
}

/// How many classes labels are of.
const CLASSES: usize = 3;

/// Sizes on both sides of those at which kernels go another way.
pub fn sizes(program: &Program, rng: &mut Rng, round: u64) -> (usize, usize, usize) {
    match round % 8 {
        3 => (1 + rng.below(3), 24 + rng.below(20), 24 + rng.below(12)),
        4 => (30 + rng.below(10), 1 + rng.below(3), 1 + rng.below(3)),
        5 => (longest(program, "B", rng), 1 + rng.below(3), 1 + rng.below(3)),
        6 => (1 + rng.below(3), longest(program, "K", rng), 1 + rng.below(3)),
        _ => (1 + rng.below(4), 1 + rng.below(4), 1 + rng.below(3)),
    }
}

/// A few hundred, or as many as the interpreter has patience for: it computes what has several axes over a set at each
/// of their points.
fn longest(program: &Program, set: &str, rng: &mut Rng) -> usize {
    let over = |a: &&Axis| program.sets[usize::from(a.set.0)].name == set;
    let axes = program.graph.ids().map(|id| program.graph[id].axes.iter().filter(over).count()).max();
    let most = 30_000f64.powf(1.0 / axes.unwrap_or(1).max(1) as f64) as usize;
    most.min(200 + rng.below(150)) - rng.below(8)
}

pub fn case(rng: &mut Rng, draw: Draw, (b, k, d): (usize, usize, usize)) -> Case {
    let mut case = Case::default();
    let mut add = |name: &str, kind: Kind, shape: &[usize], element: &mut dyn FnMut() -> f64| {
        let data = (0..shape.iter().product::<usize>()).map(|_| element()).collect();
        case.inputs.insert(name.to_owned(), Array { kind, shape: shape.to_vec(), data });
    };
    // A spec takes of these what it has.
    let n = 1 + (b + 2 * k + d) % 4;
    let real: [(&str, &[usize]); 7] = [
        ("x", &[b, k]),
        ("e", &[b, d]),
        ("w", &[k]),
        ("y", &[b, k]),
        ("scale", &[]),
        ("z", &[b, n, k]),
        ("table", &[CLASSES, d]),
    ];
    for (name, shape) in real {
        add(name, Kind::Real, shape, &mut || draw.real(rng));
    }
    add("target", Kind::Class, &[b], &mut || rng.below(k) as f64);
    add("label", Kind::Class, &[b], &mut || rng.below(CLASSES) as f64);
    add("mask", Kind::Mask, &[b], &mut || rng.below(2) as f64);
    add("token", Kind::Class, &[b, n], &mut || rng.below(k) as f64);
    add("place", Kind::Class, &[b, n], &mut || rng.below(n) as f64);
    case.params.insert("h".into(), Value::Number(rng.between(-1.0, 1.0)));
    case.params.insert("temperature".into(), Value::Number(rng.between(0.5, 2.0)));
    case
}

/// A case so near that only rounding tells them apart.
pub fn neighbour(case: &Case, rng: &mut Rng, unit: f64) -> Case {
    let mut near = case.clone();
    let real = near.inputs.values_mut().filter(|a| a.kind == Kind::Real);
    real.flat_map(|a| &mut a.data).for_each(|x| *x *= 1.0 + rng.between(-unit, unit));
    near
}
