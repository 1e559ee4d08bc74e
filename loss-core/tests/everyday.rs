//! Everyday options of every loss with a class for each sample: label smoothing, and a distribution in place of the class.

use loss_core::compile::{Compiled, compile};
use loss_core::ir::eval::{Array, HyperValue, eval};
use loss_core::ir::{InputInfo, Program, SetId, SetSize, Ty};
use loss_core::random::Rng;
use loss_core::syntax::ast::HyperType;
use loss_core::{catalogue, passes};

const SMOOTHING: f64 = 0.25;

/// What a text defines; the catalogue's definitions can be applied in it.
fn compiled(text: &str) -> Compiled {
    let outcome = compile(text.parse().expect("tokens"));
    let messages: Vec<String> = outcome.errors.iter().map(loss_core::diag::Diag::text).collect();
    assert!(messages.is_empty(), "{}\n{text}", messages.join("\n"));
    outcome.compiled.into_iter().last().expect("a definition")
}

fn set_text(program: &Program, set: SetId) -> &str {
    &program.sets[usize::from(set.0)].name
}

fn input_text(program: &Program, input: &InputInfo) -> String {
    let axes: Vec<&str> = input.sets.iter().map(|&s| set_text(program, s)).collect();
    let (name, axes) = (&input.name, axes.join(", "));
    match input.ty {
        Ty::Real if input.data => format!("{name}: data [{axes}]"),
        Ty::Real => format!("{name}: [{axes}]"),
        Ty::Bool => format!("{name}: [{axes}] -> bool"),
        Ty::Index(set) => format!("{name}: [{axes}] -> {}", set_text(program, set)),
    }
}

/// The class of each sample, among classes that some input has an axis of (not `K + 1`, not labels of groups).
fn target(program: &Program) -> Option<usize> {
    let samples: Vec<SetId> = program.samples().iter().map(|a| a.set).collect();
    let is_axis = |set: SetId| program.inputs.iter().any(|i| i.sets.contains(&set));
    let maps = |i: &InputInfo| matches!(i.ty, Ty::Index(set) if is_axis(set)) && i.sets == samples;
    program.inputs.iter().position(maps).filter(|_| !samples.is_empty())
}

fn size(program: &Program, set: SetId) -> usize {
    match program.sets[usize::from(set.0)].size {
        SetSize::Fixed(n) => n,
        SetSize::Beyond { base, more } => size(program, base) + more,
        // All sizes differ, so that no axis passes for another.
        _ => 3 + usize::from(set.0),
    }
}

fn inputs(program: &Program, rng: &mut Rng) -> Vec<Array> {
    let mut arrays = Vec::new();
    for input in &program.inputs {
        let shape: Vec<usize> = input.sets.iter().map(|&s| size(program, s)).collect();
        let (lo, hi) = input.domain.map_or((-2.0, 2.0), |(lo, hi)| {
            let lo = lo.map_or(-2.0, |b| b.0);
            (lo, hi.map_or(lo + 2.0, |b| b.0))
        });
        let element = |rng: &mut Rng| match input.ty {
            Ty::Real => rng.between(lo, hi),
            Ty::Bool => rng.below(2) as f64,
            Ty::Index(set) => rng.below(size(program, set)) as f64,
        };
        let data = (0..shape.iter().product::<usize>()).map(|_| element(rng)).collect();
        arrays.push(Array { shape, data });
    }
    arrays
}

fn value(program: &Program, hypers: &[HyperValue], inputs: &[Array]) -> Vec<f64> {
    eval(program, hypers, inputs).expect("a value").data
}

fn defaults(compiled: &Compiled) -> Vec<HyperValue> {
    let value = |(info, default): (&loss_core::ir::HyperInfo, &Vec<f64>)| match info.ty {
        HyperType::Array(_) => HyperValue::Array(default.clone()),
        _ => HyperValue::Real(default[0]),
    };
    compiled.program.hypers.iter().zip(&compiled.checked.defaults).map(value).collect()
}

/// `smoothed<..>(Loss(..))` and `sum[k](q[b, k] * Loss(.., k)[b])` against the loss at each class in turn.
fn check(name: &str, base: &Compiled, target: usize) {
    let program = &base.program;
    let Ty::Index(classes) = program.inputs[target].ty else { unreachable!("a class map") };
    let declared: Vec<String> = program.inputs.iter().map(|i| input_text(program, i)).collect();
    let names: Vec<&str> = program.inputs.iter().map(|i| i.name.as_str()).collect();
    let (declared, args) = (declared.join(", "), names.join(", "));
    let text = format!("pub Smoothed({declared}) = smoothed<label_smoothing = {SMOOTHING}>({name}({args}));");
    let smoothed = passes::improve(compiled(&text).program, &mut |_, _| ());

    let mut rng = Rng::new(1);
    let (hypers, inputs) = (defaults(base), inputs(program, &mut rng));
    let plain = value(program, &hypers, &inputs);
    let at = |class: usize| {
        let mut inputs = inputs.clone();
        inputs[target].data.fill(class as f64);
        value(program, &hypers, &inputs)
    };
    let classes: Vec<Vec<f64>> = (0..size(program, classes)).map(at).collect();
    let found = value(&smoothed, &[], &inputs);
    assert_eq!(found.len(), plain.len(), "{name}");
    for (sample, &found) in found.iter().enumerate() {
        let all = classes.iter().map(|c| c[sample]).sum::<f64>() / classes.len() as f64;
        let wanted = (1.0 - SMOOTHING) * plain[sample] + SMOOTHING * all;
        let close = (found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0);
        assert!(close || found == wanted, "{name}, sample {sample}: {found} instead of {wanted}");
    }
}

#[test]
fn every_loss_of_classes_can_be_smoothed() {
    let mut count = 0;
    for family in catalogue::families() {
        for base in compile(catalogue::family_tokens(family)).compiled {
            let public = catalogue::names().contains(&base.program.name);
            if let (true, Some(target)) = (public, target(&base.program)) {
                check(&base.program.name.clone(), &base, target);
                count += 1;
            }
        }
    }
    assert!(count >= 40, "only {count} losses have a class for each sample");
}

/// The formula that papers write for smoothed cross entropy is what smoothing gives for it.
#[test]
fn smoothed_cross_entropy_is_that_of_the_smoothed_target() {
    let text = "pub Both(logits: [B, K], target: [B] -> K) {
        let q[b, k] = (if k == target[b] { 0.75 } else { 0 }) + 0.25 / K;
        smoothed<label_smoothing = 0.25>(CrossEntropy(logits, target))[b] - SoftTargetCrossEntropy(logits, q)[b]
    }";
    let program = compiled(text).program;
    let inputs = inputs(&program, &mut Rng::new(2));
    assert!(value(&program, &[], &inputs).iter().all(|d| d.abs() < 1e-12));
}
