//! Names with parameters, as the library of pathways reads them.

use metaplast_plasticity::{Feedback, FeedbackLibrary};
use metaplast_predictive::feedback::{InferenceScheme, PredictiveFeedback, pathways};

use super::pathway;

#[test]
fn a_name_alone_has_the_defaults_and_is_printed_with_them() {
    let feedback = pathway("predictive");
    let full = "predictive(strict,eta=0.1,n=20,cut=y,back=W,y=activation)";
    assert_eq!(feedback.name(), full);
    for name in [full, "predictive()", " predictive ( n = 20 ) "] {
        assert_eq!(pathway(name), feedback, "{name}");
    }
    let made = PredictiveFeedback {
        scheme: InferenceScheme::FixedPrediction,
        rate: 0.25,
        ..PredictiveFeedback::default()
    };
    let read = pathway("predictive(eta=0.25,fixed-pred)");
    assert_eq!(read, made.feedback().unwrap());
    assert_ne!(read, feedback);
}

#[test]
fn wrong_names_are_refused_in_one_line() {
    let known = pathways().into_iter();
    let library = known.fold(FeedbackLibrary::default(), FeedbackLibrary::with);
    let message = |name: &str| library.find(name).unwrap_err().to_string();
    assert_eq!(
        message("predictive(n=0)"),
        "feedback `predictive(n=0)`: `n=0`: give 1 to 10000 iterations"
    );
    assert_eq!(
        message("fixed(n=3)"),
        "feedback `fixed(n=3)`: `fixed` takes no parameters"
    );
    assert_eq!(
        message("predictive(n=3"),
        "feedback `predictive(n=3`: end the parameters, and the name, with `)`"
    );
    for unknown in ["predictiv", "other(n=3)"] {
        let start = format!("unknown feedback `{unknown}`; choose fixed, symmetric, ");
        let message = message(unknown);
        assert!(message.starts_with(&start), "{message}");
        assert!(message.ends_with("e-prop or predictive"), "{message}");
    }
}

#[test]
fn only_fixed_backward_weights_are_matrices_of_its_own() {
    let architecture = metaplast_plasticity::Architecture::new(vec![4, 3, 2]).unwrap();
    let shapes = |name: &str| pathway(name).shapes(&architecture);
    assert!(shapes("predictive").is_empty());
    let fixed = Feedback::fixed().shapes(&architecture);
    assert_eq!(shapes("predictive(back=fixed)"), fixed);
}
