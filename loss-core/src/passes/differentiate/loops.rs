//! The reverse of a loop is a loop: it carries the adjoints of what the loop carries, from its last round to its
//! first, and sums up what the nodes get that no round changes.

use super::reverse::{Frame, Reverse};
use crate::ir::{Axis, Loop, NodeId, NodeKind, reach};

/// One tensor that a reversed loop carries.
struct Slot {
    var: NodeId,
    init: NodeId,
    next: NodeId,
    /// The node that gets what it is in the end.
    to: NodeId,
}

impl Reverse {
    /// Passes on the adjoints of a loop's results.
    pub(super) fn reversed(&mut self, of: usize) {
        let adjoints = self.adjoints_of_results(of);
        if adjoints.iter().all(Option::is_none) {
            return;
        }
        let forward = self.graph().loops[of].clone();
        let id = self.graph().loops.len();
        let empty =
            Loop { count: forward.count, vars: vec![], init: vec![], next: vec![], reverses: Some(of) };
        self.algebra.graph().loops.push(empty);
        let mut slots = self.carried(&forward, id, &adjoints);
        let body = self.body(of, &forward, &slots);
        let zero = self.algebra.constant(0.0);
        let active: Vec<NodeId> = self.active_of(&forward).into_iter().map(|s| forward.vars[s]).collect();
        for (slot, var) in slots.iter_mut().zip(active) {
            slot.next = body.adjoints.get(&var).copied().unwrap_or(zero);
        }
        for (&to, &amount) in &body.outward {
            let axes = self.algebra.axes(amount).to_vec();
            let var = self.algebra.graph().add(NodeKind::LoopVar { id, slot: slots.len(), axes });
            if let Some(name) = self.graph().name(to).map(|name| format!("d_{name}")) {
                self.algebra.graph().set_name(var, &name);
            }
            let next = self.algebra.add(var, amount);
            slots.push(Slot { var, init: zero, next, to });
        }
        self.finish(id, slots);
    }

    /// The adjoint of each of a loop's results.
    fn adjoints_of_results(&self, of: usize) -> Vec<Option<NodeId>> {
        let mut adjoints = vec![None; self.graph().loops[of].vars.len()];
        for (&out, &adjoint) in &self.frames.last().expect("a frame").adjoints {
            match self.graph()[out].kind {
                NodeKind::LoopOut { id, slot, .. } if id == of => adjoints[slot] = Some(adjoint),
                _ => {}
            }
        }
        adjoints
    }

    fn active_of(&self, forward: &Loop) -> Vec<usize> {
        (0..forward.vars.len()).filter(|&s| self.active[forward.vars[s].index()]).collect()
    }

    /// The adjoints of what the loop carries, at the beginning those of its results.
    fn carried(&mut self, forward: &Loop, id: usize, adjoints: &[Option<NodeId>]) -> Vec<Slot> {
        let zero = self.algebra.constant(0.0);
        let mut slots = Vec::new();
        for (slot, s) in self.active_of(forward).into_iter().enumerate() {
            let axes = self.algebra.axes(forward.vars[s]).to_vec();
            let var = self.algebra.graph().add(NodeKind::LoopVar { id, slot, axes });
            if let Some(name) = self.graph().name(forward.vars[s]).map(|name| format!("d_{name}")) {
                self.algebra.graph().set_name(var, &name);
            }
            slots.push(Slot { var, init: adjoints[s].unwrap_or(zero), next: zero, to: forward.init[s] });
        }
        slots
    }

    /// One round in reverse, as a function of the adjoints after it.
    fn body(&mut self, of: usize, forward: &Loop, slots: &[Slot]) -> Frame {
        self.frames.push(Frame::new(reach::varying(self.graph(), of)));
        for (slot, s) in slots.iter().zip(self.active_of(forward)) {
            let axes = self.algebra.axes(slot.var).to_vec();
            self.contribute_over(forward.next[s], &axes, slot.var);
        }
        self.sweep();
        self.frames.pop().expect("the frame of the loop's body")
    }

    fn finish(&mut self, id: usize, slots: Vec<Slot>) {
        let l = &mut self.algebra.graph().loops[id];
        l.vars = slots.iter().map(|s| s.var).collect();
        l.init = slots.iter().map(|s| s.init).collect();
        l.next = slots.iter().map(|s| s.next).collect();
        for (slot, Slot { var, to, .. }) in slots.into_iter().enumerate() {
            let axes: Vec<Axis> = self.algebra.axes(var).to_vec();
            let out = self.algebra.graph().add(NodeKind::LoopOut { id, slot, axes: axes.clone() });
            self.contribute_over(to, &axes, out);
        }
    }
}
