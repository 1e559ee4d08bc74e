//! The losses of the three tasks, each alone and all with learned weights.

use dfdx_loss::loss;

loss! {
    /// Which digit is it?
    pub Digit(scores: [B, K], digit: [B] -> K) = CrossEntropy(scores, digit);

    /// How much ink is there? Squared error of the mean pixel.
    pub Ink(ink: [B], amount: data [B]) {
        (ink[b] - amount[b])^2
    }

    /// What does it look like? Squared error of the pixels.
    pub Image(image: [B, P], pixels: data [B, P]) {
        mean[p]((image[b, p] - pixels[b, p])^2)
    }

    /// All three, weighed by log-variances that are trained with the model (Kendall et al. 2018).
    pub Uncertain(
        scores: [B, K], digit: [B] -> K, ink: [B], amount: data [B], image: [B, P], pixels: data [B, P],
    ) {
        uncertainty {
            digit: Digit(scores, digit),
            ink: Ink(ink, amount),
            image: Image(image, pixels),
        }
    }
}
