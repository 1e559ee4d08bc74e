//! Reports of named terms.
/// One named term.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// n
    pub name: &'static str,
    /// v
    pub value: f64,
    /// w
    pub weight: f64,
    /// s
    pub sigma: Option<f64>,
}
/// All.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// t
    pub total: f64,
    /// t
    pub terms: Vec<Term>,
}
