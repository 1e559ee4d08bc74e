//! Graphs read neighbours one by one: the program that they are made of has the value of the one before.

use loss_core::compile::compile;
use loss_core::ir::eval::{Array, HyperValue, eval};
use loss_core::ir::{NodeKind, Program};
use loss_core::passes::for_graphs;

fn program(text: &str) -> Program {
    compile(text.parse().expect("tokens")).compiled.remove(0).program
}

/// Whether a reduction is left.
fn reduces(program: &Program) -> bool {
    let live = loss_core::ir::reach::live_all(program);
    let g = &program.graph;
    g.ids().any(|id| live[id.index()] && matches!(g[id].kind, NodeKind::Reduce { .. }))
}

fn x(samples: usize, places: usize) -> Array {
    let data = (0..samples * places).map(|i| ((i * 37) % 23) as f64 / 7.0 - 1.0).collect();
    Array::new(&[samples, places], data)
}

/// The value is the same, for more and for fewer places than the distance, and no sum is left.
#[track_caller]
fn same(body: &str) {
    let before = program(&format!("pub L<c = 0.5>(x: [B, N]) {{ {body} }}"));
    let after = for_graphs(&before);
    assert!(reduces(&before) && !reduces(&after), "{body}");
    for places in [1, 2, 3, 9] {
        let inputs = [x(2, places)];
        let value =
            |program: &Program| eval(program, &[HyperValue::Real(0.5)], &inputs).expect("a value").data;
        let (before, after) = (value(&before), value(&after));
        assert!(
            before.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-12),
            "{body}: {before:?} {after:?}"
        );
    }
}

#[test]
fn neighbours_are_read_one_by_one() {
    for condition in
        ["m == n + 1", "n == m - 1", "m - n == -2", "2 + m == n", "-m == 1 - n", "n - 1 == m + 1"]
    {
        same(&format!("sum[m | {condition}](c * x[b, m]) + x[b, n]"));
        same(&format!("prod[m | {condition} && x[b, m] > 0](x[b, m] + n + m) + c * x[b, n]"));
    }
}

#[test]
fn what_is_no_distance_stays() {
    for condition in ["m == n", "m == 2 * n", "m == n + 0.5", "m == n + c", "m + n == 3", "m <= n + 1"] {
        let text = format!("pub L<c = 1.0>(x: [B, N]) {{ c * max[m | {condition}](x[b, m]) + x[b, n] }}");
        assert!(reduces(&for_graphs(&program(&text))) || condition == "m == n", "{condition}");
    }
    // Nothing is neutral to `max` but minus infinity.
    let text = "pub L(x: [B, N]) { max[m | m == n + 1](x[b, m]) + x[b, n] }";
    assert!(reduces(&for_graphs(&program(text))));
}
