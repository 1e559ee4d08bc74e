//! Names that are not known, or something else.

use super::words::names;
use crate::diag::Diag;
use proc_macro2::Ident;

/// A name nothing has. `indexed`: it is used as a tensor.
pub fn unknown_name(name: &Ident, indexed: bool, close: Option<&str>, known: &[String]) -> Diag {
    let text = name.to_string();
    let (set, index) = (text.starts_with(char::is_uppercase), !indexed && text.chars().count() < 3);
    let diag = Diag::new(name, format!("cannot find `{name}`"));
    let diag = match close {
        Some(close) => diag.help(format!("did you mean `{close}`?")),
        None if set => diag.help(format!("an input declares an index set, as in `x: [{name}]`")),
        None if index => {
            diag.help(format!("bind it if it is an index, as in `sum[{name}](..)`, or define it with `let`"))
        }
        None => diag.help("define it with `let`, or declare it as an input or a hyperparameter"),
    };
    diag.note(format!("in scope: {}", names(known)))
}

/// The name of a `let` further down.
pub fn used_before_definition(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is used before it is defined"))
        .help(format!("move `let {name}` up, before its first use"))
}

/// `let m[t] = 0.9 * m[t] + x[t];`
pub fn defined_by_itself(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is defined by itself"))
        .help(format!("define a start value, and write `{name}[..] = ..;` in a `repeat`"))
        .note("a running sum along an index is `cumsum[t](x[t])`")
}

/// `inf`.
pub fn foreign_constant(name: &Ident, instead: &str) -> Diag {
    Diag::new(name, format!("there is no constant `{name}`")).help(format!("write {instead}"))
}

/// The name of a `let` inside a loop, after it.
pub fn local_to_repeat(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is defined inside a `repeat` and not known after it"))
        .help(format!("define `{name}` before the `repeat`, and assign to it inside without `let`"))
}

/// `exp`, `sum[k]`: without operand.
pub fn function_alone(name: &Ident, usage: &str) -> Diag {
    Diag::new(name, format!("`{name}` is a function, but it is not called")).help(format!("write `{usage}`"))
}

/// `CrossEntropy`, without arguments.
pub fn loss_alone(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is a loss, but it is not applied"))
        .help(format!("write `{name}(..)` with its inputs in parentheses"))
}

/// A function nothing has.
pub fn unknown_function(name: &Ident, close: Option<&str>) -> Diag {
    let diag = Diag::new(name, format!("there is no function `{name}`"));
    match close {
        Some(close) => diag.help(format!("did you mean `{close}`?")),
        None => diag.help("the functions are listed in the documentation of `loss!`"),
    }
}

/// A function by the name other libraries give it.
pub fn foreign_function(name: &Ident, ours: &str) -> Diag {
    Diag::new(name, format!("`{name}` is written otherwise here")).help(format!("write `{ours}`"))
}

/// `x(b, k)`.
pub fn value_called(name: &Ident, noun: &str) -> Diag {
    let diag = Diag::new(name, format!("`{name}` is {noun}, not a function"));
    match noun {
        "an input" | "a tensor" => diag.help(format!("indices stand in brackets: `{name}[..]`")),
        _ => diag.help(format!("write `{name} * (..)` for a product")),
    }
}

/// `sum(x[k])`. `index`: one that occurs inside.
pub fn binder_without_index(name: &Ident, index: Option<&Ident>) -> Diag {
    let index = index.map_or_else(|| "k".to_owned(), ToString::to_string);
    Diag::new(name, format!("`{name}` needs the index it runs over"))
        .help(format!("write `{name}[{index}](..)` with the index in brackets"))
}

/// `exp[k](x)`.
pub fn function_with_index(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` works on single values and binds no index"))
        .help(format!("write `{name}(..)`"))
}

/// A definition nothing has.
pub fn unknown_definition(name: &Ident, close: Option<&str>) -> Diag {
    let diag = Diag::new(name, format!("there is no loss `{name}`"));
    match close {
        Some(close) => diag.help(format!("did you mean `{close}`?")),
        None => diag.help("define it in this `loss!`, or use one of the catalogue"),
    }
}

/// `use Name;` of a name that the catalogue does not have.
pub fn unknown_pick(name: &Ident, close: Option<&str>) -> Diag {
    let diag = Diag::new(name, format!("the catalogue has no loss `{name}`"));
    match close {
        Some(close) => diag.help(format!("did you mean `{close}`?")),
        None => diag.help("`dfdx_loss::catalogue` lists its losses"),
    }
}

/// A name that is no tensor, indexed.
pub fn not_a_tensor(name: &Ident, what: &str) -> Diag {
    Diag::new(name, format!("`{name}` is {what}, not a tensor"))
        .help(format!("write `{name}` without brackets"))
}

/// The size of a set that no input has as an axis.
pub fn size_unknown(name: &Ident) -> Diag {
    Diag::new(name, format!("the size of `{name}` is not known"))
        .help(format!("give some input an axis over `{name}`, or write the number of classes: `-> 10`"))
        .note(format!("`{name}` is only the target of a class map"))
}
