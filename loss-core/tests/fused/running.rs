//! Prefixes and suffixes run along their axis: no two loops over one set, and the same numbers as the graph's, which
//! goes over all pairs.

use super::{Case, Draw, Point, Tally, case, check_text, compiled, distance};
use loss_core::ir::eval::{Array, eval};
use loss_core::ir::loops::{Stage, Step, print};
use loss_core::random::Rng;

/// What runs along an axis, and what each has of it.
const LINEAR: &[(&str, &[&str])] = &[
    (
        "pub PlackettLuce(s: [B, N]) { sum[i](logsumexp[j | j >= i](s[b, j]) - s[b, i]) }",
        &["running logsumexp from the end", "running fading"],
    ),
    (
        "pub Forward(s: [B, N]) { sum[i](logsumexp[j | i >= j](s[b, j]) - s[b, i]) }",
        &["running logsumexp", "running fading from the end"],
    ),
    (
        "pub Weighed(s: [B, N], w: [B, N]) { sum[i](w[b, i] * logsumexp[j | j <= i](s[b, j]) / (1 + w[b, i] ^ 2)) }",
        &["running logsumexp", "running fading from the end"],
    ),
    (
        "pub Masked(s: [B, N], known: [B, N] -> bool) {
            sum[i | known[b, i]](logsumexp[j | j >= i && known[b, j]](s[b, j]) - s[b, i])
        }",
        &["running logsumexp from the end", "running fading"],
    ),
    (
        "pub Nested(s: [B, N]) { sum[i](tanh(logsumexp[j | j <= i](s[b, j] ^ 2 / 9))) }",
        &["running logsumexp", "running fading from the end"],
    ),
    (
        "pub Apart(s: [B, N], t: [N]) { sum[i](logsumexp[j | j <= i](s[b, j] + t[j]) * t[i]) }",
        &["running logsumexp", "running fading from the end"],
    ),
    (
        "pub Cox(s: [N], time: data [N], event: [N] -> bool) {
            let order[n] = argsort[n](time[n]);
            let r[n] = s[order[n]];
            sum[i | event[order[i]]](logsumexp[j | j >= i](r[j]) - r[i])
        }",
        &["running logsumexp from the end", "running fading"],
    ),
    (
        "pub Three(s: [B, C, N]) { sum[c, i](logsumexp[j | j >= i](s[b, c, j]) ^ 2) }",
        &["running logsumexp from the end", "running fading"],
    ),
    (
        "pub Peaks(s: [B, N], w: [B, N]) { sum[i](w[b, i] * max[j | j <= i](s[b, j]) - min[j | j >= i](s[b, j])) }",
        &["running max", "running min from the end", "running standing from the end", "running standing"],
    ),
    (
        "pub Sums(s: [B, N], known: [B, N] -> bool) {
            sum[i | known[b, i]](tanh(sum[j | j >= i && known[b, j]](s[b, j])))
        }",
        &["cumsum from the end", "cumsum"],
    ),
    (
            "pub Strict(s: [B, N]) { sum[i | i > 0](logsumexp[j | j < i](s[b, j]) - s[b, i]) }",
        &["running logsumexp", "running before", "running fading from the end", "running before from the end"],
    ),
    (
        "pub StrictSuffix(s: [B, N], w: [B, N]) {
            sum[i | i + 1 < N](w[b, i] * logsumexp[j | i < j](s[b, j]) / (1 + w[b, i] ^ 2))
        }",
        &["running logsumexp from the end", "running before from the end", "running fading", "running before"],
    ),
    (
        "pub Unbounded(s: [B, N]) { sum[i](tanh(logsumexp[j | j < i](s[b, j] ^ 2 / 9))) }",
        &["running logsumexp", "running before", "running fading from the end", "running before from the end"],
    ),
    (
        "pub StrictMasked(s: [B, N], known: [B, N] -> bool) {
            sum[i](sigmoid(logsumexp[j | j > i && known[b, j]](s[b, j]) - s[b, i]))
        }",
        &["running logsumexp from the end", "running before from the end", "running fading", "running before"],
    ),
    (
        "pub Alone(s: [B, N]) { sum[i](if i == 0 { 0 } else { logsumexp[j | j < i](s[b, j]) }) }",
        &["running logsumexp", "running before", "running fading from the end"],
    ),
    (
        "pub Branches(s: [B, N], w: [B, N]) {
            let y[b, i] = logsumexp[j | j > i](s[b, j]);
            sum[i](s[b, i] ^ 2 - (if i + 1 == N { w[b, i] } else { exp(y[b, i] - s[b, i]) * w[b, i] }))
        }",
        &["running logsumexp from the end", "running before from the end", "running fading"],
    ),
    (
        "pub StrictPeaks(s: [B, N], w: [B, N]) {
            sum[i](tanh(w[b, i] * max[j | j < i](s[b, j])) - sigmoid(min[j | j > i](s[b, j] * w[b, j])))
        }",
        &["running max", "running min from the end", "running standing from the end", "running standing"],
    ),
    (
        "pub Records(s: [B, N]) { sum[i | i > 0 && s[b, i] > max[j | j < i](s[b, j])](max[j | j < i](s[b, j]) ^ 2) }",
        &["running max", "running before", "running standing from the end", "running before from the end"],
    ),
    (
        "pub StrictSums(s: [B, N], known: [B, N] -> bool) {
            sum[i | known[b, i]](tanh(sum[j | j > i && known[b, j]](s[b, j])) + sum[j | j < i](s[b, j] ^ 2) ^ 2)
        }",
        &["cumsum from the end", "running before from the end", "cumsum", "running before"],
    ),
];

/// What looks like it and is something else, or is not done: it must be right all the same.
const OTHERS: &[&str] = &[
    "pub Stricter(s: [B, N]) {
        let y[b, i] = logsumexp[j | j <= i](s[b, j]);
        sum[j](tanh(sum[i | i > j](exp(s[b, j] - y[b, i]))))
    }",
    "pub LessStrict(s: [B, N]) {
        let y[b, i] = logsumexp[j | j < i](s[b, j]);
        sum[j](tanh(sum[i | i >= j && i > 0](exp(s[b, j] - y[b, i]))))
    }",
    "pub Foreign(s: [B, N], z: [B, N]) {
        let y[b, i] = logsumexp[j | j <= i](s[b, j]);
        sum[j](tanh(sum[i | i >= j](exp(z[b, j] - y[b, i]) * s[b, i])))
    }",
    "pub SameWay(s: [B, N]) {
        let y[b, i] = logsumexp[j | j <= i](s[b, j]);
        sum[j](sum[i | i <= j](exp(s[b, j] - y[b, i])))
    }",
    "pub Unmasked(s: [B, N], known: [B, N] -> bool) {
        let y[b, i] = logsumexp[j | j <= i && known[b, j] || j == i](s[b, j]);
        sum[j](tanh(sum[i | i >= j](exp(s[b, j] - y[b, i]))))
    }",
    "pub Twice(s: [B, N]) { sum[i](logsumexp[j | j <= i && j + 2 >= i](s[b, j])) }",
    "pub Both(s: [B, N]) { sum[i](logsumexp[j | j <= i](s[b, j] * s[b, i])) }",
];

fn only(text: &str) -> Case {
    case(compiled(text).remove(0)).expect("it has no loops")
}

#[test]
fn prefixes_and_suffixes_fused() {
    let texts = LINEAR.iter().map(|l| l.0).chain(OTHERS.iter().copied());
    let cases = texts.map(|text| check_text(text, 0..10));
    cases.fold(Tally::default(), Tally::and).assert("prefixes and suffixes");
}

#[test]
fn nothing_goes_over_all_pairs() {
    for (text, parts) in LINEAR {
        let case = only(text);
        let shown = print::fused(&case.derivative.program, &case.fused);
        for part in *parts {
            assert!(shown.contains(&format!("{part}[")), "no `{part}`\n{text}\n{shown}");
        }
        for stage in case.fused.kernels().flat_map(|kernel| &kernel.stages) {
            let Stage::Rows(rows) = stage else { continue };
            for step in &rows.steps {
                let Step::Nest(nest) = step else { continue };
                let mut sets: Vec<_> = nest.loops.iter().chain(&rows.outer).map(|a| a.set).collect();
                sets.sort();
                sets.dedup();
                let loops = nest.loops.len() + usize::from(rows.outer.is_some());
                assert_eq!(sets.len(), loops, "{text}\n{shown}");
            }
        }
    }
}

/// Those of scores alone that are finite at any.
fn of_scores() -> impl Iterator<Item = &'static str> {
    let names = ["PlackettLuce", "Forward", "Strict", "Alone", "Records"];
    let text =
        |name: &str| LINEAR.iter().find(|l| l.0.contains(&format!("pub {name}("))).expect("it is listed").0;
    names.map(text).into_iter()
}

/// One line of scores.
fn point(case: &Case, scores: &[f64]) -> Point {
    let [input] = &case.compiled.program.inputs[..] else { panic!("a loss of scores alone") };
    assert_eq!(input.sets.len(), 2);
    let inputs = vec![Array { shape: vec![1, scores.len()], data: scores.to_vec() }];
    let upstream = Array { shape: vec![1], data: vec![1.0] };
    Point { draw: Draw::Plain, hypers: vec![], inputs, upstream, wanted: vec![0] }
}

/// Numbers so far apart that exponentials of their differences are 0 or infinite, in any order, and ties.
fn lines() -> Vec<Vec<f64>> {
    let mut rng = Rng::new(7);
    let mut lines = vec![
        vec![1e4, -1e4, 1e4, 0.0, -1e4],
        vec![-1e4, -1e4, -1e4],
        (0..60).map(|i| f64::from(i) * 400.0 - 1e4).collect(),
        (0..60).map(|i| 1e4 - f64::from(i) * 400.0).collect(),
        vec![1e4; 40],
        vec![0.5],
    ];
    for scale in [1.0, 40.0, 1e4] {
        lines.push((0..70).map(|_| rng.between(-scale, scale)).collect());
    }
    lines
}

#[test]
fn extremes_and_ties_fused() {
    for text in of_scores() {
        let case = only(text);
        for line in lines() {
            let point = point(&case, &line);
            let found = case.kernels(&point, 1).expect("it runs");
            let wanted = case.graph(&point);
            assert!(found.iter().flat_map(|(_, f)| f).all(|x| x.is_finite()), "{line:?}: {found:?}");
            let (far, what) = distance(&found, &wanted);
            assert!(far < 1e-11, "{far}: {what}");
        }
    }
}

#[test]
fn derivatives_of_prefixes_are_differences() {
    for text in of_scores() {
        let case = only(text);
        let line: Vec<f64> = (0..12).map(|i| (f64::from(i) * 1.7).sin() * 3.0).collect();
        let gradient = case.kernels(&point(&case, &line), 1).expect("it runs").pop().expect("a gradient").1;
        for (i, slope) in gradient.iter().enumerate() {
            let value = |step: f64| {
                let mut line = line.clone();
                line[i] += step;
                eval(&case.compiled.program, &[], &point(&case, &line).inputs).expect("a value").data[0]
            };
            let difference = (value(1e-5) - value(-1e-5)) / 2e-5;
            assert!((slope - difference).abs() < 1e-8, "{text} at {i}: {slope}, not {difference}");
        }
    }
}

#[test]
fn over_no_elements() {
    let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
    let cases = [
        ("logsumexp", "j < i", low),
        ("logsumexp", "j > i", low),
        ("max", "j < i", low),
        ("min", "j > i", high),
    ];
    for (reducer, condition, neutral) in cases {
        let case = only(&format!("pub Bare(s: [B, N]) {{ sum[i]({reducer}[j | {condition}](s[b, j])) }}"));
        for line in [&[0.5][..], &[1.0, -2.0, 3.0, 0.0]] {
            let point = point(&case, line);
            let found = case.kernels(&point, 1).expect("it runs");
            assert_eq!(found[0].1, [neutral]);
            assert!(found.last().expect("a gradient").1.iter().all(|x| x.is_finite()));
            assert!(distance(&found, &case.graph(&point)).0 < 1e-12);
        }
    }
}
