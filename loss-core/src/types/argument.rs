//! What an application passes: whole tensors for the inputs.

use super::scope::{Named, Scope};
use super::sets::SetVar;
use super::tree::{Arg, Checked, Kind};
use crate::diag::messages::check as say;
use crate::ir::{InputInfo, SetId, SetSize, Ty};
use crate::syntax::ast::{Application, Expr, ExprKind, HyperType};
use proc_macro2::Ident;

/// What each set of the definition stands for; several sets of the caller for a bundle.
type Bound = Vec<Option<Vec<SetVar>>>;

/// An input that is passed a tensor by name.
#[derive(Clone, Copy)]
struct Passed<'a> {
    def: &'a Checked,
    input: &'a InputInfo,
    name: &'a Ident,
}

impl Scope<'_, '_> {
    /// Law: as many arguments as inputs, each of the kind and axes of its input.
    pub fn arguments(&mut self, def: &Checked, app: &Application) -> Option<(Vec<Arg>, Bound)> {
        if app.args.len() != def.inputs.len() {
            let at = app.args.get(def.inputs.len()).map_or((&app.name).into(), |extra| extra.range);
            let inputs: Vec<String> = def.inputs.iter().map(|i| i.name.clone()).collect();
            self.errors.push(say::application_count(at, &app.name, &inputs, app.args.len()));
            return None;
        }
        self.check_argument_order(def, app)?;
        let mut bound: Bound = vec![None; def.sets.len()];
        let args: Vec<Option<Arg>> = app
            .args
            .iter()
            .zip(&def.inputs)
            .map(|(arg, input)| self.argument(arg, input, def, &mut bound))
            .collect();
        let args = args.into_iter().collect::<Option<Vec<_>>>()?;
        self.check_all_bound(def, app, &bound)?;
        Some((args, bound))
    }

    /// Law: each axis of the inputs is that of some argument. One that is only broadcast along has no size.
    fn check_all_bound(&mut self, def: &Checked, app: &Application, bound: &Bound) -> Option<()> {
        let axes = def.inputs.iter().flat_map(|input| input.sets.iter().map(move |&set| (input, set)));
        let mut open = axes.filter(|&(_, set)| {
            let (given, info) = (&bound[usize::from(set.0)], &def.sets[usize::from(set.0)]);
            given.is_none() && !matches!(info.size, SetSize::Fixed(_))
        });
        let Some((input, set)) = open.next() else { return Some(()) };
        self.errors.push(say::argument_unbound(&app.name, &input.name, &def.axes_text(&[set])));
        None
    }

    /// Law: arguments stand in the order of the inputs. Two that were exchanged are one mistake.
    fn check_argument_order(&mut self, def: &Checked, app: &Application) -> Option<()> {
        let inputs: Vec<(usize, Ty)> = def.inputs.iter().map(|i| (i.sets.len(), i.ty)).collect();
        let args: Option<Vec<(usize, Ty)>> = app.args.iter().map(|arg| self.form(arg)).collect();
        let (Some(args), false) = (args, def.inputs.iter().any(|i| def.bundle_of(i).is_some())) else {
            return Some(());
        };
        let same = |a: (usize, Ty), b: (usize, Ty)| {
            a.0 == b.0 && std::mem::discriminant(&a.1) == std::mem::discriminant(&b.1)
        };
        let wrong: Vec<usize> = (0..args.len()).filter(|&i| !same(args[i], inputs[i])).collect();
        if let [i, j] = wrong[..]
            && same(args[i], inputs[j])
            && same(args[j], inputs[i])
        {
            let mut order: Vec<String> = app.args.iter().map(crate::syntax::print::expr).collect();
            order.swap(i, j);
            let at = app.args[i].range.to(app.args[j].range);
            self.errors.push(say::argument_order(at, &app.name, &order, &def.inputs_text()));
            return None;
        }
        Some(())
    }

    /// The number of axes and the kind of elements of a whole tensor.
    fn form(&self, arg: &Expr) -> Option<(usize, Ty)> {
        let ExprKind::Name(name) = &arg.kind else { return None };
        match self.lookup(&name.to_string())? {
            Named::Let(i) => {
                let info = &self.lets[i].info;
                let ty = match info.kind {
                    Kind::Real => Ty::Real,
                    Kind::Bool => Ty::Bool,
                    Kind::Index(_) => Ty::Index(SetId(0)),
                };
                Some((info.vars.len(), ty))
            }
            Named::Input(i) => Some((self.inputs[i].sets.len(), self.inputs[i].ty)),
            _ => None,
        }
    }

    /// Law: an argument is a whole tensor, a scalar for an input without axes, or an index for a class map.
    fn argument(&mut self, arg: &Expr, input: &InputInfo, def: &Checked, bound: &mut Bound) -> Option<Arg> {
        let scalar = input.sets.is_empty() && input.ty == Ty::Real;
        if let ExprKind::Index(name, indices) = &arg.kind
            && let Some((Expr { kind: ExprKind::Rest, .. }, first)) = indices.split_last()
        {
            return self.slice(name, first, input, def, bound);
        }
        let ExprKind::Name(name) = &arg.kind else {
            if scalar {
                return self.without_indices(arg, Self::real).map(Arg::Scalar);
            }
            self.not_a_whole_tensor(arg, input, def);
            return None;
        };
        let number = match self.lookup(&name.to_string()) {
            Some(Named::Hyper(i)) => !matches!(self.hypers[i].ty, HyperType::Array(_)),
            Some(Named::Set(_)) => true,
            None => name == "pi",
            _ => false,
        };
        if scalar && number {
            return self.without_indices(arg, Self::real).map(Arg::Scalar);
        }
        if let (Ty::Index(_), Some(Named::Var(_))) = (input.ty, self.lookup(&name.to_string())) {
            let class = self.expr(arg)?;
            self.argument_kind(Passed { def, input, name }, class.kind, bound)?;
            return Some(Arg::Class(class));
        }
        let (tensor, axes, kind) = self.tensor(name)?;
        self.passed(Passed { def, input, name }, axes, kind, bound)?;
        Some(Arg::Tensor(tensor))
    }

    /// `x[b, ..]`: the loss is applied to each slice.
    fn slice(
        &mut self,
        name: &Ident,
        first: &[Expr],
        input: &InputInfo,
        def: &Checked,
        bound: &mut Bound,
    ) -> Option<Arg> {
        let (tensor, sets, kind) = self.tensor(name)?;
        if first.len() >= sets.len() {
            self.errors.push(say::no_rest(name, sets.len(), first.len()));
            return None;
        }
        let (own, rest) = sets.split_at(first.len());
        let indices = self.indices(name, first, own)?;
        self.passed(Passed { def, input, name }, rest.to_vec(), kind, bound)?;
        Some(Arg::Slice(tensor, indices))
    }

    /// Law: what is passed has the axes and the kind of the input.
    fn passed(&mut self, passed: Passed, axes: Vec<SetVar>, kind: Kind, bound: &mut Bound) -> Option<()> {
        match passed.def.bundle_of(passed.input) {
            Some(bundle) => self.bind(passed, bundle, axes, bound)?,
            None => self.bind_axes(passed, &axes, bound)?,
        }
        self.argument_kind(passed, kind, bound)
    }

    /// `CrossEntropy(logits[b, k], target[b])`: the whole tensor is meant, or one that has no name yet.
    fn not_a_whole_tensor(&mut self, arg: &Expr, input: &InputInfo, def: &Checked) {
        let plain = |e: &Expr| matches!(e.kind, ExprKind::Name(_));
        let whole = match &arg.kind {
            ExprKind::Index(name, indices) if indices.iter().all(plain) => Some(name.to_string()),
            _ => None,
        };
        let free: Vec<String> =
            super::free::free_indices(arg, &self.externs).iter().map(ToString::to_string).collect();
        let text = crate::syntax::print::short(arg);
        self.errors.push(say::argument_not_tensor(arg.range, &def.name, &input.name, whole, &free, &text));
    }

    /// Law: a tensor has as many axes as its input; one set of the definition stands for one set of the caller.
    fn bind_axes(&mut self, passed: Passed, axes: &[SetVar], bound: &mut Bound) -> Option<()> {
        let Passed { def, input, name } = passed;
        if axes.len() != input.sets.len() {
            let wanted = def.axes_text(&input.sets);
            self.errors.push(say::argument_axes(
                name,
                &def.name,
                &input.name,
                &wanted,
                &self.set_texts(axes),
            ));
            return None;
        }
        for (&inner, &outer) in input.sets.iter().zip(axes) {
            self.bind_set(passed, inner, outer, bound)?;
        }
        Some(())
    }

    fn bind_set(&mut self, passed: Passed, inner: SetId, outer: SetVar, bound: &mut Bound) -> Option<()> {
        if let SetSize::Fixed(size) = passed.def.sets[usize::from(inner.0)].size {
            let set = self.fixed_set(size);
            let fixed = self.sets.known(set, passed.name.into());
            self.unify_argument(passed, inner, outer, fixed)?;
        }
        self.bind(passed, inner, vec![outer], bound)
    }

    /// Law: `K + 1` stands for a set that goes as far beyond what `K` stands for.
    fn bind_beyond(
        &mut self,
        passed: Passed,
        base: SetId,
        more: usize,
        outer: SetVar,
        bound: &mut Bound,
    ) -> Option<()> {
        let size = self.sets.get(outer).map(|set| self.infos[usize::from(set.0)].size);
        match size {
            Some(SetSize::Beyond { base: outer, more: found }) if found == more => {
                let outer = self.sets.known(outer, passed.name.into());
                self.bind(passed, base, vec![outer], bound)
            }
            _ => {
                let Passed { def, input, name } = passed;
                let (wanted, found) = (format!("{} + {more}", def.axes_text(&[base])), self.set_text(outer));
                self.errors.push(say::argument_set(name, &def.name, &input.name, &wanted, &wanted, &found));
                None
            }
        }
    }

    /// Law: a bundle stands for the same axes of the caller wherever it appears.
    fn bind(&mut self, passed: Passed, inner: SetId, outer: Vec<SetVar>, bound: &mut Bound) -> Option<()> {
        let Some(known) = bound[usize::from(inner.0)].clone() else {
            bound[usize::from(inner.0)] = Some(outer);
            return Some(());
        };
        if known.len() != outer.len() {
            let (wanted, found) = (self.set_texts(&known), self.set_texts(&outer));
            self.errors.push(say::bundle_axes(passed.name, &wanted, &found));
            return None;
        }
        for (outer, known) in outer.into_iter().zip(known) {
            self.unify_argument(passed, inner, outer, known)?;
        }
        Some(())
    }

    fn unify_argument(&mut self, passed: Passed, inner: SetId, outer: SetVar, known: SetVar) -> Option<()> {
        if self.sets.unify(outer, known).is_ok() {
            return Some(());
        }
        let Passed { def, input, name } = passed;
        let (inner, outer, known) = (def.axes_text(&[inner]), self.set_text(outer), self.set_text(known));
        self.errors.push(say::argument_set(name, &def.name, &input.name, &inner, &known, &outer));
        None
    }

    fn argument_kind(&mut self, passed: Passed, kind: Kind, bound: &mut Bound) -> Option<()> {
        let Passed { def, input, name } = passed;
        match (input.ty, kind) {
            (Ty::Real, Kind::Real) | (Ty::Bool, Kind::Bool) => Some(()),
            (Ty::Index(inner), Kind::Index(outer)) => {
                if let SetSize::Beyond { base, more } = passed.def.sets[usize::from(inner.0)].size {
                    self.bind_beyond(passed, base, more, outer, bound)?;
                }
                self.bind_set(passed, inner, outer, bound)
            }
            (wanted, found) => {
                let wanted = match wanted {
                    Ty::Real => "real numbers",
                    Ty::Bool => "conditions",
                    Ty::Index(_) => "class indices",
                };
                let found = match found {
                    Kind::Real => "real numbers",
                    Kind::Bool => "conditions",
                    Kind::Index(_) => "class indices",
                };
                self.errors.push(say::argument_kind(name, &def.name, &input.name, wanted, found));
                None
            }
        }
    }
}
