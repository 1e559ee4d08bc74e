//! Applies the stabilising rewrites.

use super::rewrite::fixpoint;
use super::stabilise_rules::RULES;
use crate::ir::Program;
use crate::ir::pattern::matches;
use crate::ir::template::Template;
use crate::ir::term::{Term, term};
use std::rc::Rc;

/// Rewrites unsafe forms until none is left.
pub(super) fn stabilise(program: Program) -> Program {
    let rules: Vec<(Rc<Term>, Rc<Term>)> =
        RULES.iter().map(|rule| (term(rule.from), term(rule.to))).collect();
    fixpoint(program, &|graph, kind, sets| {
        let (to, found) = rules.iter().find_map(|(from, to)| Some((to, matches(graph, from, kind)?)))?;
        Some(Template::filled(to.clone(), found.args, found.indices, found.given).lower_into(graph, sets))
    })
}
