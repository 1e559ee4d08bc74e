//! Which arrays of rows live in gradients.

use crate::ir::loops::home::setter;
use crate::ir::loops::{ArrayId, Kernel, Stage};

/// Gives the arrays of rows a home in the gradients that a kernel sets, one array in each.
pub(super) fn house(kernel: &mut Kernel) {
    let mut homes: Vec<(ArrayId, ArrayId)> = vec![];
    let all: Vec<ArrayId> = (0..kernel.arrays.len()).map(ArrayId).collect();
    for stage in &kernel.stages {
        let Stage::Rows(rows) = stage else { continue };
        for &gradient in all.iter().filter(|id| kernel.sets(**id)) {
            let free = |array: &&ArrayId| homes.iter().all(|home| home.0 != **array);
            let may = |array: &&ArrayId| setter(kernel, rows, **array, gradient).is_some();
            let found = all.iter().filter(free).find(may);
            homes.extend(found.map(|&array| (array, gradient)));
        }
    }
    for (array, gradient) in homes {
        kernel.arrays[array.0].home = Some(gradient);
    }
}
