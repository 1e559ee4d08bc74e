//! The papers that a doc comment names: `Title (Authors, Venue 2020)`, or `Authors, Venue 2020` for one named before.

/// A paper, as a doc comment names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// Its title, where it is written out.
    pub title: Option<String>,
    /// Authors, venue and year: `Ma et al., ICML 2020`.
    pub short: String,
}

impl Citation {
    /// What two mentions of one paper have in common: the first author, the venue and the year.
    pub fn key(&self) -> (String, String) {
        let words: Vec<&str> = self.short.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let end = words[words.len().saturating_sub(2)..].join(" ");
        (words.first().map_or(String::new(), |first| (*first).to_owned()), end)
    }
}

/// What may stand before a title that does not belong to it.
const BEFORE: &[&str] =
    &["as in the code of", "as used in", "the code of", "the baseline that", "as in", "after", "to"];

/// The papers named in a text, in order.
pub fn citations(text: &str) -> Vec<Citation> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, _) in text.char_indices() {
        if !is_year(text, at) {
            continue;
        }
        let before = &text[start..at];
        let closed = text[at + 4..].starts_with(')');
        let citation = match before.rfind('(') {
            Some(open) if closed && !before[open..].contains(')') => Some(Citation {
                title: title(&before[..open]),
                short: format!("{}{}", &before[open + 1..], &text[at..at + 4]),
            }),
            _ => short(before, &text[at..at + 4]),
        };
        found.extend(citation.filter(|c| c.short.starts_with(char::is_uppercase)));
        start = at + 4;
    }
    found
}

fn is_year(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let century = text[at..].starts_with("19") || text[at..].starts_with("20");
    let bounded = at > 0 && matches!(bytes[at - 1], b' ' | b'(') && !digit(at + 4);
    century && bounded && (at..at + 4).all(digit)
}

/// The part of a sentence that is a title: from the last capital beginning that nothing foreign precedes.
fn title(before: &str) -> Option<String> {
    let sentence = last_sentence(before);
    let mut text = sentence.trim_start_matches([')', ',', ';', ' ']).trim();
    for words in BEFORE {
        if text.len() > words.len()
            && text[..words.len()].eq_ignore_ascii_case(words)
            && text.as_bytes()[words.len()] == b' '
        {
            text = text[words.len()..].trim_start();
        }
    }
    let plain = text.len() > 8 && text.starts_with(|c: char| c.is_uppercase());
    plain.then(|| text.to_owned())
}

/// `Ma et al., ICML 2020` at the end of a sentence's part.
fn short(before: &str, year: &str) -> Option<Citation> {
    let text = last_sentence(before).trim_start_matches([')', ',', ';', ' ']);
    let known = text.len() < 60 && text.starts_with(char::is_uppercase);
    let people = text.contains(" et al.") || text.contains(" and ") || text.contains(" & ");
    (known && people && !text.contains(['(', '`']))
        .then(|| Citation { title: None, short: format!("{text}{year}") })
}

/// From the last full stop that ends a sentence on; one after `al` does not.
fn last_sentence(text: &str) -> &str {
    let ends = text.match_indices(". ").filter(|(at, _)| !text[..*at].ends_with("al"));
    match ends.last() {
        Some((at, _)) => &text[at + 2..],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Option<String>, String)> {
        citations(text).into_iter().map(|c| (c.title, c.short)).collect()
    }

    #[test]
    fn a_title_with_its_authors() {
        let text = "On it. Focal Loss for Dense Object Detection (Lin et al., ICCV 2017), on softmax.";
        let title = "Focal Loss for Dense Object Detection".to_owned();
        assert_eq!(found(text), [(Some(title), "Lin et al., ICCV 2017".to_owned())]);
    }

    #[test]
    fn a_second_paper_in_the_sentence() {
        let text = "Learning Margins (Cao et al., NeurIPS 2019), as in the code of Escaping Saddle Points (Rangwani et al. 2022).";
        let titles: Vec<_> = found(text).into_iter().map(|c| c.0.unwrap_or_default()).collect();
        assert_eq!(titles, ["Learning Margins", "Escaping Saddle Points"]);
    }

    #[test]
    fn authors_alone_and_numbers_that_are_no_years() {
        assert_eq!(found("Ma et al., ICML 2020. More."), [(None, "Ma et al., ICML 2020".to_owned())]);
        assert_eq!(found("Graves et al. 2023, equation 101."), [(None, "Graves et al. 2023".to_owned())]);
        assert_eq!(found("With 2048 classes and 1e-4, in 20 rounds"), []);
    }
}
