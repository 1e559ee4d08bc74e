use dfdx::prelude::*;
use dfdx_loss::catalogue::regression::Mse;

fn main() {
    let dev: Cpu = Default::default();
    let prediction: Tensor<Rank2<8, 10>, f32, _> = dev.sample_normal();
    let target: Tensor<Rank2<8, 10>, f32, _> = dev.sample_normal();
    let _ = Mse.forward(prediction.leaky_trace(), target.leaky_trace());
}
