//! Inner problems that losses solve on the host, as functions for `extern` (see [`host`](crate::host)).

use crate::host::Slice;

/// Why there is no assignment.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AssignmentError {
    /// The costs are no matrix.
    #[error("costs have two axes, not {axes}")]
    Axes {
        /// How many they have.
        axes: usize,
    },
    /// Not every row can have a column of its own.
    #[error("{rows} rows cannot have {columns} columns, one each")]
    Rows {
        /// How many rows there are.
        rows: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// A cost that cannot be compared.
    #[error("the cost at [{row}, {column}] is {value}")]
    Cost {
        /// Its row.
        row: usize,
        /// Its column.
        column: usize,
        /// The cost.
        value: f64,
    },
    /// Every assignment has a pair of infinite cost.
    #[error("every assignment has a pair of infinite cost")]
    Infeasible,
}

/// For each row of `cost: [N, M]` a column of its own, so that the sum of their costs is smallest.
///
/// There may be more columns than rows. A pair of infinite cost is never chosen. Takes `O(N^2 M)` steps: shortest
/// augmenting paths (Jonker, Volgenant 1987; Crouse 2016).
///
/// # Errors
/// If there are more rows than columns, a cost is NaN or minus infinity, or no assignment has a finite cost.
pub fn assignment(cost: Slice<'_>) -> Result<Vec<usize>, AssignmentError> {
    let &[rows, columns] = cost.sizes() else {
        return Err(AssignmentError::Axes { axes: cost.sizes().len() });
    };
    if rows > columns {
        return Err(AssignmentError::Rows { rows, columns });
    }
    if let Some(at) = cost.iter().position(|v| v.is_nan() || *v == f64::NEG_INFINITY) {
        return Err(AssignmentError::Cost { row: at / columns, column: at % columns, value: cost[at] });
    }
    let mut matching = Matching::new(cost, rows, columns);
    (0..rows).try_for_each(|row| matching.augment(row))?;
    Ok(matching.column)
}

/// By how much the Jaccard loss of a set of pixels grows with each of them, if they become errors one after the other, from
/// the largest `error` down: the gradient of the Lovasz extension of that loss (Berman, Rannen Triki, Blaschko 2018).
///
/// The arrays have the same size. `positive` pixels are those of the set, and only `valid` ones count; others have the
/// weight 0. Pixels of the same error keep their order. Takes `O(N log N)` steps.
#[must_use]
pub fn lovasz_weights(error: Slice<'_>, positive: Slice<'_>, valid: Slice<'_>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..error.len()).filter(|&i| valid[i] != 0.0).collect();
    order.sort_by(|&i, &j| error[j].total_cmp(&error[i]));
    let size = order.iter().filter(|&&i| positive[i] != 0.0).count() as f64;
    let (mut shared, mut union, mut before) = (size, size, 0.0);
    let mut weights = vec![0.0; error.len()];
    for i in order {
        if positive[i] == 0.0 {
            union += 1.0;
        } else {
            shared -= 1.0;
        }
        let loss = 1.0 - shared / union;
        weights[i] = loss - before;
        before = loss;
    }
    weights
}

/// No partner yet.
const NONE: usize = usize::MAX;

/// The best assignment of the rows so far, with the prices that prove it best: a pair's cost less the prices of its
/// row and column is nowhere negative, and 0 for pairs that are assigned.
struct Matching<'a> {
    cost: Slice<'a>,
    row_price: Vec<f64>,
    column_price: Vec<f64>,
    /// The column of each row.
    column: Vec<usize>,
    /// The row of each column.
    row: Vec<usize>,
}

/// The shortest paths from one row, along pairs that alternate between new and assigned.
struct Paths {
    /// How long the path to a column is.
    length: Vec<f64>,
    /// The row before it.
    from: Vec<usize>,
    /// Whether no path to it can become shorter.
    done: Vec<bool>,
}

impl<'a> Matching<'a> {
    fn new(cost: Slice<'a>, rows: usize, columns: usize) -> Self {
        let (row_price, column_price) = (vec![0.0; rows], vec![0.0; columns]);
        Matching { cost, row_price, column_price, column: vec![NONE; rows], row: vec![NONE; columns] }
    }

    /// Gives one more row a column, along the shortest path to a free one.
    fn augment(&mut self, start: usize) -> Result<(), AssignmentError> {
        let (paths, end) = self.shortest(start)?;
        let total = paths.length[end];
        self.row_price[start] += total;
        for column in (0..self.row.len()).filter(|&c| paths.done[c] && c != end) {
            let slack = total - paths.length[column];
            self.column_price[column] -= slack;
            self.row_price[self.row[column]] += slack;
        }
        let mut column = end;
        loop {
            let row = paths.from[column];
            self.row[column] = row;
            std::mem::swap(&mut self.column[row], &mut column);
            if row == start {
                return Ok(());
            }
        }
    }

    /// Dijkstra's algorithm from a row to the nearest free column.
    fn shortest(&self, start: usize) -> Result<(Paths, usize), AssignmentError> {
        let columns = self.row.len();
        let mut paths = Paths {
            length: vec![f64::INFINITY; columns],
            from: vec![start; columns],
            done: vec![false; columns],
        };
        let (mut row, mut so_far) = (start, 0.0);
        loop {
            self.extend(&mut paths, row, so_far);
            let open = (0..columns).filter(|&c| !paths.done[c]);
            let nearest = open.min_by(|&a, &b| paths.length[a].total_cmp(&paths.length[b]));
            let Some(column) = nearest.filter(|&c| paths.length[c].is_finite()) else {
                return Err(AssignmentError::Infeasible);
            };
            paths.done[column] = true;
            if self.row[column] == NONE {
                return Ok((paths, column));
            }
            (row, so_far) = (self.row[column], paths.length[column]);
        }
    }

    /// Shortens paths by the pairs of one row.
    fn extend(&self, paths: &mut Paths, row: usize, so_far: f64) {
        for column in (0..self.row.len()).filter(|&c| !paths.done[c]) {
            let reduced = self.cost[[row, column]] - self.row_price[row] - self.column_price[column];
            let length = so_far + reduced;
            if length < paths.length[column] {
                (paths.length[column], paths.from[column]) = (length, row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(cost: Slice, columns: &[usize]) -> f64 {
        columns.iter().enumerate().map(|(row, &column)| cost[[row, column]]).sum()
    }

    /// The smallest sum over all ways to give the rows from `row` on free columns.
    fn brute(cost: Slice, row: usize, taken: &mut Vec<usize>) -> f64 {
        let &[rows, columns] = cost.sizes() else { unreachable!("costs have two axes") };
        if row == rows {
            return 0.0;
        }
        let mut best = f64::INFINITY;
        for column in 0..columns {
            if !taken.contains(&column) {
                taken.push(column);
                best = best.min(cost[[row, column]] + brute(cost, row + 1, taken));
                taken.pop();
            }
        }
        best
    }

    #[test]
    fn no_other_assignment_costs_less() {
        let mut state = 1_u64;
        let mut draw = |ties: bool| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = (state >> 11) as f64 / (1_u64 << 53) as f64 * 10.0 - 5.0;
            if ties { value.round() } else { value }
        };
        for case in 0..600 {
            let rows = 1 + case % 5;
            let columns = rows + case / 5 % 3;
            let values: Vec<f64> = (0..rows * columns).map(|_| draw(case % 2 == 0)).collect();
            let sizes = [rows, columns];
            let cost = Slice::new(&values, &sizes);
            let found = assignment(cost).expect("finite costs");
            let mut sorted = found.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), rows, "{found:?}");
            let best = brute(cost, 0, &mut vec![]);
            assert!((total(cost, &found) - best).abs() < 1e-9, "{found:?} of {cost:?}");
        }
    }

    /// The loss of a set of errors: one less the share of what is right of prediction and target together.
    fn jaccard(errors: &[f64], positive: &[f64], valid: &[f64]) -> f64 {
        let (mut shared, mut union) = (0, 0);
        for i in (0..errors.len()).filter(|&i| valid[i] != 0.0) {
            let wrong = errors[i] != 0.0;
            shared += usize::from(positive[i] != 0.0 && !wrong);
            union += usize::from(positive[i] != 0.0 || wrong);
        }
        if union == 0 { 0.0 } else { 1.0 - shared as f64 / union as f64 }
    }

    #[test]
    fn the_lovasz_extension_is_the_jaccard_loss_at_whole_errors() {
        for bits in 0..1_u32 << 12 {
            let [errors, positive, valid] =
                [0, 4, 8].map(|from| (from..from + 4).map(|i| f64::from(bits >> i & 1)).collect::<Vec<_>>());
            let sizes = [2, 2];
            let [e, p, v] = [&errors, &positive, &valid].map(|values| Slice::new(values, &sizes));
            let weights = lovasz_weights(e, p, v);
            let found: f64 = errors.iter().zip(&weights).map(|(e, w)| e * w).sum();
            assert!(
                (found - jaccard(&errors, &positive, &valid)).abs() < 1e-12,
                "{errors:?} {positive:?} {valid:?}"
            );
        }
    }

    #[test]
    fn lovasz_weights_follow_the_errors_down() {
        let arrays = [[0.1, 0.9, 0.5, 0.7], [1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0]];
        let [e, p, v] = arrays.each_ref().map(|values| Slice::new(values, &[4]));
        let weights = lovasz_weights(e, p, v);
        // Missing the second leaves one of two; an extra one makes that one of three; missing the first leaves none.
        let wanted = [1.0 / 3.0, 0.5, 1.0 / 6.0, 0.0];
        assert!(
            weights.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-12),
            "{weights:?}"
        );
    }

    #[test]
    fn an_infinite_cost_is_avoided_or_refused() {
        let inf = f64::INFINITY;
        assert_eq!(assignment(Slice::new(&[inf, 1.0, 0.0, inf], &[2, 2])), Ok(vec![1, 0]));
        assert_eq!(assignment(Slice::new(&[1.0, inf, 1.0, inf], &[2, 2])), Err(AssignmentError::Infeasible));
        assert_eq!(assignment(Slice::new(&[], &[0, 3])), Ok(vec![]));
    }

    #[test]
    fn what_has_no_assignment_says_why() {
        let nan = assignment(Slice::new(&[0.0, 1.0, f64::NAN, 1.0], &[2, 2])).unwrap_err();
        assert_eq!(nan.to_string(), "the cost at [1, 0] is NaN");
        let rows = assignment(Slice::new(&[0.0, 1.0], &[2, 1])).unwrap_err();
        assert_eq!(rows.to_string(), "2 rows cannot have 1 columns, one each");
        let axes = assignment(Slice::new(&[0.0], &[1])).unwrap_err();
        assert_eq!(axes, AssignmentError::Axes { axes: 1 });
    }
}
