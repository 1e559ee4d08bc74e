//! From pieces to stages: what can share a row, and what a pass over a row can do at once.

use super::draft::Draft;
use super::piece::{Piece, Work};
use super::writer::Writer;
use crate::ir::Axis;
use crate::ir::loops::{ArrayId, At, Call, Kernel, Place, Product, Repeat, Stage};
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
pub(super) fn setter(setters: &BTreeMap<ArrayId, usize>, draft: &Draft, piece: usize) -> Option<usize> {
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
