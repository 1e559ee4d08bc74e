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
    // dfdx converts tensors; numbers it builds anew.
    let moved = loss.to_dtype::<f64>();
    assert_eq!((moved.centers.array()[0], moved.scale), ([0.5; 2], 0.5));
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
