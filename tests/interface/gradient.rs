//! Gradients against central differences.

use dfdx::prelude::*;

/// Tame numbers, without ties.
pub fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    (0..count).map(|_| 3.0 * next() - 1.5).collect()
}

/// Checks that numbers agree, relatively where they are large.
pub fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance * e.abs().max(1.0), "{found:?} is not {expected:?}");
    }
}

/// Checks the gradient of a loss by one of its inputs, and that tracing does not change its value.
pub fn check_gradient<S, F, T>(x: &Tensor<S, f64, Cpu>, loss: F)
where
    S: Shape,
    F: Fn(Tensor<S, f64, Cpu, OwnedTape<f64, Cpu>>) -> T,
    T: Into<Tensor<Rank0, f64, Cpu, OwnedTape<f64, Cpu>>>,
{
    const STEP: f64 = 1e-6;
    let value: Tensor<Rank0, f64, Cpu, _> = loss(x.leaky_trace()).into();
    let slope = value.backward().get(x).as_vec();
    let at = |values: Vec<f64>| -> f64 {
        let moved: Tensor<Rank0, f64, Cpu, _> =
            loss(Cpu::default().tensor_from_vec(values, *x.shape()).leaky_trace()).into();
        moved.array()
    };
    let values = x.as_vec();
    for (i, found) in slope.iter().enumerate() {
        let (mut up, mut down) = (values.clone(), values.clone());
        up[i] += STEP;
        down[i] -= STEP;
        let expected = (at(up) - at(down)) / (2.0 * STEP);
        assert!(
            (found - expected).abs() <= 1e-7 * expected.abs().max(1.0),
            "element {i}: {found}, by differences {expected}"
        );
    }
}
