//! Sorting along a line. Nothing is allocated.

use super::real::Real;
use std::cmp::Ordering;

/// Writes which element stands at each position, ascending; ties keep their order.
///
/// # Panics
/// If the lengths differ.
pub fn argsort<F: Real>(values: &[F], out: &mut [F]) {
    assert_eq!(values.len(), out.len(), "a line and its order have different lengths");
    for (i, place) in out.iter_mut().enumerate() {
        *place = F::of(i as f64);
    }
    // Indices are all different, so that an unstable sort by value and index is a stable one by value.
    out.sort_unstable_by(|&i, &j| {
        compare(values[index(i)], values[index(j)]).then_with(|| index(i).cmp(&index(j)))
    });
}

/// Writes which position each element has, ascending; ties keep their order. `order` is memory for the order.
///
/// # Panics
/// If the lengths differ.
pub fn rank<F: Real>(values: &[F], order: &mut [F], out: &mut [F]) {
    assert_eq!(values.len(), out.len(), "a line and its ranks have different lengths");
    argsort(values, order);
    for (position, &i) in order.iter().enumerate() {
        out[index(i)] = F::of(position as f64);
    }
}

fn index<F: Real>(i: F) -> usize {
    i.to_index() as usize
}

/// The order of the reals, in which the two zeros are a tie; a NaN goes to the end that its sign says.
fn compare<F: Real>(x: F, y: F) -> Ordering {
    x.partial_cmp(&y).unwrap_or_else(|| end(x).cmp(&end(y)))
}

fn end<F: Real>(x: F) -> i32 {
    match (x.is_nan(), x.is_sign_negative()) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<F: Real>(values: &[f64], order: &[f64], ranks: &[f64]) {
        // A conversion may change the sign of NaN.
        let values: Vec<F> = values.iter().map(|&x| F::of(x).signed(F::of(1f64.copysign(x)))).collect();
        let (mut sorted, mut memory, mut rank_of) = (values.clone(), values.clone(), values.clone());
        argsort(&values, &mut sorted);
        rank(&values, &mut memory, &mut rank_of);
        assert_eq!(sorted, order.iter().map(|&x| F::of(x)).collect::<Vec<_>>());
        assert_eq!(rank_of, ranks.iter().map(|&x| F::of(x)).collect::<Vec<_>>());
    }

    #[test]
    fn ties_and_zeros_keep_their_order_and_nan_goes_to_its_end() {
        let nan = f64::NAN.copysign(1.0);
        let values = [0.0, nan, -0.0, 3.0, -nan, -1.0, 0.0, f64::INFINITY];
        let order = [4.0, 5.0, 0.0, 2.0, 6.0, 3.0, 7.0, 1.0];
        let ranks = [2.0, 7.0, 3.0, 5.0, 0.0, 1.0, 4.0, 6.0];
        check::<f32>(&values, &order, &ranks);
        check::<f64>(&values, &order, &ranks);
        check::<f32>(&[], &[], &[]);
    }

    #[test]
    fn long_lines_are_sorted() {
        let values: Vec<f32> = (0..500).map(|i| ((i * 7919) % 101) as f32).collect();
        let mut order = vec![0.0; values.len()];
        argsort(&values, &mut order);
        for pair in order.windows(2) {
            let (a, b) = (index(pair[0]), index(pair[1]));
            assert!(values[a] < values[b] || (values[a] == values[b] && a < b));
        }
    }
}
