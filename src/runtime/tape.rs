//! Who owns the tape.
//!
//! dfdx records onto a tape that travels with one tensor. Two laws follow: of a tensor's uses exactly one
//! takes the tape along (the others get an empty one, and the pieces meet again at the next operation with
//! two operands), and the two operands of an operation must have different identities, because gradients
//! are stored by identity. Views (broadcast, permute) keep the identity of what they view.

use dfdx::prelude::*;

/// Tapes that become one.
pub trait Join<E, D: Storage<E>> {
    /// The tape of them all: it records if one of them does.
    type Output: Tape<E, D>;
    /// Joins them.
    fn join(self) -> Self::Output;
}

impl<E, D: Storage<E>> Join<E, D> for (NoneTape, NoneTape) {
    type Output = NoneTape;
    fn join(self) -> NoneTape {
        NoneTape
    }
}

impl<E, D: Storage<E>> Join<E, D> for (OwnedTape<E, D>, NoneTape) {
    type Output = OwnedTape<E, D>;
    fn join(self) -> OwnedTape<E, D> {
        self.0
    }
}

impl<E, D: Storage<E>> Join<E, D> for (NoneTape, OwnedTape<E, D>) {
    type Output = OwnedTape<E, D>;
    fn join(self) -> OwnedTape<E, D> {
        self.1
    }
}

impl<E, D: Storage<E>> Join<E, D> for (OwnedTape<E, D>, OwnedTape<E, D>) {
    type Output = OwnedTape<E, D>;
    fn join(self) -> OwnedTape<E, D> {
        self.0.merge(self.1)
    }
}

/// Tensors, possibly on different tapes, that are to share one.
pub trait JoinTensors {
    /// The same tensors on the joined tape.
    type Output;
    /// The device's error.
    type Err;
    /// Joins the tapes; the first tensor carries what was recorded, the others an empty tape.
    fn join_tensors(self) -> Result<Self::Output, Self::Err>;
}

/// The tensors of a tuple on one tape, carried by the first.
pub fn join<J: JoinTensors>(tensors: J) -> Result<J::Output, J::Err> {
    tensors.join_tensors()
}

/// Defines `JoinTensors` for tuples of tensors whose tapes are those of the tuple `all`.
macro_rules! join_tensors {
    ($all:ty: $($shape:ident $tape:ident $tensor:ident $own:ident),+) => {
        impl<$($shape: Shape,)+ E: Dtype, D: Device<E>, $($tape: Tape<E, D>),+> JoinTensors
            for ($(Tensor<$shape, E, D, $tape>),+)
        where
            $all: Join<E, D>,
        {
            type Output = ($(Tensor<$shape, E, D, <$all as Join<E, D>>::Output>),+);
            type Err = D::Err;
            fn join_tensors(self) -> Result<Self::Output, D::Err> {
                let ($($tensor),+) = self;
                $(let ($tensor, $own) = $tensor.split_tape();)+
                let mut joined = Some(($($own),+).join());
                Ok(($(
                    enter::<$tape, <$all as Join<E, D>>::Output, _, _, _>($tensor)?
                        .put_tape(joined.take().unwrap_or_default())
                ),+))
            }
        }
    };
}

/// Lifts `Join` to one more tape: to that of `init`, joined with `last`.
macro_rules! join_one_more {
    ($init:ty, $last:ident: $($tape:ident),+) => {
        impl<E, D: Storage<E>, $($tape),+, $last> Join<E, D> for ($($tape),+, $last)
        where
            $init: Join<E, D>,
            (<$init as Join<E, D>>::Output, $last): Join<E, D>,
        {
            type Output = <(<$init as Join<E, D>>::Output, $last) as Join<E, D>>::Output;
            #[allow(non_snake_case)]
            fn join(self) -> Self::Output {
                let ($($tape),+, $last) = self;
                (($($tape),+).join(), $last).join()
            }
        }
    };
}

join_one_more!((A, B), C: A, B);
join_one_more!((A, B, C), F: A, B, C);
join_one_more!((A, B, C, F), G: A, B, C, F);
join_one_more!((A, B, C, F, G), H: A, B, C, F, G);
join_one_more!((A, B, C, F, G, H), I: A, B, C, F, G, H);
join_one_more!((A, B, C, F, G, H, I), J: A, B, C, F, G, H, I);
join_one_more!((A, B, C, F, G, H, I, J), K: A, B, C, F, G, H, I, J);
join_one_more!((A, B, C, F, G, H, I, J, K), L: A, B, C, F, G, H, I, J, K);
join_one_more!((A, B, C, F, G, H, I, J, K, L), M: A, B, C, F, G, H, I, J, K, L);
join_one_more!((A, B, C, F, G, H, I, J, K, L, M), N: A, B, C, F, G, H, I, J, K, L, M);

join_tensors!((A, B): S1 A x1 t1, S2 B x2 t2);
join_tensors!((A, B, C): S1 A x1 t1, S2 B x2 t2, S3 C x3 t3);
join_tensors!((A, B, C, F): S1 A x1 t1, S2 B x2 t2, S3 C x3 t3, S4 F x4 t4);
join_tensors!((A, B, C, F, G): S1 A x1 t1, S2 B x2 t2, S3 C x3 t3, S4 F x4 t4, S5 G x5 t5);
join_tensors!(
    (A, B, C, F, G, H):
    S1 A x1 t1, S2 B x2 t2, S3 C x3 t3, S4 F x4 t4, S5 G x5 t5, S6 H x6 t6
);
join_tensors!(
    (A, B, C, F, G, H, I):
    S1 A x1 t1, S2 B x2 t2, S3 C x3 t3, S4 F x4 t4, S5 G x5 t5, S6 H x6 t6,
    S7 I x7 t7
);
join_tensors!(
    (A, B, C, F, G, H, I, J):
    S1 A x1 t1, S2 B x2 t2, S3 C x3 t3, S4 F x4 t4, S5 G x5 t5, S6 H x6 t6,
    S7 I x7 t7, S8 J x8 t8
);
join_tensors!(
    (A, B, C, F, G, H, I, J, K):
    S1 A x1 t1, S2 B x2 t2, S3 C x3 t3, S4 F x4 t4, S5 G x5 t5, S6 H x6 t6,
    S7 I x7 t7, S8 J x8 t8, S9 K x9 t9
);
join_tensors!(
    (A, B, C, F, G, H, I, J, K, L):
    S1 A x1 t1, S2 B x2 t2, S3 C x3 t3, S4 F x4 t4, S5 G x5 t5, S6 H x6 t6,
    S7 I x7 t7, S8 J x8 t8, S9 K x9 t9, S10 L x10 t10
);
join_tensors!(
    (A, B, C, F, G, H, I, J, K, L, M):
    S1 A x1 t1, S2 B x2 t2, S3 C x3 t3, S4 F x4 t4, S5 G x5 t5, S6 H x6 t6,
    S7 I x7 t7, S8 J x8 t8, S9 K x9 t9, S10 L x10 t10, S11 M x11 t11
);
join_tensors!(
    (A, B, C, F, G, H, I, J, K, L, M, N):
    S1 A x1 t1, S2 B x2 t2, S3 C x3 t3, S4 F x4 t4, S5 G x5 t5, S6 H x6 t6,
    S7 I x7 t7, S8 J x8 t8, S9 K x9 t9, S10 L x10 t10, S11 M x11 t11, S12 N x12 t12
);

/// A tensor whose own tape is `Own`, about to be put on `Joined`. If it did not record but now would, it
/// gets a new identity: the caller may hold a traced tensor with the same one, which must not be given
/// this tensor's gradient.
fn enter<Own, Joined, S, E, D>(x: Tensor<S, E, D>) -> Result<Tensor<S, E, D>, D::Err>
where
    Own: Tape<E, D>,
    Joined: Tape<E, D>,
    S: Shape,
    E: Dtype,
    D: Device<E>,
{
    if Own::OWNS_TAPE { Ok(x) } else { unlinked::<Joined, _, _, _>(x) }
}

/// A constant for operations on the tape `T`: the same values under a new identity, so that no gradient
/// reaches a tensor that it is a view of.
pub fn unlinked<T, S, E, D>(x: Tensor<S, E, D>) -> Result<Tensor<S, E, D>, D::Err>
where
    T: Tape<E, D>,
    S: Shape,
    E: Dtype,
    D: Device<E>,
{
    if T::OWNS_TAPE { x.try_mul(E::ONE) } else { Ok(x) }
}

/// The same values under a new identity, on the tape: for an operand that would otherwise meet itself.
pub fn fresh<S, E, D, T>(x: Tensor<S, E, D, T>) -> Result<Tensor<S, E, D, T>, D::Err>
where
    S: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    if T::OWNS_TAPE { x.try_mul(E::ONE) } else { Ok(x) }
}

/// Hands the tape of a tensor to another. What is left of the first are its values.
#[allow(clippy::type_complexity)]
pub fn relay<S1, S2, E, D, T>(
    from: Tensor<S1, E, D, T>,
    to: Tensor<S2, E, D, T>,
) -> (Tensor<S1, E, D>, Tensor<S2, E, D, T>)
where
    S1: Shape,
    S2: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let (from, recorded) = from.split_tape();
    let (to, tape) = to.split_tape();
    (from, to.put_tape(recorded.merge(tape)))
}

/// Takes the tape off a tensor that no gradient reaches; on the tape its gradient is 0.
pub fn set_aside<S, E, D, T>(x: Tensor<S, E, D, T>) -> (Tensor<S, E, D>, T)
where
    S: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let (x, mut recorded) = x.split_tape();
    let ghost = x.ghost();
    recorded.add_backward_op(move |grads| grads.try_alloc_for(&ghost));
    (x, recorded)
}

/// Takes the tape off `x`, which no gradient reaches; on the tape of `carrier` its gradient is 0.
#[allow(clippy::type_complexity)]
pub fn idle<S1, S2, E, D, T>(
    carrier: Tensor<S1, E, D, T>,
    x: Tensor<S2, E, D, T>,
) -> (Tensor<S1, E, D, T>, Tensor<S2, E, D>)
where
    S1: Shape,
    S2: Shape,
    E: Dtype,
    D: Device<E>,
    T: Tape<E, D>,
{
    let (x, recorded) = set_aside(x);
    let (carrier, tape) = carrier.split_tape();
    (carrier.put_tape(tape.merge(recorded)), x)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Vector<T = NoneTape> = Tensor<Rank1<3>, f64, Cpu, T>;

    fn traced(values: [f64; 3]) -> (Vector, Vector<OwnedTape<f64, Cpu>>) {
        let x = Cpu::default().tensor(values);
        let t = x.leaky_trace();
        (x, t)
    }

    #[test]
    fn any_mix_of_tapes_joins() {
        let dev = Cpu::default();
        let (a, ta) = traced([1.0, 2.0, 3.0]);
        let b = dev.tensor([4.0, 5.0, 6.0]);
        let c = dev.tensor([7.0, 8.0, 9.0]);
        let (y, x, z) = join((b.clone(), ta, c.leaky_trace())).unwrap();
        let grads = x.try_mul(y).unwrap().try_mul(z).unwrap().sum().backward();
        assert_eq!(grads.get(&a).array(), [28.0, 40.0, 54.0]);
        assert_eq!(grads.get(&c).array(), [4.0, 10.0, 18.0]);
        let (p, q) = join((b.clone(), c)).unwrap();
        assert_eq!(p.try_add(q).unwrap().array(), [11.0, 13.0, 15.0]);
    }

    #[test]
    fn an_untraced_copy_gets_no_gradient() {
        let (a, ta) = traced([1.0, 2.0, 3.0]);
        let (x, y) = join((ta, a.clone())).unwrap();
        let grads = x.try_mul(y).unwrap().sum().backward();
        assert_eq!(grads.get(&a).array(), [1.0, 2.0, 3.0]);
    }

    #[test]
    fn fresh_operands_may_meet_their_origin() {
        let (a, ta) = traced([1.0, 2.0, 3.0]);
        let other = fresh(ta.with_empty_tape()).unwrap();
        let grads = ta.try_mul(other).unwrap().sum().backward();
        assert_eq!(grads.get(&a).array(), [2.0, 4.0, 6.0]);
    }

    #[test]
    fn a_relayed_tape_is_not_lost() {
        let (a, ta) = traced([1.0, 2.0, 3.0]);
        let square = ta.square();
        let sum = square.with_empty_tape().sum::<Rank0, _>();
        let grads = relay(square, sum).1.backward();
        assert_eq!(grads.get(&a).array(), [2.0, 4.0, 6.0]);
    }
}
