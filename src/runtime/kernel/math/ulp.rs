//! How far the functions are from the truth, in units in the last place.

use super::super::arch::{Arch, Level, Task, dispatch_at};
use super::super::lanes::{Dense, Store, sweep};
use super::super::real::Real;

/// A function of one number, for both types, with what it should be.
trait Function: Default {
    fn compute<A: Arch, F: Real>(cpu: A, x: F) -> F;
    fn truth(x: f64) -> f64;
}

struct Apply<'a, F, G>(&'a [F], &'a mut [F], G);

impl<F: Real, G: Function> Task for Apply<'_, F, G> {
    type Output = ();

    #[cfg_attr(optimised, inline(always))]
    fn run<A: Arch>(self, cpu: A) {
        sweep(
            cpu,
            self.0.len(),
            (Dense(self.0),),
            (Store(self.1),),
            #[cfg_attr(optimised, inline(always))]
            |_, (x,)| (G::compute(cpu, x),),
        );
    }
}

/// A distance in units in the last place of the number in `f32` that is next to `truth`; infinite if one of the two
/// is NaN or infinite and the other is not.
fn distance32(value: f32, truth: f64) -> f64 {
    let nearest = truth as f32;
    if value == nearest || (value.is_nan() && nearest.is_nan()) {
        return 0.0;
    }
    if !value.is_finite() || !nearest.is_finite() {
        return f64::INFINITY;
    }
    // The weight of the last digit: that of the lowest one for subnormal numbers.
    let exponent = (nearest.to_bits() >> 23 & 0xff).max(1) as i32 - 127 - 23;
    (f64::from(value) - truth).abs() / f64::from(exponent).exp2()
}

fn distance64(value: f64, truth: f64) -> f64 {
    if value == truth || (value.is_nan() && truth.is_nan()) {
        return 0.0;
    }
    if !value.is_finite() || !truth.is_finite() {
        return f64::INFINITY;
    }
    // Distance in representable numbers, counted through 0.
    let place = |x: f64| if x < 0.0 { -((x.to_bits() & (u64::MAX >> 1)) as i64) } else { x.to_bits() as i64 };
    (place(value) - place(truth)).unsigned_abs() as f64
}

/// At each level, the worst argument of those whose bits are 0, `step`, and so on.
fn worst32<G: Function>(step: usize) -> Vec<(Level, (f64, f32))> {
    let mut worst: Vec<(Level, (f64, f32))> = Level::all().map(|level| (level, (0.0, 0.0))).collect();
    let mut bits = 0;
    while bits < 1 << 32 {
        let x: Vec<f32> =
            (bits..(1 << 32)).step_by(step).take(1 << 14).map(|b| f32::from_bits(b as u32)).collect();
        let truth: Vec<f64> = x.iter().map(|&x| G::truth(f64::from(x))).collect();
        let mut y = vec![0.0; x.len()];
        for (level, worst) in &mut worst {
            dispatch_at(*level, Apply(&x, &mut y, G::default()));
            for ((&x, &y), &truth) in x.iter().zip(&y).zip(&truth) {
                let distance = distance32(y, truth);
                if distance > worst.0 {
                    *worst = (distance, x);
                }
            }
        }
        bits += (x.len() * step) as u64;
    }
    worst
}

fn worst64<G: Function>(level: Level, count: u64) -> (f64, f64) {
    let dense = (0..count).map(|i| (i as f64 - count as f64 / 2.0) * (80.000_1 / count as f64));
    let near = (0..count).map(|i| (i as f64 - count as f64 / 2.0) * (2.000_1 / count as f64));
    let all = (0..count).map(|i| f64::from_bits((u64::MAX / count).wrapping_mul(i)));
    let x: Vec<f64> = dense.chain(near).chain(all).chain(SPECIAL).collect();
    let mut y = vec![0.0; x.len()];
    dispatch_at(level, Apply(&x, &mut y, G::default()));
    let distances = x.iter().zip(&y).map(|(&x, &y)| (distance64(y, G::truth(x)), x));
    distances.fold((0.0, 0.0), |worst, here| if here.0 > worst.0 { here } else { worst })
}

const SPECIAL: [f64; 22] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    f64::MAX,
    f64::MIN,
    1e4,
    -1e4,
    709.78,
    709.79,
    -745.1,
    -745.2,
    0.5,
    2.0,
    -std::f64::consts::LN_2,
    std::f64::consts::LN_2,
];

/// Functions with what they may be off by, in `f32` and in `f64`, where the truth is off by up to 1, too.
macro_rules! functions {
    ($($name:ident: $limit32:literal, $limit64:literal, |$x:ident| $truth:expr;)*) => {$(
        mod $name {
            use super::*;

            #[derive(Default)]
            struct It;

            impl Function for It {
                #[cfg_attr(optimised, inline(always))]
                fn compute<A: Arch, F: Real>(cpu: A, x: F) -> F {
                    cpu.$name(x)
                }

                fn truth($x: f64) -> f64 {
                    $truth
                }
            }

            #[test]
            fn single_precision() {
                for (level, worst) in worst32::<It>(SAMPLED) {
                    check(level, worst, $limit32);
                }
            }

            #[test]
            fn double_precision() {
                for level in Level::all() {
                    check(level, worst64::<It>(level, if cfg!(miri) { 50 } else { 20_000 }), $limit64);
                }
            }

            /// All numbers that there are: `cargo test --release exhaustive -- --ignored --nocapture`.
            #[test]
            #[ignore = "takes minutes in release"]
            fn exhaustive() {
                for (level, worst) in worst32::<It>(1) {
                    check(level, worst, $limit32);
                }
            }
        }
    )*};
}

/// Of how many numbers in `f32` one is tried; odd, so that all exponents are met.
const SAMPLED: usize = match (cfg!(miri), cfg!(debug_assertions)) {
    (true, _) => 100_000_007,
    (false, true) => 99_991,
    (false, false) => 997,
};

fn check<F: Real>(level: Level, (distance, at): (f64, F), limit: f64) {
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    let limit = limit + SLACK;
    println!("{name} {level:?} {distance:.3} ulp at {at:?}");
    assert!(distance <= limit, "{level:?}: {distance} ulp at {at:?}");
}

/// Miri makes the functions of the standard library imprecise on purpose.
const SLACK: f64 = if cfg!(miri) { 32.0 } else { 0.0 };

fn softplus_of(x: f64) -> f64 {
    if x.is_nan() { x } else { x.max(0.0) + (-x.abs()).exp().ln_1p() }
}

fn log1mexp_of(x: f64) -> f64 {
    if x > 0.0 {
        f64::NAN
    } else if x > -std::f64::consts::LN_2 {
        (-x.exp_m1()).ln()
    } else {
        (-x.exp()).ln_1p()
    }
}

functions! {
    exp: 1.5, 1.0, |x| x.exp();
    expm1: 2.0, 2.0, |x| x.exp_m1();
    ln: 1.0, 1.0, |x| x.ln();
    log2: 0.6, 1.0, |x| x.log2();
    log1p: 1.6, 1.0, |x| x.ln_1p();
    log1mexp: 2.0, 3.0, |x| log1mexp_of(x);
    xlogx: 2.0, 2.0, |x| if x == 0.0 { 0.0 } else { x * x.ln() };
    sigmoid: 2.0, 3.0, |x| if x < 0.0 { x.exp() / (1.0 + x.exp()) } else { 1.0 / (1.0 + (-x).exp()) };
    softplus: 1.9, 3.0, |x| softplus_of(x);
    log_sigmoid: 1.9, 3.0, |x| -softplus_of(-x);
    tanh: 1.6, 3.0, |x| x.tanh();
    sinh: 0.6, 0.0, |x| x.sinh();
    cosh: 0.6, 0.0, |x| x.cosh();
    sin: 1.0, 0.0, |x| x.sin();
    cos: 1.0, 0.0, |x| x.cos();
    tan: 1.5, 0.0, |x| x.tan();
    asin: 0.6, 0.0, |x| x.asin();
    acos: 0.6, 0.0, |x| x.acos();
    atan: 0.6, 0.0, |x| x.atan();
    erf: 1.5, 0.0, |x| libm::erf(x);
    sqrt: 0.5, 0.0, |x| x.sqrt();
    recip: 0.5, 0.0, |x| 1.0 / x;
    abs: 0.0, 0.0, |x| x.abs();
    floor: 0.0, 0.0, |x| x.floor();
    sign: 0.0, 0.0, |x| if x == 0.0 || x.is_nan() { x } else { x.signum() };
    relu: 0.0, 0.0, |x| if x > 0.0 || x.is_nan() { x } else { 0.0 };
}

const CASES: [f64; 17] = [
    f64::NEG_INFINITY,
    -1e30,
    -3.0,
    -2.5,
    -2.0,
    -1.0,
    -0.5,
    -0.0,
    0.0,
    1e-30,
    0.3,
    1.0,
    1.5,
    2.0,
    3.0,
    f64::INFINITY,
    f64::NAN,
];

/// Calls a test with all pairs of special numbers and what `compute` makes of them.
macro_rules! pairs {
    ($real:ident, |$cpu:ident, $x:ident, $y:ident| $compute:expr, $check:expr) => {{
        struct Pairs<'a>(&'a [$real], &'a [$real], &'a mut [$real]);
        impl Task for Pairs<'_> {
            type Output = ();
            #[cfg_attr(optimised, inline(always))]
            fn run<A: Arch>(self, $cpu: A) {
                let (sources, n) = ((Dense(self.0), Dense(self.1)), self.0.len());
                sweep(
                    $cpu,
                    n,
                    sources,
                    (Store(self.2),),
                    #[cfg_attr(optimised, inline(always))]
                    |_, ($x, $y)| ($compute,),
                );
            }
        }
        let x: Vec<$real> = CASES.iter().flat_map(|&x| CASES.map(|_| x as $real)).collect();
        let y: Vec<$real> = CASES.iter().flat_map(|_| CASES.map(|y| y as $real)).collect();
        for level in Level::all() {
            let mut out = vec![0.0; x.len()];
            dispatch_at(level, Pairs(&x, &y, &mut out));
            for ((&x, &y), &out) in x.iter().zip(&y).zip(&out) {
                $check(x, y, out);
            }
        }
    }};
}

#[test]
fn powers() {
    pairs!(f32, |cpu, x, y| cpu.pow(x, y), |x: f32, y: f32, out: f32| {
        let truth = f64::from(x).powf(f64::from(y));
        assert!(distance32(out, truth) <= 0.6 + SLACK, "{x} ^ {y} = {truth}, not {out}");
        assert_eq!(
            out.is_sign_negative() && !out.is_nan(),
            truth < 0.0 || (truth == 0.0 && 1.0 / truth < 0.0)
        );
    });
    pairs!(f64, |cpu, x, y| cpu.pow(x, y), |x: f64, y: f64, out: f64| {
        assert!(distance64(out, x.powf(y)) <= 4.0 + SLACK, "{x} ^ {y} is not {out}");
    });
    pairs!(f32, |cpu, x, y| cpu.pow(cpu.abs(x) + cpu.recip(y), y), |x: f32, y: f32, out: f32| {
        let truth = f64::from(x.abs() + 1.0 / y).powf(f64::from(y));
        assert!(distance32(out, truth) <= 0.6 + SLACK, "{x} {y}: {truth}, not {out}");
    });
}

/// The same bits, save for those of NaN.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

#[test]
fn pieces_of_two_operands() {
    let max = |x: f64, y: f64| if x > y || x.is_nan() { x } else { y };
    let min = |x: f64, y: f64| if x < y || x.is_nan() { x } else { y };
    pairs!(f64, |cpu, x, y| cpu.max(x, y), |x, y, out| assert!(same(out, max(x, y)), "{x} {y} {out}"));
    pairs!(f64, |cpu, x, y| cpu.min(x, y), |x, y, out| assert!(same(out, min(x, y)), "{x} {y} {out}"));
    pairs!(f64, |cpu, x, y| cpu.clamp(x, -0.5, y), |x, y, out| {
        assert!(same(out, min(max(x, -0.5), y)), "{x} {y} {out}");
    });
    pairs!(f64, |cpu, x, y| cpu.clamp(x, y, 1.0), |x, y, out| {
        assert!(same(out, min(max(x, y), 1.0)), "{x} {y} {out}");
    });
}

#[test]
fn odd_functions_keep_the_sign_of_zero() {
    struct Odd<F>(F);
    impl<F: Real> Task for Odd<F> {
        type Output = [F; 11];
        #[cfg_attr(optimised, inline(always))]
        fn run<A: Arch>(self, cpu: A) -> [F; 11] {
            let x = self.0;
            [
                cpu.expm1(x),
                cpu.log1p(x),
                cpu.tanh(x),
                cpu.sinh(x),
                cpu.sin(x),
                cpu.tan(x),
                cpu.asin(x),
                cpu.atan(x),
                cpu.erf(x),
                cpu.sqrt(x),
                cpu.sign(x),
            ]
        }
    }
    for level in Level::all() {
        for zero in [0.0, -0.0f64] {
            let (single, double) = (dispatch_at(level, Odd(zero as f32)), dispatch_at(level, Odd(zero)));
            assert_eq!(single.map(f32::to_bits), [(zero as f32).to_bits(); 11], "{single:?}");
            assert_eq!(double.map(f64::to_bits), [zero.to_bits(); 11], "{double:?}");
        }
    }
}
