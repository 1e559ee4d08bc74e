//! What the rounds of a loop carry along.

use super::pool::Buffer;

/// An array at the beginning of each round: of all of them, for who reverses the loop, or of the last two.
#[derive(Debug)]
pub struct Rounds<F: Copy + Default + 'static> {
    data: Buffer<F>,
    len: usize,
    kept: usize,
}

impl<F: Copy + Default + 'static> Rounds<F> {
    /// Keeps what there is before each of `rounds` rounds, and after the last.
    pub fn all(first: &[F], rounds: usize) -> Self {
        Self::keeping(first, rounds + 1)
    }

    /// Keeps what there is before and after the present round.
    pub fn two(first: &[F]) -> Self {
        Self::keeping(first, 2)
    }

    fn keeping(first: &[F], kept: usize) -> Self {
        let len = first.len();
        let mut data = Buffer::any(len.checked_mul(kept).expect("the rounds fit into memory"));
        data[..len].copy_from_slice(first);
        Rounds { data, len, kept }
    }

    /// What a round reads and what it writes.
    pub fn step(&mut self, round: usize) -> (&[F], &mut [F]) {
        let (now, next) = (round % self.kept * self.len, (round + 1) % self.kept * self.len);
        let (low, high) = self.data.split_at_mut(now.max(next));
        match now < next {
            true => (&low[now..][..self.len], &mut high[..self.len]),
            false => (&high[..self.len], &mut low[next..][..self.len]),
        }
    }

    /// What there is before a round. It has to be one of those that are kept.
    pub fn at(&self, round: usize) -> &[F] {
        &self.data[round % self.kept * self.len..][..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::Rounds;

    fn counted(mut rounds: Rounds<f64>, count: usize) -> Rounds<f64> {
        for round in 0..count {
            let (now, next) = rounds.step(round);
            next.iter_mut().zip(now).for_each(|(next, now)| *next = now + 1.0);
        }
        rounds
    }

    #[test]
    fn all_rounds_are_there_afterwards() {
        let rounds = counted(Rounds::all(&[0.0, 10.0], 5), 5);
        (0..=5).for_each(|round| assert_eq!(rounds.at(round), [round as f64, 10.0 + round as f64]));
    }

    #[test]
    fn two_rounds_take_turns() {
        for count in 0..6 {
            let rounds = counted(Rounds::two(&[0.0, 10.0]), count);
            assert_eq!(rounds.at(count), [count as f64, 10.0 + count as f64]);
        }
    }

    #[test]
    fn nothing_is_carried_and_no_round_run() {
        assert!(counted(Rounds::two(&[]), 3).at(3).is_empty());
        assert_eq!(Rounds::all(&[1.0], 0).at(0), [1.0]);
    }
}
