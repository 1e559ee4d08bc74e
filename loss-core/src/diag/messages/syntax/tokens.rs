//! Tokens of any kind in the wrong place.

use crate::diag::{Diag, SpanRange};

/// The token here is not what must stand here.
pub fn expected(at: SpanRange, what: &str, found: &str) -> Diag {
    Diag::new(at, format!("expected {what}, found {found}"))
}

/// Groups or operators nest further than any later phase could follow.
pub fn too_deep(at: SpanRange) -> Diag {
    Diag::new(at, "this is nested too deeply").help("give parts of it a name with `let`")
}

/// Text in which a parenthesis or a quote is not closed.
pub fn not_tokens() -> Diag {
    Diag::new(SpanRange::nowhere(), "a parenthesis, bracket, brace or quote is not closed")
}
