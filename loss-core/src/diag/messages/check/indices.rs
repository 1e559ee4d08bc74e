//! Indices and their sets.

use super::words::{at, brackets, counted, given, indexed, left_with};
use crate::diag::{Diag, SpanRange};
use proc_macro2::Ident;

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
    Diag::new(at, format!("cannot tell what `{name}` ranges over")).help(format!(
        "use `{name}` as an index of an input, directly or through a `let`, or write its set: `{name} in 5`"
    ))
}

/// `sum[k in M](x)`, where no input has `M`.
pub fn range_set_unknown(set: &Ident, index: &Ident, known: &[String]) -> Diag {
    let known: Vec<String> = known.iter().map(|set| format!("`{set}`")).collect();
    Diag::new(set, format!("`{set}` is no set of an input"))
        .help(format!("write another set or a number of elements: `{index} in 5`"))
        .note(format!("sets: {}", known.join(", ")))
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
