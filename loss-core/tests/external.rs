//! Host functions through the compiler: gradients, refusals, and what generated code makes of them.

use loss_core::backends::kernels::Kernels;
use loss_core::compile::{compile, expand};
use loss_core::docs;
use loss_core::ir::Program;
use loss_core::ir::eval::{Array, EvalError, eval};
use loss_core::ir::loops::{self, print as nests};
use loss_core::ir::print;
use loss_core::passes::differentiate::{NoHessian, gradient_of_sum, hessian_diag};

const EXTERNS: &str = "
    extern assignment(cost: [N, M]) -> [N] -> M = my::assignment;
    extern smooth(x: [N], y: data [N]) -> [N] = my::smooth, gradient = my::smooth_gradient;
    extern score(x: [N]) -> [] = my::score;
";

fn compiled(definition: &str) -> loss_core::compile::Compiled {
    let outcome = compile(format!("{EXTERNS}{definition}").parse().expect("tokens"));
    let messages: Vec<String> = outcome.errors.iter().map(loss_core::diag::Diag::text).collect();
    assert!(messages.is_empty(), "{}", messages.join("\n"));
    outcome.compiled.into_iter().last().expect("a definition")
}

fn gradients(program: &Program) -> Vec<String> {
    let (derivative, _) = gradient_of_sum(program);
    derivative.roots.iter().map(|&root| print::steps(&derivative, root).expect("a formula")).collect()
}

const SMOOTHED: &str = "pub Smoothed(x: [B, N], w: [N]) {
    let z[b, n] = smooth[n](x[b, n], w[n]);
    sum[n](z[b, n] ^ 2)
}";

#[test]
fn a_declared_gradient_is_called() {
    let found = gradients(&compiled(SMOOTHED).program);
    // `y` is data: nothing reaches `w`.
    assert_eq!(
        found,
        [
            "let z[b, n] = smooth[n](x[b, n], w[n]);\nsmooth_gradient_x[n](x[b, n], w[n], z[b, n], 2 * z[b, n])",
            "0"
        ]
    );
}

#[test]
fn without_a_gradient_it_is_a_constant() {
    let spec = "pub Scored(x: [B, N]) = score[n](x[b, n]) * x[b, 0];";
    let found = gradients(&compiled(spec).program);
    assert_eq!(found, ["if n == 0 { score[n2](x[b, n2]) } else { 0 }"]);
}

#[test]
fn an_assignment_chooses_where_gradients_go() {
    let spec = "pub Assigned(c: [N, M]) {
        let to[i] = assignment[i, j](c[i, j]);
        c[i, to[i]]
    }";
    let found = gradients(&compiled(spec).program);
    assert_eq!(found, ["let to[n] = assignment[n, m](c[n, m]);\nif m == to[n] { 1 } else { 0 }"]);
}

#[test]
fn the_interpreter_says_that_it_cannot() {
    let program = compiled(SMOOTHED).program;
    let inputs = [Array::new(&[1, 2], vec![1.0, 2.0]), Array::new(&[2], vec![1.0, 2.0])];
    assert_eq!(eval(&program, &[], &inputs), Err(EvalError::Host { function: "smooth".into() }));
}

#[test]
fn second_derivatives_are_refused() {
    let program = compiled(SMOOTHED).program;
    assert!(matches!(hessian_diag(&program, 0), Err(NoHessian::Host)));
    let constant = compiled("pub Scored(x: [B, N]) = score[n](x[b, n]) * x[b, 0] ^ 2;").program;
    assert!(hessian_diag(&constant, 0).is_ok());
}

#[test]
fn the_docs_show_what_is_called() {
    let compiled = compiled(SMOOTHED);
    let text = docs::of(&compiled, Kernels::of(&compiled).err());
    assert!(text.contains("fused kernels on every core"), "{text}");
    assert!(
        text.contains(
            "extern smooth(x: [N], y: data [N]) -> [N] = my::smooth, gradient = my::smooth_gradient;"
        )
    );
}

#[test]
fn a_call_is_a_stage_between_others() {
    let compiled = compiled(SMOOTHED);
    let kernels = Kernels::of(&compiled).expect("calls are stages");
    let shown = nests::fused(&kernels.derivative.program, &kernels.fused);
    let both = shown.split("both at once").nth(1).expect("it has a gradient");
    assert!(both.contains("= host smooth(") && both.contains("= gradient of host smooth("), "{shown}");
    // The value is called for once, and kept for the way back.
    assert_eq!(
        shown.split("both at once").next().unwrap_or_default().matches("= host smooth(").count(),
        1,
        "{shown}"
    );
    loops::check::check(&kernels.fused).expect("the laws hold");
}

#[test]
fn an_applied_definition_brings_its_functions() {
    let spec = "crate = ::renamed;
        extern assignment(x: [N]) -> [] = crate::assignment;
        pub Mine(x: [B, N, D], y: [B, N, D]) = HungarianSetLoss(x, y)[b] * assignment[n](x[b, n, 0]);";
    let code = expand(spec.parse().expect("tokens")).to_string().replace(' ', "");
    assert!(code.contains("::renamed::solve::assignment(of[0])"), "{code}");
    assert!(code.contains("crate::assignment(of[0])"), "{code}");
}
