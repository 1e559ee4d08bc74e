//! Plots of catalogue losses: the value and its derivative while one number changes.

use crate::compile::Compiled;
use crate::ir::eval::{Array, HyperValue, eval, eval_over};
use crate::ir::{InputInfo, Program, SetSize, Ty};
use crate::passes::differentiate::gradient_of_sum;
use std::fmt::Write as _;

const WIDTH: f64 = 280.0;
const HEIGHT: f64 = 150.0;
/// Room for the labels below.
const BELOW: f64 = 16.0;
const POINTS: usize = 41;
const REACH: f64 = 4.0;

/// A curve: where it is, the value and the derivative there.
type Point = (f64, f64, f64);

/// The plot of a loss as an SVG image, if there is something to see: the first element of its first differentiable
/// input changes, everything else is fixed. `None` if it takes no such input or is constant.
pub fn plot(compiled: &Compiled) -> Option<String> {
    let program = &compiled.program;
    let varied = program.inputs.iter().position(|i| i.ty == Ty::Real && !i.data)?;
    let points = curve(compiled, varied)?;
    let (low, high) = bounds(&points)?;
    Some(svg(&points, (low, high), &label(program, varied)))
}

/// What changes along the axis.
fn label(program: &Program, varied: usize) -> String {
    let (name, classes) =
        (&program.inputs[varied].name, program.inputs.iter().any(|i| matches!(i.ty, Ty::Index(_))));
    match name.as_str() {
        "logits" if classes => "logit of the target minus the other".to_owned(),
        "prediction" => "prediction minus target".to_owned(),
        _ => name.replace('_', " "),
    }
}

fn curve(compiled: &Compiled, varied: usize) -> Option<Vec<Point>> {
    let program = &compiled.program;
    let (derivative, by) = gradient_of_sum(program);
    let root = derivative.roots[by.iter().position(|&i| i == varied)?];
    let axes = derivative.input_axes(varied);
    let hypers: Vec<HyperValue> =
        compiled.checked.hypers.iter().zip(&compiled.checked.defaults).map(hyper).collect();
    let fixed: Vec<Array> = program.inputs.iter().map(|info| fixed(program, info)).collect();
    let target = if program.inputs[varied].name == "prediction" { 1.0 } else { 0.0 };
    let mut points = Vec::new();
    for i in 0..POINTS {
        let x = REACH * (2.0 * i as f64 / (POINTS - 1) as f64 - 1.0);
        let mut inputs = fixed.clone();
        let at = x + target;
        if inside(&program.inputs[varied], at) != at {
            continue;
        }
        *inputs[varied].data.first_mut()? = at;
        let value = eval(program, &hypers, &inputs).ok()?;
        let value = value.data.iter().sum::<f64>() / value.data.len() as f64;
        let slope = eval_over(&derivative, &hypers, &inputs, &[(root, axes.clone())]).ok()?;
        points.push((x, value, *slope[0].data.first()?));
    }
    Some(points)
}

fn hyper((info, default): (&crate::ir::HyperInfo, &Vec<f64>)) -> HyperValue {
    match info.ty {
        crate::syntax::ast::HyperType::Array(_) => HyperValue::Array(default.clone()),
        _ => HyperValue::Real(default[0]),
    }
}

/// Two classes, one sample, the first class the target; numbers as ordinary as their domain allows.
fn fixed(program: &Program, info: &InputInfo) -> Array {
    let shape: Vec<usize> = info
        .sets
        .iter()
        .map(|set| {
            match (program.sets[usize::from(set.0)].size, program.sets[usize::from(set.0)].name.as_str()) {
                (SetSize::Fixed(n), _) => n,
                (_, "K" | "C" | "V") => 2,
                _ => 1,
            }
        })
        .collect();
    let ordinary = match (info.ty, info.data) {
        (Ty::Bool, _) => 1.0,
        (Ty::Index(_), _) => 0.0,
        (Ty::Real, true) if info.name.contains("logits") || info.name.contains("logps") => 0.0,
        (Ty::Real, true) => 1.0,
        (Ty::Real, false) => inside(info, 0.0),
    };
    let count = shape.iter().product();
    Array { shape, data: vec![ordinary; count] }
}

/// The nearest number in the domain of an input.
fn inside(info: &InputInfo, x: f64) -> f64 {
    let Some((low, high)) = &info.domain else { return x };
    let x = low.map_or(x, |(bound, closed)| x.max(if closed { bound } else { bound + 0.05 }));
    high.map_or(x, |(bound, closed)| x.min(if closed { bound } else { bound - 0.05 }))
}

/// The range of both curves; `None` where there is nothing to see.
fn bounds(points: &[Point]) -> Option<(f64, f64)> {
    let numbers: Vec<f64> = points.iter().flat_map(|p| [p.1, p.2]).filter(|y| y.abs() < 1e3).collect();
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min).min(0.0);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max).max(0.0);
    let moves = points.iter().any(|p| p.2.abs() > 1e-12);
    (points.len() > 10 && moves && high - low > 1e-9).then_some((low, high))
}

fn svg(points: &[Point], (low, high): (f64, f64), label: &str) -> String {
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let x = |v: f64| (v - first) / (last - first) * WIDTH;
    let y = |v: f64| HEIGHT - (v - low) / (high - low) * HEIGHT;
    let line = |of: fn(&Point) -> f64| {
        let drawn = points.iter().filter(|p| of(p).abs() < 1e3);
        drawn.map(|p| format!("{:.1},{:.1}", x(p.0), y(of(p)))).collect::<Vec<_>>().join(" ")
    };
    let mut out = String::new();
    let total = HEIGHT + BELOW;
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -4 {} {}" width="{WIDTH}" font-size="9" fill="none" role="img">"#,
        WIDTH + 4.0,
        total + 6.0
    );
    let _ = writeln!(
        out,
        r##"<path d="M0,{0:.1}H{WIDTH} M{1:.1},0V{HEIGHT}" stroke="#999" stroke-width=".5"/>"##,
        y(0.0),
        x(0.0)
    );
    let _ = writeln!(out, r##"<polyline points="{}" stroke="#1f77b4" stroke-width="1.5"/>"##, line(|p| p.1));
    let _ = writeln!(
        out,
        r##"<polyline points="{}" stroke="#d62728" stroke-width="1.2" stroke-dasharray="4 2"/>"##,
        line(|p| p.2)
    );
    let _ = writeln!(
        out,
        r##"<g fill="#888"><text x="0" y="{total}">{first:.0}</text><text x="{WIDTH}" y="{total}" text-anchor="end">{last:.0}</text><text x="{}" y="{total}" text-anchor="middle">{label}</text><text x="{WIDTH}" y="6" text-anchor="end">{high:.2}</text><text x="{WIDTH}" y="{}" text-anchor="end">{low:.2}</text></g>"##,
        WIDTH / 2.0,
        HEIGHT - 2.0
    );
    out + "</svg>\n"
}
