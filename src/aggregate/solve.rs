//! Small problems that aggregators solve: quadratic programs by an active set, smooth ones by Newton's method.

use nalgebra::{DMatrix, DVector};

/// What counts as satisfied, relative to the size of the problem.
const TOLERANCE: f64 = 1e-13;

/// A minimiser of `xᵀ A x / 2 + bᵀ x` over `x ≥ 0`, and with `sum`, over `Σ x = 1`, too. `A` is positive semidefinite.
///
/// Primal active set: minimise over the entries that may be positive, leave out those that would not be, let in the one
/// that gains most. `None` if that does not end, as where there is no minimum.
pub(super) fn nonnegative(a: &DMatrix<f64>, b: &DVector<f64>, sum: bool) -> Option<DVector<f64>> {
    let n = b.len();
    let size = a.amax().max(b.amax()).max(f64::MIN_POSITIVE);
    let mut x = DVector::zeros(n);
    let mut free = vec![false; n];
    if sum {
        let vertex = (0..n).min_by(|&i, &j| (a[(i, i)] / 2.0 + b[i]).total_cmp(&(a[(j, j)] / 2.0 + b[j])))?;
        x[vertex] = 1.0;
        free[vertex] = true;
    }
    for _ in 0..20 * (n + 1) {
        let gradient = a * &x + b;
        let level = if sum { gradient.dot(&x) } else { 0.0 };
        let gain = |i: &usize| gradient[*i] - level;
        let next = (0..n).filter(|&i| !free[i]).min_by(|i, j| gain(i).total_cmp(&gain(j)));
        match next.filter(|i| gain(i) < -TOLERANCE * size) {
            Some(next) => free[next] = true,
            None => return Some(x),
        }
        settle(a, b, sum, &mut x, &mut free)?;
    }
    None
}

/// Moves to the minimum over the free entries, and fixes at 0 those that get there first.
fn settle(
    a: &DMatrix<f64>,
    b: &DVector<f64>,
    sum: bool,
    x: &mut DVector<f64>,
    free: &mut [bool],
) -> Option<()> {
    for _ in 0..=free.len() {
        let target = stationary(a, b, sum, free)?;
        let blocking = (0..free.len()).filter(|&i| free[i] && target[i] <= 0.0);
        let step = blocking.map(|i| x[i] / (x[i] - target[i])).fold(1.0, f64::min);
        if (0..free.len()).all(|i| !free[i] || target[i] > 0.0) {
            *x = target;
            return Some(());
        }
        for i in 0..free.len() {
            if free[i] {
                let at = x[i] + step * (target[i] - x[i]);
                free[i] = at > TOLERANCE && !(target[i] <= 0.0 && x[i] / (x[i] - target[i]) <= step);
                x[i] = if free[i] { at } else { 0.0 };
            }
        }
    }
    Some(())
}

/// Where the gradient is 0 in the free entries; with `sum`, equal in them, which add up to 1.
fn stationary(a: &DMatrix<f64>, b: &DVector<f64>, sum: bool, free: &[bool]) -> Option<DVector<f64>> {
    let places: Vec<usize> = (0..free.len()).filter(|&i| free[i]).collect();
    let (k, more) = (places.len(), usize::from(sum));
    if k == 0 {
        return Some(DVector::zeros(free.len()));
    }
    // One unit for the constraint and the matrix, so that neither drowns in the other.
    let unit = places.iter().map(|&i| a[(i, i)]).fold(f64::MIN_POSITIVE, f64::max);
    let matrix = DMatrix::from_fn(k + more, k + more, |i, j| match (i < k, j < k) {
        (true, true) => a[(places[i], places[j])] / unit,
        (false, false) => 0.0,
        _ => 1.0,
    });
    let right = DVector::from_fn(k + more, |i, _| if i < k { -b[places[i]] / unit } else { 1.0 });
    let solution = match matrix.clone().lu().solve(&right) {
        Some(solution) if solution.iter().all(|x| x.is_finite()) => solution,
        _ => matrix.svd(true, true).solve(&right, 1e-14).ok()?,
    };
    let mut x = DVector::zeros(free.len());
    places.iter().zip(solution.iter()).for_each(|(&place, &value)| x[place] = value);
    Some(x)
}

/// The nearest point whose entries are not negative and add up to 1.
pub(super) fn onto_simplex(x: &DVector<f64>) -> DVector<f64> {
    let mut sorted: Vec<f64> = x.iter().copied().collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (i, value) in sorted.iter().enumerate() {
        sum += value;
        let level = (sum - 1.0) / (i + 1) as f64;
        if value > &level {
            shift = level;
        }
    }
    x.map(|value| (value - shift).max(0.0))
}

/// What became of [`fair`].
pub(super) enum Fair {
    /// The root.
    Root(DVector<f64>),
    /// There is none: a hull of the rows contains 0.
    Unbounded,
    /// It was not found.
    Lost,
}

/// The positive root of `(G x)_i = d_i x_i^{-p}`: the minimiser of `xᵀ G x / 2 - Σ d ∫ x^{-p}`, by Newton's method with
/// steps that stay positive and descend. It is best scaled so that the root is near 1.
pub(super) fn fair(g: &DMatrix<f64>, d: &DVector<f64>, p: f64) -> Fair {
    let integral = |x: f64| if p == 1.0 { x.ln() } else { x.powf(1.0 - p) / (1.0 - p) };
    let gains = |x: &DVector<f64>| x.iter().zip(d.iter()).map(|(&x, d)| d * integral(x)).sum::<f64>();
    let value = |x: &DVector<f64>| x.dot(&(g * x)) / 2.0 - gains(x);
    let mut x = DVector::from_element(d.len(), (d.len() as f64).powf(-1.0 / (1.0 + p)));
    for _ in 0..500 {
        let gradient = g * &x - d.component_mul(&x.map(|x| x.powf(-p)));
        let curvature = d.component_mul(&x.map(|x| p * x.powf(-p - 1.0)));
        let Some(hessian) = (g + DMatrix::from_diagonal(&curvature)).cholesky() else {
            return Fair::Unbounded;
        };
        let step = hessian.solve(&gradient);
        if step.component_div(&x).amax() < 1e-14 {
            break;
        }
        let longest = x.iter().zip(step.iter()).map(|(x, d)| if *d > 0.0 { 0.9 * x / d } else { 1.0 });
        let mut length = longest.fold(1.0, f64::min);
        let (here, slope) = (value(&x), gradient.dot(&step));
        let descends = |length: f64| value(&(&x - length * &step)) <= here - 1e-4 * length * slope;
        // Below this the values no longer tell descent from rounding, and Newton's step is right.
        let visible = slope > 1e-13 * (x.dot(&(g.abs() * &x)) + here.abs()).max(1.0);
        while visible && length > 1e-12 && !descends(length) {
            length /= 2.0;
        }
        x -= length * step;
        if x.amax() > 1e9 {
            return Fair::Unbounded;
        }
    }
    // Where gradients are almost opposite, `G x` is a small difference of large terms, known to their rounding only.
    let wanted = d.component_mul(&x.map(|x| x.powf(-p)));
    let (off, terms) = ((g * &x - &wanted).abs(), g.abs() * &x + &wanted);
    if off.iter().zip(terms.iter()).all(|(off, terms)| *off <= 1e-12 * terms) {
        Fair::Root(x)
    } else {
        Fair::Lost
    }
}
