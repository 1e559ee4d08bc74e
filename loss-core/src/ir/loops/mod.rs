//! The second form of a program: loop nests over dense arrays, what kernels are printed from.
//!
//! A [`Kernel`] is a list of stages, run one after the other. A row stage is one parallel loop over an outer index;
//! for each row it takes its steps in order, and all it carries from step to step is in arrays of the row. A nest
//! runs over inner indices and fills or accumulates into arrays. Everything else is an expression, written as a
//! list of `let`s whose loads and indices are explicit. Rounds of a loop run stages of their own over and over. Nothing
//! here needs the graph any more.

mod beside;
pub mod check;
pub mod eval;
pub mod home;
pub mod print;
mod span;

pub use beside::Beside;
pub use span::Span;

use super::{Axis, HostRef, OpRef, ReduceRef, Running, SetId, SetInfo, Ty};
use std::collections::{BTreeMap, BTreeSet};

/// An array of a [`Kernel`], by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArrayId(pub usize);

/// An expression of a [`Rows`] stage, by position in its `lets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetId(pub usize);

/// A dense row-major array. Conditions are kept as 0 and 1, indices as their numbers, but inputs as what they are.
#[derive(Clone, Debug)]
pub struct Array {
    /// A name for people, different from those of all other arrays of the kernel.
    pub name: String,
    /// The axes it was made over, outermost first; of [`Place::Row`] arrays the outer axis is left out.
    pub axes: Vec<Axis>,
    /// What its elements are.
    pub ty: Ty,
    /// Where it lives.
    pub place: Place,
    /// What a loop carried at the beginning of each of its rounds: so many copies. Only rounds read it.
    pub rounds: bool,
    /// Of [`Place::Row`] arrays: the gradient in whose row it lives until that is set, if there is such a gradient and
    /// it is wanted.
    pub home: Option<ArrayId>,
}

/// Where an array lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An input of the definition, as the caller passes it, contiguous. The upstream gradient is one too.
    Input(usize),
    /// The loss per sample. The caller may not want it.
    Value,
    /// The sum of the loss over the samples, in double precision.
    Total,
    /// The gradient of an input: set once by a kernel that begins it, else only added to. The caller may not want it.
    Gradient(usize),
    /// Made by the forward kernel, read by the backward kernel; by position in [`Fused::saved`].
    Saved(usize),
    /// Made by one stage, read by a later one.
    Global,
    /// Made and read within one row of one stage.
    Row,
    /// In rounds: an array of the kernel around.
    Outer(ArrayId),
    /// In rounds: what is carried into the round; by position in [`Repeat::carried`].
    Carried(usize),
    /// In rounds: what is carried into the next round; by position in [`Repeat::carried`].
    Next(usize),
    /// In rounds of a loop that reverses another: what that one carried into its round, from an array of the kernel
    /// around.
    Replayed(ArrayId),
}

/// The kernels of a definition.
#[derive(Clone, Debug)]
pub struct Fused {
    /// Index sets, as in the program.
    pub sets: Vec<SetInfo>,
    /// From the inputs to the value, the total and what is saved.
    pub forward: Kernel,
    /// From the inputs, what is saved and the upstream gradient to the gradients. `None`: there are no gradients, or
    /// the loss is one number, whose gradients are made with it.
    pub backward: Option<Kernel>,
    /// What the forward kernel keeps for the backward kernel: name and axes.
    pub saved: Vec<Array>,
    /// From the inputs and the upstream gradient to the total (of a loss without samples: the value) and the
    /// gradients. `None`: there are no gradients.
    pub both: Option<Kernel>,
}

impl Fused {
    /// All kernels, those of rounds included.
    pub fn kernels(&self) -> impl Iterator<Item = &Kernel> {
        [Some(&self.forward), self.backward.as_ref(), self.both.as_ref()]
            .into_iter()
            .flatten()
            .flat_map(Kernel::nested)
    }
}

/// Stages over arrays.
#[derive(Clone, Debug, Default)]
pub struct Kernel {
    /// All arrays.
    pub arrays: Vec<Array>,
    /// In order.
    pub stages: Vec<Stage>,
}

/// A stage.
#[derive(Clone, Debug)]
pub enum Stage {
    /// A loop over rows.
    Rows(Rows),
    /// A matrix product.
    Product(Product),
    /// Rounds of stages.
    Repeat(Repeat),
    /// Calls of a host function.
    Call(Call),
}

/// A host function, called for each slice of its operands; or its gradients by several of its inputs.
#[derive(Clone, Debug)]
pub struct Call {
    /// What specs call it.
    pub function: HostRef,
    /// The axes of the slices.
    pub outer: Vec<Axis>,
    /// What it takes: for each place of an array, the axis read there; and the axes of a slice.
    pub operands: Vec<(ArrayId, Vec<Axis>, Vec<Axis>)>,
    /// What it gives: the array and the axes of a slice. Of a gradient, by which input.
    pub gives: Vec<(Option<usize>, ArrayId, Vec<Axis>)>,
    /// The set whose elements it gives.
    pub target: Option<SetId>,
    /// The gradients that it is needed for; empty: always.
    pub needed_by: Vec<usize>,
}

/// Rounds of stages, which carry arrays from one to the next.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// Expressions of hyperparameters and sizes, operands before users.
    pub lets: Vec<Let>,
    /// The number of rounds, rounded towards 0; none if it is negative.
    pub count: LetId,
    /// What is carried along.
    pub carried: Vec<Carried>,
    /// One round. If it replays another loop, the last round of that one comes first.
    pub body: Kernel,
    /// The gradients that it is needed for; empty: always.
    pub needed_by: Vec<usize>,
}

/// An array that rounds carry along.
#[derive(Clone, Debug)]
pub struct Carried {
    /// What it is before the first round.
    pub begin: ArrayId,
    /// Keeps what it is at the beginning of each round.
    pub history: Option<ArrayId>,
    /// What it is after the last round, if that is read.
    pub last: Option<ArrayId>,
}

impl Kernel {
    /// Whether an array is set, which is done once for each element.
    pub fn sets(&self, array: ArrayId) -> bool {
        let rows =
            self.stages.iter().filter_map(|s| if let Stage::Rows(rows) = s { Some(rows) } else { None });
        let steps = rows.flat_map(|rows| &rows.steps);
        let nests = steps.filter_map(|s| if let Step::Nest(nest) = s { Some(nest) } else { None });
        nests.flat_map(|nest| &nest.targets).any(|t| t.array == array && t.how == How::Set)
    }

    /// This kernel and those of its rounds.
    pub fn nested(&self) -> Vec<&Kernel> {
        let inner =
            self.stages.iter().filter_map(|s| if let Stage::Repeat(r) = s { Some(&r.body) } else { None });
        std::iter::once(self).chain(inner.flat_map(Kernel::nested)).collect()
    }
}

/// `to[batch, rows, cols] = sum[over](lhs * rhs)`; each factor is a whole array.
#[derive(Clone, Debug)]
pub struct Product {
    /// The result.
    pub to: ArrayId,
    /// The left factor and, for each of its places, the axis read there.
    pub lhs: (ArrayId, Vec<Axis>),
    /// The right factor and, for each of its places, the axis read there.
    pub rhs: (ArrayId, Vec<Axis>),
    /// Axes that all three have.
    pub batch: Vec<Axis>,
    /// The axis that only `lhs` and `to` have.
    pub row: Axis,
    /// The axis that only `rhs` and `to` have.
    pub col: Axis,
    /// The axis that is summed.
    pub over: Axis,
    /// The gradients that it is needed for; empty: always.
    pub needed_by: Vec<usize>,
}

/// One loop over an outer index, split into chunks that run in parallel.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The outer index; `None`: one row.
    pub outer: Option<Axis>,
    /// Expressions of all steps, operands before users.
    pub lets: Vec<Let>,
    /// What is done in each row, in order.
    pub steps: Vec<Step>,
}

impl Rows {
    /// Whether loops of the stage write an array.
    pub fn makes(&self, array: ArrayId) -> bool {
        let makes = |nest: &Nest| nest.targets.iter().any(|t| t.array == array);
        self.steps.iter().any(|step| matches!(step, Step::Nest(nest) if makes(nest)))
    }

    /// What a target reads, and where.
    pub fn loads(&self, target: &Target) -> Vec<(ArrayId, &[At])> {
        let computed =
            target.at.iter().filter_map(|at| if let At::Computed(id) = at { Some(*id) } else { None });
        let mut open: Vec<LetId> = computed.chain([target.value]).chain(target.given).collect();
        let (mut loads, mut seen) = (vec![], BTreeSet::new());
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                let value = &self.lets[id.0].value;
                open.extend(value.operands());
                loads.extend(if let Value::Load(array, at) = value { Some((*array, &at[..])) } else { None });
            }
        }
        loads
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// What it is.
    pub value: Value,
    /// The loops it depends on, outer axis included, in canonical order.
    pub axes: Vec<Axis>,
    /// What it gives.
    pub ty: Ty,
    /// The user's name for it, if any.
    pub name: Option<String>,
}

/// The right-hand side of a [`Let`].
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A real constant.
    Const(f64),
    /// A condition that is known.
    Truth(bool),
    /// A fixed element of a set.
    Element(usize),
    /// A scalar hyperparameter.
    Hyper(usize),
    /// An element of an array hyperparameter.
    HyperArray(usize, At),
    /// The number of elements of a set, a real.
    Size(SetId),
    /// The number of the present iteration of a loop, an index.
    Position(Axis),
    /// At a distance from such numbers: an element of the set that its type tells.
    Beside(Beside),
    /// An element of an array, one index for each of its axes.
    Load(ArrayId, Vec<At>),
    /// An elementwise op.
    Op(OpRef, Vec<LetId>),
}

/// Where one axis of an array is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// At the present iteration of a loop.
    Axis(Axis),
    /// At a computed element: always a plain load of an index, an `Element`, a `Position` or a `Beside`.
    Computed(LetId),
}

/// A step of a row.
#[derive(Clone, Debug)]
pub enum Step {
    /// Loops.
    Nest(Nest),
    /// An operation along a whole axis.
    Along(Along),
}

/// Loops over inner indices.
#[derive(Clone, Debug)]
pub struct Nest {
    /// Outermost first; the last one is the one to vectorise. Empty: once a row.
    pub loops: Vec<Axis>,
    /// Of some loops, the only iterations there are: told by the row and the loops around.
    pub spans: BTreeMap<Axis, Span>,
    /// What it makes.
    pub targets: Vec<Target>,
    /// The gradients that it is needed for; empty: always.
    pub needed_by: Vec<usize>,
}

/// `array[at] how= value`, for the iterations in which `given` holds.
///
/// An array that is reduced into, other than a gradient, begins each row (if the reduction is over rows: each
/// chunk) with the neutral element.
#[derive(Clone, Debug)]
pub struct Target {
    /// The array.
    pub array: ArrayId,
    /// One index for each of its axes; a computed one makes it a scatter.
    pub at: Vec<At>,
    /// How.
    pub how: How,
    /// What.
    pub value: LetId,
    /// Where.
    pub given: Option<LetId>,
    /// The outer axis is reduced, too: partial results of chunks are merged in order.
    pub across: bool,
}

/// How a target takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// `=`: each element once.
    Set,
    /// `+=`: gradients only, into what is there before the kernel or, if it is set first, what that leaves.
    Add,
    /// Reduced into.
    Reduce(ReduceRef),
}

/// `to[.., axis, ..] = op(from[.., axis, ..])`, a whole line at a time, for each iteration of `loops`.
#[derive(Clone, Debug)]
pub struct Along {
    /// What.
    pub op: AlongOp,
    /// The axis.
    pub axis: Axis,
    /// The other inner axes.
    pub loops: Vec<Axis>,
    /// Read, one index for each of its axes, all of them loops or `axis`.
    pub from: (ArrayId, Vec<Axis>),
    /// The second operand, if there is one, likewise.
    pub weights: Option<(ArrayId, Vec<Axis>)>,
    /// Written, one index for each of its axes.
    pub to: (ArrayId, Vec<Axis>),
    /// The gradients that it is needed for; empty: always.
    pub needed_by: Vec<usize>,
}

/// An operation along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlongOp {
    /// Which element stands at a position, ascending.
    Argsort,
    /// Which position an element has, ascending.
    Rank,
    /// Running sum.
    Cumsum {
        /// From the end.
        backward: bool,
    },
    /// What else runs.
    Running {
        /// What.
        what: Running,
        /// From the end.
        backward: bool,
    },
}
