use loss_macros::loss;

loss! {
    Mine(logits: [B, K], target: [B] -> K) {
        let logp[b, k] = log_softmax[k](logits[b, k])
        -logp[b, target[b]]
    }
}

fn main() {
    let _: f64 = Mine.forward((), ());
}
