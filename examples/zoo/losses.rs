//! The compared losses, all from the catalogue.
//!
//! Hyperparameters are the catalogue's defaults or come from the papers. None was tuned on these images, so that a loss
//! can look worse here than it could be.

use crate::shared::network::{Labels, Logits, Value};
use crate::train::Context;
use Purpose::{General, LongTail, Margin, Noise};
use dfdx_loss::catalogue::classification::*;

/// A loss of a batch.
pub type Criterion = fn(Logits, Labels, &Context) -> Value;

/// What a loss is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Classification at large.
    General,
    /// Wrong labels.
    Noise,
    /// Rare classes.
    LongTail,
    /// Margins between scores, not probabilities.
    Margin,
}

/// A loss as the command line, the tables and the plot know it.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name in the catalogue, with what differs from the defaults.
    pub name: &'static str,
    /// Where it comes from.
    pub paper: &'static str,
    /// What it is made for.
    pub purpose: Purpose,
    /// Its value on a batch.
    pub criterion: Criterion,
}

/// All losses; a line here is all that another one needs.
#[rustfmt::skip]
pub const LOSSES: &[Entry] = &[
    Entry::new("CrossEntropy", "-", General, |z, y, _| CrossEntropy.forward(z, y)),
    Entry::new("WeightedCrossEntropy (smoothed)", "Szegedy et al. 2016", General, |z, y, c| WeightedCrossEntropy { label_smoothing: 0.1, ..Default::default() }.forward(z, y, c.ones.clone())),
    Entry::new("FocalLoss", "Lin et al. 2017", General, |z, y, _| FocalLoss { gamma: 2.0 }.forward(z, y)),
    Entry::new("Poly1CrossEntropy", "Leng et al. 2022", General, |z, y, _| Poly1CrossEntropy::default().forward(z, y)),
    Entry::new("Poly1FocalLoss", "Leng et al. 2022", General, |z, y, _| Poly1FocalLoss::default().forward(z, y)),
    Entry::new("EncouragingLoss", "Zhao et al. 2022", General, |z, y, _| EncouragingLoss::default().forward(z, y)),
    Entry::new("Squentropy", "Hui et al. 2023", General, |z, y, _| Squentropy::default().forward(z, y)),
    Entry::new("ZLoss", "de Brebisson, Vincent 2016", General, |z, y, _| ZLoss::default().forward(z, y)),
    Entry::new("SparsemaxLoss", "Martins, Astudillo 2016", General, |z, y, _| SparsemaxLoss.forward(z, y)),
    Entry::new("Entmax15Loss", "Peters et al. 2019", General, |z, y, _| Entmax15Loss.forward(z, y)),
    Entry::new("OneVsRestLoss", "Kanai et al. 2023", General, |z, y, _| OneVsRestLoss.forward(z, y)),
    // A quarter of the batch; the paper chooses the share by the data.
    Entry::new("SwitchingOneVsRestLoss", "Kanai et al. 2023", General, |z, y, _| SwitchingOneVsRestLoss { num_switched: 32, lambda: 0.5 }.forward(z, y)),
    Entry::new("CompSumLoss (tau 0.5)", "Mao et al. 2023", General, |z, y, _| CompSumLoss { tau: 0.5 }.forward(z, y)),
    Entry::new("CompSumLoss (tau 1.5)", "Mao et al. 2023", General, |z, y, _| CompSumLoss { tau: 1.5 }.forward(z, y)),
    Entry::new("LdrKl", "Zhu et al. 2023", Noise, |z, y, _| LdrKl::default().forward(z, y)),
    Entry::new("LdrKlUnnormalized", "Zhu et al. 2023", Noise, |z, y, _| LdrKlUnnormalized::default().forward(z, y)),
    Entry::new("MeanAbsoluteErrorLoss", "Ghosh et al. 2017", Noise, |z, y, _| MeanAbsoluteErrorLoss::default().forward(z, y)),
    Entry::new("GeneralizedCrossEntropy", "Zhang, Sabuncu 2018", Noise, |z, y, _| GeneralizedCrossEntropy { q: 0.7 }.forward(z, y)),
    Entry::new("ReverseCrossEntropy", "Wang et al. 2019", Noise, |z, y, _| ReverseCrossEntropy::default().forward(z, y)),
    Entry::new("SymmetricCrossEntropy", "Wang et al. 2019", Noise, |z, y, _| SymmetricCrossEntropy { alpha: 0.1, beta: 1.0 }.forward(z, y)),
    Entry::new("NormalizedCrossEntropy", "Ma et al. 2020", Noise, |z, y, _| NormalizedCrossEntropy::default().forward(z, y)),
    Entry::new("NormalizedFocalLoss", "Ma et al. 2020", Noise, |z, y, _| NormalizedFocalLoss { scale: 1.0, gamma: 0.5 }.forward(z, y)),
    Entry::new("NormalizedGeneralizedCrossEntropy", "Ma et al. 2020", Noise, |z, y, _| NormalizedGeneralizedCrossEntropy::default().forward(z, y)),
    Entry::new("NormalizedMeanAbsoluteErrorLoss", "Ma et al. 2020", Noise, |z, y, _| NormalizedMeanAbsoluteErrorLoss::default().forward(z, y)),
    Entry::new("NormalizedReverseCrossEntropy", "Ma et al. 2020", Noise, |z, y, _| NormalizedReverseCrossEntropy::default().forward(z, y)),
    Entry::new("NceRce", "Ma et al. 2020", Noise, |z, y, _| NceRce { alpha: 1.0, beta: 1.0 }.forward(z, y)),
    Entry::new("NceMae", "Ma et al. 2020", Noise, |z, y, _| NceMae { alpha: 1.0, beta: 1.0 }.forward(z, y)),
    Entry::new("NflRce", "Ma et al. 2020", Noise, |z, y, _| NflRce { alpha: 1.0, beta: 1.0, gamma: 0.5 }.forward(z, y)),
    Entry::new("NflMae", "Ma et al. 2020", Noise, |z, y, _| NflMae { alpha: 1.0, beta: 1.0, gamma: 0.5 }.forward(z, y)),
    Entry::new("MultiMarginLoss", "-", Margin, |z, y, c| MultiMarginLoss::default().forward(z, y, c.ones.clone())),
    Entry::new("CrammerSingerLoss", "Crammer, Singer 2001", Margin, |z, y, _| CrammerSingerLoss::default().forward(z, y)),
    Entry::new("WestonWatkinsLoss", "Weston, Watkins 1999", Margin, |z, y, _| WestonWatkinsLoss::default().forward(z, y)),
    Entry::new("LogitAdjustedCrossEntropy", "Menon et al. 2021", LongTail, |z, y, c| LogitAdjustedCrossEntropy::default().forward(z, y, c.counts.clone())),
    Entry::new("ClassBalancedCrossEntropy", "Cui et al. 2019", LongTail, |z, y, c| ClassBalancedCrossEntropy::default().forward(z, y, c.counts.clone())),
    Entry::new("VectorScalingLoss", "Kini et al. 2021", LongTail, |z, y, c| VectorScalingLoss::default().forward(z, y, c.counts.clone(), c.ones.clone())),
    // The papers scale cosines by 30; the network here gives plain scores.
    Entry::new("LdamLoss", "Cao et al. 2019", LongTail, |z, y, c| LdamLoss::default().forward(z, y, c.counts.clone(), c.ones.clone())),
    // The papers' schedule, 160 of 200 epochs without weights, in proportion.
    Entry::new("LdamDrwLoss", "Cao et al. 2019", LongTail, |z, y, c| LdamDrwLoss { epoch: 200.0 * c.progress, ..Default::default() }.forward(z, y, c.counts.clone())),
];

impl Entry {
    const fn new(name: &'static str, paper: &'static str, purpose: Purpose, criterion: Criterion) -> Self {
        Self { name, paper, purpose, criterion }
    }
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [General, Noise, LongTail, Margin];

    /// A word for the tables.
    pub fn name(self) -> &'static str {
        match self {
            General => "general",
            Noise => "noise",
            LongTail => "long tail",
            Margin => "margin",
        }
    }

    /// A few words for the plot.
    pub fn long_name(self) -> &'static str {
        match self {
            General => "general",
            Noise => "made for wrong labels",
            LongTail => "made for rare classes",
            Margin => "margin between scores",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique() {
        assert_eq!(LOSSES.iter().map(|loss| loss.name).collect::<HashSet<_>>().len(), LOSSES.len());
    }
}
