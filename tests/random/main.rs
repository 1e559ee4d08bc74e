//! Random well-typed specs as generated code: kernels, graph and interpreter against each other, and gradients against
//! finite differences, too, where nothing is tied. Specs of odd seeds are reduced to their mean, the value and the gradients
//! of which kernels make at once; those of even ones give each sample by itself, which they make apart.
//!
//! `RANDOM_CODE="25 50"` compiles and tries the 50 specs from seed 25 on (default `1 24`). rustc needs up to 100 MB for
//! each, so that many are tried in batches:
//!
//! ```sh
//! for first in $(seq 1 50 1951); do RANDOM_CODE="$first 50" cargo test --test random || break; done
//! ```
//!
//! What fails is told with its seed, its text and its inputs. An error of rustc's does not tell the seed: halve the range.
//!
//! `RANDOM_ROUNDS=50` tries that many inputs for each spec (default 8): small ones, with ties, with very large numbers,
//! with more classes or more samples than a vector has lanes, and with an axis of a few hundred.

#![allow(missing_docs)]

mod inputs;
mod oracle;
mod trial;

use dfdx_loss::__testing::Entry;
use inputs::{Draw, case, sizes};
use loss_core::compile::compile;
use loss_core::ir::Program;
use loss_core::random::{Rng, spec};
use std::panic::{AssertUnwindSafe, catch_unwind};
use trial::Trial;

mod kernels {
    loss_macros::entries!(random);
}

mod graph {
    loss_macros::entries!(graph random);
}

/// A definition, its text and the seed of its inputs.
struct Spec {
    text: String,
    seed: u64,
    program: Program,
    /// Each sample is asked for by itself.
    each: bool,
}

impl Spec {
    /// What a random entry was made of, which is named by its seed.
    fn random(name: &str) -> Spec {
        let seed: u64 = name[1..].parse().expect("a seed");
        let text = spec(name, seed);
        let program = compile(text.parse().expect("tokens")).compiled.remove(0).program;
        Spec { text, seed, each: seed.is_multiple_of(2) && !program.samples().is_empty(), program }
    }

    /// What is put down to rounding, or what is wrong.
    fn run(&self, entry: &Entry, graph: &Entry, round: u64) -> Result<Vec<String>, String> {
        let Spec { text, seed, program, each } = self;
        let (mut rng, draw) = (Rng::new(seed * 1000 + round), Draw::of(round));
        let sizes = sizes(program, &mut rng, round);
        let case = case(&mut rng, draw, sizes);
        let mut trial = Trial { entry, graph, program, case, draw, each: *each, rng, rounding: vec![] };
        let tried = catch_unwind(AssertUnwindSafe(|| trial.run(round)));
        let told = |what: &str| format!("seed {seed}, round {round}, {draw:?}, {sizes:?}: {what}\n{text}");
        match tried.unwrap_or_else(|_| Err("panicked".into())) {
            Ok(()) => Ok(trial.rounding.iter().map(|what| told(what)).collect()),
            Err(what) if sizes.0.max(sizes.1) > 50 => Err(told(&what)),
            Err(what) => Err(format!("{}{:?}", told(&what), trial.case)),
        }
    }
}

/// Runs that many rounds of each definition.
fn walk(what: &str, kernels: &[Entry], graph: &[Entry], spec: impl Fn(&Entry) -> Spec) {
    let rounds = std::env::var("RANDOM_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(8);
    let (mut tried, mut rounding, mut failures) = (0, Vec::new(), Vec::new());
    for (entry, graph) in kernels.iter().zip(graph) {
        let spec = spec(entry);
        for round in 0..rounds {
            tried += 1;
            match spec.run(entry, graph, round) {
                Ok(found) => rounding.extend(found),
                Err(error) => failures.push(error),
            }
        }
    }
    let (count, failed, told_apart) = (kernels.len(), failures.len(), rounding.len());
    println!(
        "{what}: {tried} runs of {count} specs, {failed} failed, {told_apart} told apart by rounding only"
    );
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(told_apart <= 1 + tried / 500, "too much is put down to rounding\n{}", rounding.join("\n"));
}

#[test]
fn generated_code_agrees_with_the_interpreter() {
    walk("random", kernels::ENTRIES, graph::ENTRIES, |entry| Spec::random(entry.name));
}

/// A text as a constant and as generated code.
macro_rules! regressions {
    ($($text:tt)*) => {
        const REGRESSIONS: &str = stringify!($($text)*);
        mod regressions {
            pub mod kernels {
                loss_macros::entries!(specs $($text)*);
            }
            pub mod graph {
                loss_macros::entries!(graph specs $($text)*);
            }
        }
    };
}

// Definitions that have once been generated wrongly, as small as they could be made.
regressions! {
    // A choice between two numbers tells which float it is, where it stands and where it is bound.
    pub Chosen<h = 0.5>(x: [B, K]) {
        let choice = if h > 1 { 0.25 } else { 0.75 };
        x[b, 0] * tanh(if 1.25 > h { 1.25 } else { 1.5 }) + x[b, 0] * tanh(choice) + choice
    }
    // What is compared with an expression of itself is not moved into that.
    pub Compared(x: [B, K], w: [K], target: [B] -> K) {
        if w[target[b]] > sum[k](tanh(x[b, k])) + 0.05 * w[target[b]] { x[b, 0] } else { 0 }
    }
    // What is carried is read in a condition after the operation that took its tape: in its loop, and behind it.
    pub Carried(x: [B, K], scale: []) {
        let t[b] = x[b, 0];
        repeat 2 { t[b] = tanh(t[b]) + (if t[b] > scale { 0.5 } else { 0.25 }); }
        t[b]
    }
    pub Out(x: [B, K], scale: []) {
        let t[b] = x[b, 0];
        repeat 2 { t[b] = tanh(t[b]); }
        tanh(t[b]) + (if t[b] > scale { 0.5 } else { 0.25 })
    }
    // What a sweep stores and adds up is added up as it was computed, not read back.
    pub Outer(e: [B, D], w: [K]) { sum[k, d](e[0, d] * tanh(w[k])) }
    // Sets may be called as the type parameters of kernels are.
    pub Named(e: [A, F], table: [C, F], label: [A] -> C) { sum[f]((e[a, f] - table[label[a], f])^2) }
    // What a row has for each row is read at its own, also where rows are computed side by side.
    pub Diagonal(x: [B, K], y: data [B, K]) {
        let t[i, j, d] = sum[k](tanh(y[i, k] - x[j, k]) * y[i, d]);
        t[b, b, 0] + sum[d](t[b, b, d] ^ 2)
    }
    // Of a condition that no round changes, a part may hold for all that is reduced.
    pub Unchanged(x: [B, K], w: [K], scale: []) {
        let own[k] = mean[b](x[b, 0]) + w[k];
        let t[k] = w[k];
        repeat 2 { t[i] = tanh(sum[j | own[0] > scale && own[i] > own[j]](t[i] + w[j])); }
        sum[k](t[k])
    }
}

#[test]
fn regressions_agree_with_the_interpreter() {
    let compiled = compile(REGRESSIONS.parse().expect("tokens")).compiled;
    walk("regressions", regressions::kernels::ENTRIES, regressions::graph::ENTRIES, |entry| {
        let known = compiled.iter().find(|c| c.def.name == entry.name).expect("a definition for each entry");
        Spec { text: entry.name.to_owned(), seed: 1, program: known.program.clone(), each: false }
    });
}
