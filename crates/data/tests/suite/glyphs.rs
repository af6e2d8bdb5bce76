//! The glyphs beside EMNIST: as much ink, as large, and as hard to tell apart.

use metaplast_data::{Dataset, pixel};

#[test]
fn glyphs_repeat_extend_and_differ_by_seed() {
    let (few, more) = (Dataset::glyphs(3, 5), Dataset::glyphs(5, 5));
    assert_eq!(
        (few.len(), few.classes(), few.pixels_per_image()),
        (141, 47, 784)
    );
    for c in 0..47 {
        assert_eq!(few.of_class(c).len(), 3);
        for (&a, &b) in few.of_class(c).iter().zip(more.of_class(c)) {
            assert_eq!(few.image(a as usize), more.image(b as usize));
        }
        let [a, b, d] = [0, 1, 2].map(|k| few.image(few.of_class(c)[k] as usize));
        assert!(a != b && b != d && a != d);
    }
    let other = Dataset::glyphs(3, 6);
    assert!((0..few.len()).all(|i| few.image(i) != other.image(i)));
}

#[test]
fn the_bits_are_the_same_everywhere() {
    let dataset = Dataset::glyphs(4, 1);
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for i in 0..dataset.len() {
        for &q in dataset.image(i) {
            hash = (hash ^ u64::from(q)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    assert_eq!(
        hash, 0x2d42_f711_05bd_fdb0,
        "FNV-1a of the pixels is {hash:#018x}"
    );
}

#[test]
fn ink_and_size_are_those_of_emnist() {
    for seed in 1..=3 {
        let s = Dataset::glyphs(100, seed).statistics();
        // EMNIST: 0.175, 0.333, 25.2.
        assert!((s.mean - 0.175).abs() < 0.005, "seed {seed}: {s:?}");
        assert!((s.nonzero - 0.333).abs() < 0.010, "seed {seed}: {s:?}");
        assert!((s.longer_side - 25.17).abs() < 0.3, "seed {seed}: {s:?}");
        assert_eq!((s.peak, s.faintest_peak), (255, 255));
    }
}

#[test]
fn edges_are_as_sharp_as_those_of_emnist() {
    let dataset = Dataset::glyphs(50, 1);
    let (mut faint, mut middle, mut full) = (0, 0, 0);
    for i in 0..dataset.len() {
        for &q in dataset.image(i) {
            match q {
                0 => {}
                1..=47 => faint += 1,
                48..=207 => middle += 1,
                208..=255 => full += 1,
            }
        }
    }
    let inked = f64::from(faint + middle + full);
    // EMNIST: 0.334, 0.256, 0.410.
    let shares = [faint, middle, full].map(|n| f64::from(n) / inked);
    for (share, emnist) in shares.into_iter().zip([0.334, 0.256, 0.410]) {
        assert!((share - emnist).abs() < 0.03, "{shares:?}");
    }
}

#[test]
fn a_linear_classifier_finds_them_as_hard_as_emnist() {
    let accuracy = linear_accuracy(&Dataset::glyphs(260, 1), 200);
    assert!((0.46..0.55).contains(&accuracy), "{accuracy}");
}

/// `METAPLAST_EMNIST=DIR cargo test -p metaplast-data -- --ignored --nocapture`
#[test]
#[ignore = "needs EMNIST in the directory METAPLAST_EMNIST"]
fn emnist_measures_as_stated_here() {
    let dir = std::env::var_os("METAPLAST_EMNIST").expect("METAPLAST_EMNIST names a directory");
    let dataset = Dataset::open(dir.as_ref()).unwrap();
    let s = dataset.statistics();
    let accuracy = linear_accuracy(&dataset, 200);
    println!("{}: {s:?}, linear classifier {accuracy:.3}", dataset.name());
    assert!((s.mean - 0.175).abs() < 0.005);
    assert!((s.nonzero - 0.333).abs() < 0.010);
    assert!((0.46..0.55).contains(&accuracy));
}

/// Share of the images after the first `train` of each class that ridge
/// regression onto one-hot labels puts into the right one of 47 classes.
fn linear_accuracy(dataset: &Dataset, train: usize) -> f64 {
    const RIDGE: f32 = 100.0;
    let n = dataset.pixels_per_image() + 1;
    let features = |i: u32| {
        let image = dataset.image(i as usize).iter().map(|&q| pixel(q));
        image.chain([1.0]).collect::<Vec<f32>>()
    };

    // Normal equations: gram · weights = moments, one column of moments a class.
    let mut gram = vec![0.0f32; n * n];
    let mut moments = vec![vec![0.0f32; n]; dataset.classes()];
    for (c, moment) in moments.iter_mut().enumerate() {
        for x in dataset.of_class(c)[..train].iter().map(|&i| features(i)) {
            moment.iter_mut().zip(&x).for_each(|(m, v)| *m += v);
            for (i, &v) in x.iter().enumerate().filter(|&(_, &v)| v != 0.0) {
                let line = &mut gram[i * n..][..=i];
                line.iter_mut().zip(&x).for_each(|(g, w)| *g += v * w);
            }
        }
    }
    (0..n).for_each(|i| gram[i * n + i] += RIDGE);
    cholesky(&mut gram, n);
    moments.iter_mut().for_each(|m| solve(&gram, n, m));

    let (mut right, mut all) = (0, 0);
    for c in 0..dataset.classes() {
        for x in dataset.of_class(c)[train..].iter().map(|&i| features(i)) {
            let score = |w: &Vec<f32>| w.iter().zip(&x).map(|(a, b)| a * b).sum::<f32>();
            let scores: Vec<f32> = moments.iter().map(score).collect();
            let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
            right += usize::from(best == Some(c));
            all += 1;
        }
    }
    right as f64 / all as f64
}

/// Replaces the lower triangle of a positive definite matrix by its factor.
fn cholesky(a: &mut [f32], n: usize) {
    for i in 0..n {
        for j in 0..=i {
            let (upper, lower) = a.split_at(i * n);
            let line_j = if j < i {
                &upper[j * n..][..n]
            } else {
                &lower[..n]
            };
            let dot: f32 = lower[..j].iter().zip(line_j).map(|(x, y)| x * y).sum();
            let rest = a[i * n + j] - dot;
            a[i * n + j] = if i == j {
                rest.sqrt()
            } else {
                rest / a[j * n + j]
            };
        }
    }
}

fn solve(factor: &[f32], n: usize, b: &mut [f32]) {
    for i in 0..n {
        let dot: f32 = factor[i * n..][..i]
            .iter()
            .zip(&*b)
            .map(|(x, y)| x * y)
            .sum();
        b[i] = (b[i] - dot) / factor[i * n + i];
    }
    for i in (0..n).rev() {
        b[i] /= factor[i * n + i];
        let (above, own) = b.split_at_mut(i);
        above
            .iter_mut()
            .zip(&factor[i * n..])
            .for_each(|(x, f)| *x -= f * own[0]);
    }
}
