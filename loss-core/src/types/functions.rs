//! The names that can be called, and what other libraries call them.

use super::tree::OrderOp;
use crate::ops::prelude;
use crate::ops::{self, Print, reduce};

/// Functions of values, then everything that takes an index in brackets.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let functions = ops::all().filter(|op| op.print == Print::Call).map(|op| op.name);
    functions.chain(binders())
}

/// Everything that takes an index in brackets.
pub(super) fn binders() -> impl Iterator<Item = &'static str> {
    let reducers = reduce::REDUCERS.iter().map(|r| r.name);
    let composites = prelude::COMPOSITES.iter().map(|c| c.name);
    reducers.chain(composites).chain(OrderOp::ALL.iter().map(|o| o.0))
}

/// How a function is written.
pub(super) fn usage(name: &str) -> Option<String> {
    let op = ops::find(name).filter(|op| op.print == Print::Call);
    let binder = binders().find(|b| *b == name).map(|b| format!("{b}[k](..)"));
    op.map(|op| format!("{}({})", op.name, op.args.join(", "))).or(binder)
}

/// What to write for a function of another library.
pub(super) fn foreign(name: &str) -> Option<&'static str> {
    FOREIGN.iter().find(|row| row.0.contains(&name)).map(|row| row.1)
}

/// What to write for a constant of another library.
pub(super) fn foreign_constant(name: &str) -> Option<&'static str> {
    match name {
        "inf" | "infinity" | "infty" | "oo" => {
            Some("a large number such as `1e30`, or a condition: `max[k | c](..)`")
        }
        "nan" => Some("a condition that leaves the element out: `sum[k | c](..)`"),
        "e" | "euler" => Some("`exp(1)`"),
        "none" | "null" | "nil" => Some("a condition that leaves the element out: `sum[k | c](..)`"),
        _ => None,
    }
}

/// Names that other libraries give to a function, and what it is here.
const FOREIGN: &[(&[&str], &str)] = &[
    (&["log"], "ln(x)"),
    (&["log10"], "ln(x) / ln(10)"),
    (&["logsigmoid"], "log_sigmoid(x)"),
    (&["logistic", "expit", "inv_logit"], "sigmoid(x)"),
    (&["logit"], "ln(p / (1 - p))"),
    (&["exp_m1"], "expm1(x)"),
    (&["ln_1p", "ln1p"], "log1p(x)"),
    (&["sgn", "signum"], "sign(x)"),
    (&["pow", "powf", "powi", "power"], "x^y"),
    (&["square", "sq", "sqr"], "x^2"),
    (&["cube"], "x^3"),
    (&["cbrt"], "sign(x) * abs(x)^(1 / 3)"),
    (&["rsqrt"], "1 / sqrt(x)"),
    (&["recip", "reciprocal", "inv"], "1 / x"),
    (&["neg"], "-x"),
    (&["maximum", "fmax"], "max(x, y)"),
    (&["minimum", "fmin"], "min(x, y)"),
    (&["clip"], "clamp(x, lo, hi)"),
    (&["hinge"], "relu(1 - x)"),
    (&["leaky_relu"], "max(x, 0.01 * x)"),
    (&["silu", "swish"], "x * sigmoid(x)"),
    (&["arcsin"], "asin(x)"),
    (&["arccos"], "acos(x)"),
    (&["arctan"], "atan(x)"),
    (&["ceil"], "-floor(-x)"),
    (&["round"], "floor(x + 0.5)"),
    (&["heaviside", "step"], "if x > 0 { 1 } else { 0 }"),
    (&["choose", "iff", "ifelse"], "if c { x } else { y }"),
    (&["float", "real", "to_float", "cast", "int"], "if c { 1 } else { 0 }"),
    (&["eye", "delta", "kronecker", "one_hot", "onehot"], "if i == j { 1 } else { 0 }"),
    (&["stop_gradient", "stopgrad", "sg", "no_grad"], "detach(x)"),
    (&["avg", "average"], "mean[k](x[k])"),
    (&["total"], "sum[k](x[k])"),
    (&["product"], "prod[k](x[k])"),
    (&["maxval", "amax"], "max[k](x[k])"),
    (&["minval", "amin"], "min[k](x[k])"),
    (&["var"], "variance[k](x[k])"),
    (&["std", "stddev", "std_dev"], "sqrt(variance[k](x[k]))"),
    (&["lse", "log_sum_exp"], "logsumexp[k](x[k])"),
    (&["logsoftmax"], "log_softmax[k](x[k])"),
    (&["softmin"], "softmax[k](-x[k])"),
    (&["norm2", "l2norm", "l2_norm"], "norm[k](x[k])"),
    (&["l1norm", "l1_norm", "norm1"], "sum[k](abs(x[k]))"),
    (&["l2_normalize", "normalise", "unit"], "normalize[k](x[k])"),
    (&["cosine_similarity", "cos_sim", "cosine_sim"], "cosine[d](x[d], y[d])"),
    (&["kl_div", "kl_divergence", "kld"], "kl[k](p[k], q[k])"),
    (&["dist", "cdist", "euclidean"], "distance[d](x[d], y[d])"),
    (&["einsum", "matmul", "mm", "bmm", "tensordot"], "sum[d](a[i, d] * b[j, d])"),
    (&["inner"], "dot[d](x[d], y[d])"),
    (&["outer"], "x[i] * y[j]"),
    (&["transpose", "permute", "swapaxes"], "x[j, i]"),
    (&["diag", "diagonal"], "x[i, i]"),
    (&["trace"], "sum[i](x[i, i])"),
    (&["gather", "take", "index_select"], "x[b, target[b]]"),
    (&["argmax"], "let order[k] = argsort[k](-x[k]); order[0]"),
    (&["argmin"], "let order[k] = argsort[k](x[k]); order[0]"),
    (&["topk", "top_k"], "let s[k] = sort[k](-x[k]); -s[0]"),
    (&["cumprod"], "exp(cumsum[k](ln(x[k])))"),
    (&["logcumsumexp"], "logsumexp[m | m <= n](x[m])"),
    (&["prefix_sum", "cum_sum"], "cumsum[n](x[n])"),
    (&["size", "len", "shape", "numel", "dim"], "K"),
    (&["zeros", "zeros_like"], "0"),
    (&["ones", "ones_like"], "1"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Diag, Errors};
    use crate::syntax::ast::{Expr, ExprKind, Stmt};
    use proc_macro2::Ident;

    #[test]
    fn no_foreign_name_is_one_of_ours() {
        for name in FOREIGN.iter().flat_map(|row| row.0) {
            assert!(names().all(|ours| ours != *name), "`{name}` is a function of the language");
        }
    }

    #[test]
    fn what_is_advised_is_in_the_language() {
        for (_, advice) in FOREIGN {
            let spec = format!("pub Advice(x: [B]) {{ {advice} }}");
            let mut errors = Errors::new();
            let file = crate::syntax::parse(spec.parse().expect("balanced tokens"), &mut errors);
            let said: Vec<String> = errors.iter().map(Diag::text).collect();
            assert!(said.is_empty(), "`{advice}`: {said:?}");
            let lets = file.defs[0].stmts.iter().filter_map(|stmt| match stmt {
                Stmt::Let(l) => Some(&l.value),
                Stmt::Repeat(_) => None,
            });
            lets.chain([&file.defs[0].value]).for_each(|e| check_calls(e, advice));
        }
    }

    fn check_calls(expr: &Expr, advice: &str) {
        let (called, parts): (Option<&Ident>, Vec<&Expr>) = match &expr.kind {
            ExprKind::Call(name, args) => (Some(name), args.iter().collect()),
            ExprKind::Bind(b) => (Some(&b.name), b.args.iter().chain(b.condition.as_deref()).collect()),
            ExprKind::Unary(_, x) => (None, vec![x]),
            ExprKind::Binary(_, x, y) => (None, vec![x, y]),
            ExprKind::If(c, x, y) => (None, vec![c, x, y]),
            _ => (None, vec![]),
        };
        assert!(
            called.is_none_or(|f| names().any(|ours| *f == ours)),
            "`{}` in `{advice}`",
            called.expect("a call")
        );
        parts.into_iter().for_each(|part| check_calls(part, advice));
    }
}
