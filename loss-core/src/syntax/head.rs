//! The head of a definition: hyperparameters and inputs.

use super::ast::{AxisName, Element, Held, Hyper, HyperDefault, HyperType, Input, Role};
use super::tokens::Tokens;
use super::{attributes, domain, expr, habits, names, number, operand};
use crate::diag::messages::syntax as say;
use crate::diag::{Diag, Errors, SpanRange};
use proc_macro2::{Delimiter, Ident};

/// dfdx tensors have at most six axes; the fused kernels take four.
const MAX_AXES: usize = 4;

/// What stands between `<` and `>`.
#[derive(Default)]
pub(super) struct Parameters {
    pub hypers: Vec<Hyper>,
    pub held: Vec<Held>,
}

/// `<name: type = default in domain, learn name: [K] = 0.0, state name = 1.0, ..>`; with a mistake if what follows cannot
/// be understood any more.
pub(super) fn parameters(tokens: &mut Tokens) -> (Parameters, Option<Diag>) {
    let mut parameters = Parameters::default();
    let Some(open) = tokens.eat("<") else { return (parameters, None) };
    while tokens.eat(">").is_none() {
        if let Err(diag) = parameter(tokens, &mut parameters) {
            return (parameters, Some(diag));
        }
        if tokens.eat(",").is_none() && !tokens.is(">") {
            let diag = if tokens.is_group(Delimiter::Parenthesis) && !tokens.at_end() {
                say::unclosed_hypers(open, &tokens.found())
            } else {
                habits::after_hyper(tokens, open)
            };
            return (parameters, Some(diag));
        }
    }
    (parameters, None)
}

fn parameter(tokens: &mut Tokens, parameters: &mut Parameters) -> Result<(), Diag> {
    let docs = attributes::docs_only(tokens)?;
    match eat_role(tokens) {
        Some(role) => parameters.held.push(held(tokens, role, docs)?),
        None => parameters.hypers.push(hyper(tokens, docs)?),
    }
    Ok(())
}

fn hyper(tokens: &mut Tokens, docs: Vec<String>) -> Result<Hyper, Diag> {
    let name = names::lower(tokens, "a hyperparameter")?;
    let ty = if tokens.eat(":").is_some() { hyper_type(tokens, &name)? } else { HyperType::Real };
    let default = hyper_default(tokens)?;
    let domain = domain::optional(tokens)?;
    Ok(Hyper { name, docs, ty, default, domain, scheduled: false })
}

/// The `learn` of `learn name`, the `state` of `state name`; a hyperparameter may have either name.
fn eat_role(tokens: &mut Tokens) -> Option<Role> {
    let mut ahead = *tokens;
    let role = Role::of(&ahead.take_ident()?.to_string())?;
    let named = ahead.ident().is_some_and(|name| !names::is_reserved(&name.to_string()));
    if named {
        *tokens = ahead;
    }
    named.then_some(role)
}

/// `name: [K, D] = 0.0`, or `name = 0.0` for one number.
fn held(tokens: &mut Tokens, role: Role, docs: Vec<String>) -> Result<Held, Diag> {
    let what = if role == Role::Learned { "a learnable tensor" } else { "a state" };
    let name = names::lower(tokens, what)?;
    let (mut axes, mut range) = (Vec::new(), SpanRange::from(&name));
    if tokens.eat(":").is_some() {
        let start = tokens.here();
        axes = self::axes(tokens, &name)?;
        range = start.to(tokens.last());
    } else if !tokens.is("=") {
        return Err(say::held_without_type(tokens.here(), role.word(), &name, &tokens.found()));
    }
    if tokens.eat("=").is_none() {
        return Err(say::held_without_value(&name, role.word(), what));
    }
    let initial = expr::additive(tokens)?.expr;
    Ok(Held { role, name, docs, axes, initial, range })
}

fn hyper_default(tokens: &mut Tokens) -> Result<Option<HyperDefault>, Diag> {
    if tokens.eat("=").is_none() {
        return Ok(None);
    }
    operand::hyper_value(tokens).map(|(value, _)| Some(value))
}

/// `f64`, `usize`, `bool`, `[f64; N]`.
fn hyper_type(tokens: &mut Tokens, name: &Ident) -> Result<HyperType, Diag> {
    if let Some((inner, range)) = tokens.enter(Delimiter::Bracket) {
        return array_type(inner, range, name);
    }
    if tokens.eat_word("f64").is_some() {
        return Ok(HyperType::Real);
    }
    if tokens.eat_word("usize").is_some() {
        return Ok(HyperType::Integer);
    }
    if tokens.eat_word("bool").is_some() {
        return Ok(HyperType::Bool);
    }
    Err(say::hyper_type(tokens.here(), name, &tokens.found()))
}

fn array_type(mut inner: Tokens, range: SpanRange, name: &Ident) -> Result<HyperType, Diag> {
    if inner.eat_word("f64").is_none() {
        return Err(say::hyper_type(inner.here(), name, &inner.found()));
    }
    if inner.eat(";").is_none() {
        return Err(say::array_without_length(range, name));
    }
    let Some(literal) = inner.take_literal() else { return Err(inner.expected("the length of the array")) };
    let length = number::size(&literal)?;
    if inner.at_end() { Ok(HyperType::Array(length)) } else { Err(inner.expected("`]`")) }
}

/// `name: type, ..`; a mistake in one input does not hide those in the next.
pub(super) fn inputs(mut tokens: Tokens, errors: &mut Errors) -> Vec<Input> {
    let mut inputs = Vec::new();
    while !tokens.at_end() {
        match input(&mut tokens).and_then(|input| check_separated(&tokens).map(|()| input)) {
            Ok(input) => inputs.push(input),
            Err(diag) => {
                errors.push(diag);
                skip_to_next(&mut tokens);
            }
        }
        tokens.eat(",");
    }
    inputs
}

/// To the comma before the next `name:`; other commas belong to a type from elsewhere.
fn skip_to_next(tokens: &mut Tokens) {
    let starts_input = |mut ahead: Tokens| {
        ahead.eat(",").is_some() && (ahead.at_end() || ahead.take_ident().is_some() && ahead.is(":"))
    };
    while !tokens.at_end() && !starts_input(*tokens) {
        tokens.skip();
    }
}

/// Law: inputs stand apart by commas.
fn check_separated(tokens: &Tokens) -> Result<(), Diag> {
    if tokens.at_end() || tokens.is(",") { Ok(()) } else { Err(tokens.expected("`,` or `)`")) }
}

fn input(tokens: &mut Tokens) -> Result<Input, Diag> {
    if tokens.is("#") {
        return Err(say::attribute_on_input(tokens.here()));
    }
    let name = names::lower(tokens, "an input")?;
    if tokens.eat(":").is_none() {
        return Err(say::input_without_type(tokens.here(), &name, &tokens.found()));
    }
    let start = tokens.here();
    let data = tokens.eat_word("data").is_some();
    let axes = axes(tokens, &name)?;
    let element = element(tokens)?;
    let range = start.to(tokens.last());
    let domain = domain::optional(tokens)?;
    Ok(Input { name, data, axes, element, domain, range })
}

/// `[B, K]`, `[B, 4]`, `[N..]`, `[]`.
pub(super) fn axes(tokens: &mut Tokens, input: &Ident) -> Result<Vec<AxisName>, Diag> {
    let Some((mut inner, range)) = tokens.enter(Delimiter::Bracket) else {
        return Err(say::input_type(tokens.here(), input, &tokens.found()));
    };
    let mut axes = Vec::new();
    while !inner.at_end() {
        axes.push(axis(&mut inner, input)?);
        if inner.eat(",").is_none() && !inner.at_end() {
            return Err(inner.expected("`,` or `]`"));
        }
    }
    if axes.len() > MAX_AXES { Err(say::too_many_axes(range, input, axes.len(), MAX_AXES)) } else { Ok(axes) }
}

fn axis(tokens: &mut Tokens, input: &Ident) -> Result<AxisName, Diag> {
    if let Some(literal) = tokens.literal() {
        let size = number::size(&literal)?;
        tokens.take_literal();
        return Ok(AxisName::Fixed(size, literal.span().into()));
    }
    if ["f32", "f64", "bool", "usize", "E"].iter().any(|word| tokens.is_word(word)) {
        let mut ahead = *tokens;
        ahead.take_ident();
        if ahead.is(";") || !tokens.is_word("E") {
            return Err(say::input_type(tokens.here(), input, &tokens.found()));
        }
    }
    set_or_bundle(tokens)
}

/// `B`, or `N..` for any number of axes.
fn set_or_bundle(tokens: &mut Tokens) -> Result<AxisName, Diag> {
    let name = names::set(tokens)?;
    Ok(if tokens.eat("..").is_some() { AxisName::Bundle(name) } else { AxisName::Set(name) })
}

/// `-> K`, `-> bool`, or nothing.
pub(super) fn element(tokens: &mut Tokens) -> Result<Element, Diag> {
    if tokens.eat("->").is_none() {
        return Ok(Element::Real);
    }
    if tokens.eat_word("bool").is_some() {
        return Ok(Element::Bool);
    }
    if ["f32", "f64", "usize", "i64", "u8"].iter().any(|word| tokens.is_word(word)) {
        return Err(say::element_type(tokens.here(), &tokens.found()));
    }
    if let Some(literal) = tokens.literal() {
        let size = number::size(&literal)?;
        tokens.take_literal();
        return Ok(Element::Class(AxisName::Fixed(size, literal.span().into())));
    }
    if tokens.ident().is_none() {
        return Err(tokens.expected("an index set or `bool` after `->`"));
    }
    let set = set_or_bundle(tokens)?;
    match set {
        AxisName::Set(base) if tokens.eat("+").is_some() => beyond(tokens, base).map(Element::Class),
        set => Ok(Element::Class(set)),
    }
}

/// `K + 1`, after the `+`.
fn beyond(tokens: &mut Tokens, base: Ident) -> Result<AxisName, Diag> {
    let Some(literal) = tokens.literal() else {
        return Err(tokens.expected(&format!("the number of classes after those of `{base}`")));
    };
    let more = number::size(&literal)?;
    tokens.take_literal();
    let range = SpanRange::from(&base).to(literal.span().into());
    Ok(AxisName::Beyond(base, more, range))
}
