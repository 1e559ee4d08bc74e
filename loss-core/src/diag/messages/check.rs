//! What the checker reports.

use crate::diag::{Diag, SpanRange, suggest::listed};
use proc_macro2::Ident;

fn names(list: &[String]) -> String {
    listed(list.iter().map(String::as_str))
}

fn brackets(axes: &[String]) -> String {
    format!("[{}]", axes.join(", "))
}

// ---- definitions and heads ----

/// Two definitions of one name.
pub fn duplicate_definition(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is defined twice")).help("give one of the two another name")
}

/// One name twice in a list.
pub fn duplicate_name(name: &Ident, among: &str) -> Diag {
    Diag::new(name, format!("the name `{name}` appears twice among the {among}"))
        .help("give one of them another name")
}

/// A name that generated code needs.
pub fn reserved_name(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` cannot be used as a name here")).help("choose another name")
}

/// A definition without inputs.
pub fn no_inputs(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` has no inputs"))
        .help(format!("declare what it is computed from: `{name}(logits: [B, K], target: [B] -> K)`"))
}

/// A hyperparameter without default.
pub fn missing_default(name: &Ident) -> Diag {
    Diag::new(name, format!("the hyperparameter `{name}` has no default"))
        .help(format!("write `{name} = 1.0`"))
        .note("the generated type implements `Default`")
}

/// A default that is computed from something.
pub fn default_not_constant(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the default of `{name}` is not a constant"))
        .help("write a number, or arithmetic on numbers")
}

/// A default or a given value outside the declared domain.
pub fn outside_domain(at: SpanRange, name: &Ident, value: f64, domain: &str) -> Diag {
    Diag::new(at, format!("`{name}` is {value}, outside its domain `{domain}`"))
        .help("change the value or the domain")
}

/// A fraction or a negative number for an integer.
pub fn integer_wanted(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` is declared `usize`, but its value is not a whole number from 0"))
        .help(format!("write a whole number, or declare it real: `{name} = 0.5`"))
}

/// An array of another length.
pub fn array_length(at: SpanRange, name: &Ident, wanted: usize, found: usize) -> Diag {
    Diag::new(at, format!("`{name}` has {wanted} places, but {found} values are given"))
        .help(format!("give {wanted} values, or declare it `[f64; {found}]`"))
}

/// A number where an array is wanted.
pub fn array_wanted(at: SpanRange, name: &Ident, places: usize) -> Diag {
    Diag::new(at, format!("`{name}` is an array of {places}, but one number is given"))
        .help("write the values in brackets: `[1.0, 0.0]`")
}

/// An array where a number is wanted.
pub fn scalar_wanted(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` is one number, but a list is given"))
        .help(format!("declare an array: `{name}: [f64; 2] = [1.0, 0.0]`"))
}

/// A domain on indices or conditions.
pub fn domain_on_non_real(at: SpanRange, name: &Ident, what: &str) -> Diag {
    Diag::new(at, format!("`{name}` holds {what}, which have no domain"))
        .help("remove `in ..`; class indices are checked against their set")
}

/// An input that the body does not use.
pub fn unused_input(name: &Ident) -> Diag {
    Diag::new(name, format!("the input `{name}` is never used")).help("use it in the body, or remove it")
}

/// A hyperparameter that the body does not use.
pub fn unused_hyper(name: &Ident) -> Diag {
    Diag::new(name, format!("the hyperparameter `{name}` is never used"))
        .help("use it in the body, or remove it")
}

/// One set as a bundle here and as an axis there.
pub fn bundle_or_axis(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is a bundle of axes in one place and one axis in another"))
        .help(format!("write `{name}..` everywhere, or nowhere"))
}

/// A bundle beside other axes.
pub fn bundle_not_alone(name: &Ident) -> Diag {
    Diag::new(name, format!("the bundle `{name}..` must be all the axes of its input"))
        .help(format!("write `[{name}..]`, or name every axis"))
}

/// A bundle of class indices or conditions.
pub fn bundle_not_real(name: &Ident) -> Diag {
    Diag::new(name, format!("an input over the bundle `{name}..` holds real numbers"))
        .help(format!("name its axes: `[{name}]`"))
}

/// A value over a bundle and another index.
pub fn bundle_samples(name: &Ident) -> Diag {
    Diag::new(name, format!("the value of `{name}` has an index over a bundle of axes beside another index"))
        .help("name every axis, or reduce over the other index")
}

/// An index over a bundle used by number.
pub fn bundle_number(at: SpanRange) -> Diag {
    Diag::new(at, "an index over a bundle of axes has no number and no order")
        .help("declare the axis by itself: `[N]` in place of `[N..]`")
}

/// A bundle that stands for different numbers of axes.
pub fn bundle_axes(name: &Ident, wanted: &[String], found: &[String]) -> Diag {
    Diag::new(name, format!("`{name}` has {} axes, but the tensor passed before it has {}", found.len(), wanted.len()))
        .help(format!("pass a tensor with the axes {}", brackets(wanted)))
        .note(format!("`{name}` has the axes {}", brackets(found)))
}

// ---- names ----

/// A name nothing has.
pub fn unknown_name(name: &Ident, close: Option<&str>, known: &[String]) -> Diag {
    let diag = Diag::new(name, format!("cannot find `{name}`"));
    let diag = match close {
        Some(close) => diag.help(format!("did you mean `{close}`?")),
        None => diag.help("define it with `let`, or declare it as an input or a hyperparameter"),
    };
    diag.note(format!("in scope: {}", names(known)))
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
    Diag::new(name, format!("there is no function `{name}`")).help(format!("write `{ours}`"))
}

/// `sum(x)`.
pub fn binder_without_index(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` needs the index it runs over"))
        .help(format!("write `{name}[k](..)` with the index in brackets"))
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

/// A name that is no tensor, indexed.
pub fn not_a_tensor(name: &Ident, what: &str) -> Diag {
    Diag::new(name, format!("`{name}` is {what}, not a tensor")).help(format!("write `{name}` without indices"))
}

/// The size of a set that no input has as an axis.
pub fn size_unknown(name: &Ident) -> Diag {
    Diag::new(name, format!("the size of `{name}` is not known"))
        .help(format!("give some input an axis over `{name}`"))
        .note(format!("`{name}` is only the target of a class map"))
}

// ---- indices ----

/// Another number of indices than axes.
pub fn index_count(at: SpanRange, name: &Ident, axes: &[String], found: usize) -> Diag {
    let count = axes.len();
    let (s, are) = if count == 1 { ("index", "") } else { ("indices", "") };
    let diag = Diag::new(at, format!("`{name}` takes {count} {s}{are}, but {found} are given"));
    let example: Vec<String> = axes.iter().map(|a| a.to_lowercase()).collect();
    let example = if count == 0 { format!("`{name}`") } else { format!("`{name}{}`", brackets(&example)) };
    diag.help(format!("write {example}")).note(format!("`{name}` has the axes {}", brackets(axes)))
}

/// One index over two sets: the place where the second is wanted.
pub fn set_clash(at: SpanRange, what: &str, first: &str, second: &str) -> Diag {
    Diag::new(at, format!("`{what}` cannot range over both `{first}` and `{second}`"))
        .help("use an index, or a class map, over the set that this axis has")
}

/// One index over two sets: the place that decided its set.
pub fn set_decided(at: SpanRange, what: &str, set: &str) -> Diag {
    Diag::new(at, format!("`{what}` ranges over `{set}` because of this"))
}

/// An index that nothing binds.
pub fn free_index(name: &Ident, left: Option<&str>) -> Diag {
    let diag = Diag::new(name, format!("the index `{name}` is not bound"));
    match left {
        Some(left) => diag
            .help(format!("add it on the left: `let {left}[.., {name}]`, or bind it: `sum[{name}](..)`"))
            .note("the free indices of the right side are exactly those on the left"),
        None => diag.help(format!("bind it: `sum[{name}](..)`")),
    }
}

/// A real value or a condition as an index.
pub fn index_wanted(at: SpanRange, tensor: &str, set: &str, condition: bool) -> Diag {
    let found = if condition { "a condition" } else { "a real number" };
    Diag::new(at, format!("`{tensor}` needs an index into `{set}` here, but this is {found}"))
        .help("write an index, a class map such as `target[b]`, or a whole number")
        .note("there is no arithmetic on indices; a condition selects: `sum[m | m == n + 1](x[m])`")
}

/// `x[0.5]`.
pub fn fixed_index_not_whole(at: SpanRange) -> Diag {
    Diag::new(at, "an index is a whole number from 0").help("write `0` for the first element")
}

/// `x[7]` over a set of 4.
pub fn fixed_index_range(at: SpanRange, size: usize) -> Diag {
    Diag::new(at, format!("this axis has {size} elements, numbered from 0"))
        .help(format!("write a number below {size}"))
}

/// The same index twice on the left.
pub fn duplicate_index(name: &Ident) -> Diag {
    Diag::new(name, format!("the index `{name}` appears twice on the left"))
        .help("name the second one otherwise; a diagonal is read, as in `x[i, i]`, not written")
}

/// An index on the left that the right side does not use.
pub fn unused_left_index(name: &Ident, left: &Ident) -> Diag {
    Diag::new(name, format!("the index `{name}` of `{left}` does not appear on the right"))
        .help(format!("remove `{name}`; a tensor without it is used wherever the index does not matter"))
}

/// An index bound and not used.
pub fn unused_bound_index(name: &Ident, binder: &Ident) -> Diag {
    Diag::new(name, format!("`{binder}` binds `{name}`, which is not used inside"))
        .help(format!("use `{name}` as an index inside, or remove the `{binder}`"))
}

/// An index that hides another.
pub fn shadowed_index(name: &Ident) -> Diag {
    Diag::new(name, format!("the index `{name}` is in use already"))
        .help("choose another letter for the inner index")
}

/// Where the hidden index comes from.
pub fn index_declared(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` is bound here first"))
}

/// An index with the name of a value.
pub fn index_named_like_value(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is a value and cannot be an index")).help("choose another letter")
}

/// `softmax[k](..)` where `k` is nowhere in scope.
pub fn kept_index_unknown(name: &Ident, binder: &Ident) -> Diag {
    Diag::new(name, format!("`{binder}` keeps its index, but `{name}` is not in scope"))
        .help(format!("put it on the left: `let p[.., {name}] = {binder}[{name}](..);`"))
}

/// An index whose set nothing decides.
pub fn range_unknown(at: SpanRange, name: &str) -> Diag {
    Diag::new(at, format!("cannot tell what `{name}` ranges over"))
        .help(format!("use `{name}` as an index of an input, directly or through a `let`"))
}

// ---- kinds ----

/// A condition where a number is wanted.
pub fn real_wanted(at: SpanRange) -> Diag {
    Diag::new(at, "a real number is wanted here, but this is a condition")
        .help("turn it into a number: `if c { 1 } else { 0 }`")
}

/// A number where a condition is wanted.
pub fn condition_wanted(at: SpanRange) -> Diag {
    Diag::new(at, "a condition is wanted here, but this is a number").help("compare it: `x > 0`")
}

/// `ln` of something that can be negative by its declared domain.
pub fn outside_function_domain(at: SpanRange, function: &str, lo: f64, hi: f64, law: &str) -> Diag {
    Diag::new(at, format!("`{function}` is undefined on part of its argument's declared range"))
        .help(format!("keep the argument {law}, for example with `clamp` or `max`"))
        .note(format!("by the declared domains it ranges from {lo} to {hi}"))
}

// ---- calls and binders ----

/// A function with another number of arguments.
pub fn argument_count(name: &Ident, args: &[&str], found: usize) -> Diag {
    let s = if args.len() == 1 { "argument" } else { "arguments" };
    Diag::new(name, format!("`{name}` takes {} {s}, but {found} are given", args.len()))
        .help(format!("write `{name}({})`", args.join(", ")))
}

/// A binder with another number of operands.
pub fn operand_count(name: &Ident, wanted: usize, found: usize) -> Diag {
    let example = match wanted {
        0 => format!("{name}[k | condition]()"),
        1 => format!("{name}[k](x[k])"),
        _ => format!("{name}[k](x[k], y[k])"),
    };
    Diag::new(name, format!("`{name}` takes {wanted} operands, but {found} are given"))
        .help(format!("write `{example}`"))
}

/// `sort[n | c](..)`.
pub fn order_condition(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` takes no condition"))
        .help("move the elements that do not count to the end: `if c { x } else { 1e30 }`")
}

/// `sort[i, j](..)`.
pub fn order_indices(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` runs along one index")).help(format!("write `{name}[n](..)`"))
}

// ---- let and repeat ----

/// A second `let` of one name.
pub fn duplicate_let(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is defined twice")).help("give the second one another name")
}

/// Where the first `let` is.
pub fn first_let(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` is defined here first"))
}

/// A `let` with the name of an input.
pub fn let_hides(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is already an input or a hyperparameter")).help("choose another name")
}

/// A round that assigns nothing.
pub fn repeat_without_assignment(at: SpanRange) -> Diag {
    Diag::new(at, "this `repeat` changes nothing")
        .help("assign to a tensor defined before it: `f[i] = ..;`")
}

/// A number of rounds that is not constant.
pub fn repeat_count(at: SpanRange) -> Diag {
    Diag::new(at, "the number of rounds must be a whole number or an integer hyperparameter")
        .help("declare one: `<rounds: usize = 50>`")
}

/// An assignment to something that is not a `let` before the loop.
pub fn assign_unknown(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is not a tensor that this `repeat` can change"))
        .help(format!("define it before the `repeat`: `let {name}[i] = 0;`"))
}

/// An assignment to conditions or indices.
pub fn assign_not_real(name: &Ident) -> Diag {
    Diag::new(name, format!("`repeat` carries real numbers, and `{name}` holds none"))
        .help("compute conditions inside the round")
}

// ---- applications ----

/// A definition that applies itself.
pub fn recursive(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` applies itself, directly or through others"))
        .help("for a fixed number of rounds use `repeat`")
}

/// A hyperparameter that the definition does not have.
pub fn unknown_hyper(name: &Ident, owner: &str, known: &[String]) -> Diag {
    let close = crate::diag::suggest::closest(&name.to_string(), known.iter().map(String::as_str)).map(str::to_owned);
    let diag = Diag::new(name, format!("`{owner}` has no hyperparameter `{name}`"));
    let diag = match close {
        Some(close) => diag.help(format!("did you mean `{close}`?")),
        None => diag.help("remove it"),
    };
    let facts = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", names(known)) };
    diag.note(facts)
}

/// Another number of arguments than inputs.
pub fn application_count(name: &Ident, inputs: &[String], found: usize) -> Diag {
    Diag::new(name, format!("`{name}` takes {} inputs, but {found} are given", inputs.len()))
        .help(format!("write `{name}({})`", inputs.join(", ")))
}

/// An argument that is not a whole tensor.
pub fn argument_not_tensor(at: SpanRange, loss: &str, input: &str) -> Diag {
    Diag::new(at, format!("the input `{input}` of `{loss}` wants a whole tensor by name"))
        .help("define it first: `let scaled[b, k] = ..;`, then pass `scaled`")
}

/// A tensor with other axes.
pub fn argument_axes(name: &Ident, loss: &str, input: &str, wanted: &str, found: &str) -> Diag {
    Diag::new(name, format!("`{name}` does not fit the input `{input}` of `{loss}`"))
        .help(format!("pass a tensor with the axes [{wanted}]"))
        .note(format!("`{name}` has the axes [{found}]"))
}

/// A tensor of another kind.
pub fn argument_kind(name: &Ident, loss: &str, input: &str, wanted: &str) -> Diag {
    Diag::new(name, format!("the input `{input}` of `{loss}` holds {wanted}, but `{name}` does not"))
        .help(format!("pass a tensor of {wanted}"))
}

/// Another number of indices than samples.
pub fn sample_count(name: &Ident, samples: &[String], found: usize) -> Diag {
    let diag = Diag::new(name, format!("`{name}` has {} sample indices, but {found} are given", samples.len()));
    if samples.is_empty() {
        return diag.help("remove the brackets: it is one number for the whole input");
    }
    let example: Vec<String> = samples.iter().map(|s| s.to_lowercase()).collect();
    diag.help(format!("write `{name}(..){}`", brackets(&example)))
}

/// A combinator with another number of losses.
pub fn combinator_count(name: &Ident, wanted: usize, found: usize, usage: &str) -> Diag {
    let s = if wanted == 1 { "loss" } else { "losses" };
    Diag::new(name, format!("`{name}` combines {wanted} {s}, but {found} are given"))
        .help(format!("write `{usage}`"))
}

/// A combinator over something that is no application.
pub fn combinator_argument(at: SpanRange, name: &str, usage: &str) -> Diag {
    Diag::new(at, format!("`{name}` combines losses, and this is not one"))
        .help(format!("write `{usage}`, without indices on the losses inside"))
}

/// The first loss of `apl` is not active.
pub fn not_active(name: &Ident, passive: bool) -> Diag {
    let diag = Diag::new(name, format!("the first loss of `apl` must be active, and `{name}` is not marked so"));
    if passive {
        return diag.help(format!("`{name}` is passive: exchange the two losses"));
    }
    diag.help("mark its definition `#[active]`")
        .note("an active loss only raises the probability of the target class (Ma et al. 2020)")
}

/// The second loss of `apl` is not passive.
pub fn not_passive(name: &Ident, active: bool) -> Diag {
    let diag =
        Diag::new(name, format!("the second loss of `apl` must be passive, and `{name}` is not marked so"));
    if active {
        return diag.help(format!("`{name}` is active: exchange the two losses"));
    }
    diag.help("mark its definition `#[passive]`")
        .note("a passive loss also lowers the probability of another class (Ma et al. 2020)")
}

/// `poly` without coefficients.
pub fn poly_without_coefficients(name: &Ident) -> Diag {
    Diag::new(name, "`poly` needs its polynomial coefficients")
        .help("write `poly<eps = [1.0]>(Base(..))`, one number for each power of (1 - p)")
}

/// `poly` on a loss without target probability.
pub fn poly_without_target(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` has no target probability for `poly` to expand in"))
        .help("use a loss over `(logits: [B, K], target: [B] -> K)` with one value per target")
}
