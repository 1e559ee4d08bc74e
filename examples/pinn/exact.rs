//! The exact solution by the Cole-Hopf transform.

use crate::train::VISCOSITY;
use nalgebra::DMatrix;
use std::f64::consts::PI;

/// Nodes of the quadrature.
const NODES: usize = 100;

/// Gauss-Hermite quadrature: nodes by the eigenvalues of the Jacobi matrix (Golub and Welsch 1969), weights by the
/// orthonormal polynomials at them. Eigenvectors would give the outer weights, on which the shock rests, no digit.
pub struct Exact(Vec<(f64, f64)>);

impl Exact {
    /// Nodes and weights; the weights add up to 1.
    pub fn new() -> Self {
        let jacobi = DMatrix::from_fn(NODES, NODES, |i, j| {
            if i.abs_diff(j) == 1 { (i.max(j) as f64 / 2.0).sqrt() } else { 0.0 }
        });
        let nodes = jacobi.symmetric_eigenvalues();
        Self(nodes.iter().map(|&node| (node, weight(node))).collect())
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

/// `1 / Σ p_j(node)²` over the orthonormal Hermite polynomials below the number of nodes.
fn weight(node: f64) -> f64 {
    let (mut before, mut here, mut sum) = (0.0, 1.0, 0.0);
    for j in 0..NODES {
        sum += here * here;
        let next = (node * here - (j as f64 / 2.0).sqrt() * before) / ((j + 1) as f64 / 2.0).sqrt();
        (before, here) = (here, next);
    }
    1.0 / sum
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
