//! Did-you-mean: the closest known name.

/// The candidate closest to `name`, if one is close enough to be a likely typing error.
///
/// One- and two-letter names are all alike, so nothing is suggested for them.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() < 3 {
        return None;
    }
    let score = |c: &str| {
        let (a, b) = (name.to_lowercase(), c.to_lowercase());
        strsim::jaro_winkler(&a, &b)
    };
    let best = candidates.into_iter().map(|c| (score(c), c)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.8 && best.1 != name).then_some(best.1)
}

/// Names as an enumeration for notes: "`a`, `b`, `c`".
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}
