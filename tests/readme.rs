//! What the front page shows of generated code is what is generated.

#![allow(missing_docs)]

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn the_generated_code_shown_is_generated() {
    let readme = include_str!("../README.md");
    let shown = readme.split("```text\n").find(|block| block.starts_with("let (b, k)"));
    let shown =
        shown.and_then(|block| block.split("```").next()).expect("the front page shows generated code");
    let generated = without_spaces(dfdx_loss::expansion! {
        pub Poly1<epsilon = 1.0>(logits: [B, K], target: [B] -> K) {
            let logp[b, k] = log_softmax[k](logits[b, k]);
            let p[b] = exp(logp[b, target[b]]);
            -logp[b, target[b]] + epsilon * (1 - p[b])
        }
    });
    for statement in shown.split_inclusive(";\n") {
        // A trailing comma is the formatter's.
        let statement = without_spaces(statement);
        let statement = statement.trim_end_matches(')');
        assert!(generated.contains(statement), "not generated: {statement}\nin {generated}");
    }
}

dfdx_loss::loss! {
    /// Squared error.
    #[snapshot]
    pub Squared(x: [N], y: data [N]) = (x[n] - y[n]) ^ 2;
}

#[test]
fn a_marked_definition_carries_its_code() {
    let text = dfdx_loss::expansion! {
        /// Squared error.
        #[snapshot]
        pub Squared(x: [N], y: data [N]) = (x[n] - y[n]) ^ 2;
    };
    assert_eq!(Squared::EXPANSION, text);
}
