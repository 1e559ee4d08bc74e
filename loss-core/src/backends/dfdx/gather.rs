//! Gathers: `x[b, target[b]]`.

use super::emitter::Emitter;
use super::expr::Laid;
use crate::ir::{Axis, NodeId};
use quote::quote;

impl Emitter<'_> {
    /// `x.try_select(target)?` if every axis of the index is one of the tensor's, `x.try_gather::<..>(order)?`
    /// if the index adds one. dfdx wants the axes of the index first, then the one that is replaced.
    pub fn gather(&mut self, id: NodeId, body: NodeId, axis: Axis, index: NodeId) -> Laid {
        let graph = self.plan.graph();
        let on_tape = self.plan.taped(id);
        let kept: Vec<Axis> = graph[body].axes.iter().filter(|a| **a != axis).copied().collect();
        let added: Vec<Axis> = graph[index].axes.iter().filter(|a| !kept.contains(a)).copied().collect();
        // The axis may name itself again; then it is the one that is new. Further new axes are broadcast into the tensor,
        // and then are not new: rather those of windows than another one over the set that is read.
        let same = added.iter().find(|a| **a == axis).or(added.iter().find(|a| a.set == axis.set));
        let new = same.or(added.last()).copied();
        let lead: Vec<Axis> = graph[index].axes.iter().filter(|a| Some(**a) != new).copied().collect();
        let rest: Vec<Axis> = kept.iter().filter(|a| !lead.contains(a)).copied().collect();
        let x = self.left(body, &[&lead[..], &[axis], &rest].concat(), on_tape);
        let Some(new) = new else {
            let at = self.operand(index, &lead, false).code;
            return (quote!(#x.try_select(#at)?), [&lead[..], &rest].concat());
        };
        let at = self.operand(index, &[&lead[..], &[new]].concat(), false).code;
        let result = [&lead[..], &[new], &rest].concat();
        let shape = self.shape_type(&result);
        (quote!(#x.try_gather::<#shape, _>(#at)?), result)
    }
}
