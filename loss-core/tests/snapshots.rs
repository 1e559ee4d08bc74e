//! The stages of the compiler on a few specs, as a reader of `LOSS_DUMP` sees them. The code that is snapshotted is
//! also run, by the golden and the random tests of the facade.

use loss_core::compile::compile;
use loss_core::{catalogue, dump};

/// Specs that between them meet every pass and every form of generated code.
const SHOWN: &[&str] = &[
    "Poly1CrossEntropy",
    "NceRce",
    "FocalLoss",
    "InfoNce",
    "MultiSimilarity",
    "RankNet",
    "ListMle",
    "Huber",
    "Dpo",
];

const SINKHORN: &str = "
    pub Sinkhorn<epsilon = 0.05 in 0<.., rounds: usize = 100>(x: [N, D], y: [M, D]) {
        let cost[i, j] = sum[d]((x[i, d] - y[j, d]) ^ 2) / 2;
        let f[i] = 0;
        let g[j] = 0;
        repeat rounds {
            f[i] = epsilon * (ln(M) - logsumexp[j]((g[j] - cost[i, j]) / epsilon));
            g[j] = epsilon * (ln(N) - logsumexp[i]((f[i] - cost[i, j]) / epsilon));
        }
        mean[i](f[i]) + mean[j](g[j])
    }";

const UNSTABLE: &str = "
    pub Unstable(logits: [B, K], target: [B] -> K) {
        let p[b, k] = exp(logits[b, k]) / sum[j](exp(logits[b, j]));
        ln(1 + exp(logits[b, target[b]])) - ln(p[b, target[b]]) + sum[k](p[b, k] * ln(p[b, k]))
    }";

const SCAN: &str = "
    pub Ranked(probability: [B, K], outcome: data [B, K]) {
        let below[b, k] = sum[j | j <= k](probability[b, j] - outcome[b, j]);
        mean[k](below[b, k] ^ 2)
    }";

/// The types around the plain loss; `#[graph]` leaves kernels out.
const COMPOSED: &str = "
    /// A classification and a regression.
    #[graph]
    pub Scene<delta = 1.0 in 0<..>(seg: [B, K], label: [B] -> K, depth: [N], truth: data [N]) {
        uncertainty {
            seg: CrossEntropy(seg, label),
            depth: cosine(1.0 -> 0.5, over = 100) * Huber<delta = delta>(depth, truth),
        }
    }";

fn show(name: &str, text: &str) {
    let outcome = compile(text.parse().expect("tokens"));
    let messages: Vec<String> = outcome.errors.iter().map(loss_core::diag::Diag::text).collect();
    assert!(messages.is_empty(), "{}", messages.join("\n"));
    let compiled = outcome.compiled.iter().find(|c| c.def.name == name).expect("the spec defines it");
    insta::assert_snapshot!(name, dump::stages(compiled));
}

#[test]
fn catalogue_specs() {
    for name in SHOWN {
        let file = catalogue::FILES.iter().find(|f| f.parse().defs.iter().any(|d| d.name == name));
        show(name, file.expect("the catalogue has it").text);
    }
}

#[test]
fn a_composed_objective() {
    let outcome = compile(COMPOSED.parse().expect("tokens"));
    let krate = "dfdx_loss".parse().expect("a path");
    let code = loss_core::backends::emit(&outcome.compiled[0], &krate);
    insta::assert_snapshot!("Scene", dump::pretty(code));
}

#[test]
fn a_loop() {
    show("Sinkhorn", SINKHORN);
}

#[test]
fn unsafe_forms_become_safe() {
    show("Unstable", UNSTABLE);
}

#[test]
fn a_prefix_sum_becomes_a_scan() {
    show("Ranked", SCAN);
}

/// Indices that conditions tie to others.
const NEIGHBOURS: &str = "
    /// Differences of neighbours, and how far each element is from the mean of those around it.
    pub Smoothness(x: [B, N]) {
        let around[b, n] = mean[m | abs(m - n) <= 2](x[b, m]);
        sum[n, m | m == n + 1](abs(x[b, m] - x[b, n])) + sum[n]((x[b, n] - around[b, n]) ^ 2)
    }";

#[test]
fn kernels_visit_neighbours_only() {
    show("Smoothness", NEIGHBOURS);
}

/// A loss that carries state; `#[graph]` leaves kernels out.
const STATEFUL: &str = "
    /// Class means that follow the features.
    #[graph]
    pub Means<rate = 0.5, state means: [K, D] = 0.0, state steps = 0.0>(x: [B, D], label: [B] -> K) {
        let n[k] = count[b | label[b] == k]();
        let drift[k, d] = sum[b | label[b] == k](x[b, d] - means[k, d]);
        update means[k, d] = means[k, d] + rate * drift[k, d] / (1 + n[k]);
        update steps = steps + 1;
        sum[d]((x[b, d] - means[label[b], d])^2)
    }";

#[test]
fn a_loss_with_state() {
    let outcome = compile(STATEFUL.parse().expect("tokens"));
    let krate = "dfdx_loss".parse().expect("a path");
    let code = loss_core::backends::emit(&outcome.compiled[0], &krate);
    insta::assert_snapshot!("Means", dump::pretty(code));
}
