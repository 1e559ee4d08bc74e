use loss_macros::loss;

loss! {
    Mine(x: [B, K], y: [B, D]) = sum[k](x[b, k] * y[b, k]);
}

fn main() {
    let _: f64 = Mine.forward((), ());
}
