//! Applications: `Focal<gamma = 1.5>(logits, target)[b]`, `poly<..>(..)`, `apl<..>(..)`.

use super::check::Lookup;
use super::scope::{Named, Scope};
use super::sets::SetVar;
use super::signature::constant;
use super::tree::{Applied, Arg, Checked, Kind, TNode, Typed, VarId};
use crate::combine::{self, Combinator, Combined};
use crate::diag::messages::check as say;
use crate::diag::{SpanRange, suggest};
use crate::ir::{InputInfo, SetId, SetSize, Ty};
use crate::syntax::ast::{Application, Binder, Expr, ExprKind, HyperDefault, HyperType};
use proc_macro2::{Ident, Span};
use std::rc::Rc;

impl Scope<'_, '_> {
    /// An application inside an expression.
    pub fn application(&mut self, app: &Application, range: SpanRange) -> Option<Typed> {
        if let Some(combinator) = combine::find(&app.name.to_string()) {
            return self.combined(combinator, app, range);
        }
        let def = self.definition(&app.name)?;
        self.apply(def, app, range)
    }

    /// An application that is the whole value, without indices: its samples become those of the value, so
    /// that `per_sample` and `sum` stay available; the mean over them is what the application itself means.
    pub fn lifted_value(&mut self, app: &Application, range: SpanRange) -> Option<(Vec<VarId>, Typed)> {
        let mut first = app;
        if combine::find(&app.name.to_string()).is_some() {
            match app.args.first().map(|a| &a.kind) {
                Some(ExprKind::Apply(part)) => first = part,
                _ => return self.application(app, range).map(|t| (vec![], t)),
            }
        }
        let def = self.definition(&first.name)?;
        let names = self.sample_names(&def, first);
        let samples = names.iter().map(|n| self.declare(n)).collect();
        let mut indexed = app.clone();
        indexed.indices = (!names.is_empty()).then(|| names.iter().map(name_expr).collect());
        let typed = self.application(&indexed, range);
        self.bound.clear();
        Some((samples, typed?))
    }

    /// Names for the samples of an applied definition: their sets in lower case, numbered where they repeat;
    /// a bundle has one for each axis of the tensor that is passed for it.
    fn sample_names(&mut self, def: &Checked, app: &Application) -> Vec<Ident> {
        let mut names: Vec<String> = Vec::new();
        for set in def.sample_sets() {
            let bundled = def.inputs.iter().position(|i| def.bundle_of(i) == Some(set));
            let axes = match bundled.and_then(|i| app.args.get(i)).map(|a| &a.kind) {
                Some(ExprKind::Name(name)) => self.tensor(name).map_or(1, |t| t.1.len()),
                _ => 1,
            };
            let stem = format!("i_{}", def.sets[usize::from(set.0)].name.to_lowercase());
            for _ in 0..axes {
                let repeats = names.iter().filter(|n| n.trim_end_matches(|c: char| c.is_ascii_digit()) == stem).count();
                names.push(if repeats == 0 { stem.clone() } else { format!("{stem}{}", repeats + 1) });
            }
        }
        names.iter().map(|n| Ident::new(n, Span::call_site())).collect()
    }

    /// Law: a definition exists and does not apply itself.
    fn definition(&mut self, name: &Ident) -> Option<Rc<Checked>> {
        match self.defs.get(&name.to_string(), self.errors) {
            Lookup::Found(def) => return Some(def),
            Lookup::Broken => {}
            Lookup::Recursive => self.errors.push(say::recursive(name)),
            Lookup::Unknown => {
                let text = name.to_string();
                let known = self.defs.names();
                let close = suggest::closest(&text, known.iter().map(String::as_str));
                self.errors.push(say::unknown_definition(name, close));
            }
        }
        None
    }

    /// Expands a combinator and checks what it expands to.
    fn combined(&mut self, row: &'static Combinator, app: &Application, range: SpanRange) -> Option<Typed> {
        self.check_combinator(row, app)?;
        let mut parts = Vec::new();
        for arg in &app.args {
            match &arg.kind {
                ExprKind::Apply(part) if part.indices.is_none() && combine::find(&part.name.to_string()).is_none() => {
                    parts.push((part, self.definition(&part.name)?));
                }
                _ => {
                    self.errors.push(say::combinator_argument(arg.range, row.name, row.usage));
                    return None;
                }
            }
        }
        let (first, def) = parts[0].clone();
        let names = self.sample_names(&def, first);
        let own: Vec<Expr> = names.iter().map(name_expr).collect();
        let samples = app.indices.as_deref().unwrap_or(&own);
        let parts = parts.iter().map(|(app, def)| (*app, &**def)).collect();
        let expanded = (row.expand)(&Combined { app, parts, samples }, self.errors)?;
        let mut typed = match (&app.indices, names.is_empty()) {
            (Some(_), _) | (None, true) => self.expr(&expanded)?,
            (None, false) => self.expr(&mean_over(names, expanded))?,
        };
        typed.range = range;
        Some(typed)
    }

    /// Law: a combinator gets its own hyperparameters and as many losses as it combines.
    fn check_combinator(&mut self, row: &Combinator, app: &Application) -> Option<()> {
        for (name, _) in &app.hypers {
            if !row.hypers.contains(&name.to_string().as_str()) {
                let known: Vec<String> = row.hypers.iter().map(ToString::to_string).collect();
                self.errors.push(say::unknown_hyper(name, row.name, &known));
                return None;
            }
        }
        if app.args.len() != row.args {
            self.errors.push(say::combinator_count(&app.name, row.args, app.args.len(), row.usage));
            return None;
        }
        Some(())
    }

    fn apply(&mut self, def: Rc<Checked>, app: &Application, range: SpanRange) -> Option<Typed> {
        let hypers = self.given_hypers(&def, app)?;
        if app.args.len() != def.inputs.len() {
            let inputs: Vec<String> = def.inputs.iter().map(|i| i.name.clone()).collect();
            self.errors.push(say::application_count(&app.name, &inputs, app.args.len()));
            return None;
        }
        let mut sets: Vec<Option<Vec<SetVar>>> = vec![None; def.sets.len()];
        let args: Vec<Option<Arg>> =
            app.args.iter().zip(&def.inputs).map(|(arg, input)| self.argument(arg, input, &def, &mut sets)).collect();
        let args = args.into_iter().collect::<Option<Vec<_>>>()?;
        let indices = match &app.indices {
            Some(indices) => Some(self.sample_indices(&def, app, indices, &sets)?),
            None => None,
        };
        let node = TNode::Apply(Box::new(Applied { def, hypers, args, sets, indices }));
        Some(Typed { node, kind: Kind::Real, range })
    }

    /// Law: as many indices as the loss has samples, each over the set of that sample.
    fn sample_indices(
        &mut self,
        def: &Checked,
        app: &Application,
        indices: &[Expr],
        sets: &[Option<Vec<SetVar>>],
    ) -> Option<Vec<Typed>> {
        let bound = |set: SetId| sets[usize::from(set.0)].clone().unwrap_or_default();
        let wanted: Vec<SetVar> = def.sample_sets().into_iter().flat_map(bound).collect();
        if wanted.len() != indices.len() {
            let names: Vec<String> = wanted.iter().map(|&s| self.set_text(s)).collect();
            self.errors.push(say::sample_count(&app.name, &names, indices.len()));
            return None;
        }
        let what = app.name.to_string();
        let typed: Vec<Option<Typed>> =
            indices.iter().zip(wanted).map(|(e, set)| self.index(e, set, &what)).collect();
        typed.into_iter().collect()
    }

    /// Law: hyperparameters given exist, once each, with a value of their type within their domain.
    fn given_hypers(&mut self, def: &Checked, app: &Application) -> Option<Vec<Option<Vec<Typed>>>> {
        let mut given = vec![None; def.hypers.len()];
        for (name, value) in &app.hypers {
            let Some(i) = def.hypers.iter().position(|h| *name == h.name) else {
                let known: Vec<String> = def.hypers.iter().map(|h| h.name.clone()).collect();
                self.errors.push(say::unknown_hyper(name, &def.name, &known));
                return None;
            };
            if given[i].is_some() {
                self.errors.push(say::duplicate_name(name, "hyperparameters given"));
                return None;
            }
            given[i] = Some(self.hyper_value(def, i, name, value)?);
        }
        Some(given)
    }

    fn hyper_value(&mut self, def: &Checked, i: usize, name: &Ident, value: &HyperDefault) -> Option<Vec<Typed>> {
        let exprs: Vec<&Expr> = match (value, def.hypers[i].ty) {
            (HyperDefault::Scalar(e), HyperType::Real | HyperType::Integer) => vec![e],
            (HyperDefault::Array(list, _), HyperType::Array(n)) if list.len() == n => list.iter().collect(),
            (HyperDefault::Array(list, range), HyperType::Array(n)) => {
                self.errors.push(say::array_length(*range, name, n, list.len()));
                return None;
            }
            (HyperDefault::Scalar(e), HyperType::Array(n)) => {
                self.errors.push(say::array_wanted(e.range, name, n));
                return None;
            }
            (HyperDefault::Array(_, range), _) => {
                self.errors.push(say::scalar_wanted(*range, name));
                return None;
            }
        };
        let typed: Vec<Option<Typed>> = exprs.into_iter().map(|e| self.hyper_scalar(def, i, name, e)).collect();
        typed.into_iter().collect()
    }

    fn hyper_scalar(&mut self, def: &Checked, i: usize, name: &Ident, expr: &Expr) -> Option<Typed> {
        if let (Some(value), Some((lo, hi))) = (constant(expr), def.domains[i]) {
            let domain = crate::syntax::ast::Domain { lo, hi, range: expr.range };
            if !super::signature::contains(&domain, value) {
                let text = super::signature::domain_text(&domain);
                self.errors.push(say::outside_domain(expr.range, name, value, &text));
                return None;
            }
        }
        self.without_indices(expr)
    }

    /// An expression in which no index is in scope: a scalar.
    fn without_indices(&mut self, expr: &Expr) -> Option<Typed> {
        let bound = std::mem::take(&mut self.bound);
        let typed = self.real(expr);
        self.bound = bound;
        typed
    }

    /// Law: an argument is a whole tensor of the kind and axes of its input.
    fn argument(
        &mut self,
        arg: &Expr,
        input: &InputInfo,
        def: &Checked,
        sets: &mut [Option<Vec<SetVar>>],
    ) -> Option<Arg> {
        let ExprKind::Name(name) = &arg.kind else {
            if input.sets.is_empty() && input.ty == Ty::Real {
                return self.without_indices(arg).map(Arg::Scalar);
            }
            self.errors.push(say::argument_not_tensor(arg.range, &def.name, &input.name));
            return None;
        };
        if matches!(self.lookup(&name.to_string()), Some(Named::Hyper(_) | Named::Set(_))) && input.sets.is_empty() {
            return self.without_indices(arg).map(Arg::Scalar);
        }
        let (tensor, axes, kind) = self.tensor(name)?;
        if let Some(bundle) = def.bundle_of(input) {
            self.bind_bundle(bundle, axes, sets, arg.range, name)?;
            self.argument_kind(input, kind, def, sets, arg.range, name)?;
            return Some(Arg::Tensor(tensor));
        }
        if axes.len() != input.sets.len() {
            let wanted = def.axes_text(&input.sets);
            let found: Vec<String> = axes.iter().map(|&a| self.set_text(a)).collect();
            self.errors.push(say::argument_axes(name, &def.name, &input.name, &wanted, &found.join(", ")));
            return None;
        }
        for (&inner, &outer) in input.sets.iter().zip(&axes) {
            self.bind_set(def, inner, outer, sets, arg.range, name)?;
        }
        self.argument_kind(input, kind, def, sets, arg.range, name)?;
        Some(Arg::Tensor(tensor))
    }

    /// Law: one set of the definition stands for one set of the caller.
    fn bind_set(
        &mut self,
        def: &Checked,
        inner: SetId,
        outer: SetVar,
        sets: &mut [Option<Vec<SetVar>>],
        range: SpanRange,
        name: &Ident,
    ) -> Option<()> {
        if let SetSize::Fixed(size) = def.sets[usize::from(inner.0)].size {
            let set = self.fixed_set(size);
            let fixed = self.sets.known(set, range);
            self.unify(outer, fixed, range, &name.to_string())?;
        }
        self.bind_bundle(inner, vec![outer], sets, range, name)
    }

    /// Law: a bundle stands for the same axes of the caller wherever it appears.
    fn bind_bundle(
        &mut self,
        inner: SetId,
        outer: Vec<SetVar>,
        sets: &mut [Option<Vec<SetVar>>],
        range: SpanRange,
        name: &Ident,
    ) -> Option<()> {
        let Some(bound) = sets[usize::from(inner.0)].clone() else {
            sets[usize::from(inner.0)] = Some(outer);
            return Some(());
        };
        if bound.len() != outer.len() {
            let text = |scope: &Self, sets: &[SetVar]| -> Vec<String> {
                sets.iter().map(|&s| scope.set_text(s)).collect()
            };
            let (wanted, found) = (text(self, &bound), text(self, &outer));
            self.errors.push(say::bundle_axes(name, &wanted, &found));
            return None;
        }
        for (outer, bound) in outer.into_iter().zip(bound) {
            self.unify(outer, bound, range, &name.to_string())?;
        }
        Some(())
    }

    fn argument_kind(
        &mut self,
        input: &InputInfo,
        kind: Kind,
        def: &Checked,
        sets: &mut [Option<Vec<SetVar>>],
        range: SpanRange,
        name: &Ident,
    ) -> Option<()> {
        match (input.ty, kind) {
            (Ty::Real, Kind::Real) | (Ty::Bool, Kind::Bool) => Some(()),
            (Ty::Index(inner), Kind::Index(outer)) => self.bind_set(def, inner, outer, sets, range, name),
            (wanted, _) => {
                let wanted = match wanted {
                    Ty::Real => "real numbers",
                    Ty::Bool => "conditions",
                    Ty::Index(_) => "class indices",
                };
                self.errors.push(say::argument_kind(name, &def.name, &input.name, wanted));
                None
            }
        }
    }
}

impl Checked {
    /// The axes of an input as written.
    pub fn axes_text(&self, sets: &[SetId]) -> String {
        let text = |set: &SetId| {
            let info = &self.sets[usize::from(set.0)];
            let dots = if matches!(info.size, SetSize::Bundle { .. }) { ".." } else { "" };
            format!("{}{dots}", info.name)
        };
        sets.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    /// The bundle that is the whole of an input's axes, if it is one.
    fn bundle_of(&self, input: &InputInfo) -> Option<SetId> {
        let set = *input.sets.first()?;
        matches!(self.sets[usize::from(set.0)].size, SetSize::Bundle { .. }).then_some(set)
    }
}

fn name_expr(name: &Ident) -> Expr {
    Expr { kind: ExprKind::Name(name.clone()), range: name.into() }
}

fn mean_over(indices: Vec<Ident>, value: Expr) -> Expr {
    let range = value.range;
    let name = Ident::new("mean", range.first);
    Expr { kind: ExprKind::Bind(Binder { name, indices, condition: None, args: vec![value] }), range }
}

