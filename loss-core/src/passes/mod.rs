//! The improving passes, in order. A pass is one file with one public function from program to program.

mod canonical;
mod contract;
pub mod differentiate;
pub mod fuse;
mod guard;
mod inward;
mod linear;
pub(crate) mod rewrite;
mod scan;
mod settle;
mod shift;
mod simplify;
mod stabilise;
pub mod stabilise_rules;
mod window;

use crate::ir::Program;

pub use guard::guard;

/// A pass by name.
pub struct Pass {
    /// Its name, as `LOSS_DUMP` and the snapshots show it.
    pub name: &'static str,
    /// What it does to a program.
    pub run: fn(Program) -> Program,
}

/// THE ORDER, read from top to bottom.
pub const PASSES: &[Pass] = &[
    // First of all, what is equal but for the letter of a bound index becomes one.
    Pass { name: "canonical", run: canonical::canonical },
    // Constants and 0/1 laws first: composites leave `if true` and `max(n, 1)` behind.
    Pass { name: "simplify", run: simplify::simplify },
    // Unsafe forms become safe ones before anything hides them.
    Pass { name: "stabilise", run: stabilise::stabilise },
    // What a gather or a renaming hides from the rules: `ln(p[b, target[b]])`.
    Pass { name: "settle", run: settle::settle },
    Pass { name: "stabilise again", run: stabilise::stabilise },
    // Rewriting leaves constants and double negations behind.
    Pass { name: "tidy", run: simplify::simplify },
    // `abs(m - n) <= 2` leaves five places.
    Pass { name: "window", run: window::window },
    // Of pairs that are left one by one, or in windows, no sums over all pairs.
    Pass { name: "inward", run: inward::inward },
    // `sum[m | m <= n](x[m])` is a running sum.
    Pass { name: "scan", run: scan::scan },
    // `sum[d](a[i, d] * b[j, d])` is a matrix product.
    Pass { name: "contract", run: contract::contract },
];

/// What graphs are made of: without sums over all pairs for neighbours, and with every branch guarded.
pub fn for_graphs(program: &Program) -> Program {
    guard(&shift::shift(program))
}

/// Runs every pass; `seen` gets the program after each.
pub fn improve(program: Program, seen: &mut dyn FnMut(&'static str, &Program)) -> Program {
    PASSES.iter().fold(program, |program, pass| {
        let program = (pass.run)(program);
        seen(pass.name, &program);
        program
    })
}
