//! A file: definitions one after the other. A mistake in one of them does not hide those in the next.

use super::ast::{Broken, Def, Expr, File, Input};
use super::body::Body;
use super::head::Parameters;
use super::tokens::{MAX_DEPTH, Tokens, group_depth};
use super::{attributes, body, expr, external, habits, head, names, picked};
use crate::diag::messages::syntax as say;
use crate::diag::{Diag, Errors};
use proc_macro2::{Delimiter, Ident, Span, TokenStream};
use std::rc::Rc;
use syn::buffer::TokenBuffer;

/// Parses a whole invocation. Definitions with mistakes end in [`File::broken`], the mistakes in `errors`.
pub fn parse(tokens: TokenStream, errors: &mut Errors) -> File {
    let mut file =
        File { krate: None, picks: Vec::new(), externs: Vec::new(), defs: Vec::new(), broken: Vec::new() };
    let mut broken_externs = Vec::new();
    let read = buffer(tokens).and_then(|(buffer, end)| {
        let mut tokens = Tokens::new(buffer.begin(), end);
        file.krate = krate(&mut tokens)?;
        while !tokens.at_end() {
            item(&mut tokens, &mut file, &mut broken_externs, errors);
        }
        Ok(())
    });
    if let Err(diag) = read {
        errors.push(diag);
    }
    external::attach(&mut file, &broken_externs);
    file
}

/// Parses one expression, such as a derivative in the op table.
pub fn expression(text: &str) -> Result<Expr, Diag> {
    let tokens: TokenStream = text.parse().map_err(|_| say::not_tokens())?;
    let (buffer, end) = buffer(tokens)?;
    let mut tokens = Tokens::new(buffer.begin(), end);
    let value = expr::expr(&mut tokens)?.expr;
    if tokens.at_end() { Ok(value) } else { Err(habits::after_expr(&tokens, "the end")) }
}

/// The tokens in a form to walk over, and the span of the last one. Law: groups nest to a fixed depth, since the
/// buffer is filled recursively.
fn buffer(tokens: TokenStream) -> Result<(TokenBuffer, Span), Diag> {
    let end = tokens.clone().into_iter().last().map_or_else(Span::call_site, |tree| tree.span());
    if group_depth(&tokens) > MAX_DEPTH {
        return Err(say::too_deep(end.into()));
    }
    Ok((TokenBuffer::new2(tokens), end))
}

/// `crate = path;`.
fn krate(tokens: &mut Tokens) -> Result<Option<TokenStream>, Diag> {
    let mut ahead = *tokens;
    let Some(word) = ahead.eat_word("crate").filter(|_| ahead.is("=")) else { return Ok(None) };
    ahead.expect("=")?;
    let path = ahead.take_until(";");
    *tokens = ahead;
    if tokens.eat(";").is_none() {
        return Err(say::krate_without_end(&word));
    }
    if path.is_empty() { Err(say::krate_without_path(&word)) } else { Ok(Some(path)) }
}

/// What stands before the body.
struct Head {
    vis: TokenStream,
    name: Ident,
    parameters: Parameters,
    inputs: Vec<Input>,
}

/// One definition, host function or list of names of the catalogue, or one mistake and everything up to the end of what it spoils.
fn item(tokens: &mut Tokens, file: &mut File, broken_externs: &mut Vec<Ident>, errors: &mut Errors) {
    let mut found = Errors::new();
    let attributes = attributes::attributes(tokens, &mut found);
    if picked::opens(tokens) {
        file.picks.extend(picked::picks(tokens, &attributes, &mut found));
        report(found, errors);
    } else if tokens.is_word("extern") {
        let host = external::external(tokens, &attributes, broken_externs, &mut found);
        file.externs.extend(host.map(Rc::new));
        report(found, errors);
    } else {
        definition(tokens, attributes, file, found, errors);
    }
}

fn definition(
    tokens: &mut Tokens,
    attributes: attributes::Attributes,
    file: &mut File,
    mut found: Errors,
    errors: &mut Errors,
) {
    let Some(head) = head(tokens, &mut found) else {
        report(found, errors);
        return;
    };
    let body = tail(tokens, &mut found);
    let Head { vis, name, parameters, inputs } = head;
    let Parameters { hypers, held } = parameters;
    match body.filter(|_| found.is_empty()) {
        Some(Body { stmts, updates, value, terms }) => {
            let attributes::Attributes { kept: attrs, docs, marks } = attributes;
            file.defs.push(Def {
                attrs,
                docs,
                marks,
                vis,
                name,
                externs: Vec::new(),
                hypers,
                held,
                inputs,
                stmts,
                updates,
                value,
                terms,
            });
        }
        None => file.broken.push(Broken { vis, name, hypers, inputs }),
    }
    report(found, errors);
}

fn report(found: Errors, errors: &mut Errors) {
    found.iter().for_each(|diag| errors.push(diag.clone()));
}

/// The head; `None` if not even a name could be read, in which case the definition has been passed.
fn head(tokens: &mut Tokens, errors: &mut Errors) -> Option<Head> {
    let (vis, name) = match visibility(tokens).and_then(|vis| Ok((vis, loss_name(tokens)?))) {
        Ok(read) => read,
        Err(diag) => {
            errors.push(diag);
            skip_definition(tokens);
            return None;
        }
    };
    let (parameters, mistake) = head::parameters(tokens);
    if let Some(diag) = mistake {
        errors.push(diag);
        skip_to_inputs(tokens);
    }
    let inputs = tokens.enter(Delimiter::Parenthesis).map(|(inner, _)| head::inputs(inner, errors));
    if inputs.is_none() && errors.is_empty() {
        errors.push(say::missing_inputs(tokens.here(), &name, &tokens.found()));
    }
    Some(Head { vis, name, parameters, inputs: inputs.unwrap_or_default() })
}

/// `pub`, `pub(crate)`, or nothing.
pub(super) fn visibility(tokens: &mut Tokens) -> Result<TokenStream, Diag> {
    let Some(word) = tokens.eat_word("pub") else { return Ok(TokenStream::new()) };
    let Some((mut inner, range)) = tokens.enter(Delimiter::Parenthesis) else { return Ok(word_stream(word)) };
    let known = ["crate", "self", "super", "in"].iter().any(|scope| inner.is_word(scope));
    if !known {
        return Err(say::visibility(range));
    }
    let inside = inner.take_until(";");
    Ok(quote::quote_spanned!(word.span() => #word(#inside)))
}

fn word_stream(word: Ident) -> TokenStream {
    proc_macro2::TokenTree::from(word).into()
}

fn loss_name(tokens: &mut Tokens) -> Result<Ident, Diag> {
    if let Some(semicolon) = tokens.eat(";") {
        return Err(say::stray_semicolon(semicolon));
    }
    let item = ["fn", "struct", "loss", "type", "def", "let", "const", "crate", "extern"];
    match tokens.ident().filter(|word| item.iter().any(|item| word == item)) {
        Some(word) if word == "crate" => Err(say::late_krate(&word)),
        Some(word) if word == "extern" => Err(say::extern_visibility(&word)),
        Some(word) => Err(say::foreign_item(&word)),
        None => names::loss(tokens),
    }
}

/// The body. What follows a head that could not be read to its end is passed in silence.
fn tail(tokens: &mut Tokens, errors: &mut Errors) -> Option<Body> {
    let equals = tokens.eat("=");
    if let Some((inner, range)) = tokens.enter(Delimiter::Brace) {
        if let Some(equals) = equals {
            errors.push(say::equals_before_braces(equals));
        }
        return body::body(inner, range, errors);
    }
    if equals.is_none() {
        if errors.is_empty() {
            errors.push(say::missing_body(tokens.here(), &tokens.found(), tokens.is("->")));
        }
        skip_definition(tokens);
        return None;
    }
    match body::one_liner(tokens) {
        Ok(value) => Some(Body { stmts: Vec::new(), updates: Vec::new(), value, terms: None }),
        Err(diag) => {
            errors.push(diag);
            skip_one_liner(tokens);
            None
        }
    }
}

/// To the end of the definition: its body, a `;`, or where the next one visibly starts.
fn skip_definition(tokens: &mut Tokens) {
    while !tokens.at_end() && !starts_definition(tokens) {
        if tokens.enter(Delimiter::Brace).is_some() || tokens.eat(";").is_some() {
            return;
        }
        let had_inputs = tokens.enter(Delimiter::Parenthesis).is_some();
        if had_inputs && tokens.is("=") {
            return skip_one_liner(tokens);
        }
        if !had_inputs {
            tokens.skip();
        }
    }
}

/// To the end of `= value;`: braces belong to its `if`s.
fn skip_one_liner(tokens: &mut Tokens) {
    while !tokens.at_end() && !starts_definition(tokens) && tokens.eat(";").is_none() {
        tokens.skip();
    }
}

/// From inside `<..>` to the inputs.
fn skip_to_inputs(tokens: &mut Tokens) {
    while !tokens.at_end() && !tokens.is_word("pub") {
        let closes = tokens.eat(">").is_some();
        if closes && tokens.is_group(Delimiter::Parenthesis) {
            return;
        }
        if tokens.is(";") || tokens.is_group(Delimiter::Brace) {
            return;
        }
        if !closes {
            tokens.skip();
        }
    }
}

/// Nothing inside a definition starts like this.
pub(super) fn starts_definition(tokens: &Tokens) -> bool {
    tokens.is("#") || tokens.is_word("pub") || tokens.is_word("extern")
}
