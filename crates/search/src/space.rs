//! Settings that are chosen independently of each other.

/// A setting with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What is decided.
    pub name: String,
    /// What may be chosen, in words.
    pub options: Vec<String>,
}

/// Decisions that are made one after the other, each freely: every combination is a candidate.
///
/// It has the methods that a [`Game`](crate::Game) over settings needs.
///
/// ```
/// use metaplast_search::SearchSpace;
///
/// let space = SearchSpace::new([("layers", vec!["1", "2"]), ("rate", vec!["0.01", "0.1", "1"])]);
/// assert_eq!(space.candidates(), 6);
/// assert_eq!(space.options(&[1]), [0, 1, 2]);
/// assert_eq!(space.describe(&[1, 0]), "layers 2, rate 0.01");
/// assert_eq!(space.features(&[1]), [0.0, 1.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchSpace {
    decisions: Vec<Decision>,
}

impl SearchSpace {
    /// Of these decisions with their options, in the order in which they are made.
    ///
    /// # Panics
    /// When a decision has no option.
    #[must_use]
    #[track_caller]
    pub fn new<N: Into<String>, O: Into<String>>(
        decisions: impl IntoIterator<Item = (N, Vec<O>)>,
    ) -> Self {
        let decision = |(name, options): (N, Vec<O>)| Decision {
            name: name.into(),
            options: options.into_iter().map(Into::into).collect(),
        };
        let decisions: Vec<Decision> = decisions.into_iter().map(decision).collect();
        for decision in &decisions {
            let name = &decision.name;
            assert!(
                !decision.options.is_empty(),
                "search space: {name} has no option"
            );
        }
        SearchSpace { decisions }
    }

    /// The decisions, in order.
    #[must_use]
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// The number of combinations.
    #[must_use]
    pub fn candidates(&self) -> usize {
        let options = self.decisions.iter().map(|decision| decision.options.len());
        options.product()
    }

    /// The choices of the candidate of this place, if the last decision changes first.
    ///
    /// # Panics
    /// When there are not so many candidates.
    #[must_use]
    #[track_caller]
    pub fn candidate(&self, place: usize) -> Vec<usize> {
        let candidates = self.candidates();
        assert!(
            place < candidates,
            "search space: candidate {place} of {candidates}"
        );
        let mut rest = place;
        let mut choices = vec![0; self.decisions.len()];
        for (choice, decision) in choices.iter_mut().zip(&self.decisions).rev() {
            *choice = rest % decision.options.len();
            rest /= decision.options.len();
        }
        choices
    }

    /// The place of a candidate: the inverse of [`candidate`](Self::candidate).
    ///
    /// # Panics
    /// When these are not its choices.
    #[must_use]
    #[track_caller]
    pub fn place(&self, choices: &[usize]) -> usize {
        assert_eq!(
            choices.len(),
            self.decisions.len(),
            "search space: choices, decisions"
        );
        let both = self.decisions.iter().zip(choices);
        both.fold(0, |place, (decision, &choice)| {
            let options = decision.options.len();
            assert!(
                choice < options,
                "search space: option {choice} of {options}"
            );
            place * options + choice
        })
    }

    /// As [`Game::options`](crate::Game::options): the places of the options of the next decision.
    #[must_use]
    pub fn options(&self, prefix: &[usize]) -> Vec<usize> {
        let next = self.decisions.get(prefix.len());
        next.map_or(Vec::new(), |next| (0..next.options.len()).collect())
    }

    /// As [`Game::features`](crate::Game::features): of each decision a number for each option, 1 for what was
    /// chosen, and of what is open an equal share.
    #[must_use]
    pub fn features(&self, prefix: &[usize]) -> Vec<f64> {
        let mut features = Vec::new();
        for (place, decision) in self.decisions.iter().enumerate() {
            let options = decision.options.len();
            let start = features.len();
            match prefix.get(place) {
                Some(&choice) => {
                    features.resize(start + options, 0.0);
                    features[start + choice] = 1.0;
                }
                None => features.resize(start + options, 1.0 / options as f64),
            }
        }
        features
    }

    /// As [`Game::describe`](crate::Game::describe): `layers 2, rate 0.01`.
    #[must_use]
    pub fn describe(&self, prefix: &[usize]) -> String {
        let made = self.decisions.iter().zip(prefix);
        let said = made.map(|(decision, &choice)| {
            let option = decision
                .options
                .get(choice)
                .map_or("?", |option| option.as_str());
            format!("{} {option}", decision.name)
        });
        said.collect::<Vec<_>>().join(", ")
    }
}
