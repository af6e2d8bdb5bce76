//! Virtual networks: every rule learns, repeats, and is kept.

use std::path::PathBuf;

use metaplast_experiment::{ExperimentMonitor, Silent};
use metaplast_identify::naming::{
    ExperimentRecording, NameError, NamingSettings, RecordedPart, SeenRecording, name_rule, record,
};
use metaplast_identify::statistics::Observable;
use metaplast_identify::virtual_networks::{
    Archive, ArchiveError, Condition, LearningTask, NetworkPlan, NetworkRecord, RuleClass,
    null_classes, rule_classes,
};
use metaplast_identify::{FeatureSet, Sight};
use metaplast_tensor::Tensor;

pub(crate) fn all() -> Vec<RuleClass> {
    [rule_classes(), null_classes()].concat()
}

/// The first small network of a class: two layers of 60 units, batches of 8.
pub(crate) fn small(class: &RuleClass) -> NetworkPlan {
    let draw = |number| NetworkPlan::draw(std::slice::from_ref(class), number, 5);
    let fits = |plan: &NetworkPlan| {
        plan.batch == 8 && plan.architecture == 1 && plan.task == LearningTask::Digits
    };
    (0..).map(draw).find(fits).unwrap()
}

/// Small networks of these classes in turn.
fn networks_of(classes: &[RuleClass], count: u64) -> Vec<NetworkRecord> {
    let images = LearningTask::images();
    let one = |number| {
        let plan = NetworkPlan {
            batch: 8,
            architecture: 1,
            ..NetworkPlan::draw(classes, number, 9)
        };
        NetworkRecord::simulate(&plan, &classes[plan.class], &images).unwrap()
    };
    (0..count).map(one).collect()
}

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("identify-{name}-{}", std::process::id());
        Place(std::env::temp_dir().join(name))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn rules_that_follow_errors_learn_and_the_others_do_not() {
    let images = LearningTask::images();
    for class in all() {
        let record = NetworkRecord::simulate(&small(&class), &class, &images).unwrap();
        let ([loss, _], [later, performance]) = (record.behaviour(0), record.behaviour(20));
        let changed = record.statistic((20, 0), 0, 0) != record.statistic((0, 0), 0, 0);
        match class.name.as_str() {
            "no-learning" => assert!(!changed && later == loss),
            "random-drift" | "oja-alone" => assert!(changed && performance < 0.4, "{}", class.name),
            name => assert!(later < 0.95 * loss, "{name}: {loss} {later} {performance}"),
        }
    }
}

/// Stops after so many networks.
struct StopAfter(std::sync::atomic::AtomicUsize);

impl ExperimentMonitor for StopAfter {
    fn tick(&self) {
        self.0.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
    }

    fn stop_requested(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::SeqCst) == 0
    }
}

#[test]
fn networks_are_the_same_however_they_are_made_and_are_kept() {
    let nothing = || null_classes()[..1].to_vec();
    let networks = 5;
    let archive = |place: &Place, seed| Archive::new(&place.0, nothing(), seed).in_files_of(3);
    let made = |place: &Place, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| archive(place, 3).networks(networks, &Silent))
            .unwrap()
    };
    let (one, two) = (Place::new("one"), Place::new("two"));
    let first = made(&one, 1);
    assert_eq!(first.len() as u64, networks);
    // Stopped in the second file, then taken up again.
    let stop = StopAfter(4.into());
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    let stopped = pool.install(|| archive(&two, 3).networks(networks, &stop));
    let stopped = stopped.unwrap_err();
    assert!(
        matches!(stopped, ArchiveError::Interrupted { done: 3, all: 5 }),
        "{stopped}"
    );
    assert!(made(&two, 2) == first && made(&two, 1) == first);
    // Half of a file is made again; other networks are not touched.
    let path = one.0.join("networks-0001.npz");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(made(&one, 1) == first);
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    let other = archive(&one, 4).networks(networks, &Silent);
    let other = other.unwrap_err().to_string();
    assert!(
        other.contains("networks of other rules or tasks"),
        "{other}"
    );
}

#[test]
fn a_recording_comes_back_from_its_arrays_and_tells_its_noise() {
    let part = RecordedPart {
        condition: Condition {
            units: Some(15),
            noise: 0.5,
            probes: Some(32),
        },
        ..RecordedPart::default()
    };
    let images = LearningTask::images();
    let recorded = |class: &RuleClass| record(&small(class), class, &images, &part).unwrap();
    let noise_of = |recording: &ExperimentRecording| {
        let seen = SeenRecording::of(recording);
        let condition = seen.condition(Observable::Activity, None);
        assert_eq!((condition.units, condition.probes), (Some(15), Some(32)));
        [Observable::Weights, Observable::Activity].map(|o| seen.noise(o).unwrap())
    };
    for noise in noise_of(&recorded(&null_classes()[0])) {
        assert!((0.42..0.58).contains(&noise), "{noise}");
    }
    let recording = recorded(&rule_classes()[0]);
    let read = ExperimentRecording::of_arrays(recording.to_arrays()).unwrap();
    assert_eq!(read, recording);
    // Activity that learning changes quickly looks noisier than it is.
    let [weights, activity] = noise_of(&recording);
    assert!(
        (0.4..0.65).contains(&weights) && activity > 0.4,
        "{weights} {activity}"
    );
    // What is NaN was not recorded.
    let mut arrays = recording.to_arrays();
    let activity = arrays.get_mut("activity.1").unwrap();
    let units = activity.dims()[2];
    for row in activity.data_mut().chunks_mut(units) {
        row[3] = f64::NAN;
    }
    let seen = SeenRecording::of(&ExperimentRecording::of_arrays(arrays).unwrap());
    assert!(seen.noise(Observable::Activity).unwrap().is_finite());
}

#[test]
fn a_full_recording_has_the_features_of_its_network() {
    let images = LearningTask::images();
    for (class, task) in [(0, LearningTask::Mixture), (9, LearningTask::Letters)] {
        let class = &rule_classes()[class];
        let plan = NetworkPlan {
            task,
            ..small(class)
        };
        let network = NetworkRecord::simulate(&plan, class, &images).unwrap();
        // Without noise, and in as many probes as there are or in some of them.
        for probes in [None, Some(32)] {
            let condition = Condition {
                probes,
                ..Condition::FULL
            };
            let part = RecordedPart {
                condition,
                ..RecordedPart::default()
            };
            let recording = record(&plan, class, &images, &part).unwrap();
            let seen = SeenRecording::of(&recording);
            let sight = Sight {
                record: &network,
                condition: condition.nearest(),
            };
            // The loss is not recorded, and is no feature of a recording.
            let behaviour = FeatureSet {
                behaviour: true,
                ..FeatureSet::of(&[])
            };
            let of_recording = behaviour.of_network(&seen);
            assert!(of_recording.iter().step_by(2).all(|ratio| ratio.is_nan()));
            let pairs = of_recording.iter().zip(behaviour.of_network(&sight));
            for (a, b) in pairs.skip(1).step_by(2) {
                assert!((a - b).abs() < 1e-4, "{a} {b}");
            }
            let unseen = SeenRecording::of(&ExperimentRecording {
                behaviour: None,
                ..recording.clone()
            });
            assert!(behaviour.of_network(&unseen).iter().all(|x| x.is_nan()));
            for observable in [Observable::Weights, Observable::Activity] {
                let set = FeatureSet::of(&[observable]);
                let pairs = set
                    .of_network(&seen)
                    .into_iter()
                    .zip(set.of_network(&sight));
                for (a, b) in pairs {
                    assert!(
                        (a - b).abs() < 1e-4 * b.abs().max(1.0),
                        "{probes:?}: {a} {b}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_recording_of_behaviour_alone_is_named() {
    let images = LearningTask::images();
    let classes: Vec<RuleClass> = [rule_classes()[2].clone(), null_classes()[1].clone()].into();
    let networks = networks_of(&classes, 10);
    let part = RecordedPart {
        weights: false,
        activity: false,
        ..RecordedPart::default()
    };
    let recording = record(&small(&classes[1]), &classes[1], &images, &part).unwrap();
    let read = ExperimentRecording::of_arrays(recording.to_arrays()).unwrap();
    assert!(read == recording && read.areas.is_empty());
    let seen = SeenRecording::of(&read);
    let named = name_rule(&seen, &networks, &classes, &NamingSettings::new(2)).unwrap();
    assert_eq!(named.named, 1, "{:?}", named.posterior);
    assert!(
        named.spoke.is_empty() && named.merged.rules == [1] && named.merged.told_apart.is_none()
    );
}

#[test]
fn arrays_that_cannot_be_are_named() {
    let zeros = |dims: &[usize]| Tensor::<f64>::zeros(dims);
    for (name, array, message) in [
        (
            "x",
            zeros(&[3]),
            "array `x`: unknown; the arrays are activity.l",
        ),
        (
            "activity.1",
            zeros(&[3, 2]),
            "it needs [times, probes, units]",
        ),
        (
            "activity.one",
            zeros(&[3, 2, 2]),
            "give the number of the area",
        ),
        ("weights.1", zeros(&[1, 2]), "takes at least two"),
        ("times", zeros(&[3]), "do not rise"),
        (
            "times",
            Tensor::new([3], vec![0.0, 1.0, 2.0]),
            "missing; give activity or weights",
        ),
    ] {
        let error = ExperimentRecording::of_arrays([(name.to_owned(), array)].into());
        let error = error.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let both = [
        ("weights.1".to_owned(), zeros(&[3, 2])),
        ("times".to_owned(), zeros(&[2])),
    ];
    let error = ExperimentRecording::of_arrays(both.into())
        .unwrap_err()
        .to_string();
    assert!(error.contains("the first axis is time"), "{error}");
}

#[test]
fn no_learning_is_told_from_learning() {
    let images = LearningTask::images();
    let classes: Vec<RuleClass> = [rule_classes()[2].clone(), null_classes()[1].clone()].into();
    let networks = networks_of(&classes, 16);
    for (k, class) in classes.iter().enumerate() {
        let recording = record(&small(class), class, &images, &RecordedPart::default()).unwrap();
        let seen = SeenRecording::of(&recording);
        let named = name_rule(&seen, &networks, &classes, &NamingSettings::new(2)).unwrap();
        assert_eq!(named.named, k, "{:?}", named.posterior);
        assert!(named.accuracy.mean > 0.8 && named.not_excluded.contains(&k));
        let all: f64 = named.posterior.iter().sum();
        assert!((all - 1.0).abs() < 1e-9);
        // A prior of 0 is certain.
        let prior = NamingSettings {
            prior: if k == 0 {
                vec![0.0, 1.0]
            } else {
                vec![1.0, 0.0]
            },
            ..NamingSettings::new(2)
        };
        let other = name_rule(&seen, &networks, &classes, &prior).unwrap();
        assert_eq!(other.named, 1 - k);
        let few = name_rule(&seen, &networks[..4], &classes, &prior);
        assert!(matches!(few, Err(NameError::TooFew { needed: 10, .. })));
    }
}
