use loss_macros::loss;

loss! {
    pub Curriculum(logits: [B, K], target: [B] -> K) =
        reweight<LinUpper<r = 0.4>>(CrossEntropy(logits, target));
}

fn main() {
    let _ = Curriculum::default();
}
