//! Named terms: their sum, with learned weights in `uncertainty`, and what is reported of them.

use super::{Composer, Work, at, fresh};
use crate::diag::Errors;
use crate::diag::messages::compose as say;
use crate::syntax::ast::{AxisName, Def, Element, Expr, ExprKind, Held, Marks, Role, Term, Terms, Weighting};
use crate::syntax::expression;
use crate::syntax::walk;
use crate::types::constant;
use proc_macro2::Ident;

/// A way to weight terms by uncertainties. `u` is the learned number of a term, `kind` 1 for classification and 1/2 for
/// regression.
struct Form {
    name: &'static str,
    learned: &'static str,
    initial: f64,
    weight: &'static str,
    penalty: &'static str,
    sigma: &'static str,
}

/// Kendall, Gal and Cipolla 2018 in log-variances and in sigmas; Liebel and Koerner 2018.
const FORMS: &[Form] = &[
    Form {
        name: "log_variance",
        learned: "log_variance",
        initial: 0.0,
        weight: "kind * exp(-u)",
        penalty: "0.5 * u",
        sigma: "exp(0.5 * u)",
    },
    Form {
        name: "sigma",
        learned: "sigma",
        initial: 1.0,
        weight: "kind / u^2",
        penalty: "ln(abs(u))",
        sigma: "abs(u)",
    },
    Form {
        name: "revised",
        learned: "sigma",
        initial: 1.0,
        weight: "0.5 / u^2",
        penalty: "log1p(u^2)",
        sigma: "abs(u)",
    },
];

/// A term taken apart: what it adds is `weight * value + penalty`.
struct Apart {
    name: String,
    value: Expr,
    weight: Expr,
    penalty: Option<Expr>,
    sigma: Option<Expr>,
}

impl Work {
    /// Makes the value of the named terms, if there are some, and the definition of what is reported.
    pub(super) fn terms(&mut self, composer: &mut Composer, errors: &mut Errors) -> Option<Def> {
        let Terms { weighting, list } = self.plain.terms.take()?;
        let mut apart: Vec<Apart> = list.iter().map(|term| self.apart(term)).collect();
        for term in &apart {
            if constant(&term.weight).is_some_and(|weight| weight < 0.0) {
                errors.push(say::negative_weight(term.weight.range, &term.name));
            }
        }
        if let Some(weighting) = &weighting {
            self.weigh(weighting, &list, &mut apart, composer, errors);
        }
        let added = list.iter().zip(&apart).map(|(term, apart)| match apart.penalty {
            Some(_) => apart.added(&term.value),
            None => term.value.clone(),
        });
        self.plain.value = added.reduce(|x, y| binary("add", x, y))?;
        self.extras.terms = apart.iter().map(|term| term.name.clone()).collect();
        self.extras.sigmas = apart.iter().any(|term| term.sigma.is_some());
        Some(self.parts(apart))
    }

    /// `w * Loss(..)`, `Loss(..) * w`, `Loss(..) / w`: what is a number of hyperparameters is the weight.
    fn apart(&self, term: &Term) -> Apart {
        let one = at(ExprKind::Number(1.0), &term.value);
        let (weight, value) = match &term.value.kind {
            ExprKind::Binary("mul", x, y) if self.is_number(x) => ((**x).clone(), (**y).clone()),
            ExprKind::Binary("mul", x, y) if self.is_number(y) => ((**y).clone(), (**x).clone()),
            ExprKind::Binary("div", x, y) if self.is_number(y) => {
                (binary("div", one, (**y).clone()), (**x).clone())
            }
            _ => (one, term.value.clone()),
        };
        Apart { name: term.name.to_string(), value, weight, penalty: None, sigma: None }
    }

    /// Whether no tensor is in an expression.
    fn is_number(&self, expr: &Expr) -> bool {
        let mut number = true;
        walk::bottom_up(&mut expr.clone(), &mut |part| {
            number &= match &part.kind {
                ExprKind::Name(name) => self.plain.hypers.iter().any(|h| h.name == *name),
                ExprKind::Index(..) | ExprKind::Bind(_) | ExprKind::Apply(_) => false,
                _ => true,
            };
        });
        number
    }

    /// Learned weights.
    fn weigh(
        &mut self,
        weighting: &Weighting,
        list: &[Term],
        apart: &mut [Apart],
        composer: &mut Composer,
        errors: &mut Errors,
    ) {
        let form = form(weighting, errors);
        let name = Ident::new(&fresh(form.learned, &mut self.taken()), weighting.name.span());
        let range = (&weighting.name).into();
        for (i, (term, apart)) in list.iter().zip(apart).enumerate() {
            let number = Expr { kind: ExprKind::Number(i as f64), range };
            let u = Expr { kind: ExprKind::Index(name.clone(), vec![number]), range };
            let kind = if is_classification(term, composer) { 1.0 } else { 0.5 };
            let formula = |text: &str| filled(text, &u, kind);
            apart.weight = match apart.weight.kind {
                ExprKind::Number(1.0) => formula(form.weight),
                _ => binary("mul", apart.weight.clone(), formula(form.weight)),
            };
            apart.penalty = Some(formula(form.penalty));
            apart.sigma = Some(formula(form.sigma));
        }
        let initial = Expr { kind: ExprKind::Number(form.initial), range };
        let docs = vec!["The uncertainties of the terms, in their order.".to_owned()];
        let axes = vec![AxisName::Fixed(list.len(), range)];
        self.hold(Held { role: Role::Learned, name, docs, axes, initial, range });
    }

    /// The loss, then for each term its value, weight and sigma, none of which is differentiated.
    fn parts(&self, apart: Vec<Apart>) -> Def {
        let constant = |expr: Expr| {
            let detach = Ident::new("detach", expr.range.first);
            let range = expr.range;
            Expr { kind: ExprKind::Call(detach, vec![expr]), range }
        };
        let mut parts = vec![self.plain.value.clone()];
        for term in apart {
            parts.extend([constant(term.value), constant(term.weight)]);
            parts.extend(term.sigma.map(constant));
        }
        let value = at(ExprKind::Parts(parts), &self.plain.value);
        let name = Ident::new(&format!("{}Parts", self.plain.name), self.plain.name.span());
        let marks = Marks { graph: self.plain.marks.graph, parts: true, ..Marks::default() };
        Def { name, value, marks, docs: vec![], attrs: Default::default(), ..self.plain.clone() }
    }
}

impl Apart {
    /// `weight * value + penalty`.
    fn added(&self, place: &Expr) -> Expr {
        let weighted = binary("mul", self.weight.clone(), self.value.clone());
        let mut sum = match &self.penalty {
            Some(penalty) => binary("add", weighted, penalty.clone()),
            None => weighted,
        };
        sum.range = place.range;
        sum
    }
}

fn form(weighting: &Weighting, errors: &mut Errors) -> &'static Form {
    let mut chosen = &FORMS[0];
    let known: Vec<&str> = FORMS.iter().map(|form| form.name).collect();
    for (option, value) in &weighting.options {
        if option != "form" {
            errors.push(say::unknown_option(option, &weighting.name, &["form"]));
        } else if let Some(form) = FORMS.iter().find(|form| value == form.name) {
            chosen = form;
        } else {
            errors.push(say::unknown_form(value, &known));
        }
    }
    chosen
}

/// As stated; else whether the loss is marked as one for classes or takes class indices.
fn is_classification(term: &Term, composer: &mut Composer) -> bool {
    if let Some(kind) = &term.kind {
        return kind == "classification";
    }
    let mut found = false;
    walk::bottom_up(&mut term.value.clone(), &mut |part| {
        let ExprKind::Apply(app) = &part.kind else { return };
        let Some(applied) = composer.get(&app.name.to_string()) else { return };
        let Marks { active, passive, .. } = applied.written.marks;
        let classes = applied.written.inputs.iter().any(|i| matches!(i.element, Element::Class(_)));
        found |= active || passive || classes;
    });
    found
}

/// A formula of the table for one term.
fn filled(text: &str, u: &Expr, kind: f64) -> Expr {
    let mut formula = expression(text).unwrap_or_else(|_| u.clone());
    walk::bottom_up(&mut formula, &mut |part| {
        part.range = u.range;
        match &part.kind {
            ExprKind::Name(name) if name == "u" => *part = u.clone(),
            ExprKind::Name(name) if name == "kind" => part.kind = ExprKind::Number(kind),
            ExprKind::Binary("mul", x, y) if matches!(x.kind, ExprKind::Number(1.0)) => *part = (**y).clone(),
            _ => {}
        }
    });
    formula
}

/// `x op y` at the place of `x`.
fn binary(op: &'static str, x: Expr, y: Expr) -> Expr {
    let range = x.range;
    Expr { kind: ExprKind::Binary(op, Box::new(x), Box::new(y)), range }
}
