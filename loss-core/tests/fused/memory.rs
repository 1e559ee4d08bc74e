//! How kernels go through memory: along it, and with no more of it than they need.

use super::{case, compiled, print};

/// The kernels of a definition as text.
fn kernels(text: &str) -> String {
    let case = compiled(text).into_iter().find_map(case).expect("it has kernels");
    print::fused(&case.derivative.program, &case.fused)
}

/// The innermost loop is the one along which elements are neighbours, in arrays of the row, too.
#[test]
fn loops_run_along_contiguous_memory() {
    let shown = kernels(
        "pub Attention(scores: [B, M, N], value: data [B, M, N]) {
            let p[b, m, n] = exp(scores[b, m, n] - logsumexp[i, j](scores[b, i, j]));
            sum[m, n](p[b, m, n] * value[b, m, n])
        }",
    );
    let heads: Vec<&str> = shown.lines().filter_map(|line| line.trim().strip_prefix("for ")).collect();
    assert!(heads.len() > 4 && heads.iter().all(|head| head.starts_with("m, n")), "{shown}");
    assert!(shown.contains("exp [m, n] in d_scores"), "{shown}");
}

/// A sum over one of two loops is over the inner one, where it stays in a register.
#[test]
fn sums_stay_in_registers() {
    let shown = kernels("pub Pairs(x: [B, K]) { sum[k](sum[j](relu(x[b, j] - x[b, k])) ^ 2) }");
    let over_the_last = ["for k, k2: sum[b, k] += ", "for k2, k: sum_3[k2] += "];
    assert!(over_the_last.iter().all(|line| shown.contains(line)), "{shown}");
}

/// An array of a row lives in a gradient that is made of it, but not where something reads it later.
#[test]
fn rows_live_in_gradients() {
    let softmax = kernels("pub Entropy(x: [B, K]) { logsumexp[k](x[b, k]) }");
    assert!(softmax.contains("exp [k] in d_x"), "{softmax}");
    let two = kernels(
        "pub Jeffreys(x: [B, K], y: [B, K]) {
            sum[k]((softmax[k](x[b, k]) - softmax[k](y[b, k])) * (x[b, k] - y[b, k]))
        }",
    );
    assert!(two.contains("exp [k] in d_y") && two.contains("exp_2 [k], "), "{two}");
}
