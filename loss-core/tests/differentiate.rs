//! Symbolic gradients on the interpreter, against finite differences of the value.
//!
//! `RANDOM_SPECS=20000` tries that many random specs (default 300), `RANDOM_FROM=661` begins at that seed.

use loss_core::compile::{Compiled, compile};
use loss_core::ir::eval::{Array, EvalError, HyperValue, eval_over, finite_difference};
use loss_core::ir::print::{latex_steps, steps};
use loss_core::ir::{self, Axis, NodeId, NodeKind, Program, Ty};
use loss_core::passes::differentiate::{Derivative, differentiate, gradient_of_sum};
use loss_core::random::{Rng, spec};
use loss_core::syntax::ast::HyperType;
use loss_core::{catalogue, passes};

/// The definition of that name, or the last one.
fn program(text: &str) -> Result<Compiled, String> {
    let outcome = compile(text.parse().expect("tokens"));
    let messages: Vec<String> = outcome.errors.iter().map(loss_core::diag::Diag::text).collect();
    match outcome.compiled.into_iter().last() {
        Some(compiled) if messages.is_empty() => Ok(compiled),
        _ => Err(format!("{}\n{text}", messages.join("\n"))),
    }
}

fn defaults(compiled: &Compiled) -> Vec<HyperValue> {
    let value = |(info, default): (&ir::HyperInfo, &Vec<f64>)| match info.ty {
        HyperType::Array(_) => HyperValue::Array(default.clone()),
        _ => HyperValue::Real(default[0]),
    };
    compiled.program.hypers.iter().zip(&compiled.checked.defaults).map(value).collect()
}

/// Random inputs; sets have the sizes that `size` tells by name.
fn inputs(program: &Program, rng: &mut Rng, size: &dyn Fn(&str) -> usize) -> Vec<Array> {
    let set = |id: &ir::SetId| {
        let info = &program.sets[usize::from(id.0)];
        if let ir::SetSize::Fixed(n) = info.size { n } else { size(&info.name) }
    };
    let mut arrays = Vec::new();
    for input in &program.inputs {
        let shape: Vec<usize> = input.sets.iter().map(set).collect();
        let (lo, hi) = input.domain.map_or((-1.5, 1.5), |(lo, hi)| {
            (lo.map_or(-1.5, |b| b.0), hi.map_or_else(|| lo.map_or(0.0, |b| b.0) + 2.0, |b| b.0))
        });
        let element = |rng: &mut Rng| match input.ty {
            Ty::Real => rng.between(lo, hi),
            Ty::Bool => f64::from(u8::from(rng.below(4) > 0)),
            Ty::Index(id) => rng.below(set(&id)) as f64,
        };
        let data = (0..shape.iter().product::<usize>()).map(|_| element(rng)).collect();
        arrays.push(Array { shape, data });
    }
    arrays
}

/// The gradients of the sum of the samples, by input.
fn gradients(
    derivative: &Derivative,
    hypers: &[HyperValue],
    inputs: &[Array],
) -> Result<Vec<(usize, Array)>, EvalError> {
    let program = &derivative.program;
    let value = [(program.value, program.samples().to_vec())];
    let mut all = inputs.to_vec();
    // The shape of the samples is not known before the value is.
    let plain = Program { inputs: program.inputs[..derivative.upstream].to_vec(), ..program.clone() };
    let shape = eval_over(&plain, hypers, inputs, &value)?.remove(0).shape;
    all.push(Array { data: vec![1.0; shape.iter().product()], shape });
    let nodes: Vec<_> = derivative.grads.iter().map(|&(i, node)| (node, program.input_axes(i))).collect();
    let arrays = eval_over(program, hypers, &all, &nodes)?;
    Ok(derivative.grads.iter().map(|g| g.0).zip(arrays).collect())
}

/// Central differences of the fourth order have about 1e-11 of relative error at best; strong curvature costs more.
fn close(found: f64, wanted: f64, scale: f64) -> bool {
    (found - wanted).abs() <= 1e-6 * scale.max(1.0)
}

/// Compares all gradients with finite differences.
fn check(program: &Program, hypers: &[HyperValue], inputs: &[Array]) -> Result<(), String> {
    let derivative = differentiate(&passes::guard(program));
    for (which, found) in gradients(&derivative, hypers, inputs).map_err(|e| e.to_string())? {
        let wanted = finite_difference(program, hypers, inputs, which).map_err(|e| e.to_string())?;
        let scale = wanted.data.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        for (at, (f, w)) in found.data.iter().zip(&wanted.data).enumerate() {
            if !close(*f, *w, scale) {
                let name = &program.inputs[which].name;
                return Err(format!("gradient by `{name}` at {at}: {f}, finite difference {w}"));
            }
        }
    }
    Ok(())
}

/// Whether the largest or smallest elements of some reduction are equal, or the operands of a `max` or `min`: by
/// definition, tied elements get the whole gradient and tied operands half of it, and no difference shows that.
/// (`x + y` and `y + x` are equal wherever x and y are.)
fn has_tie(program: &Program, hypers: &[HyperValue], inputs: &[Array]) -> bool {
    let live = ir::reach::live_all(program);
    let values = |id: NodeId, axes: &[Axis]| {
        eval_over(program, hypers, inputs, &[(id, axes.to_vec())]).expect("valid inputs").remove(0)
    };
    let close = |x: f64, y: f64| (x - y).abs() <= 1e-9 * x.abs().max(1.0);
    program.graph.ids().filter(|id| live[id.index()]).any(|id| match &program.graph[id].kind {
        NodeKind::Reduce { op, over, body, .. } if matches!(op.name, "max" | "min") => {
            let axes = program.graph[*body].axes.iter();
            let (bound, free): (Vec<Axis>, Vec<Axis>) = axes.partition(|a| over.contains(a));
            let body = values(*body, &[&free[..], &bound].concat());
            let length: usize = body.shape[free.len()..].iter().product();
            body.data.chunks(length.max(1)).any(|row| {
                let best = (op.eval)(row);
                row.iter().filter(|x| close(**x, best)).count() > 1
            })
        }
        NodeKind::Op(op, args) if matches!(op.name, "max" | "min") => {
            let below = ir::reach::live(&program.graph, [id]);
            let reads = |id: NodeId| matches!(program.graph[id].kind, NodeKind::Input(..));
            let axes = &program.graph[id].axes;
            let (x, y) = (values(args[0], axes), values(args[1], axes));
            program.graph.ids().any(|id| below[id.index()] && reads(id))
                && x.data.iter().zip(&y.data).any(|(x, y)| close(*x, *y))
        }
        _ => false,
    })
}

fn check_spec(text: &str, size: &dyn Fn(&str) -> usize) -> Result<(), String> {
    let compiled = program(text)?;
    for seed in 0..5 {
        let inputs = inputs(&compiled.program, &mut Rng::new(seed), size);
        check(&compiled.program, &defaults(&compiled), &inputs).map_err(|error| {
            let derivative = differentiate(&compiled.program);
            format!("{error}\n{text}\n{}", ir::print::program(&derivative.program))
        })?;
    }
    Ok(())
}

#[test]
fn catalogue_gradients() {
    let (mut count, mut on_host) = (0, 0);
    for file in catalogue::FILES {
        for compiled in compile(file.tokens()).compiled {
            if compiled.program.calls_host() {
                on_host += 1;
                continue;
            }
            let hypers = defaults(&compiled);
            // Rounds within rounds and many elements take the interpreter long.
            let large = !compiled.program.graph.loops.is_empty()
                || compiled.program.inputs.iter().any(|input| input.sets.len() > 2);
            for seed in 0..if large { 1 } else { 3 } {
                let size = |name: &str| if large { 2 } else { 3 + name.len() % 2 };
                let inputs = inputs(&compiled.program, &mut Rng::new(seed), &size);
                let result = check(&compiled.program, &hypers, &inputs);
                let name = &compiled.def.name;
                assert!(result.is_ok(), "{name}, seed {seed}: {}", result.unwrap_err());
            }
            count += 1;
        }
    }
    println!("differentiate: {count} definitions of the catalogue, {on_host} more call host functions");
}

#[test]
fn random_specs() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse().ok());
    let (from, count) = (number("RANDOM_FROM").unwrap_or(0), number("RANDOM_SPECS").unwrap_or(300));
    let (mut ties, hypers) = (0, [HyperValue::Real(0.7), HyperValue::Real(1.5)]);
    for seed in from..from + count {
        let text = spec("R", seed);
        let compiled = program(&text).expect("a valid spec");
        let mut rng = Rng::new(seed);
        let sizes = [1 + rng.below(4), 1 + rng.below(4), 1 + rng.below(3), 3, 1 + rng.below(3)];
        let size =
            |name: &str| sizes[["B", "K", "D", "C", "N"].iter().position(|s| *s == name).expect("a set")];
        let inputs = inputs(&compiled.program, &mut rng, &size);
        if let Err(error) = check(&compiled.program, &hypers, &inputs) {
            assert!(has_tie(&compiled.program, &hypers, &inputs), "seed {seed}: {error}\n{text}");
            ties += 1;
        }
    }
    println!("differentiate: {count} random specs, {ties} of them differ at ties");
    assert!(ties * 100 <= count + 100, "{ties} of {count} differ at ties");
}

const SINKHORN: &str = "
    pub Sinkhorn<epsilon = 0.5 in 0<.., rounds: usize = 4>(x: [N, D], y: [M, D]) {
        let cost[i, j] = sum[d]((x[i, d] - y[j, d]) ^ 2) / 2;
        let f[i] = 0;
        let g[j] = 0;
        repeat rounds {
            f[i] = epsilon * (ln(M) - logsumexp[j]((g[j] - cost[i, j]) / epsilon));
            g[j] = epsilon * (ln(N) - logsumexp[i]((f[i] - cost[i, j]) / epsilon));
        }
        mean[i](f[i]) + mean[j](g[j])
    }";

/// One spec for each thing that a program can have.
const SPECS: &[(&str, &str)] = &[
    ("a sum", "pub T(x: [B, K]) { sum[k](x[b, k] ^ 3) }"),
    ("a broadcast", "pub T(x: [B], w: [K]) { sum[k](tanh(x[b]) * w[k] + x[b]) }"),
    ("a mean", "pub T(x: [B, K]) { mean[k](exp(x[b, k])) ^ 2 }"),
    ("a loss", "pub T(x: [B, K], t: [B] -> K) { let l[b, k] = log_softmax[k](x[b, k]); -l[b, t[b]] }"),
    ("a scatter", "pub T(x: [B, K], w: [K], t: [B] -> K) { w[t[b]] ^ 2 * x[b, t[b]] }"),
    ("a diagonal", "pub T(x: [B, B]) { x[i, i] ^ 2 + sum[j](x[i, j] * x[j, i]) + x[0, i] }"),
    ("two copies", "pub T(x: [B, B]) { sum[j](exp(x[i, j]) * x[j, i] + x[j, j]) }"),
    ("pairs as samples", "pub T(x: [B, K]) { sum[k](x[i, k] * x[j, k]) ^ 2 }"),
    ("a contraction", "pub T(x: [N, D], y: [M, D]) { logsumexp[j](sum[d](x[i, d] * y[j, d])) }"),
    ("a sort", "pub T(x: [B, K], w: data [K]) { let s[b, k] = sort[k](x[b, k]); sum[k](w[k] * s[b, k] ^ 2) }"),
    ("an order", "pub T(x: [B, K], y: data [B, K]) { let o[b, k] = argsort[k](y[b, k]); let s[b, k] = x[b, o[b, k]]; sum[k](logsumexp[m | m >= k](s[b, m]) - s[b, k]) }"),
    ("an order read elsewhere", "pub T(x: [B, K], y: data [B, K]) { let o[b, k] = argsort[k](y[b, k]); sum[m, k](x[b, o[b, m]] * x[b, k] * m) + x[b, o[b, 0]] }"),
    ("an order of other rows", "pub T(x: [B, K], y: data [B, K]) { let o[b, k] = argsort[k](y[b, k]); sum[i, k](x[b, o[i, k]] ^ 2 * k * i) }"),
    ("an order within the axis", "pub T(x: [B, K], y: data [K, K]) { let o[k, j] = argsort[j](y[k, j]); sum[k, j](x[b, o[k, j]] ^ 2 * k * j) }"),
    ("a rank", "pub T(x: [B, K]) { sum[k](rank[k](x[b, k]) * x[b, k] ^ 2) }"),
    ("a running sum", "pub T(x: [B, K]) { let c[b, k] = cumsum[k](x[b, k]); sum[k](c[b, k] ^ 2) + c[b, 1] }"),
    ("a running sum of a constant adjoint", "pub T(x: [B, K]) { sum[k](cumsum[k](x[b, k] ^ 2)) }"),
    ("prefix and suffix sums", "pub T(x: [B, K]) { sum[n](exp(sum[m | m < n](x[b, m])) * sum[m | m >= n](x[b, m] ^ 2) + sum[m | n < m](x[b, m])) }"),
    ("a product", "pub T(x: [B, K]) { prod[k](x[b, k]) + prod[k | k != 1](x[b, k] + 2) }"),
    ("maxima", "pub T(x: [B, K], m: [B, K] -> bool) { max[k](x[b, k]) ^ 2 + min[k | m[b, k] || k == 0](x[b, k]) + max(x[b, 0], x[b, 1]) + clamp(x[b, 0], -1, x[b, 1] ^ 2) }"),
    ("masks", "pub T(x: [B, K], m: [B, K] -> bool) { logsumexp[k | m[b, k] || k == 0](x[b, k]) + sum[k | m[b, k]](sqrt(x[b, k] ^ 2)) + mean[k | m[b, k]](x[b, k] ^ 2) }"),
    ("a masked softmax", "pub T(x: [B, K], m: [B, K] -> bool) { sum[k](softmax[k | m[b, k]](x[b, k]) * x[b, k]) }"),
    ("a choice", "pub T(x: [B, K], m: [B] -> bool) { if m[b] { ln(x[b, 0] ^ 2 + 1) } else { x[b, 1] * x[b, 0] } }"),
    ("a choice of indices", "pub T(x: [B, K], m: [B] -> bool, s: [B] -> K, t: [B] -> K) { sum[k | k == if m[b] { s[b] } else { t[b] }](x[b, k] ^ 2) }"),
    ("detach", "pub T(x: [B, K]) { sum[k](detach(x[b, k]) * x[b, k]) + detach(x[b, 0]) }"),
    ("arrays", "pub T<w: [f64; 3] = [1, 0.5, -2]>(x: [B, 3]) { sum[k](w[k] * x[b, k] ^ 2) + w[1] * x[b, 2] }"),
    ("powers", "pub T<g = 2.5, z = 0.0>(x: [B], y: [B]) { (1.5 + tanh(x[b])) ^ g + (2 + x[b]) ^ y[b] + (2 + x[b]) ^ z }"),
    ("an inner product", "pub T(x: [N, D], y: [N, D]) { cosine[d](x[n, d], y[n, d]) + norm[d](x[n, d] - y[n, d]) }"),
    ("a bundle", "pub T(x: [N..], y: data [N..]) { (x[n] - y[n]) ^ 2 }"),
    ("sparsemax", "pub T(x: [B, K]) { let p[b, k] = sparsemax[k](x[b, k]); sum[k](p[b, k] * x[b, k]) - sum[k](p[b, k] ^ 2) / 2 }"),
    ("a loop", SINKHORN),
    ("a loop of samples", "pub T<n: usize = 3>(x: [B, K], w: [K]) { let f[b] = x[b, 0]; repeat n { let g[b] = sum[k](tanh(f[b] * x[b, k]) * w[k]); f[b] = f[b] - 0.3 * g[b] * f[b]; } f[b] ^ 2 + x[b, 1] }"),
    ("a loop of no rounds", "pub T<n: usize = 0>(x: [B]) { let f[b] = x[b] ^ 2; repeat n { f[b] = f[b] * x[b]; } f[b] }"),
    ("a loop that exchanges", "pub T<n: usize = 3>(x: [B], y: [B]) { let f[b] = x[b]; let g[b] = y[b]; repeat n { let h[b] = f[b]; f[b] = g[b] * x[b]; g[b] = h[b]; } f[b] + g[b] ^ 2 }"),
    ("a loop with constant parts", "pub T<n: usize = 3>(x: [B, K]) { let f[b, k] = 1; let c[b] = 0; repeat n { c[b] = c[b] + 1; f[b, k] = f[b, k] / sum[j](f[b, j] * exp(x[b, j])) + c[b] * x[b, 0]; } sum[k](f[b, k] * k) }"),
    ("two loops", "pub T<n: usize = 2>(x: [B, K]) { let f[b] = x[b, 0]; repeat n { f[b] = tanh(f[b] + x[b, 1]); } let g[b] = f[b] ^ 2; repeat n { g[b] = g[b] * f[b] + max[k](x[b, k]); } g[b] }"),
    ("a loop in a loop", "pub Inner<n: usize = 2>(x: [B], w: [B]) { let f[b] = x[b]; repeat n { f[b] = tanh(f[b] * w[b]) + x[b]; } f[b] ^ 2 }
        pub T<n: usize = 3>(x: [B], w: [B]) { let f[b] = w[b]; repeat n { let s[b] = f[b] + x[b]; f[b] = f[b] * 0.5 + Inner(s, w)[b]; } f[b] * x[b] }"),
    ("a sort in a loop", "pub T<n: usize = 2>(x: [B, K]) { let f[b, k] = x[b, k]; repeat n { let s[b, k] = sort[k](f[b, k]); f[b, k] = s[b, k] * (k + 1) * 0.5 - x[b, k]; } sum[k](f[b, k] ^ 2) }"),
];

#[test]
fn every_kind_of_node() {
    let mut failures = Vec::new();
    for (what, text) in SPECS {
        let size = |name: &str| if matches!(name, "B" | "N") { 3 } else { 4 };
        if let Err(error) = check_spec(text, &size) {
            failures.push(format!("{what}: {error}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A definition with the same inputs and hyperparameters, as far as a text speaks of them, and that text as body.
fn as_definition(compiled: &Compiled, text: &str) -> (String, Vec<usize>, Vec<usize>) {
    let program = &compiled.program;
    let words: Vec<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let set = |id: &ir::SetId| {
        let info = &program.sets[usize::from(id.0)];
        if let ir::SetSize::Bundle { .. } = info.size {
            format!("{}..", info.name)
        } else {
            info.name.clone()
        }
    };
    let hypers: Vec<usize> =
        (0..program.hypers.len()).filter(|&i| words.contains(&program.hypers[i].name.as_str())).collect();
    let hyper = |&i: &usize| format!("{} = 1", program.hypers[i].name);
    let inputs: Vec<usize> =
        (0..program.inputs.len()).filter(|&i| words.contains(&program.inputs[i].name.as_str())).collect();
    let input = |&i: &usize| {
        let info = &program.inputs[i];
        let sets: Vec<String> = info.sets.iter().map(set).collect();
        let element = match info.ty {
            Ty::Real => String::new(),
            Ty::Bool => " -> bool".into(),
            Ty::Index(id) => format!(" -> {}", set(&id)),
        };
        format!("{}: [{}]{element}", info.name, sets.join(", "))
    };
    let header = |parts: Vec<String>| parts.join(", ");
    let given = header(hypers.iter().map(hyper).collect());
    let given = if given.is_empty() { given } else { format!("<{given}>") };
    let taken = header(inputs.iter().map(input).collect());
    (format!("pub G{given}({taken}) {{ {text} }}"), hypers, inputs)
}

/// Whether a formula does not say by itself what a set or an index of it is: the inputs that do are not in it.
fn lacks_context(program: &Program, node: loss_core::ir::NodeId, error: &str) -> bool {
    let unknown = |name: &str| error.contains(&format!("cannot find `{name}`"));
    // Nothing says what the index of a fixed axis, such as `c4`, ranges over, or one that is only compared.
    error.contains("cannot tell what")
        || error.contains("whose size is not known")
        || program.sets.iter().any(|set| unknown(&set.name))
        || program.graph[node].axes.iter().any(|&axis| unknown(&program.axis_name(axis)))
}

/// What is printed is the language: it compiles, and its value is the gradient's.
#[test]
fn printed_gradients_are_the_gradients() {
    let (mut count, mut left_out, mut on_host, mut long) = (0, 0, 0, vec![]);
    for file in catalogue::FILES {
        for compiled in compile(file.tokens()).compiled {
            if compiled.program.calls_host() {
                on_host += 1;
                continue;
            }
            let (hypers, name) = (defaults(&compiled), compiled.def.name.to_string());
            let inputs = inputs(&compiled.program, &mut Rng::new(1), &|name| 3 + name.len() % 2);
            let (derivative, _) = gradient_of_sum(&compiled.program);
            for &node in &derivative.roots {
                // Through a loop there is none.
                let Some(text) = steps(&derivative, node) else {
                    if derivative.graph.loops.is_empty() {
                        long.push(name.clone());
                    }
                    continue;
                };
                let (spec, used_hypers, used_inputs) = as_definition(&compiled, &text);
                // A definition needs a real input.
                let real = |&i: &usize| compiled.program.inputs[i].ty == Ty::Real;
                if !used_inputs.iter().any(real) {
                    continue;
                }
                let printed = match program(&spec) {
                    Ok(printed) => printed,
                    Err(error) if lacks_context(&derivative, node, &error) => {
                        left_out += 1;
                        continue;
                    }
                    Err(error) => panic!("{name}: {error}"),
                };
                let used: Vec<Array> = used_inputs.iter().map(|&i| inputs[i].clone()).collect();
                let given: Vec<HyperValue> = used_hypers.iter().map(|&i| hypers[i].clone()).collect();
                let by_name = |program: &Program, axes: &[Axis]| {
                    let mut axes = axes.to_vec();
                    axes.sort_by_key(|a| program.axis_name(*a));
                    axes
                };
                let axes = by_name(&printed.program, printed.program.samples());
                let node_of = [(printed.program.value, axes)];
                let found = eval_over(&printed.program, &given, &used, &node_of).expect("valid inputs");
                let axes = by_name(&derivative, &derivative.graph[node].axes);
                let wanted = eval_over(&derivative, &hypers, &inputs, &[(node, axes)]).expect("valid inputs");
                assert_eq!(found[0].shape, wanted[0].shape, "{name}");
                for (f, w) in found[0].data.iter().zip(&wanted[0].data) {
                    assert!((f - w).abs() <= 1e-12 * w.abs().max(1.0), "{name}: {f}, not {w}\n{text}");
                }
                count += 1;
            }
        }
    }
    println!(
        "differentiate: {count} printed gradients, {left_out} that lack context, {on_host} definitions call host functions"
    );
    assert!(left_out * 8 < count, "{left_out} of {count} formulas lack context");
    long.dedup();
    assert_eq!(long, LONG, "definitions without a formula of readable length");
}

/// Definitions whose gradient takes too many steps to be read.
const LONG: [&str; 19] = [
    "SyConSimclr",
    "MetrixContrastive",
    "MetrixContrastiveAnchor",
    "MetrixMultiSimilarity",
    "MetrixProxyAnchor",
    "IcnnQuerySupport",
    "Icnn",
    "BoxIou",
    "BoxIouLoss",
    "BoxLogIouLoss",
    "GiouLoss",
    "DiouLoss",
    "CiouLoss",
    "ActiveBoundaryLoss",
    "SsimLoss",
    "SoftErosion",
    "SoftDilation",
    "TLoss",
    "DiceBettiMatchingLoss",
];

#[test]
fn the_gradient_of_cross_entropy_is_recognised() {
    let text = "pub T(logits: [B, K], target: [B] -> K) {
        let logp[b, k] = log_softmax[k](logits[b, k]);
        -logp[b, target[b]]
    }";
    let (derivative, _) = gradient_of_sum(&program(text).expect("a valid spec").program);
    let formula = steps(&derivative, derivative.roots[0]).expect("a formula");
    assert_eq!(formula, "softmax[k](logits[b, k]) - (if k == target[b] { 1 } else { 0 })");
    let latex = latex_steps(&derivative, derivative.roots[0], "g").expect("a formula");
    assert_eq!(
        latex,
        "\\begin{aligned}\ng &= \\operatorname{softmax}_{k}\\left(\\mathrm{logits}_{b, k}\\right) \
         - \\left[k = \\mathrm{target}_{b}\\right]\n\\end{aligned}"
    );
}

/// A product's derivative is exact where an element is 0, where two are, and under a condition.
#[test]
fn products_at_zeros() {
    let compiled =
        program("pub T(x: [B, K], m: [B, K] -> bool) { prod[k | m[b, k]](x[b, k]) }").expect("valid");
    let x = Array::new(&[4, 3], vec![0.0, 2.0, 3.0, 0.0, 0.0, 5.0, 1.0, 2.0, 3.0, 0.0, 2.0, 0.0]);
    let m = Array::new(&[4, 3], vec![1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0]);
    let derivative = differentiate(&passes::guard(&compiled.program));
    let found = gradients(&derivative, &[], &[x, m]).expect("valid inputs");
    let wanted = [6.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 1.0, 0.0, 0.0, 2.0];
    assert_eq!(found[0].1.data, wanted);
}

/// What a condition leaves out may be NaN or infinite, with infinite derivatives, and the gradient there is 0.
#[test]
fn masked_out_elements_do_no_harm() {
    let texts = [
        "pub T(x: [B, K], m: [B, K] -> bool) { sum[k | m[b, k]](ln(x[b, k])) }",
        "pub T(x: [B, K], m: [B, K] -> bool) { sum[k](if m[b, k] { sqrt(x[b, k]) * ln(x[b, k]) } else { 2 * x[b, k] }) }",
        "pub T(x: [B, K], m: [B, K] -> bool) { let y[b, k] = 1 / x[b, k]; sum[k | m[b, k]](y[b, k] ^ 2) + max[k | m[b, k]](y[b, k]) }",
        "pub T(x: [B, K], m: [B, K] -> bool) { logsumexp[k | m[b, k]](xlogx(x[b, k])) + prod[k | m[b, k]](x[b, k] ^ 0.5) }",
    ];
    for text in texts {
        let compiled = program(text).expect("a valid spec");
        let x = Array::new(&[2, 3], vec![0.5, 0.0, 2.0, -1.0, 1.5, f64::INFINITY]);
        let m = Array::new(&[2, 3], vec![1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
        let derivative = differentiate(&passes::guard(&compiled.program));
        let found = gradients(&derivative, &[], &[x.clone(), m.clone()]).expect("valid inputs").remove(0).1;
        // The same with harmless elements behind the mask.
        let tame = x.data.iter().zip(&m.data).map(|(x, m)| if *m == 1.0 { *x } else { 1.0 });
        let tame = Array::new(&[2, 3], tame.collect());
        let wanted = gradients(&derivative, &[], &[tame, m.clone()]).expect("valid inputs").remove(0).1;
        for (at, (f, w)) in found.data.iter().zip(&wanted.data).enumerate() {
            assert_eq!(f, w, "at {at}: {text}");
        }
    }
}

/// Each tied element gets the whole gradient of a reduction, each tied operand half of it.
/// Nodes that need names, beside indices that have all names of their letters.
#[test]
fn printed_names_do_not_meet_indices() {
    let spec = "pub Named(x: [B, D], z: data [T]) {
        let square[b] = sum[d](x[b, d]^2);
        let b = sum[i](square[i] * square[i] + exp(square[i]));
        let t = exp(b) + exp(b) * sum[i](z[i]);
        b * b + t * t
    }";
    let outcome = compile(spec.parse().expect("tokens"));
    let gradients = loss_core::docs::gradients(&outcome.compiled[0].program);
    let text = gradients[0].text.as_ref().expect("a short gradient");
    assert!(text.contains("let b_2 = ") && text.contains("let t_2 = "), "{text}");
}

#[test]
fn ties() {
    let compiled =
        program("pub T(x: [B, K]) { max[k](x[b, k]) + min(x[b, 0], x[b, 1]) }").expect("a valid spec");
    let x = Array::new(&[1, 3], vec![2.0, 2.0, 1.0]);
    let found = gradients(&differentiate(&compiled.program), &[], &[x]).expect("valid inputs");
    assert_eq!(found[0].1.data, [1.5, 1.5, 0.0]);
}

/// Each sample counts with its weight from upstream; an input that the value does not depend on has derivative 0.
#[test]
fn upstream_weighs_the_samples() {
    let compiled = program("pub T(x: [B], y: [B]) { x[b] ^ 2 + detach(y[b]) }").expect("a valid spec");
    let Derivative { program, upstream, grads } = differentiate(&compiled.program);
    assert_eq!((upstream, program.inputs[upstream].name.as_str()), (2, "upstream"));
    let vector = |data: [f64; 2]| Array::new(&[2], data.to_vec());
    let inputs = [vector([3.0, 4.0]), vector([0.0, 0.0]), vector([10.0, -1.0])];
    let nodes: Vec<_> = grads.iter().map(|&(i, node)| (node, program.input_axes(i))).collect();
    let found = eval_over(&program, &[], &inputs, &nodes).expect("valid inputs");
    assert_eq!((found[0].data.as_slice(), found[1].data.as_slice()), (&[60.0, -8.0][..], &[0.0, 0.0][..]));
}
