//! What the parser makes of a spec: marks, forwarded tokens, and what is left of definitions with mistakes.

use loss_core::diag::Errors;
use loss_core::ops::{prelude, reduce};
use loss_core::syntax::ast::{ExprKind, File, HyperType};
use loss_core::syntax::{expression, parse, print};
use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use quote::quote;

fn parsed(tokens: TokenStream) -> (File, Vec<String>) {
    let mut errors = Errors::new();
    let file = parse(tokens, &mut errors);
    let messages = errors.iter().map(|diag| diag.message.clone()).collect();
    (file, messages)
}

/// The value of the only definition, as text with every operation in parentheses where it has operands.
fn value(tokens: TokenStream) -> String {
    let (file, messages) = parsed(quote!(pub A(x: []) { #tokens }));
    assert_eq!(messages, Vec::<String>::new());
    print::expr(&file.defs[0].value)
}

/// What `macro_rules!` makes of a forwarded fragment.
fn forwarded(tokens: TokenStream) -> TokenStream {
    TokenTree::from(Group::new(Delimiter::None, tokens)).into()
}

#[test]
fn forwarded_expression_is_an_operand() {
    let sum = forwarded(quote!(a + b));
    assert_eq!(value(quote!(#sum * c)), "(a + b) * c");
    assert_eq!(value(quote!(c ^ #sum)), "c^(a + b)");
    let twice = forwarded(sum);
    assert_eq!(value(quote!(-#twice / 2)), "-(a + b) / 2");
}

#[test]
fn forwarded_token_is_seen_through() {
    let (name, index, number) = (forwarded(quote!(x)), forwarded(quote!(b)), forwarded(quote!(2)));
    assert_eq!(value(quote!(#name[#index] ^ #number)), "x[b]^2");
    assert_eq!(value(quote!(sum[#index](#name[#index]))), "sum[b](x[b])");
    let nothing = forwarded(TokenStream::new());
    let (file, messages) = parsed(quote!(#nothing A #nothing (x: [B] #nothing) { x[b] #nothing } #nothing));
    assert_eq!(messages, Vec::<String>::new());
    assert!(file.defs[0].vis.is_empty());
    assert_eq!(print::def(&file.defs[0]), "A(x: [B]) = x[b];\n");
}

#[test]
fn forwarded_negative_numbers() {
    let negative = forwarded(quote!(-1.5));
    let (file, messages) = parsed(quote!(pub A<c = #negative in #negative..>(x: []) { x ^ #negative }));
    assert_eq!(messages, Vec::<String>::new());
    assert_eq!(print::def(&file.defs[0]), "pub A<c = -1.5 in -1.5..>(x: []) = x^-1.5;\n");
    let token: TokenStream = TokenTree::from(Literal::f64_unsuffixed(-2.0)).into();
    assert_eq!(value(quote!(x * #token)), "x * -2");
}

#[test]
fn facade_path() {
    let (file, messages) = parsed(quote!(crate = ::some::path; pub A(x: []) { x }));
    assert_eq!((file.defs.len(), messages), (1, vec![]));
    assert_eq!(file.krate.map(|path| path.to_string()), Some(quote!(::some::path).to_string()));
    let (file, messages) = parsed(quote!(crate = ;));
    assert!(file.krate.is_none());
    assert_eq!(messages, ["`crate = ` needs a path"]);
}

#[test]
fn marks_and_attributes() {
    let text = "/// Title.\n///   Indented.\n#[active]\n#[must_use]\n#[id = \"ce\"]\n\
                #[when(weight = \"diff\", mode = \"paired\")]\npub(crate) A(x: []) { x }";
    let (file, messages) = parsed(text.parse().expect("tokens"));
    assert_eq!(messages, Vec::<String>::new());
    let def = &file.defs[0];
    assert_eq!(def.docs, ["Title.", "  Indented."]);
    assert!(def.marks.active && !def.marks.passive);
    assert_eq!(def.marks.id.as_deref(), Some("ce"));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(def.marks.when, [pair("weight", "diff"), pair("mode", "paired")]);
    let attrs = def.attrs.to_string();
    assert!(attrs.contains("must_use") && attrs.contains("Title.") && !attrs.contains("active"), "{attrs}");
    assert_eq!(def.vis.to_string().replace(' ', ""), "pub(crate)");
}

#[test]
fn broken_definitions_keep_their_heads() {
    let (file, messages) = parsed(quote! {
        pub A<gamma = 2.0, n: usize = 3, m: f32 = 1>(x: [B, K], y: f32, z: data [B]) { x[b, k].exp() }
        B(x: [B]) { x[b] }
        pub(super) C(x: [B]) = if x[b] > 0 { 1 };
        #[active]
        D(x: [B]) { let y[b] = ; x[b] ** 2 }
        E { 1 }
        F(x: [B]) { x[b] }
    });
    let names: Vec<String> = file.defs.iter().map(|def| def.name.to_string()).collect();
    assert_eq!(names, ["B", "F"]);
    let broken: Vec<String> = file.broken.iter().map(|def| def.name.to_string()).collect();
    assert_eq!(broken, ["A", "C", "D", "E"]);
    let a = &file.broken[0];
    assert_eq!(a.vis.to_string(), "pub");
    assert_eq!(a.hypers.iter().map(|h| h.ty).collect::<Vec<_>>(), [HyperType::Real, HyperType::Integer]);
    assert_eq!(a.inputs.iter().map(|i| i.name.to_string()).collect::<Vec<_>>(), ["x", "z"]);
    let expected = [
        "expected the type of the hyperparameter `m`, found `f32`",
        "expected the axes of `y`, found `f32`",
        "functions are not written as methods",
        "this `if` has no `else`",
        "expected an expression, found `;`",
        "expected an expression, found `*`",
        "expected the inputs of `E`, found `{..}`",
    ];
    assert_eq!(messages, expected);
}

#[test]
fn hypers_or_comparison() {
    let kind = |text: &str| expression(text).unwrap_or_else(|diag| panic!("{text}\n{}", diag.text())).kind;
    assert!(matches!(kind("a < b"), ExprKind::Binary("lt", ..)));
    assert!(matches!(kind("K < b && c > (d)"), ExprKind::Binary("and", ..)));
    assert!(matches!(kind("Focal<gamma = 2>(x)"), ExprKind::Apply(app) if app.hypers.len() == 1));
    assert!(matches!(kind("Focal<>(x)"), ExprKind::Apply(app) if app.hypers.is_empty()));
    assert!(matches!(kind("poly(Focal(x))"), ExprKind::Apply(_)));
    assert!(matches!(kind("apl<a = 1>(A(x), B(x))[b]"), ExprKind::Apply(app) if app.indices.is_some()));
    assert!(matches!(kind("max(x, y)"), ExprKind::Call(..)));
    assert!(matches!(kind("max[k](x)"), ExprKind::Bind(_)));
    assert!(matches!(kind("max[k]"), ExprKind::Index(..)));
}

/// The texts of the op table are in the language, and short enough to need no breaks.
#[test]
fn texts_of_the_op_table() {
    let bodies = prelude::COMPOSITES.iter().map(|row| row.body);
    let grads = reduce::REDUCERS.iter().map(|row| row.grad).filter(|grad| !grad.is_empty());
    for text in bodies.chain(grads) {
        let tree = expression(text).unwrap_or_else(|diag| panic!("{text}\n{}", diag.text()));
        let again = expression(&print::expr(&tree)).expect("printed text");
        assert_eq!(print::expr(&again), print::expr(&tree));
    }
}
