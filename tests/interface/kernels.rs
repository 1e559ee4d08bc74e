//! Kernels against graphs: the same interface, whatever the tensors are like.

use dfdx::prelude::*;
use dfdx_loss::catalogue::classification::Poly1CrossEntropy;
use dfdx_loss::loss;

loss! {
    #[graph]
    pub PolyGraph<epsilon = 1.0>(logits: [B, K], target: [B] -> K) =
        Poly1CrossEntropy<epsilon = epsilon>(logits, target);
    /// The sum of squares of scaled differences: three inputs, one of them shared by all samples.
    pub Scales(x: [B, K], y: [B, K], scale: [K]) = sum[k]((x[b, k] * scale[k] - y[b, k]) ^ 2);
    #[graph]
    pub ScalesGraph(x: [B, K], y: [B, K], scale: [K]) = Scales(x, y, scale);
    /// Logistic boosting.
    #[derive_hessian]
    pub Logistic(scores: [N], target: data [N]) = log1p(exp(-target[n] * scores[n]));
    /// Contrasts every sample with every other one.
    pub Pairs(x: [B, K], label: [B] -> C) {
        let s[i, j] = sum[k](x[i, k] * x[j, k]);
        logsumexp[j | label[i] != label[j]](s[i, j]) - mean[j | label[i] == label[j]](s[i, j])
    }
    /// Sums into one element of each row, found by an index: the others are 0, not what the memory held.
    pub Chosen(x: [B, K], target: [B] -> K) {
        let s[b, k] = sum[j | k == target[b]](x[j, target[b]]);
        sum[k](exp(s[b, k]))
    }
    #[graph]
    pub ChosenGraph(x: [B, K], target: [B] -> K) = Chosen(x, target);

    /// Two softmaxes: one keeps its exponentials in the other's gradient, if that is wanted.
    pub Jeffreys(x: [B, K], y: [B, K]) {
        let p[b, k] = softmax[k](x[b, k]);
        let q[b, k] = softmax[k](y[b, k]);
        sum[k]((p[b, k] - q[b, k]) * (x[b, k] - y[b, k]))
    }
    #[graph]
    pub JeffreysGraph(x: [B, K], y: [B, K]) = Jeffreys(x, y);
    /// A softmax over two axes, which keeps its exponentials in its gradient.
    pub Attention(scores: [B, M, N], value: data [B, M, N]) {
        let p[b, m, n] = exp(scores[b, m, n] - logsumexp[i, j](scores[b, i, j]));
        sum[m, n](p[b, m, n] * value[b, m, n])
    }
    #[graph]
    pub AttentionGraph(scores: [B, M, N], value: data [B, M, N]) = Attention(scores, value);

    /// The mean of a sample over two axes.
    pub Brightness(x: [B, H, W]) = mean[h, w](x[b, h, w]);
    /// The sum of what stands so far before each element.
    pub Before<lag: usize = 1>(x: [B, N]) = sum[n, m | n - m == lag](x[b, m]) / N;

    /// Everything that generated code has names for itself, as the user's own names.
    pub Crowded<cpu = 2.0, scratch = 0.5, plan = 1.0>(samples: [B, K], how: data [B, K], device: [K], from: [B] -> K) {
        let sweep[b, k] = cpu * samples[b, k] - scratch * how[b, k];
        let rows[b, k] = exp(sweep[b, k] / 8);
        let along[b, k] = cumsum[k](rows[b, k]);
        let upstream[b] = logsumexp[k](along[b, k] + device[k]);
        plan * upstream[b] - along[b, from[b]] * device[from[b]]
    }
    #[graph]
    pub CrowdedGraph(samples: [B, K], how: data [B, K], device: [K], from: [B] -> K) =
        Crowded(samples, how, device, from);
}

type Matrix = Tensor<(usize, usize), f64, Cpu>;

fn matrix(rows: usize, columns: usize, seed: usize) -> Matrix {
    let number = |i: usize| ((i + seed * 31) * 7919 % 1013) as f64 / 500.0 - 1.0;
    Cpu::default().tensor_from_vec((0..rows * columns).map(number).collect(), (rows, columns))
}

fn classes(rows: usize, columns: usize) -> Tensor<(usize,), usize, Cpu> {
    Cpu::default().tensor_from_vec((0..rows).map(|i| i * 5 % columns).collect(), (rows,))
}

#[track_caller]
fn near(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 1e-12 * (1.0 + a.abs()), "{a} {b}");
    }
}

#[test]
fn rows_of_every_length() {
    for (rows, columns) in [(1, 1), (1, 7), (70, 3), (33, 19), (33, 20), (5, 31), (4, 32), (3, 33), (2, 300)]
    {
        let (x, target) = (matrix(rows, columns, 1), classes(rows, columns));
        let loss = Poly1CrossEntropy { epsilon: 0.7 };
        let graph = PolyGraph { epsilon: 0.7 };
        near(
            &loss.per_sample(x.clone(), target.clone()).as_vec(),
            &graph.per_sample(x.clone(), target.clone()).as_vec(),
        );
        let a = loss.forward(x.leaky_trace(), target.clone()).backward().get(&x);
        let b = graph.forward(x.leaky_trace(), target.clone()).backward().get(&x);
        near(&a.as_vec(), &b.as_vec());
        let a = loss.sum(x.leaky_trace(), target.clone()).backward().get(&x);
        let b = graph.sum(x.leaky_trace(), target.clone()).backward().get(&x);
        near(&a.as_vec(), &b.as_vec());
        // An upstream gradient of its own for each sample.
        let a = loss.per_sample(x.leaky_trace(), target.clone()).square().mean().backward().get(&x);
        let b = graph.per_sample(x.leaky_trace(), target).square().mean().backward().get(&x);
        near(&a.as_vec(), &b.as_vec());
    }
}

#[test]
fn any_mix_of_traced_inputs() {
    let (x, y) = (matrix(40, 5, 2), matrix(40, 5, 3));
    let scale = Cpu::default().tensor_from_vec(vec![1.0, -2.0, 0.5, 3.0, 0.0], (5,));
    let a = Scales.forward(x.leaky_trace(), y.leaky_trace(), scale.leaky_trace()).backward();
    let b = ScalesGraph.forward(x.leaky_trace(), y.leaky_trace(), scale.leaky_trace()).backward();
    near(&a.get(&x).as_vec(), &b.get(&x).as_vec());
    near(&a.get(&y).as_vec(), &b.get(&y).as_vec());
    near(&a.get(&scale).as_vec(), &b.get(&scale).as_vec());
    let only_x = Scales.forward(x.leaky_trace(), y.clone(), scale.clone()).backward();
    near(&only_x.get(&x).as_vec(), &b.get(&x).as_vec());
    let only_y = Scales.forward(x.clone(), y.leaky_trace(), scale.clone()).backward();
    near(&only_y.get(&y).as_vec(), &b.get(&y).as_vec());
    let only_scale = Scales.forward(x.clone(), y.clone(), scale.leaky_trace()).backward();
    near(&only_scale.get(&scale).as_vec(), &b.get(&scale).as_vec());
    let none: Tensor<(), f64, Cpu> = Scales.forward(x.clone(), y.clone(), scale.clone());
    near(&[none.array()], &[ScalesGraph.forward(x, y, scale).array()]);
}

#[test]
fn what_lives_in_a_gradient_does_without_one() {
    for columns in [7, 30, 64, 200] {
        let (x, y) = (matrix(9, columns, 2), matrix(9, columns, 3));
        let b = JeffreysGraph.forward(x.leaky_trace(), y.leaky_trace()).backward();
        let a = Jeffreys.forward(x.leaky_trace(), y.leaky_trace()).backward();
        near(&a.get(&x).as_vec(), &b.get(&x).as_vec());
        near(&a.get(&y).as_vec(), &b.get(&y).as_vec());
        let only_x = Jeffreys.forward(x.leaky_trace(), y.clone()).backward();
        near(&only_x.get(&x).as_vec(), &b.get(&x).as_vec());
        let only_y = Jeffreys.forward(x.clone(), y.leaky_trace()).backward();
        near(&only_y.get(&y).as_vec(), &b.get(&y).as_vec());
    }
    for (m, n) in [(3, 5), (5, 30), (1, 70), (70, 1)] {
        let shaped = |seed| matrix(4, m * n, seed).reshape_like(&(4, m, n));
        let (scores, value) = (shaped(4), shaped(5));
        let a = Attention.forward(scores.leaky_trace(), value.clone()).backward();
        let b = AttentionGraph.forward(scores.leaky_trace(), value).backward();
        near(&a.get(&scores).as_vec(), &b.get(&scores).as_vec());
    }
}

#[test]
fn views_are_like_copies() {
    let (x, y) = (matrix(6, 30, 4), matrix(30, 6, 5));
    let row = Cpu::default().tensor_from_vec((0..30).map(f64::from).collect(), (30,));
    let scale = row.clone() / 30.0;
    let turned = || y.leaky_trace().permute::<_, Axes2<1, 0>>();
    let a = Scales.forward(x.leaky_trace(), turned(), scale.leaky_trace()).backward();
    let b = ScalesGraph.forward(x.leaky_trace(), turned().contiguous(), scale.leaky_trace()).backward();
    near(&a.get(&x).as_vec(), &b.get(&x).as_vec());
    near(&a.get(&y).as_vec(), &b.get(&y).as_vec());
    let spread = || row.leaky_trace().broadcast_like::<_, Axis<0>>(&(6, 30));
    let a = Scales.forward(x.leaky_trace(), spread(), scale.clone()).backward();
    let b = ScalesGraph.forward(x.leaky_trace(), spread().contiguous(), scale.clone()).backward();
    near(&a.get(&row).as_vec(), &b.get(&row).as_vec());
    let target = classes(30, 6);
    let turned = || x.leaky_trace().permute::<_, Axes2<1, 0>>();
    let loss = Poly1CrossEntropy { epsilon: 1.0 };
    let a = loss.forward(turned(), target.clone()).backward();
    let b = PolyGraph { epsilon: 1.0 }.forward(turned().contiguous(), target).backward();
    near(&a.get(&x).as_vec(), &b.get(&x).as_vec());
}

/// The value and the gradient on so many threads.
fn on_threads(threads: usize, job: impl FnOnce() -> Vec<f64> + Send) -> Vec<f64> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(job)
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let (x, y, target) = (matrix(1500, 300, 6), matrix(1500, 300, 7), classes(1500, 300));
    let scale = Cpu::default().tensor_from_vec((0..300).map(|i| f64::from(i) / 99.0).collect(), (300,));
    let few = matrix(300, 64, 8);
    let jobs: [&(dyn Fn() -> Vec<f64> + Sync); 3] = [
        &|| {
            let loss = Poly1CrossEntropy { epsilon: 1.0 }.forward(x.leaky_trace(), target.clone());
            let value = loss.array();
            [vec![value], loss.backward().get(&x).as_vec()].concat()
        },
        &|| {
            let loss = Scales.forward(x.leaky_trace(), y.clone(), scale.leaky_trace());
            let (value, gradients) = (loss.array(), loss.backward());
            [vec![value], gradients.get(&x).as_vec(), gradients.get(&scale).as_vec()].concat()
        },
        &|| {
            let loss = Pairs.forward(few.leaky_trace(), classes(300, 7));
            let value = loss.array();
            [vec![value], loss.backward().get(&few).as_vec()].concat()
        },
    ];
    for job in jobs {
        let one = on_threads(1, job);
        assert!(one.iter().all(|x| x.is_finite()));
        for threads in [2, 8] {
            assert!(on_threads(threads, job) == one, "{threads} threads");
        }
    }
}

#[test]
fn sums_of_ten_million_keep_their_digits() {
    let dev = Cpu::default();
    let n = 10_000_000;
    let (x, zero) = (dev.tensor_from_vec(vec![0.1f32; n], (n,)), dev.zeros_like(&(n,)));
    let mean = dfdx_loss::catalogue::regression::Mae.forward(x, zero).array();
    assert!((mean - 0.1).abs() < 1e-7, "{mean}");
    // Of one sample, and in loops of single elements.
    let x = dev.tensor_from_vec(vec![0.1f32; n], (1, 2000, n / 2000));
    for mean in [Brightness.forward(x.clone()).array(), Brightness.forward(x.leaky_trace()).array()] {
        assert!((mean - 0.1).abs() < 1e-7, "{mean}");
    }
    let x = dev.tensor_from_vec(vec![0.1f32; n / 10], (1, n / 10));
    let mean = Before { lag: 7 }.forward(x).array();
    assert!((mean - 0.1).abs() < 1e-6, "{mean}");
}

#[test]
fn second_derivatives() {
    let dev = Cpu::default();
    let (s, t) = ([0.3, -1.2, 2.0, 0.0], [1.0, -1.0, -1.0, 1.0]);
    let (scores, target) = (dev.tensor_from_vec(s.to_vec(), (4,)), dev.tensor_from_vec(t.to_vec(), (4,)));
    let p = |i: usize| 1.0 / (1.0 + f64::exp(t[i] * s[i]));
    let gradient: Vec<f64> = (0..4).map(|i| -t[i] * p(i)).collect();
    let hessian: Vec<f64> = (0..4).map(|i| p(i) * (1.0 - p(i))).collect();
    near(&Logistic.grad_scores(scores.clone(), target.clone()).as_vec(), &gradient);
    near(&Logistic.hessian_scores(scores.clone(), target).as_vec(), &hessian);
    let short: Tensor<(usize,), f64, Cpu> = dev.zeros_like(&(3,));
    let error = Logistic.try_hessian_scores(scores, short).expect_err("lengths differ");
    assert!(error.to_string().contains("`target`"), "{error}");
}

#[test]
fn elements_that_nothing_is_added_to_are_zero() {
    for (rows, columns) in [(3, 4), (5, 40)] {
        let (x, target) = (matrix(rows, columns, 9), classes(rows, columns));
        let found = Chosen.per_sample(x.leaky_trace(), target.clone());
        near(&found.as_vec(), &ChosenGraph.per_sample(x.clone(), target.clone()).as_vec());
        let a = found.mean().backward().get(&x);
        let b = ChosenGraph.forward(x.leaky_trace(), target).backward().get(&x);
        near(&a.as_vec(), &b.as_vec());
    }
}

#[test]
fn names_of_the_user_are_in_nobodys_way() {
    for columns in [5, 40] {
        let (x, y, target) = (matrix(9, columns, 1), matrix(9, columns, 2), classes(9, columns));
        let w = Cpu::default().tensor_from_vec((0..columns).map(|i| i as f64 / 50.0).collect(), (columns,));
        let a = Crowded::default().forward(x.leaky_trace(), y.clone(), w.leaky_trace(), target.clone());
        let b = CrowdedGraph.forward(x.leaky_trace(), y, w.leaky_trace(), target);
        near(&[a.array()], &[b.array()]);
        let (a, b) = (a.backward(), b.backward());
        near(&a.get(&x).as_vec(), &b.get(&x).as_vec());
        near(&a.get(&w).as_vec(), &b.get(&w).as_vec());
    }
}
