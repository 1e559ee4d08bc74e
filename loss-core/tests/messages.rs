//! Every message of the checker is shown in the corpus: what is said to users has been seen.
//!
//! The functions of `diag/messages/check` and `compose.rs` are read as text. Each has a file
//! `corpus/fail/check_<name>.loss` or `compose_<name>.loss`, and in it a line `error: ..` with the words of each of its texts.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// A message function.
struct Message {
    name: String,
    /// The string literals it hands to `Diag::new`.
    texts: Vec<String>,
}

fn messages() -> Vec<Message> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diag/messages");
    let read = |path: PathBuf| fs::read_to_string(path).expect("a file of messages");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder.join("check")).expect("a folder").map(|f| f.expect("a file").path()).collect();
    files.sort();
    let mut messages: Vec<Message> = files.into_iter().flat_map(|f| of_phase("check", &read(f))).collect();
    messages.extend(of_phase("compose", &read(folder.join("compose.rs"))));
    messages
}

fn of_phase(phase: &str, text: &str) -> Vec<Message> {
    let functions = text.split("\npub fn ").skip(1);
    functions
        .map(|text| {
            let body = text.split("\n}\n").next().unwrap_or(text);
            let name = format!("{phase}_{}", body.split('(').next().expect("a name before `(`"));
            let texts = body.split("Diag::new(").skip(1).filter_map(first_literal).collect();
            Message { name, texts }
        })
        .collect()
}

/// The first string literal in a piece of code. The messages have no escaped quotes.
fn first_literal(code: &str) -> Option<String> {
    let start = code.find('"')? + 1;
    let end = start + code[start..].find('"')?;
    Some(code[start..end].to_owned())
}

/// The words between the placeholders of a format string, in order.
fn fixed_parts(text: &str) -> Vec<&str> {
    text.split('{').flat_map(|part| part.split_once('}').map_or(Some(part), |(_, rest)| Some(rest))).collect()
}

/// Whether a line says what a format string says.
fn says(line: &str, text: &str) -> bool {
    let Some((_, mut rest)) = line.split_once(" error: ") else { return false };
    fixed_parts(text).into_iter().all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn every_message_is_in_the_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fail");
    let messages = messages();
    assert!(messages.len() > 60, "only {} messages were found: has their form changed?", messages.len());
    let mut missing = Vec::new();
    for Message { name, texts } in messages {
        assert!(!texts.is_empty(), "`{name}` has no text");
        let file = corpus.join(format!("{name}.loss"));
        let spec = fs::read_to_string(file).unwrap_or_default();
        for text in texts {
            if !spec.lines().any(|line| says(line, &text)) {
                missing.push(format!("{name}.loss does not show: {text}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_file_of_the_checker_is_about_a_message() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fail");
    let known: Vec<String> = messages().into_iter().map(|m| format!("{}.loss", m.name)).collect();
    let entries = fs::read_dir(&corpus).unwrap_or_else(|e| panic!("{}: {e}", corpus.display()));
    let names =
        entries.map(|entry| entry.expect("a folder entry").file_name().to_string_lossy().into_owned());
    let odd: Vec<String> = names
        .filter(|n| ["check_", "compose_"].iter().any(|phase| n.starts_with(phase)) && !known.contains(n))
        .collect();
    assert!(odd.is_empty(), "no message is called like {}", odd.join(", "));
}
