//! Declared state: what a loss carries from step to step.

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
}

#[test]
fn a_scalar_follows_its_formula() {
    let dev: Cpu = Default::default();
    let mut loss = Relative::default().build::<f64, _>(&dev);
    let x = dev.tensor([[3.0, 4.0], [0.0, 1.0]]);
    let y = dev.tensor([[3.0, 3.0], [0.0, 3.0]]);
    assert_eq!(loss.forward(x.clone(), y.clone()).array(), 2.5 / 20.0);
    assert_eq!(loss.size.array(), 20.0);
    let value = loss.forward_mut(x.leaky_trace(), y.clone());
    assert_eq!(value.array(), 2.5 / 20.0);
    assert_eq!(loss.size.array(), 0.75 * 20.0 + 0.25 * 3.0);
}

#[test]
fn means() {
    let dev: Cpu = Default::default();
    let mut loss: MeansOn<Const<3>, Const<2>, f32, Cpu> = Means::default().build(&dev);
    let mut graph: GraphMeansOn<Const<3>, Const<2>, f32, Cpu> = GraphMeans::default().build(&dev);
    let x = dev.tensor([[3.0_f32, 4.0], [0.0, 1.0]]);
    let label = dev.tensor([2, 0]);
    let a = loss.forward_mut(x.leaky_trace(), label.clone());
    let b = graph.forward_mut(x.leaky_trace(), label.clone());
    assert_eq!(a.array(), b.array());
    assert_eq!(loss.centers.array(), graph.centers.array());
}
