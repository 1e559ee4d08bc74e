//! What declared domains say about the arguments of functions that are undefined somewhere.
//!
//! Only what is certain is reported: a range is known if every value in it occurs for some values of the inputs and
//! hyperparameters in their domains. So the parts of an expression must not depend on one another.

use super::tree::{Checked, TNode, TStmt, TensorRef, Typed};
use crate::diag::Errors;
use crate::diag::messages::check as say;
use crate::ir::Bound;
use crate::ops::OpDef;

/// What values depend on: an input or a hyperparameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Input(usize),
    Hyper(usize),
}

/// All values from `lo` to `hi` occur.
#[derive(Clone, Debug)]
struct Range {
    lo: f64,
    hi: f64,
    from: Vec<Source>,
}

/// Law: where the declared domains bound the argument of a function, it is defined on all of that range.
pub(super) fn check_domains(def: &Checked, errors: &mut Errors) {
    let mut domains = Domains { def, known: vec![None; def.lets.len()], errors };
    for stmt in &def.stmts {
        match stmt {
            TStmt::Let(id, value) => domains.known[*id] = domains.range(value),
            TStmt::Repeat { carried, steps, .. } => {
                carried.iter().for_each(|&id| domains.known[id] = None);
                for (id, _, value) in steps {
                    let range = domains.range(value);
                    domains.known[*id] = range.filter(|_| !carried.contains(id));
                }
            }
        }
    }
    domains.range(&def.value);
    def.updates.iter().for_each(|update| drop(domains.range(&update.value)));
}

struct Domains<'c> {
    def: &'c Checked,
    /// The range of each `let` so far.
    known: Vec<Option<Range>>,
    errors: &'c mut Errors,
}

impl Domains<'_> {
    /// The range of an expression, if it is known; checks the functions in it.
    fn range(&mut self, typed: &Typed) -> Option<Range> {
        match &typed.node {
            TNode::Number(value) => Some(Range { lo: *value, hi: *value, from: vec![] }),
            TNode::Hyper(i) => declared(self.def.domains[*i], Source::Hyper(*i)),
            TNode::Load(TensorRef::Input(i), _) => declared(self.def.inputs[*i].domain, Source::Input(*i)),
            TNode::Load(TensorRef::Let(i), _) => self.known[*i].clone(),
            // A condition may be what keeps the branches in the domain.
            TNode::Op(op, args) if op.name == "select" => {
                self.range(&args[0]);
                None
            }
            TNode::Op(op, args) => {
                let args: Vec<Option<Range>> = args.iter().map(|a| self.range(a)).collect();
                let args = args.into_iter().collect::<Option<Vec<_>>>()?;
                self.check_function(op, typed, &args);
                apply(op, &args)
            }
            TNode::Reduce(_, _, None, body) | TNode::Order(_, _, body) => {
                self.range(body);
                None
            }
            TNode::Composite(_, _, None, args) | TNode::Host(_, _, args) => {
                args.iter().for_each(|arg| drop(self.range(arg)));
                None
            }
            _ => None,
        }
    }

    fn check_function(&mut self, op: &OpDef, typed: &Typed, args: &[Range]) {
        let row = PARTIAL.iter().find(|row| row.0 == op.name);
        if let (Some((name, lo, hi, law)), Some(arg)) = (row, args.first())
            && (arg.lo < *lo || arg.hi > *hi)
        {
            self.errors.push(say::outside_function_domain(typed.range, name, (arg.lo, arg.hi), law));
        }
    }
}

fn declared(domain: Option<(Bound, Bound)>, source: Source) -> Option<Range> {
    let (lo, hi) = domain?;
    let lo = lo.map_or(f64::NEG_INFINITY, |b| b.0);
    let hi = hi.map_or(f64::INFINITY, |b| b.0);
    Some(Range { lo, hi, from: vec![source] })
}

/// Functions that are undefined below a bound or outside an interval.
const PARTIAL: &[(&str, f64, f64, &str)] = &[
    ("ln", 0.0, f64::INFINITY, "at or above 0"),
    ("log2", 0.0, f64::INFINITY, "at or above 0"),
    ("sqrt", 0.0, f64::INFINITY, "at or above 0"),
    ("log1p", -1.0, f64::INFINITY, "at or above -1"),
    ("acos", -1.0, 1.0, "between -1 and 1"),
    ("asin", -1.0, 1.0, "between -1 and 1"),
    ("xlogx", 0.0, f64::INFINITY, "at or above 0"),
];

/// Interval arithmetic for the ops that keep a bound; others forget it.
fn apply(op: &OpDef, args: &[Range]) -> Option<Range> {
    let mut from: Vec<Source> = Vec::new();
    for source in args.iter().flat_map(|a| &a.from) {
        if from.contains(source) {
            return None;
        }
        from.push(*source);
    }
    let bounds = match (op.name, args) {
        ("neg", [x]) => (-x.hi, -x.lo),
        ("add", [x, y]) => (x.lo + y.lo, x.hi + y.hi),
        ("sub", [x, y]) => (x.lo - y.hi, x.hi - y.lo),
        ("mul", [x, y]) => product(x, y)?,
        ("max", [x, y]) => (x.lo.max(y.lo), x.hi.max(y.hi)),
        ("min", [x, y]) => (x.lo.min(y.lo), x.hi.min(y.hi)),
        ("clamp", [x, lo, hi]) => (x.lo.max(lo.lo).min(hi.lo), x.hi.max(lo.hi).min(hi.hi)),
        ("sqrt", [x]) if x.lo >= 0.0 => (x.lo.sqrt(), x.hi.sqrt()),
        ("detach", [x]) => (x.lo, x.hi),
        _ => return None,
    };
    (!bounds.0.is_nan() && !bounds.1.is_nan()).then_some(Range { lo: bounds.0, hi: bounds.1, from })
}

fn product(x: &Range, y: &Range) -> Option<(f64, f64)> {
    let products = [x.lo * y.lo, x.lo * y.hi, x.hi * y.lo, x.hi * y.hi];
    let finite = products.iter().all(|p| !p.is_nan());
    finite.then(|| products.iter().fold((f64::MAX, f64::MIN), |r, &p| (r.0.min(p), r.1.max(p))))
}
