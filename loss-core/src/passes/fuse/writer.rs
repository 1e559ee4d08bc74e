//! The steps of one stage: which pieces share a nest, and their expressions.

use super::beside;
use super::draft::Draft;
use super::order::{Touch, order};
use super::piece::Work;
use super::schedule::setter;
use super::span::Spans;
use crate::ir::loops::{Along, ArrayId, At, How, Let, LetId, Nest, Rows, Step, Target, Value};
use crate::ir::{Axis, Ty};
use std::collections::BTreeMap;

/// Pieces that one pass over a row makes: their rank, whether they are an operation along an axis, their loops, the
/// conditions that leave few iterations of these, and the gradients that they are needed for (what is not wanted must not
/// be read).
type Pass = (usize, Option<usize>, Vec<Axis>, Vec<LetId>, Vec<usize>);

/// Writes the steps of one stage.
pub(super) struct Writer<'d, 'p> {
    draft: &'d Draft<'p>,
    outer: Option<Axis>,
    /// Where the outer axis stood in arrays that have lost it.
    moved: &'d [Option<usize>],
    setters: &'d BTreeMap<ArrayId, usize>,
    lets: Vec<Let>,
    /// For each piece of the stage, the conditions that leave few iterations.
    narrow: BTreeMap<usize, Vec<LetId>>,
    /// What has been rebuilt since something was last passed on.
    known: BTreeMap<LetId, LetId>,
}

impl<'d, 'p> Writer<'d, 'p> {
    pub fn new(
        draft: &'d Draft<'p>,
        outer: Option<Axis>,
        moved: &'d [Option<usize>],
        setters: &'d BTreeMap<ArrayId, usize>,
    ) -> Self {
        Writer { draft, outer, moved, setters, lets: vec![], narrow: BTreeMap::new(), known: BTreeMap::new() }
    }

    pub fn rows(mut self, members: &[usize], needed: &[Vec<usize>]) -> Rows {
        self.narrow = members.iter().map(|&piece| (piece, self.narrow(piece))).collect();
        let ranks = self.ranks(members, needed);
        let mut nests: BTreeMap<Pass, Vec<usize>> = BTreeMap::new();
        for (&piece, &rank) in members.iter().zip(&ranks) {
            let along = matches!(self.draft.pieces[piece].work, Work::Along { .. }).then_some(piece);
            let pass = (rank, along, self.loops(piece), self.narrow[&piece].clone(), needed[piece].clone());
            nests.entry(pass).or_default().push(piece);
        }
        let mut steps = Vec::new();
        for ((_, along, loops, _, by), pieces) in nests {
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

    /// The conditions of a piece that leave few iterations of its loops. Pieces with others are not in the same nest,
    /// which would have to visit what any of them does.
    fn narrow(&self, piece: usize) -> Vec<LetId> {
        let Work::Target(target) = &self.draft.pieces[piece].work else { return vec![] };
        let (mut lets, program) = (self.draft.lets.clone(), self.draft.program);
        let mut conditions = Spans { lets: &mut lets, hypers: &program.hypers, sets: &program.sets };
        conditions.narrow(self.outer, &self.loops(piece), target)
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
        let same_loops =
            self.loops(maker) == self.loops(reader) && self.narrow[&maker] == self.narrow[&reader];
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
        let loops = conditions.arranged(self.outer, loops, &targets);
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
