//! Rules checked by fit: what explains a recording, and what cannot be checked.

use metaplast_identify::naming::{
    CheckError, CheckSettings, ExperimentRecording, RecordedPart, Unchecked, check_rules, record,
};
use metaplast_identify::virtual_networks::{Condition, LearningTask, NetworkPlan, RuleClass};

use crate::networks::{all, small};

#[test]
fn rules_are_checked_by_fit_where_the_steps_are_known() {
    let images = LearningTask::images();
    let all = all();
    let at = |name: &str| all.iter().position(|class| class.name == name).unwrap();
    let rules = [
        "sgd",
        "momentum",
        "feedback-alignment",
        "ehebb",
        "weight-mirror",
    ]
    .map(at);
    let classes: Vec<RuleClass> = rules.map(|k| all[k].clone()).into();
    let part = RecordedPart {
        activity: false,
        steps: true,
        ..RecordedPart::default()
    };
    let settings = CheckSettings {
        examples: 160,
        ..CheckSettings::default()
    };
    let recorded = |class: &RuleClass| {
        let plan = NetworkPlan {
            beta: settings.beta,
            ..small(class)
        };
        record(&plan, class, &images, &part).unwrap()
    };
    let checked = |recording: &ExperimentRecording, classes: &[RuleClass]| {
        check_rules(recording, classes, &settings).unwrap()
    };
    // Momentum is told from plain gradient descent, and of a network without feedback weights no rule with
    // them is checked.
    let recording = recorded(&classes[1]);
    let read = ExperimentRecording::of_arrays(recording.to_arrays()).unwrap();
    assert_eq!(read, recording);
    let found = checked(&read, &classes);
    assert_eq!((found.steps, found.checks.len()), (20, 2));
    let explaining: Vec<usize> = found.explaining().iter().map(|check| check.rule).collect();
    assert_eq!(explaining, [1], "{found:?}");
    assert!(found.of(1).unwrap().r_squared > 0.9999 && found.of(0).unwrap().r_squared < 0.97);
    let why: Vec<Unchecked> = found.unchecked.iter().map(|(_, why)| *why).collect();
    assert_eq!(
        why,
        [
            Unchecked::NoFeedback,
            Unchecked::NoFeedback,
            Unchecked::DrawsNoise
        ]
    );

    // Without its own rule among them, no rule explains what fixed feedback with a Hebbian term did.
    let recording = recorded(&classes[3]);
    let others = [classes[0].clone(), classes[2].clone()];
    assert!(checked(&recording, &others).explaining().is_empty());
    let found = checked(&recording, &classes);
    assert_eq!(found.checks[0].rule, 3);

    // What is missing is said.
    let plain = record(
        &small(&classes[0]),
        &classes[0],
        &images,
        &RecordedPart::default(),
    )
    .unwrap();
    let error = check_rules(&plain, &classes, &settings).unwrap_err();
    assert_eq!(error, CheckError::NoSteps);
    let some = RecordedPart {
        condition: Condition {
            units: Some(10),
            ..Condition::FULL
        },
        ..part.clone()
    };
    let some = record(&small(&classes[0]), &classes[0], &images, &some).unwrap();
    let error = check_rules(&some, &classes, &settings)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("all of 196 units before are needed"),
        "{error}"
    );
}
