use loss_macros::loss;

loss! {
    Mine(logits: [B, K], target: [B] -> K) = 0.5 * CrossEntropy(target, logits)[b] + logits[b, target[b]];
}

fn main() {
    let _: f64 = Mine.forward((), ());
}
