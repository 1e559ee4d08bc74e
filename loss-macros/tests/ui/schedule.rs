use loss_macros::loss;

loss! {
    pub Pretrain(x: [N], y: data [N]) {
        near: mean[n]((x[n] - y[n])^2),
        far: linear(0.0 -> 0.5, over = 0) * max[n](abs(x[n] - y[n])),
    }
}

fn main() {
    let _ = Pretrain::default();
}
