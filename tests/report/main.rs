//! Reports: logs, tables and plots.

use dfdx_loss::report::{Recorder, RecorderError, Report, Term};

fn report(value: f64, weight: f64) -> Report {
    let seg = Term { name: "seg", value, weight, sigma: Some(0.5) };
    let depth = Term { name: "depth", value: 2.0 * value, weight: 0.25, sigma: None };
    Report { total: value * weight + 0.5 * value, terms: vec![seg, depth] }
}

#[test]
fn a_report_is_one_line() {
    let text = report(0.5, 1.0).to_string();
    assert_eq!(text, "total 0.7500 = 1.000 x seg 0.5000 (sigma 0.500) + 0.250 x depth 1.0000");
    assert_eq!(report(0.5, 1.0).term("depth").map(|t| t.value), Some(1.0));
}

#[test]
fn a_table_has_a_row_for_each_step() {
    let mut recorder = Recorder::new();
    recorder.record(0, &report(1.0, 1.0)).unwrap();
    recorder.record(10, &report(f64::NAN, 0.5)).unwrap();
    let mut table = Vec::new();
    recorder.write_csv(&mut table).unwrap();
    let wanted = "step,total,seg,seg_weight,seg_sigma,depth,depth_weight\n0,1.5,1,1,0.5,2,0.25\n10,NaN,NaN,0.5,0.5,NaN,0.25\n";
    assert_eq!(String::from_utf8(table).unwrap(), wanted);
}

#[test]
fn terms_stay_the_same() {
    let mut recorder = Recorder::new();
    recorder.record(0, &report(1.0, 1.0)).unwrap();
    let other = Report { total: 0.0, terms: vec![] };
    let error = recorder.record(1, &other).unwrap_err();
    assert!(matches!(error, RecorderError::Terms { step: 1, .. }));
    assert_eq!(
        error.to_string(),
        r#"the report of step 1 has the terms [], but those before have ["seg", "depth"]"#
    );
}

fn plot(steps: u64, value: impl Fn(u64) -> f64) -> String {
    let mut recorder = Recorder::new();
    (0..steps).for_each(|step| recorder.record(step, &report(value(step), 1.0)).unwrap());
    let mut svg = Vec::new();
    recorder.write_svg(&mut svg).unwrap();
    String::from_utf8(svg).unwrap()
}

#[test]
fn a_plot_is_well_formed() {
    let svg = plot(5000, |step| if step % 1000 == 7 { f64::NAN } else { 10.0 / (step + 1) as f64 });
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    for bad in ["NaN", "inf"] {
        assert!(!svg.contains(bad), "{bad}");
    }
    let opened = svg.matches("<text").count();
    assert_eq!(opened, svg.matches("</text>").count());
    assert!(
        svg.matches("<path").count() == svg.matches("/>").count() - 1,
        "all but the background are paths"
    );
    // Five decades: a logarithmic scale with its ticks.
    assert!(svg.contains(">0.01<") && svg.contains(">1<"));
    // Long runs are thinned.
    assert!(svg.len() < 60_000, "{} bytes", svg.len());
}

#[test]
fn a_gap_stays_in_a_long_run() {
    let whole = plot(5000, |_| 1.0).matches('M').count();
    let broken = plot(5000, |step| if step == 2500 { f64::NAN } else { 1.0 }).matches('M').count();
    assert!(broken > whole, "{broken} pieces, {whole} without a gap");
}

#[test]
fn names_are_escaped() {
    let term = Term { name: "a<b&c", value: 1.0, weight: 1.0, sigma: None };
    let mut recorder = Recorder::new();
    recorder.record(0, &Report { total: 1e308, terms: vec![term] }).unwrap();
    let mut svg = Vec::new();
    recorder.write_svg(&mut svg).unwrap();
    let svg = String::from_utf8(svg).unwrap();
    assert!(svg.contains("a&lt;b&amp;c") && !svg.contains("inf"));
}

#[test]
fn a_plot_of_little_is_well_formed() {
    for svg in [plot(0, |_| 0.0), plot(1, |_| 0.0), plot(3, |_| f64::NAN), plot(3, |_| -2.0)] {
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
