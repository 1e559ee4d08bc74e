//! From pieces to stages: what can share a row, and what a pass over a row can do at once.

use super::beside;
use super::draft::Draft;
use super::order::{Touch, order};
use super::piece::{Piece, Work};
use super::span::Spans;
use crate::ir::loops::{
    Along, ArrayId, At, Call, How, Kernel, Let, LetId, Nest, Place, Product, Repeat, Rows, Stage, Step,
    Target, Value,
};
use crate::ir::{Axis, Ty};
use std::collections::{BTreeMap, BTreeSet};

/// For each piece, the pieces that it needs, those included that they need.
pub(super) fn needs(draft: &Draft) -> Vec<BTreeSet<usize>> {
    let mut needs: Vec<BTreeSet<usize>> = Vec::new();
    for piece in &draft.pieces {
        let mut all = BTreeSet::new();
        for (array, _) in piece.reads(draft) {
            if let Some(maker) = maker(draft, array).filter(|&m| m < needs.len()) {
                all.extend(needs[maker].iter().copied());
                all.insert(maker);
            }
        }
        needs.push(all);
    }
    needs
}

/// The piece that makes an array which others read.
fn maker(draft: &Draft, array: ArrayId) -> Option<usize> {
    draft.pieces.iter().position(|p| p.makes.contains(&array))
}

/// A group of pieces that become one stage: its level, whether it is a stage by itself, its outer axis.
pub(super) type Key = (usize, Option<usize>, Option<Axis>);

/// Pieces that one pass over a row makes: their rank, whether they are an operation along an axis, their loops, and
/// the gradients that they are needed for (what is not wanted must not be read).
type Pass = (usize, Option<usize>, Vec<Axis>, Vec<usize>);

/// What is in the arrays of gradients when a kernel begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Gradients {
    /// What others have added to them.
    Begun,
    /// Nothing that counts.
    New,
}

/// The kernel of a draft.
pub(super) fn schedule(mut draft: Draft, gradients: Gradients) -> Kernel {
    mark_across(&mut draft);
    let setters = if gradients == Gradients::New { setters(&draft) } else { BTreeMap::new() };
    let keys = keys(&draft, &setters);
    let needed = needed_by(&draft);
    let moved = move_into_rows(&mut draft, &keys);
    let groups: BTreeSet<Key> = keys.iter().copied().collect();
    let stages = groups
        .into_iter()
        .map(|key| {
            let members: Vec<usize> = (0..keys.len()).filter(|&p| keys[p] == key).collect();
            match &draft.pieces[members[0]].work {
                Work::Product { .. } => product(&draft, members[0], &needed),
                Work::Repeat(repeat) => {
                    Stage::Repeat(Repeat { needed_by: needed[members[0]].clone(), ..repeat.clone() })
                }
                Work::Call(call) => {
                    Stage::Call(Call { needed_by: needed[members[0]].clone(), ..call.clone() })
                }
                _ => Stage::Rows(Writer::new(&draft, key.2, &moved, &setters).rows(&members, &needed)),
            }
        })
        .collect();
    Kernel { arrays: draft.arrays, stages }
}

fn mark_across(draft: &mut Draft) {
    let outers: Vec<Option<Axis>> = draft.pieces.iter().map(Piece::outer).collect();
    for (piece, outer) in draft.pieces.iter_mut().zip(outers) {
        if let (Work::Target(target), Some(outer)) = (&mut piece.work, outer) {
            target.across = !target.at.contains(&At::Axis(outer));
        }
    }
}

fn is_across(piece: &Piece) -> bool {
    matches!(&piece.work, Work::Target(t) if t.across)
}

/// For each new gradient whose first piece makes all of its elements, that piece: it sets them. Others add to what it
/// leaves.
fn setters(draft: &Draft) -> BTreeMap<ArrayId, usize> {
    let mut first: BTreeMap<ArrayId, usize> = BTreeMap::new();
    for (i, piece) in draft.pieces.iter().enumerate() {
        let gradients = piece.makes.iter().filter(|a| matches!(draft.arrays[a.0].place, Place::Gradient(_)));
        gradients.for_each(|array| {
            first.entry(*array).or_insert(i);
        });
    }
    first.retain(|_, piece| makes_all(&draft.pieces[*piece]));
    first
}

fn makes_all(piece: &Piece) -> bool {
    let Work::Target(target) = &piece.work else { return false };
    let axes: BTreeSet<At> = target.at.iter().copied().collect();
    let whole = axes.iter().all(|at| matches!(at, At::Axis(_))) && axes.len() == target.at.len();
    whole && axes.len() == piece.space.len() && target.given.is_none() && !target.across
}

/// The piece that sets the gradient that another piece adds to.
fn setter(setters: &BTreeMap<ArrayId, usize>, draft: &Draft, piece: usize) -> Option<usize> {
    let array = draft.pieces[piece].makes.first()?;
    setters.get(array).copied().filter(|setter| *setter != piece)
}

/// Whether a piece can read in the row in which another one has written.
fn same_row(draft: &Draft, maker: &Piece, reader: &Piece, at: &[At]) -> bool {
    if maker.is_stage() || reader.is_stage() || is_across(maker) || maker.outer() != reader.outer() {
        return false;
    }
    let Some(outer) = maker.outer() else { return true };
    let place = draft.arrays[maker.makes[0].0].axes.iter().position(|a| *a == outer);
    place.is_some_and(|i| at[i] == At::Axis(outer))
}

/// A piece stands on a later level than what it needs, unless it finds that in its own row.
pub(super) fn keys(draft: &Draft, setters: &BTreeMap<ArrayId, usize>) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    for (i, piece) in draft.pieces.iter().enumerate() {
        let mut level = 0;
        if let Some(setter) = setter(setters, draft, i) {
            level = keys[setter].0 + usize::from(keys[setter].2 != piece.outer());
        }
        for (array, at) in piece.reads(draft) {
            if let Some(m) = maker(draft, array) {
                let step = usize::from(!same_row(draft, &draft.pieces[m], piece, &at));
                level = level.max(keys[m].0 + step);
            }
        }
        keys.push((level, piece.is_stage().then_some(i), piece.outer()));
    }
    keys
}

/// For each piece the gradients that it is needed for; empty if that is all of them, or the value.
fn needed_by(draft: &Draft) -> Vec<Vec<usize>> {
    let needs = needs(draft);
    let mut by = vec![BTreeSet::new(); draft.pieces.len()];
    let (mut all, mut always) = (BTreeSet::new(), BTreeSet::new());
    for (i, piece) in draft.pieces.iter().enumerate() {
        let used = needs[i].iter().copied().chain([i]);
        match piece.makes.first().map(|array| draft.arrays[array.0].place) {
            Some(Place::Gradient(input)) => {
                all.insert(input);
                used.for_each(|n| {
                    by[n].insert(input);
                });
            }
            Some(Place::Value | Place::Total) => always.extend(used),
            _ => {}
        }
    }
    let listed = |(i, b): (usize, BTreeSet<usize>)| {
        if b == all || always.contains(&i) { vec![] } else { b.into_iter().collect() }
    };
    by.into_iter().enumerate().map(listed).collect()
}

/// Arrays that only their own row reads lose their outer axis; for each array, the place where it stood.
fn move_into_rows(draft: &mut Draft, keys: &[Key]) -> Vec<Option<usize>> {
    let mut moved = vec![None; draft.arrays.len()];
    for m in 0..draft.pieces.len() {
        let piece = &draft.pieces[m];
        if piece.is_stage() {
            continue;
        }
        let array = piece.makes[0];
        let private = draft.arrays[array.0].place == Place::Global && !is_across(piece);
        let read_elsewhere = draft.pieces.iter().enumerate().any(|(r, reader)| {
            let reads = reader.reads(draft);
            reads
                .iter()
                .any(|(a, at)| *a == array && (keys[r] != keys[m] || !same_row(draft, piece, reader, at)))
        });
        if !private || read_elsewhere {
            continue;
        }
        let outer = piece.outer();
        let place = draft.arrays[array.0].axes.iter().position(|a| Some(*a) == outer);
        draft.arrays[array.0].place = Place::Row;
        moved[array.0] = place;
    }
    for (array, place) in moved.iter().enumerate() {
        if let Some(place) = place {
            draft.arrays[array].axes.remove(*place);
        }
    }
    moved
}

fn product(draft: &Draft, piece: usize, needed: &[Vec<usize>]) -> Stage {
    let Work::Product { lhs, rhs, over } = &draft.pieces[piece].work else {
        unreachable!("called for products only")
    };
    let (mut batch, mut row, mut col) = (vec![], *over, *over);
    for &axis in draft.pieces[piece].space.iter().filter(|a| *a != over) {
        match (lhs.1.contains(&axis), rhs.1.contains(&axis)) {
            (true, true) => batch.push(axis),
            (true, false) => row = axis,
            (false, _) => col = axis,
        }
    }
    Stage::Product(Product {
        to: draft.pieces[piece].makes[0],
        lhs: lhs.clone(),
        rhs: rhs.clone(),
        batch,
        row,
        col,
        over: *over,
        needed_by: needed[piece].clone(),
    })
}

/// Writes the steps of one stage.
struct Writer<'d, 'p> {
    draft: &'d Draft<'p>,
    outer: Option<Axis>,
    /// Where the outer axis stood in arrays that have lost it.
    moved: &'d [Option<usize>],
    setters: &'d BTreeMap<ArrayId, usize>,
    lets: Vec<Let>,
    /// What has been rebuilt since something was last passed on.
    known: BTreeMap<LetId, LetId>,
}

impl<'d, 'p> Writer<'d, 'p> {
    fn new(
        draft: &'d Draft<'p>,
        outer: Option<Axis>,
        moved: &'d [Option<usize>],
        setters: &'d BTreeMap<ArrayId, usize>,
    ) -> Self {
        Writer { draft, outer, moved, setters, lets: vec![], known: BTreeMap::new() }
    }

    fn rows(mut self, members: &[usize], needed: &[Vec<usize>]) -> Rows {
        let ranks = self.ranks(members, needed);
        let mut nests: BTreeMap<Pass, Vec<usize>> = BTreeMap::new();
        for (&piece, &rank) in members.iter().zip(&ranks) {
            let along = matches!(self.draft.pieces[piece].work, Work::Along { .. }).then_some(piece);
            nests.entry((rank, along, self.loops(piece), needed[piece].clone())).or_default().push(piece);
        }
        let mut steps = Vec::new();
        for ((_, along, loops, by), pieces) in nests {
            steps.push(match along {
                Some(piece) => Step::Along(self.along(piece, by)),
                None => Step::Nest(self.nest(loops, &pieces, by)),
            });
        }
        Rows { outer: self.outer, lets: self.lets, steps }
    }

    fn loops(&self, piece: usize) -> Vec<Axis> {
        self.draft.pieces[piece].space.iter().filter(|a| Some(**a) != self.outer).copied().collect()
    }

    /// A piece comes in a later pass than what it needs, unless it needs just the element that the same pass makes.
    fn ranks(&self, members: &[usize], needed: &[Vec<usize>]) -> Vec<usize> {
        let mut ranks: Vec<usize> = Vec::new();
        for &piece in members {
            let mut rank = 0;
            if let Some(m) = members.iter().position(|&m| setter(self.setters, self.draft, piece) == Some(m))
            {
                rank = ranks[m] + 1;
            }
            for (array, at) in self.draft.pieces[piece].reads(self.draft) {
                let before = members
                    .iter()
                    .take(ranks.len())
                    .position(|&m| self.draft.pieces[m].makes.contains(&array));
                let Some(m) = before else { continue };
                let together = needed[members[m]] == needed[piece] && self.passed_on(members[m], piece, &at);
                let step = usize::from(!together);
                rank = rank.max(ranks[m] + step);
            }
            ranks.push(rank);
        }
        ranks
    }

    /// Whether a reader, if in the same nest, can take the element as it is made.
    fn passed_on(&self, maker: usize, reader: usize, at: &[At]) -> bool {
        let same_loops = self.loops(maker) == self.loops(reader);
        let reads_targets = matches!(self.draft.pieces[reader].work, Work::Target(_));
        match &self.draft.pieces[maker].work {
            // An element that others are looked up at is a plain load, so that it has to be in its array first.
            Work::Target(t) => {
                let index = matches!(self.draft.arrays[t.array.0].ty, Ty::Index(_));
                t.how == How::Set && t.at == at && same_loops && reads_targets && !index
            }
            _ => false,
        }
    }

    fn nest(&mut self, mut loops: Vec<Axis>, pieces: &[usize], needed_by: Vec<usize>) -> Nest {
        let mut passed: BTreeMap<ArrayId, (Vec<At>, LetId)> = BTreeMap::new();
        let mut targets = Vec::new();
        let mut touched: Vec<Touch> = Vec::new();
        self.known.clear();
        for &piece in pieces {
            let Work::Target(target) = &self.draft.pieces[piece].work else { continue };
            touched.push(Touch { at: target.at.clone(), reduces: matches!(target.how, How::Reduce(_)) });
            let reads = self.draft.pieces[piece].reads(self.draft);
            touched.extend(reads.into_iter().map(|(_, at)| Touch { at, reduces: false }));
            let value = self.rebuilt(target.value, &passed);
            let given = target.given.map(|c| self.rebuilt(c, &passed));
            let at = self.places(target.array, &target.at, &passed);
            if target.how == How::Set {
                passed.insert(target.array, (target.at.clone(), value));
                self.known.clear();
            }
            let sets = self.setters.get(&target.array) == Some(&piece);
            let how = if sets { How::Set } else { target.how };
            targets.push(Target { at, how, value, given, ..target.clone() });
        }
        let mut conditions = Spans {
            lets: &mut self.lets,
            hypers: &self.draft.program.hypers,
            sets: &self.draft.program.sets,
        };
        let without = conditions.collapse(self.outer, &mut loops, &mut targets);
        let loops = order(loops, &beside::touched(&touched, &targets, &without));
        let mut spans = conditions.of(self.outer, &loops, &targets);
        conditions.within(&loops, &without, &mut spans);
        Nest { loops, spans, targets, needed_by }
    }

    fn along(&self, piece: usize, needed_by: Vec<usize>) -> Along {
        let Work::Along { op, axis, from, weights, to } = &self.draft.pieces[piece].work else {
            unreachable!("called for operations along an axis only")
        };
        let loops = self.loops(piece).into_iter().filter(|a| a != axis).collect();
        let array = self.draft.pieces[piece].makes[0];
        let within = |array: ArrayId, axes: &[Axis]| {
            let mut axes = axes.to_vec();
            if let Some(place) = self.moved[array.0] {
                axes.remove(place);
            }
            (array, axes)
        };
        let (from, to) = (within(from.0, &from.1), within(array, to));
        let weights = weights.as_ref().map(|w| within(w.0, &w.1));
        Along { op: *op, axis: *axis, loops, from, weights, to, needed_by }
    }

    /// An expression of the draft as one of the stage: rows' own arrays have lost their outer axis, and what the
    /// same pass makes is taken as it is made.
    fn rebuilt(&mut self, id: LetId, passed: &BTreeMap<ArrayId, (Vec<At>, LetId)>) -> LetId {
        if let Some(&known) = self.known.get(&id) {
            return known;
        }
        let rebuilt = self.built(id, passed);
        self.known.insert(id, rebuilt);
        rebuilt
    }

    fn built(&mut self, id: LetId, passed: &BTreeMap<ArrayId, (Vec<At>, LetId)>) -> LetId {
        let made = self.draft.lets[id.0].clone();
        let value = match made.value {
            Value::Load(array, at) => {
                if let Some((_, value)) = passed.get(&array).filter(|p| p.0 == at) {
                    return *value;
                }
                Value::Load(array, self.places(array, &at, passed))
            }
            Value::Op(op, args) => Value::Op(op, args.iter().map(|&a| self.rebuilt(a, passed)).collect()),
            Value::HyperArray(i, at) => Value::HyperArray(i, self.place(at, passed)),
            leaf => leaf,
        };
        match self.lets.iter().position(|l| l.value == value && l.ty == made.ty) {
            Some(known) => LetId(known),
            None => {
                self.lets.push(Let { value, ..made });
                LetId(self.lets.len() - 1)
            }
        }
    }

    fn places(&mut self, array: ArrayId, at: &[At], passed: &BTreeMap<ArrayId, (Vec<At>, LetId)>) -> Vec<At> {
        let lost = self.moved[array.0];
        let kept = at.iter().enumerate().filter(|(i, _)| Some(*i) != lost);
        kept.map(|(_, &place)| self.place(place, passed)).collect()
    }

    fn place(&mut self, at: At, passed: &BTreeMap<ArrayId, (Vec<At>, LetId)>) -> At {
        match at {
            At::Axis(axis) => At::Axis(axis),
            At::Computed(index) => At::Computed(self.rebuilt(index, passed)),
        }
    }
}
