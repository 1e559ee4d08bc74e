//! The exact solution by the Cole-Hopf transform.

use crate::train::VISCOSITY;
use nalgebra::DMatrix;
use std::f64::consts::PI;

/// Nodes of the quadrature.
const NODES: usize = 100;

/// Gauss-Hermite quadrature, by the eigenvalues of the Jacobi matrix (Golub and Welsch 1969).
pub struct Exact(Vec<(f64, f64)>);

impl Exact {
    /// Nodes and weights; the weights add up to 1.
    pub fn new() -> Self {
        let jacobi = DMatrix::from_fn(NODES, NODES, |i, j| {
            if i.abs_diff(j) == 1 { (i.max(j) as f64 / 2.0).sqrt() } else { 0.0 }
        });
        let eigen = jacobi.symmetric_eigen();
        let weight = |k: usize| eigen.eigenvectors[(0, k)].powi(2);
        Self((0..NODES).map(|k| (eigen.eigenvalues[k], weight(k))).collect())
    }

    /// The solution at time `t` and place `x`.
    pub fn at(&self, t: f64, x: f64) -> f64 {
        let width = (4.0 * VISCOSITY * t).sqrt();
        let (mut above, mut below) = (0.0, 0.0);
        for (node, weight) in &self.0 {
            let y = PI * (x - width * node);
            // The shift by 1 keeps the exponential at most 1.
            let mass = weight * (-(y.cos() + 1.0) / (2.0 * PI * VISCOSITY)).exp();
            above += mass * y.sin();
            below += mass;
        }
        -above / below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steepest_slope_is_that_of_basdevant_and_others() {
        let exact = Exact::new();
        let (t, h) = (1.6037 / PI, 1e-5);
        let slope = (exact.at(t, h) - exact.at(t, -h)) / (2.0 * h);
        assert!((slope + 152.005).abs() < 0.1, "{slope}");
        assert!((exact.at(0.0, 0.3) + (PI * 0.3).sin()).abs() < 1e-12);
    }
}
