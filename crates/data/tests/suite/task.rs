//! Few-shot tasks: who is in them, in which order, and which requests are refused.

use std::collections::BTreeSet;

use metaplast_data::{ColorMode, DataError, Dataset, Orientation, Parts, Sampling, TaskSampler};
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

/// `per_class[c]` images of class c, one pixel each, classes interleaved as in a real file.
fn dataset(per_class: &[usize]) -> Dataset {
    let most = per_class.iter().copied().max().unwrap();
    let labels: Vec<u32> = (0..most)
        .flat_map(|k| (0..per_class.len()).filter(move |&c| k < per_class[c]))
        .map(|c| c as u32)
        .collect();
    Dataset::from_parts(Parts {
        name: "dots".into(),
        rows: 1,
        cols: 1,
        color_mode: ColorMode::Gray,
        pixels: vec![0; labels.len()],
        labels,
        class_names: (0..per_class.len()).map(|c| format!("<{c}>")).collect(),
        orientation: Orientation::Upright,
    })
    .unwrap()
}

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

#[test]
fn fresh_tasks_have_distinct_classes_and_disjoint_sets() {
    let d = dataset(&[30; 12]);
    let sampler = TaskSampler::new(&d, 5, 8, 3, Sampling::Fresh).unwrap();
    let mut rng = rng(1);
    let mut used = BTreeSet::new();
    for _ in 0..100 {
        let task = sampler.sample(&d, &mut rng);
        let classes: BTreeSet<_> = task.classes.iter().collect();
        assert_eq!(
            (classes.len(), task.support.len(), task.query.len()),
            (5, 40, 15)
        );
        let all = task.support.iter().chain(&task.query);
        let images: BTreeSet<_> = all.clone().map(|s| s.image).collect();
        assert_eq!(images.len(), 55);
        assert!(all.clone().all(|s| d.label(s.image) == s.label));
        for (i, &class) in task.classes.iter().enumerate() {
            assert_eq!(task.support.iter().filter(|s| s.label == class).count(), 8);
            assert!(
                task.query[3 * i..3 * i + 3]
                    .iter()
                    .all(|s| s.label == class)
            );
        }
        used.extend(images);
    }
    assert_eq!(
        used.len(),
        d.len(),
        "every image of the pool is drawn at some time"
    );
}

#[test]
fn classes_and_order_are_uniform() {
    let d = dataset(&[4; 10]);
    let sampler = TaskSampler::new(&d, 5, 2, 1, Sampling::Fresh).unwrap();
    let mut rng = rng(2);
    let (mut drawn, mut first) = ([0; 10], [0; 5]);
    for _ in 0..10_000 {
        let task = sampler.sample(&d, &mut rng);
        task.classes.iter().for_each(|&c| drawn[c] += 1);
        let label = task.support[0].label;
        first[task.classes.iter().position(|&c| c == label).unwrap()] += 1;
    }
    // Means 5000 and 2000; five standard deviations are 250 and 200.
    assert!(drawn.iter().all(|n| (4750..5250).contains(n)), "{drawn:?}");
    assert!(first.iter().all(|n| (1800..2200).contains(n)), "{first:?}");
}

#[test]
fn paper_tasks_take_the_first_images_and_may_repeat_a_class() {
    let d = dataset(&[9; 47]);
    let sampler = TaskSampler::new(&d, 5, 4, 2, Sampling::Paper).unwrap();
    let mut rng = rng(3);
    let mut repeats = 0;
    for _ in 0..2000 {
        let task = sampler.sample(&d, &mut rng);
        let mut support: Vec<_> = task.support.iter().map(|s| s.image).collect();
        assert_eq!((support.len(), task.query.len()), (20, 10));
        support.sort_unstable();
        let pool = |c: &usize| d.of_class(*c)[..4].iter().map(|&i| i as usize);
        let mut expected: Vec<_> = task.classes.iter().flat_map(pool).collect();
        expected.sort_unstable();
        assert_eq!(support, expected);
        for (i, &class) in task.classes.iter().enumerate() {
            let query: Vec<_> = task.query[2 * i..2 * i + 2]
                .iter()
                .map(|s| s.image as u32)
                .collect();
            assert_eq!(query, d.of_class(class)[4..6]);
        }
        let distinct: BTreeSet<_> = task.classes.iter().collect();
        repeats += usize::from(distinct.len() < 5);
    }
    // 1 - 46·45·44·43/47^4 = 19.7%
    assert!((330..460).contains(&repeats), "{repeats} of 2000");
}

#[test]
fn a_seed_gives_the_same_task_everywhere() {
    let d = dataset(&[6; 8]);
    let sampler = TaskSampler::new(&d, 2, 2, 1, Sampling::Fresh).unwrap();
    let task = sampler.sample(&d, &mut rng(4));
    assert_eq!(task, sampler.sample(&d, &mut rng(4)));
    let images = |set: &[metaplast_data::Sample]| set.iter().map(|s| s.image).collect::<Vec<_>>();
    assert_eq!(task.classes, [5, 0]);
    assert_eq!(images(&task.support), [37, 13, 32, 0]);
    assert_eq!(images(&task.query), [21, 40]);
}

#[test]
fn held_out_classes_never_appear() {
    let d = dataset(&[5; 10]);
    let sampler = TaskSampler::new(&d, 3, 2, 1, Sampling::Fresh).unwrap();
    let sampler = sampler.with_classes(vec![9, 2, 4, 7]).unwrap();
    assert_eq!(sampler.classes(), [9, 2, 4, 7]);
    for seed in 0..50 {
        let task = sampler.sample(&d, &mut rng(seed));
        assert!(task.classes.iter().all(|c| [9, 2, 4, 7].contains(c)));
    }
}

#[test]
fn empty_classes_are_left_out_and_small_ones_can_be() {
    let d = dataset(&[5, 0, 5, 1]);
    let small = TaskSampler::new(&d, 2, 2, 1, Sampling::Fresh);
    assert!(matches!(
        small,
        Err(DataError::TooFewImages { class: 3, .. })
    ));
    let among = TaskSampler::among(&d, vec![0, 2], 2, 2, 1, Sampling::Fresh).unwrap();
    assert_eq!(among.classes(), [0, 2]);

    let d = dataset(&[5, 0, 5]);
    let sampler = TaskSampler::new(&d, 2, 2, 1, Sampling::Fresh).unwrap();
    assert_eq!(sampler.classes(), [0, 2]);
}

#[test]
fn impossible_tasks_say_what_to_change() {
    let d = dataset(&[5, 5, 4]);
    let new = |ways, shots, queries| {
        let made = TaskSampler::new(&d, ways, shots, queries, Sampling::Fresh);
        made.unwrap_err().to_string()
    };
    assert_eq!(new(0, 1, 1), "ways must be at least 1 in a task");
    assert_eq!(new(1, 0, 1), "shots must be at least 1 in a task");
    assert_eq!(new(1, 1, 0), "queries must be at least 1 in a task");
    assert_eq!(
        new(4, 1, 1),
        "data set \"dots\" offers 3 classes for a task of 4; lower the ways to 3 or allow more classes"
    );
    assert_eq!(
        new(3, 4, 1),
        "data set \"dots\": class 2 (\"<2>\") has 4 images, but 4 shots and 1 queries need 5; lower them or leave the class out"
    );
    assert!(new(3, usize::MAX, 1).contains("has 5 images"));

    let sampler = TaskSampler::new(&d, 2, 1, 1, Sampling::Fresh).unwrap();
    let with = |classes: &[usize]| {
        let made = sampler.clone().with_classes(classes.to_vec());
        made.unwrap_err().to_string()
    };
    assert_eq!(
        with(&[0, 3]),
        "data set \"dots\": class 3 does not exist; choose from 0 to 2"
    );
    assert_eq!(
        with(&[1, 0, 1]),
        "data set \"dots\": class 1 stands twice in the list of classes; name it once"
    );
    assert_eq!(
        with(&[1]),
        "data set \"dots\" offers 1 classes for a task of 2; lower the ways to 1 or allow more classes"
    );
}

#[test]
#[should_panic(
    expected = "a sampler for data set \"dots\" (8 images) was given \"dots\" (10 images)"
)]
fn a_sampler_keeps_to_its_data_set() {
    let sampler = TaskSampler::new(&dataset(&[4, 4]), 1, 1, 1, Sampling::Fresh).unwrap();
    sampler.sample(&dataset(&[5, 5]), &mut rng(1));
}

#[test]
fn sampling_has_names() {
    for sampling in [Sampling::Fresh, Sampling::Paper] {
        assert_eq!(sampling.to_string().parse::<Sampling>().unwrap(), sampling);
    }
    assert_eq!(
        "stale".parse::<Sampling>().unwrap_err().to_string(),
        "unknown sampling \"stale\"; choose \"fresh\" or \"paper\""
    );
}
