//! A loss with a tensor of its own is applied before it has one.

use dfdx::prelude::*;
use dfdx_loss::loss;

loss! {
    pub Scaled<learn scale = 1.0>(x: [B], y: data [B]) = scale * (x[b] - y[b])^2;
}

fn main() {
    let dev: Cpu = Default::default();
    let (x, y) = (dev.tensor([1.0, 2.0]), dev.tensor([0.0, 0.0]));
    let loss = Scaled.forward(x.leaky_trace(), y);
    loss.backward();
}
