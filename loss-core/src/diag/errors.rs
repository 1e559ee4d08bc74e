//! The collector of diagnostics and their rendering as `compile_error!`.

use super::SpanRange;
use proc_macro2::TokenStream;
use quote::quote_spanned;

/// One mistake in a spec.
#[derive(Clone, Debug)]
pub struct Diag {
    /// The smallest piece of source that is at fault.
    pub at: SpanRange,
    /// What is wrong: one lower-case line, names in backticks, no full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The facts: axes in scope, accepted kinds.
    pub note: Option<String>,
}

impl Diag {
    /// A diagnostic with only a message.
    pub fn new(at: impl Into<SpanRange>, message: impl Into<String>) -> Diag {
        Diag { at: at.into(), message: message.into(), help: None, note: None }
    }

    /// Adds what to write instead.
    pub fn help(mut self, help: impl Into<String>) -> Diag {
        self.help = Some(help.into());
        self
    }

    /// Adds the facts.
    pub fn note(mut self, note: impl Into<String>) -> Diag {
        self.note = Some(note.into());
        self
    }

    /// The whole text as rustc shows it: message, then `help:`, then `note:`, a line each.
    pub fn text(&self) -> String {
        let mut text = self.message.clone();
        for (label, line) in [("help", &self.help), ("note", &self.note)] {
            if let Some(line) = line {
                text.push_str(&format!("\n{label}: {line}"));
            }
        }
        text
    }

    /// `::core::compile_error! { "text" }`, spanned over the whole range.
    pub fn to_compile_error(&self) -> TokenStream {
        let text = self.text();
        let head = quote_spanned! { self.at.first => ::core::compile_error! };
        let body = quote_spanned! { self.at.last => { #text } };
        quote::quote! { #head #body }
    }
}

/// The mistakes found so far.
#[derive(Clone, Debug, Default)]
pub struct Errors {
    list: Vec<Diag>,
}

impl Errors {
    /// An empty collection.
    pub fn new() -> Errors {
        Errors::default()
    }

    /// Adds a mistake.
    pub fn push(&mut self, diag: Diag) {
        self.list.push(diag);
    }

    /// Ends a phase: `Err` with everything collected if there is anything.
    pub fn stop_if_any(self) -> Result<(), Errors> {
        if self.list.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The mistakes in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Diag> {
        self.list.iter()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All mistakes as `compile_error!` items.
    pub fn to_compile_errors(&self) -> TokenStream {
        self.list.iter().map(Diag::to_compile_error).collect()
    }
}

impl From<Diag> for Errors {
    fn from(diag: Diag) -> Errors {
        Errors { list: vec![diag] }
    }
}

impl From<syn::Error> for Diag {
    /// A token-level mistake reported by syn; only its first message is kept.
    fn from(error: syn::Error) -> Diag {
        Diag::new(error.span(), error.to_string())
    }
}
