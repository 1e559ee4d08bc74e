//! Host functions: what is declared of them, and how they are called.

use super::binder::pairs;
use super::functions;
use super::scope::{Named, Scope};
use super::tree::{Kind, TNode, Typed, VarId};
use crate::diag::messages::check as say;
use crate::diag::{Errors, SpanRange};
use crate::ir::{HostFunction, HostInput, HostRef};
use crate::ops::Sort;
use crate::syntax::ast::{AxisName, Binder, Element, Expr, Extern, File, Input};
use crate::syntax::external::text;
use proc_macro2::Ident;
use std::rc::Rc;

/// Checks what a file declares. Gives the names of the functions with mistakes.
pub(super) fn declarations(file: &File, errors: &mut Errors) -> Vec<String> {
    let mut wrong = Vec::new();
    for (i, host) in file.externs.iter().enumerate() {
        let mut own = Errors::new();
        check_name(&file.externs[..i], host, &mut own);
        check_inputs(host, &mut own);
        check_result(host, &mut own);
        check_gradient(host, &mut own);
        if !own.is_empty() {
            wrong.push(host.name.to_string());
        }
        own.iter().for_each(|diag| errors.push(diag.clone()));
    }
    wrong
}

/// Law: a host function has a name of its own, which no function of the language has.
fn check_name(earlier: &[Rc<Extern>], host: &Extern, errors: &mut Errors) {
    let name = host.name.to_string();
    if earlier.iter().any(|other| other.name == host.name) {
        errors.push(say::duplicate_extern(&host.name));
    }
    let combinator = crate::combine::find(&name).is_some() || name == "reweight" || name == "uncertainty";
    if combinator || functions::names().any(|ours| ours == name) || crate::compose::is_schedule(&name) {
        errors.push(say::extern_hides(&host.name));
    }
}

/// Law: what a host function takes are real numbers over axes that are all different.
fn check_inputs(host: &Extern, errors: &mut Errors) {
    if host.inputs.is_empty() {
        errors.push(say::extern_takes_nothing(&host.name));
    }
    for (i, input) in host.inputs.iter().enumerate() {
        if host.inputs[..i].iter().any(|other| other.name == input.name) {
            errors.push(say::duplicate_name(&input.name, "inputs"));
        }
        if !matches!(input.element, Element::Real) {
            errors.push(say::extern_input_not_real(input.range, &host.name));
        }
        if let Some(domain) = &input.domain {
            errors.push(say::extern_domain(domain.range, &host.name));
        }
        check_axes(host, &input.axes, errors);
    }
}

fn check_axes(host: &Extern, axes: &[AxisName], errors: &mut Errors) {
    for (i, axis) in axes.iter().enumerate() {
        if let AxisName::Bundle(name) = axis {
            errors.push(say::extern_bundle(name, &host.name));
        }
        if axes[..i].iter().any(|other| label(other) == label(axis)) {
            errors.push(say::extern_axis_twice(range(axis), &host.name, &label(axis)));
        }
    }
}

/// Law: what a host function gives has axes that it takes, and so has the set of indices that it gives.
fn check_result(host: &Extern, errors: &mut Errors) {
    check_axes(host, &host.axes, errors);
    let known = axes(host);
    let target = match &host.element {
        Element::Class(axis @ AxisName::Set(_)) => Some(axis),
        Element::Class(AxisName::Bundle(name)) => {
            errors.push(say::extern_bundle(name, &host.name));
            None
        }
        _ => None,
    };
    for axis in host.axes.iter().chain(target).filter(|axis| !known.contains(&label(axis))) {
        errors.push(say::extern_axis_unknown(range(axis), &host.name, &label(axis), &known));
    }
    if matches!(host.element, Element::Bool) {
        errors.push(say::extern_gives_conditions(&host.name));
    }
}

/// Law: only numbers have a gradient, and only by what is not data.
fn check_gradient(host: &Extern, errors: &mut Errors) {
    let Some(gradient) = &host.gradient else { return };
    if !matches!(host.element, Element::Real) {
        errors.push(say::extern_gradient_of_indices(gradient.range, &host.name));
    } else if !host.inputs.is_empty() && host.inputs.iter().all(|input| input.data) {
        errors.push(say::extern_gradient_by_data(gradient.range, &host.name));
    }
}

fn label(axis: &AxisName) -> String {
    match axis {
        AxisName::Set(name) | AxisName::Bundle(name) => name.to_string(),
        AxisName::Fixed(size, _) => size.to_string(),
        AxisName::Beyond(base, more, _) => format!("{base} + {more}"),
    }
}

fn range(axis: &AxisName) -> SpanRange {
    match axis {
        AxisName::Set(name) | AxisName::Bundle(name) => name.into(),
        AxisName::Fixed(_, range) | AxisName::Beyond(_, _, range) => *range,
    }
}

/// The axes of what a host function takes, each once, in order of first appearance.
fn axes(host: &Extern) -> Vec<String> {
    let mut axes = Vec::new();
    for label in host.inputs.iter().flat_map(|input| &input.axes).map(label) {
        if !axes.contains(&label) {
            axes.push(label);
        }
    }
    axes
}

/// A declaration without mistakes.
fn function(host: &Extern) -> HostRef {
    let axes = axes(host);
    let places = |own: &[AxisName]| -> Vec<usize> {
        own.iter().filter_map(|axis| axes.iter().position(|known| *known == label(axis))).collect()
    };
    let input = |input: &Input| HostInput {
        name: input.name.to_string(),
        data: input.data,
        axes: places(&input.axes),
    };
    HostRef(Rc::new(HostFunction {
        name: host.name.to_string(),
        text: text(&Extern { docs: vec![], ..host.clone() }),
        inputs: host.inputs.iter().map(input).collect(),
        output: places(&host.axes),
        map: matches!(host.element, Element::Class(_)),
        path: host.path.clone(),
        gradient: host.gradient.clone(),
        axes,
    }))
}

/// Which indices of a call its result keeps; the others are bound in its operands.
pub(super) fn kept(externs: &[Rc<Extern>], binder: &Binder) -> Option<Vec<bool>> {
    let host = externs.iter().find(|host| host.name == binder.name)?;
    let (axes, output): (_, Vec<String>) = (axes(host), host.axes.iter().map(label).collect());
    let mut kept: Vec<bool> = axes.iter().map(|axis| output.contains(axis)).collect();
    kept.resize(binder.indices.len(), false);
    Some(kept)
}

impl Scope<'_, '_> {
    /// The host function of that name.
    pub fn host(&self, name: &Ident) -> Option<Rc<Extern>> {
        self.externs.iter().find(|host| host.name == *name).cloned()
    }

    /// `assignment[i, j](cost[b, i, j])`. Law: no condition, an index for each axis and an operand for each input.
    pub fn host_binder(&mut self, host: &Extern, binder: &Binder, range: SpanRange) -> Option<Typed> {
        if let Some(condition) = &binder.condition {
            self.errors.push(say::extern_condition(condition.range, &binder.name));
            return None;
        }
        let typed = self.host_call(host, &binder.name, &binder.indices, &binder.args, range)?;
        if let TNode::Host(_, vars, _) = &typed.node {
            self.ranges(&binder.name, &pairs(&binder.indices, vars), &binder.ranges);
        }
        Some(typed)
    }

    /// A call; without indices if the function has no axes.
    pub fn host_call(
        &mut self,
        host: &Extern,
        name: &Ident,
        indices: &[Ident],
        args: &[Expr],
        range: SpanRange,
    ) -> Option<Typed> {
        let function = function(host);
        if indices.len() != function.axes.len() {
            self.errors.push(say::extern_indices(name, &function.axes, indices.len()));
            return None;
        }
        if args.len() != function.inputs.len() {
            let inputs: Vec<String> = function.inputs.iter().map(|input| input.name.clone()).collect();
            self.errors.push(say::extern_operands(name, &inputs, args.len()));
            return None;
        }
        let depth = self.bound.len();
        let operands = self.host_indices(host, name, &function, indices).and_then(|vars| {
            let operands = self.host_operands(name, &function, &vars, indices, args)?;
            Some((vars, operands))
        });
        self.bound.truncate(depth);
        let (vars, operands) = operands?;
        let kind = self.host_kind(host, &function, &vars, range);
        Some(Typed { node: TNode::Host(function, vars, operands), kind, range })
    }

    /// An index variable for each axis: those of the result are in scope already, the others are new.
    fn host_indices(
        &mut self,
        host: &Extern,
        name: &Ident,
        function: &HostFunction,
        indices: &[Ident],
    ) -> Option<Vec<VarId>> {
        let mut vars = Vec::new();
        for (i, index) in indices.iter().enumerate() {
            let var = if indices[..i].contains(index) {
                self.errors.push(say::shadowed_index(index));
                return None;
            } else if function.output.contains(&i) {
                self.host_kept_index(name, index)?
            } else if self.check_fresh_index(index) {
                self.declare(index)
            } else {
                return None;
            };
            self.numbered.push((self.vars[var.0].set, index.into()));
            vars.push(var);
        }
        let sizes = host.inputs.iter().flat_map(|input| &input.axes);
        for (size, axis) in sizes.filter_map(|axis| match axis {
            AxisName::Fixed(size, _) => Some((*size, label(axis))),
            _ => None,
        }) {
            let place = function.axes.iter().position(|known| *known == axis)?;
            let set = self.fixed_set(size);
            let (used, at) = (self.vars[vars[place].0].set, &indices[place]);
            let wanted = self.sets.known(set, at.into());
            self.unify_index(used, wanted, at.into(), name, &at.to_string())?;
        }
        Some(vars)
    }

    fn host_kept_index(&mut self, name: &Ident, index: &Ident) -> Option<VarId> {
        if let Some(Named::Var(var)) = self.lookup(&index.to_string()) {
            return Some(var);
        }
        let left = self.left.as_ref().map(|l| (&l.name, &l.indices[..]));
        self.errors.push(say::kept_index_unknown(index, name, left));
        None
    }

    /// Law: of a call's indices, an operand uses those that its input has, and each is used by some operand.
    fn host_operands(
        &mut self,
        name: &Ident,
        function: &HostFunction,
        vars: &[VarId],
        indices: &[Ident],
        args: &[Expr],
    ) -> Option<Vec<Typed>> {
        let before: Vec<bool> = vars.iter().map(|v| self.vars[v.0].used).collect();
        let mut used = vec![false; vars.len()];
        let mut operands = Vec::new();
        for (arg, input) in args.iter().zip(&function.inputs) {
            vars.iter().for_each(|v| self.vars[v.0].used = false);
            let typed = self.expr(arg).and_then(|typed| self.coerce(typed, Sort::Real));
            for (i, var) in vars.iter().enumerate().filter(|(_, v)| self.vars[v.0].used) {
                used[i] = true;
                if !input.axes.contains(&i) && typed.is_some() {
                    let own: Vec<&String> = input.axes.iter().map(|&a| &function.axes[a]).collect();
                    let axis = (&self.vars[var.0].name, &function.axes[i]);
                    self.errors.push(say::extern_operand_index(arg.range, name, &input.name, axis, &own));
                    return None;
                }
            }
            operands.push(typed);
        }
        for (var, before) in vars.iter().zip(before) {
            self.vars[var.0].used = before || function.output.iter().any(|&i| vars[i] == *var);
        }
        let operands = operands.into_iter().collect::<Option<Vec<_>>>()?;
        let idle: Vec<&Ident> =
            indices.iter().zip(&used).filter(|(_, used)| !**used).map(|(i, _)| i).collect();
        idle.iter().for_each(|index| self.errors.push(say::extern_index_unused(index, name)));
        idle.is_empty().then_some(operands)
    }

    fn host_kind(&mut self, host: &Extern, function: &HostFunction, vars: &[VarId], at: SpanRange) -> Kind {
        match &host.element {
            Element::Class(AxisName::Fixed(size, _)) => {
                let set = self.fixed_set(*size);
                Kind::Index(self.sets.known(set, at))
            }
            Element::Class(axis) => {
                let place = function.axes.iter().position(|known| *known == label(axis));
                place.map_or(Kind::Real, |place| Kind::Index(self.vars[vars[place].0].set))
            }
            _ => Kind::Real,
        }
    }
}
