use loss_macros::loss;

loss! {
    Mine(x: [B], keep: [B] -> bool) = x[b] * keep[b];
}

fn main() {
    let _: f64 = Mine.forward((), ());
}
