//! Kernels written by hand: what the interpreter of loops gives, and how kernels are printed.

mod laws;

use loss_core::compile::compile;
use loss_core::ir::eval::{Array as Numbers, eval, finite_difference};
use loss_core::ir::loops::eval::{Outcome, Request, run};
use loss_core::ir::loops::{
    Along, AlongOp, Array, ArrayId, At, Beside, Fused, How, Kernel, Let, LetId, Nest, Place, Product, Rows,
    Span, Stage, Step, Target, Value, print,
};
use loss_core::ir::{Axis, OpRef, Program, ReduceRef, SetId, Ty};
use loss_core::ops::{self, reduce};
use std::collections::BTreeMap;

const B: Axis = Axis { set: SetId(0), copy: 0 };
const B2: Axis = Axis { set: SetId(0), copy: 1 };
const K: Axis = Axis { set: SetId(1), copy: 0 };

fn program(text: &str) -> Program {
    let mut outcome = compile(text.parse().expect("tokens"));
    assert!(outcome.errors.is_empty());
    outcome.compiled.remove(0).program
}

/// A kernel in the making; all its `let`s belong to its next stage.
#[derive(Default)]
struct Builder {
    kernel: Kernel,
    lets: Vec<Let>,
    steps: Vec<Step>,
}

impl Builder {
    fn array(&mut self, name: &str, axes: &[Axis], place: Place) -> ArrayId {
        self.typed(name, axes, place, Ty::Real)
    }

    fn typed(&mut self, name: &str, axes: &[Axis], place: Place, ty: Ty) -> ArrayId {
        self.kernel.arrays.push(Array {
            name: name.into(),
            axes: axes.to_vec(),
            ty,
            place,
            rounds: false,
            home: None,
        });
        ArrayId(self.kernel.arrays.len() - 1)
    }

    fn expr(&mut self, value: Value, axes: &[Axis], ty: Ty) -> LetId {
        self.lets.push(Let { value, axes: axes.to_vec(), ty, name: None });
        LetId(self.lets.len() - 1)
    }

    fn constant(&mut self, value: f64) -> LetId {
        self.expr(Value::Const(value), &[], Ty::Real)
    }

    fn load(&mut self, array: ArrayId, at: &[At]) -> LetId {
        let of = |at: &At| match at {
            At::Axis(axis) => vec![*axis],
            At::Computed(id) => self.lets[id.0].axes.clone(),
        };
        let mut axes: Vec<Axis> = at.iter().flat_map(of).collect();
        axes.sort();
        axes.dedup();
        let ty = self.kernel.arrays[array.0].ty;
        self.expr(Value::Load(array, at.to_vec()), &axes, ty)
    }

    fn op(&mut self, name: &str, args: &[LetId]) -> LetId {
        let mut axes: Vec<Axis> = args.iter().flat_map(|a| self.lets[a.0].axes.clone()).collect();
        axes.sort();
        axes.dedup();
        let op = OpRef(ops::op(name));
        let ty = if op.gives == ops::Sort::Bool { Ty::Bool } else { Ty::Real };
        self.expr(Value::Op(op, args.to_vec()), &axes, ty)
    }

    fn nest(&mut self, loops: &[Axis], targets: &[Target]) {
        self.nest_for(loops, targets, &[]);
    }

    fn nest_for(&mut self, loops: &[Axis], targets: &[Target], needed_by: &[usize]) {
        let (loops, targets, needed_by) = (loops.to_vec(), targets.to_vec(), needed_by.to_vec());
        self.steps.push(Step::Nest(Nest { loops, spans: BTreeMap::new(), targets, needed_by }));
    }

    fn stage(&mut self, outer: Option<Axis>) {
        let (lets, steps) = (std::mem::take(&mut self.lets), std::mem::take(&mut self.steps));
        self.kernel.stages.push(Stage::Rows(Rows { outer, lets, steps }));
    }
}

fn at(axis: Axis) -> At {
    At::Axis(axis)
}

fn set(array: ArrayId, at: &[At], value: LetId) -> Target {
    Target { array, at: at.to_vec(), how: How::Set, value, given: None, across: false }
}

fn add(array: ArrayId, at: &[At], value: LetId) -> Target {
    Target { how: How::Add, ..set(array, at, value) }
}

fn reduced(array: ArrayId, at: &[At], how: &str, value: LetId) -> Target {
    let how = How::Reduce(ReduceRef(reduce::find(how).expect("the reducer table has it")));
    Target { how, ..set(array, at, value) }
}

fn across(target: Target) -> Target {
    Target { across: true, ..target }
}

fn saved(forward: &Kernel) -> Vec<Array> {
    forward.arrays.iter().filter(|a| matches!(a.place, Place::Saved(_))).cloned().collect()
}

fn fused(program: &Program, forward: Builder, backward: Builder) -> Fused {
    let saved = saved(&forward.kernel);
    Fused {
        sets: program.sets.clone(),
        forward: forward.kernel,
        backward: Some(backward.kernel),
        saved,
        both: None,
    }
}

fn ran(program: &Program, fused: &Fused, inputs: &[Numbers], wanted: &[usize]) -> Result<Outcome, String> {
    let upstream = vec![1.0; eval(program, &[], inputs).expect("valid inputs").data.len()];
    let request = Request { program, hypers: &[], inputs, upstream: &upstream, wanted, chunk: 3 };
    run(fused, &request).map_err(|f| f.to_string())
}

fn agrees(program: &Program, fused: &Fused, inputs: &[Numbers], wanted: &[usize]) {
    let outcome = ran(program, fused, inputs, wanted).expect("the kernel obeys the laws");
    let value = eval(program, &[], inputs).expect("valid inputs");
    let near = |a: &[f64], b: &[f64], by: f64| {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).for_each(|(a, b)| assert!((a - b).abs() <= by * b.abs().max(1.0), "{a}, not {b}"));
    };
    near(&outcome.value.data, &value.data, 1e-12);
    near(&[outcome.total], &[value.sum()], 1e-12);
    assert_eq!(outcome.gradients.len(), wanted.len());
    for (input, gradient) in &outcome.gradients {
        let oracle = finite_difference(program, &[], inputs, *input).expect("valid inputs");
        assert_eq!(gradient.shape, oracle.shape);
        near(&gradient.data, &oracle.data, 1e-7);
    }
}

fn values(count: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * 7 + 3) % 11) as f64 / 3.0 - 1.5).collect()
}

fn classes(count: usize, of: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * 5 + 2) % of) as f64).collect()
}

const CROSS_ENTROPY: &str =
    "pub Ce(logits: [B, K], target: [B] -> K) { logsumexp[k](logits[b, k]) - logits[b, target[b]] }";

fn cross_entropy_forward() -> Builder {
    let mut f = Builder::default();
    let logits = f.array("logits", &[B, K], Place::Input(0));
    let target = f.typed("target", &[B], Place::Input(1), Ty::Index(K.set));
    let (m, z) = (f.array("m", &[], Place::Row), f.array("z", &[], Place::Row));
    let lse = f.array("lse", &[B], Place::Saved(0));
    let (value, total) = (f.array("value", &[B], Place::Value), f.array("total", &[], Place::Total));
    let x = f.load(logits, &[at(B), at(K)]);
    f.nest(&[K], &[reduced(m, &[], "max", x)]);
    let max = f.load(m, &[]);
    let shifted = f.op("sub", &[x, max]);
    let exp = f.op("exp", &[shifted]);
    f.nest(&[K], &[reduced(z, &[], "sum", exp)]);
    let sum = f.load(z, &[]);
    let ln = f.op("ln", &[sum]);
    let all = f.op("add", &[max, ln]);
    let class = f.load(target, &[at(B)]);
    let own = f.load(logits, &[at(B), At::Computed(class)]);
    let loss = f.op("sub", &[all, own]);
    let targets =
        [set(lse, &[at(B)], all), set(value, &[at(B)], loss), across(reduced(total, &[], "sum", loss))];
    f.nest(&[], &targets);
    f.stage(Some(B));
    f
}

fn cross_entropy_backward() -> Builder {
    let mut b = Builder::default();
    let logits = b.array("logits", &[B, K], Place::Input(0));
    let target = b.typed("target", &[B], Place::Input(1), Ty::Index(K.set));
    let upstream = b.array("upstream", &[B], Place::Input(2));
    let lse = b.array("lse", &[B], Place::Saved(0));
    let d_logits = b.array("d_logits", &[B, K], Place::Gradient(0));
    let (x, all) = (b.load(logits, &[at(B), at(K)]), b.load(lse, &[at(B)]));
    let log = b.op("sub", &[x, all]);
    let p = b.op("exp", &[log]);
    let up = b.load(upstream, &[at(B)]);
    let term = b.op("mul", &[p, up]);
    b.nest_for(&[K], &[add(d_logits, &[at(B), at(K)], term)], &[0]);
    let class = b.load(target, &[at(B)]);
    let less = b.op("neg", &[up]);
    b.nest_for(&[], &[add(d_logits, &[at(B), At::Computed(class)], less)], &[0]);
    b.stage(Some(B));
    b
}

#[test]
fn cross_entropy_in_chunks() {
    let program = program(CROSS_ENTROPY);
    let fused = fused(&program, cross_entropy_forward(), cross_entropy_backward());
    for rows in [0, 1, 3, 7] {
        let logits = Numbers::new(&[rows, 5], values(rows * 5));
        let target = Numbers::new(&[rows], classes(rows, 5));
        agrees(&program, &fused, &[logits.clone(), target.clone()], &[0]);
        agrees(&program, &fused, &[logits, target], &[]);
    }
}

#[test]
fn cross_entropy_as_text() {
    let program = program(CROSS_ENTROPY);
    let fused = fused(&program, cross_entropy_forward(), cross_entropy_backward());
    let text = "\
forward
  input logits [b, k], target [b]
  saved lse [b]
  row m, z
  value value [b]
  total total
  rows b
    for k: m max= logits[b, k]
    for k: z += exp(logits[b, k] - m)
    let t1 = m + ln(z)
    let t2 = t1 - logits[b, target[b]]
    lse[b] = t1
    value[b] = t2
    total += t2  // over all rows
backward
  input logits [b, k], target [b], upstream [b]
  saved lse [b]
  gradient d_logits [b, k]
  rows b
    for k: d_logits[b, k] += exp(logits[b, k] - lse[b]) * upstream[b]  // for the gradient of logits
    d_logits[b, target[b]] += -upstream[b]  // for the gradient of logits
";
    assert_eq!(print::fused(&program, &fused), text);
}

/// Sums of columns, over rows; their squares are added up.
#[test]
fn columns_are_summed_over_chunks() {
    let program = program("pub Columns(x: [B, K]) { sum[k]((sum[b](x[b, k])) ^ 2) }");
    let mut f = Builder::default();
    let x = f.array("x", &[B, K], Place::Input(0));
    let s = f.array("s", &[K], Place::Saved(0));
    let (value, total) = (f.array("value", &[], Place::Value), f.array("total", &[], Place::Total));
    let element = f.load(x, &[at(B), at(K)]);
    f.nest(&[K], &[across(reduced(s, &[at(K)], "sum", element))]);
    f.stage(Some(B));
    let column = f.load(s, &[at(K)]);
    let square = f.op("mul", &[column, column]);
    f.nest(&[K], &[reduced(value, &[], "sum", square)]);
    let all = f.load(value, &[]);
    f.nest(&[], &[reduced(total, &[], "sum", all)]);
    f.stage(None);
    let mut b = Builder::default();
    let s = b.array("s", &[K], Place::Saved(0));
    let upstream = b.array("upstream", &[], Place::Input(1));
    let d_x = b.array("d_x", &[B, K], Place::Gradient(0));
    let (column, up, two) = (b.load(s, &[at(K)]), b.load(upstream, &[]), b.constant(2.0));
    let slope = b.op("mul", &[two, column]);
    let term = b.op("mul", &[slope, up]);
    b.nest(&[K], &[add(d_x, &[at(B), at(K)], term)]);
    b.stage(Some(B));
    let fused = fused(&program, f, b);
    for rows in [1, 3, 4, 8] {
        agrees(&program, &fused, &[Numbers::new(&[rows, 4], values(rows * 4))], &[0]);
    }
}

/// Sums by class: a scatter over rows; the gradient of the weights reads what it made.
#[test]
fn a_scatter_over_chunks() {
    let text =
        "pub Classes(x: [B], target: [B] -> K, w: [K]) { sum[k](w[k] * sum[b | target[b] == k](x[b])) }";
    let program = program(text);
    let fused = fused(&program, classes_forward(), classes_backward());
    for rows in [1, 3, 7] {
        let (x, w) = (Numbers::new(&[rows], values(rows)), Numbers::new(&[4], values(4)));
        let inputs = [x, Numbers::new(&[rows], classes(rows, 4)), w];
        for wanted in [&[0, 2][..], &[0], &[2], &[]] {
            agrees(&program, &fused, &inputs, wanted);
        }
    }
}

fn classes_forward() -> Builder {
    let mut f = Builder::default();
    let x = f.array("x", &[B], Place::Input(0));
    let target = f.typed("target", &[B], Place::Input(1), Ty::Index(K.set));
    let w = f.array("w", &[K], Place::Input(2));
    let c = f.array("c", &[K], Place::Saved(0));
    let (value, total) = (f.array("value", &[], Place::Value), f.array("total", &[], Place::Total));
    let (element, class) = (f.load(x, &[at(B)]), f.load(target, &[at(B)]));
    f.nest(&[], &[across(reduced(c, &[At::Computed(class)], "sum", element))]);
    f.stage(Some(B));
    let (weight, sum) = (f.load(w, &[at(K)]), f.load(c, &[at(K)]));
    let term = f.op("mul", &[weight, sum]);
    f.nest(&[K], &[reduced(value, &[], "sum", term), reduced(total, &[], "sum", term)]);
    f.stage(None);
    f
}

fn classes_backward() -> Builder {
    let mut b = Builder::default();
    let target = b.typed("target", &[B], Place::Input(1), Ty::Index(K.set));
    let w = b.array("w", &[K], Place::Input(2));
    let upstream = b.array("upstream", &[], Place::Input(3));
    let c = b.array("c", &[K], Place::Saved(0));
    let (d_x, d_w) = (b.array("d_x", &[B], Place::Gradient(0)), b.array("d_w", &[K], Place::Gradient(2)));
    let (up, class) = (b.load(upstream, &[]), b.load(target, &[at(B)]));
    let weight = b.load(w, &[At::Computed(class)]);
    let term = b.op("mul", &[weight, up]);
    b.nest_for(&[], &[add(d_x, &[at(B)], term)], &[0]);
    b.stage(Some(B));
    let (sum, up) = (b.load(c, &[at(K)]), b.load(upstream, &[]));
    let term = b.op("mul", &[sum, up]);
    b.nest_for(&[K], &[add(d_w, &[at(K)], term)], &[2]);
    b.stage(None);
    b
}

/// A matrix product between stages, and whole lines in each row.
#[test]
fn products_and_lines() {
    let program = program(
        "pub Lines(x: [B, K]) { let s[i, j] = sum[k](x[i, k] * x[j, k]);
         sum[j](cumsum[j](s[i, j]) * sort[j](s[i, j])) }",
    );
    let mut f = Builder::default();
    let x = f.array("x", &[B, K], Place::Input(0));
    let s = f.array("s", &[B, B2], Place::Global);
    let order = f.typed("order", &[B2], Place::Row, Ty::Index(B.set));
    let running = f.array("running", &[B2], Place::Row);
    let sum = f.array("sum", &[], Place::Row);
    let (value, total) = (f.array("value", &[B], Place::Value), f.array("total", &[], Place::Total));
    let (lhs, rhs) = ((x, vec![B, K]), (x, vec![B2, K]));
    let product = Product { to: s, lhs, rhs, batch: vec![], row: B, col: B2, over: K, needed_by: vec![] };
    f.kernel.stages.push(Stage::Product(product));
    for (op, to) in [(AlongOp::Argsort, order), (AlongOp::Cumsum { backward: false }, running)] {
        let (from, to) = ((s, vec![B, B2]), (to, vec![B2]));
        f.steps.push(Step::Along(Along {
            op,
            axis: B2,
            loops: vec![],
            from,
            weights: None,
            to,
            needed_by: vec![],
        }));
    }
    let (first, place) = (f.load(running, &[at(B2)]), f.load(order, &[at(B2)]));
    let second = f.load(s, &[at(B), At::Computed(place)]);
    let term = f.op("mul", &[first, second]);
    f.nest(&[B2], &[reduced(sum, &[], "sum", term)]);
    let all = f.load(sum, &[]);
    f.nest(&[], &[set(value, &[at(B)], all), across(reduced(total, &[], "sum", all))]);
    f.stage(Some(B));
    let text = "\
forward
  input x [b, k]
  between stages s [b, b2]
  row order [b2], running [b2], sum
  value value [b]
  total total
  s[b, b2] = product over k of x[b, k] * x[b2, k]
  rows b
    order[b2] = argsort[b2](s[b, b2])
    running[b2] = cumsum[b2](s[b, b2])
    for b2: sum += running[b2] * s[b, order[b2]]
    value[b] = sum
    total += sum  // over all rows
";
    assert_eq!(print::kernel(&program, "forward", &f.kernel), text);
    let fused = fused(&program, f, Builder::default());
    agrees(&program, &fused, &[Numbers::new(&[5, 3], values(15))], &[]);
}
