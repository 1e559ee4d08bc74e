//! Conditions that tell how far an index is from another one: kernels visit what they leave.

use crate::gradient::numbers;
use dfdx::prelude::*;
use dfdx_loss::loss;

loss! {
    /// The differences of neighbours in a sequence.
    pub Variation(x: [B, N]) = sum[n, m | m == n + 1](abs(x[b, m] - x[b, n]));
    #[graph]
    pub VariationGraph(x: [B, N]) = Variation(x);
    /// How far each element is from the mean of those around it, and from one before.
    pub Roughness<lag: usize = 3>(x: [B, N], weight: data [N]) {
        let around[b, n] = mean[m | abs(m - n) <= 2](x[b, m] * weight[m]);
        let before[b, n] = sum[m | n - m == lag](x[b, m]);
        sum[n](tanh(x[b, n] - around[b, n] - 0.5 * before[b, n]) ^ 2)
    }
    #[graph]
    pub RoughnessGraph<lag: usize = 3>(x: [B, N], weight: data [N]) = Roughness<lag = lag>(x, weight);
    /// Pairs of which one comes first; the steps of a sequence up to its length.
    pub Pairs(x: [B, N], length: data [B]) {
        let first[b] = sum[i, j | i < j && j < length[b]](log_sigmoid(x[b, i] - x[b, j]));
        let last[b] = max[n | n <= 0.5 * length[b]](x[b, n]);
        0.01 * first[b] + softplus(logsumexp[n | n + 1 <= length[b]](x[b, n])) + exp(0.1 * max(last[b], -5))
    }
    #[graph]
    pub PairsGraph(x: [B, N], length: data [B]) = Pairs(x, length);
    /// Differences of neighbouring pixels, and the sums of what is in windows of an image.
    pub Edges(x: [B, H, W]) {
        let down[b] = sum[h, w, i | i == h + 1]((x[b, i, w] - x[b, h, w]) ^ 2);
        let right[b] = sum[h, w, j | j - 1 == w](abs(x[b, h, j] - x[b, h, w]));
        let window[b, h, w] = sum[i, j | abs(i - h) <= 1 && abs(j - w) <= 1](x[b, i, j]);
        down[b] + right[b] + 0.1 * sum[h, w](window[b, h, w] ^ 2)
    }
    #[graph]
    pub EdgesGraph(x: [B, H, W]) = Edges(x);
    /// Windows of three elements and of three colours, each of them written out.
    pub Colours(x: [B, N, 3]) {
        let around[b, n, c] = sum[m, d | abs(m - n) <= 1 && abs(d - c) <= 1](x[b, m, d] * x[b, n, c]);
        sum[n, c](tanh(around[b, n, c] + sum[d](x[b, n, d])))
    }
    #[graph]
    pub ColoursGraph(x: [B, N, 3]) = Colours(x);
    /// What else is reduced in windows, and in windows told in other words.
    pub Morphology(x: [B, N], mask: [B, N] -> bool) {
        let low[b, n] = min[m | abs(m - n) <= 1](x[b, m]);
        let high[b, n] = max[m | m >= n - 2 && n + 2 >= m](low[b, m]);
        let near[b, n] = logsumexp[m | abs(n - m) <= 3 && mask[b, m]](x[b, m]);
        let product[b, n] = prod[m | 2 >= abs(m - n) && m != n](1 + 0.1 * x[b, m]);
        let left[b, n] = mean[m | abs(m - n + 1) <= 1](x[b, m] * n);
        let strict[b, n] = sum[m | abs(m - n) < 2 && abs(m - n) <= 2](x[b, m]);
        let open[b, n] = any[m | abs(m - n) <= 1](mask[b, m]) && !all[m | abs(m - n) <= 1](mask[b, m]);
        sum[n](tanh(high[b, n]) + softplus(near[b, n]) * product[b, n] + left[b, n] * strict[b, n])
            + sum[n | open[b, n]](x[b, n] ^ 2)
    }
    #[graph]
    pub MorphologyGraph(x: [B, N], mask: [B, N] -> bool) = Morphology(x, mask);
    /// What a filter slides over: with as many places as there are targets, and as many as there are elements.
    pub Filter(x: [B, N], w: [K], y: data [B, T]) {
        let short[b, t] = sum[k, s | s == t + k - 2](w[k] * x[b, s]);
        let long[b, n] = sum[k, s | n == s + 1 - k](w[k] * x[b, s] ^ 2);
        sum[t]((short[b, t] - y[b, t]) ^ 2) + sum[n](tanh(long[b, n] - x[b, n]))
    }
    #[graph]
    pub FilterGraph(x: [B, N], w: [K], y: data [B, T]) = Filter(x, w, y);
    /// A filter over samples, and their products with those turned round.
    pub Stream(x: [N], w: [K]) {
        let y[t] = sum[k, s | s == t + k](w[k] * x[s]);
        y[n] * x[n] + 0.1 * sum[m | m + n == 5](x[m])
    }
    #[graph]
    pub StreamGraph(x: [N], w: [K]) = Stream(x, w);
    /// Products of elements at every distance, and of three in a row.
    pub Correlations(x: [B, N], weight: [L]) {
        let pairs[b] = sum[l, n, m | m == n + l](weight[l] * x[b, n] * x[b, m]);
        pairs[b] + sum[i, j, k | k == j + 1 && j == i + 1](x[b, i] * x[b, j] * x[b, k])
    }
    #[graph]
    pub CorrelationsGraph(x: [B, N], weight: [L]) = Correlations(x, weight);
    /// Windows that end where they stand, one told by strict comparisons, and what is at places of another scale.
    pub Causal<back: usize = 4>(x: [B, N]) {
        let past[b, n] = mean[m | n - 4 <= m && m <= n](x[b, m]);
        let around[b, n] = sum[m | n - 3 < m && m < n + 2](x[b, m] * x[b, n]);
        let apart[b, n] = sum[m | abs(m - n + back) < 2](x[b, m]);
        let other[b, n] = sum[m | m == floor(0.5 * n)](x[b, m]);
        let first[b, n] = max[m | m == n - 1](x[b, m]);
        let any[b, n] = any[m | m + 1 == n](x[b, m] > 0);
        let late[b] = sum[n | any[b, n]](tanh(max(first[b, n], -2) * past[b, n]));
        late[b] + sum[n]((around[b, n] - other[b, n] * apart[b, n]) ^ 2)
    }
    #[graph]
    pub CausalGraph<back: usize = 4>(x: [B, N]) = Causal<back = back>(x);
    /// How alike neighbours are, by numbers that are made of pairs.
    pub Steps(e: [B, N, D]) {
        let unit[b, n, d] = normalize[d](e[b, n, d]);
        let alike[b, i, j] = sum[d](unit[b, i, d] * unit[b, j, d]);
        let apart[b, i, j] = logsumexp[d | e[b, i, d] < 1](abs(e[b, i, d] - e[b, j, d]));
        let near[b, i, j] = sum[d, f | f == d + 1](e[b, i, d] * e[b, j, f]);
        mean[i, j | j == i + 1](exp(0.1 * apart[b, i, j]) - alike[b, i, j])
            + sum[n](tanh(max[m | m == n - 2](near[b, m, n]))) / N + alike[b, 0, 0]
    }
    #[graph]
    pub StepsGraph(e: [B, N, D]) = Steps(e);
    /// Smoothness where images are alike: sums over colours and over classes for each pair of pixels that are near.
    pub Bilateral(x: [B, K, H, W], image: [B, C, H, W]) {
        let p[b, k, h, w] = softmax[k](x[b, k, h, w]);
        let apart[b, h, w, i, j] = sum[c]((image[b, c, h, w] - image[b, c, i, j]) ^ 2);
        let alike[b, h, w, i, j] = sum[k](p[b, k, h, w] * p[b, k, i, j]);
        mean[h, w](sum[i, j | abs(i - h) <= 1 && abs(j - w) <= 2](
            exp(-apart[b, h, w, i, j] - 0.1 * ((h - i) ^ 2 + (w - j) ^ 2)) * (1 - alike[b, h, w, i, j])
        ))
    }
    #[graph]
    pub BilateralGraph(x: [B, K, H, W], image: [B, C, H, W]) = Bilateral(x, image);
    /// A filter of two axes, of which graphs have tensors of five.
    pub Convolution(x: [B, H, W], filter: [P, Q], y: data [B, I, J]) {
        let out[b, i, j] = sum[p, q, h, w | h == i + p - 1 && w == j + q - 1](filter[p, q] * x[b, h, w]);
        sum[i, j]((out[b, i, j] - y[b, i, j]) ^ 2)
    }
    #[graph]
    pub ConvolutionGraph(x: [B, H, W], filter: [P, Q], y: data [B, I, J]) = Convolution(x, filter, y);
}

type Matrix = Tensor<(usize, usize), f64, Cpu>;

fn matrix(rows: usize, columns: usize, seed: u64) -> Matrix {
    Cpu::default().tensor_from_vec(numbers(rows * columns, seed), (rows, columns))
}

#[track_caller]
fn near(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 1e-12 * (1.0 + a.abs()), "{a} {b}");
    }
}

/// Kernel and graph: each sample, and gradients by one way and the other.
macro_rules! agree {
    ($kernel:expr, $graph:expr, $x:expr $(, $more:expr)*) => {{
        let x = $x;
        near(
            &$kernel.per_sample(x.clone() $(, $more.clone())*).as_vec(),
            &$graph.per_sample(x.clone() $(, $more.clone())*).as_vec(),
        );
        let a = $kernel.forward(x.leaky_trace() $(, $more.clone())*).backward().get(&x);
        let b = $graph.forward(x.leaky_trace() $(, $more.clone())*).backward().get(&x);
        near(&a.as_vec(), &b.as_vec());
        let a = $kernel.per_sample(x.leaky_trace() $(, $more.clone())*).square().mean().backward().get(&x);
        let b = $graph.per_sample(x.leaky_trace() $(, $more.clone())*).square().mean().backward().get(&x);
        near(&a.as_vec(), &b.as_vec());
    }};
}

/// Rows that are computed side by side and rows on their own, in part of a vector and in more than one.
const SIZES: [(usize, usize); 8] = [(1, 1), (2, 2), (70, 3), (3, 19), (3, 20), (2, 33), (2, 64), (3, 150)];

#[test]
fn sequences() {
    for (rows, columns) in SIZES {
        let (x, weight) = (matrix(rows, columns, 1), matrix(1, columns, 2).reshape_like(&(columns,)));
        agree!(Variation, VariationGraph, x.clone());
        for lag in [0, 1, 3, 40] {
            agree!(Roughness { lag }, RoughnessGraph { lag }, x.clone(), weight);
        }
    }
}

#[test]
fn every_reduction() {
    for (rows, columns) in SIZES {
        let mask = (0..rows * columns).map(|i| i * 7 % 5 < 2).collect();
        let mask = Cpu::default().tensor_from_vec(mask, (rows, columns));
        agree!(Morphology, MorphologyGraph, matrix(rows, columns, 12), mask);
    }
}

#[test]
fn windows_beside_sets_of_their_size() {
    for (rows, columns) in SIZES {
        let x = matrix(rows, 3 * columns, 11).reshape_like(&(rows, columns, Const::<3>));
        agree!(Colours, ColoursGraph, x);
    }
}

#[test]
fn filters() {
    for (rows, columns) in SIZES {
        for (taps, places) in [(1, columns), (3, 2), (9, columns + 3)] {
            let w = matrix(1, taps, 5).reshape_like(&(taps,));
            let (x, y) = (matrix(rows, columns, 6), matrix(rows, places, 7));
            agree!(Filter, FilterGraph, x.clone(), w, y);
            agree!(Correlations, CorrelationsGraph, x, w);
            let stream = matrix(1, rows * columns, 8).reshape_like(&(rows * columns,));
            agree!(Stream, StreamGraph, stream, w);
            let x = matrix(rows, columns, 9);
            let a = Filter.forward(x.clone(), w.leaky_trace(), y.clone()).backward().get(&w);
            let b = FilterGraph.forward(x.clone(), w.leaky_trace(), y.clone()).backward().get(&w);
            near(&a.as_vec(), &b.as_vec());
            let a = Correlations.forward(x.clone(), w.leaky_trace()).backward().get(&w);
            let b = CorrelationsGraph.forward(x, w.leaky_trace()).backward().get(&w);
            near(&a.as_vec(), &b.as_vec());
        }
    }
}

#[test]
fn causal_windows() {
    for (rows, columns) in SIZES {
        for back in [0, 1, 4, 40] {
            agree!(Causal { back }, CausalGraph { back }, matrix(rows, columns, 13));
        }
    }
}

#[test]
fn pairs_of_neighbours() {
    for (rows, columns) in SIZES {
        for dimensions in [1, 3, 20] {
            let e = matrix(rows, columns * dimensions, 17).reshape_like(&(rows, columns, dimensions));
            agree!(Steps, StepsGraph, e);
        }
    }
}

#[test]
fn pairs_in_windows() {
    for (rows, height, width) in [(1, 1, 1), (3, 2, 3), (70, 3, 2), (2, 5, 21)] {
        for (classes, colours) in [(1, 1), (3, 2), (2, 20)] {
            let shape = |channels: usize| (rows, channels, height, width);
            let x = matrix(rows, classes * height * width, 18).reshape_like(&shape(classes));
            let image = matrix(rows, colours * height * width, 19).reshape_like(&shape(colours));
            agree!(Bilateral, BilateralGraph, x.clone(), image);
            let a = Bilateral.forward(x.clone(), image.leaky_trace()).backward().get(&image);
            let b = BilateralGraph.forward(x, image.leaky_trace()).backward().get(&image);
            near(&a.as_vec(), &b.as_vec());
        }
    }
}

#[test]
fn filters_of_two_axes() {
    for (rows, height, width) in [(1, 1, 1), (3, 2, 3), (70, 3, 2), (2, 5, 21)] {
        let x = matrix(rows, height * width, 14).reshape_like(&(rows, height, width));
        let filter = matrix(3, 2, 15).reshape_like(&(3, 2));
        for (above, beside) in [(1, 2), (height, width), (height + 2, 1)] {
            let y = matrix(rows, above * beside, 16).reshape_like(&(rows, above, beside));
            agree!(Convolution, ConvolutionGraph, x.clone(), filter, y);
            let a = Convolution.forward(x.clone(), filter.leaky_trace(), y.clone()).backward().get(&filter);
            let b = ConvolutionGraph.forward(x.clone(), filter.leaky_trace(), y).backward().get(&filter);
            near(&a.as_vec(), &b.as_vec());
        }
    }
}

#[test]
fn lengths() {
    for (rows, columns) in SIZES {
        for share in [0.0, 0.3, 0.99, 1.0, 7.0] {
            let length = (0..rows).map(|b| share * columns as f64 - 0.4 * b as f64).collect();
            let length = Cpu::default().tensor_from_vec(length, (rows,));
            agree!(Pairs, PairsGraph, matrix(rows, columns, 3), length);
        }
    }
}

#[test]
fn images() {
    for (rows, height, width) in [(1, 1, 1), (3, 2, 3), (70, 3, 2), (2, 5, 21), (2, 21, 5), (1, 30, 33)] {
        let x = matrix(rows, height * width, 4).reshape_like(&(rows, height, width));
        agree!(Edges, EdgesGraph, x);
    }
}
