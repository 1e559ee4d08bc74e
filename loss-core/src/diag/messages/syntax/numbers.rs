//! Numbers in the wrong form.

use crate::diag::Diag;
use proc_macro2::Literal;

/// A string, a character.
pub fn not_a_number(literal: &Literal) -> Diag {
    Diag::new(literal.span(), "this literal is not a number")
}

/// `0xff`.
pub fn not_decimal(literal: &Literal) -> Diag {
    Diag::new(literal.span(), format!("`{literal}` is not a decimal number"))
        .help("write it with the digits 0 to 9")
}

/// `1e999`.
pub fn number_too_large(literal: &Literal) -> Diag {
    Diag::new(literal.span(), format!("`{literal}` is too large for `f64`"))
}

/// `1.5` or `0` as a size.
pub fn not_a_size(literal: &Literal) -> Diag {
    Diag::new(literal.span(), format!("`{literal}` is not a size"))
        .help("write a whole number from 1 to 4294967295")
}

/// `1f32`, `2x`.
pub fn suffix(literal: &Literal, digits: &str, suffix: &str) -> Diag {
    let types = ["f16", "f32", "f64", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];
    let diag = Diag::new(literal.span(), format!("the number `{literal}` has the suffix `{suffix}`"));
    if types.contains(&suffix) {
        diag.help(format!("write `{digits}`: numbers take the element type of the tensors"))
    } else {
        diag.help(format!("write `{digits} * {suffix}` for a product"))
    }
}
