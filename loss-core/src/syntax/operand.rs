//! Operands: numbers, names, tensor accesses, functions, binders, applications, conditionals.

use super::ast::{Application, Binder, Expr, ExprKind, HyperDefault, IndexRange};
use super::expr::{Node, additive, expr};
use super::tokens::{Tokens, list};
use super::{habits, names, number, range, schedule};
use crate::diag::messages::syntax as say;
use crate::diag::{Diag, SpanRange};
use proc_macro2::{Delimiter, Ident};

/// An operand; nothing may be attached to it afterwards.
pub(super) fn operand(tokens: &mut Tokens) -> Result<Node, Diag> {
    let node = bare_operand(tokens)?;
    habits::check_nothing_attached(tokens, &node.expr)?;
    Ok(node)
}

fn bare_operand(tokens: &mut Tokens) -> Result<Node, Diag> {
    if let Some(mut unit) = tokens.enter_unit() {
        return whole(&mut unit, "the end of the forwarded expression");
    }
    if let Some((inner, range)) = tokens.enter(Delimiter::Parenthesis) {
        return parenthesised(inner, range);
    }
    if tokens.is_word("if") {
        return conditional(tokens);
    }
    if let Some(truth) = tokens.eat_word("true").or_else(|| tokens.eat_word("false")) {
        let range = SpanRange::from(&truth);
        return Ok(Node::leaf(ExprKind::Name(truth), range));
    }
    if tokens.literal().is_some() {
        return literal(tokens);
    }
    if tokens.ident().is_some() { named(tokens) } else { Err(habits::no_operand(tokens)) }
}

/// An expression that fills its group.
fn whole(inner: &mut Tokens, wanted: &str) -> Result<Node, Diag> {
    let node = expr(inner)?;
    if inner.at_end() { Ok(node) } else { Err(habits::after_expr(inner, wanted)) }
}

fn parenthesised(mut inner: Tokens, range: SpanRange) -> Result<Node, Diag> {
    if inner.at_end() {
        return Err(say::empty_parentheses(range));
    }
    let mut node = expr(&mut inner)?;
    if inner.is(",") {
        return Err(say::tuple(inner.here()));
    }
    if !inner.at_end() {
        return Err(habits::after_expr(&inner, "`)`"));
    }
    node.expr.range = range;
    Ok(node)
}

/// A number. One that a macro made negative is atomic: `-2 ^ 2` is then 4.
fn literal(tokens: &mut Tokens) -> Result<Node, Diag> {
    let Some(literal) = tokens.literal() else { return Err(habits::no_operand(tokens)) };
    let (value, negative) = number::real(&literal)?;
    tokens.take_literal();
    let range = literal.span().into();
    let node = Node::leaf(ExprKind::Number(value), range);
    if !negative {
        return Ok(node);
    }
    Node::new(ExprKind::Unary("neg", Box::new(node.expr)), range, [node.height])
}

/// `if c { a } else { b }`.
fn conditional(tokens: &mut Tokens) -> Result<Node, Diag> {
    let Some(start) = tokens.eat_word("if") else { return Err(habits::no_operand(tokens)) };
    let condition = expr(tokens)?;
    let then = branch(tokens)?;
    if tokens.eat_word("else").is_none() {
        return Err(say::missing_else(&start));
    }
    let otherwise = match () {
        () if tokens.is_word("if") => tokens.nested(conditional)?,
        () if tokens.is_group(Delimiter::Brace) => branch(tokens)?,
        () => return Err(tokens.expected("`{` or `if` after `else`")),
    };
    let range = SpanRange::from(&start).to(tokens.last());
    let heights = [condition.height, then.height, otherwise.height];
    let [condition, then, otherwise] = [condition, then, otherwise].map(|node| Box::new(node.expr));
    Node::new(ExprKind::If(condition, then, otherwise), range, heights)
}

/// `{ expr }`.
fn branch(tokens: &mut Tokens) -> Result<Node, Diag> {
    let Some((mut inner, range)) = tokens.enter(Delimiter::Brace) else {
        return Err(habits::after_condition(tokens));
    };
    if inner.at_end() {
        return Err(say::empty_branch(range));
    }
    if let Some(word) = inner.eat_word("let") {
        return Err(say::let_in_branch(&word));
    }
    let node = expr(&mut inner)?;
    if let Some(semicolon) = inner.eat(";") {
        return Err(say::semicolon_in_branch(semicolon));
    }
    if inner.at_end() { Ok(node) } else { Err(habits::after_expr(&inner, "`}`")) }
}

/// Whatever starts with a name.
fn named(tokens: &mut Tokens) -> Result<Node, Diag> {
    if let Some(diag) = habits::foreign_word(tokens) {
        return Err(diag);
    }
    let name = names::any(tokens, "an expression")?;
    if name == "reweight" && tokens.is("<") {
        return schedule::reweight(tokens, name);
    }
    if crate::compose::is_schedule(&name.to_string()) && tokens.is_group(Delimiter::Parenthesis) {
        return schedule::schedule(tokens, name);
    }
    if opens_hypers(tokens) {
        let hypers = hypers(tokens)?;
        return application(tokens, name, hypers);
    }
    if let Some((inner, range)) = tokens.enter(Delimiter::Bracket) {
        return bracketed(tokens, name, Brackets::read(inner, range)?);
    }
    if !tokens.is_group(Delimiter::Parenthesis) {
        let range = (&name).into();
        return Ok(Node::leaf(ExprKind::Name(name), range));
    }
    if names::is_upper(&name) || crate::combine::find(&name.to_string()).is_some() {
        return application(tokens, name, (Vec::new(), 0));
    }
    let range = SpanRange::from(&name);
    let (args, height) = arguments(tokens, &name)?;
    Node::new(ExprKind::Call(name, args), range.to(tokens.last()), [height])
}

/// `(a, b)`, with the greatest height among them.
pub(super) fn arguments(tokens: &mut Tokens, owner: &Ident) -> Result<(Vec<Expr>, usize), Diag> {
    let Some((inner, _)) = tokens.enter(Delimiter::Parenthesis) else {
        return Err(tokens.expected(&format!("the arguments of `{owner}` in parentheses")));
    };
    let nodes = list(
        inner,
        |inner| match habits::named_argument(inner, owner) {
            Some(diag) => Err(diag),
            None => expr(inner),
        },
        |inner| habits::after_argument(inner, owner),
    )?;
    Ok(apart(nodes))
}

/// Expressions and the greatest height among them.
fn apart(nodes: Vec<Node>) -> (Vec<Expr>, usize) {
    let height = nodes.iter().map(|node| node.height).max().unwrap_or(0);
    (nodes.into_iter().map(|node| node.expr).collect(), height)
}

/// `[a, b | c]`, whether it turns out to hold what a tensor is read at or what a binder binds.
struct Brackets {
    items: Vec<Node>,
    ranges: Vec<IndexRange>,
    bar: Option<SpanRange>,
    condition: Option<Node>,
    range: SpanRange,
}

impl Brackets {
    fn read(mut inner: Tokens, range: SpanRange) -> Result<Brackets, Diag> {
        let mut brackets =
            Brackets { items: Vec::new(), ranges: Vec::new(), bar: None, condition: None, range };
        while !inner.at_end() && !inner.is("|") {
            brackets.items.push(place(&mut inner)?);
            brackets.range_of_last(&mut inner)?;
            if inner.eat(",").is_none() && !inner.at_end() && !inner.is("|") {
                return Err(habits::after_expr(&inner, "`,`, `|` or `]`"));
            }
        }
        brackets.bar = inner.eat("|");
        if brackets.bar.is_some() {
            brackets.condition = Some(whole(&mut inner, "`]`")?);
        }
        Ok(brackets)
    }

    /// `in N` after an index. (Apart from what calls itself: there every variable takes stack.)
    fn range_of_last(&mut self, inner: &mut Tokens) -> Result<(), Diag> {
        if let Some(ExprKind::Name(index)) = self.items.last().map(|item| &item.expr.kind) {
            self.ranges.extend(range::optional(inner, index)?);
        }
        Ok(())
    }

    /// Law: ranges stand where indices are bound.
    fn check_no_ranges(&self, tensor: &Ident) -> Result<(), Diag> {
        self.ranges.first().map_or(Ok(()), |range| Err(say::range_where_read(&range.index, tensor)))
    }

    fn heights(&self) -> usize {
        self.items.iter().chain(&self.condition).map(|node| node.height).max().unwrap_or(0)
    }
}

/// An expression, or `..` for the further axes.
fn place(inner: &mut Tokens) -> Result<Node, Diag> {
    match inner.eat("..") {
        Some(range) => Ok(Node::leaf(ExprKind::Rest, range)),
        None => expr(inner),
    }
}

/// `name[..]`: a binder if operands follow in parentheses, an access if not.
fn bracketed(tokens: &mut Tokens, name: Ident, brackets: Brackets) -> Result<Node, Diag> {
    let start = SpanRange::from(&name);
    let height = brackets.heights();
    if tokens.is_group(Delimiter::Parenthesis) {
        let mut binder = bound(name, brackets)?;
        let args_height;
        (binder.args, args_height) = arguments(tokens, &binder.name)?;
        return Node::new(ExprKind::Bind(Box::new(binder)), start.to(tokens.last()), [height, args_height]);
    }
    if let Some(bar) = brackets.bar {
        return Err(say::condition_without_operand(bar, &name));
    }
    if brackets.items.is_empty() {
        return Err(say::empty_brackets(brackets.range, &name));
    }
    brackets.check_no_ranges(&name)?;
    let range = start.to(brackets.range);
    Node::new(ExprKind::Index(name, apart(brackets.items).0), range, [height])
}

/// What a binder binds, without operands. Law: plain lower-case names.
fn bound(name: Ident, brackets: Brackets) -> Result<Binder, Diag> {
    if names::is_upper(&name) {
        return Err(say::sample_before_arguments(&name, brackets.range));
    }
    if brackets.items.is_empty() {
        return Err(say::binder_without_indices(brackets.range, &name));
    }
    let indices =
        brackets.items.into_iter().map(|node| bound_index(&name, node.expr)).collect::<Result<_, _>>()?;
    let condition = brackets.condition.map(|node| Box::new(node.expr));
    Ok(Binder { name, indices, ranges: brackets.ranges, condition, args: vec![] })
}

fn bound_index(binder: &Ident, item: Expr) -> Result<Ident, Diag> {
    match item.kind {
        ExprKind::Name(name) if names::is_upper(&name) => Err(say::set_as_index(&name, binder)),
        ExprKind::Name(name) => names::check_lower(&name, "an index").map(|()| name),
        ExprKind::Binary("or", left, _) if matches!(left.kind, ExprKind::Name(_)) => {
            Err(say::double_bar(item.range, binder))
        }
        _ => Err(say::bound_not_a_name(item.range, binder)),
    }
}

/// Whether the `<` here starts hyperparameters: `<name =`, `<>(` or `<name, name>(`; otherwise it compares.
fn opens_hypers(tokens: &Tokens) -> bool {
    let mut ahead = *tokens;
    if ahead.eat("<").is_none() {
        return false;
    }
    loop {
        if ahead.eat(">").is_some() {
            return ahead.is_group(Delimiter::Parenthesis);
        }
        let lower = ahead.take_ident().is_some_and(|name| !names::is_upper(&name));
        if ahead.is("=") || !lower {
            return lower;
        }
        if ahead.eat(",").is_none() && !ahead.is(">") {
            return false;
        }
    }
}

type Hypers = (Vec<(Ident, HyperDefault)>, usize);

/// `<name = value, ..>`; a name alone is its own value.
pub(super) fn hypers(tokens: &mut Tokens) -> Result<Hypers, Diag> {
    let open = tokens.expect("<")?;
    let (mut given, mut height) = (Vec::new(), 0);
    while tokens.eat(">").is_none() {
        let name = names::lower(tokens, "a hyperparameter")?;
        let (value, value_height) = given_value(tokens, &name)?;
        given.push((name, value));
        height = height.max(value_height);
        if tokens.eat(",").is_none() && !tokens.is(">") {
            return Err(habits::after_hyper(tokens, open));
        }
    }
    Ok((given, height))
}

/// `= 0.5`, or nothing: then the value is what has the same name here.
fn given_value(tokens: &mut Tokens, name: &Ident) -> Result<(HyperDefault, usize), Diag> {
    if tokens.is(",") || tokens.is(">") {
        let Node { expr, height } = Node::leaf(ExprKind::Name(name.clone()), name.into());
        return Ok((HyperDefault::Scalar(expr), height));
    }
    tokens.expect("=")?;
    hyper_value(tokens)
}

/// `0.5` or `[1, 0.5]`.
pub(super) fn hyper_value(tokens: &mut Tokens) -> Result<(HyperDefault, usize), Diag> {
    if let Some((inner, range)) = tokens.enter(Delimiter::Bracket) {
        let nodes = list(inner, additive, |inner| habits::after_expr(inner, "`,` or `]`"))?;
        let (values, height) = apart(nodes);
        return Ok((HyperDefault::Array(values, range), height));
    }
    let node = additive(tokens)?;
    Ok((HyperDefault::Scalar(node.expr), node.height))
}

/// `Name<..>(args)[indices]`, from the arguments on.
fn application(tokens: &mut Tokens, name: Ident, hypers: Hypers) -> Result<Node, Diag> {
    let start = SpanRange::from(&name);
    let (args, mut height) = arguments(tokens, &name)?;
    height = height.max(hypers.1);
    let mut indices = None;
    if let Some((inner, range)) = tokens.enter(Delimiter::Bracket) {
        let nodes = list(inner, expr, |inner| habits::after_expr(inner, "`,` or `]`"))?;
        if nodes.is_empty() {
            return Err(say::empty_samples(range, &name));
        }
        let (samples, samples_height) = apart(nodes);
        height = height.max(samples_height);
        indices = Some(samples);
    }
    let application = Application { name, hypers: hypers.0, args, indices, update: None };
    Node::new(ExprKind::Apply(Box::new(application)), start.to(tokens.last()), [height])
}
