//! The losses of the interface tests: each uses another part of the language.

use dfdx_loss::loss;

loss! {
    /// Poly-1 cross entropy.
    pub Poly1<
        /// Weight of the leading polynomial term.
        epsilon = 1.0 in -1..
    >(logits: [B, K], target: [B] -> K) {
        let logp[b, k] = log_softmax[k](logits[b, k]);
        let p[b] = exp(logp[b, target[b]]);
        -logp[b, target[b]] + epsilon * (1 - p[b])
    }

    /// A class that the loss itself names.
    pub Shift(x: [B, K]) = (x[b, 0] - x[b, 2]) ^ 2;

    /// Quadratic near 0, linear far away.
    pub Huber<delta = 1.0 in 0<..>(x: [B, K], truth: data [B, K]) {
        let d[b, k] = abs(x[b, k] - truth[b, k]);
        mean[k](if d[b, k] < delta { d[b, k] ^ 2 / 2 } else { delta * (d[b, k] - delta / 2) })
    }

    /// Both inputs differentiable.
    pub Smooth<beta = 1.0>(x: [B, K], y: [B, K]) = sum[k](sqrt((x[b, k] - y[b, k]) ^ 2 + beta ^ 2) - beta);

    /// A contrastive loss with a learnable scale.
    pub Contrast(a: [N, D], b: [M, D], scale: []) {
        let s[i, j] = exp(scale) * sum[d](a[i, d] * b[j, d]);
        let near[i, j] = (i - j) ^ 2;
        logsumexp[j](s[i, j] - near[i, j] / 10) - s[i, 0] * sigmoid(scale)
    }

    /// A weight that is never differentiated.
    pub Scaled(x: [B, K], w: data [B, K]) = mean[k](x[b, k] * w[b, k]);

    /// The gradient of one factor only.
    pub Stopped(x: [B, K]) = mean[k](x[b, k] * detach(x[b, k]));

    /// Softmax, its logarithm and their product.
    pub Soft(logits: [B, K], target: [B] -> K) {
        let p[b, k] = softmax[k](logits[b, k]);
        let logp[b, k] = log_softmax[k](logits[b, k]);
        sum[k](p[b, k] * logp[b, k]) - logp[b, target[b]] + max[k](logits[b, k])
    }

    /// The branch not taken is infinite.
    pub Guarded(x: [B, K]) = sum[k](if x[b, k] > 0 { ln(x[b, k]) } else { 0 }) * 2;

    /// Every reducer under a condition that may hold nowhere.
    pub Masked(x: [B, K], keep: [B, K] -> bool) {
        let some[b] = any[k](keep[b, k]);
        let all_of[b] = if some[b] && !all[k](keep[b, k]) { sum[k | keep[b, k]](x[b, k]) } else { 0 };
        let top[b] = if some[b] { max[k | keep[b, k]](x[b, k]) } else { 0 };
        let low[b] = if some[b] { min[k | keep[b, k]](x[b, k]) } else { 0 };
        let lse[b] = if some[b] { logsumexp[k | keep[b, k]](x[b, k]) } else { 0 };
        all_of[b] + top[b] + low[b] + lse[b] + prod[k | keep[b, k]](x[b, k]) + mean[k | keep[b, k]](x[b, k])
    }

    /// Pairs with the same label.
    pub Pairs(x: [B, D], labels: [B] -> C) {
        let partners[i] = count[j | labels[i] == labels[j]]();
        sum[j | j != i && labels[i] == labels[j]](squared_distance[d](x[i, d], x[j, d])) / partners[i]
    }

    /// An array of weights.
    pub Weighted<weights: [f64; 3] = [1.0, 2.0, 0.5]>(x: [B, 3], target: [B] -> 3) =
        weights[target[b]] * x[b, target[b]];

    /// The diagonal, and a diagonal that runs the other way in a matrix of 3 rows.
    pub Diagonal(x: [N, N]) {
        let flipped[i, j] = x[j, i];
        exp(x[i, i]) * (if i == 1 { flipped[i, i] } else { if i == 0 { flipped[0, 2] } else { flipped[2, 0] } })
    }

    /// Sorted values by their rank.
    pub Sorted(x: [B, K]) {
        let s[b, k] = sort[k](x[b, k]);
        let r[b, k] = rank[k](x[b, k]);
        sum[k]((k + 1) * s[b, k]) / 2 + sum[k]((r[b, k] + 1) * x[b, k]) / 2
    }

    /// A listwise loss over an order that comes from the data.
    pub Listwise(scores: [L, N], relevance: data [L, N]) {
        let order[l, n] = argsort[n](-relevance[l, n]);
        let s[l, n] = scores[l, order[l, n]];
        sum[n](logsumexp[m | m >= n](s[l, m]) - s[l, n])
    }

    /// Running sums.
    pub Cumulative(x: [B, K]) = sum[k](cumsum[k](x[b, k]) ^ 2);

    /// Axes that are declared in different orders.
    pub Swapped(x: [K, B], w: [B, K]) = sum[b](x[k, b] * exp(w[b, k]));

    /// Batched matrix products.
    pub Attention(q: [B, N, D], k: [B, M, D], v: [B, M, P]) {
        let s[b, n, m] = sum[d](q[b, n, d] * k[b, m, d]);
        let w[b, n, m] = softmax[m](s[b, n, m]);
        let o[b, n, p] = sum[m](w[b, n, m] * v[b, m, p]);
        sum[n, p](o[b, n, p] ^ 2)
    }

    /// A matrix times itself, and vectors.
    pub Moments(x: [N, D]) {
        let c[d, e] = sum[i](x[i, d] * x[i, e]) / N;
        let m[d] = mean[i](x[i, d]);
        let v[i] = sum[d](x[i, d] * m[d]);
        sum[d, e]((c[d, e] - m[d] * m[e]) ^ 2) + sum[i](v[i]) + sum[d](m[d] * m[d])
    }

    /// The hardest neighbour.
    pub Hardest(x: [N, D]) = min[j | j != i](distance[d](x[i, d], x[j, d])) + max[j](tanh(x[j, 0] * x[i, 1]));

    /// Nearest neighbours both ways.
    pub Chamfer(x: [N, D], y: [M, D]) {
        let c[i, j] = squared_distance[d](x[i, d], y[j, d]);
        mean[i](min[j](c[i, j])) + mean[j](min[i](c[i, j]))
    }

    /// Tensors carried through rounds; one of them is not read by the next round.
    pub Rounds<rounds: usize = 3 in 1..>(x: [N, D], y: [M, D]) {
        let cost[i, j] = squared_distance[d](x[i, d], y[j, d]);
        let f[i] = 0;
        let g[j] = 0;
        repeat rounds {
            f[i] = ln(M) - logsumexp[j](g[j] - cost[i, j]);
            g[j] = ln(N) - logsumexp[i](f[i] - cost[i, j]);
        }
        mean[i](f[i] * x[i, 0]) + mean[j](tanh(g[j]))
    }

    /// Nothing that a gradient reaches.
    pub Constant(x: [B, K]) = if x[b, 0] > 1e9 { 0 } else { K };

    /// Square roots by Newton's method.
    pub Root(x: [N]) {
        let r[i] = 1;
        repeat 4 { r[i] = (r[i] + x[i] / r[i]) / 2; }
        sum[i](r[i])
    }

    /// A loop within a loop.
    pub Nested(x: [N]) {
        let s[i] = x[i];
        repeat 2 { s[i] = s[i] / (1 + Root(s) / N); }
        sum[i](s[i] * x[i])
    }

    /// Carried tensors that start as one tensor and change places.
    pub Fibonacci<rounds: usize = 3>(x: [N]) {
        let a[i] = x[i];
        let b[i] = x[i];
        repeat rounds {
            let c[i] = a[i] + b[i] * b[i] / 4;
            a[i] = b[i];
            b[i] = c[i];
        }
        sum[i](a[i] * b[i])
    }

    /// An index with two axes that the tensor does not have, and conditions that come from the device.
    pub Lookup(w: [K], x: [B, K], target: [B] -> K) {
        let order[b, k] = argsort[k](x[b, k]);
        let hot[b, k] = x[b, k] > 0;
        let found[b] = sum[k](w[order[b, k]] * x[b, k]);
        if hot[b, target[b]] { found[b] } else { -2 * found[b] }
    }
}
