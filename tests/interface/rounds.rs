//! Loops on kernels against graphs, in sizes that are cut into chunks, too.

use dfdx::prelude::*;
use dfdx_loss::catalogue::regression::SinkhornSharp;
use dfdx_loss::loss;

loss! {
    #[graph]
    pub SharpGraph<epsilon = 0.25 in 0<.., iterations: usize = 50>(
        x: [N, D], y: [M, D], x_weights: data [N] in 0<.., y_weights: data [M] in 0<..,
    ) = SinkhornSharp<epsilon = epsilon, iterations = iterations>(x, y, x_weights, y_weights);
}

type Cloud = Tensor<(usize, usize), f64, Cpu>;

fn cloud(n: usize, shift: f64) -> (Cloud, Tensor<(usize,), f64, Cpu>) {
    let dev = Cpu::default();
    let points = (0..2 * n).map(|i| ((i * i + 3 * i) as f64 * 0.7 + shift).sin()).collect();
    (dev.tensor_from_vec(points, (n, 2)), dev.tensor_from_vec(vec![1.0 / n as f64; n], (n,)))
}

fn near(found: &[f64], wanted: &[f64]) {
    let scale = wanted.iter().fold(0.0, |scale: f64, w| scale.max(w.abs()));
    assert_eq!(found.len(), wanted.len());
    assert!(
        found.iter().zip(wanted).all(|(f, w)| (f - w).abs() <= 1e-9 * scale),
        "{found:?}, not {wanted:?}"
    );
}

#[test]
fn rounds_of_kernels_are_those_of_graphs() {
    for (n, m, iterations) in [(3, 2, 0), (1, 4, 1), (5, 3, 7), (300, 280, 4), (40, 3000, 2)] {
        let ((x, a), (y, b)) = (cloud(n, 0.0), cloud(m, 0.5));
        let (kernels, graph) =
            (SinkhornSharp::new(0.3, iterations).unwrap(), SharpGraph::new(0.3, iterations).unwrap());
        let found = kernels.forward(x.leaky_trace(), y.leaky_trace(), a.clone(), b.clone());
        let wanted = graph.forward(x.leaky_trace(), y.leaky_trace(), a.clone(), b.clone());
        let untraced = kernels.forward(x.clone(), y.clone(), a, b);
        near(&[found.array()], &[wanted.array()]);
        near(&[untraced.array()], &[wanted.array()]);
        let (found, wanted) = (found.backward(), wanted.backward());
        near(&found.get(&x).as_vec(), &wanted.get(&x).as_vec());
        near(&found.get(&y).as_vec(), &wanted.get(&y).as_vec());
    }
}
