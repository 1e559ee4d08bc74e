//! Expressions: the values of lets as Rust over `F`, `bool` and `i32`.

use super::frame::Frame;
use super::names::ident;
use crate::ir::loops::{At, Beside, LetId, Value};
use crate::ir::{Axis, OpRef, Ty};
use crate::ops::Scalar;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

/// Code for a value.
pub struct Expr {
    /// The code.
    pub code: TokenStream,
    /// Whether it binds tighter than any operator.
    pub atom: bool,
}

impl Expr {
    /// Code that needs no parentheses.
    pub fn atom(code: TokenStream) -> Self {
        Expr { code, atom: true }
    }

    /// Code with an operator outside.
    pub fn loose(code: TokenStream) -> Self {
        Expr { code, atom: false }
    }

    /// As an operand.
    pub fn tight(self) -> TokenStream {
        let code = self.code;
        if self.atom { code } else { quote!((#code)) }
    }
}

/// A real constant of a stage.
pub fn constant(value: f64) -> Expr {
    constant_of(&ident("F"), value)
}

/// A constant of a type.
pub fn constant_of(real: &Ident, value: f64) -> Expr {
    let number = |value: f64| {
        // Rust's own shortest form, with an exponent where that is shorter.
        let value: TokenStream = format!("{value:?}").parse().expect("a finite number");
        quote!(#real::of(#value))
    };
    match value {
        0.0 if value.is_sign_positive() => Expr::atom(quote!(#real::zero())),
        1.0 => Expr::atom(quote!(#real::one())),
        f64::INFINITY => Expr::atom(quote!(#real::infinity())),
        f64::NEG_INFINITY => Expr::atom(quote!(#real::neg_infinity())),
        _ if value.is_nan() => Expr::atom(quote!(#real::nan())),
        _ if value.is_sign_negative() => {
            let number = number(-value);
            Expr::loose(quote!(-#number))
        }
        _ => Expr::atom(number(value)),
    }
}

impl Frame<'_> {
    /// The value of a let: its variable, or an expression.
    pub fn expr(&self, id: LetId) -> Expr {
        let id = self.resolved(id);
        match self.bound.get(&id) {
            Some(name) => Expr::atom(quote!(#name)),
            None => self.definition(id),
        }
    }

    /// The expression that a let is.
    pub fn definition(&self, id: LetId) -> Expr {
        let scope = self.scope();
        match &self.body.rows.lets[id.0].value {
            Value::Const(value) => constant(*value),
            Value::Truth(holds) => Expr::atom(quote!(#holds)),
            Value::Element(i) => Expr::atom(Literal::i32_unsuffixed(*i as i32).into_code()),
            Value::Hyper(i) => {
                let name = &scope.hypers[*i];
                Expr::atom(quote!(#name))
            }
            Value::HyperArray(i, at) => {
                let (name, index) = (&scope.hypers[*i], self.index(*at));
                Expr::atom(quote!(#name[#index]))
            }
            Value::Size(set) => {
                let size = scope.size(*set);
                Expr::atom(quote!(F::of(#size as f64)))
            }
            Value::Position(axis) => self.position(*axis),
            Value::Beside(place) => Expr::loose(beside(place, |axis| self.position(axis).tight())),
            Value::Load(array, at) => self.element(*array, at),
            Value::Op(op, args) => self.op(*op, args),
        }
    }

    /// The number of an iteration.
    fn position(&self, axis: Axis) -> Expr {
        if self.lane == Some(axis) {
            return self.lane_position();
        }
        let name = self.place_of(axis);
        Expr::loose(quote!(#name as i32))
    }

    /// An index as Rust indexes by it.
    pub fn index(&self, at: At) -> TokenStream {
        match at {
            At::Axis(axis) => self.place_of(axis),
            At::Computed(id) => {
                let id = self.resolved(id);
                match &self.body.rows.lets[id.0].value {
                    Value::Element(i) => Literal::usize_unsuffixed(*i).into_code(),
                    Value::Position(axis) => self.place_of(*axis),
                    Value::Beside(place) => beside(place, |axis| self.place_of(axis)),
                    Value::Load(array, at) if !self.bound.contains_key(&id) => self.index_element(*array, at),
                    _ => {
                        let code = self.expr(id).tight();
                        quote!(#code as usize)
                    }
                }
            }
        }
    }

    fn op(&self, op: OpRef, args: &[LetId]) -> Expr {
        let cpu = &self.scope().cpu;
        let operand = |i: usize| self.expr(args[i]);
        match op.scalar {
            Scalar::Infix(symbol) => {
                let symbol: TokenStream = symbol.parse().expect("an operator of the table");
                let (x, y) = (operand(0).tight(), operand(1).tight());
                Expr::loose(quote!(#x #symbol #y))
            }
            Scalar::Prefix(symbol) => {
                let symbol: TokenStream = symbol.parse().expect("an operator of the table");
                let x = operand(0).tight();
                Expr::loose(quote!(#symbol #x))
            }
            Scalar::Method(_) | Scalar::Function(_) => {
                let name = ident(op.name);
                let operands = (0..args.len()).map(|i| operand(i).code);
                Expr::atom(quote!(#cpu.#name(#(#operands),*)))
            }
            Scalar::If => {
                let (c, a, b) = (operand(0).code, operand(1).code, operand(2).code);
                Expr::loose(quote!(if #c { #a } else { #b }))
            }
            Scalar::Cast => {
                let x = operand(0);
                let code = match self.body.rows.lets[self.resolved(args[0]).0].ty {
                    Ty::Bool => quote!(of_truth),
                    _ => quote!(of_index),
                };
                let x = x.code;
                Expr::atom(quote!(F::#code(#x)))
            }
            Scalar::Silent => operand(0),
        }
    }
}

/// `t_at + k_at - 2`: what is subtracted comes last, so that nothing on the way is below 0.
pub fn beside(place: &Beside, number: impl Fn(Axis) -> TokenStream) -> TokenStream {
    let by = Literal::u32_unsuffixed(place.by.unsigned_abs()).into_code();
    let plus = place.plus.iter().map(|&axis| number(axis)).chain((place.by > 0).then(|| by.clone()));
    let minus = place.minus.iter().map(|&axis| number(axis)).chain((place.by < 0).then(|| by.clone()));
    let sum = plus.reduce(|a, b| quote!(#a + #b)).unwrap_or_else(|| quote!(0));
    minus.fold(sum, |a, b| quote!(#a - #b))
}

/// Literals as code.
pub trait IntoCode {
    /// The code.
    fn into_code(self) -> TokenStream;
}

impl IntoCode for Literal {
    fn into_code(self) -> TokenStream {
        quote!(#self)
    }
}
