//! Mean and spread over the seeds.

/// Mean of `values`.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sample standard deviation of `values`; 0 for a single one.
pub fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (squares / (values.len().max(2) - 1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_no_spread() {
        assert_eq!((mean(&[3.0]), deviation(&[3.0])), (3.0, 0.0));
        assert_eq!((mean(&[1.0, 3.0, 5.0]), deviation(&[1.0, 3.0, 5.0])), (3.0, 2.0));
    }
}
