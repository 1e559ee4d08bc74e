use loss_macros::loss;

loss! {
    Mine<gamma = -2.0 in 0..>(x: [B]) = x[b] ^ gamma;
}

fn main() {
    let loss = Mine::default();
    let _: f64 = loss.gamma;
}
