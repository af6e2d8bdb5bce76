//! Rules found again from recordings of networks that learned by them.

use metaplast_autodiff::Tape;
use metaplast_meta::fit::{
    FitError, FitSettings, Fitted, Recording, Teaching, Traces, Trouble, Units, WeightTrace, What,
    fit, loss_and_gradient, r_squared,
};
use metaplast_meta::seeds::{EpisodeKey, Purpose, stream};
use metaplast_meta::{Model, Start};
use metaplast_plasticity::{
    Architecture, Feedback, IncrementOptimizer, Network, NetworkLearner, Output, Preset, Rule,
    Term, pool,
};
use metaplast_tensor::Tensor;
use rand::RngExt;

const WEIGHTS: What = What {
    weights_every: Some(5),
    activity: false,
};
const ACTIVITY: What = What {
    weights_every: None,
    activity: true,
};

/// Linear units that learn by Oja's rule alone.
fn oja() -> Model {
    Model {
        architecture: Architecture::new(vec![6, 3])
            .unwrap()
            .with_output(Output::Linear),
        feedback: Feedback::symmetric(),
        rule: Rule::from_pool(&[9]).unwrap().with_theta(&[0.04]),
    }
}

/// The paper's bio rule in a small classifier with random feedback.
fn bio() -> Model {
    Model {
        architecture: Architecture::new(vec![8, 6, 4]).unwrap(),
        feedback: Feedback::fixed(),
        rule: Rule::preset(Preset::Bio).with_theta(&[0.08, -0.05, 0.03]),
    }
}

/// Networks that learn from random inputs and labels, seen with relative noise.
fn recordings(
    model: &Model,
    (trajectories, steps): (u64, usize),
    what: What,
    noise: f64,
    seed: u64,
) -> Vec<Recording> {
    let (inputs, outputs) = (model.architecture.inputs(), model.architecture.outputs());
    let record = |k| {
        let mut rng = stream(seed, 0, k, Purpose::Task);
        let x = (0..steps * inputs).map(|_| rng.random::<f64>()).collect();
        let labels = (0..steps).map(|_| rng.random_range(0..outputs as u32) as usize);
        let teaching = match model.rule == oja().rule {
            true => Teaching::None,
            false => Teaching::Labels(labels.collect()),
        };
        let mut recording = Recording {
            inputs: Tensor::new([steps, inputs], x),
            batch: 1,
            teaching,
            start: Start::draw(model, EpisodeKey::new(seed, 0, k)),
            traces: Traces::default(),
        };
        recording.traces = recording.simulate(model, what);
        let mut rng = stream(seed, 0, k, Purpose::Recording);
        recording.traces.add_noise(noise, &mut rng);
        recording
    };
    (0..trajectories).map(record).collect()
}

fn fitted(model: &Model, recordings: &[Recording]) -> Fitted {
    fit(model, recordings, &FitSettings::default()).unwrap()
}

#[track_caller]
fn assert_holds_the_truth(fitted: &Fitted, model: &Model) {
    assert!(fitted.converged && fitted.troubles.is_empty(), "{fitted:?}");
    let theta = model.rule.theta().iter().zip(&fitted.theta);
    for ((&truth, &found), interval) in theta.zip(&fitted.intervals) {
        let interval = interval.unwrap();
        assert!(
            interval.low <= truth && truth <= interval.high && interval.low < interval.high,
            "{truth} not in {interval:?}"
        );
        assert!(interval.low <= found && found <= interval.high);
        // And the interval says something.
        assert!(interval.high - interval.low < truth.abs(), "{interval:?}");
    }
}

#[test]
fn without_noise_the_rule_is_found_exactly() {
    for (model, what) in [
        (oja(), WEIGHTS),
        (oja(), ACTIVITY),
        (bio(), WEIGHTS),
        (bio(), ACTIVITY),
    ] {
        let recordings = recordings(&model, (3, 40), what, 0.0, 1);
        let fitted = fitted(&model, &recordings);
        for (truth, found) in model.rule.theta().iter().zip(&fitted.theta) {
            assert!((truth - found).abs() < 1e-7, "{found} for {truth}");
        }
        assert!(fitted.r_squared > 1.0 - 1e-10 && fitted.converged);
    }
}

#[test]
fn ojas_rule_is_recovered_from_noisy_weights_and_activity() {
    for what in [WEIGHTS, ACTIVITY] {
        let model = oja();
        let fitted = fitted(&model, &recordings(&model, (12, 50), what, 0.1, 2));
        assert_eq!(fitted.units, Units::Trajectories(12));
        assert_holds_the_truth(&fitted, &model);
    }
}

#[test]
fn a_mixture_is_recovered_from_noisy_weights_and_activity() {
    for what in [WEIGHTS, ACTIVITY] {
        let model = bio();
        let fitted = fitted(&model, &recordings(&model, (20, 60), what, 0.05, 3));
        assert_holds_the_truth(&fitted, &model);
    }
}

#[test]
fn one_trajectory_is_cut_into_stretches() {
    let model = oja();
    let fitted = fitted(&model, &recordings(&model, (1, 120), ACTIVITY, 0.05, 4));
    assert_eq!(fitted.units, Units::Stretches(40));
    assert_holds_the_truth(&fitted, &model);
}

/// Over many recordings intervals hold the truth about as often as they say.
#[test]
fn intervals_cover_what_they_claim() {
    let model = oja();
    for trajectories in [10, 2] {
        let holds = |seed: &u64| {
            let recordings = recordings(&model, (trajectories, 30), ACTIVITY, 0.1, *seed);
            let interval = fitted(&model, &recordings).intervals[0].unwrap();
            let truth = model.rule.theta()[0];
            interval.low <= truth && truth <= interval.high
        };
        let covered = (100..200).filter(holds).count();
        assert!((93..=100).contains(&covered), "{covered} of 100");
    }
}

#[test]
fn the_gradient_is_that_of_the_loss() {
    let own = |text| Term::parse(text).unwrap();
    let own = vec![
        own("hebb = y * y_pre^T"),
        own("cube = (y .* y) * y_pre^T - 0.1 * W"),
    ];
    let rules = [
        Rule::preset(Preset::Bio).with_theta(&[0.05, -0.03, 0.02]),
        Rule::preset(Preset::Pool).with_theta(&[
            0.05, 0.01, -0.02, 0.002, 0.01, 0.01, -0.01, 0.02, 0.01, 0.02,
        ]),
        // More coefficients than one tape carries tangents for.
        Rule::new(pool().iter().cloned().chain(own)).unwrap(),
    ];
    let truth = bio();
    let what = What {
        weights_every: Some(7),
        activity: true,
    };
    let mut recordings = recordings(&truth, (2, 20), what, 0.1, 5);
    // What was not measured does not count.
    recordings[0].traces.activity[1]
        .as_mut()
        .unwrap()
        .data_mut()[3] = f64::NAN;
    for rule in rules {
        let theta = rule.theta().to_vec();
        let model = Model { rule, ..bio() };
        let at = |theta: &[f64]| loss_and_gradient(&model, &recordings, theta);
        let (loss, gradient) = at(&theta);
        assert!(loss.is_finite() && loss > 0.0);
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        for (r, slope) in gradient.iter().enumerate() {
            let moved = |by: f64| {
                let mut theta = theta.clone();
                theta[r] += by;
                at(&theta).0
            };
            let h = 1e-4;
            let difference =
                (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h);
            assert!(
                (slope - difference).abs() <= 1e-7 * norm,
                "term {r}: {slope}, by differences {difference}"
            );
        }
    }
}

#[test]
fn what_cannot_be_told_apart_is_said() {
    let truth = bio();
    let recordings = recordings(&truth, (10, 30), WEIGHTS, 0.02, 6);
    let twice = Term::parse("twice = -2 * e * y_pre^T").unwrap();
    let silent = Term::parse("silent = relu(-y) * y_pre^T").unwrap();
    let rule = Rule::new(
        Rule::preset(Preset::Bio)
            .terms()
            .iter()
            .cloned()
            .chain([twice, silent]),
    )
    .unwrap();
    let fitted = fitted(&Model { rule, ..truth }, &recordings);
    assert!(fitted.troubles.contains(&Trouble::NoTrace(4)), "{fitted:?}");
    let Some(Trouble::Collinear(together)) = fitted.troubles.get(1) else {
        panic!("{fitted:?}")
    };
    let places: Vec<usize> = together.iter().map(|&(place, _)| place).collect();
    assert_eq!(places, [0, 3]);
    assert!((together[1].1 + 0.5).abs() < 1e-6);
    for (r, told) in [false, true, true, false, false].into_iter().enumerate() {
        assert_eq!(fitted.intervals[r].is_some(), told, "{r}");
    }
    // Together they are what there is.
    let sum = fitted.theta[0] + 2.0 * fitted.theta[3];
    assert!((sum - 0.08).abs() < 0.01, "{sum}");
    assert_eq!(fitted.theta[4], 0.0);
}

#[test]
fn batches_and_momentum_are_fitted_too() {
    let model = bio();
    let online = &recordings(&model, (1, 60), WEIGHTS, 0.0, 9)[0];
    let mut batches = online.clone();
    batches.batch = 3;
    batches.traces = Traces::default();
    for what in [WEIGHTS, ACTIVITY] {
        batches.traces = batches.simulate(&model, what);
        let found = fitted(&model, std::slice::from_ref(&batches));
        for (truth, found) in model.rule.theta().iter().zip(&found.theta) {
            assert!((truth - found).abs() < 1e-7, "{found} for {truth}");
        }
    }

    // Momentum, by the learner of plain simulation.
    let momentum = IncrementOptimizer::Momentum { momentum: 0.5 };
    let tape = Tape::<f64>::new();
    let network = Network::builder(&tape, &model.architecture)
        .weights(&online.start.weights)
        .feedback(&model.feedback, &online.start.feedback)
        .build();
    let mut learner = NetworkLearner::new(&network, momentum).unwrap();
    let rule = model.rule.bind_constant(&tape);
    let Teaching::Labels(labels) = &online.teaching else {
        unreachable!("see `recordings`")
    };
    let mut seen: Vec<Vec<f64>> = vec![Vec::new(); 2];
    tape.without_gradients(|| {
        for (x, &label) in online.inputs.rows().zip(labels) {
            let mut target = [0.0; 4];
            target[label] = 1.0;
            learner.step(&rule, &[(x, &target[..])]).unwrap();
            for (values, w) in seen.iter_mut().zip(network.weights().matrices()) {
                values.extend(w.data());
            }
        }
    });
    let mut recording = online.clone();
    let sizes = model.architecture.sizes();
    let trace = |(l, values): (usize, Vec<f64>)| {
        Some(WeightTrace {
            times: (1..=60).collect(),
            values: Tensor::new([60, sizes[l + 1], sizes[l]], values),
        })
    };
    recording.traces = Traces {
        weights: seen.into_iter().enumerate().map(trace).collect(),
        activity: Vec::new(),
    };
    let with = |increment| {
        let settings = FitSettings {
            increment,
            ..FitSettings::default()
        };
        fit(&model, std::slice::from_ref(&recording), &settings).unwrap()
    };
    let (right, plain) = (with(momentum), with(IncrementOptimizer::Plain));
    for (truth, found) in model.rule.theta().iter().zip(&right.theta) {
        assert!((truth - found).abs() < 1e-7, "{found} for {truth}");
    }
    assert!(plain.r_squared < 0.9999 && right.r_squared > 1.0 - 1e-10);
    let again = r_squared(
        &model,
        std::slice::from_ref(&recording),
        &right.theta,
        momentum,
    );
    assert!((again - right.r_squared).abs() < 1e-12);
}

#[test]
fn a_penalty_removes_what_is_not_needed() {
    let truth = bio();
    let recordings = recordings(&truth, (10, 40), WEIGHTS, 0.05, 7);
    let rule = Rule::from_pool(&[0, 1, 2, 9]).unwrap();
    let model = Model { rule, ..truth };
    let settings = FitSettings {
        lambda: 0.05,
        ..FitSettings::default()
    };
    let plain = fitted(&model, &recordings);
    assert_ne!(plain.theta[1], 0.0);
    let sparse = fit(&model, &recordings, &settings).unwrap();
    assert_eq!(sparse.theta[1], 0.0, "{sparse:?}");
    assert!(sparse.theta[0] > 0.0 && sparse.theta[0] < plain.theta[0]);
}

#[test]
fn threads_change_no_bit() {
    let model = bio();
    let recordings = recordings(&model, (11, 20), ACTIVITY, 0.05, 8);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build()
            .unwrap()
            .install(|| fitted(&model, &recordings))
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn recordings_without_anything_in_them_are_refused() {
    let model = oja();
    let settings = FitSettings::default();
    let mut recording = recordings(&model, (1, 10), WEIGHTS, 0.0, 9).remove(0);
    let still = Model {
        rule: model.rule.clone().with_theta(&[0.0]),
        ..model.clone()
    };
    recording.traces = recording.simulate(&still, WEIGHTS);
    let refused = fit(&model, &[recording.clone()], &settings);
    assert_eq!(refused, Err(FitError::NothingLearned));
    recording.traces = Traces::default();
    let refused = fit(&model, &[recording.clone()], &settings);
    assert_eq!(refused, Err(FitError::NothingRecorded));
}
