use loss_macros::loss;

loss! {
    Mine(x: [B]) = x;
    Mine(x: [B], y: [B]) = x[b] + y[b];
    Other(x: [B, K]) {
        let m[b] = mean[k](x[b, k]);
        let m[b] = m[b] ^ 2;
        m[b]
    }
}

fn main() {
    let _: f64 = Mine.forward(());
    let _: f64 = Other.sum(());
}
