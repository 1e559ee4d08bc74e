//! Arguments that no gradient reaches.

use super::view;
use crate::error::LossError;
use dfdx::prelude::*;

/// Makes a real argument ready for a kernel: row-major.
pub fn data<S: Shape, E: Dtype, D: Device<E>>(argument: Tensor<S, E, D>) -> Result<Tensor<S, E, D>, D::Err> {
    argument.try_contiguous()
}

/// Checks that class indices are below `size`.
pub fn classes<S: Shape, D: Storage<usize>>(
    input: &'static str,
    tensor: &Tensor<S, usize, D>,
    set: &'static str,
    size: usize,
) -> Result<(), LossError<D::Err>> {
    let classes = view::<usize, _, _, _>(tensor);
    let Some(at) = classes.iter().position(|&class| class >= size) else { return Ok(()) };
    let (value, mut rest) = (classes[at], at);
    let sizes: Vec<usize> = tensor.shape().concrete().into_iter().collect();
    let mut position = vec![0; sizes.len()];
    for (place, size) in position.iter_mut().zip(sizes).rev() {
        *place = rest % size;
        rest /= size;
    }
    Err(LossError::Class { input, position, value, set, size })
}

/// Whether all indices are small enough for kernels, which count in 32 bits.
pub fn small<S: Shape, D: Storage<usize>>(tensor: &Tensor<S, usize, D>) -> bool {
    view::<usize, _, _, _>(tensor).iter().all(|&index| i32::try_from(index).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_classes_are_named_as_on_the_host() {
        let dev = Cpu::default();
        let target = dev.tensor([[0usize, 2, 1], [1, 7, 9]]);
        let found = classes("target", &target, "K", 3).unwrap_err();
        let Err(expected) = crate::runtime::check::classes("target", &target, "K", 3) else { panic!() };
        assert_eq!(found.to_string(), expected.to_string());
        assert!(classes("target", &target, "K", 10).is_ok());
    }

    #[test]
    fn indices_beyond_32_bits_are_not_small() {
        let dev = Cpu::default();
        assert!(small(&dev.tensor([1usize, i32::MAX as usize])));
        assert!(!small(&dev.tensor([1usize, 1 << 31])));
    }
}
