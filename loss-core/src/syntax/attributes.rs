//! Attributes: doc comments, the language's own marks, and those that go to the generated item.

use super::ast::Marks;
use super::tokens::{Tokens, list};
use crate::diag::messages::syntax as say;
use crate::diag::{Diag, Errors, SpanRange};
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// Everything before the visibility of a definition.
#[derive(Default)]
pub(super) struct Attributes {
    /// All but the marks, as written.
    pub kept: TokenStream,
    /// Lines of doc comments.
    pub docs: Vec<String>,
    /// The language's own.
    pub marks: Marks,
}

impl Attributes {
    /// Whether there are others than doc comments.
    pub fn is_more_than_docs(&self) -> bool {
        self.marks != Marks::default() || self.kept.clone().into_iter().any(|tree| !is_doc(&tree))
    }
}

/// The attributes of a definition; a mistake in one does not end the definition.
pub(super) fn attributes(tokens: &mut Tokens, errors: &mut Errors) -> Attributes {
    let mut found = Attributes::default();
    while let Some(pound) = tokens.eat("#") {
        if let Err(diag) = attribute(tokens, pound, &mut found) {
            errors.push(diag);
        }
    }
    found
}

fn attribute(tokens: &mut Tokens, pound: SpanRange, found: &mut Attributes) -> Result<(), Diag> {
    if let Some(bang) = tokens.eat("!") {
        tokens.enter(Delimiter::Bracket);
        return Err(say::inner_attribute(pound.to(bang)));
    }
    let Some((mut inner, range)) = tokens.enter(Delimiter::Bracket) else {
        return Err(tokens.expected("`[` after `#`"));
    };
    let all = inner;
    let Some(name) = inner.take_ident() else { return Err(inner.expected("the name of an attribute")) };
    match name.to_string().as_str() {
        "active" => found.marks.active = flag(&inner, &name)?,
        "passive" => found.marks.passive = flag(&inner, &name)?,
        "snapshot" => found.marks.snapshot = flag(&inner, &name)?,
        "derive_hessian" => found.marks.hessian = flag(&inner, &name)?,
        "graph" => found.marks.graph = flag(&inner, &name)?,
        "id" => found.marks.id = Some(id(&mut inner)?),
        "when" => found.marks.when.extend(when(&mut inner)?),
        "doc" => {
            found.docs.extend(doc_lines(inner));
            keep(found, pound, all, range);
        }
        _ => keep(found, pound, all, range),
    }
    Ok(())
}

/// Puts an attribute back together.
fn keep(found: &mut Attributes, pound: SpanRange, mut inner: Tokens, range: SpanRange) {
    let mut punct = Punct::new('#', Spacing::Alone);
    punct.set_span(pound.first);
    let mut contents = TokenStream::new();
    while let Some(tree) = inner.take_tree() {
        contents.extend([tree]);
    }
    let mut group = Group::new(Delimiter::Bracket, contents);
    group.set_span(range.first);
    found.kept.extend([TokenTree::Punct(punct), TokenTree::Group(group)]);
}

/// Law: `#[active]`, `#[passive]`, `#[snapshot]`, `#[derive_hessian]` and `#[graph]` stand alone.
fn flag(inner: &Tokens, name: &Ident) -> Result<bool, Diag> {
    if inner.at_end() { Ok(true) } else { Err(say::flag_with_value(inner.here(), name)) }
}

/// `#[id = "cross_entropy"]`.
fn id(inner: &mut Tokens) -> Result<String, Diag> {
    let value = named_string(inner)?;
    if inner.at_end() { Ok(value) } else { Err(inner.expected("`]`")) }
}

/// `#[when(mode = "paired", ..)]`.
fn when(inner: &mut Tokens) -> Result<Vec<(String, String)>, Diag> {
    let Some((pairs, _)) = inner.enter(Delimiter::Parenthesis) else {
        return Err(inner.expected("`(name = \"value\", ..)`"));
    };
    let pair = |pairs: &mut Tokens| {
        let Some(name) = pairs.take_ident() else { return Err(pairs.expected("the name of a parameter")) };
        Ok((name.to_string(), named_string(pairs)?))
    };
    let pairs = list(pairs, pair, |pairs| pairs.expected("`,` or `)`"))?;
    if inner.at_end() { Ok(pairs) } else { Err(inner.expected("`]`")) }
}

/// `= "text"`.
fn named_string(tokens: &mut Tokens) -> Result<String, Diag> {
    tokens.expect("=")?;
    let Some(text) = tokens.literal().and_then(string) else {
        return Err(tokens.expected("a string in quotes"));
    };
    tokens.take_literal();
    Ok(text)
}

fn string(literal: Literal) -> Option<String> {
    match syn::Lit::new(literal) {
        syn::Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// The lines of `doc = "text"`, without the space after `///`. Other forms of `doc` have no text yet.
fn doc_lines(mut inner: Tokens) -> Vec<String> {
    let text = inner.eat("=").and_then(|_| inner.take_literal()).and_then(string);
    let line = |line: &str| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned();
    text.map(|text| text.split('\n').map(line).collect()).unwrap_or_default()
}

/// Doc comments on a hyperparameter. Law: no other attribute stands there.
pub(super) fn docs_only(tokens: &mut Tokens) -> Result<Vec<String>, Diag> {
    let mut errors = Errors::new();
    let start: Span = tokens.here().first;
    let found = attributes(tokens, &mut errors);
    if let Some(diag) = errors.iter().next() {
        return Err(diag.clone());
    }
    if found.is_more_than_docs() { Err(say::attribute_on_hyper(start)) } else { Ok(found.docs) }
}

fn is_doc(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Group(group) => {
            group.stream().into_iter().next().is_some_and(|first| first.to_string() == "doc")
        }
        _ => true,
    }
}
