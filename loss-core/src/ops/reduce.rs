//! Reducers: ops that remove indices.

use super::{Sort, piecewise};

/// One reducer: `sum[k | c](x)`.
pub struct ReduceDef {
    /// Its name.
    pub name: &'static str,
    /// What it reduces.
    pub takes: Sort,
    /// What it gives.
    pub gives: Sort,
    /// The value over no element.
    pub neutral: f64,
    /// The value over the given elements. Never empty.
    pub eval: fn(&[f64]) -> f64,
    /// Derivative with respect to one element `x`, over `x` and `out`; it may reduce over all elements, bound by `k`,
    /// for which `given` holds.
    pub grad: &'static str,
    /// The interval from which tests draw.
    pub domain: (f64, f64),
    /// How LaTeX writes it, before the bound indices.
    pub latex: &'static str,
    /// dfdx method (`try_sum`), or `None` where the emitter calls `dfdx_loss::__private::ops::<name>`.
    pub dfdx: Option<&'static str>,
    /// The manual entry.
    pub doc: &'static str,
}

/// Every reducer. (`mean`, `norm`, ... are composites in the prelude.)
pub const REDUCERS: &[ReduceDef] = &[
    ReduceDef {
        name: "sum",
        takes: Sort::Real,
        gives: Sort::Real,
        neutral: 0.0,
        eval: |x| x.iter().sum(),
        grad: "1",
        domain: (-3.0, 3.0),
        latex: "\\sum",
        dfdx: Some("try_sum"),
        doc: "Sum over the bound indices; 0 over none.",
    },
    ReduceDef {
        name: "prod",
        takes: Sort::Real,
        gives: Sort::Real,
        neutral: 1.0,
        eval: |x| x.iter().product(),
        grad: "if x == 0 { if sum[k | given && x == 0](1) == 1 { prod[k | given && x != 0](x) } else { 0 } } \
               else { out / x }",
        domain: (0.5, 2.0),
        latex: "\\prod",
        dfdx: None,
        doc: "Product over the bound indices; 1 over none. The derivative is exact at zeros, too.",
    },
    ReduceDef {
        name: "max",
        takes: Sort::Real,
        gives: Sort::Real,
        neutral: f64::NEG_INFINITY,
        eval: |x| x.iter().copied().fold(f64::NEG_INFINITY, piecewise::max),
        grad: "if x == out { 1 } else { 0 }",
        domain: (-3.0, 3.0),
        latex: "\\max",
        dfdx: Some("try_max"),
        doc: "Largest value; minus infinity over none. Ties: every largest element gets the whole gradient. \
              NaN if an element is; on graphs dfdx passes over it.",
    },
    ReduceDef {
        name: "min",
        takes: Sort::Real,
        gives: Sort::Real,
        neutral: f64::INFINITY,
        eval: |x| x.iter().copied().fold(f64::INFINITY, piecewise::min),
        grad: "if x == out { 1 } else { 0 }",
        domain: (-3.0, 3.0),
        latex: "\\min",
        dfdx: Some("try_min"),
        doc: "Smallest value; infinity over none. Ties: every smallest element gets the whole gradient. \
              NaN if an element is; on graphs dfdx passes over it.",
    },
    ReduceDef {
        name: "logsumexp",
        takes: Sort::Real,
        gives: Sort::Real,
        neutral: f64::NEG_INFINITY,
        eval: logsumexp,
        grad: "exp(x - out)",
        domain: (-3.0, 3.0),
        latex: "\\operatorname{logsumexp}",
        dfdx: Some("try_logsumexp"),
        doc: "ln(sum(exp x)), shifted by the largest element; minus infinity over none, NaN if an element is.",
    },
    ReduceDef {
        name: "any",
        takes: Sort::Bool,
        gives: Sort::Bool,
        neutral: 0.0,
        eval: |x| x.iter().copied().fold(0.0, f64::max),
        grad: "",
        domain: (0.0, 1.0),
        latex: "\\bigvee",
        dfdx: None,
        doc: "Whether the condition holds for some index; false over none.",
    },
    ReduceDef {
        name: "all",
        takes: Sort::Bool,
        gives: Sort::Bool,
        neutral: 1.0,
        eval: |x| x.iter().copied().fold(1.0, f64::min),
        grad: "",
        domain: (0.0, 1.0),
        latex: "\\bigwedge",
        dfdx: None,
        doc: "Whether the condition holds for every index; true over none.",
    },
];

/// What kernels make a `logsumexp` relative to: the largest number. A NaN among them is passed over, which takes fewer
/// instructions than to keep it: the sum has it anyway. The language does not have this reducer.
pub static PEAK: ReduceDef = ReduceDef {
    name: "peak",
    takes: Sort::Real,
    gives: Sort::Real,
    neutral: f64::NEG_INFINITY,
    eval: |x| x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    grad: "0",
    domain: (-3.0, 3.0),
    latex: "",
    dfdx: None,
    doc: "",
};

fn logsumexp(x: &[f64]) -> f64 {
    let max = x.iter().copied().fold(f64::NEG_INFINITY, piecewise::max);
    if max.is_infinite() {
        return max;
    }
    max + x.iter().map(|v| (v - max).exp()).sum::<f64>().ln()
}

/// The reducer of that name.
pub fn find(name: &str) -> Option<&'static ReduceDef> {
    REDUCERS.iter().find(|r| r.name == name)
}
