use loss_macros::loss;

loss! {
    First(x: [B]) = Second(x)[b] + x[b];
    Second(x: [B]) = First(x)[b] + x[b];
}

fn main() {
    let _: f64 = First.forward(());
    let _: f64 = Second.forward(());
}
