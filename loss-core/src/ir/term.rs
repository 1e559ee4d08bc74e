//! The compiler's own texts in the language (bodies of composites, sides of rules) as trees without spans.
//!
//! They are parsed once a thread: tokens and spans must not outlive a macro invocation, plain text may.

use crate::syntax;
use crate::syntax::ast::{Expr, ExprKind};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// An expression without spans.
#[derive(Debug)]
pub(crate) enum Term {
    /// A number.
    Number(f64),
    /// A hole, or `given`.
    Name(String),
    /// `x[m]`: a hole read at another index.
    At(String, String),
    /// An elementwise op by its name in the op table.
    Op(String, Vec<Term>),
    /// `sum[k | given](x)`.
    Bind(Bind),
}

/// A reducer or composite in use.
#[derive(Debug)]
pub(crate) struct Bind {
    /// Its name.
    pub name: String,
    /// The index it binds.
    pub index: String,
    /// Its condition.
    pub given: Option<Box<Term>>,
    /// Its operands.
    pub args: Vec<Term>,
}

thread_local! {
    static KNOWN: RefCell<BTreeMap<&'static str, Rc<Term>>> = const { RefCell::new(BTreeMap::new()) };
}

/// The tree of a text.
///
/// # Panics
/// If the text is not an expression of the language: the text is the compiler's own.
pub(crate) fn term(text: &'static str) -> Rc<Term> {
    if let Some(known) = KNOWN.with_borrow(|known| known.get(text).cloned()) {
        return known;
    }
    let expr = syntax::expression(text)
        .unwrap_or_else(|error| panic!("the template `{text}` does not parse: {}", error.message));
    let term = Rc::new(without_spans(&expr));
    KNOWN.with_borrow_mut(|known| known.insert(text, term.clone()));
    term
}

fn without_spans(expr: &Expr) -> Term {
    let all = |list: &[Expr]| list.iter().map(without_spans).collect();
    match &expr.kind {
        ExprKind::Number(value) => Term::Number(*value),
        ExprKind::Name(name) => Term::Name(name.to_string()),
        ExprKind::Index(name, indices) => match &indices[0].kind {
            ExprKind::Name(index) => Term::At(name.to_string(), index.to_string()),
            _ => panic!("a template indexes by name only"),
        },
        ExprKind::Unary(op, x) => Term::Op((*op).to_owned(), vec![without_spans(x)]),
        ExprKind::Binary(op, x, y) => Term::Op((*op).to_owned(), vec![without_spans(x), without_spans(y)]),
        ExprKind::If(c, x, y) => {
            Term::Op("select".to_owned(), vec![without_spans(c), without_spans(x), without_spans(y)])
        }
        ExprKind::Call(name, args) => Term::Op(name.to_string(), all(args)),
        ExprKind::Bind(bind) => Term::Bind(Bind {
            name: bind.name.to_string(),
            index: bind.indices[0].to_string(),
            given: bind.condition.as_ref().map(|c| Box::new(without_spans(c))),
            args: all(&bind.args),
        }),
        ExprKind::Reweight(_) | ExprKind::Schedule(_) | ExprKind::Parts(_) | ExprKind::Rest => {
            panic!("a template is a plain expression")
        }
        ExprKind::Apply(app) => {
            panic!("a template applies no definition, but this one applies `{}`", app.name)
        }
    }
}
