//! A loss that changes with the step is applied at none.

use dfdx::prelude::*;
use dfdx_loss::loss;

loss! {
    pub Fading(x: [B]) = linear(1 -> 0, over = 10) * x[b]^2;
}

fn main() {
    let dev: Cpu = Default::default();
    let loss = Fading.forward(dev.tensor([1.0, 2.0]).leaky_trace());
    loss.backward();
}
