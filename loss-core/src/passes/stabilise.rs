//! Applies the stabilising rewrites.

use super::pattern::{Pattern, matches};
use super::rewrite::fixpoint;
use super::stabilise_rules::RULES;
use crate::ir::Program;
use crate::ir::template::{Template, parse};

/// Rewrites unsafe forms until none is left.
pub(super) fn stabilise(program: Program) -> Program {
    let rules: Vec<(Pattern, crate::syntax::ast::Expr)> =
        RULES.iter().map(|rule| (Pattern::new(parse(rule.from)), parse(rule.to))).collect();
    fixpoint(program, &|graph, kind, sets| {
        let (to, found) = rules.iter().find_map(|(from, to)| Some((to, matches(graph, from, kind)?)))?;
        Some(Template::filled(to.clone(), found.args, found.indices, found.given).lower_into(graph, sets))
    })
}
