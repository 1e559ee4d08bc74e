//! Applied definitions, inlined: what is passed to them, and the value at the indices that are asked for.

use super::Frame;
use crate::ir::builder::{Builder, detached, fresh_axis, mean_over};
use crate::ir::load::{At, Tensor};
use crate::ir::{Axis, InputInfo, NodeId, SetId, SetSize, Ty};
use crate::syntax::ast::HyperType;
use crate::types::tree::{Applied, Arg, TensorRef, Typed};

impl Frame<'_> {
    /// A tensor read at indices for its first axes; the others get axes that are not in use.
    fn slice(&mut self, b: &mut Builder, tensor: TensorRef, indices: &[Typed]) -> Tensor {
        let mut at: Vec<At> = indices.iter().flat_map(|i| self.at(b, i)).collect();
        let tensor = self.tensor(tensor);
        let rest: Vec<SetId> = tensor.axes[at.len()..].iter().map(|axis| axis.set).collect();
        let axes = self.free_axes(&rest);
        at.extend(axes.iter().copied().map(At::Axis));
        Tensor { node: tensor.at(&mut b.graph, at), axes }
    }

    /// Axes over these sets that are not in use, all different.
    fn free_axes(&self, sets: &[SetId]) -> Vec<Axis> {
        let mut used = self.in_use.clone();
        let mut free = |&set: &SetId| {
            let axis = fresh_axis(set, &used);
            used.push(axis);
            axis
        };
        sets.iter().map(&mut free).collect()
    }

    /// An applied definition, inlined.
    pub(super) fn apply(&mut self, b: &mut Builder, applied: &Applied) -> NodeId {
        let mut sets = Vec::new();
        for (inner, info) in applied.sets.iter().zip(&applied.def.sets) {
            let outer =
                inner.iter().flatten().flat_map(|v| &self.sets[usize::from(self.def.set_vars[v.index()].0)]);
            sets.push(match (inner, info.size) {
                (None, SetSize::Fixed(n)) => vec![b.fixed_set(n)],
                _ => outer.copied().collect(),
            });
        }
        let inputs = applied.args.iter().zip(&applied.def.inputs).map(|(arg, info)| {
            let tensor = self.argument(b, arg, info, &sets);
            if info.data && info.ty == Ty::Real { detached(b, tensor) } else { tensor }
        });
        let inputs = inputs.collect();
        let hypers = self.given(b, applied);
        let key = (applied.def.name.clone(), applied.update, sets, inputs, hypers);
        let result = b.applied.get(&key).cloned().unwrap_or_else(|| {
            let (_, update, sets, inputs, hypers) = key.clone();
            let result = Frame::new(b, &applied.def, sets, inputs, hypers).body(b, update);
            b.applied.insert(key, result.clone());
            result
        });
        match &applied.indices {
            Some(indices) => {
                let at = indices.iter().flat_map(|i| self.at(b, i)).collect();
                result.at(&mut b.graph, at)
            }
            None => mean_over(b, result),
        }
    }

    /// What is passed for an input; `sets` are those of the applied definition.
    fn argument(&mut self, b: &mut Builder, arg: &Arg, input: &InputInfo, sets: &[Vec<SetId>]) -> Tensor {
        match arg {
            Arg::Tensor(tensor) => self.tensor(*tensor),
            Arg::Slice(tensor, indices) => self.slice(b, *tensor, indices),
            Arg::Scalar(typed) => Tensor { node: self.lower(b, typed), axes: vec![] },
            Arg::Class(index) => {
                let own: Vec<SetId> =
                    input.sets.iter().flat_map(|s| sets[usize::from(s.0)].clone()).collect();
                Tensor { node: self.lower(b, index), axes: self.free_axes(&own) }
            }
        }
    }

    /// The hyperparameters of an applied definition: as given, else their defaults.
    fn given(&mut self, b: &mut Builder, applied: &Applied) -> Vec<Tensor> {
        let def = &applied.def;
        let mut hypers = Vec::new();
        for (i, info) in def.hypers.iter().enumerate() {
            let values: Vec<NodeId> = match &applied.hypers[i] {
                Some(given) => given.iter().map(|t| self.lower(b, t)).collect(),
                None => def.defaults[i].iter().map(|&v| b.graph.constant(v)).collect(),
            };
            hypers.push(match info.ty {
                HyperType::Array(n) => self.array(b, n, &values),
                _ => Tensor { node: values[0], axes: vec![] },
            });
        }
        hypers
    }
}
