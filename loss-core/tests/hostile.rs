//! No sequence of tokens makes the compiler panic or hang, neither its parser nor what comes after it, and what it
//! gives is always Rust.

use loss_core::compile::{compile, expand};
use loss_core::diag::Errors;
use loss_core::syntax::parse;
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Names and keywords of the language, some of its neighbours.
const WORDS: &[&str] = &[
    "pub",
    "crate",
    "let",
    "repeat",
    "if",
    "else",
    "in",
    "data",
    "learn",
    "state",
    "update",
    "normal",
    "uncertainty",
    "reweight",
    "fn",
    "mut",
    "f64",
    "usize",
    "bool",
    "B",
    "K",
    "Focal",
    "poly",
    "apl",
    "x",
    "y",
    "b",
    "k",
    "sum",
    "exp",
    "and",
    "_",
    "self",
    "Self",
    "true",
    "doc",
    "active",
    "id",
    "when",
    "over",
    "linear",
    "stages",
    "warm_up",
    "regression",
    "LinUpper",
    "log_variance",
    "form",
    "as",
];

const LITERALS: &[&str] =
    &["0", "1", "3.5", "1e-4", "1e999", "2f32", "0xff", "\"text\"", "'c'", "b\"bytes\"", "10_000", "7x"];

const OPERATORS: &[&str] = &["==", "<=", "&&", "||", "->", "..", "..=", "::", ":=", "**", "!="];

/// Every character that can be a symbol.
const SYMBOLS: &str = "=<>!~?|&^*/%+-.,;:#$@'";

/// Valid specs, to be damaged.
const SPECS: &[&str] = &[
    include_str!("corpus/pass/active_passive.loss"),
    include_str!("corpus/pass/multi_similarity.loss"),
    include_str!("corpus/pass/sinkhorn.loss"),
    include_str!("corpus/pass/ge2e.loss"),
    include_str!("corpus/pass/composed.loss"),
    include_str!("corpus/pass/state.loss"),
    "crate = ::dfdx_loss; #[when(a = \"b\")] #[id = \"c\"] pub(crate) A<\n/// Doc.\nn: [f64; 2] = [1, -2] in 0<..=1>\
     (x: data [B, 4] in ..1, y: [N..], m: [B] -> bool) = if !m[b] && x[b, 0] < 1 { 2^-n[0] } else { y[n] };",
];

/// Valid specs for the whole pipeline: the corpus, the catalogue, random ones.
static WHOLE: LazyLock<Vec<String>> = LazyLock::new(|| {
    let catalogue = loss_core::catalogue::FILES.iter().map(|file| file.text.to_owned());
    let random = (0..40).map(|seed| loss_core::random::spec("R", seed));
    SPECS
        .iter()
        .map(ToString::to_string)
        .chain([EVERYTHING.to_owned()])
        .chain(catalogue)
        .chain(random)
        .collect()
});

/// What the other specs have too little of.
const EVERYTHING: &str = "
    pub Squared(x: [N..], y: data [N..]) { (x[n] - y[n])^2 }
    pub Images(image: [B, H, W], truth: data [B, H, W]) { sum[h, w](Squared(image, truth)[b, h, w]) }
    #[passive] pub Pushed<w: [f64; 3] = [1, 0.5, 0]>(x: [B, K], t: [B] -> K) {
        sum[k | k != t[b]](w[0] * softmax[k](x[b, k])) + w[2]
    }
    pub Both(x: [B, K], t: [B] -> K) = apl<alpha = 2.0, beta = 0.5>(CrossEntropy(x, t), Pushed<w = [1, 2, 3]>(x, t));
    pub Poly<e = 1.0>(x: [B, K], t: [B] -> K) { poly<eps = [e, 0.5]>(CrossEntropy(x, t)) * 2 }
    pub Rounds<n: usize = 3, tau = 0.5 in 0<..=2>(x: [B, 4], m: [B] -> bool, c: [B] -> 4) {
        let order[b, i] = argsort[i](-x[b, i]);
        let f[b] = 0;
        let above[b, i] = if m[b] { x[b, i] > tau } else { !m[b] };
        repeat n {
            let g[b] = logsumexp[i | above[b, i]](x[b, i] - f[b]);
            f[b] = tau * g[b] + rank[b](x[b, c[b]]) - cumsum[b](x[b, order[b, 3]]);
        }
        f[b] + B / 4 + if any[i](above[b, i]) { 1 } else { 0 }
    }
";

/// What the compiler makes of tokens, all the way, and how long it takes.
fn compile_quickly(tokens: TokenStream) -> TokenStream {
    let start = Instant::now();
    let outcome = compile(tokens.clone());
    assert!(
        outcome.broken.is_empty() || !outcome.errors.is_empty(),
        "a definition is broken without a reason"
    );
    assert!(outcome.errors.iter().all(|diag| !diag.message.is_empty()));
    let items = expand(tokens.clone());
    // On a busy machine, too; what doubles with each definition would not end.
    let limit = Duration::from_secs(60);
    assert!(start.elapsed() < limit, "compiling took {:?}: {tokens}", start.elapsed());
    items
}

/// What the compiler makes of tokens, and how long it takes.
fn parse_quickly(tokens: TokenStream) {
    let start = Instant::now();
    let mut errors = Errors::new();
    let file = parse(tokens.clone(), &mut errors);
    assert!(errors.is_empty() || errors.iter().all(|diag| !diag.message.is_empty()));
    assert!(file.broken.is_empty() || !errors.is_empty(), "a definition is broken without a reason");
    let limit = Duration::from_secs(5);
    assert!(start.elapsed() < limit, "parsing took {:?}: {tokens}", start.elapsed());
}

fn literal() -> impl Strategy<Value = TokenTree> {
    prop_oneof![
        select(LITERALS).prop_map(|text| text.parse::<Literal>().expect("a literal").into()),
        any::<f64>().prop_filter("finite", |v| v.is_finite()).prop_map(|v| Literal::f64_unsuffixed(v).into()),
        any::<i32>().prop_map(|v| Literal::i32_unsuffixed(v).into()),
    ]
}

fn symbol() -> impl Strategy<Value = TokenTree> {
    let symbols: Vec<char> = SYMBOLS.chars().collect();
    let spacing = select(&[Spacing::Joint, Spacing::Alone][..]);
    (select(symbols), spacing).prop_map(|(c, spacing)| Punct::new(c, spacing).into())
}

/// A symbol of several characters.
fn operator() -> impl Strategy<Value = Vec<TokenTree>> {
    select(OPERATORS).prop_map(|text| {
        let stream: TokenStream = text.parse().expect("an operator");
        stream.into_iter().collect()
    })
}

fn delimiter() -> impl Strategy<Value = Delimiter> {
    select(&[Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace, Delimiter::None][..])
}

fn soup() -> impl Strategy<Value = Vec<TokenTree>> {
    let word = select(WORDS).prop_map(|word| TokenTree::from(Ident::new(word, Span::call_site())));
    let one = prop_oneof![5 => word, 3 => symbol(), 2 => literal()].prop_map(|token| vec![token]);
    let leaf = prop_oneof![4 => one, 1 => operator()];
    let nested = leaf.prop_recursive(5, 60, 8, |inner| {
        (delimiter(), prop::collection::vec(inner, 0..8))
            .prop_map(|(delimiter, parts)| vec![group(delimiter, parts.into_iter().flatten().collect())])
    });
    prop::collection::vec(nested, 0..20).prop_map(|parts| parts.into_iter().flatten().collect())
}

fn group(delimiter: Delimiter, stream: TokenStream) -> TokenTree {
    Group::new(delimiter, stream).into()
}

/// One way to damage a sequence of tokens.
#[derive(Clone, Debug)]
enum Damage {
    Delete(Index),
    Duplicate(Index),
    Swap(Index, Index),
    Replace(Index, Vec<TokenTree>),
    Wrap(Index, Index, Delimiter),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        at().prop_map(Damage::Delete),
        at().prop_map(Damage::Duplicate),
        (at(), at()).prop_map(|(i, j)| Damage::Swap(i, j)),
        (at(), soup()).prop_map(|(i, soup)| Damage::Replace(i, soup)),
        (at(), at(), delimiter()).prop_map(|(i, j, delimiter)| Damage::Wrap(i, j, delimiter)),
    ]
}

impl Damage {
    /// Damages a random level of the tree: `choice` decides whether to go into a group.
    fn apply(&self, tokens: TokenStream, choice: &[Index]) -> TokenStream {
        let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
        if trees.is_empty() {
            return TokenStream::new();
        }
        let groups: Vec<usize> =
            (0..trees.len()).filter(|&i| matches!(trees[i], TokenTree::Group(_))).collect();
        if let Some((first, rest)) = choice.split_first() {
            let pick = first.index(groups.len() + 1);
            if let Some(TokenTree::Group(inner)) = groups.get(pick).map(|&at| trees[at].clone()) {
                trees[groups[pick]] = group(inner.delimiter(), self.apply(inner.stream(), rest));
                return trees.into_iter().collect();
            }
        }
        self.apply_here(&mut trees);
        trees.into_iter().collect()
    }

    fn apply_here(&self, trees: &mut Vec<TokenTree>) {
        let len = trees.len();
        match self {
            Damage::Delete(i) => drop(trees.remove(i.index(len))),
            Damage::Duplicate(i) => trees.insert(i.index(len), trees[i.index(len)].clone()),
            Damage::Swap(i, j) => trees.swap(i.index(len), j.index(len)),
            Damage::Replace(i, soup) => drop(trees.splice(i.index(len)..=i.index(len), soup.iter().cloned())),
            Damage::Wrap(i, j, delimiter) => {
                let (from, to) = (i.index(len).min(j.index(len)), i.index(len).max(j.index(len)));
                let inner = trees.drain(from..=to).collect();
                trees.insert(from, group(*delimiter, inner));
            }
        }
    }
}

fn damaged() -> impl Strategy<Value = TokenStream> {
    let damages = prop::collection::vec((damage(), prop::collection::vec(any::<Index>(), 0..4)), 1..5);
    (select(SPECS), damages).prop_map(|(spec, damages)| {
        let tokens: TokenStream = spec.parse().expect("a valid spec");
        damages.iter().fold(tokens, |tokens, (damage, choice)| damage.apply(tokens, choice))
    })
}

/// The names and literals of a spec in order, but for those in attributes, which are the user's own.
fn words(tokens: TokenStream, found: &mut Vec<TokenTree>) {
    let mut attribute = false;
    for tree in tokens {
        match &tree {
            TokenTree::Group(inner) if !attribute => words(inner.stream(), found),
            TokenTree::Ident(_) | TokenTree::Literal(_) => found.push(tree.clone()),
            _ => {}
        }
        attribute = matches!(&tree, TokenTree::Punct(hash) if hash.as_char() == '#');
    }
}

/// The spec with other words in some places: mostly it still parses, and means something else.
fn reworded(tokens: TokenStream, at: &mut usize, changes: &[(usize, TokenTree)]) -> TokenStream {
    let mut trees = Vec::new();
    let mut attribute = false;
    for tree in tokens {
        let hash = matches!(&tree, TokenTree::Punct(hash) if hash.as_char() == '#');
        trees.push(match tree {
            TokenTree::Group(inner) if !attribute => {
                group(inner.delimiter(), reworded(inner.stream(), at, changes))
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                let change = changes.iter().find(|change| change.0 == *at);
                *at += 1;
                change.map_or(tree, |change| change.1.clone())
            }
            _ => tree,
        });
        attribute = hash;
    }
    trees.into_iter().collect()
}

/// A whole spec with its words exchanged among themselves, for words of the language, or for other numbers.
fn confused() -> impl Strategy<Value = TokenStream> {
    let word = select(WORDS).prop_map(|word| TokenTree::from(Ident::new(word, Span::call_site())));
    let new = prop_oneof![3 => Just(None), 1 => word.prop_map(Some), 1 => literal().prop_map(Some)];
    let change = (any::<Index>(), any::<Index>(), new);
    (0..WHOLE.len(), prop::collection::vec(change, 1..4)).prop_map(|(spec, changes)| {
        let tokens: TokenStream = WHOLE[spec].parse().expect("a valid spec");
        let mut all = Vec::new();
        words(tokens.clone(), &mut all);
        let change = |(at, from, new): (Index, Index, Option<TokenTree>)| {
            (at.index(all.len()), new.unwrap_or_else(|| all[from.index(all.len())].clone()))
        };
        let changes: Vec<(usize, TokenTree)> = changes.into_iter().map(change).collect();
        reworded(tokens, &mut 0, &changes)
    })
}

/// A whole spec with tokens lost, doubled, exchanged or wrapped.
fn damaged_whole() -> impl Strategy<Value = TokenStream> {
    let damages = prop::collection::vec((damage(), prop::collection::vec(any::<Index>(), 0..5)), 1..3);
    (0..WHOLE.len(), damages).prop_map(|(spec, damages)| {
        let tokens: TokenStream = WHOLE[spec].parse().expect("a valid spec");
        damages.iter().fold(tokens, |tokens, (damage, choice)| damage.apply(tokens, choice))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn token_soups(soup in soup()) {
        parse_quickly(soup.into_iter().collect());
    }

    #[test]
    fn bodies_of_soup(soup in soup(), delimiter in delimiter()) {
        let head: TokenStream = "pub A<a = 1>(x: [B])".parse().expect("a head");
        let body = group(delimiter, soup.iter().cloned().collect());
        parse_quickly(head.into_iter().chain([body]).collect());
    }

    #[test]
    fn damaged_specs(tokens in damaged()) {
        parse_quickly(tokens);
    }

    #[test]
    fn damaged_specs_through_the_pipeline(tokens in damaged_whole()) {
        compile_quickly(tokens);
    }

    #[test]
    fn confused_specs_through_the_pipeline(tokens in confused()) {
        let items = compile_quickly(tokens.clone());
        assert!(syn::parse2::<syn::File>(items).is_ok(), "what this gives is not Rust: {tokens}");
    }
}

/// What is written twice is computed once, however often it is doubled.
#[test]
fn doubling() {
    let chain = |steps: usize, first: &str, step: &dyn Fn(usize) -> String, last: &str| {
        let steps: String = (1..steps).map(step).collect();
        compile_quickly(format!("{first}{steps}{last}").parse().expect("balanced tokens"));
    };
    let start = "pub L(x: [B]) { let y0[b] = x[b]; ";
    chain(60, start, &|i| format!("let y{i}[b] = y{0}[b] * y{0}[b];", i - 1), "y59[b] }");
    let branch = |i| format!("let y{i}[b] = if x[b] > {i} {{ y{0}[b] }} else {{ exp(y{0}[b]) }};", i - 1);
    chain(8, start, &branch, "y7[b] }");
    let twice = |i| format!("pub L{i}(x: [B]) {{ L{0}(x)[b] * L{0}(x)[b] }}", i - 1);
    chain(60, "pub L0(x: [B]) { x[b] }", &twice, "");
    let branches = "{ m[b] } else { !m[b] }".repeat(60);
    let end = format!("m[b] {branches} {{ x[b] }} else {{ 0 }} }}");
    chain(60, "pub L(m: [B] -> bool, x: [B]) { if ", &|_| "if ".into(), &end);
    // What conditions compare indices with, and what is read at another index for it.
    let start = "pub L(x: [B, N]) { let a0[n] = n + 1; let z0[b, n] = x[b, n]; ";
    let both = |i| {
        let before = i - 1;
        format!(
            "let a{i}[n] = a{before}[n] - a{before}[n] + n; let z{i}[b, n] = z{before}[b, n] * z{before}[b, n];"
        )
    };
    let neighbours = "sum[n, m | m == n + 1 && a59[n] <= m && m == a59[n] + 1](z59[b, m] - z59[b, n]) }";
    chain(60, start, &both, neighbours);
    // What `and` joins of parts that share their parts.
    let start = "pub L(x: [B, N]) { let c0[n, m] = m == n + 1; ";
    let both = |i| format!("let c{i}[n, m] = c{0}[n, m] && c{0}[m, n];", i - 1);
    chain(60, start, &both, "sum[n, m | c59[n, m]](x[b, m]) }");
}

/// What is as deep as the parser allows is not too deep for the phases after it.
#[test]
fn as_deep_as_allowed() {
    let bodies = [
        format!("{}y[b]{}", "exp(".repeat(100), ")".repeat(100)),
        format!("{}y[b]", "y[b] + ".repeat(100)),
        format!("{}y[b]", "y[b] * ".repeat(100)),
        format!("{}y[b]", "-".repeat(100)),
        format!("{}{{ y[b] }}", "if y[b] > 0 { 1 } else ".repeat(100)),
    ];
    for body in bodies {
        expand_valid(&format!("pub A(x: [B]) {{ let y[b] = 2 * x[b]; {body} }}"));
    }
}

fn expand_valid(text: &str) {
    let tokens: TokenStream = text.parse().expect("balanced tokens");
    let messages: Vec<String> =
        loss_core::compile::diagnose(tokens.clone()).iter().map(|d| d.text()).collect();
    assert_eq!(messages, Vec::<String>::new(), "{text}");
    loss_core::expand(tokens);
}

/// A chain of definitions in a body is no nesting.
#[test]
fn many_lets() {
    let lets: String = (1..300).map(|i| format!("let y{i}[b] = exp(-y{}[b]);", i - 1)).collect();
    let text = format!("pub A(x: [B]) {{ let y0[b] = x[b]; {lets} y299[b] }}");
    expand_valid(&text);
}

/// Any depth of nesting gives an error, not an overflow of the stack.
#[test]
fn deep_nesting() {
    for delimiter in [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace, Delimiter::None] {
        let leaf: TokenStream = "x".parse().expect("a name");
        let deep = (0..20_000).fold(leaf, |inner, _| group(delimiter, inner).into());
        parse_quickly(deep);
    }
    for (open, leaf, close) in [
        ("(", "x", ")"),
        ("exp(", "x", ")"),
        ("if x { x } else { ", "x", " }"),
        ("x[", "0", "]"),
        ("[", "1", "]"),
    ] {
        let body = format!("{}{leaf}{}", open.repeat(127), close.repeat(127));
        parse_quickly(format!("pub A(x: []) {{ {body} }}").parse().expect("balanced tokens"));
    }
}

/// Any length of a chain of operators gives an error, not an overflow of the stack.
#[test]
fn long_chains() {
    let links = ["x + ", "x ^ ", "- ", "!", "x == ", "x && ", "if x { x } else ", "x - x * x^", "x."];
    for link in links {
        let body = format!("{}x", link.repeat(10_000));
        parse_quickly(format!("pub A(x: []) {{ {body} }}").parse().expect("balanced tokens"));
    }
}

/// The time is linear in the length.
#[test]
fn long_specs() {
    let parts = [
        "pub A(x: [B]) { x[b] } ",
        "pub A(x: [B]) ",
        "pub ",
        "# ",
        "; ",
        "x ",
        "< ",
        "A<a = 1, ",
        "let y = 3; ",
        "A(x: [B]) = if ",
        "a, ",
        "x = 1 ",
        "[b] ",
    ];
    for part in parts {
        parse_quickly(part.repeat(2_000).parse().expect("balanced tokens"));
        parse_quickly(
            format!("pub A(x: [B]) {{ {} }}", part.repeat(2_000)).parse().expect("balanced tokens"),
        );
        parse_quickly(format!("pub A({}) {{ 1 }}", part.repeat(2_000)).parse().expect("balanced tokens"));
        parse_quickly(
            format!("pub A<{}>(x: []) {{ 1 }}", part.repeat(2_000)).parse().expect("balanced tokens"),
        );
    }
}

/// Conditionals that build on each other: the generated code stays within bounds.
#[test]
fn chained_conditionals_stay_small() {
    let first = "let y0[b] = x[b];\n".to_owned();
    let chain = (1..60)
        .map(|i| format!("let y{i}[b] = if y{0}[b] > 0 {{ exp(y{0}[b]) }} else {{ 1 / y{0}[b] }};\n", i - 1));
    let text = format!("Chain(x: [B]) {{ {first}{} y59[b] }}", chain.collect::<String>());
    let start = std::time::Instant::now();
    let size = loss_core::expand(text.parse().expect("tokens")).to_string().len();
    assert!(size < 4_000_000, "{size} bytes of code");
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
