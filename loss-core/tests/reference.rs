//! Writes `docs/ops.md` from the op table and `docs/grammar.md` from the parser's own text, and fails if a file is
//! stale. `UPDATE_DOCS=1` rewrites them.

use loss_core::compile::compile;
use loss_core::ops::prelude::{self, Composite, Form};
use loss_core::ops::{OpDef, Print, Sort, arith, exp_log, logic, piecewise, reduce};
use std::fmt::Write;
use std::path::PathBuf;

const INTRODUCTION: &str = "# Ops\n\n\
    Everything that an expression may be built of. This file is written from the op table\n\
    (`loss-core/src/ops`) by `UPDATE_DOCS=1 cargo test -p loss-core --test reference`; do not edit it.\n\n\
    In the derivatives, `out` stands for the result. The derivative of a whole loss is built of these rows, so\n\
    what they say of kinks and ties holds there, too.\n";

fn sort(sort: Sort) -> &'static str {
    match sort {
        Sort::Real => "real",
        Sort::Bool => "bool",
        Sort::Same => "any",
        Sort::Index => "index",
    }
}

/// How an op is written, with its operands.
fn written(op: &OpDef) -> String {
    let args = op.args;
    match op.print {
        Print::Infix(symbol, _) => format!("{} {} {}", args[0], symbol.trim(), args[1]),
        Print::Prefix(symbol) => format!("{symbol}{}", args[0]),
        Print::Call => format!("{}({})", op.name, args.join(", ")),
        Print::If => format!("if {} {{ {} }} else {{ {} }}", args[0], args[1], args[2]),
        Print::Silent => args[0].to_owned(),
    }
}

/// A cell of code; a bar inside would end the cell.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

fn table(out: &mut String, title: &str, head: &[&str], rows: &[Vec<String>]) {
    let _ = write!(out, "\n## {title}\n\n| {} |\n|", head.join(" | "));
    out.push_str(&"---|".repeat(head.len()));
    out.push('\n');
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
}

fn elementwise(out: &mut String, title: &str, ops: &[OpDef]) {
    let row = |op: &OpDef| {
        let takes: Vec<&str> = op.takes.iter().map(|&s| sort(s)).collect();
        let by = |(arg, grad): (&&str, &&str)| {
            if op.args.len() == 1 { code(grad) } else { format!("by {arg}: {}", code(grad)) }
        };
        let grads: Vec<String> = op.args.iter().zip(op.grad).map(by).collect();
        let grads = if grads.is_empty() { "none".to_owned() } else { grads.join("<br>") };
        let signature = format!("{} -> {}", takes.join(", "), sort(op.gives));
        vec![code(op.name), code(&written(op)), signature, grads, op.doc.to_owned()]
    };
    let rows: Vec<Vec<String>> = ops.iter().map(row).collect();
    table(out, title, &["name", "written", "takes -> gives", "derivative", "meaning"], &rows);
}

fn reducers(out: &mut String) {
    let row = |r: &reduce::ReduceDef| {
        let grad = if r.grad.is_empty() { "none".to_owned() } else { code(r.grad) };
        let signature = format!("{} -> {}", sort(r.takes), sort(r.gives));
        vec![code(&format!("{}[k | c](x)", r.name)), signature, r.neutral.to_string(), grad, r.doc.to_owned()]
    };
    let rows: Vec<Vec<String>> = reduce::REDUCERS.iter().map(row).collect();
    let head = ["written", "takes -> gives", "over none", "derivative by one element `x`", "meaning"];
    table(out, "Reducers", &head, &rows);
    out.push_str(
        "\nA reducer removes the indices that stand before its operand: `sum[k](x[b, k])`, \
         `sum[i, j](x[i, j])`.\nAfter a bar comes the condition under which an element counts: \
         `sum[j | j != i](x[i, j])`.\n",
    );
}

fn composites(out: &mut String) {
    let row = |c: &Composite| {
        let written = format!("{}[k | c]({})", c.name, c.args.join(", "));
        vec![code(&written), code(c.body), c.doc.to_owned()]
    };
    for (title, form) in
        [("Composites that remove an index", Form::Removes), ("Composites that keep it", Form::Keeps)]
    {
        let rows: Vec<Vec<String>> = prelude::COMPOSITES.iter().filter(|c| c.form == form).map(row).collect();
        table(out, title, &["written", "definition", "meaning"], &rows);
    }
    out.push_str(
        "\nComposites are defined in the language itself: `k` is the bound index, `given` the condition (which \
         holds\neverywhere where none is written), and their derivatives follow from their definitions.\n",
    );
}

fn combinators(out: &mut String) {
    let row = |row: &loss_core::combine::Combinator| vec![code(row.usage), row.doc.to_owned()];
    let rows: Vec<Vec<String>> = loss_core::combine::COMBINATORS.iter().map(row).collect();
    table(out, "Combinators", &["written", "meaning"], &rows);
    out.push_str("\nA combinator takes losses, not their values; with `[b]` behind it, it is the value for one sample.\n");
}

fn schedules(out: &mut String) {
    let row = |row: &loss_core::compose::schedules::Row| vec![code(row.usage), row.doc.to_owned()];
    let rows: Vec<Vec<String>> = loss_core::compose::schedules::SCHEDULES.iter().map(row).collect();
    table(out, "Schedules", &["written", "meaning"], &rows);
    out.push_str(
        "\nA schedule stands where a number may; its arguments are made of numbers and hyperparameters. A loss with \
         one is\nevaluated `at(step)`. Values of `dfdx_loss::schedule` are behind them.\n",
    );
}

fn reference() -> String {
    let mut out = INTRODUCTION.to_owned();
    elementwise(&mut out, "Arithmetic", arith::OPS);
    elementwise(&mut out, "Exponentials, logarithms, trigonometry", exp_log::OPS);
    elementwise(&mut out, "Functions in pieces", piecewise::OPS);
    elementwise(&mut out, "Comparisons and conditions", logic::OPS);
    reducers(&mut out);
    composites(&mut out);
    combinators(&mut out);
    schedules(&mut out);
    out
}

/// The grammar as it stands at the head of the parser.
fn grammar() -> String {
    let source = include_str!("../src/syntax/mod.rs");
    let doc = source.lines().take_while(|line| line.starts_with("//!"));
    let lines: Vec<&str> = doc.map(|line| line.strip_prefix("//! ").unwrap_or("")).collect();
    let start = lines.iter().position(|line| *line == "# Grammar").expect("the parser's doc has the grammar");
    format!("{}\n", lines[start..].join("\n").trim_end())
}

fn check(name: &str, wanted: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some_and(|v| v == "1") {
        std::fs::write(&path, wanted).expect("the docs can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let remedy = "run `UPDATE_DOCS=1 cargo test -p loss-core --test reference`";
    assert!(found == wanted, "docs/{name} is stale: {remedy}");
}

#[test]
fn the_reference_of_ops_is_up_to_date() {
    check("ops.md", &reference());
}

#[test]
fn the_grammar_is_up_to_date() {
    check("grammar.md", &grammar());
}

#[test]
fn the_page_of_the_catalogue_is_up_to_date() {
    check("catalogue.md", &loss_core::catalogue::page::page());
}

/// The numbers in a text, and the text without them: the last digit of a coordinate is the machine's affair.
fn apart(text: &str) -> (Vec<f64>, String) {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let numbers = text.split(|c| !is_number(c)).filter_map(|word| word.parse().ok()).collect();
    (numbers, text.replace(is_number, ""))
}

#[test]
fn the_plots_of_the_catalogue_are_up_to_date() {
    let update = std::env::var_os("UPDATE_DOCS").is_some_and(|v| v == "1");
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("catalogue");
    let (mut drawn, mut stale) = (0, Vec::new());
    for family in loss_core::catalogue::families() {
        for compiled in compile(loss_core::catalogue::family_tokens(family)).compiled {
            let Some(wanted) = loss_core::catalogue::plot::plot(&compiled) else { continue };
            let path = root.join(family).join("plots").join(format!("{}.svg", compiled.def.name));
            drawn += 1;
            if update {
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
                std::fs::write(&path, &wanted).expect("the plot can be written");
            }
            let found = std::fs::read_to_string(&path).unwrap_or_default();
            let ((found, frame), (wanted, other)) = (apart(&found), apart(&wanted));
            let close =
                found.len() == wanted.len() && found.iter().zip(&wanted).all(|(x, y)| (x - y).abs() < 0.25);
            if !close || frame != other {
                stale.push(path.display().to_string());
            }
        }
    }
    println!("plots: {drawn} drawn, {} stale", stale.len());
    assert!(
        stale.is_empty(),
        "run `UPDATE_DOCS=1 cargo test -p loss-core --test reference`: {}",
        stale.join(", ")
    );
}
