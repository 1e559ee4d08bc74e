//! The interpreter on graphs small enough to check by hand.

use loss_core::ir::eval::{Array, EvalError, HyperValue, eval, eval_node, finite_difference};
use loss_core::ir::{
    Axis, Direction, Graph, HyperInfo, InputInfo, Loop, NodeId, NodeKind, OpRef, Program, ReduceRef, SetId,
    SetInfo, SetSize, Ty,
};
use loss_core::ops::reduce;
use loss_core::syntax::ast::HyperType;

const B: SetId = SetId(0);
const K: SetId = SetId(1);
const C: SetId = SetId(2);
const THREE: SetId = SetId(3);

const fn axis(set: SetId) -> Axis {
    Axis { set, copy: 0 }
}

/// A program over the sets `B` and `K`, `C` of unknown size and `3`, with the inputs
/// `x: [B, K]`, `t: [B] -> K`, `m: [K, B] -> bool`, `c: [B] -> C` and the hyperparameters
/// `a`, `n: usize` and `w: [f64; 3]`.
fn program() -> Program {
    let set = |name: &str, size| SetInfo { name: name.into(), size };
    let input = |name: &str, sets: &[SetId], ty| InputInfo {
        name: name.into(),
        data: ty != Ty::Real,
        sets: sets.to_vec(),
        ty,
        domain: None,
    };
    let hyper = |name: &str, ty| HyperInfo { name: name.into(), ty };
    let mut graph = Graph::default();
    let value = graph.constant(0.0);
    Program {
        name: "Test".into(),
        sets: vec![
            set("B", SetSize::Dim { input: 0, axis: 0 }),
            set("K", SetSize::Dim { input: 0, axis: 1 }),
            set("C", SetSize::Unknown),
            set("3", SetSize::Fixed(3)),
        ],
        hypers: vec![
            hyper("a", HyperType::Real),
            hyper("n", HyperType::Integer),
            hyper("w", HyperType::Array(3)),
        ],
        inputs: vec![
            input("x", &[B, K], Ty::Real),
            input("t", &[B], Ty::Index(K)),
            input("m", &[K, B], Ty::Bool),
            input("c", &[B], Ty::Index(C)),
        ],
        graph,
        value,
        roots: vec![],
    }
}

fn hypers() -> Vec<HyperValue> {
    vec![HyperValue::Real(0.5), HyperValue::Real(3.0), HyperValue::Array(vec![10.0, 20.0, 30.0])]
}

fn inputs() -> Vec<Array> {
    vec![
        Array::new(&[2, 3], vec![3.0, 1.0, 2.0, -1.0, -1.0, 4.0]),
        Array::new(&[2], vec![2.0, 0.0]),
        Array::new(&[3, 2], vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
        Array::new(&[2], vec![7.0, 7.0]),
    ]
}

fn x(p: &mut Program) -> NodeId {
    p.graph.add_input(0, vec![axis(B), axis(K)], Ty::Real)
}

fn t(p: &mut Program) -> NodeId {
    p.graph.add_input(1, vec![axis(B)], Ty::Index(K))
}

fn m(p: &mut Program) -> NodeId {
    p.graph.add_input(2, vec![axis(K), axis(B)], Ty::Bool)
}

fn reduce(p: &mut Program, name: &str, over: &[Axis], body: NodeId, given: Option<NodeId>) -> NodeId {
    let op = ReduceRef(reduce::find(name).expect("a reducer of the table"));
    p.graph.add(NodeKind::Reduce { op, over: over.to_vec(), body, given })
}

#[track_caller]
fn check(p: &Program, id: NodeId, shape: &[usize], data: &[f64]) {
    let got = eval_node(p, &hypers(), &inputs(), id).unwrap();
    assert_eq!(got, Array::new(shape, data.to_vec()));
}

#[test]
fn leaves() {
    let mut p = program();
    let id = p.graph.constant(1.5);
    check(&p, id, &[], &[1.5]);
    let id = p.graph.add(NodeKind::Truth(true));
    check(&p, id, &[], &[1.0]);
    let id = p.graph.add(NodeKind::Truth(false));
    check(&p, id, &[], &[0.0]);
    let id = p.graph.add(NodeKind::At(K, 2));
    check(&p, id, &[], &[2.0]);
    let id = p.graph.add(NodeKind::Hyper(0));
    check(&p, id, &[], &[0.5]);
    let id = p.graph.add(NodeKind::HyperArray(2, axis(THREE)));
    check(&p, id, &[3], &[10.0, 20.0, 30.0]);
    let id = p.graph.add(NodeKind::Size(K));
    check(&p, id, &[], &[3.0]);
    let id = p.graph.add(NodeKind::Iota(axis(K)));
    check(&p, id, &[3], &[0.0, 1.0, 2.0]);
}

#[test]
fn inputs_are_laid_out_canonically() {
    let mut p = program();
    let id = x(&mut p);
    check(&p, id, &[2, 3], &[3.0, 1.0, 2.0, -1.0, -1.0, 4.0]);
    // Declared [K, B], canonical [B, K].
    let id = m(&mut p);
    check(&p, id, &[2, 3], &[1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn an_op_broadcasts_over_the_union_of_axes() {
    let mut p = program();
    let (t, k) = (t(&mut p), p.graph.add(NodeKind::Iota(axis(K))));
    let hit = p.graph.op("eq", &[t, k]);
    check(&p, hit, &[2, 3], &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    let x = x(&mut p);
    let zero = p.graph.constant(0.0);
    let id = p.graph.op("select", &[hit, x, zero]);
    check(&p, id, &[2, 3], &[0.0, 0.0, 2.0, -1.0, 0.0, 0.0]);
    let number = p.graph.op("real", &[k]);
    let id = p.graph.op("sub", &[x, number]);
    check(&p, id, &[2, 3], &[3.0, 0.0, 0.0, -1.0, -2.0, 2.0]);
}

#[test]
fn reductions() {
    let mut p = program();
    let x = x(&mut p);
    for (name, rows) in [("sum", [6.0, 2.0]), ("prod", [6.0, 4.0]), ("max", [3.0, 4.0]), ("min", [1.0, -1.0])]
    {
        let id = reduce(&mut p, name, &[axis(K)], x, None);
        check(&p, id, &[2], &rows);
    }
    let id = reduce(&mut p, "sum", &[axis(B), axis(K)], x, None);
    check(&p, id, &[], &[8.0]);
    let m = m(&mut p);
    let id = reduce(&mut p, "any", &[axis(K)], m, None);
    check(&p, id, &[2], &[1.0, 0.0]);
    let id = reduce(&mut p, "all", &[axis(K)], m, None);
    check(&p, id, &[2], &[0.0, 0.0]);
}

#[test]
fn a_condition_leaves_elements_out() {
    let mut p = program();
    let (x, m) = (x(&mut p), m(&mut p));
    // Row 1 has no element: the neutral elements.
    let inf = f64::INFINITY;
    for (name, rows) in [
        ("sum", [5.0, 0.0]),
        ("prod", [6.0, 1.0]),
        ("max", [3.0, -inf]),
        ("min", [2.0, inf]),
        ("logsumexp", [3.0 + (-1f64).exp().ln_1p(), -inf]),
    ] {
        let id = reduce(&mut p, name, &[axis(K)], x, Some(m));
        let got = eval_node(&p, &hypers(), &inputs(), id).unwrap();
        assert_eq!(got.data[1], rows[1], "{name} over nothing");
        assert!((got.data[0] - rows[0]).abs() < 1e-15, "{name}: {} and {}", got.data[0], rows[0]);
    }
    // An axis that only the condition has: the body counts once for each index for which it holds.
    let one = p.graph.constant(1.0);
    let id = reduce(&mut p, "sum", &[axis(K)], one, Some(m));
    check(&p, id, &[2], &[2.0, 0.0]);
}

#[test]
fn what_is_masked_out_may_be_anything() {
    let mut p = program();
    let (x, zero) = (x(&mut p), p.graph.constant(0.0));
    let positive = p.graph.op("gt", &[x, zero]);
    let ln = p.graph.op("ln", &[x]);
    let id = reduce(&mut p, "sum", &[axis(K)], ln, Some(positive));
    check(&p, id, &[2], &[3f64.ln() + 2f64.ln(), 4f64.ln()]);
    let id = p.graph.op("select", &[positive, ln, zero]);
    check(&p, id, &[2, 3], &[3f64.ln(), 0.0, 2f64.ln(), 0.0, 0.0, 4f64.ln()]);
}

#[test]
fn contraction_and_renaming() {
    let mut p = program();
    let (x, b2) = (x(&mut p), Axis { set: B, copy: 1 });
    let y = p.graph.add(NodeKind::Rename(x, vec![(axis(B), b2)]));
    check(&p, y, &[2, 3], &[3.0, 1.0, 2.0, -1.0, -1.0, 4.0]);
    let gram = p.graph.add(NodeKind::Contract { over: vec![axis(K)], lhs: x, rhs: y });
    check(&p, gram, &[2, 2], &[14.0, 4.0, 4.0, 18.0]);
    // All at once: B0 and B1 change places, which transposes `x[b] - x[b2]`.
    let difference = p.graph.op("sub", &[x, y]);
    let first = p.graph.add(NodeKind::At(K, 0));
    let difference = p.graph.add(NodeKind::Gather { body: difference, axis: axis(K), index: first });
    check(&p, difference, &[2, 2], &[0.0, 4.0, -4.0, 0.0]);
    let id = p.graph.add(NodeKind::Rename(difference, vec![(axis(B), b2), (b2, axis(B))]));
    check(&p, id, &[2, 2], &[0.0, -4.0, 4.0, 0.0]);
}

#[test]
fn gathers() {
    let mut p = program();
    let (x, t) = (x(&mut p), t(&mut p));
    let id = p.graph.add(NodeKind::Gather { body: x, axis: axis(K), index: t });
    check(&p, id, &[2], &[2.0, -1.0]);
    // The index depends on the axis that is read: `x[b, order[b, k]]` sorts.
    let order = p.graph.add(NodeKind::Argsort(x, axis(K)));
    let id = p.graph.add(NodeKind::Gather { body: x, axis: axis(K), index: order });
    check(&p, id, &[2, 3], &[1.0, 2.0, 3.0, -1.0, -1.0, 4.0]);
}

#[test]
fn orders() {
    let mut p = program();
    let x = x(&mut p);
    let id = p.graph.add(NodeKind::Argsort(x, axis(K)));
    check(&p, id, &[2, 3], &[1.0, 2.0, 0.0, 0.0, 1.0, 2.0]);
    let id = p.graph.add(NodeKind::Rank(x, axis(K)));
    check(&p, id, &[2, 3], &[2.0, 0.0, 1.0, 0.0, 1.0, 2.0]);
    let id = p.graph.add(NodeKind::Argsort(x, axis(B)));
    check(&p, id, &[2, 3], &[1.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let id = p.graph.add(NodeKind::Cumsum(x, axis(K), Direction::Forward));
    check(&p, id, &[2, 3], &[3.0, 4.0, 6.0, -1.0, -2.0, 2.0]);
    let id = p.graph.add(NodeKind::Cumsum(x, axis(B), Direction::Forward));
    check(&p, id, &[2, 3], &[3.0, 1.0, 2.0, 2.0, 0.0, 6.0]);
}

#[test]
fn zeros_of_either_sign_are_ties_and_nan_stands_at_the_end() {
    let mut p = program();
    let x = x(&mut p);
    let id = p.graph.add(NodeKind::Argsort(x, axis(K)));
    let mut inputs = inputs();
    inputs[0].data = vec![0.0, -0.0, -1.0, f64::NAN, 2.0, f64::INFINITY];
    let got = eval_node(&p, &hypers(), &inputs, id).unwrap();
    assert_eq!(got.data, [2.0, 0.0, 1.0, 1.0, 2.0, 0.0]);
}

/// `repeat count { s[b] = f(s[b]); }` from `init`, with the result of `s`.
fn repeat(
    p: &mut Program,
    count: NodeId,
    init: NodeId,
    next: impl FnOnce(&mut Program, NodeId) -> NodeId,
) -> NodeId {
    let (id, axes) = (p.graph.loops.len(), vec![axis(B)]);
    p.graph.loops.push(Loop { count, vars: vec![], init: vec![], next: vec![], reverses: None });
    let var = p.graph.add(NodeKind::LoopVar { id, slot: 0, axes: axes.clone() });
    let next = next(p, var);
    p.graph.loops[id] = Loop { count, vars: vec![var], init: vec![init], next: vec![next], reverses: None };
    p.graph.add(NodeKind::LoopOut { id, slot: 0, axes })
}

#[test]
fn a_loop_runs_its_rounds() {
    let mut p = program();
    let (zero, a, n) =
        (p.graph.constant(0.0), p.graph.add(NodeKind::Hyper(0)), p.graph.add(NodeKind::Hyper(1)));
    let x = x(&mut p);
    let rows = reduce(&mut p, "sum", &[axis(K)], x, None);
    let step = |p: &mut Program, s: NodeId| {
        let half = p.graph.op("mul", &[a, s]);
        p.graph.op("add", &[half, rows])
    };
    // s = s / 2 + row from 0, three times: row * (1 + 1/2 + 1/4). The initial 0 has no axis and is spread.
    let out = repeat(&mut p, n, zero, step);
    check(&p, out, &[2], &[10.5, 3.5]);
    // No round: the initial value.
    let out = repeat(&mut p, zero, rows, step);
    check(&p, out, &[2], &[6.0, 2.0]);
}

#[test]
fn loops_nest() {
    let mut p = program();
    let (one, n) = (p.graph.constant(1.0), p.graph.add(NodeKind::Hyper(1)));
    // Inner: three times s + 1, from the outer variable. Outer: three times twice that.
    let out = repeat(&mut p, n, one, |p, outer| {
        let inner = repeat(p, n, outer, |p, s| p.graph.op("add", &[s, one]));
        p.graph.op("add", &[inner, inner])
    });
    // 1 -> 8 -> 22 -> 50
    check(&p, out, &[2], &[50.0, 50.0]);
}

#[test]
fn a_loop_carries_several_tensors_at_once() {
    let mut p = program();
    let (zero, one, n) = (p.graph.constant(0.0), p.graph.constant(1.0), p.graph.add(NodeKind::Hyper(1)));
    let var = |p: &mut Program, slot| p.graph.add(NodeKind::LoopVar { id: 0, slot, axes: vec![] });
    let (f, g) = (var(&mut p, 0), var(&mut p, 1));
    let sum = p.graph.op("add", &[f, g]);
    p.graph.loops.push(Loop {
        count: n,
        vars: vec![f, g],
        init: vec![zero, one],
        next: vec![g, sum],
        reverses: None,
    });
    for (slot, fibonacci) in [2.0, 3.0].into_iter().enumerate() {
        let out = p.graph.add(NodeKind::LoopOut { id: 0, slot, axes: vec![] });
        check(&p, out, &[], &[fibonacci]);
    }
}

#[test]
fn samples_of_the_value() {
    let mut p = program();
    p.value = x(&mut p);
    assert_eq!(eval(&p, &hypers(), &inputs()).unwrap().shape, [2, 3]);
    let mut empty = inputs();
    for (input, shape) in empty.iter_mut().zip([&[0, 3][..], &[0], &[3, 0], &[0]]) {
        *input = Array::new(shape, vec![]);
    }
    assert_eq!(eval(&p, &hypers(), &empty).unwrap(), Array::new(&[0, 3], vec![]));
}

#[test]
fn bad_values_are_named() {
    let mut p = program();
    p.value = x(&mut p);
    let error = |change: &dyn Fn(&mut Vec<HyperValue>, &mut Vec<Array>)| {
        let (mut hypers, mut inputs) = (hypers(), inputs());
        change(&mut hypers, &mut inputs);
        eval(&p, &hypers, &inputs).unwrap_err().to_string()
    };
    assert_eq!(error(&|h, _| h.truncate(1)), "3 hyperparameters wanted, 1 given");
    assert_eq!(error(&|_, i| i.truncate(1)), "4 inputs wanted, 1 given");
    assert_eq!(error(&|h, _| h[0] = h[2].clone()), "hyperparameter `a` must be a number");
    assert_eq!(
        error(&|h, _| h[1] = HyperValue::Real(0.5)),
        "hyperparameter `n` must be a whole number from 0"
    );
    assert_eq!(error(&|h, _| h[2] = HyperValue::Array(vec![1.0])), "hyperparameter `w` must be 3 numbers");
    assert_eq!(error(&|_, i| i[0].shape = vec![6]), "input `x` has 2 axes, an array with 1 was given");
    assert_eq!(error(&|_, i| i[0].shape = vec![2, 2]), "input `x` has 6 elements, but its shape has 4");
    assert_eq!(
        error(&|_, i| i[1] = Array::new(&[1], vec![0.0])),
        "axis 0 of input `t` has length 1, but `B` has 2 elements"
    );
    assert_eq!(
        error(&|_, i| i[1].data[1] = 3.0),
        "input `t` is 3 at [1], allowed is a whole number from 0 to 2"
    );
    assert_eq!(
        error(&|_, i| i[1].data[0] = -1.0),
        "input `t` is -1 at [0], allowed is a whole number from 0 to 2"
    );
    assert_eq!(error(&|_, i| i[2].data[3] = 2.0), "input `m` is 2 at [1, 1], allowed is 0 or 1");
    assert_eq!(
        error(&|_, i| i[3].data[0] = 0.5),
        "input `c` is 0.5 at [0], allowed is a whole number from 0"
    );
}

#[test]
fn bad_graphs_give_errors() {
    let mut p = program();
    let x = x(&mut p);
    let fourth = p.graph.add(NodeKind::At(K, 3));
    let id = p.graph.add(NodeKind::Gather { body: x, axis: axis(K), index: fourth });
    let error = eval_node(&p, &hypers(), &inputs(), id).unwrap_err();
    assert_eq!(error.to_string(), "element 3 of `K` is used, but `K` has 3 elements");
    let id = p.graph.add(NodeKind::Size(C));
    let error = eval_node(&p, &hypers(), &inputs(), id).unwrap_err();
    assert_eq!(error, EvalError::UnknownSize { set: "C".into() });
    let (half, zero) = (p.graph.constant(0.5), p.graph.constant(0.0));
    let id = repeat(&mut p, half, zero, |_, s| s);
    assert_eq!(eval_node(&p, &hypers(), &inputs(), id).unwrap_err(), EvalError::Rounds(0.5));
    let id = p.graph.loops[0].vars[0];
    assert!(matches!(eval_node(&p, &hypers(), &inputs(), id), Err(EvalError::Malformed(_))));
}

#[track_caller]
fn check_difference(p: &Program, wanted: &[f64]) {
    let got = finite_difference(p, &hypers(), &inputs(), 0).unwrap();
    assert_eq!(got.shape, [2, 3]);
    for (got, wanted) in got.data.iter().zip(wanted) {
        assert!((got - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{got} and {wanted}");
    }
}

#[test]
fn differences_of_smooth_functions() {
    let mut p = program();
    let x = x(&mut p);
    p.value = reduce(&mut p, "logsumexp", &[axis(K)], x, None);
    let softmax = |row: [f64; 3]| {
        let sum: f64 = row.iter().map(|v| v.exp()).sum();
        row.map(|v| v.exp() / sum)
    };
    let wanted = [softmax([3.0, 1.0, 2.0]), softmax([-1.0, -1.0, 4.0])].concat();
    check_difference(&p, &wanted);
    // A strong curvature: exp(50 x) at x = 4 is of the order of 1e86.
    let fifty = p.graph.constant(50.0);
    let steep = p.graph.op("mul", &[x, fifty]);
    p.value = p.graph.op("exp", &[steep]);
    let got = finite_difference(&p, &hypers(), &inputs(), 0).unwrap();
    for (got, x) in got.data.iter().zip(&inputs()[0].data) {
        let wanted = 50.0 * (50.0 * x).exp();
        assert!((got / wanted - 1.0).abs() < 1e-6, "{got} and {wanted}");
    }
}

#[test]
fn differences_beside_a_kink() {
    let mut p = program();
    let x = x(&mut p);
    // |x - 2.9999| has its kink within the largest step of x = 3.
    let near = p.graph.constant(2.9999);
    let shifted = p.graph.op("sub", &[x, near]);
    p.value = p.graph.op("abs", &[shifted]);
    check_difference(&p, &[1.0, -1.0, -1.0, -1.0, -1.0, 1.0]);
}

#[test]
fn detached_and_ordered_parts_are_constant_in_differences() {
    let mut p = program();
    let x = x(&mut p);
    let detached = p.graph.op("detach", &[x]);
    p.value = p.graph.op("mul", &[x, detached]);
    check_difference(&p, &inputs()[0].data);
    // A rank jumps at the tie of row 1, but it is taken as constant: the derivative of x * rank is the rank.
    let rank = p.graph.add(NodeKind::Rank(x, axis(K)));
    let rank = p.graph.op("real", &[rank]);
    p.value = p.graph.op("mul", &[x, rank]);
    check_difference(&p, &[2.0, 0.0, 1.0, 0.0, 1.0, 2.0]);
    let order = p.graph.add(NodeKind::Argsort(x, axis(K)));
    let sorted = p.graph.add(NodeKind::Gather { body: x, axis: axis(K), index: order });
    let place = p.graph.add(NodeKind::Iota(axis(K)));
    let place = p.graph.op("real", &[place]);
    p.value = p.graph.op("mul", &[sorted, place]);
    check_difference(&p, &[2.0, 0.0, 1.0, 0.0, 1.0, 2.0]);
}

#[test]
fn detach_in_a_loop_is_constant_round_by_round() {
    let mut p = program();
    let (n, x) = (p.graph.add(NodeKind::Hyper(1)), x(&mut p));
    let rows = reduce(&mut p, "sum", &[axis(K)], x, None);
    // s = detach(s) * row, three times from row: value row^4, derivative detach(row^3) = 216 and 8.
    let out = repeat(&mut p, n, rows, |p, s| {
        let s = p.graph.op("detach", &[s]);
        p.graph.op("mul", &[s, rows])
    });
    p.value = out;
    assert_eq!(eval(&p, &hypers(), &inputs()).unwrap().data, [1296.0, 16.0]);
    check_difference(&p, &[216.0, 216.0, 216.0, 8.0, 8.0, 8.0]);
}

#[test]
fn only_real_inputs_have_differences() {
    let p = program();
    let error = finite_difference(&p, &hypers(), &inputs(), 1).unwrap_err();
    assert_eq!(error, EvalError::NotReal { input: "t".into() });
}

#[test]
fn every_op_and_reducer_is_evaluated_by_its_row() {
    let mut p = program();
    for op in loss_core::ops::all() {
        let args: Vec<NodeId> = op.domain.iter().map(|d| p.graph.constant(f64::midpoint(d.0, d.1))).collect();
        let id = p.graph.add(NodeKind::Op(OpRef(op), args));
        let values: Vec<f64> = op.domain.iter().map(|d| f64::midpoint(d.0, d.1)).collect();
        check(&p, id, &[], &[(op.eval)(&values)]);
    }
}
