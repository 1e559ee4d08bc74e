//! What the checker reports.

use crate::diag::{Diag, SpanRange, suggest::listed};
use proc_macro2::Ident;

fn names(list: &[String]) -> String {
    listed(list.iter().map(String::as_str))
}

fn brackets(axes: &[String]) -> String {
    format!("[{}]", axes.join(", "))
}

/// "1 index", "2 indices".
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// "but 1 is given", "but none is given".
fn given(found: usize) -> String {
    match found {
        0 => "but none is given".into(),
        1 => "but 1 is given".into(),
        _ => format!("but {found} are given"),
    }
}

/// `x[b, k]`: a different index for every axis, called as its set in lower case.
fn indexed(name: &Ident, axes: &[String]) -> String {
    at(name, &example_indices(axes))
}

fn example_indices(axes: &[String]) -> Vec<String> {
    let mut indices: Vec<String> = Vec::new();
    for axis in axes {
        let letter = axis.starts_with(|c: char| c.is_alphabetic());
        let stem = if letter { axis.to_lowercase() } else { "i".into() };
        let repeats =
            indices.iter().filter(|i| i.trim_end_matches(|c: char| c.is_ascii_digit()) == stem).count();
        indices.push(if repeats == 0 { stem } else { format!("{stem}{}", repeats + 1) });
    }
    indices
}

/// `x[b, k]`, or `x` without indices.
fn at(name: &Ident, indices: &[String]) -> String {
    if indices.is_empty() { name.to_string() } else { format!("{name}{}", brackets(indices)) }
}

/// `let x[b, k]`: the left side with one more index.
fn left_with(left: (&Ident, &[Ident]), index: &Ident) -> String {
    let indices: Vec<String> = left.1.iter().chain([index]).map(ToString::to_string).collect();
    format!("let {}{}", left.0, brackets(&indices))
}

// ---- definitions and heads ----

/// Two definitions of one name.
pub fn duplicate_definition(name: &Ident) -> Diag {
    Diag::new(name, format!("the loss `{name}` is defined twice")).help("give one of the two another name")
}

/// One name twice in a list.
pub fn duplicate_name(name: &Ident, among: &str) -> Diag {
    Diag::new(name, format!("the name `{name}` appears twice among the {among}"))
        .help("give one of them another name")
}

/// A name that generated code needs.
pub fn reserved_name(name: &Ident) -> Diag {
    Diag::new(name, format!("a loss cannot be called `{name}`"))
        .help("choose another name")
        .note("generated code uses this name")
}

/// `#[derive_hessian]` on a definition that has none.
pub fn no_hessian(name: &Ident, why: &str) -> Diag {
    Diag::new(name, format!("`{name}` has no methods for second derivatives"))
        .help("remove `#[derive_hessian]`")
        .note(why)
}

/// A definition without inputs.
pub fn no_inputs(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` has no inputs"))
        .help("declare what it is computed from: `(logits: [B, K], target: [B] -> K)`")
}

/// A definition over class indices and conditions alone.
pub fn no_real_input(name: &Ident) -> Diag {
    Diag::new(name, format!("no input of `{name}` holds real numbers"))
        .help("declare one that does, as in `logits: [B, K]`")
        .note("the value has the element type of the real inputs")
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
        .help(format!("choose a value in `{domain}`, or widen the domain where `{name}` is declared"))
}

/// A fraction or a negative number for an integer.
pub fn integer_wanted(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` is declared `usize`, but its value is not a whole number from 0"))
        .help(format!("choose a whole number, or remove `: usize` where `{name}` is declared"))
}

/// Something else than a condition for a `bool`.
pub fn truth_wanted(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` is declared `bool`, but its value is not a condition"))
        .help(format!("write `{name} = true` or `{name} = false`"))
}

/// An array of another length.
pub fn array_length(at: SpanRange, name: &Ident, wanted: usize, found: usize) -> Diag {
    let (places, values) = (counted(wanted, "place", "places"), given(found));
    let number = counted(wanted, "value", "values");
    Diag::new(at, format!("`{name}` has {places}, {values}"))
        .help(format!("write {number}, or declare `{name}: [f64; {found}]`"))
}

/// A number where an array is wanted.
pub fn array_wanted(at: SpanRange, name: &Ident, places: usize) -> Diag {
    let example = vec!["1.0".to_owned(); places.min(4)];
    Diag::new(at, format!("`{name}` is an array of {places}, but one number is given"))
        .help(format!("write its values in brackets: `{}`", brackets(&example)))
}

/// An array where a number is wanted.
pub fn scalar_wanted(at: SpanRange, name: &Ident, places: usize) -> Diag {
    Diag::new(at, format!("`{name}` is one number, but a list is given"))
        .help(format!("declare it an array: `{name}: [f64; {places}] = [..]`"))
}

/// A domain on indices or conditions.
pub fn domain_on_non_real(at: SpanRange, name: &Ident, what: &str) -> Diag {
    Diag::new(at, format!("`{name}` holds {what}, which have no domain")).help("remove `in ..`")
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

/// A `let` that nothing uses.
pub fn unused_let(name: &Ident) -> Diag {
    Diag::new(name, format!("the tensor `{name}` is never used"))
        .help("use it further down, or remove its `let`")
}

/// One set as a bundle here and as an axis there.
pub fn bundle_or_axis(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is a bundle of axes in one place and one axis in another"))
        .help(format!("write `{name}..` everywhere, or nowhere"))
}

/// A bundle beside other axes.
pub fn bundle_not_alone(name: &Ident) -> Diag {
    Diag::new(name, format!("the bundle `{name}..` must be all the axes of its input"))
        .help(format!("write `[{name}..]` alone, or name every axis"))
}

/// `-> N..`.
pub fn bundle_as_target(name: &Ident) -> Diag {
    Diag::new(name, format!("a class map cannot point into the bundle `{name}..`"))
        .help(format!("write `-> {name}` with the name of a set of classes"))
}

/// A bundle of class indices or conditions.
pub fn bundle_not_real(name: &Ident) -> Diag {
    Diag::new(name, format!("an input over the bundle `{name}..` holds real numbers"))
        .help(format!("name its axes: `[{name}]`"))
}

/// A value over a bundle and another index.
pub fn bundle_samples(at: SpanRange, other: &str, bundled: &str) -> Diag {
    Diag::new(at, format!("`{other}` is a sample beside `{bundled}`, which ranges over a bundle of axes"))
        .help(format!(
            "bind one of them, as in `sum[{other}](..)`, or name every axis in place of the bundle"
        ))
}

/// An index over a bundle used by number.
pub fn bundle_number(at: SpanRange, set: &str) -> Diag {
    Diag::new(at, format!("an index over the bundle `{set}..` has no number and no order"))
        .help(format!("declare the axis by itself: `[{set}]` in place of `[{set}..]`"))
}

/// A bundle that stands for different numbers of axes.
pub fn bundle_axes(name: &Ident, wanted: &[String], found: &[String]) -> Diag {
    let (own, before) = (counted(found.len(), "axis", "axes"), wanted.len());
    Diag::new(name, format!("`{name}` has {own}, but the tensor passed before it has {before}"))
        .help(format!("pass a tensor with the axes {}", brackets(wanted)))
        .note(format!("`{name}` has the axes {}", brackets(found)))
}

// ---- names ----

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

// ---- indices ----

/// Another number of indices than axes. `like`: the indices with which a `let` has defined it.
pub fn index_count(
    range: SpanRange,
    name: &Ident,
    axes: &[String],
    like: Option<&[String]>,
    found: usize,
) -> Diag {
    let example = like.map_or_else(|| indexed(name, axes), |like| at(name, like));
    let diag = match axes.len() {
        0 => Diag::new(range, format!("`{name}` has no axes and takes no index")),
        count => Diag::new(
            range,
            format!("`{name}` takes {}, {}", counted(count, "index", "indices"), given(found)),
        )
        .note(format!("`{name}` has the axes {}", brackets(axes))),
    };
    diag.help(format!("write `{example}`"))
}

/// One index over two sets: the place where the second is wanted. `map`: a class map from the first into the
/// second, at that index.
pub fn set_clash(
    at: SpanRange,
    index: &str,
    owner: &Ident,
    mine: &str,
    wanted: &str,
    map: Option<&str>,
) -> Diag {
    let diag = Diag::new(at, format!("`{index}` cannot range over both `{mine}` and `{wanted}`"));
    let diag = match map {
        Some(map) => diag.help(format!("write `{map}`, which is an index into `{wanted}`")),
        None => diag.help(format!("write an index over `{wanted}`")),
    };
    diag.note(format!("this axis of `{owner}` is `{wanted}`"))
}

/// One index over two sets: the place that decided its set.
pub fn set_decided(at: SpanRange, index: &str, set: &str) -> Diag {
    Diag::new(at, format!("`{index}` ranges over `{set}` because of this"))
}

/// A class map or a fixed element of another set than that of the axis.
pub fn map_clash(at: SpanRange, index: &str, found: &str, owner: &Ident, wanted: &str) -> Diag {
    Diag::new(at, format!("`{index}` is an index into `{found}`, but this axis of `{owner}` is `{wanted}`"))
        .help(format!("write an index over `{wanted}`, or a class map into it"))
}

/// The right indices in the wrong order.
pub fn index_order(at: SpanRange, owner: &Ident, order: &[String], axes: &[String]) -> Diag {
    Diag::new(at, format!("the indices of `{owner}` are in the wrong order"))
        .help(format!("write `{owner}{}`", brackets(order)))
        .note(format!("`{owner}` has the axes {}", brackets(axes)))
}

/// `i == k` over two sets.
pub fn compared_sets(at: SpanRange, op: &str, left: &str, right: &str) -> Diag {
    Diag::new(at, format!("`{op}` compares an index over `{left}` with an index over `{right}`"))
        .help("compare indices over one set; a class map such as `target[b]` is an index into its set")
}

/// An index that nothing binds.
pub fn free_index(name: &Ident, left: Option<(&Ident, &[Ident])>) -> Diag {
    let diag = Diag::new(name, format!("the index `{name}` is not bound"));
    match left {
        Some(left) => diag
            .help(format!(
                "bind it: `sum[{name}](..)`, or add it on the left: `{} = ..;`",
                left_with(left, name)
            ))
            .note("the free indices of the right side are exactly those on the left"),
        None => diag.help(format!("bind it: `sum[{name}](..)`")),
    }
}

/// `x[mask[b]]`.
pub fn condition_as_index(at: SpanRange, owner: &Ident, set: &str) -> Diag {
    Diag::new(at, format!("this axis of `{owner}` takes an index into `{set}`, but this is a condition"))
        .help("write an index, a class map such as `target[b]`, or a whole number from 0")
        .note("a condition selects in a binder: `sum[k | c](x[k])`")
}

/// `x[weight[b]]`.
pub fn reals_as_index(at: SpanRange, owner: &Ident, set: &str, input: &str, axes: &[String]) -> Diag {
    Diag::new(
        at,
        format!("this axis of `{owner}` takes an index into `{set}`, but `{input}` holds real numbers"),
    )
    .help(format!("declare `{input}: {} -> {set}` if it holds class indices", brackets(axes)))
}

/// `x[t]` after `let t = ..;`.
pub fn tensor_as_index(name: &Ident, owner: &Ident, set: &str) -> Diag {
    Diag::new(name, format!("this axis of `{owner}` takes an index into `{set}`, but `{name}` is a tensor"))
        .help("give the index or the tensor another name")
}

/// `x[t + 1]`. `selection` says the same with a condition.
pub fn number_as_index(at: SpanRange, owner: &Ident, set: &str, selection: &str) -> Diag {
    Diag::new(
        at,
        format!("this axis of `{owner}` takes an index into `{set}`, but this is a computed number"),
    )
    .help(format!("select the element by a condition: `{selection}`"))
    .note("there is no arithmetic on indices")
}

/// `x[0.5]`, `x[-1]`. `end`: how the element counted from the end is written.
pub fn fixed_index_not_whole(at: SpanRange, end: Option<&str>) -> Diag {
    let diag = Diag::new(at, "an index is a whole number from 0");
    match end {
        Some(end) => diag.help(format!("write `{end}` to count from the end")),
        None => diag.help("write `0` for the first element"),
    }
}

/// `x[7]` over a set of 4.
pub fn fixed_index_range(at: SpanRange, size: usize) -> Diag {
    let elements = counted(size, "element", "elements");
    Diag::new(at, format!("this axis has {elements}, numbered from 0"))
        .help(format!("the last one is `{}`", size.saturating_sub(1)))
}

/// The same index twice on the left.
pub fn duplicate_index(name: &Ident) -> Diag {
    Diag::new(name, format!("the index `{name}` appears twice on the left"))
        .help("name the second one otherwise")
        .note("a diagonal is read, as in `x[i, i]`, not written")
}

/// An index on the left that the right side does not use.
pub fn unused_left_index(name: &Ident, left: &Ident) -> Diag {
    Diag::new(name, format!("the index `{name}` of `{left}` does not appear on the right"))
        .help(format!("remove `{name}` here and where `{left}` is used"))
        .note("indices that a tensor lacks are broadcast")
}

/// An index of an `update` that the right side does not use.
pub fn unused_update_index(name: &Ident, state: &Ident) -> Diag {
    Diag::new(name, format!("the index `{name}` of `{state}` does not appear in its update"))
        .help(format!("write on the right how the new `{state}` depends on `{name}`"))
        .note("a right side without any index fills the whole state")
}

/// An index bound and not used.
pub fn unused_bound_index(name: &Ident, binder: &Ident, several: bool) -> Diag {
    let whole = if several { format!("remove `{name}`") } else { format!("remove `{binder}[{name}]`") };
    Diag::new(name, format!("`{binder}` runs over `{name}`, which is not used inside"))
        .help(format!("use `{name}` as an index inside, or {whole}"))
}

/// An index that hides another.
pub fn shadowed_index(name: &Ident) -> Diag {
    Diag::new(name, format!("the index `{name}` is in use already"))
        .help("choose another letter for the inner index")
}

/// Where the hidden index comes from.
pub fn index_declared(at: SpanRange, name: &Ident, sample: bool) -> Diag {
    if sample {
        return Diag::new(at, format!("`{name}` is not bound here, so it is an index of the samples"))
            .help(format!("bind it here, too, if the loss has no value for each `{name}`"));
    }
    Diag::new(at, format!("`{name}` is bound here first"))
}

/// An index with the name of a value.
pub fn index_named_like_value(name: &Ident, noun: &str) -> Diag {
    Diag::new(name, format!("`{name}` is {noun} and cannot be an index")).help("choose another letter")
}

/// `softmax[k](..)` where `k` is nowhere in scope.
pub fn kept_index_unknown(name: &Ident, binder: &Ident, left: Option<(&Ident, &[Ident])>) -> Diag {
    let diag = Diag::new(name, format!("`{binder}` keeps its index, but `{name}` is not in scope"));
    match left {
        Some(left) => {
            diag.help(format!("put it on the left: `{} = {binder}[{name}](..);`", left_with(left, name)))
        }
        None => diag.help(format!("bind it around: `sum[{name}]({binder}[{name}](..))`")),
    }
}

/// An index whose set nothing decides.
pub fn range_unknown(at: SpanRange, name: &str) -> Diag {
    Diag::new(at, format!("cannot tell what `{name}` ranges over"))
        .help(format!("use `{name}` as an index of an input, directly or through a `let`"))
}

/// An index over a set that is only the target of a class map.
pub fn range_of_unknown_size(at: SpanRange, name: &str, set: &str) -> Diag {
    Diag::new(at, format!("`{name}` ranges over `{set}`, whose size is not known"))
        .help(format!("give some input an axis over `{set}`, or write the number of classes: `-> 10`"))
        .note(format!("`{set}` is only the target of a class map"))
}

/// `-> K + 1` where no input has an axis over `K`.
pub fn base_unknown(at: SpanRange, base: &Ident) -> Diag {
    Diag::new(at, format!("no input has an axis over `{base}`, so its size is not known"))
        .help(format!("write one, such as `logits: [B, {base}]`, or the number of classes: `-> 10`"))
}

/// `x[b, ..]` elsewhere than as an argument.
pub fn rest_of_axes(at: SpanRange) -> Diag {
    Diag::new(at, "`..` stands for whole axes, which only an argument of a loss has")
        .help("write an index for each axis")
        .note("`Loss(x[b, ..], y[b, ..])` applies a loss to each slice of tensors")
}

/// `x[b, ..]` of a tensor that has no further axes.
pub fn no_rest(name: &Ident, axes: usize, found: usize) -> Diag {
    let (axes, found) = (counted(axes, "axis", "axes"), given(found));
    Diag::new(name, format!("`{name}` has {axes}, {found} before `..`"))
        .help("leave an axis or more for `..`")
}

/// More axes at once than a tensor can have.
pub fn too_many_axes(at: SpanRange, axes: &[String], limit: usize) -> Diag {
    Diag::new(at, format!("this needs a tensor with {} axes, at most {limit} are supported", axes.len()))
        .help("sum over some of the indices earlier, or take axes together before the call")
        .note(format!("its axes are {}", brackets(axes)))
}

// ---- kinds ----

/// A condition where a number is wanted.
pub fn real_wanted(at: SpanRange) -> Diag {
    Diag::new(at, "a real number is wanted here, but this is a condition")
        .help("turn it into a number: `if c { 1 } else { 0 }`")
}

/// A condition as the value of a loss.
pub fn value_not_real(at: SpanRange) -> Diag {
    Diag::new(at, "the value of a loss is a real number, but this is a condition")
        .help("turn it into a number: `if c { 1 } else { 0 }`")
}

/// A number where a condition is wanted. `declared`: the input that it is, with its axes.
pub fn condition_wanted(at: SpanRange, index: bool, declared: Option<(&str, Vec<String>)>) -> Diag {
    let found = if index { "an index" } else { "a number" };
    let diag = Diag::new(at, format!("a condition is wanted here, but this is {found}"));
    match declared {
        _ if index => diag.help("compare it, as in `k == target[b]`"),
        Some((name, axes)) => {
            diag.help(format!("compare it, as in `x > 0`, or declare `{name}: {} -> bool`", brackets(&axes)))
        }
        None => diag.help("compare it, as in `x > 0`"),
    }
}

/// `mask[b] == 1`. `both`: both sides are conditions.
pub fn condition_compared(at: SpanRange, op: &str, both: bool) -> Diag {
    let diag = Diag::new(at, format!("`{op}` compares numbers or indices, but this is a condition"));
    match (both, op) {
        (true, "!=") => diag.help("write `a && !b || !a && b`"),
        (true, _) => diag.help("write `a && b || !a && !b`"),
        _ => diag.help("write the condition alone, or `!c` for its opposite"),
    }
}

/// `if c { x } else { y > 0 }`.
pub fn mixed_branches(at: SpanRange) -> Diag {
    Diag::new(at, "this branch is a condition, but the other branch is a number")
        .help("turn it into a number: `if c { 1 } else { 0 }`, or compare the other one")
}

/// `ln` of something that can be negative by its declared domain.
pub fn outside_function_domain(at: SpanRange, function: &str, (lo, hi): (f64, f64), law: &str) -> Diag {
    let range = match (lo.is_finite(), hi.is_finite()) {
        (true, true) => format!("ranges from {lo} to {hi}"),
        (true, false) => format!("ranges from {lo} up"),
        (false, true) => format!("ranges up to {hi}"),
        (false, false) => "is not bounded".to_owned(),
    };
    Diag::new(at, format!("`{function}` is undefined on part of its argument's declared range"))
        .help(format!("keep the argument {law}, with `clamp` or `max`, or put a condition around this"))
        .note(format!("by the declared domains the argument {range}"))
}

// ---- calls and binders ----

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

// ---- let and repeat ----

/// A second `let` of one name.
pub fn duplicate_let(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is defined twice")).help("give the second one another name")
}

/// Where the first `let` is.
pub fn first_let(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is defined here first"))
}

/// A `let` with the name of an input.
pub fn let_hides(name: &Ident, noun: &str) -> Diag {
    Diag::new(name, format!("`{name}` is already {noun}")).help("give the tensor another name")
}

/// A round that assigns nothing.
pub fn repeat_without_assignment(at: SpanRange) -> Diag {
    Diag::new(at, "this `repeat` changes nothing")
        .help("assign, without `let`, to a tensor defined before it: `f[i] = ..;`")
}

/// A number of rounds that is not constant.
pub fn repeat_count(at: SpanRange, hyper: Option<&Ident>) -> Diag {
    let diag = Diag::new(at, "the number of rounds must be a whole number or an integer hyperparameter");
    match hyper {
        Some(name) => diag.help(format!("declare it an integer: `{name}: usize = 50`")),
        None => diag.help("declare one: `<rounds: usize = 50>`"),
    }
}

/// A number of rounds that is computed from tensors.
pub fn repeat_count_of_tensors(at: SpanRange) -> Diag {
    Diag::new(at, "the number of rounds depends on more than hyperparameters and sizes")
        .help("declare it: `<rounds: usize = 50>`")
}

/// An assignment to something that is not there.
pub fn assign_unknown(name: &Ident, close: Option<&str>) -> Diag {
    let diag = Diag::new(name, format!("there is no tensor `{name}` that this `repeat` could change"));
    match close {
        Some(close) => diag.help(format!("did you mean `{close}`?")),
        None => diag.help("define it with `let` before the `repeat`"),
    }
}

/// An assignment to an input or a hyperparameter.
pub fn assign_head(name: &Ident, noun: &str) -> Diag {
    let copy = if noun == "an input" { format!("let f[i] = {name}[i];") } else { format!("let f = {name};") };
    Diag::new(name, format!("`{name}` is {noun} and keeps its value"))
        .help(format!("copy it before the `repeat`, as in `{copy}`, and assign to the copy"))
}

/// An assignment to what the same round has defined.
pub fn assign_local(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is defined in this round and keeps its value in it"))
        .help("give the second one another name, or move the `let` before the `repeat`")
}

/// An assignment with another number of indices than the tensor has axes.
pub fn assigned_axes(name: &Ident, axes: &[String], found: &[Ident]) -> Diag {
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    let (wanted, defined) = (at(name, axes), at(name, &found));
    let takes = if axes.is_empty() { "no index".into() } else { counted(axes.len(), "index", "indices") };
    Diag::new(name, format!("the tensor `{name}` was defined with {takes}, {}", given(found.len())))
        .help(format!("write `{wanted} = ..;`, or define it as `let {defined} = ..;`"))
}

/// An `update` with another number of indices than the state has axes.
pub fn update_axes(name: &Ident, axes: &[String], found: &[Ident]) -> Diag {
    let has = if axes.is_empty() { "no axes".into() } else { counted(axes.len(), "axis", "axes") };
    let diag = Diag::new(name, format!("the state `{name}` has {has}, {}", given(found.len())));
    match axes {
        [] => diag.help(format!("write `update {name} = ..;`")),
        _ => diag
            .help(format!("write one index for each axis in `update {name}[..] = ..;`"))
            .note(format!("its axes are `[{}]`", axes.join(", "))),
    }
}

/// An `update` by a condition.
pub fn update_not_real(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the state `{name}` holds real numbers, and this is a condition"))
        .help("write `if c { 1 } else { 0 }`")
}

/// An assignment to conditions or indices.
pub fn assign_not_real(name: &Ident) -> Diag {
    Diag::new(name, format!("`repeat` carries real numbers, and `{name}` holds none"))
        .help("carry `if c { 1 } else { 0 }`, and compare it with 0 inside the round")
}

// ---- applications ----

/// A definition that applies itself, directly or through others. `library`: the catalogue has one of that name.
pub fn recursive(name: &Ident, through: &[String], library: bool) -> Diag {
    let way = if through.is_empty() { String::new() } else { format!(" through {}", names(through)) };
    let diag = Diag::new(name, format!("`{name}` applies itself{way}"));
    if library {
        return diag.help(format!("give this definition another name if the catalogue's `{name}` is meant"));
    }
    diag.help("write a fixed number of rounds with `repeat`")
}

/// A chain of applications that is too long.
pub fn applied_too_deep(name: &Ident, limit: usize) -> Diag {
    Diag::new(name, format!("losses apply one another more than {limit} deep here"))
        .help(format!("write out what `{name}` computes"))
}

/// A hyperparameter that the definition does not have.
pub fn unknown_hyper(name: &Ident, owner: &str, known: &[String]) -> Diag {
    let close =
        crate::diag::suggest::closest(&name.to_string(), known.iter().map(String::as_str)).map(str::to_owned);
    let diag = Diag::new(name, format!("`{owner}` has no hyperparameter `{name}`"));
    let diag = match close {
        Some(close) => diag.help(format!("did you mean `{close}`?")),
        None => diag.help("remove it"),
    };
    let facts = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", names(known)) };
    diag.note(facts)
}

/// One hyperparameter given two values.
pub fn hyper_given_twice(name: &Ident) -> Diag {
    Diag::new(name, format!("the hyperparameter `{name}` is given twice")).help("remove one of the two")
}

/// Another number of arguments than inputs: at the first that is too much, or at the name.
pub fn application_count(at: SpanRange, name: &Ident, inputs: &[String], found: usize) -> Diag {
    let wanted = counted(inputs.len(), "input", "inputs");
    Diag::new(at, format!("`{name}` takes {wanted}, {}", given(found)))
        .help(format!("write `{name}({})`", inputs.join(", ")))
}

/// Two arguments in each other's place.
pub fn argument_order(at: SpanRange, name: &Ident, order: &[String], inputs: &str) -> Diag {
    Diag::new(at, format!("the arguments of `{name}` are in the wrong order"))
        .help(format!("write `{name}({})`", order.join(", ")))
        .note(format!("its inputs are `{inputs}`"))
}

/// An argument that is not a whole tensor. `whole`: the tensor, if it is one with plain indices; `free`: the
/// indices of the expression `text`.
pub fn argument_not_tensor(
    at: SpanRange,
    loss: &str,
    input: &str,
    whole: Option<String>,
    free: &[String],
    text: &str,
) -> Diag {
    let diag = Diag::new(at, format!("the input `{input}` of `{loss}` takes a whole tensor by name"));
    if let Some(name) = whole {
        return diag.help(format!("write `{name}` without indices"));
    }
    let left = if free.is_empty() { "y".to_owned() } else { format!("y{}", brackets(free)) };
    diag.help(format!("give it a name before, `let {left} = {text};`, and pass `y`"))
}

/// A tensor with another number of axes.
pub fn argument_axes(name: &Ident, loss: &str, input: &str, wanted: &str, found: &[String]) -> Diag {
    let has = if found.is_empty() { "no axes".to_owned() } else { format!("the axes {}", brackets(found)) };
    Diag::new(name, format!("`{name}` has {has}, but the input `{input}` of `{loss}` takes [{wanted}]"))
        .help(format!("pass a tensor with as many axes as [{wanted}]"))
}

/// A tensor over another set than those passed before it.
pub fn argument_set(name: &Ident, loss: &str, input: &str, inner: &str, wanted: &str, found: &str) -> Diag {
    Diag::new(name, format!("`{name}` has `{found}` where the input `{input}` of `{loss}` takes `{wanted}`"))
        .help(format!("pass a tensor over `{wanted}` in this place"))
        .note(if inner == wanted {
            format!("all inputs of `{loss}` over `{inner}` take tensors over one set")
        } else {
            format!("the set `{inner}` of `{loss}` is `{wanted}` because of another argument")
        })
}

/// A tensor of another kind.
pub fn argument_kind(name: &Ident, loss: &str, input: &str, wanted: &str, found: &str) -> Diag {
    Diag::new(name, format!("the input `{input}` of `{loss}` takes {wanted}, but `{name}` holds {found}"))
        .help(format!("pass a tensor of {wanted}"))
}

/// Another number of indices than samples.
pub fn sample_count(name: &Ident, samples: &[String], found: usize) -> Diag {
    if samples.is_empty() {
        return Diag::new(
            name,
            format!("`{name}` is one number for the whole input and takes no sample index"),
        )
        .help("remove the brackets");
    }
    let wanted = counted(samples.len(), "sample index", "sample indices");
    let example = indexed(&Ident::new("x", name.span()), samples);
    Diag::new(name, format!("`{name}` takes {wanted}, {}", given(found)))
        .help(format!("write `{name}(..){}`", &example[1..]))
}

/// A combinator with another number of losses.
pub fn combinator_count(name: &Ident, wanted: usize, found: usize, usage: &str) -> Diag {
    let wanted = counted(wanted, "loss", "losses");
    Diag::new(name, format!("`{name}` combines {wanted}, {}", given(found))).help(format!("write `{usage}`"))
}

/// A combinator over something that is no application.
pub fn combinator_argument(at: SpanRange, name: &str, usage: &str) -> Diag {
    Diag::new(at, format!("`{name}` combines losses, and this is not one")).help(format!("write `{usage}`"))
}

/// A combinator inside a combinator.
pub fn combinator_nested(name: &Ident, outer: &str) -> Diag {
    Diag::new(name, format!("`{name}` cannot stand inside `{outer}`"))
        .help(format!("define a loss with `{name}`, and use that one here"))
}

/// `poly<..>(Base(..)[b])`.
pub fn combinator_sample(at: SpanRange, name: &str) -> Diag {
    Diag::new(at, format!("the losses inside `{name}` have no sample index"))
        .help(format!("move the brackets to the end: `{name}<..>(..)[..]`"))
}

/// Combined losses with different samples.
pub fn combined_samples(name: &Ident, combinator: &str, first: &[String], own: &[String]) -> Diag {
    let (first, own) = (brackets(first), brackets(own));
    Diag::new(
        name,
        format!("`{name}` has its samples over {own}, but the first loss of `{combinator}` over {first}"),
    )
    .help("combine losses with the same samples")
}

/// The first loss of `apl` is not active. `exchanged`: the two stand in each other's place.
pub fn not_active(name: &Ident, exchanged: bool) -> Diag {
    let diag =
        Diag::new(name, format!("the first loss of `apl` must be active, and `{name}` is not marked so"));
    if exchanged {
        return diag.help("exchange the two losses");
    }
    diag.help("use a loss that is marked `#[active]`")
        .note("an active loss only raises the probability of the target class (Ma et al. 2020)")
}

/// The second loss of `apl` is not passive.
pub fn not_passive(name: &Ident) -> Diag {
    Diag::new(name, format!("the second loss of `apl` must be passive, and `{name}` is not marked so"))
        .help("use a loss that is marked `#[passive]`")
        .note("a passive loss also lowers the probability of another class (Ma et al. 2020)")
}

/// `poly` without coefficients, or with one number for a list.
pub fn poly_without_coefficients(at: SpanRange) -> Diag {
    Diag::new(at, "`poly` needs a list of polynomial coefficients")
        .help("write `poly<eps = [1.0]>(Base(..))`, one number for each power of (1 - p)")
}

/// `poly` on a loss without target probability.
pub fn poly_without_target(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` has no target probability for `poly` to expand in"))
        .help("use a loss over `(logits: [B, K], target: [B] -> K)` with one value per target")
}

// ---- host functions ----

/// Two host functions of one name.
pub fn duplicate_extern(name: &Ident) -> Diag {
    Diag::new(name, format!("the host function `{name}` is declared twice"))
        .help("give one of the two another name")
}

/// `extern softmax(..)`.
pub fn extern_hides(name: &Ident) -> Diag {
    Diag::new(name, format!("`{name}` is a word of the language already"))
        .help(format!("give the host function another name: `extern my_{name}(..)`"))
}

/// `extern f() -> []`.
pub fn extern_takes_nothing(name: &Ident) -> Diag {
    Diag::new(name, format!("the host function `{name}` takes nothing"))
        .help(format!("write `extern {name}(x: [N])`"))
        .note("a number that is the same for all inputs is a hyperparameter")
}

/// `extern f(x: [N] -> K)`.
pub fn extern_input_not_real(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the host function `{name}` takes real numbers"))
        .help("remove `->` and what follows")
        .note("an index in the place of a number is its number, `if c { 1 } else { 0 }` that of a condition")
}

/// `extern f(x: [N] in 0..)`.
pub fn extern_domain(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the host function `{name}` has no domains"))
        .help("remove `in ..`")
        .note("it checks what it takes itself, and says what is wrong with it")
}

/// `extern f(x: [N..])`.
pub fn extern_bundle(set: &Ident, name: &Ident) -> Diag {
    Diag::new(
        set,
        format!("the host function `{name}` takes axes one by one, `{set}..` is any number of them"),
    )
    .help(format!("write `{set}`"))
}

/// `extern f(x: [N, N])`.
pub fn extern_axis_twice(at: SpanRange, name: &Ident, axis: &str) -> Diag {
    Diag::new(at, format!("`{axis}` appears twice, but the axes of `{name}` have names of their own"))
        .help("give the second axis another name")
        .note("both may stand for one set where the function is called")
}

/// `extern f(x: [N]) -> [M]`.
pub fn extern_axis_unknown(at: SpanRange, name: &Ident, axis: &str, known: &[String]) -> Diag {
    let diag = Diag::new(at, format!("no input of `{name}` has the axis `{axis}`"));
    match known {
        [] => diag.help("write `-> []`"),
        _ => diag.help(format!("use the axes of its inputs: {}", names(known))),
    }
}

/// `extern f(x: [N]) -> [N] -> bool`.
pub fn extern_gives_conditions(name: &Ident) -> Diag {
    Diag::new(name, format!("the host function `{name}` cannot give conditions"))
        .help("give numbers, and compare them where they are used: `f[i](x[i]) > 0`")
}

/// `extern f(x: [N]) -> [] -> N = f, gradient = g;`.
pub fn extern_gradient_of_indices(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` gives indices, which have no gradient")).help("remove `gradient = ..`")
}

/// `extern f(x: data [N]) -> [] = f, gradient = g;`.
pub fn extern_gradient_by_data(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` takes data only, by which there is no gradient"))
        .help("remove `gradient = ..`, or `data` from an input")
}

/// `f[i | c](x[i])`.
pub fn extern_condition(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the host function `{name}` takes no condition"))
        .help(format!("leave elements out inside: `{name}[n](if c {{ x[n] }} else {{ 0 }})`"))
}

/// `f[i](cost[i, j])`.
pub fn extern_indices(name: &Ident, axes: &[String], found: usize) -> Diag {
    let wanted = if axes.is_empty() { "no index".into() } else { counted(axes.len(), "index", "indices") };
    let diag = Diag::new(name, format!("the host function `{name}` takes {wanted}, {}", given(found)));
    match axes {
        [] => diag.help(format!("write `{name}(..)`")),
        _ => diag
            .help(format!("write `{}(..)`", at(name, &example_indices(axes))))
            .note(format!("one for each of its axes: {}", names(axes))),
    }
}

/// `f[i](x[i])` where `f` takes two.
pub fn extern_operands(name: &Ident, inputs: &[String], found: usize) -> Diag {
    let wanted = counted(inputs.len(), "operand", "operands");
    Diag::new(name, format!("the host function `{name}` takes {wanted}, {}", given(found)))
        .help(format!("it takes {}", names(inputs)))
}

/// `f[i](x[i], y[i])` where `y` has no axes.
pub fn extern_operand_index(
    at: SpanRange,
    name: &Ident,
    input: &str,
    (index, axis): (&String, &String),
    own: &[&String],
) -> Diag {
    let own = listed(own.iter().map(|axis| axis.as_str()));
    let own = match own.matches(',').count() {
        _ if own.is_empty() => "no axes".to_owned(),
        0 => format!("the axis {own}"),
        _ => format!("the axes {own}"),
    };
    Diag::new(at, format!("`{input}` of `{name}` has {own}, but what is given varies with `{index}`"))
        .help(format!("declare `{input}` with the axis `{axis}`, or do not use `{index}` here"))
}

/// `f[i, j](x[i])`.
pub fn extern_index_unused(name: &Ident, host: &Ident) -> Diag {
    Diag::new(name, format!("no operand of `{host}` varies with `{name}`"))
        .help(format!("use `{name}` as an index inside"))
        .note("the length of that axis is that of the operands")
}
