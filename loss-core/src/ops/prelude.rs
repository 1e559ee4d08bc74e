//! Composites: functions with a binder that are defined in the language itself.
//!
//! A body speaks of its operands by name (read at the bound index; `x[m]` reads at another), of the bound
//! index as `k`, and of the condition as `given` (which holds everywhere when none is written).

/// Whether a composite removes its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `mean[k](x)`: the index is gone.
    Removes,
    /// `softmax[k](x)`: the index stays.
    Keeps,
}

/// One composite.
#[derive(Debug)]
pub struct Composite {
    /// Its name.
    pub name: &'static str,
    /// Whether the index stays.
    pub form: Form,
    /// Names of its operands.
    pub args: &'static [&'static str],
    /// Its definition.
    pub body: &'static str,
    /// The manual entry.
    pub doc: &'static str,
}

use Form::{Keeps, Removes};

/// Every composite.
pub const COMPOSITES: &[Composite] = &[
    Composite {
        name: "count",
        form: Removes,
        args: &[],
        body: "sum[k | given](1)",
        doc: "For how many indices the condition holds.",
    },
    Composite {
        name: "mean",
        form: Removes,
        args: &["x"],
        body: "sum[k | given](x) / max(sum[k | given](1), 1)",
        doc: "Average over the bound indices; 0 over none.",
    },
    Composite {
        name: "norm",
        form: Removes,
        args: &["x"],
        body: "sqrt(sum[k | given](x ^ 2))",
        doc: "Euclidean norm. Its derivative at 0 is 0.",
    },
    Composite {
        name: "squared_distance",
        form: Removes,
        args: &["x", "y"],
        body: "sum[k | given]((x - y) ^ 2)",
        doc: "Squared Euclidean distance.",
    },
    Composite {
        name: "distance",
        form: Removes,
        args: &["x", "y"],
        body: "sqrt(sum[k | given]((x - y) ^ 2))",
        doc: "Euclidean distance. Its derivative at distance 0 is 0.",
    },
    Composite {
        name: "dot",
        form: Removes,
        args: &["x", "y"],
        body: "sum[k | given](x * y)",
        doc: "Inner product.",
    },
    Composite {
        name: "cosine",
        form: Removes,
        args: &["x", "y"],
        body: "sum[k | given](normalize[k | given](x) * normalize[k | given](y))",
        doc: "Cosine of the angle between two vectors; 0 if one of them is 0.",
    },
    Composite {
        name: "kl",
        form: Removes,
        args: &["p", "q"],
        body: "sum[k | given](xlogx(p) - p * ln(q))",
        doc: "Kullback-Leibler divergence sum p ln(p / q), with 0 ln 0 = 0.",
    },
    Composite {
        name: "entropy",
        form: Removes,
        args: &["p"],
        body: "-sum[k | given](xlogx(p))",
        doc: "Shannon entropy in nats, with 0 ln 0 = 0.",
    },
    Composite {
        name: "variance",
        form: Removes,
        args: &["x"],
        body: "mean[k | given]((x - mean[k | given](x)) ^ 2)",
        doc: "Population variance.",
    },
    Composite {
        name: "softmax",
        form: Keeps,
        args: &["x"],
        body: "if given { exp(x - logsumexp[k | given](x)) } else { 0 }",
        doc: "exp(x) over its sum; 0 where the condition does not hold.",
    },
    Composite {
        name: "log_softmax",
        form: Keeps,
        args: &["x"],
        body: "x - logsumexp[k | given](x)",
        doc: "Logarithm of the softmax. Meaningful only where the condition holds.",
    },
    Composite {
        name: "normalize",
        form: Keeps,
        args: &["x"],
        body: "x / max(norm[k | given](x), 1e-12)",
        doc: "Scaled to Euclidean norm 1; the zero vector stays.",
    },
    Composite {
        name: "sparsemax",
        form: Keeps,
        args: &["x"],
        body: "max(x - (sum[k | sum[m](relu(x[m] - x)) < 1](x) - 1) / sum[k | sum[m](relu(x[m] - x)) < 1](1), 0)",
        doc: "Euclidean projection on the probability simplex (Martins & Astudillo 2016).",
    },
    // Twice the threshold is `mean - sqrt((4 - n var) / n)` over the n elements of the support.
    Composite {
        name: "entmax15",
        form: Keeps,
        args: &["x"],
        body: "(relu(x - mean[k | sum[m](relu(x[m] - x) ^ 2) < 4](x) + sqrt(relu(4 / count[k | sum[m](relu(x[m] - x) ^ 2) < 4]() - variance[k | sum[m](relu(x[m] - x) ^ 2) < 4](x)))) / 2) ^ 2",
        doc: "The sparse softmax with alpha = 1.5 (Peters, Niculae & Martins 2019).",
    },
];

/// The composite of that name.
pub fn find(name: &str) -> Option<&'static Composite> {
    COMPOSITES.iter().find(|c| c.name == name)
}
