//! Indices whose range is written: no input is read at them.

use crate::gradient::numbers;
use dfdx::prelude::*;
use dfdx_loss::loss;

loss! {
    /// How far two spectra are from each other.
    pub Spectral(x: [B, N], y: data [B, N]) {
        let d[b, n] = x[b, n] - y[b, n];
        let real[b, k in N] = sum[n](d[b, n] * cos(6.283185307179586 * k * n / N));
        let imag[b, k in N] = sum[n](d[b, n] * sin(6.283185307179586 * k * n / N));
        mean[k](real[b, k] ^ 2 + imag[b, k] ^ 2)
    }
    #[graph]
    pub SpectralGraph(x: [B, N], y: data [B, N]) = Spectral(x, y);
    /// A polynomial, and a filter whose taps are made of their number.
    pub Series<scale = 0.5>(x: [B, N]) {
        let weight[k in 5] = exp(-scale * (k - 2) ^ 2);
        let blurred[b, n] = sum[k, m | m == n + k - 2](weight[k] * x[b, m]);
        sum[n](blurred[b, n] ^ 2) + sum[k in 4](x[b, 0] ^ k / (k + 1)) + max[i in N | i >= N - 2](x[b, i])
    }
    #[graph]
    pub SeriesGraph<scale = 0.5>(x: [B, N]) = Series<scale = scale>(x);
    /// Taps that are handed on as they are, and at distances of their own.
    pub Taps<taps: [f64; 3] = [1.0, -2.0, 1.0], at: [f64; 3] = [0.0, 2.0, 5.0]>(x: [B, N]) =
        sum[n](sum[k in 3, m | m == n + at[k]](taps[k] * x[b, m]) ^ 2);
    #[graph]
    pub TapsGraph<weights: [f64; 3] = [1.0, -2.0, 1.0], at: [f64; 3] = [0.0, 2.0, 5.0]>(x: [B, N]) =
        Taps<taps = weights, at>(x);
}

fn matrix(rows: usize, columns: usize, seed: u64) -> Tensor<(usize, usize), f64, Cpu> {
    Cpu::default().tensor_from_vec(numbers(rows * columns, seed), (rows, columns))
}

#[track_caller]
fn near(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 1e-11 * (1.0 + a.abs()), "{a} {b}");
    }
}

/// Parseval: the mean of the squares of a spectrum is the sum of the squares.
#[test]
fn a_spectrum() {
    for (rows, columns) in [(1, 1), (3, 4), (70, 5), (2, 33)] {
        let (x, y) = (matrix(rows, columns, 1), matrix(rows, columns, 2));
        let squares = (x.clone() - y.clone()).square().sum::<_, Axis<1>>().as_vec();
        near(&Spectral.per_sample(x.clone(), y.clone()).as_vec(), &squares);
        near(&SpectralGraph.per_sample(x.clone(), y.clone()).as_vec(), &squares);
        let wanted = ((x.clone() - y.clone()) * (2.0 / rows as f64)).as_vec();
        near(&Spectral.forward(x.leaky_trace(), y.clone()).backward().get(&x).as_vec(), &wanted);
        near(&SpectralGraph.forward(x.leaky_trace(), y).backward().get(&x).as_vec(), &wanted);
    }
}

#[test]
fn fixed_ranges() {
    for (rows, columns) in [(1, 1), (3, 4), (70, 5), (2, 33)] {
        let x = matrix(rows, columns, 3);
        let (kernel, graph) = (Series { scale: 0.7 }, SeriesGraph { scale: 0.7 });
        near(&kernel.per_sample(x.clone()).as_vec(), &graph.per_sample(x.clone()).as_vec());
        let a = kernel.forward(x.leaky_trace()).backward().get(&x).as_vec();
        near(&a, &graph.forward(x.leaky_trace()).backward().get(&x).as_vec());
    }
}

#[test]
fn arrays_are_handed_on() {
    let (taps, at) = ([0.5, 3.0, -1.0], [1.0, 0.0, 4.0]);
    for (rows, columns) in [(1, 1), (3, 4), (70, 5), (2, 33)] {
        let x = matrix(rows, columns, 4);
        let (kernel, graph) = (Taps { taps, at }, TapsGraph { weights: taps, at });
        near(&kernel.per_sample(x.clone()).as_vec(), &graph.per_sample(x.clone()).as_vec());
        let a = kernel.forward(x.leaky_trace()).backward().get(&x).as_vec();
        near(&a, &graph.forward(x.leaky_trace()).backward().get(&x).as_vec());
        let element = |b: usize, m: usize| if m < columns { x.as_vec()[b * columns + m] } else { 0.0 };
        let sum =
            |b: usize, n: usize| -> f64 { (0..3).map(|k| taps[k] * element(b, n + at[k] as usize)).sum() };
        let wanted: Vec<f64> = (0..rows).map(|b| (0..columns).map(|n| sum(b, n).powi(2)).sum()).collect();
        near(&kernel.per_sample(x.clone()).as_vec(), &wanted);
    }
}
