//! Aggregators against torchjd, conflictfree and the code of papers.

use crate::support::{Array, cases};
use dfdx_loss::aggregate::*;
use serde_json::Value;

/// Relative to the largest entry of an output. `nash_mtl` and `cagrad` are limited by the solvers of their references.
fn tolerance(id: &str) -> f64 {
    match id {
        "nash_mtl" => 1e-6,
        "cagrad" => 1e-5,
        _ => 1e-8,
    }
}

const IDS: &[&str] = &[
    "aggregate_mean",
    "aggregate_sum",
    "aggregate_constant",
    "trimmed_mean",
    "krum",
    "config",
    "config_two_task",
    "mgda",
    "mgda_min_norm",
    "mgda_two_task",
    "pcgrad",
    "upgrad",
    "dualproj",
    "cagrad",
    "cagrad_exact",
    "nash_mtl",
    "nash_bargaining_exact",
    "imtl_g",
    "aligned_mtl",
    "gradvac",
    "graddrop",
    "fairgrad",
    "excess_mtl",
    "priority_constrained_descent",
    "cr_mogm",
];

struct Case<'a>(&'a Value);

impl Case<'_> {
    fn number(&self, name: &str) -> f64 {
        self.0["params"][name].as_f64().unwrap_or_else(|| panic!("the case has no number `{name}`"))
    }

    fn count(&self, name: &str) -> usize {
        self.number(name) as usize
    }

    fn word(&self, name: &str) -> &str {
        self.0["params"][name].as_str().unwrap_or_else(|| panic!("the case has no word `{name}`"))
    }

    fn input(&self, name: &str) -> Option<Array> {
        self.0["inputs"].get(name).map(Array::of)
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        self.input(name).unwrap_or_else(|| panic!("the case has no input `{name}`")).data
    }
}

fn length(word: &str) -> Length {
    match word {
        "projection" => Length::Projection,
        "minimum" => Length::Minimum,
        "maximum" => Length::Maximum,
        "harmonic_mean" => Length::HarmonicMean,
        "arithmetic_mean" => Length::ArithmeticMean,
        "geometric_mean" => Length::GeometricMean,
        other => panic!("no length is called `{other}`"),
    }
}

fn config(case: &Case) -> ConFig {
    let config = ConFig::default().length(length(case.word("length")));
    config.direction_weights(case.numbers("direction_weights")).expect("weights")
}

fn with_preference<A>(case: &Case, rule: A, set: impl Fn(A, Vec<f64>) -> Result<A, AggregateError>) -> A {
    match case.input("preference") {
        Some(weights) => set(rule, weights.data).expect("a preference"),
        None => rule,
    }
}

/// A rule whose draws are those of the case.
struct Drawn<F>(F);

impl<F: FnMut(&dyn Jacobian) -> Result<Update, AggregateError>> Aggregator for Drawn<F> {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        self.0(jacobian)
    }
}

fn boxed<A: Aggregator + 'static>(rule: Result<A, AggregateError>) -> Box<dyn Aggregator> {
    Box::new(rule.expect("parameters in their domain"))
}

/// The rule of a case.
fn rule(id: &str, case: &Case) -> Box<dyn Aggregator> {
    let n = |name: &str| case.number(name);
    match id {
        "aggregate_mean" => Box::new(Mean),
        "aggregate_sum" => Box::new(Sum),
        "aggregate_constant" => boxed(Constant::new(case.numbers("weights"))),
        "trimmed_mean" => Box::new(TrimmedMean::new(case.count("trim_number"))),
        "krum" => boxed(Krum::new(case.count("n_byzantine"), case.count("n_selected"))),
        "config" => Box::new(config(case)),
        "config_two_task" => Box::new(ConFigTwoTask::new(config(case))),
        "mgda" => boxed(Mgda::new(n("epsilon"), case.count("max_iters"))),
        "mgda_min_norm" => Box::new(MinNorm),
        "mgda_two_task" => Box::new(TwoTaskMgda),
        "pcgrad" => {
            let orders = case.input("order").expect("orders").indices();
            Box::new(Drawn(move |rows: &dyn Jacobian| PcGrad::in_order(rows, &orders)))
        }
        "upgrad" => {
            let rule = UpGrad::new(n("norm_eps"), n("reg_eps")).expect("positive");
            Box::new(with_preference(case, rule, UpGrad::preference))
        }
        "dualproj" => {
            let rule = DualProj::new(n("norm_eps"), n("reg_eps")).expect("positive");
            Box::new(with_preference(case, rule, DualProj::preference))
        }
        "cagrad" | "cagrad_exact" => boxed(CaGrad::new(n("c"), n("norm_eps"))),
        "nash_mtl" => boxed(NashMtl::new(n("max_norm"), case.count("update_weights_every"))),
        "nash_bargaining_exact" => Box::new(NashBargaining),
        "imtl_g" => Box::new(ImtlG),
        "aligned_mtl" => {
            let mode = match case.word("scale_mode") {
                "min" => ScaleMode::Min,
                "median" => ScaleMode::Median,
                _ => ScaleMode::Rmse,
            };
            Box::new(with_preference(case, AlignedMtl::default().scale_mode(mode), AlignedMtl::preference))
        }
        "gradvac" => {
            let orders: Vec<_> =
                case.input("order").expect("orders").parts().iter().map(Array::indices).collect();
            let mut rule = GradVac::new(n("beta"), n("eps"), 0).expect("in their domains");
            let mut step = 0;
            Box::new(Drawn(move |rows: &dyn Jacobian| {
                step += 1;
                rule.in_order(rows, &orders[step - 1])
            }))
        }
        "graddrop" => {
            let draws = case.numbers("uniform_draw");
            let rule = GradDrop::new(0).leak(case.numbers("leak")).expect("shares");
            Box::new(Drawn(move |rows: &dyn Jacobian| rule.with_draws(rows, &draws)))
        }
        "fairgrad" => boxed(FairGrad::new(n("alpha"))),
        "excess_mtl" => boxed(ExcessMtl::new(n("robust_step_size"), case.count("n_warmup_steps"))),
        "priority_constrained_descent" => {
            boxed(PriorityDescent::new(case.numbers("tau"), n("beta"), n("eps")))
        }
        "cr_mogm" => {
            let rule = CrMogm::new(
                n("alpha"),
                Mgda::new(n("epsilon"), case.count("max_iters")).expect("in its domain"),
            );
            let rule = rule.expect("in its domain");
            Box::new(match case.input("initial_weights") {
                Some(weights) => rule.initial_weights(weights.data).expect("weights"),
                None => rule,
            })
        }
        other => panic!("no rule for `{other}`"),
    }
}

fn close(what: &str, found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let size = wanted.iter().fold(1e-12_f64, |a, b| a.max(b.abs()));
    for (f, w) in found.iter().zip(wanted) {
        assert!((f - w).abs() <= tolerance * size, "{what}: {f}, expected {w}");
    }
}

fn check(id: &str, case: &Value, round: fn(f64) -> f64, tolerance: f64) {
    let (name, outputs) = (&case["name"], &case["outputs"]);
    let what = format!("{id}/{name}");
    let mut rule = rule(id, &Case(case));
    let jacobian = Array::of(&case["inputs"]["jacobian"]);
    let sequence = jacobian.shape.len() == 3;
    let steps = if sequence { jacobian.parts() } else { vec![jacobian] };
    let (mut updates, mut weights) = (Vec::new(), Vec::new());
    for step in steps {
        let rows: Vec<Vec<f64>> =
            step.rows().iter().map(|row| row.iter().map(|&x| round(x)).collect()).collect();
        let rows = Rows::new(&rows).expect("rows of one length");
        let update = rule.aggregate(&rows).unwrap_or_else(|e| panic!("{what}: {e}"));
        updates.extend(update.direction(&rows));
        if let Update::Weights(found) = update {
            weights.extend(found);
        }
    }
    close(&format!("{what}: update"), &updates, &Array::of(&outputs["update"]).data, tolerance);
    if let (Some(wanted), false) = (outputs.get("weights"), weights.is_empty()) {
        close(&format!("{what}: weights"), &weights, &Array::of(wanted).data, tolerance);
    }
}

#[test]
fn rules_agree_with_their_references() {
    let mut total = 0;
    for id in IDS {
        for case in cases(id) {
            check(id, &case, |x| x, tolerance(id));
            total += 1;
        }
    }
    println!("aggregators: {total} cases of {} ids passed", IDS.len());
}

/// Rows in `f32` change the update by their rounding, times how far the rule's weights depend on them.
#[test]
fn rules_agree_on_rows_in_single_precision() {
    for id in IDS {
        cases(id).iter().for_each(|case| check(id, case, |x| f64::from(x as f32), 1e-4));
    }
}

#[test]
fn momentum_config() {
    for case in cases("m_config") {
        let p = Case(&case);
        let mut rule =
            MomentumConFig::new(p.count("num_tasks"), p.number("beta_1"), p.number("beta_2")).expect("rates");
        let tasks = p.input("task_index").expect("tasks").indices();
        let gradients = p.input("gradient").expect("gradients").parts();
        let mut updates = Vec::new();
        for (tasks, gradients) in tasks.iter().zip(gradients) {
            let rows = gradients.rows();
            let fresh: Vec<(usize, &[f64])> =
                tasks.iter().copied().zip(rows.iter().map(Vec::as_slice)).collect();
            updates.extend(rule.step(&fresh).expect("finite gradients"));
        }
        let output = |name: &str| Array::of(&case["outputs"][name]).data;
        close("update", &updates, &output("update"), 1e-8);
        close("first_moment", &rule.first_moment().concat(), &output("first_moment"), 1e-8);
        close("second_moment", rule.second_moment(), &output("second_moment"), 1e-8);
        close("pseudo_first_moment", rule.pseudo_first_moment(), &output("pseudo_first_moment"), 1e-8);
    }
}

#[test]
fn target_cosines() {
    for case in cases("gradvac") {
        let p = Case(&case);
        let mut rule = GradVac::new(p.number("beta"), p.number("eps"), 0).expect("in their domains");
        let orders = p.input("order").expect("orders").parts();
        let mut found = Vec::new();
        for (rows, orders) in Array::of(&case["inputs"]["jacobian"]).parts().iter().zip(orders) {
            let rows = rows.rows();
            rule.in_order(&Rows::new(&rows).expect("rows"), &orders.indices()).expect("an update");
            found.extend(rule.target_cosine());
        }
        close("target_cosine", &found, &Array::of(&case["outputs"]["target_cosine"]).data, 1e-8);
    }
}

/// From inner products to weights.
type Weights = dyn FnMut(&[f64]) -> Result<Vec<f64>, AggregateError>;

#[test]
fn weights_from_two_batches() {
    for id in ["modo", "sdmgrad"] {
        for case in cases(id) {
            let p = Case(&case);
            let steps = p.input("cross_gramian").expect("inner products");
            let tasks = steps.shape[1];
            let mut weights: Box<Weights> = if id == "modo" {
                let mut rule =
                    MoDo::new(tasks, p.number("gamma"), p.number("rho")).expect("in their domains");
                Box::new(move |m| rule.weights(m))
            } else {
                let (lambda, lr, momentum) = (p.number("lambda"), p.number("lr"), p.number("momentum"));
                let rule = SdmGrad::new(p.numbers("preference"), lambda, lr, momentum, p.count("n_iter"));
                let mut rule = rule.expect("in their domains");
                Box::new(move |m| rule.weights(m))
            };
            let found: Vec<f64> =
                steps.parts().iter().flat_map(|step| weights(&step.data).expect("weights")).collect();
            close(id, &found, &Array::of(&case["outputs"]["weights"]).data, 1e-8);
        }
    }
}

#[test]
fn normalised_gradients() {
    for case in cases("gradient_normalization") {
        let p = Case(&case);
        let kind = match p.word("normalization") {
            "l2" => Normalization::L2,
            "loss" => Normalization::Loss,
            "loss+" => Normalization::LossPlus,
            _ => Normalization::None,
        };
        let rows = p.input("jacobian").expect("rows").rows();
        let factors = kind.factors(&Rows::new(&rows).expect("rows"), &p.numbers("losses")).expect("factors");
        let found: Vec<f64> =
            rows.iter().zip(factors).flat_map(|(row, f)| row.iter().map(move |x| x * f)).collect();
        close("jacobian", &found, &Array::of(&case["outputs"]["jacobian"]).data, 1e-12);
    }
}
