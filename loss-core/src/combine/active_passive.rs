//! `apl<alpha, beta>(Active(..), Passive(..))`: an active and a passive loss (Ma et al. 2020).

use super::{Combinator, Combined, binary};
use crate::diag::Errors;
use crate::diag::messages::check as say;
use crate::syntax::ast::Expr;

/// The combinator.
pub const APL: Combinator = Combinator {
    name: "apl",
    usage: "apl<alpha = 1.0, beta = 1.0>(Active(..), Passive(..))",
    hypers: &["alpha", "beta"],
    args: 2,
    expand,
    doc: "alpha * active + beta * passive: fits the target class and suppresses the others (Ma et al. 2020).",
};

fn expand(c: &Combined, errors: &mut Errors) -> Option<Expr> {
    check_marks(c, errors)?;
    let active = binary("mul", c.hyper("alpha", 1.0), c.part(0));
    let passive = binary("mul", c.hyper("beta", 1.0), c.part(1));
    Some(binary("add", active, passive))
}

/// Law: the first loss is active, the second passive.
fn check_marks(c: &Combined, errors: &mut Errors) -> Option<()> {
    let (first, second) = (&c.parts[0], &c.parts[1]);
    let (active, passive) = (first.1.marks.active, second.1.marks.passive);
    let exchanged = first.1.marks.passive && second.1.marks.active;
    if !active {
        errors.push(say::not_active(&first.0.name, exchanged));
    }
    if !passive && !exchanged {
        errors.push(say::not_passive(&second.0.name));
    }
    (active && passive).then_some(())
}
