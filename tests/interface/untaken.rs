//! Branches that are not taken, on graphs and in kernels: they give nothing to any gradient, whatever is in them.
//! `loss-core/tests/untaken` has all combinations.

use dfdx::prelude::*;
use dfdx_loss::loss;

loss! {
    /// What is infinite or NaN, or has such a derivative, where `x`, `y` or `d` are 0 or negative, next to a factor.
    pub Meet(w: [B, K], x: [B, K], y: [B, K], d: data [B, K]) {
        let gap[b, k] = ln(x[b, k]) - ln(y[b, k]);
        w[b, k] * ln(x[b, k]) + sqrt(x[b, k]) * w[b, k] + 1 / x[b, k] + w[b, k] - y[b, k] / x[b, k]
            + x[b, k] ^ 0.5 / w[b, k] + w[b, k] / (2 + ln(d[b, k]) ^ 2) + w[b, k] ^ 2 * (1 / d[b, k]) ^ 2
            + w[b, k] * gap[b, k] + abs(gap[b, k]) * softplus(gap[b, k]) + sin(1 / d[b, k]) * w[b, k]
            + w[b, k] * max(ln(d[b, k]), ln(y[b, k])) + tanh(w[b, k] / x[b, k]) + exp(x[b, k]) * log1p(x[b, k])
    }
    /// The same of a row in which no element counts.
    pub MeetRow(w: [B, K], v: [B], x: [B, K], m: [B, K] -> bool) {
        let l[b] = logsumexp[k | m[b, k]](x[b, k]);
        let low[b] = min[k | m[b, k]](x[b, k]);
        let n[b] = sum[k | m[b, k]](w[b, k]);
        v[b] * l[b] + max[k | m[b, k]](w[b, k]) * v[b] + low[b] / v[b] + v[b] / (2 + l[b] ^ 2) + v[b] - l[b]
            + v[b] * (l[b] - logsumexp[k | m[b, k]](w[b, k])) + (l[b] + low[b]) ^ 2 + softplus(l[b]) * v[b]
            + sum[k | m[b, k]](w[b, k] * x[b, k]) / n[b] + ln(n[b]) * v[b] + sqrt(n[b]) / v[b]
            + sum[k | m[b, k]](w[b, k] / n[b] * ln(w[b, k] / n[b])) + v[b] * (1 - prod[k | m[b, k]](x[b, k])) ^ 0.5
            + logsumexp[k](if m[b, k] { l[b] * w[b, k] } else { l[b] })
    }

    /// Under `if`.
    pub Chosen(w: [B, K], v: [B], x: [B, K], y: [B, K], d: data [B, K], m: [B, K] -> bool, c: [B] -> bool) {
        sum[k](if m[b, k] { Meet(w, x, y, d)[b, k] } else { 0 })
            + (if any[k](m[b, k]) { MeetRow(w, v, x, m)[b] } else { v[b] })
            + (if !c[b] { 2 * v[b] } else { MeetRow(w, v, x, m)[b] })
    }
    /// In sums and means under a condition.
    pub Summed(w: [B, K], v: [B], x: [B, K], y: [B, K], d: data [B, K], m: [B, K] -> bool, c: [B] -> bool) {
        sum[k | m[b, k]](Meet(w, x, y, d)[b, k]) + mean[i | c[i]](MeetRow(w, v, x, m)[i]) * v[b]
    }
    /// In maxima and minima.
    pub Extreme(w: [B, K], v: [B], x: [B, K], y: [B, K], d: data [B, K], m: [B, K] -> bool, c: [B] -> bool) {
        let top[b] = max[k | m[b, k]](Meet(w, x, y, d)[b, k]);
        let low[b] = min[k | m[b, k]](Meet(w, x, y, d)[b, k]);
        if c[b] { v[b] * top[b] - low[b] * max[i | c[i]](MeetRow(w, v, x, m)[i]) } else { 0 }
    }
    /// In the smooth maximum.
    pub Smooth(w: [B, K], v: [B], x: [B, K], y: [B, K], d: data [B, K], m: [B, K] -> bool, c: [B] -> bool) {
        let soft[b] = logsumexp[k | m[b, k]](Meet(w, x, y, d)[b, k] / 100);
        if c[b] { soft[b] * v[b] + v[b] ^ 2 * logsumexp[i | c[i]](MeetRow(w, v, x, m)[i] / 100) } else { 0 }
    }
    /// Means and maxima over what counts, written by hand; strict prefixes; what two branches share.
    pub ByHand(w: [B, K], v: [B], x: [B, K], y: [B, K], d: data [B, K], m: [B, K] -> bool, c: [B] -> bool) {
        let l[i] = logsumexp[j | j < i](v[j]);
        let r[i] = logsumexp[k | m[i, k]](x[i, k] * y[i, k]);
        let p[i, k] = softmax[k | m[i, k]](d[i, k] * x[i, k]);
        let all[i] = logsumexp[j | c[j]](v[j]);
        sum[i | c[i]](v[i] / count[j | c[j]]() + v[i] * all[i])
            + (if b > 0 { v[b] * l[b] } else { sum[i | i > 0](v[i] * l[i] - v[i] / max[j | j < i](v[j])) })
            + (if c[b] { v[b] * r[b] } else { if any[k](m[b, k]) { r[b] ^ 2 } else { v[b] } })
            + (if c[b] { sum[k](w[b, k] * p[b, k]) } else { 0 })
    }

    #[graph]
    pub ChosenGraph(w: [B, K], v: [B], x: [B, K], y: [B, K], d: data [B, K], m: [B, K] -> bool, c: [B] -> bool) =
        Chosen(w, v, x, y, d, m, c)[b];
    #[graph]
    pub SummedGraph(w: [B, K], v: [B], x: [B, K], y: [B, K], d: data [B, K], m: [B, K] -> bool, c: [B] -> bool) =
        Summed(w, v, x, y, d, m, c)[b];
    #[graph]
    pub ExtremeGraph(w: [B, K], v: [B], x: [B, K], y: [B, K], d: data [B, K], m: [B, K] -> bool, c: [B] -> bool) =
        Extreme(w, v, x, y, d, m, c)[b];
    #[graph]
    pub SmoothGraph(w: [B, K], v: [B], x: [B, K], y: [B, K], d: data [B, K], m: [B, K] -> bool, c: [B] -> bool) =
        Smooth(w, v, x, y, d, m, c)[b];
    #[graph]
    pub ByHandGraph(w: [B, K], v: [B], x: [B, K], y: [B, K], d: data [B, K], m: [B, K] -> bool, c: [B] -> bool) =
        ByHand(w, v, x, y, d, m, c)[b];
}

const ROWS: usize = 4;
const COLUMNS: usize = 3;

type Matrix<E> = Tensor<(usize, usize), E, Cpu>;
type Vector<E> = Tensor<(usize,), E, Cpu>;
type Inputs<E> = (
    Matrix<E>,
    Vector<E>,
    Matrix<E>,
    Matrix<E>,
    Matrix<E>,
    Tensor<(usize, usize), bool, Cpu>,
    Tensor<(usize,), bool, Cpu>,
);

/// Rows 0 and 3 count, and of each the elements 0 and 2; or nothing does. What does not count of `x`, `y` and `d` is
/// tame or not.
fn inputs<E: Dtype>(some_count: bool, tame: bool) -> Inputs<E>
where
    Cpu: Device<E>,
{
    let poles = [0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -2.0, 1e4, 0.0, 1.0, 0.0, 2.0];
    let counts = |i: usize| some_count && matches!(i / COLUMNS, 0 | 3) && i % COLUMNS != 1;
    let dev = Cpu::default();
    let matrix = |seed: f64, wild: bool| {
        let element = |i| {
            let v = 0.1 + 0.8 * ((i as f64 + seed) * 0.37).fract();
            E::from_f64(if wild && !counts(i) { poles[i] } else { v }).expect("it fits")
        };
        dev.tensor_from_vec((0..ROWS * COLUMNS).map(element).collect(), (ROWS, COLUMNS))
    };
    let v = matrix(2.0, false).as_vec()[..ROWS].to_vec();
    let mask = (0..ROWS * COLUMNS).map(counts).collect();
    let rows = (0..ROWS).map(|b| counts(b * COLUMNS)).collect();
    (
        matrix(1.0, false),
        dev.tensor_from_vec(v, (ROWS,)),
        matrix(3.0, !tame),
        matrix(4.0, !tame),
        matrix(5.0, !tame),
        dev.tensor_from_vec(mask, (ROWS, COLUMNS)),
        dev.tensor_from_vec(rows, (ROWS,)),
    )
}

/// The value, then the gradients.
macro_rules! run {
    ($loss:expr, $e:ty, $some_count:expr, $tame:expr) => {{
        let (w, v, x, y, d, m, c) = inputs::<$e>($some_count, $tame);
        let (wt, vt, xt, yt) = (w.leaky_trace(), v.leaky_trace(), x.leaky_trace(), y.leaky_trace());
        let value = $loss.sum(wt, vt, xt, yt, d, m, c);
        let first = value.as_vec();
        let g = value.backward();
        [first, g.get(&w).as_vec(), g.get(&v).as_vec(), g.get(&x).as_vec(), g.get(&y).as_vec()]
    }};
}

macro_rules! compare {
    ($name:expr, $loss:expr, $graph:expr, $e:ty, $tolerance:expr) => {
        for some_count in [true, false] {
            let wanted = run!($loss, f64, some_count, true);
            let kernel = run!($loss, $e, some_count, false);
            let graph = run!($graph, $e, some_count, false);
            for (found, how) in [(kernel, "kernels"), (graph, "graph")] {
                for (what, (f, w)) in ["value", "w", "v", "x", "y"].into_iter().zip(found.iter().zip(&wanted))
                {
                    for (i, (f, w)) in f.iter().zip(w).enumerate() {
                        let near = (f64::from(*f) - w).abs() <= $tolerance * w.abs().max(1.0);
                        assert!(near, "{}, {how}, {what} at {i}: {f}, not {w}", $name);
                    }
                }
            }
        }
    };
}

macro_rules! tests {
    ($($name:ident: $loss:expr, $graph:expr;)+) => {$(
        #[test]
        fn $name() {
            compare!(stringify!($name), $loss, $graph, f64, 1e-9);
            compare!(stringify!($name), $loss, $graph, f32, 2e-5);
        }
    )+};
}

tests! {
    choices: Chosen, ChosenGraph;
    sums: Summed, SummedGraph;
    extremes: Extreme, ExtremeGraph;
    logarithms_of_sums: Smooth, SmoothGraph;
    by_hand: ByHand, ByHandGraph;
}
