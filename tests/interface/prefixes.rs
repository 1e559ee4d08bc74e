//! Prefixes and suffixes, which kernels compute in one pass, against graphs, which go over all pairs.

use dfdx::prelude::*;
use dfdx_loss::loss;

loss! {
    /// Plackett and Luce: the likelihood of the order in which the scores stand.
    pub Order(s: [B, N]) = sum[i](logsumexp[j | j >= i](s[b, j]) - s[b, i]);
    #[graph]
    pub OrderGraph(s: [B, N]) = Order(s);
    /// The same with weights and gaps, from the other end; and the highest point so far.
    pub Gaps(s: [B, N], w: [B, N], known: [B, N] -> bool) {
        let y[b, i] = logsumexp[j | j <= i && known[b, j]](s[b, j]);
        sum[i | known[b, i]](w[b, i] * (y[b, i] - s[b, i]))
            + sum[i](w[b, i] * max[j | i <= j](s[b, j]) - min[j | j <= i](s[b, j]))
    }
    #[graph]
    pub GapsGraph(s: [B, N], w: [B, N], known: [B, N] -> bool) = Gaps(s, w, known);
    /// Those before and those behind, without the element itself: at the ends there are none.
    pub Others(s: [B, N], w: [B, N], known: [B, N] -> bool) {
        let y[b, i] = if i == 0 { 0 } else { logsumexp[j | j < i](s[b, j]) };
        sum[i | i > 0](w[b, i] * (y[b, i] - s[b, i]))
            + sum[i](sigmoid(w[b, i] ^ 2 + max[j | j > i](s[b, j])) - tanh(min[j | j < i](s[b, j]) - w[b, i]))
            + sum[i](tanh(sum[j | j < i && known[b, j]](s[b, j] * w[b, j]) / N))
    }
    #[graph]
    pub OthersGraph(s: [B, N], w: [B, N], known: [B, N] -> bool) = Others(s, w, known);
}

type Matrix<F> = Tensor<(usize, usize), F, Cpu>;

fn scores(rows: usize, columns: usize, scale: f64) -> Vec<f64> {
    (0..rows * columns).map(|i| ((i * 7919 % 1013) as f64 / 506.0 - 1.0) * scale).collect()
}

fn matrix(rows: usize, columns: usize, data: Vec<f64>) -> Matrix<f64> {
    Cpu::default().tensor_from_vec(data, (rows, columns))
}

#[track_caller]
fn near(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    for (a, b) in found.iter().zip(wanted) {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{a}, not {b}");
    }
}

/// Value and gradients of a kernel are those of a graph.
macro_rules! alike {
    ($kernel:expr, $graph:expr, $s:ident, $w:ident, $known:ident) => {
        let fused = $kernel.forward($s.leaky_trace(), $w.leaky_trace(), $known.clone());
        let graph = $graph.forward($s.leaky_trace(), $w.leaky_trace(), $known.clone());
        near(&fused.as_vec(), &graph.as_vec(), 1e-13);
        let (fused, graph) = (fused.backward(), graph.backward());
        near(&fused.get(&$s).as_vec(), &graph.get(&$s).as_vec(), 1e-11);
        near(&fused.get(&$w).as_vec(), &graph.get(&$w).as_vec(), 1e-11);
    };
}

#[test]
fn as_on_graphs() {
    for (rows, columns, scale) in [(3, 1, 1.0), (5, 7, 1.0), (2, 40, 30.0), (70, 33, 1e4), (3, 100, 1e-3)] {
        let s = matrix(rows, columns, scores(rows, columns, scale));
        let (fused, graph) = (Order.forward(s.leaky_trace()), OrderGraph.forward(s.leaky_trace()));
        near(&fused.as_vec(), &graph.as_vec(), 1e-13);
        near(&fused.backward().get(&s).as_vec(), &graph.backward().get(&s).as_vec(), 1e-11);

        let w = matrix(rows, columns, scores(columns, rows, 1.0));
        let known = (0..rows * columns).map(|i| i % columns == 0 || i % 3 != 1).collect();
        let known = Cpu::default().tensor_from_vec(known, (rows, columns));
        alike!(Gaps, GapsGraph, s, w, known);
        alike!(Others, OthersGraph, s, w, known);
    }
}

/// The gradient of element j: the probabilities of j among those left, summed over the draws, less 1.
fn exact(s: &[f64]) -> Vec<f64> {
    let mut gradient = vec![-1.0; s.len()];
    for i in 0..s.len() {
        let largest = s[i..].iter().copied().fold(f64::MIN, f64::max);
        let total: f64 = s[i..].iter().map(|x| (x - largest).exp()).sum();
        for j in i..s.len() {
            gradient[j] += (s[j] - largest).exp() / total;
        }
    }
    gradient
}

/// Single precision has 24 binary digits: a total of 10,000 is known to 0.0005, and so is what is relative to it.
#[test]
fn single_precision_at_extremes() {
    for (n, scale, tolerance) in [(10, 1.0, 1e-6), (1000, 1.0, 2e-6), (1000, 1e4, 1e-3), (10_000, 30.0, 2e-5)]
    {
        let data: Vec<f32> = scores(1, n, scale).into_iter().map(|x| x as f32).collect();
        let s: Matrix<f32> = Cpu::default().tensor_from_vec(data.clone(), (1, n));
        let loss = Order.forward(s.leaky_trace());
        assert!(loss.array().is_finite());
        let gradient: Vec<f64> = loss.backward().get(&s).as_vec().into_iter().map(f64::from).collect();
        let wanted = exact(&data.into_iter().map(f64::from).collect::<Vec<_>>());
        near(&gradient, &wanted, tolerance);
    }
}

#[test]
fn nan_is_handed_on() {
    for at in [0, 20, 39] {
        let mut data = scores(1, 40, 1.0);
        data[at] = f64::NAN;
        assert!(Order.forward(matrix(1, 40, data)).array().is_nan());
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let s = matrix(3000, 200, scores(3000, 200, 3.0));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let loss = Order.forward(s.leaky_trace());
            (loss.array(), loss.backward().get(&s).as_vec())
        })
    };
    let one = on(1);
    assert!([2, 8].into_iter().all(|threads| on(threads) == one));
}
