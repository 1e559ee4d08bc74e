//! The IR as text: whole programs and single nodes as formulas.

use loss_core::ir::print::{self, expanded_formula, formula};
use loss_core::ir::{
    Axis, Direction, Graph, HyperInfo, InputInfo, Loop, NodeId, NodeKind, Program, ReduceRef, SetId, SetInfo,
    SetSize, Ty,
};
use loss_core::ops::reduce;
use loss_core::syntax::ast::HyperType;

const B: Axis = Axis { set: SetId(0), copy: 0 };
const B2: Axis = Axis { set: SetId(0), copy: 1 };
const K: Axis = Axis { set: SetId(1), copy: 0 };
const K2: Axis = Axis { set: SetId(1), copy: 1 };

/// `Test<a>(x: [B, K] in 0..=1, t: [B] -> K, m: [B] -> bool, w: data [])`, value still to be set.
fn program() -> Program {
    let set = |name: &str, axis| SetInfo { name: name.into(), size: SetSize::Dim { input: 0, axis } };
    let input = |name: &str, sets: &[Axis], ty, domain| InputInfo {
        name: name.into(),
        data: name == "w",
        sets: sets.iter().map(|a| a.set).collect(),
        ty,
        domain,
    };
    let mut graph = Graph::default();
    let value = graph.constant(0.0);
    Program {
        name: "Test".into(),
        sets: vec![set("B", 0), set("K", 1)],
        hypers: vec![HyperInfo { name: "a".into(), ty: HyperType::Real }],
        inputs: vec![
            input("x", &[B, K], Ty::Real, Some((Some((0.0, true)), Some((1.0, true))))),
            input("t", &[B], Ty::Index(K.set), None),
            input("m", &[B], Ty::Bool, None),
            input("w", &[], Ty::Real, None),
        ],
        graph,
        value,
        roots: vec![],
    }
}

fn x(p: &mut Program) -> NodeId {
    p.graph.add_input(0, vec![B, K], Ty::Real)
}

fn reduce(p: &mut Program, name: &str, over: Axis, body: NodeId, given: Option<NodeId>) -> NodeId {
    let op = ReduceRef(reduce::find(name).expect("a reducer of the table"));
    p.graph.add(NodeKind::Reduce { op, over: vec![over], body, given })
}

#[test]
fn a_program_is_printed_line_by_line() {
    let mut p = program();
    let dead = p.graph.constant(7.0);
    let (x, t) = (x(&mut p), p.graph.add_input(1, vec![B], Ty::Index(K.set)));
    let m = p.graph.add_input(2, vec![B], Ty::Bool);
    p.graph.op("exp", &[dead]);
    let lse = reduce(&mut p, "logsumexp", K, x, None);
    p.graph.set_name(lse, "lse");
    let own = p.graph.add(NodeKind::Gather { body: x, axis: K, index: t });
    let difference = p.graph.op("sub", &[lse, own]);
    let zero = p.graph.constant(0.0);
    let masked = p.graph.op("select", &[m, difference, zero]);
    let small = p.graph.constant(1e-7);
    p.value = p.graph.op("add", &[masked, small]);
    assert_eq!(
        print::program(&p),
        "Test<a>(x: [B, K] in 0..=1, t: [B] -> K, m: [B] -> bool, w: data [])
%0 [b] bool = m[b]
%1 [b, k] = x[b, k]
%2 lse [b] = logsumexp[k] %1
%3 [b] K = t[b]
%4 [b] = gather[k = %3] %1
%5 [b] = sub %2 %4
%6 [] = const 0.0
%7 [b] = select %0 %5 %6
%8 [] = const 1e-7
%9 [b] = add %7 %8
value %9
"
    );
}

#[test]
fn every_kind_of_node_has_a_line() {
    let mut p = program();
    let x = x(&mut p);
    let other = p.graph.add(NodeKind::Rename(x, vec![(B, B2)]));
    let gram = p.graph.add(NodeKind::Contract { over: vec![K], lhs: x, rhs: other });
    let (i, j) = (p.graph.add(NodeKind::Iota(B)), p.graph.add(NodeKind::Iota(B2)));
    let differ = p.graph.op("ne", &[i, j]);
    let row = reduce(&mut p, "sum", B2, gram, Some(differ));
    let rank = p.graph.add(NodeKind::Rank(x, K));
    let order = p.graph.add(NodeKind::Argsort(x, K));
    let runs = p.graph.add(NodeKind::Cumsum(x, K, Direction::Forward));
    let sorted = p.graph.add(NodeKind::Gather { body: runs, axis: K, index: order });
    let rank = p.graph.op("real", &[rank]);
    let first = p.graph.add(NodeKind::At(K.set, 0));
    let first = p.graph.add(NodeKind::Gather { body: sorted, axis: K, index: first });
    let size = p.graph.add(NodeKind::Size(K.set));
    let array = p.graph.add(NodeKind::HyperArray(0, K));
    let truth = p.graph.add(NodeKind::Truth(true));
    let parts = [row, rank, first, size, array];
    let sum = parts.into_iter().reduce(|sum, part| p.graph.op("add", &[sum, part])).unwrap();
    p.value = p.graph.op("select", &[truth, sum, size]);
    assert_eq!(
        print::program(&p).lines().skip(1).collect::<Vec<_>>().join("\n"),
        "%0 [] bool = const true
%1 [b, k] = x[b, k]
%2 [b2, k] = rename[b -> b2] %1
%3 [b, b2] = contract[k] %1 %2
%4 [b] B = index b
%5 [b2] B = index b2
%6 [b, b2] bool = ne %4 %5
%7 [b] = sum[b2 | %6] %3
%8 [b, k] K = rank[k] %1
%9 [b, k] = real %8
%10 [b, k] = add %7 %9
%11 [b, k] = cumsum[k] %1
%12 [b, k] K = argsort[k] %1
%13 [b, k] = gather[k = %12] %11
%14 [] K = element 0 of K
%15 [b] = gather[k = %14] %13
%16 [b, k] = add %10 %15
%17 [] = size of K
%18 [b, k] = add %16 %17
%19 [k] = hyper a[k]
%20 [b, k] = add %18 %19
%21 [b, k] = select %0 %20 %17
value %21"
    );
}

/// `repeat 2 { f[b] = exp(x[b, 0]) + f[b] * inner; }` where `inner` is a loop from `f`.
fn nested_loops(p: &mut Program) -> NodeId {
    let x = x(p);
    let first = p.graph.add(NodeKind::At(K.set, 0));
    let first = p.graph.add(NodeKind::Gather { body: x, axis: K, index: first });
    let constant = p.graph.op("exp", &[first]);
    let (two, zero) = (p.graph.constant(2.0), p.graph.constant(0.0));
    p.graph.loops.push(Loop { count: two, vars: vec![], init: vec![], next: vec![], reverses: None });
    p.graph.loops.push(Loop { count: two, vars: vec![], init: vec![], next: vec![], reverses: None });
    let f = p.graph.add(NodeKind::LoopVar { id: 0, slot: 0, axes: vec![B] });
    p.graph.set_name(f, "f");
    let g = p.graph.add(NodeKind::LoopVar { id: 1, slot: 0, axes: vec![B] });
    let next = p.graph.op("sin", &[g]);
    p.graph.loops[1] = Loop { count: two, vars: vec![g], init: vec![f], next: vec![next], reverses: None };
    let inner = p.graph.add(NodeKind::LoopOut { id: 1, slot: 0, axes: vec![B] });
    let next = p.graph.op("mul", &[f, inner]);
    let next = p.graph.op("add", &[constant, next]);
    p.graph.loops[0] = Loop { count: two, vars: vec![f], init: vec![zero], next: vec![next], reverses: None };
    p.graph.add(NodeKind::LoopOut { id: 0, slot: 0, axes: vec![B] })
}

#[test]
fn loops_are_blocks() {
    let mut p = program();
    p.value = nested_loops(&mut p);
    assert_eq!(
        print::program(&p).lines().skip(1).collect::<Vec<_>>().join("\n"),
        "%0 [] = const 2.0
%1 [] = const 0.0
%2 [b, k] = x[b, k]
%3 [] K = element 0 of K
%4 [b] = gather[k = %3] %2
%5 [b] = exp %4
repeat 0: %0 rounds from f = %1 {
  %6 f [b] = carried f of repeat 0
  repeat 1: %0 rounds from t0 = %6 {
    %7 [b] = carried t0 of repeat 1
    %8 [b] = sin %7
    t0 = %8
  }
  %9 [b] = result t0 of repeat 1
  %10 [b] = mul %6 %9
  %11 [b] = add %5 %10
  f = %11
}
%12 [b] = result f of repeat 0
value %12"
    );
    assert_eq!(formula(&p, p.value), "f[b]");
}

#[test]
fn parentheses_follow_the_binding_strengths() {
    let mut p = program();
    let a = p.graph.add(NodeKind::Hyper(0));
    let w = p.graph.add_input(3, vec![], Ty::Real);
    let two = p.graph.constant(2.0);
    let g = &mut p.graph;
    let (sum, difference) = (g.op("add", &[a, w]), g.op("sub", &[a, w]));
    let (product, negative) = (g.op("mul", &[a, w]), g.op("neg", &[a]));
    let (power, less) = (g.op("pow", &[a, two]), g.op("lt", &[a, w]));
    let cases = [
        (g.op("mul", &[sum, w]), "(a + w) * w"),
        (g.op("add", &[product, w]), "a * w + w"),
        (g.op("sub", &[difference, difference]), "a - w - (a - w)"),
        (g.op("div", &[w, product]), "w / (a * w)"),
        (g.op("neg", &[power]), "-a ^ 2"),
        (g.op("pow", &[negative, two]), "(-a) ^ 2"),
        (g.op("pow", &[power, power]), "(a ^ 2) ^ (a ^ 2)"),
        (g.op("neg", &[negative]), "-(-a)"),
        (g.op("neg", &[sum]), "-(a + w)"),
        (g.op("mul", &[negative, w]), "-a * w"),
        (g.op("not", &[less]), "!(a < w)"),
        (g.op("and", &[less, less]), "a < w && a < w"),
        (g.op("clamp", &[sum, a, w]), "clamp(a + w, a, w)"),
    ];
    let branch = g.op("select", &[less, sum, two]);
    for (id, text) in cases {
        assert_eq!(formula(&p, id), text);
    }
    assert_eq!(formula(&p, branch), "if a < w { a + w } else { 2 }");
    let scaled = p.graph.op("mul", &[w, branch]);
    assert_eq!(formula(&p, scaled), "w * (if a < w { a + w } else { 2 })");
}

#[test]
fn numbers_are_short() {
    let mut p = program();
    let cases = [(1.0, "1"), (0.5, "0.5"), (-2.0, "-2"), (1e-7, "1e-7"), (1e20, "1e20"), (0.0, "0")];
    for (value, text) in cases {
        let id = p.graph.constant(value);
        assert_eq!(formula(&p, id), text);
    }
    let (a, minus) = (p.graph.add(NodeKind::Hyper(0)), p.graph.constant(-2.0));
    let id = p.graph.op("pow", &[minus, a]);
    assert_eq!(formula(&p, id), "(-2) ^ a");
}

#[test]
fn names_stand_for_their_definitions() {
    let mut p = program();
    let x = x(&mut p);
    let lse = reduce(&mut p, "logsumexp", K, x, None);
    let logp = p.graph.op("sub", &[x, lse]);
    p.graph.set_name(logp, "logp");
    let t = p.graph.add_input(1, vec![B], Ty::Index(K.set));
    let own = p.graph.add(NodeKind::Gather { body: logp, axis: K, index: t });
    let value = p.graph.op("neg", &[own]);
    assert_eq!(formula(&p, value), "-logp[b, t[b]]");
    assert_eq!(expanded_formula(&p, value), "-(x[b, t[b]] - logsumexp[k](x[b, k]))");
    assert_eq!(formula(&p, logp), "log_softmax[k](x[b, k])");
}

#[test]
fn bound_indices_are_not_captured() {
    let mut p = program();
    let x = x(&mut p);
    // The Gram matrix, and its transpose by exchanging the two indices.
    let other = p.graph.add(NodeKind::Rename(x, vec![(B, B2)]));
    let gram = p.graph.add(NodeKind::Contract { over: vec![K], lhs: x, rhs: other });
    let swapped = p.graph.add(NodeKind::Rename(gram, vec![(B, B2), (B2, B)]));
    assert_eq!(formula(&p, gram), "sum[k](x[b, k] * x[b2, k])");
    assert_eq!(formula(&p, swapped), "sum[k](x[b2, k] * x[b, k])");
    // sum[k2](x[b, k] * x[b, k2]) read at k = k2 of an outer index: the bound index gives way.
    let second = p.graph.add(NodeKind::Rename(x, vec![(K, K2)]));
    let product = p.graph.op("mul", &[x, second]);
    let sum = reduce(&mut p, "sum", K2, product, None);
    assert_eq!(formula(&p, sum), "sum[k2](x[b, k] * x[b, k2])");
    let moved = p.graph.add(NodeKind::Rename(sum, vec![(K, K2)]));
    assert_eq!(formula(&p, moved), "sum[k](x[b, k2] * x[b, k])");
}

#[test]
fn orders_are_read_at_indices() {
    let mut p = program();
    let (x, t) = (x(&mut p), p.graph.add_input(1, vec![B], Ty::Index(K.set)));
    let order = p.graph.add(NodeKind::Argsort(x, K));
    let sorted = p.graph.add(NodeKind::Gather { body: x, axis: K, index: order });
    assert_eq!(formula(&p, sorted), "x[b, argsort[k](x[b, k])]");
    let moved = p.graph.add(NodeKind::Rename(order, vec![(K, K2)]));
    assert_eq!(formula(&p, moved), "argsort[k2](x[b, k2])");
    let read = p.graph.add(NodeKind::Gather { body: order, axis: K, index: t });
    assert_eq!(formula(&p, read), "argsort[k](x[b, k])[k = t[b]]");
}

#[test]
fn conditions_stand_after_the_bar() {
    let mut p = program();
    let x = x(&mut p);
    let zero = p.graph.constant(0.0);
    let positive = p.graph.op("gt", &[x, zero]);
    let sum = reduce(&mut p, "sum", K, x, Some(positive));
    assert_eq!(formula(&p, sum), "sum[k | x[b, k] > 0](x[b, k])");
}
