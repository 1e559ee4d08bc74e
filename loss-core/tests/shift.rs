//! Graphs read neighbours one by one, and windows place by place: the program that they are made of has the value of the
//! one before.

use loss_core::compile::{Compiled, compile};
use loss_core::ir::eval::{Array, HyperValue, eval};
use loss_core::ir::{NodeKind, Program, SetSize, reach};
use loss_core::passes::for_graphs;

fn compiled(text: &str) -> Compiled {
    compile(text.parse().expect("tokens")).compiled.remove(0)
}

fn program(text: &str) -> Program {
    compiled(text).program
}

/// Whether a reduction runs over a set whose size is not known.
fn reduces(program: &Program) -> bool {
    let live = reach::live_all(program);
    let g = &program.graph;
    let fixed = |set: usize| matches!(program.sets[set].size, SetSize::Fixed(_));
    g.ids().any(|id| match &g[id].kind {
        NodeKind::Reduce { over, .. } => {
            live[id.index()] && !over.iter().all(|a| fixed(usize::from(a.set.0)))
        }
        _ => false,
    })
}

/// An array of numbers of both signs, some of them equal.
fn numbers(shape: &[usize]) -> Array {
    let data = (0..shape.iter().product()).map(|i: usize| ((i * 37) % 23) as f64 / 7.0 - 1.0).collect();
    Array::new(shape, data)
}

/// The value is the same as that of what is written, and no sum over a whole set is left.
#[track_caller]
fn same_for(text: &str, hypers: &[HyperValue], inputs: &[Array]) {
    let compiled = compiled(text);
    let before = loss_core::ir::build(&compiled.checked);
    let after = for_graphs(&compiled.program);
    assert!(reduces(&before) && !reduces(&after), "{text}");
    let value = |program: &Program| eval(program, hypers, inputs).expect("a value").data;
    let (before, after) = (value(&before), value(&after));
    let near = |(a, b): (&f64, &f64)| a == b || (a - b).abs() < 1e-12;
    assert!(before.iter().zip(&after).all(near), "{text}: {before:?} {after:?}");
}

/// For more and for fewer places than distances and windows.
#[track_caller]
fn same(body: &str) {
    for places in [1, 2, 3, 9] {
        let text = format!("pub L<c = 0.5, lag: usize = 2>(x: [B, N]) {{ {body} + lag }}");
        same_for(&text, &[HyperValue::Real(0.5), HyperValue::Real(2.0)], &[numbers(&[2, places])]);
    }
}

#[test]
fn neighbours_are_read_one_by_one() {
    for condition in [
        "m == n + 1",
        "n == m - 1",
        "m - n == -2",
        "2 + m == n",
        "-m == 1 - n",
        "n - 1 == m + 1",
        "m + n == 3",
        "m == 2 * n",
        "m == floor(0.5 * n)",
        "m == n + 0.5",
        "m == n + c",
        "m == n - lag",
        "n == m + lag && m != 1",
    ] {
        same(&format!("sum[m | {condition}](c * x[b, m]) + x[b, n]"));
        same(&format!("prod[m | {condition} && x[b, m] > 0](x[b, m] + n + m) + c * x[b, n]"));
        same(&format!("max[m | {condition}](tanh(x[b, m])) + c * x[b, n]"));
        same(&format!("(if any[m | {condition}](x[b, m] > 0) {{ 1 }} else {{ c }}) + x[b, n]"));
        same(&format!("(if all[m | {condition}](x[b, m] > 0) {{ 1 }} else {{ c }}) + x[b, n]"));
    }
}

#[test]
fn windows_are_read_place_by_place() {
    for condition in [
        "abs(m - n) <= 2",
        "2 >= abs(n - m)",
        "abs(m - n) < 2",
        "abs(m - n + 1) <= 1",
        "m >= n - 2 && m <= n",
        "n - 3 < m && n + 2 > m",
        "n <= m && m < n + 4 && x[b, m] < 1",
        "abs(m - n) <= 2 && m != n",
        "abs(m - n) <= 3 && m <= n + 1",
        "abs(m - n) <= 3 && abs(m - n - 2) <= 3",
        "abs(m - n + 0.25) <= 0.75 && m <= n + 1",
        "abs(m - n - lag) <= 1",
    ] {
        same(&format!("mean[m | {condition}](c * x[b, m]) + x[b, n]"));
        same(&format!("logsumexp[m | {condition}](c * x[b, m] * n + m) + x[b, n]"));
        same(&format!("min[m | {condition}](x[b, m]) * c + x[b, n]"));
        same(&format!("(if any[m | {condition}](x[b, m] > 0.5) {{ 1 }} else {{ c }}) + x[b, n]"));
    }
}

#[test]
fn more_than_one_index_is_left_a_place() {
    let hypers = [HyperValue::Real(0.5)];
    for places in [1, 2, 3, 9] {
        let (image, line) = (numbers(&[2, places, 3]), numbers(&[places]));
        let text = "pub L<c = 0.5>(x: [B, N, M]) {
            max[i, j | abs(i - n) <= 1 && abs(j - m) <= 1](c * x[b, i, j] + i) + x[b, n, m]
        }";
        same_for(text, &hypers, std::slice::from_ref(&image));
        let text = "pub L<c = 0.5>(x: [B, N, M]) {
            sum[i, j, k | k == j + 1 && j == i + 1 && abs(i - n) <= 1](c * x[b, i, m] * x[b, j, m] * x[b, k, m]) + x[b, n, m]
        }";
        same_for(text, &hypers, std::slice::from_ref(&image));
        let text = "pub L<c = 0.5>(w: [N], x: [B, M], y: [B, 3]) {
            sum[k, s | s == t + k - 1](c * w[0] * x[b, s] * y[b, k]) + x[b, t]
        }";
        same_for(text, &hypers, &[line.clone(), numbers(&[2, places]), numbers(&[2, 3])]);
    }
}

#[test]
fn what_is_computed_of_pairs_is_computed_of_those_that_are_left() {
    for places in [1, 2, 3, 9] {
        let text = "pub L<c = 0.5>(x: [B, N], y: [B, N, 3]) {
            let apart[b, n, m] = mean[k | y[b, m, k] < 1](abs(y[b, m, k] - y[b, n, k]));
            sum[m | m == n + 1](c * abs(x[b, m] - x[b, n]) * apart[b, n, m])
        }";
        let inputs = [numbers(&[2, places]), numbers(&[2, places, 3])];
        same_for(text, &[HyperValue::Real(0.5)], &inputs);
        assert_eq!(widest(&for_graphs(&program(text))), 3, "one for each of b, n and k");
    }
}

/// The axes of the tensor that has the most.
fn widest(program: &Program) -> usize {
    let live = reach::live_all(program);
    let ids = program.graph.ids().filter(|id| live[id.index()]);
    ids.map(|id| program.graph[id].axes.len()).max().unwrap_or(0)
}

#[test]
fn what_is_summed_of_pairs_in_a_window_is_unfolded() {
    let sums = [
        "sum[k](y[b, n, k] * y[b, m, k])",
        "mean[k | y[b, m, k] < 1 && mask[b, m]](abs(y[b, m, k] - y[b, n, k]) * m)",
        "logsumexp[k | k != 1](y[b, m, k] * n - y[b, n, k])",
        "(if any[k](y[b, m, k] > y[b, n, k]) { x[b, m] } else { x[b, n] })",
        "sum[k, l | l == k + 1](y[b, m, k] * y[b, n, l]) + exp(-(m - n) ^ 2)",
    ];
    let windows = [
        "abs(m - n) <= 2",
        "n - 2 <= m && m < n && x[b, m] > 0",
        "abs(m - n) < 2 && mask[b, m]",
        "abs(m - n) <= 3 && abs(m - n - 2) <= 3",
    ];
    for (sum, window) in sums.iter().flat_map(|sum| windows.map(|window| (sum, window))) {
        for places in [1, 2, 3, 9] {
            let text = format!(
                "pub L<c = 0.5>(x: [B, N], y: [B, N, 3], mask: [B, N] -> bool) {{
                    let apart[b, n, m] = {sum};
                    c * max[m | {window}](tanh(apart[b, n, m]) * x[b, m]) + (if mask[b, n] {{ 0 }} else {{ y[b, n, 0] }})
                }}"
            );
            let mask = Array::new(&[2, places], (0..2 * places).map(|i| (i % 3).min(1) as f64).collect());
            same_for(
                &text,
                &[HyperValue::Real(0.5)],
                &[numbers(&[2, places]), numbers(&[2, places, 3]), mask],
            );
            assert!(widest(&for_graphs(&program(&text))) <= 5, "{text}");
        }
    }
}

#[test]
fn windows_of_two_axes_are_unfolded_at_once() {
    for places in [1, 2, 4] {
        let text = "pub L<c = 0.5>(x: [B, N, M], y: data [B, N, M, 2]) {
            let kernel[b, n, m, i, j] = exp(-sum[k]((y[b, n, m, k] - y[b, i, j, k]) ^ 2) - (n - i) ^ 2 - c * (m - j) ^ 2);
            sum[i, j | abs(i - n) <= 1 && abs(j - m) <= 2](kernel[b, n, m, i, j] * abs(x[b, i, j] - x[b, n, m]))
        }";
        same_for(text, &[HyperValue::Real(0.5)], &[numbers(&[2, places, 3]), numbers(&[2, places, 3, 2])]);
        assert_eq!(widest(&for_graphs(&program(text))), 6, "b, n, m, two places and k");
    }
}

#[test]
fn what_is_no_distance_stays() {
    for condition in ["m <= n + 1", "m == n + x[b, n]", "abs(m - n) <= c", "abs(m - n) <= 40", "m + m == n"] {
        let text = format!("pub L<c = 1.0>(x: [B, N]) {{ c * max[m | {condition}](x[b, m]) + x[b, n] }}");
        assert!(reduces(&for_graphs(&program(&text))), "{condition}");
    }
    // All elements are as many as a window has.
    let text = "pub L(x: [B, 5]) { max[m | abs(m - n) <= 2](x[b, m]) + x[b, n] }";
    assert_eq!(program(text).sets.len(), 2);
}
