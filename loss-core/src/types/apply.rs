//! Applications: `Focal<gamma = 1.5>(logits, target)[b]`, `poly<..>(..)`, `apl<..>(..)`.

use super::definitions::Lookup;
use super::scope::{Named, Scope};
use super::sets::SetVar;
use super::tree::{Applied, Checked, Kind, TNode, Typed, VarId};
use crate::combine::{self, Combinator, Combined};
use crate::diag::messages::check as say;
use crate::diag::{SpanRange, suggest};
use crate::ir::{InputInfo, SetId, SetSize};
use crate::syntax::ast::{Application, Binder, Expr, ExprKind};
use proc_macro2::{Ident, Span};
use std::rc::Rc;

impl Scope<'_, '_> {
    /// An application inside an expression.
    pub fn application(&mut self, app: &Application, range: SpanRange) -> Option<Typed> {
        if let Some(combinator) = combine::find(&app.name.to_string()) {
            return self.combined(combinator, app, range);
        }
        let def = self.definition(&app.name)?;
        let applied = self.apply(def, app)?;
        Some(Typed { node: TNode::Apply(Box::new(applied)), kind: Kind::Real, range })
    }

    /// An application that is the whole value, without indices: its samples become those of the value, so
    /// that `per_sample` and `sum` stay available; the mean over them is what the application itself means.
    pub fn lifted_value(&mut self, app: &Application, range: SpanRange) -> Option<(Vec<VarId>, Typed)> {
        let mut first = app;
        if combine::find(&app.name.to_string()).is_some() {
            match app.args.first().map(|a| &a.kind) {
                Some(ExprKind::Apply(part)) if combine::find(&part.name.to_string()).is_none() => {
                    first = part
                }
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

    /// Names for the samples of an applied definition, one for each axis of the tensor that is passed for a
    /// bundle. No index that can be written has an upper-case letter.
    fn sample_names(&self, def: &Checked, app: &Application) -> Vec<Ident> {
        let axes = |set: SetId| {
            let bundled = def.inputs.iter().position(|i| def.bundle_of(i) == Some(set));
            match bundled.and_then(|i| app.args.get(i)).map(|a| &a.kind) {
                Some(ExprKind::Name(name)) => self.axes_of(name).unwrap_or(1),
                _ => 1,
            }
        };
        let count: usize = def.sample_sets().into_iter().map(axes).sum();
        (0..count).map(|i| Ident::new(&format!("sample_S{i}"), Span::call_site())).collect()
    }

    fn axes_of(&self, name: &Ident) -> Option<usize> {
        match self.lookup(&name.to_string())? {
            Named::Let(i) => Some(self.lets[i].info.vars.len()),
            Named::Input(i) => Some(self.inputs[i].sets.len()),
            _ => None,
        }
    }

    /// Law: a definition exists and does not apply itself.
    fn definition(&mut self, name: &Ident) -> Option<Rc<Checked>> {
        let text = name.to_string();
        match self.defs.get(&text, self.errors) {
            Lookup::Found(def) => return Some(def),
            Lookup::Broken => {}
            Lookup::Recursive(through) => {
                let library = self.defs.in_catalogue(&text);
                self.errors.push(say::recursive(name, &through, library));
            }
            Lookup::TooDeep(limit) => self.errors.push(say::applied_too_deep(name, limit)),
            Lookup::Unknown => {
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
        let parts: Vec<Option<_>> = app.args.iter().map(|arg| self.part(row, arg)).collect();
        let parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
        self.check_same_samples(row, &parts)?;
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

    /// Law: what is combined are losses, not their values.
    fn part<'e>(&mut self, row: &Combinator, arg: &'e Expr) -> Option<(&'e Application, Rc<Checked>)> {
        let diag = match &arg.kind {
            ExprKind::Apply(part) if combine::find(&part.name.to_string()).is_some() => {
                say::combinator_nested(&part.name, row.name)
            }
            ExprKind::Apply(part) => match (&part.indices, part.indices.as_deref()) {
                (Some(_), Some([first, .., last])) => {
                    say::combinator_sample(first.range.to(last.range), row.name)
                }
                (Some(_), Some([only])) => say::combinator_sample(only.range, row.name),
                _ => return Some((part, self.definition(&part.name)?)),
            },
            _ => say::combinator_argument(arg.range, row.name, row.usage),
        };
        self.errors.push(diag);
        None
    }

    /// Law: combined losses are applicable, and have the same samples.
    fn check_same_samples(&mut self, row: &Combinator, parts: &[(&Application, Rc<Checked>)]) -> Option<()> {
        let mut first: Option<Vec<SetVar>> = None;
        for (part, def) in parts {
            let applied = self.apply(def.clone(), part)?;
            let samples = applied.samples();
            let same = match &first {
                Some(first) => {
                    first.len() == samples.len()
                        && first.iter().zip(&samples).all(|(&a, &b)| self.sets.unify(a, b).is_ok())
                }
                None => true,
            };
            if let (false, Some(first)) = (same, &first) {
                let (first, own) = (self.set_texts(first), self.set_texts(&samples));
                self.errors.push(say::combined_samples(&part.name, row.name, &first, &own));
                return None;
            }
            first.get_or_insert(samples);
        }
        Some(())
    }

    fn apply(&mut self, def: Rc<Checked>, app: &Application) -> Option<Applied> {
        let hypers = self.given_hypers(&def, app)?;
        let (args, sets) = self.arguments(&def, app)?;
        let update = app.update.as_ref().and_then(|state| def.update_of(state));
        let mut applied = Applied { def, hypers, args, sets, indices: None, update };
        if let Some(indices) = &app.indices {
            let samples = applied.samples();
            applied.indices = Some(self.sample_indices(app, indices, &samples)?);
        }
        Some(applied)
    }

    /// Law: as many indices as the loss has samples, each over the set of that sample.
    fn sample_indices(
        &mut self,
        app: &Application,
        indices: &[Expr],
        samples: &[SetVar],
    ) -> Option<Vec<Typed>> {
        if samples.len() != indices.len() {
            self.errors.push(say::sample_count(&app.name, &self.set_texts(samples), indices.len()));
            return None;
        }
        self.indices(&app.name, indices, samples)
    }
}

impl Applied {
    /// The caller's sets that the samples range over, or the axes of the state that is updated.
    fn samples(&self) -> Vec<SetVar> {
        let bound = |set: SetId| self.sets[usize::from(set.0)].clone().unwrap_or_default();
        let own = match self.update {
            Some(update) => self.def.inputs[self.def.updates[update].input].sets.clone(),
            None => self.def.sample_sets(),
        };
        own.into_iter().flat_map(bound).collect()
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

    /// The update of a state, by position.
    fn update_of(&self, state: &Ident) -> Option<usize> {
        self.updates.iter().position(|update| *state == self.inputs[update.input].name)
    }

    /// The bundle that is the whole of an input's axes, if it is one.
    pub(super) fn bundle_of(&self, input: &InputInfo) -> Option<SetId> {
        let set = *input.sets.first()?;
        matches!(self.sets[usize::from(set.0)].size, SetSize::Bundle { .. }).then_some(set)
    }

    /// The inputs as declared.
    pub(super) fn inputs_text(&self) -> String {
        let text = |input: &InputInfo| {
            let element = match input.ty {
                crate::ir::Ty::Real => String::new(),
                crate::ir::Ty::Bool => " -> bool".to_owned(),
                crate::ir::Ty::Index(set) => format!(" -> {}", self.axes_text(&[set])),
            };
            format!("{}: [{}]{element}", input.name, self.axes_text(&input.sets))
        };
        self.inputs.iter().map(text).collect::<Vec<_>>().join(", ")
    }
}

fn name_expr(name: &Ident) -> Expr {
    Expr { kind: ExprKind::Name(name.clone()), range: name.into() }
}

pub(super) fn mean_over(indices: Vec<Ident>, value: Expr) -> Expr {
    let range = value.range;
    let name = Ident::new("mean", range.first);
    Expr {
        kind: ExprKind::Bind(Box::new(Binder {
            name,
            indices,
            ranges: vec![],
            condition: None,
            args: vec![value],
        })),
        range,
    }
}
