//! One update direction from the gradients of several tasks.
//!
//! The gradients are the rows of a [`Jacobian`]; an [`Aggregator`] makes an [`Update`] of them.
//! [`training`](crate::training) computes the rows of a dfdx model and applies the update.
//!
//! ```
//! use dfdx_loss::aggregate::{Aggregator, ConFig, MinNorm, PcGrad, Rows, UpGrad};
//!
//! let gradients = [[1.0, 0.0, 2.0], [-1.0, 3.0, 0.0]];
//! let rows = Rows::new(&gradients)?;
//! let mut rules: Vec<Box<dyn Aggregator>> =
//!     vec![Box::new(ConFig::default()), Box::new(MinNorm), Box::new(PcGrad::new(7)), Box::new(UpGrad::default())];
//! for rule in &mut rules {
//!     let update = rule.aggregate(&rows)?.direction(&rows);
//!     let along = |row: &[f64]| row.iter().zip(&update).map(|(g, u)| g * u).sum::<f64>();
//!     assert!(gradients.iter().all(|row| along(row) > 0.0));
//! }
//! # Ok::<(), dfdx_loss::aggregate::AggregateError>(())
//! ```
//!
//! # All rules
//!
//! | rule | what it promises | state |
//! |---|---|---|
//! | [`Mean`], [`Sum`], [`Constant`] | weights that are given | |
//! | [`ConFig`], [`ConFigTwoTask`] | equal positive cosine with every gradient | |
//! | [`MomentumConFig`] | the same of running means: not every task needs a gradient in every step | moments |
//! | [`Mgda`], [`MinNorm`], [`TwoTaskMgda`] | the shortest vector in the hull: descends for every task | |
//! | [`UpGrad`], [`DualProj`] | conflicts with no task, up to a regularisation | |
//! | [`CaGrad`] | near the mean, best for the worst-served task | |
//! | [`PcGrad`] | each gradient projected off those it conflicts with | draws |
//! | [`GradVac`] | cosines brought to their running mean | cosines, draws |
//! | [`GradDrop`] | of each parameter's gradients only one sign | draws |
//! | [`NashBargaining`], [`NashMtl`] | does not depend on the scale of any loss | weights |
//! | [`FairGrad`] | fair in the sense of `alpha` | |
//! | [`ImtlG`] | equal projections on all gradients | |
//! | [`AlignedMtl`] | gradients made orthogonal and equally long | |
//! | [`PriorityDescent`] | the first task first, the others at least a share | norms |
//! | [`TrimmedMean`], [`Krum`] | outliers among the gradients do little | |
//! | [`ExcessMtl`] | weights by the risk that is left | squares |
//! | [`CrMogm`] | weights of MGDA that change slowly | weights |
//! | [`MoDo`], [`SdmGrad`] | weights from two batches, without bias | weights |
//! | [`Normalized`] | another rule on gradients of comparable length | as the other |
//!
//! Every rule but `TrimmedMean`, `GradDrop`, `ExcessMtl` and `MomentumConFig` needs only the inner products of the
//! gradients: one pass over them, and one more for the update. Where gradients are almost dependent, so that their
//! inner products have lost the digits that matter, `ConFig`, `ImtlG` and `AlignedMtl` factorise the rows: a further pass
//! that costs up to ten times as much as the inner products.
//!
//! # At the edge
//!
//! A gradient with an entry that is NaN or infinite is an error that names the task. Gradients of zeros have weight 0
//! where a rule divides by norms. At a Pareto stationary point, as with two opposite gradients, `ConFig`, `MinNorm`,
//! `CaGrad`, `NashBargaining` and `FairGrad` give an update of zeros. `UpGrad`, `DualProj` and `CaGrad` have an absolute
//! threshold, as their authors' code: gradients whose squared norms add up to less than `norm_eps` are averaged, or give
//! 0; scale losses up, or the threshold down, if gradients are that small. Norms up to 1e154 have finite squares; gradients
//! shorter than 1e-140 count as 0. Near opposite gradients `NashBargaining`, `FairGrad` and `CaGrad` have weights that grow
//! without bound, and may answer that they found no solution.
//!
//! # Coming from torchjd, conflictfree or LibMTL
//!
//! | theirs | here |
//! |---|---|
//! | `ConFIG_update`, `ConFIG` | [`ConFig`]; a `LengthModel` is a [`Length`], a `WeightModel` its `direction_weights` |
//! | `ConFIG_update_double` | [`ConFigTwoTask`] |
//! | `PseudoMomentumOperator` | [`MomentumConFig`] |
//! | `MGDA` of torchjd; of LibMTL | [`Mgda`]; [`MinNorm`] |
//! | `UPGrad`, `DualProj` | [`UpGrad`], [`DualProj`] |
//! | `CAGrad` | [`CaGrad`], without LibMTL's `rescale` |
//! | `NashMTL` | [`NashMtl`], solved to rounding |
//! | `IMTLG`, `AlignedMTL`, `GradVac`, `GradDrop`, `FairGrad`, `Krum`, `TrimmedMean`, `ExcessMTL` | of the same name |
//! | `PCD`, `CRMOGMWeighting`, `MoDoWeighting`, `SDMGradWeighting` | [`PriorityDescent`], [`CrMogm`], [`MoDo`], [`SdmGrad`] |

mod bargain;
mod cagrad;
mod compact;
mod config;
mod constant;
mod drop;
mod error;
mod excess;
mod jacobian;
mod mgda;
mod momentum;
mod normalize;
mod priority;
mod projection;
mod robust;
mod smoothed;
mod solve;
mod spectrum;
mod stochastic;
mod surgery;

pub use bargain::{FairGrad, NashBargaining, NashMtl};
pub use cagrad::CaGrad;
pub use config::{ConFig, ConFigTwoTask, Length};
pub use constant::{Constant, Mean, Sum};
pub use drop::GradDrop;
pub use error::AggregateError;
pub use excess::ExcessMtl;
pub(crate) use jacobian::mirror;
pub use jacobian::{Jacobian, Rows};
pub use mgda::{Mgda, MinNorm, TwoTaskMgda};
pub use momentum::MomentumConFig;
pub use normalize::{Normalization, Normalized};
pub use priority::PriorityDescent;
pub use projection::{DualProj, UpGrad};
pub use robust::{Krum, TrimmedMean};
pub use smoothed::CrMogm;
pub use spectrum::{AlignedMtl, ImtlG, ScaleMode};
pub use stochastic::{MoDo, SdmGrad};
pub use surgery::{GradVac, PcGrad};

/// A rule that makes one update of the gradients of several tasks.
///
/// Some rules carry a state from step to step, so that one value serves one training run.
pub trait Aggregator {
    /// The update for these gradients. A gradient that is not finite is an error that names its task.
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError>;
}

impl<A: Aggregator + ?Sized> Aggregator for Box<A> {
    fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
        (**self).aggregate(jacobian)
    }
}

/// What an [`Aggregator`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// The sum of the rows, each times its weight. Needs no more memory than one row.
    Weights(Vec<f64>),
    /// A direction that is no such sum, or not known as one: one entry a parameter.
    Direction(Vec<f64>),
}

impl Update {
    /// The update as numbers, one a parameter.
    pub fn direction(&self, jacobian: &dyn Jacobian) -> Vec<f64> {
        match self {
            Self::Weights(weights) => jacobian::combine(jacobian, weights),
            Self::Direction(direction) => direction.clone(),
        }
    }
}

/// Law: the numbers that make a rule are in its domain.
fn check_numbers(
    aggregator: &'static str,
    parameter: &'static str,
    values: &[f64],
    holds: impl Fn(f64) -> bool,
    allowed: &'static str,
) -> Result<(), AggregateError> {
    match values.iter().find(|&&value| !holds(value)) {
        Some(&value) => Err(AggregateError::Parameter { aggregator, parameter, value, allowed }),
        None => Ok(()),
    }
}

/// Law: what comes together has one length.
fn check_length(what: &'static str, length: usize, expected: usize) -> Result<(), AggregateError> {
    if length == expected { Ok(()) } else { Err(AggregateError::Length { what, length, expected }) }
}
