//! Rebuilding a graph bottom-up: the frame of every pass.

use crate::ir::{Graph, Loop, NodeId, NodeKind, Program, SetInfo, reach};

/// A local rule: given the graph so far and a kind whose operands are rewritten already, another node to use
/// instead, or `None` to keep it.
pub(crate) type Rule<'r> = dyn Fn(&mut Graph, &NodeKind, &[SetInfo]) -> Option<NodeId> + 'r;

/// Rewrites every live node once, operands before users. A node that a rule makes is not visited again by
/// itself: rules that build on each other are applied until nothing changes by calling this again.
pub(crate) fn rewrite(program: &Program, rule: &Rule) -> Program {
    let old = &program.graph;
    let live = reach::live_all(program);
    let mut new = Graph::default();
    new.loops.clone_from(&old.loops);
    let mut image: Vec<Option<NodeId>> = vec![None; old.len()];
    let mut running = vec![false; old.loops.len()];
    for id in old.ids().filter(|id| live[id.index()]) {
        let kind = with_operands(old, id, &image);
        if let NodeKind::LoopOut { id: l, .. } = kind {
            for l in old.loops[l].reverses.into_iter().chain([l]) {
                new.loops[l] = rewritten_loop(old, &old.loops[l], &mut new, &image);
                running[l] = true;
            }
        }
        let node = match (rule(&mut new, &kind, &program.sets), &kind) {
            (Some(node), _) => node,
            (None, NodeKind::Input(input, axes)) => new.add_input(*input, axes.clone(), old[id].ty),
            (None, _) => new.add(kind),
        };
        if let Some(name) = old.name(id) {
            new.set_name(node, name);
        }
        image[id.index()] = Some(node);
    }
    let of = |id: NodeId| image[id.index()].expect("what is wanted is live");
    // Nobody reads the results of these: they keep their numbers only.
    for (l, _) in new.loops.iter_mut().zip(running).filter(|l| !l.1) {
        *l = Loop { count: of(program.value), vars: vec![], init: vec![], next: vec![], reverses: None };
    }
    let (value, roots) = (of(program.value), program.roots.iter().map(|&r| of(r)).collect());
    Program {
        name: program.name.clone(),
        sets: program.sets.clone(),
        hypers: program.hypers.clone(),
        inputs: program.inputs.clone(),
        graph: new,
        value,
        roots,
    }
}

/// Rewrites until a rule finds nothing more to do.
///
/// Rules are directional, so this ends; the bound is a guard against a rule that is not.
pub(super) fn fixpoint(mut program: Program, rule: &Rule) -> Program {
    const ROUNDS: usize = 64;
    for _ in 0..ROUNDS {
        let changed = std::cell::Cell::new(false);
        let next = rewrite(&program, &|graph, kind, sets| {
            let node = rule(graph, kind, sets);
            changed.set(changed.get() || node.is_some());
            node
        });
        program = next;
        if !changed.get() {
            break;
        }
    }
    program
}

fn rewritten_loop(old: &Graph, l: &Loop, new: &mut Graph, image: &[Option<NodeId>]) -> Loop {
    let of = |id: &NodeId| image[id.index()].expect("a loop's nodes come before its results");
    // A variable that no round reads is not live, but keeps its slot.
    let var = |id: &NodeId| image[id.index()].unwrap_or_else(|| unread(old, *id, new));
    Loop {
        count: of(&l.count),
        vars: l.vars.iter().map(var).collect(),
        init: l.init.iter().map(of).collect(),
        next: l.next.iter().map(of).collect(),
        reverses: l.reverses,
    }
}

fn unread(old: &Graph, var: NodeId, new: &mut Graph) -> NodeId {
    let node = new.add(old[var].kind.clone());
    if let Some(name) = old.name(var) {
        new.set_name(node, name);
    }
    node
}

fn with_operands(old: &Graph, id: NodeId, image: &[Option<NodeId>]) -> NodeKind {
    let of = |id: &NodeId| image[id.index()].expect("operands come before their users");
    match &old[id].kind {
        NodeKind::Op(op, args) => NodeKind::Op(*op, args.iter().map(of).collect()),
        NodeKind::Reduce { op, over, body, given } => {
            NodeKind::Reduce { op: *op, over: over.clone(), body: of(body), given: given.as_ref().map(of) }
        }
        NodeKind::Contract { over, lhs, rhs } => {
            NodeKind::Contract { over: over.clone(), lhs: of(lhs), rhs: of(rhs) }
        }
        NodeKind::Rename(body, map) => NodeKind::Rename(of(body), map.clone()),
        NodeKind::Gather { body, axis, index } => {
            NodeKind::Gather { body: of(body), axis: *axis, index: of(index) }
        }
        NodeKind::Nearest(body, set) => NodeKind::Nearest(of(body), *set),
        NodeKind::Argsort(body, axis) => NodeKind::Argsort(of(body), *axis),
        NodeKind::Rank(body, axis) => NodeKind::Rank(of(body), *axis),
        NodeKind::Cumsum(body, axis, way) => NodeKind::Cumsum(of(body), *axis, *way),
        NodeKind::Running(what, args, axis, way) => {
            NodeKind::Running(*what, args.iter().map(of).collect(), *axis, *way)
        }
        NodeKind::Host(call, args) => NodeKind::Host(call.clone(), args.iter().map(of).collect()),
        leaf => leaf.clone(),
    }
}
