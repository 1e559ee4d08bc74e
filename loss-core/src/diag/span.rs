//! A source range as its first and last token.
//!
//! `Span::join` is unstable, so a range is kept as a pair; an error spanned over `first .. last` is
//! underlined whole by rustc.

use proc_macro2::{Ident, Span};

/// The first and the last token of a piece of source.
#[derive(Clone, Copy, Debug)]
pub struct SpanRange {
    /// Span of the first token.
    pub first: Span,
    /// Span of the last token.
    pub last: Span,
}

impl SpanRange {
    /// The range that starts where `self` starts and ends where `end` ends.
    pub fn to(self, end: SpanRange) -> SpanRange {
        SpanRange { first: self.first, last: end.last }
    }

    /// A range without a place in the user's source.
    pub fn nowhere() -> SpanRange {
        Span::call_site().into()
    }
}

impl From<Span> for SpanRange {
    fn from(span: Span) -> Self {
        SpanRange { first: span, last: span }
    }
}

impl From<&Ident> for SpanRange {
    fn from(ident: &Ident) -> Self {
        ident.span().into()
    }
}
