//! Names in the wrong form.

use crate::diag::Diag;
use proc_macro2::Ident;

/// `r#type`.
pub fn raw_name(name: &Ident, plain: &str) -> Diag {
    Diag::new(name, format!("`{name}` is a raw identifier")).help(format!("use a name other than `{plain}`"))
}

/// A keyword as a name.
pub fn reserved_word(name: &Ident, what: &str) -> Diag {
    Diag::new(name, format!("expected {what}, found the reserved word `{name}`")).help("choose another name")
}

/// `LogP` for a value.
pub fn not_lower_case(name: &Ident, what: &str, lower: &str) -> Diag {
    Diag::new(name, format!("the name of {} must be lower-case", bare(what)))
        .help(format!("write `{lower}`"))
        .note("upper-case names are index sets and losses")
}

/// `__` for a value.
pub fn no_letter(name: &Ident, what: &str) -> Diag {
    Diag::new(name, format!("the name of {} needs a letter", bare(what)))
}

/// "the name of a tensor" as "a tensor".
fn bare(what: &str) -> &str {
    what.strip_prefix("the name of ").unwrap_or(what)
}

/// `[b, k]` in the type of an input.
pub fn set_not_upper(name: &Ident, upper: &str) -> Diag {
    Diag::new(name, format!("the index set `{name}` must start with an upper-case letter"))
        .help(format!("write `{upper}`"))
        .note("lower-case names are indices; they appear in the body only")
}

/// `focal_loss` for a loss.
pub fn loss_not_camel(name: &Ident, camel: &str) -> Diag {
    Diag::new(name, format!("the name of the loss `{name}` must be upper camel case"))
        .help(format!("write `{camel}`"))
}
