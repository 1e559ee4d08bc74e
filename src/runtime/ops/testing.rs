//! What the unit tests of operations share: value and derivative against closed forms.

use dfdx::prelude::*;

type Traced<E> = Tensor<(usize,), E, Cpu, OwnedTape<E, Cpu>>;
type Outcome<E> = Result<Traced<E>, CpuError>;

/// Value and derivative at each point, by the operation.
fn run<E: Dtype>(op: impl Fn(Traced<E>) -> Outcome<E>, at: &[f64]) -> (Vec<f64>, Vec<f64>)
where
    Cpu: Device<E>,
{
    let dev = Cpu::default();
    let x = dev.tensor_from_vec(at.iter().map(|&v| super::real::<E>(v)).collect(), (at.len(),));
    let y = op(x.leaky_trace()).unwrap();
    let value = super::on_host(&y);
    let grads = y.sum::<Rank0, _>().backward();
    (value, super::on_host(&grads.get(&x)))
}

/// Value and derivative at one point, in `f64`.
pub fn check_at(op: impl Fn(Traced<f64>) -> Outcome<f64>, at: f64) -> (f64, f64) {
    let (value, slope) = run(op, &[at]);
    (value[0], slope[0])
}

/// Checks an operation against its closed form, in `f32` and `f64`.
pub fn check(
    name: &str,
    at: &[f64],
    single: impl Fn(Traced<f32>) -> Outcome<f32>,
    double: impl Fn(Traced<f64>) -> Outcome<f64>,
    f: impl Fn(f64) -> f64,
    df: impl Fn(f64) -> f64,
) {
    compare(name, at, run(double, at), (&f, &df), 1e-13);
    // The dtype rounds the argument, too: the closed form is taken where the operation was.
    let rounded: Vec<f64> = at.iter().map(|&v| f64::from(v as f32)).collect();
    compare(name, &rounded, run(single, &rounded), (&f, &df), 2e-6);
}

type Closed<'a> = (&'a dyn Fn(f64) -> f64, &'a dyn Fn(f64) -> f64);

fn compare(name: &str, at: &[f64], (value, slope): (Vec<f64>, Vec<f64>), (f, df): Closed, tolerance: f64) {
    for (i, &x) in at.iter().enumerate() {
        close(name, "value", x, value[i], f(x), tolerance);
        close(name, "derivative", x, slope[i], df(x), tolerance);
    }
}

fn close(name: &str, what: &str, x: f64, found: f64, expected: f64, tolerance: f64) {
    // Below the smallest normal number of `f32`, only the absolute error counts.
    let bound = tolerance * expected.abs().max(1e-37);
    assert!((found - expected).abs() <= bound, "{name}({x}): {what} {found}, expected {expected}");
}
