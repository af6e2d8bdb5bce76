//! Rule files that name terms and pathways of a program's own.

use std::path::Path;

use metaplast_autodiff::Var;
use metaplast_meta::train::EpisodeRecord;
use metaplast_plasticity::{
    Architecture, BackwardPass, Coefficient, CustomMemory, CustomTerm, Feedback, FeedbackPathway,
    LayerSignals, LayerUpdate, Locality, Memory, Number, Rule, SignalShape, Term, pool,
};

use super::RuleFile;
use crate::settings::rule::Libraries;
use crate::settings::{Config, Settings};
use crate::stored::StoredRun;
use crate::threads;
use crate::train::{Execution, Monitor, RunEnd, resume, start};

/// `F = −e_l y_(l−1)ᵀ` in code.
struct Descent;

impl<T: Number> CustomTerm<T> for Descent {
    fn symbol(&self) -> &str {
        "descent"
    }

    fn formula(&self) -> &str {
        "−e_l y_(l−1)ᵀ"
    }

    fn locality(&self) -> Locality {
        Locality::Synapse
    }

    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        update.outer(theta.minus, layer.post_error(), layer.pre());
    }
}

/// Fixed matrices under another name.
#[derive(Debug)]
struct Other;

impl<T: Number> FeedbackPathway<T> for Other {
    fn name(&self) -> &str {
        "other"
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        pass.through(pass.matrix(), pass.error())
    }
}

/// `m ← m + k (y_l ⊙ y_l − m)` in code.
struct Threshold;

impl<T: Number> CustomMemory<T> for Threshold {
    fn name(&self) -> &str {
        "m"
    }

    fn shape(&self) -> SignalShape {
        SignalShape::Post
    }

    fn constants(&self) -> &[&str] {
        &["k"]
    }

    fn formula(&self) -> &str {
        "m + k (y_l ⊙ y_l − m)"
    }

    fn locality(&self) -> Locality {
        Locality::Synapse
    }

    fn next<'t>(&self, layer: &LayerSignals<'_, 't, T>) -> Var<'t, T> {
        let (m, y) = (layer.signal("m"), layer.post());
        m + (y * y - m) * layer.signal("k")
    }
}

fn libraries() -> Libraries {
    Libraries::default()
        .with_term(Term::custom(Descent).unwrap())
        .with_memory(Memory::custom(Threshold).unwrap())
        .with_feedback(Feedback::new(Other))
}

#[test]
fn a_rule_file_with_a_custom_term_and_pathway_is_read_back() {
    let hebb = Term::parse("hebb = y * y_pre^T").unwrap();
    let terms = [Term::custom(Descent).unwrap(), pool()[2].clone(), hebb];
    let file = RuleFile {
        rule: Rule::new(terms).unwrap().with_theta(&[0.5, -0.25, 0.125]),
        feedback: Feedback::new(Other),
        architecture: Architecture::new(vec![4, 5, 3]).unwrap(),
        trials: vec![vec![0.5, -0.25, 0.125]],
        provenance: None,
    };
    let (text, path) = (file.to_toml(), Path::new("rule.toml"));
    let again = RuleFile::parse_with(&text, path, &libraries()).unwrap();
    assert_eq!(again, file);
    assert_eq!(again.to_toml(), text);

    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("rule.toml");
    std::fs::write(&path, &text).unwrap();
    assert_eq!(RuleFile::read_with(&path, &libraries()).unwrap(), file);

    let message = RuleFile::read(&path).unwrap_err().to_string();
    assert!(message.contains("unknown term `descent`"), "{message}");
    let known = Libraries::default().with_term(Term::custom(Descent).unwrap());
    let message = RuleFile::read_with(&path, &known).unwrap_err().to_string();
    assert!(message.contains("unknown feedback `other`"), "{message}");
}

#[test]
fn settings_can_name_a_custom_term_and_pathway() {
    let text = "terms = [\"descent\", \"F3\"]\nfeedback = \"other\"\n";
    let settings = Settings::parse(text, Path::new("run.toml")).unwrap();
    let none = Settings::default();
    let config = Config::resolve_with(&none, &settings, None, &libraries()).unwrap();
    let symbols: Vec<&str> = config.rule.terms().iter().map(Term::symbol).collect();
    assert_eq!(symbols, ["F3", "descent"]);
    assert_eq!(config.feedback, Feedback::new(Other));
    assert!(Config::resolve(&none, &settings, None).is_err());
}

/// Asks to stop after so many episodes.
struct StopAfter(u64);

impl Monitor for StopAfter {
    fn episode(&mut self, _: &EpisodeRecord) {
        self.0 = self.0.saturating_sub(1);
    }

    fn stop_requested(&self) -> bool {
        self.0 == 0
    }
}

#[test]
fn a_run_with_a_custom_term_and_pathway_is_resumed_and_read_back() {
    let text = "terms = [\"descent\", \"F3\"]\nfeedback = \"other\"\nlayers = [784, 6, 47]\n\
                ways = 2\nshots = 2\nqueries = 1\nglyphs_per_class = 4\nepisodes = 4\n";
    let settings = Settings::parse(text, Path::new("run.toml")).unwrap();
    let none = Settings::default();
    let config = Config::resolve_with(&none, &settings, None, &libraries()).unwrap();
    let (place, pool) = (
        tempfile::tempdir().unwrap(),
        threads::pool(Some(1)).unwrap(),
    );
    let (whole, parts) = (place.path().join("whole"), place.path().join("parts"));
    start(&config, whole.clone(), Execution::new(&pool, &mut ())).unwrap();
    let mut soon = StopAfter(2);
    let end = start(&config, parts.clone(), Execution::new(&pool, &mut soon)).unwrap();
    assert!(matches!(end, RunEnd::Stopped { episodes: 2, of: 4 }));
    assert!(resume(&parts, Execution::new(&pool, &mut ())).is_err());
    let libraries = libraries();
    resume(
        &parts,
        Execution::new(&pool, &mut ()).with_libraries(&libraries),
    )
    .unwrap();
    for file in ["config.toml", "episodes.csv", "rule.toml", "rule.md"] {
        let bytes = |directory: &Path| std::fs::read(directory.join(file)).unwrap();
        assert_eq!(bytes(&whole), bytes(&parts), "{file}");
    }
    let stored = StoredRun::read_with(&parts, &libraries).unwrap();
    assert_eq!(stored.rule.unwrap().feedback, Feedback::new(Other));
}

/// A run that was stopped and resumed, with the bytes of one that was not.
fn stopped_and_resumed(config: &Config, libraries: &Libraries) -> StoredRun {
    let (place, pool) = (
        tempfile::tempdir().unwrap(),
        threads::pool(Some(1)).unwrap(),
    );
    let (whole, parts) = (place.path().join("whole"), place.path().join("parts"));
    let (mut through, mut soon, mut on) = ((), StopAfter(2), ());
    let execution = Execution::new(&pool, &mut through).with_libraries(libraries);
    start(config, whole.clone(), execution).unwrap();
    let execution = Execution::new(&pool, &mut soon).with_libraries(libraries);
    start(config, parts.clone(), execution).unwrap();
    let execution = Execution::new(&pool, &mut on).with_libraries(libraries);
    resume(&parts, execution).unwrap();
    for file in ["config.toml", "episodes.csv", "rule.toml", "rule.md"] {
        let bytes = |directory: &Path| std::fs::read(directory.join(file)).unwrap();
        assert_eq!(bytes(&whole), bytes(&parts), "{file}");
    }
    StoredRun::read_with(&parts, libraries).unwrap()
}

#[test]
fn a_run_of_a_rule_that_remembers_is_resumed_and_read_back() {
    let text = "terms = [\"F0\"]\nterm = [\"bcm = y .* (y - m) * x^T\"]\n\
                remember = [\"m = m + k * (y .* y - m)\", \"x = x + c * (y_pre - x)\"]\n\
                theta_scope = \"per-layer\"\nlayers = [784, 6, 47]\n\
                ways = 2\nshots = 2\nqueries = 1\nglyphs_per_class = 4\nepisodes = 4\n";
    let settings = Settings::parse(text, Path::new("run.toml")).unwrap();
    let config = Config::resolve(&Settings::default(), &settings, None).unwrap();
    let names: Vec<String> = config.rule.coefficients().map(|c| c.name()).collect();
    let wanted = [
        "F0_l1", "F0_l2", "bcm_l1", "bcm_l2", "k_l1", "k_l2", "c_l1", "c_l2",
    ];
    assert_eq!(names, wanted);
    assert_eq!(config.rule.theta()[4..], [0.1; 4]);
    let stored = stopped_and_resumed(&config, &Libraries::default());
    let rule = stored.rule.unwrap();
    assert_eq!(rule.rule.memories(), config.rule.memories());
    let again = RuleFile::parse(&rule.to_toml(), Path::new("rule.toml")).unwrap();
    assert_eq!(again, rule);
}

#[test]
fn a_memory_in_code_is_named_in_files() {
    let text = "terms = [\"F0\"]\nterm = [\"bcm = y .* (y - m) * y_pre^T\"]\nremember = [\"m\"]\n\
                layers = [784, 6, 47]\nways = 2\nshots = 2\nqueries = 1\nglyphs_per_class = 4\nepisodes = 4\n";
    let settings = Settings::parse(text, Path::new("run.toml")).unwrap();
    let none = Settings::default();
    let error = Config::resolve(&none, &settings, None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("remember"), "{error}");
    let libraries = libraries();
    let config = Config::resolve_with(&none, &settings, None, &libraries).unwrap();
    let names: Vec<String> = config.rule.coefficients().map(|c| c.name()).collect();
    assert_eq!(names, ["F0", "bcm", "k"]);
    let stored = stopped_and_resumed(&config, &libraries);
    let rule = stored.rule.unwrap();
    assert_eq!(rule.rule.memories(), config.rule.memories());
    assert!(rule.to_toml().contains("remember = [\"m\"]"));
    let page = super::rule_page("m", &rule);
    assert!(page.contains("m ← m + k (y_l ⊙ y_l − m)"), "{page}");
}

#[test]
fn what_is_wrong_with_a_memory_in_a_rule_file_is_told() {
    let file = |remember: &str, constants: &str| {
        let text = format!(
            "terms = [\"bcm\"]\n{remember}\ntheta = [0.1]\nfeedback = \"fixed\"\n\
             [own_terms]\nbcm = \"y .* (y - m) * y_pre^T\"\n[constants]\n{constants}\n"
        );
        RuleFile::parse(&text, Path::new("rule.toml"))
    };
    let remember = "remember = [\"m = m + k * (y .* y - m)\"]";
    assert!(file(remember, "k = 0.05").is_ok());
    for (remember, constants, message) in [
        (remember, "", "line 3: the constant `k` has no value"),
        (
            remember,
            "k = 0.1\nq = 1.0",
            "`q` is no constant of what the rule remembers; that has k",
        ),
        (remember, "k = [0.1, 0.2]", "a list of coefficients"),
        ("remember = [\"m = m + (y\"]", "k = 0.1", "line 2: remember"),
        ("", "", "unknown name `m`"),
        ("remember = [\"bcm = y\"]", "", "unknown name `m`"),
    ] {
        let error = file(remember, constants).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_recurrent_network_is_read_back() {
    let text = "terms = [\"F0\"]\ntheta = [0.001]\nfeedback = \"e-prop\"\nlayers = \"28 recurrent8 47\"\nleak = 0.5\n";
    let read = |text: &str| RuleFile::parse(text, Path::new("rule.toml"));
    let file = read(text).unwrap();
    assert_eq!(
        (file.architecture.leak(), file.architecture.layers()),
        (0.5, 3)
    );
    let written = file.to_toml();
    assert!(written.contains("leak = 0.5"), "{written}");
    assert_eq!(read(&written).unwrap(), file);
    let page = super::rule_page("e-prop", &file);
    for words in [
        "a sequence x_1..x_T of 28 values",
        "α = 0.5",
        "28 recurrent8 47, softplus with β = 10, leak 0.5",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for (from, to, words) in [
        (
            "0.5",
            "2.0",
            "line 5: the leak must be above 0 and at most 1, got 2",
        ),
        (
            "28 recurrent8 47",
            "784,8,47",
            "line 5: only recurrent units leak",
        ),
        (
            "e-prop",
            "dfa",
            "line 4: dfa feedback: passes no errors back through time; choose fixed",
        ),
    ] {
        let error = read(&text.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
