//! What the parser reports.

use crate::diag::{Diag, SpanRange};
use proc_macro2::{Ident, Literal, Span};

/// The token here is not what must stand here.
pub fn expected(at: SpanRange, what: &str, found: &str) -> Diag {
    Diag::new(at, format!("expected {what}, found {found}"))
}

/// Groups or operators nest further than any later phase could follow.
pub fn too_deep(at: SpanRange) -> Diag {
    Diag::new(at, "this is nested too deeply").help("give parts of it a name with `let`")
}

/// Text in which a parenthesis or a quote is not closed.
pub fn not_tokens() -> Diag {
    Diag::new(SpanRange::nowhere(), "a parenthesis, bracket, brace or quote is not closed")
}

// ---- names ----

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

// ---- numbers ----

/// A string, a character.
pub fn not_a_number(literal: &Literal) -> Diag {
    Diag::new(literal.span(), "this literal is not a number")
}

/// `0xff`.
pub fn not_decimal(literal: &Literal) -> Diag {
    Diag::new(literal.span(), format!("`{literal}` is not a decimal number"))
        .help("write it with the digits 0 to 9")
}

/// `1e999`.
pub fn number_too_large(literal: &Literal) -> Diag {
    Diag::new(literal.span(), format!("`{literal}` is too large for `f64`"))
}

/// `1.5` or `0` as a size.
pub fn not_a_size(literal: &Literal) -> Diag {
    Diag::new(literal.span(), format!("`{literal}` is not a size"))
        .help("write a whole number from 1 to 4294967295")
}

/// `1f32`, `2x`.
pub fn suffix(literal: &Literal, digits: &str, suffix: &str) -> Diag {
    let types = ["f16", "f32", "f64", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize"];
    let diag = Diag::new(literal.span(), format!("the number `{literal}` has the suffix `{suffix}`"));
    if types.contains(&suffix) {
        diag.help(format!("write `{digits}`: numbers take the element type of the tensors"))
    } else {
        diag.help(format!("write `{digits} * {suffix}` for a product"))
    }
}

// ---- definitions ----

/// `crate = path` up to the end.
pub fn krate_without_end(word: &Ident) -> Diag {
    Diag::new(word, "missing `;` after `crate = ..`")
}

/// `crate = ;`.
pub fn krate_without_path(word: &Ident) -> Diag {
    Diag::new(word, "`crate = ` needs a path").help("write `crate = ::dfdx_loss;`")
}

/// `crate = path;` after a definition.
pub fn late_krate(word: &Ident) -> Diag {
    Diag::new(word, "`crate = ..;` must stand before all definitions")
}

/// `fn Name`, `struct Name`.
pub fn foreign_item(word: &Ident) -> Diag {
    Diag::new(word, format!("expected the name of a loss, found `{word}`"))
        .help("a definition is `pub Name(input: [B, K]) { value }`, without a keyword")
}

/// `use` under an attribute or a doc comment.
pub fn pick_attribute(word: SpanRange) -> Diag {
    Diag::new(word, "`use` takes no attributes and no doc comment")
        .help("leave them out: the type has the documentation of the catalogue")
}

/// `use catalogue::Name;`.
pub fn pick_path(at: SpanRange) -> Diag {
    Diag::new(at, "`use` takes names of the catalogue, not paths")
        .help("write the name alone: `use CrossEntropy;`")
}

/// `use Name` without `,` or `;`.
pub fn pick_end(at: SpanRange, found: &str) -> Diag {
    Diag::new(at, format!("expected `,` or `;`, found {found}")).help("write `use CrossEntropy, FocalLoss;`")
}

/// `;` after `}`.
pub fn stray_semicolon(at: SpanRange) -> Diag {
    Diag::new(at, "no `;` is needed here").help("leave it out")
}

/// `pub(foo)`.
pub fn visibility(at: SpanRange) -> Diag {
    Diag::new(at, "this is not a visibility")
        .help("write `pub`, `pub(crate)`, `pub(super)` or `pub(in path)`")
}

/// `Name { .. }`.
pub fn missing_inputs(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected the inputs of `{name}`, found {found}"))
        .help(format!("write `{name}(input: [B, K]) {{ .. }}`"))
}

/// `Name(..)` and then neither `{` nor `=`.
pub fn missing_body(at: SpanRange, found: &str, arrow: bool) -> Diag {
    let diag = Diag::new(at, format!("expected the body, found {found}"));
    if arrow {
        return diag.help("leave the result type out: the value is the loss per sample");
    }
    diag.help("write `{ value }` or `= value;`")
}

/// `Name(..) = { .. }`.
pub fn equals_before_braces(at: SpanRange) -> Diag {
    Diag::new(at, "a body in braces has no `=` before it").help("leave the `=` out")
}

// ---- attributes ----

/// `#![..]`.
pub fn inner_attribute(at: SpanRange) -> Diag {
    Diag::new(at, "`#!` attributes have no meaning here").help("write `#[..]` before the definition")
}

/// `#[active(..)]`.
pub fn flag_with_value(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` takes no value")).help(format!("write `#[{name}]`"))
}

/// An attribute other than a doc comment on a hyperparameter.
pub fn attribute_on_hyper(at: Span) -> Diag {
    Diag::new(at, "a hyperparameter has no attributes other than doc comments")
}

/// An attribute or doc comment on an input.
pub fn attribute_on_input(at: SpanRange) -> Diag {
    Diag::new(at, "an input has no attributes")
        .help("describe it in the doc comment of the loss, or use `//`")
}

// ---- hyperparameters and domains ----

/// `<gamma = 1.0 (..)`.
pub fn unclosed_hypers(open: SpanRange, found: &str) -> Diag {
    Diag::new(open, format!("this `<` is not closed: expected `>`, found {found}"))
}

/// `<gamma = 1.0 (x: [B])`: the parenthesis looks like a call.
pub fn inputs_in_expression(at: SpanRange) -> Diag {
    Diag::new(at, "expected `>` before the inputs")
}

/// `<gamma: f32 = 1.0>`.
pub fn hyper_type(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected the type of the hyperparameter `{name}`, found {found}"))
        .help("write `f64`, `usize`, `bool`, `[f64; 3]`, or no type at all for `f64`")
}

/// `<eps: [f64] = ..>`.
pub fn array_without_length(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the array `{name}` has no length")).help("write `[f64; 3]`")
}

/// `in [0, 1]`.
pub fn interval(at: SpanRange) -> Diag {
    Diag::new(at, "a domain is not written as an interval")
        .help("write `0..=1` for 0 and 1 allowed, `0<..1` for neither allowed")
}

/// `in ..`.
pub fn domain_without_bounds(at: SpanRange) -> Diag {
    Diag::new(at, "this domain has no bounds").help("leave `in ..` out")
}

/// `in 1..0`.
pub fn reversed_domain(at: SpanRange) -> Diag {
    Diag::new(at, "this domain is empty: its lower bound is above its upper bound")
        .help("exchange the bounds")
}

/// `in 1..1`.
pub fn empty_domain(at: SpanRange) -> Diag {
    Diag::new(at, "this domain is empty: its bounds are equal and not both allowed")
        .help("write `..=` to allow the upper bound")
}

// ---- inputs ----

/// `x` without `: [..]`.
pub fn input_without_type(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected `:` and the axes of `{name}`, found {found}"))
        .help(format!("write `{name}: [B, K]`, or `{name}: []` for a scalar"))
}

/// `x: f32`, `x: &Tensor`.
pub fn input_type(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected the axes of `{name}`, found {found}"))
        .help("write `[B, K]` for a matrix, `[]` for a scalar, `[B] -> K` for class indices")
        .note("the element type and the device are those of the tensors passed")
}

/// `x: [B] -> f32`.
pub fn element_type(at: SpanRange, found: &str) -> Diag {
    Diag::new(at, format!("expected an index set or `bool` after `->`, found {found}"))
        .help("leave the `->` out for real numbers; write `-> K` for class indices below `K`")
}

/// Five axes.
pub fn too_many_axes(at: SpanRange, name: &Ident, found: usize, limit: usize) -> Diag {
    Diag::new(at, format!("`{name}` has {found} axes, at most {limit} are supported"))
        .help("merge axes that are always used together before the call")
}

// ---- bodies ----

/// `{ }`.
pub fn empty_body(at: SpanRange) -> Diag {
    Diag::new(at, "this body is empty").help("its last expression is the loss per sample")
}

/// A body that ends with a statement.
pub fn missing_value(at: SpanRange) -> Diag {
    Diag::new(at, "this body has no value").help("end it with the loss per sample, without `;`")
}

/// `value;` at the end.
pub fn semicolon_after_value(at: SpanRange) -> Diag {
    Diag::new(at, "no `;` may follow the value of a body").help("leave the `;` out")
}

/// `value; ..`.
pub fn unused_value(at: SpanRange) -> Diag {
    Diag::new(at, "the value of this expression is not used")
        .help("give it a name with `let`; the last expression is the loss")
}

/// No `;` at the end of a statement.
pub fn missing_semicolon(at: SpanRange) -> Diag {
    Diag::new(at, "missing `;` after this")
}

/// `x = 3;`.
pub fn missing_let(name: &Ident, left: &str) -> Diag {
    Diag::new(name, format!("`{name}` is defined without `let`")).help(format!("write `let {left} = ..;`"))
}

/// `let x;`.
pub fn let_without_value(word: &str, name: &Ident, indices: &str) -> Diag {
    Diag::new(name, format!("`{name}` has no value")).help(format!("write `{word} {name}{indices} = ..;`"))
}

/// `let x: f64 = ..`.
pub fn let_with_type(at: SpanRange, word: &str, name: &Ident) -> Diag {
    let article = if word == "let" { "a" } else { "an" };
    Diag::new(at, format!("{article} `{word}` has no type"))
        .help(format!("write `{word} {name}[i] = ..;` with the axes in brackets"))
}

/// `let mut x`.
pub fn let_mut(at: SpanRange) -> Diag {
    Diag::new(at, "tensors keep their values: `mut` has no meaning")
        .help("leave `mut` out; what changes from round to round stands in `repeat n { .. }`")
}

/// `let (a, b) = ..`.
pub fn let_pattern(at: SpanRange) -> Diag {
    Diag::new(at, "a `let` defines one tensor").help("write a `let` for each")
}

/// `let x[b + 1] = ..`.
pub fn left_index(at: SpanRange, found: &str) -> Diag {
    Diag::new(at, format!("expected the name of an index, found {found}"))
        .help("the left side names the axes: `let x[i, j] = ..;`")
}

/// `repeat { .. }`.
pub fn repeat_without_count(word: &Ident) -> Diag {
    Diag::new(word, "this `repeat` has no count")
        .help("write `repeat 10 { .. }` or the name of a `usize` hyperparameter")
}

/// `repeat` in `repeat`.
pub fn nested_repeat(word: &Ident) -> Diag {
    Diag::new(word, "a `repeat` inside a `repeat` is not supported").help("write the inner rounds out")
}

/// A step of `repeat` that is not an assignment.
pub fn not_a_step(at: SpanRange, found: &str) -> Diag {
    Diag::new(at, format!("expected `let t[i] = ..;` or `f[i] = ..;`, found {found}"))
        .note("a round of `repeat` has no value of its own")
}

// ---- expressions ----

/// `()`.
pub fn empty_parentheses(at: SpanRange) -> Diag {
    Diag::new(at, "these parentheses are empty")
}

/// `(a, b)`.
pub fn tuple(at: SpanRange) -> Diag {
    Diag::new(at, "there are no tuples").help("arguments follow the name of a function: `max(a, b)`")
}

/// `a < b < c`.
pub fn chained_comparison(at: SpanRange, left: &str, middle: &str, symbol: &str) -> Diag {
    Diag::new(at, "comparisons cannot be chained").help(format!("write `{left} && {middle} {symbol} ..`"))
}

/// `if c { a }`.
pub fn missing_else(word: &Ident) -> Diag {
    Diag::new(word, "this `if` has no `else`").help("both branches give a value: `if c { a } else { 0 }`")
}

/// `if c { } else { .. }`.
pub fn empty_branch(at: SpanRange) -> Diag {
    Diag::new(at, "this branch has no value")
}

/// `if c { let .. }`.
pub fn let_in_branch(word: &Ident) -> Diag {
    Diag::new(word, "a branch holds one expression").help("move the `let` before the statement with the `if`")
}

/// `if c { a; }`.
pub fn semicolon_in_branch(at: SpanRange) -> Diag {
    Diag::new(at, "a branch holds one expression, without `;`").help("leave the `;` out")
}

/// `x.exp()`, `x.powi(2)`.
pub fn method(at: SpanRange, name: &Ident, receiver: &str, more: bool) -> Diag {
    let receiver = receiver.strip_prefix('(').and_then(|r| r.strip_suffix(')')).unwrap_or(receiver);
    Diag::new(at, "functions are not written as methods")
        .help(format!("write `{name}({receiver}{})`", if more { ", .." } else { "" }))
}

/// `x.len`.
pub fn field(at: SpanRange) -> Diag {
    Diag::new(at, "there are no fields").help("the size of an index set is its name: `K`")
}

/// `f64::exp`.
pub fn path(at: SpanRange) -> Diag {
    Diag::new(at, "there are no paths").help("write the name alone")
}

/// `exp!(x)`.
pub fn macro_call(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, "there are no macros").help(format!("write `{name}(..)`"))
}

/// `2 (x + 1)`.
pub fn missing_operator(at: SpanRange, left: &str) -> Diag {
    Diag::new(at, format!("expected an operator after `{left}`, found `(`"))
        .help(format!("write `{left} * (..)` for a product"))
}

/// `x[b][k]`.
pub fn separate_brackets(at: SpanRange, together: &str) -> Diag {
    Diag::new(at, "all indices stand in one pair of brackets").help(format!("write `{together}`"))
}

/// `exp(x)[b]`.
pub fn index_on_value(at: SpanRange, value: &str) -> Diag {
    Diag::new(at, format!("`{value}` has no indices of its own"))
        .help("give it a name first: `let y[i] = ..;`, then `y[i]`")
}

/// `x[]`.
pub fn empty_brackets(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, "these brackets are empty").help(format!("write `{name}` for a tensor without axes"))
}

/// `Focal(..)[]`.
pub fn empty_samples(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, "these brackets are empty")
        .help(format!("write `{name}(..)[b]` for the value of a sample, `{name}(..)` for the reduced one"))
}

/// `Focal[b](..)`.
pub fn sample_before_arguments(name: &Ident, at: SpanRange) -> Diag {
    Diag::new(at, "the sample stands after the arguments").help(format!("write `{name}(..)[b]`"))
}

/// `sum[k | c]` without operands.
pub fn condition_without_operand(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the condition of `{name}` is not followed by its operand"))
        .help(format!("write `{name}[k | c](x[k])`"))
}

/// `sum[](x)`.
pub fn binder_without_indices(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` binds no index")).help(format!("write `{name}[k](..)`"))
}

/// `sum[K](x)`.
pub fn set_as_index(name: &Ident, owner: &Ident) -> Diag {
    let lower = name.to_string().to_lowercase();
    Diag::new(name, format!("`{name}` is an index set, an index is wanted"))
        .help(format!("write `{owner}[{lower}]..` with a lower-case name"))
}

/// `sum[k || c](x)`.
pub fn double_bar(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, "expected the name of an index, found a condition")
        .help(format!("a single `|` separates index and condition: `{name}[k | c](..)`"))
}

/// `sum[k + 1](x)`.
pub fn bound_not_a_name(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("`{name}` binds names of indices, this is an expression"))
        .help(format!("write `{name}[k](..)`, or an operator between `{name}[..]` and `(`"))
}

/// `exp(x = 1)`.
pub fn named_argument(at: SpanRange, owner: &Ident) -> Diag {
    Diag::new(at, "arguments have no names here")
        .help(format!("hyperparameters stand in angle brackets: `{owner}<name = 1>(..)`"))
}

// ---- composition ----

/// `learn centers [K, D]`, `state centers`.
pub fn held_without_type(at: SpanRange, word: &str, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected `:` and the axes of `{name}`, found {found}"))
        .help(format!("write `{word} {name}: [K] = 0.0`, or `{word} {name} = 0.0` for one number"))
}

/// `learn centers: [K, D]`.
pub fn held_without_value(name: &Ident, word: &str, what: &str) -> Diag {
    let noun = what.trim_start_matches("a ");
    Diag::new(name, format!("the {noun} `{name}` has no initial value"))
        .help(format!("write `{word} {name}: [..] = 0.0`"))
}

/// `repeat n { update s = ..; }`.
pub fn update_in_repeat(word: &Ident) -> Diag {
    Diag::new(word, format!("`{word}` stands in a `repeat`"))
        .help("write it after the loop; it may use what the loop assigns to")
        .note("a state is updated once, after the loss")
}

/// `uncertainty {}`.
pub fn no_terms(at: SpanRange, word: &Ident) -> Diag {
    Diag::new(at, format!("`{word}` has no terms"))
        .help(format!("write `{word} {{ name: Loss(..), other: Loss(..) }}`"))
}

/// Two terms of one name.
pub fn duplicate_term(name: &Ident) -> Diag {
    Diag::new(name, format!("there are two terms `{name}`")).help("give each term a name of its own")
}

/// A value among named terms.
pub fn term_without_name(name: &Ident, found: &str) -> Diag {
    Diag::new(name, format!("expected `:` after the name of a term, found {found}"))
        .help("every term has a name: `name: Loss(..)`")
}

// ---- host functions ----

/// `#[inline] extern ..`.
pub fn attribute_on_extern(word: &Ident) -> Diag {
    Diag::new(word, "a host function has no attributes but doc comments")
        .help("put them on the Rust function")
}

/// `pub extern ..`.
pub fn extern_visibility(word: &Ident) -> Diag {
    Diag::new(word, "a host function has no visibility")
        .help("remove `pub`")
        .note("the definitions of this invocation see it; those that call it bring it along")
}

/// `extern score -> []`.
pub fn extern_without_inputs(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected the inputs of `{name}` in parentheses, found {found}"))
        .help(format!("write `extern {name}(x: [N]) -> [N] = path;`"))
}

/// `extern score(x: [N]) = path;`.
pub fn extern_without_result(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected `->` and the axes of what `{name}` gives, found {found}"))
        .help("write `-> [N]`, `-> []` for one number, or `-> [N] -> M` for indices into `M`")
}

/// `extern score(x: [N]) -> [N];`.
pub fn extern_without_path(at: SpanRange, name: &Ident, found: &str) -> Diag {
    Diag::new(at, format!("expected `=` and the Rust function behind `{name}`, found {found}"))
        .help(format!("write `= my_module::{name};`"))
}

/// `extern score(x: [N]) -> [N] = |x| x;`.
pub fn extern_path(at: SpanRange, name: &Ident) -> Diag {
    Diag::new(at, format!("the Rust function behind `{name}` is named by a path"))
        .help(format!("write `= my_module::{name};`, or `, gradient = my_module::{name}_gradient;`"))
}
