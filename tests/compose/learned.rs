use dfdx::optim::{Sgd, SgdConfig};
use dfdx::prelude::*;
use dfdx_loss::loss;

loss! {
    pub Scene(seg: [B, K], label: [B] -> K, depth: [N], truth: data [N]) {
        uncertainty {
            seg: Poly1CrossEntropy<epsilon = 2.0>(seg, label),
            depth: mean[n]((depth[n] - truth[n])^2),
        }
    }

    /// Center loss.
    pub Center<learn centers: [K, D] = 0.5, scale = 0.5>(x: [B, D], label: [B] -> K) {
        scale * sum[d]((x[b, d] - centers[label[b], d])^2)
    }

    /// Of every type, and more of them than dfdx visits at once.
    pub Settings<
        learn proxies: [5, 400] = normal(2.0, 0.5),
        learn spread: [5, 400] = uniform(-3.0, 1.0),
        flat: bool = false,
        scales: [f64; 4] = [1.0, 2.0, 3.0, 4.0],
        power: usize = 2,
        shift = 0.0,
        rate = 1.0,
    >(x: [5]) {
        let flatness = if flat { 1 } else { 0 };
        let proxy[i] = mean[j](proxies[i, j] + spread[i, j]);
        rate * (x[i] - proxy[i] - shift)^2 + flatness + sum[a](scales[a])^power
    }

    pub Both(x: [B, D], label: [B] -> K, seg: [B, K]) {
        center: linear(0.0 -> 1.0, over = 10) * Center(x, label),
        seg: CrossEntropy(seg, label),
    }
}

#[test]
fn uncertainty_learns_its_variances() {
    let dev: Cpu = Default::default();
    let mut loss = dev.build_module::<Scene, f64>();
    let seg = dev.tensor([[1.0_f64, 2.0, 0.5], [0.0, 0.1, 3.0]]);
    let label = dev.tensor([1, 2]);
    let (depth, truth) = (dev.tensor([1.0, 2.0]), dev.tensor([0.0, 0.0]));
    let mut sgd = Sgd::new(&loss, SgdConfig { lr: 0.2, ..Default::default() });
    let mut before = f64::INFINITY;
    for _ in 0..200 {
        let grads = loss.alloc_grads();
        let (value, terms) = loss.forward_terms(
            seg.clone().traced(grads),
            label.clone(),
            depth.retaped::<OwnedTape<_, _>>(),
            truth.clone(),
        );
        let report = terms.report();
        assert!(report.total <= before + 1e-12);
        before = report.total;
        let grads = value.backward();
        sgd.update(&mut loss, &grads).unwrap();
    }
    let report = loss.forward_terms(seg.clone(), label, depth, truth).1.report();
    // Stationary where w L = 1/2 for both: exp(-s) L = 1/2 for classes, exp(-s) L / 2 = 1/2 for a regression.
    for term in &report.terms {
        assert!((term.weight * term.value - 0.5).abs() < 1e-3, "{term:?}");
    }
    assert!((report.terms[1].sigma.unwrap().powi(2) - 2.5).abs() < 1e-2);
}

#[test]
fn a_learned_tensor_has_the_sets_of_its_inputs() {
    let dev: Cpu = Default::default();
    let loss: CenterOn<Const<3>, Const<2>, f32, Cpu> = Center { scale: 1.0 }.build(&dev);
    assert_eq!(loss.centers.array(), [[0.5; 2]; 3]);
    assert_eq!(loss.scale, 1.0);
    let x = dev.tensor([[1.0_f32, 0.5], [0.5, 0.5]]);
    let value = loss.forward(x.leaky_trace(), dev.tensor([0, 2]));
    assert_eq!(value.array(), 0.125);
    let grads = value.backward();
    assert_eq!(grads.get(&loss.centers).array(), [[-0.5, 0.0], [0.0, 0.0], [0.0, 0.0]]);
    let wide = loss.to_dtype::<f64>();
    assert_eq!((wide.centers.array()[0], wide.scale), ([0.5; 2], 1.0));
}

#[test]
fn schedules_and_tensors_are_lifted_through_applications() {
    let dev: Cpu = Default::default();
    let loss: BothOn<Const<3>, Const<2>, f64, Cpu> = Both.build(&dev);
    let x = dev.tensor([[1.0_f64, 0.5], [0.5, 0.5]]);
    let label = dev.tensor([0, 2]);
    let seg = dev.tensor([[0.0_f64; 3]; 2]);
    let (value, terms) = loss.at(5.0).forward_terms(x.leaky_trace(), label, seg.leaky_trace());
    let report = terms.report();
    assert_eq!((report.terms[0].weight, report.terms[0].value), (0.5, 0.0625));
    assert!((value.array() - 0.03125 - 3.0_f64.ln()).abs() < 1e-12);
    let grads = value.backward();
    assert_eq!(grads.get(&loss.centers).array()[0], [-0.125, 0.0]);
}

#[test]
fn all_hyperparameters_stay_when_a_loss_is_converted() {
    let dev: Cpu = Default::default();
    let written = Settings { flat: true, scales: [5.0, 6.0, 7.0, 8.0], power: 1, shift: 0.5, rate: 3.0 };
    let loss: SettingsOn<f32, Cpu> = written.build(&dev);
    let same = |flat, scales, power, shift, rate| {
        assert_eq!(Settings { flat, scales, power, shift, rate }, written);
    };
    let moved = loss.to_device(&dev);
    same(moved.flat, moved.scales, moved.power, moved.shift, moved.rate);
    let wide = loss.to_dtype::<f64>();
    same(wide.flat, wide.scales, wide.power, wide.shift, wide.rate);
    // A condition is not among what dfdx saves; numbers are.
    let path = std::env::temp_dir().join(format!("dfdx-loss-settings-{}.npz", std::process::id()));
    loss.save(&path).expect("a file can be written");
    let mut loaded: SettingsOn<f32, Cpu> = Settings { flat: true, ..Settings::default() }.build(&dev);
    loaded.load(&path).expect("what was saved can be loaded");
    std::fs::remove_file(&path).expect("the file is there");
    same(loaded.flat, loaded.scales, loaded.power, loaded.shift, loaded.rate);
    assert_eq!(loaded.proxies.array(), loss.proxies.array());
}

#[test]
fn initial_values_are_drawn_from_the_device() {
    let build = |seed| -> SettingsOn<f64, Cpu> { Settings::default().build(&Cpu::seed_from_u64(seed)) };
    let (first, same, other) = (build(7), build(7), build(8));
    assert_eq!(first.proxies.array(), same.proxies.array());
    assert_ne!(first.proxies.array(), other.proxies.array());
    let moments = |values: Vec<f64>| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
    };
    // 2000 draws: four standard errors.
    let (mean, deviation) = moments(first.proxies.as_vec());
    assert!((mean - 2.0).abs() < 0.045 && (deviation - 0.5).abs() < 0.032, "{mean}, {deviation}");
    let spread = first.spread.as_vec();
    assert!(spread.iter().all(|v| (-3.0..1.0).contains(v)));
    let (mean, deviation) = moments(spread);
    assert!(
        (mean + 1.0).abs() < 0.11 && (deviation - 4.0 / 12.0_f64.sqrt()).abs() < 0.05,
        "{mean}, {deviation}"
    );
    // In another dtype the same numbers.
    let single: SettingsOn<f32, Cpu> = Settings::default().build(&Cpu::seed_from_u64(7));
    assert_eq!(single.proxies.array()[0][0], first.proxies.array()[0][0] as f32);
}

/// A model whose last part is a loss.
type Model = (Linear<2, 2>, Center2);
/// `Center` with its sizes.
#[derive(Debug, Clone, Copy, Default)]
struct Center2;

impl<D: Device<f64>> BuildOnDevice<D, f64> for Center2 {
    type Built = CenterOn<Const<3>, Const<2>, f64, D>;
}

#[test]
fn a_loss_on_a_device_is_a_module() {
    let dev: Cpu = Default::default();
    let mut model = dev.build_module::<Model, f64>();
    let mut sgd = Sgd::new(&model, SgdConfig { lr: 0.1, ..Default::default() });
    let x = dev.tensor([[1.0, 0.5], [0.5, 0.5]]);
    let mut losses = Vec::new();
    for _ in 0..20 {
        let hidden = model.0.forward(x.trace(model.alloc_grads()));
        // Without state the update is none.
        let loss = ModuleMut::forward_mut(&mut model.1, (hidden, dev.tensor([0, 2])));
        losses.push(loss.array());
        sgd.update(&mut model, &loss.backward()).expect("every weight but one class has a gradient");
    }
    assert!(losses[19] < 0.2 * losses[0], "{losses:?}");
    let loss: BothOn<Const<3>, Const<2>, f64, Cpu> = Both.build(&dev);
    let (label, seg) = (dev.tensor([0, 2]), dev.tensor([[0.0_f64; 3]; 2]));
    let value = Module::forward(&loss.at(0.0), (x.leaky_trace(), label, seg));
    assert!((value.array() - 3.0_f64.ln()).abs() < 1e-12);
}
