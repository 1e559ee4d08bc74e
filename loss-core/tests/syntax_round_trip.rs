//! What is printed parses to the tree that was printed.

use loss_core::diag::{Errors, SpanRange};
use loss_core::syntax::ast::*;
use loss_core::syntax::{expression, parse, print};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use proptest::prelude::*;
use std::path::Path;

/// The tree as text without its spans, independent of the printer.
fn shape(tree: &impl std::fmt::Debug) -> String {
    let ranges = without(&format!("{tree:?}"), "SpanRange {", '}');
    without(&ranges, ", span: ", ')')
}

/// Text without the pieces from `start` to the next `end`.
fn without(text: &str, start: &str, end: char) -> String {
    let mut pieces = text.split(start);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |kept, piece| kept + piece.split_once(end).expect("a closed debug text").1)
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, range: SpanRange::nowhere() }
}

fn name() -> impl Strategy<Value = Ident> + Clone {
    prop::sample::select(vec!["x", "y", "log_p", "gamma", "poly2", "data", "learn", "state", "update"])
        .prop_map(ident)
}

fn index() -> impl Strategy<Value = Ident> + Clone {
    prop::sample::select(vec!["b", "k", "i", "j"]).prop_map(ident)
}

fn set() -> impl Strategy<Value = Ident> + Clone {
    prop::sample::select(vec!["B", "K", "Classes"]).prop_map(ident)
}

fn loss() -> impl Strategy<Value = Ident> + Clone {
    prop::sample::select(vec!["Focal", "CrossEntropy", "poly", "apl"]).prop_map(ident)
}

fn number() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![
        (0_u32..100).prop_map(f64::from),
        prop::sample::select(vec![0.5, 1e-4, 1e-7, 0.05, 12345.678, 1e22, 1e300, f64::MIN_POSITIVE]),
        any::<f64>().prop_map(f64::abs).prop_filter("finite", |v| v.is_finite()),
    ]
}

fn leaf() -> impl Strategy<Value = Expr> + Clone {
    prop_oneof![
        number().prop_map(|v| expr(ExprKind::Number(v))),
        name().prop_map(|n| expr(ExprKind::Name(n))),
        set().prop_map(|n| expr(ExprKind::Name(n))),
    ]
}

const BINARY: &[&str] = &["add", "sub", "mul", "div", "pow", "eq", "ne", "lt", "le", "gt", "ge", "and", "or"];

fn boxed(e: Expr) -> Box<Expr> {
    Box::new(e)
}

fn tree() -> impl Strategy<Value = Expr> + Clone {
    leaf().prop_recursive(6, 60, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 1..3);
        let any = prop::collection::vec(inner.clone(), 0..3);
        let condition = prop::option::of(inner.clone().prop_map(boxed));
        let value = prop_oneof![
            inner.clone().prop_map(HyperDefault::Scalar),
            any.clone().prop_map(|list| HyperDefault::Array(list, SpanRange::nowhere())),
        ];
        let given = prop::collection::vec((name(), value), 0..2);
        let bind = (name(), indices(1), condition, any.clone());
        let apply = (loss(), given.clone(), any.clone(), prop::option::of(some.clone()));
        let strategy = prop::sample::select(vec!["LinUpper", "SelfPaced"]).prop_map(ident);
        let reweight = (strategy, given, any.clone(), inner.clone());
        let setting = prop_oneof![
            inner.clone().prop_map(ScheduleArg::Plain),
            (inner.clone(), inner.clone()).prop_map(|(from, to)| ScheduleArg::Move(from, to)),
            (name(), inner.clone()).prop_map(|(name, value)| ScheduleArg::Named(name, value)),
        ];
        let schedule = (
            prop::sample::select(vec!["linear", "stages", "warm_up"]).prop_map(ident),
            prop::collection::vec(setting, 0..3),
        );
        prop_oneof![
            schedule.prop_map(|(name, args)| expr(ExprKind::Schedule(Schedule { name, args }))),
            reweight.prop_map(|(name, hypers, args, loss)| {
                let strategy = Application { name, hypers, args, indices: None, update: None };
                expr(ExprKind::Reweight(Box::new(Reweight { name: ident("reweight"), strategy, loss })))
            }),
            (name(), some).prop_map(|(n, i)| expr(ExprKind::Index(n, i))),
            (prop::sample::select(vec!["neg", "not"]), inner.clone())
                .prop_map(|(op, x)| expr(ExprKind::Unary(op, boxed(x)))),
            (prop::sample::select(BINARY), inner.clone(), inner.clone())
                .prop_map(|(op, x, y)| expr(ExprKind::Binary(op, boxed(x), boxed(y)))),
            (inner.clone(), inner.clone(), inner).prop_map(|(c, x, y)| expr(ExprKind::If(
                boxed(c),
                boxed(x),
                boxed(y)
            ))),
            (name(), any).prop_map(|(n, args)| expr(ExprKind::Call(n, args))),
            bind.prop_map(|(name, (indices, ranges), condition, args)| {
                expr(ExprKind::Bind(Box::new(Binder { name, indices, ranges, condition, args })))
            }),
            apply.prop_map(|(name, hypers, args, indices)| {
                expr(ExprKind::Apply(Box::new(Application { name, hypers, args, indices, update: None })))
            }),
        ]
    })
}

fn domain() -> impl Strategy<Value = Option<Domain>> {
    let bound = |range: std::ops::Range<i32>| prop::option::of((range.prop_map(f64::from), any::<bool>()));
    (bound(-3..0), bound(0..3)).prop_map(|(lo, hi)| {
        (lo.is_some() || hi.is_some()).then_some(Domain { lo, hi, range: SpanRange::nowhere() })
    })
}

fn hyper() -> impl Strategy<Value = Hyper> {
    let ty =
        prop_oneof![Just(HyperType::Real), Just(HyperType::Integer), (1_usize..5).prop_map(HyperType::Array)];
    let docs =
        prop::sample::select(vec![vec![], vec!["Why.".to_owned(), String::new(), "  Indented.".into()]]);
    (name(), docs, ty, prop::option::of(tree().prop_map(HyperDefault::Scalar)), domain()).prop_map(
        |(name, docs, ty, default, domain)| Hyper { name, docs, ty, default, domain, scheduled: false },
    )
}

fn axis() -> impl Strategy<Value = AxisName> {
    prop_oneof![
        set().prop_map(AxisName::Set),
        set().prop_map(AxisName::Bundle),
        (1_usize..9).prop_map(|n| AxisName::Fixed(n, SpanRange::nowhere())),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let element = prop_oneof![Just(Element::Real), Just(Element::Bool), axis().prop_map(Element::Class)];
    (name(), any::<bool>(), prop::collection::vec(axis(), 0..4), element, domain()).prop_map(
        |(name, data, axes, element, domain)| {
            let range = SpanRange::nowhere();
            Input { name, data, axes, element, domain, range }
        },
    )
}

fn let_stmt() -> impl Strategy<Value = Let> {
    (name(), indices(0), tree()).prop_map(|(name, (indices, ranges), value)| Let {
        name,
        indices,
        ranges,
        value,
    })
}

/// Different indices, and what some of them range over.
fn indices(least: usize) -> impl Strategy<Value = (Vec<Ident>, Vec<IndexRange>)> {
    let range = prop_oneof![
        set().prop_map(AxisName::Set),
        (1_usize..9).prop_map(|n| AxisName::Fixed(n, SpanRange::nowhere())),
    ];
    let one = (index(), prop::option::of(range));
    prop::collection::vec(one, least..3).prop_map(|mut all| {
        all.dedup_by(|a, b| a.0 == b.0);
        let range = |(index, set): &(Ident, Option<AxisName>)| {
            Some(IndexRange { index: index.clone(), set: set.clone()? })
        };
        (all.iter().map(|one| one.0.clone()).collect(), all.iter().filter_map(range).collect())
    })
}

fn stmt() -> impl Strategy<Value = Stmt> {
    let step = prop_oneof![let_stmt().prop_map(RepeatStep::Let), let_stmt().prop_map(RepeatStep::Assign)];
    let range = SpanRange::nowhere();
    prop_oneof![
        4 => let_stmt().prop_map(Stmt::Let),
        1 => (leaf(), prop::collection::vec(step, 0..3))
            .prop_map(move |(count, steps)| Stmt::Repeat(Repeat { count, steps, range })),
    ]
}

fn marks() -> impl Strategy<Value = Marks> {
    let text = prop::sample::select(vec!["diff", "two words", "quote \" and \\"]).prop_map(str::to_owned);
    let when = prop::collection::vec((Just("mode".to_owned()), text.clone()), 0..3);
    (any::<[bool; 5]>(), prop::option::of(text), when).prop_map(
        |([active, passive, snapshot, hessian, graph], id, when)| Marks {
            active,
            passive,
            snapshot,
            hessian,
            graph,
            parts: false,
            id,
            when,
        },
    )
}

fn def() -> impl Strategy<Value = Def> {
    let docs =
        prop::sample::select(vec![vec![], vec!["Title.".to_owned(), String::new(), "More \"text\".".into()]]);
    let vis = prop::sample::select(vec!["", "pub", "pub(crate)", "pub(in crate::a::b)"]);
    let head = (
        prop::collection::vec(hyper(), 0..3),
        prop::collection::vec(held(), 0..2),
        prop::collection::vec(input(), 0..4),
    );
    let value = (tree(), prop::option::of(terms()));
    let (stmts, updates) = (prop::collection::vec(stmt(), 0..3), prop::collection::vec(let_stmt(), 0..2));
    (docs, vis, marks(), head, (stmts, updates), value).prop_map(
        |(docs, vis, marks, (hypers, held, inputs), (stmts, updates), (value, terms))| {
            let value = terms.as_ref().map_or(value, sum);
            let doc = |line: &String| -> TokenStream {
                format!("#[doc = {:?}]", format!(" {line}")).parse().expect("an attribute")
            };
            let attrs = docs.iter().map(doc).chain(["#[must_use]".parse().expect("an attribute")]).collect();
            let vis = vis.parse().expect("a visibility");
            let name = ident("Random");
            let externs = vec![];
            Def { attrs, docs, marks, vis, name, externs, hypers, held, inputs, stmts, updates, value, terms }
        },
    )
}

fn held() -> impl Strategy<Value = Held> {
    let role = prop::sample::select(vec![Role::Learned, Role::State]);
    let docs = prop::sample::select(vec![vec![], vec!["Why.".to_owned()]]);
    (role, name(), docs, prop::collection::vec(axis(), 0..3), tree()).prop_map(
        |(role, name, docs, axes, initial)| Held {
            role,
            name,
            docs,
            axes,
            initial,
            range: SpanRange::nowhere(),
        },
    )
}

fn terms() -> impl Strategy<Value = Terms> {
    let kind = prop::sample::select(vec![None, Some("regression"), Some("classification")]);
    let term = (kind, tree());
    let options = prop::sample::select(vec![vec![], vec![("form", "sigma")]]);
    (prop::option::of(options), prop::collection::vec(term, 1..4)).prop_map(|(options, list)| {
        let weighting = options.map(|options| Weighting {
            name: ident("uncertainty"),
            options: options.into_iter().map(|(name, value)| (ident(name), ident(value))).collect(),
        });
        let term = |(i, (kind, value)): (usize, (Option<&str>, Expr))| Term {
            name: ident(&format!("term{i}")),
            kind: kind.map(ident),
            value,
        };
        Terms { weighting, list: list.into_iter().enumerate().map(term).collect() }
    })
}

/// What the parser makes the value of named terms.
fn sum(terms: &Terms) -> Expr {
    let values = terms.list.iter().map(|term| term.value.clone());
    let sum = values.reduce(|x, y| expr(ExprKind::Binary("add", boxed(x), boxed(y))));
    sum.expect("a term")
}

fn reparse(text: &str) -> Def {
    let mut errors = Errors::new();
    let mut file = parse(text.parse().expect("tokens"), &mut errors);
    let messages: Vec<String> = errors.iter().map(|diag| diag.text()).collect();
    assert!(errors.is_empty(), "{text}\n{messages:#?}");
    assert_eq!(file.defs.len(), 1, "{text}");
    file.defs.remove(0)
}

/// A definition's shape. Of attributes only the paths count: the text of a doc comment is in `docs`.
fn def_shape(def: &Def) -> String {
    let Def { docs, marks, name, externs, hypers, held, inputs, stmts, updates, value, terms, attrs, vis } =
        def;
    let tree = shape(&(docs, marks, name, externs, hypers, held, inputs, (stmts, updates), value, terms));
    let path = |tree: TokenTree| match tree {
        TokenTree::Group(group) => group.stream().into_iter().next().map(|path| path.to_string()),
        _ => None,
    };
    let paths: Vec<String> = attrs.clone().into_iter().filter_map(path).collect();
    format!("{paths:?} {vis} {tree}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expressions(tree in tree()) {
        let text = print::expr(&tree);
        let again = expression(&text).unwrap_or_else(|diag| panic!("{text}\n{}", diag.text()));
        prop_assert_eq!(shape(&again), shape(&tree), "{}", text);
        prop_assert_eq!(print::expr(&again), text);
    }

    #[test]
    fn definitions(def in def()) {
        let text = print::def(&def);
        let again = reparse(&text);
        prop_assert_eq!(def_shape(&again), def_shape(&def), "{}", text);
        prop_assert_eq!(print::def(&again), text);
    }
}

fn check_printed(text: &str) -> usize {
    let file = parse(text.parse().expect("tokens"), &mut Errors::new());
    for def in &file.defs {
        let printed = print::def(def);
        assert_eq!(def_shape(&reparse(&printed)), def_shape(def), "{printed}");
    }
    file.defs.len()
}

#[test]
fn corpus_specs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/pass");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the corpus") {
        seen += check_printed(&std::fs::read_to_string(entry.expect("an entry").path()).expect("a spec"));
    }
    assert!(seen >= 9, "only {seen} definitions");
}

#[test]
fn catalogue() {
    for file in loss_core::catalogue::FILES {
        assert!(check_printed(file.text) > 0, "{} defines nothing", file.name);
    }
}

#[test]
fn parentheses_only_where_needed() {
    let same = [
        "a + b - c",
        "a - (b + c)",
        "a / (b * c)",
        "-a^2",
        "(-a)^2",
        "2^-x",
        "a^b^c",
        "(a^b)^c",
        "-(-a)",
        "-(a * b)",
        "-a * b",
        "!(a && b) || c",
        "a < b && b < c",
        "(a < b) == (c < d)",
        "w * (if q == n { a } else if q > n { b } else { c }) + c",
        "sum[j | j != i && (a || b)](x[i, j])",
        "Focal<gamma = 1.5, eps = [1, 1e-4]>(logits, target)[b]",
        "x < y",
        "count[k | c]()",
        "apl(A(x), B(x))",
        "reweight<LinUpper<r = 0.4>>(A(x)[b])",
        "reweight<ClassBalanced(target, counts)>(A(x)[b])",
        "linear(0 -> 0.5, over = 100)",
        "then(0.5, stages(1, 160 -> 0.1), at = 10)",
    ];
    for text in same {
        let tree = expression(text).unwrap_or_else(|diag| panic!("{text}\n{}", diag.text()));
        assert_eq!(print::expr(&tree), text);
    }
}

#[test]
fn style() {
    let text = r#"/// Title.
///
/// More.
#[active]
#[id = "dpo"]
#[must_use]
pub(crate) Dpo<
    /// Strength.
    beta = 0.1 in 0<..,
    rounds: usize = 100,
>(
    policy_chosen_logps: [B] in ..=0,
    policy_rejected_logps: [B],
    reference_chosen_logps: data [B],
    target: [B] -> K,
) {
    let margin[b] = policy_chosen_logps[b] - reference_chosen_logps[b];
    let long[b] = policy_chosen_logps[b] * policy_chosen_logps[b] - reference_chosen_logps[b]
        + policy_rejected_logps[b] * policy_chosen_logps[b]
        - reference_chosen_logps[b] * policy_chosen_logps[b];
    let f[b] = 0;
    repeat rounds {
        let t[b] = f[b] / 2;
        f[b] = t[b] + margin[b];
    }
    -log_sigmoid(beta * long[b]) + f[b]
}
"#;
    let joined = text.replace("\n        + ", " + ").replace("\n        - ", " - ");
    let printed = print::def(&reparse(&joined));
    let broken = text.replace(
        "policy_chosen_logps[b] - reference_chosen_logps[b]\n",
        "policy_chosen_logps[b]\n        - reference_chosen_logps[b]\n",
    );
    assert_eq!(printed, broken);
    assert_eq!(print::def(&reparse("pub A(x: [N..]) { x[n] }")), "pub A(x: [N..]) = x[n];\n");
}
