//! The caret corpus: every mistake is reported at the right place in the right words.
//!
//! `corpus/fail/*.loss` are specs with mistakes. Below a line with a mistake stand comment lines:
//!
//! ```text
//! pub Squared(x: [b]) { x[b]^2 }
//! //              ^ error: the index set `b` must start with an upper-case letter
//! // help: write `B`
//! // note: lower-case names are indices; they appear in the body only
//! ```
//!
//! A mistake at one of the first two columns, where no caret can stand, is written `//@0+3 error: ..` (column and
//! length); one that goes on over the end of its line ends in `^..`. `corpus/pass/*.loss` give no error.
//! `CORPUS=overwrite cargo test -p loss-core --test corpus` writes down what is reported now: read the difference.

use loss_core::diag::{Diag, Errors};
use proc_macro2::TokenStream;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What the corpus tests.
fn diagnose(tokens: TokenStream) -> Errors {
    loss_core::compile::diagnose(tokens)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "loss"));
    files.sort();
    assert!(!files.is_empty(), "{} holds no specs", folder.display());
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn tokens(source: &str, path: &Path) -> TokenStream {
    source.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The spec without what is expected of it.
fn without_expectations(text: &str) -> String {
    let mut kept = String::new();
    let mut expecting = false;
    for line in text.lines() {
        let comment = line.strip_prefix("//").filter(|rest| !rest.starts_with('/')).map(str::trim_start);
        expecting = match comment {
            Some(rest) if rest.starts_with(['^', '@']) && rest.contains(" error: ") => true,
            Some(rest) => expecting && (rest.starts_with("help: ") || rest.starts_with("note: ")),
            None => false,
        };
        if !expecting {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The spec with what is reported written below the lines it is about.
fn annotated(source: &str, errors: &Errors) -> String {
    let mut diags: Vec<&Diag> = errors.iter().collect();
    diags.sort_by_key(|diag| (diag.at.first.start().line, diag.at.first.start().column));
    let mut text = String::new();
    for (number, line) in source.lines().enumerate() {
        writeln!(text, "{line}").expect("writing to a string");
        for diag in diags.iter().filter(|diag| diag.at.first.start().line == number + 1) {
            text.push_str(&expectation(diag, line));
        }
    }
    text
}

/// The comment lines for one mistake.
fn expectation(diag: &Diag, line: &str) -> String {
    let (start, end) = (diag.at.first.start(), diag.at.last.end());
    let goes_on = end.line > start.line;
    let end = if goes_on { line.chars().count() } else { end.column };
    let length = end.saturating_sub(start.column).max(1);
    let more = if goes_on { ".." } else { "" };
    let place = match start.column.checked_sub(2) {
        Some(indent) => format!("{}{}", " ".repeat(indent), "^".repeat(length)),
        None => format!("@{}+{length}", start.column),
    };
    let mut text = String::new();
    for (number, line) in diag.text().lines().enumerate() {
        let start = if number == 0 { format!("//{place}{more} error: ") } else { "// ".into() };
        writeln!(text, "{start}{line}").expect("writing to a string");
    }
    text
}

/// The lines of `found` with those that differ from `expected` marked.
fn difference(expected: &str, found: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old[same..].iter().rev().zip(new[same..].iter().rev()).take_while(|(a, b)| a == b).count();
    let lines = |mark: &'static str, lines: &[&str]| {
        lines[same..lines.len() - rest].iter().map(|line| format!("{mark} {line}\n")).collect::<String>()
    };
    format!("  (line {})\n{}{}", same + 1, lines("-", &old), lines("+", &new))
}

#[test]
fn mistakes_are_reported_as_written_down() {
    let overwrite = env::var("CORPUS").is_ok_and(|value| value == "overwrite");
    let mut wrong = String::new();
    for path in files("fail") {
        let text = read(&path);
        let source = without_expectations(&text);
        let errors = diagnose(tokens(&source, &path));
        let found = annotated(&source, &errors);
        if overwrite {
            fs::write(&path, &found).expect("a writable corpus");
        } else if found != text {
            writeln!(wrong, "{}\n{}", path.display(), difference(&text, &found))
                .expect("writing to a string");
        }
        if errors.is_empty() {
            writeln!(wrong, "{} has no mistake", path.display()).expect("writing to a string");
        }
    }
    assert!(wrong.is_empty(), "the corpus says `-`, the compiler says `+`\n\n{wrong}");
}

#[test]
fn specs_without_mistakes_pass() {
    let mut wrong = String::new();
    for path in files("pass") {
        let source = read(&path);
        let errors = diagnose(tokens(&source, &path));
        if !errors.is_empty() {
            writeln!(wrong, "{}\n{}", path.display(), annotated(&source, &errors))
                .expect("writing to a string");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
