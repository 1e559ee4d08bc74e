//! Second derivatives on the interpreter: the diagonal of the Hessian against differences of the gradient, and
//! against golden cases.

use loss_core::compile::{Compiled, compile};
use loss_core::ir::eval::{Array, HyperValue, eval_over};
use loss_core::ir::{self, Ty};
use loss_core::passes::differentiate::{Curvature, NoHessian, hessian_diag};
use loss_core::passes::guard;
use loss_core::random::{Rng, spec};
use serde_json::Value;
use std::path::Path;

fn compiled(text: &str) -> Compiled {
    let outcome = compile(text.parse().expect("tokens"));
    let messages: Vec<String> = outcome.errors.iter().map(loss_core::diag::Diag::text).collect();
    assert!(messages.is_empty(), "{}\n{text}", messages.join("\n"));
    outcome.compiled.into_iter().last().expect("a definition")
}

/// Gradient and diagonal, with a weight from upstream that differs from sample to sample.
fn derivatives(c: &Curvature, hypers: &[HyperValue], inputs: &[Array], which: usize) -> (Array, Array) {
    let axes = c.program.input_axes(which);
    let nodes = [(c.gradient, axes.clone()), (c.diagonal, axes)];
    let mut found = eval_over(&c.program, hypers, inputs, &nodes).expect("valid inputs");
    let diagonal = found.remove(1);
    (found.remove(0), diagonal)
}

fn inputs(program: &ir::Program, rng: &mut Rng) -> Vec<Array> {
    let size = |id: &ir::SetId| {
        let info = &program.sets[usize::from(id.0)];
        if let ir::SetSize::Fixed(n) = info.size { n } else { 3 + usize::from(info.name == "K") }
    };
    let mut arrays = Vec::new();
    for input in &program.inputs {
        let shape: Vec<usize> = input.sets.iter().map(size).collect();
        let element = |rng: &mut Rng| match input.ty {
            Ty::Real => rng.between(-1.5, 1.5),
            Ty::Bool => f64::from(u8::from(rng.below(4) > 0)),
            Ty::Index(id) => rng.below(size(&id)) as f64,
        };
        let data = (0..shape.iter().product::<usize>()).map(|_| element(rng)).collect();
        arrays.push(Array { shape, data });
    }
    arrays
}

const SPECS: &[&str] = &[
    "pub T(x: [B], t: data [B]) { (x[b] - t[b]) ^ 2 }",
    "pub T(x: [B], t: data [B]) { log1p(exp(-t[b] * x[b])) }",
    "pub T(x: [B]) { tanh(x[b]) * exp(x[b]) + sqrt(1 + x[b] ^ 2) }",
    "pub T(x: [B, K], t: [B] -> K) { let l[b, k] = log_softmax[k](x[b, k]); -l[b, t[b]] }",
    "pub T<g = 2.5>(x: [B, K], t: [B] -> K) { let l[b, k] = log_softmax[k](x[b, k]); -(1 - exp(l[b, t[b]])) ^ g * l[b, t[b]] }",
    "pub T(x: [B, K], t: data [B, K]) { let p[b, k] = softmax[k](x[b, k]); sum[k](t[b, k] * p[b, k] ^ 2) + (sum[k](p[b, k] * t[b, k])) ^ 3 }",
    "pub T(x: [B, K], y: data [B, K]) { sum[i, j | y[b, i] > y[b, j]](softplus(x[b, j] - x[b, i])) }",
    "pub T(x: [B, K], y: data [B, K], m: [B, K] -> bool) { mean[i, j | m[b, i] && m[b, j] && y[b, i] > y[b, j]](softplus(x[b, j] - x[b, i])) }",
    "pub T(x: [B, K], y: data [B, K]) { let o[b, k] = argsort[k](y[b, k]); let s[b, k] = x[b, o[b, k]]; sum[n](logsumexp[m | m >= n](s[b, m]) - s[b, n]) }",
    "pub T(x: [B, K]) { sum[k](cumsum[k](x[b, k] ^ 2) ^ 2) + prod[k](x[b, k]) + max[k](x[b, k]) ^ 3 }",
    "pub T(x: [B, B]) { sum[j](exp(x[i, j] * x[j, i])) + x[i, i] ^ 3 }",
    "pub T(x: [B], w: data [B]) { sum[j](w[j] * tanh(x[i] * x[j])) ^ 2 }",
    "pub T(x: [B, K]) { logsumexp[j](sum[k](x[i, k] * x[j, k])) }",
    "pub T(x: [B, K]) { let q[b, k] = normalize[k](x[b, k]); sum[j](sum[k](q[i, k] * q[j, k]) ^ 2) }",
    "pub T(x: [K], t: [B] -> K) { x[t[b]] ^ 3 + detach(x[t[b]]) * x[0] ^ 2 }",
    "pub T(x: [B], m: [B] -> bool) { if m[b] { x[b] ^ 4 } else { x[b] } }",
    "pub T(x: [B], y: [B]) { y[b] * x[b] }",
];

#[test]
fn diagonals_are_differences_of_gradients() {
    const STEP: f64 = 1e-4;
    for text in SPECS {
        let compiled = compiled(text);
        let curvature = hessian_diag(&compiled.program, 0).expect("a Hessian");
        let hypers: Vec<HyperValue> =
            compiled.checked.defaults.iter().map(|d| HyperValue::Real(d[0])).collect();
        for seed in 0..3 {
            let inputs = inputs(&curvature.program, &mut Rng::new(seed));
            let (gradient, diagonal) = derivatives(&curvature, &hypers, &inputs, 0);
            let scale = gradient.data.iter().chain(&diagonal.data).fold(1.0, |m: f64, v| m.max(v.abs()));
            for at in 0..gradient.data.len() {
                let beside = |h: f64| {
                    let mut inputs = inputs.clone();
                    inputs[0].data[at] += h;
                    derivatives(&curvature, &hypers, &inputs, 0).0.data[at]
                };
                // The error of a central difference is h^2 / 6 times a fourth derivative of the loss.
                let wanted = (beside(STEP) - beside(-STEP)) / (2.0 * STEP);
                let found = diagonal.data[at];
                let formula = ir::print::program(&curvature.program);
                assert!(
                    (found - wanted).abs() <= 1e-6 * scale,
                    "{text} at {at}: {found}, not {wanted}\n{formula}"
                );
            }
        }
    }
}

/// The conditions that name an element are decided on the diagonal: no node has more axes than those of the loss.
#[test]
fn the_diagonal_is_no_larger_than_the_gradient() {
    let narrow = [
        ("pub T(x: [B, K], t: [B] -> K) { let l[b, k] = log_softmax[k](x[b, k]); -l[b, t[b]] }", 2),
        (
            "pub T(x: [B, K], y: data [B, K]) { sum[i, j | y[b, i] > y[b, j]](softplus(x[b, j] - x[b, i])) }",
            3,
        ),
        ("pub T(x: [B], t: data [B]) { (x[b] - t[b]) ^ 2 }", 1),
    ];
    for (text, most) in narrow {
        let program = hessian_diag(&compiled(text).program, 0).expect("a Hessian").program;
        let live = ir::reach::live_all(&program);
        let widest =
            program.graph.ids().filter(|id| live[id.index()]).map(|id| program.graph[id].axes.len()).max();
        assert_eq!(widest, Some(most), "{text}\n{}", ir::print::program(&program));
    }
}

#[test]
fn what_has_no_hessian() {
    let program = compiled("pub T(x: [B], y: data [B]) { x[b] * y[b] }").program;
    assert_eq!(hessian_diag(&program, 1).err(), Some(NoHessian::NotDifferentiable));
    let text = "pub T<n: usize = 2>(x: [B]) { let f[b] = x[b]; repeat n { f[b] = f[b] * x[b]; } f[b] }";
    assert_eq!(hessian_diag(&compiled(text).program, 0).err(), Some(NoHessian::Loop));
}

fn numbers(value: &Value) -> Vec<f64> {
    value["data"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// The boosting losses of GrowNet (Badirli et al. 2020), as their golden files tell them. The authors' pairwise
/// diagonal counts an item as its own partner, which adds sigma^2 / 4 to the true second derivative.
#[test]
fn golden_hessians() {
    let losses = [
        ("grownet_squared", "pub T(scores: [N], target: data [N]) { (scores[n] - target[n]) ^ 2 }", 0.0),
        (
            "grownet_logistic",
            "pub T(scores: [N], target: data [N]) { log1p(exp(-target[n] * scores[n])) }",
            0.0,
        ),
        (
            "grownet_pairwise",
            "pub T<sigma = 1.0>(scores: [N], relevance: data [N]) {
                let s[i, j] = sign(relevance[i] - relevance[j]);
                let d[i, j] = sigma * (scores[i] - scores[j]);
                0.5 * sum[i, j](0.5 * (1 - s[i, j]) * d[i, j] + softplus(-d[i, j]))
            }",
            0.25,
        ),
    ];
    for (id, text, excess) in losses {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/golden/ranking/{id}.json"));
        let golden: Value =
            serde_json::from_str(&std::fs::read_to_string(path).expect("a golden file")).expect("valid JSON");
        let compiled = compiled(text);
        let curvature = hessian_diag(&compiled.program, 0).expect("a Hessian");
        let cases = golden["cases"].as_array().expect("a golden file has cases");
        assert!(!cases.is_empty());
        for case in cases {
            let read = |name: &str| {
                let data = numbers(&case["inputs"][name]);
                Array::new(&[data.len()], data)
            };
            let mut inputs: Vec<Array> = compiled.checked.inputs.iter().map(|i| read(&i.name)).collect();
            let samples = curvature.program.inputs[curvature.upstream].sets.len();
            let shape = vec![inputs[0].data.len(); samples];
            inputs.push(Array::new(&shape, vec![1.0; shape.iter().product()]));
            let sigma = case["params"]["sigma"].as_f64();
            let hypers: Vec<HyperValue> = sigma.into_iter().map(HyperValue::Real).collect();
            let (gradient, diagonal) = derivatives(&curvature, &hypers, &inputs, 0);
            let excess = excess * sigma.unwrap_or(0.0).powi(2);
            let wanted = numbers(&case["grads"]["scores"]);
            let second = numbers(&case["hessian_diag"]["scores"]);
            assert_eq!((wanted.len(), second.len()), (gradient.data.len(), diagonal.data.len()));
            for (f, w) in gradient.data.iter().zip(&wanted) {
                assert!((f - w).abs() <= 1e-9 * w.abs().max(1.0), "{id}/{}: {f}, not {w}", case["name"]);
            }
            for (f, w) in diagonal.data.iter().zip(&second) {
                let w = w - excess;
                assert!((f - w).abs() <= 1e-9 * w.abs().max(1.0), "{id}/{}: {f}, not {w}", case["name"]);
            }
        }
    }
}

/// Random specs: the diagonal is a difference of the gradient, for one of some steps (a large one may leap over a
/// kink). `detach` is left out: a difference of the gradient moves what it holds.
#[test]
fn random_diagonals() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse().ok());
    let (from, count) = (number("RANDOM_FROM").unwrap_or(0), number("RANDOM_SPECS").unwrap_or(60));
    let hypers = [HyperValue::Real(0.7), HyperValue::Real(1.5)];
    let mut compared = 0;
    for seed in from..from + count {
        let text = spec("R", seed).replace("detach(", "tanh(");
        let program = guard(&compiled(&text).program);
        let curvature = match hessian_diag(&program, 0) {
            Err(NoHessian::Loop) => continue,
            found => found.expect("a Hessian"),
        };
        let inputs = inputs(&curvature.program, &mut Rng::new(seed));
        let (gradient, diagonal) = derivatives(&curvature, &hypers, &inputs, 0);
        let scale = gradient.data.iter().chain(&diagonal.data).fold(1.0, |m: f64, v| m.max(v.abs()));
        for at in 0..gradient.data.len() {
            let beside = |h: f64| {
                let mut inputs = inputs.clone();
                inputs[0].data[at] += h;
                derivatives(&curvature, &hypers, &inputs, 0).0.data[at]
            };
            let agrees = |step: f64| {
                let wanted = (beside(step) - beside(-step)) / (2.0 * step);
                (diagonal.data[at] - wanted).abs() <= 1e-5 * scale
            };
            let agree = [1e-4, 1e-5, 1e-6].into_iter().any(agrees);
            assert!(
                agree,
                "seed {seed} at {at}: {} is no difference of the gradient\n{text}",
                diagonal.data[at]
            );
            compared += 1;
        }
    }
    println!("hessian: {count} random specs, {compared} elements");
}
