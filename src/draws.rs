//! Draws for what is random: a small generator, the same on every machine.

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
#[derive(Clone, Debug, PartialEq)]
pub struct Draws(pub u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform, from 0 to below 1.
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From the standard normal distribution (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let (radius, angle) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    /// For each of `m` tasks all others, in an order of its own.
    pub fn orders(&mut self, m: usize) -> Vec<Vec<usize>> {
        let order = |i: usize| {
            let mut others: Vec<usize> = (0..m).filter(|&j| j != i).collect();
            for last in (1..others.len()).rev() {
                others.swap(last, (self.uniform() * (last + 1) as f64) as usize);
            }
            others
        };
        (0..m).map(order).collect()
    }
}
