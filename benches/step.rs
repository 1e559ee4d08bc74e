//! What aggregation adds to the backward passes of a step: a model of 10^6 parameters, a batch of 64.

use dfdx::{nn::builders::*, prelude::*};
use dfdx_loss::aggregate::{Aggregator, ConFig, PcGrad};
use dfdx_loss::training::Separate;
use std::time::Instant;

type Net = ((Linear<256, 1024>, ReLU), (Linear<1024, 704>, ReLU), Linear<704, 16>);
type Model = <Net as BuildOnDevice<Cpu, f32>>::Built;
type Batch = Tensor<Rank2<64, 256>, f32, Cpu>;

/// The outputs that each task looks at, so that no gradient depends on the others.
fn outputs(dev: &Cpu, task: usize) -> Tensor<Rank1<16>, f32, Cpu> {
    dev.tensor(std::array::from_fn(|i| if i % 8 == task { 1.0 } else { 0.0 }))
}

fn loss(
    model: &Model,
    x: &Batch,
    task: usize,
    tape: Gradients<f32, Cpu>,
) -> Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>> {
    let seen = outputs(x.device(), task).broadcast();
    (model.forward(x.trace(tape)) * seen - 1.0).square().mean()
}

/// Milliseconds.
fn time(run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn passes(model: &Model, x: &Batch, tasks: usize) {
    for task in 0..tasks {
        std::hint::black_box(loss(model, x, task, model.alloc_grads()).backward());
    }
}

fn step(model: &mut Model, x: &Batch, tasks: usize, rule: &mut dyn Aggregator) {
    let mut step = Separate::new(model);
    for task in 0..tasks {
        step = step.objective(format!("{task}"), move |model, tape| loss(model, x, task, tape));
    }
    std::hint::black_box(step.aggregate(rule).expect("a step"));
}

fn main() {
    let dev = Cpu::default();
    // Otherwise what is timed is how the system hands out fresh pages.
    dev.enable_cache();
    let mut model = dev.build_module::<Net, f32>();
    let x: Batch = dev.sample_normal();
    println!("{} parameters, medians of 41 runs", model.num_trainable_params());
    let rules: [(&str, Box<dyn Aggregator>); 2] =
        [("ConFIG", Box::new(ConFig::default())), ("PCGrad", Box::new(PcGrad::new(0)))];
    for (name, mut rule) in rules {
        for tasks in [2, 4, 8] {
            // In turn, so that both meet the same load of the machine.
            let mut once = || {
                let without = time(|| passes(&model, &x, tasks));
                (without, time(|| step(&mut model, &x, tasks, &mut *rule)))
            };
            let (without, with): (Vec<f64>, Vec<f64>) = (0..41).map(|_| once()).unzip();
            let ratios = with.iter().zip(&without).map(|(with, without)| 100.0 * (with / without - 1.0));
            let (added, without, with) = (median(ratios.collect()), median(without), median(with));
            println!("{name}, {tasks} tasks: passes {without:.1} ms, step {with:.1} ms, {added:+.1} %");
        }
    }
}
