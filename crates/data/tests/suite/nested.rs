//! Directories of classes in directories: Omniglot's layout, with its tasks.

use std::collections::BTreeSet;

use metaplast_data::{Dataset, Grouping, Sampling, TaskSampler};
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

use crate::folders::{Folder, gray};

/// A dozen drawings of six characters in three alphabets, as Omniglot has them.
fn omniglot() -> Folder {
    let folder = Folder::new();
    for (alphabet, characters) in [("Latin", 2), ("Greek", 3), ("Tifinagh", 1)] {
        for character in 1..=characters {
            for drawing in 1..=2 {
                let file =
                    format!("{alphabet}/character{character:02}/07{character:02}_{drawing:02}.png");
                folder.add(&file, &gray(5, 10 * character + drawing));
            }
        }
    }
    folder
}

#[test]
fn alphabets_are_groups_of_their_characters() {
    let folder = omniglot();
    folder
        .add("Latin/strokes.txt", b"")
        .add(".cache/x.png", b"");
    let set = Dataset::open(&folder.path()).unwrap();
    assert_eq!((set.len(), set.classes(), set.groups()), (12, 6, 3));
    let names: Vec<&str> = (0..6).map(|c| set.class_name(c)).collect();
    assert_eq!(names[..2], ["Greek/character01", "Greek/character02"]);
    assert_eq!(names[5], "Tifinagh/character01");
    let groups: Vec<&str> = (0..6)
        .map(|c| set.group_name(set.group_of(c).unwrap()))
        .collect();
    assert_eq!(
        groups,
        ["Greek", "Greek", "Greek", "Latin", "Latin", "Tifinagh"]
    );
    assert_eq!(set.image(set.of_class(2)[1] as usize)[0], 32);

    // Deeper still, as where both parts of Omniglot lie side by side.
    let whole = Folder::new();
    for file in [
        "background/Latin/a/1.png",
        "evaluation/Latin/a/1.png",
        "evaluation/Latin/b/1.png",
    ] {
        whole.add(file, &gray(3, 9));
    }
    let set = Dataset::open(&whole.path()).unwrap();
    assert_eq!((set.classes(), set.groups()), (3, 2));
    assert_eq!(set.group_name(1), "evaluation/Latin");
}

#[test]
fn more_classes_than_a_byte_counts_are_read() {
    let folder = Folder::new();
    for class in 0..300 {
        let file = format!("{}/{class:03}/1.pgm", class % 7);
        folder.add(&file, format!("P2 1 1 255 {}", class % 100).as_bytes());
    }
    let set = Dataset::open(&folder.path()).unwrap();
    assert_eq!((set.classes(), set.groups()), (300, 7));
    let labels: BTreeSet<usize> = (0..set.len()).map(|i| set.label(i)).collect();
    assert_eq!(labels.len(), 300);
    assert_eq!(set.class_name(set.label(299)), "6/293");
}

#[test]
fn tasks_stay_within_a_group_or_cross_them() {
    let set = Dataset::open(&omniglot().path()).unwrap();
    let sampler = |ways, grouping| {
        TaskSampler::new(&set, ways, 1, 1, Sampling::Fresh).and_then(|s| s.with_grouping(grouping))
    };
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let within = sampler(2, Grouping::Within).unwrap();
    let mut seen = BTreeSet::new();
    for _ in 0..200 {
        let task = within.sample(&set, &mut rng);
        let groups: BTreeSet<_> = task.classes.iter().map(|&c| set.group_of(c)).collect();
        assert_eq!((groups.len(), task.classes.len()), (1, 2));
        seen.extend(groups);
        assert_ne!(task.classes[0], task.classes[1]);
    }
    // One character makes no task of two.
    assert_eq!(seen, BTreeSet::from([Some(0), Some(1)]));
    let across = sampler(2, Grouping::Across).unwrap();
    let crossed = (0..50).any(|_| {
        let classes = across.sample(&set, &mut rng).classes;
        set.group_of(classes[0]) != set.group_of(classes[1])
    });
    assert!(crossed);

    // Without all of Latin, Greek alone is left.
    let greek = within.clone().with_classes(vec![0, 1, 2, 3, 5]).unwrap();
    assert!((0..50).all(|_| greek.sample(&set, &mut rng).classes.iter().all(|&c| c < 3)));

    let said = sampler(4, Grouping::Within).unwrap_err().to_string();
    assert!(
        said.contains("no group has 4 classes, the largest 3"),
        "{said}"
    );
    let glyphs = Dataset::glyphs(2, 1);
    let sampler = TaskSampler::new(&glyphs, 2, 1, 1, Sampling::Fresh).unwrap();
    let said = sampler
        .with_grouping(Grouping::Within)
        .unwrap_err()
        .to_string();
    assert!(said.contains("its classes are in no groups"), "{said}");
}

#[test]
fn a_layout_that_is_none_is_named() {
    let folder = omniglot();
    let said = folder.add("Latin/1.png", &gray(3, 9)).complaint();
    assert!(
        said.starts_with("/Latin/1.png: a picture beside directories"),
        "{said}"
    );
    let folder = omniglot();
    let deep = "a/".repeat(10) + "1.png";
    let said = folder.add(&deep, &gray(3, 9)).complaint();
    assert!(
        said.contains("more than 8 directories below each other"),
        "{said}"
    );
}
