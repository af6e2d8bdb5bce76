//! Episodes whose first layer is kept by Gram matrix are those of its weights, up to rounding.

use metaplast_meta::examples::{ExampleArrays, LabelledRows};
use metaplast_meta::gradient::{Ask, EpisodeRunner, GradientMode, Outcome, gram, run};
use metaplast_meta::seeds::EpisodeKey;
use metaplast_meta::{Episode, Model, Precision, QueryLoss};
use metaplast_plasticity::{Architecture, Feedback, Preset, Rule, TermLibrary};
use metaplast_tensor::{Random, Tensor};
use proptest::prelude::*;

/// An episode of inputs of which some elements are zero.
#[derive(Clone, Debug)]
struct Case {
    layers: Vec<usize>,
    rule: usize,
    support: usize,
    query: usize,
    steps: usize,
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let layers = prop_oneof![
        (1..20usize, 1..8usize).prop_map(|(inputs, hidden)| vec![inputs, hidden, 3]),
        (1..40usize, 1..30usize, 1..20usize).prop_map(|(a, b, c)| vec![a, b, c, 3]),
        Just(vec![5, 3]),
    ];
    let examples = (1..25usize, 1..6usize, 0..50usize);
    let all = (layers, 0..RULES.len(), examples, any::<u64>());
    all.prop_map(|(layers, rule, (support, query, steps), seed)| Case {
        layers,
        rule,
        support,
        query,
        steps,
        seed,
    })
}

/// Terms and feedback that need no weights of the first layer.
type Taught = (&'static [usize], fn() -> Feedback);

const RULES: [Taught; 6] = [
    (&[0], Feedback::fixed),
    (&[0, 2, 9], Feedback::fixed),
    (&[0, 1, 2, 3, 4, 5, 8, 9], Feedback::fixed),
    (&[0, 3, 5, 9], Feedback::symmetric),
    (&[0, 9], Feedback::attached),
    (&[0, 2, 3], Feedback::direct),
];

impl Case {
    fn model(&self) -> Model {
        let (terms, feedback) = RULES[self.rule];
        let mut random = Random::new(self.seed ^ 1);
        // Small, or rounding grows with every step.
        let size = |&term: &usize| if matches!(term, 3 | 5) { 2e-3 } else { 2e-2 };
        let theta: Vec<f64> = terms
            .iter()
            .map(|term| size(term) * random.normal())
            .collect();
        Model {
            architecture: Architecture::new(self.layers.clone()).unwrap(),
            feedback: feedback(),
            rule: Rule::from_pool(terms).unwrap().with_theta(&theta),
        }
    }

    fn arrays(&self) -> ExampleArrays {
        let mut random = Random::new(self.seed);
        let inputs = self.layers[0];
        let mut rows = |n: usize| {
            let mut element = || random.normal().max(0.0);
            let elements = (0..n * inputs).map(|_| element()).collect();
            let labels = (0..n).map(|i| i % 3).collect();
            LabelledRows::new(Tensor::new([n, inputs], elements), labels).unwrap()
        };
        let support = rows(self.support);
        ExampleArrays::new(support, rows(self.query))
    }

    fn run(&self, mode: GradientMode, precision: Precision, ask: Ask) -> Outcome {
        let (model, arrays) = (self.model(), self.arrays());
        let episode = Episode::of_arrays(&model, EpisodeKey::new(self.seed, 0, 0), &arrays);
        let steps = u64::try_from(self.steps).unwrap();
        run(&episode.with_steps(Some(steps)), mode, precision, ask)
    }
}

/// Whether all numbers agree, relative to the largest; not where one is none.
fn close(a: &[f64], b: &[f64], tolerance: f64) -> bool {
    let size = b.iter().fold(1e-3, |size: f64, b| size.max(b.abs()));
    let mut pairs = a.iter().zip(b);
    a.len() == b.len() && pairs.all(|(a, b)| (a - b).abs() <= tolerance * size)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn scores_gradients_and_diagnostics_are_those_of_weights(case in cases()) {
        let expected = case.run(GradientMode::default(), Precision::Double, Ask::ALL);
        // Where gradient or weights explode, so does rounding.
        let tame = |numbers: &[f64]| numbers.iter().all(|x| x.abs() < 1e3);
        let diagnostics = expected.diagnostics.clone().unwrap();
        prop_assume!(expected.gradient.as_ref().is_some_and(|g| tame(g)));
        prop_assume!(tame(&diagnostics.weight_norms));
        let found = case.run(GradientMode::Gram, Precision::Double, Ask::ALL);
        prop_assert!((found.loss - expected.loss).abs() <= 1e-9, "{found:?} {expected:?}");
        let [by_gram, by_weights] = [&found, &expected].map(|o| o.gradient.clone().unwrap());
        prop_assert!(close(&by_gram, &by_weights, 1e-7), "{by_gram:?} {by_weights:?}");
        let [by_gram, by_weights] = [&found, &expected].map(|o| o.diagnostics.clone().unwrap());
        prop_assert!(close(&by_gram.weight_norms, &by_weights.weight_norms, 1e-10), "{by_gram:?} {by_weights:?}");
        prop_assert!(close(&by_gram.orthonormality, &by_weights.orthonormality, 1e-8), "{by_gram:?} {by_weights:?}");
    }

    #[test]
    fn a_score_alone_has_the_same_bits(case in cases()) {
        let all = case.run(GradientMode::Gram, Precision::Single, Ask::ALL);
        // As text, in which what has diverged is equal to itself.
        let text = |outcome: &Outcome, gradient: bool| {
            let gradient = outcome.gradient.as_ref().filter(|_| gradient);
            format!("{:?} {gradient:?}", outcome.query)
        };
        for ask in [Ask::SCORE, Ask::GRADIENT] {
            let some = case.run(GradientMode::Gram, Precision::Single, ask);
            prop_assert_eq!(text(&some, true), text(&all, ask.gradient));
        }
    }
}

#[test]
fn a_runner_that_is_used_again_gives_the_same_bits() {
    let case = |seed, inputs, support| Case {
        layers: vec![inputs, 6, 3],
        rule: 1,
        support,
        query: 3,
        steps: 8,
        seed,
    };
    let cases = [case(1, 9, 4), case(2, 30, 8), case(3, 5, 2), case(1, 9, 4)];
    let mut runner = EpisodeRunner::<f64>::new(GradientMode::Gram);
    for case in cases {
        let (model, arrays) = (case.model(), case.arrays());
        let episode = Episode::of_arrays(&model, EpisodeKey::new(case.seed, 0, 0), &arrays);
        let again = runner.run(&episode.with_steps(Some(8)), Ask::ALL);
        assert_eq!(
            again,
            case.run(GradientMode::Gram, Precision::Double, Ask::ALL)
        );
    }
}

fn refused(layers: &str, feedback: Feedback, rule: Rule, loss: QueryLoss) -> String {
    let model = Model {
        architecture: Architecture::parse(layers).unwrap(),
        feedback,
        rule,
    };
    gram::check(&model, loss).unwrap_err().to_string()
}

#[test]
fn what_needs_the_weights_is_refused_and_says_why() {
    let fa = || Rule::preset(Preset::Fa);
    let usual = QueryLoss::CrossEntropy;
    let layers = "9 5 3";
    let pool = refused(layers, Feedback::fixed(), Rule::preset(Preset::Pool), usual);
    assert!(pool.starts_with("term F6 takes more"), "{pool}");
    let own = TermLibrary::default()
        .with(metaplast_plasticity::Term::parse("own = y * y_pre^T").unwrap());
    let own = Rule::new([own.find("own").unwrap().clone()]).unwrap();
    let own = refused(layers, Feedback::fixed(), own, usual);
    assert!(own.starts_with("term own takes more"), "{own}");
    let bio = || Rule::preset(Preset::Bio);
    for pathway in Feedback::built_in() {
        let name = pathway.name().to_owned();
        if !["fixed", "dfa"].contains(&&name[..]) {
            let told = refused(layers, pathway, bio(), usual);
            assert!(
                told.starts_with(&format!("{name} feedback reads")),
                "{told}"
            );
        }
    }
    let told = refused("6x6x1 conv3x2 5 3", Feedback::fixed(), fa(), usual);
    assert!(
        told.starts_with("the first layer has to be fully connected"),
        "{told}"
    );
    let told = refused(layers, Feedback::fixed(), fa(), QueryLoss::WeightNorm);
    assert!(told.contains("weight-norm"), "{told}");
}

#[test]
#[should_panic(expected = "gradient gram: term F6 takes more of the first layer")]
fn an_episode_that_needs_the_weights_is_not_run() {
    let case = Case {
        layers: vec![4, 3, 3],
        rule: 0,
        support: 2,
        query: 1,
        steps: 2,
        seed: 1,
    };
    let model = Model {
        rule: Rule::preset(Preset::Pool),
        ..case.model()
    };
    let arrays = case.arrays();
    let episode = Episode::of_arrays(&model, EpisodeKey::new(1, 0, 0), &arrays);
    let _ = run(
        &episode,
        GradientMode::Gram,
        Precision::Double,
        Ask::GRADIENT,
    );
}
