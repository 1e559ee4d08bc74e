//! The head of a definition: hyperparameters, index sets, inputs.

use super::scope::Scope;
use crate::diag::messages::check as say;
use crate::ir::{HyperInfo, InputInfo, SetId, SetInfo, SetSize, Ty};
use crate::ops;
use crate::syntax::ast::{
    AxisName, Def, Domain, Element, Expr, ExprKind, Hyper, HyperDefault, HyperType, Input,
};

/// Reads the head into the scope. Says whether its names can be relied on: if not, what the body makes of them
/// would be reported for a mistake that is not there.
pub(super) fn signature(scope: &mut Scope, def: &Def) -> bool {
    check_distinct_names(scope, def);
    let distinct = scope.errors.is_empty();
    for hyper in &def.hypers {
        let default = check_default(scope, hyper);
        scope.hypers.push(HyperInfo { name: hyper.name.to_string(), ty: meant_type(hyper) });
        scope.defaults.push(default);
        scope.domains.push(hyper.domain.clone());
        scope.used_hypers.push(false);
    }
    for name in layout_order(&def.inputs) {
        declare_target(scope, name);
    }
    for (position, input) in def.inputs.iter().enumerate() {
        let info = declare_input(scope, input, position);
        scope.inputs.push(info);
        scope.used_inputs.push(false);
    }
    let bundles: Vec<bool> = def.inputs.iter().map(|input| check_bundles(scope, input)).collect();
    check_has_inputs(scope, def);
    def.inputs.iter().for_each(|input| check_base_known(scope, input));
    distinct && !bundles.contains(&false)
}

/// The declared type, but an array if the default is one: that mistake has been reported.
fn meant_type(hyper: &Hyper) -> HyperType {
    match (&hyper.default, hyper.ty) {
        (Some(HyperDefault::Array(list, _)), HyperType::Real | HyperType::Integer) => {
            HyperType::Array(list.len())
        }
        _ => hyper.ty,
    }
}

/// Law: hyperparameters and inputs of one definition have different names.
fn check_distinct_names(scope: &mut Scope, def: &Def) {
    let names: Vec<_> =
        def.hypers.iter().map(|h| &h.name).chain(def.inputs.iter().map(|i| &i.name)).collect();
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) {
            scope.errors.push(say::duplicate_name(name, "hyperparameters and inputs"));
        }
    }
}

/// Law: a loss has inputs, and one of them holds real numbers: the value has its element type and its device.
fn check_has_inputs(scope: &mut Scope, def: &Def) {
    if def.inputs.is_empty() {
        scope.errors.push(say::no_inputs(&def.name));
    } else if scope.inputs.iter().all(|input| input.ty != Ty::Real) {
        scope.errors.push(say::no_real_input(&def.name));
    }
}

/// Law: every hyperparameter has a constant default of its type, within its own domain.
fn check_default(scope: &mut Scope, hyper: &Hyper) -> Vec<f64> {
    let Some(default) = &hyper.default else {
        scope.errors.push(say::missing_default(&hyper.name));
        return vec![0.0];
    };
    let exprs: Vec<&Expr> = match (default, hyper.ty) {
        (HyperDefault::Scalar(e), HyperType::Bool) => {
            return vec![check_default_truth(scope, hyper, e)];
        }
        (HyperDefault::Scalar(e), HyperType::Real | HyperType::Integer) => vec![e],
        (HyperDefault::Array(list, range), HyperType::Array(n)) => {
            if list.len() != n {
                scope.errors.push(say::array_length(*range, &hyper.name, n, list.len()));
            }
            list.iter().collect()
        }
        (HyperDefault::Scalar(e), HyperType::Array(n)) => {
            scope.errors.push(say::array_wanted(e.range, &hyper.name, n));
            return vec![0.0; n];
        }
        (HyperDefault::Array(list, range), _) => {
            scope.errors.push(say::scalar_wanted(*range, &hyper.name, list.len()));
            return vec![0.0];
        }
    };
    exprs.into_iter().map(|e| check_default_value(scope, hyper, e)).collect()
}

/// Law: the default of a `bool` is `true` or `false`, and it has no domain.
fn check_default_truth(scope: &mut Scope, hyper: &Hyper, expr: &Expr) -> f64 {
    if let Some(domain) = &hyper.domain {
        scope.errors.push(say::domain_on_non_real(domain.range, &hyper.name, "conditions"));
    }
    let Some(value) = truth(expr) else {
        scope.errors.push(say::truth_wanted(expr.range, &hyper.name));
        return 0.0;
    };
    f64::from(u8::from(value))
}

/// The value of `true` and `false`.
pub(crate) fn truth(expr: &Expr) -> Option<bool> {
    let ExprKind::Name(name) = &expr.kind else { return None };
    match name.to_string().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn check_default_value(scope: &mut Scope, hyper: &Hyper, expr: &Expr) -> f64 {
    let Some(value) = constant(expr) else {
        scope.errors.push(say::default_not_constant(expr.range, &hyper.name));
        return 0.0;
    };
    if hyper.ty == HyperType::Integer && (value < 0.0 || value.fract() != 0.0) {
        scope.errors.push(say::integer_wanted(expr.range, &hyper.name));
    } else if let Some(domain) = &hyper.domain
        && !contains(domain, value)
    {
        scope.errors.push(say::outside_domain(expr.range, &hyper.name, value, &domain_text(domain)));
    }
    value
}

/// The value of a constant expression: numbers and arithmetic on them.
pub(crate) fn constant(expr: &Expr) -> Option<f64> {
    let apply = |op: &str, args: &[f64]| Some((ops::find(op)?.eval)(args));
    match &expr.kind {
        ExprKind::Number(value) => Some(*value),
        ExprKind::Unary(op, x) => apply(op, &[constant(x)?]),
        ExprKind::Binary(op, x, y) => apply(op, &[constant(x)?, constant(y)?]),
        ExprKind::Call(name, args) => {
            let row = ops::find(&name.to_string()).filter(|row| row.args.len() == args.len())?;
            Some((row.eval)(&args.iter().map(constant).collect::<Option<Vec<_>>>()?))
        }
        _ => None,
    }
}

/// Whether a value lies in a domain.
pub(super) fn contains(domain: &Domain, value: f64) -> bool {
    let above = domain.lo.is_none_or(|(lo, closed)| value > lo || (closed && value == lo));
    let below = domain.hi.is_none_or(|(hi, closed)| value < hi || (closed && value == hi));
    above && below && value.is_finite()
}

/// A domain as written.
pub(super) fn domain_text(domain: &Domain) -> String {
    let lo = domain.lo.map_or(String::new(), |(v, closed)| format!("{v}{}", if closed { "" } else { "<" }));
    let hi = domain.hi.map_or(String::new(), |(v, closed)| format!("{}{v}", if closed { "=" } else { "" }));
    format!("{lo}..{hi}")
}

/// The sets in an order that agrees with the axes of as many inputs as can be, so that they need not be permuted:
/// `[N, D]` and `[N, M, D]` give N, M, D. Where nothing decides, first come, first served.
fn layout_order(inputs: &[Input]) -> Vec<&AxisName> {
    let mut names: Vec<&AxisName> = Vec::new();
    for axis in inputs.iter().flat_map(|i| &i.axes) {
        if !names.iter().any(|n| same_set(n, axis)) {
            names.push(axis);
        }
    }
    let pairs: Vec<&[AxisName]> = inputs.iter().flat_map(|i| i.axes.windows(2)).collect();
    let mut ordered = Vec::new();
    while !names.is_empty() {
        let waits = |name: &AxisName| {
            let before = |p: &&[AxisName]| same_set(&p[1], name) && !same_set(&p[0], name);
            pairs.iter().filter(|p| before(p)).any(|p| names.iter().any(|n| same_set(n, &p[0])))
        };
        let next = names.iter().position(|n| !waits(n)).unwrap_or(0);
        ordered.push(names.remove(next));
    }
    ordered
}

fn same_set(a: &AxisName, b: &AxisName) -> bool {
    match (a, b) {
        (AxisName::Fixed(a, _), AxisName::Fixed(b, _)) => a == b,
        (AxisName::Set(a) | AxisName::Bundle(a), AxisName::Set(b) | AxisName::Bundle(b)) => a == b,
        _ => false,
    }
}

fn declare_input(scope: &mut Scope, input: &Input, position: usize) -> InputInfo {
    let sets: Vec<SetId> =
        input.axes.iter().enumerate().map(|(axis, name)| declare_axis(scope, name, position, axis)).collect();
    let ty = match &input.element {
        Element::Real => Ty::Real,
        Element::Bool => Ty::Bool,
        Element::Class(name) => Ty::Index(declare_target(scope, name)),
    };
    check_domain_kind(scope, input, ty);
    let domain = input.domain.as_ref().map(|d| (d.lo, d.hi));
    InputInfo { name: input.name.to_string(), data: input.data || ty != Ty::Real, sets, ty, domain }
}

/// Law: only real values have a domain; indices and conditions have theirs by their kind.
fn check_domain_kind(scope: &mut Scope, input: &Input, ty: Ty) {
    let Some(domain) = &input.domain else { return };
    let what = match ty {
        Ty::Real => return,
        Ty::Bool => "conditions".to_owned(),
        Ty::Index(set) => format!("indices into `{}`", scope.set_name(set)),
    };
    scope.errors.push(say::domain_on_non_real(domain.range, &input.name, &what));
}

/// The set of an axis; its size is that axis's length unless it is known already.
fn declare_axis(scope: &mut Scope, name: &AxisName, input: usize, axis: usize) -> SetId {
    let set = declare_target(scope, name);
    let bundle = matches!(name, AxisName::Bundle(_));
    let info = &mut scope.infos[usize::from(set.0)];
    match info.size {
        SetSize::Unknown if bundle => info.size = SetSize::Bundle { input },
        SetSize::Unknown => info.size = SetSize::Dim { input, axis },
        _ => {}
    }
    set
}

/// Law: a set is a bundle of axes wherever it appears, or nowhere; a bundle stands alone in its brackets, no class
/// map points into one, and its elements are real numbers.
fn check_bundles(scope: &mut Scope, input: &Input) -> bool {
    let before = scope.errors.iter().count();
    for axis in &input.axes {
        check_one_form(scope, axis);
        if let (AxisName::Bundle(name), true) = (axis, input.axes.len() > 1) {
            scope.errors.push(say::bundle_not_alone(name));
        }
    }
    match (&input.element, input.axes.first()) {
        (Element::Class(AxisName::Bundle(name)), _) => scope.errors.push(say::bundle_as_target(name)),
        (Element::Class(set), _) if !check_one_form(scope, set) => {}
        (Element::Class(_) | Element::Bool, Some(AxisName::Bundle(name))) => {
            scope.errors.push(say::bundle_not_real(name));
        }
        _ => {}
    }
    scope.errors.iter().count() == before
}

/// Law: the set that a class map goes beyond is an axis of some input.
fn check_base_known(scope: &mut Scope, input: &Input) {
    let Element::Class(AxisName::Beyond(base, _, range)) = &input.element else { return };
    let size = scope.find_set(&base.to_string()).map(|set| scope.infos[usize::from(set.0)].size);
    if !matches!(size, Some(SetSize::Dim { .. })) {
        scope.errors.push(say::base_unknown(*range, base));
    }
}

fn check_one_form(scope: &mut Scope, name: &AxisName) -> bool {
    let (ident, bundle) = match name {
        AxisName::Set(ident) => (ident, false),
        AxisName::Bundle(ident) => (ident, true),
        AxisName::Fixed(..) | AxisName::Beyond(..) => return true,
    };
    let size = scope.find_set(&ident.to_string()).map(|set| scope.infos[usize::from(set.0)].size);
    let clash = match size {
        Some(SetSize::Bundle { .. }) => !bundle,
        Some(SetSize::Dim { .. }) => bundle,
        _ => false,
    };
    if clash {
        scope.errors.push(say::bundle_or_axis(ident));
    }
    !clash
}

/// The set a class map points into; nothing is known of its size yet.
fn declare_target(scope: &mut Scope, name: &AxisName) -> SetId {
    match name {
        AxisName::Fixed(size, _) => scope.fixed_set(*size),
        AxisName::Beyond(ident, more, _) => {
            let base = declare_target(scope, &AxisName::Set(ident.clone()));
            let name = format!("{ident} + {more}");
            scope.find_set(&name).unwrap_or_else(|| {
                scope.infos.push(SetInfo { name, size: SetSize::Beyond { base, more: *more } });
                SetId((scope.infos.len() - 1) as u16)
            })
        }
        AxisName::Set(ident) | AxisName::Bundle(ident) => {
            scope.find_set(&ident.to_string()).unwrap_or_else(|| {
                scope.infos.push(SetInfo { name: ident.to_string(), size: SetSize::Unknown });
                SetId((scope.infos.len() - 1) as u16)
            })
        }
    }
}
