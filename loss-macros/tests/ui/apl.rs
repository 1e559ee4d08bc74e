use loss_macros::loss;

loss! {
    Mine(logits: [B, K], target: [B] -> K) =
        apl<alpha = 1.0, beta = 1.0>(ReverseCrossEntropy(logits, target), NormalizedCrossEntropy(logits, target));
}

fn main() {
    let _: f64 = Mine.sum((), ());
}
