//! The inputs of compact fixtures, from their seeds.

const SIDE: i64 = 28;
/// Support samples of each class; the query samples come after them.
const SHOTS: u64 = 50;
/// Query samples of each class.
const QUERIES: u64 = 10;
const DRAWS_PER_PICTURE: usize = 12;

/// Steele, Lea & Flood's splitmix64.
pub(crate) struct SplitMix(u64);

impl SplitMix {
    pub(crate) fn new(seed: u64) -> Self {
        SplitMix(seed)
    }

    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The upper 24 bits, in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.draw() >> 40) as f64 / f64::from(1 << 24)
    }

    /// In [−1, 1).
    pub(crate) fn sign(&mut self) -> f64 {
        2.0 * self.unit() - 1.0
    }
}

/// Which pathway a matrix belongs to.
#[derive(Clone, Copy)]
pub(crate) enum Matrices {
    Forward,
    Feedback,
}

/// All matrices of a pathway, `[n_l, n_(l−1)]`, row-major.
pub(crate) fn pathway(sizes: &[usize], seed: u64, which: Matrices) -> Vec<Vec<f64>> {
    let offset = match which {
        Matrices::Forward => 1,
        Matrices::Feedback => 101,
    };
    let layer = |(l, pair): (usize, &[usize])| {
        let limit = (6.0 / (pair[0] + pair[1]) as f64).sqrt() as f32;
        let mut draws = SplitMix::new(seed * 1000 + offset + l as u64);
        let weight = |_| f64::from((f64::from(limit) * draws.sign()) as f32);
        (0..pair[0] * pair[1]).map(weight).collect()
    };
    sizes.windows(2).enumerate().map(layer).collect()
}

/// Pixels 0..255 and labels, one sample per entry.
pub(crate) struct Samples {
    pub(crate) pixels: Vec<Vec<u8>>,
    pub(crate) labels: Vec<usize>,
}

/// Which half of a task.
#[derive(Clone, Copy)]
pub(crate) enum Set {
    Support,
    Query,
}

/// Samples for small networks: two fifths of the pixels dark.
pub(crate) fn noise(sizes: &[usize], seed: u64, set: Set, count: usize) -> Samples {
    let seed = seed * 10
        + match set {
            Set::Support => 1,
            Set::Query => 2,
        };
    let outputs = sizes[sizes.len() - 1] as u64;
    let mut draws = SplitMix::new(seed);
    let mut labels = SplitMix::new(seed + 7);
    let mut pixel = || match (256.0 * draws.unit()) as u8 {
        0..96 => 0,
        bright => bright,
    };
    Samples {
        pixels: (0..count)
            .map(|_| (0..sizes[0]).map(|_| pixel()).collect())
            .collect(),
        labels: (0..count)
            .map(|_| ((labels.draw() >> 33) % outputs) as usize)
            .collect(),
    }
}

/// Pictures of discs for the full network: support samples in the order in which they are learned,
/// query samples class by class.
pub(crate) fn discs(classes: &[u64], seed: u64, set: Set) -> Samples {
    let range = match set {
        Set::Support => 0..SHOTS,
        Set::Query => SHOTS..SHOTS + QUERIES,
    };
    let by_class: Vec<(u64, u64)> = classes
        .iter()
        .flat_map(|&class| range.clone().map(move |sample| (class, sample)))
        .collect();
    let mut order: Vec<usize> = (0..by_class.len()).collect();
    if let Set::Support = set {
        let mut draws = SplitMix::new(seed + 5);
        let keys: Vec<u64> = order.iter().map(|_| draws.draw()).collect();
        order.sort_by_key(|&place| keys[place]);
    }
    let samples = || order.iter().map(|&place| by_class[place]);
    Samples {
        pixels: samples()
            .map(|(class, sample)| picture(class, sample, seed))
            .collect(),
        labels: samples().map(|(class, _)| class as usize).collect(),
    }
}

fn picture(class: u64, sample: u64, seed: u64) -> Vec<u8> {
    let twelve = |seed: u64| -> [i64; DRAWS_PER_PICTURE] {
        let mut draws = SplitMix::new(seed);
        std::array::from_fn(|_| (draws.draw() >> 40) as i64)
    };
    let place = twelve(seed + 17 * class);
    let move_by = twelve(seed + 100_003 * (class + 1) + 31 * sample);
    let pixel = |at: i64| {
        let (x, y) = (16 * (at % SIDE) + 8, 16 * (at / SIDE) + 8);
        let brightness = (0..4).map(|disc| {
            let centre = |i: usize| 80 + place[i] % 288 + move_by[i] % 33 - 16;
            let (cx, cy) = (centre(3 * disc), centre(3 * disc + 1));
            let r = 40 + place[3 * disc + 2] % 41 + move_by[3 * disc + 2] % 17 - 8;
            255 * (r * r - (x - cx).pow(2) - (y - cy).pow(2)).max(0) / (r * r)
        });
        brightness.max().unwrap_or(0) as u8
    };
    (0..SIDE * SIDE).map(pixel).collect()
}
