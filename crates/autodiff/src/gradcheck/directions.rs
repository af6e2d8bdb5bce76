//! Directions along which a gradient check takes derivatives.

/// Fixed pseudo-random numbers in ±[½, 1], by a linear congruence.
pub(super) struct Directions(u64);

impl Directions {
    pub(super) fn new() -> Self {
        Directions(0x5DEE_CE66_D1CE_4E5B)
    }

    pub(super) fn take(&mut self, n: usize) -> Vec<f64> {
        (0..n)
            .map(|_| {
                self.0 = self
                    .0
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let unit = (self.0 >> 40) as f64 / (1u64 << 24) as f64;
                let size = 0.5 + 0.5 * unit;
                if self.0 >> 63 == 0 { size } else { -size }
            })
            .collect()
    }
}
