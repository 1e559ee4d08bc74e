//! Kernels against the graph: value, total and gradients of fused programs, run by the interpreter of loops, are
//! those that the graph's own interpreter gives.
//!
//! `RANDOM_SPECS=20000` tries that many random specs (default 300), from seed `RANDOM_SEED` (default 0).

mod memory;
mod running;

use loss_core::catalogue;
use loss_core::compile::{Compiled, compile};
use loss_core::ir::eval::{Array, HyperValue, eval, eval_over};
use loss_core::ir::loops::eval::{Request, run};
use loss_core::ir::loops::{Fused, print};
use loss_core::ir::{Bound, InputInfo, Program, SetSize, Ty};
use loss_core::passes::differentiate::{Derivative, differentiate};
use loss_core::passes::fuse::fuse;
use loss_core::passes::guard;
use loss_core::random::{Rng, spec};
use loss_core::syntax::ast::HyperType;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Definitions that have once been fused wrongly, as small as they could be made.
const REGRESSIONS: &[&str] = &[
    // The element that equals the smallest one must be computed as it was, whatever its indices are called.
    "pub Renamed(w: [B], e: [D], y: data [B]) {
        let t[i, j] = min[d](softmax[d](w[j] + e[d]) + e[d]) + y[i];
        mean[i, j](tanh(t[i, j]))
    }",
    // What is read at a class is what stands there.
    "pub Gathered(x: [B, K], target: [B] -> K) {
        let p[b, k] = softmax[k](x[b, k]);
        sum[k](if p[b, k] > p[b, target[b]] { p[b, k] } else { 0 }) + max[i](p[i, target[i]])
    }",
    // What is added at a class for each token, with the opposite sign of what is differentiated.
    "pub Tokens(x: [B, N, V], target: [B, N] -> V) {
        sum[t](sum[v](x[b, t, v]^2) - x[b, t, target[b, t]])
    }",
    "pub Sequence(logits: [B, N, V], target: [B, N] -> V, mask: [B, N] -> bool) {
        let logp[b, t, v] = log_softmax[v](logits[b, t, v]);
        sum[t | mask[b, t]](-logp[b, t, target[b, t]])
    }",
    // The rows of a table that classes point to.
    "pub Table(beta: [C, A], context: [K] -> C) {
        sum[k, a](beta[context[k], a] ^ 3) + sum[c, a](beta[c, a] ^ 2)
    }",
    "pub Counted(beta: [C, A], context: [K, Q] -> C, action: [K] -> A) {
        let active[k, c] = count[q | context[k, q] == c]();
        let z[k, a] = sum[c](active[k, c] * beta[c, a]);
        sum[k](logsumexp[a](z[k, a]) - z[k, action[k]]) + sum[c, a](beta[c, a] ^ 2)
    }",
    // Elements at two indices of a set that the signature names later.
    "pub Elements(x: [N, K], a: [M] -> N, b: [M] -> K) { x[a[m], b[m]] }
    pub Rows(x: [N, K], a: [M] -> N) { sum[k](x[a[m], k] ^ 2) }
    pub Pairs(g: [N, N], a: [M] -> N, b: [M] -> N) { g[a[m], b[m]] ^ 2 }",
    // A class that is itself looked up.
    "pub Twice(x: [B, N, V], target: [B, N] -> V, permutation: [B, N] -> N) {
        let said[b, t] = target[b, permutation[b, t]];
        sum[t](-exp(x[b, t, said[b, t]]))
    }",
    "pub TwiceCompared(logits: [B, N, V], target: [B, N] -> V, p: [B, N] -> N) {
        let said[b, t] = target[b, p[b, t]];
        let logp[b, t, v] = log_softmax[v](logits[b, t, v]);
        sum[t, v | v == said[b, t]](-logp[b, t, v])
    }",
];

/// What inputs are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Draw {
    /// Reals in general position.
    Plain,
    /// Multiples of a half: many are equal, many are zero.
    Ties,
    /// A few very large numbers among small ones.
    Extreme,
}

impl Draw {
    /// How far apart two ways of computing may end, relative to the largest element of a result.
    fn tolerance(self) -> f64 {
        // Squares of very large numbers cancel: of 16 digits, ten are left.
        if self == Draw::Extreme { 1e-6 } else { 1e-9 }
    }
}

const DRAWS: [Draw; 3] = [Draw::Plain, Draw::Ties, Draw::Extreme];

fn compiled(text: &str) -> Vec<Compiled> {
    let outcome = compile(text.parse().expect("tokens"));
    let messages: Vec<String> = outcome.errors.iter().map(loss_core::diag::Diag::text).collect();
    assert!(messages.is_empty(), "{}\n{text}", messages.join("\n"));
    outcome.compiled
}

/// A size for each set.
fn sizes(program: &Program, rng: &mut Rng, sizes: &[usize]) -> Vec<usize> {
    let size = |s: &loss_core::ir::SetInfo, rng: &mut Rng| match s.size {
        SetSize::Fixed(n) => n,
        _ => sizes[rng.below(sizes.len())],
    };
    program.sets.iter().map(|s| size(s, rng)).collect()
}

fn element(info: &InputInfo, sizes: &[usize], draw: Draw, rng: &mut Rng) -> f64 {
    let bound = |b: Bound, open: f64| b.map_or(open, |b| b.0);
    match info.ty {
        Ty::Bool => rng.below(2) as f64,
        Ty::Index(set) => rng.below(sizes[usize::from(set.0)]) as f64,
        Ty::Real => {
            let (lo, hi) = info.domain.unwrap_or_default();
            let (lo, hi) = (bound(lo, bound(hi, 1.5) - 3.0), bound(hi, bound(lo, -1.5) + 3.0));
            let x = rng.between(lo, hi);
            match draw {
                Draw::Ties if info.domain.is_none() => (2.0 * x).round() / 2.0,
                Draw::Extreme if info.domain.is_none() && rng.below(5) == 0 => 200.0 * x,
                _ => x,
            }
        }
    }
}

fn inputs(program: &Program, sizes: &[usize], draw: Draw, rng: &mut Rng) -> Vec<Array> {
    let input = |info: &InputInfo| {
        let shape: Vec<usize> = info.sets.iter().map(|s| sizes[usize::from(s.0)]).collect();
        let data = (0..shape.iter().product()).map(|_| element(info, sizes, draw, rng)).collect();
        Array { shape, data }
    };
    program.inputs.iter().map(input).collect()
}

fn hypers(compiled: &Compiled) -> Vec<HyperValue> {
    let value = |(info, default): (&loss_core::ir::HyperInfo, &Vec<f64>)| match info.ty {
        HyperType::Array(_) => HyperValue::Array(default.clone()),
        _ => HyperValue::Real(default[0]),
    };
    compiled.program.hypers.iter().zip(&compiled.checked.defaults).map(value).collect()
}

/// Results by what they are.
type Results = Vec<(String, Vec<f64>)>;

/// How far results are from others, relative to the largest of their kind; by the worst of them. What is not finite
/// has no digits to compare.
fn distance(found: &Results, wanted: &Results) -> (f64, String) {
    let mut worst = (0.0, String::new());
    for ((what, found), (same, wanted)) in found.iter().zip(wanted) {
        assert_eq!((what, found.len()), (same, wanted.len()));
        let finite = wanted.iter().filter(|w| w.is_finite());
        let scale = finite.fold(1.0, |scale: f64, w| scale.max(w.abs()));
        let near = |(f, w): (&f64, &f64)| if f == w || !w.is_finite() { 0.0 } else { (f - w).abs() / scale };
        // A NaN where there should be none is as far as can be.
        let far = |d: f64| if d.is_nan() { f64::INFINITY } else { d };
        let most = found.iter().zip(wanted).map(near).map(far).fold(0.0, f64::max);
        if most > worst.0 {
            worst = (most, format!("{what} is {found:?}, not {wanted:?}"));
        }
    }
    worst
}

/// A definition with its kernels.
struct Case {
    compiled: Compiled,
    derivative: Derivative,
    fused: Fused,
}

/// `None`: kernels cannot do it.
fn case(compiled: Compiled) -> Option<Case> {
    let derivative = differentiate(&guard(&compiled.program));
    let fused = fuse(&derivative).ok()?;
    Some(Case { compiled, derivative, fused })
}

/// One evaluation.
struct Point {
    draw: Draw,
    hypers: Vec<HyperValue>,
    inputs: Vec<Array>,
    upstream: Array,
    wanted: Vec<usize>,
}

impl Point {
    /// A point so near that only rounding tells them apart.
    fn neighbour(&self, program: &Program, rng: &mut Rng) -> Point {
        let mut inputs = self.inputs.clone();
        let real = inputs.iter_mut().zip(&program.inputs).filter(|(_, info)| info.ty == Ty::Real);
        real.flat_map(|(input, _)| &mut input.data).for_each(|x| *x *= 1.0 + rng.between(-1e-14, 1e-14));
        let (hypers, upstream, wanted) = (self.hypers.clone(), self.upstream.clone(), self.wanted.clone());
        Point { draw: self.draw, hypers, inputs, upstream, wanted }
    }
}

/// What becomes of an evaluation.
enum Verdict {
    Agrees,
    /// The graph itself changes as much from a point to its neighbours.
    Rounding(String),
    Differs(String),
}

impl Case {
    fn point(&self, wanted: &[usize], sized: &[usize], draw: Draw, rng: &mut Rng) -> Option<Point> {
        let (program, hypers) = (&self.compiled.program, hypers(&self.compiled));
        let sizes = sizes(program, rng, sized);
        let inputs = inputs(program, &sizes, draw, rng);
        // An element that a set does not have is no point.
        let value = eval(program, &hypers, &inputs).ok()?;
        let data = value.data.iter().map(|_| rng.between(0.5, 1.5)).collect();
        Some(Point { draw, hypers, inputs, upstream: Array { data, ..value }, wanted: wanted.to_vec() })
    }

    fn check(&self, point: &Point, rng: &mut Rng) -> Verdict {
        let found = match self.kernels(point, 1 + rng.below(4)) {
            Ok(found) => found,
            Err(fault) => return Verdict::Differs(fault),
        };
        let wanted = self.graph(point);
        let (far, text) = distance(&found, &wanted);
        if far <= point.draw.tolerance() {
            return Verdict::Agrees;
        }
        let mut moved = 0.0f64;
        for _ in 0..4 {
            let neighbour = point.neighbour(&self.compiled.program, rng);
            moved = moved.max(distance(&self.graph(&neighbour), &wanted).0);
        }
        if far <= 100.0 * moved { Verdict::Rounding(text) } else { Verdict::Differs(text) }
    }

    fn kernels(&self, point: &Point, chunk: usize) -> Result<Results, String> {
        let request = Request {
            program: &self.compiled.program,
            hypers: &point.hypers,
            inputs: &point.inputs,
            upstream: &point.upstream.data,
            wanted: &point.wanted,
            chunk,
        };
        let outcome = run(&self.fused, &request).map_err(|f| f.to_string())?;
        let results = |(total, gradients): (f64, Vec<(usize, Array)>)| {
            let gradients = gradients.into_iter().map(|(input, g)| (self.gradient(input), g.data));
            [("the total".to_owned(), vec![total])].into_iter().chain(gradients).collect::<Results>()
        };
        let apart = results((outcome.total, outcome.gradients));
        let at_once = outcome.both.map_or_else(|| apart.clone(), results);
        Ok([("the value".to_owned(), outcome.value.data)].into_iter().chain(apart).chain(at_once).collect())
    }

    fn gradient(&self, input: usize) -> String {
        format!("the gradient of `{}`", self.compiled.program.inputs[input].name)
    }

    fn graph(&self, point: &Point) -> Results {
        let value = eval(&self.compiled.program, &point.hypers, &point.inputs).expect("the point is valid");
        let total = value.sum();
        let (program, grads) = (&self.derivative.program, &self.derivative.grads);
        let all: Vec<Array> = point.inputs.iter().cloned().chain([point.upstream.clone()]).collect();
        let nodes: Vec<_> = grads.iter().map(|&(input, node)| (node, program.input_axes(input))).collect();
        let oracle = eval_over(program, &point.hypers, &all, &nodes).expect("the point is valid");
        let of = |input: &usize| {
            let found = grads.iter().position(|g| g.0 == *input).map(|i| oracle[i].data.clone());
            (self.gradient(*input), found.unwrap_or_else(|| vec![0.0; point.inputs[*input].data.len()]))
        };
        let rest: Results =
            [("the total".to_owned(), vec![total])].into_iter().chain(point.wanted.iter().map(of)).collect();
        // The kernels give them twice: apart from the value and with it.
        [("the value".to_owned(), value.data)].into_iter().chain(rest.clone()).chain(rest).collect()
    }

    /// All gradients and some of them, sizes of all kinds, numbers of all kinds.
    fn check_all(&self, rng: &mut Rng) -> Vec<Verdict> {
        let real = |i: &InputInfo| i.ty == Ty::Real && !i.data;
        let inputs = &self.compiled.program.inputs;
        let all: Vec<usize> = (0..inputs.len()).filter(|&i| real(&inputs[i])).collect();
        let mut points = vec![self.point(&all, &[1], Draw::Plain, rng)];
        for (draw, sized) in DRAWS.into_iter().zip([&[1, 2, 3, 4, 5][..], &[2, 3], &[1, 4]]) {
            points.push(self.point(&all, sized, draw, rng));
            let some: Vec<usize> = all.iter().copied().filter(|_| rng.below(2) == 0).collect();
            points.push(self.point(&some, &[1, 3, 4], draw, rng));
        }
        points.iter().flatten().map(|point| self.check(point, rng)).collect()
    }
}

/// What became of definitions.
#[derive(Default)]
struct Tally {
    definitions: usize,
    fused: usize,
    unfused: Vec<String>,
    /// Those that call host functions, which kernels do not.
    on_host: usize,
    rounding: Vec<String>,
    failures: Vec<String>,
}

impl Tally {
    fn and(mut self, other: Tally) -> Tally {
        self.definitions += other.definitions;
        self.fused += other.fused;
        self.unfused.extend(other.unfused);
        self.on_host += other.on_host;
        self.rounding.extend(other.rounding);
        self.failures.extend(other.failures);
        self
    }

    /// Fails if anything has.
    fn assert(self, what: &str) {
        let Tally { definitions, fused, on_host, rounding, failures, .. } = self;
        println!(
            "fused: {fused} of {definitions} {what}, {on_host} call host functions; {} failed, {} told apart by rounding only",
            failures.len(),
            rounding.len()
        );
        let shown = number("SHOWN", 3) as usize;
        let text = |list: &[String]| list.iter().take(shown).cloned().collect::<Vec<_>>().join("\n");
        assert!(failures.is_empty(), "{} failed\n{}", failures.len(), text(&failures));
        assert!(
            rounding.len() <= 1 + definitions / 500,
            "too much is put down to rounding\n{}",
            text(&rounding)
        );
    }
}

/// Checks every definition of a text.
fn check_text(text: &str, seeds: Range<u64>) -> Tally {
    let mut tally = Tally::default();
    for definition in compiled(text) {
        tally.definitions += 1;
        tally.on_host += usize::from(definition.program.calls_host());
        let name = definition.def.name.to_string();
        let known = definition.program.calls_host();
        let Some(case) = case(definition) else {
            if !known {
                tally.unfused.push(name);
            }
            continue;
        };
        tally.fused += 1;
        let of_seed =
            |seed| case.check_all(&mut Rng::new(seed)).into_iter().map(move |verdict| (seed, verdict));
        for (seed, verdict) in seeds.clone().flat_map(of_seed) {
            let told = |error| {
                let kernels = print::fused(&case.derivative.program, &case.fused);
                format!("{name}, seed {seed}: {error}\n{text}\n{kernels}")
            };
            match verdict {
                Verdict::Agrees => {}
                Verdict::Rounding(error) => tally.rounding.push(told(error)),
                Verdict::Differs(error) => tally.failures.push(told(error)),
            }
        }
    }
    tally
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

#[test]
fn the_catalogue_fused() {
    let tally = on_every_core(0..catalogue::FILES.len() as u64, |file| {
        check_text(catalogue::FILES[file as usize].text, 0..5)
    });
    assert!(
        tally.unfused.is_empty(),
        "not fused, although without host functions: {}",
        tally.unfused.join(", ")
    );
    tally.assert("definitions of the catalogue");
}

#[test]
fn regressions_fused() {
    let cases = REGRESSIONS.iter().map(|text| check_text(text, 0..20));
    cases.fold(Tally::default(), Tally::and).assert("regressions");
}

/// What is used several times is looked at once: twenty squarings are not a million expressions.
#[test]
fn long_chains_fused() {
    for step in ["T[i, j] * T[i, j] - 0.5 * T[i, j]", "exp(-T[j, i]) * T[i, j] / (1 + T[j, i] ^ 2)"] {
        let mut text = "pub Chain(x: [B, B]) { let t0[i, j] = tanh(x[i, j]);".to_owned();
        for i in 1..24 {
            let step = step.replace('T', &format!("t{}", i - 1));
            text += &format!("let t{i}[i, j] = {step};");
        }
        check_text(&(text + "sum[j](t23[i, j]) }"), 1..2).assert("chains");
    }
}

/// Checks a random spec; a panic is a failure like any other.
fn check_seed(seed: u64) -> Tally {
    let text = spec("R", seed);
    let failed = |_| Tally { failures: vec![format!("seed {seed}: panicked\n{text}")], ..Tally::default() };
    std::panic::catch_unwind(|| check_text(&text, seed..seed + 1)).unwrap_or_else(failed)
}

/// What the checks of all numbers give, as many at a time as there are cores.
fn on_every_core(numbers: Range<u64>, check: impl Fn(u64) -> Tally + Sync) -> Tally {
    let next = AtomicU64::new(numbers.start);
    let next = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < numbers.end);
    let worker = || std::iter::from_fn(next).map(&check).fold(Tally::default(), Tally::and);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let tallies = workers.into_iter().map(|w| w.join().expect("a check does not panic"));
        tallies.fold(Tally::default(), Tally::and)
    })
}

#[test]
fn random_specs_fused() {
    let (first, count) = (number("RANDOM_SEED", 0), number("RANDOM_SPECS", 300));
    let tally = on_every_core(first..first + count, check_seed);
    assert!((tally.fused + tally.failures.len()) as u64 >= count, "every random spec can be fused");
    tally.assert("random specs");
}
