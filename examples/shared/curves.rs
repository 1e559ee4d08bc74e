//! Curves over epochs or steps, and how they are drawn.

use super::statistics::mean;
use plotters::coord::{Shift, ranged1d::Ranged, types::RangedCoordusize};
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;

/// Colours that stay apart for colour-blind eyes (Okabe and Ito), after black.
pub const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 0, 0),
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(213, 94, 0),
];

/// The drawing surface.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What drawing gives.
pub type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;
/// Axes: epochs or steps, and something of the kind `Y`.
type Chart<'a, 'b, Y> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordusize, Y>>;

/// The mean over the seeds, point by point.
pub fn mean_curve(curves: &[Vec<f64>]) -> Vec<f64> {
    let points = curves.first().map_or(0, Vec::len);
    (0..points).map(|i| mean(&curves.iter().map(|curve| curve[i]).collect::<Vec<_>>())).collect()
}

/// A panel with room for the axes, of which the vertical one has labels of this width in pixels.
pub fn frame<'a, 'b, 'c>(panel: &'a Area<'c>, labels: u32) -> ChartBuilder<'a, 'b, SVGBackend<'c>> {
    let mut builder = ChartBuilder::on(panel);
    builder.margin(12).margin_right(24).x_label_area_size(40).y_label_area_size(labels);
    builder
}

/// Draws a curve for each title, with a value every so many steps.
pub fn draw_curves<'t, Y: Ranged<ValueType = f64>>(
    chart: &mut Chart<'_, '_, Y>,
    curves: impl IntoIterator<Item = (&'t str, Vec<f64>)>,
    every: usize,
    colours: &[RGBColor],
) -> Drawn {
    for ((title, curve), &colour) in curves.into_iter().zip(colours.iter().cycle()) {
        let points = curve.into_iter().enumerate().map(|(i, value)| ((i + 1) * every, value));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(title)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    Ok(())
}

/// Draws the titles of the curves.
pub fn draw_legend<'a, 'b: 'a, Y: Ranged<ValueType = f64>>(
    chart: &mut Chart<'a, 'b, Y>,
    position: SeriesLabelPosition,
) -> Drawn {
    let mut labels = chart.configure_series_labels();
    labels.position(position).label_font(("sans-serif", 15));
    labels.background_style(WHITE).border_style(BLACK.mix(0.3)).draw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_averaged_point_by_point() {
        assert_eq!(mean_curve(&[vec![0.0, 1.0], vec![0.5, 0.0]]), [0.25, 0.5]);
        assert_eq!(mean_curve(&[]), [0.0; 0]);
    }
}
