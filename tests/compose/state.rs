//! Declared state: what a loss carries from step to step. Every expected number is computed by plain loops.

use dfdx::optim::{Sgd, SgdConfig};
use dfdx::prelude::*;
use dfdx_loss::loss;

loss! {
    /// A loss relative to the running mean of the norms.
    pub Relative<momentum = 0.75 in 0..=1, state size = 20.0>(x: [B, D], y: data [B, D]) {
        let norm[b] = norm[d](x[b, d]);
        let error[b] = sum[d]((x[b, d] - y[b, d])^2);
        update size = momentum * size + (1 - momentum) * mean[b](norm[b]);
        error[b] / size
    }

    /// Class means, which follow the features; a class that is not in the batch keeps its own.
    pub Means<rate = 0.5, state centers: [K, D] = 0.25>(x: [B, D], label: [B] -> K) {
        let n[k] = count[b | label[b] == k]();
        let drift[k, d] = sum[b | label[b] == k](x[b, d] - centers[k, d]);
        update centers[k, d] = centers[k, d] + rate * drift[k, d] / (1 + n[k]);
        sum[d]((x[b, d] - centers[label[b], d])^2)
    }

    /// The same on the graph.
    #[graph]
    pub GraphMeans<rate = 0.5, state centers: [K, D] = 0.25>(x: [B, D], label: [B] -> K) {
        let n[k] = count[b | label[b] == k]();
        let drift[k, d] = sum[b | label[b] == k](x[b, d] - centers[k, d]);
        update centers[k, d] = centers[k, d] + rate * drift[k, d] / (1 + n[k]);
        sum[d]((x[b, d] - centers[label[b], d])^2)
    }

    /// A state that only another update reads, a `let` that loss and update share, an input that only an update reads.
    pub Corrected<state mean = 0.0, state steps = 0.0>(x: [B], weight: [B]) {
        let now = 0.9 * mean + 0.1 * sum[b](x[b] * weight[b]) / sum[b](weight[b]);
        update steps = steps + 1;
        update mean = now;
        x[b] * now / (1 - 0.9^(steps + 1))
    }

    pub Unread<state total = 0.0>(x: [B], y: [N]) {
        update total = total + sum[n](y[n]);
        total * x[b]
    }

    /// Axes in another order than those of the inputs, a set twice, a state that is filled.
    pub Shapes<state twice: [K, K] = 1.0, state turned: [K, B] = 0.0, state same: [3, K] = 0.0>(x: [B, K]) {
        update twice[j, k] = 2 * twice[k, j] + sum[b](x[b, j] * (k + 1));
        update turned[k, b] = x[b, k];
        update same[i, k] = mean[b, j](x[b, j]);
        sum[k](x[b, k] * twice[0, k] + turned[k, b] + same[2, k])
    }

    /// State, a tensor that is learned and a schedule at once, with terms.
    pub All<state size = 2.0, learn scale = 3.0>(x: [B, D]) {
        let square[b] = sum[d](x[b, d]^2);
        update size = linear(0 -> 1, over = 10) * mean[b](square[b]);
        near: scale * square[b] / size,
        far: linear(1 -> 0, over = 10) * (size * mean[i](square[i])),
    }

    /// Two states of one definition, and what is lifted twice.
    pub Applied(x: [B, D], y: [B, D], label: [B] -> K) {
        2 * Means(x, label) + Means<rate = 1>(y, label) + Relative(x, y)
    }
    pub Again(x: [B, D], y: [B, D], label: [B] -> K) = Applied(x, y, label);

    /// For a table of numbers alone there is nothing to differentiate.
    pub Counts<state seen: [K] = 0.0>(label: [B] -> K) {
        update seen[k] = seen[k] + count[b | label[b] == k]();
        seen[label[b]]
    }
}

const LABELS: [usize; 3] = [2, 0, 2];

/// Features of three samples at a step.
fn features(step: usize) -> [[f64; 2]; 3] {
    let at = |b: usize, d: usize| ((7 * step + 3 * b + 5 * d) as f64 * 0.7).sin() + 0.2 * b as f64;
    [0, 1, 2].map(|b| [at(b, 0), at(b, 1)])
}

/// `Means` by loops: the loss by the centers as they were, and the centers as they become.
fn means(x: [[f64; 2]; 3], centers: [[f64; 2]; 3], rate: f64) -> (f64, [[f64; 2]; 3]) {
    let mut loss = 0.0;
    let mut next = centers;
    for k in 0..3 {
        let of_class: Vec<usize> = (0..3).filter(|&b| LABELS[b] == k).collect();
        for d in 0..2 {
            let drift: f64 = of_class.iter().map(|&b| x[b][d] - centers[k][d]).sum();
            next[k][d] += rate * drift / (1.0 + of_class.len() as f64);
            loss += of_class.iter().map(|&b| (x[b][d] - centers[k][d]).powi(2)).sum::<f64>() / 3.0;
        }
    }
    (loss, next)
}

fn close(found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() <= tolerance * (1.0 + wanted.abs()), "{found}, expected {wanted}");
}

fn all_close<const N: usize, const M: usize>(found: [[f64; M]; N], wanted: [[f64; M]; N], tolerance: f64) {
    found.iter().flatten().zip(wanted.iter().flatten()).for_each(|(f, w)| close(*f, *w, tolerance));
}

/// Several steps in a dtype, by kernels and on the graph.
macro_rules! steps {
    ($dtype:ty, $tolerance:expr) => {{
        let dev: Cpu = Default::default();
        let mut fused: MeansOn<Const<3>, Const<2>, $dtype, Cpu> = Means::default().build(&dev);
        let mut graph: GraphMeansOn<Const<3>, Const<2>, $dtype, Cpu> = GraphMeans::default().build(&dev);
        let mut centers = [[0.25; 2]; 3];
        for step in 0..5 {
            let x = features(step);
            let tensor = dev.tensor(x.map(|row| row.map(|v| v as $dtype)));
            let (loss, next) = means(x, centers, 0.5);
            let read = fused.forward(tensor.leaky_trace(), dev.tensor(LABELS));
            let a = fused.forward_mut(tensor.leaky_trace(), dev.tensor(LABELS));
            let b = graph.forward_mut(tensor.leaky_trace(), dev.tensor(LABELS));
            assert_eq!(read.array(), a.array());
            close(a.array() as f64, loss, $tolerance);
            close(b.array() as f64, loss, $tolerance);
            all_close(fused.centers.array().map(|r| r.map(|v| v as f64)), next, $tolerance);
            all_close(graph.centers.array().map(|r| r.map(|v| v as f64)), next, $tolerance);
            // The gradient is that of the loss alone: the centers are constants, their update is not in it.
            for grads in [a.backward(), b.backward()] {
                let gradient = grads.get(&tensor).array();
                for (i, &label) in LABELS.iter().enumerate() {
                    let by = |d: usize| 2.0 * (x[i][d] - centers[label][d]) / 3.0;
                    all_close([gradient[i].map(|v| v as f64)], [[by(0), by(1)]], $tolerance);
                }
            }
            centers = next;
        }
    }};
}

#[test]
fn class_means_follow_the_features() {
    steps!(f64, 1e-12);
    steps!(f32, 1e-5);
}

#[test]
fn a_scalar_follows_its_formula() {
    let dev: Cpu = Default::default();
    let mut loss = Relative::default().build(&dev);
    let mut size = 20.0;
    for step in 0..4 {
        let x = features(step);
        let tensor = dev.tensor(x);
        let zero = tensor.clone() * 0.0;
        let norms: f64 = x.iter().map(|row| (row[0] * row[0] + row[1] * row[1]).sqrt()).sum::<f64>() / 3.0;
        let squares: f64 = x.iter().flatten().map(|v| v * v).sum::<f64>() / 3.0;
        close(loss.forward(tensor.clone(), zero.clone()).array(), squares / size, 1e-12);
        assert_eq!(loss.size.array(), size);
        let each = loss.per_sample_mut(tensor.leaky_trace(), zero.clone());
        close(each.mean().array(), squares / size, 1e-12);
        size = 0.75 * size + 0.25 * norms;
        close(loss.size.array(), size, 1e-12);
        size = loss.size.array();
    }
    // A mistake in the inputs leaves the state as it is.
    let (three, two) = (dev.tensor_from_vec(vec![1.0; 6], (3, 2)), dev.tensor_from_vec(vec![1.0; 4], (2, 2)));
    assert!(loss.try_forward_mut(three, two).is_err());
    assert_eq!(loss.size.array(), size);
}

#[test]
fn all_updates_see_what_was() {
    let dev: Cpu = Default::default();
    let mut loss = dev.build_module::<Corrected, f64>();
    let (x, weight) = (dev.tensor([1.0, 4.0]), dev.tensor([3.0, 1.0]));
    let mut mean = 0.0;
    for step in 0..3 {
        let now = 0.9 * mean + 0.1 * (1.0 * 3.0 + 4.0 * 1.0) / 4.0;
        let value = loss.forward_mut(x.leaky_trace(), weight.leaky_trace());
        close(value.array(), 2.5 * now / (1.0 - 0.9_f64.powi(step + 1)), 1e-12);
        close(loss.mean.array(), now, 1e-12);
        assert_eq!(loss.steps.array(), f64::from(step + 1));
        mean = now;
    }
    let mut loss = dev.build_module::<Unread, f64>();
    loss.update(x.clone(), dev.tensor([2.0, 3.0, 5.0]));
    loss.update(x.leaky_trace(), dev.tensor([2.0, 3.0, 5.0]).leaky_trace());
    assert_eq!(loss.total.array(), 20.0);
    let y = dev.tensor([1.0]);
    let grads = loss.sum_mut(x.leaky_trace(), y.leaky_trace()).backward();
    assert_eq!((grads.get(&x).array(), grads.get(&y).array()), ([20.0; 2], [0.0]));
    assert_eq!(loss.total.array(), 21.0);
}

#[test]
fn a_state_has_its_axes_in_its_own_order() {
    let dev: Cpu = Default::default();
    let mut loss: ShapesOn<Const<2>, Const<3>, f64, Cpu> = Shapes.build(&dev);
    let x = dev.tensor([[1.0, 2.0], [3.0, 5.0], [8.0, 13.0]]);
    for step in 0..2 {
        let before = loss.twice.array();
        loss.update(x.clone());
        let sums = [12.0, 20.0];
        let twice = [0, 1].map(|j| [0, 1].map(|k| 2.0 * before[k][j] + sums[j] * (k + 1) as f64));
        assert_eq!(loss.twice.array(), twice, "step {step}");
        assert_eq!(loss.turned.array(), [[1.0, 3.0, 8.0], [2.0, 5.0, 13.0]]);
        all_close(loss.same.array(), [[32.0 / 6.0; 2]; 3], 1e-12);
        // Dense, for dfdx loads what was saved into memory as it lies.
        let (mut turned, mut same) = (loss.turned.clone(), loss.same.clone());
        turned.copy_from(&loss.turned.as_vec());
        same.copy_from(&loss.same.as_vec());
        assert_eq!((turned.array(), same.array()), (loss.turned.array(), loss.same.array()));
    }
}

#[test]
fn state_beside_schedules_terms_and_learned_tensors() {
    let dev: Cpu = Default::default();
    let mut loss = dev.build_module::<All, f64>();
    let x = dev.tensor([[1.0, 2.0], [2.0, 0.0]]);
    let input = x.trace(loss.alloc_grads());
    let (value, terms) = loss.at_mut(5.0).forward_terms_mut(input);
    let report = terms.report();
    close(report.terms[0].value, 3.0 * 4.5 / 2.0, 1e-12);
    assert_eq!((report.terms[1].weight, report.terms[1].value), (0.5, 9.0));
    close(value.array(), 3.0 * 4.5 / 2.0 + 4.5, 1e-12);
    assert_eq!(loss.size.array(), 0.5 * 4.5);
    let grads = value.backward();
    close(grads.get(&loss.scale).array(), 4.5 / 2.0, 1e-12);
    assert_eq!(loss.num_trainable_params(), 1);
    let mut sgd = Sgd::new(&loss, SgdConfig { lr: 1.0, ..Default::default() });
    sgd.update(&mut loss, &grads).unwrap();
    assert_eq!((loss.size.array(), loss.scale.array()), (2.25, 0.75));
    loss.at_mut(10.0).update(x.clone());
    assert_eq!(loss.size.array(), 4.5);
    assert_eq!(loss.at(10.0).forward(x.leaky_trace()).array(), 0.75);
}

#[test]
fn state_is_lifted_through_applications() {
    let dev: Cpu = Default::default();
    let mut loss: AppliedOn<Const<3>, Const<2>, f64, Cpu> = Applied.build(&dev);
    let mut again: AgainOn<Const<3>, Const<2>, f64, Cpu> = Again.build(&dev);
    let (mut first, mut second, mut size) = ([[0.25; 2]; 3], [[0.25; 2]; 3], 20.0);
    for step in 0..3 {
        let (x, y) = (features(step), features(step + 10));
        let ((a, first_next), (b, second_next)) = (means(x, first, 0.5), means(y, second, 1.0));
        let error: f64 = x.iter().flatten().zip(y.iter().flatten()).map(|(x, y)| (x - y).powi(2)).sum();
        let wanted = 2.0 * a + b + error / 3.0 / size;
        for value in [
            loss.forward_mut(dev.tensor(x).leaky_trace(), dev.tensor(y), dev.tensor(LABELS)),
            again.forward_mut(dev.tensor(x).leaky_trace(), dev.tensor(y), dev.tensor(LABELS)),
        ] {
            close(value.array(), wanted, 1e-12);
        }
        let norms: f64 = x.iter().map(|row| (row[0] * row[0] + row[1] * row[1]).sqrt()).sum::<f64>() / 3.0;
        (first, second, size) = (first_next, second_next, 0.75 * size + 0.25 * norms);
        all_close(loss.centers.array(), first, 1e-12);
        all_close(loss.centers_2.array(), second, 1e-12);
        close(loss.size.array(), size, 1e-12);
        all_close(again.centers_2.array(), second, 1e-12);
    }
}

#[test]
fn without_anything_to_differentiate() {
    let dev: Cpu = Default::default();
    let mut loss: CountsOn<Const<3>, f32, Cpu> = Counts.build(&dev);
    loss.update(dev.tensor(LABELS));
    assert_eq!(loss.sum_mut(dev.tensor([2, 1])).array(), 2.0);
    assert_eq!(loss.seen.array(), [1.0, 1.0, 3.0]);
}

#[test]
fn state_is_saved_converted_and_kept_by_averages() {
    let dev: Cpu = Default::default();
    let mut loss: MeansOn<Const<3>, Const<2>, f32, Cpu> = Means { rate: 0.125 }.build(&dev);
    loss.update(dev.tensor(features(0).map(|row| row.map(|v| v as f32))), dev.tensor(LABELS));
    let path = std::env::temp_dir().join(format!("dfdx-loss-state-{}.npz", std::process::id()));
    loss.save(&path).expect("a file can be written");
    let mut loaded: MeansOn<Const<3>, Const<2>, f32, Cpu> = Means::default().build(&dev);
    loaded.load(&path).expect("what was saved can be loaded");
    std::fs::remove_file(&path).expect("the file is there");
    assert_eq!((loaded.centers.array(), loaded.rate), (loss.centers.array(), 0.125));
    let wide = loss.to_dtype::<f64>();
    assert_eq!((wide.centers.array().map(|r| r.map(|v| v as f32)), wide.rate), (loss.centers.array(), 0.125));
    let moved = loss.to_device(&dev);
    assert_eq!((moved.centers.array(), moved.rate), (loss.centers.array(), 0.125));
    // As for the running statistics of dfdx's batch norm: averages of models leave them alone.
    let mut average = loaded.clone();
    loss.update(dev.tensor([[9.0; 2]; 3]), dev.tensor(LABELS));
    average.ema(&loss, 0.5);
    assert_eq!(average.centers.array(), loaded.centers.array());
    assert_eq!(loss.num_trainable_params(), 0);
    loss.reset_params();
    assert_eq!(loss.centers.array(), [[0.25; 2]; 3]);
}

/// A model that has its loss as a field, as dfdx's own models have batch norms.
type Model = (Linear<2, 2>, Means2);
/// `Means` with its sizes.
#[derive(Debug, Clone, Copy, Default)]
struct Means2;

impl<D: Device<f64>> BuildOnDevice<D, f64> for Means2 {
    type Built = MeansOn<Const<3>, Const<2>, f64, D>;
}

#[test]
fn trained_inside_a_larger_model() {
    let dev: Cpu = Default::default();
    let mut model = dev.build_module::<Model, f64>();
    let mut sgd = Sgd::new(&model, SgdConfig { lr: 0.05, ..Default::default() });
    let x = dev.tensor(features(3));
    let mut losses = Vec::new();
    for _ in 0..30 {
        let hidden = model.0.forward(x.trace(model.alloc_grads()));
        let loss = ModuleMut::forward_mut(&mut model.1, (hidden, dev.tensor(LABELS)));
        losses.push(loss.array());
        let grads = loss.backward();
        let centers = model.1.centers.array();
        sgd.update(&mut model, &grads).expect("every weight has a gradient");
        assert_eq!(model.1.centers.array(), centers);
    }
    assert!(losses[29] < 0.2 * losses[0], "{losses:?}");
    let hidden = Module::forward(&model.0, x);
    let evaluated = Module::forward(&model.1, (hidden.clone(), dev.tensor(LABELS))).array();
    assert_eq!(evaluated, model.1.forward(hidden, dev.tensor(LABELS)).array());
}
