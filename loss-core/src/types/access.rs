//! Tensors at indices: `x[b, target[b]]`.

use super::scope::{Named, Scope};
use super::sets::SetVar;
use super::signature::constant;
use super::tree::{Kind, TNode, TensorRef, Typed};
use crate::diag::SpanRange;
use crate::diag::messages::check as say;
use crate::ir::{SetId, SetSize, Ty};
use crate::syntax::ast::{Expr, ExprKind, HyperType};
use crate::syntax::print;
use proc_macro2::Ident;

/// One place between brackets.
#[derive(Clone, Copy)]
pub(super) struct Place<'e> {
    /// What is indexed: a tensor, or a loss at its samples.
    pub owner: &'e Ident,
    /// All that stands between the brackets.
    pub indices: &'e [Expr],
    /// Which of them.
    pub position: usize,
}

impl<'e> Place<'e> {
    /// The places between the brackets of `owner`.
    pub fn all(owner: &'e Ident, indices: &'e [Expr]) -> impl Iterator<Item = Place<'e>> {
        (0..indices.len()).map(move |position| Place { owner, indices, position })
    }

    fn expr(&self) -> &'e Expr {
        &self.indices[self.position]
    }

    /// The brackets with something else in this place.
    fn with(&self, index: &str) -> String {
        let text =
            |(i, e): (usize, &Expr)| if i == self.position { index.to_owned() } else { print::expr(e) };
        let indices: Vec<String> = self.indices.iter().enumerate().map(text).collect();
        format!("{}[{}]", self.owner, indices.join(", "))
    }
}

impl Scope<'_, '_> {
    /// The tensor of that name, with the sets of its axes and the kind of its elements.
    pub fn tensor(&mut self, name: &Ident) -> Option<(TensorRef, Vec<SetVar>, Kind)> {
        match self.lookup(&name.to_string()) {
            Some(Named::Let(i)) => {
                self.lets[i].used = true;
                let info = &self.lets[i].info;
                let sets = info.vars.iter().map(|v| self.vars[v.0].set).collect();
                Some((TensorRef::Let(i), sets, info.kind))
            }
            Some(Named::Input(i)) => Some(self.input(i, name)),
            Some(Named::Hyper(i)) if matches!(self.hypers[i].ty, HyperType::Array(_)) => {
                self.used_hypers[i] = true;
                let HyperType::Array(n) = self.hypers[i].ty else { return None };
                let set = self.fixed_set(n);
                Some((TensorRef::Array(i), vec![self.sets.known(set, name.into())], Kind::Real))
            }
            // An index that hides a tensor has been reported.
            Some(Named::Var(_)) if self.names_value(name) => None,
            Some(named) => {
                self.errors.push(say::not_a_tensor(name, named.noun()));
                None
            }
            None => {
                self.unknown_name(name, true);
                None
            }
        }
    }

    fn input(&mut self, i: usize, name: &Ident) -> (TensorRef, Vec<SetVar>, Kind) {
        self.used_inputs[i] = true;
        let info = self.inputs[i].clone();
        let sets = info.sets.iter().map(|&s| self.sets.known(s, name.into())).collect();
        let kind = match info.ty {
            Ty::Real => Kind::Real,
            Ty::Bool => Kind::Bool,
            Ty::Index(set) => Kind::Index(self.sets.known(set, name.into())),
        };
        (TensorRef::Input(i), sets, kind)
    }

    /// `x[b, k]`. Law: as many indices as the tensor has axes, each over the set of its axis.
    pub fn access(&mut self, name: &Ident, indices: &[Expr], range: SpanRange) -> Option<Typed> {
        let (tensor, mut sets, kind) = self.tensor(name)?;
        if sets.len() != indices.len() {
            self.wrong_index_count(tensor, name, &sets, indices.len(), range);
            return None;
        }
        if !matches!(tensor, TensorRef::Let(_)) {
            // The place that decides what an index ranges over is where it stands.
            let here = |(set, e): (&SetVar, &Expr)| (self.sets.get(*set), e.range);
            let known: Vec<(Option<SetId>, SpanRange)> = sets.iter().zip(indices).map(here).collect();
            sets = known.into_iter().filter_map(|(set, range)| Some(self.sets.known(set?, range))).collect();
        }
        let indices = self.indices(name, indices, &sets)?;
        Some(Typed { node: TNode::Load(tensor, indices), kind, range })
    }

    /// Reports another number of indices than axes, unless an assignment has been blamed for that.
    fn wrong_index_count(
        &mut self,
        tensor: TensorRef,
        name: &Ident,
        sets: &[SetVar],
        found: usize,
        range: SpanRange,
    ) {
        let like: Option<Vec<String>> = match tensor {
            TensorRef::Let(i) if self.lets[i].disputed => return,
            TensorRef::Let(i) => {
                Some(self.lets[i].info.vars.iter().map(|v| self.vars[v.0].name.clone()).collect())
            }
            _ => None,
        };
        self.errors.push(say::index_count(range, name, &self.set_texts(sets), like.as_deref(), found));
    }

    /// What stands between the brackets of `owner`, whose axes have these sets.
    pub fn indices(&mut self, owner: &Ident, indices: &[Expr], sets: &[SetVar]) -> Option<Vec<Typed>> {
        let found: Vec<Option<Typed>> =
            Place::all(owner, indices).zip(sets).map(|(place, &set)| self.index(place, set)).collect();
        let found = found.into_iter().collect::<Option<Vec<_>>>()?;
        self.check_index_order(owner, indices, &found, sets)?;
        let fits: Vec<Option<()>> = Place::all(owner, indices)
            .zip(&found)
            .zip(sets)
            .map(|((p, t), &s)| self.check_set(p, t, s))
            .collect();
        fits.into_iter().collect::<Option<Vec<_>>>()?;
        Some(found)
    }

    /// An expression in index position: an index, a class map, a fixed element.
    fn index(&mut self, place: Place, set: SetVar) -> Option<Typed> {
        let expr = place.expr();
        if let Some(value) = constant(expr) {
            return self.fixed_index(value, set, place);
        }
        if let ExprKind::Name(name) = &expr.kind
            && self.lookup(&name.to_string()).is_none()
        {
            let left = self.left.as_ref().map(|l| (&l.name, &l.indices[..]));
            self.errors.push(say::free_index(name, left));
            return None;
        }
        let typed = self.expr(expr)?;
        if !matches!(typed.kind, Kind::Index(_)) {
            self.not_an_index(place, &typed, set);
            return None;
        }
        Some(typed)
    }

    /// Law: an index ranges over the set of its axis.
    fn check_set(&mut self, place: Place, typed: &Typed, wanted: SetVar) -> Option<()> {
        let Kind::Index(found) = typed.kind else { return None };
        let range = place.expr().range;
        if matches!(typed.node, TNode::Position(_)) {
            let index = print::expr(place.expr());
            return self.unify_index(found, wanted, range, place.owner, &index);
        }
        if self.sets.unify(found, wanted).is_ok() {
            return Some(());
        }
        let (found, wanted) = (self.set_text(found), self.set_text(wanted));
        self.errors.push(say::map_clash(range, &print::short(place.expr()), &found, place.owner, &wanted));
        None
    }

    /// Law: indices stand in the order of the axes. One mistake, although two indices or more are in wrong places.
    fn check_index_order(
        &mut self,
        owner: &Ident,
        indices: &[Expr],
        found: &[Typed],
        sets: &[SetVar],
    ) -> Option<()> {
        let set_of = |typed: &Typed| match typed.kind {
            Kind::Index(set) => self.sets.get(set),
            _ => None,
        };
        let found = found.iter().map(set_of).collect::<Option<Vec<SetId>>>();
        let wanted = sets.iter().map(|&s| self.sets.get(s)).collect::<Option<Vec<SetId>>>();
        let (Some(found), Some(wanted)) = (found, wanted) else { return Some(()) };
        if found == wanted {
            return Some(());
        }
        let Some(order) = reordered(&found, &wanted) else { return Some(()) };
        let texts: Vec<String> = order.iter().map(|&i| print::expr(&indices[i])).collect();
        let range = indices[0].range.to(indices[indices.len() - 1].range);
        self.errors.push(say::index_order(range, owner, &texts, &self.set_texts(sets)));
        None
    }

    /// `x[b, 0]`. Law: a fixed element is a whole number below the size of a fixed set.
    fn fixed_index(&mut self, value: f64, set: SetVar, place: Place) -> Option<Typed> {
        let range = place.expr().range;
        let size = match self.sets.get(set).map(|s| self.infos[usize::from(s.0)].size) {
            Some(SetSize::Fixed(n)) => Some(n),
            _ => None,
        };
        let diag = match size {
            _ if value < 0.0 || value.fract() != 0.0 || value > 1e9 => {
                say::fixed_index_not_whole(range, self.counted_from_end(value, size, set, place).as_deref())
            }
            Some(n) if value >= n as f64 => say::fixed_index_range(range, n),
            _ => {
                self.numbered.push((set, range));
                return Some(Typed { node: TNode::At(set, value as usize), kind: Kind::Index(set), range });
            }
        };
        self.errors.push(diag);
        None
    }

    /// What `x[-1]` means in other languages.
    fn counted_from_end(&self, value: f64, size: Option<usize>, set: SetVar, place: Place) -> Option<String> {
        let whole = value < 0.0 && value.fract() == 0.0;
        match (size, self.sets.get(set)) {
            (Some(n), _) if whole && n as f64 + value >= 0.0 => Some(format!("{}", n as f64 + value)),
            (None, Some(set)) if whole => {
                Some(self.selection(place, &format!("{} - {}", self.set_name(set), -value)))
            }
            _ => None,
        }
    }

    /// Reports what stands in the place of an index, with what was probably meant.
    fn not_an_index(&mut self, place: Place, typed: &Typed, set: SetVar) {
        let (owner, set, range) = (place.owner, self.set_text(set), place.expr().range);
        let diag = match (&typed.node, &place.expr().kind) {
            _ if typed.kind == Kind::Bool => say::condition_as_index(range, owner, &set),
            (TNode::Load(TensorRef::Input(i), _), _) => {
                let input = &self.inputs[*i];
                let sets: Vec<String> = input.sets.iter().map(|&s| self.set_name(s)).collect();
                say::reals_as_index(range, owner, &set, &input.name, &sets)
            }
            (TNode::Load(TensorRef::Let(_), _), ExprKind::Name(name)) => {
                say::tensor_as_index(name, owner, &set)
            }
            _ => {
                say::number_as_index(range, owner, &set, &self.selection(place, &print::short(place.expr())))
            }
        };
        self.errors.push(diag);
    }

    /// `sum[m | m == t + 1](x[m])`: the element at a number that is computed.
    fn selection(&self, place: Place, number: &str) -> String {
        let mut letters = ["m", "n", "q", "r", "s"].into_iter().filter(|l| self.lookup(l).is_none());
        let m = letters.next().unwrap_or("index");
        format!("sum[{m} | {m} == {number}]({})", place.with(m))
    }
}

/// Which of `found` belongs in each place of `wanted`, if they are the same sets in another order.
fn reordered(found: &[SetId], wanted: &[SetId]) -> Option<Vec<usize>> {
    let mut order = vec![None; wanted.len()];
    let mut free: Vec<usize> = Vec::new();
    for i in 0..found.len() {
        if found[i] == wanted[i] { order[i] = Some(i) } else { free.push(i) }
    }
    for place in 0..wanted.len() {
        if order[place].is_none() {
            let at = free.iter().position(|&i| found[i] == wanted[place])?;
            order[place] = Some(free.remove(at));
        }
    }
    order.into_iter().collect()
}
