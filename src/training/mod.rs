//! Steps of training with several objectives, and sharpness-aware minimisation, for dfdx models.
//!
//! A step takes one gradient for each objective, lets an [`Aggregator`](crate::aggregate::Aggregator) make one of
//! them, and leaves `Gradients` that any dfdx optimizer takes. It does not touch the model's parameters itself.
//!
//! ```
//! use dfdx::{losses::mse_loss, nn::builders::*, optim::Adam, prelude::*};
//! use dfdx_loss::aggregate::{AggregateError, Aggregator, Jacobian, Update};
//! use dfdx_loss::training::{Separate, Shared};
//!
//! /// The shortest vector between two gradients.
//! struct MinNorm;
//!
//! impl Aggregator for MinNorm {
//!     fn aggregate(&mut self, jacobian: &dyn Jacobian) -> Result<Update, AggregateError> {
//!         let g = jacobian.gramian();
//!         let first = ((g[3] - g[1]) / (g[0] - 2.0 * g[1] + g[3])).clamp(0.0, 1.0);
//!         Ok(Update::Weights(vec![first, 1.0 - first]))
//!     }
//! }
//!
//! // A trunk, and two heads.
//! type Net = ((Linear<2, 16>, Tanh), (Linear<16, 1>, Linear<16, 1>));
//! let dev = Cpu::default();
//! let mut model = dev.build_module::<Net, f32>();
//! let mut optimizer = Adam::new(&model, Default::default());
//! let x: Tensor<Rank2<32, 2>, f32, _> = dev.sample_normal();
//! let product = x.clone().select::<Rank1<32>, _>(dev.tensor([0; 32])) * 2.0;
//! let squares = x.clone().square().sum::<Rank1<32>, _>();
//!
//! for _ in 0..10 {
//!     // A forward pass for each objective. Rows: gradients with respect to the trunk's parameters.
//!     let step = Separate::new(&mut model)
//!         .objective("product", |model, tape| {
//!             let features = model.0.forward(x.trace(tape));
//!             mse_loss(model.1.0.forward(features).reshape(), product.clone())
//!         })
//!         .objective("squares", |model, tape| {
//!             let features = model.0.forward(x.trace(tape));
//!             mse_loss(model.1.1.forward(features).reshape(), squares.clone())
//!         })
//!         .only(|name| name.starts_with("0."))
//!         .aggregate(&mut MinNorm)?;
//!     optimizer.update(&mut model, &step.gradients)?;
//!
//!     // The same with one pass through the trunk. Rows: gradients with respect to its features.
//!     let step = Shared::new(&mut model, |model, tape| model.0.forward(x.trace(tape)))?
//!         .objective("product", |model, features| {
//!             mse_loss(model.1.0.forward(features).reshape(), product.clone())
//!         })
//!         .objective("squares", |model, features| {
//!             mse_loss(model.1.1.forward(features).reshape(), squares.clone())
//!         })
//!         .aggregate(&mut MinNorm)?;
//!     optimizer.update(&mut model, &step.gradients)?;
//!     assert!(step.objectives.iter().all(|objective| objective.norm > 0.0 && objective.weight.is_some()));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What to use
//!
//! `m` objectives; a trunk, of cost `t` for forward and backward, and heads of cost `h` each.
//!
//! | | passes | memory | rows | exact for |
//! |---|---|---|---|---|
//! | [`Separate`] | `m (t + h)` | `m + 2` gradients | chosen parameters, by default all | all rules |
//! | [`Shared`] | `t + m h` | 3 gradients, `m` features | features of the batch | constant weights |
//! | [`Separate::norms`] | `m (t + h)` | 1 gradient | as `Separate` | |
//! | [`Separate::losses`] | `m` forward passes | none | | |
//! | [`Sam`] | 2 of its closure | 2 gradients, a copy of the parameters | | |
//!
//! What comes on top is `m (m + 1) / 2` inner products of rows, if the aggregator asks for the Gramian, and one
//! weighted sum. On the CPU both read gradients where they are, on several threads, and sum in `f64`. On other
//! devices rows stay there: inner products are summed by the device in the model's type, and a few copies of the
//! largest tensor come and go. Aggregators that return a direction read every entry on the host.
//!
//! A device with its cache enabled (`dev.enable_cache()`) keeps the memory of one step for the next.

mod error;
mod memory;
mod objective;
mod parameters;
mod report;
mod rows;
mod sam;
mod separate;
mod shared;

pub use error::TrainingError;
pub use objective::IntoTensor;
pub use report::{ObjectiveReport, Step};
pub use sam::{Sam, SamReport};
pub use separate::Separate;
pub use shared::Shared;
