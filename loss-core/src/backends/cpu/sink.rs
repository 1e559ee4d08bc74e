//! What loops do with their values.

use super::access::{Address, from};
use super::expr::{Expr, constant};
use super::frame::Frame;
use super::names::ident;
use crate::ir::Ty;
use crate::ir::loops::{How, Place, Target};
use proc_macro2::TokenStream;
use quote::quote;

/// What a sweep does with one value of each position.
pub struct Sink {
    /// The sink.
    pub sink: TokenStream,
    /// The item.
    pub item: TokenStream,
    /// Whether the sweep gives a result for it, and whether this is in double precision.
    pub result: Option<Wide>,
}

/// Whether a result is in double precision.
pub type Wide = bool;

/// The function of the runtime that takes a value into an element.
fn taking(how: How) -> &'static str {
    match how {
        How::Set => "set",
        How::Add => "add",
        How::Reduce(op) => match op.name {
            "sum" => "add",
            "prod" => "mul",
            "max" | "any" => "max",
            "peak" => "peak",
            "min" | "all" => "min",
            name => unreachable!("`{name}` is not reduced into"),
        },
    }
}

/// The function of the runtime that chooses one of two values.
fn better(reducer: &str) -> &'static str {
    match reducer {
        "max" => "larger",
        "min" => "smaller",
        _ => "above",
    }
}

/// What nothing adds up to.
pub fn neutral(how: How) -> f64 {
    match how {
        How::Set | How::Add => 0.0,
        How::Reduce(op) => op.neutral,
    }
}

impl Frame<'_> {
    /// The sink of a target, of a sum in double precision if it is a long one; `None` if there is none.
    pub fn sink(&self, target: &Target, long_sum: bool) -> Option<Sink> {
        let address = self.address(target.array, &target.at)?;
        if address.step.is_none() && address.gather.is_none() {
            return self.reduction(target, long_sum);
        }
        let (start, taking) = (address.start(), taking(target.how));
        if target.how == How::Set && target.given.is_some() {
            return None;
        }
        let (name, value) = (self.body.array(target.array), self.item(target));
        if let Some(cells) = self.cells(target) {
            return Some(Sink { sink: quote!(InPlace(#cells)), item: value, result: None });
        }
        if let Some((index, stride)) = &address.gather {
            let (index, step) = (self.expr(*index).code, address.step.unwrap_or_else(|| quote!(0)));
            let sink = quote!(AddAt { data: &mut *#name, start: #start, step: #step, stride: #stride });
            return (taking == "add").then(|| Sink { sink, item: quote!((#index, #value)), result: None });
        }
        let sink = match (taking, address.is_dense()) {
            ("set", true) => "Store",
            ("add", true) => "AddTo",
            ("mul", true) => "MulTo",
            ("max", true) => "MaxTo",
            ("peak", true) => "PeakTo",
            ("min", true) => "MinTo",
            ("set", false) => "StoreStrided",
            ("add", false) => "AddStrided",
            _ => return None,
        };
        let (sink, step) = (ident(sink), address.step.clone());
        let sink = match address.is_dense() {
            true => quote!(#sink(element::from(#name, #start))),
            false => quote!(#sink { data: &mut *#name, start: #start, step: #step }),
        };
        Some(Sink { sink, item: value, result: None })
    }

    /// Where a target writes in the row of a gradient in which another array lives.
    fn cells(&self, target: &Target) -> Option<TokenStream> {
        let (array, at) = match self.body.guest(target) {
            Some(guest) => (guest, &target.at[1..]),
            None => (target.array, &target.at[..]),
        };
        self.body.home(array)?;
        let address = self.address(array, at).filter(Address::is_dense)?;
        Some(from(self.body.array(array), &address.start()))
    }

    /// A sink that reduces along the lanes.
    fn reduction(&self, target: &Target, long_sum: bool) -> Option<Sink> {
        let total = long_sum || target.across && self.body.is_sum(target.array);
        let sink = match (target.how, taking(target.how)) {
            (How::Set, _) => return None,
            _ if total => "Total",
            (How::Reduce(op), _) if op.name == "any" => "Any",
            (How::Reduce(op), _) if op.name == "all" => "All",
            (_, "add") => "Sum",
            (_, "mul") => "Prod",
            (_, "max") => "Max",
            (_, "peak") => "Peak",
            (_, "min") => "Min",
            _ => return None,
        };
        let sink = ident(sink);
        let value = self.native_item(target);
        Some(Sink { sink: quote!(#sink::new()), item: value, result: Some(total) })
    }

    /// The value where the condition holds, else what changes nothing.
    fn native_item(&self, target: &Target) -> TokenStream {
        let value = self.expr(target.value).code;
        let Some(given) = target.given else { return value };
        let (given, rest) = (self.expr(given), constant(neutral(target.how)).code);
        match (self.ty(target.value), neutral(target.how) != 0.0) {
            (Ty::Bool, true) => {
                let (given, value) = (given.tight(), self.expr(target.value).tight());
                quote!(!#given || #value)
            }
            (Ty::Bool, false) => {
                let (given, value) = (given.tight(), self.expr(target.value).tight());
                quote!(#given && #value)
            }
            _ => {
                let given = given.code;
                quote!(if #given { #value } else { #rest })
            }
        }
    }

    /// The same, as a number that an array can hold.
    fn item(&self, target: &Target) -> TokenStream {
        let value = self.native_item(target);
        self.stored(target, Expr::loose(value))
    }

    /// A value as an array holds it.
    fn stored(&self, target: &Target, value: Expr) -> TokenStream {
        let value = value.code;
        match self.ty(target.value) {
            Ty::Real => value,
            Ty::Bool => quote!(F::of_truth(#value)),
            Ty::Index(_) => quote!(F::of_index(#value)),
        }
    }

    /// `array[at] += value;` once.
    pub fn take(&self, target: &Target) -> TokenStream {
        self.given(target, self.take_value(target, self.expr(target.value), false))
    }

    /// Code for where a target's condition holds.
    pub fn given(&self, target: &Target, code: TokenStream) -> TokenStream {
        match target.given {
            None => code,
            Some(given) => {
                let given = self.expr(given).code;
                quote!(if #given { #code })
            }
        }
    }

    /// Takes a value into its place. It is the only one if `direct`, so that what is there does not matter.
    pub fn take_value(&self, target: &Target, value: Expr, direct: bool) -> TokenStream {
        let name = self.body.array(target.array);
        if self.body.is_sum(target.array) {
            let value = value.tight();
            return quote!(#name += #value.to_f64(););
        }
        let how = if direct { How::Set } else { target.how };
        if self.body.is_variable(target.array) {
            return self.take_variable(target, value, how);
        }
        let guest = self.body.guest(target);
        if let Some(array) = guest.or_else(|| self.body.home(target.array).map(|_| target.array)) {
            let at = &target.at[usize::from(guest.is_some())..];
            let (name, offset, value) =
                (self.body.array(array), self.offset(array, at), self.stored(target, value));
            return quote!(#name[#offset].set(#value););
        }
        let (offset, value) = (self.offset(target.array, &target.at), self.stored(target, value));
        let place = self.body.code.kernel.arrays[target.array.0].place;
        match (taking(how), matches!(place, Place::Value | Place::Gradient(_))) {
            ("set", false) => quote!(#name[#offset] = #value;),
            ("add", false) => quote!(#name[#offset] += #value;),
            ("mul", false) => quote!(#name[#offset] *= #value;),
            (function, _) => {
                let function = ident(function);
                quote!(element::#function(#name, #offset, #value);)
            }
        }
    }

    fn take_variable(&self, target: &Target, value: Expr, how: How) -> TokenStream {
        let name = self.body.array(target.array);
        let How::Reduce(op) = how else {
            let value = value.code;
            let early = self.body.is_declared_early(target.array);
            return if early { quote!(#name = #value;) } else { quote!(let #name = #value;) };
        };
        match op.name {
            "any" => {
                let value = value.tight();
                quote!(#name |= #value;)
            }
            "all" => {
                let value = value.tight();
                quote!(#name &= #value;)
            }
            "max" | "min" | "peak" => {
                let (better, value) = (ident(better(op.name)), value.code);
                quote!(#name = element::#better(#name, #value);)
            }
            name_of => {
                let value = value.code;
                if name_of == "prod" { quote!(#name *= #value;) } else { quote!(#name += #value;) }
            }
        }
    }
}
