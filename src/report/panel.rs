//! One plot: axes with round ticks, lines, and their names.

use std::io::{self, Write};

/// Okabe and Ito's colours, which colour-blind readers tell apart.
const COLOURS: [&str; 8] =
    ["#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442"];

/// More points than this are thinned: of each group the least and the greatest stay.
const MOST: usize = 600;

/// A named sequence of points. One that is not finite leaves a gap.
pub struct Line {
    pub name: &'static str,
    pub points: Vec<(f64, f64)>,
}

/// A scale from numbers to pixels.
struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
    pixels: (f64, f64),
}

impl Scale {
    /// From the least to the greatest finite number.
    fn new(
        numbers: impl Iterator<Item = f64> + Clone,
        may_be_logarithmic: bool,
        pixels: (f64, f64),
    ) -> Scale {
        let finite = numbers.filter(|n| is_drawn(*n));
        let low = finite.clone().fold(f64::INFINITY, f64::min);
        let high = finite.fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = match (low.is_finite(), low < high) {
            (false, _) => (0.0, 1.0),
            (true, false) => (low - 0.5 * low.abs().max(1.0), low + 0.5 * low.abs().max(1.0)),
            (true, true) => (low, high),
        };
        Scale { low, high, logarithmic: may_be_logarithmic && low > 0.0 && high / low > 100.0, pixels }
    }

    fn at(&self, number: f64) -> f64 {
        let on = |n: f64| if self.logarithmic { n.ln() } else { n };
        let part = (on(number) - on(self.low)) / (on(self.high) - on(self.low));
        self.pixels.0 + part * (self.pixels.1 - self.pixels.0)
    }

    /// Round numbers on the scale.
    fn ticks(&self) -> Vec<f64> {
        if self.logarithmic {
            let decades = self.low.log10().ceil() as i32..=self.high.log10().floor() as i32;
            let every = (decades.clone().count() / 6 + 1) as i32;
            return decades.filter(|d| d % every == 0).map(|d| 10_f64.powi(d)).collect();
        }
        let rough = (self.high - self.low) / 5.0;
        let unit = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * unit).into_iter().find(|s| *s >= rough).unwrap_or(unit);
        let first = (self.low / step).ceil() as i64;
        (first..)
            .map(|n| n as f64 * step)
            .take_while(|tick| *tick <= self.high * (1.0 + 1e-12))
            .take(12)
            .collect()
    }
}

/// A short form of a tick.
fn label(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-3..1e5).contains(&size) {
        return format!("{number:.0e}");
    }
    let digits = format!("{number:.4}");
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').to_owned() } else { digits }
}

/// What a name is in XML.
fn escaped(name: &str) -> String {
    name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Whether a number can be drawn: no span of such numbers is infinite.
fn is_drawn(number: f64) -> bool {
    number.abs() < 1e300
}

/// The extreme points of each of at most `MOST / 3` groups, and one that cannot be drawn, as a gap.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= MOST {
        return points.to_vec();
    }
    let mut kept = Vec::with_capacity(MOST);
    for group in points.chunks(points.len().div_ceil(MOST / 3)) {
        let finite = || group.iter().enumerate().filter(|(_, p)| is_drawn(p.1));
        let gap = group.iter().find(|p| !is_drawn(p.1));
        let least = finite().min_by(|a, b| a.1.1.total_cmp(&b.1.1));
        let most = finite().max_by(|a, b| a.1.1.total_cmp(&b.1.1));
        let (Some((i, least)), Some((j, most))) = (least, most) else {
            kept.push(group[0]);
            continue;
        };
        kept.extend(gap);
        kept.extend(if i < j { [*least, *most] } else { [*most, *least] });
    }
    kept
}

/// Draws a plot at a place, in a size.
pub fn panel(
    out: &mut impl Write,
    title: &str,
    lines: &[Line],
    place: (f64, f64),
    size: (f64, f64),
) -> io::Result<()> {
    let (left, right) = (place.0 + 60.0, place.0 + size.0 - 130.0);
    let (top, bottom) = (place.1 + 20.0, place.1 + size.1 - 40.0);
    let all = || lines.iter().flat_map(|line| &line.points);
    let x = Scale::new(all().map(|p| p.0), false, (left, right));
    let y = Scale::new(all().map(|p| p.1), true, (bottom, top));
    let text = r##"font-family="sans-serif" font-size="11" fill="#333""##;
    writeln!(out, r##"<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="#333"/>"##)?;
    writeln!(out, r#"<text x="{left}" y="{:.1}" {text}>{title}</text>"#, top - 6.0)?;
    for tick in x.ticks() {
        let (at, label) = (x.at(tick), label(tick));
        writeln!(
            out,
            r#"<text x="{at:.1}" y="{:.1}" text-anchor="middle" {text}>{label}</text>"#,
            bottom + 15.0
        )?;
    }
    writeln!(out, r#"<text x="{right}" y="{:.1}" text-anchor="end" {text}>step</text>"#, bottom + 30.0)?;
    for tick in y.ticks() {
        let (at, label) = (y.at(tick), label(tick));
        writeln!(out, r##"<path d="M{left} {at:.1}H{right}" stroke="#ddd"/>"##)?;
        writeln!(
            out,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="end" {text}>{label}</text>"#,
            left - 5.0,
            at + 4.0
        )?;
    }
    for (i, line) in lines.iter().enumerate() {
        let colour = COLOURS[i % COLOURS.len()];
        let at = top + 10.0 + 16.0 * i as f64;
        writeln!(
            out,
            r#"<path d="{}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-linecap="round"/>"#,
            path(line, &x, &y)
        )?;
        writeln!(out, r#"<path d="M{:.1} {at:.1}h18" stroke="{colour}" stroke-width="2"/>"#, right + 10.0)?;
        writeln!(
            out,
            r#"<text x="{:.1}" y="{:.1}" {text}>{}</text>"#,
            right + 33.0,
            at + 4.0,
            escaped(line.name)
        )?;
    }
    Ok(())
}

/// The line as a path: after a gap it starts anew.
fn path(line: &Line, x: &Scale, y: &Scale) -> String {
    let mut path = String::new();
    let mut drawing = false;
    for (step, value) in thinned(&line.points) {
        if is_drawn(value) {
            let command = if drawing { 'L' } else { 'M' };
            // A point alone is a line of no length, which round ends make visible.
            let alone = if drawing { "" } else { "h0" };
            path.push_str(&format!("{command}{:.1} {:.1}{alone}", x.at(step), y.at(value)));
        }
        drawing = is_drawn(value);
    }
    path
}
