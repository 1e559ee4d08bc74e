//! The only names that generated code may use. Not part of the public interface.

pub use dfdx;
pub use loss_macros::{expansion as expansion_impl, loss as loss_impl};

/// What the stages of kernels have in scope.
pub mod kernels {
    pub use crate::runtime::fused::{Float, Upstream};
    pub use crate::runtime::kernel::along::{self, Along, Line};
    pub use crate::runtime::kernel::arch::Arch;
    pub use crate::runtime::kernel::element;
    pub use crate::runtime::kernel::lanes::{
        self, AddAt, AddStrided, AddTo, All, Any, Classes, Dense, InPlace, Indices, LANES, Mask, Max, MaxTo,
        Min, MinTo, MulTo, Peak, PeakTo, Pick, Prod, SHORT, Store, StoreStrided, Strided, Sum, Total, Truths,
    };
    pub use crate::runtime::kernel::rows::Rows;
    pub use crate::runtime::kernel::running::{self, Way};
    pub use crate::runtime::kernel::span;
    pub use std::marker::PhantomData;
    pub use std::ops::Range;
}

/// What the types of losses with schedules or learnable tensors have in scope.
pub mod facade {
    pub use crate::runtime::held;
    pub use crate::runtime::unready::{Unbuilt, Unstepped};
    pub use crate::schedule::{self, Schedule as _};
    pub use dfdx::nn::{BuildModule, BuildOnDevice, ModuleMut, ModuleVisitor, TensorCollection};
    pub use dfdx::shapes::{Const, ConstDim, Dtype};
    pub use dfdx::tensor::Tensor;
    pub use dfdx::tensor_ops::Device;
}

/// What generated items have in scope.
pub mod prelude {
    pub use crate::error::{LossError, ParamError};
    pub use crate::runtime::tape::Join;
    pub use crate::runtime::terms as report;
    pub use crate::runtime::{call, check, fused, host, kernel, ops, scalar, tape};
    pub use dfdx::nn::{Module, NonMutableModule};
    pub use dfdx::shapes::{
        Axes2, Axes3, Axes4, Axes5, Axes6, Axis, Const, Dim, Dtype, HasShape as _, Shape,
    };
    pub use dfdx::tensor::{NoneTape, PutTape as _, SplitTape as _, Tape, Tensor, WithEmptyTape as _};
    pub use dfdx::tensor_ops::{
        BroadcastTo as _, ChooseFrom as _, Device, GatherTo as _, LogSumExpTo as _, MaxTo as _, MeanTo as _,
        MinTo as _, PermuteTo as _, ReshapeTo as _, SelectTo as _, SumTo as _, TryAdd as _, TryDiv as _,
        TryEq as _, TryGe as _, TryGt as _, TryLe as _, TryLt as _, TryMatMul as _, TryMul as _, TryNe as _,
        TrySub as _,
    };
}
