//! Which vector instructions a kernel is compiled for, and the choice among them at run time.
//!
//! Everything that runs inside a [`Task`] is generic over an [`Arch`] and inlined always, so that one source is
//! compiled once for each instruction set, in the wrappers of [`dispatch`], and vectorised there by the compiler.
//!
//! Without optimisation nothing is vectorised, and all instruction sets are as slow: then there is one copy, for the
//! baseline, and no function of the runtime is inlined: copies of `exp` in each loop would take longer to compile. Both
//! together save more than half of the time that a debug build takes. The tests of this crate are compiled for all the same.

use super::math;
use super::real::Real;
use std::fmt::Debug;
use std::sync::OnceLock;

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident($($arg:ident),+) = $path:path;)*) => {$(
        $(#[$doc])*
        #[cfg_attr(optimised, inline(always))]
        fn $name<F: Real>(self, $($arg: F),+) -> F {
            $path(self, $($arg),+)
        }
    )*};
}

/// An instruction set, with the functions that kernels use. None of them branches on its operands, save
/// the rare ones that [`math`] names.
pub trait Arch: Copy + Debug + Send + Sync + 'static {
    /// Whether there is a fused multiply-add. Without one, `mul_add` of the standard library is a slow call.
    const FMA: bool;
    /// Whether rounding to a whole number is an instruction, not a call.
    const ROUND: bool;

    /// `a * b + c`, rounded once if the machine can do that fast.
    #[cfg_attr(optimised, inline(always))]
    fn mul_add<F: Real>(self, a: F, b: F, c: F) -> F {
        if Self::FMA { a.fused(b, c) } else { a * b + c }
    }

    functions! {
        /// Exponential.
        exp(x) = math::exp::exp;
        /// `exp(x) - 1`, exact for small `x`.
        expm1(x) = math::exp::expm1;
        /// Natural logarithm.
        ln(x) = math::log::ln;
        /// Logarithm to base 2.
        log2(x) = math::log::log2;
        /// `ln(1 + x)`, exact for small `x`.
        log1p(x) = math::log::log1p;
        /// `ln(1 - exp x)`, exact at both ends.
        log1mexp(x) = math::log::log1mexp;
        /// `x ln x`, and 0 at 0.
        xlogx(x) = math::log::xlogx;
        /// `1 / (1 + exp(-x))`.
        sigmoid(x) = math::logistic::sigmoid;
        /// `ln(sigmoid(x))`, finite for finite `x`.
        log_sigmoid(x) = math::logistic::log_sigmoid;
        /// `ln(1 + exp x)`, without overflow.
        softplus(x) = math::logistic::softplus;
        /// Hyperbolic tangent.
        tanh(x) = math::hyperbolic::tanh;
        /// Hyperbolic sine.
        sinh(x) = math::hyperbolic::sinh;
        /// Hyperbolic cosine.
        cosh(x) = math::hyperbolic::cosh;
        /// Cosine.
        cos(x) = math::circular::cos;
        /// Sine.
        sin(x) = math::circular::sin;
        /// Tangent.
        tan(x) = math::circular::tan;
        /// Arc cosine.
        acos(x) = math::circular::acos;
        /// Arc sine.
        asin(x) = math::circular::asin;
        /// Arc tangent.
        atan(x) = math::circular::atan;
        /// Error function.
        erf(x) = math::erf::erf;
        /// `x` to the power `y`, as `powf` of the standard library.
        pow(x, y) = math::pow::pow;
        /// Square root.
        sqrt(x) = math::piecewise::sqrt;
        /// `1 / x`.
        recip(x) = math::piecewise::recip;
        /// Absolute value.
        abs(x) = math::piecewise::abs;
        /// -1, 0 or 1; both zeros and NaN stay.
        sign(x) = math::piecewise::sign;
        /// `max(x, 0)`.
        relu(x) = math::piecewise::relu;
        /// The smaller; NaN if one is.
        min(x, y) = math::piecewise::min;
        /// The larger; NaN if one is.
        max(x, y) = math::piecewise::max;
        /// The nearest number in `lo..=hi`; `hi` if the bounds cross.
        clamp(x, lo, hi) = math::piecewise::clamp;
        /// The largest whole number not above `x`.
        floor(x) = math::piecewise::floor;
    }
}

/// What the target's baseline has (SSE2 on x86-64).
#[derive(Clone, Copy, Debug)]
pub struct Portable;
/// AVX2 with FMA.
#[derive(Clone, Copy, Debug)]
pub struct Avx2;
/// AVX-512 (F, BW, DQ, VL).
#[derive(Clone, Copy, Debug)]
pub struct Avx512;
/// NEON.
#[derive(Clone, Copy, Debug)]
pub struct Neon;

impl Arch for Portable {
    const FMA: bool = false;
    const ROUND: bool = false;
}

impl Arch for Avx2 {
    const FMA: bool = true;
    const ROUND: bool = true;
}

impl Arch for Avx512 {
    const FMA: bool = true;
    const ROUND: bool = true;
}

impl Arch for Neon {
    const FMA: bool = true;
    const ROUND: bool = true;
}

/// Work that is compiled for every instruction set.
pub trait Task {
    /// What it gives.
    type Output;
    /// Does it. Implementations are `#[inline(always)]`, as is everything heavy that they call.
    fn run<A: Arch>(self, cpu: A) -> Self::Output;
}

/// An instruction set, as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// [`Portable`].
    Portable,
    /// [`Neon`].
    Neon,
    /// [`Avx2`].
    Avx2,
    /// [`Avx512`].
    Avx512,
}

impl Level {
    /// All that this machine has, the best one last.
    pub fn all() -> impl DoubleEndedIterator<Item = Level> {
        [Level::Portable, Level::Neon, Level::Avx2, Level::Avx512]
            .into_iter()
            .filter(|level| level.available())
    }

    /// Whether this machine has it. The standard library looks once and remembers.
    #[inline]
    pub fn available(self) -> bool {
        match self {
            Level::Portable => true,
            // Part of the architecture, so compiled for without further ado.
            Level::Neon => cfg!(all(target_arch = "aarch64", target_feature = "neon")),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => {
                Level::Avx2.available()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Level::Avx2 | Level::Avx512 => false,
        }
    }

    /// The one in use: the best there is, but none above what the environment variable `LOSS_SIMD` says
    /// (`portable`, `neon`, `avx2`, `avx512`).
    #[inline]
    pub fn current() -> Level {
        static CURRENT: OnceLock<Level> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let cap = match std::env::var("LOSS_SIMD").as_deref() {
                Ok("portable") => Level::Portable,
                Ok("neon") => Level::Neon,
                Ok("avx2") => Level::Avx2,
                _ => Level::Avx512,
            };
            Level::all().rfind(|level| *level <= cap).unwrap_or(Level::Portable)
        })
    }
}

/// Runs a task with the best instructions there are.
#[inline]
pub fn dispatch<T: Task>(task: T) -> T::Output {
    dispatch_at(Level::current(), task)
}

/// Runs a task with certain instructions, or with the baseline if the machine, or this build, lacks them.
#[inline]
pub fn dispatch_at<T: Task>(level: Level, task: T) -> T::Output {
    match level {
        // SAFETY: `available` has found each feature that the function enables.
        #[cfg(all(target_arch = "x86_64", any(test, optimised)))]
        Level::Avx512 if level.available() => unsafe { run_avx512(task) },
        // SAFETY: `available` has found each feature that the function enables.
        #[cfg(all(target_arch = "x86_64", any(test, optimised)))]
        Level::Avx2 if level.available() => unsafe { run_avx2(task) },
        #[cfg(all(target_arch = "aarch64", any(test, optimised)))]
        Level::Neon if level.available() => run_neon(task),
        _ => run_portable(task),
    }
}

/// Not inlined: unoptimised, its memory on the stack would come on top of what the other ones take there.
#[inline(never)]
fn run_portable<T: Task>(task: T) -> T::Output {
    task.run(Portable)
}

#[cfg(all(target_arch = "aarch64", any(test, optimised)))]
#[inline(never)]
fn run_neon<T: Task>(task: T) -> T::Output {
    task.run(Neon)
}

#[cfg(all(target_arch = "x86_64", any(test, optimised)))]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn run_avx512<T: Task>(task: T) -> T::Output {
    task.run(Avx512)
}

#[cfg(all(target_arch = "x86_64", any(test, optimised)))]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<T: Task>(task: T) -> T::Output {
    task.run(Avx2)
}
