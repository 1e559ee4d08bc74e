//! Where the elements of arrays are, and how single ones are read.

use super::expr::{Expr, IntoCode, beside};
use super::frame::Frame;
use crate::ir::loops::{ArrayId, At, LetId, Place, Value};
use crate::ir::{Axis, Ty};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

/// Where the elements of an array are that a sweep meets.
pub struct Address {
    /// Where the first one is; `None` is 0.
    pub start: Option<TokenStream>,
    /// From one lane to the next; `None`: all lanes meet the same one.
    pub step: Option<TokenStream>,
    /// An index that differs from lane to lane, and the distance of elements along it.
    pub gather: Option<(LetId, TokenStream)>,
}

impl Address {
    /// The start as an expression.
    pub fn start(&self) -> TokenStream {
        self.start.clone().unwrap_or_else(|| quote!(0))
    }

    /// Whether lanes are neighbours.
    pub fn is_dense(&self) -> bool {
        self.gather.is_none() && self.step.as_ref().is_some_and(|step| step.to_string() == "1")
    }
}

/// An index along one axis of an array.
enum Index {
    /// The same for all lanes.
    Fixed(TokenStream),
    /// Counts with the lanes, from here.
    Lane(Option<TokenStream>),
    /// Differs from lane to lane.
    Gather(LetId),
}

/// `b * k`, with parentheses where they are needed.
pub fn times(a: &TokenStream, b: &TokenStream) -> TokenStream {
    let plain = a.clone().into_iter().count() == 1;
    if plain { quote!(#a * #b) } else { quote!((#a) * #b) }
}

/// `a + b`, or `a` if `b` is 0.
fn plus_of(a: TokenStream, b: TokenStream) -> TokenStream {
    if b.to_string() == "0" { a } else { quote!(#a + #b) }
}

/// Cells of an array from an element on.
pub fn from(name: &Ident, start: &TokenStream) -> TokenStream {
    if start.to_string() == "0" { quote!(#name) } else { quote!(&#name[#start..]) }
}

impl Frame<'_> {
    /// Where a sweep meets an array; `None` if it takes more than one index that differs from lane to lane.
    pub fn address(&self, array: ArrayId, at: &[At]) -> Option<Address> {
        let info = &self.body.code.kernel.arrays[array.0];
        let local = self.body.is_local(array);
        let mut found = Address { start: None, step: None, gather: None };
        for (p, &at) in at.iter().enumerate() {
            let (size, stride) = (self.scope().size(info.axes[p].set), self.stride(&info.axes[p + 1..]));
            let index = match self.along(at)? {
                Index::Fixed(_) | Index::Lane(_) if p == 0 && local => self.own_row(),
                index => index,
            };
            let plus = match index {
                Index::Fixed(code) => Some(code),
                Index::Lane(from) => {
                    let step = stride.clone();
                    found.step = Some(match found.step.take() {
                        Some(other) => quote!(#other + #step),
                        None => step,
                    });
                    from
                }
                Index::Gather(id) => {
                    if found.gather.replace((id, stride)).is_some() {
                        return None;
                    }
                    None
                }
            };
            found.start = match (found.start.take(), plus) {
                (None, plus) => plus,
                (Some(start), None) => Some(times(&start, &size)),
                (Some(start), Some(plus)) => Some(plus_of(times(&start, &size), plus)),
            };
        }
        if self.body.mode.is_lanes() && info.place == Place::Row {
            found = self.beside_others(found);
        }
        Some(found)
    }

    /// An array of the row, when rows are computed side by side: each element is a whole line of lanes. At the row's own
    /// index, the next lane stands in the next line, too.
    fn beside_others(&self, plain: Address) -> Address {
        let start = plain.start.map(|start| times(&start, &quote!(LANES)));
        let gather = plain.gather.map(|(id, stride)| (id, quote!(#stride * LANES)));
        let step = match plain.step {
            Some(lines) => {
                let lines = times(&lines, &quote!(LANES));
                quote!(#lines + 1)
            }
            None => quote!(1),
        };
        Address { start, step: Some(step), gather }
    }

    /// The outer index of an array that this stage writes: only the chunk's own rows are in the array.
    fn own_row(&self) -> Index {
        let row = &self.scope().row;
        if self.body.mode.is_lanes() { Index::Lane(Some(quote!(#row))) } else { Index::Fixed(quote!(#row)) }
    }

    fn along(&self, at: At) -> Option<Index> {
        Some(match at {
            At::Axis(axis) => self.along_axis(axis),
            At::Computed(id) => {
                let id = self.resolved(id);
                match &self.body.rows.lets[id.0].value {
                    Value::Position(axis) => self.along_axis(*axis),
                    // Backwards, lanes are no neighbours.
                    Value::Beside(place) if place.minus.iter().any(|axis| self.lane == Some(*axis)) => {
                        return None;
                    }
                    Value::Beside(place) => {
                        let start = beside(place, |axis| match self.along_axis(axis) {
                            Index::Fixed(at) | Index::Lane(Some(at)) => at,
                            _ => quote!(0),
                        });
                        let in_lanes = place.plus.iter().any(|axis| self.lane == Some(*axis));
                        if in_lanes { Index::Lane(Some(start)) } else { Index::Fixed(start) }
                    }
                    Value::Element(i) => Index::Fixed(Literal::usize_unsuffixed(*i).into_code()),
                    _ if self.in_lanes(id) => Index::Gather(id),
                    _ => Index::Fixed(self.index(at)),
                }
            }
        })
    }

    fn along_axis(&self, axis: Axis) -> Index {
        if self.lane != Some(axis) {
            return Index::Fixed(self.place_of(axis));
        }
        let first = &self.scope().first;
        match &self.lane_span {
            Some(span) => Index::Lane(Some(quote!(#span.start))),
            None => Index::Lane(self.body.mode.is_lanes().then(|| quote!(#first))),
        }
    }

    fn stride(&self, inner: &[Axis]) -> TokenStream {
        if inner.is_empty() { quote!(1) } else { self.scope().product_of(inner) }
    }

    /// The place of a single element.
    pub fn offset(&self, array: ArrayId, at: &[At]) -> TokenStream {
        let info = &self.body.code.kernel.arrays[array.0];
        let local = self.body.is_local(array);
        let row = &self.scope().row;
        let mut offset: Option<TokenStream> = None;
        for (p, &at) in at.iter().enumerate() {
            let size = self.scope().size(info.axes[p].set);
            let index = if p == 0 && local { quote!(#row) } else { self.index(at) };
            offset = Some(match offset {
                None => index,
                Some(outer) => plus_of(times(&outer, &size), index),
            });
        }
        offset.unwrap_or_else(|| quote!(0))
    }

    /// A single element.
    pub fn element(&self, array: ArrayId, at: &[At]) -> Expr {
        let (info, name) = (&self.body.code.kernel.arrays[array.0], self.body.array(array));
        if self.body.is_variable(array) {
            return Expr::atom(quote!(#name));
        }
        let offset = self.offset(array, at);
        if info.place == Place::Input(self.scope().upstream) {
            return Expr::atom(quote!(#name.at(#offset)));
        }
        let element = match self.body.home(array) {
            Some(_) => quote!(#name[#offset].get()),
            None => quote!(#name[#offset]),
        };
        match (info.ty, matches!(info.place, Place::Input(_))) {
            (Ty::Real, _) | (Ty::Bool, true) => Expr::atom(element),
            (Ty::Index(_), true) => Expr::loose(quote!(#element as i32)),
            (Ty::Bool, false) => Expr::atom(quote!(#element.to_truth())),
            (Ty::Index(_), false) => Expr::atom(quote!(#element.to_index())),
        }
    }

    /// A single element of an array of indices, as an index.
    pub fn index_element(&self, array: ArrayId, at: &[At]) -> TokenStream {
        let info = &self.body.code.kernel.arrays[array.0];
        if matches!(info.place, Place::Input(_)) {
            let (name, offset) = (self.body.array(array), self.offset(array, at));
            return quote!(#name[#offset]);
        }
        let element = self.element(array, at).tight();
        quote!(#element as usize)
    }

    /// What a sweep reads of an array, and how its items are converted; `None` if there is no such source.
    pub fn source(&self, array: ArrayId, at: &[At]) -> Option<(TokenStream, Option<&'static str>)> {
        let (info, name) = (&self.body.code.kernel.arrays[array.0], self.body.array(array));
        let address = self.address(array, at)?;
        let start = address.start();
        if info.place == Place::Input(self.scope().upstream) {
            let step = address.step.clone().filter(|_| address.gather.is_none())?;
            let source = if address.is_dense() {
                quote!(#name.dense(#start))
            } else {
                quote!(#name.strided(#start, #step))
            };
            return Some((source, None));
        }
        if self.body.home(array).is_some() {
            let cells = from(name, &start);
            return address.is_dense().then(|| (quote!(InPlace(#cells)), None));
        }
        let from_input = matches!(info.place, Place::Input(_));
        let converted = match (info.ty, from_input) {
            (Ty::Real, _) | (_, true) => None,
            (Ty::Bool, false) => Some("to_truth"),
            (Ty::Index(_), false) => Some("to_index"),
        };
        if address.is_dense() {
            let kind = match (info.ty, from_input) {
                (Ty::Real, _) => quote!(Dense),
                (Ty::Bool, true) => quote!(Mask),
                (Ty::Index(_), true) => quote!(Classes),
                (Ty::Bool, false) => quote!(Truths),
                (Ty::Index(_), false) => quote!(Indices),
            };
            return Some((quote!(#kind(&#name[#start..])), None));
        }
        let step = address.step.clone().unwrap_or_else(|| quote!(0));
        let source = match &address.gather {
            Some((id, stride)) => {
                let index = self.index_source(*id)?;
                quote!(Pick { data: &#name[..], start: #start, step: #step, index: #index, stride: #stride })
            }
            None => quote!(Strided { data: &#name[..], start: #start, step: #step }),
        };
        Some((source, converted))
    }

    /// A source of indices.
    fn index_source(&self, id: LetId) -> Option<TokenStream> {
        match &self.body.rows.lets[self.resolved(id).0].value {
            Value::Load(array, at) => match self.source(*array, at)? {
                (source, None) => Some(source),
                (_, Some(_)) => None,
            },
            _ => None,
        }
    }
}
