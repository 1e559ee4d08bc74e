//! The stabilising rewrites, as rows of text in the language itself.
//!
//! Left side: names match any expression (the same name the same one), `k` any bound indices, `given` any
//! condition or none; `+` and `*` match both ways round. A rule must be an equation where both sides are
//! defined, must not be less accurate anywhere, and is directional: its right side matches no rule that
//! leads back.

/// One rewrite.
pub struct Rule {
    /// What is replaced.
    pub from: &'static str,
    /// What replaces it.
    pub to: &'static str,
    /// Why the left side is unsafe.
    pub why: &'static str,
}

/// Every rewrite.
pub const RULES: &[Rule] = &[
    Rule { from: "ln(exp(x))", to: "x", why: "exp overflows above 88 (f32) and underflows below -103" },
    Rule {
        from: "ln(exp(x) * y)",
        to: "x + ln(y)",
        why: "the product under- or overflows; ln of it is finite",
    },
    Rule { from: "ln(exp(x) / y)", to: "x - ln(y)", why: "as for the product" },
    Rule { from: "ln(y / exp(x))", to: "ln(y) - x", why: "as for the product" },
    Rule {
        from: "exp(x) * exp(y)",
        to: "exp(x + y)",
        why: "one factor overflows where the product is finite",
    },
    Rule { from: "exp(x) / exp(y)", to: "exp(x - y)", why: "infinity over infinity" },
    Rule {
        from: "ln(sum[k | given](exp(x)))",
        to: "logsumexp[k | given](x)",
        why: "exp overflows; the shifted sum does not",
    },
    Rule {
        from: "exp(x) / sum[k | given](exp(x))",
        to: "exp(x - logsumexp[k | given](x))",
        why: "infinity over infinity; 0 over 0 where all x are very negative",
    },
    Rule {
        from: "sum[k | given](exp(x) * y) / sum[k | given](exp(x))",
        to: "sum[k | given](exp(x - logsumexp[k | given](x)) * y)",
        why: "infinity over infinity",
    },
    Rule { from: "ln(1 + exp(x))", to: "softplus(x)", why: "exp overflows; 1 + exp x loses small exp x" },
    Rule { from: "log1p(exp(x))", to: "softplus(x)", why: "exp overflows" },
    Rule {
        from: "ln(1 + sum[k | given](exp(x)))",
        to: "softplus(logsumexp[k | given](x))",
        why: "exp overflows",
    },
    Rule {
        from: "log1p(sum[k | given](exp(x)))",
        to: "softplus(logsumexp[k | given](x))",
        why: "exp overflows",
    },
    Rule { from: "ln(1 + x)", to: "log1p(x)", why: "1 + x loses small x" },
    Rule { from: "ln(sigmoid(x))", to: "log_sigmoid(x)", why: "sigmoid underflows to 0" },
    Rule { from: "ln(1 - sigmoid(x))", to: "log_sigmoid(-x)", why: "1 - sigmoid cancels to 0" },
    Rule { from: "1 - sigmoid(x)", to: "sigmoid(-x)", why: "cancels for large x" },
    Rule { from: "1 / (1 + exp(-x))", to: "sigmoid(x)", why: "its derivative is infinity over infinity" },
    Rule { from: "exp(x) / (1 + exp(x))", to: "sigmoid(x)", why: "infinity over infinity" },
    Rule { from: "-softplus(-x)", to: "log_sigmoid(x)", why: "one op; the same value" },
    Rule { from: "ln(1 - exp(x))", to: "log1mexp(x)", why: "1 - exp x cancels near 0" },
    Rule { from: "exp(x) - 1", to: "expm1(x)", why: "cancels near 0" },
    Rule { from: "x * ln(x)", to: "xlogx(x)", why: "0 times minus infinity at 0, where the limit is 0" },
    Rule { from: "sqrt(x ^ 2)", to: "abs(x)", why: "the square overflows and underflows" },
];
