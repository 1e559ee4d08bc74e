//! What the fused backend starts from.

use crate::compile::Compiled;
use crate::ir::loops::{Fused, Place};
use crate::ir::{Program, SetId, Ty, reach};
use crate::passes::differentiate::{Derivative, differentiate};
use crate::passes::fuse::fuse;
use crate::passes::guard;
use std::collections::BTreeSet;

/// Longer chains of operations are left to the graph: kernels are made by recursion.
const DEEPEST: usize = 400;

/// The longest chain of operations.
fn deepest(program: &Program) -> usize {
    let (g, live) = (&program.graph, reach::live_all(program));
    let mut depths = vec![0; g.ids().count()];
    for id in g.ids().filter(|id| live[id.index()]) {
        depths[id.index()] = 1 + g.operands(id).iter().map(|o| depths[o.index()]).max().unwrap_or(0);
    }
    depths.into_iter().max().unwrap_or(0)
}

/// The kernels of a definition, as loop nests.
pub struct Kernels {
    /// The program with its gradients.
    pub derivative: Derivative,
    /// The loop nests.
    pub fused: Fused,
}

impl Kernels {
    /// The kernels, or why there are none.
    pub fn of(compiled: &Compiled) -> Result<Kernels, &'static str> {
        if compiled.def.marks.graph {
            return Err("it is marked `#[graph]`");
        }
        let derivative = differentiate(&guard(&compiled.program));
        if deepest(&derivative.program) > DEEPEST {
            return Err("it has a chain of more than 400 operations");
        }
        let fused = fuse(&derivative).map_err(|unfused| unfused.0)?;
        Ok(Kernels { derivative, fused })
    }

    /// The sets whose elements kernels keep as real numbers.
    pub fn counted(&self) -> BTreeSet<SetId> {
        let arrays = self.fused.kernels().flat_map(|kernel| &kernel.arrays);
        let own = arrays.filter(|a| !matches!(a.place, Place::Input(_)));
        own.filter_map(|a| if let Ty::Index(set) = a.ty { Some(set) } else { None }).collect()
    }
}
