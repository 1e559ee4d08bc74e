//! The losses that can be timed, each as generated for the graph and as generated with kernels.

use clap::ValueEnum;
use dfdx::prelude::*;
use dfdx_loss::catalogue::classification::*;
use dfdx_loss::catalogue::metric::*;
use dfdx_loss::catalogue::preference::*;
use dfdx_loss::catalogue::ranking::*;
use dfdx_loss::catalogue::regression::*;
use dfdx_loss::loss;

/// The losses of the catalogue, but always as a graph of dfdx operations.
mod graph {
    use super::loss;

    loss! {
        #[graph]
        pub CrossEntropyGraph(logits: [B, K], target: [B] -> K) = CrossEntropy(logits, target);
        #[graph]
        pub Poly1CrossEntropyGraph(logits: [B, K], target: [B] -> K) = Poly1CrossEntropy(logits, target);
        #[graph]
        pub FocalLossGraph(logits: [B, K], target: [B] -> K) = FocalLoss(logits, target);
        #[graph]
        pub NceRceGraph(logits: [B, K], target: [B] -> K) = NceRce(logits, target);
        #[graph]
        pub WeightedCrossEntropyGraph<label_smoothing = 0.1>(
            logits: [B, K], target: [B] -> K, weights: data [K],
        ) = WeightedCrossEntropy<label_smoothing = label_smoothing>(logits, target, weights);
        #[graph]
        pub KlDistillationGraph(student: [B, K], teacher: data [B, K]) = KlDistillation(student, teacher);
        #[graph]
        pub BceGraph(logits: [B, C], target: data [B, C], weight: data [C]) =
            BinaryCrossEntropyWithLogits(logits, target, weight);
        #[graph]
        pub MseGraph(prediction: [N..], target: data [N..]) = Mse(prediction, target);
        #[graph]
        pub HuberGraph(prediction: [N..], target: data [N..]) = Huber(prediction, target);
        #[graph]
        pub InfoNceGraph(query: [N, D], key: [N, D]) = InfoNce(query, key);
        #[graph]
        pub MultiSimilarityGraph(embeddings: [B, D], labels: [B] -> C) = MultiSimilarity(embeddings, labels);
        #[graph]
        pub ListNetGraph(scores: [L, N], relevance: data [L, N], mask: [L, N] -> bool) =
            ListNet(scores, relevance, mask);
        #[graph]
        pub RankNetGraph(scores: [L, N], relevance: data [L, N], mask: [L, N] -> bool) =
            RankNet(scores, relevance, mask);
    }
}

/// Losses of neighbours.
mod sequence {
    use super::loss;

    loss! {
        /// The differences of neighbours.
        pub TotalVariation(x: [B, N]) = sum[n, m | m == n + 1](abs(x[b, m] - x[b, n]));
        #[graph]
        pub TotalVariationGraph(x: [B, N]) = TotalVariation(x);
        /// How far each element is from the mean of the eleven around it.
        pub MovingAverage(x: [B, N]) {
            let around[b, n] = mean[m | abs(m - n) <= 5](x[b, m]);
            sum[n]((x[b, n] - around[b, n]) ^ 2)
        }
        #[graph]
        pub MovingAverageGraph(x: [B, N]) = MovingAverage(x);
        /// What a filter of five taps leaves.
        pub Filtered<taps: [f64; 5] = [-0.5, 1.0, 2.0, 1.0, -0.5]>(x: [B, N], y: data [B, N]) {
            let z[b, n] = sum[k, m | m == n + k - 2](taps[k] * x[b, m]);
            sum[n]((z[b, n] - y[b, n]) ^ 2)
        }
        #[graph]
        pub FilteredGraph(x: [B, N], y: data [B, N]) = Filtered(x, y);
    }
}

/// Which code runs.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Backend {
    /// Generated, kernels where there are some.
    Fused,
    /// Generated, dfdx operations only.
    Graph,
    /// Written by hand in dfdx.
    Hand,
}

/// What can be timed.
pub const NAMES: [&str; 16] = [
    "cross_entropy",
    "poly1",
    "focal",
    "nce_rce",
    "label_smoothing",
    "kl_distillation",
    "bce",
    "mse",
    "huber",
    "info_nce",
    "multi_similarity",
    "listnet",
    "ranknet",
    "total_variation",
    "moving_average",
    "filtered",
];

type Matrix<E> = Tensor<(usize, usize), E, Cpu>;

/// The inputs of a loss: as many as it wants are taken.
pub struct Inputs<E: Dtype>
where
    Cpu: Device<E>,
{
    pub x: Matrix<E>,
    pub y: Matrix<E>,
    pub unit: Matrix<E>,
    pub weights: Tensor<(usize,), E, Cpu>,
    pub target: Tensor<(usize,), usize, Cpu>,
    pub mask: Tensor<(usize, usize), bool, Cpu>,
}

/// Numbers between -2 and 2 that repeat after a while.
fn numbers<E: Dtype>(count: usize, seed: usize) -> Vec<E> {
    let number = |i: usize| ((i + seed * 131) * 7919 % 10_007) as f64 / 2501.75 - 2.0;
    (0..count).map(|i| E::from_f64(number(i)).unwrap_or_default()).collect()
}

impl<E: Dtype> Inputs<E>
where
    Cpu: Device<E>,
{
    /// Matrices of `rows` rows.
    pub fn new(dev: &Cpu, rows: usize, columns: usize) -> Self {
        let matrix = |seed| dev.tensor_from_vec(numbers(rows * columns, seed), (rows, columns));
        Inputs {
            x: matrix(1),
            y: matrix(2),
            unit: matrix(3).sigmoid(),
            weights: dev.tensor_from_vec(vec![E::from_f64(1.0).unwrap_or_default(); columns], (columns,)),
            target: dev.tensor_from_vec((0..rows).map(|i| i * 31 % columns).collect(), (rows,)),
            mask: dev.tensor_from_vec(vec![true; rows * columns], (rows, columns)),
        }
    }
}

/// One forward and backward pass of a loss; `None` if there is no such code.
pub fn step<E: Dtype>(name: &str, backend: Backend, i: Inputs<E>) -> Option<Box<dyn FnMut()>>
where
    Cpu: Device<E>,
{
    if backend == Backend::Hand {
        return super::hand::step(name, i);
    }
    // Both kinds of a loss, with the inputs that they take.
    macro_rules! losses {
        ($($name:literal: $fused:expr, $graph:expr, ($($input:ident $($trace:ident)?),*);)*) => {
            match (name, backend) {
                $(
                    ($name, Backend::Fused) => Some(Box::new(move || {
                        drop($fused.forward($(losses!(@ i $input $($trace)?)),*).backward());
                    })),
                    ($name, _) => Some(Box::new(move || {
                        drop($graph.forward($(losses!(@ i $input $($trace)?)),*).backward());
                    })),
                )*
                _ => None,
            }
        };
        (@ $i:ident $input:ident) => { $i.$input.clone() };
        (@ $i:ident $input:ident traced) => { $i.$input.leaky_trace() };
    }
    let smooth = WeightedCrossEntropy { label_smoothing: 0.1, ..Default::default() };
    losses! {
        "cross_entropy": CrossEntropy, graph::CrossEntropyGraph, (x traced, target);
        "poly1": Poly1CrossEntropy::default(), graph::Poly1CrossEntropyGraph, (x traced, target);
        "focal": FocalLoss::default(), graph::FocalLossGraph, (x traced, target);
        "nce_rce": NceRce::default(), graph::NceRceGraph, (x traced, target);
        "label_smoothing": smooth, graph::WeightedCrossEntropyGraph::default(), (x traced, target, weights);
        "kl_distillation": KlDistillation::default(), graph::KlDistillationGraph, (x traced, y);
        "bce": BinaryCrossEntropyWithLogits, graph::BceGraph, (x traced, unit, weights);
        "mse": Mse, graph::MseGraph, (x traced, y);
        "huber": Huber::default(), graph::HuberGraph, (x traced, y);
        "info_nce": InfoNce::default(), graph::InfoNceGraph, (x traced, y traced);
        "multi_similarity": MultiSimilarity::default(), graph::MultiSimilarityGraph, (x traced, target);
        "listnet": ListNet::default(), graph::ListNetGraph, (x traced, y, mask);
        "ranknet": RankNet, graph::RankNetGraph, (x traced, y, mask);
        "total_variation": sequence::TotalVariation, sequence::TotalVariationGraph, (x traced);
        "moving_average": sequence::MovingAverage, sequence::MovingAverageGraph, (x traced);
        "filtered": sequence::Filtered::default(), sequence::FilteredGraph, (x traced, y);
    }
}
