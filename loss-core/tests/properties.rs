//! Random well-typed specs through the compiler: no pass changes a value, and what is printed parses to the same.
//!
//! `RANDOM_SPECS=20000` tries that many (default 400).

use loss_core::compile::compile;
use loss_core::ir::eval::{Array, HyperValue, eval};
use loss_core::ir::{self, Program};
use loss_core::random::{Rng, spec};
use loss_core::{passes, syntax};

fn inputs(program: &Program, rng: &mut Rng) -> Vec<Array> {
    let sizes = [1 + rng.below(4), 1 + rng.below(4), 1 + rng.below(3), 3, 1 + rng.below(3)];
    let size = |name: &str| sizes[["B", "K", "D", "C", "N"].iter().position(|s| *s == name).expect("a set")];
    let set = |id: &ir::SetId| size(&program.sets[usize::from(id.0)].name);
    let mut arrays = Vec::new();
    for input in &program.inputs {
        let shape: Vec<usize> = input.sets.iter().map(set).collect();
        let element = |rng: &mut Rng| match input.ty {
            ir::Ty::Real => rng.between(-1.5, 1.5),
            ir::Ty::Bool => rng.below(2) as f64,
            ir::Ty::Index(id) => rng.below(set(&id)) as f64,
        };
        let data = (0..shape.iter().product::<usize>()).map(|_| element(rng)).collect();
        arrays.push(Array { shape, data });
    }
    arrays
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

#[test]
fn passes_keep_the_value() {
    let count = std::env::var("RANDOM_SPECS").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    for seed in 0..count {
        let text = spec("R", seed);
        let outcome = compile(text.parse().expect("tokens"));
        let messages: Vec<String> = outcome.errors.iter().map(loss_core::diag::Diag::text).collect();
        assert!(messages.is_empty(), "seed {seed}: {}\n{text}", messages.join("\n"));
        let compiled = &outcome.compiled[0];
        let built = ir::build(&compiled.checked);
        let mut rng = Rng::new(seed);
        let arrays = inputs(&built, &mut rng);
        let hypers = [HyperValue::Real(0.7), HyperValue::Real(1.5)];
        let before = eval(&built, &hypers, &arrays).expect("valid inputs");
        let same = |pass: &str, program: &Program| {
            let after = eval(program, &hypers, &arrays).expect("valid inputs");
            assert_eq!(before.shape, after.shape, "seed {seed}: `{pass}` changed the shape\n{text}");
            for (b, a) in before.data.iter().zip(&after.data) {
                assert!(close(*b, *a), "seed {seed}: `{pass}` changed {b} to {a}\n{text}");
            }
        };
        let improved = passes::improve(built, &mut |pass, program| same(pass, program));
        same("for_graphs", &passes::for_graphs(&improved));
    }
    println!("properties: {count} random specs, every pass kept the value");
}

#[test]
fn print_then_parse_is_the_same() {
    for seed in 0..200 {
        let text = spec("R", seed);
        let mut errors = loss_core::diag::Errors::new();
        let file = syntax::parse(text.parse().expect("tokens"), &mut errors);
        let printed = syntax::print::def(&file.defs[0]);
        let again = syntax::parse(printed.parse().expect("tokens"), &mut errors);
        assert!(errors.is_empty(), "seed {seed}: {printed}");
        assert_eq!(printed, syntax::print::def(&again.defs[0]), "seed {seed}");
    }
}
