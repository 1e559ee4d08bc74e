use loss_macros::loss;

loss! {
    Mine(logits: [B, K], target: [B] -> K) {
        let logp[b, k] = log_softmax[k](logits[b, k]);
        -logp[target[b], b]
    }
}

fn main() {
    let _: f64 = Mine.per_sample((), ());
}
