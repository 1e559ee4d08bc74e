//! Functions in pieces: kinks, jumps and choices. Each row's manual entry tells its derivative at the kinks.

use super::{Dfdx, OpDef, Print, Scalar, Sort, Swap};

/// The larger; NaN if one operand is (`f64::max` would drop it).
pub(super) fn max(x: f64, y: f64) -> f64 {
    if x > y || x.is_nan() { x } else { y }
}

/// The smaller; NaN if one operand is (`f64::min` would drop it).
pub(super) fn min(x: f64, y: f64) -> f64 {
    if x < y || x.is_nan() { x } else { y }
}

fn sign(x: f64) -> f64 {
    // NaN and both zeros are left as they are.
    if x == 0.0 || x.is_nan() { x } else { x.signum() }
}

/// The rows.
pub const OPS: &[OpDef] = &[
    OpDef {
        name: "abs",
        args: &["x"],
        takes: &[Sort::Real],
        gives: Sort::Real,
        grad: &["sign(x)"],
        eval: |a| a[0].abs(),
        domain: &[(-3.0, 3.0)],
        guard: &[None],
        print: Print::Call,
        latex: "\\left|#0\\right|",
        scalar: Scalar::Method("abs"),
        dfdx: Dfdx::Method("try_abs"),
        doc: "Absolute value. Kink at 0, where the derivative is 0.",
    },
    OpDef {
        name: "sign",
        args: &["x"],
        takes: &[Sort::Real],
        gives: Sort::Real,
        grad: &["0"],
        eval: |a| sign(a[0]),
        domain: &[(-3.0, 3.0)],
        guard: &[None],
        print: Print::Call,
        latex: "\\operatorname{sign}\\left(#0\\right)",
        scalar: Scalar::Function("sign"),
        dfdx: Dfdx::Function("sign"),
        doc: "-1, 0 or 1. Jump at 0; the derivative is 0 everywhere.",
    },
    OpDef {
        name: "relu",
        args: &["x"],
        takes: &[Sort::Real],
        gives: Sort::Real,
        grad: &["if x > 0 { 1 } else { 0 }"],
        eval: |a| max(a[0], 0.0),
        domain: &[(-3.0, 3.0)],
        guard: &[None],
        print: Print::Call,
        latex: "\\operatorname{relu}\\left(#0\\right)",
        scalar: Scalar::Function("relu"),
        dfdx: Dfdx::Method("try_relu"),
        doc: "max(x, 0). Kink at 0, where the derivative is 0. NaN stays; on graphs dfdx makes it 0.",
    },
    OpDef {
        name: "min",
        args: &["x", "y"],
        takes: &[Sort::Real, Sort::Real],
        gives: Sort::Real,
        grad: &[
            "if x < y { 1 } else { if x > y { 0 } else { 0.5 } }",
            "if y < x { 1 } else { if y > x { 0 } else { 0.5 } }",
        ],
        eval: |a| min(a[0], a[1]),
        domain: &[(-3.0, 3.0), (-3.0, 3.0)],
        guard: &[None, None],
        print: Print::Call,
        latex: "\\min\\left(#0, #1\\right)",
        scalar: Scalar::Function("min"),
        dfdx: Dfdx::Binary { method: "try_minimum", swap: Swap::Fill },
        doc: "The smaller of two numbers. Ties: each operand gets half of the gradient. NaN if an operand is; \
              on graphs dfdx gives the other one.",
    },
    OpDef {
        name: "max",
        args: &["x", "y"],
        takes: &[Sort::Real, Sort::Real],
        gives: Sort::Real,
        grad: &[
            "if x > y { 1 } else { if x < y { 0 } else { 0.5 } }",
            "if y > x { 1 } else { if y < x { 0 } else { 0.5 } }",
        ],
        eval: |a| max(a[0], a[1]),
        domain: &[(-3.0, 3.0), (-3.0, 3.0)],
        guard: &[None, None],
        print: Print::Call,
        latex: "\\max\\left(#0, #1\\right)",
        scalar: Scalar::Function("max"),
        dfdx: Dfdx::Binary { method: "try_maximum", swap: Swap::Fill },
        doc: "The larger of two numbers. Ties: each operand gets half of the gradient. NaN if an operand is; \
              on graphs dfdx gives the other one.",
    },
    OpDef {
        name: "clamp",
        args: &["x", "lo", "hi"],
        takes: &[Sort::Real, Sort::Real, Sort::Real],
        gives: Sort::Real,
        grad: &[
            "if x >= lo && x <= hi { 1 } else { 0 }",
            "if x < lo && lo < hi { 1 } else { 0 }",
            "if x > hi || lo > hi { 1 } else { 0 }",
        ],
        eval: |a| min(max(a[0], a[1]), a[2]),
        domain: &[(-3.0, 3.0), (-2.0, -0.5), (0.5, 2.0)],
        guard: &[None, None, None],
        print: Print::Call,
        latex: "\\operatorname{clamp}\\left(#0, #1, #2\\right)",
        scalar: Scalar::Function("clamp"),
        dfdx: Dfdx::Function("clamp"),
        doc: "The nearest number in lo..=hi; hi if the bounds cross. \
              The derivative by x is 1 between the bounds and on them, and 0 outside.",
    },
    OpDef {
        name: "floor",
        args: &["x"],
        takes: &[Sort::Real],
        gives: Sort::Real,
        grad: &["0"],
        eval: |a| a[0].floor(),
        domain: &[(-3.0, 3.0)],
        guard: &[None],
        print: Print::Call,
        latex: "\\left\\lfloor #0 \\right\\rfloor",
        scalar: Scalar::Method("floor"),
        dfdx: Dfdx::Function("floor"),
        doc: "The largest whole number not above x. Jumps at whole numbers; the derivative is 0 everywhere.",
    },
    OpDef {
        name: "select",
        args: &["cond", "a", "b"],
        takes: &[Sort::Bool, Sort::Same, Sort::Same],
        gives: Sort::Same,
        grad: &["0", "if cond { 1 } else { 0 }", "if cond { 0 } else { 1 }"],
        eval: |a| if a[0] != 0.0 { a[1] } else { a[2] },
        domain: &[(0.0, 1.0), (-3.0, 3.0), (-3.0, 3.0)],
        guard: &[None, None, None],
        print: Print::If,
        latex: "\\begin{cases} #1 & \\text{if } #0 \\\\ #2 & \\text{otherwise} \\end{cases}",
        scalar: Scalar::If,
        dfdx: Dfdx::Choose,
        doc: "`a` where the condition holds, `b` elsewhere. The branch not taken gets the gradient 0 \
              and may be anything, NaN included; on graphs as long as its inputs are finite and no \
              `repeat` computes it.",
    },
    OpDef {
        name: "detach",
        args: &["x"],
        takes: &[Sort::Real],
        gives: Sort::Real,
        grad: &["0"],
        eval: |a| a[0],
        domain: &[(-3.0, 3.0)],
        guard: &[None],
        print: Print::Call,
        latex: "\\operatorname{detach}\\left(#0\\right)",
        scalar: Scalar::Silent,
        dfdx: Dfdx::Detach,
        doc: "The number itself, taken as a constant: its derivative is 0 (stop-gradient).",
    },
];
