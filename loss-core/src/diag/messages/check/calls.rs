//! Functions and binders.

use super::words::{counted, given};
use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

/// A function with another number of arguments. `binder`: there is a binder of that name, too.
pub fn argument_count(name: &Ident, args: &[&str], found: usize, binder: bool) -> Diag {
    let wanted = counted(args.len(), "argument", "arguments");
    let usage = format!("write `{name}({})`", args.join(", "));
    Diag::new(name, format!("`{name}` takes {wanted}, {}", given(found))).help(if binder {
        format!("{usage}, or `{name}[k](x[k])` along an index")
    } else {
        usage
    })
}

/// A binder with another number of operands.
pub fn operand_count(name: &Ident, indices: &[Ident], wanted: usize, found: usize) -> Diag {
    let indices = indices.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let example = match wanted {
        0 => format!("{name}[{indices} | condition]()"),
        1 => format!("{name}[{indices}](x[{indices}])"),
        _ => format!("{name}[{indices}](x[{indices}], y[{indices}])"),
    };
    let wanted = if wanted == 0 { "no operand".into() } else { counted(wanted, "operand", "operands") };
    Diag::new(name, format!("`{name}` takes {wanted}, {}", given(found))).help(format!("write `{example}`"))
}

/// `sort[n | c](..)`.
pub fn order_condition(at: SpanRange, name: &Ident, sum: bool) -> Diag {
    let diag = Diag::new(at, format!("`{name}` takes no condition"));
    if sum {
        return diag.help(format!("leave elements out inside: `{name}[n](if c {{ x[n] }} else {{ 0 }})`"));
    }
    diag.help(format!("move elements to the end inside: `{name}[n](if c {{ x[n] }} else {{ 1e30 }})`"))
}

/// `sort[i, j](..)`.
pub fn order_indices(name: &Ident, indices: &[Ident]) -> Diag {
    let first = indices.first().map_or_else(|| "n".to_owned(), ToString::to_string);
    Diag::new(name, format!("`{name}` runs along one index, {}", given(indices.len())))
        .help(format!("write `{name}[{first}](..)`"))
}
