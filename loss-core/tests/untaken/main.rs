//! Branches that are not taken, on tensors: a tape multiplies the gradient 0 of such a branch with whatever derivative
//! there is, and 0 times infinity is NaN. Here is such a tape, run on guarded programs.

mod tape;

use loss_core::compile::compile;
use loss_core::ir::Program;
use loss_core::ir::eval::{Array, eval_over};
use loss_core::passes::differentiate::differentiate;
use loss_core::passes::guard;
use tape::on_tape;

/// The gradients that kernels compute.
fn symbolic(program: &Program, inputs: &[Array]) -> Vec<(usize, Vec<f64>)> {
    let derivative = differentiate(program);
    let axes = derivative.program.samples().to_vec();
    let shape =
        eval_over(program, &[], inputs, &[(program.value, axes)]).expect("valid inputs").remove(0).shape;
    let ones = Array { data: vec![1.0; shape.iter().product()], shape };
    let inputs = [inputs, &[ones]].concat();
    let nodes: Vec<_> =
        derivative.grads.iter().map(|&(i, node)| (node, derivative.program.input_axes(i))).collect();
    let found = eval_over(&derivative.program, &[], &inputs, &nodes).expect("valid inputs");
    derivative.grads.iter().map(|g| g.0).zip(found.into_iter().map(|a| a.data)).collect()
}

/// Rows 0 and 3 count (`c`), and of each the elements 0 and 2 (`m`); or nothing does.
const ROWS: usize = 4;
const COLUMNS: usize = 3;

/// `w` and `v` are tame; what does not count of `x` and `y` and `d` is at the poles.
fn inputs(program: &Program, some_count: bool, tame: bool) -> Vec<Array> {
    let some = |seed: f64| (0..ROWS * COLUMNS).map(move |i| 0.1 + 0.8 * ((i as f64 + seed) * 0.37).fract());
    let poles = [0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -2.0, 1e4, 0.0, 1.0, 0.0, 2.0];
    let counts = |i: usize| some_count && matches!(i / COLUMNS, 0 | 3) && i % COLUMNS != 1;
    let wild = |seed| {
        let of = move |(i, v): (usize, f64)| if counts(i) || tame { v } else { poles[i] };
        Array::new(&[ROWS, COLUMNS], some(seed).enumerate().map(of).collect())
    };
    let mask = || (0..ROWS * COLUMNS).map(|i| f64::from(u8::from(counts(i))));
    let of = |name: &str| match name {
        "w" => Array::new(&[ROWS, COLUMNS], some(1.0).collect()),
        "v" => Array::new(&[ROWS], some(2.0).take(ROWS).collect()),
        "x" => wild(3.0),
        "y" => wild(4.0),
        "d" => wild(5.0),
        "m" => Array::new(&[ROWS, COLUMNS], mask().collect()),
        _ => Array::new(&[ROWS], (0..ROWS).map(|i| mask().nth(i * COLUMNS).unwrap_or(0.0)).collect()),
    };
    program.inputs.iter().map(|input| of(&input.name)).collect()
}

const INPUTS: &[(&str, &str)] = &[
    ("w[", "w: [B, K]"),
    ("v[", "v: [B]"),
    ("x[", "x: [B, K]"),
    ("y[", "y: [B, K]"),
    ("d[", "d: data [B, K]"),
    ("m[", "m: [B, K] -> bool"),
    ("c[", "c: [B] -> bool"),
];

/// Where a loss is masked element by element; `F` may be anything where `m` does not hold.
const ELEMENTS: &[&str] = &[
    "sum[k](if m[b, k] { F } else { 0 })",
    "sum[k](if !m[b, k] { w[b, k] } else { F })",
    "sum[k | m[b, k]](F)",
    "if c[b] { max[k | m[b, k]](F) } else { 0 }",
    "if c[b] { min[k | m[b, k]](F) } else { 0 }",
    "if c[b] { logsumexp[k | m[b, k]](F) } else { 0 }",
    "prod[k | m[b, k]](F)",
    "mean[k | m[b, k]](sigmoid(F) + tanh(F))",
];

/// Where it is masked row by row; `F` may be anything where `c` does not hold.
const ROWWISE: &[&str] = &[
    "if c[b] { F } else { 0 }",
    "if any[k](m[b, k]) { F } else { v[b] }",
    "if !c[b] { v[b] } else { F }",
    "sum[i | c[i]](let_at_i) / B",
    "if any[i](c[i]) { max[i | c[i]](let_at_i) } else { 0 }",
    "v[b] * logsumexp[i | c[i] || i == b](if c[i] { let_at_i } else { 0 })",
];

/// Every way in which something infinite meets a factor.
const MEETINGS: &[&str] =
    &["s * (D)", "(D) * s", "(D) + s", "s - (D)", "(D) / s", "s / (2 + D)", "s ^ 2 * (D) ^ 2", "sin(D) * s"];

/// Infinite or NaN, or with an infinite derivative, where an element does not count.
const OF_ELEMENTS: &[&str] = &[
    "ln(x[b, k])",
    "1 / x[b, k]",
    "y[b, k] / x[b, k]",
    "sqrt(x[b, k])",
    "x[b, k] ^ 0.5",
    "x[b, k] ^ (-2)",
    "x[b, k] ^ y[b, k]",
    "exp(x[b, k])",
    "expm1(x[b, k])",
    "log1p(-x[b, k])",
    "xlogx(x[b, k])",
    "acos(x[b, k])",
    "log1mexp(-x[b, k])",
    "ln(d[b, k])",
    "1 / d[b, k] - 1 / d[b, k]",
    "ln(x[b, k]) - ln(y[b, k])",
    "abs(ln(d[b, k]) - ln(d[b, k]))",
    "softplus(ln(x[b, k]))",
    "max(ln(d[b, k]), ln(y[b, k]))",
    "clamp(1 / d[b, k], ln(y[b, k]), 3)",
];

/// The same of rows.
const OF_ROWS: &[&str] = &[
    "logsumexp[k | m[b, k]](x[b, k])",
    "max[k | m[b, k]](x[b, k])",
    "min[k | m[b, k]](x[b, k])",
    "logsumexp[k | m[b, k]](x[b, k]) - logsumexp[k | m[b, k]](w[b, k])",
    "logsumexp[k | m[b, k]](x[b, k]) - min[k | m[b, k]](x[b, k])",
    "logsumexp[k | m[b, k]](ln(x[b, k]))",
    "logsumexp[k](if m[b, k] { ln(x[b, k]) } else { ln(w[b, k]) })",
    "sum[k | m[b, k]](x[b, k]) / count[k | m[b, k]]()",
    "1 / sum[k | m[b, k]](w[b, k])",
    "ln(sum[k | m[b, k]](w[b, k]))",
    "sqrt(sum[k | m[b, k]](w[b, k]))",
    "sum[k | m[b, k]](w[b, k]) ^ 1.5",
    "sum[k | m[b, k]](w[b, k] * x[b, k]) / sum[k | m[b, k]](w[b, k])",
    "ln(count[k | m[b, k]]())",
    "softplus(logsumexp[k | m[b, k]](x[b, k]))",
    "atan(max[k | m[b, k]](w[b, k]))",
    "ln(1 - prod[k | m[b, k]](x[b, k]))",
    "norm[k | m[b, k]](x[b, k])",
    "sum[k](softmax[k | m[b, k]](x[b, k]) * w[b, k])",
    "sum[k | k == 0](w[b, k] * ln(d[b, k] * v[b]))",
    "mean[k](w[b, k] / (v[b] * c_as_number))",
    "max[k](ln(w[b, k] * c_as_number))",
    "prod[k](ln(w[b, k] * c_as_number))",
    "logsumexp[k](w[b, k] / c_as_number)",
    "logsumexp[j](logsumexp[k | m[b, k]](x[b, k]) + w[b, j])",
    "sum[j](exp(w[b, j] - logsumexp[k | m[b, k]](x[b, k])))",
];

fn check(body: &str, some_count: bool) -> Result<(), String> {
    let used = |input: &&(&str, &str)| {
        ["(", " ", "!", "-"].iter().any(|before| body.contains(&format!("{before}{}", input.0)))
    };
    let head: Vec<&str> = INPUTS.iter().filter(used).map(|i| i.1).collect();
    let text = format!("pub T({}) {{ {body} }}", head.join(", "));
    let outcome = compile(text.parse().expect("tokens"));
    let messages: Vec<String> = outcome.errors.iter().map(loss_core::diag::Diag::text).collect();
    assert!(messages.is_empty(), "{}\n{text}", messages.join("\n"));
    let program = guard(&outcome.compiled[0].program);
    let wild = inputs(&program, some_count, false);
    let (tape, wanted) = (on_tape(&program, &wild), symbolic(&program, &wild));
    let tame = symbolic(&program, &inputs(&program, some_count, true));
    for (((input, found), (_, wanted)), (_, tame)) in tape.iter().zip(&wanted).zip(&tame) {
        let name = &program.inputs[*input].name;
        for (i, ((f, w), t)) in found.iter().zip(wanted).zip(tame).enumerate() {
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
            if !near(*f, *t) || !near(*w, *t) {
                return Err(format!("{body}\n  by `{name}` at {i}: on a tape {f}, in kernels {w}, not {t}"));
            }
        }
    }
    Ok(())
}

fn check_all(places: &[&str], dangers: &[&str], factor: &str, at: &str) {
    let mut failures = Vec::new();
    let mut count = 0;
    for place in places {
        for danger in dangers {
            for meeting in MEETINGS {
                let term =
                    meeting.replace('s', "S").replace("Sin", "sin").replace('D', danger).replace('S', factor);
                let term = term.replace("c_as_number", "(if c[b] { 1 } else { 0 })");
                let lets =
                    if place.contains("let_at_i") { format!("let f{at} = {term};") } else { String::new() };
                let body = format!(
                    "{lets} {}",
                    place.replace('F', &format!("({term})")).replace("let_at_i", "f[i]")
                );
                count += 1;
                // Where nothing counts, all meetings are alike.
                let cases: &[bool] = if meeting == &MEETINGS[0] { &[true, false] } else { &[true] };
                failures.extend(cases.iter().filter_map(|&some_count| check(&body, some_count).err()));
            }
        }
    }
    println!("untaken: {count} losses, {} fail", failures.len());
    assert!(
        failures.is_empty(),
        "{} of {count}:\n{}",
        failures.len(),
        failures[..failures.len().min(40)].join("\n")
    );
}

#[test]
fn elements() {
    check_all(ELEMENTS, OF_ELEMENTS, "w[b, k]", "[b, k]");
}

#[test]
fn rows() {
    check_all(ROWWISE, OF_ROWS, "v[b]", "[b]");
}

/// Of single numbers, of what comes before an element, and of what is shared by branches.
const OTHERS: &[&str] = &[
    "sum[i | c[i]](v[i] / count[j | c[j]]())",
    "sum[i | c[i]](v[i] * logsumexp[j | c[j]](v[j]))",
    "sum[i, j | c[i]](w[i, j] * max[k | c[k]](v[k]))",
    "sum[i | c[i]](sum[k](w[i, k] / count[j | c[j]]()))",
    "sum[i | i > 0](v[i] * logsumexp[j | j < i](v[j]))",
    "sum[i | i > 0](v[i] / max[j | j < i](v[j]) - v[i] * min[j | j < i](v[j]))",
    "if b > 0 { v[b] * logsumexp[j | j < b](v[j]) } else { 0 }",
    "if b + 1 < B { logsumexp[j | j > b](v[j]) ^ 2 } else { v[b] }",
    "let l[i] = logsumexp[j | j < i](v[j]); if b > 0 { v[b] * l[b] } else { sum[i | i > 0](v[i] * l[i]) }",
    "let l[i] = logsumexp[k | m[i, k]](x[i, k]); if c[b] { v[b] * l[b] } else { if any[k](m[b, k]) { l[b] ^ 2 } else { 0 } }",
    "let n[i] = sum[k | m[i, k]](w[i, k]); let p[i, k] = w[i, k] / n[i]; if c[b] { sum[k | m[b, k]](p[b, k] * ln(p[b, k])) } else { 0 }",
    "let q[i, k] = softmax[k | m[i, k]](x[i, k]); if c[b] { sum[k](w[b, k] * q[b, k]) } else { v[b] }",
    "let e[i, k] = w[i, k] / norm[q | m[i, q]](w[i, q]); sum[i | c[b] && c[i]](sum[k](e[b, k] * e[i, k]))",
    "let r[i] = 1 / sum[k | m[i, k]](w[i, k]); sum[i | c[i]](sum[k](w[i, k] * r[i])) + sum[i | c[i]](r[i] * v[i])",
];

#[test]
fn others() {
    let both = |body: &&str| [true, false].map(|some_count| check(body, some_count).err());
    let failures: Vec<String> = OTHERS.iter().flat_map(both).flatten().collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
