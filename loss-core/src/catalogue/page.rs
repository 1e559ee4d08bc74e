//! The catalogue's front page: a table for each family, and an index of papers.

use super::citation::{Citation, citations};
use super::{families, family_tokens};
use crate::compile::{Compiled, compile};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the page says of a definition.
struct Row {
    /// `[Name](crate::catalogue::family::Name)`.
    link: String,
    what: String,
    inputs: String,
    kind: &'static str,
    papers: Vec<Citation>,
}

/// The page as markdown.
pub fn page() -> String {
    let families: Vec<(&str, Vec<Row>)> =
        families().into_iter().map(|family| (family, rows(family))).collect();
    let mut out = String::new();
    for (family, rows) in &families {
        writeln!(out, "# {}\n", heading(family)).expect("writing to a string");
        out.push_str("| loss | what it is | inputs | kind | paper |\n|---|---|---|---|---|\n");
        for Row { link, what, inputs, kind, papers } in rows {
            let papers: Vec<&str> = papers.iter().map(|p| p.short.as_str()).collect();
            let cells = [link, &what.replace('|', "\\|"), inputs, *kind, &papers.join("; ")];
            writeln!(out, "| {} |", cells.join(" | ")).expect("writing to a string");
        }
        out.push('\n');
    }
    index(&mut out, families.iter().flat_map(|(_, rows)| rows));
    format!("{}\n", out.trim_end())
}

/// A family's name as a heading.
fn heading(family: &str) -> String {
    let text = family.replace('_', " ");
    text[..1].to_uppercase() + &text[1..]
}

fn rows(family: &str) -> Vec<Row> {
    compile(family_tokens(family)).compiled.iter().map(|c| row(family, c)).collect()
}

fn row(family: &str, compiled: &Compiled) -> Row {
    let def = &compiled.composed.written;
    let inputs = compiled.checked.inputs.iter().map(|i| format!("`{}`", i.name));
    Row {
        link: format!("[`{0}`](crate::catalogue::{family}::{0})", def.name),
        what: first_sentence(&def.docs.join("\n")),
        inputs: inputs.collect::<Vec<_>>().join(", "),
        kind: match (def.marks.active, def.marks.passive) {
            (true, _) => "active",
            (_, true) => "passive",
            _ => "",
        },
        papers: papers(&def.docs),
    }
}

/// The first sentence of a doc comment, on one line and without links.
pub(super) fn first_sentence(docs: &str) -> String {
    let first = docs.split("\n\n").next().unwrap_or_default();
    let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
    let ends = |before: &str| !before.ends_with("al") && before.matches('`').count().is_multiple_of(2);
    let end = line.match_indices(". ").map(|(at, _)| at).find(|&at| ends(&line[..at]));
    let sentence = end.map_or(line.trim_end_matches('.'), |end| &line[..end]);
    // A link without its target: only names stand there, in backticks.
    sentence.replace("[`", "`").replace("`]", "`")
}

/// The papers that a doc comment names.
pub(super) fn papers(docs: &[String]) -> Vec<Citation> {
    citations(&docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "))
}

/// Papers by title, each with its losses.
fn index<'r>(out: &mut String, rows: impl Iterator<Item = &'r Row> + Clone) {
    let mut titles = BTreeMap::new();
    for paper in rows.clone().flat_map(|row| &row.papers) {
        if let Some(title) = &paper.title {
            titles.entry(paper.key()).or_insert_with(|| (title.clone(), paper.short.clone()));
        }
    }
    let mut losses: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for row in rows {
        for paper in &row.papers {
            let Some((title, short)) = titles.get(&paper.key()) else { continue };
            let list = losses.entry((title.clone(), short.clone())).or_default();
            if !list.contains(&row.link.as_str()) {
                list.push(&row.link);
            }
        }
    }
    out.push_str("# Papers\n\nThe search of this documentation finds a loss by its paper's title, too.\n\n");
    for ((title, short), list) in losses {
        writeln!(out, "- *{title}* ({short}): {}", list.join(", ")).expect("writing to a string");
    }
}
