//! Number literals.

use crate::diag::Diag;
use crate::diag::messages::syntax as say;
use proc_macro2::Literal;

/// A literal taken apart: `-1_000.5e3f32` is `-`, `1_000.5e3`, `f32`.
struct Parts {
    negative: bool,
    digits: String,
    suffix: String,
}

/// A number and whether its token carries a minus sign (macros can make such tokens).
pub(super) fn real(literal: &Literal) -> Result<(f64, bool), Diag> {
    let parts = parts(literal)?;
    let value: f64 = parts.digits.parse().map_err(|_| say::not_a_number(literal))?;
    if value.is_infinite() {
        return Err(say::number_too_large(literal));
    }
    Ok((value, parts.negative))
}

/// A size: a whole number from 1.
pub(super) fn size(literal: &Literal) -> Result<usize, Diag> {
    let parts = parts(literal)?;
    let value = parts.digits.parse::<u32>().ok().filter(|size| *size > 0 && !parts.negative);
    value.map(|size| size as usize).ok_or_else(|| say::not_a_size(literal))
}

fn parts(literal: &Literal) -> Result<Parts, Diag> {
    let text = literal.to_string();
    let (negative, unsigned) = text.strip_prefix('-').map_or((false, &*text), |rest| (true, rest));
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(say::not_a_number(literal));
    }
    if ["0x", "0o", "0b"].iter().any(|radix| unsigned.starts_with(radix)) {
        return Err(say::not_decimal(literal));
    }
    let (number, suffix) = unsigned.split_at(number_length(unsigned));
    let parts = Parts { negative, digits: number.replace('_', ""), suffix: suffix.into() };
    if parts.suffix.is_empty() { Ok(parts) } else { Err(say::suffix(literal, &parts.digits, &parts.suffix)) }
}

/// How much of the text is the number proper: digits, fraction, exponent.
fn number_length(text: &str) -> usize {
    let digits = |from: usize| {
        from + text[from..].find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len() - from)
    };
    let mut end = digits(0);
    if text[end..].starts_with('.') {
        end = digits(end + 1);
    }
    let exponent =
        text[end..].strip_prefix(['e', 'E']).map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
    match exponent {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => digits(text.len() - rest.len()),
        _ => end,
    }
}
