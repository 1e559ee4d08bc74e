//! Schedules against values of optax, PyTorch and the code of papers.
//!
//! Reads `tests/golden/multi_objective`, or that folder of the one that `LOSS_GOLDEN_DIR` names. Every case needs a
//! schedule.

use crate::{Built, built};
use dfdx_loss::schedule::*;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Relative to the largest value of a case. The golden files promise 1e-9; plain arithmetic does better.
const TOLERANCE: f64 = 1e-12;

/// The parameters of a case.
struct Params<'a>(&'a Value);

impl Params<'_> {
    fn number(&self, name: &str) -> f64 {
        self.0[name].as_f64().unwrap_or_else(|| panic!("the case has no number `{name}`"))
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        numbers(&self.0[name])
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("the case has no word `{name}`"))
    }

    fn flag(&self, name: &str) -> bool {
        self.0[name].as_bool().unwrap_or_else(|| panic!("the case has no flag `{name}`"))
    }

    /// The case's boundaries with its scales.
    fn factors(&self) -> Vec<(f64, f64)> {
        self.numbers("boundaries").into_iter().zip(self.numbers("scales")).collect()
    }

    fn curve(&self, name: &str) -> Curve {
        match self.text(name) {
            "linear" => Curve::Linear,
            "cosine" | "cos" => Curve::Cosine,
            other => panic!("no curve is called `{other}`"),
        }
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(|v| v.as_f64().expect("a number")).collect()
}

/// The schedule of a case. One line an id, or one function where the case chooses.
fn schedule(id: &str, p: &Params) -> Built {
    let n = |name: &str| p.number(name);
    match id {
        "schedule_constant" => built(Ok(n("value"))),
        "schedule_linear" => built(
            Linear::new(n("init_value"), n("end_value"), n("transition_steps"))
                .and_then(|s| s.delayed(n("transition_begin"))),
        ),
        "schedule_polynomial" => built(
            Polynomial::new(n("init_value"), n("end_value"), n("transition_steps"), n("power"))
                .and_then(|s| s.delayed(n("transition_begin"))),
        ),
        "schedule_exponential" => built(exponential("init_value", p)),
        "schedule_cosine" => built(
            Cosine::new(n("init_value"), n("alpha") * n("init_value"), n("decay_steps"))
                .and_then(|s| s.exponent(n("exponent"))),
        ),
        "schedule_piecewise_constant" => built(Stages::factors(n("init_value"), &p.factors())),
        "schedule_piecewise_interpolate" => {
            built(Knots::factors(n("init_value"), &p.factors(), p.curve("interpolation")))
        }
        "schedule_one_cycle_optax" => built(one_cycle_optax(p)),
        "schedule_warmup_cosine" => built(warmup_cosine(p)),
        "schedule_warmup_exponential" => built(
            exponential("peak_value", p).and_then(|s| n("init_value").warm_up_then(n("warmup_steps"), s)),
        ),
        "schedule_warmup_then" => {
            after(p).and_then(|s| built(n("init_value").warm_up_then(n("warmup_steps"), s)))
        }
        "schedule_sgdr" => built(sgdr(p)),
        "schedule_step" => {
            built(Exponential::new(n("base_value"), n("gamma"), n("step_size")).map(Exponential::staircase))
        }
        "schedule_multi_step" => {
            let factors: Vec<_> = p.numbers("milestones").into_iter().map(|at| (at, n("gamma"))).collect();
            built(Stages::factors(n("base_value"), &factors))
        }
        "schedule_exponential_torch" => built(Exponential::new(n("base_value"), n("gamma"), 1.0)),
        "schedule_polynomial_torch" => {
            built(Polynomial::new(n("base_value"), 0.0, n("total_iters"), n("power")))
        }
        "schedule_linear_factor" => built(
            Linear::new(n("start_factor"), n("end_factor"), n("total_iters"))
                .and_then(|s| s.scaled(n("base_value"))),
        ),
        "schedule_cosine_annealing_torch" => {
            built(CosineAnnealing::new(n("base_value"), n("eta_min"), n("T_max")))
        }
        "schedule_cosine_warm_restarts" => {
            built(WarmRestarts::new(n("base_value"), n("eta_min"), n("T_0"), n("T_mult") as usize))
        }
        "schedule_one_cycle" => built(one_cycle(p)),
        "schedule_cyclic" => built(cyclic(p)),
        "schedule_inverse_sqrt" => inverse_sqrt(p),
        "schedule_sigmoid_rampup" => built(SigmoidRampUp::new(n("length"))),
        "schedule_linear_rampup" => built(Linear::new(0.0, 1.0, n("length"))),
        "schedule_cosine_rampdown" => built(Cosine::new(1.0, 0.0, n("length"))),
        "schedule_cyclical_annealing" => built(cyclical_annealing(p)),
        "schedule_ldam_step" => built(LdamRate::new(n("base_value"))),
        "schedule_sam_rho_step" => built(Ok(SamRho)),
        "curriculum_competence" => competence(p),
        "curriculum_pacing" => built(pacing(p)),
        _ => Err("no schedule has this id".to_owned()),
    }
}

fn exponential(start: &str, p: &Params) -> Result<Delayed<Exponential>, ScheduleError> {
    let mut schedule =
        Exponential::new(p.number(start), p.number("decay_rate"), p.number("transition_steps"))?;
    if p.flag("staircase") {
        schedule = schedule.staircase();
    }
    if let Some(bound) = p.0["end_value"].as_f64() {
        schedule = schedule.bounded(bound)?;
    }
    schedule.delayed(p.number("transition_begin"))
}

fn warmup_cosine(p: &Params) -> Result<WarmUpThen<f64, Cosine>, ScheduleError> {
    let warm_up = p.number("warmup_steps");
    let cosine =
        Cosine::new(p.number("peak_value"), p.number("end_value"), p.number("decay_steps") - warm_up)?
            .exponent(p.0["exponent"].as_f64().unwrap_or(1.0))?;
    p.number("init_value").warm_up_then(warm_up, cosine)
}

fn after(p: &Params) -> Built {
    let peak = p.number("peak_value");
    match p.text("after") {
        "constant" => built(Ok(peak)),
        "linear" => built(Linear::new(peak, p.number("end_value"), p.number("transition_steps"))),
        "polynomial" => built(Polynomial::new(
            peak,
            p.number("end_value"),
            p.number("transition_steps"),
            p.number("power"),
        )),
        "piecewise_constant" => built(Stages::factors(peak, &p.factors())),
        other => Err(format!("nothing is called `{other}`")),
    }
}

fn sgdr(p: &Params) -> Result<Sequence<WarmUpThen<f64, Cosine>>, ScheduleError> {
    let cycles = p.0["cycles"].as_array().expect("cycles").iter().map(Params);
    let part = |cycle: Params| Ok((cycle.number("decay_steps"), warmup_cosine(&cycle)?));
    Sequence::new(cycles.map(part).collect::<Result<_, _>>()?)
}

fn one_cycle_optax(p: &Params) -> Result<OneCycle, ScheduleError> {
    let steps = p.number("transition_steps");
    let at = |part: &str| (p.number(part) * steps).floor();
    let mut schedule = OneCycle::new(p.number("peak_value"), at("pct_start"), steps)?;
    if p.text("anneal") == "linear" {
        schedule = schedule.back_at(at("pct_final"))?;
    }
    let schedule = schedule.divisors(p.number("div_factor"), p.number("final_div_factor"))?;
    schedule.curve(p.curve("anneal"))
}

fn one_cycle(p: &Params) -> Result<OneCycle, ScheduleError> {
    let (steps, top) = (p.number("total_steps"), p.number("pct_start") * p.number("total_steps"));
    let mut schedule = OneCycle::new(p.number("max_lr"), top - 1.0, steps - 1.0)?;
    if p.flag("three_phase") {
        schedule = schedule.back_at(2.0 * top - 2.0)?;
    }
    let schedule = schedule.divisors(p.number("div_factor"), p.number("final_div_factor"))?;
    schedule.curve(p.curve("anneal"))
}

fn cyclic(p: &Params) -> Result<Cyclic, ScheduleError> {
    let (up, down) = (p.number("step_size_up"), p.number("step_size_down"));
    let schedule = Cyclic::new(p.number("base_value"), p.number("max_value"), up, down)?;
    match p.text("mode") {
        "triangular" => Ok(schedule),
        "triangular2" => Ok(schedule.halving()),
        "exp_range" => schedule.decaying(p.number("gamma")),
        other => panic!("no mode is called `{other}`"),
    }
}

fn inverse_sqrt(p: &Params) -> Built {
    let warm_up = p.number("warmup_steps");
    match p.text("kind") {
        "noam" => built(Noam::new(p.number("scale"), p.number("model_dim"), warm_up)),
        "rsqrt" => {
            let first = p.number("base_value") / warm_up.sqrt();
            built(InverseSqrt::new(first, first, warm_up))
        }
        "warmup" => built(InverseSqrt::new(p.number("init_value"), p.number("peak_value"), warm_up)),
        other => Err(format!("no kind is called `{other}`")),
    }
}

fn cyclical_annealing(p: &Params) -> Result<CyclicalAnnealing, ScheduleError> {
    let rise = match p.text("kind") {
        "linear" => Rise::Linear,
        "sigmoid" => Rise::Sigmoid,
        "cosine" => Rise::Cosine,
        other => panic!("no kind is called `{other}`"),
    };
    CyclicalAnnealing::new(p.number("n_steps"), p.number("n_cycle") as usize)?
        .range(p.number("start"), p.number("stop"))?
        .ratio(p.number("ratio"))
        .map(|s| s.rise(rise))
}

fn competence(p: &Params) -> Built {
    let (start, steps) = (p.number("start_rate"), p.number("grow_epochs"));
    match p.text("function") {
        "linear" => built(Linear::new(start, 1.0, steps)),
        "geom" => built(Geometric::new(start, 1.0, steps)),
        "root-2" => built(Root::new(start, 1.0, steps, 2.0)),
        other => Err(format!("no function is called `{other}`")),
    }
}

fn pacing(p: &Params) -> Result<Pacing, ScheduleError> {
    let pace = match p.text("function") {
        "linear" => Pace::Linear,
        "quad" => Pace::Quadratic,
        "root" => Pace::Root,
        "step" => Pace::Step,
        "exp" => Pace::Exponential,
        "log" => Pace::Logarithmic,
        other => panic!("no function is called `{other}`"),
    };
    let size = p.number("total_data");
    Pacing::new(pace, p.number("b") * size, size, p.number("a") * p.number("total_step"))
}

/// The one array of a golden object, whatever it is called.
fn only(object: &Value) -> Vec<f64> {
    let arrays = object.as_object().expect("an object");
    assert_eq!(arrays.len(), 1, "a schedule has one input and one output");
    arrays.values().map(|array| numbers(&array["data"])).next().unwrap_or_default()
}

fn check(id: &str, case: &Value) -> Result<(), String> {
    let schedule = schedule(id, &Params(&case["params"]))?;
    let (steps, wanted) = (only(&case["inputs"]), only(&case["outputs"]));
    assert_eq!(steps.len(), wanted.len());
    let scale = wanted.iter().fold(0.0, |largest: f64, v| largest.max(v.abs()));
    for (step, wanted) in steps.into_iter().zip(wanted) {
        let found = schedule.at(step);
        let agrees = (found - wanted).abs() <= TOLERANCE * scale;
        if !agrees {
            return Err(format!("{found} at {step}, expected {wanted}"));
        }
    }
    Ok(())
}

/// The golden files of schedules and of curricula.
fn files() -> Vec<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let root = std::env::var_os("LOSS_GOLDEN_DIR").map_or(default, PathBuf::from).join("multi_objective");
    let entries = std::fs::read_dir(&root).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("schedule_") || name.starts_with("curriculum_")
    });
    files.sort();
    files
}

#[test]
fn schedules_agree_with_their_references() {
    let (mut total, mut failures) = (0, Vec::new());
    for file in files() {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let golden: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let id = golden["loss"].as_str().expect("a golden file names its schedule");
        for case in golden["cases"].as_array().expect("a golden file has cases") {
            total += 1;
            failures.extend(check(id, case).err().map(|error| format!("{id}/{}: {error}", case["name"])));
        }
    }
    println!("golden: {total} cases, {} passed (schedules)", total - failures.len());
    assert!(total > 0, "no golden case was found");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn an_unknown_id_has_no_schedule() {
    assert!(schedule("schedule_of_nobody", &Params(&Value::Null)).is_err());
}
