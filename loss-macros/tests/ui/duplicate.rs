use loss_macros::loss;

loss! {
    Mine(x: [B], x: [B]) = x[b] ^ 2;
}

fn main() {}
