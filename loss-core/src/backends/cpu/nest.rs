//! What a stage does with one nest: a sweep along its innermost loop in the others, or plain loops.

use super::body::{Body, Mode, targets};
use super::expr::Expr;
use super::frame::Frame;
use crate::ir::loops::{At, How, Nest, Span, Target};
use crate::ir::{Axis, Ty};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::BTreeMap;

/// A sweep makes at most so much.
const MOST_SINKS: usize = 12;

/// A sum over several loops: what it is added up in, and what makes it the row's variable.
struct LongSum {
    total: Ident,
    begin: TokenStream,
    end: TokenStream,
}

impl Body<'_> {
    /// The innermost loop as a sweep, if that is possible.
    pub fn nest(&self, nest: &Nest) -> TokenStream {
        let targets: Vec<&Target> = nest.targets.iter().collect();
        let swept = nest.loops.split_last().and_then(|(&lane, loops)| {
            let single = nest.spans.get(&lane).is_some_and(Span::is_single);
            if single { None } else { self.sweep((loops, lane), &nest.spans, &targets) }
        });
        swept.unwrap_or_else(|| self.plain(nest, &targets))
    }

    /// Plain loops.
    fn plain(&self, nest: &Nest, targets: &[&Target]) -> TokenStream {
        let frame = Frame::new(self, (nest.loops.clone(), None), &nest.spans, targets)
            .expect("plain loops can do everything");
        let (mut inner, mut begin, mut end) = (TokenStream::new(), TokenStream::new(), TokenStream::new());
        for target in targets {
            if let Some(sum) = self.long_sum(&frame, target, &nest.loops) {
                let (total, value) = (&sum.total, frame.expr(target.value).tight());
                inner.extend(frame.given(target, quote!(#total += #value.to_f64();)));
                begin.extend(sum.begin);
                end.extend(sum.end);
                continue;
            }
            if !target.across && matches!(target.how, How::Reduce(_)) {
                self.begun.borrow_mut().insert(target.array, target.how);
            }
            inner.extend(frame.take(target));
        }
        let looped = frame.looped(inner);
        quote!(#begin #looped #end)
    }

    /// Sweeps along `lane` in their loops: as few as can be, since no sweep has two sinks for one array.
    pub fn sweep(
        &self,
        around: (&[Axis], Axis),
        spans: &BTreeMap<Axis, Span>,
        targets: &[&Target],
    ) -> Option<TokenStream> {
        let mut groups: Vec<Vec<&Target>> = vec![];
        for target in targets {
            let free = |g: &&mut Vec<&Target>| {
                g.len() < MOST_SINKS && g.iter().all(|other| other.array != target.array)
            };
            match groups.iter_mut().find(free) {
                Some(group) => group.push(target),
                None => groups.push(vec![target]),
            }
        }
        groups.iter().map(|group| self.one_sweep(around, spans, group)).collect()
    }

    fn one_sweep(
        &self,
        (loops, lane): (&[Axis], Axis),
        spans: &BTreeMap<Axis, Span>,
        targets: &[&Target],
    ) -> Option<TokenStream> {
        let frame = Frame::new(self, (loops.to_vec(), Some(lane)), spans, targets)?;
        let sums: Vec<_> = targets.iter().map(|t| self.long_sum(&frame, t, loops)).collect();
        let sinks = targets.iter().zip(&sums).map(|(t, sum)| frame.sink(t, sum.is_some()));
        let sinks = sinks.collect::<Option<Vec<_>>>()?;
        // Beside the iterations of an empty span there may be nothing: it has no sweep, and so no result.
        let guarded = spans.get(&lane).is_some_and(|span| !span.asked);
        let (mut names, mut after) = (vec![], TokenStream::new());
        for ((target, sink), sum) in targets.iter().zip(&sinks).zip(&sums) {
            if let Some(LongSum { total, .. }) = sum {
                let name = frame.fresh(&self.code.kernel.arrays[target.array.0].name);
                names.push(quote!(#name));
                after.extend(quote!(#total += #name;));
                continue;
            }
            let Some(wide) = sink.result else {
                if !target.across && matches!(target.how, How::Reduce(_)) {
                    self.begun.borrow_mut().insert(target.array, target.how);
                }
                names.push(quote!(_));
                continue;
            };
            let direct = self.is_direct(target, loops, spans) && !guarded;
            let reduced = !target.across && matches!(target.how, How::Reduce(_)) && !direct;
            if reduced {
                self.begun.borrow_mut().insert(target.array, target.how);
            }
            if direct && self.is_variable(target.array) && !self.is_declared_early(target.array) {
                let name = self.array(target.array);
                names.push(quote!(#name));
                continue;
            }
            let name = frame.fresh(&self.code.kernel.arrays[target.array.0].name);
            names.push(quote!(#name));
            after.extend(match wide {
                true => {
                    let sum = self.array(target.array);
                    quote!(#sum += #name;)
                }
                false => frame.take_value(target, Expr::atom(quote!(#name)), direct),
            });
        }
        let (cpu, position) = (&self.code.scope.cpu, &self.code.scope.position);
        let count = match (self.mode, &frame.lane_span) {
            (_, Some(span)) => quote!(#span.len()),
            (Mode::Rows, None) => self.code.scope.size(lane.set),
            _ => {
                let count = &self.code.scope.count;
                quote!(#count)
            }
        };
        let (items, sources): (Vec<_>, Vec<_>) = frame.sources.iter().cloned().unzip();
        let (sinks, values): (Vec<_>, Vec<_>) = sinks.into_iter().map(|s| (s.sink, s.item)).unzip();
        let inner = &frame.inner;
        let function = quote!(#[inline(always)] |#position, (#(#items,)*)| { #inner (#(#values,)*) });
        let call = quote!(lanes::sweep(#cpu, #count, (#(#sources,)*), (#(#sinks,)*), #function));
        let results = names.iter().any(|n| n.to_string() != "_");
        let call = if results { quote!(let (#(#names,)*) = #call;) } else { quote!(#call;) };
        let span = frame.lane_span.as_ref().map(|span| (span, frame.range(lane)));
        let span = span.map(|(name, range)| quote!(let #name = #range;));
        let name = &frame.lane_span;
        let looped = frame.looped(match guarded {
            true => quote!(#span if !#name.is_empty() { #call #after }),
            false => quote!(#span #call #after),
        });
        let begin = sums.iter().flatten().map(|sum| &sum.begin);
        let end = sums.iter().flatten().map(|sum| &sum.end);
        Some(quote!(#(#begin)* #looped #(#end)*))
    }

    /// The sum of a row over more than one sweep is added up in double precision, as a sweep does it.
    fn long_sum(&self, frame: &Frame, target: &Target, loops: &[Axis]) -> Option<LongSum> {
        let info = &self.code.kernel.arrays[target.array.0];
        let sums = matches!(target.how, How::Reduce(op) if op.name == "sum") && info.ty == Ty::Real;
        let alone = targets(self.rows).filter(|t| t.array == target.array).count() == 1;
        if loops.is_empty() || !sums || !alone || target.across || !self.is_variable(target.array) {
            return None;
        }
        let (name, total) = (self.array(target.array), frame.fresh(&info.name));
        let early = self.is_declared_early(target.array);
        let end = if early { quote!(#name = F::of(#total);) } else { quote!(let #name = F::of(#total);) };
        Some(LongSum { begin: quote!(let mut #total = 0.0;), end, total })
    }

    /// Whether each element of what is reduced into is the result of one sweep. Elements that a computed index or the span
    /// of a loop passes over are the neutral element.
    fn is_direct(&self, target: &Target, loops: &[Axis], spans: &BTreeMap<Axis, Span>) -> bool {
        let alone = targets(self.rows).filter(|t| t.array == target.array).count() == 1;
        let told = loops.iter().all(|l| target.at.contains(&At::Axis(*l)) && !spans.contains_key(l))
            && target.at.iter().all(|at| matches!(at, At::Axis(_)));
        self.mode == Mode::Rows && !target.across && alone && told && matches!(target.how, How::Reduce(_))
    }
}

impl Frame<'_> {
    /// The loops around some code, with what is computed in each.
    pub fn looped(&self, inner: TokenStream) -> TokenStream {
        let mut code = inner;
        for (level, axis) in self.loops.iter().enumerate().rev() {
            let (before, name) = (&self.levels[level + 1], self.scope().axis(*axis));
            let range = self.range(*axis);
            code = quote!(for #name in #range { #before #code });
        }
        let before = &self.levels[0];
        quote!(#before #code)
    }
}
