//! Host functions: `extern assignment(cost: [N, M]) -> [N] -> M = my::assignment;`.

use super::ast::{AxisName, Def, Element, Expr, ExprKind, Extern, File, HostPath, RepeatStep, Stmt};
use super::attributes::Attributes;
use super::item::starts_definition;
use super::tokens::Tokens;
use super::{head, names, print, walk};
use crate::diag::messages::syntax as say;
use crate::diag::{Diag, Errors};
use proc_macro2::{Delimiter, Ident, TokenStream};
use std::rc::Rc;

/// A declaration, or the mistakes in it and everything up to its end. Its name is among `broken` if it has mistakes.
pub(super) fn external(
    tokens: &mut Tokens,
    attributes: &Attributes,
    broken: &mut Vec<Ident>,
    errors: &mut Errors,
) -> Option<Extern> {
    let word = tokens.eat_word("extern")?;
    let mut found = Errors::new();
    if attributes.is_more_than_docs() {
        found.push(say::attribute_on_extern(&word));
    }
    let name = names::lower(tokens, "a host function").map_err(|diag| found.push(diag)).ok();
    let parsed = name.clone().and_then(|name| after_name(tokens, name, attributes, &mut found));
    if parsed.is_none() {
        skip(tokens);
    }
    let parsed = parsed.filter(|_| found.is_empty());
    if parsed.is_none() {
        broken.extend(name);
    }
    found.iter().for_each(|diag| errors.push(diag.clone()));
    parsed
}

/// To the end of the declaration, or where the next item visibly starts.
fn skip(tokens: &mut Tokens) {
    while !tokens.at_end() && !starts_definition(tokens) && tokens.eat(";").is_none() {
        tokens.skip();
    }
}

/// `(inputs) -> [N] -> M = path, gradient = path;`
fn after_name(
    tokens: &mut Tokens,
    name: Ident,
    attributes: &Attributes,
    errors: &mut Errors,
) -> Option<Extern> {
    let Some((inner, _)) = tokens.enter(Delimiter::Parenthesis) else {
        errors.push(say::extern_without_inputs(tokens.here(), &name, &tokens.found()));
        return None;
    };
    let inputs = head::inputs(inner, errors);
    let rest = rest(tokens, &name).map_err(|diag| errors.push(diag)).ok()?;
    let (axes, element, path, gradient) = rest;
    Some(Extern { docs: attributes.docs.clone(), name, inputs, axes, element, path, gradient })
}

type Rest = (Vec<AxisName>, Element, HostPath, Option<HostPath>);

fn rest(tokens: &mut Tokens, name: &Ident) -> Result<Rest, Diag> {
    if tokens.eat("->").is_none() {
        return Err(say::extern_without_result(tokens.here(), name, &tokens.found()));
    }
    let axes = head::axes(tokens, name)?;
    let element = head::element(tokens)?;
    if tokens.eat("=").is_none() {
        return Err(say::extern_without_path(tokens.here(), name, &tokens.found()));
    }
    let path = path(tokens, name)?;
    let mut gradient = None;
    if tokens.eat(",").is_some() {
        if tokens.eat_word("gradient").is_none() {
            return Err(tokens.expected("`gradient = path`"));
        }
        tokens.expect("=")?;
        gradient = Some(self::path(tokens, name)?);
    }
    if tokens.eat(";").is_none() {
        let ends = tokens.at_end() || starts_definition(tokens);
        return Err(if ends { say::missing_semicolon(tokens.last()) } else { tokens.expected("`;`") });
    }
    Ok((axes, element, path, gradient))
}

/// A path, up to `;` or `, gradient =`. Law: it is a path of Rust, or `$crate` and the rest of one.
fn path(tokens: &mut Tokens, name: &Ident) -> Result<HostPath, Diag> {
    let start = tokens.here();
    let mut ahead = *tokens;
    let facade = ahead.eat("$").is_some() && ahead.eat_word("crate").is_some();
    if facade {
        *tokens = ahead;
    }
    let mut path = TokenStream::new();
    while !tokens.is(";") && !starts_setting(tokens) && !starts_definition(tokens) {
        let Some(tree) = tokens.take_tree() else { break };
        path.extend([tree]);
    }
    let range = start.to(tokens.last());
    let leads = path.clone().into_iter().next().is_some_and(|tree| tree.to_string() == ":");
    if facade && !leads || syn::parse2::<syn::Path>(path.clone()).is_err() {
        return Err(say::extern_path(if path.is_empty() { start } else { range }, name));
    }
    Ok(HostPath { facade, tokens: path, range })
}

/// `, gradient =`; other commas belong to generic arguments.
fn starts_setting(tokens: &Tokens) -> bool {
    let mut ahead = *tokens;
    ahead.eat(",").is_some() && ahead.take_ident().is_some() && ahead.is("=")
}

/// Gives every definition the host functions that it calls. One that calls a function with mistakes is as good as
/// broken itself: what it means cannot be told.
pub(super) fn attach(file: &mut File, broken: &[Ident]) {
    for mut def in std::mem::take(&mut file.defs) {
        let called = called(&def);
        if broken.iter().any(|name| called.contains(&name.to_string())) {
            file.broken.push(super::ast::Broken::of(&def));
            continue;
        }
        let used = file.externs.iter().filter(|e| called.contains(&e.name.to_string()));
        def.externs = used.cloned().collect();
        file.defs.push(def);
    }
}

/// The names of all functions that a body calls.
fn called(def: &Def) -> Vec<String> {
    let mut names = Vec::new();
    let mut look = |expr: &Expr| {
        walk::bottom_up(&mut expr.clone(), &mut |part| match &part.kind {
            ExprKind::Call(name, _) => names.push(name.to_string()),
            ExprKind::Bind(binder) => names.push(binder.name.to_string()),
            _ => {}
        });
    };
    for stmt in &def.stmts {
        match stmt {
            Stmt::Let(l) => look(&l.value),
            Stmt::Repeat(r) => r.steps.iter().for_each(|step| match step {
                RepeatStep::Let(l) | RepeatStep::Assign(l) => look(&l.value),
            }),
        }
    }
    def.updates.iter().for_each(|update| look(&update.value));
    look(&def.value);
    names
}

/// The declaration as text.
pub fn text(host: &Extern) -> String {
    let inputs: Vec<String> = host.inputs.iter().map(print::input).collect();
    let axes: Vec<String> = host.axes.iter().map(print::axis).collect();
    let element = print::element(&host.element);
    let gradient =
        host.gradient.as_ref().map_or_else(String::new, |path| format!(", gradient = {}", path_text(path)));
    format!(
        "{}extern {}({}) -> [{}]{element} = {}{gradient};\n",
        print::docs(&host.docs, ""),
        host.name,
        inputs.join(", "),
        axes.join(", "),
        path_text(&host.path)
    )
}

/// `$crate::solve::assignment`.
fn path_text(path: &HostPath) -> String {
    let text: String = path.tokens.to_string().split_whitespace().collect();
    format!("{}{text}", if path.facade { "$crate" } else { "" })
}

/// The declarations that a definition needs, as rows of their own.
pub(super) fn texts(externs: &[Rc<Extern>]) -> String {
    externs.iter().map(|host| text(host)).collect()
}
