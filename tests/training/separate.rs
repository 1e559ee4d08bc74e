//! One backward pass for each objective.

use super::*;
use dfdx::optim::Adam;
use dfdx_loss::training::{Separate, Step, TrainingError};

/// The number of parameters of the trunk.
const TRUNK: usize = 16;

fn separate(case: &mut Case) -> Separate<'_, Model<f64>, f64, Cpu> {
    let x = case.x.clone();
    let same = x.clone();
    Separate::new(&mut case.model)
        .objective("first", move |m, tape| first(m.1.0.forward(m.0.forward(x.traced(tape)))))
        .objective("second", move |m, tape| {
            let features = m.0.try_forward(same.traced(tape))?;
            m.1.1.try_forward(features).map(second)
        })
}

fn step(case: &mut Case, aggregator: &mut dyn Aggregator) -> Step<f64, Cpu> {
    separate(case).aggregate(aggregator).expect("a step")
}

#[test]
fn weights_and_directions_combine_the_gradients_of_all_parameters() {
    let mut case = case();
    let rows = [alone(&case, 0), alone(&case, 1)];
    let wanted = combined([0.3, -2.0], [&rows[0], &rows[1]]);
    let weighted = step(&mut case, &mut Fixed(vec![0.3, -2.0]));
    close(&flat(&case.model, &weighted.gradients), &wanted, 1e-14);
    assert_eq!(weighted.objectives[1].weight, Some(-2.0));
    let directed = step(&mut case, &mut Directed(vec![0.3, -2.0]));
    close(&flat(&case.model, &directed.gradients), &wanted, 1e-14);
    assert_eq!(directed.objectives[1].weight, None);
}

#[test]
fn the_report_has_names_losses_and_norms() {
    let mut case = case();
    let rows = [alone(&case, 0), alone(&case, 1)];
    let report = step(&mut case, &mut MinNorm).objectives;
    assert_eq!([&*report[0].name, &*report[1].name], ["first", "second"]);
    let loss = first(case.model.1.0.forward(case.model.0.forward(case.x.leaky_trace())));
    assert_eq!(report[0].loss, loss.array());
    close(&[report[0].norm, report[1].norm], &[norm(&rows[0]), norm(&rows[1])], 1e-14);
    let norms = separate(&mut case).norms().expect("norms");
    close(&norms, &[norm(&rows[0]), norm(&rows[1])], 1e-14);
    assert_eq!(separate(&mut case).losses().expect("losses")[0], report[0].loss);
}

#[test]
fn the_shortest_vector_is_no_ascent_for_either_objective() {
    let mut case = case();
    let rows = [alone(&case, 0), alone(&case, 1)];
    let shortest = step(&mut case, &mut MinNorm);
    let found = flat(&case.model, &shortest.gradients);
    let square = norm(&found).powi(2);
    for row in rows {
        let inner: f64 = row.iter().zip(&found).map(|(a, b)| a * b).sum();
        assert!(inner >= square * (1.0 - 1e-12));
    }
}

#[test]
fn parameters_that_the_filter_leaves_out_get_the_plain_sum() {
    let mut case = case();
    let rows = [alone(&case, 0), alone(&case, 1)];
    let weights = [3.0, 0.5];
    let found = separate(&mut case).only(|name| name.starts_with("0.")).aggregate(&mut Fixed(weights.into()));
    let found = found.expect("a step");
    let mut wanted = combined(weights, [&rows[0], &rows[1]]);
    let plain = combined([1.0, 1.0], [&rows[0], &rows[1]]);
    wanted[TRUNK..].copy_from_slice(&plain[TRUNK..]);
    close(&flat(&case.model, &found.gradients), &wanted, 1e-14);
    close(&[found.objectives[0].norm], &[norm(&rows[0][..TRUNK])], 1e-14);
    let names = std::cell::RefCell::new(Vec::new());
    let none = separate(&mut case).only(|name| {
        names.borrow_mut().push(name.to_owned());
        false
    });
    assert_eq!(none.aggregate(&mut sum()).err(), Some(TrainingError::NoParameters));
    assert_eq!(names.into_inner()[..3], ["0.0.weight", "0.0.bias", "1.0.weight"]);
}

#[test]
fn an_optimizer_takes_the_gradients_even_of_parameters_that_nothing_reaches() {
    let mut case = case();
    let mut optimizer = Adam::new(&case.model, Default::default());
    let x = case.x.clone();
    let only = Separate::new(&mut case.model)
        .objective("first", |m, tape| first(m.1.0.forward(m.0.forward(x.traced(tape)))))
        .aggregate(&mut Fixed(vec![1.0]))
        .expect("a step");
    let before = case.model.clone();
    optimizer.update(&mut case.model, &only.gradients).expect("all parameters have gradients");
    assert_ne!(before.0.0.weight.array(), case.model.0.0.weight.array());
    assert_eq!(before.1.1.weight.array(), case.model.1.1.weight.array());
}

#[test]
fn single_precision_and_rows_longer_than_a_block_are_the_same_on_any_number_of_threads() {
    type Wide = builders::Linear<300, 200>;
    let dev = Cpu::seed_from_u64(3);
    let mut model = dev.build_module::<Wide, f32>();
    let x: Tensor<Rank2<2, 300>, f32, _> = dev.sample_normal();
    let row = |model: &dfdx::nn::modules::Linear<300, 200, f32, Cpu>, which: usize| {
        let y = model.forward(x.trace(model.alloc_grads()));
        let gradients = if which == 0 { y.square().mean() } else { y.exp().sum() }.backward();
        let mut all = gradients.get(&model.weight).as_vec();
        all.extend(gradients.get(&model.bias).as_vec());
        all.into_iter().map(f64::from).collect::<Vec<_>>()
    };
    let rows = [row(&model, 0), row(&model, 1)];
    let step = Separate::new(&mut model)
        .objective("square", |m, tape| m.forward(x.trace(tape)).square().mean())
        .objective("exponential", |m, tape| m.forward(x.trace(tape)).exp().sum())
        .aggregate(&mut MinNorm)
        .expect("a step");
    close(&[step.objectives[1].norm], &[norm(&rows[1])], 1e-13);
    let weights = [step.objectives[0].weight.unwrap_or(0.0), step.objectives[1].weight.unwrap_or(0.0)];
    let wanted: Vec<f32> = combined(weights, [&rows[0], &rows[1]]).into_iter().map(|x| x as f32).collect();
    assert_eq!(step.gradients.get(&model.weight).as_vec(), wanted[..60_000]);
    assert_eq!(step.gradients.get(&model.bias).as_vec(), wanted[60_000..]);
}
