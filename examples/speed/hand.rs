//! Some of the losses as a dfdx user writes them by hand.

use super::losses::Inputs;
use dfdx::prelude::*;

type Matrix<E, T = OwnedTape<E, Cpu>> = Tensor<(usize, usize), E, Cpu, T>;

/// One forward and backward pass; `None` if nobody wrote that one.
pub fn step<E: Dtype>(name: &str, i: Inputs<E>) -> Option<Box<dyn FnMut()>>
where
    Cpu: Device<E>,
{
    let one = real::<E>(1.0);
    Some(match name {
        "cross_entropy" => Box::new(move || {
            let logp = i.x.leaky_trace().log_softmax::<Axis<1>>();
            drop((-logp.select(i.target.clone())).mean().backward());
        }),
        "poly1" => Box::new(move || {
            let logp = i.x.leaky_trace().log_softmax::<Axis<1>>().select(i.target.clone());
            let p = logp.with_empty_tape().exp();
            drop((-logp + (-p + one)).mean().backward());
        }),
        "focal" => Box::new(move || {
            let logp = i.x.leaky_trace().log_softmax::<Axis<1>>().select(i.target.clone());
            let weight = (-(logp.with_empty_tape().exp()) + one).powf(2.0);
            drop((-(weight * logp)).mean().backward());
        }),
        "nce_rce" => Box::new(move || {
            let logp = i.x.leaky_trace().log_softmax::<Axis<1>>();
            let all = logp.with_empty_tape().sum::<_, Axis<1>>();
            let own = logp.with_empty_tape().select(i.target.clone());
            // Probabilities are bounded from below, as in the authors' code.
            let p = logp.exp().clamp(1e-7, 1.0).select(i.target.clone());
            let reverse = (-p + one) * real::<E>(-(1e-4f64.ln()));
            drop((own / all + reverse).mean().backward());
        }),
        "mse" => Box::new(move || drop((i.x.leaky_trace() - i.y.clone()).square().mean().backward())),
        "huber" => Box::new(move || drop(i.x.leaky_trace().huber_error(i.y.clone(), 1.0).mean().backward())),
        "bce" => Box::new(move || {
            drop(binary_cross_entropy_with_logits_loss(i.x.leaky_trace(), i.unit.clone()).backward());
        }),
        "info_nce" => Box::new(move || {
            let (q, k) = (normalized(i.x.leaky_trace()), normalized(i.y.leaky_trace()));
            let n = i.x.shape().0;
            let s = q.matmul(k.permute::<_, Axes2<1, 0>>()) / real::<E>(0.1);
            let diagonal = i.x.device().tensor_from_vec((0..n).collect(), (n,));
            drop((-s.log_softmax::<Axis<1>>().select(diagonal)).mean().backward());
        }),
        _ => return None,
    })
}

fn real<E: Dtype>(x: f64) -> E {
    E::from_f64(x).unwrap_or_default()
}

fn normalized<E: Dtype>(x: Matrix<E>) -> Matrix<E>
where
    Cpu: Device<E>,
{
    let shape = *x.shape();
    let norm = x.with_empty_tape().square().sum::<_, Axis<1>>().sqrt();
    x / norm.broadcast_like::<_, Axis<1>>(&shape)
}
