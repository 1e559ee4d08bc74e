use loss_macros::loss;

loss! {
    Mine<epsilon = 1.0>(logits: [B, K], target: [B] -> K) {
        let logp[b, k] = log_softmax[k](logits[b, k]);
        -logp[b, target[b]] + epsilom
    }
}

fn main() {
    let loss = Mine { epsilon: 2.0 };
    let _: f64 = loss.forward((), ());
}
