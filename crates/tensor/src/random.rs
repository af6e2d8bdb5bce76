//! Random numbers: a seeded generator that gives the same numbers everywhere.

/// A generator of random numbers, xoshiro256++ (Blackman & Vigna, *Scrambled linear pseudorandom
/// number generators*, ACM TOMS 2021), seeded by SplitMix64.
///
/// The same seed gives the same numbers on every machine and in every later version of this crate.
/// It is not for secrets.
///
/// ```
/// use metaplast_tensor::{Random, Tensor};
///
/// let mut random = Random::new(7);
/// let weights = Tensor::<f64>::normal([784, 10], 0.0, 0.05, &mut random);
/// assert!((weights.std() - 0.05).abs() < 1e-3);
///
/// // Mini-batches of 32 in another order in each epoch.
/// let inputs = Tensor::<f64>::uniform([100, 3], -1.0, 1.0, &mut random);
/// for batch in random.permutation(100).chunks(32) {
///     let rows = inputs.index_select(0, batch);
///     assert_eq!(rows.dims(), [batch.len(), 3]);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// A generator for a seed; neighbouring seeds give unrelated numbers.
    ///
    /// ```
    /// use metaplast_tensor::Random;
    ///
    /// assert_eq!(Random::new(1).next_u64(), Random::new(1).next_u64());
    /// assert_ne!(Random::new(1).next_u64(), Random::new(2).next_u64());
    /// ```
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut sum = seed;
        let state = [(); 4].map(|()| {
            sum = sum.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let x = (sum ^ (sum >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            x ^ (x >> 31)
        });
        Random { state }
    }

    /// The next 64 bits.
    ///
    /// See [`new`](Self::new).
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let [s0, s1, s2, s3] = &mut self.state;
        let result = s0.wrapping_add(*s3).rotate_left(23).wrapping_add(*s0);
        let shifted = *s1 << 17;
        *s2 ^= *s0;
        *s3 ^= *s1;
        *s1 ^= *s2;
        *s0 ^= *s3;
        *s2 ^= shifted;
        *s3 = s3.rotate_left(45);
        result
    }

    /// A number in [0, 1), a multiple of 2⁻⁵³.
    ///
    /// ```
    /// use metaplast_tensor::Random;
    ///
    /// let mut random = Random::new(1);
    /// assert!((0..100).all(|_| (0.0..1.0).contains(&random.uniform())));
    /// ```
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number of the standard normal distribution, by Box & Muller's method.
    ///
    /// ```
    /// use metaplast_tensor::Random;
    ///
    /// let mut random = Random::new(1);
    /// let mean = (0..10_000).map(|_| random.normal()).sum::<f64>() / 1e4;
    /// assert!(mean.abs() < 0.05);
    /// ```
    pub fn normal(&mut self) -> f64 {
        // Taken from 1, so that the logarithm is finite.
        let radius = (-2.0 * libm::log(1.0 - self.uniform())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }

    /// A whole number from 0 up to and without `end`, each as likely as the other.
    ///
    /// ```
    /// use metaplast_tensor::Random;
    ///
    /// let mut random = Random::new(1);
    /// assert!((0..100).all(|_| random.below(6) < 6));
    /// ```
    ///
    /// # Panics
    ///
    /// When `end` is 0.
    #[track_caller]
    pub fn below(&mut self, end: usize) -> usize {
        assert!(end > 0, "below: there is no number below 0");
        // Lemire, *Fast random integer generation in an interval*, 2019: the high half of a product,
        // drawn again for the few low halves that would make some numbers likelier.
        let end = end as u64;
        let excess = end.wrapping_neg() % end;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(end);
            if product as u64 >= excess {
                return (product >> 64) as usize;
            }
        }
    }

    /// Puts the elements in a random order, each as likely as the other (Fisher & Yates).
    ///
    /// ```
    /// use metaplast_tensor::Random;
    ///
    /// let mut letters = ['a', 'b', 'c', 'd'];
    /// Random::new(1).shuffle(&mut letters);
    /// letters.sort();
    /// assert_eq!(letters, ['a', 'b', 'c', 'd']);
    /// ```
    pub fn shuffle<X>(&mut self, elements: &mut [X]) {
        for end in (2..=elements.len()).rev() {
            elements.swap(end - 1, self.below(end));
        }
    }

    /// The numbers below `n` in a random order.
    ///
    /// ```
    /// use metaplast_tensor::Random;
    ///
    /// let mut order = Random::new(1).permutation(5);
    /// order.sort();
    /// assert_eq!(order, [0, 1, 2, 3, 4]);
    /// ```
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..n).collect();
        self.shuffle(&mut numbers);
        numbers
    }
}
