use loss_macros::loss;

loss! {
    Mine(x: [B]) = sofplus(x[b]);
}

fn main() {
    let _: f64 = Mine.forward(());
}
