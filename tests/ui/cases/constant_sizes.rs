use dfdx::prelude::*;
use dfdx_loss::catalogue::preference::KlDistillation;

fn main() {
    let dev: Cpu = Default::default();
    let student: Tensor<Rank2<8, 10>, f32, _> = dev.sample_normal();
    let teacher: Tensor<Rank2<8, 12>, f32, _> = dev.sample_normal();
    let _ = KlDistillation::default().forward(student, teacher);
}
